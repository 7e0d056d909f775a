//! What an answer will be worth, asked before it is given.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Response;

use super::http::{Answer, judge};
use super::judged::{Asked, Judged};
use super::shared::Shared;

/// The guards that the answer to an exchange will meet, for whoever can choose between answers: an
/// exchange that looks elsewhere first, before it asks the network.
///
/// Asking changes nothing. The answer that is given in the end is judged again, by the same rules.
#[derive(Clone)]
pub struct Guards {
    asked: Arc<Asked>,
    shared: Arc<Shared>,
    wanted: Arc<[Box<str>]>,
}

/// What [`Guards`] say of a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Worth {
    /// It would be taken, and no key is missing in it that a caller waits for.
    Accepted,
    /// It would be taken, but a caller waits for a key that is not in it. That key may not exist:
    /// tokens name whatever their senders like.
    Lacking,
    /// The attempt would fail with it.
    Refused,
}

impl Guards {
    pub(crate) const fn new(
        asked: Arc<Asked>,
        shared: Arc<Shared>,
        wanted: Arc<[Box<str>]>,
    ) -> Self {
        Self { asked, shared, wanted }
    }

    /// What this response would be worth to the cache. It reads the keys in it, which takes about
    /// as long as a dozen validations.
    #[must_use]
    pub fn weigh<B: AsRef<[u8]>>(&self, response: &Response<B>) -> Worth {
        let policy = &self.shared.policy;
        match Judged::response(response, &self.asked, policy, self.shared.wall_now()) {
            Judged::Failed(_) | Judged::NotFound(_) => Worth::Refused,
            Judged::Found(_) | Judged::NotModified(_) => Worth::Accepted,
            Judged::Keys { keys, .. } => {
                let has_all = self.wanted.iter().all(|kid| keys.contains(kid));
                if has_all { Worth::Accepted } else { Worth::Lacking }
            }
        }
    }

    /// Whether a caller waits for a key that the held set lacks, and has named it.
    #[must_use]
    pub fn wants_keys(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// For how long keys would be fresh that came with this response now: what the policy, or with
    /// `http_freshness` the response itself says.
    #[must_use]
    pub fn lifetime<B: AsRef<[u8]>>(&self, response: &Response<B>) -> Duration {
        let policy = &self.shared.policy;
        let own = match judge(response, policy.max_body(), self.shared.wall_now()) {
            Ok(Answer::Keys(terms) | Answer::NotModified(terms)) => terms.lifetime,
            Err(_) => None,
        };
        policy.lifetime_for(own)
    }
}

impl fmt::Debug for Guards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guards").field("wanted", &self.wanted.len()).finish_non_exhaustive()
    }
}
