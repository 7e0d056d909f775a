//! The countdown of uses that a snapshot carries.

use crate::cache::sync::{AtomicI64, Ordering, in_order, own_share};

/// What "nothing is due by usage" arms the meter with; far beyond `usages`' largest (2^61), and
/// far enough from the ends of `i64` that neither uses nor re-arming reach them.
const UNARMED: i64 = 1 << 62;

/// Threads that count without being in each other's way, and one has to be a power of two.
const SHARES: usize = 8;

/// Uses that a share collects before it hands them on.
const BATCH: i64 = 8;

/// Counts uses down. Readers take one each; the driver reads and re-arms.
///
/// An [exact](Self::exact) meter has one number, and each use finds out whether it is within what is
/// left. That is what callers wait for without background refresh: a use that is not counted yet
/// would let one too many pass. One number that every use writes costs two threads that do nothing
/// else more than all the rest of a look-up.
///
/// A [shared](Self::shared) meter only has to tell the driver in time. Uses are put into shares, each
/// with a cache line of its own, and handed on in batches as long as far more is left than all
/// shares can hold. Near the end, each use is counted at once, with what it finds in the shares.
///
/// Ordering: the values are the whole message, and no other memory is published through them. In an
/// exact meter every access is `Relaxed`. That the driver *sees* a countdown that has ended is the
/// wake flag's business: the use that reaches zero raises the flag after its subtraction (release),
/// and the driver lowers the flag (acquire) before it reads the meter. Re-arming adds a difference
/// and never stores, so a use that comes between the driver's reading and its re-arming stays
/// counted; the sum that the re-arming returns tells whether such uses have spent it already, in
/// which case nobody has been woken and the driver looks again.
///
/// In a shared one every access is `SeqCst`. A use is put into its share first, and looks then
/// whether the end is near; re-arming brings the end near first, and looks then into the shares. So
/// one of the two sees the other. Uses on their way from a share to the number are in neither for a
/// moment: the driver counts them when they arrive, and it is woken then if they were the last. The
/// models in `tests/loom` go through the interleavings.
#[derive(Debug)]
pub(crate) struct Meter {
    remaining: Line,
    /// Uses that have not been handed on. None: an exact meter.
    shares: Box<[Line]>,
    batch: i64,
}

/// A number that many write, with nothing beside it that others read.
#[derive(Debug)]
#[repr(align(64))]
struct Line(AtomicI64);

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
    /// A meter with `uses` to go, each counted at once; none: nothing is due by usage.
    pub(crate) fn exact(uses: Option<u64>) -> (Self, Gauge) {
        Self::with_shares(uses, 0, 0)
    }

    /// The same, but for readers who need not know whether uses are left.
    pub(crate) fn shared(uses: Option<u64>) -> (Self, Gauge) {
        Self::with_shares(uses, SHARES, BATCH)
    }

    pub(crate) fn with_shares(uses: Option<u64>, shares: usize, batch: i64) -> (Self, Gauge) {
        let armed = arm(uses);
        let line = |value| Line(AtomicI64::new(value));
        let shares = (0..shares).map(|_| line(0)).collect();
        (Self { remaining: line(armed), shares, batch }, Gauge { armed, seen: 0 })
    }

    /// One of the same kind, with what is left of this one to go.
    pub(crate) fn with_what_is_left(&self) -> (Self, Gauge) {
        Self::with_shares(Some(self.left()), self.shares.len(), self.batch)
    }

    /// Whether the uses are spent.
    pub(crate) fn is_spent(&self) -> bool {
        self.total() <= 0
    }

    /// Uses to go: zero once they are spent.
    pub(crate) fn left(&self) -> u64 {
        u64::try_from(self.total()).unwrap_or(0)
    }

    /// One use.
    pub(crate) fn take(&self) -> Taken {
        self.take_from(own_share(SHARES))
    }

    /// One use, by a thread that has this share.
    pub(crate) fn take_from(&self, share: usize) -> Taken {
        match self.shares.get(share) {
            Some(share) => Taken { last: self.put_into(share), spent: false },
            None => {
                let before = self.remaining.0.fetch_sub(1, Ordering::Relaxed);
                Taken { last: before == 1, spent: before <= 0 }
            }
        }
    }

    /// One use of a shared meter. True: it is the last, or has handed the last one on.
    fn put_into(&self, share: &Line) -> bool {
        if self.is_near(self.remaining.0.load(Ordering::SeqCst)) {
            return self.subtract(1 + self.empty_shares());
        }
        let uses = share.0.fetch_add(1, Ordering::SeqCst) + 1;
        in_order();
        if self.is_near(self.remaining.0.load(Ordering::SeqCst)) {
            self.subtract(self.empty_shares())
        } else if uses >= self.batch {
            self.subtract(share.0.swap(0, Ordering::SeqCst))
        } else {
            false
        }
    }

    /// Whether it might be less than what the shares hold: a batch each, and as much again for those
    /// who are just about to hand one on.
    const fn is_near(&self, remaining: i64) -> bool {
        remaining <= 2 * self.batch * self.shares.len() as i64
    }

    fn empty_shares(&self) -> i64 {
        let empty = |share: &Line| match share.0.load(Ordering::SeqCst) {
            0 => 0,
            _ => share.0.swap(0, Ordering::SeqCst),
        };
        in_order();
        self.shares.iter().map(empty).sum()
    }

    /// True: these are the last.
    fn subtract(&self, uses: i64) -> bool {
        let before = self.remaining.0.fetch_sub(uses, Ordering::SeqCst);
        before > 0 && before <= uses
    }

    /// What is left when all shares are handed on. Never less than that: what is handed on meanwhile
    /// is missed, and not counted twice.
    fn total(&self) -> i64 {
        let remaining = self.remaining.0.load(Ordering::SeqCst);
        remaining - self.in_shares()
    }

    fn in_shares(&self) -> i64 {
        in_order();
        self.shares.iter().map(|share| share.0.load(Ordering::SeqCst)).sum()
    }
}

impl Gauge {
    /// The uses since the last call.
    pub(crate) fn collect(&mut self, meter: &Meter) -> u64 {
        let used = (self.armed - meter.total()).max(self.seen);
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
        let before = meter.remaining.0.fetch_add(difference, Ordering::SeqCst);
        before + difference - meter.in_shares() > 0
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
        let (meter, _) = Meter::exact(Some(3));
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
        let (meter, mut gauge) = Meter::exact(Some(10));
        meter.take();
        assert_eq!(gauge.collect(&meter), 1);
        meter.take();
        assert!(gauge.rearm(&meter, Some(5)));
        assert_eq!(gauge.collect(&meter), 1);
        assert!((0..3).all(|_| !meter.take().last));
        assert!(meter.take().last);
    }

    #[test]
    fn a_shared_meter_wakes_at_the_very_use_that_is_the_last() {
        for uses in [1, 2, 7, 100, 128, 129, 500] {
            let (meter, mut gauge) = Meter::shared(Some(uses));
            for use_ in 1..=uses + 20 {
                let taken = meter.take_from(usize::try_from(use_ * use_).unwrap() % SHARES);
                assert_eq!(taken.last, use_ == uses, "{use_} of {uses}");
                assert_eq!(gauge.collect(&meter), 1);
                assert_eq!(meter.left(), uses.saturating_sub(use_));
            }
            assert_eq!(gauge.peek(&meter), uses + 20);
            assert!(meter.is_spent());
        }
    }

    #[test]
    fn what_is_left_of_a_shared_meter_goes_on() {
        let (meter, _) = Meter::shared(Some(300));
        assert!((0..3).all(|share| !meter.take_from(share).last));
        let (next, mut gauge) = meter.with_what_is_left();
        assert_eq!((next.left(), next.shares.len()), (297, SHARES));
        assert_eq!((0..297).filter(|_| next.take().last).count(), 1);
        assert_eq!(gauge.collect(&next), 297);
    }

    #[test]
    fn a_shared_meter_is_rearmed_with_what_is_in_its_shares() {
        let (meter, mut gauge) = Meter::shared(None);
        gauge.collect(&meter);
        assert!((0..5).all(|share| !meter.take_from(share).last));
        assert!(!gauge.rearm(&meter, Some(5)));
        assert_eq!(gauge.collect(&meter), 5);
        assert!(gauge.rearm(&meter, Some(1)));
        assert!(meter.take_from(7).last);
    }

    #[test]
    fn a_share_hands_on_a_batch_at_its_last_use() {
        let (meter, _) = Meter::shared(Some(500));
        let left = |meter: &Meter| meter.remaining.0.load(Ordering::SeqCst);
        for _ in 1..BATCH {
            meter.take_from(3);
        }
        assert_eq!((left(&meter), meter.in_shares()), (500, BATCH - 1));
        meter.take_from(3);
        assert_eq!((left(&meter), meter.in_shares()), (500 - BATCH, 0));
    }

    #[test]
    fn the_end_is_near_while_shares_and_those_who_hand_on_might_hold_the_rest() {
        let (meter, _) = Meter::with_shares(None, 5, 7);
        assert!(meter.is_near(70) && !meter.is_near(71));
    }

    #[test]
    fn rearming_says_that_it_came_too_late() {
        let (meter, mut gauge) = Meter::exact(None);
        gauge.collect(&meter);
        assert!((0..3).all(|_| !meter.take().last));
        assert!(!gauge.rearm(&meter, Some(2)));
        assert_eq!(gauge.collect(&meter), 3);
    }
}
