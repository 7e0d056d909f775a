//! Where the keys of an issuer may come from.

use super::Issuer;

impl Issuer {
    /// Connects to public addresses only, to fetch its keys: see
    /// [`SourceBuilder::public_addresses_only`](crate::cache::SourceBuilder::public_addresses_only).
    /// Default: to any address; for the issuers of a [`Resolver`](super::super::Resolver), to
    /// public ones only.
    pub const fn public_addresses_only(mut self) -> Self {
        self.public_only = true;
        self
    }

    /// Accepts a `jwks_uri` from the issuer's document only if it is at this host, written
    /// `keys.example.com`, or `*.example.com` for every host under that. Call it again to allow
    /// several. Default: any host.
    pub fn jwks_uri_host(mut self, host: impl Into<String>) -> Self {
        self.jwks_uri_hosts.push(host.into());
        self
    }
}
