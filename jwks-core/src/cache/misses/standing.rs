//! What readers know of misses without a lock.

use std::sync::Arc;
use std::time::SystemTime;

use crate::refresh::Miss;

/// The standing answer to misses while no fetch is in flight and their budget is spent.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Of this publication: of another it says nothing.
    pub(crate) generation: u64,
    pub(crate) terms: [Terms; 4],
    /// The kids, hashed and in order, that the issuer has just said it does not have.
    pub(crate) absent: Arc<[u64]>,
    /// Another caller may wait for that fetch.
    pub(crate) has_room: bool,
}

/// From when on a class of misses may cause a fetch; none if it may now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) miss: Miss,
    pub(crate) opens_at: Option<SystemTime>,
    /// By then a fetch begins by itself: nobody need be woken for another miss of that class.
    pub(crate) followed: bool,
}

impl Standing {
    /// From when on such a miss may cause a fetch; none if it may at `now`.
    pub(crate) fn opens_at(&self, miss: Miss, now: SystemTime) -> Option<SystemTime> {
        self.terms(miss)?.opens_at.filter(|at| *at > now)
    }

    /// Whether such a miss may cause a fetch at `now`, and might not when this was published.
    pub(crate) fn has_ended(&self, miss: Miss, now: SystemTime) -> bool {
        let opens_at = self.terms(miss).and_then(|terms| terms.opens_at);
        opens_at.is_some_and(|at| at <= now)
    }

    /// Whether a fetch follows such a miss although nobody is woken.
    pub(crate) fn is_followed(&self, miss: Miss) -> bool {
        self.terms(miss).is_some_and(|terms| terms.followed)
    }

    pub(crate) fn is_absent(&self, kid: u64) -> bool {
        self.absent.binary_search(&kid).is_ok()
    }

    fn terms(&self, miss: Miss) -> Option<&Terms> {
        self.terms.iter().find(|terms| terms.miss == miss)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_class_opens_at_its_instant() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(9);
        let before = at - Duration::from_nanos(1);
        let terms = |miss, opens_at| Terms { miss, opens_at, followed: false };
        let standing = Standing {
            generation: 1,
            terms: [
                terms(Miss::Kid, Some(at)),
                terms(Miss::Kidless, None),
                terms(Miss::Signature, None),
                terms(Miss::Skipped, None),
            ],
            absent: Arc::new([]),
            has_room: true,
        };
        for (now, opens_at) in [(before, Some(at)), (at, None), (at + Duration::from_secs(1), None)]
        {
            assert_eq!(standing.opens_at(Miss::Kid, now), opens_at);
            assert_eq!(standing.has_ended(Miss::Kid, now), opens_at.is_none());
        }
        // What was open when this was published has not opened since.
        assert_eq!(standing.opens_at(Miss::Kidless, at), None);
        assert!(!standing.has_ended(Miss::Kidless, at));
    }
}
