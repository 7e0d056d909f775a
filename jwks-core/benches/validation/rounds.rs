//! Two things in turn, many times over.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
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
        // Both warm, and a block short enough that most are not interrupted.
        let times = (BLOCK.as_nanos() / (self.block(under, 200).as_nanos() / 200).max(1)).max(1);
        let times = usize::try_from(times).unwrap();
        self.block(over, times);
        let start = Instant::now();
        let mut ratios = Vec::new();
        while start.elapsed() < self.time || ratios.len() < 11 {
            // Who goes first does not matter on the whole.
            let (above, below) = if ratios.len() % 2 == 0 {
                let above = self.block(over, times);
                (above, self.block(under, times))
            } else {
                let below = self.block(under, times);
                (self.block(over, times), below)
            };
            ratios.push(above.as_secs_f64() / below.as_secs_f64());
        }
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }

    fn block(&self, subject: &Subject, times: usize) -> Duration {
        match self.threads {
            Threads::One => repeat(subject, times),
            Threads::Two => {
                let ready = AtomicUsize::new(0);
                let both = || {
                    ready.fetch_add(1, Ordering::SeqCst);
                    while ready.load(Ordering::SeqCst) < 2 {
                        spin_loop();
                    }
                    repeat(subject, times)
                };
                std::thread::scope(|scope| {
                    let other = scope.spawn(both);
                    let here = both();
                    here.max(other.join().unwrap())
                })
            }
        }
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
