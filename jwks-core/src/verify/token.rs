//! A compact JWS (RFC 7515 section 7.1), split and decoded but not yet believed.

use crate::keys::base64url::{decode_to, most_decoded};

use super::error::Error;

/// The three parts of a token, each borrowed: payload and signature decoded into bytes that live as long as `'b`.
/// Nothing in it is verified.
#[derive(Clone, Copy)]
pub(crate) struct Token<'t, 'b> {
    /// As it was sent.
    header: &'t str,
    /// Header and payload as they were sent, which is what is signed.
    signed: &'t str,
    payload: &'b [u8],
    signature: &'b [u8],
}

impl<'t, 'b> Token<'t, 'b> {
    /// How many bytes it takes to decode all parts of a token of at most `max_len` bytes.
    pub(crate) fn room_for(text: &str, max_len: usize) -> Result<usize, Error> {
        if text.len() > max_len {
            return Err(Error::malformed(format!("longer than {max_len} bytes")));
        }
        // Three parts, and each estimate is at most 3 bytes above its length.
        Ok(text.len() / 4 * 3 + 12)
    }

    /// Splits a token, and decodes payload and signature. What is left of the
    /// [room](Self::room_for) is enough for the header.
    pub(crate) fn parse(text: &'t str, room: &'b mut [u8]) -> Result<(Self, &'b mut [u8]), Error> {
        let parts = || malformed(text, "not three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(parts)?;
        let (header, payload) = signed.split_once('.').ok_or_else(parts)?;
        // The first part with a fault is named; the header may not be decoded otherwise.
        let faulty = |what| {
            if payload.contains('.') {
                return parts();
            }
            let mut room = vec![0; most_decoded(header.len())];
            let fine = decode_to(header, &mut room).is_some();
            malformed(text, if fine { what } else { BAD_HEADER })
        };
        let (claims, room) =
            decode_to(payload, room).ok_or_else(|| faulty("the payload is not base64url"))?;
        let (signature, room) =
            decode_to(signature, room).ok_or_else(|| faulty("the signature is not base64url"))?;
        Ok((Self { header, signed, payload: claims, signature }, room))
    }

    /// The header as it was sent, which is not decoded.
    pub(super) const fn header_text(&self) -> &'t str {
        self.header
    }

    /// Decodes the header into what [`parse`](Self::parse) has left.
    pub(super) fn decode_header<'h>(&self, room: &'h mut [u8]) -> Result<&'h [u8], Error> {
        let decoded = decode_to(self.header, room);
        decoded.map(|(header, _)| header).ok_or_else(|| malformed(self.signed, BAD_HEADER))
    }

    pub(super) const fn payload_bytes(&self) -> &'b [u8] {
        self.payload
    }

    pub(super) const fn signature(&self) -> &'b [u8] {
        self.signature
    }

    pub(super) const fn signed(&self) -> &'t [u8] {
        self.signed.as_bytes()
    }
}

#[cfg(test)]
impl<'t> Token<'t, 'static> {
    /// A token whose decoded parts stay, and what is left for its header.
    pub(super) fn kept(text: &'t str, max_len: usize) -> Result<(Self, &'static mut [u8]), Error> {
        Self::parse(text, vec![0; Self::room_for(text, max_len)?].leak())
    }
}

fn malformed(text: &str, what: &'static str) -> Error {
    Error::malformed(likely_mistake(text).unwrap_or(what))
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

const BAD_HEADER: &str = "the header is not base64url";

/// Longest token in bytes, unless configured otherwise: twice what web servers usually take as a
/// header.
pub(crate) const DEFAULT_MAX_LEN: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::super::error::ErrorKind;
    use super::*;
    use crate::keys::base64url::encode;

    /// Header, payload and signature, decoded.
    fn parts(text: &str, max_len: usize) -> Result<[Vec<u8>; 3], Error> {
        let (token, room) = Token::kept(text, max_len)?;
        let header = token.decode_header(room)?.to_vec();
        Ok([header, token.payload_bytes().to_vec(), token.signature().to_vec()])
    }

    #[test]
    fn common_mistakes_are_named() {
        for (text, why) in [
            ("", "malformed token: the text is empty"),
            ("abc", "malformed token: not three parts"),
            ("Bearer YWJj.ZGU.ZmdoaQ", "malformed token: take off the `Bearer` before it"),
            ("Bearer YWJj.ZGU.ZmdoaQ=", "malformed token: take off the `Bearer` before it"),
            ("bearer ", "malformed token: take off the `Bearer` before it"),
            ("\u{e9}\u{e9}\u{e9}\u{e9}", "malformed token: not three parts"),
        ] {
            assert_eq!(parts(text, 64).err().unwrap().to_string(), why);
        }
    }

    #[test]
    fn the_first_part_with_a_fault_is_named() {
        for (text, part) in [
            ("YQ=.YQ.YQ", "header"),
            ("YQ=.YQ=.YQ", "header"),
            ("YQ=.YQ.YQ=", "header"),
            ("YQ.YQ=.YQ", "payload"),
            ("YQ.YQ=.YQ=", "payload"),
            ("YQ.YQ.YQ=", "signature"),
        ] {
            let error = parts(text, 64).err().unwrap().to_string();
            assert_eq!(error, format!("malformed token: the {part} is not base64url"), "{text}");
        }
    }

    #[test]
    fn the_parts_are_decoded() {
        let all = parts("YWJj.ZGU.ZmdoaQ", 64).unwrap();
        assert_eq!(all, [b"abc".to_vec(), b"de".to_vec(), b"fghi".to_vec()]);
        let (token, _) = Token::kept("YWJj.ZGU.ZmdoaQ", 64).unwrap();
        assert_eq!((token.signed(), token.header_text()), (&b"YWJj.ZGU"[..], "YWJj"));
        assert!(parts("..", 64).unwrap().iter().all(Vec::is_empty));
    }

    #[test]
    fn there_is_room_for_all_parts() {
        for len in 0..100 {
            let all = [len % 7, len, (len * 31) % 100].map(|len| vec![1; len]);
            let text = all.clone().map(|part| encode(&part)).join(".");
            assert_eq!(parts(&text, 1024).unwrap(), all, "{text}");
        }
    }

    #[test]
    fn no_more_room_is_taken_than_the_token_is_long() {
        for len in [0, 1, 100, 4096] {
            let room = Token::room_for(&"a".repeat(len), 4096).unwrap();
            assert!(room <= len + 12, "{room} for {len}");
        }
    }

    #[test]
    fn other_shapes_are_malformed() {
        for text in [".", "a.b", "YQ", "YQ.YQ", "YQ.YQ.YQ.YQ", "YQ.YQ.YQ.YQ.YQ", "YQ..YQ.YQ"] {
            let error = parts(text, 64).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{text}");
            assert_eq!(error.to_string(), "malformed token: not three parts", "{text}");
        }
        for text in ["YQ==.YQ.YQ", "YQ.YR.YQ", "YQ.YQ.YQ\n", " YQ.YQ.YQ", "YQ.YQ.Y", "YQ.+Q.YQ"] {
            let error = parts(text, 64).err().unwrap();
            assert!(error.to_string().ends_with("not base64url"), "{text}");
        }
    }

    #[test]
    fn the_limit_is_inclusive() {
        assert!(parts("YWJj.ZGU.ZmdoaQ", 15).is_ok());
        let error = parts("YWJj.ZGU.ZmdoaQ", 14).err().unwrap();
        assert_eq!(error.to_string(), "malformed token: longer than 14 bytes");
    }
}
