//! What is allowed beyond the book, by name.

use std::fmt;

use serde::{Serialize, Serializer};

/// Something about an issuer that is allowed only because its settings say so: for issuers that do
/// not follow the book.
///
/// Each is off unless it is written out, and is called like its setting. The relaxations of an
/// issuer are seen in its [`Status`](super::Status), in its
/// [health](crate::verify::IssuerHealth), and in the event [`Relaxed`](super::EventKind::Relaxed)
/// at the start, which is a line of the log too. Serialises as its name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Relaxation {
    /// The keys stand in the settings, and are not fetched: [`keys`].
    ///
    /// [`keys`]: super::SourceBuilder::keys
    Keys,
    /// The keys stand in a file: [`keys_file`].
    ///
    /// [`keys_file`]: super::SourceBuilder::keys_file
    KeysFile,
    /// Requests carry headers of the settings' own: [`headers_with`].
    ///
    /// [`headers_with`]: super::SourceBuilder::headers_with
    Headers,
    /// These go to other origins than the configured one too: [`headers_also_to`].
    ///
    /// [`headers_also_to`]: super::SourceBuilder::headers_also_to
    HeadersAlsoTo,
    /// Plain `http` to a host that is named: [`allow_http_host`].
    ///
    /// [`allow_http_host`]: super::SourceBuilder::allow_http_host
    HttpHost,
    /// Plain `http` to this machine: [`allow_loopback_http`].
    ///
    /// [`allow_loopback_http`]: super::SourceBuilder::allow_loopback_http
    LoopbackHttp,
    /// The keys are found by OAuth 2.0 metadata: [`discover_oauth`].
    ///
    /// [`discover_oauth`]: super::SourceBuilder::discover_oauth
    OAuthMetadata,
    /// The issuer's document is at another URL than the issuer's: [`discovery_url`].
    ///
    /// [`discovery_url`]: super::SourceBuilder::discovery_url
    DiscoveryUrl,
    /// A `typ` besides those of the standards passes: [`also_type`].
    ///
    /// [`also_type`]: crate::verify::Issuer::also_type
    AlsoType,
    /// `sub` may be of any JSON type: [`any_sub`].
    ///
    /// [`any_sub`]: crate::verify::Issuer::any_sub
    AnySub,
    /// Tokens without `exp` pass until they are old: [`max_age_without_exp`].
    ///
    /// [`max_age_without_exp`]: crate::verify::Issuer::max_age_without_exp
    MaxAgeWithoutExp,
    /// Tokens are JWT-SVIDs: known by `sub` in place of `iss`, and a bundle without keys revokes all:
    /// [`spiffe`].
    ///
    /// [`spiffe`]: crate::verify::Issuer::spiffe
    Spiffe,
    /// The accepted `typ`s are others than those of the standards: [`types`].
    ///
    /// [`types`]: crate::verify::Issuer::types
    Types,
    /// Tokens without `iss` pass: [`without_iss`].
    ///
    /// [`without_iss`]: crate::verify::Issuer::without_iss
    WithoutIss,
}

impl Relaxation {
    /// The name of its setting.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlsoType => "also_type",
            Self::AnySub => "any_sub",
            Self::DiscoveryUrl => "discovery_url",
            Self::Headers => "headers_with",
            Self::HeadersAlsoTo => "headers_also_to",
            Self::HttpHost => "allow_http_host",
            Self::Keys => "keys",
            Self::KeysFile => "keys_file",
            Self::LoopbackHttp => "allow_loopback_http",
            Self::MaxAgeWithoutExp => "max_age_without_exp",
            Self::OAuthMetadata => "discover_oauth",
            Self::Spiffe => "spiffe",
            Self::Types => "types",
            Self::WithoutIss => "without_iss",
        }
    }
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Relaxation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Several, as one text.
pub(crate) struct Listed<'r>(pub(crate) &'r [Relaxation]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, relaxation) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{relaxation}")?;
        }
        Ok(())
    }
}
