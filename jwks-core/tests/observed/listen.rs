//! A subscriber and a recorder that write down what they are told.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};

/// Lines, one for each event and each span that has ended.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lines: Vec<String>,
    /// Name and fields, and how many hold it.
    spans: Vec<(String, usize)>,
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        if name == "message" {
            self.0.insert_str(0, &format!("{value:?}"));
        } else {
            write!(self.0, " {name}={value:?}").unwrap();
        }
    }
}

impl Log {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().lines)
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "jwks"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert!(span.is_root());
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        let mut state = self.0.lock().unwrap();
        state.spans.push((format!("{}{}", span.metadata().name(), fields.0), 1));
        Id::from_u64(u64::try_from(state.spans.len()).unwrap())
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.0.lock().unwrap().spans[index(span)].0.push_str(&fields.0);
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let within = event.parent().map_or("", |_| " | ");
        let line = format!("{}{within} {}", event.metadata().level(), fields.0);
        self.0.lock().unwrap().lines.push(line);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}

    fn clone_span(&self, span: &Id) -> Id {
        self.0.lock().unwrap().spans[index(span)].1 += 1;
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut state = self.0.lock().unwrap();
        let (told, held) = &mut state.spans[index(&span)];
        *held -= 1;
        if *held == 0 {
            let line = format!("span {told}");
            state.lines.push(line);
            return true;
        }
        false
    }
}

fn index(span: &Id) -> usize {
    usize::try_from(span.into_u64()).unwrap() - 1
}

/// What every series is worth. Of a histogram: how often, and the sum.
#[derive(Clone, Default)]
pub(crate) struct Meters(Arc<Mutex<BTreeMap<String, Arc<Meter>>>>);

#[derive(Default)]
struct Meter {
    value: Mutex<f64>,
    times: AtomicU64,
}

impl Meters {
    /// Those that are not zero, but for build and duration.
    pub(crate) fn values(&self) -> Vec<String> {
        let all = self.0.lock().unwrap();
        let values = all.iter().filter_map(|(name, meter)| {
            let (value, times) = (*meter.value.lock().unwrap(), meter.times.load(Ordering::SeqCst));
            if value == 0.0 && times == 0 {
                return None;
            }
            let times = if times > 0 { format!(" ({times} times)") } else { String::new() };
            Some(format!("{name} {value}{times}"))
        });
        values.collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    fn meter(&self, key: &Key) -> Arc<Meter> {
        let mut name = key.name().to_owned();
        for label in key.labels() {
            write!(name, " {}={}", label.key(), label.value()).unwrap();
        }
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }
}

impl Recorder for Meters {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        assert!(unit.is_some() && !text.is_empty(), "{name:?}");
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        assert!(unit.is_some() && !text.is_empty(), "{name:?}");
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        assert!(unit.is_some() && !text.is_empty(), "{name:?}");
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.meter(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.meter(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.meter(key))
    }
}

impl CounterFn for Meter {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    fn increment(&self, value: u64) {
        *self.value.lock().unwrap() += value as f64;
    }

    fn absolute(&self, _value: u64) {}
}

impl GaugeFn for Meter {
    fn increment(&self, value: f64) {
        *self.value.lock().unwrap() += value;
    }

    fn decrement(&self, value: f64) {
        *self.value.lock().unwrap() -= value;
    }

    fn set(&self, value: f64) {
        *self.value.lock().unwrap() = value;
    }
}

impl HistogramFn for Meter {
    fn record(&self, value: f64) {
        *self.value.lock().unwrap() += value;
        self.times.fetch_add(1, Ordering::SeqCst);
    }
}
