//! A `Bearer` challenge (RFC 9110, section 11.6.1; RFC 6750, section 3), parameter by parameter.

use http::HeaderValue;

use crate::text::quotable;

/// Writes the scheme, and each parameter once, with commas between them.
pub(crate) struct Challenge(String);

impl Challenge {
    pub(crate) fn bearer() -> Self {
        Self("Bearer".to_owned())
    }

    /// The name is a token of ours; the value is quoted, and cannot end the quotes.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push_str(if self.0.contains('=') { ", " } else { " " });
        self.0.push_str(name);
        self.0.push_str("=\"");
        self.0.push_str(&quotable(value));
        self.0.push('"');
        self
    }

    pub(crate) fn with_some(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) if !value.is_empty() => self.with(name, value),
            _ => self,
        }
    }

    pub(crate) fn into_value(self) -> HeaderValue {
        // All of it is printable ASCII by now.
        HeaderValue::try_from(self.0)
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer realm=\"api\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_quoted_and_have_commas_between_them() {
        let value = Challenge::bearer()
            .with("realm", "a=b")
            .with_some("scope", None)
            .with_some("error", Some(""))
            .with("error_description", "x\", evil=\"y\r\nz")
            .into_value();
        assert_eq!(value, "Bearer realm=\"a=b\", error_description=\"x_, evil=_y__z\"");
    }
}
