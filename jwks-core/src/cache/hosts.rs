//! Hosts that keys may come from.

use std::sync::Arc;

use http::Uri;

use super::source_url::SourceError;

/// A list of hosts, as `keys.example.com` or `*.example.com`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Hosts(Arc<[Box<str>]>);

impl Hosts {
    /// Fails if one of them is no host: with a scheme, a port, or another `*` than in the first place.
    pub(crate) fn new<'h>(hosts: impl IntoIterator<Item = &'h str>) -> Result<Self, SourceError> {
        let read = |host: &str| {
            let bare = host.strip_prefix("*.").unwrap_or(host);
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            let is_name = !bare.is_empty() && !bare.starts_with('.') && bare.bytes().all(fits);
            let is_v6 = bare.starts_with('[') && bare.ends_with(']') && bare == host;
            (is_name || is_v6).then(|| host.to_ascii_lowercase().into()).ok_or(SourceError::hosts())
        };
        Ok(Self(hosts.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    /// Whether keys may come from there.
    pub(crate) fn check(&self, uri: &Uri) -> Result<(), SourceError> {
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let is = |ours: &str| match ours.strip_prefix('*') {
            Some(end) => host.strip_suffix(end).is_some_and(|start| !start.is_empty()),
            None => host == ours,
        };
        if self.0.iter().any(|ours| is(ours)) { Ok(()) } else { Err(SourceError::other_host()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_of_them_or_under_one() {
        let hosts = Hosts::new(["keys.example.com", "*.id.example.com", "10.0.0.1", "[::1]"]);
        let hosts = hosts.unwrap();
        let check = |url: &str| hosts.check(&url.parse().unwrap()).is_ok();
        for url in [
            "https://keys.example.com/a",
            "https://KEYS.example.com:8443/a",
            "https://a.id.example.com",
            "https://a.b.ID.example.com",
            "https://10.0.0.1/",
            "https://[::1]:1/",
        ] {
            assert!(check(url), "{url}");
        }
        for url in [
            "https://example.com",
            "https://a.keys.example.com",
            "https://id.example.com",
            "https://.id.example.com",
            "https://evilid.example.com",
            "https://a.id.example.com.evil.example",
            "https://keys.example.com.",
            "https://10.0.0.2/",
        ] {
            assert!(!check(url), "{url}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for host in
            ["", "*", "*.", "a.*.example.com", "https://a", "a:1", "a/b", "é", "..", "*.[::1]"]
        {
            assert!(Hosts::new([host]).is_err(), "{host}");
        }
    }
}
