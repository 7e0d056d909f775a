//! An undecided no is honest: whatever strangers have done before, a good token that comes again at
//! the time that it was told finds its key.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jwks_core::cache::Policy;
use jwks_core::verify::{Error, ErrorKind, Verifier};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::clocks::{ms, secs};
use crate::issuer::Mode;
use crate::keys::{jwk, kidless_token, token};
use crate::verifying::{ISS, exp, setup};
use crate::world::World;

#[derive(Clone, Debug)]
enum Step {
    Token { token: Kind, budget: Option<u64> },
    Cancel,
    Deny(&'static str),
    Allow(&'static str),
    Invalidate,
    Mode(Mode),
    Latency(u64),
    Pass(u64),
    Refresh,
    Freeze(u64),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Unknown(u8),
    BadSignature,
    Kidless,
    Skipped,
    Good,
}

/// What the issuer begins to sign with.
#[derive(Clone, Copy, Debug)]
enum Rotation {
    Kid,
    Kidless,
    Material,
    SkippedMended,
}

fn token_of(kind: Kind) -> String {
    let end = exp(1_000_000);
    match kind {
        Kind::Unknown(n) => token(ISS, &format!("x{n}"), "d", end),
        Kind::BadSignature => token(ISS, "a", "d", end),
        Kind::Kidless => kidless_token(ISS, "d", end),
        Kind::Skipped => token(ISS, "s", "d", end),
        Kind::Good => token(ISS, "a", "a", end),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        (0..4_u8).prop_map(Kind::Unknown),
        Just(Kind::BadSignature),
        Just(Kind::Kidless),
        Just(Kind::Skipped),
        Just(Kind::Good),
    ];
    let budget = select(vec![None, Some(0), Some(1), Some(150), Some(5000), Some(u64::MAX)]);
    let mode = prop_oneof![
        2 => Just(Mode::Up),
        1 => Just(Mode::Unreachable),
        1 => Just(Mode::Silent),
        1 => select(vec![None, Some(5), Some(3600)]).prop_map(|s| Mode::Status(503, s)),
    ];
    prop_oneof![
        12 => (kind, budget).prop_map(|(token, budget)| Step::Token { token, budget }),
        2 => Just(Step::Cancel),
        1 => select(vec!["a", "x1", "zz"]).prop_map(Step::Deny),
        1 => select(vec!["a", "x1", "zz"]).prop_map(Step::Allow),
        1 => Just(Step::Invalidate),
        2 => mode.prop_map(Step::Mode),
        1 => select(vec![0, 1, 200, 1500]).prop_map(Step::Latency),
        6 => prop_oneof![0..300_u64, 0..3000_u64, 0..70_000_u64].prop_map(Step::Pass),
        1 => Just(Step::Refresh),
        1 => select(vec![500, 5_000, 100_000]).prop_map(Step::Freeze),
    ]
}

fn ask(
    world: &mut World,
    verifier: &Verifier,
    token: String,
    budget: Option<u64>,
) -> Option<Result<(), Error>> {
    let Some(budget) = budget else {
        return Some(verifier.try_verify::<Value>(&token).map(drop));
    };
    let budget = ms(budget);
    let slot = Arc::new(Mutex::new(None));
    let (verifier, put) = (verifier.clone(), Arc::clone(&slot));
    let call = world.spawn(budget, async move {
        let outcome = verifier.verify_within::<Value>(&token, budget).await.map(drop);
        *put.lock().unwrap() = Some(outcome);
        Ok(String::new())
    });
    world.settle();
    if budget < secs(100) && !world.done(call) {
        world.run_for(budget);
    }
    slot.lock().unwrap().take()
}

fn set(rotation: Option<Rotation>) -> String {
    let skipped = r#"{"kty":"oct","k":"AAAA","kid":"s"}"#.to_owned();
    let (first, second) = match rotation {
        None => (jwk("a", "a"), skipped),
        Some(Rotation::Kid) => (jwk("c", "c"), skipped),
        Some(Rotation::Kidless) => (jwk("c", "k"), skipped),
        Some(Rotation::Material) => (jwk("c", "a"), skipped),
        Some(Rotation::SkippedMended) => (jwk("a", "a"), jwk("c", "s")),
    };
    format!(r#"{{"keys":[{first},{second}]}}"#)
}

fn live(
    background: bool,
    burst: u32,
    steps: &[Step],
    rotation: Rotation,
    budget: Option<u64>,
) -> Result<(), TestCaseError> {
    let policy = Policy::builder()
        .background_refresh(background)
        .interval(secs(3600))
        .max_trust(secs(9000))
        .usages(1_000_000)
        .fetch_timeout(secs(2))
        .unknown_kid_burst(burst)
        .build()
        .unwrap();
    let (mut world, verifier) = setup(policy);
    world.issuer.mode = Mode::Body(set(None));
    world.invalidate();
    world.run_to(secs(3));
    let up = |mode: &Mode, rotation| match mode {
        Mode::Up => Mode::Body(set(rotation)),
        mode => mode.clone(),
    };
    for step in steps {
        match step {
            Step::Token { token, budget } => {
                drop(ask(&mut world, &verifier, token_of(*token), *budget))
            }
            Step::Cancel => world.callers.clear(),
            Step::Deny(kid) => drop(world.cache.deny_kid(kid)),
            Step::Allow(kid) => drop(world.cache.allow_kid(kid)),
            Step::Invalidate => world.invalidate(),
            Step::Mode(mode) => world.issuer.mode = up(mode, None),
            Step::Latency(latency) => world.issuer.latency = ms(*latency),
            Step::Pass(time) => world.run_for(ms(*time)),
            Step::Refresh => drop(world.refresh()),
            Step::Freeze(time) => world.wall.forward(ms(*time)),
        }
        if !matches!(step, Step::Token { .. }) {
            world.settle();
        }
    }
    world.settle();
    world.issuer.mode = up(&Mode::Up, Some(rotation));
    world.issuer.latency = ms(200);
    world.cache.allow_kid("a");
    let end = exp(1_000_000);
    let good = match rotation {
        Rotation::Kid => token(ISS, "c", "c", end),
        Rotation::Kidless => kidless_token(ISS, "c", end),
        Rotation::Material => token(ISS, "a", "c", end),
        Rotation::SkippedMended => token(ISS, "s", "c", end),
    };
    let came = world.now;
    let mut told = Vec::new();
    for _ in 0..4 {
        let asked_at = world.now;
        let error = match ask(&mut world, &verifier, good.clone(), budget) {
            Some(Ok(())) => return Ok(()),
            None => {
                // Repeated pauses that unknown kids have earned last up to ten minutes.
                world.run_for(secs(700));
                world.end();
                prop_assert!(world.callers.last().unwrap().is_over(), "left behind");
                return Ok(());
            }
            Some(Err(error)) => error,
        };
        prop_assert!(error.is_retryable(), "{:?} after {:?}, {:?}", error, world.now - came, told);
        let now = world.wall.now();
        let wait = error.retry_at().map(|at| at.duration_since(now).unwrap_or_default());
        told.push((asked_at, wait, error.to_string()));
        // The fetch in flight, and the one after it.
        let cold = error.kind() == ErrorKind::Unavailable;
        let wait =
            wait.map_or(secs(2) + ms(200), |wait| wait + ms(200)) + secs(if cold { 2 } else { 0 });
        prop_assert!(wait <= Duration::from_secs(3601), "{:?}", told);
        world.run_for(wait);
    }
    world.end();
    prop_assert!(
        false,
        "not found after {:?}: {:?}, sent {:?}",
        world.now - came,
        told,
        world.sent
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_comes_again_is_served(
        background in any::<bool>(),
        burst in 1..4_u32,
        steps in proptest::collection::vec(step(), 0..25),
        rotation in select(vec![Rotation::Kid, Rotation::Kidless, Rotation::Material, Rotation::SkippedMended]),
        budget in select(vec![None, Some(0), Some(1), Some(100), Some(5000), Some(u64::MAX)]),
    ) {
        live(background, burst, &steps, rotation, budget)?;
    }
}
