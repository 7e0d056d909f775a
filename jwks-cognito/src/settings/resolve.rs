//! What settings come to, if they can work.

use std::time::Duration;

use jwks_core::cache::Source;
use jwks_core::keys::Algorithm;
use jwks_core::refresh::SettingValue;
use jwks_core::verify::Issuer;

use super::name::Setting;
use super::{CognitoSettings, SettingsError};
use crate::check::{Clients, Demands};
use crate::{Endpoint, TokenUse};

impl CognitoSettings {
    /// The `iss` of its tokens, the core's view of it, and what else its tokens must be like.
    pub(crate) fn resolve(self) -> Result<(String, Issuer, Demands), SettingsError> {
        self.check()?;
        let uri = self.key_url()?;
        let iss = self.issuer.unwrap_or_else(|| self.pool.issuer_of(self.issuer_type));
        let mut issuer = Issuer::new(&iss)
            .jwks_uri(uri)
            // `aud` or `client_id`, as the use of the token has it: checked beside the rest.
            .any_audience()
            .algorithms([Algorithm::RS256])
            .leeway(self.leeway)
            .policy(self.policy);
        if self.allow_loopback_http {
            issuer = issuer.allow_loopback_http();
        }
        Ok((iss, issuer, self.demands))
    }

    /// Whether they can work.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.demands.clients == Clients::Undecided {
            let needed = "one or more client ids, or '*' for any client (in code `any_client()`)";
            return Err(SettingsError::missing(Setting::ClientId, needed));
        }
        self.check_names()?;
        if self.leeway > MAX_LEEWAY {
            let words = format!("{:?}", self.leeway);
            return Err(SettingsError::range(Setting::Leeway, words, "0s to 10m"));
        }
        if self.issuer.as_ref().is_some_and(String::is_empty) {
            return Err(SettingsError::range(Setting::Issuer, "''", "the `iss` of the tokens"));
        }
        self.key_url().map(drop)
    }

    /// Names that no token can have: a service that asks for one refuses all.
    fn check_names(&self) -> Result<(), SettingsError> {
        let Demands { token_use, clients, groups, scopes } = &self.demands;
        let clients = if let Clients::OneOf(ids) = clients { &ids[..] } else { &[] };
        for (setting, names) in
            [(Setting::ClientId, clients), (Setting::Groups, groups), (Setting::Scopes, scopes)]
        {
            if names.iter().any(|name| name.trim().is_empty()) {
                return Err(SettingsError::range(setting, "''", "text that is not empty"));
            }
        }
        // As files have it: a list in one text, or any client. In code that is said otherwise.
        if let Some(id) = clients.iter().find(|id| id.contains(['*', ',']) || id.contains(' ')) {
            let allowed =
                "one client id, without `*`, comma or space; any client is `any_client()`";
            return Err(SettingsError::range(
                Setting::ClientId,
                SettingValue::from(&**id),
                allowed,
            ));
        }
        if !scopes.is_empty() && *token_use == TokenUse::Id {
            let reason = "no ID token has scopes, and `user_pool_token_use` lets no other pass";
            return Err(SettingsError::reason(Setting::Scopes, reason));
        }
        // Spaces are what a token has between its scopes (RFC 6749, section 3.3).
        match scopes.iter().find(|scope| scope.contains(char::is_whitespace)) {
            Some(scope) => {
                let allowed = "scopes without space in them, as a list or with commas between them";
                Err(SettingsError::range(Setting::Scopes, SettingValue::from(&**scope), allowed))
            }
            None => Ok(()),
        }
    }

    fn key_url(&self) -> Result<String, SettingsError> {
        let Some(uri) = &self.jwks_uri else {
            return self
                .pool
                .jwks_uri_at(self.issuer_type, self.endpoint)
                .map_err(|error| SettingsError::reason(Setting::Endpoint, error));
        };
        if self.endpoint != Endpoint::Standard {
            let reason = "an endpoint has no meaning beside a key URL of one's own";
            return Err(SettingsError::reason(Setting::Endpoint, reason));
        }
        let mut source = Source::builder();
        if self.allow_loopback_http {
            source = source.allow_loopback_http();
        }
        // Neither the URL nor its query, which may be a secret, is in the error.
        source
            .jwks_uri(uri)
            .map_err(|error| SettingsError::reason(Setting::JwksUrlTemplate, error))?;
        Ok(uri.clone())
    }
}

/// The core's limit.
pub(super) const MAX_LEEWAY: Duration = Duration::from_secs(600);
