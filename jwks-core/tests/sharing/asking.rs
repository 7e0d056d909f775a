//! What callers ask of a world, and what they get.

use std::future::Future;
use std::time::Duration;

use jwks_core::cache::Error;

use crate::callers::Caller;
use crate::world::World;

impl World {
    /// A caller of any kind, polled once at once.
    pub(crate) fn spawn(
        &mut self,
        budget: Duration,
        future: impl Future<Output = Result<String, Error>> + 'static,
    ) -> usize {
        let mut caller = Caller::new(self.now, budget, future);
        caller.poll(self.now);
        self.callers.push(caller);
        self.callers.len() - 1
    }

    /// A caller who wants the key `kid`.
    pub(crate) fn call(&mut self, kid: &str, budget: Duration) -> usize {
        let (cache, kid) = (self.cache.clone(), kid.to_owned());
        let (wants, sent_before) = (Some(kid.clone()), self.sent.len());
        let caller = self.spawn(budget, async move {
            cache
                .with_keys_within(budget, &kid, |keys| {
                    keys.next().unwrap().kid().unwrap().to_owned()
                })
                .await
        });
        self.callers[caller].wants = wants;
        self.callers[caller].sent_before = sent_before;
        self.judge(caller);
        caller
    }

    pub(crate) fn refresh(&mut self) -> usize {
        let cache = self.cache.clone();
        self.spawn(Duration::MAX, async move { cache.refresh().await.map(|()| String::new()) })
    }

    /// A read that never waits.
    pub(crate) fn read(&self, kid: &str) -> Result<String, Error> {
        self.cache.try_with_keys(kid, |keys| keys.next().unwrap().kid().unwrap().to_owned())
    }

    pub(crate) fn cancel(&mut self, caller: usize) {
        self.callers[caller].cancel();
    }

    /// Whether the caller has an answer.
    pub(crate) fn done(&self, caller: usize) -> bool {
        self.callers[caller].outcome.is_some()
    }

    /// The outcome of a caller, who must have one.
    pub(crate) fn outcome(&self, caller: usize) -> &Result<String, Error> {
        &self.callers[caller].outcome.as_ref().expect("the caller has been left behind").1
    }

    /// What a caller was told, who must have an answer.
    pub(crate) fn told(&self, caller: usize) -> &str {
        self.outcome(caller).as_deref().unwrap()
    }

    /// How long the caller waited.
    pub(crate) fn waited(&self, caller: usize) -> Duration {
        let caller = &self.callers[caller];
        caller.outcome.as_ref().expect("the caller has been left behind").0 - caller.began
    }
}
