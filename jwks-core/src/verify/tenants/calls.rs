//! Runs the service's function, within the loop of an adapter. No lock is held while it runs.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::book::Book;
use super::desk::{Answer, Iss, Outcome, Output};
use super::reception::{Reception, Word, give};
use super::resolver::{Answered, Asking, Resolver, Tenant};
use super::told::{Failures, TELL_EVERY};
use super::unresolved::Unresolved;
use crate::cache::{Aside, Later, WakeFlag, refused_issuers, resolver_failed};
use crate::keys::text::Chain;
use crate::refresh::Time;
use crate::verify::issuer::Resolved;
use crate::verify::verifier::Inner;

pub(in crate::verify) struct Calls {
    reception: Arc<Reception>,
    verifier: Weak<Inner>,
    running: Vec<Running>,
    book: Book,
    waker: Waker,
    /// No line about refusals before this.
    tell_at: Time,
    failures: Failures,
}

struct Running {
    iss: Iss,
    text: String,
    /// Never locked: a driver is `Sync`, and a future need not be.
    asking: Mutex<Asking>,
}

/// Wakes the driver that runs the calls.
struct Woken(Arc<Reception>);

impl Calls {
    pub(in crate::verify) fn new(reception: &Arc<Reception>, verifier: Weak<Inner>) -> Self {
        let reception = Arc::clone(reception);
        let book = Book::new(&reception.resolver, &reception.seats);
        let waker = Waker::from(Arc::new(Woken(Arc::clone(&reception))));
        let (running, failures) = (Vec::new(), Failures::default());
        Self { reception, verifier, running, book, waker, tell_at: Time::ZERO, failures }
    }

    /// Does what the desk says is due.
    fn advance(&mut self, now: Time, inner: &Inner, words: &mut BTreeMap<Iss, Word>) {
        let due = |at: Option<Time>| at.is_some_and(|at| at <= now);
        let is_due = due(self.reception.lock().desk.poll_timeout());
        let used = if is_due { self.book.take_uses() } else { Vec::new() };
        let (outputs, mut texts) = {
            let mut state = self.reception.lock();
            used.into_iter().for_each(|iss| state.desk.handle_use(now, iss));
            let mut outputs = state.take_given_up();
            if is_due {
                outputs.extend(state.desk.handle_timeout(now));
            }
            (outputs, std::mem::take(&mut state.texts))
        };
        self.act(outputs, inner, words, &mut texts);
        // Callers who came meanwhile have put theirs there.
        if !texts.is_empty() {
            self.reception.lock().texts.extend(texts);
        }
    }

    fn act(
        &mut self,
        outputs: Vec<Output>,
        inner: &Inner,
        words: &mut BTreeMap<Iss, Word>,
        texts: &mut BTreeMap<Iss, String>,
    ) {
        for output in outputs {
            match output {
                Output::Call(iss) => {
                    let text = self.book.text(iss).or_else(|| texts.remove(&iss));
                    texts.remove(&iss);
                    let text = text.unwrap_or_default();
                    let asking = self.reception.resolver.ask(text.clone());
                    let asking =
                        asking.unwrap_or_else(|| Box::pin(async { Err("it panicked".into()) }));
                    self.running.push(Running { iss, text, asking: Mutex::new(asking) });
                }
                Output::Evict(id) => self.book.evict(inner, &id),
                Output::GiveUp(iss, outcome) => {
                    self.running.retain(|running| running.iss != iss);
                    self.failures.note("it took longer than `call_timeout`", "");
                    self.told(iss, &outcome, inner, words);
                }
                Output::Withdraw { iss, for_good } => self.book.withdraw(inner, iss, for_good),
            }
        }
    }

    /// Polls the calls. False: none has ended.
    fn poll_calls(&mut self, now: Time, inner: &Inner, words: &mut BTreeMap<Iss, Word>) -> bool {
        let mut ended = Vec::new();
        let (waker, mut kept) = (self.waker.clone(), Vec::new());
        for mut running in std::mem::take(&mut self.running) {
            let mut cx = Context::from_waker(&waker);
            let asking = running.asking.get_mut().unwrap_or_else(PoisonError::into_inner);
            let poll = || asking.as_mut().poll(&mut cx);
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(Poll::Pending) => kept.push(running),
                Ok(Poll::Ready(answer)) => ended.push((running, answer)),
                Err(_panicked) => ended.push((running, Err("it panicked".into()))),
            }
        }
        self.running = kept;
        let any = !ended.is_empty();
        for (running, answer) in ended {
            self.answered(now, &running, answer, inner, words);
        }
        any
    }

    fn answered(
        &mut self,
        now: Time,
        running: &Running,
        answer: Answered,
        inner: &Inner,
        words: &mut BTreeMap<Iss, Word>,
    ) {
        let iss = running.iss;
        let answer = answer.map_err(|error| Chain(&*error).to_string());
        let settled = answer.and_then(|tenant| {
            let settle = |tenant| settings(&self.reception.resolver, tenant, &running.text);
            tenant.map(settle).transpose()
        });
        let (answer, settings) = match settled {
            Err(why) => {
                self.failures.note(&why, &running.text);
                (Answer::Failed, None)
            }
            Ok(None) => (Answer::No, None),
            Ok(Some((id, resolved))) => (Answer::Yes(Arc::clone(&id)), Some((id, resolved))),
        };
        let mut outputs = Vec::new();
        let outcome = {
            let book = &self.book;
            let mut state = self.reception.lock();
            let is_failed = |id: &Arc<str>| book.is_failed(id);
            state.desk.handle_answer(now, iss, answer, is_failed, &mut outputs)
        };
        self.act(outputs, inner, words, &mut BTreeMap::new());
        if let (Outcome::Admitted { .. }, Some((id, resolved))) = (&outcome, settings) {
            self.book.admit(inner, iss, &id, resolved);
        }
        if let Outcome::Full { until } = outcome {
            let wait = until.saturating_since(now);
            let retry_at = (inner.clock)().checked_add(wait.min(RETRY_FULL));
            words.insert(iss, Word::Unresolved(Unresolved::full(retry_at)));
            return;
        }
        self.told(iss, &outcome, inner, words);
    }

    fn told(
        &mut self,
        iss: Iss,
        outcome: &Outcome,
        inner: &Inner,
        words: &mut BTreeMap<Iss, Word>,
    ) {
        let word = match outcome {
            Outcome::Late | Outcome::Full { .. } => return,
            Outcome::Admitted { .. } => Word::Look(Duration::ZERO),
            Outcome::ServesOn => {
                self.book.restore(inner, iss);
                Word::Look(Duration::ZERO)
            }
            Outcome::Refused => Word::Refused,
            Outcome::Busy => self.busy(inner),
        };
        words.insert(iss, word);
    }

    fn busy(&self, inner: &Inner) -> Word {
        Word::Unresolved(Unresolved::busy(self.reception.soon((inner.clock)())))
    }

    /// Tells of failures and refusals, now and then. Gives the time at which there is more to tell.
    fn tell(&mut self, now: Time) -> Option<Time> {
        if let Some((times, why)) = self.failures.due(now) {
            resolver_failed(times, &why);
        }
        self.tell_refusals(now).into_iter().chain(self.failures.next()).min()
    }

    fn tell_refusals(&mut self, now: Time) -> Option<Time> {
        let refused = self.reception.take_refusals();
        if refused == 0 {
            return None;
        }
        if now < self.tell_at {
            self.reception.count_refusals(refused);
            return Some(self.tell_at);
        }
        self.tell_at = now + TELL_EVERY;
        refused_issuers(refused);
        None
    }
}

impl Aside for Calls {
    fn poll(&mut self, now: Time) -> Later {
        self.reception.wake.lower();
        if self.reception.is_abandoned() {
            return Later::Never;
        }
        let Some(inner) = self.verifier.upgrade() else { return Later::Never };
        self.reception.set_polled();
        let mut words = BTreeMap::new();
        for round in 0.. {
            self.advance(now, &inner, &mut words);
            if !self.poll_calls(now, &inner, &mut words) {
                break;
            }
            if round == ROUNDS {
                // Callers come as fast as they are answered: others have their turn first.
                self.reception.wake.raise();
                break;
            }
        }
        let busy = self.busy(&inner);
        let (leaving, next) = {
            let mut state = self.reception.lock();
            let leaving = state.leaving(now, &words, || busy.clone());
            (leaving, state.desk.poll_timeout().into_iter().chain(state.next_end()).min())
        };
        let refused = leaving.iter().filter(|(_, word)| matches!(word, Word::Refused));
        self.reception.count_refusals(refused.count() as u64);
        give(leaving);
        let tell_at = self.tell(now);
        Later::At(next.into_iter().chain(tell_at).min())
    }

    fn wake(&self) -> &WakeFlag {
        &self.reception.wake
    }
}

/// What the service has given, in good order and for this `iss`; or why that cannot work, without
/// the `iss`.
fn settings(
    resolver: &Resolver,
    tenant: Tenant,
    text: &str,
) -> Result<(Arc<str>, Resolved), String> {
    let Tenant { id, issuer } = tenant;
    let not = |why: &dyn fmt::Display| format!("the issuer that it returned cannot work: {why}");
    let mut resolved = issuer.resolve().map_err(|error| not(&error.words()))?;
    if resolved.expectations.templated().is_some() {
        return Err(not(&"its `iss` is a template, and must be that of the token"));
    }
    if !resolved.expectations.is_issuer(text) {
        return Err(not(&"its `iss` is another one than that of the token"));
    }
    resolved.expectations = resolved.expectations.only(text);
    let bounded = |source| resolver.bounded(source).map_err(|error| not(&error));
    resolved.cache = resolved.cache.try_with_source(bounded)?;
    Ok((id, resolved))
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.wake.raise();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake.raise();
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.reception.stop();
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").field("running", &self.running.len()).finish_non_exhaustive()
    }
}

/// Rounds of one poll.
const ROUNDS: usize = 8;

/// Where all places are taken, try again no later than after this.
const RETRY_FULL: Duration = Duration::from_secs(60);
