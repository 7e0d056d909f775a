//! What is left of tokens whose issuers nobody knows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;

use super::*;
use crate::cache::{Action, Driver, Env, Start as _};
use crate::verify::{Registered, Resolver, Verifier};

fn token(n: usize) -> String {
    use base64::Engine as _;
    let claims = format!(r#"{{"iss":"https://{n}.example.com","exp":2000000000}}"#);
    let parts = [r#"{"alg":"EdDSA","kid":"a"}"#, &claims, &"s".repeat(64)];
    parts.map(|part| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// The text of an `iss` is kept until the function was asked about it, and no longer.
#[test]
fn no_bytes_of_a_token_are_kept() {
    let silent = Arc::new(AtomicBool::new(false));
    let says = Arc::clone(&silent);
    let resolver = Resolver::new(move |_| {
        let silent = says.load(Ordering::Relaxed);
        async move { if silent { std::future::pending().await } else { Ok(None) } }
    });
    let env = Env::new(|| UNIX_EPOCH).seed(7);
    let (verifier, mut drivers) = Verifier::builder().resolver(resolver).build(env).unwrap();
    let mut drivers: Vec<Driver> = drivers.take_ready();
    let mut poll = |now: u64| {
        let at = Time::from_origin(seconds(now));
        assert!(matches!(drivers[0].poll(at), Action::Wait(_)));
    };
    let door = verifier.0.door.as_ref().unwrap();
    let kept = || door.lock().texts.len();
    poll(0);
    for n in 0..2000 {
        silent.store(n % 3 == 0, Ordering::Relaxed);
        verifier.try_verify::<Registered>(&token(n)).unwrap_err();
        assert!(kept() <= 1, "{}", kept());
        poll(u64::try_from(n).unwrap());
        assert_eq!(kept(), 0);
        // Nor of one that is being asked about, or was refused.
        verifier.try_verify::<Registered>(&token(n)).unwrap_err();
        assert_eq!(kept(), 0);
    }
    // Nor if the driver comes late: as many as may be asked about.
    for n in 5000..6000 {
        verifier.try_verify::<Registered>(&token(n)).unwrap_err();
    }
    assert!((1..=16).contains(&kept()), "{}", kept());
    poll(6000);
    assert_eq!(kept(), 0);
}
