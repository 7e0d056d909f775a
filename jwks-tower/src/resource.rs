//! The metadata of a protected resource (RFC 9728).

use std::sync::Arc;

use http::Uri;
use jwks_core::verify::Verifier;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::GuardError;
use crate::text::{is_quotable, is_scope};

mod service;
#[cfg(test)]
mod tests;

/// What a service says of itself (RFC 9728): which authorization servers issue its tokens, and which
/// scopes there are. Clients that know only the service's URL sign in by it; for servers of the Model
/// Context Protocol it is required.
///
/// One value serves for all of it: give it to the [guard](crate::GuardBuilder::resource), whose
/// challenges then say where the document is, and mount it as the route that serves the document.
///
/// ```
/// use jwks_tower::ProtectedResource;
///
/// let api = ProtectedResource::new("https://api.example.com/mcp")?
///     .authorization_server("https://id.example.com")?
///     .scopes(["orders:read", "orders:write"])?;
/// assert_eq!(api.path(), "/.well-known/oauth-protected-resource/mcp");
/// assert!(api.document().contains(r#""resource":"https://api.example.com/mcp""#));
/// # Ok::<(), jwks_tower::GuardError>(())
/// ```
///
/// With axum: `Router::new().route_service(api.path(), api.clone())`. It is a
/// [`Service`](tower_service::Service) for any body that is made of a `String`; it answers GET, HEAD
/// and the preflight of a browser, from every origin ([`response`](Self::response)). Do not put it behind the guard.
#[derive(Clone, Debug)]
pub struct ProtectedResource(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    metadata: Metadata,
    /// Where the metadata is, and which part of it is the path.
    url: Box<str>,
    path: usize,
    /// The document, kept up with the metadata.
    document: Box<str>,
}

/// The members in the order of RFC 9728, section 2; empty ones are left out (section 3.2).
#[derive(Clone, Debug, Serialize)]
struct Metadata {
    resource: Box<str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<Box<str>>,
    bearer_methods_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "is_false")]
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl ProtectedResource {
    /// The resource that clients reach at this URL: exactly as they write it, from outside, whatever
    /// a proxy makes of it. It should be the audience of the tokens too.
    ///
    /// # Errors
    ///
    /// It is not an absolute `https` URL (`http` on this very machine, for tests), or has a fragment,
    /// a user, or characters that a URL has not.
    pub fn new(url: &str) -> Result<Self, GuardError> {
        let (before, path) = split(url)?;
        let rest = if path == "/" { "" } else { path };
        let path_at = before.len();
        let metadata_url = format!("{before}{WELL_KNOWN}{rest}");
        let metadata = Metadata {
            resource: url.into(),
            authorization_servers: Vec::new(),
            scopes_supported: Vec::new(),
            bearer_methods_supported: ["header"],
            tls_client_certificate_bound_access_tokens: false,
            others: Map::new(),
        };
        let inner =
            Inner { metadata, url: metadata_url.into(), path: path_at, document: "".into() };
        Ok(Self(Arc::new(inner)).with(|_| {}))
    }

    /// Its tokens are issued by this authorization server too: the issuer identifier.
    ///
    /// # Errors
    ///
    /// It is not a URL, as for [`new`](Self::new).
    pub fn authorization_server(self, issuer: &str) -> Result<Self, GuardError> {
        split(issuer).map_err(|_| GuardError::url("authorization_server", NO_URL))?;
        Ok(self.with(|metadata| add(&mut metadata.authorization_servers, issuer)))
    }

    /// Its tokens are issued by the issuers of this verifier, as they are now.
    #[must_use]
    pub fn issuers(self, verifier: &Verifier) -> Self {
        self.with(|metadata| {
            let servers = &mut metadata.authorization_servers;
            verifier.expectations().for_each(|issuer| add(servers, issuer.issuer()));
        })
    }

    /// These scopes can be asked for (`scopes_supported`).
    ///
    /// # Errors
    ///
    /// A name is empty, or has other characters than RFC 6749, section 3.3, allows.
    pub fn scopes<S: AsRef<str>>(
        self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, GuardError> {
        let names: Vec<S> = names.into_iter().collect();
        if let Some(wrong) = names.iter().find(|name| !is_scope(name.as_ref())) {
            return Err(GuardError::scope(wrong.as_ref()));
        }
        Ok(self.with(|metadata| {
            names.iter().for_each(|name| add(&mut metadata.scopes_supported, name.as_ref()));
        }))
    }

    /// Its name, for people (`resource_name`).
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.member("resource_name", name)
    }

    /// Where its documentation is (`resource_documentation`).
    #[must_use]
    pub fn documentation(self, url: &str) -> Self {
        self.member("resource_documentation", url)
    }

    /// Its tokens are bound to client certificates (RFC 8705).
    #[must_use]
    pub fn certificate_bound(self) -> Self {
        self.with(|metadata| metadata.tls_client_certificate_bound_access_tokens = true)
    }

    /// Any other member of the document (RFC 9728, section 2); `null`, an empty text and an empty
    /// array are left out. The members that have a method of their own are not changed by it.
    #[must_use]
    pub fn member(self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Array(items) => items.is_empty(),
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if empty || OWN.contains(&name) {
            return self;
        }
        self.with(|metadata| {
            metadata.others.insert(name.to_owned(), value);
        })
    }

    /// The resource's identifier, as it was given.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.0.metadata.resource
    }

    /// Where the metadata is: the well-known segment stands between the host and the path.
    #[must_use]
    pub fn metadata_url(&self) -> &str {
        &self.0.url
    }

    /// The path of [`metadata_url`](Self::metadata_url), for a route. Without a query, if the resource
    /// has one.
    #[must_use]
    pub fn path(&self) -> &str {
        let path = &self.0.url[self.0.path..];
        path.split_once('?').map_or(path, |(path, _)| path)
    }

    /// The document, as JSON.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.0.document
    }

    fn with(mut self, change: impl FnOnce(&mut Metadata)) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        change(&mut inner.metadata);
        // Texts, lists of them, and values that are JSON already.
        inner.document = serde_json::to_string(&inner.metadata).unwrap_or_default().into();
        self
    }
}

fn add(list: &mut Vec<Box<str>>, one: &str) {
    if !list.iter().any(|it| **it == *one) {
        list.push(one.into());
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Scheme and host, and the rest.
fn split(url: &str) -> Result<(&str, &str), GuardError> {
    let wrong = |problem| Err(GuardError::url("resource", problem));
    if url.contains('#') {
        return wrong("has a fragment, must have none (RFC 9728, section 1.2)");
    }
    if !url.bytes().all(|byte| is_quotable(byte) && byte != b' ') {
        return wrong(NO_URL);
    }
    let Ok(uri) = url.parse::<Uri>() else { return wrong(NO_URL) };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return wrong(NO_URL);
    };
    if authority.as_str().contains('@') {
        return wrong("names a user, must have none");
    }
    let loopback = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
    if !(scheme == "https" || scheme == "http" && loopback) {
        return wrong("must be https");
    }
    let before = scheme.len() + "://".len() + authority.as_str().len();
    url.split_at_checked(before).map_or_else(|| wrong(NO_URL), Ok)
}

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

const NO_URL: &str = "not an absolute URL such as https://api.example.com/orders";

/// Members with methods of their own.
const OWN: [&str; 5] = [
    "resource",
    "authorization_servers",
    "scopes_supported",
    "bearer_methods_supported",
    "tls_client_certificate_bound_access_tokens",
];
