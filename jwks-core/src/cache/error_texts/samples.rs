//! Each error in its worst case. A kind that is added does not compile until it is here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::http::StatusCode;

use super::super::denied::Denied;
use super::super::discovery::{Discovery, DiscoveryError};
use super::super::error::{Decision, Outage};
use super::super::source_url::Plain;
use super::super::{
    Addresses, BuildError, DenyError, Error, ErrorKind, FetchError, FetchErrorKind, HydrateError,
    HydrateErrorKind, Phase, Progress, RefusedAddress, SavedKeys, Source, SourceError, Unreachable,
    reach,
};
use super::{SECRET, client};
use crate::adapter::{Env, Start};
use crate::keys::{KeyLimits, KeySet, KeySetError, KeySetErrorKind, Skipped};
use crate::refresh::settings::SettingsError;
use crate::refresh::{Policy, PolicyError};
use crate::verify::{self, Issuer, IssuerError, Verifier, VerifierSettings};

const KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

pub(super) fn all_key_sets() -> Vec<KeySetError> {
    use KeySetErrorKind::{
        DuplicateMember, NotAKeySet, NotJson, NotPem, Older, TooDeep, TooFewKeys, TooLarge,
        TooManyKeys,
    };
    let kinds = [
        DuplicateMember,
        NotAKeySet,
        NotJson,
        NotPem,
        Older,
        TooDeep,
        TooFewKeys,
        TooLarge,
        TooManyKeys,
    ];
    kinds.into_iter().flat_map(key_sets).collect()
}

fn key_sets(kind: KeySetErrorKind) -> Vec<KeySetError> {
    let spiffe = KeyLimits { spiffe: true, ..KeyLimits::default() };
    let bundle = |sequence: &str| {
        let text = format!(r#"{{"keys":[],"spiffe_sequence":{sequence}}}"#);
        KeySet::parse(text.as_bytes(), &spiffe)
    };
    let deep = format!(r#"{{"keys":[],"x":{}{}}}"#, "[".repeat(99), "]".repeat(99));
    let many = format!(r#"{{"keys":[{}]}}"#, vec![KEY; 300].join(","));
    let large = " ".repeat(600 << 10);
    let bodies: &[&[u8]] = match kind {
        KeySetErrorKind::DuplicateMember => &[br#"{"keys":[],"keys":[]}"#],
        KeySetErrorKind::NotAKeySet => {
            &[b"[]", b"{}", br#"{"issuer":"https://a","jwks_uri":"https://a/?s3cr3t"}"#]
        }
        KeySetErrorKind::NotJson => &[b"", b"s3cr3t", b"\xff", br#"{"\ud800":1}"#],
        KeySetErrorKind::NotPem => &[
            b"-----BEGIN s3cr3t-----",
            b"-----BEGIN PUBLIC KEY-----\ns3cr3t",
            b"-----BEGIN A-----\n-----END B-----",
        ],
        KeySetErrorKind::Older => {
            return vec![bundle("1").unwrap().check_not_older(&bundle("2").unwrap()).unwrap_err()];
        }
        KeySetErrorKind::TooDeep => &[deep.as_bytes()],
        KeySetErrorKind::TooFewKeys => &[
            br#"{"keys":[{"kty":"oct","k":"s3cr3t","kid":"\u001b"}]}"#,
            b"-----BEGIN EC PRIVATE KEY-----\ns3cr3t\n-----END EC PRIVATE KEY-----",
        ],
        KeySetErrorKind::TooLarge => &[large.as_bytes()],
        KeySetErrorKind::TooManyKeys => &[many.as_bytes()],
    };
    let refused = |body: &&[u8]| KeySet::parse(body, &KeyLimits::default()).unwrap_err();
    let mut errors: Vec<_> = bodies.iter().map(refused).collect();
    if kind == KeySetErrorKind::NotAKeySet {
        errors.push(bundle("-1").unwrap_err());
    }
    assert!(errors.iter().all(|error| error.kind() == kind), "{errors:?}");
    errors
}

pub(super) fn fetches() -> Vec<FetchError> {
    use FetchErrorKind::{
        Abandoned, Body, Connect, Discovery, Encoding, File, Headers, KeySet, Other, Redirect,
        Status, Timeout, TooLarge,
    };
    let kinds = [
        Abandoned, Body, Connect, Discovery, Encoding, File, Headers, KeySet, Other, Redirect,
        Status, Timeout, TooLarge,
    ];
    let progress = Progress::default();
    progress.reached(Phase::ConnectOrTls);
    progress.through_proxy(&"http://u:s3cr3t@proxy.example:3128/?s3cr3t".parse().unwrap());
    let plain: Vec<_> = kinds.into_iter().flat_map(fetches_of).collect();
    let explained: Vec<_> = plain.iter().map(|error| progress.explain(error.clone())).collect();
    [plain, explained].concat()
}

fn fetches_of(kind: FetchErrorKind) -> Vec<FetchError> {
    let errors = match kind {
        FetchErrorKind::Abandoned => vec![FetchError::abandoned()],
        FetchErrorKind::Body => vec![FetchError::body(client())],
        FetchErrorKind::Connect => {
            vec![FetchError::connect(client()), FetchError::connect(unreachable())]
        }
        FetchErrorKind::Discovery => discoveries(),
        FetchErrorKind::Encoding => vec![FetchError::encoding("gzip".into())],
        FetchErrorKind::File => vec![FetchError::file(client())],
        FetchErrorKind::Headers => vec![FetchError::headers(client())],
        FetchErrorKind::KeySet => {
            let sets = all_key_sets().into_iter().map(FetchError::key_set);
            sets.chain([FetchError::empty()]).collect()
        }
        FetchErrorKind::Other => vec![FetchError::other(client())],
        FetchErrorKind::Redirect => {
            vec![FetchError::redirect(StatusCode::FOUND, "to https://b".into())]
        }
        FetchErrorKind::Status => vec![
            FetchError::not_modified(),
            FetchError::other_set(),
            FetchError::refused_status(StatusCode::NOT_FOUND),
        ],
        FetchErrorKind::Timeout => vec![FetchError::timeout()],
        FetchErrorKind::TooLarge => vec![FetchError::too_large(9)],
    };
    assert!(errors.iter().all(|error| error.kind() == kind), "{errors:?}");
    errors
}

fn discoveries() -> Vec<FetchError> {
    let discovery = Discovery::openid("https://id.example.com/", &Plain::default()).unwrap();
    let deep = format!(r#"{{"x":{}"#, "[".repeat(99));
    let with = |uri: &str| {
        format!(r#"{{"issuer":"https://id.example.com/","jwks_uri":"{uri}"}}"#).into_bytes()
    };
    let bodies = [
        b"\xff".to_vec(),
        deep.into_bytes(),
        b"s3cr3t".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        br#"{"\ud800":1}"#.to_vec(),
        br#"{"issuer":1,"issuer":2}"#.to_vec(),
        br#"{"issuer":"https://id.example.com"}"#.to_vec(),
        br#"{"issuer":"https://id.example.com/"}"#.to_vec(),
        br#"{"issuer":"\u001b[31m\n"}"#.to_vec(),
        with("https://u:s3cr3t@id.example.com/?s3cr3t"),
        with("http://localhost/?s3cr3t"),
        with("/s3cr3t"),
    ];
    let errors = bodies.iter().map(|body| discovery.jwks_uri(body).unwrap_err());
    let errors = errors.map(FetchError::discovery);
    let response = DiscoveryError::Response(FetchError::connect(client()));
    errors.chain([FetchError::discovery(response)]).collect()
}

pub(super) fn caches() -> Vec<Error> {
    let kinds = [
        ErrorKind::DeniedKid,
        ErrorKind::NeverRun,
        ErrorKind::Stopped,
        ErrorKind::Unavailable,
        ErrorKind::UnknownKid,
        ErrorKind::Withdrawn,
    ];
    kinds.into_iter().flat_map(caches_of).collect()
}

fn caches_of(kind: ErrorKind) -> Vec<Error> {
    let fetches = || fetches().into_iter().map(Some).chain([None]);
    let now = Some(UNIX_EPOCH);
    let errors: Vec<_> = match kind {
        ErrorKind::DeniedKid => vec![Error::denied_kid()],
        ErrorKind::NeverRun => vec![Error::never_run()],
        ErrorKind::Stopped => vec![Error::stopped(true), Error::stopped(false)],
        ErrorKind::Unavailable => {
            let place = Source::jwks_uri("https://id.example.com/keys?s3cr3t").unwrap();
            let outage = Outage { place: place.to_string().into(), ..Outage::default() };
            let outages = fetches().flat_map(|failure| {
                let outage = Outage { failure, ..outage.clone() };
                [
                    Outage { fetching: now, ..outage.clone() },
                    Outage { by_hand: true, ..outage.clone() },
                    outage,
                ]
            });
            outages.map(Error::unavailable).chain([Error::crowded(now)]).collect()
        }
        ErrorKind::UnknownKid => {
            let decisions = fetches().map(|failure| match failure {
                Some(failure) => Decision::Failed { retry_at: now, failure },
                None => Decision::Final,
            });
            let decisions = decisions.chain([Decision::Undecided { retry_at: now }]);
            let errors = decisions.flat_map(|decision| {
                [None, Some(skipped())].map(|it| Error::unknown_kid(it, decision.clone()))
            });
            errors.collect()
        }
        ErrorKind::Withdrawn => vec![Error::withdrawn()],
    };
    assert!(errors.iter().all(|error| error.kind() == kind), "{errors:?}");
    errors
}

fn skipped() -> Skipped {
    let set = format!(r#"{{"keys":[{{"kty":"\u001b","kid":"\n"}},{KEY}]}}"#);
    KeySet::parse(set.as_bytes(), &KeyLimits::default()).unwrap().skipped()[0].clone()
}

pub(super) fn hydrations() -> Vec<HydrateError> {
    let kinds = [
        HydrateErrorKind::Corrupted,
        HydrateErrorKind::Denied,
        HydrateErrorKind::Expired,
        HydrateErrorKind::Future,
        HydrateErrorKind::JwkSet,
        HydrateErrorKind::KeySet,
        HydrateErrorKind::Late,
        HydrateErrorKind::OtherSource,
        HydrateErrorKind::Version,
    ];
    kinds.into_iter().flat_map(hydrations_of).collect()
}

fn hydrations_of(kind: HydrateErrorKind) -> Vec<HydrateError> {
    let source = Source::jwks_uri("https://id.example.com/keys?s3cr3t").unwrap();
    let set = format!(r#"{{"keys":[{KEY}]}}"#);
    let hour = Duration::from_secs(3600);
    let saved = |at: SystemTime| SavedKeys::from_jwk_set(&set, at).unwrap();
    let hydrate = |at: SystemTime, policy: Policy| {
        saved(at).hydration(&source, &policy, UNIX_EPOCH + 100 * hour).unwrap_err()
    };
    let read = |text: &str| SavedKeys::from_json(text).unwrap_err();
    let errors = match kind {
        HydrateErrorKind::Corrupted => {
            vec![read(""), read("s3cr3t"), read(r#"{"version":1,"keys":"\n"}"#)]
        }
        HydrateErrorKind::Denied => denials().into_iter().map(HydrateError::denied).collect(),
        HydrateErrorKind::Expired => vec![hydrate(UNIX_EPOCH, Policy::default())],
        HydrateErrorKind::Future => vec![hydrate(UNIX_EPOCH + 101 * hour, Policy::default())],
        HydrateErrorKind::JwkSet => vec![read(&set)],
        HydrateErrorKind::KeySet => {
            let policy = Policy::builder().min_keys(2).build().unwrap();
            vec![hydrate(UNIX_EPOCH + 100 * hour, policy)]
        }
        HydrateErrorKind::Late => vec![HydrateError::late()],
        HydrateErrorKind::OtherSource => {
            let other = Source::jwks_uri("https://id.example.com/keys?s3cr3t2").unwrap();
            vec![saved(UNIX_EPOCH).made_at(&other).check_source(&source).unwrap_err()]
        }
        HydrateErrorKind::Version => vec![read(r#"{"version":2}"#)],
    };
    assert!(errors.iter().all(|error| error.kind() == kind), "{errors:?}");
    errors
}

pub(super) fn sources() -> Vec<SourceError> {
    let bad = [
        "https://a/?s3cr3t#b",
        "https://s3cr3t!/",
        "http://localhost/s3cr3t",
        "http://a/s3cr3t",
        "s3cr3t:// x",
        "https://a:s3cr3t/",
        "/s3cr3t",
        "https://u:s3cr3t@a/",
    ];
    let agent = Source::builder().user_agent("s3cr3t\n").jwks_uri("https://a").unwrap_err();
    let query = Source::discover("https://a/?s3cr3t").unwrap_err();
    let bad = bad.into_iter().map(|uri| Source::jwks_uri(uri).unwrap_err());
    let origin = || Source::builder().headers_with(none);
    let paths = origin().headers_also_to("https://a/s3cr3t").jwks_uri("https://a").unwrap_err();
    let idle = Source::builder().headers_also_to("https://a").jwks_uri("https://a").unwrap_err();
    let at_hand = Source::keys(r#"{"keys":[{"kty":"oct","k":"s3cr3t"}]}"#).unwrap_err();
    let file = Source::keys_file("s3cr3t").unwrap_err();
    let headers = origin().keys_file("/s3cr3t").unwrap_err();
    let host = || Source::builder().jwks_uri_host("https://s3cr3t");
    let hosts = host().discover("https://a").unwrap_err();
    let idle_hosts = host().jwks_uri("https://a").unwrap_err();
    let rest = [agent, query, paths, idle, at_hand, file, headers, hosts, idle_hosts];
    bad.chain(rest).collect()
}

async fn none() -> Result<::http::HeaderMap, String> {
    Err(SECRET.into())
}

pub(super) fn denials() -> Vec<DenyError> {
    let mut denied = Denied::default();
    let long = denied.add(&SECRET.repeat(100)).unwrap_err();
    let many = (0..2000).find_map(|n| denied.add(&n.to_string()).err()).unwrap();
    vec![long, many]
}

pub(super) fn issuers() -> Vec<IssuerError> {
    builds().iter().map(|error| error.downcast_ref::<IssuerError>().unwrap().clone()).collect()
}

pub(super) fn builds() -> Vec<BuildError> {
    let uri = "https://id.example.com/keys?s3cr3t";
    let new = || Issuer::new("https://id.example.com").audience("my-api");
    let build = |issuers: Vec<Issuer>| {
        let builder = Verifier::builder();
        issuers.into_iter().fold(builder, |builder, issuer| builder.issuer(issuer))
    };
    let bad = [
        vec![],
        vec![new()],
        vec![new().jwks_uri("ftp://u:s3cr3t@id.example.com/?s3cr3t")],
        vec![new().jwks_uri(uri).discover()],
        vec![new().jwks_uri(uri), new().jwks_uri(uri)],
        vec![new().jwks_uri(uri).any_audience()],
        vec![new().jwks_uri(uri).leeway(Duration::MAX)],
        vec![Issuer::new("\n").audience("my-api").jwks_uri(uri)],
        vec![Issuer::new("https://a\u{1b}").jwks_uri(uri)],
    ];
    let env = || Env::new(|| UNIX_EPOCH);
    bad.into_iter().map(|issuers| build(issuers).build(env()).map(drop).unwrap_err()).collect()
}

pub(super) fn settings() -> Vec<SettingsError> {
    let bad = [
        vec![],
        vec![("JWKS_ISSUER", "https://a"), ("JWKS_JWKS_URI", "ftp://a/?s3cr3t")],
        vec![("JWKS_ISSUER", "https://a"), ("JWKS_DISCOVRE", "s3cr3t")],
        vec![("JWKS_ISSUER", "https://a"), ("JWKS_LEEWAY", "\n1")],
    ];
    bad.into_iter().map(|vars| VerifierSettings::from_vars("JWKS_", vars).unwrap_err()).collect()
}

pub(super) fn policies() -> Vec<PolicyError> {
    let hour = Duration::from_secs(3600);
    let bad = [
        Policy::builder().max_waiting(0),
        Policy::builder().stale_if_error(1000 * hour),
        Policy::builder().fetch_timeout(Duration::ZERO),
    ];
    bad.into_iter().map(|builder| builder.build().unwrap_err()).collect()
}

pub(super) fn unreachable() -> Unreachable {
    let addresses = ["10.0.0.1:443", "[fd00::1]:443"].map(|address| address.parse().unwrap());
    let connect = |_| std::future::ready(Err::<(), _>(client()));
    let second = Duration::from_secs(1);
    let reached = reach(addresses.into(), second, connect, |_| std::future::pending());
    pollster::block_on(reached).unwrap_err()
}

pub(super) fn refused_address() -> RefusedAddress {
    Addresses::PUBLIC.check(vec!["10.0.0.1:443".parse().unwrap()]).unwrap_err()
}

/// Of an issuer whose driver was dropped, and of one that was never heard of.
pub(super) fn not_ready() -> verify::NotReady {
    let issuer = |iss| Issuer::new(iss).jwks_uri("https://id.example/?s3cr3t").any_audience();
    let builder = Verifier::builder()
        .issuer(issuer("https://id.example/?s3cr3t"))
        .issuer(issuer("https://two").label("\u{1b}[31m"));
    let (verifier, _) = builder.build(Env::new(|| UNIX_EPOCH)).expect("sound settings");
    pollster::block_on(verifier.ready(Duration::ZERO)).expect_err("no keys")
}
