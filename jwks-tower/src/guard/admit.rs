//! The guard without its layer: for any framework.

use std::sync::Arc;

use super::Guard;
use super::judge::First;
use crate::{Caller, Head, Refused, grpc};

impl<T: Send + Sync + 'static, B> Guard<T, B> {
    /// Judges a request by its head, for a framework without tower's layers. `None`: nothing was
    /// presented, and the guard is [optional](Self::optional).
    ///
    /// # Errors
    ///
    /// The request is refused; [`Refused::answer`] says what to answer.
    pub async fn admit(&self, head: &Head<'_>) -> Result<Option<Caller<T>>, Refused> {
        let shared = &self.shared;
        let admitted = match shared.look(head) {
            First::Now(done) => done,
            First::Later(later) => Arc::clone(shared).settle(later).await.map(Some),
        };
        admitted
            .map_err(|refusal| shared.protection.refuse(refusal, grpc::answered_as(head.headers)))
    }

    /// Judges a token that you have taken from the request, by
    /// [`bearer_token`](crate::bearer_token) for one. A token that is bound to a certificate is
    /// refused here, for there is no request to tell the client's.
    ///
    /// # Errors
    ///
    /// As [`admit`](Self::admit).
    pub async fn admit_token(&self, token: &str) -> Result<Caller<T>, Refused> {
        let shared = &self.shared;
        let admitted = match shared.look_at(token, None) {
            First::Now(Ok(Some(caller))) => Ok(caller),
            First::Now(Ok(None)) => Err(crate::Refusal::no_credential()),
            First::Now(Err(refusal)) => Err(refusal),
            First::Later(later) => Arc::clone(shared).settle(later).await,
        };
        admitted.map_err(|refusal| shared.protection.refuse(refusal, None))
    }

    /// A refusal that you have found yourself, told as the guard tells its own.
    #[must_use]
    pub fn refuse(&self, refusal: crate::Refusal) -> Refused {
        self.shared.protection.refuse(refusal, None)
    }
}
