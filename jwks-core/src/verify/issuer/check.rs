//! What is configured comes to: a cache and expectations, or what is wrong with it.

use std::collections::HashSet;

use super::error::{IssuerError, Problem};
use super::{Issuer, Place, Resolved, names};
use crate::cache::{KeyCache, Source};
use crate::keys::text::escaped;
use crate::keys::{Algorithm, named_document};
use crate::verify::check::Check;
use crate::verify::expectations::{AudienceRule, Expectations, MAX_LEEWAY};

impl Issuer {
    /// The cache for its keys, what its tokens must be like, and all else to build it with.
    pub(in crate::verify) fn resolve(self) -> Result<Resolved, IssuerError> {
        let named = |problem| IssuerError::new(&self.issuer, problem);
        self.check_given().map_err(named)?;
        let source = self.source_of_keys().map_err(named)?.ok_or_else(|| named(missing_place()))?;
        let expectations = self.expectations().map_err(named)?;
        let source = source.serving(&self.issuer, expectations.algorithms(), self.lenience.svid);
        let source = source.allowing(self.relaxations());
        let mut cache = KeyCache::builder(source).policy(self.policy);
        if let Some(label) = self.label {
            cache = cache.label(label);
        }
        if let Some(observer) = self.observer {
            cache = cache.observer(move |event| observer(event));
        }
        if let Some(size) = self.recorder {
            cache = cache.recorder(size);
        }
        if let Some(saved) = self.saved {
            cache = cache.hydrate(saved);
        }
        let azp = Some(self.azp).filter(|azp| !azp.is_empty()).map(Check::azp);
        let checks = azp.into_iter().chain(self.checks).collect();
        Ok(Resolved { cache, expectations, checks, required: !self.optional })
    }

    /// Whether what is given can work. What is missing may yet be given.
    pub(in crate::verify) fn check_given(&self) -> Result<(), Problem> {
        if self.issuer.trim().is_empty() {
            let words = "is empty: it must be the `iss` of the tokens, such as \
                `https://id.example.com`";
            return Err(Problem::one("issuer", words));
        }
        if self.label.as_ref().is_some_and(|label| label.trim().is_empty()) {
            let words =
                "is empty: it must be a name for this issuer in logs and metrics, or left out";
            return Err(Problem::one("label", words));
        }
        let mut seen = HashSet::from([self.issuer.as_str()]);
        if !self.also.iter().all(|also| seen.insert(also)) {
            return Err(Problem::one("also", "names one `iss` twice: keep one"));
        }
        self.check_svid()?;
        self.check_tenants()?;
        self.check_audience()?;
        self.check_header()?;
        for (setting, names, what) in [
            ("also", &self.also, "another `iss` of the same issuer"),
            ("required_claim", &self.required, "the name of a claim, such as `sub`"),
            ("azp", &self.azp, "the client id that ID tokens have in `azp`"),
        ] {
            if names.iter().any(|name| name.trim().is_empty()) {
                return Err(Problem::one(setting, format!("is empty: it must be {what}")));
            }
        }
        if self.leeway > MAX_LEEWAY {
            let leeway = humantime::format_duration(self.leeway);
            let words = format!("is {leeway}, allowed is 0s to 10m");
            return Err(Problem::one("leeway", words));
        }
        self.check_lenience()?;
        self.source_of_keys().map(drop)
    }

    fn check_audience(&self) -> Result<(), Problem> {
        if self.any_audience && !self.audiences.is_empty() {
            return Err(Problem::Both {
                one: "audience",
                other: "any_audience",
                remedy: "keep audience to accept only tokens that are meant for this service, or \
                    any_audience to accept those for others too",
            });
        }
        if self.audiences.iter().any(|audience| audience.trim().is_empty()) {
            return Err(Problem::one("audience", format!("is empty: it must be {AUDIENCE}")));
        }
        Ok(())
    }

    /// Algorithms and types.
    fn check_header(&self) -> Result<(), Problem> {
        if let Some(setting) = self.twice {
            return Err(Problem::one(setting, "is given twice: keep one list"));
        }
        if self.algorithms.as_ref().is_some_and(Vec::is_empty) {
            let words = "is empty: no token could pass; name at least one, or leave it out to allow \
                all that are supported";
            return Err(Problem::one("algorithms", words));
        }
        if self.types.is_some() && !self.also_types.is_empty() {
            return Err(Problem::Both {
                one: "types",
                other: "also_type",
                remedy: "types names all that pass, so add it there",
            });
        }
        let nameless = |types: &[Box<str>]| types.iter().any(|typ| typ.trim().is_empty());
        for (setting, wrong) in [
            ("types", self.types.as_ref().is_some_and(|types| types.is_empty() || nameless(types))),
            ("also_type", nameless(&self.also_types)),
        ] {
            if wrong {
                let words = "is empty: it must be a `typ` that tokens have, such as `at+jwt`";
                return Err(Problem::one(setting, words));
            }
        }
        Ok(())
    }

    /// None if no place was given.
    fn source_of_keys(&self) -> Result<Option<Source>, Problem> {
        let place = match self.places.as_slice() {
            [] => return Ok(None),
            [place] => place,
            [one, other, ..] => {
                let remedy = match (one, other) {
                    (Place::Source(_) | Place::Key(_) | Place::Keys(_) | Place::File(_), _)
                    | (_, Place::Source(_) | Place::Key(_) | Place::Keys(_) | Place::File(_)) => {
                        "keep one, for the keys come from one place"
                    }
                    _ => {
                        "keep jwks_uri to name the place of the keys, or discover to ask the \
                         issuer for it"
                    }
                };
                return Err(Problem::Both { one: one.setting(), other: other.setting(), remedy });
            }
        };
        let source = |loopback| {
            let mut source = Source::builder();
            if loopback {
                source = source.allow_loopback_http();
            }
            for host in &self.http_hosts {
                source = source.allow_http_host(host);
            }
            for host in &self.jwks_uri_hosts {
                source = source.jwks_uri_host(host);
            }
            if self.public_only {
                source = source.public_addresses_only();
            }
            if let Some(make) = &self.headers {
                source = source.headers_by(make.clone());
            }
            for origin in &self.headers_also_to {
                source = source.headers_also_to(origin);
            }
            match place {
                Place::Discovery => source.discover(&self.issuer),
                Place::DiscoveryUrl(url) => source.discovery_url(url).discover(&self.issuer),
                Place::File(path) => source.keys_file(path),
                Place::JwksUri(uri) => source.jwks_uri(uri),
                Place::Key(keys) => {
                    source.keys(named_document(keys.iter().map(|(kid, key)| (&**kid, &**key))))
                }
                Place::Keys(keys) => source.keys(keys),
                Place::OAuth => source.discover_oauth(&self.issuer),
                Place::Source(source) => Ok(Source::clone(source)),
            }
        };
        if matches!(place, Place::Source(_)) {
            let given = [
                ("allow_loopback_http", self.allow_loopback_http),
                ("allow_http_host", !self.http_hosts.is_empty()),
                ("headers_with", self.headers.is_some()),
                ("headers_also_to", !self.headers_also_to.is_empty()),
                ("jwks_uri_host", !self.jwks_uri_hosts.is_empty()),
                ("public_addresses_only", self.public_only),
            ];
            if let Some((setting, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
                let words = "has no effect beside source: say it where the source is made, with \
                    Source::builder";
                return Err(Problem::one(setting, words));
            }
        }
        if let Some(host) =
            self.http_hosts.iter().find(|host| Source::check_http_host(host).is_err())
        {
            let words = format!(
                "is `{}`: it must be like `keys.internal:8080`, a host and a port without a scheme; \
                 for this machine there is allow_loopback_http",
                escaped(host)
            );
            return Err(Problem::one("allow_http_host", words));
        }
        source(self.allow_loopback_http).map(Some).map_err(|error| {
            let remedy = match place {
                _ if source(true).is_ok() => "",
                Place::Discovery | Place::OAuth => {
                    "; if `iss` is right, name the place of its keys with jwks_uri"
                }
                Place::DiscoveryUrl(_)
                | Place::File(_)
                | Place::JwksUri(_)
                | Place::Key(_)
                | Place::Keys(_)
                | Place::Source(_) => "",
            };
            if error.is_hosts() {
                return Problem::one("jwks_uri_host", format!("cannot be used: {error}"));
            }
            if error.is_header_origin() {
                return Problem::one("headers_also_to", format!("cannot be used: {error}"));
            }
            Problem::one(place.setting(), format!("cannot be used: {error}{remedy}"))
        })
    }

    fn expectations(&self) -> Result<Expectations, Problem> {
        let audience = if self.any_audience {
            AudienceRule::Any
        } else if self.audiences.is_empty() {
            let words = format!(
                "is missing: it must be {AUDIENCE}; or say any_audience to accept tokens that are \
                 meant for others"
            );
            return Err(Problem::one("audience", words));
        } else {
            AudienceRule::OneOf(self.audiences.clone())
        };
        let allowed = self.allowed()?;
        Expectations::new(&self.issuer, audience)
            .and_then(|expectations| expectations.with_leeway(self.leeway))
            .and_then(|expectations| match &self.types {
                Some(types) => expectations.with_only_types(names(types)),
                None if self.lenience.svid => {
                    Ok(expectations.with_svid_types(names(&self.also_types)))
                }
                None => Ok(expectations.with_types(names(&self.also_types))),
            })
            .and_then(|expectations| match &self.algorithms {
                Some(algorithms) => expectations.with_algorithms(algorithms.iter().copied()),
                // SPIFFE JWT-SVID, section 2.1.
                None if self.lenience.svid => {
                    let all = Algorithm::ALL.iter().copied();
                    expectations.with_algorithms(all.filter(|it| *it != Algorithm::EdDSA))
                }
                None => Ok(expectations),
            })
            .map(|it| it.with_required(names(&self.required)).with_also(names(&self.also)))
            .map(|it| allowed.into_iter().fold(it, Expectations::with_tenants))
            .map(|it| it.with_lenience(self.lenience))
            // What can be wrong was checked before.
            .map_err(|error| Problem::one("issuer", format!("cannot work: {error}")))
    }
}

fn missing_place() -> Problem {
    let words = "is missing: it must be the URL of the issuer's key set; or use discover if the \
        issuer has OpenID Connect Discovery";
    Problem::one("jwks_uri", words)
}

const AUDIENCE: &str = "the value that tokens for this service have in `aud`";
