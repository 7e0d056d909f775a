//! A service whose settings are wrong: what is written, and what its operator reads.

use std::time::SystemTime;

use jwks_core::adapter::{Env, Start};
use jwks_core::verify::{VerifierBuilder, VerifierSettings};
use jwks_tokio::{Issuer, Policy, Verifier};

/// From a file to a verifier, as a service does it; the error as its log has it.
fn start(file: &str) -> Result<Verifier, String> {
    let settings: VerifierSettings =
        toml::from_str(file).map_err(|error| error.message().to_owned())?;
    built(Verifier::builder().settings(settings))
}

fn built(builder: VerifierBuilder) -> Result<Verifier, String> {
    let built = builder.build(Env::new(SystemTime::now));
    built.map(|(verifier, _drivers)| verifier).map_err(|error| error.to_string())
}

#[test]
fn six_ways_to_get_it_wrong() {
    for (file, read) in [
        (
            "issuer = 'https://id.example'\njwks_url = 'https://id.example/keys'",
            "unknown setting `jwks_url`: did you mean `jwks_uri`?",
        ),
        (
            "issuer = 'https://id.example'\ndiscover = true",
            "issuer `https://id.example`: audience is missing: it must be the value that tokens for \
             this service have in `aud`; or say any_audience to accept tokens that are meant for \
             others",
        ),
        (
            "issuer = 'https://id.example'\ndiscover = true\naudience = 'a'\nleeway = 60",
            "leeway is 60, allowed is a duration with a unit, such as '30s' or '1h 30m'",
        ),
        (
            "issuer = 'http://localhost:8080'\ndiscover = true\naudience = 'a'",
            "discover cannot be used: the url is plain http to this machine, which has to be \
             allowed; for tests, allow it with `allow_loopback_http`",
        ),
        (
            "issuer = 'https://id.example'\ndiscover = true\naudience = 'a'\nstrategy = 'usage'\n\
             interval = '5m'",
            "interval has no effect with strategy = usage: by `usage`, a lifetime ends after \
             `usages` validations, and at `max_trust` at the latest; leave it out, or choose `time` \
             or `both`",
        ),
        (
            "audience = 'a'\n[[issuers]]\nissuer = 'https://id.example'\ndiscover = true\n\
             [[issuers]]\nissuer = 'https://two.example'\njwks_uri = 'https://two.example/keys'\n\
             discover = true",
            "issuers[1].jwks_uri and issuers[1].discover are both given: keep jwks_uri to name the \
             place of the keys, or discover to ask the issuer for it",
        ),
    ] {
        assert_eq!(start(file).unwrap_err(), read, "{file}");
    }
    start("issuer = 'https://id.example'\ndiscover = true\naudience = 'a'").unwrap();
}

#[test]
fn what_code_gets_wrong_is_told_by_the_names_of_the_code() {
    let sound = || Issuer::new("https://id.example").discover().audience("a");
    let error = built(Verifier::builder().issuer(sound().any_audience()));
    assert_eq!(
        error.unwrap_err(),
        "issuer `https://id.example`: audience and any_audience are both given: keep audience to \
         accept only tokens that are meant for this service, or any_audience to accept those for \
         others too"
    );
    let error = Policy::builder().background_refresh(false).jitter(0.1).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "jitter has no effect with background_refresh = false: nothing is refreshed ahead; leave it \
         out, or switch `background_refresh` on"
    );
    assert_eq!((error.field(), error.no_effect_with()), ("jitter", Some("background_refresh")));
}
