//! The three clocks of rule 13: the adapter's, that of ages, and that of budgets.

use super::span::{FAR, Ns, SECOND, Span};

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Clocks {
    /// The adapter's time, the largest seen.
    pub(crate) t: Ns,
    /// The wall clock less the adapter's: at the first reading, at the last one, and at the last
    /// one before the last confirmation.
    pub(crate) first: Option<Ns>,
    pub(crate) last: Ns,
    pub(crate) base: Ns,
    /// How far `last` has been above `base`, since the last confirmation.
    pub(crate) mark: Ns,
    /// The marks that confirmations closed.
    pub(crate) closed: Ns,
    /// How far `last` has been above `first`, ever.
    pub(crate) high: Ns,
}

/// More than a wall clock can go astray.
const CENTURIES: Ns = 200 * 365 * 86_400 * SECOND;

impl Clocks {
    /// Time never runs back: the largest seen counts.
    pub(crate) fn tell(&mut self, now: Ns) {
        self.t = self.t.max(now);
    }

    pub(crate) fn wall(&mut self, wall: Ns) {
        self.last = wall - self.t;
        let first = *self.first.get_or_insert_with(|| {
            self.base = self.last;
            self.last
        });
        self.mark = self.mark.max(self.last - self.base);
        self.high = self.high.max(self.last - first);
    }

    /// As they will be.
    pub(crate) fn after(mut self, now: Ns, wall: Option<Ns>) -> Self {
        self.tell(now);
        if let Some(wall) = wall {
            self.wall(wall);
        }
        self
    }

    /// Frozen time that counts: all that is closed, and the current mark once it exceeds 1 s.
    pub(crate) fn frozen(&self) -> Ns {
        self.closed + if self.mark > SECOND { self.mark } else { 0 }
    }

    /// Effective time: ages, pauses, holds.
    pub(crate) fn e(&self) -> Ns {
        self.t + self.frozen()
    }

    /// New wall time: budgets.
    pub(crate) fn b(&self) -> Ns {
        self.t + self.high
    }

    /// A confirmation closes the mark and starts a new one.
    pub(crate) fn confirm(&mut self) {
        self.closed = self.frozen();
        self.mark = 0;
        self.base = self.last;
    }

    /// When that moment of effective time comes, if no more time is frozen.
    pub(crate) fn when_e(&self, moment: Span) -> Span {
        moment.plus(-self.frozen())
    }

    /// When that moment of new wall time comes, if the wall clock shows nothing new.
    pub(crate) fn when_b(&self, moment: Span) -> Span {
        moment.plus(-self.high)
    }

    /// Where the machine's arithmetic may have saturated.
    pub(crate) fn beyond(&self) -> bool {
        self.e() >= FAR / 2 || self.b() >= FAR / 2 || self.frozen().max(self.high) >= CENTURIES
    }
}
