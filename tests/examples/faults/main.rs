//! `cargo xtask faults`: both adapters under faults of the network and of the issuer, beside traffic that
//! must not notice.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod crowds;
mod scene;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use jwks_conformance::Adapter;
use jwks_testkit::Reply;
use jwks_tests::conformance::{AsyncStd, Tokio};

use scene::{Row, Scene};

fn main() -> ExitCode {
    let minutes = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0_u64);
    println!("{}", Row::HEAD);
    let mut good = true;
    for adapter in [&Tokio as &dyn Adapter, &AsyncStd] {
        for fault in FAULTS {
            let row = suffer(adapter, fault);
            println!("{row}");
            good &= row.is_good();
        }
        for (line, passed) in [crowds::cold(adapter), crowds::forged(adapter)] {
            println!("{line}");
            good &= passed;
        }
        if minutes > 0 {
            let (line, passed) = crowds::memory(adapter, Duration::from_secs(60 * minutes));
            println!("{line}");
            good &= passed;
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is wrong for a while.
struct Fault {
    name: &'static str,
    begin: fn(&Scene),
}

const FAULTS: &[Fault] = &[
    Fault { name: "refused", begin: |it| it.issuer.go_down() },
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
    Fault {
        name: "unknown CA",
        begin: |it| it.front.set_identity(&jwks_testkit::certificates::Authority::new().loopback()),
    },
];

/// Keys are held, then something is wrong, then it is over.
fn suffer(adapter: &dyn Adapter, fault: &Fault) -> Row {
    let scene = Scene::new(adapter);
    scene.traffic(Duration::from_millis(50));
    let before = scene.cache.status();
    (fault.begin)(&scene);
    let mut traffic = scene.traffic(LASTS);
    let during = scene.cache.status();
    scene.heal();
    let healed = Instant::now();
    let is_well = || scene.cache.status().failures_in_a_row == 0;
    while !is_well() && healed.elapsed() < PATIENCE {
        traffic += scene.traffic(Duration::from_millis(10));
    }
    Row {
        adapter: adapter.name().to_owned(),
        fault: fault.name,
        keys: during.keys.len(),
        traffic,
        attempts: during.fetches - before.fetches,
        failures: during.failures - before.failures,
        recovered: is_well().then(|| healed.elapsed()),
        error: during.last_error.unwrap_or_default(),
    }
}

/// Long enough for several attempts.
const LASTS: Duration = Duration::from_secs(4);

const PATIENCE: Duration = Duration::from_secs(20);
