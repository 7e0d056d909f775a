//! Random scripts: what happens to a cache, in any order.

use std::time::Duration;

use jwks_core::refresh::{Miss, Policy};

/// One run of one machine.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) pace: Pace,
    pub(crate) policy: Policy,
    pub(crate) script: Vec<Op>,
    pub(crate) seed: u64,
    /// Whether the wall clock is read at each poll.
    pub(crate) wall: bool,
}

/// How good the driver is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// Calls `handle_timeout` only when the script says so.
    Careless,
    /// Calls it after each event, but is starved now and then.
    Prompt,
    /// Calls it after each event and at each deadline.
    Punctual,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    // Time.
    /// Through all deadlines on the way.
    Sleep(Span),
    ToDeadline,
    JustBeforeDeadline,
    JustAfterDeadline,
    /// The driver was starved: past all deadlines at once.
    Jump(Span),
    /// The next call carries a time before the last one's.
    Back(Span),
    Timeout,
    // The wall clock.
    /// Forward alone: the process was frozen, or somebody set the clock.
    WallForward(Span),
    WallBack(Span),
    /// A process that began in 1970 learns the date.
    WallEpoch,
    /// From now on it is read at each poll, or not.
    WallRead(bool),
    // Users.
    Use(u64),
    /// All that `poll_usage` announces.
    UseAll,
    UseAllButOne,
    Miss(Miss),
    Ask,
    Demand(u64),
    StaleGiven,
    // Operators.
    Refresh,
    Invalidate,
    Distrust,
    Hydrate {
        age: Span,
        trust: Span,
        lifetime: Option<Span>,
    },
    // The issuer.
    Answer(Reply),
    /// After a time in which a starved driver has not been called.
    AnswerAfter(Span, Reply),
    /// After the fetch's deadline, before anybody has noticed it.
    AnswerLate(Reply),
    /// To some fetch of the past.
    AnswerOld(usize, Reply),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Failure { retry_after: Option<Span> },
    NotModified { lifetime: Option<Span>, age: Option<Span> },
    Success { lifetime: Option<Span>, age: Option<Span>, validators: bool },
}

/// A duration, measured by the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    Exactly(Duration),
    /// Sixteenths of the lifetime.
    Sixteenths(u32),
}

impl Span {
    pub(crate) fn of(self, policy: &Policy) -> Duration {
        match self {
            Self::Exactly(duration) => duration,
            Self::Sixteenths(count) => (policy.lifetime() / 16).saturating_mul(count),
        }
    }
}

/// How many places the menu has, with more of some things.
pub(crate) fn places(more: Menu) -> u32 {
    MENU.iter().chain(more).map(|(weight, _)| weight).sum()
}

/// Read from numbers, since generation is most of what a property costs, and since numbers shrink
/// fast: down the menu to its first line.
pub(crate) fn op(more: Menu, mut place: u32, dice: u32) -> Op {
    for (weight, op) in MENU.iter().chain(more) {
        match place.checked_sub(*weight) {
            Some(rest) => place = rest,
            None => return op(&mut Dice(dice)),
        }
    }
    Op::Timeout
}

/// What can happen, and how often.
pub(crate) type Menu = &'static [(u32, fn(&mut Dice) -> Op)];

/// Tokens that find no key, and an issuer that fails.
pub(crate) const MISSES: Menu = &[(40, |dice| Op::Miss(dice.miss())), FAILURE];

/// An issuer that knows what we have.
pub(crate) const NOT_MODIFIED: Menu =
    &[(15, |dice| Op::Answer(Reply::NotModified { lifetime: dice.lifetime(), age: dice.age() }))];

/// Refreshes by hand, and an issuer that asks for patience.
pub(crate) const REFRESHES: Menu = &[
    (15, |_| Op::Refresh),
    (15, |dice| Op::Answer(Reply::Failure { retry_after: Some(dice.span()) })),
];

/// An issuer that asks for patience whatever a stranger's kid asks, and time that passes.
pub(crate) const HOLDS: Menu = &[
    (40, |_| Op::Miss(Miss::Kid)),
    (50, |dice| Op::Answer(Reply::Failure { retry_after: Some(dice.long()) })),
    (30, |dice| Op::Sleep(dice.long())),
];

/// Callers beside whom attempts fail.
pub(crate) const STALE: Menu = &[
    (12, |_| Op::StaleGiven),
    (12, |_| Op::Ask),
    (6, |dice| Op::Demand(u64::from(dice.below(2)))),
    FAILURE,
    (6, |dice| Op::WallForward(dice.span())),
];

/// A wall clock that jumps about.
pub(crate) const WALL: Menu = &[
    (20, |dice| Op::WallForward(dice.span())),
    (20, |dice| Op::WallBack(dice.span())),
    (2, |_| Op::WallEpoch),
    (3, |dice| Op::WallRead(dice.below(4) > 0)),
    FAILURE,
];

const FAILURE: (u32, fn(&mut Dice) -> Op) =
    (8, |_| Op::Answer(Reply::Failure { retry_after: None }));

const MENU: Menu = &[
    (2, |_| Op::Timeout),
    (12, |_| Op::ToDeadline),
    (4, |dice| Op::Sleep(dice.span())),
    (2, |_| Op::JustBeforeDeadline),
    (2, |_| Op::JustAfterDeadline),
    (1, |dice| Op::Jump(dice.span())),
    (1, |dice| Op::Back(dice.span())),
    (20, |dice| Op::Answer(dice.reply())),
    (3, |dice| Op::AnswerAfter(dice.span(), dice.reply())),
    (1, |dice| Op::AnswerLate(dice.reply())),
    (2, |dice| Op::AnswerOld(dice.below(16) as usize, dice.reply())),
    (3, |dice| Op::Use(u64::from(dice.below(12)))),
    (4, |_| Op::UseAll),
    (2, |_| Op::UseAllButOne),
    (7, |dice| Op::Miss(dice.miss())),
    (3, |_| Op::Ask),
    (5, |dice| Op::Demand(u64::from(dice.below(3)))),
    (2, |_| Op::StaleGiven),
    (4, |_| Op::Refresh),
    (1, |_| Op::Invalidate),
    (1, |_| Op::Distrust),
    (2, |dice| Op::Hydrate { age: dice.span(), trust: dice.span(), lifetime: dice.lifetime() }),
    (1, |_| Op::Use(u64::MAX)),
    (2, |dice| Op::WallForward(dice.span())),
    (2, |dice| Op::WallBack(dice.span())),
];

/// A number that is used up, digit by digit.
pub(crate) struct Dice(u32);

impl Dice {
    fn below(&mut self, sides: u32) -> u32 {
        let side = self.0 % sides;
        self.0 /= sides;
        side
    }

    fn miss(&mut self) -> Miss {
        match self.below(6) {
            0..3 => Miss::Kid,
            3 => Miss::Kidless,
            4 => Miss::Signature,
            _ => Miss::Skipped,
        }
    }

    fn reply(&mut self) -> Reply {
        match self.below(16) {
            0..8 => Reply::Success {
                validators: self.below(3) > 0,
                lifetime: self.lifetime(),
                age: self.age(),
            },
            8..11 => Reply::NotModified { lifetime: self.lifetime(), age: self.age() },
            11..14 => Reply::Failure { retry_after: None },
            _ => Reply::Failure { retry_after: Some(self.span()) },
        }
    }

    fn lifetime(&mut self) -> Option<Span> {
        (self.below(3) == 0).then(|| self.span())
    }

    fn age(&mut self) -> Option<Span> {
        (self.below(4) == 0).then(|| self.span())
    }

    fn long(&mut self) -> Span {
        let seconds = [61, 61, 125, 601, 7200];
        Span::Exactly(Duration::from_secs(seconds[self.below(5) as usize]))
    }

    fn span(&mut self) -> Span {
        match self.below(128) {
            place @ 0..100 => Span::Sixteenths(place % 40),
            100 => Span::Exactly(Duration::MAX),
            place => Span::Exactly(SPANS[place as usize % SPANS.len()]),
        }
    }
}

pub(crate) const LONGEST: usize = 56;

const SPANS: [Duration; 9] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_millis(1),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_millis(1001),
    Duration::from_secs(5),
    Duration::from_secs(61),
    Duration::from_secs(2 * 3600),
];
