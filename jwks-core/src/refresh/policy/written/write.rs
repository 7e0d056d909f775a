//! How a policy is written: with the names and forms that are read.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::super::field::Field;
use super::super::{Kidless, Policy, PolicyBuilder, Strategy};
use super::read;
use crate::refresh::settings::shown::in_words;

/// Writes the settings that have an effect.
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Field::ALL.iter().filter(|field| self.set.has_effect(**field));
        let mut out = serializer.serialize_struct("Policy", written.clone().count())?;
        for field in written {
            write(&mut out, *field, &self.set)?;
        }
        out.end()
    }
}

fn write<S: SerializeStruct>(
    out: &mut S,
    field: Field,
    set: &PolicyBuilder,
) -> Result<(), S::Error> {
    let name = field.name();
    let duration = match field {
        Field::Interval => set.interval,
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
            let idle = set.idle_after.map_or_else(|| read::NEVER.to_owned(), in_words);
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
    out.serialize_field(name, &in_words(duration))
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
