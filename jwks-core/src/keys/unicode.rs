//! JSON texts (RFC 8259) that are not quite UTF-8 or Unicode.

/// The text without the byte order mark that some editors and servers put before it, although
/// RFC 8259 section 8.1 forbids it.
pub(crate) fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Whether the escapes in a JSON text stand for characters: none is half of a surrogate pair
/// without the other half (RFC 8259 section 8.2).
pub(crate) fn is_unicode(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, escape)) = rest.split_once('\\') {
        rest = match code_unit(escape) {
            Some((0xd800..=0xdbff, after)) => match after.strip_prefix('\\').and_then(code_unit) {
                Some((0xdc00..=0xdfff, after)) => after,
                _ => return false,
            },
            Some((0xdc00..=0xdfff, _)) => return false,
            Some((_, after)) => after,
            None => escape.get(1..).unwrap_or_default(),
        };
    }
    true
}

/// What follows a backslash, if it is the escape of a UTF-16 code unit, and the text after it.
fn code_unit(escape: &str) -> Option<(u16, &str)> {
    let (digits, after) = escape.strip_prefix('u')?.split_at_checked(4)?;
    Some((u16::from_str_radix(digits, 16).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_order_mark_is_taken_off() {
        assert_eq!(without_byte_order_mark("\u{feff}{}"), "{}");
        assert_eq!(without_byte_order_mark("\u{feff}\u{feff}{}"), "\u{feff}{}");
        assert_eq!(without_byte_order_mark(" \u{feff}{}"), " \u{feff}{}");
    }

    #[test]
    fn half_a_surrogate_pair_is_no_unicode() {
        for half in
            [r"\ud800", r"\uDFFF", r"\ud83d\n", r"\ud83dudd11", r"\udd11\ud83d", r"\u00e9\ud83d"]
        {
            assert!(!is_unicode(half), "{half}");
        }
        for whole in [
            "",
            r"\ud83d\uDD11",
            r"\\ud800",
            r"\\\\ud800",
            r"\u00e9\\",
            r#"\"\ud83d\udd11"#,
            "\\",
            "\\u12",
        ] {
            assert!(is_unicode(whole), "{whole}");
        }
    }

    proptest::proptest! {
        #![proptest_config(crate::proof::draws(256))]

        /// serde_json decodes exactly the strings that are told to be Unicode.
        #[test]
        fn what_is_unicode_is_what_can_be_decoded(
            parts in proptest::collection::vec(
                r#"a|n|u|\\n|\\\\|\\"|\\ud83d|\\udd11|\\u00e9|\\uD800"#, 0..6
            ),
        ) {
            let text = format!("\"{}\"", parts.concat());
            proptest::prop_assert_eq!(
                is_unicode(&text),
                serde_json::from_str::<String>(&text).is_ok(),
                "{}", text
            );
        }
    }
}
