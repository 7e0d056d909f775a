//! Tokens by what is asked of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use jwks_core::{
    adapter::{Env, Start},
    cache::SavedKeys,
    verify::{Error, Issuer, Verified, Verifier},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Signer, claims::claims_at, jwk_set, signer::encode};

/// Builds one token, by value: a good one, but for what is asked for.
///
/// Made by [`TestIssuer::token`](crate::TestIssuer::token), or by [`TokenBuilder::new`] for a key of
/// one's own. What is set last counts.
///
/// ```
/// use jwks_testkit::TestIssuer;
///
/// let issuer = TestIssuer::new("https://id.example.com").audience("my-api");
/// let good = issuer.token().subject("alice").scopes(["orders:read"]).sign();
/// let late = issuer.token().expired().sign();
/// let odd = issuer.token().claim("tenant", 7).without("sub").typ("at+jwt").sign();
/// assert!([good, late, odd].iter().all(|token| token.split('.').count() == 3));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenBuilder {
    claims: Value,
    header: Value,
    now: SystemTime,
    signer: Signer,
}

impl TokenBuilder {
    /// A token of this key that is issued at `now` and good for an hour: `iss`, `aud`, `sub` =
    /// `subject`, `iat` and `exp`, under the header `alg`, `kid` and `typ` = `JWT`.
    pub fn new(signer: &Signer, now: SystemTime, iss: &str, aud: &str) -> Self {
        let claims = claims_at(now, iss, aud, HOUR);
        Self { claims, header: signer.header(), now, signer: signer.clone() }
    }
}

/// Claims.
impl TokenBuilder {
    /// `sub`.
    pub fn subject(self, sub: &str) -> Self {
        self.claim("sub", sub)
    }

    /// `scope`, as one text with spaces (RFC 8693, section 4.2). Providers that write `scp` or
    /// `permissions`, or a list, are imitated by [`claim`](Self::claim).
    pub fn scopes<'a>(self, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let scopes: Vec<_> = scopes.into_iter().collect();
        self.claim("scope", scopes.join(" "))
    }

    /// `iss`.
    pub fn issuer(self, iss: &str) -> Self {
        self.claim("iss", iss)
    }

    /// `aud`: one text, or a list.
    pub fn audience(self, aud: impl Into<Value>) -> Self {
        self.claim("aud", aud)
    }

    /// Any claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    /// Without this claim.
    pub fn without(mut self, name: &str) -> Self {
        if let Some(claims) = self.claims.as_object_mut() {
            claims.remove(name);
        }
        self
    }

    /// Issued at this time; good for an hour from then, unless said otherwise.
    pub fn issued_at(mut self, time: SystemTime) -> Self {
        self.now = time;
        self.lifetime(HOUR)
    }

    /// Good for so long after it is issued; both times in whole seconds, rounded outward.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        let times = claims_at(self.now, "", "", lifetime);
        self.claims["iat"] = times["iat"].clone();
        self.claims["exp"] = times["exp"].clone();
        self
    }

    /// Expired an hour ago, which no leeway covers.
    pub fn expired(self) -> Self {
        let iat = seconds(self.now).saturating_sub(2 * HOUR.as_secs());
        self.claim("iat", iat).claim("exp", iat + HOUR.as_secs())
    }

    /// Not valid for another hour (`nbf`), which no leeway covers.
    pub fn not_yet_valid(self) -> Self {
        let nbf = seconds(self.now) + HOUR.as_secs();
        self.claim("nbf", nbf).claim("exp", nbf + HOUR.as_secs())
    }

    /// Bound to this client certificate, in DER: `cnf` with `x5t#S256` (RFC 8705, section 3.1).
    pub fn bound_to_certificate(self, der: &[u8]) -> Self {
        let thumbprint = encode(digest(&SHA256, der));
        self.claim("cnf", json!({ "x5t#S256": thumbprint }))
    }

    /// Bound to the key with this thumbprint: `cnf` with `jkt` (RFC 9449, section 6.1).
    pub fn bound_to_key(self, thumbprint: &str) -> Self {
        self.claim("cnf", json!({ "jkt": thumbprint }))
    }
}

/// Header and key.
impl TokenBuilder {
    /// `kid`. The key that signs stays the same.
    pub fn kid(self, kid: &str) -> Self {
        self.header("kid", kid)
    }

    /// `typ`.
    pub fn typ(self, typ: &str) -> Self {
        self.header("typ", typ)
    }

    /// `alg`. What signs, and how, stays the same.
    pub fn algorithm(self, alg: &str) -> Self {
        self.header("alg", alg)
    }

    /// Any header member.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// Without this header member: `kid`, for one.
    pub fn without_header(mut self, name: &str) -> Self {
        if let Some(header) = self.header.as_object_mut() {
            header.remove(name);
        }
        self
    }

    /// Signed by another key, whose `alg` and `kid` the header names.
    pub fn signed_by(mut self, signer: &Signer) -> Self {
        self.header["alg"] = signer.algorithm().name().into();
        self.header["kid"] = signer.kid().into();
        self.signer = signer.clone();
        self
    }

    /// Signed by a key that nobody knows, under the same `kid` and `alg`: a forgery.
    pub fn forged(mut self) -> Self {
        self.signer = self.signer.impostor();
        self
    }
}

/// What comes of it.
impl TokenBuilder {
    /// The claims as they are now.
    pub const fn claims(&self) -> &Value {
        &self.claims
    }

    /// The token, as text (compact JWS, RFC 7515, section 7.1).
    #[must_use]
    pub fn sign(&self) -> String {
        self.signer.sign_with_header(&self.header, &self.claims)
    }

    /// The token without a signature and with `alg` = `none` (RFC 7515, appendix A.5).
    #[must_use]
    pub fn unsigned(&self) -> String {
        let header = json!({ "alg": "none", "typ": "JWT" });
        format!("{}.{}.", encode(header.to_string()), encode(self.claims.to_string()))
    }

    /// Verified claims, for a handler that is tested without its guard.
    ///
    /// They are no forgery: the token is signed, and a verifier in memory that trusts this key and
    /// this `iss`, for any audience, reads it at the time it was made for.
    ///
    /// # Errors
    ///
    /// Why a verifier with the default settings refuses this token: it is expired, for instance, or
    /// the claims do not fit `T`.
    ///
    /// # Panics
    ///
    /// When `iss` is missing, or no text.
    ///
    /// ```
    /// use jwks_core::verify::{Registered, Verified};
    /// use jwks_testkit::TestIssuer;
    ///
    /// fn greet(caller: &Verified<Registered>) -> String {
    ///     format!("hello {}", caller.claims().sub.as_deref().unwrap_or("stranger"))
    /// }
    ///
    /// let issuer = TestIssuer::new("https://id.example.com");
    /// let caller = issuer.token().subject("alice").verified()?;
    /// assert_eq!(greet(&caller), "hello alice");
    /// # Ok::<(), jwks_core::verify::Error>(())
    /// ```
    pub fn verified<T: DeserializeOwned>(&self) -> Result<Verified<T>, Error> {
        let now = self.now;
        let iss = self.claims["iss"].as_str().expect("an `iss` to be trusted");
        let keys = SavedKeys::from_jwk_set(jwk_set(&[&self.signer]), now).expect("sound keys");
        let uri = "https://testkit.invalid/keys";
        let issuer = Issuer::new(iss).jwks_uri(uri).any_audience().hydrate(keys);
        let built = Verifier::builder().issuer(issuer).build(Env::new(move || now));
        let (verifier, _drivers) = built.expect("an issuer that works");
        verifier.try_verify(&self.sign())
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

const HOUR: Duration = Duration::from_secs(3600);
