//! The settings of the sharing, and what is wrong with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::shared::Inner;
use crate::store::Target;
use crate::{Event, MacKey, Shared};

pub(crate) type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// The settings of a [`Shared`]; all but the URL have defaults.
#[must_use = "a builder makes a `Shared` by `build`"]
pub struct Builder {
    url: String,
    namespace: String,
    serve_for: Option<Duration>,
    time_limit: Duration,
    mac_keys: Vec<MacKey>,
    share_with_headers: bool,
    observer: Option<Observer>,
    #[cfg(feature = "rustls")]
    tls: Option<tokio_rustls::rustls::ClientConfig>,
}

impl Builder {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            namespace: "default".to_owned(),
            serve_for: None,
            time_limit: Duration::from_millis(50),
            mac_keys: Vec::new(),
            share_with_headers: false,
            observer: None,
            #[cfg(feature = "rustls")]
            tls: None,
        }
    }

    /// Accepts values that are tagged with one of these keys alone, and tags its own with the
    /// first: see [who may write](crate#who-may-write-to-redis). Default: none.
    ///
    /// To rotate, give the new key as the second everywhere, then as the first, then drop the old.
    pub fn mac_keys(mut self, keys: impl IntoIterator<Item = MacKey>) -> Self {
        self.mac_keys = keys.into_iter().collect();
        self
    }

    /// Who shares: instances with the same namespace, for the same URL. 1 to 64 letters, digits, `-`,
    /// `_` and `.`. Default: `default`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Shares the answers to requests with headers of the issuer's own settings too
    /// ([`Issuer::headers_with`](jwks_tokio::Issuer::headers_with)). Default: such a request is made by
    /// each instance itself.
    ///
    /// Answers are shared by their URL, whatever the headers are. So an instance whose credentials are
    /// wrong gets what another one was given. Use it only if all services of the namespace may
    /// see the same keys.
    pub const fn share_with_headers(mut self) -> Self {
        self.share_with_headers = true;
        self
    }

    /// Tells this function what happens. It runs within the fetch, so it should be quick.
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// For how long an answer may serve others, counted from when its request was sent. Default: a
    /// tenth of the lifetime of the keys in it. At least 1 ms.
    ///
    /// An answer that has the keys which callers wait for, and is another than the one that an
    /// instance took last, serves it five times as long: after a rotation one fetch is enough.
    pub const fn serve_for(mut self, span: Duration) -> Self {
        self.serve_for = Some(span);
        self
    }

    /// How long an attempt waits for a Redis that does not answer, in all, and for another instance
    /// that says it is fetching and gives no further sign of life. Then it fetches by itself. 1 ms to 10 s;
    /// default 50 ms.
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The settings of TLS for `rediss`: a certificate authority of your own, a client certificate.
    /// Default: the platform's certificates.
    #[cfg(feature = "rustls")]
    pub fn tls(mut self, config: tokio_rustls::rustls::ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Checks the settings. Redis is not asked for yet: it need not be there.
    ///
    /// # Errors
    ///
    /// A setting cannot work.
    pub fn build(self) -> Result<Shared, BuildError> {
        let Self { url, namespace, serve_for, time_limit, mac_keys, observer, .. } = self;
        let share_with_headers = self.share_with_headers;
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(1..=64).contains(&namespace.len()) || !namespace.chars().all(fits) {
            return Err(BuildError::Namespace);
        }
        if !(MS..=10_000 * MS).contains(&time_limit) {
            return Err(BuildError::TimeLimit { given: time_limit });
        }
        if serve_for.is_some_and(|span| span < MS) {
            return Err(BuildError::ServeFor);
        }
        if mac_keys.len() > MOST_KEYS {
            return Err(BuildError::MacKeys { count: mac_keys.len() });
        }
        let target = Target::new(
            &url,
            #[cfg(feature = "rustls")]
            self.tls,
        )?;
        let inner = Inner::new(target, namespace, serve_for, time_limit, mac_keys, observer);
        Ok(Shared(Arc::new(inner.sharing_with_headers(share_with_headers))))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: it has a password.
        f.debug_struct("Builder")
            .field("namespace", &self.namespace)
            .field("serve_for", &self.serve_for)
            .field("time_limit", &self.time_limit)
            .field("mac_keys", &self.mac_keys.len())
            .finish_non_exhaustive()
    }
}

/// Why a [`Shared`] cannot be built. It never shows the URL.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A MAC key is too short.
    #[error("a MAC key has {length} bytes: at least 32 are needed")]
    #[non_exhaustive]
    MacKey {
        /// Its length.
        length: usize,
    },
    /// There are too many MAC keys.
    #[error("there are {count} MAC keys: at most 8 can be told apart in time")]
    #[non_exhaustive]
    MacKeys {
        /// How many.
        count: usize,
    },
    /// The namespace has no characters, too many, or others than it may.
    #[error("the namespace must be 1 to 64 letters, digits, `-`, `_` and `.`")]
    Namespace,
    /// An answer could never serve anybody.
    #[error("`serve_for` must be at least 1 ms")]
    ServeFor,
    /// The time limit is out of its range.
    #[error("`time_limit` is {} ms: it must be 1 to 10000 ms", .given.as_millis())]
    #[non_exhaustive]
    TimeLimit {
        /// The limit.
        given: Duration,
    },
    /// TLS cannot be set up.
    #[cfg(feature = "rustls")]
    #[error("TLS to redis cannot be set up: check its certificates")]
    Tls(#[source] tokio_rustls::rustls::Error),
    /// The URL asks for what is not there: TLS without certificate checks, or without the feature
    /// `rustls`; a Unix socket elsewhere.
    #[error("the redis URL asks for what this build does not do: see `BuildError::Unsupported`")]
    Unsupported,
    /// The URL is none of Redis.
    #[error(
        "the redis URL must be like `redis://user:password@host:6379/0`, or with `rediss` or `unix`"
    )]
    Url,
}

const MS: Duration = Duration::from_millis(1);
const MOST_KEYS: usize = 8;
