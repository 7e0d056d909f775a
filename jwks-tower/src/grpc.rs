//! gRPC, as far as a refusal needs it: HTTP/2 with a status of its own.

use http::{HeaderMap, HeaderValue, header};

/// A status code of gRPC, of those that a guard answers with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum GrpcCode {
    /// `INTERNAL`, 13.
    Internal = 13,
    /// `PERMISSION_DENIED`, 7.
    PermissionDenied = 7,
    /// `UNAUTHENTICATED`, 16.
    Unauthenticated = 16,
    /// `UNAVAILABLE`, 14.
    Unavailable = 14,
}

impl GrpcCode {
    /// The code as it is sent in `grpc-status`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// The content type to answer with, if this is a call of gRPC: one of gRPC-Web gets its own back.
pub(crate) fn answered_as(headers: &HeaderMap) -> Option<HeaderValue> {
    let asked = headers.get(header::CONTENT_TYPE)?;
    let rest = asked.as_bytes().get(GRPC.len()..)?;
    if !asked.as_bytes()[..GRPC.len()].eq_ignore_ascii_case(GRPC.as_bytes()) {
        return None;
    }
    let web = rest.len() >= 4 && rest[..4].eq_ignore_ascii_case(b"-web");
    Some(if web { asked.clone() } else { HeaderValue::from_static(GRPC) })
}

/// The text as a `grpc-message`: percent-encoded where it is not printable ASCII.
pub(crate) fn message(text: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' => encoded.push_str("%25"),
            0x20..=0x7e => encoded.push(char::from(byte)),
            _ => encoded.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
    HeaderValue::try_from(encoded).unwrap_or_else(|_| HeaderValue::from_static(""))
}

const GRPC: &str = "application/grpc";

const HEX: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_percent_encoded() {
        assert_eq!(message("50% caf\u{e9}\n"), "50%25 caf%C3%A9%0A");
    }

    #[test]
    fn grpc_is_known_by_the_beginning_of_its_content_type() {
        let answered = |asked: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asked));
            answered_as(&headers)
        };
        for asked in ["application/grpc", "application/grpc+proto", "Application/GRPC;x=y"] {
            assert_eq!(answered(asked).unwrap(), "application/grpc");
        }
        assert_eq!(answered("application/grpc-web+proto").unwrap(), "application/grpc-web+proto");
        for asked in ["application/json", "application/grp", "", "text/application/grpc"] {
            assert_eq!(answered(asked), None, "{asked}");
        }
        assert_eq!(answered_as(&HeaderMap::new()), None);
    }
}
