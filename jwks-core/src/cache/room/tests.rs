use std::future::Future as _;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::*;
use crate::cache::Error;
use crate::refresh::Miss;

const SECOND: Duration = Duration::from_secs(1);

fn waiter(lack: Lack, left: Duration) -> Waiter {
    Waiter { lack, kid: None, generation: 0, turn: Turn { came: None, left } }
}

fn keys(room: &Room) -> Ticket<'_> {
    room.enter(waiter(Lack::Keys, SECOND)).unwrap()
}

fn answered(ticket: &mut Ticket<'_>) -> Option<Result<Turn, Error>> {
    match Pin::new(ticket).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

fn at(seconds: u64) -> Time {
    Time::from_origin(Duration::from_secs(seconds))
}

fn see_all(room: &Room) -> usize {
    let mut seen = 0;
    room.look_at(Whom::Arrivals(at(0)), &mut Answers::default(), |_, _| {
        seen += 1;
        None
    });
    seen
}

#[test]
fn each_arrival_is_looked_at_once() {
    let room = Room::new(10);
    let first = keys(&room);
    assert_eq!(see_all(&room), 1);
    let (second, third) = (keys(&room), keys(&room));
    drop(second);
    assert_eq!(see_all(&room), 1);
    assert_eq!(see_all(&room), 0);
    drop((first, third));
    assert_eq!(room.len(), 0);
}

#[test]
fn who_leaves_is_forgotten_though_nobody_looks() {
    let room = Room::new(1);
    for _ in 0..1000 {
        drop(keys(&room));
    }
    let seats = lock(&room.seats);
    assert!(seats.callers.is_empty() && seats.deadlines.is_empty());
    assert_eq!(seats.tally, Tally::default());
}

#[test]
fn budgets_end_in_their_order() {
    let room = Room::new(10);
    let budgets = [3, 1, u64::MAX, 2];
    let mut tickets =
        budgets.map(|s| room.enter(waiter(Lack::Keys, Duration::from_secs(s))).unwrap());
    assert_eq!(room.next_deadline(), None, "budgets count from when the driver has seen them");
    let mut answers = Answers::default();
    room.look_at(Whom::Arrivals(at(10)), &mut answers, |_, _| None);
    assert_eq!(room.next_deadline(), Some(at(11)));
    room.look_at(Whom::Due(at(12)), &mut answers, |seat, _| Some(Ok(seat.left(at(11)))));
    answers.give();
    let left = tickets.each_mut().map(|ticket| answered(ticket).map(|turn| turn.unwrap().left));
    assert_eq!(left, [None, Some(Duration::ZERO), None, Some(SECOND)]);
    assert_eq!((room.next_deadline(), room.len()), (Some(at(13)), 2));
}

#[test]
fn who_waits_for_ever_is_never_due() {
    let room = Room::new(10);
    let _ticket = room.enter(waiter(Lack::Keys, Duration::MAX)).unwrap();
    let mut answers = Answers::default();
    room.look_at(Whom::Arrivals(at(10)), &mut answers, |_, _| None);
    assert_eq!(room.next_deadline(), None);
    room.look_at(Whom::All, &mut answers, |_, _| None);
    assert_eq!(room.next_deadline(), None);
    room.look_at(Whom::Due(Time::MAX), &mut answers, |_, _| panic!("nobody is due"));
}

#[test]
fn the_kids_that_callers_wait_for_are_told_up_to_a_bound() {
    let room = Room::new(10);
    let wait = |kid: &str| {
        let waiter = waiter(Lack::Key(Miss::Kid), SECOND);
        room.enter(Waiter { kid: Some(kid.into()), ..waiter }).unwrap()
    };
    let _tickets = ["c", "a", "b", "c"].map(wait);
    let kids = |most| room.kids(most, |kid| kid != "a").into_iter().collect::<Vec<_>>();
    assert_eq!(kids(9), ["b".into(), "c".into()]);
    assert_eq!(kids(1).len(), 1);
}

#[test]
fn misses_take_half_of_the_room_at_most() {
    let room = Room::new(5);
    let miss = || room.enter(waiter(Lack::Key(Miss::Kid), SECOND));
    let strangers: Vec<_> = (0..3).map(|_| miss().unwrap()).collect();
    assert_eq!(miss().err(), Some(Refusal::Full));
    let others = [keys(&room), keys(&room)];
    assert_eq!(room.enter(waiter(Lack::Keys, SECOND)).err(), Some(Refusal::Full));
    drop(strangers);
    drop(miss().unwrap());
    drop(others);
}

#[test]
fn the_undecided_are_counted_until_a_fetch_begins() {
    let room = Room::new(10);
    let miss = || room.enter(waiter(Lack::Key(Miss::Kid), SECOND)).unwrap();
    let mut tickets: Vec<_> = (0..3).map(|_| miss()).collect();
    let mut answers = Answers::default();
    let mut others = Vec::new();
    room.look_at(Whom::Arrivals(at(0)), &mut answers, |seat, tally| {
        others.push(tally.undecided);
        seat.undecided = true;
        None
    });
    assert_eq!(others, [0, 1, 2]);
    drop(tickets.pop());
    assert_eq!(room.tally().undecided, 2);
    assert_eq!(room.begin_fetch(), 1);
    assert_eq!(room.tally().undecided, 0);
    let late = miss();
    assert_eq!((tickets[0].came, late.came), (0, 1));
    room.look_at(Whom::All, &mut answers, |_, _| None);
    drop(tickets);
    drop(late);
    assert_eq!(room.tally(), Tally::default());
}

#[test]
fn a_caller_who_waits_again_keeps_when_it_came() {
    let room = Room::new(10);
    let turn = Turn { came: Some(0), left: SECOND };
    room.begin_fetch();
    let again = Waiter { turn, ..waiter(Lack::Keys, SECOND) };
    assert_eq!(room.enter(again).unwrap().came, 0);
    assert_eq!(keys(&room).came, 1);
}

#[test]
fn a_closed_room_lets_nobody_in() {
    let room = Room::new(10);
    let mut ticket = keys(&room);
    room.close();
    let mut answers = Answers::default();
    // Those whom the driver has not seen, too.
    room.look_at(Whom::All, &mut answers, |_, _| Some(Err(Error::stopped(false))));
    answers.give();
    assert!(answered(&mut ticket).unwrap().is_err());
    assert_eq!(room.enter(waiter(Lack::Keys, SECOND)).err(), Some(Refusal::Closed));
}

/// A waker whose every operation comes back to the room, as one of an executor may whose tasks
/// are dropped with their last waker.
struct Meddler(Arc<Room>);

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        drop(keys(&self.0));
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        drop(keys(&self.0));
    }
}

#[test]
fn no_waker_is_touched_under_the_lock() {
    let room = Arc::new(Room::new(10));
    let meddler = || Waker::from(Arc::new(Meddler(Arc::clone(&room))));
    let mut ticket = pin!(keys(&room));
    for _ in 0..3 {
        // Each takes the place of the one before it, which is dropped.
        assert!(ticket.as_mut().poll(&mut Context::from_waker(&meddler())).is_pending());
    }
    let mut answers = Answers::default();
    see_all(&room);
    room.look_at(Whom::All, &mut answers, |_, _| Some(Ok(SECOND)));
    answers.give();
    assert!(ticket.as_mut().poll(&mut Context::from_waker(&meddler())).is_ready());
    let mut gone = Box::pin(keys(&room));
    assert!(gone.as_mut().poll(&mut Context::from_waker(&meddler())).is_pending());
    drop(gone);
}

#[test]
fn a_waker_that_panics_keeps_nobody_waiting() {
    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {
            panic!("the executor's own fault");
        }
    }
    #[derive(Default)]
    struct Count(std::sync::atomic::AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let room = Room::new(10);
    let count = Arc::new(Count::default());
    let wakers = [Waker::from(Arc::new(Bomb)), Waker::from(Arc::clone(&count))];
    let mut tickets = wakers.each_ref().map(|_| Box::pin(keys(&room)));
    for (ticket, waker) in tickets.iter_mut().zip(&wakers) {
        assert!(ticket.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    see_all(&room);
    let mut answers = Answers::default();
    room.look_at(Whom::All, &mut answers, |_, _| Some(Ok(SECOND)));
    answers.give();
    assert_eq!(count.0.load(std::sync::atomic::Ordering::Relaxed), 1);
}
