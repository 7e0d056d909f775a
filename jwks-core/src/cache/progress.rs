//! How far an exchange has come, so that a time-out says what it waited for.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Uri;

use super::FetchError;
use crate::keys::text::OneLine;

/// How far one exchange has come, and through which proxy.
///
/// An adapter reports what its exchange waits for next, as far as its HTTP client lets it know. It
/// may report all [phases](Phase), some, or none. When the exchange runs into its deadline, the error
/// tells the last one reported, whether the driver or the adapter sees the deadline first. Clones
/// share the same progress.
///
/// ```
/// use jwks_core::adapter::{Phase, Progress};
///
/// let progress = Progress::default();
/// progress.reached(Phase::Connect);
/// // The client has a connection, and has sent the request.
/// progress.reached(Phase::Answer);
/// assert_eq!(progress.phase(), Some(Phase::Answer));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    phase: Option<Phase>,
    proxy: Option<Arc<str>>,
    warnings: Vec<Box<str>>,
}

impl Progress {
    /// From now on the exchange waits for this.
    pub fn reached(&self, phase: Phase) {
        self.state().phase = Some(phase);
    }

    /// The exchange goes through this proxy, and a failure of it will say so. Scheme, host and port
    /// are kept, and nothing else: no user, no password, no path.
    pub fn through_proxy(&self, proxy: &Uri) {
        let scheme = proxy.scheme_str().unwrap_or("http");
        // All but the user information (RFC 3986, section 3.2).
        let authority = proxy.authority().map_or("", |authority| authority.as_str());
        let place = authority.rsplit('@').next().unwrap_or_default();
        self.state().proxy = Some(format!("{scheme}://{place}").into());
    }

    /// Something is wrong that does not end the exchange, such as a file of settings that cannot be
    /// read again: in one line, without a secret. The observer gets it as
    /// [`TransportWarned`](super::EventKind::TransportWarned). At most four in one exchange are kept.
    pub fn warn(&self, warning: impl AsRef<str>) {
        let mut state = self.state();
        if state.warnings.len() < MOST_WARNINGS {
            state.warnings.push(OneLine(warning.as_ref()).to_string().into());
        }
    }

    /// The warnings since the last call.
    pub(super) fn take_warnings(&self) -> Vec<Box<str>> {
        std::mem::take(&mut self.state().warnings)
    }

    /// What the exchange waits for, if that was told.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.state().phase
    }

    /// The error with what is known of the exchange.
    pub(super) fn explain(&self, error: FetchError) -> FetchError {
        let state = self.state();
        error.after(state.phase, state.proxy.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MOST_WARNINGS: usize = 4;

/// What an exchange waits for, in this order. A client may know some of them only.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// The look-up of the host's name, or of the proxy's.
    Name,
    /// A TCP connection.
    Connect,
    /// A connection, TLS included, where the client does not tell the two apart.
    ConnectOrTls,
    /// The TLS handshake.
    Tls,
    /// The first byte of the answer to the end of its headers; the request has been sent.
    Answer,
    /// The body.
    Body,
}

/// What was going on, after "the fetch timed out".
impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "waiting for the answer",
            Self::Body => "reading the body",
            Self::Connect => "connecting",
            Self::ConnectOrTls => "connecting (TCP or TLS)",
            Self::Name => "looking up the host's name",
            Self::Tls => "in the TLS handshake",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_out_tells_the_last_phase() {
        let progress = Progress::default();
        let told = |progress: &Progress| progress.explain(FetchError::timeout()).to_string();
        assert_eq!(told(&progress), "the fetch timed out");
        for (phase, text) in [
            (Phase::Name, "the fetch timed out looking up the host's name"),
            (Phase::Connect, "the fetch timed out connecting"),
            (Phase::ConnectOrTls, "the fetch timed out connecting (TCP or TLS)"),
            (Phase::Tls, "the fetch timed out in the TLS handshake"),
            (Phase::Answer, "the fetch timed out waiting for the answer"),
            (Phase::Body, "the fetch timed out reading the body"),
        ] {
            progress.clone().reached(phase);
            assert_eq!(told(&progress), text);
            let error = progress.explain(FetchError::timeout());
            assert_eq!(error.phase(), Some(phase));
            let other = progress.explain(FetchError::connect("refused"));
            assert_eq!((other.phase(), other.proxy()), (None, None));
            assert_eq!(other.to_string(), "no connection to the key server");
        }
    }

    #[test]
    fn a_proxy_is_named_without_its_secrets() {
        for (proxy, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://user:hush@proxy.example:3128/hush?hush", "http://proxy.example:3128"),
            ("https://us@er:hush@[fd00::1]:3128/", "https://[fd00::1]:3128"),
            ("proxy.example:3128", "http://proxy.example:3128"),
            ("socks5://hush@proxy.example", "socks5://proxy.example"),
        ] {
            // What the crate `http` refuses, no client can use.
            let Ok(proxy) = proxy.parse() else { continue };
            let progress = Progress::default();
            progress.through_proxy(&proxy);
            let error = progress.explain(FetchError::connect("refused"));
            assert_eq!(error.proxy(), Some(shown));
            let text = format!("no connection to the key server through the proxy {shown}");
            assert_eq!(error.to_string(), text);
            progress.reached(Phase::ConnectOrTls);
            let text = progress.explain(FetchError::timeout()).to_string();
            let prefix = "the fetch timed out connecting (TCP or TLS) through the proxy ";
            assert_eq!(text, format!("{prefix}{shown}"));
            assert!(!format!("{error:?} {progress:?} {text}").contains("hush"));
            // Nothing of the proxy's doing.
            assert_eq!(progress.explain(FetchError::too_large(9)).proxy(), None);
        }
    }
}
