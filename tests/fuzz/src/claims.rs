//! Headers and payloads of any form under a good signature: what passes is what a second reading of
//! the rules allows, and what is plainly good passes.

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use jwks_core::verify::{ErrorKind, Issuer, Registered};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::service::{Service, ed25519, is_fit_for_a_log, jwk, signed};

pub(crate) fn run(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (header, payload) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let World { pair, service } = &*WORLD;
    let token = signed(pair, header, payload);
    if token.len() > 16 * 1024 {
        return;
    }
    let verifier = &service.verifier;
    let outcome = verifier.try_verify::<Value>(&token);
    if let Err(error) = &outcome {
        is_fit_for_a_log(&format!("{error:?}"));
        assert_ne!(error.kind(), ErrorKind::InvalidSignature, "the signature is good");
    }
    // With claims of a type, most of the payload is passed over in one reading: what only a reader of all
    // claims stumbles over is no reason to refuse.
    let nothing = verifier.try_verify::<Nothing>(&token);
    match (&outcome, &nothing) {
        (Ok(_), Ok(_)) => {}
        (Err(error), Ok(_)) => assert!(is_about_own_claims(&error.to_string()), "{error}"),
        (Ok(_), Err(error)) => panic!("refused for claims that are not read: {error}"),
        (Err(all), Err(none)) => assert_eq!(all.kind(), none.kind(), "{all} or {none}"),
    }
    if let (Ok(registered), Ok(all)) = (verifier.try_verify::<Registered>(&token), &outcome) {
        assert_eq!(registered.expires_at(), all.expires_at());
    }
    match (judge(header, payload), outcome) {
        (Judged::Refused(why), Ok(_)) => panic!("{why}, and yet accepted"),
        (Judged::Good, Err(error)) => panic!("a good token is refused: {error:?}"),
        (_, Ok(verified)) => {
            let read: Value = serde_json::from_slice(payload).expect("accepted, so it is JSON");
            assert_eq!(*verified.claims(), read);
        }
        _ => {}
    }
}

/// Nesting that is too deep, numbers that are too large, halves of characters.
fn is_about_own_claims(text: &str) -> bool {
    ["nests too deep", "out of range", "not valid Unicode"].iter().any(|it| text.contains(it))
}

#[derive(Debug, Deserialize)]
struct Nothing {}

enum Judged {
    /// Plain, and as it must be.
    Good,
    Refused(&'static str),
    /// Whatever the core says: of two members with one name, for example, this reading sees one.
    Unusual,
}

/// The rules once more, in few words.
fn judge(header: &[u8], payload: &[u8]) -> Judged {
    let (Some(head), Some(claims)) = (object(header), object(payload)) else {
        return Judged::Refused("no two objects");
    };
    if head.get("alg").and_then(Value::as_str) != Some("EdDSA") {
        return Judged::Refused("another algorithm");
    }
    if head.contains_key("crit") {
        return Judged::Refused("`crit`");
    }
    if head.get("kid").is_some_and(|kid| kid != "a") {
        return Judged::Refused("another kid");
    }
    let typ = head.get("typ").map(|typ| typ.as_str().unwrap_or_default().to_ascii_lowercase());
    let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
    if typ.is_some_and(|typ| !["jwt", "at+jwt"].contains(&typ)) {
        return Judged::Refused("another `typ`");
    }
    if claims.get("iss").and_then(Value::as_str) != Some(ISSUER) {
        return Judged::Refused("another issuer");
    }
    let aud_is_ours = match claims.get("aud") {
        Some(Value::String(aud)) => aud == "my-api",
        Some(Value::Array(all)) => all.iter().any(|aud| aud == "my-api"),
        _ => false,
    };
    if !aud_is_ours {
        return Judged::Refused("another audience");
    }
    let time = |name| claims.get(name).map(|value| value.as_f64().unwrap_or(f64::NAN));
    // Seconds, and a leeway of 60 of them; a comparison with what is no number is false.
    if !time("exp").is_some_and(|exp| exp + 60.0 > NOW) {
        return Judged::Refused("expired, or without an end");
    }
    if !time("nbf").is_none_or(|nbf| nbf - 60.0 <= NOW) {
        return Judged::Refused("not valid yet");
    }
    let plain = is_plain(header, &head, &["alg", "kid", "typ"])
        && is_plain(payload, &claims, &["aud", "exp", "iss", "nbf", "own", "sub"])
        && claims.get("sub").is_none_or(Value::is_string)
        && claims.get("own").is_none_or(Value::is_number)
        && ["exp", "nbf"].into_iter().all(|name| claims.get(name).is_none_or(Value::is_u64))
        && time("exp").is_some_and(|exp| exp < 1e11)
        && claims.get("aud").is_some_and(Value::is_string);
    if plain { Judged::Good } else { Judged::Unusual }
}

fn object(text: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(text).ok()
}

/// Written as we would, with no names but these.
fn is_plain(text: &[u8], read: &Map<String, Value>, names: &[&str]) -> bool {
    serde_json::to_vec(read).is_ok_and(|again| again == text)
        && read.keys().all(|name| names.contains(&name.as_str()))
}

struct World {
    pair: Ed25519KeyPair,
    service: Service,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let pair = ed25519(7);
    let issuer = Issuer::new(ISSUER).jwks_uri("https://id.example.com/keys").audience("my-api");
    let issuer = issuer.leeway(Duration::from_secs(60));
    let keys = format!(r#"{{"keys":[{}]}}"#, jwk(&pair, "a"));
    World { service: Service::new(issuer, &keys, 1_700_000_000), pair }
});

const ISSUER: &str = "https://id.example.com";

const NOW: f64 = 1_700_000_000.0;
