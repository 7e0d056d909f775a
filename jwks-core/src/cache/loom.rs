//! Every interleaving of the meter and the wake flag, by loom.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p jwks-core --lib loom`

use std::future::poll_fn;

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use super::meter::Meter;
use super::wake::WakeFlag;

/// The driver waits for the flag, lowers it, and looks; two readers raise it. If a raise could be
/// lost the driver would wait for ever, and loom would say so.
#[test]
fn no_raise_is_lost() {
    loom::model(|| {
        let flag = Arc::new(WakeFlag::new());
        flag.lower();
        let noted = Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (flag, noted) = (Arc::clone(&flag), Arc::clone(&noted));
                thread::spawn(move || {
                    noted.fetch_add(1, loom::sync::atomic::Ordering::Relaxed);
                    flag.raise();
                })
            })
            .collect();
        let mut seen = 0;
        while seen < 2 {
            block_on(poll_fn(|cx| flag.poll_raised(cx)));
            flag.lower();
            seen = noted.load(loom::sync::atomic::Ordering::Relaxed);
        }
        for reader in readers {
            reader.join().expect("a reader never panics");
        }
    });
}

/// Two readers take a use each while the driver re-arms: every use is counted once, and the
/// driver learns of the second whichever way the three interleave.
#[test]
fn no_use_and_no_wake_up_is_lost_to_rearming() {
    const DUE_AT: u64 = 2;
    loom::model(|| {
        let flag = Arc::new(WakeFlag::new());
        let (meter, mut gauge) = Meter::new(None);
        let meter = Arc::new(meter);
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (flag, meter) = (Arc::clone(&flag), Arc::clone(&meter));
                thread::spawn(move || {
                    if meter.take().last {
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

/// Of all the uses that race for the last, one wakes.
#[test]
fn one_use_is_the_last() {
    loom::model(|| {
        let (meter, _) = Meter::new(Some(2));
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
