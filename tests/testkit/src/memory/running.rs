//! One driver, and the fetch that it has asked for.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use jwks_core::adapter::{Action, Driver, Time};

use super::exchange::Exchange;
use crate::TestIssuer;

#[derive(Debug)]
pub(super) struct Running {
    driver: Driver,
    flight: Option<Exchange>,
    /// When the driver wants to be polled.
    wait: Option<Time>,
}

impl Running {
    pub(super) const fn new(driver: Driver) -> Self {
        Self { driver, flight: None, wait: None }
    }

    /// Lets everything happen that is due; false: the driver has nothing to do any more.
    pub(super) fn settle(&mut self, now: Time, issuers: &[TestIssuer]) -> bool {
        loop {
            if let Some(exchange) = self.flight.take_if(|exchange| exchange.is_due(now)) {
                exchange.end();
            }
            match self.driver.poll(now) {
                // In place of the one before it, which ends by being dropped.
                Action::Fetch(fetch) => self.flight = Some(Exchange::begin(fetch, now, issuers)),
                Action::Stop => return false,
                Action::Wait(at) => {
                    self.wait = at;
                    let due = self.flight.as_ref().is_some_and(|exchange| exchange.is_due(now));
                    if !due && !self.is_woken() {
                        return true;
                    }
                }
            }
        }
    }

    /// When there is something to do, after a wait.
    pub(super) fn next(&self) -> Option<Time> {
        self.wait.into_iter().chain(self.flight.as_ref().and_then(Exchange::due)).min()
    }

    fn is_woken(&self) -> bool {
        pin!(self.driver.woken()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }
}
