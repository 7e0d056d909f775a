//! What an adapter does first, for drivers that are polled by hand.

use std::time::UNIX_EPOCH;

use jwks_core::adapter::{Driver, Env, Start};

/// The handle, and its drivers: `[driver]`, or a `Vec` of them. The clock is the builder's own, or
/// stands at the epoch; the jitter is the same in every run.
pub(crate) fn built<B: Start, D: TryFrom<Vec<Driver>>>(builder: B) -> (B::Handle, D) {
    let built = builder.build(Env::new(|| UNIX_EPOCH).seed(7));
    let (handle, mut drivers) = built.expect("settings that work");
    let Ok(drivers) = D::try_from(drivers.take_ready()) else {
        panic!("another number of drivers")
    };
    (handle, drivers)
}
