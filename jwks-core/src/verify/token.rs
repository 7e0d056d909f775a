//! A compact JWS (RFC 7515 section 7.1), split and decoded but not yet believed.

use std::ops::Range;

use crate::keys::base64url;

use super::error::Error;

/// The three parts of a token, decoded into one buffer; nothing in it is verified.
pub(crate) struct Token<'t> {
    /// Header and payload as they were sent, which is what is signed.
    signed: &'t str,
    decoded: Vec<u8>,
    payload: Range<usize>,
}

impl<'t> Token<'t> {
    /// Splits and decodes a token of at most `max_len` bytes.
    pub(crate) fn parse(text: &'t str, max_len: usize) -> Result<Self, Error> {
        if text.len() > max_len {
            return Err(Error::malformed(format!("longer than {max_len} bytes")));
        }
        let malformed = |what| Error::malformed(likely_mistake(text).unwrap_or(what));
        let parts = || malformed("not three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(parts)?;
        let (header, payload) = signed.split_once('.').ok_or_else(parts)?;
        if payload.contains('.') {
            return Err(parts());
        }

        // Each part's estimate is at most 3 bytes above its length.
        let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 12);
        let mut decode = |part, what| {
            base64url::decode_into(part, &mut decoded).ok_or_else(|| malformed(what))?;
            Ok::<_, Error>(decoded.len())
        };
        let start = decode(header, "the header is not base64url")?;
        let end = decode(payload, "the payload is not base64url")?;
        decode(signature, "the signature is not base64url")?;
        Ok(Self { signed, decoded, payload: start..end })
    }

    pub(super) fn header_bytes(&self) -> &[u8] {
        self.decoded.get(..self.payload.start).unwrap_or_default()
    }

    pub(super) fn payload_bytes(&self) -> &[u8] {
        self.decoded.get(self.payload.clone()).unwrap_or_default()
    }

    pub(super) fn signature(&self) -> &[u8] {
        self.decoded.get(self.payload.end..).unwrap_or_default()
    }

    pub(super) const fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }
}

/// What is wrong with a text that is no token, where its sender's mistake can be told.
fn likely_mistake(text: &str) -> Option<&'static str> {
    let scheme = text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
    match text {
        "" => Some("the text is empty"),
        _ if scheme => Some("take off the `Bearer` before it"),
        _ => None,
    }
}

/// Longest token in bytes, unless configured otherwise: twice what web servers usually take as a
/// header.
pub(crate) const DEFAULT_MAX_LEN: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::super::error::ErrorKind;
    use super::*;

    #[test]
    fn common_mistakes_are_named() {
        for (text, why) in [
            ("", "malformed token: the text is empty"),
            ("abc", "malformed token: not three parts"),
            ("Bearer YWJj.ZGU.ZmdoaQ", "malformed token: take off the `Bearer` before it"),
            ("bearer ", "malformed token: take off the `Bearer` before it"),
            ("\u{e9}\u{e9}\u{e9}\u{e9}", "malformed token: not three parts"),
        ] {
            assert_eq!(Token::parse(text, 64).err().unwrap().to_string(), why);
        }
    }

    #[test]
    fn the_parts_are_decoded() {
        let token = Token::parse("YWJj.ZGU.ZmdoaQ", 64).unwrap();
        assert_eq!(token.header_bytes(), b"abc");
        assert_eq!(token.payload_bytes(), b"de");
        assert_eq!(token.signature(), b"fghi");
        assert_eq!(token.signed(), b"YWJj.ZGU");
        let empty = Token::parse("..", 64).unwrap();
        assert!(empty.header_bytes().is_empty() && empty.signature().is_empty());
    }

    #[test]
    fn one_allocation_holds_all_parts() {
        for len in 0..40 {
            let part = base64url::encode(&vec![1; len]);
            let text = format!("{part}.{part}.{part}");
            let token = Token::parse(&text, 1024).unwrap();
            assert_eq!(token.decoded.len(), 3 * len);
            assert_eq!(token.decoded.capacity(), text.len() / 4 * 3 + 12);
        }
    }

    #[test]
    fn other_shapes_are_malformed() {
        for text in [".", "a.b", "YQ", "YQ.YQ", "YQ.YQ.YQ.YQ", "YQ.YQ.YQ.YQ.YQ", "YQ..YQ.YQ"] {
            let error = Token::parse(text, 64).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{text}");
            assert_eq!(error.to_string(), "malformed token: not three parts", "{text}");
        }
        for text in ["YQ==.YQ.YQ", "YQ.YR.YQ", "YQ.YQ.YQ\n", " YQ.YQ.YQ", "YQ.YQ.Y", "YQ.+Q.YQ"] {
            let error = Token::parse(text, 64).err().unwrap();
            assert!(error.to_string().ends_with("not base64url"), "{text}");
        }
    }

    #[test]
    fn the_limit_is_inclusive() {
        assert!(Token::parse("YWJj.ZGU.ZmdoaQ", 15).is_ok());
        let error = Token::parse("YWJj.ZGU.ZmdoaQ", 14).err().unwrap();
        assert_eq!(error.to_string(), "malformed token: longer than 14 bytes");
    }
}
