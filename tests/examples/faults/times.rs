//! A process that is stopped, and a wall clock that is set.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use jwks_conformance::Adapter;
use jwks_testkit::Reply;

use crate::child::Process;
use crate::row::{PATIENCE, Row, recovery};
use crate::scene::{Local, Provider, Service as _, TRUST, Traffic, short};

/// Stopped for less than the keys are trusted: nobody notices, and a refresh is made at once.
pub(crate) fn stopped_shortly(adapter: &dyn Adapter) -> Row {
    let row = stopped(adapter, "stopped for 3 s", TRUST / 2);
    row.judged(|row| row.is_unnoticed() && row.recovered.is_some())
}

/// For longer: whoever comes then waits for the refresh.
pub(crate) fn stopped_long(adapter: &dyn Adapter) -> Row {
    let row = stopped(adapter, "stopped for 8 s", TRUST + Duration::from_secs(2));
    row.judged(|row| {
        row.traffic.refused == 0 && row.traffic.passed() > 0 && row.recovered.is_some()
    })
}

fn stopped(adapter: &dyn Adapter, name: &str, time: Duration) -> Row {
    let provider = Provider::start();
    let mut service = Process::start(adapter, provider.terms(), true, &[]);
    service.warm_up();
    service.traffic(Duration::from_millis(1200));
    let before = service.seen();
    service.signal("STOP");
    thread::sleep(time);
    let fetches = provider.issuer.fetches();
    // So it is there when the process goes on.
    service.begin_traffic(Duration::from_millis(800));
    service.signal("CONT");
    let continued = Instant::now();
    while provider.issuer.fetches() == fetches && continued.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
    let asked = continued.elapsed();
    let mut traffic = service.answer();
    let well = recovery(&mut service, &mut traffic);
    let recovered = well.is_some_and(|_| asked < PATIENCE).then_some(asked);
    Row { traffic, recovered, ..Row::new(adapter, name, &before, service.seen()) }
}

/// For longer, and the issuer does not answer: no token passes.
pub(crate) fn stopped_and_silent(adapter: &dyn Adapter) -> Row {
    let provider = Provider::start();
    let mut service = Process::start(adapter, provider.terms(), true, &[]);
    service.warm_up();
    let before = service.seen();
    provider.issuer.always(Reply::hang());
    service.signal("STOP");
    thread::sleep(TRUST + Duration::from_secs(1));
    service.begin_traffic(Duration::from_secs(2));
    service.signal("CONT");
    let traffic: Traffic = service.answer();
    let row = Row::new(adapter, "8 s and silent", &before, service.seen());
    provider.heal();
    let recovered = recovery(&mut service, &mut Traffic::default());
    Row { traffic, recovered, ..row }.judged(is_over)
}

/// Nothing passes, and afterwards all is well.
fn is_over(row: &Row) -> bool {
    row.traffic.validations > 0 && row.traffic.passed() == 0 && row.recovered.is_some()
}

/// Set forward, by less than the trust that is left: nobody notices.
pub(crate) fn forward(adapter: &dyn Adapter) -> Row {
    let row = set(adapter, "clock +3 s", 3);
    row.judged(|row| row.is_unnoticed() && row.failures == 0)
}

/// By more: whoever comes waits for a refresh, which is made at once.
pub(crate) fn far_forward(adapter: &dyn Adapter) -> Row {
    let row = set(adapter, "clock +30 s", 30);
    row.judged(|row| {
        let Traffic { refused, waited, .. } = row.traffic;
        refused == 0 && waited > 0 && row.traffic.passed() > 0 && row.failures == 0
    })
}

/// And back.
pub(crate) fn back(adapter: &dyn Adapter) -> Row {
    let row = set(adapter, "clock -30 s", -30);
    row.judged(|row| row.is_unnoticed() && row.failures == 0)
}

fn set(adapter: &dyn Adapter, name: &str, by: i64) -> Row {
    let provider = Provider::start();
    let mut service = Local::start(adapter, &provider.terms(), short());
    service.warm_up();
    service.traffic(Duration::from_millis(200));
    let before = service.seen();
    service.wrong.store(by, Ordering::Relaxed);
    let begin = Instant::now();
    let mut traffic = Traffic::default();
    // Until a refresh has come by the clock as it is now.
    while service.seen().fetches == before.fetches && begin.elapsed() < PATIENCE {
        traffic += service.traffic(Duration::from_millis(5));
    }
    let recovered = recovery(&mut service, &mut traffic).map(|_| begin.elapsed());
    traffic += service.traffic(Duration::from_secs(2));
    Row { traffic, recovered, ..Row::new(adapter, name, &before, service.seen()) }
}

/// The issuer is silent, and the clock is set beyond the trust: from then on nothing passes.
pub(crate) fn forward_and_silent(adapter: &dyn Adapter) -> Row {
    silent(adapter, "+30 s and silent", 30, Duration::ZERO)
}

/// Set back, it prolongs no trust.
pub(crate) fn back_and_silent(adapter: &dyn Adapter) -> Row {
    silent(adapter, "-30 s and silent", -30, TRUST)
}

fn silent(adapter: &dyn Adapter, name: &str, by: i64, until: Duration) -> Row {
    let provider = Provider::start();
    let mut service = Local::start(adapter, &provider.terms(), short());
    service.warm_up();
    let before = service.seen();
    provider.issuer.always(Reply::hang());
    // A refresh that was answered a moment ago.
    service.traffic(Duration::from_millis(200));
    service.wrong.store(by, Ordering::Relaxed);
    service.traffic(until);
    let traffic = service.traffic(Duration::from_secs(1));
    let row = Row::new(adapter, name, &before, service.seen());
    provider.heal();
    let recovered = recovery(&mut service, &mut Traffic::default());
    Row { traffic, recovered, ..row }.judged(is_over)
}
