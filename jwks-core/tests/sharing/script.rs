//! Random lives of a cache, and what must hold at each step.

use std::time::Duration;

use jwks_core::cache::{ErrorKind, Policy};
use jwks_core::refresh::{Reason, Strategy as Lifetime};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::clocks::{ms, secs};
use crate::issuer::{Issuer, Mode};
use crate::keys::KIDS;
use crate::world::{Sent, World};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Call(&'static str, u64),
    Cancel(usize),
    Invalidate,
    Latency(u64),
    Mode(Mode),
    Pass(u64),
    Publish(Vec<&'static str>),
    Read(&'static str),
    Refresh,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        4 => Just(Mode::Up),
        1 => Just(Mode::Unreachable),
        1 => Just(Mode::Silent),
        1 => Just(Mode::Drops),
        1 => Just(Mode::Body("{}".to_owned())),
        1 => Just(Mode::Status(304, None)),
        1 => select(vec![None, Some(0), Some(1), Some(3)]).prop_map(|s| Mode::Status(503, s)),
    ];
    prop_oneof![
        6 => (select(KIDS.to_vec()), budget()).prop_map(|(kid, ms)| Step::Call(kid, ms)),
        2 => any::<usize>().prop_map(Step::Cancel),
        1 => Just(Step::Invalidate),
        1 => select(vec![0, 1, 50, 200, 999, 1000, 1500]).prop_map(Step::Latency),
        2 => mode.prop_map(Step::Mode),
        6 => prop_oneof![0..50_u64, 0..1500_u64, 0..9000_u64].prop_map(Step::Pass),
        2 => subsequence(KIDS.to_vec(), 1..=4).prop_map(Step::Publish),
        4 => select(KIDS.to_vec()).prop_map(Step::Read),
        1 => Just(Step::Refresh),
    ]
}

fn budget() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0_u64), 1..300_u64, 1..4000_u64, Just(u64::MAX)]
}

pub(crate) fn policy(background: impl Strategy<Value = bool>) -> impl Strategy<Value = Policy> {
    policy_of(background, select(vec![Lifetime::Both, Lifetime::Time, Lifetime::Usage]))
}

pub(crate) fn policy_of(
    background: impl Strategy<Value = bool>,
    lifetime: impl Strategy<Value = Lifetime>,
) -> impl Strategy<Value = Policy> {
    let times = (1000..8000_u64, 0..8000_u64);
    (background, lifetime, 1..30_u64, times, 0.0..=1.0, 0.0..=1.0, 1..4_u32).prop_map(
        |(background, strategy, usages, (interval, stale), threshold, jitter, burst)| {
            Policy::builder()
                .conditional_requests(true)
                .background_refresh(background)
                .strategy(strategy)
                .usages(usages)
                .interval(ms(interval))
                .background_refresh_threshold(threshold)
                .jitter(jitter)
                .min_refresh_interval(ms(400))
                .unknown_kid_cooldown(ms(500))
                .unknown_kid_burst(burst)
                .retry(ms(100), ms(900))
                .fetch_timeout(ms(1000))
                .stale_if_error(ms(2000 + stale))
                .max_trust(ms(18_000))
                .only_effective()
                .build()
                .unwrap()
        },
    )
}

/// A life in progress.
pub(crate) struct Life {
    pub(crate) world: World,
    pub(crate) policy: Policy,
    invalidated: bool,
}

impl Life {
    pub(crate) fn new(policy: &Policy, etags: bool, callers_first: bool) -> Self {
        let mut issuer = Issuer::new();
        issuer.etags = etags;
        let mut world = World::new(policy.clone(), issuer);
        world.callers_first = callers_first;
        world.strict = true;
        Self { world, policy: policy.clone(), invalidated: false }
    }

    pub(crate) fn live(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        self.end();
    }

    pub(crate) fn step(&mut self, step: &Step) {
        let world = &mut self.world;
        match step {
            Step::Call(kid, budget) => self.call(kid, *budget),
            Step::Cancel(n) => {
                let n = n.checked_rem(world.callers.len()).unwrap_or(0);
                if n < world.callers.len() {
                    world.cancel(n);
                }
            }
            Step::Invalidate => {
                self.invalidated = true;
                world.invalidate();
                for kid in KIDS {
                    assert!(world.read(kid).is_err(), "rule 11: read after an invalidation");
                }
            }
            Step::Latency(latency) => world.issuer.latency = ms(*latency),
            Step::Mode(mode) => world.issuer.mode = mode.clone(),
            Step::Pass(time) => world.run_for(ms(*time)),
            Step::Publish(kids) => world.issuer.kids.clone_from(kids),
            Step::Read(kid) => self.read(kid),
            Step::Refresh => drop(world.refresh()),
        }
        self.world.settle();
    }

    fn read(&self, kid: &str) {
        let got = self.world.read(kid);
        match (self.world.held(), got) {
            (Some(held), Ok(got)) => assert!(got == kid && held.kids.contains(&kid), "rule 8"),
            (Some(held), Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::UnknownKid, "rule 4: {:?}", self.world.now);
                assert!(!held.kids.contains(&kid), "rule 8");
            }
            (None, got) => assert_eq!(got.unwrap_err().kind(), ErrorKind::Unavailable, "rule 4"),
        }
    }

    fn call(&mut self, kid: &'static str, budget: u64) {
        let world = &mut self.world;
        let caller = world.call(kid, ms(budget));
        if self.policy.background_refresh() && world.held().is_some_and(|h| h.kids.contains(&kid)) {
            assert!(world.done(caller), "rule 2: a held kid waited");
        }
        assert!(budget > 0 || world.done(caller), "a budget of zero waited");
    }

    /// The issuer recovers: everybody gets an answer, and keys are held.
    pub(crate) fn end(&mut self) {
        let world = &mut self.world;
        world.end();
        world.issuer.mode = Mode::Up;
        world.issuer.latency = ms(20);
        let caller = world.call("a", Duration::MAX);
        world.run_for(secs(70));
        for n in 0..world.callers.len() {
            assert!(world.callers[n].is_over(), "caller {n} of {caller} has been left behind");
        }
        let kids = world.issuer.kids.clone();
        let caller = world.call(kids[0], Duration::MAX);
        world.run_for(secs(2));
        assert_eq!(world.outcome(caller).as_ref().unwrap(), kids[0]);
        self.budgets();
    }

    /// Rules 2, 6, 11: no cause fetches more often than it may.
    fn budgets(&self) {
        let sent = &self.world.sent;
        let gaps = |reason: Reason, least: Duration| {
            // After an invalidation a fetch may be by hand and automatic in one.
            let alone = |s: &&Sent| s.reason == reason && (!s.no_cache || by_hand(reason));
            let at: Vec<_> = sent.iter().filter(alone).map(|s| s.at).collect();
            assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= least), "{reason}: {sent:?}");
        };
        self.budget_for_misses();
        gaps(Reason::Refresh, secs(1));
        gaps(Reason::Ahead, self.policy.min_refresh_interval());
        gaps(Reason::AheadByUsage, self.policy.min_refresh_interval());
        gaps(Reason::Demand, self.policy.min_refresh_interval());
        // An attempt that is abandoned by an invalidation has not failed, and no pause follows it.
        if !self.invalidated {
            gaps(Reason::Retry, self.policy.retry_initial() / 2);
        }
        assert!(sent.iter().filter(|sent| by_hand(sent.reason)).all(|sent| sent.no_cache));
    }
}

impl Life {
    /// Rule 6: in any stretch of time a burst, and one for each cooldown.
    fn budget_for_misses(&self) {
        let missed = |sent: &&Sent| sent.reason == Reason::UnknownKid;
        let at: Vec<_> = self.world.sent.iter().filter(missed).map(|sent| sent.at).collect();
        for (i, first) in at.iter().enumerate() {
            for (n, last) in at[i..].iter().enumerate() {
                let earned = (*last - *first).as_millis() / 500;
                let most = u128::from(self.policy.unknown_kid_burst()) + earned;
                assert!((n as u128) < most, "{:?}", self.world.sent);
            }
        }
    }
}

/// Whether somebody asked who must not get an answer out of a cache.
fn by_hand(reason: Reason) -> bool {
    matches!(reason, Reason::Refresh | Reason::UnknownKid)
}
