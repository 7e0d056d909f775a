//! The interleavings of the meter, the marks, the notes, the wake flag and the room.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use crate::cache::Error;
use crate::cache::mark::Mark;
use crate::cache::meter::{Gauge, Meter};
use crate::cache::misses::Notes;
use crate::cache::room::{Answers, Lack, Room, Tally, Turn, Waiter, Whom};
use crate::cache::wake::WakeFlag;
use crate::refresh::{Miss, Time};

/// The driver waits for the flag, lowers it, and looks; readers raise it. If a raise could be lost
/// the driver would wait for ever, and loom would say so.
fn no_raise_of(readers: usize) {
    let flag = Arc::new(WakeFlag::new());
    flag.lower();
    let noted = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..readers)
        .map(|_| {
            let (flag, noted) = (Arc::clone(&flag), Arc::clone(&noted));
            thread::spawn(move || {
                noted.fetch_add(1, Ordering::Relaxed);
                flag.raise();
            })
        })
        .collect();
    while noted.load(Ordering::Relaxed) < readers {
        block_on(poll_fn(|cx| flag.poll_raised(cx)));
        flag.lower();
    }
    for thread in threads {
        thread.join().expect("a reader never panics");
    }
}

/// One reader raises.
pub fn no_raise_is_lost() {
    loom::model(|| no_raise_of(1));
}

/// Two readers raise.
pub fn no_raise_of_two_is_lost() {
    bounded(|| no_raise_of(2));
}

/// Three readers use a set of one use; those who find it spent note that they want another. The
/// driver hears of it whichever of them came first, and then sees that it is spent.
pub fn a_wish_is_heard_with_the_uses_that_caused_it() {
    const GENERATION: u64 = 5;
    bounded(|| {
        let (flag, mark) = (Arc::new(WakeFlag::new()), Arc::new(Mark::default()));
        let (meter, mut gauge) = Meter::exact(Some(1));
        let meter = Arc::new(meter);
        meter.take();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (flag, mark, meter) =
                    (Arc::clone(&flag), Arc::clone(&mark), Arc::clone(&meter));
                thread::spawn(move || {
                    if meter.take().spent && mark.set(GENERATION) {
                        flag.raise();
                    }
                })
            })
            .collect();
        let mut used = 0;
        loop {
            block_on(poll_fn(|cx| flag.poll_raised(cx)));
            flag.lower();
            used += gauge.collect(&meter);
            if mark.take() == Some(GENERATION) {
                used += gauge.collect(&meter);
                break;
            }
        }
        assert!(used >= 2, "the driver would think that the set is not spent");
        for reader in readers {
            reader.join().expect("a reader never panics");
        }
        used += gauge.collect(&meter);
        assert_eq!(used, 3);
    });
}

/// Of two notes the driver hears at least one, and if the other is still there once both are made
/// the flag is up for it.
pub fn a_note_that_stays_has_raised_the_flag() {
    bounded(|| {
        let (flag, mark) = (Arc::new(WakeFlag::new()), Arc::new(Mark::default()));
        flag.lower();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (flag, mark) = (Arc::clone(&flag), Arc::clone(&mark));
                thread::spawn(move || {
                    if mark.set(0) {
                        flag.raise();
                    }
                })
            })
            .collect();
        loop {
            block_on(poll_fn(|cx| flag.poll_raised(cx)));
            flag.lower();
            if mark.take().is_some() {
                break;
            }
        }
        for reader in readers {
            reader.join().expect("a reader never panics");
        }
        if mark.take().is_some() {
            block_on(poll_fn(|cx| flag.poll_raised(cx)));
        }
    });
}

/// Two readers take a use each while the driver re-arms: every use is counted once, and the
/// driver learns of the second whichever way the three interleave.
pub fn no_use_and_no_wake_up_is_lost_to_rearming() {
    rearming(|| Meter::exact(None), |meter, _| meter.take().last);
}

/// The same, with a share for each reader: before the driver re-arms, the end is far.
pub fn no_use_and_no_wake_up_is_lost_to_rearming_shares() {
    rearming(|| Meter::with_shares(None, 2, 2), |meter, share| meter.take_from(share).last);
}

/// `is_last` takes a use as the reader with this number.
fn rearming(meter: fn() -> (Meter, Gauge), is_last: fn(&Meter, usize) -> bool) {
    const DUE_AT: u64 = 2;
    bounded(move || {
        let flag = Arc::new(WakeFlag::new());
        let (meter, mut gauge) = meter();
        let meter = Arc::new(meter);
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                let (flag, meter) = (Arc::clone(&flag), Arc::clone(&meter));
                thread::spawn(move || {
                    if is_last(&meter, reader) {
                        flag.raise();
                    }
                })
            })
            .collect();
        let mut used = 0;
        while used < DUE_AT {
            block_on(poll_fn(|cx| flag.poll_raised(cx)));
            flag.lower();
            loop {
                used += gauge.collect(&meter);
                let left = DUE_AT.checked_sub(used).filter(|&left| left > 0);
                if gauge.rearm(&meter, left) {
                    break;
                }
            }
        }
        for reader in readers {
            reader.join().expect("a reader never panics");
        }
        assert_eq!(used + gauge.collect(&meter), 2);
    });
}

/// Uses that are put into shares, handed on in a batch, and swept up near the end are each counted
/// once, and of those that race for the last one wakes. What the driver sees meanwhile never falls.
pub fn one_use_of_those_in_shares_is_the_last() {
    bounded(|| {
        // With one share of a batch of one, the end is near from two on.
        let (meter, mut gauge) = Meter::with_shares(Some(4), 1, 1);
        let meter = Arc::new(meter);
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let meter = Arc::clone(&meter);
                thread::spawn(move || {
                    (0..2).map(|_| usize::from(meter.take_from(0).last)).sum::<usize>()
                })
            })
            .collect();
        let mut used = gauge.collect(&meter);
        used += gauge.collect(&meter);
        let woken: usize =
            readers.into_iter().map(|r| r.join().expect("a reader never panics")).sum();
        used += gauge.collect(&meter);
        assert_eq!((woken, used), (1, 4));
    });
}

/// Of all the uses that race for the last, one wakes.
pub fn one_use_is_the_last() {
    loom::model(|| {
        let (meter, _) = Meter::exact(Some(2));
        let meter = Arc::new(meter);
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let meter = Arc::clone(&meter);
                thread::spawn(move || usize::from(meter.take().last))
            })
            .collect();
        let here = usize::from(meter.take().last);
        let there: usize =
            readers.into_iter().map(|r| r.join().expect("a reader never panics")).sum();
        assert_eq!(here + there, 1);
    });
}

/// A note by which nobody had to be woken when it was left is seen all the same, if that has changed
/// meanwhile: the driver publishes first, and looks then.
pub fn a_quiet_note_is_not_left_behind() {
    loom::model(|| {
        let (flag, notes) = (Arc::new(WakeFlag::new()), Arc::new(Notes::default()));
        let quiet = Arc::new(AtomicBool::new(true));
        let reader = {
            let (flag, notes, quiet) = (Arc::clone(&flag), Arc::clone(&notes), Arc::clone(&quiet));
            thread::spawn(move || {
                if notes.leave(Miss::Kid, Some("c"), 0) && !quiet.load(Ordering::Acquire) {
                    flag.raise();
                }
            })
        };
        flag.lower();
        let mut taken = notes.take().len();
        quiet.store(false, Ordering::Release);
        if notes.any(|_| true) {
            flag.raise();
        }
        while taken == 0 {
            block_on(poll_fn(|cx| flag.poll_raised(cx)));
            flag.lower();
            taken += notes.take().len();
        }
        reader.join().expect("a reader never panics");
    });
}

fn waiter() -> Waiter {
    let turn = Turn { came: None, left: Duration::MAX };
    Waiter { lack: Lack::Keys, kid: None, generation: 0, turn }
}

/// A caller sees no set, and comes to wait; meanwhile the driver publishes one. It is answered,
/// whichever comes first.
pub fn whoever_comes_while_the_set_is_published_is_answered() {
    bounded(|| {
        let (flag, room) = (Arc::new(WakeFlag::new()), Arc::new(Room::new(2)));
        let (set, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let caller = {
            let (flag, room) = (Arc::clone(&flag), Arc::clone(&room));
            let (set, done) = (Arc::clone(&set), Arc::clone(&done));
            thread::spawn(move || {
                if !set.load(Ordering::Acquire) {
                    let ticket = room.enter(waiter()).expect("there is room");
                    flag.raise();
                    block_on(ticket).expect("the set is published");
                    assert!(set.load(Ordering::Acquire), "answered before it is published");
                }
                done.store(true, Ordering::Release);
                flag.raise();
            })
        };
        set.store(true, Ordering::Release);
        loop {
            flag.lower();
            let mut answers = Answers::default();
            room.look_at(Whom::Arrivals(Time::ZERO), &mut answers, |_, _| Some(Ok(Duration::MAX)));
            answers.give();
            if done.load(Ordering::Acquire) {
                break;
            }
            block_on(poll_fn(|cx| flag.poll_raised(cx)));
        }
        caller.join().expect("a caller never panics");
        assert_eq!(room.len(), 0);
    });
}

/// It may leave before, while, and after the driver has seen it.
pub fn whoever_leaves_while_it_is_answered_leaves_nothing_behind() {
    bounded(|| {
        let room = Arc::new(Room::new(2));
        let ticket_room = Arc::clone(&room);
        let caller = thread::spawn(move || {
            let mut ticket = pin!(ticket_room.enter(waiter()).expect("there is room"));
            let _ = ticket.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        for whom in [Whom::Arrivals(Time::ZERO), Whom::All] {
            let mut answers = Answers::default();
            let sure = matches!(whom, Whom::All);
            room.look_at(whom, &mut answers, |_, _| sure.then_some(Ok(Duration::MAX)));
            answers.give();
        }
        caller.join().expect("a caller never panics");
        assert_eq!((room.len(), room.tally()), (0, Tally::default()));
    });
}

/// The driver is dropped while a caller comes: it is turned away, or released.
pub fn nobody_is_left_in_a_room_that_is_closed() {
    bounded(|| {
        let room = Arc::new(Room::new(2));
        let ticket_room = Arc::clone(&room);
        let caller = thread::spawn(move || {
            if let Ok(ticket) = ticket_room.enter(waiter()) {
                block_on(ticket).expect_err("there is no driver");
            }
        });
        room.close();
        let mut answers = Answers::default();
        room.look_at(Whom::All, &mut answers, |_, _| Some(Err(Error)));
        answers.give();
        caller.join().expect("a caller never panics");
    });
}

/// Every interleaving with at most so many preemptions: with three threads all of them would take
/// minutes.
pub(crate) fn bounded(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}
