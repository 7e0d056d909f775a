//! Which requests go through which proxy.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::{Proxy, Url};

use crate::StartError;

/// The proxies of a client: the environment's, the caller's, or none.
#[derive(Clone)]
pub(super) struct Proxies(Option<Arc<Matcher>>);

impl Proxies {
    /// Those that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name, in either case; without them, on
    /// macOS and Windows, those of the system's settings.
    pub(super) fn of_the_environment() -> Self {
        Self(Some(Arc::new(Matcher::from_system())))
    }

    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(super) fn one(url: &str) -> Result<Self, StartError> {
        let proxies = Self(Some(Arc::new(Matcher::builder().all(url).build())));
        // reqwest ignores a text that is not the URL of a proxy.
        match proxies.of(&ANYWHERE.parse().map_err(|_| StartError::proxy())?) {
            Some(_) => Ok(proxies),
            None => Err(StartError::proxy()),
        }
    }

    /// The proxy for this request, with its user and password. This machine is never reached
    /// through a proxy, nor is anything by plain `http`, because a proxy could answer with any keys.
    pub(super) fn of(&self, url: &Url) -> Option<Url> {
        let matcher = self.0.as_ref().filter(|_| url.scheme() == "https" && !is_loopback(url))?;
        url_of(&matcher.intercept(&url.as_str().parse().ok()?)?)
    }

    pub(super) fn for_reqwest(&self) -> Option<Proxy> {
        let proxies = self.clone();
        self.0.is_some().then(|| Proxy::custom(move |url| proxies.of(url)))
    }
}

/// Hides user and password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `localhost` and the names below it (RFC 6761, section 6.3), 127.0.0.0/8 and `::1`.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// The URL as reqwest wants it: with user and password, where the matcher keeps them apart.
fn url_of(intercept: &Intercept) -> Option<Url> {
    let mut url: Url = intercept.uri().to_string().parse().ok()?;
    let basic = intercept.basic_auth().and_then(|header| {
        let encoded = header.as_bytes().strip_prefix(b"Basic ")?;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    });
    let raw = intercept.raw_auth();
    let login = basic.as_deref().and_then(|login| login.split_once(':')).or(raw);
    if let Some((user, password)) = login {
        url.set_username(user).ok()?;
        url.set_password(Some(password)).ok()?;
    }
    Some(url)
}

const ANYWHERE: &str = "https://key-server.invalid/";

#[cfg(test)]
mod tests {
    use super::*;

    fn through(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&url.parse().unwrap()).map(String::from)
    }

    #[test]
    fn loopback_and_plain_http_never_go_through_one() {
        let proxies = Proxies::one("http://proxy.example:3128").unwrap();
        for url in [
            "http://127.0.0.1:8080/keys",
            "https://127.9.9.9/keys",
            "http://[::1]:8080/keys",
            "http://[::ffff:127.0.0.1]/keys",
            "http://localhost/keys",
            "https://LOCALHOST./keys",
            "https://keys.localhost/keys",
            "http://keys.internal:8080/keys",
        ] {
            assert_eq!(through(&proxies, url), None, "{url}");
        }
        for url in ["https://id.example/keys", "https://10.0.0.1/", "https://notlocalhost/keys"] {
            let proxy = through(&proxies, url);
            assert_eq!(proxy.as_deref(), Some("http://proxy.example:3128/"), "{url}");
        }
        assert_eq!(through(&Proxies::none(), "https://id.example/keys"), None);
    }

    #[test]
    fn a_login_is_kept_and_not_shown() {
        for (given, used) in [
            (
                "http://us%40er:h%3Aush@proxy.example:3128",
                "http://us%40er:h%3Aush@proxy.example:3128/",
            ),
            ("https://user@proxy.example", "https://user@proxy.example/"),
            ("socks5://user:hush@proxy.example:1080", "socks5://user:hush@proxy.example:1080/"),
            ("proxy.example:3128", "http://proxy.example:3128/"),
        ] {
            let proxies = Proxies::one(given).unwrap();
            assert_eq!(through(&proxies, ANYWHERE).as_deref(), Some(used));
            let shown = format!("{proxies:?}");
            assert!(!shown.contains("ush") && shown.contains("proxy.example"), "{shown}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        for url in ["", "ftp://proxy.example", "/proxy", "http://", "no proxy"] {
            let error = Proxies::one(url).unwrap_err();
            assert!(error.to_string().contains("must be like `http://proxy.example:3128`"));
        }
    }
}
