//! How long validations take, where that is measured.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use jwks_core::adapter::{Action, Driver, Env, Start};
use jwks_core::refresh::Time;
use jwks_core::verify::{Issuer, Registered, Verifier};

use crate::listen::Meters;

const ISSUER: &str = "https://timed.example.com";

fn issuer(path: &str) -> Issuer {
    Issuer::new(ISSUER).jwks_uri(format!("{ISSUER}/{path}")).any_audience().label("timed")
}

/// Its keys come when this answers.
fn answer(driver: &mut Driver, set: &str) {
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("a load") };
    fetch.reply.send(Ok(Response::new(set.to_owned())));
    driver.poll(Time::ZERO);
}

/// Also where they come from elsewhere meanwhile, so that it begins once more.
#[test]
fn the_time_in_which_a_caller_waits_for_keys_is_part_of_it() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}]}}"#);
    let claims = format!(r#"{{"iss":"{ISSUER}","exp":2000000000}}"#);
    let signed = [r#"{"alg":"EdDSA","kid":"a"}"#, &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = signed.join(".");
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()).as_ref());
    let token = format!("{signed}.{signature}");

    let second = Arc::new(AtomicU64::new(1_800_000_000));
    let clock = Arc::clone(&second);
    let clock = move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed));
    let meters = Meters::default();
    let measured = || -> Vec<_> {
        let name = |line: &String| line.starts_with("jwt_validation_duration_seconds");
        meters.values().into_iter().filter(name).collect()
    };
    metrics::with_local_recorder(&meters, || {
        let builder = Verifier::builder().issuer(issuer("keys")).time_validations(true);
        let (verifier, mut drivers) = builder.build(Env::new(clock)).unwrap();
        let mut old = drivers.take_ready();
        for moves in [false, true] {
            let before = measured();
            let mut context = Context::from_waker(Waker::noop());
            let mut waiting = pin!(verifier.verify::<Registered>(&token));
            assert!(waiting.as_mut().poll(&mut context).is_pending());
            second.fetch_add(1, Ordering::Relaxed);
            if moves {
                verifier.issuers().set(issuer("elsewhere")).unwrap();
                old = drivers.take_ready();
                assert!(waiting.as_mut().poll(&mut context).is_pending());
                second.fetch_add(1, Ordering::Relaxed);
            }
            assert_eq!(measured(), before, "not before it has ended");
            answer(&mut old[0], &set);
            assert!(waiting.as_mut().poll(&mut context).is_ready());
            let sum = if moves { "3 (2 times)" } else { "1 (1 times)" };
            let line = format!("jwt_validation_duration_seconds issuer=timed result=ok {sum}");
            assert_eq!(measured(), [line]);
            verifier.caches().for_each(|cache| cache.invalidate());
        }
    });
}
