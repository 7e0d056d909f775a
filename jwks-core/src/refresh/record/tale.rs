//! What happened, in words.

use std::fmt::Write as _;
use std::time::Duration;

use super::entry::{Kind, Quiet};
use super::line::Line;
use super::{Operation, Outcome};
use crate::refresh::{Answered, FetchId, FetchStart, Freshness, Machine, Miss, Reason, Time};

/// The events so far, and what their teller has to remember.
#[derive(Debug, Default)]
pub(super) struct Tale {
    pub(super) lines: Vec<Line>,
    /// That the keys are stale has been told.
    stale: bool,
    /// Since when fetches fail, and how many have.
    failing: Option<(Time, u32)>,
    /// The fetch in flight, and when it began.
    begun: Option<(FetchId, Time)>,
}

impl Tale {
    /// The state that the recording begins from, if that is not a new machine.
    pub(super) fn begin(&mut self, machine: &Machine) {
        let now = machine.clock.adapter();
        self.stale = machine.freshness(now) == Freshness::Stale;
        if machine.failures() > 0 {
            self.failing = Some((now, machine.failures()));
        }
        self.begun = machine.in_flight().map(|id| (id, now));
        let keys = match machine.freshness(now) {
            Freshness::Missing if machine.last_id == 0 => return,
            Freshness::Missing => "without keys",
            Freshness::Fresh | Freshness::Due => "with fresh keys",
            Freshness::Stale => "with stale keys",
            Freshness::Expired => "after the keys have expired",
        };
        self.tell(machine, now, format!("the recording begins {keys}"));
    }

    /// Inputs that changed nothing.
    pub(super) fn quiet(&mut self, machine: &Machine, quiet: &Quiet) {
        let counted: Vec<_> = TOLD
            .into_iter()
            .map(|(kind, one, many)| (quiet.counts.get(kind), one, many))
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        if counted.is_empty() {
            return;
        }
        let mut text = counted.join(", ");
        if quiet.most_waiting > 0 {
            _ = write!(text, " (at most {} at once)", quiet.most_waiting);
        }
        let last = quiet.timeout.map_or(Time::ZERO, |timeout| timeout.at).max(quiet.last);
        let took = last.saturating_since(quiet.first);
        if took > SECOND {
            _ = write!(text, ", within {}", span(took));
        }
        self.tell(machine, quiet.first, text);
    }

    /// The keys have grown stale before `at`.
    pub(super) fn ages(&mut self, machine: &Machine, at: Time) {
        if machine.freshness(at) != Freshness::Stale {
            self.stale = false;
        } else if !std::mem::replace(&mut self.stale, true) {
            let by_time = machine.ages_at().map(|(_, stale_at)| stale_at).filter(|it| *it <= at);
            let why =
                if by_time.is_some() { "their lifetime is over" } else { "their uses are spent" };
            let since = by_time.unwrap_or(at).max(machine.clock.adapter());
            let left = machine.trust_until().map(|until| span(until.saturating_since(since)));
            let left = left.unwrap_or_default();
            self.tell(
                machine,
                since,
                format!("the keys are stale: {why}; they serve for {left} more"),
            );
        }
    }

    pub(super) fn step(
        &mut self,
        before: &Machine,
        after: &Machine,
        input: Operation,
        outcome: Outcome,
    ) {
        let text = match input {
            Operation::Ask => changed(before, after, "a caller who does not wait asks for keys"),
            Operation::Demand(0) => None,
            Operation::Demand(1) => changed(before, after, "a caller waits"),
            Operation::Demand(waiting) => {
                changed(before, after, &format!("{waiting} callers wait"))
            }
            Operation::Distrust => changed(
                before,
                after,
                "by the wall clock the trust in the keys has ended: they serve no more",
            ),
            Operation::Failure { id, retry_after } => self.failed(after, id, retry_after, outcome),
            Operation::Hydrate { age, trust, .. } => {
                let (age, trust) = (span(age), span(trust));
                (outcome == Outcome::Answered(Answered::Confirmed)).then(|| {
                    format!("saved keys are loaded, {age} old, to be trusted for {trust} at most")
                })
            }
            Operation::Invalidate => changed(before, after, "the keys are invalidated by hand"),
            Operation::Miss(miss) => changed(before, after, missed(miss)).map(|text| {
                let now = after.clock.adapter();
                match after.miss_opens_at(now, miss) {
                    Some(at) => {
                        let pause = span(at.saturating_since(now));
                        format!("{text}; their budget allows a fetch in {pause}")
                    }
                    None => format!("{text}; their budget allows a fetch now"),
                }
            }),
            Operation::NotModified { id, .. } => {
                self.answered(after, id, outcome, "the issuer confirms the held keys (304)")
            }
            Operation::Refresh => changed(before, after, "a refresh by hand is asked for"),
            Operation::Seed(_) => None,
            Operation::StaleGiven => changed(
                before,
                after,
                "a caller has waited in vain, and is given the stale keys; nobody waits for fresh \
                 ones until a fetch succeeds",
            ),
            Operation::Success { id, .. } => self.answered(after, id, outcome, "keys are fetched"),
            Operation::Timeout => {
                self.timeout(before, after);
                match outcome {
                    Outcome::Started(start) => Some(self.started(after, &start)),
                    _ => None,
                }
            }
            Operation::Usage(used) => used_up(before, after, used),
            Operation::WallClock(_) => {
                let frozen = after.clock.frozen().saturating_sub(before.clock.frozen());
                (frozen >= SECOND).then(|| {
                    let frozen = span(frozen);
                    format!("the wall clock went on by {frozen} while the process stood still")
                })
            }
        };
        if let Some(text) = text {
            self.tell(after, after.clock.adapter(), text);
        }
    }

    fn timeout(&mut self, before: &Machine, after: &Machine) {
        let now = after.clock.adapter();
        let given_up = before
            .in_flight()
            .filter(|_| before.in_flight_until().is_some_and(|deadline| deadline <= now));
        if let Some(FetchId(id)) = given_up {
            let text = format!("fetch {id} has not ended in time: {}", self.count_failure(after));
            self.tell(after, now, text);
        }
        if before.trust_until().is_some() && after.trust_until().is_none() {
            let text = "the trust in the keys has ended: they serve no more".to_owned();
            self.tell(after, now, text);
        }
        if !before.idle.is_idle() && after.idle.is_idle() {
            let text = "nobody uses the keys: no refresh until somebody does".to_owned();
            self.tell(after, now, text);
        }
    }

    fn started(&mut self, after: &Machine, start: &FetchStart) -> String {
        self.begun = Some((start.id, after.clock.adapter()));
        let mut text = format!("fetch {} begins: {}", start.id.0, start.reason);
        for (flag, own, more) in [
            (start.by_hand, Reason::Refresh, "; also by hand"),
            (start.unknown_kid, Reason::UnknownKid, "; also for an unknown kid"),
            (start.conditional, Reason::Expiry, "; conditional"),
        ] {
            if flag && start.reason != own {
                text.push_str(more);
            }
        }
        text
    }

    fn answered(
        &mut self,
        after: &Machine,
        id: FetchId,
        outcome: Outcome,
        what: &str,
    ) -> Option<String> {
        let Outcome::Answered(answered) = outcome else { return None };
        let took = self.took(after, id);
        let FetchId(id) = id;
        Some(match answered {
            Answered::Confirmed => {
                let now = after.clock.adapter();
                let mut text = format!("fetch {id} succeeds{took}: {what}");
                if let Some(until) = after.trust_until() {
                    _ = write!(text, "; trusted for {}", span(until.saturating_since(now)));
                }
                _ = write!(text, "; {}", next(after));
                if let Some((since, failures)) = self.failing.take() {
                    let after = span(now.saturating_since(since));
                    let fetches = if failures == 1 { "fetch" } else { "fetches" };
                    _ = write!(text, "; RECOVERED after {failures} failed {fetches}, {after}");
                }
                text
            }
            Answered::Failed => {
                format!("the answer to fetch {id} confirms nothing: {}", self.count_failure(after))
            }
            Answered::Ignored => format!("an answer to fetch {id} comes too late, and is ignored"),
            Answered::Outlived => format!(
                "the process was frozen during fetch {id}: its answer is past its trust, and the \
                 fetch is made again"
            ),
        })
    }

    fn failed(
        &mut self,
        after: &Machine,
        id: FetchId,
        retry_after: Option<Duration>,
        outcome: Outcome,
    ) -> Option<String> {
        if outcome != Outcome::Answered(Answered::Failed) {
            return None;
        }
        let took = self.took(after, id);
        let mut text = format!("fetch {} fails{took}", id.0);
        if let Some(pause) = retry_after {
            _ = write!(text, ", and the issuer asks for a pause of {}", span(pause));
        }
        Some(format!("{text}: {}", self.count_failure(after)))
    }

    fn count_failure(&mut self, after: &Machine) -> String {
        let failing = self.failing.get_or_insert_with(|| (after.clock.adapter(), 0));
        failing.1 = failing.1.saturating_add(1);
        format!("failure {} in a row; {}", failing.1, next(after))
    }

    fn took(&self, after: &Machine, id: FetchId) -> String {
        let begun = self.begun.filter(|(begun, _)| *begun == id);
        let took = begun.map(|(_, at)| span(after.clock.adapter().saturating_since(at)));
        took.map(|took| format!(" after {took}")).unwrap_or_default()
    }

    fn tell(&mut self, machine: &Machine, at: Time, text: String) {
        self.lines.push(Line::new(machine, at, text));
    }
}

fn changed(before: &Machine, after: &Machine, text: &str) -> Option<String> {
    let same = before.demand == after.demand
        && before.lease == after.lease
        && before.misses == after.misses
        && before.manual == after.manual
        && before.beside == after.beside;
    (!same).then(|| text.to_owned())
}

const fn missed(miss: Miss) -> &'static str {
    match miss {
        Miss::Kid => "a token names a kid that the keys lack",
        Miss::Kidless => "a token without kid finds no key",
        Miss::Signature => "a token fits no key of its kid",
        Miss::Skipped => "a token names a key that was skipped",
    }
}

/// What comes next.
fn next(machine: &Machine) -> String {
    let now = machine.clock.adapter();
    match machine.next_fetch() {
        Some(next) if next.at <= now => format!("next fetch at once ({})", next.reason),
        Some(next) => {
            format!("next fetch in {} ({})", span(next.at.saturating_since(now)), next.reason)
        }
        None => "no fetch until somebody asks".to_owned(),
    }
}

fn used_up(before: &Machine, after: &Machine, used: u64) -> Option<String> {
    if before.idle.is_idle() && !after.idle.is_idle() {
        return Some("somebody uses the keys again".to_owned());
    }
    let by_usage = |machine: &Machine| machine.lease.as_ref().and_then(|lease| lease.ahead().1);
    (by_usage(before).is_none() && by_usage(after).is_some()).then(|| {
        format!("with {used} more uses the refresh-ahead point is reached; {}", next(after))
    })
}

/// A duration in words, as exact as it is of use.
pub(super) fn span(duration: Duration) -> String {
    let exact = if duration >= SECOND * 60 {
        Duration::from_secs(duration.as_secs())
    } else {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(millis)
    };
    humantime::format_duration(exact).to_string()
}

const SECOND: Duration = Duration::from_secs(1);

const TOLD: [(Kind, &str, &str); 12] = [
    (Kind::Use, "use", "uses"),
    (Kind::MissKid, "token of an unknown kid", "tokens of unknown kids"),
    (
        Kind::MissKidless,
        "token without kid that found no key",
        "tokens without kid that found no key",
    ),
    (
        Kind::MissSignature,
        "token that fits no key of its kid",
        "tokens that fit no key of their kid",
    ),
    (Kind::MissSkipped, "token of a skipped key", "tokens of skipped keys"),
    (Kind::Demand, "look at waiting callers", "looks at waiting callers"),
    (Kind::Ask, "request of a caller who does not wait", "requests of callers who do not wait"),
    (Kind::StaleGiven, "caller given stale keys", "callers given stale keys"),
    (Kind::Refresh, "refresh by hand without effect", "refreshes by hand without effect"),
    (Kind::Invalidate, "invalidation without effect", "invalidations without effect"),
    (Kind::Distrust, "sight of an ended trust", "sights of an ended trust"),
    (Kind::Ignored, "answer that was ignored", "answers that were ignored"),
];
