//! A machine on a clock of its own, and an issuer that answers when told.

use std::time::Duration;

use jwks_core::refresh::{
    Answered, FetchStart, Machine, Miss, Policy, PolicyBuilder, Response, Time,
};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Wall time at the origin.
const EPOCH: Duration = Duration::from_secs(1_800_000_000);

pub(crate) struct World {
    pub(crate) machine: Machine,
    now: Duration,
    wall: Duration,
}

impl World {
    pub(crate) fn new(policy: PolicyBuilder) -> Self {
        let machine = Machine::new(policy.build().unwrap(), 7, Time::ZERO);
        let mut world = Self { machine, now: Duration::ZERO, wall: EPOCH };
        world.read();
        world
    }

    /// A machine whose first load has just been answered.
    pub(crate) fn loaded(policy: PolicyBuilder) -> Self {
        let mut world = Self::new(policy);
        world.load(Response::default());
        world
    }

    pub(crate) fn load(&mut self, response: Response) {
        self.machine.handle_ask(self.time());
        let start = self.start().expect("the load is due");
        assert_eq!(self.succeed(start, response), Answered::Confirmed);
    }

    pub(crate) fn time(&self) -> Time {
        Time::from_origin(self.now)
    }

    /// Both clocks run on. Nobody calls the machine meanwhile.
    pub(crate) fn pass(&mut self, span: Duration) {
        self.now += span;
        self.wall += span;
        self.read();
    }

    /// The process is frozen: only the wall clock runs on.
    pub(crate) fn freeze(&mut self, span: Duration) {
        self.wall += span;
        self.read();
    }

    /// The wall clock is set back.
    pub(crate) fn step_back(&mut self, span: Duration) {
        self.wall -= span;
        self.read();
    }

    pub(crate) fn start(&mut self) -> Option<FetchStart> {
        self.machine.handle_timeout(self.time())
    }

    /// Lets time pass up to the next fetch.
    pub(crate) fn next_start(&mut self) -> FetchStart {
        loop {
            let next = self.machine.poll_timeout().expect("a fetch will be due");
            self.pass(next.at.saturating_since(self.time()));
            if let Some(start) = self.start() {
                return start;
            }
        }
    }

    /// When the next fetch is due, from now.
    pub(crate) fn next_in(&self) -> Option<Duration> {
        Some(self.machine.next_fetch()?.at.saturating_since(self.time()))
    }

    pub(crate) fn succeed(&mut self, start: FetchStart, response: Response) -> Answered {
        self.machine.handle_success(self.time(), start.id, response)
    }

    pub(crate) fn fail(&mut self, start: FetchStart, retry_after: Option<Duration>) {
        let answered = self.machine.handle_failure(self.time(), start.id, retry_after);
        assert_eq!(answered, Answered::Failed);
    }

    pub(crate) fn miss(&mut self, miss: Miss) {
        self.machine.handle_miss(self.time(), miss);
    }

    pub(crate) fn serves(&self) -> bool {
        self.machine.is_serving(self.time())
    }

    /// The trust that is left.
    pub(crate) fn trust_left(&self) -> Duration {
        self.machine.trust_until().expect("a set is held").saturating_since(self.time())
    }

    fn read(&mut self) {
        self.machine.handle_wall_clock(self.time(), self.wall);
    }
}

/// The defaults, without jitter.
pub(crate) fn plain() -> PolicyBuilder {
    Policy::builder().jitter(0.0)
}

/// The defaults, refreshed when a caller finds the lifetime over.
pub(crate) fn on_demand() -> PolicyBuilder {
    plain().background_refresh(false)
}

pub(crate) fn aged(age: Duration) -> Response {
    Response { age, ..Response::default() }
}

pub(crate) fn tagged() -> Response {
    Response { validators: true, ..Response::default() }
}
