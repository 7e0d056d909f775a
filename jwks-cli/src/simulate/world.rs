//! All instances under one virtual clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use jwks_core::refresh::{Machine, Policy, Time};

use super::arrivals::{Arrivals, gap};
use super::instance::Instance;
use super::issuer::Issuer;
use super::metrics::{Metrics, Sample};
use super::plan::{Plan, Span};
use super::random::Random;
use super::store::{Store, Terms};
use super::tally::Tally;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fleet<'a> {
    pub(super) policy: &'a Policy,
    pub(super) instances: u32,
    /// Requests a second, at each of them.
    pub(super) per_instance: f64,
    /// Strangers' requests a second at each of them, during a flood.
    pub(super) strangers: f64,
    pub(super) latency: Duration,
    pub(super) limit: Option<u64>,
    pub(super) shared_store: bool,
    pub(super) seed: u64,
    /// How often the metrics of the first instance are read, if at all.
    pub(super) sampled: Option<Duration>,
}

/// What an instance has to do with.
#[derive(Debug)]
pub(super) struct Around<'a> {
    pub(super) issuer: &'a mut Issuer,
    pub(super) store: &'a mut Option<Store>,
    pub(super) tally: &'a mut Tally,
    pub(super) random: &'a mut Random,
    pub(super) flood: bool,
}

/// What has become of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tally: Tally,
    pub(super) samples: Vec<Sample>,
    #[cfg_attr(not(test), expect(dead_code, reason = "that two runs are one to the last event"))]
    pub(super) events: u64,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    /// The instance starts, or starts anew.
    Start,
    /// It has something to do, if the stamp is still its own.
    Step(u32),
    /// Whatever it is, something around it has changed.
    Wake,
}

/// Runs a plan to its end. `progress` is told how much of it is done, now and then.
pub(super) fn run(fleet: Fleet<'_>, plan: &Plan, mut progress: impl FnMut(f64)) -> Outcome {
    let mut world = World::new(fleet, plan);
    while let Some(Reverse((at, place, event))) = world.queue.pop() {
        if at >= plan.ends() {
            break;
        }
        world.sample(at);
        world.handle(at, place, event);
        world.events += 1;
        if world.events.is_multiple_of(65_536) {
            progress(at.since_origin().as_secs_f64() / plan.ends().since_origin().as_secs_f64());
        }
    }
    world.finish()
}

struct World<'a> {
    fleet: Fleet<'a>,
    plan: &'a Plan,
    floods: Vec<Span>,
    queue: BinaryHeap<Reverse<(Time, u32, Event)>>,
    instances: Vec<Option<Instance>>,
    issuer: Issuer,
    store: Option<Store>,
    tally: Tally,
    random: Random,
    samples: Vec<Sample>,
    next_sample: Option<Time>,
    events: u64,
}

impl<'a> World<'a> {
    fn new(fleet: Fleet<'a>, plan: &'a Plan) -> Self {
        let mut random = Random::new(fleet.seed);
        let issuer = Issuer::new(plan, fleet.latency, fleet.limit, random.next());
        let store = fleet.shared_store.then(|| Store::new(Terms::new(fleet.policy.lifetime())));
        let mut queue = BinaryHeap::new();
        for place in 0..fleet.instances {
            // The one that is sampled is there from the beginning.
            let after = random.between(Duration::ZERO, plan.start_within);
            let after = if place == 0 { Duration::ZERO } else { after };
            queue.push(Reverse((Time::from_origin(after), place, Event::Start)));
            if let Some(restart) = plan.restart {
                let after = random.between(Duration::ZERO, Duration::from_secs(1));
                queue.push(Reverse((plan.at(restart) + after, place, Event::Start)));
            }
            let floods = plan.floods().into_iter().flat_map(|flood| [flood.from, flood.to]);
            for at in plan.rotations().into_iter().chain(floods) {
                queue.push(Reverse((at, place, Event::Wake)));
            }
        }
        Self {
            fleet,
            plan,
            floods: plan.floods(),
            queue,
            instances: (0..fleet.instances).map(|_| None).collect(),
            issuer,
            store,
            tally: Tally::new(plan),
            random,
            samples: Vec::new(),
            next_sample: fleet.sampled.map(|_| Time::ZERO),
            events: 0,
        }
    }

    fn handle(&mut self, now: Time, place: u32, event: Event) {
        if event == Event::Start {
            self.start(now, place);
        }
        let index = usize::try_from(place).unwrap_or(usize::MAX);
        let Some(Some(instance)) = self.instances.get_mut(index) else { return };
        if matches!(event, Event::Step(stamp) if stamp != instance.stamp) {
            return;
        }
        let mut around = Around {
            issuer: &mut self.issuer,
            store: &mut self.store,
            tally: &mut self.tally,
            random: &mut self.random,
            flood: self.floods.iter().any(|flood| flood.has(now)),
        };
        let next = instance.step(now, &mut around);
        instance.stamp = instance.stamp.wrapping_add(1);
        if let Some(next) = next {
            self.queue.push(Reverse((next, place, Event::Step(instance.stamp))));
        }
    }

    fn start(&mut self, now: Time, place: u32) {
        let machine = Machine::new(self.fleet.policy.clone(), self.random.next(), now);
        let index = usize::try_from(place).unwrap_or(usize::MAX);
        let Some(instance) = self.instances.get_mut(index) else { return };
        if let Some(instance) = instance {
            return instance.restart(machine, now);
        }
        let mut arrivals = |from: Time, rate: f64| {
            let phase = self.random.between(Duration::ZERO, gap(rate));
            Arrivals::new(from + phase, rate)
        };
        let requests = arrivals(now, self.fleet.per_instance);
        let flood = self.plan.floods().first().map_or(Time::MAX, |flood| flood.from);
        let strangers = arrivals(flood, self.fleet.strangers);
        let budget = self.fleet.policy.wait_budget();
        let mut fresh = Instance::new(machine, budget, requests, strangers);
        if self.next_sample.is_some() && place == 0 {
            fresh.metrics = Some(Box::new(Metrics::new()));
        }
        *instance = Some(fresh);
    }

    /// Reads the metrics of the first instance, up to now.
    fn sample(&mut self, now: Time) {
        while let Some((at, every)) = self.next_sample.zip(self.fleet.sampled)
            && at < now
        {
            if let Some(Some(instance)) = self.instances.first_mut() {
                let mut around = Around {
                    issuer: &mut self.issuer,
                    store: &mut self.store,
                    tally: &mut self.tally,
                    random: &mut self.random,
                    flood: self.floods.iter().any(|flood| flood.has(at)),
                };
                instance.account(at, &mut around);
                self.samples.extend(Sample::of(instance, self.fleet.policy, at));
            }
            self.next_sample = Some(at + every);
        }
    }

    fn finish(mut self) -> Outcome {
        let ends = self.plan.ends();
        self.sample(ends + Duration::from_nanos(1));
        // What ends with the plan still counts.
        let last = Time::from_origin(ends.since_origin().saturating_sub(Duration::from_nanos(1)));
        for instance in self.instances.iter_mut().flatten() {
            let mut around = Around {
                issuer: &mut self.issuer,
                store: &mut self.store,
                tally: &mut self.tally,
                random: &mut self.random,
                flood: false,
            };
            instance.finish(last, &mut around);
        }
        Outcome { tally: self.tally, samples: self.samples, events: self.events }
    }
}
