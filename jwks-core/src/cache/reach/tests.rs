use core::cell::{Cell, RefCell};
use core::future::{pending, ready};
use core::task::Waker;
use std::rc::Rc;

use super::*;

const LONG: Duration = Duration::from_secs(5);

/// 10.0.0.N, and fd00::N beyond 100.
fn address(n: u8) -> SocketAddr {
    let ip = if n > 100 { format!("[fd00::{n}]:443") } else { format!("10.0.0.{n}:443") };
    ip.parse().unwrap()
}

fn addresses(of: &[u8]) -> Vec<SocketAddr> {
    of.iter().copied().map(address).collect()
}

fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[test]
fn the_first_is_enough() {
    let connect = |address| ready(Ok::<_, BoxError>(address));
    let reached = reach(addresses(&[1, 2]), LONG, connect, |_| pending());
    assert_eq!(now(reached).unwrap().unwrap(), address(1));
}

#[test]
fn one_that_refuses_is_passed_over_at_once() {
    let connect =
        |to| ready(if to == address(3) { Ok::<_, BoxError>(to) } else { Err("refused".into()) });
    let reached = reach(addresses(&[1, 2, 3]), LONG, connect, |_| pending());
    assert_eq!(now(reached).unwrap().unwrap(), address(3));
}

#[test]
fn one_that_is_silent_is_passed_over_after_a_pause() {
    let connect = async |to| match to == address(3) {
        true => Ok::<_, BoxError>(to),
        false => pending().await,
    };
    let pauses = RefCell::new(Vec::new());
    for (left, pause) in [(600, 100), (1500, 250), (60_000, 250), (0, 0)] {
        pauses.take();
        let sleep = |pause| {
            pauses.borrow_mut().push(pause);
            ready(())
        };
        let left = Duration::from_millis(left);
        let reached = reach(addresses(&[1, 2, 3]), left, connect, sleep);
        assert_eq!(now(reached).unwrap().unwrap(), address(3));
        assert_eq!(*pauses.borrow(), [Duration::from_millis(pause); 2]);
        // Not a moment before the pause is over.
        assert!(now(reach(addresses(&[1, 2, 3]), left, connect, |_| pending())).is_none());
    }
}

#[test]
fn a_slow_one_still_wins_and_the_others_are_dropped() {
    let held = Rc::new(());
    let open = Cell::new(false);
    let connect = |to| {
        let (open, held) = (&open, Rc::clone(&held));
        async move {
            poll_fn(
                |_| if open.get() && to == address(1) { Poll::Ready(()) } else { Poll::Pending },
            )
            .await;
            drop(held);
            Ok::<_, BoxError>(to)
        }
    };
    let mut reached = pin!(reach(addresses(&[1, 2, 3]), LONG, connect, |_| ready(())));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(reached.as_mut().poll(&mut cx).is_pending());
    assert_eq!(Rc::strong_count(&held), 4, "all are tried");
    open.set(true);
    let Poll::Ready(Ok(winner)) = reached.as_mut().poll(&mut cx) else { panic!("not reached") };
    assert_eq!((winner, Rc::strong_count(&held)), (address(1), 1));
}

#[test]
fn the_families_take_turns() {
    for (given, order) in [
        (&[101, 102, 103, 1, 2][..], &[101, 1, 102, 2, 103][..]),
        (&[1, 101, 2, 3], &[1, 101, 2, 3]),
        (&[1, 2], &[1, 2]),
        (&[101], &[101]),
        (&[], &[]),
    ] {
        let tried = RefCell::new(Vec::new());
        let connect = |to| {
            tried.borrow_mut().push(to);
            ready(Err::<(), BoxError>("refused".into()))
        };
        now(reach(addresses(given), LONG, connect, |_| pending())).unwrap().unwrap_err();
        assert_eq!(*tried.borrow(), addresses(order));
    }
}

#[test]
fn what_became_of_each_is_told() {
    for (count, told) in [
        (0, "the name has no address"),
        (1, "refused"),
        (2, "10.0.0.1:443: refused; 10.0.0.2:443: refused"),
        (
            6,
            "10.0.0.1:443: refused; 10.0.0.2:443: refused; 10.0.0.3:443: refused; \
             10.0.0.4:443: refused; and 2 more",
        ),
        (
            99,
            "10.0.0.1:443: refused; 10.0.0.2:443: refused; 10.0.0.3:443: refused; \
             10.0.0.4:443: refused; and 12 more",
        ),
    ] {
        let connect = |_| ready(Err::<(), BoxError>("refused".into()));
        let to: Vec<u8> = (1..=count).collect();
        let error = now(reach(addresses(&to), LONG, connect, |_| pending())).unwrap().unwrap_err();
        assert_eq!(error.to_string(), told);
        assert!(error.source().is_none());
    }
}
