//! How long a signature is remembered, told by how many are checked.

use super::super::*;
use super::world::{OTHER, World};
use crate::keys::base64url::{decode, encode};
use crate::keys::testing::{ED25519, P256, RSA, Signer};

fn a(signer: &Signer) -> String {
    signer.jwk(r#""kid":"a""#)
}

fn b() -> String {
    ED25519.jwk(r#""kid":"b""#)
}

fn es256(payload: &str) -> String {
    P256.token(Algorithm::ES256, &header(Algorithm::ES256, "a"), payload)
}

/// It holds key `a`, and knows the token.
fn known() -> (World, String) {
    let world = World::new(64, &[ISSUER], &[a(&P256), b()]);
    let token = es256(PAYLOAD);
    assert_eq!(world.checks_for(&token), 1);
    assert_eq!(world.checks_for(&token), 0);
    (world, token)
}

#[test]
fn without_a_memo_each_signature_is_checked() {
    let world = World::new(0, &[ISSUER], &[a(&P256)]);
    let token = es256(PAYLOAD);
    assert_eq!([(); 3].map(|()| world.checks_for(&token)), [1; 3]);
}

#[test]
fn every_way_to_ask_knows_it() {
    let (world, token) = known();
    let before = crate::keys::testing::checks();
    world.verifier.verify_blocking::<Value>(&token).unwrap();
    world.verifier.try_verify_at::<Value>(&token, at(1501)).unwrap();
    world.verifier.call().check(|_| Ok(())).try_verify::<Value>(&token).unwrap();
    let mut buffer = crate::verify::TokenBuffer::new();
    world.verifier.try_verify_in::<Value>(&token, &mut buffer).unwrap();
    assert_eq!(crate::keys::testing::checks(), before);
}

#[test]
fn a_token_that_comes_again_is_a_use_each_time() {
    let (mut world, token) = known();
    let uses = |world: &mut World| {
        world.settle();
        world.verifier.status()[0].uses
    };
    let before = uses(&mut world);
    (0..7).for_each(|_| assert_eq!(world.checks_for(&token), 0));
    assert_eq!(uses(&mut world), before + 7);
}

#[test]
fn it_lives_through_refreshes_that_confirm_the_key() {
    let (mut world, token) = known();
    let third = Signer::new(Algorithm::EdDSA);
    let other = a(&P256).replace("\"kid\"", "\"use\":\"sig\",\"kid\"");
    for keys in [vec![a(&P256), b()], vec![b(), other], vec![third.jwk(r#""kid":"0""#), a(&P256)]] {
        world.rotate(0, &keys);
        assert_eq!(world.checks_for(&token), 0);
    }
    // By itself, at its time.
    world.pass(99);
    assert_eq!(world.checks_for(&token), 0);
}

#[test]
fn it_dies_with_the_removal_of_its_key() {
    let (mut world, token) = known();
    world.rotate(0, &[b()]);
    assert!(world.hear(&token).0.starts_with("UnknownKid"));
    world.rotate(0, &[a(&P256), b()]);
    assert_eq!(world.checks_for(&token), 1);
    assert_eq!(world.checks_for(&token), 0);
}

#[test]
fn it_dies_with_its_keys_replacement() {
    let (mut world, token) = known();
    let other = Signer::new(Algorithm::ES256);
    world.rotate(0, &[a(&other), b()]);
    let (heard, checks) = world.hear(&token);
    assert!(heard.starts_with("InvalidSignature"), "{heard}");
    assert_eq!(checks, 1);
    world.rotate(0, &[a(&P256), b()]);
    assert_eq!(world.checks_for(&token), 1);
}

#[test]
fn it_dies_when_its_key_is_another_by_its_attributes() {
    let (mut world, token) = known();
    for more in ["\"alg\":\"ES256\",", "", "\"issuer\":\"https://id.example.com\","] {
        world.rotate(0, &[a(&P256).replace("\"kid\"", &format!("{more}\"kid\""))]);
        assert_eq!(world.checks_for(&token), 1, "{more}");
        assert_eq!(world.checks_for(&token), 0, "{more}");
    }
}

#[test]
fn it_dies_with_the_denial_of_its_key() {
    let (mut world, token) = known();
    let (cache, one_of_b) = (world.cache(0), b_token());
    assert_eq!(world.checks_for(&one_of_b), 1);
    for meanwhile in [|_: &mut World| (), |world: &mut World| world.refresh(0)] {
        cache.deny_kid("a").unwrap();
        assert!(world.hear(&token).0.starts_with("DeniedKid"));
        meanwhile(&mut world);
        assert!(world.hear(&token).0.starts_with("DeniedKid"));
        assert!(cache.allow_kid("a"));
        assert_eq!(world.checks_for(&token), 1);
        assert_eq!(world.checks_for(&token), 0);
        world.settle();
        assert_eq!(world.checks_for(&token), 0);
        assert_eq!(world.checks_for(&one_of_b), 0, "the other key was held all the time");
    }
}

fn b_token() -> String {
    ED25519.token(Algorithm::EdDSA, &header(Algorithm::EdDSA, "b"), PAYLOAD)
}

#[test]
fn it_dies_with_an_invalidation() {
    let (mut world, token) = known();
    world.cache(0).invalidate();
    assert!(world.hear(&token).0.starts_with("Unavailable"));
    world.settle();
    assert_eq!(world.checks_for(&token), 1);
}

#[test]
fn it_dies_with_the_trust_in_the_keys() {
    let (mut world, token) = known();
    world.publish(0, None);
    world.pass_unseen(150);
    assert!(world.hear(&token).0.starts_with("Unavailable"), "by the wall clock alone");
    world.settle();
    assert!(world.hear(&token).0.starts_with("Unavailable"));
    world.publish(0, Some(&[a(&P256), b()]));
    world.pass(60);
    assert_eq!(world.checks_for(&token), 1);
}

#[test]
fn all_claims_are_judged_each_time() {
    let (world, token) = known();
    let call = || world.verifier.call();
    for (call, kind) in [
        (call().at(at(2000)), "Expired"),
        (call().at(at(999)), "NotYetValid"),
        (call().audience("another-api"), "WrongAudience"),
        (call().required_claim("scope"), "MissingClaim"),
        (call().check(|_| Err("no".into())), "CheckFailed"),
        (call().only_type("at+jwt"), "TypeNotAllowed"),
        (call().algorithms([Algorithm::EdDSA]), "AlgorithmNotAllowed"),
    ] {
        let (heard, checks) = world.hear_call(&call, &token);
        assert!(heard.starts_with(kind), "{heard}");
        assert_eq!(checks, 0);
    }
    assert_eq!(world.checks_for(&token), 0);
}

#[test]
fn nothing_is_remembered_of_a_token_that_is_refused() {
    let world = World::new(64, &[ISSUER], &[a(&P256)]);
    let token = es256(PAYLOAD);
    let call = || world.verifier.call();
    let shape =
        || call().check(|token| token.claim::<u64>("sub").map(drop).ok_or_else(|| "no".into()));
    for call in [call().at(at(2000)), call().audience("another-api"), shape()] {
        for _ in 0..3 {
            assert_eq!(world.hear_call(&call, &token).1, 1);
        }
    }
    assert_eq!(world.checks_for(&token), 1, "only now it is remembered");
    assert_eq!(world.checks_for(&token), 0);
}

#[test]
fn other_spellings_of_a_token_are_judged_as_ever() {
    let (world, token) = known();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let raw = decode(signature).unwrap();
    let mut flipped = raw.clone();
    flipped[63] ^= 1;
    for (text, kind) in [
        (format!("{signed}.{}", encode(&flipped)), "InvalidSignature"),
        (format!("{signed}.{}", encode(&raw[..63])), "InvalidSignature"),
        (format!("{signed}.{}", encode(&[&raw[..], &[0]].concat())), "InvalidSignature"),
        (format!("{signed}."), "InvalidSignature"),
        (format!("{token}="), "Malformed"),
        (format!("{token}\n"), "Malformed"),
        (format!(" {token}"), "Malformed"),
    ] {
        for _ in 0..2 {
            let (heard, _) = world.hear(&text);
            assert!(heard.starts_with(kind), "{heard}");
        }
    }
    // The signature that anybody can make of one by ECDSA, and none else: -s is as good as s.
    let twin = format!("{signed}.{}", encode(&twin(&raw)));
    assert_eq!([(); 2].map(|()| world.checks_for(&twin)), [1, 0]);
    assert_eq!(world.checks_for(&token), 0);
}

/// With the order of P-256 less `s` in its place.
pub(super) fn twin(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u64; 4] =
        [0xffff_ffff_0000_0000, u64::MAX, 0xbce6_faad_a717_9e84, 0xf3b9_cac2_fc63_2551];
    let (r, s) = signature.split_at(32);
    let mut twin = [0; 32];
    let mut borrow = false;
    for at in (0..4).rev() {
        let word = u64::from_be_bytes(s[8 * at..8 * at + 8].try_into().unwrap());
        let (less, first) = ORDER[at].overflowing_sub(word);
        let (less, second) = less.overflowing_sub(borrow.into());
        borrow = first || second;
        twin[8 * at..8 * at + 8].copy_from_slice(&less.to_be_bytes());
    }
    [r, &twin].concat()
}

#[test]
fn another_issuer_with_the_same_key_checks_for_itself() {
    let mut world = World::new(64, &[ISSUER, OTHER], &[a(&P256)]);
    let [mine, theirs] =
        [PAYLOAD.to_owned(), PAYLOAD.replace(ISSUER, OTHER)].map(|payload| es256(&payload));
    assert_eq!([&mine, &theirs, &mine, &theirs].map(|it| world.checks_for(it)), [1, 1, 0, 0]);
    world.cache(1).invalidate();
    world.settle();
    assert_eq!([&mine, &theirs].map(|it| world.checks_for(it)), [0, 1]);
}

#[test]
fn of_several_keys_the_one_that_signed_is_known() {
    let kid = |signer: &Signer, alg| signer.jwk(&format!(r#""kid":"a","alg":"{alg}""#));
    let other = Signer::new(Algorithm::ES256);
    let keys = [kid(&other, "ES256"), kid(&P256, "ES256"), kid(&RSA, "RS256")];
    let world = World::new(64, &[ISSUER], &keys);
    let token = es256(PAYLOAD);
    assert_eq!([(); 2].map(|()| world.checks_for(&token)), [2, 0]);
    let kidless = P256.token(Algorithm::ES256, r#"{"alg":"ES256"}"#, PAYLOAD);
    assert_eq!([(); 2].map(|()| world.checks_for(&kidless)), [2, 0]);
}

#[test]
fn more_tokens_than_there_is_room_for_are_checked_again() {
    let world = World::new(4, &[ISSUER], &[b()]);
    let number = |n| {
        let payload = PAYLOAD.replace("\"nbf\"", &format!("\"jti\":\"{n}\",\"nbf\""));
        ED25519.token(Algorithm::EdDSA, &header(Algorithm::EdDSA, "b"), &payload)
    };
    let tokens: Vec<_> = (0..40).map(number).collect();
    let round = || tokens.iter().map(|token| world.checks_for(token)).sum::<usize>();
    assert_eq!(round(), 40);
    assert!((36..=40).contains(&round()));
}

#[test]
fn nothing_of_it_is_shown() {
    let (world, token) = known();
    let shown = format!("{:?}", world.verifier);
    assert!(shown.contains("Memo { room: 64, .. }"), "{shown}");
    let parts = token.split('.').filter(|part| part.len() > 60);
    assert!(parts.into_iter().skip(1).all(|part| !shown.contains(part)));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "threads at once")]
fn many_threads_hear_the_same() {
    let mut world = World::new(4, &[ISSUER], &[a(&P256), b()]);
    let tokens: Vec<_> =
        (0..8).map(|n| es256(&PAYLOAD.replace("2000", &format!("200{n}")))).collect();
    let bad: Vec<_> = tokens
        .iter()
        .map(|token| {
            let (signed, _) = token.rsplit_once('.').unwrap();
            let (_, signature) =
                b_token().rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            format!("{signed}.{signature}")
        })
        .collect();
    let verifier = world.verifier.clone();
    std::thread::scope(|scope| {
        for from in 0..4 {
            let (verifier, tokens, bad) = (&verifier, &tokens, &bad);
            scope.spawn(move || {
                for n in 0..80 {
                    let at = (from + n) % tokens.len();
                    verifier.try_verify::<Value>(&tokens[at]).unwrap();
                    let error = verifier.try_verify::<Value>(&bad[at]).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidSignature);
                }
            });
        }
        for _ in 0..20 {
            world.refresh(0);
        }
    });
}
