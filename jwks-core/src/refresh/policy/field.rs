//! The settings by name, as they are written in a file.

macro_rules! fields {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// A setting, in the order of the table of settings.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Field {
            $($variant),+
        }

        impl Field {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// And that of the settings to start from.
            pub(super) const NAMES_AND_PRESET: &'static [&'static str] = &[$($name),+, PRESET];

            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }
    };
}

fields! {
    Strategy = "strategy",
    Interval = "interval",
    Usages = "usages",
    BackgroundRefresh = "background_refresh",
    BackgroundRefreshThreshold = "background_refresh_threshold",
    Jitter = "jitter",
    SpreadFirstRefresh = "spread_first_refresh",
    MinRefreshInterval = "min_refresh_interval",
    ConditionalRequests = "conditional_requests",
    HttpFreshness = "http_freshness",
    HttpFreshnessMin = "http_freshness_min",
    HttpFreshnessMax = "http_freshness_max",
    UnknownKidCooldown = "unknown_kid_cooldown",
    UnknownKidBurst = "unknown_kid_burst",
    RetryInitial = "retry_initial",
    RetryMax = "retry_max",
    ColdRetryMax = "cold_retry_max",
    FetchTimeout = "fetch_timeout",
    WaitBudget = "wait_budget",
    StaleIfError = "stale_if_error",
    MaxTrust = "max_trust",
    IdleAfter = "idle_after",
    MaxBody = "max_body",
    MaxKeys = "max_keys",
    MinKeys = "min_keys",
    MaxWaiting = "max_waiting",
    MaxWaitingUndecided = "max_waiting_undecided",
    Kidless = "kidless",
}

/// The name of the settings to start from.
pub(super) const PRESET: &str = "preset";

/// Some of the settings.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Fields(u32);

impl Fields {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn with(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u32)
    }

    pub(super) const fn without(self, field: Field) -> Self {
        Self(self.0 & !(1 << field as u32))
    }

    pub(super) const fn has(self, field: Field) -> bool {
        self.0 & 1 << field as u32 != 0
    }
}
