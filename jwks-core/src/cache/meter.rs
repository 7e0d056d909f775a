//! The countdown of uses that a snapshot carries.

use crate::cache::sync::{AtomicI64, Ordering};

/// What "nothing is due by usage" arms the meter with; far beyond `usages`' largest (2^61), and
/// far enough from the ends of `i64` that neither uses nor re-arming reach them.
const UNARMED: i64 = 1 << 62;

/// Counts uses down. Readers take one each; the driver reads and re-arms.
///
/// Ordering: the value is the whole message. No other memory is published through it, so every
/// access is `Relaxed`. That the driver *sees* a countdown that has ended is the wake flag's
/// business: the use that reaches zero raises the flag after its subtraction (release), and the
/// driver lowers the flag (acquire) before it reads the meter. Re-arming adds a difference and
/// never stores, so a use that comes between the driver's reading and its re-arming stays
/// counted; the sum that the re-arming returns tells whether such uses have spent it already, in
/// which case nobody has been woken and the driver looks again. The models in
/// `tests/loom` go through the interleavings.
#[derive(Debug)]
pub(crate) struct Meter {
    remaining: AtomicI64,
}

/// What one use found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Taken {
    /// This use, and no other, took the last one: it wakes the driver.
    pub(crate) last: bool,
    /// The uses were spent before this one.
    pub(crate) spent: bool,
}

/// The driver's side of a meter: what it has armed, and what it has seen used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    armed: i64,
    seen: i64,
}

impl Meter {
    /// A meter with `uses` to go; none: nothing is due by usage.
    pub(crate) fn new(uses: Option<u64>) -> (Self, Gauge) {
        let armed = arm(uses);
        (Self { remaining: AtomicI64::new(armed) }, Gauge { armed, seen: 0 })
    }

    /// Whether the uses are spent.
    pub(crate) fn is_spent(&self) -> bool {
        self.remaining.load(Ordering::Relaxed) <= 0
    }

    /// Uses to go: zero once they are spent.
    pub(crate) fn left(&self) -> u64 {
        u64::try_from(self.remaining.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// One use.
    pub(crate) fn take(&self) -> Taken {
        let before = self.remaining.fetch_sub(1, Ordering::Relaxed);
        Taken { last: before == 1, spent: before <= 0 }
    }
}

impl Gauge {
    /// The uses since the last call.
    pub(crate) fn collect(&mut self, meter: &Meter) -> u64 {
        let used = self.armed - meter.remaining.load(Ordering::Relaxed);
        let new = used - self.seen;
        self.seen = used;
        u64::try_from(new).unwrap_or(0)
    }

    /// The uses so far, collected or not.
    pub(crate) fn peek(mut self, meter: &Meter) -> u64 {
        self.seen = 0;
        self.collect(meter)
    }

    /// Arms the meter with `uses` from the last [`collect`](Self::collect) on. False: uses since
    /// then have spent it already, and nobody has been woken for it.
    #[must_use]
    pub(crate) fn rearm(&mut self, meter: &Meter, uses: Option<u64>) -> bool {
        let difference = arm(uses) - (self.armed - self.seen);
        if difference == 0 {
            return true;
        }
        self.armed += difference;
        meter.remaining.fetch_add(difference, Ordering::Relaxed) + difference > 0
    }
}

fn arm(uses: Option<u64>) -> i64 {
    uses.and_then(|uses| i64::try_from(uses).ok()).unwrap_or(UNARMED).min(UNARMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_last_use_wakes() {
        let (meter, _) = Meter::new(Some(3));
        let taken: Vec<_> = (0..5).map(|_| meter.take()).collect();
        assert_eq!(
            taken.iter().map(|t| t.last).collect::<Vec<_>>(),
            [false, false, true, false, false]
        );
        assert_eq!(
            taken.iter().map(|t| t.spent).collect::<Vec<_>>(),
            [false, false, false, true, true]
        );
    }

    #[test]
    fn rearming_keeps_the_uses_that_came_between() {
        let (meter, mut gauge) = Meter::new(Some(10));
        meter.take();
        assert_eq!(gauge.collect(&meter), 1);
        meter.take();
        assert!(gauge.rearm(&meter, Some(5)));
        assert_eq!(gauge.collect(&meter), 1);
        assert!((0..3).all(|_| !meter.take().last));
        assert!(meter.take().last);
    }

    #[test]
    fn rearming_says_that_it_came_too_late() {
        let (meter, mut gauge) = Meter::new(None);
        gauge.collect(&meter);
        assert!((0..3).all(|_| !meter.take().last));
        assert!(!gauge.rearm(&meter, Some(2)));
        assert_eq!(gauge.collect(&meter), 3);
    }
}
