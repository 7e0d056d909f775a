//! What may stand in a challenge, and what takes the place of the rest.

use std::borrow::Cow;

/// Between the quotes of a parameter: printable ASCII without `"` and `\` (RFC 6750, section 3).
pub(crate) const fn is_quotable(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// In a scope: as [`is_quotable`], without the space (RFC 6749, section 3.3).
pub(crate) const fn is_scope_byte(byte: u8) -> bool {
    byte != b' ' && is_quotable(byte)
}

/// Whether it is the name of one scope.
pub(crate) fn is_scope(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_scope_byte)
}

/// The text with `_` in the place of each character that a challenge cannot hold.
pub(crate) fn quotable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_quotable) {
        return Cow::Borrowed(text);
    }
    let fit = |c: char| u8::try_from(c).is_ok_and(is_quotable);
    Cow::Owned(text.chars().map(|c| if fit(c) { c } else { '_' }).collect())
}

/// These scopes, in the form of a `scope` parameter; what a scope cannot hold is replaced.
pub(crate) fn scope_list<'s>(names: impl IntoIterator<Item = &'s str>) -> String {
    let mut list = String::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        if !list.is_empty() {
            list.push(' ');
        }
        list.extend(quotable(name).chars().map(|c| if c == ' ' { '_' } else { c }));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_challenge_cannot_hold_is_replaced() {
        assert!(matches!(quotable("the token expired"), Cow::Borrowed(_)));
        assert_eq!(quotable("a\"b\\c\u{7f}d\r\n\u{e9}"), "a_b_c_d___");
        assert_eq!(scope_list(["a:b", "", "c d", "\"e"]), "a:b c_d _e");
    }

    #[test]
    fn a_scope_has_no_space_and_no_quote() {
        assert!(is_scope("https://api.example.com/orders.read!#[]~"));
        for wrong in ["", "a b", "a\"", "\\", "\u{e9}", "a\n", "\u{7f}"] {
            assert!(!is_scope(wrong), "{wrong:?}");
        }
    }
}
