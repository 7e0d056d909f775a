//! Entries in few bytes: numbers of variable length, and times as differences.

use std::time::Duration;

use super::Operation;
use super::entry::{Counts, Entry, Kind, Quiet, Step, Timeout, Wall, Walls};
use super::operation::Did;
use crate::refresh::{FetchId, Miss, Reason, Response, Time};

/// No entry is longer.
pub(super) const LONGEST: usize = 512;

/// Where the differences count from: the state of the machine before an entry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Base {
    pub(super) at: Time,
    /// By how many nanoseconds the wall clock was ahead at its last reading.
    pub(super) ahead: i128,
}

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) base: Base,
    buffer: [u8; LONGEST],
    length: usize,
}

#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) base: Base,
    rest: &'a [u8],
}

impl Writer {
    pub(super) const fn new(base: Base) -> Self {
        Self { base, buffer: [0; LONGEST], length: 0 }
    }

    pub(super) fn written(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        let Entry { quiet, step } = entry;
        let walls = [quiet.walls, quiet.walls_after];
        let mut mask: u32 = 0;
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            mask |= u32::from(quiet.counts.get(kind) > 0) << place;
        }
        let waiting = quiet.timeout.and_then(|timeout| timeout.waiting);
        let flags = [
            quiet.most_waiting > 0,
            quiet.timeout.is_some(),
            waiting.is_some(),
            waiting == Some(true),
            quiet.waiting.is_some(),
            quiet.waiting == Some(true),
            walls[0].peak.is_some(),
            walls[0].last.is_some(),
            walls[1].peak.is_some(),
            walls[1].last.is_some(),
            step.is_some(),
        ];
        for (place, flag) in flags.into_iter().enumerate() {
            mask |= u32::from(flag) << (Kind::ALL.len() + place);
        }
        mask.to_le_bytes().into_iter().take(MASK).for_each(|byte| self.byte(byte));
        if quiet.is_noteworthy() {
            let first = millis(quiet.first).saturating_sub(millis(self.base.at));
            self.number(first);
        }
        for kind in Kind::ALL {
            self.some(quiet.counts.get(kind));
        }
        self.some(quiet.most_waiting);
        self.walls(walls[0]);
        if let Some(timeout) = quiet.timeout {
            self.time(timeout.at);
        }
        self.walls(walls[1]);
        match step {
            Some(step) => self.step(step),
            None => self.time(quiet.last),
        }
    }

    fn step(&mut self, step: &Step) {
        self.time(step.at);
        let (place, did) = (place_of(step.input), did_place(step.did));
        self.byte(place << 4 | did);
        if let Some(Did::Started { reason, conditional, no_cache, by_hand, unknown_kid }) = step.did
        {
            let flags = [conditional, no_cache, by_hand, unknown_kid];
            let reason = REASONS.iter().position(|it| *it == reason).unwrap_or_default();
            self.byte(u8::try_from(reason).unwrap_or_default() << 4 | bits(flags));
        }
        match step.input {
            Operation::Ask
            | Operation::Distrust
            | Operation::Invalidate
            | Operation::Refresh
            | Operation::StaleGiven
            | Operation::Timeout => {}
            Operation::Demand(number) | Operation::Seed(number) | Operation::Usage(number) => {
                self.number(number.into());
            }
            Operation::Failure { id, retry_after } => {
                self.number(id.0.into());
                self.optional(retry_after);
            }
            Operation::Hydrate { age, trust, lifetime } => {
                self.number(age.as_nanos());
                self.number(trust.as_nanos());
                self.optional(lifetime);
            }
            Operation::Miss(miss) => self.byte(miss as u8),
            Operation::NotModified { id, response } | Operation::Success { id, response } => {
                self.number(id.0.into());
                let Response { lifetime, age, shared_for, validators } = response;
                let shared = !shared_for.is_zero();
                self.byte(bits([validators, lifetime.is_some(), !age.is_zero(), shared]));
                let more = [age, shared_for].into_iter().filter(|it| !it.is_zero());
                lifetime.into_iter().chain(more).for_each(|it| self.number(it.as_nanos()));
            }
            Operation::WallClock(wall) => self.wall(wall),
        }
    }

    fn walls(&mut self, walls: Walls) {
        for wall in walls.peak.into_iter().chain(walls.last) {
            self.time(wall.at);
            self.wall(wall.wall);
        }
    }

    /// The reading at the time that was written last.
    fn wall(&mut self, wall: Duration) {
        let ahead = nanos(wall) - nanos(self.base.at.since_origin());
        let change = ahead - self.base.ahead;
        // Small numbers of either sign become small numbers without one.
        self.number(((change << 1) ^ (change >> 127)).cast_unsigned());
        self.base.ahead = ahead;
    }

    fn time(&mut self, at: Time) {
        self.number(at.saturating_since(self.base.at).as_nanos());
        self.base.at = self.base.at.max(at);
    }

    fn optional(&mut self, duration: Option<Duration>) {
        self.byte(u8::from(duration.is_some()));
        if let Some(duration) = duration {
            self.number(duration.as_nanos());
        }
    }

    fn some(&mut self, count: u64) {
        if count > 0 {
            self.number(count.into());
        }
    }

    fn number(&mut self, mut number: u128) {
        while number >= 0x80 {
            self.byte((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) const fn new(base: Base, rest: &'a [u8]) -> Self {
        Self { base, rest }
    }

    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// None at the end.
    pub(super) fn entry(&mut self) -> Option<Entry> {
        let mut mask = [0; 4];
        for byte in mask.iter_mut().take(MASK) {
            *byte = self.byte()?;
        }
        let mask = u32::from_le_bytes(mask);
        let flag = |place: usize| mask >> (Kind::ALL.len() + place) & 1 == 1;
        let whether = |known, is| flag(known).then(|| flag(is));
        let counted = |kind: &Kind| mask >> *kind as u32 & 1 == 1;
        let noteworthy = Kind::ALL.iter().any(|kind| *kind != Kind::Timeout && counted(kind));
        let first = if noteworthy { self.number()? + millis(self.base.at) } else { 0 };
        let first = Time::from_origin(from_nanos(first.saturating_mul(MILLI)));
        let mut counts = Counts::default();
        for kind in Kind::ALL.into_iter().filter(counted) {
            counts.add(kind, self.count()?);
        }
        let most_waiting = if flag(0) { self.count()? } else { 0 };
        let walls = self.walls(flag(6), flag(7))?;
        let timeout =
            if flag(1) { Some(Timeout { at: self.time()?, waiting: whether(2, 3) }) } else { None };
        let walls_after = self.walls(flag(8), flag(9))?;
        let (step, last) =
            if flag(10) { (Some(self.step()?), Time::ZERO) } else { (None, self.time()?) };
        let waiting = whether(4, 5);
        let quiet =
            Quiet { first, counts, most_waiting, walls, timeout, walls_after, waiting, last };
        Some(Entry { quiet, step })
    }

    fn step(&mut self) -> Option<Step> {
        let at = self.time()?;
        let places = self.byte()?;
        let did = match places & 0xf {
            6 => {
                let byte = self.byte()?;
                let [conditional, no_cache, by_hand, unknown_kid] = flags(byte);
                let reason = *REASONS.get(usize::from(byte >> 4))?;
                Some(Did::Started { reason, conditional, no_cache, by_hand, unknown_kid })
            }
            place => DIDS.get(usize::from(place)).copied(),
        };
        let input = match places >> 4 {
            0 => Operation::Ask,
            1 => Operation::Demand(self.count()?),
            2 => Operation::Distrust,
            3 => Operation::Failure { id: self.id()?, retry_after: self.optional()? },
            4 => Operation::Hydrate {
                age: self.duration()?,
                trust: self.duration()?,
                lifetime: self.optional()?,
            },
            5 => Operation::Invalidate,
            6 => Operation::Miss(*MISSES.get(usize::from(self.byte()?))?),
            7 => Operation::NotModified { id: self.id()?, response: self.response()? },
            8 => Operation::Refresh,
            9 => Operation::Seed(self.count()?),
            10 => Operation::StaleGiven,
            11 => Operation::Success { id: self.id()?, response: self.response()? },
            12 => Operation::Timeout,
            13 => Operation::Usage(self.count()?),
            _ => Operation::WallClock(self.wall()?),
        };
        Some(Step { at, input, did })
    }

    fn response(&mut self) -> Option<Response> {
        let [validators, lifetime, age, shared_for] = flags(self.byte()?);
        let mut given = |is_given: bool| {
            if is_given { self.duration().map(Some) } else { Some(None) }
        };
        Some(Response {
            lifetime: given(lifetime)?,
            age: given(age)?.unwrap_or_default(),
            shared_for: given(shared_for)?.unwrap_or_default(),
            validators,
        })
    }

    fn walls(&mut self, peak: bool, last: bool) -> Option<Walls> {
        let mut one = |is_there: bool| {
            if is_there {
                Some(Some(Wall { at: self.time()?, wall: self.wall()? }))
            } else {
                Some(None)
            }
        };
        Some(Walls { peak: one(peak)?, last: one(last)? })
    }

    fn wall(&mut self) -> Option<Duration> {
        let number = self.number()?;
        let change = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
        self.base.ahead = self.base.ahead.checked_add(change)?;
        let wall = nanos(self.base.at.since_origin()).checked_add(self.base.ahead)?;
        Some(from_nanos(wall.max(0).cast_unsigned()))
    }

    fn time(&mut self) -> Option<Time> {
        self.base.at = self.base.at + self.duration()?;
        Some(self.base.at)
    }

    fn optional(&mut self) -> Option<Option<Duration>> {
        if self.byte()? == 0 { Some(None) } else { self.duration().map(Some) }
    }

    fn id(&mut self) -> Option<FetchId> {
        self.count().map(FetchId)
    }

    fn duration(&mut self) -> Option<Duration> {
        self.number().map(from_nanos)
    }

    fn count(&mut self) -> Option<u64> {
        u64::try_from(self.number()?).ok()
    }

    fn number(&mut self) -> Option<u128> {
        let (mut number, mut place) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f) << place;
            if byte < 0x80 {
                return Some(number);
            }
            place += 7;
            if place >= 128 {
                return None;
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

const fn place_of(input: Operation) -> u8 {
    match input {
        Operation::Ask => 0,
        Operation::Demand(_) => 1,
        Operation::Distrust => 2,
        Operation::Failure { .. } => 3,
        Operation::Hydrate { .. } => 4,
        Operation::Invalidate => 5,
        Operation::Miss(_) => 6,
        Operation::NotModified { .. } => 7,
        Operation::Refresh => 8,
        Operation::Seed(_) => 9,
        Operation::StaleGiven => 10,
        Operation::Success { .. } => 11,
        Operation::Timeout => 12,
        Operation::Usage(_) => 13,
        Operation::WallClock(_) => 14,
    }
}

const fn did_place(did: Option<Did>) -> u8 {
    match did {
        Some(Did::Confirmed) => 0,
        Some(Did::Failed) => 1,
        Some(Did::Ignored) => 2,
        Some(Did::Nothing) => 3,
        Some(Did::Outlived) => 4,
        Some(Did::Refused) => 5,
        Some(Did::Started { .. }) => 6,
        None => 7,
    }
}

fn bits(flags: [bool; 4]) -> u8 {
    flags.into_iter().rev().fold(0, |bits, flag| bits << 1 | u8::from(flag))
}

const fn flags(bits: u8) -> [bool; 4] {
    [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0, bits & 8 != 0]
}

fn millis(time: Time) -> u128 {
    time.since_origin().as_millis()
}

/// The largest duration has 94 bits.
pub(super) fn nanos(duration: Duration) -> i128 {
    duration.as_nanos().cast_signed()
}

fn from_nanos(nanos: u128) -> Duration {
    let seconds = u64::try_from(nanos / NANOS).unwrap_or(u64::MAX);
    Duration::from_secs(seconds)
        .saturating_add(Duration::from_nanos(u64::try_from(nanos % NANOS).unwrap_or(0)))
}

const DIDS: [Did; 6] =
    [Did::Confirmed, Did::Failed, Did::Ignored, Did::Nothing, Did::Outlived, Did::Refused];

/// 13 kinds and 11 flags.
const MASK: usize = 3;

const MILLI: u128 = 1_000_000;

const MISSES: [Miss; 4] = [Miss::Kid, Miss::Kidless, Miss::Signature, Miss::Skipped];

const NANOS: u128 = 1_000_000_000;

const REASONS: [Reason; 14] = [
    Reason::Ahead,
    Reason::AheadByUsage,
    Reason::Demand,
    Reason::Expiry,
    Reason::FetchTimeout,
    Reason::IdleCheck,
    Reason::LifetimeEnd,
    Reason::Load,
    Reason::MinRefreshInterval,
    Reason::PauseEnd,
    Reason::Refresh,
    Reason::Retry,
    Reason::UnknownKid,
    Reason::UnknownKidOpens,
];
