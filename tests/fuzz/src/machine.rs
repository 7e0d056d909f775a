//! The machine beside its reference, told what the bytes spell.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use jwks_core::refresh::Policy;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::play::World;
use crate::policies::{any_policy, background, lasting, on_demand};
use crate::script::{
    Case, HOLDS, LONGEST, MISSES, Menu, NOT_MODIFIED, Pace, REFRESHES, STALE, WALL, op, places,
};
use crate::traces::saved;

/// The first octet chooses what happens more often, the second how good the driver is and the kind of
/// policy; four are the seed of the policy and of the jitter. Then five for each thing that happens: its
/// place in the menu, and its dice.
pub(crate) fn run(data: &[u8]) {
    let [kind, pace, s0, s1, s2, s3, script @ ..] = data else { return };
    let menu: Menu = match kind % 7 {
        0 => &[],
        1 => MISSES,
        2 => NOT_MODIFIED,
        3 => REFRESHES,
        4 => HOLDS,
        5 => STALE,
        _ => WALL,
    };
    let seed = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
    let policy = match pace / 3 % 4 {
        0 => drawn(any_policy(), seed),
        1 => drawn(background(), seed),
        2 => drawn(on_demand(), seed),
        _ => drawn(lasting(), seed),
    };
    let Some(policy) = policy else { return };
    let pace = match pace % 3 {
        0 => Pace::Careless,
        1 => Pace::Prompt,
        _ => Pace::Punctual,
    };
    let (scripted, _) = script.as_chunks::<5>();
    let scripted = scripted.iter().take(LONGEST).map(|[place, dice @ ..]| {
        op(menu, u32::from(*place) % places(menu), u32::from_le_bytes(*dice))
    });
    let wall = kind & 128 != 0;
    play(&Case { pace, policy, script: scripted.collect(), seed: seed.into(), wall });
}

fn drawn(policies: impl Strategy<Value = Policy>, seed: u32) -> Option<Policy> {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let numbers = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, numbers);
    policies.new_tree(&mut runner).ok().map(|it| it.current())
}

fn play(case: &Case) {
    quiet_while_playing();
    PLAYING.set(true);
    let played = panic::catch_unwind(AssertUnwindSafe(|| World::new(case).play_all().map(drop)));
    let said = match played {
        Ok(Ok(())) => None,
        Ok(Err((broken, _))) => Some(format!("{}\n{}", broken.rule, broken.why)),
        Err(_) => Some(String::from("a panic, see above")),
    };
    let said = said.map(|said| (said, saved("fuzz", &World::new(case).recording())));
    PLAYING.set(false);
    if let Some((said, saved)) = said {
        panic!("{said}\n{saved}");
    }
}

/// libFuzzer's hook ends the process at a panic, before the case is saved: while a case is played,
/// the hook only prints.
fn quiet_while_playing() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let theirs = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if PLAYING.get() {
                say(&info.to_string());
            } else {
                theirs(info);
            }
        }));
    });
}

#[expect(clippy::print_stderr, reason = "what a fuzzer says of a failure")]
fn say(text: &str) {
    eprintln!("{text}");
}

thread_local! {
    static PLAYING: Cell<bool> = const { Cell::new(false) };
}
