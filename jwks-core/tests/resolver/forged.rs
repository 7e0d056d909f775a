//! Tokens that name issuers which do not exist.

use jwks_core::verify::ErrorKind;
use serde_json::Value;

use crate::clocks::ms;
use crate::proof::factor;
use crate::world::World;

/// `JWKS_PROOF=200` makes it a million.
#[test]
fn forged_iss_cost_bounded_calls_and_nothing_else() {
    let mut world = World::new();
    world.gate().latency = ms(20);
    let good = world.ready("good");
    let (issuers, running) = (world.issuers(), world.running());
    let payload = world.token("https://FORGED.example.com");
    let parts: Vec<&str> = payload.split('.').collect();
    let rounds = 5_000 * u64::from(factor());
    let (mut wrong, mut busy) = (0_u64, 0_u64);
    for n in 0..rounds {
        let token = forged(&parts, n);
        match world.verifier.try_verify::<Value>(&token).unwrap_err().kind() {
            ErrorKind::WrongIssuer => wrong += 1,
            ErrorKind::Unavailable => busy += 1,
            other => panic!("{other:?}"),
        }
        if n % 100 == 0 {
            world.run_for(ms(10));
            assert!(world.verifier.try_verify::<Value>(&world.token(&good)).is_ok());
        }
    }
    assert_eq!(wrong + busy, rounds);
    assert!(world.gate().most_running <= 16);
    // 16 at once, each of 20 ms: 800 a second at most.
    let seconds = usize::try_from(rounds / 100).unwrap() / 100 + 1;
    let asked = world.gate().asked.len();
    assert!(asked <= 800 * (seconds + 1), "{asked} calls in {seconds} s");
    assert_eq!((world.issuers(), world.running()), (issuers, running));
    // The good one's keys are refreshed, in a long run.
    assert_eq!(world.requests("good.example.com"), world.sent.len());
}

/// A pre-filter spares the gate.
#[test]
fn what_the_prefilter_refuses_is_not_asked_about() {
    let allowed = |iss: &str| iss.ends_with(".example.com");
    let mut world = World::with(|it| it.prefilter(allowed), |builder| builder);
    for n in 0..1000 {
        let error = world.now(&format!("https://{n}.evil.org")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongIssuer);
    }
    let long = format!("https://{}.example.com", "x".repeat(3000));
    assert_eq!(world.now(&long).unwrap_err().kind(), ErrorKind::WrongIssuer);
    assert!(world.gate().asked.is_empty());
    world.ready("a");
    // One that panics lets nothing through.
    let mut world = World::with(|it| it.prefilter(|_| panic!("a pre-filter")), |builder| builder);
    let error = world.now("https://a.example.com").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongIssuer);
}

/// A token that names the n-th issuer; its signature is of no matter.
fn forged(parts: &[&str], n: u64) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let payload = format!(r#"{{"iss":"https://{n}.example.com","aud":"api","exp":9999999999}}"#);
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(payload), parts[2])
}
