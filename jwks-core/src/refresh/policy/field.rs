//! The names of the settings, as they are written in a file or in the environment.

macro_rules! fields {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// A setting, in the order of the table of settings.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Field {
            $($variant),+
        }

        impl Field {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub(super) const NAMES: &'static [&'static str] = &[$($name),+];

            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }
    };
}

fields! {
    Strategy = "jwks_cache_strategy",
    Interval = "jwks_cache_interval",
    Usages = "jwks_cache_usages",
    BackgroundRefresh = "jwks_background_refresh",
    BackgroundRefreshThreshold = "jwks_background_refresh_threshold",
    Jitter = "jwks_jitter",
    SpreadFirstRefresh = "jwks_spread_first_refresh",
    MinRefreshInterval = "jwks_min_refresh_interval",
    ConditionalRequests = "jwks_conditional_requests",
    HttpFreshness = "jwks_http_freshness",
    HttpFreshnessMin = "jwks_http_freshness_min",
    HttpFreshnessMax = "jwks_http_freshness_max",
    UnknownKidCooldown = "jwks_unknown_kid_cooldown",
    UnknownKidBurst = "jwks_unknown_kid_burst",
    RetryInitial = "jwks_retry_initial",
    RetryMax = "jwks_retry_max",
    ColdRetryMax = "jwks_cold_retry_max",
    FetchTimeout = "jwks_fetch_timeout",
    WaitBudget = "jwks_wait_budget",
    StaleIfError = "jwks_stale_if_error",
    MaxTrust = "jwks_max_trust",
    IdleAfter = "jwks_idle_after",
    MaxBody = "jwks_max_body",
    MaxKeys = "jwks_max_keys",
    MinKeys = "jwks_min_keys",
    MaxWaiting = "jwks_max_waiting",
    MaxWaitingUndecided = "jwks_max_waiting_undecided",
    Kidless = "jwks_kidless",
}

impl Field {
    /// The setting of this name in any case: environment variables are often upper case.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name().eq_ignore_ascii_case(name))
    }
}

/// Whether a name that [`Field::find`] does not know was meant as one of ours.
pub(super) fn is_ours(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

const PREFIX: &str = "jwks_";
