mod any;
mod kept;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use super::desk::{Answer, Asked, Desk, Id, Iss, Outcome, Output};
use super::limits::Limits;
use crate::refresh::Time;

/// A desk, and what somebody who does what it says would have.
struct World {
    desk: Desk,
    now: Time,
    /// The running calls.
    calls: Vec<Iss>,
    /// What serves, and of which issuer it is.
    serving: Vec<(Iss, Id)>,
    /// The issuers that are kept.
    kept: Vec<Id>,
    /// What was withdrawn or evicted.
    gone: Vec<Output>,
    /// What those are told who waited in vain for a call.
    gave_up: Vec<(Iss, Outcome)>,
    begun: usize,
    failed: Vec<Id>,
    /// The last yes to each, whether it serves or not.
    yes: Vec<(Iss, Id)>,
}

impl World {
    fn new(limits: Limits) -> Self {
        Self {
            desk: Desk::new(limits),
            now: Time::ZERO,
            calls: Vec::new(),
            serving: Vec::new(),
            kept: Vec::new(),
            gone: Vec::new(),
            gave_up: Vec::new(),
            begun: 0,
            failed: Vec::new(),
            yes: Vec::new(),
        }
    }

    fn ask(&mut self, iss: u64) -> Asked {
        let asked = self.desk.ask(Iss(iss));
        self.run();
        asked
    }

    /// Lets everything happen that happens now.
    fn run(&mut self) {
        if self.desk.poll_timeout().is_some_and(|at| at <= self.now) {
            let outputs = self.desk.handle_timeout(self.now);
            self.take(outputs);
        }
        assert!(self.desk.poll_timeout().is_none_or(|at| at > self.now), "a busy loop");
    }

    /// Lets so much time pass, through all that happens until then.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.desk.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.run();
        }
        self.now = until;
        self.run();
    }

    /// Lets so much time pass in which these are used all the time.
    fn pass_using(&mut self, time: Duration, used: &[u64]) {
        let until = self.now + time;
        while self.now < until {
            used.iter().for_each(|iss| self.desk.handle_use(self.now, Iss(*iss)));
            self.pass(Duration::from_secs(1).min(until.saturating_since(self.now)));
        }
    }

    fn answer(&mut self, iss: u64, answer: Answer) -> Outcome {
        let iss = Iss(iss);
        let (failed, mut outputs) = (&self.failed, Vec::new());
        let is_failed = |id: &Id| failed.contains(id);
        let outcome =
            self.desk.handle_answer(self.now, iss, answer.clone(), is_failed, &mut outputs);
        if outcome != Outcome::Late {
            let place = self.calls.iter().position(|call| *call == iss).expect("it was asked");
            self.calls.remove(place);
        }
        self.take(outputs);
        self.told(iss, &outcome, Some(answer));
        self.run();
        outcome
    }

    fn yes(&mut self, iss: u64, id: &str) -> Outcome {
        self.answer(iss, Answer::Yes(id.into()))
    }

    /// Asks, and says yes.
    fn admit(&mut self, iss: u64, id: &str) -> Outcome {
        assert_eq!(self.ask(iss), Asked::Begins);
        self.yes(iss, id)
    }

    fn serves(&self, iss: u64) -> bool {
        self.serving.iter().any(|(serving, _)| *serving == Iss(iss))
    }

    fn keeps(&self, id: &str) -> bool {
        self.kept.iter().any(|kept| **kept == *id)
    }

    fn told(&mut self, iss: Iss, outcome: &Outcome, answer: Option<Answer>) {
        match (outcome, answer) {
            (Outcome::Admitted { new }, Some(Answer::Yes(id))) => {
                assert_eq!(*new, !self.kept.contains(&id));
                if *new {
                    self.kept.push(Arc::clone(&id));
                }
                self.serving.retain(|(serving, _)| *serving != iss);
                self.serving.push((iss, Arc::clone(&id)));
                self.yes.retain(|(other, _)| *other != iss);
                self.yes.push((iss, id));
            }
            (Outcome::ServesOn, _) => {
                let (_, id) = self.yes.iter().find(|(yes, _)| *yes == iss).expect("a yes");
                assert!(self.kept.contains(id), "it serves on without its issuer");
                if !self.serving.iter().any(|(serving, _)| *serving == iss) {
                    self.serving.push((iss, Arc::clone(id)));
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match &output {
                Output::Call(iss) => {
                    assert!(!self.calls.contains(iss), "two calls for one `iss`");
                    self.calls.push(*iss);
                    self.begun += 1;
                }
                Output::GiveUp(iss, outcome) => {
                    self.calls.retain(|call| call != iss);
                    self.told(*iss, outcome, None);
                    self.gave_up.push((*iss, outcome.clone()));
                }
                Output::Evict(id) => {
                    assert!(self.kept.contains(id));
                    self.kept.retain(|kept| kept != id);
                    self.serving.retain(|(_, of)| of != id);
                    self.gone.push(output);
                }
                Output::Withdraw { iss, .. } => {
                    self.serving.retain(|(serving, _)| serving != iss);
                    self.gone.push(output);
                }
            }
        }
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}
