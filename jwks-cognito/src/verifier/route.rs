//! What one route demands beyond the settings of the pools.

use std::time::{Duration, SystemTime};

use crate::check::{Clients, Demands};
use crate::pool::OwnCheck;

/// The demands of a call. By default there are none.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) demands: Demands,
    pub(super) checks: Vec<OwnCheck>,
    pub(super) nonce: Option<Box<str>>,
    pub(super) budget: Option<Duration>,
    pub(super) time: Option<SystemTime>,
}

impl Default for Route {
    fn default() -> Self {
        let demands = Demands { clients: Clients::Any, ..Demands::default() };
        Self { demands, checks: Vec::new(), nonce: None, budget: None, time: None }
    }
}
