//! Rule 6: tokens that found no key, and the budget of the fetches that they cause.

use jwks_core::refresh::{Miss, Policy};

use super::span::{FAR, LONG_AGO, MINUTE, Ns, Span, Tri, ns};

pub(crate) const CLASSES: [Miss; 4] = [Miss::Kid, Miss::Kidless, Miss::Signature, Miss::Skipped];

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Misses {
    /// By class: whether one is remembered, so that a fetch follows.
    pub(crate) remembered: [Tri; 4],
    /// The bucket: when the fetches so far will have been paid for at one per cooldown.
    pub(crate) paid_b: Span,
    /// By class: when its last fetch began. Counts where there is one a minute.
    pub(crate) begun_b: [Span; 4],
}

impl Misses {
    pub(crate) fn new() -> Self {
        Self { remembered: [Tri::No; 4], paid_b: Span::OVER, begun_b: [Span::OVER; 4] }
    }

    pub(crate) fn any(&self) -> Tri {
        self.remembered.into_iter().fold(Tri::No, Tri::or)
    }

    pub(crate) fn forget(&mut self) {
        self.remembered = [Tri::No; 4];
    }

    /// From when on, in new wall time, a miss of this class may cause a fetch.
    pub(crate) fn opens_b(&self, policy: &Policy, class: Miss) -> Span {
        let burst = match class {
            Miss::Kid | Miss::Skipped => policy.unknown_kid_burst(),
            _ => 1,
        };
        let early = ns(policy.unknown_kid_cooldown()) * Ns::from(burst - 1);
        let mut paid = self.paid_b.plus(-early);
        if early >= FAR && self.paid_b.hi > LONG_AGO {
            // The end of time: whether it ever opens again is not said.
            paid.hi = Span::NEVER.hi;
        }
        match class {
            Miss::Signature | Miss::Skipped => paid.and(self.begun_b[place(class)].plus(MINUTE)),
            _ => paid,
        }
    }

    /// A fetch begins and takes along all that is remembered.
    ///
    /// It is paid for if the budget of one of them was open: a fetch that begins for another cause
    /// costs a stranger's kid nothing. `held`: a `Retry-After` holds them; whether they are paid for
    /// is then not said.
    pub(crate) fn consume(&mut self, policy: &Policy, b: Ns, held: bool) {
        let free = if held { Tri::Maybe } else { Tri::Yes };
        let mut paid = Tri::No;
        for class in CLASSES {
            let index = place(class);
            let remembered = self.remembered[index];
            let open = remembered.and(self.opens_b(policy, class).over(b)).and(free);
            let now = Span::at(b);
            // Whether a fetch that another cause paid for is its one a minute is not said.
            self.begun_b[index] = match (remembered, open) {
                (Tri::No, _) => self.begun_b[index],
                (_, Tri::Yes) => now,
                _ => self.begun_b[index].either(now),
            };
            paid = paid.or(open);
        }
        let more = self.paid_b.and(Span::at(b)).plus(ns(policy.unknown_kid_cooldown()));
        match paid {
            Tri::No => {}
            Tri::Maybe => self.paid_b = self.paid_b.either(more),
            Tri::Yes => self.paid_b = more,
        }
        self.forget();
    }
}

pub(crate) fn place(class: Miss) -> usize {
    CLASSES.iter().position(|known| *known == class).expect("a known class")
}
