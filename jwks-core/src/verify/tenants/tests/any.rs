//! What holds whatever happens, in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Answer(u8, u8),
    Ask(u8),
    Fails(u8),
    Pass(u32),
    Use(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let iss = 0..12_u8;
    prop_oneof![
        4 => iss.clone().prop_map(Step::Ask),
        4 => (any::<u8>(), 0..8_u8).prop_map(|(call, answer)| Step::Answer(call, answer)),
        1 => (0..6_u8).prop_map(Step::Fails),
        2 => prop_oneof![0..400_u32, 1000..40_000_u32, 200_000..800_000_u32, 1..4_000_000_u32]
            .prop_map(Step::Pass),
        3 => iss.prop_map(Step::Use),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    (1..5_usize, 1..6_usize, 1..4_usize).prop_map(|(issuers, remembered, calls)| Limits {
        issuers,
        remembered,
        calls,
        ..Limits::DEFAULT
    })
}

proptest! {
    #![proptest_config(crate::proof::draws(512))]

    #[test]
    fn no_bound_is_passed_and_nothing_serves_without_a_yes(
        limits in limits(),
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(limits);
        let mut said: BTreeMap<Iss, (Time, bool)> = BTreeMap::new();
        let mut used: BTreeMap<Id, Time> = BTreeMap::new();
        for step in steps {
            let before = world.gone.len();
            let mut revoked = false;
            match step {
                Step::Ask(iss) => {
                    let peeked = world.desk.peek(Iss(iss.into()));
                    let asked = world.ask(iss.into());
                    prop_assert_eq!(asked == Asked::Serves, world.serves(iss.into()));
                    if let Some(peeked) = peeked {
                        prop_assert_eq!(peeked, asked);
                    }
                    let waits = matches!(asked, Asked::Begins | Asked::Waits);
                    prop_assert_eq!(waits, world.desk.is_asked(Iss(iss.into())));
                    if let Some((at, false)) = said.get(&Iss(iss.into()))
                        && limits.remembered > 4
                        && world.now.saturating_since(*at) >= limits.refusal
                    {
                        prop_assert_ne!(asked, Asked::Refused);
                    }
                }
                Step::Answer(call, answer) => {
                    let Some(iss) =
                        world.calls.get(usize::from(call) % world.calls.len().max(1)).copied()
                    else {
                        continue;
                    };
                    let id: Id = (answer % 6).to_string().into();
                    let answer = match answer {
                        0..=5 => Answer::Yes(Arc::clone(&id)),
                        6 => Answer::No,
                        _ => Answer::Failed,
                    };
                    revoked = !matches!(answer, Answer::Failed);
                    match world.answer(iss.0, answer) {
                        Outcome::Admitted { .. } => {
                            said.insert(iss, (world.now, true));
                            used.entry(id).or_insert(world.now);
                        }
                        Outcome::Refused => _ = said.insert(iss, (world.now, false)),
                        Outcome::ServesOn => {
                            let (at, yes) = said[&iss];
                            prop_assert!(yes);
                            prop_assert!(
                                world.now.saturating_since(at) < limits.consent_if_error
                            );
                        }
                        Outcome::Full { until } => prop_assert!(until > world.now),
                        Outcome::Busy | Outcome::Late => {}
                    }
                }
                Step::Fails(id) => world.failed.push(id.to_string().into()),
                Step::Pass(time) => world.pass(Duration::from_millis(time.into())),
                Step::Use(iss) => {
                    if let Some((_, id)) = world.serving.iter().find(|it| it.0 == Iss(iss.into())) {
                        used.insert(Arc::clone(id), world.now);
                        world.desk.handle_use(world.now, Iss(iss.into()));
                    }
                }
            }
            let [calls, refused, consents, issuers] = world.desk.sizes();
            prop_assert!(calls <= limits.calls && world.calls.len() <= limits.calls);
            prop_assert!(refused <= limits.remembered);
            prop_assert!(consents <= limits.remembered);
            prop_assert!(issuers <= limits.issuers);
            prop_assert_eq!(issuers, world.kept.len());
            for (iss, id) in &world.serving {
                prop_assert!(world.kept.contains(id));
                let (at, yes) = said[iss];
                prop_assert!(yes && world.now.saturating_since(at) < limits.consent_if_error);
            }
            for gone in &world.gone[before..] {
                if let Output::Evict(id) = gone {
                    let unused = world.now.saturating_since(used[id]);
                    prop_assert!(revoked || unused >= limits.forget_unused);
                    if !matches!(step, Step::Answer(..)) {
                        prop_assert!(unused >= limits.forget_unused);
                    }
                    used.remove(id);
                }
            }
        }
        // In the end nothing is left.
        world.pass(minutes(200));
        prop_assert_eq!(world.desk.sizes(), [0, 0, 0, 0]);
        prop_assert_eq!(world.desk.poll_timeout(), None);
        prop_assert!(world.serving.is_empty() && world.kept.is_empty() && world.calls.is_empty());
    }
}
