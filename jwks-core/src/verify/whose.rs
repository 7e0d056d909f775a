//! Whose token it is, by its own word.

use std::borrow::Cow;

use super::error::Error;
use super::token::Token;

impl<'b> Token<'_, 'b> {
    /// The `iss` that the payload begins to say, found without reading the rest. `None`: it has to be
    /// read as a whole.
    ///
    /// It only says whose keys are to be tried: what is accepted has been read as a whole, and has
    /// this `iss` and no other. In a payload that is JSON it is the first member of that name.
    pub(super) fn first_issuer(&self) -> Result<Option<&'b str>, Error> {
        Ok(first_issuer(self.payload()?))
    }

    /// The `iss` that the payload says, if it says one.
    pub(super) fn claimed_issuer(&self) -> Result<Option<Cow<'b, str>>, Error> {
        match self.first_issuer()? {
            Some(iss) => Ok(Some(iss.into())),
            // What is wrong with the other claims is said by the issuer's own rules.
            None => Ok(self.claims(true)?.issuer),
        }
    }
}

fn first_issuer(payload: &str) -> Option<&str> {
    let mut rest = payload.trim_ascii_start().strip_prefix('{')?;
    loop {
        let (name, after) = string(rest.trim_ascii_start())?;
        let value = after.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
        if name == "iss" {
            return string(value).map(|(issuer, _)| issuer);
        }
        rest = after_value(value)?;
    }
}

/// A string without escapes, and what follows it.
fn string(text: &str) -> Option<(&str, &str)> {
    let (inner, after) = text.strip_prefix('"')?.split_once('"')?;
    (!inner.contains('\\')).then_some((inner, after))
}

/// What follows a value and its comma.
fn after_value(text: &str) -> Option<&str> {
    let (mut depth, mut quoted, mut escape) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escape => escape = false,
            b'\\' if quoted => escape = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => return text.get(at + 1..),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::json::{Object, string};

    #[test]
    fn the_first_of_the_members_is_found() {
        for (payload, issuer) in [
            (r#"{"iss":"i"}"#, Some("i")),
            (r#" { "iss" : "i" , "x":1}"#, Some("i")),
            (r#"{"a":{"iss":"no"},"b":["iss","x"],"c":"\"iss\":\"no\"","iss":"i"}"#, Some("i")),
            (r#"{"a":"}],{\\","iss":"i","iss":"j"}"#, Some("i")),
            (r#"{"a":"\"","iss":"i"}"#, Some("i")),
            (r#"{"a":"\",\"iss\":\"no\"","iss":"i"}"#, Some("i")),
            (r#"{"iss":1}"#, None),
            (r#"{"iss":"\u0069"}"#, None),
            (r#"{"\u0069ss":"i"}"#, None),
            (r#"{"iss":null}"#, None),
            (r#"["iss","i"]"#, None),
            (r#"{"a":1}"#, None),
            (r#"{"a":1}],"iss":"i"}"#, None),
            ("{}", None),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(first_issuer(payload), issuer, "{payload}");
        }
    }

    proptest! {
        #![proptest_config(crate::proof::draws(512))]

        /// What is found in a payload that can be read is what reading it says.
        #[test]
        fn what_is_found_is_what_is_read(
            parts in proptest::collection::vec(
                r#"\{|\}|\[|\]|"iss":|"a":|,|"i"|"j"|"\\\\"|"\\""|1|null| |\{"iss":"n"\}"#, 0..9
            ),
        ) {
            let payload = format!("{{{}}}", parts.concat());
            if let Ok(object) = Object::parse(&payload)
                && let Some(found) = first_issuer(&payload)
            {
                prop_assert_eq!(found, string(object.get("iss").unwrap()).unwrap());
            }
        }
    }
}
