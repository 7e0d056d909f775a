//! What an error of the operating system means for a fetch.

use std::io;

use super::{FetchError, Phase};

/// Converts an [`io::Error`] that ended an exchange while it waited for `phase`.
///
/// A time-out becomes [`FetchError::timeout`]. An error that prevents a connection becomes
/// [`FetchError::connect`], whatever the phase, because many clients report all failures with one
/// error type. So does everything up to the end of the TLS handshake. A later error becomes
/// [`FetchError::body`] while the body is read, and [`FetchError::other`] before that.
///
/// The error's text goes into logs, so make sure that it does not hold the request's URL.
///
/// ```
/// use std::io::{Error, ErrorKind};
///
/// use jwks_core::adapter::{Phase, sorted};
///
/// assert!(sorted(Error::from(ErrorKind::TimedOut), Phase::Body).is_timeout());
/// assert!(sorted(Error::from(ErrorKind::ConnectionRefused), Phase::Answer).is_connect());
/// assert!(sorted(Error::from(ErrorKind::ConnectionReset), Phase::Tls).is_connect());
/// assert!(!sorted(Error::from(ErrorKind::ConnectionReset), Phase::Answer).is_connect());
/// ```
#[must_use]
pub fn sorted(error: io::Error, phase: Phase) -> FetchError {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable,
        TimedOut,
    };
    match (error.kind(), phase) {
        (TimedOut, _) => FetchError::timeout(),
        (
            AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkDown
            | NetworkUnreachable,
            _,
        ) => FetchError::connect(error),
        (_, Phase::Answer) => FetchError::other(error),
        (_, Phase::Body) => FetchError::body(error),
        _ => FetchError::connect(error),
    }
}
