//! Routes that demand more than the settings, and the ways to ask.

use std::time::Duration;

use jwks_cognito::{AccessClaims, CognitoCall, EitherClaims, IdClaims, Refusal, TokenUse};
use jwks_core::verify::ErrorKind;

use crate::support::{access, any_client, at, id, refusal, settings, token, verifier};

#[test]
fn a_route_demands_more() {
    let (verifier, _drivers) = verifier(settings().client_id("client-2").group("staff"));
    let call = || verifier.call();
    let refused =
        |call: CognitoCall| refusal(call.try_verify::<AccessClaims>(&token(&access(|_| ()))));
    assert_eq!(refused(call()), None);
    assert_eq!(refused(call().scope("orders/write")), Some(Refusal::MissingScope));
    assert_eq!(refused(call().scope("orders/write").scope("orders/read")), None);
    assert_eq!(refused(call().group("admin")), Some(Refusal::MissingGroup));
    assert_eq!(refused(call().group("admin").group("staff")), None);
    assert_eq!(refused(call().client_id("client-2")), Some(Refusal::WrongClient));
    assert_eq!(refused(call().client_id("client-2").client_id("client-1")), None);
    assert_eq!(refused(call().token_use(TokenUse::Id)), Some(Refusal::WrongTokenUse));
    assert_eq!(refused(call().token_use(TokenUse::Access)), None);
    let id = token(&id(|_| ()));
    let either = call().scope("openid").try_verify::<EitherClaims>(&id);
    assert_eq!(refusal(either), Some(Refusal::WrongTokenUse));
}

#[test]
fn a_route_cannot_let_pass_what_the_settings_refuse() {
    let strict = settings().group("admin").scope("orders/write").token_use(TokenUse::Access);
    let (verifier, _drivers) = verifier(strict);
    let call = || verifier.call();
    let access = token(&access(|_| ()));
    for call in [call().group("staff"), call().scope("orders/read"), call().client_id("client-1")] {
        assert!(call.try_verify::<AccessClaims>(&access).is_err());
    }
    let wider = call().token_use(TokenUse::Either).try_verify::<IdClaims>(&token(&id(|_| ())));
    assert_eq!(refusal(wider), Some(Refusal::WrongTokenUse));
    // A client that the settings do not name does not become one of ours.
    let other = access_of("client-9");
    let (verifier, _drivers) = crate::support::verifier(settings());
    let wider = verifier.call().client_id("client-9").try_verify::<AccessClaims>(&other);
    assert_eq!(refusal(wider), Some(Refusal::WrongClient));
}

/// Such as a variable that was never set: what it splits into is not what a blank claim does.
#[test]
fn a_route_that_demands_an_empty_name_lets_nobody_pass() {
    let (verifier, _drivers) = verifier(any_client());
    let blank = |claims: &mut serde_json::Value| {
        claims["client_id"] = "".into();
        claims["cognito:groups"] = serde_json::json!([""]);
        claims["scope"] = "".into();
    };
    let missing = |claims: &mut serde_json::Value| drop(claims["scope"].take());
    let spaced = |claims: &mut serde_json::Value| claims["scope"] = "openid  orders/read ".into();
    for claims in [access(|_| ()), access(blank), access(missing), access(spaced)] {
        let refused = |call: CognitoCall| refusal(call.try_verify::<AccessClaims>(&token(&claims)));
        assert_eq!(refused(verifier.call()), None);
        assert_eq!(refused(verifier.call().scope("")), Some(Refusal::MissingScope), "{claims}");
        assert_eq!(refused(verifier.call().group("")), Some(Refusal::MissingGroup), "{claims}");
        assert_eq!(refused(verifier.call().client_id("")), Some(Refusal::WrongClient), "{claims}");
    }
}

#[test]
fn a_check_of_ones_own_comes_last() {
    let (verifier, _drivers) = verifier(settings());
    let call = verifier.call().check(|token| match token.claim::<String>("sub") {
        Some(sub) if sub == "user-2" => Ok(()),
        _ => Err("not this user".into()),
    });
    let error = call.try_verify::<AccessClaims>(&token(&access(|_| ()))).unwrap_err();
    assert_eq!((error.kind(), Refusal::of(&error)), (ErrorKind::CheckFailed, None));
    assert!(error.to_string().ends_with(": not this user"), "{error}");
    let wrong_use = call.try_verify::<AccessClaims>(&token(&id(|_| ())));
    assert_eq!(refusal(wrong_use), Some(Refusal::WrongTokenUse));
    let other = token(&access(|claims| claims["sub"] = "user-2".into()));
    assert!(call.try_verify::<AccessClaims>(&other).is_ok());
}

#[test]
fn every_way_to_ask_gives_the_same_answer() {
    let (verifier, _drivers) = verifier(settings());
    let now = at(1_700_000_000);
    for (text, passes) in [(token(&access(|_| ())), true), (access_of("client-9"), false)] {
        let answers = [
            pollster::block_on(verifier.verify::<AccessClaims>(&text)),
            pollster::block_on(verifier.verify_within::<AccessClaims>(&text, Duration::ZERO)),
            verifier.verify_blocking::<AccessClaims>(&text),
            verifier.try_verify::<AccessClaims>(&text),
            verifier.try_verify_at::<AccessClaims>(&text, now),
            pollster::block_on(verifier.call().verify::<AccessClaims>(&text)),
            verifier.call().verify_blocking::<AccessClaims>(&text),
            verifier.call().wait_at_most(Duration::ZERO).at(now).try_verify(&text),
        ];
        for answer in answers {
            assert_eq!(answer.is_ok(), passes);
            assert_eq!(refusal(answer), (!passes).then_some(Refusal::WrongClient));
        }
    }
    let late = verifier.try_verify_at::<AccessClaims>(&token(&access(|_| ())), at(1_700_003_660));
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Expired);
    let late = verifier.call().at(at(1_700_003_660)).scope("openid");
    let late = late.try_verify::<AccessClaims>(&token(&access(|_| ())));
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Expired);
}

#[test]
fn the_nonce_of_the_login_can_be_asked_for() {
    let (verifier, _drivers) = verifier(settings());
    let call = verifier.call().nonce("n-0S6");
    let kind = |token: &str| call.try_verify::<IdClaims>(token).err().map(|error| error.kind());
    let with = |nonce: &'static str| token(&id(|claims| claims["nonce"] = nonce.into()));
    assert_eq!(kind(&with("n-0S6")), None);
    assert_eq!(kind(&with("n-0S7")), Some(ErrorKind::WrongClaim));
    assert_eq!(kind(&token(&id(|_| ()))), Some(ErrorKind::MissingClaim));
    let access = call.try_verify::<AccessClaims>(&token(&access(|_| ())));
    assert_eq!(access.unwrap_err().kind(), ErrorKind::MissingClaim);
}

fn access_of(client: &'static str) -> String {
    token(&access(|claims| claims["client_id"] = client.into()))
}
