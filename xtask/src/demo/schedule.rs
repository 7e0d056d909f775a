//! When what happens in the embedded demo, and why nobody has to wait.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::Result;
use jwks_core::refresh::{Policy, Strategy};

/// How long the provider takes to answer a request for keys.
pub(super) const PROVIDER_DELAY: Duration = Duration::from_millis(200);

/// Tokens live at least that long, and less than a second longer: `exp` is in whole seconds.
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_secs(2);

/// Clients ask for a new token when theirs is that old.
pub(super) const TOKEN_KEPT: Duration = Duration::from_secs(1);

/// Pause between two tokens that one client presents.
pub(super) const CLIENT_INTERVAL: Duration = Duration::from_millis(50);

/// How long after the emergency a withdrawn token is presented.
pub(super) const SPARE_AFTER: Duration = Duration::from_millis(600);

/// What happens when, counted from the start. Generations of keys are numbered from 1.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) clients: u32,
    /// Proper rotations, one after the other.
    pub(super) rotations: usize,
    /// The refresh that is completed next after this is followed by the emergency.
    pub(super) armed: Duration,
    pub(super) end: Duration,
    pub(super) policy: Policy,
}

/// Something that the provider does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// From now on these generations are published.
    Publish(RangeInclusive<usize>),
    /// From now on this generation signs.
    Sign(usize),
}

impl Schedule {
    pub(super) fn demo() -> Result<Self> {
        Ok(Self {
            clients: 50,
            rotations: 3,
            armed: Duration::from_secs(11),
            end: Duration::from_secs(15),
            policy: policy()?,
        })
    }

    /// The emergency alone.
    #[cfg(test)]
    pub(super) fn short() -> Result<Self> {
        Ok(Self {
            clients: 10,
            rotations: 0,
            armed: Duration::from_millis(100),
            end: Duration::from_secs(4),
            policy: policy()?,
        })
    }

    /// How many generations of keys are needed: the first, one for each rotation, and one for the
    /// emergency.
    pub(super) const fn generations(&self) -> usize {
        self.rotations + 2
    }

    /// The generation that signs from the emergency on.
    pub(super) const fn emergency_generation(&self) -> usize {
        self.rotations + 2
    }

    /// The proper rotations in order of time, up to the emergency.
    pub(super) fn steps(&self) -> Vec<(Duration, Step)> {
        let mut marks = Vec::new();
        let mut publish = FIRST_ROTATION;
        for old in 1..=self.rotations {
            marks.push((publish, Mark::New(old + 1)));
            marks.push((publish + LEAD, Mark::Sign(old + 1)));
            marks.push((publish + LEAD + STAY, Mark::Drop(old)));
            publish += ROTATION_INTERVAL;
        }
        marks.retain(|(at, _)| *at < self.armed);
        marks.sort_by_key(|(at, _)| *at);
        let (mut oldest, mut newest) = (1, 1);
        let steps = marks.into_iter().map(|(at, mark)| {
            match mark {
                Mark::Drop(old) => oldest = old + 1,
                Mark::New(new) => newest = new,
                Mark::Sign(generation) => return (at, Step::Sign(generation)),
            }
            (at, Step::Publish(oldest..=newest))
        });
        steps.collect()
    }
}

enum Mark {
    Drop(usize),
    New(usize),
    Sign(usize),
}

/// Refreshed ahead at 1.20 s to 1.26 s by time, at 1180 to 1239 validations by usage: at somewhat
/// less than 1000 a second about as late, so that the log shows both. Usage only ever shortens a
/// gap.
fn policy() -> Result<Policy> {
    Ok(Policy::builder()
        .strategy(Strategy::Both)
        .interval(Duration::from_millis(1500))
        .usages(1475)
        .background_refresh_threshold(0.8)
        .jitter(0.2)
        // One fetch for the emergency's keys, and none for the token of a withdrawn one.
        .unknown_kid_burst(1)
        .build()?)
}

const FIRST_ROTATION: Duration = Duration::from_millis(500);

const ROTATION_INTERVAL: Duration = Duration::from_secs(3);

/// From a key's publication to its first signature. The set that was asked for just before the
/// publication is confirmed one delay after it, and the next one comes a longest gap later; the
/// rest is for a machine that is busy.
const LEAD: Duration = Duration::from_millis(3200);

/// From a key's last signature to its withdrawal: the life of its last token, and a bit.
const STAY: Duration = TOKEN_LIFETIME
    .saturating_add(Duration::from_secs(1))
    .saturating_add(Duration::from_millis(100));

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    /// Between two confirmations.
    fn longest_gap(schedule: &Schedule) -> Duration {
        let policy = &schedule.policy;
        policy.latest_refresh_point(policy.lifetime()) + PROVIDER_DELAY
    }

    /// The steps that name this generation, as (published, signs, withdrawn).
    fn life(schedule: &Schedule, wanted: usize) -> [Option<Duration>; 3] {
        let (mut published, mut signs, mut withdrawn) = (None, None, None);
        for (at, step) in schedule.steps() {
            match step {
                Step::Publish(held) if held.contains(&wanted) => {
                    published.get_or_insert(at);
                }
                Step::Publish(held) if *held.start() > wanted => {
                    withdrawn.get_or_insert(at);
                }
                Step::Sign(generation) if generation == wanted => signs = Some(at),
                _ => {}
            }
        }
        [published, signs, withdrawn]
    }

    #[test]
    fn the_bounds_are_as_computed_by_hand() {
        let schedule = Schedule::demo().unwrap();
        let policy = &schedule.policy;
        assert_eq!(policy.threshold_point(policy.lifetime()), 1200 * MILLI);
        assert_eq!(policy.latest_refresh_point(policy.lifetime()), 1260 * MILLI);
        assert_eq!(policy.min_refresh_interval(), 750 * MILLI);
        assert_eq!(longest_gap(&schedule), 1460 * MILLI);
        assert_eq!(policy.usage_threshold(), Some(1180));
    }

    #[test]
    fn a_key_is_published_longer_ahead_than_the_longest_gap() {
        let schedule = Schedule::demo().unwrap();
        for generation in 2..schedule.emergency_generation() {
            let [published, signs, _] = life(&schedule, generation);
            let lead = signs.unwrap() - published.unwrap();
            assert!(lead > PROVIDER_DELAY + longest_gap(&schedule) + 1500 * MILLI, "{generation}");
        }
    }

    #[test]
    fn a_key_stays_until_its_tokens_have_expired() {
        let schedule = Schedule::demo().unwrap();
        let mut seen = 0;
        for generation in 1..schedule.emergency_generation() {
            let [_, _, Some(withdrawn)] = life(&schedule, generation) else { continue };
            let [_, last_signature, _] = life(&schedule, generation + 1);
            assert!(withdrawn > last_signature.unwrap() + TOKEN_LIFETIME + 1000 * MILLI);
            seen += 1;
        }
        assert_eq!(seen, 2, "the third is withdrawn by the emergency");
    }

    #[test]
    fn steps_are_in_order_and_over_before_the_emergency() {
        let schedule = Schedule::demo().unwrap();
        let steps = schedule.steps();
        assert!(steps.is_sorted_by_key(|(at, _)| *at));
        let signed = steps.iter().filter(|(_, step)| matches!(step, Step::Sign(_))).count();
        assert_eq!(signed, schedule.rotations);
        assert!(steps.last().unwrap().0 < schedule.armed);
        assert_eq!(steps[0], (500 * MILLI, Step::Publish(1..=2)));
        assert_eq!(steps[1], (3500 * MILLI, Step::Publish(1..=3)));
        assert_eq!(steps[2], (3700 * MILLI, Step::Sign(2)));
        assert_eq!(steps.last(), Some(&(9800 * MILLI, Step::Publish(3..=4))));
    }

    #[test]
    fn the_emergency_is_over_before_the_end() {
        for schedule in [Schedule::demo().unwrap(), Schedule::short().unwrap()] {
            // The first load begins at the start; a gap may begin right after the arming.
            let latest = schedule.armed.max(PROVIDER_DELAY) + longest_gap(&schedule);
            assert!(latest + SPARE_AFTER + 1000 * MILLI < schedule.end);
            // Within the cooldown nothing else may ask for an unknown key, and nobody waits for it.
            assert_eq!(schedule.policy.unknown_kid_burst(), 1);
            assert!(schedule.policy.wait_budget() < schedule.policy.unknown_kid_cooldown());
            assert!(schedule.policy.unknown_kid_cooldown() > schedule.end - schedule.armed);
            // It directly follows a completed refresh: its fetch ends before the next begins.
            assert!(PROVIDER_DELAY + CLIENT_INTERVAL < schedule.policy.min_refresh_interval());
        }
        assert!(SPARE_AFTER < TOKEN_LIFETIME);
    }

    #[test]
    fn tokens_outlive_their_use() {
        assert!(TOKEN_KEPT + 500 * MILLI < TOKEN_LIFETIME);
    }
}
