//! Whatever happens to the keys, both verifiers say the same to every token.

use std::cell::Cell;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::super::*;
use super::facts::twin;
use super::world::{OTHER, World};
use crate::keys::base64url::{decode, encode};
use crate::keys::testing::{ED25519, P256, RSA, Signer};

/// What happens, to both alike.
#[derive(Clone, Debug)]
enum Step {
    Allow(usize, &'static str),
    Deny(usize, &'static str),
    Invalidate(usize),
    /// On all clocks.
    Pass(u64),
    /// On the wall clock alone.
    PassUnseen(u64),
    /// None: the issuer cannot be asked.
    Publish(usize, Option<usize>),
    Refresh(usize),
    /// The issuer publishes a set, and it is read.
    Rotate(usize, usize),
    /// A token is judged, by the configured expectations or those of a call.
    Token(usize, Option<Route>),
}

#[derive(Clone, Copy, Debug)]
enum Route {
    Another,
    At(u64),
    Checked,
    Narrow,
}

fn step() -> impl Strategy<Value = Step> {
    let kid = || prop::sample::select(&["a", "b"][..]);
    let route = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Route::Another)),
        1 => (990..2010_u64).prop_map(|second| Some(Route::At(second))),
        1 => Just(Some(Route::Checked)),
        1 => Just(Some(Route::Narrow)),
    ];
    prop_oneof![
        1 => (0..2_usize, kid()).prop_map(|(issuer, kid)| Step::Allow(issuer, kid)),
        1 => (0..2_usize, kid()).prop_map(|(issuer, kid)| Step::Deny(issuer, kid)),
        1 => (0..2_usize).prop_map(Step::Invalidate),
        2 => prop_oneof![0..30_u64, 30..160_u64].prop_map(Step::Pass),
        1 => (0..160_u64).prop_map(Step::PassUnseen),
        3 => (0..2_usize, prop::option::weighted(0.9, 0..SETS.len()))
            .prop_map(|(issuer, set)| Step::Publish(issuer, set)),
        2 => (0..2_usize).prop_map(Step::Refresh),
        4 => (0..2_usize, 0..SETS.len()).prop_map(|(issuer, set)| Step::Rotate(issuer, set)),
        // Few of them, so that they come again.
        20 => (0..TOKENS.len(), route.clone()).prop_map(|(token, route)| Step::Token(token, route)),
        40 => (prop::sample::select(OFTEN), route)
            .prop_map(|(token, route)| Step::Token(token, route)),
    ]
}

#[test]
fn the_verdict_is_the_same_with_and_without() {
    let (mut runner, totals) = (TestRunner::new(crate::proof::draws(128)), Totals::default());
    let script = (1..=64_usize, prop::collection::vec(step(), 1..60));
    runner.run(&script, |(room, steps)| play(room, &steps, &totals)).unwrap();
    // It would prove nothing if few were accepted, or little was remembered.
    let [tokens, accepted, with, without] = totals.0.map(|total| total.get());
    assert!(accepted > tokens / 10, "{accepted} of {tokens} accepted");
    assert!(with < without * 9 / 10, "{with} checks with a memo, {without} without");
}

/// Tokens, those accepted, checks with a memo, and without.
#[derive(Default)]
struct Totals([Cell<usize>; 4]);

impl Totals {
    fn add(&self, more: [usize; 4]) {
        self.0.iter().zip(more).for_each(|(total, more)| total.set(total.get() + more));
    }
}

fn play(room: usize, steps: &[Step], totals: &Totals) -> Result<(), TestCaseError> {
    let mut worlds = [0, room].map(|room| World::new(room, &[ISSUER, OTHER], &SETS[0]));
    for step in steps {
        if let Step::Token(token, route) = step {
            let [(plain, without), (heard, with)] =
                worlds.each_ref().map(|world| ask(world, *token, *route));
            prop_assert_eq!(&plain, &heard, "token {}", token);
            prop_assert!(with <= without);
            totals.add([1, plain.starts_with("Verified").into(), with, without]);
        } else {
            worlds.iter_mut().for_each(|world| act(world, step));
        }
    }
    Ok(())
}

fn ask(world: &World, token: usize, route: Option<Route>) -> (String, usize) {
    let call = world.verifier.call();
    let call = match route {
        None => call,
        Some(Route::Another) => call.audience("another-api"),
        Some(Route::At(second)) => call.at(at(second)),
        Some(Route::Checked) => call
            .check(|token| token.claim::<String>("jti").map(drop).ok_or_else(|| "no jti".into())),
        Some(Route::Narrow) => call.algorithms([Algorithm::ES256, Algorithm::PS256]),
    };
    world.hear_call(&call, &TOKENS[token])
}

fn act(world: &mut World, step: &Step) {
    match step {
        Step::Allow(issuer, kid) => drop(world.cache(*issuer).allow_kid(kid)),
        Step::Deny(issuer, kid) => drop(world.cache(*issuer).deny_kid(kid).unwrap()),
        Step::Invalidate(issuer) => world.cache(*issuer).invalidate(),
        Step::Pass(seconds) => world.pass(*seconds),
        Step::PassUnseen(seconds) => world.pass_unseen(*seconds),
        Step::Publish(issuer, set) => world.publish(*issuer, set.map(|set| &SETS[set][..])),
        Step::Refresh(issuer) => world.refresh(*issuer),
        Step::Rotate(issuer, set) => world.rotate(*issuer, &SETS[*set]),
        Step::Token(..) => {}
    }
}

/// By the two keys on P-256 for kid `a`, by the others for theirs, and one for no kid.
const OFTEN: &[usize] = &[0, 1, 2, 15, 16, 35, 45, 55, 60, 70];

static ANOTHER: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::ES256));

/// What an issuer may publish: the same and other material under two kids, and attributes.
static SETS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let [p, another, ed, rsa]: [&Signer; 4] = [&P256, &ANOTHER, &ED25519, &RSA];
    let (a, b) = (r#""kid":"a""#, r#""kid":"b""#);
    vec![
        vec![p.jwk(a), ed.jwk(b), rsa.jwk("")],
        vec![p.jwk(r#""kid":"a","alg":"ES256""#), ed.jwk(b), rsa.jwk("")],
        vec![another.jwk(a), ed.jwk(b), rsa.jwk(r#""alg":"PS256""#)],
        vec![another.jwk(a), p.jwk(a), rsa.jwk(a), ed.jwk(b)],
        vec![ed.jwk(b)],
        vec![p.jwk(b), rsa.jwk(r#""kid":"a","alg":"RS256""#)],
        vec![p.jwk(r#""kid":"a","issuer":"https://other.example.com""#), ed.jwk(b)],
        vec![p.jwk(""), another.jwk(""), ed.jwk(b), rsa.jwk(b)],
    ]
});

/// By each key, for each kid, good and not so good; and other spellings of some.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    use Algorithm::*;
    let signers: [(&Signer, Algorithm); 5] =
        [(&P256, ES256), (&ANOTHER, ES256), (&ED25519, EdDSA), (&RSA, RS256), (&RSA, PS256)];
    let payloads = [
        PAYLOAD.to_owned(),
        PAYLOAD.replace("\"nbf\"", "\"jti\":\"1\",\"nbf\""),
        PAYLOAD.replace(ISSUER, OTHER),
        PAYLOAD.replace("2000", "1600"),
        PAYLOAD.replace("my-api", "another-api"),
    ];
    let mut tokens = Vec::new();
    for (signer, alg) in signers {
        let kidless = format!(r#"{{"alg":"{alg}"}}"#);
        for header in [header(alg, "a"), header(alg, "b"), kidless] {
            for payload in &payloads {
                tokens.push(signer.token(alg, &header, payload));
            }
        }
    }
    for at in (0..tokens.len()).step_by(5) {
        let (signed, signature) = tokens[at].rsplit_once('.').unwrap();
        let (_, foreign) = tokens[(at + 1) % tokens.len()].rsplit_once('.').unwrap();
        let mut raw = decode(signature).unwrap();
        let other = if raw.len() == 64 { twin(&raw) } else { raw[1..].to_vec() };
        raw[20] ^= 1;
        let spellings = [encode(&other), encode(&raw), foreign.to_owned()];
        let spellings = spellings.map(|signature| format!("{signed}.{signature}"));
        tokens.extend(spellings);
    }
    tokens
});
