//! Answers of an issuer, as it pleases it: documents, key sets, statuses and headers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use http::header::{HeaderName, HeaderValue};
use http::{Response, Uri};
use jwks_core::adapter::{Action, Driver, Drivers, Env, Start as _};
use jwks_core::cache::{KeyCache, Policy, Source};
use jwks_core::keys::{KeyLimits, KeySet};
use jwks_core::refresh::{PolicyBuilder, Strategy, Time};
use serde_json::Value;

use crate::service::is_fit_for_a_log;

/// First octet: how the keys are found, and the policy. Then answers, one after the other, with
/// `DIVIDER` between them: a status, lines of headers, an empty line, a body. When they are used up
/// the issuer is down.
pub(crate) fn run(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let mut answers = split(text, DIVIDER);
    let mut world = World::new(*kind);
    let (mut asked, mut named, mut seen) = (0_u32, Vec::new(), 0);
    let mut end = HOURS;
    while world.now < end && asked < MOST_ASKED {
        match world.poll() {
            Err(at) => {
                // Once after each answer.
                if asked > seen {
                    world.look();
                    seen = asked;
                }
                world.wait_until(at);
            }
            Ok(fetch) => {
                asked += 1;
                let uri = fetch.request.uri().clone();
                assert_eq!(uri.scheme_str(), Some("https"), "{uri}");
                assert!(fetch.deadline.since_origin() <= world.now + 2 * TIMEOUT);
                if !is_document(&uri) && uri != KEYS {
                    assert!(named.contains(&uri), "{uri} was named by no document");
                }
                let answer = answers.next().map(read).unwrap_or_else(|| {
                    end = end.min(world.now + A_WHILE);
                    down()
                });
                if is_document(&uri) && answer.status() == 200 {
                    named.extend(named_by(answer.body()));
                }
                world.answer(fetch, answer, &uri);
            }
        }
    }
    assert!(asked < MOST_ASKED, "asked {asked} times within {:?}", world.now);
}

struct World {
    cache: KeyCache,
    driver: Driver,
    now: Duration,
    wall: Arc<AtomicU64>,
    /// The last set that was answered with a 200, if it can be read.
    last: Option<KeySet>,
    _rest: Drivers,
}

impl World {
    fn new(kind: u8) -> Self {
        let source = match kind & 3 {
            1 => Source::discover(ISSUER),
            2 => Source::builder().discover_oauth(ISSUER),
            _ => Source::jwks_uri(KEYS),
        };
        let wall = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&wall);
        let now = move || {
            UNIX_EPOCH
                + Duration::from_secs(EPOCH)
                + Duration::from_nanos(clock.load(Ordering::Relaxed))
        };
        let builder = KeyCache::builder(source.expect("a sound URL"))
            .policy(policy(kind).build().expect("sound settings"));
        let (cache, mut drivers) = builder.build(Env::new(now).seed(7)).expect("sound settings");
        let driver = drivers.take_ready().remove(0);
        Self { cache, driver, now: Duration::ZERO, wall, last: None, _rest: drivers }
    }

    fn poll(&mut self) -> Result<jwks_core::adapter::Fetch, Duration> {
        match self.driver.poll(Time::from_origin(self.now)) {
            Action::Fetch(fetch) => Ok(fetch),
            Action::Wait(at) => Err(at.expect("background refresh is on").since_origin()),
            action => panic!("{action:?} of a cache that is held"),
        }
    }

    fn wait_until(&mut self, at: Duration) {
        assert!(at > self.now, "it waits for a time that has come");
        // Nothing is as far away as the end of trust.
        assert!(at <= self.now + MAX_TRUST, "{at:?} from {:?}", self.now);
        self.now = at;
        self.wall.store(u64::try_from(at.as_nanos()).expect("a few hours"), Ordering::Relaxed);
    }

    fn answer(&mut self, fetch: jwks_core::adapter::Fetch, answer: Response<Vec<u8>>, uri: &Uri) {
        if !is_document(uri) && answer.status() == 200 {
            self.last = KeySet::parse(answer.body(), &KeyLimits::default())
                .ok()
                .or_else(|| self.last.take());
        }
        fetch.reply.send(Ok(answer));
    }

    /// What readers and operators see.
    fn look(&self) {
        let status = self.cache.status();
        if let Some(error) = &status.last_error {
            is_fit_for_a_log(error);
        }
        if status.keys.is_empty() {
            return;
        }
        let last = self.last.as_ref().expect("no set was answered that can be read");
        let kids = |keys: &KeySet| keys.iter().map(|key| key.id()).collect::<Vec<_>>();
        assert_eq!(status.keys, kids(last), "another set than the last one that was answered");
        let now = UNIX_EPOCH + Duration::from_secs(EPOCH) + self.now;
        let until = status.trust_until.expect("keys that are held have an end of trust");
        assert!(until <= now + MAX_TRUST, "{until:?} from {now:?}");
    }
}

/// Refreshes ahead, by the clock alone.
fn policy(kind: u8) -> PolicyBuilder {
    let builder = Policy::builder()
        .strategy(Strategy::Time)
        .fetch_timeout(TIMEOUT)
        .max_trust(MAX_TRUST)
        .conditional_requests(kind & 4 != 0);
    if kind & 8 != 0 { builder.http_freshness(true) } else { builder }
}

fn is_document(uri: &Uri) -> bool {
    [DOCUMENT, OAUTH].iter().any(|document| uri == document)
}

/// Where a document says that the keys are, by a reading of its own.
fn named_by(document: &[u8]) -> Option<Uri> {
    let document = document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(document);
    let document = serde_json::from_slice::<Value>(document).ok()?;
    let text = |name| document.get(name).and_then(Value::as_str);
    let is_ours = text("issuer") == Some(ISSUER);
    text("jwks_uri").filter(|_| is_ours)?.parse().ok()
}

fn read(text: &[u8]) -> Response<Vec<u8>> {
    let mut parts = split(text, b"\n\n");
    let head = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let body = text.get(head.len() + 2..).unwrap_or_default();
    let mut lines = head.lines();
    let status = lines.next().and_then(|it| it.trim().parse::<u16>().ok()).unwrap_or(200);
    let mut answer = Response::new(body.to_vec());
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = name.parse::<HeaderName>();
        let value = HeaderValue::from_bytes(value.trim().as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

fn down() -> Response<Vec<u8>> {
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    answer
}

fn split<'t>(text: &'t [u8], by: &'static [u8]) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        match text.windows(by.len()).position(|it| it == by) {
            Some(at) => {
                rest = text.get(at + by.len()..);
                text.get(..at)
            }
            None => Some(text),
        }
    })
}

const DIVIDER: &[u8] = b"\n%%\n";
const ISSUER: &str = "https://id.example.com";
const DOCUMENT: &str = "https://id.example.com/.well-known/openid-configuration";
const OAUTH: &str = "https://id.example.com/.well-known/oauth-authorization-server";
const KEYS: &str = "https://id.example.com/keys";
const EPOCH: u64 = 1_700_000_000;
const HOURS: Duration = Duration::from_secs(6 * 3600);
const A_WHILE: Duration = Duration::from_secs(600);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_TRUST: Duration = Duration::from_secs(24 * 3600);
/// Attempts of an issuer that is down for the whole time, at the longest pause: half a minute to a
/// minute.
const MOST_ASKED: u32 = 500;
