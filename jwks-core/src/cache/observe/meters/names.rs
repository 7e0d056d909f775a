//! The table of metrics: names, units and descriptions.

use metrics::{KeyName, Recorder, Unit};

pub(super) const BUILD_INFO: &str = "jwks_build_info";
pub(super) const CHANGED: &str = "jwks_changed_timestamp_seconds";
pub(super) const CONFIRMED: &str = "jwks_confirmed_timestamp_seconds";
pub(super) const CONSECUTIVE_FAILURES: &str = "jwks_consecutive_failures";
pub(super) const DRIVER_RUNNING: &str = "jwks_driver_running";
pub(super) const FETCHES: &str = "jwks_fetches_total";
pub(super) const FETCH_DURATION: &str = "jwks_fetch_duration_seconds";
pub(super) const FETCH_ERRORS: &str = "jwks_fetch_errors_total";
pub(super) const FRESHNESS: &str = "jwks_freshness";
pub(super) const KEYS: &str = "jwks_keys";
pub(super) const KEYS_SKIPPED: &str = "jwks_keys_skipped";
pub(super) const KEY_CHANGES: &str = "jwks_key_changes_total";
pub(super) const LIFETIME: &str = "jwks_lifetime_seconds";
pub(super) const NEXT_FETCH: &str = "jwks_next_fetch_timestamp_seconds";
pub(super) const TRUST_END: &str = "jwks_trust_end_timestamp_seconds";
pub(super) const UNKNOWN_KIDS: &str = "jwks_unknown_kids_total";
pub(super) const VALIDATIONS: &str = "jwt_validations_total";
pub(super) const VALIDATION_DURATION: &str = "jwt_validation_duration_seconds";
pub(super) const WAITING: &str = "jwks_waiting";
pub(super) const WAIT_DURATION: &str = "jwks_wait_duration_seconds";

/// Tells the recorder what each is.
pub(super) fn describe(recorder: &dyn Recorder) {
    for (kind, name, unit, description) in TABLE {
        let (name, description) = (KeyName::from_const_str(name), (*description).into());
        match kind {
            Kind::Counter => recorder.describe_counter(name, Some(*unit), description),
            Kind::Gauge => recorder.describe_gauge(name, Some(*unit), description),
            Kind::Histogram => recorder.describe_histogram(name, Some(*unit), description),
        }
    }
}

enum Kind {
    Counter,
    Gauge,
    Histogram,
}

const TABLE: &[(Kind, &str, Unit, &str)] = &[
    (Kind::Counter, FETCHES, Unit::Count, "Attempts to fetch the keys that have ended."),
    (Kind::Counter, FETCH_ERRORS, Unit::Count, "Attempts to fetch the keys that failed."),
    (Kind::Histogram, FETCH_DURATION, Unit::Seconds, "How long an attempt to fetch the keys took."),
    (Kind::Gauge, KEYS, Unit::Count, "Usable keys of the held set."),
    (Kind::Gauge, KEYS_SKIPPED, Unit::Count, "Keys of the held set that cannot be used."),
    (Kind::Gauge, CONFIRMED, Unit::Seconds, "When the issuer last confirmed the keys."),
    (Kind::Gauge, CHANGED, Unit::Seconds, "When the keys were seen to change."),
    (
        Kind::Gauge,
        TRUST_END,
        Unit::Seconds,
        "When the last keys stop serving if no fetch succeeds.",
    ),
    (Kind::Gauge, NEXT_FETCH, Unit::Seconds, "When the next fetch is planned; 0 if none is."),
    (Kind::Gauge, FRESHNESS, Unit::Count, "Whether the keys are in this state: 1 or 0."),
    (Kind::Gauge, CONSECUTIVE_FAILURES, Unit::Count, "Fetches that failed since the last success."),
    (Kind::Gauge, WAITING, Unit::Count, "Callers who wait for keys now."),
    (Kind::Gauge, DRIVER_RUNNING, Unit::Count, "Whether the refresh of the keys runs: 1 or 0."),
    (Kind::Histogram, WAIT_DURATION, Unit::Seconds, "How long a caller waited for keys."),
    (Kind::Counter, UNKNOWN_KIDS, Unit::Count, "Tokens that named a key that was not held."),
    (Kind::Gauge, LIFETIME, Unit::Seconds, "The lifetime of the last keys."),
    (Kind::Counter, KEY_CHANGES, Unit::Count, "Keys that a new set added, removed or replaced."),
    (Kind::Counter, VALIDATIONS, Unit::Count, "Tokens that were judged."),
    (Kind::Histogram, VALIDATION_DURATION, Unit::Seconds, "How long a validation took."),
    (Kind::Gauge, BUILD_INFO, Unit::Count, "The version, the adapter and the crypto backend."),
];
