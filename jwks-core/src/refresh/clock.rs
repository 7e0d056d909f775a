//! The three times that the machine reckons with.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Time;

/// What the machine knows of time: the adapter's clock, which may have stood still, and the wall
/// clock, which may jump.
///
/// - The *adapter's time* is that of every call. The fetch in flight and the budgets of callers
///   are measured by it.
/// - *Effective time* adds the time that a suspended machine or a frozen process has not seen: the
///   high-water mark of wall time elapsed less adapter time elapsed, kept anew from each
///   confirmation on. Sets and pauses age by it.
/// - *New time* adds only wall time that was never seen before. What limits how often something is
///   fetched is measured by it, so that a wall clock which goes up and down buys no fetches.
///
/// None of the three ever runs back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Clock {
    now: Time,
    first: Option<Reading>,
    last: Option<Reading>,
    /// Where the current mark starts.
    base: Option<Reading>,
    /// Highest since `base`, counted or not.
    mark: Duration,
    /// The marks of earlier confirmations, as far as they counted.
    closed: Duration,
    /// Highest since `first`.
    ever: Duration,
}

/// Both clocks at one instant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Reading {
    at: Time,
    wall: Duration,
}

/// One instant, in each of the three times.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Moment {
    pub(super) adapter: Time,
    pub(super) effective: Time,
    pub(super) new: Time,
}

/// An instant to come, in the time by which it is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum When {
    Adapter(Time),
    Effective(Time),
    New(Time),
}

impl Clock {
    pub(super) const fn new(now: Time) -> Self {
        Self {
            now,
            first: None,
            last: None,
            base: None,
            mark: Duration::ZERO,
            closed: Duration::ZERO,
            ever: Duration::ZERO,
        }
    }

    /// The largest time of the adapter that was seen.
    pub(super) const fn adapter(&self) -> Time {
        self.now
    }

    pub(super) fn effective(&self) -> Time {
        self.now + self.frozen()
    }

    pub(super) fn new_time(&self) -> Time {
        self.now + self.ever
    }

    pub(super) fn moment(&self) -> Moment {
        Moment { adapter: self.now, effective: self.effective(), new: self.new_time() }
    }

    /// The time that the adapter's clock has not shown.
    pub(super) fn frozen(&self) -> Duration {
        self.closed.saturating_add(self.counted())
    }

    pub(super) fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    /// Takes in what the wall clock shows now, since the Unix epoch.
    pub(super) fn read_wall(&mut self, wall: Duration) {
        let reading = Reading { at: self.now, wall };
        self.last = Some(reading);
        let first = *self.first.get_or_insert(reading);
        let base = *self.base.get_or_insert(reading);
        self.ever = self.ever.max(reading.excess_since(first));
        self.mark = self.mark.max(reading.excess_since(base));
    }

    /// A confirmation: the mark starts anew, and effective time goes on where it is.
    pub(super) fn close_mark(&mut self) {
        self.closed = self.frozen();
        self.mark = Duration::ZERO;
        self.base = self.last;
    }

    /// Effective time when the adapter's is `now`, which is not before the largest seen.
    pub(super) fn effective_at(&self, now: Time) -> Time {
        self.now.max(now) + self.frozen()
    }

    /// When it will be so late, in the adapter's time, if the adapter's clock runs on.
    pub(super) fn adapter_at(&self, when: When) -> Time {
        match when {
            When::Adapter(at) => at,
            When::Effective(at) => at.less(self.frozen()),
            When::New(at) => at.less(self.ever),
        }
    }

    /// Whether one of the times has reached its end, where nothing is due.
    pub(super) fn has_ended(&self) -> bool {
        self.effective() == Time::MAX || self.new_time() == Time::MAX
    }

    /// Whether the wall clock was further ahead of the adapter's than ever, seen from an earlier
    /// state.
    pub(super) fn is_ahead_of(&self, earlier: &Self) -> bool {
        self.mark > earlier.mark || self.ever > earlier.ever
    }

    /// Whether the wall clock was never read.
    pub(super) const fn is_unread(&self) -> bool {
        self.first.is_none()
    }

    /// By how many nanoseconds the wall clock was ahead of the adapter's at its last reading.
    pub(super) fn ahead(&self) -> i128 {
        self.last.map_or(0, |last| {
            let at = last.at.since_origin().as_nanos().cast_signed();
            last.wall.as_nanos().cast_signed() - at
        })
    }

    fn counted(&self) -> Duration {
        if self.mark > IGNORED { self.mark } else { Duration::ZERO }
    }
}

impl Reading {
    /// Wall time elapsed less adapter time elapsed, if that is more.
    fn excess_since(self, earlier: Self) -> Duration {
        let wall = self.wall.saturating_sub(earlier.wall);
        wall.saturating_sub(self.at.saturating_since(earlier.at)).min(LONGEST)
    }
}

impl Moment {
    /// Whether `when` has come.
    pub(super) fn reaches(&self, when: When) -> bool {
        match when {
            When::Adapter(at) => at <= self.adapter,
            When::Effective(at) => at <= self.effective,
            When::New(at) => at <= self.new,
        }
    }
}

/// Two clocks of one machine differ by less than this while both run.
const IGNORED: Duration = Duration::from_secs(1);

/// The most that one mark may add, a thousand years: a wall clock that shows nonsense must not end
/// all time.
const LONGEST: Duration = Duration::from_secs(1000 * 365 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn at(secs: u64) -> Time {
        Time::from_origin(Duration::from_secs(secs))
    }

    fn read(clock: &mut Clock, now: u64, wall: u64) {
        clock.advance(at(now));
        clock.read_wall(secs(wall));
    }

    #[test]
    fn clocks_that_run_together_freeze_nothing() {
        let mut clock = Clock::new(Time::ZERO);
        for second in 0..10 {
            read(&mut clock, second, 1_000_000 + second);
            assert_eq!((clock.frozen(), clock.effective()), (Duration::ZERO, at(second)));
        }
        read(&mut clock, 10, 1_000_011);
        assert_eq!(clock.frozen(), Duration::ZERO, "a second may be the clocks' own difference");
    }

    #[test]
    fn a_freeze_counts_in_full_and_is_kept_when_the_clock_steps_back() {
        let mut clock = Clock::new(Time::ZERO);
        read(&mut clock, 0, 1000);
        read(&mut clock, 5, 4605);
        assert_eq!(clock.frozen(), secs(3600));
        read(&mut clock, 6, 1006);
        assert_eq!(clock.effective(), at(3606));
        assert_eq!(clock.adapter_at(When::Effective(at(3606))), at(6));
        assert_eq!(clock.adapter_at(When::Effective(Time::MAX)), Time::MAX);
    }

    #[test]
    fn a_clock_that_goes_up_and_down_ages_each_lease_but_is_new_only_once() {
        let mut clock = Clock::new(Time::ZERO);
        read(&mut clock, 0, 1000);
        for round in 0..5 {
            read(&mut clock, 2 * round + 1, 4601 + 2 * round);
            read(&mut clock, 2 * round + 2, 1002 + 2 * round);
            clock.close_mark();
        }
        assert_eq!(clock.frozen(), secs(5 * 3600));
        assert_eq!(clock.new_time(), at(10 + 3600));
        // It is at its end when one of them is.
        clock.advance(Time::from_origin(Duration::MAX - secs(2 * 3600)));
        assert!(clock.effective() == Time::MAX && clock.new_time() < Time::MAX);
        assert!(clock.has_ended());
    }

    #[test]
    fn it_is_ahead_where_the_wall_clock_has_gone_further_than_before() {
        let mut clock = Clock::new(Time::ZERO);
        read(&mut clock, 0, 1000);
        let earlier = clock.clone();
        assert!(!clock.is_ahead_of(&earlier), "they are the same");
        read(&mut clock, 1, 1101);
        assert!(clock.is_ahead_of(&earlier) && !earlier.is_ahead_of(&clock));
        // The mark has begun anew, below the most that was ever seen.
        read(&mut clock, 2, 1002);
        clock.close_mark();
        let earlier = clock.clone();
        read(&mut clock, 3, 1053);
        assert!(clock.is_ahead_of(&earlier) && !earlier.is_ahead_of(&clock));
    }

    #[test]
    fn nothing_overflows() {
        let mut clock = Clock::new(Time::ZERO);
        read(&mut clock, 0, 0);
        clock.read_wall(Duration::MAX);
        assert_eq!(clock.frozen(), LONGEST);
        assert!(!clock.has_ended());
        clock.advance(Time::MAX);
        clock.read_wall(Duration::ZERO);
        assert!(clock.has_ended());
    }
}
