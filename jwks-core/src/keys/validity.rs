//! The dates of a certificate.

use std::time::SystemTime;

/// The dates of the certificate that a key was read from (RFC 5280, section 4.1.2.5).
///
/// They are shown, so that you can see that a certificate ends, and never judged: whoever configured
/// the key decided to trust it. A date that cannot be read is `None`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Validity {
    /// `notBefore`: when the certificate begins to be valid.
    pub not_before: Option<SystemTime>,
    /// `notAfter`: when it ends.
    pub not_after: Option<SystemTime>,
}
