//! Random lives, by the rules of the refresh policy that show in the sharing.

use jwks_core::refresh::{Reason, Strategy as Lifetime};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::clocks::{ms, secs};
use crate::script::{Life, Step, policy, policy_of, step};

proptest! {
    #![proptest_config(crate::proof::draws(400))]

    /// Rules 1 to 11, wherever a life may lead.
    #[test]
    fn rules_of_a_whole_life(
        policy in policy(any::<bool>()),
        etags in any::<bool>(),
        callers_first in any::<bool>(),
        steps in vec(step(), 1..60),
    ) {
        Life::new(&policy, etags, callers_first).live(&steps);
    }

    /// Rule 3: without background refresh a caller with a held kid waits for one fetch at most,
    /// and gets his key whatever becomes of it.
    #[test]
    fn rule_03_a_held_kid_waits_for_one_fetch_at_most(
        policy in policy(Just(false)),
        steps in vec(step(), 1..40),
    ) {
        let mut life = Life::new(&policy, false, false);
        for step in steps.iter().filter(|step| !matches!(step, Step::Invalidate)) {
            life.step(&loyal(step));
            if life.world.held().is_some() {
                let trusted = life.world.held().unwrap().lasts(life.world.now + ms(1100));
                let caller = life.world.call("a", secs(5));
                if life.world.done(caller) || !trusted {
                    life.world.cancel(caller);
                    continue;
                }
                life.world.settle();
                let begun = life.world.now;
                while !life.world.done(caller) {
                    prop_assert!(life.world.now - begun <= ms(1100), "no end of waiting");
                    life.world.run_for(ms(50));
                }
                let end = begun + life.world.waited(caller);
                let begun = life.world.sent.iter().filter(|s| begun <= s.at && s.at < end).count();
                prop_assert!(begun <= 1, "waited for more than one fetch");
            }
        }
    }

    /// Rule 7: a caller who leaves changes nothing for those who stay.
    #[test]
    fn rule_07_who_leaves_changes_no_fetch(
        // A caller who has left uses no key, so time alone may count.
        policy in policy_of(Just(true), Just(Lifetime::Time)),
        steps in vec(step(), 1..60),
    ) {
        let all = |leave: bool| {
            let mut life = Life::new(&policy, false, false);
            for step in steps.iter().filter(|step| leave || !matches!(step, Step::Cancel(_))) {
                life.step(&loyal(step));
            }
            life.world.sent.iter().map(|sent| (sent.at, sent.reason)).collect::<Vec<_>>()
        };
        prop_assert_eq!(all(true), all(false));
    }

    /// Rule 6: while the budget is spent a stranger is told at once, and one wish is enough: nobody
    /// is woken for another. And never more fetches than strangers.
    #[test]
    fn rule_06_strangers_are_told_at_once_while_the_budget_is_spent(
        policy in policy(any::<bool>()),
        steps in vec(step(), 1..60),
    ) {
        let mut life = Life::new(&policy, false, false);
        let mut strangers = 0;
        for (n, step) in steps.iter().enumerate() {
            life.step(step);
            if life.world.held().is_none() {
                continue;
            }
            let world = &mut life.world;
            let caller = world.call(&format!("x{n}"), ms(1));
            world.settle();
            let told = world.done(caller).then(|| world.outcome(caller).as_ref().unwrap_err());
            let idle = !world.cache.status().refreshing;
            if told.is_some_and(|told| told.is_undecided() && idle) {
                let (wakes, again) = (world.driver_wakes(), world.call(&format!("y{n}"), ms(1)));
                prop_assert!(world.done(again));
                prop_assert!(world.outcome(again).as_ref().unwrap_err().is_undecided());
                prop_assert!(world.driver_wakes() <= wakes + 1);
                world.settle();
                let (wakes, again) = (world.driver_wakes(), world.call(&format!("z{n}"), ms(1)));
                prop_assert!(world.done(again));
                prop_assert_eq!(world.driver_wakes(), wakes);
            }
            strangers += 3;
        }
        let kids = |step: &&Step| matches!(step, Step::Call(..) | Step::Read(_));
        strangers += steps.iter().filter(kids).count();
        prop_assert!(life.world.count(Reason::UnknownKid) <= strangers);
    }

    /// Rule 12: the driver may be polled as often as anybody likes, at any times.
    #[test]
    fn rule_12_polls_at_any_time_do_no_harm(
        policy in policy(any::<bool>()),
        times in vec(prop_oneof![any::<u64>(), 0..20_000_u64], 1..50),
    ) {
        use jwks_core::adapter::Action;
        use jwks_core::refresh::Time;
        let mut life = Life::new(&policy, false, false);
        let driver = life.world.driver.as_mut().unwrap();
        let mut replies = Vec::new();
        let mut seen = Time::ZERO;
        for time in times {
            let now = Time::from_origin(ms(time));
            seen = seen.max(now);
            match driver.poll(now) {
                Action::Fetch(fetch) => {
                    prop_assert!(fetch.deadline > seen);
                    replies.push(fetch.reply);
                }
                Action::Stop => prop_assert!(false, "there is a handle"),
                Action::Wait(at) => prop_assert!(at.is_none_or(|at| at > seen)),
            }
            if time % 3 == 0 {
                replies.pop();
            }
        }
    }
}

/// The step of a life in which everybody wants the key `a`, and it never goes.
fn loyal(step: &Step) -> Step {
    match step {
        Step::Call(_, budget) => Step::Call("a", *budget),
        Step::Publish(kids) => Step::Publish([&["a"], kids.as_slice()].concat()),
        step => step.clone(),
    }
}
