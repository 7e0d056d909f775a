//! Two things in turn, many times over.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::subjects::Subject;

/// How many threads do the same thing at the same time.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Threads {
    One,
    Two,
}

pub(crate) struct Rounds {
    pub(crate) threads: Threads,
    /// For all rounds together, about.
    pub(crate) time: Duration,
}

impl Rounds {
    /// The median of what one takes, divided by what the other takes.
    pub(crate) fn ratio(&self, over: &Subject, under: &Subject) -> f64 {
        match self.threads {
            Threads::One => self.median(|which, times| repeat([over, under][which], times)),
            // The other thread is the same throughout: a new one has its allocator to set up.
            Threads::Two => {
                let pair = Pair::default();
                thread::scope(|scope| {
                    scope.spawn(|| pair.follow([over, under]));
                    let median = self.median(|which, times| pair.lead([over, under], which, times));
                    pair.tell(0);
                    median
                })
            }
        }
    }

    fn median(&self, block: impl Fn(usize, usize) -> Duration) -> f64 {
        // Both warm, and a block short enough that most are not interrupted.
        let once = (block(1, 200).as_nanos() / 200).max(1);
        let times = usize::try_from((BLOCK.as_nanos() / once).max(1)).unwrap();
        block(0, times);
        let start = Instant::now();
        let mut ratios = Vec::new();
        while start.elapsed() < self.time || ratios.len() < 11 {
            // Who goes first does not matter on the whole.
            let (over, under) = if ratios.len() % 2 == 0 {
                let over = block(0, times);
                (over, block(1, times))
            } else {
                let under = block(1, times);
                (block(0, times), under)
            };
            ratios.push(over.as_secs_f64() / under.as_secs_f64());
        }
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}

/// Two threads that do the same at the same time. They count up what both have come to.
#[derive(Default)]
struct Pair {
    command: AtomicUsize,
    told: AtomicUsize,
    begun: AtomicUsize,
    done: AtomicUsize,
}

impl Pair {
    fn lead(&self, subjects: [&Subject; 2], which: usize, times: usize) -> Duration {
        let round = self.tell(times * 2 + which);
        self.begin();
        let start = Instant::now();
        repeat(subjects[which], times);
        until(&self.done, round);
        start.elapsed()
    }

    fn follow(&self, subjects: [&Subject; 2]) {
        for round in 1.. {
            until(&self.told, round);
            let command = self.command.load(Ordering::Acquire);
            if command == 0 {
                break;
            }
            self.begin();
            repeat(subjects[command % 2], command / 2);
            self.done.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn tell(&self, command: usize) -> usize {
        self.command.store(command, Ordering::Release);
        self.told.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn begin(&self) {
        let both = self.begun.fetch_add(1, Ordering::AcqRel) / 2 * 2 + 2;
        until(&self.begun, both);
    }
}

fn until(number: &AtomicUsize, least: usize) {
    while number.load(Ordering::Acquire) < least {
        spin_loop();
    }
}

fn repeat(subject: &Subject, times: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        subject();
    }
    start.elapsed()
}

const BLOCK: Duration = Duration::from_micros(400);
