//! `cargo xtask faults`: both adapters under faults of the network, of the issuer and of the system,
//! beside traffic that must not notice.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod child;
mod crowds;
mod row;
mod scene;
mod system;
mod times;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use jwks_conformance::Adapter;
use jwks_testkit::Reply;
use jwks_testkit::certificates::Authority;
use jwks_tests::conformance::{AsyncStd, Tokio};

use row::{Row, recovery};
use scene::{Local, Provider, Service, often};

fn main() -> ExitCode {
    let adapters = [&Tokio as &dyn Adapter, &AsyncStd];
    let argument = env::args().nth(1).unwrap_or_default();
    if argument == child::CHILD {
        child::run(&adapters);
        return ExitCode::SUCCESS;
    }
    let minutes = argument.parse().unwrap_or(0_u64);
    println!("{}", Row::HEAD);
    let (mut rows, mut failed) = (0, 0);
    let mut add = |line: String, is_good: bool| {
        println!("{line}");
        rows += 1;
        failed += usize::from(!is_good);
    };
    for adapter in adapters {
        for fault in FAULTS {
            let row = suffer(adapter, fault);
            add(row.to_string(), row.is_good);
        }
        for run in SYSTEM {
            match run(adapter) {
                Some(row) => add(row.to_string(), row.is_good),
                None => add(
                    format!("{:<10} a name: no namespaces here, NOT TRIED", adapter.name()),
                    true,
                ),
            }
        }
        for (line, passed) in [crowds::cold(adapter), crowds::forged(adapter)] {
            add(line, passed);
        }
        if minutes > 0 {
            let (line, passed) = crowds::memory(adapter, Duration::from_secs(60 * minutes));
            add(line, passed);
        }
    }
    println!("{rows} rows, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is wrong for a while.
struct Fault {
    name: &'static str,
    begin: fn(&Provider),
}

const FAULTS: &[Fault] = &[
    Fault { name: "refused", begin: |it| it.front.go_down() },
    Fault { name: "black hole", begin: Provider::vanish },
    Fault { name: "silent", begin: |it| it.issuer.always(Reply::hang()) },
    Fault { name: "closed", begin: |it| it.issuer.always(Reply::close()) },
    Fault { name: "reset", begin: |it| it.issuer.always(Reply::reset()) },
    Fault {
        name: "reset in body",
        begin: |it| it.issuer.always(Reply::published().reset_after(20)),
    },
    Fault {
        name: "cut short",
        begin: |it| it.issuer.always(Reply::published().truncate_after(20)),
    },
    Fault { name: "stalls", begin: |it| it.issuer.always(Reply::published().stall_after(20)) },
    Fault {
        name: "trickles",
        begin: |it| it.issuer.always(Reply::published().trickle(1, Duration::from_millis(50))),
    },
    Fault { name: "never ends", begin: |it| it.issuer.always(Reply::published().endless()) },
    Fault { name: "junk", begin: |it| it.issuer.always(Reply::malformed()) },
    Fault { name: "a page", begin: |it| it.issuer.always(Reply::not_json()) },
    Fault { name: "no keys", begin: |it| it.issuer.always(Reply::keys(r#"{"keys":[]}"#)) },
    Fault { name: "huge", begin: |it| it.issuer.always(Reply::oversized(1 << 20)) },
    Fault { name: "redirected", begin: |it| it.issuer.always(Reply::redirect("/elsewhere")) },
    Fault { name: "503", begin: |it| it.issuer.always(Reply::status(503)) },
    Fault { name: "expired TLS", begin: |it| it.front.set_identity(&it.authority.expired()) },
    Fault {
        name: "wrong name",
        begin: |it| it.front.set_identity(&it.authority.of_another_name()),
    },
    Fault { name: "unknown CA", begin: |it| it.front.set_identity(&Authority::new().loopback()) },
];

/// None where this system has not what it takes.
const SYSTEM: &[fn(&dyn Adapter) -> Option<Row>] = &[
    system::name,
    system::name_at_start,
    |it| Some(system::files(it)),
    |it| Some(times::stopped_shortly(it)),
    |it| Some(times::stopped_long(it)),
    |it| Some(times::stopped_and_silent(it)),
    |it| Some(times::forward(it)),
    |it| Some(times::far_forward(it)),
    |it| Some(times::back(it)),
    |it| Some(times::forward_and_silent(it)),
    |it| Some(times::back_and_silent(it)),
];

fn suffer(adapter: &dyn Adapter, fault: &Fault) -> Row {
    let provider = Provider::start();
    let mut service = Local::start(adapter, &provider.terms(), often());
    service.warm_up();
    let (begin, end) = (|_: &mut Local| (fault.begin)(&provider), |_: &mut Local| provider.heal());
    suffered(adapter, fault.name, &mut service, begin, end).judged(Row::is_suffered)
}

/// Keys are held, then something is wrong, then it is over.
fn suffered<S: Service>(
    adapter: &dyn Adapter,
    name: &str,
    service: &mut S,
    begin: impl FnOnce(&mut S),
    end: impl FnOnce(&mut S),
) -> Row {
    service.traffic(Duration::from_millis(50));
    let before = service.seen();
    begin(service);
    let mut traffic = service.traffic(LASTS);
    let row = Row::new(adapter, name, &before, service.seen());
    end(service);
    let recovered = recovery(service, &mut traffic);
    Row { traffic, recovered, ..row }
}

/// Long enough for several attempts.
const LASTS: Duration = Duration::from_secs(4);
