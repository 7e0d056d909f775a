//! The fleet: some processes, an issuer, a Redis, and what happens to them. Requests are counted.

use std::io::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use jwks_testkit::{IssuerServer, Reply, Signer, claims};

use super::checks::Checks;
use super::process::Process;
use super::server::Redis;

/// How large, and for how long.
pub(super) struct Size {
    processes: u32,
    instances: u32,
    pub(super) lifetime: Duration,
    steady: Duration,
    /// How long Redis is stopped, and the issuer away.
    trouble: Duration,
    away: Duration,
    pub(super) time_limit: Duration,
}

const LONG: Size = Size {
    processes: 4,
    instances: 200,
    lifetime: Duration::from_secs(2),
    steady: Duration::from_secs(60),
    trouble: Duration::from_secs(5),
    away: Duration::from_secs(20),
    time_limit: Duration::from_millis(50),
};

/// A longer time limit: a machine that builds and tests besides makes a slow Redis.
const SHORT: Size = Size {
    processes: 2,
    instances: 20,
    lifetime: Duration::from_secs(2),
    steady: Duration::from_secs(12),
    trouble: Duration::from_secs(3),
    away: Duration::from_secs(6),
    time_limit: Duration::from_millis(500),
};

pub(super) fn run(redis: &Path, long: bool) -> Result<()> {
    let size = if long { LONG } else { SHORT };
    println!(
        "{} instances in {} processes, lifetime {} s, time limit for Redis {} ms",
        size.instances,
        size.processes,
        size.lifetime.as_secs(),
        size.time_limit.as_millis()
    );
    let mut checks = Checks::default();
    let mut server = Redis::start(redis)?;
    let mut fleet = Fleet::new(&size, Some(&server), size.instances, size.processes)?;
    fleet.cold_start(&mut checks)?;
    fleet.steady(&size, &mut checks, 1.5)?;
    fleet.rotation(&mut checks, 3)?;
    fleet.redis_in_trouble(&size, &mut server, &mut checks)?;
    fleet.rotation(&mut checks, 3)?;
    issuer_away(&mut fleet, &size, &mut checks)?;
    drop(fleet);
    let mut alone = Fleet::new(&size, None, size.instances, size.processes)?;
    println!("\nthe same without Redis, to compare");
    let mut unchecked = Checks::only_told();
    alone.cold_start(&mut unchecked)?;
    alone.steady(&Size { steady: size.lifetime * 4, ..size }, &mut unchecked, 1.5)?;
    alone.rotation(&mut unchecked, 3)?;
    checks.judge()
}

/// The attempts of the fleet, beside those of one instance without Redis.
fn issuer_away(fleet: &mut Fleet, size: &Size, checks: &mut Checks) -> Result<()> {
    let mut one = Fleet::new(size, None, 1, 1)?;
    one.cold_start(&mut Checks::only_told())?;
    let before = [&*fleet, &one].map(|it| it.issuer.fetches());
    for it in [&*fleet, &one] {
        it.issuer.always(Reply::status(503));
    }
    sleep(size.away);
    let [many, single] = [&*fleet, &one].map(|it| it.issuer.fetches());
    let (many, single) = (many - before[0], single - before[1]);
    for it in [&*fleet, &one] {
        it.issuer.always(Reply::published());
    }
    checks.at_most(
        &format!(
            "issuer away {} s: attempts of all ({single} by one instance)",
            size.away.as_secs()
        ),
        many,
        // Pauses are drawn: of one instance, up to half as long again as of another.
        single * 3 / 2 + 2,
    );
    fleet.no_validation_failed("while the issuer was away", checks)
}

struct Fleet {
    issuer: IssuerServer,
    key: Signer,
    rotations: u32,
    processes: Vec<Process>,
}

impl Fleet {
    fn new(size: &Size, redis: Option<&Redis>, instances: u32, processes: u32) -> Result<Self> {
        let (issuer, key) = (IssuerServer::start(), Signer::es256("k0"));
        issuer.publish(&[&key]);
        let processes = (0..processes)
            .map(|_| Process::start(size, &issuer, redis, instances / processes))
            .collect::<Result<_>>()?;
        Ok(Self { issuer, key, rotations: 0, processes })
    }

    fn token(&self) -> String {
        self.key.sign(&claims(self.issuer.base(), "fleet", Duration::from_secs(3600)))
    }

    fn cold_start(&mut self, checks: &mut Checks) -> Result<()> {
        let (failed, slowest) = self.all(&format!("start {}", self.token()))?;
        checks.at_most("cold start: fetches", self.issuer.fetches(), 2);
        checks.at_most("cold start: tokens refused", failed, 0);
        checks.note("cold start: the last instance waited", &format!("{slowest} ms"));
        self.tell_all(&format!("validate {}", self.token())).map(drop)
    }

    fn steady(&mut self, size: &Size, checks: &mut Checks, most: f64) -> Result<()> {
        let (begin, before) = (Instant::now(), self.issuer.fetches());
        sleep(size.steady);
        let lifetimes = begin.elapsed().as_secs_f64() / size.lifetime.as_secs_f64();
        let fetches = self.issuer.fetches() - before;
        let per_lifetime = f64::from(u32::try_from(fetches)?) / lifetimes;
        let name = format!("steady {} s: {fetches} fetches; per lifetime", size.steady.as_secs());
        checks.told(&name, &format!("{per_lifetime:.2}"), &format!("{most}"), per_lifetime <= most);
        Ok(())
    }

    /// A new key, and tokens of it at all instances within a second.
    fn rotation(&mut self, checks: &mut Checks, most: usize) -> Result<()> {
        self.rotations += 1;
        let old = std::mem::replace(&mut self.key, Signer::es256(&format!("k{}", self.rotations)));
        let before = self.past_caches();
        self.issuer.publish(&[&old, &self.key]);
        let (failed, slowest) = self.all(&format!("find {}", self.token()))?;
        checks.at_most("rotation: fetches", self.past_caches() - before, most);
        checks.at_most("rotation: good tokens refused", failed, 0);
        checks.note("rotation: the slowest instance waited", &format!("{slowest} ms"));
        self.tell_all(&format!("validate {}", self.token())).map(drop)
    }

    /// Fetches for unknown kids: the others are planned, and come anyway.
    fn past_caches(&self) -> usize {
        let requests = self.issuer.requests();
        requests.iter().filter(|it| it.header("cache-control") == Some("no-cache")).count()
    }

    fn redis_in_trouble(
        &mut self,
        size: &Size,
        server: &mut Redis,
        checks: &mut Checks,
    ) -> Result<()> {
        self.no_validation_failed("before", checks)?;
        server.signal("STOP")?;
        sleep(size.trouble);
        // Each finds the new key by itself, and each may ask three times in a row.
        let alone = 3 * usize::try_from(size.instances)?;
        self.rotation(checks, alone)?;
        self.no_validation_failed("Redis stopped", checks)?;
        server.signal("CONT")?;
        sleep(size.trouble);
        self.no_validation_failed("Redis continued", checks)?;
        server.command("FLUSHALL")?;
        sleep(size.trouble);
        self.no_validation_failed("Redis flushed", checks)?;
        server.kill();
        sleep(size.trouble);
        self.rotation(checks, alone)?;
        self.no_validation_failed("Redis killed", checks)?;
        server.restart()?;
        sleep(size.trouble);
        self.no_validation_failed("Redis restarted", checks)?;
        // Instances that fetched alone are apart, and come together again.
        sleep(size.lifetime * 3);
        self.steady(&Size { steady: size.lifetime * 4, ..*size }, checks, f64::INFINITY)
    }

    fn no_validation_failed(&mut self, when: &str, checks: &mut Checks) -> Result<()> {
        let mut sums = [0_usize; 3];
        for line in self.tell_all("report")? {
            for (sum, part) in sums.iter_mut().zip(line.split(' ')) {
                *sum += part.parse::<usize>()?;
            }
        }
        let [done, failed, waited] = sums;
        checks.at_most(&format!("{when}: failed of {done} validations"), failed, 0);
        checks.at_most(&format!("{when}: made to wait"), waited, 0);
        Ok(())
    }

    /// How many could not validate the token, and what the slowest took.
    fn all(&mut self, command: &str) -> Result<(usize, u64)> {
        let (mut failed, mut slowest) = (0, 0);
        for line in self.tell_all(command)? {
            let (part, millis) = line.split_once(' ').context("two numbers")?;
            failed += part.parse::<usize>()?;
            slowest = slowest.max(millis.parse()?);
        }
        Ok((failed, slowest))
    }

    /// At once, and then waits for all answers.
    fn tell_all(&mut self, command: &str) -> Result<Vec<String>> {
        for process in &mut self.processes {
            writeln!(process.input, "{command}")?;
        }
        self.processes.iter_mut().map(Process::line).collect()
    }
}
