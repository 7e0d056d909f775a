//! A caller's look at the keys, and its way to better ones.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::error::Decision;
use super::room::{Lack, Refusal, Turn, Waiter};
use super::snapshot::{Reading, Snapshot, Word};
use super::{Error, KeyCache};
use crate::cache::sync::lock;
use crate::keys::{KeySet, Skipped};
use crate::refresh::{Gate, Miss};

/// A caller's question to the keys.
pub(crate) trait Question {
    type Answer;

    /// Whether an accepted answer is a use of the keys, so that it waits where uses wait.
    const IS_USE: bool = true;

    /// The kid that the caller wants, if it names one.
    fn kid(&self) -> Option<&str>;

    /// The answer that no other key could change, at this wall time. It is asked for before a
    /// caller waits and before a miss is counted.
    fn certain_refusal(&mut self, _now: SystemTime) -> Option<Self::Answer> {
        None
    }

    /// May be called again, with other keys.
    fn judge(&mut self, keys: &KeySet, now: SystemTime) -> Judgement<Self::Answer>;
}

/// The answer of the keys to a question.
pub(crate) enum Judgement<A> {
    /// A use: a token that is accepted, or a key that is handed out.
    Accepted(A),
    /// No held key is the requested one; other keys may be.
    Missed(Miss),
    /// An answer that is not a use.
    Refused(A),
}

/// The result of a look.
pub(crate) enum Look<A> {
    Done(A),
    Lacks(Lacking),
}

/// What is lacking, and in which publication.
pub(crate) struct Lacking {
    lack: Lack,
    generation: u64,
    reading: Reading,
    /// The key of the kid that cannot be used.
    skipped: Option<Skipped>,
}

/// What a caller does with a set whose lifetime is over.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Manner {
    /// It uses the set, and asks for a fresh one.
    Asks,
    /// It is told what one who asks would be, and leaves no trace: no use, no miss, no wish.
    Peeks,
    /// It has waited for its fetch, and uses the result.
    Waited,
    /// It waits for a fresh one, before its token is judged.
    Waits,
}

impl KeyCache {
    /// Looks at the keys. If they do not answer the question, waits within `budget` for others, and
    /// looks at those.
    ///
    /// The driver takes a caller all the way to the end of the fetch that answers it. Only a caller
    /// whose token names no held kid can find out, by these keys alone, that it lacks another key
    /// than it has waited for: it waits a second time, for a fetch that begins after it came. And one
    /// whose keys are taken back before it looks waits for others.
    pub(crate) async fn ask<Q: Question>(
        &self,
        budget: Duration,
        question: &mut Q,
    ) -> Result<Q::Answer, Error> {
        match self.ask_first(budget, question)? {
            Look::Done(answer) => Ok(answer),
            Look::Lacks(lacking) => self.ask_on(budget, question, lacking).await,
        }
    }

    /// The first look of [`ask`](Self::ask). Nothing has been done about what is lacking.
    pub(crate) fn ask_first<Q: Question>(
        &self,
        budget: Duration,
        question: &mut Q,
    ) -> Result<Look<Q::Answer>, Error> {
        if budget.is_zero() {
            return self.ask_now(question).map(Look::Done);
        }
        self.look(question, Manner::Waits)
    }

    /// The rest of [`ask`](Self::ask), after a first look that found something lacking.
    pub(crate) async fn ask_on<Q: Question>(
        &self,
        budget: Duration,
        question: &mut Q,
        lacking: Lacking,
    ) -> Result<Q::Answer, Error> {
        if let Some(answer) = self.count_miss(question, &lacking) {
            return Ok(answer);
        }
        let (counts, mut crowded) = (lacking.is_unknown_kid(), false);
        let answer = self.wait_and_look(budget, question, lacking, &mut crowded).await;
        if counts {
            self.shared().observed.missed(answer.as_ref().err(), crowded);
        }
        answer
    }

    /// Waits for what is lacking: a key twice at most, keys as long as the budget lasts. `crowded`:
    /// whether there was no room to wait.
    async fn wait_and_look<Q: Question>(
        &self,
        budget: Duration,
        question: &mut Q,
        lacking: Lacking,
        crowded: &mut bool,
    ) -> Result<Q::Answer, Error> {
        let (mut lacking, mut turn) = (lacking, Turn { came: None, left: budget });
        let mut waited_for_key = false;
        loop {
            let Some(next) = self.wait(&*question, lacking, turn, crowded).await? else {
                return self.ask_now(question);
            };
            turn = next;
            lacking = match self.look(question, Manner::Waited)? {
                Look::Done(answer) => return Ok(answer),
                Look::Lacks(lacking) => lacking,
            };
            // The fetch may have taken so long that this is past its time by now.
            if let Some(answer) = question.certain_refusal(self.wall_now()) {
                return Ok(answer);
            }
            // Keys that came and were taken back, by an invalidation or the end of their trust,
            // are waited for again. One that is lacking in a set is not.
            if lacking.lack == Lack::Keys {
                continue;
            }
            if waited_for_key || lacking.word(turn) != Word::Older {
                return Err(self.refusal(lacking, turn));
            }
            waited_for_key = true;
        }
    }

    /// Looks at the keys once, and requests nothing. `None` if they do not answer the question.
    pub(crate) fn ask_held<Q: Question>(
        &self,
        question: &mut Q,
    ) -> Result<Option<Q::Answer>, Error> {
        Ok(match self.look(question, Manner::Waits)? {
            Look::Done(answer) => Some(answer),
            Look::Lacks(_) => None,
        })
    }

    /// Looks at the keys once, and requests better ones if they do not answer the question.
    pub(crate) fn ask_now<Q: Question>(&self, question: &mut Q) -> Result<Q::Answer, Error> {
        self.ask_once(question, Manner::Asks)
    }

    /// What [`ask_now`](Self::ask_now) would say, without a trace of the question.
    pub(crate) fn peek<Q: Question>(&self, question: &mut Q) -> Result<Q::Answer, Error> {
        self.ask_once(question, Manner::Peeks)
    }

    fn ask_once<Q: Question>(&self, question: &mut Q, manner: Manner) -> Result<Q::Answer, Error> {
        let lacking = match self.look(question, manner)? {
            Look::Done(answer) => return Ok(answer),
            Look::Lacks(lacking) => lacking,
        };
        let refusal = match manner {
            Manner::Peeks => question.certain_refusal(self.wall_now()),
            _ => self.count_miss(question, &lacking),
        };
        if let Some(answer) = refusal {
            return Ok(answer);
        }
        let counts = lacking.is_unknown_kid() && manner != Manner::Peeks;
        let error = self.request(question, lacking, manner);
        if counts {
            self.shared().observed.missed(Some(&error), false);
        }
        Err(error)
    }

    /// Requests what is lacking, for a caller who does not wait, and returns its error.
    fn request<Q: Question>(&self, question: &Q, lacking: Lacking, manner: Manner) -> Error {
        let (shared, now) = (self.shared(), self.wall_now());
        if let Some(error) = shared.no_driver(now) {
            return error;
        }
        let turn = Turn { came: None, left: Duration::ZERO };
        if let Some(error) = self.standing_refusal(question, &lacking, turn, (manner, now)) {
            return error;
        }
        match lacking.lack {
            _ if manner == Manner::Peeks => {}
            Lack::Key(miss) => shared.note_miss(miss, question.kid(), lacking.generation, now),
            Lack::Fresh | Lack::Keys | Lack::Refresh => {
                shared.note(&shared.wanted, lacking.generation);
            }
        }
        self.refusal(lacking, turn)
    }

    /// Waits for a fetch by hand, which begins after this call.
    pub(crate) async fn wait_for_refresh(&self) -> Result<(), Error> {
        let generation = self.shared().snapshot().generation;
        let reading = Reading::default();
        let lacking = Lacking { lack: Lack::Refresh, generation, reading, skipped: None };
        let turn = Turn { came: None, left: Duration::MAX };
        self.wait(&AnyKeys, lacking, turn, &mut false).await.map(drop)
    }

    /// Waits for what is lacking, as long as the caller's budget lasts. None: a fresh set is not to
    /// be had by waiting, and the held one must do.
    async fn wait<Q: Question>(
        &self,
        question: &Q,
        lacking: Lacking,
        turn: Turn,
        crowded: &mut bool,
    ) -> Result<Option<Turn>, Error> {
        let (shared, now) = (self.shared(), self.wall_now());
        let Lacking { lack, generation, .. } = lacking;
        if let Some(error) = shared.no_driver(now) {
            return if lack == Lack::Fresh { Ok(None) } else { Err(error) };
        }
        if let Some(error) = self.standing_refusal(question, &lacking, turn, (Manner::Waits, now)) {
            return Err(error);
        }
        let kid = question.kid().map(Into::into);
        match (shared.room.enter(Waiter { lack, kid, generation, turn }), lack) {
            (Ok(ticket), _) => {
                shared.wake.raise();
                let waited = ticket.await;
                if lack != Lack::Refresh {
                    shared.observed.waited(now, || self.wall_now(), waited.is_ok());
                }
                waited.map(Some)
            }
            (Err(_), Lack::Fresh) => Ok(None),
            (Err(Refusal::Closed), _) => Err(self.stopped()),
            (Err(Refusal::Full), Lack::Key(miss)) => {
                *crowded = true;
                shared.note_miss(miss, question.kid(), generation, now);
                Err(self.refusal(lacking, turn))
            }
            (Err(Refusal::Full), Lack::Keys | Lack::Refresh) => {
                let retry_at = lock(&shared.board).retry_at;
                Err(Error::crowded(retry_at.map(|at| at.max(now))))
            }
        }
    }

    fn look<Q: Question>(
        &self,
        question: &mut Q,
        manner: Manner,
    ) -> Result<Look<Q::Answer>, Error> {
        let (shared, now) = (self.shared(), self.wall_now());
        let snapshot = shared.snapshot();
        if question.kid().is_some_and(|kid| snapshot.denied.contains(kid)) {
            return Err(Error::denied_kid());
        }
        let lacks = |lack| Ok(Look::Lacks(Lacking::in_set(lack, &snapshot)));
        let Some(held) = &snapshot.held else { return lacks(Lack::Keys) };
        // By the cache's own clock, whatever time the caller brings for its token.
        if now >= held.trust_until {
            if manner != Manner::Peeks {
                shared.note(&shared.distrusted, snapshot.generation);
            }
            return lacks(Lack::Keys);
        }
        let over = Q::IS_USE && manner != Manner::Waited && snapshot.is_over();
        let holds = |kid| held.keys.contains(kid);
        if over && manner == Manner::Waits && question.kid().is_none_or(holds) {
            return lacks(Lack::Fresh);
        }
        match question.judge(&held.keys, now) {
            Judgement::Refused(answer) => Ok(Look::Done(answer)),
            Judgement::Missed(miss) => {
                let skipped = question.kid().and_then(|kid| held.keys.skipped_kid(kid));
                let skipped = skipped.filter(|_| miss == Miss::Skipped).cloned();
                let lacking = Lacking::in_set(Lack::Key(miss), &snapshot);
                Ok(Look::Lacks(Lacking { skipped, ..lacking }))
            }
            Judgement::Accepted(answer) if manner == Manner::Peeks => Ok(Look::Done(answer)),
            Judgement::Accepted(answer) => {
                let taken = snapshot.meter().take();
                if taken.last {
                    shared.wake.raise();
                }
                let gate = snapshot.gate();
                let late = gate == Gate::Counted && taken.spent;
                if late && manner == Manner::Waits {
                    return lacks(Lack::Fresh);
                }
                if manner != Manner::Waited && (over || late || gate == Gate::Asking) {
                    shared.note(&shared.wanted, snapshot.generation);
                }
                Ok(Look::Done(answer))
            }
        }
    }

    /// Counts a miss, unless no key could change the answer: that is the answer then.
    fn count_miss<Q: Question>(&self, question: &mut Q, lacking: &Lacking) -> Option<Q::Answer> {
        let refusal = question.certain_refusal(self.wall_now());
        if refusal.is_none() && lacking.is_unknown_kid() {
            self.shared().misses.fetch_add(1, Ordering::Relaxed);
        }
        refusal
    }

    /// The answer that misses get at once while their budget is spent. None: a caller may wait for
    /// the fetch that follows, or the driver has to be asked.
    fn standing_refusal<Q: Question>(
        &self,
        question: &Q,
        lacking: &Lacking,
        turn: Turn,
        (manner, now): (Manner, SystemTime),
    ) -> Option<Error> {
        let (shared, generation) = (self.shared(), lacking.generation);
        let Lack::Key(miss) = lacking.lack else { return None };
        let standing = shared.standing(generation)?;
        let opens_at = standing.opens_at(miss, now)?;
        let by_kid = matches!(miss, Miss::Kid | Miss::Skipped);
        let kid = question.kid().filter(|_| by_kid);
        if kid.is_none_or(|kid| !standing.is_absent(shared.hash_kid(kid))) {
            let in_time = opens_at.duration_since(now).is_ok_and(|pause| pause < turn.left);
            if by_kid && standing.has_room && in_time {
                return None;
            }
            if manner != Manner::Peeks {
                shared.note_miss(miss, question.kid(), generation, now);
            }
        }
        let decision = Decision::Undecided { retry_at: Some(opens_at) };
        Some(Error::unknown_kid(lacking.skipped.clone(), decision))
    }

    /// The error for a caller that lacks this, and does not wait any more.
    fn refusal(&self, lacking: Lacking, turn: Turn) -> Error {
        let shared = self.shared();
        let Lack::Key(miss) = lacking.lack else { return lock(&shared.board).unavailable() };
        let decision = match lacking.word(turn) {
            Word::Final => Decision::Final,
            Word::Inconclusive | Word::Older => {
                let (standing, now) = (shared.standing(lacking.generation), self.wall_now());
                let opens_at = standing.and_then(|all| all.opens_at(miss, now));
                // There is no standing answer while a fetch runs, nor if one may begin now.
                let retry_at = opens_at.or_else(|| shared.fetch_until()).unwrap_or(now).max(now);
                Decision::Undecided { retry_at: Some(retry_at) }
            }
        };
        Error::unknown_kid(lacking.skipped, decision)
    }

    fn stopped(&self) -> Error {
        self.shared().no_driver(self.wall_now()).unwrap_or_else(|| Error::stopped(false))
    }
}

impl Lacking {
    fn in_set(lack: Lack, snapshot: &Snapshot) -> Self {
        let Snapshot { generation, reading, .. } = *snapshot;
        Self { lack, generation, reading, skipped: None }
    }

    const fn is_unknown_kid(&self) -> bool {
        matches!(self.lack, Lack::Key(Miss::Kid | Miss::Skipped))
    }

    /// What the set that was looked at says to a caller who has come so far.
    fn word(&self, turn: Turn) -> Word {
        match (self.lack, turn.came) {
            (Lack::Key(_), Some(came)) => self.reading.word(came),
            _ => Word::Older,
        }
    }
}

/// Asks whether any keys are held. That is not a use of a key.
pub(crate) struct AnyKeys;

impl Question for AnyKeys {
    type Answer = ();
    const IS_USE: bool = false;

    fn kid(&self) -> Option<&str> {
        None
    }

    fn judge(&mut self, _keys: &KeySet, _now: SystemTime) -> Judgement<()> {
        Judgement::Refused(())
    }
}
