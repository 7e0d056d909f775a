//! Background refresh off: who waits, use by use.

use jwks_core::refresh::{Gate, Machine, Policy, PolicyError, Reason, Strategy, Time};

use crate::moments::{at, just_before, start, succeed};

/// A reader as the driver serves it: it has no clock, only the gate that was published last, and
/// the count of uses that `poll_usage` announced.
struct Reader {
    gate: Gate,
    left: u64,
    machine: Machine,
    passed: u64,
    waited: u64,
}

impl Reader {
    fn new(policy: Policy) -> Self {
        let mut machine = Machine::new(policy, 0, Time::ZERO);
        machine.handle_demand(Time::ZERO, 1);
        let load = start(&mut machine, Time::ZERO);
        succeed(&mut machine, Time::ZERO, load);
        machine.handle_demand(Time::ZERO, 0);
        let mut reader = Self { gate: Gate::Open, left: 0, machine, passed: 0, waited: 0 };
        reader.publish(Time::ZERO);
        reader
    }

    fn publish(&mut self, now: Time) {
        assert_eq!(self.machine.handle_timeout(now), None, "nobody has asked");
        self.gate = self.machine.gate(now);
        self.left = self.machine.poll_usage().map_or(0, |count| count.get());
    }

    fn use_once(&mut self, now: Time) {
        let waits = match self.gate {
            Gate::Closed => true,
            Gate::Counted => self.left == 0,
            _ => false,
        };
        if waits {
            self.waited += 1;
        } else {
            self.passed += 1;
            self.left = self.left.saturating_sub(1);
            self.machine.handle_usage(now, 1);
        }
    }

    /// Sleeps as a driver does, through each deadline.
    fn sleep(&mut self, until: Time) {
        for _ in 0..10 {
            match self.machine.poll_timeout().filter(|next| next.at <= until) {
                Some(next) => self.publish(next.at),
                None => return,
            }
        }
        panic!("a tight loop at {:?}", self.machine.poll_timeout());
    }
}

#[test]
fn exactly_the_usages_pass_after_min_refresh_interval() -> Result<(), PolicyError> {
    for usages in [1, 2, 37, 1000] {
        let mut reader = Reader::new(on_demand().usages(usages).build()?);
        reader.sleep(at(60_000));
        for _ in 0..usages + 5 {
            reader.use_once(at(60_001));
        }
        assert_eq!((reader.passed, reader.waited), (usages, 5));
    }
    Ok(())
}

#[test]
fn nobody_waits_before_min_refresh_interval_however_many() -> Result<(), PolicyError> {
    let mut reader = Reader::new(on_demand().usages(3).build()?);
    for _ in 0..500 {
        reader.use_once(at(59_999));
    }
    assert_eq!((reader.passed, reader.waited), (500, 0));
    reader.sleep(just_before(at(60_000)));
    reader.use_once(at(59_999));
    assert_eq!(reader.waited, 0);
    reader.sleep(at(60_000));
    reader.use_once(at(60_000));
    assert_eq!(reader.waited, 1);
    Ok(())
}

#[test]
fn the_gate_closes_at_the_end_of_the_lifetime() -> Result<(), PolicyError> {
    for strategy in [Strategy::Both, Strategy::Time] {
        let mut reader = Reader::new(on_demand().strategy(strategy).build()?);
        reader.sleep(just_before(at(1_200_000)));
        reader.use_once(at(1_199_999));
        assert_eq!(reader.waited, 0);
        reader.sleep(at(1_200_000));
        reader.use_once(at(1_200_000));
        assert_eq!(reader.waited, 1);
    }
    Ok(())
}

#[test]
fn a_caller_who_asks_and_leaves_causes_one_attempt() -> Result<(), PolicyError> {
    let mut machine = Machine::new(on_demand().build()?, 0, Time::ZERO);
    assert_eq!(machine.handle_timeout(Time::ZERO), None);
    machine.handle_ask(at(5));
    let load = start(&mut machine, at(5));
    machine.handle_failure(at(6), load.id, None);
    assert_eq!(machine.next_fetch(), None);
    machine.handle_ask(at(7));
    assert_eq!(machine.next_fetch().map(|next| next.at), Some(machine.retry_at()));
    Ok(())
}

#[test]
fn a_held_set_that_lives_is_not_fetched_whoever_asks() -> Result<(), PolicyError> {
    let reader = Reader::new(on_demand().build()?);
    let mut machine = reader.machine;
    machine.handle_demand(at(80_000), 3);
    machine.handle_ask(at(80_000));
    assert_eq!(machine.handle_timeout(at(80_000)), None);
    // Those who still wait when it ends are served without being reported again.
    machine.handle_timeout(at(1_199_999));
    assert_eq!(machine.poll_timeout().map(|next| next.at), Some(at(1_200_000)));
    let fetch = machine.handle_timeout(at(1_200_000)).map(|start| start.reason);
    assert_eq!(fetch, Some(Reason::Demand));
    Ok(())
}

fn on_demand() -> jwks_core::refresh::PolicyBuilder {
    Policy::builder().background_refresh(false)
}
