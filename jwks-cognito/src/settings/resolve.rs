//! What settings come to, if they can work.

use std::fmt;
use std::time::Duration;

use jwks_core::cache::Source;
use jwks_core::keys::Algorithm;
use jwks_core::refresh::settings::{SettingValue, SettingsError};
use jwks_core::verify::Issuer;

use super::CognitoSettings;
use super::name::Setting;
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
            return Err(SettingsError::missing(Setting::ClientId.name(), needed));
        }
        if self.contradictory {
            let words = "client_id and any_client are both given: keep client_id to accept only \
                tokens of these app clients, or any_client to accept those of all";
            return Err(reason(Setting::ClientId, words));
        }
        self.check_names()?;
        if self.leeway > MAX_LEEWAY {
            let words = format!("{:?}", self.leeway);
            return Err(SettingsError::range(Setting::Leeway.name(), words, "0s to 10m"));
        }
        if self.issuer.as_ref().is_some_and(String::is_empty) {
            return Err(SettingsError::range(
                Setting::Issuer.name(),
                "''",
                "the `iss` of the tokens",
            ));
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
                return Err(SettingsError::range(setting.name(), "''", "text that is not empty"));
            }
        }
        // As files have it: a list in one text, or any client. In code that is said otherwise.
        if let Some(id) = clients.iter().find(|id| id.contains(['*', ',']) || id.contains(' ')) {
            let allowed =
                "one client id, without `*`, comma or space; any client is `any_client()`";
            return Err(SettingsError::range(
                Setting::ClientId.name(),
                SettingValue::from(&**id),
                allowed,
            ));
        }
        if !scopes.is_empty() && *token_use == TokenUse::Id {
            let words = "no ID token has scopes, and `user_pool_token_use` lets no other pass";
            return Err(reason(Setting::Scopes, words));
        }
        // Spaces are what a token has between its scopes (RFC 6749, section 3.3).
        match scopes.iter().find(|scope| scope.contains(char::is_whitespace)) {
            Some(scope) => {
                let allowed = "scopes without space in them, as a list or with commas between them";
                Err(SettingsError::range(
                    Setting::Scopes.name(),
                    SettingValue::from(&**scope),
                    allowed,
                ))
            }
            None => Ok(()),
        }
    }

    fn key_url(&self) -> Result<String, SettingsError> {
        let Some(uri) = &self.jwks_uri else {
            return self
                .pool
                .jwks_uri_at(self.issuer_type, self.endpoint)
                .map_err(|error| reason(Setting::Endpoint, error));
        };
        if self.endpoint != Endpoint::Standard {
            let words = "an endpoint has no effect beside a key URL of your own, which is \
                jwks_url_template";
            return Err(reason(Setting::Endpoint, words));
        }
        let source = |loopback| {
            let source = Source::builder();
            if loopback { source.allow_loopback_http() } else { source }.jwks_uri(uri)
        };
        // Neither the URL nor its query, which may be a secret, is in the error.
        source(self.allow_loopback_http).map_err(|error| {
            if source(true).is_ok() {
                let words = "the url is plain http to this machine, which has to be allowed: for \
                    an emulator, with jwks_allow_loopback_http";
                return reason(Setting::JwksUrlTemplate, words);
            }
            reason(Setting::JwksUrlTemplate, error)
        })?;
        Ok(uri.clone())
    }
}

fn reason(setting: Setting, reason: impl fmt::Display) -> SettingsError {
    SettingsError::new(setting.name(), format!("{}: {reason}", setting.name()))
}

/// The core's limit.
pub(super) const MAX_LEEWAY: Duration = Duration::from_secs(600);
