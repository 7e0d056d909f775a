//! The settings for well-known issuers in `jwks_tokio::recipes::issuers`, as they are written there,
//! on keys and tokens of each issuer's shape. They are made here, with what the issuers are known to
//! do that is odd.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jwks_core::adapter::{Action, Driver, Env, Start};
use jwks_core::keys::Algorithm;
use jwks_core::refresh::Time;
use jwks_core::verify::{ErrorKind, Issuer, Registered, Verifier, VerifierSettings};
use jwks_testkit::{Signer, TokenBuilder};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../jwks-tokio/docs/issuers.md");

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// The table below this heading.
fn settings(heading: &str) -> VerifierSettings {
    let (_, section) = PAGE.split_once(&format!("## {heading}\n")).expect("the heading");
    let (_, table) = section.split_once("```toml\n").expect("a table");
    let (table, _) = table.split_once("```").expect("its end");
    toml::from_str(table).expect("settings that can be read")
}

/// An issuer with a key of its own.
struct World {
    verifier: Verifier,
    signer: Signer,
    iss: &'static str,
    aud: &'static str,
    _drivers: Vec<Driver>,
}

impl World {
    /// What the page says of it, and what it answers at the URL that stands there.
    fn new(
        heading: &str,
        signer: Signer,
        (url, set): (&str, &Value),
        (iss, aud): (&'static str, &'static str),
    ) -> Self {
        Self::of(settings(heading), signer, (url, set), (iss, aud))
    }

    fn of(
        settings: VerifierSettings,
        signer: Signer,
        (url, set): (&str, &Value),
        (iss, aud): (&'static str, &'static str),
    ) -> Self {
        let builder = Verifier::builder().settings(settings);
        let (verifier, mut drivers) = builder.build(Env::new(now)).expect("settings that work");
        let mut drivers = drivers.take_ready();
        for driver in &mut drivers {
            let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("no fetch") };
            assert_eq!(fetch.request.uri(), url);
            let response = http::Response::new(set.to_string().into_bytes());
            fetch.reply.send(Ok(response));
            assert!(matches!(driver.poll(Time::ZERO), Action::Wait(_)));
        }
        Self { verifier, signer, iss, aud, _drivers: drivers }
    }

    fn token(&self) -> TokenBuilder {
        TokenBuilder::new(&self.signer, now(), self.iss, self.aud)
    }

    fn outcome(&self, token: &TokenBuilder) -> Result<(), ErrorKind> {
        let outcome = self.verifier.try_verify::<Registered>(&token.sign());
        outcome.map(drop).map_err(|error| error.kind())
    }

    /// Good as it is, and refused if the issuer, the audience or the key is another.
    fn check(&self) {
        assert_eq!(self.outcome(&self.token()), Ok(()));
        let other = self.token().issuer("https://other.example");
        assert_eq!(self.outcome(&other), Err(ErrorKind::WrongIssuer));
        assert_eq!(self.outcome(&self.token().forged()), Err(ErrorKind::InvalidSignature));
        assert_eq!(self.outcome(&self.token().expired()), Err(ErrorKind::Expired));
        let other = self.outcome(&self.token().audience("another-service"));
        assert_eq!(other, Err(ErrorKind::WrongAudience));
    }
}

/// A set of this key beside others, in which each key has these members too.
fn set(signer: &Signer, members: &Value) -> Value {
    let mut keys = [Signer::rs256_shared(1, "another").public_jwk(), signer.public_jwk()];
    for key in &mut keys {
        for (name, value) in members.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(key.as_object_mut().map(|key| key.remove(name))),
                value => key[name] = value.clone(),
            }
        }
    }
    json!({ "keys": keys })
}

fn rsa(kid: &str) -> Signer {
    Signer::rs256_shared(0, kid)
}

#[test]
fn entra() {
    let iss = "https://login.microsoftonline.com/TENANT/v2.0";
    let signer = rsa("JDNa_4i4r7FgigL3sHIlI3xV-IU");
    // No `alg`, the certificate in the key, and the issuer that it is for.
    let members = json!({ "alg": null, "x5t": signer.kid(), "x5c": ["MIIC"], "issuer": iss });
    let mut keys = set(&signer, &members);
    let personal = Signer::es256("personal");
    let mut jwk = personal.public_jwk();
    jwk["issuer"] = "https://login.microsoftonline.com/OTHER/v2.0".into();
    keys["keys"].as_array_mut().unwrap().push(jwk);
    let url = "https://login.microsoftonline.com/TENANT/discovery/v2.0/keys";
    let world =
        World::new("Microsoft Entra ID, one tenant", signer, (url, &keys), (iss, "CLIENT-ID"));
    world.check();
    for iss in [
        "https://login.microsoftonline.com/OTHER/v2.0",
        "https://login.microsoftonline.com/tenant/v2.0",
        "https://login.microsoftonline.com/{tenantid}/v2.0",
        "https://sts.windows.net/TENANT/",
    ] {
        assert_eq!(world.outcome(&world.token().issuer(iss)), Err(ErrorKind::WrongIssuer), "{iss}");
    }
    // A key of another tenant, in the same set.
    let stolen = world.token().signed_by(&personal);
    assert!(world.outcome(&stolen).is_err());
}

#[test]
fn google() {
    let iss = "https://accounts.google.com";
    let aud = "CLIENT-ID.apps.googleusercontent.com";
    let signer = rsa("c8ab71530972bba20b49f78a09c9852c43ff9118");
    let keys = set(&signer, &json!({}));
    let url = "https://www.googleapis.com/oauth2/v3/certs";
    let world = World::new("Google", signer, (url, &keys), (iss, aud));
    world.check();
    let token = || world.token().claim("azp", aud).claim("email_verified", true);
    assert_eq!(world.outcome(&token().issuer("accounts.google.com")), Ok(()));
    assert_eq!(
        world.outcome(&token().issuer("http://accounts.google.com")),
        Err(ErrorKind::WrongIssuer)
    );
}

#[test]
fn firebase() {
    let iss = "https://securetoken.google.com/PROJECT";
    let signer = rsa("a1b2");
    let keys = set(&signer, &json!({}));
    let url = "https://www.googleapis.com/service_accounts/v1/metadata/jwk/\
        securetoken@system.gserviceaccount.com";
    let world = World::new("Firebase", signer, (url, &keys), (iss, "PROJECT"));
    world.check();
    let claims = json!({ "identities": {}, "sign_in_provider": "anonymous" });
    assert_eq!(world.outcome(&world.token().claim("firebase", claims)), Ok(()));
    assert_eq!(world.outcome(&world.token().without("sub")), Err(ErrorKind::MissingClaim));
}

#[test]
fn cloudflare_access() {
    let iss = "https://TEAM.cloudflareaccess.com";
    let signer = rsa("1a1c3986a44ce6390be42ec772b031df8f433fdc71716db821dc0c39af3bce49");
    let mut keys = set(&signer, &json!({}));
    keys["public_cert"] = json!({ "kid": signer.kid(), "cert": "-----BEGIN CERTIFICATE-----" });
    keys["public_certs"] = json!([keys["public_cert"].clone()]);
    let url = "https://TEAM.cloudflareaccess.com/cdn-cgi/access/certs";
    let world = World::new("Cloudflare Access", signer, (url, &keys), (iss, "APPLICATION-TAG"));
    world.check();
    let token = world.token().audience(json!(["APPLICATION-TAG"])).claim("type", "app");
    assert_eq!(world.outcome(&token), Ok(()));
    let token = world.token().audience(json!(["ANOTHER-TAG"]));
    assert_eq!(world.outcome(&token), Err(ErrorKind::WrongAudience));
}

#[test]
fn github_actions() {
    let iss = "https://token.actions.githubusercontent.com";
    let signer = rsa("cc413527-173f-5a05-976e-9c52b1d7b431");
    let keys = set(&signer, &json!({ "x5t": "abc" }));
    let url = "https://token.actions.githubusercontent.com/.well-known/jwks";
    let only = |issuer: Issuer| {
        issuer.check(move |token| match token.claim::<String>("repository_id") {
            Some(id) if id == "74" => Ok(()),
            _ => Err("another repository".into()),
        })
    };
    let settings = settings("GitHub Actions").map(only);
    let world = World::of(settings, signer, (url, &keys), (iss, "https://YOUR-SERVICE"));
    let token = |id: &str| world.token().claim("repository_id", id);
    assert_eq!(world.outcome(&token("74")), Ok(()));
    assert_eq!(world.outcome(&token("75")), Err(ErrorKind::CheckFailed));
    assert_eq!(world.outcome(&world.token()), Err(ErrorKind::MissingClaim));
    let default = token("74").audience("https://github.com/someone");
    assert_eq!(world.outcome(&default), Err(ErrorKind::WrongAudience));
}

#[test]
fn auth0() {
    let iss = "https://TENANT.eu.auth0.com/";
    let signer = rsa("NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg");
    let keys = set(&signer, &json!({ "x5c": ["MIIC"], "x5t": "a" }));
    let url = "https://TENANT.eu.auth0.com/.well-known/jwks.json";
    let world = World::new("Auth0", signer, (url, &keys), (iss, "https://YOUR-API"));
    world.check();
    let audiences = json!(["https://YOUR-API", "https://TENANT.eu.auth0.com/userinfo"]);
    let token = || world.token().audience(audiences.clone()).claim("permissions", json!(["a:b"]));
    assert_eq!(world.outcome(&token().typ("at+jwt")), Ok(()));
    // The next key is there before it is used.
    assert_eq!(world.outcome(&token().signed_by(&Signer::rs256_shared(1, "another"))), Ok(()));
    let without_slash = token().issuer("https://TENANT.eu.auth0.com");
    assert_eq!(world.outcome(&without_slash), Err(ErrorKind::WrongIssuer));
}

#[test]
fn okta() {
    let iss = "https://ORG.okta.com/oauth2/default";
    let signer = rsa("U5R8cHbGw445Qbq8zVO1PcCpXL8yG6IcovVa3laCoxM");
    let keys = set(&signer, &json!({}));
    let url = "https://ORG.okta.com/oauth2/default/v1/keys";
    let world = World::new("Okta", signer, (url, &keys), (iss, "api://default"));
    world.check();
    let token = world.token().claim("scp", json!(["openid"])).without_header("typ");
    assert_eq!(world.outcome(&token.claim("ver", 1)), Ok(()));
    let organisation = world.token().issuer("https://ORG.okta.com");
    assert_eq!(world.outcome(&organisation), Err(ErrorKind::WrongIssuer));
}

#[test]
fn supabase() {
    let iss = "https://PROJECT.supabase.co/auth/v1";
    let signer = Signer::es256("b81269f1-21d8-4f2e-b719-c2240a840d90");
    let mut keys = set(&signer, &json!({}));
    keys["keys"][1]["key_ops"] = json!(["verify"]);
    keys["keys"][1]["ext"] = true.into();
    let url = "https://PROJECT.supabase.co/auth/v1/.well-known/jwks.json";
    let world = World::new("Supabase", signer, (url, &keys), (iss, "authenticated"));
    world.check();
    let legacy = world.token().algorithm("HS256").without_header("kid");
    assert_eq!(world.outcome(&legacy), Err(ErrorKind::AlgorithmNotAllowed));
    let other = Signer::new(Algorithm::EdDSA, "b81269f1");
    let other = world.token().signed_by(&other);
    assert_eq!(world.outcome(&other), Err(ErrorKind::AlgorithmNotAllowed));
}

#[test]
fn clerk() {
    let iss = "https://clerk.YOUR-DOMAIN";
    let signer = rsa("ins_2GIoQhbUpy0hX7B2cVkuTMinXoD");
    let keys = set(&signer, &json!({}));
    let url = "https://clerk.YOUR-DOMAIN/.well-known/jwks.json";
    let from = |issuer: Issuer| {
        issuer.check(move |token| match token.claim::<Value>("azp") {
            None => Ok(()),
            Some(azp) if azp.as_str() == Some("https://app.example.com") => Ok(()),
            Some(_) => Err("another origin".into()),
        })
    };
    let world = World::of(settings("Clerk").map(from), signer, (url, &keys), (iss, ""));
    let token = || world.token().without("aud").claim("sid", "sess_1");
    assert_eq!(world.outcome(&token()), Ok(()));
    assert_eq!(world.outcome(&token().claim("azp", "https://app.example.com")), Ok(()));
    for azp in [json!("https://evil.example"), json!(7), json!("")] {
        assert_eq!(world.outcome(&token().claim("azp", azp)), Err(ErrorKind::CheckFailed));
    }
}

#[test]
fn each_table_of_the_page_has_a_test() {
    let headings = PAGE.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings, 9);
    assert_eq!(PAGE.matches("```toml").count(), headings);
}

/// The tables of the page about odd issuers work as they are written, and ask where it is said.
#[test]
fn tables_of_odd_issuers_are_settings() {
    const ODD: &str = include_str!("../../jwks-tokio/docs/odd_issuers.md");
    let asked = |table: &str| {
        let settings: VerifierSettings = toml::from_str(table).expect("settings that can be read");
        let builder = Verifier::builder().settings(settings);
        let env = Env::new(now).reads_files();
        let (_verifier, mut drivers) = builder.build(env).expect("settings that work");
        let mut driver = drivers.take_ready().pop().expect("one issuer");
        let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("no fetch") };
        (fetch.request.uri().to_string(), fetch.file.is_some())
    };
    let tables = ODD.split("```toml\n").skip(1);
    let tables: Vec<_> =
        tables.map(|text| asked(text.split_once("```").expect("its end").0)).collect();
    let expected = [
        ("http://keys.internal:8080/keys".to_owned(), false),
        ("file://localhost/etc/keys/partner.json".to_owned(), true),
    ];
    assert_eq!(tables, expected);
    // What stands in a sentence.
    let line = ODD.lines().find(|line| line.starts_with("In settings: ")).expect("the sentence");
    let words = line.split('`').skip(1).step_by(2).map(|it| format!("{it}\n"));
    let table = "issuer = 'https://a'\njwks_uri = 'https://a/keys'\naudience = 'b'\n";
    let table = words.fold(table.to_owned(), |table, word| table + &word);
    assert!(table.contains("max_age_without_exp"));
    assert_eq!(asked(&table).0, "https://a/keys");
    // In place of `issuer`, on the page about SPIFFE.
    const SPIFFE: &str = include_str!("../../jwks-tokio/docs/spiffe.md");
    let domain = "trust_domain = \"example.org\"";
    assert!(SPIFFE.contains(domain));
    assert_eq!(
        asked(&format!("{domain}\njwks_uri = 'https://a/'\naudience = 'b'")).0,
        "https://a/"
    );
}
