use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::compact::{Base, Reader, Writer};
use super::entry::{Kind, Quiet};
use super::*;
use crate::refresh::{FetchId, Machine, Miss, Policy, Response, Time};
use std::time::Duration;

/// A machine with a recorder, and what happened to both.
struct Taped {
    machine: Machine,
    recorder: Recorder,
    now: Time,
    ahead: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    /// A driver's poll after so many milliseconds.
    Poll(u64),
    ToDeadline,
    Wall {
        forward: bool,
        by: u64,
    },
    Input(Operation),
    Answer {
        good: bool,
        validators: bool,
        retry_after: Option<u64>,
        stale: bool,
    },
}

impl Taped {
    fn new(policy: &Policy, seed: u64, size: usize) -> Self {
        let now = Time::from_origin(Duration::from_secs(7));
        let machine = Machine::new(policy.clone(), seed, now);
        let recorder = Recorder::new(machine.clone(), seed, size);
        Self { machine, recorder, now, ahead: Duration::from_secs(1_750_000_000) }
    }

    fn put(&mut self, input: Operation) {
        let before = self.machine.clone();
        let outcome = self.machine.handle(self.now, input);
        self.recorder.note(&before, &self.machine, input, outcome);
    }

    fn poll(&mut self, input: Option<Operation>) {
        let wall = self.now.since_origin().saturating_add(self.ahead);
        self.put(Operation::WallClock(wall));
        input.into_iter().for_each(|input| self.put(input));
        self.put(Operation::Timeout);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Poll(later) => {
                self.now = self.now + Duration::from_millis(later);
                self.poll(Some(Operation::Demand(0)));
            }
            Happening::ToDeadline => {
                let deadline = self.machine.poll_timeout().map(|deadline| deadline.at);
                self.now = self.now.max(deadline.unwrap_or_default());
                self.poll(None);
            }
            Happening::Wall { forward, by } => {
                let by = Duration::from_micros(by);
                let ahead = self.ahead;
                self.ahead = if forward { ahead + by } else { ahead.saturating_sub(by) };
                self.poll(None);
            }
            Happening::Input(input) => self.put(input),
            Happening::Answer { good, validators, retry_after, stale } => {
                let id = self.machine.in_flight().filter(|_| !stale).unwrap_or(FetchId(1));
                let retry_after = retry_after.map(Duration::from_secs);
                let response = Response { validators, ..Response::default() };
                self.poll(Some(if good && validators {
                    Operation::NotModified { id, response }
                } else if good {
                    Operation::Success { id, response: Response { validators: true, ..response } }
                } else {
                    Operation::Failure { id, retry_after }
                }));
            }
        }
    }
}

fn policies() -> impl Strategy<Value = Policy> {
    let idle = option::of(1..40_u64);
    (any::<bool>(), 1..30_u64, idle, any::<bool>()).prop_map(|(background, usages, idle, usage)| {
        let strategy = crate::refresh::Strategy::Both;
        let only_time = crate::refresh::Strategy::Time;
        Policy::builder()
            .strategy(if usage { strategy } else { only_time })
            .background_refresh(background)
            .interval(Duration::from_secs(60))
            .min_refresh_interval(Duration::from_secs(5))
            .usages(usages)
            .idle_after(idle.map(Duration::from_secs))
            .stale_if_error(Duration::from_secs(90))
            .max_trust(Duration::from_secs(150))
            .conditional_requests(true)
            .only_effective()
            .build()
            .unwrap()
    })
}

fn happenings() -> impl Strategy<Value = Happening> {
    let miss = prop_oneof![
        Just(Miss::Kid),
        Just(Miss::Kidless),
        Just(Miss::Signature),
        Just(Miss::Skipped)
    ];
    prop_oneof![
        8 => (0..40_000_u64).prop_map(Happening::Poll),
        6 => Just(Happening::ToDeadline),
        3 => (any::<bool>(), 0..5_000_000_u64)
            .prop_map(|(forward, by)| Happening::Wall { forward, by }),
        6 => (0..12_u64).prop_map(|uses| Happening::Input(Operation::Usage(uses))),
        6 => (0..4_u64).prop_map(|waiting| Happening::Input(Operation::Demand(waiting))),
        4 => miss.prop_map(|miss| Happening::Input(Operation::Miss(miss))),
        2 => Just(Happening::Input(Operation::Ask)),
        2 => Just(Happening::Input(Operation::Refresh)),
        1 => Just(Happening::Input(Operation::Invalidate)),
        1 => Just(Happening::Input(Operation::Distrust)),
        1 => Just(Happening::Input(Operation::StaleGiven)),
        1 => (0..40_u64, 0..60_u64).prop_map(|(age, trust)| Happening::Input(Operation::Hydrate {
            age: Duration::from_secs(age),
            trust: Duration::from_secs(trust),
            lifetime: None,
        })),
        8 => (prop::bool::weighted(0.7), any::<bool>(), option::weighted(0.2, 0..90_u64),
              prop::bool::weighted(0.1))
            .prop_map(|(good, validators, retry_after, stale)| Happening::Answer {
                good, validators, retry_after, stale,
            }),
    ]
}

/// The machine that the recording leads to.
fn replayed(recording: &Recording) -> Machine {
    let mut machine = recording.machine();
    for (at, input) in recording.inputs() {
        machine.handle(at, input);
    }
    machine
}

proptest! {
    #![proptest_config(crate::proof::draws(100))]

    /// From whatever checkpoint, with whatever was merged and dropped: the same actions, and the
    /// same state.
    #[test]
    fn a_replay_is_exact_at_any_time(
        policy in policies(),
        seed: u64,
        script in vec(happenings(), 1..400),
    ) {
        let mut taped = Taped::new(&policy, seed, Recorder::LEAST);
        for (step, happening) in script.into_iter().enumerate() {
            taped.happen(happening);
            if step % 37 == 0 {
                let recording = taped.recorder.recording();
                prop_assert_eq!(&replayed(&recording), &taped.machine);
                let replay = recording.replay();
                prop_assert_eq!(replay.parting(), None);
            }
        }
        let recording = taped.recorder.recording();
        prop_assert_eq!(&replayed(&recording), &taped.machine);
        let text = serde_json::to_string(&recording).unwrap();
        let read: Recording = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &recording);
    }

    #[test]
    fn an_entry_is_read_as_it_was_written(
        policy in policies(),
        script in vec(happenings(), 1..60),
    ) {
        let mut taped = Taped::new(&policy, 1, 1 << 16);
        script.into_iter().for_each(|happening| taped.happen(happening));
        let recording = taped.recorder.recording();
        let mut base = Base { at: Time::from_origin(Duration::from_secs(7)), ahead: 0 };
        for entry in &recording.entries {
            let mut writer = Writer::new(base);
            writer.entry(entry);
            let mut reader = Reader::new(base, writer.written());
            prop_assert_eq!(reader.entry(), Some(*entry));
            prop_assert_eq!((reader.left(), reader.base), (0, writer.base));
            base = writer.base;
        }
    }

    /// Nothing that could be in a file makes the reader panic.
    #[test]
    fn reading_bytes_never_panics(bytes in vec(any::<u8>(), 0..200)) {
        let mut reader = Reader::new(Base::default(), &bytes);
        while reader.entry().is_some() {}
    }
}

#[test]
fn runs_lose_no_count() {
    let mut taped = Taped::new(&Policy::default(), 1, 1 << 16);
    taped.happen(Happening::Poll(0));
    taped.happen(Happening::Answer {
        good: true,
        validators: false,
        retry_after: None,
        stale: false,
    });
    for round in 0..1000_u64 {
        taped.happen(Happening::Input(Operation::Miss(Miss::Kid)));
        taped.happen(Happening::Input(Operation::Miss(Miss::Signature)));
        if round % 2 == 0 {
            taped.happen(Happening::Input(Operation::Usage(0)));
            taped.happen(Happening::Input(Operation::Refresh));
        }
        taped.happen(Happening::Poll(1));
    }
    let recording = taped.recorder.recording();
    let sum = |kind| -> u64 {
        recording.entries.iter().map(|entry| entry.quiet.counts.get(kind)).sum::<u64>()
            + recording
                .entries
                .iter()
                .filter(|entry| {
                    entry
                        .step
                        .is_some_and(|step| Kind::of(step.input).is_some_and(|it| it.0 == kind))
                })
                .count() as u64
    };
    assert_eq!(sum(Kind::MissKid), 1000);
    assert_eq!(sum(Kind::MissSignature), 1000);
    assert_eq!(sum(Kind::Refresh), 500);
    assert_eq!(sum(Kind::Timeout), 1002);
}

/// An outage, then a million tokens of strangers, who come and go: the outage can still be told.
#[test]
fn a_flood_does_not_push_out_what_came_before() {
    let mut taped = Taped::new(&Policy::default(), 1, 2048);
    let fail =
        Happening::Answer { good: false, validators: false, retry_after: None, stale: false };
    taped.happen(Happening::Poll(0));
    taped.happen(fail);
    taped.happen(Happening::ToDeadline);
    let good = Happening::Answer { good: true, validators: false, retry_after: None, stale: false };
    taped.happen(good);
    for round in 0..1_000_000_u64 {
        taped.now = taped.now + Duration::from_micros(1);
        taped.put(match round % 4 {
            0 => Operation::Miss(Miss::Kid),
            1 => Operation::Demand(round % 3),
            2 => Operation::Usage(0),
            _ => Operation::Demand(0),
        });
        if round % 10 == 0 {
            taped.poll(None);
        }
    }
    let recording = taped.recorder.recording();
    assert_eq!(replayed(&recording), taped.machine);
    let story = recording.replay().to_string();
    assert!(story.contains("failure 1 in a row"), "{story}");
    assert!(story.contains("RECOVERED after 1 failed fetch"), "{story}");
    assert!(recording.entries.len() < 30, "{}", recording.entries.len());
}

#[test]
fn the_bound_holds_however_much_changes() {
    let policy = Policy::builder().interval(Duration::from_secs(10)).build().unwrap();
    for size in [Recorder::LEAST, 2048, 1 << 14] {
        let mut taped = Taped::new(&policy, 3, size);
        for round in 0..2_500_u64 {
            taped.happen(Happening::ToDeadline);
            let good = round % 3 > 0;
            taped.happen(Happening::Answer {
                good,
                validators: false,
                retry_after: None,
                stale: false,
            });
            taped.happen(Happening::Invalidate());
        }
        let recording = taped.recorder.recording();
        assert_eq!(replayed(&recording), taped.machine);
        // No entry has less than six bytes.
        assert!(recording.entries.len() <= size / 6 + 1);
    }
}

impl Happening {
    #[expect(non_snake_case, reason = "reads like the variants beside it")]
    const fn Invalidate() -> Self {
        Self::Input(Operation::Invalidate)
    }
}

#[test]
fn hostile_text_is_an_error() {
    let mut taped = Taped::new(&Policy::default(), 1, Recorder::LEAST);
    taped.happen(Happening::ToDeadline);
    let good = serde_json::to_value(taped.recorder.recording()).unwrap();
    let read = |value: &serde_json::Value| {
        serde_json::from_value::<Recording>(value.clone()).map_err(|error| error.to_string())
    };
    assert!(read(&good).is_ok());
    let entry = good["entries"][0].clone();
    for (pointer, value) in [
        ("/version", serde_json::json!(2)),
        ("/version", serde_json::json!("1")),
        ("/label", serde_json::json!("x".repeat(129))),
        ("/entries", serde_json::json!(vec![entry; 65_537])),
        ("/entries", serde_json::json!({})),
        ("/entries/0/step/at", serde_json::json!("99999999999999999999999")),
        ("/entries/0/step/at", serde_json::json!(-1)),
        ("/entries/0/step/input", serde_json::json!("format_the_disk")),
        ("/entries/0/more", serde_json::json!(1)),
        ("/policy", serde_json::json!({"interval": "0s"})),
        ("/start", serde_json::json!({"state": {}})),
    ] {
        let mut bad = good.clone();
        match bad.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                bad.pointer_mut(parent).unwrap()[name] = value;
            }
        }
        assert!(read(&bad).is_err(), "{pointer}");
    }
}

/// Through the same states, and there is nothing left to part at.
fn reruns(recording: &Recording) -> Result<(), TestCaseError> {
    let again = recording.rerun();
    let replay = again.replay();
    prop_assert_eq!(replay.parting(), None);
    prop_assert_eq!(replayed(&again), replayed(recording));
    prop_assert_eq!(again.rerun(), again);
    Ok(())
}

/// Nothing came for an hour of polls, and a fetch is due in the middle of them by other settings.
#[test]
fn a_rerun_opens_what_is_no_longer_quiet() {
    let policy = |seconds| {
        Policy::builder()
            .interval(Duration::from_secs(seconds))
            .min_refresh_interval(Duration::from_secs(1))
            .build()
            .unwrap()
    };
    let mut taped = Taped::new(&policy(7200), 1, 2048);
    taped.happen(Happening::ToDeadline);
    taped.happen(Happening::Answer {
        good: true,
        validators: false,
        retry_after: None,
        stale: false,
    });
    for _ in 0..60 {
        taped.happen(Happening::Input(Operation::Usage(3)));
        taped.happen(Happening::Poll(60_000));
    }
    let recording = taped.recorder.recording();
    let mut other = recording.clone();
    other.policy = policy(600);
    let parting = other.replay().parting().cloned().expect("a fetch is due");
    assert!(parting.to_string().contains("nothing; this version does: a fetch begins"));
    let again = other.rerun();
    assert_eq!(again.replay().parting(), None);
    assert_eq!(replayed(&again), replayed(&other));
    assert!(again.replay().to_string().contains("fetch 2 begins"), "{}", again.replay());
    let inputs = |it: &Recording| serde_json::to_value(it.replay()).unwrap()["inputs"].as_u64();
    // That nobody waits is not counted as long as it is quiet.
    assert_eq!(inputs(&again), inputs(&recording).map(|it| it + 1), "{}", again.replay());
}

proptest! {
    #![proptest_config(crate::proof::draws(200))]

    /// Whatever numbers stand in a file: it is told, or refused.
    #[test]
    fn a_hostile_recording_never_panics(
        script in vec(happenings(), 1..60),
        places in vec((any::<prop::sample::Index>(), 0..8_usize), 1..12),
    ) {
        let mut taped = Taped::new(&Policy::default(), 1, Recorder::LEAST);
        script.into_iter().for_each(|happening| taped.happen(happening));
        let text = serde_json::to_string(&taped.recorder.recording()).unwrap();
        let numbers: Vec<_> = text
            .match_indices(|c: char| c.is_ascii_digit())
            .map(|(place, _)| place)
            .collect();
        let mut text = text;
        let mut places: Vec<_> = places.iter().map(|(at, with)| (at.get(&numbers), with)).collect();
        places.sort();
        for (place, with) in places.into_iter().rev() {
            let huge = u64::MAX.to_string();
            let with = ["0", "9", "", &huge, "null", ".", "1e9", "-"][*with];
            text.replace_range(*place..=*place, with);
        }
        if let Ok(recording) = serde_json::from_str::<Recording>(&text) {
            let _story = recording.replay().to_string();
            reruns(&recording)?;
        }
    }

    /// As by a version that decides otherwise: what was quiet may begin a fetch now.
    #[test]
    fn a_rerun_of_other_settings_parts_nowhere(
        recorded in policies(),
        now in policies(),
        seed: u64,
        script in vec(happenings(), 1..200),
    ) {
        let mut taped = Taped::new(&recorded, seed, 2048);
        script.into_iter().for_each(|happening| taped.happen(happening));
        let mut recording = taped.recorder.recording();
        recording.policy = now;
        reruns(&recording)?;
    }
}

#[test]
fn a_quiet_run_is_small() {
    assert!(Quiet::default().is_empty());
    assert!(size_of::<Recorder>() < 3000, "{}", size_of::<Recorder>());
    eprintln!(
        "recorder {} machine {} quiet {}",
        size_of::<Recorder>(),
        size_of::<Machine>(),
        size_of::<Quiet>()
    );
}
