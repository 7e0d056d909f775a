//! How a policy is read and written.
//!
//! Every value is first read as it comes, then judged by its field, so that an error can always
//! name the field, and text from the environment can stand for anything.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::error::{shortened, text};
use super::field::{Field, is_ours};
use super::{Kidless, Policy, PolicyBuilder, PolicyError, Strategy};
pub use setting::SettingValue;
use value::Value;

mod read;
mod setting;
mod value;

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let builder = PolicyBuilder::deserialize(deserializer)?;
        builder.build().map_err(D::Error::custom)
    }
}

/// Reads settings that are not checked together yet.
impl<'de> Deserialize<'de> for PolicyBuilder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As a map, not a struct: a flattened struct would be shown its known fields only.
        deserializer.deserialize_map(Settings)
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Policy", Field::ALL.len())?;
        for field in Field::ALL {
            write(&mut out, *field, &self.set)?;
        }
        out.end()
    }
}

struct Settings;

impl<'de> Visitor<'de> for Settings {
    type Value = PolicyBuilder;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of jwks_ settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PolicyBuilder, A::Error> {
        let mut builder = PolicyBuilder::new();
        let mut seen: Vec<Field> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(field) = Field::find(&name) else {
                if is_ours(&name) {
                    return Err(A::Error::unknown_field(&shortened(&name), Field::NAMES));
                }
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&field) {
                return Err(A::Error::duplicate_field(field.name()));
            }
            seen.push(field);
            let value = map.next_value::<Value>()?;
            builder = read(builder, field, &value).map_err(A::Error::custom)?;
        }
        Ok(builder)
    }
}

fn read(set: PolicyBuilder, field: Field, value: &Value) -> Result<PolicyBuilder, PolicyError> {
    if matches!(value, Value::Null) {
        return Ok(set);
    }
    let refused = |allowed| PolicyError::new(field, value, allowed);
    let (min, max) = (set.http_freshness_min, set.http_freshness_max);
    let (initial, longest) = (set.retry_initial, set.retry_max);
    let duration = || read::duration(value).map_err(refused);
    let flag = || read::flag(value).map_err(refused);
    let number = || read::number(value).map_err(refused);
    let size = || read::size(value).map_err(refused);
    Ok(match field {
        Field::Strategy => set.strategy(read::strategy(value).map_err(refused)?),
        Field::Interval => set.interval(read::minutes(value).map_err(refused)?),
        Field::Usages => set.usages(read::count(value).map_err(refused)?),
        Field::BackgroundRefresh => set.background_refresh(flag()?),
        Field::BackgroundRefreshThreshold => set.background_refresh_threshold(number()?),
        Field::Jitter => set.jitter(number()?),
        Field::SpreadFirstRefresh => set.spread_first_refresh(flag()?),
        Field::MinRefreshInterval => set.min_refresh_interval(duration()?),
        Field::ConditionalRequests => set.conditional_requests(flag()?),
        Field::HttpFreshness => set.http_freshness(flag()?),
        Field::HttpFreshnessMin => set.http_freshness_clamp(duration()?, max),
        Field::HttpFreshnessMax => set.http_freshness_clamp(min, duration()?),
        Field::UnknownKidCooldown => set.unknown_kid_cooldown(duration()?),
        Field::UnknownKidBurst => set.unknown_kid_burst(read::small(value).map_err(refused)?),
        Field::RetryInitial => set.retry(duration()?, longest),
        Field::RetryMax => set.retry(initial, duration()?),
        Field::ColdRetryMax => set.cold_retry_max(duration()?),
        Field::FetchTimeout => set.fetch_timeout(duration()?),
        Field::WaitBudget => set.wait_budget(duration()?),
        Field::StaleIfError => set.stale_if_error(duration()?),
        Field::MaxTrust => set.max_trust(duration()?),
        Field::IdleAfter => set.idle_after(read::idle_after(value).map_err(refused)?),
        Field::MaxBody => set.max_body(size()?),
        Field::MaxKeys => set.max_keys(size()?),
        Field::MinKeys => set.min_keys(size()?),
        Field::MaxWaiting => set.max_waiting(size()?),
        Field::MaxWaitingUndecided => set.max_waiting_undecided(size()?),
        Field::Kidless => set.kidless(read::kidless(value).map_err(refused)?),
    })
}

fn write<S: SerializeStruct>(
    out: &mut S,
    field: Field,
    set: &PolicyBuilder,
) -> Result<(), S::Error> {
    let name = field.name();
    let duration = match field {
        Field::MinRefreshInterval => set.min_refresh_interval.unwrap_or_default(),
        Field::HttpFreshnessMin => set.http_freshness_min,
        Field::HttpFreshnessMax => set.http_freshness_max,
        Field::UnknownKidCooldown => set.unknown_kid_cooldown,
        Field::RetryInitial => set.retry_initial,
        Field::RetryMax => set.retry_max,
        Field::ColdRetryMax => set.cold_retry_max,
        Field::FetchTimeout => set.fetch_timeout,
        Field::WaitBudget => set.wait_budget,
        Field::StaleIfError => set.stale_if_error,
        Field::MaxTrust => set.max_trust,
        Field::Strategy => {
            return out.serialize_field(
                name,
                match set.strategy {
                    Strategy::Both => read::BOTH,
                    Strategy::Time => read::TIME,
                    Strategy::Usage => read::USAGE,
                },
            );
        }
        Field::Interval => {
            let (seconds, nanos) = (set.interval.as_secs(), set.interval.subsec_nanos());
            // A fraction of a minute is not exact as a number.
            return if seconds % 60 == 0 && nanos == 0 {
                out.serialize_field(name, &(seconds / 60))
            } else {
                out.serialize_field(name, &text(set.interval))
            };
        }
        Field::Usages => return out.serialize_field(name, &set.usages),
        Field::BackgroundRefresh => return out.serialize_field(name, &set.background_refresh),
        Field::BackgroundRefreshThreshold => {
            return out.serialize_field(name, &set.background_refresh_threshold);
        }
        Field::Jitter => return out.serialize_field(name, &set.jitter),
        Field::SpreadFirstRefresh => return out.serialize_field(name, &set.spread_first_refresh),
        Field::ConditionalRequests => {
            return out.serialize_field(name, &set.conditional_requests);
        }
        Field::UnknownKidBurst => return out.serialize_field(name, &set.unknown_kid_burst),
        Field::HttpFreshness => return out.serialize_field(name, &set.http_freshness),
        Field::IdleAfter => {
            let idle = set.idle_after.map_or_else(|| read::NEVER.to_owned(), text);
            return out.serialize_field(name, &idle);
        }
        Field::MaxBody => return write_size(out, name, set.max_body),
        Field::MaxKeys => return write_size(out, name, set.max_keys),
        Field::MinKeys => return write_size(out, name, set.min_keys),
        Field::MaxWaiting => return write_size(out, name, set.max_waiting),
        Field::MaxWaitingUndecided => {
            return write_size(out, name, set.max_waiting_undecided);
        }
        Field::Kidless => {
            let kidless = match set.kidless {
                Kidless::OnlyIfUnique => read::ONLY_IF_UNIQUE.to_owned(),
                Kidless::Reject => read::REJECT.to_owned(),
                Kidless::TryAll(most) => format!("{}:{most}", read::TRY_ALL),
            };
            return out.serialize_field(name, &kidless);
        }
    };
    out.serialize_field(name, &text(duration))
}

/// TOML has no integers beyond `i64`; as text they can be read back.
fn write_size<S: SerializeStruct>(
    out: &mut S,
    name: &'static str,
    size: usize,
) -> Result<(), S::Error> {
    if i64::try_from(size).is_ok() {
        out.serialize_field(name, &size)
    } else {
        out.serialize_field(name, &size.to_string())
    }
}
