//! Tokens that are bound to their sender (`cnf`, RFC 7800).

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

/// The SHA-256 thumbprint of a client certificate (RFC 8705, section 3.1).
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Thumbprint([u8; TEXT]);

impl Thumbprint {
    /// The SHA-256 of the certificate's DER form.
    #[must_use]
    pub fn new(sha256: [u8; 32]) -> Self {
        let mut text = [0; TEXT];
        for (group, chunk) in text.chunks_mut(4).zip(sha256.chunks(3)) {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for (place, letter) in group.iter_mut().enumerate() {
                *letter = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            }
        }
        Self(text)
    }

    /// The thumbprint of this certificate, in DER form.
    #[cfg(feature = "mtls")]
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Self {
        use sha2::Digest as _;

        Self::new(sha2::Sha256::digest(der).into())
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Thumbprint")
    }
}

/// How a token is bound, by its own word.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Binding {
    /// To this certificate, and to nothing else. Boxed, for few tokens are.
    Certificate(Box<Thumbprint>),
    #[default]
    None,
    /// In a way that is not known here, or cannot be read.
    Other,
}

/// Exactly one member, `x5t#S256`, with the length of a thumbprint.
impl<'de> Deserialize<'de> for Binding {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Binding;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the members of `cnf`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Binding, A::Error> {
                let mut binding = None;
                while let Some(name) = map.next_key::<Name>()? {
                    let read = if name.is_x5t {
                        let text: String = map.next_value()?;
                        let text = text.as_bytes().try_into();
                        text.map_or(Binding::Other, |it| {
                            Binding::Certificate(Box::new(Thumbprint(it)))
                        })
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        Binding::Other
                    };
                    binding = Some(if binding.is_some() { Binding::Other } else { read });
                }
                Ok(binding.unwrap_or(Binding::Other))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

struct Name {
    is_x5t: bool,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self { is_x5t: name == "x5t#S256" })
    }
}

/// 32 bytes in base64url, without padding.
const TEXT: usize = 43;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8705, section 3.1, has this thumbprint as its example.
    const EXAMPLE: &str = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";

    fn read(json: &str) -> Option<Binding> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn a_thumbprint_is_base64url() {
        let text = |byte| String::from_utf8(Thumbprint::new([byte; 32]).0.to_vec()).unwrap();
        assert_eq!(text(0), "A".repeat(43));
        assert_eq!(text(0xff), format!("{}8", "_".repeat(42)));
        let counting: [u8; 32] = std::array::from_fn(|it| it as u8);
        let expected = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        assert_eq!(Thumbprint::new(counting).0, expected.as_bytes());
    }

    #[cfg(feature = "mtls")]
    #[test]
    fn a_certificate_is_hashed_by_sha_256() {
        let empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        assert_eq!(Thumbprint::of_certificate(b"").0, empty.as_bytes());
    }

    #[test]
    fn only_a_certificate_alone_is_understood() {
        let json = format!(r#"{{"x5t#S256":"{EXAMPLE}"}}"#);
        let expected = Box::new(Thumbprint(EXAMPLE.as_bytes().try_into().unwrap()));
        assert_eq!(read(&json), Some(Binding::Certificate(expected.clone())));
        assert_eq!(read(&json.replace("x5t", "\\u00785t")), Some(Binding::Certificate(expected)));
        for other in [
            "{}".to_owned(),
            r#"{"jkt":"a"}"#.to_owned(),
            r#"{"x5t#S256":"short"}"#.to_owned(),
            format!(r#"{{"x5t#S256":"{EXAMPLE}","jkt":"a"}}"#),
            format!(r#"{{"jkt":"a","x5t#S256":"{EXAMPLE}"}}"#),
            format!(r#"{{"x5t#S256":"{EXAMPLE}","x5t#S256":"{EXAMPLE}"}}"#),
        ] {
            assert_eq!(read(&other), Some(Binding::Other), "{other}");
        }
        for broken in [r#"{"x5t#S256":1}"#, "[]", "\"a\"", "1"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
