//! Rule 12: fetch starts in any window never exceed the sum of the causes' budgets.

use jwks_core::refresh::{Policy, Reason};

use crate::reference::causes::Kind;
use crate::reference::span::{Ns, ns};
use crate::reference::{Broken, Call, Check, Model, Outcome, rule};

/// What counts for the budgets, in new wall time.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    starts: Vec<(Ns, Kind, Reason)>,
    /// Readings of the wall clock that showed frozen time: each may end a pause.
    frozen: Vec<Ns>,
    invalidated: Vec<Ns>,
    /// Sets whose trust ended.
    lost: Vec<Ns>,
    outlived: Vec<Ns>,
    /// The least time from a confirmation to a refresh of the sets so far: less than
    /// `min_refresh_interval` where an `Age` cut the trust.
    least: Option<Ns>,
}

impl Windows {
    /// One call, with what was known before and after it.
    pub(crate) fn note(&mut self, was: &Model, is: &Model, call: Call, outcome: Outcome) {
        let b = is.clocks.b();
        if is.clocks.frozen() > was.clocks.frozen() {
            self.frozen.push(b);
        }
        if was.held.is_some() && is.held.is_none() {
            self.lost.push(b);
        }
        if is.again.is_some() && was.again.is_none() {
            self.outlived.push(b);
        }
        if call == Call::Invalidate {
            self.invalidated.push(b);
        }
        if let Some(held) = &is.held {
            let least = held.floor_b.lo - held.confirmed_b;
            self.least = Some(self.least.map_or(least, |before| before.min(least)));
        }
        if let Outcome::Start(Some(start)) = outcome {
            // What an outlived answer repeats has been paid for.
            let kind = if was.again.is_some() { Kind::Again } else { Kind::of(start.reason) };
            self.starts.push((b, kind, start.reason));
        }
    }

    pub(crate) fn check(&self, policy: &Policy) -> Check {
        for (first, &(from, ..)) in self.starts.iter().enumerate() {
            for (last, &(to, ..)) in self.starts.iter().enumerate().skip(first) {
                self.one(policy, &self.starts[first..=last], from, to)?;
            }
        }
        Ok(())
    }

    /// One window, both its ends included.
    fn one(
        &self,
        policy: &Policy,
        starts: &[(Ns, Kind, Reason)],
        from: Ns,
        to: Ns,
    ) -> Result<(), Broken> {
        let periods = |gap: Ns| (to - from) / gap.max(1) + 1;
        let within = |events: &[Ns]| {
            let count = events.iter().filter(|&&at| from <= at && at <= to).count();
            Ns::try_from(count).unwrap_or(Ns::MAX)
        };
        let count = |kind: Kind| {
            let count = starts.iter().filter(|start| start.1 == kind).count();
            Ns::try_from(count).unwrap_or(Ns::MAX)
        };
        let least = ns(policy.min_refresh_interval());
        let by_hand = periods(1_000_000_000);
        let missed =
            periods(ns(policy.unknown_kid_cooldown())) + Ns::from(policy.unknown_kid_burst() - 1);
        let pause = (ns(policy.retry_initial()) / 2).min(ns(policy.cold_retry_max()));
        let retries = periods(pause) + within(&self.frozen);
        let abandoned = within(&self.invalidated).min(by_hand);
        let automatic = periods(self.least.unwrap_or(least).min(least))
            + within(&self.lost)
            + retries
            + abandoned;
        for (kind, budget) in [
            (Kind::Again, within(&self.outlived) + 1),
            (Kind::Automatic, automatic),
            (Kind::ByHand, by_hand),
            (Kind::Missed, missed),
        ] {
            rule!(
                "rule 12: fetch starts in any window are within the budgets",
                count(kind) <= budget,
                "{} starts of {kind:?} in {from} to {to}, {budget} allowed: {starts:?}",
                count(kind)
            );
        }
        Ok(())
    }
}
