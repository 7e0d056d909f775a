//! Settings that cannot work are refused.

use std::time::{Duration, SystemTime};

use jwks_cognito::alb::{Alb, AlbBuilder};
use jwks_cognito::jwks_core::adapter::{Env, Start};
use jwks_cognito::jwks_core::refresh::Policy;

use crate::world::{ARN, VAI, builder};

fn refusal(builder: AlbBuilder) -> String {
    builder.build(Env::new(|| SystemTime::UNIX_EPOCH)).map(drop).unwrap_err().to_string()
}

fn alb() -> AlbBuilder {
    Alb::region("eu-west-1").unwrap()
}

#[test]
fn each_says_what_to_do() {
    let gov = Alb::region("us-gov-west-1").unwrap().any_client();
    let gov = gov.signer(ARN.replace("eu-west-1", "us-gov-west-1").replace("aws", "aws-us-gov"));
    for (builder, text) in [
        (alb().client("web"), "signer: it is missing"),
        (
            alb().signer("web").client("web"),
            "must be like `arn:aws:elasticloadbalancing:eu-west-1:",
        ),
        (alb().signer(VAI).client("web"), "must be like"),
        (alb().signer(ARN.replace("eu-west-1", "eu-west-2")).client("w"), "of another region"),
        (alb().signer(ARN), "client: it is missing"),
        (builder().any_client(), "keep one"),
        (builder().client(" "), "must not be empty"),
        (builder().leeway(Duration::from_secs(601)), "allowed is 0s to 10m"),
        (builder().key_url("https://keys.example.com/"), "must have `{kid}` once"),
        (builder().key_url("https://{kid}.example.com/"), "must have `{kid}` once"),
        (builder().key_url("https://keys.example.com/{kid}/{kid}"), "must have `{kid}` once"),
        (builder().key_url("http://keys.example.com/{kid}"), "https"),
        (builder().key_url("http://127.0.0.1:1/{kid}"), "allow_loopback_http"),
        (builder().policy(Policy::default()), "more than twice as long as `wait_budget`"),
        (gov.clone(), "key_url: it is missing"),
        (Alb::verified_access("eu-west-1").unwrap().signer(VAI).client("x"), "no effect"),
        (Alb::verified_access("eu-west-1").unwrap().signer(ARN), "must be like"),
    ] {
        assert!(refusal(builder.clone()).contains(text), "{text}: {}", refusal(builder));
    }
    for region in ["", "eu-west", "eu-west-1.evil.example", "eu-west-1/"] {
        assert!(Alb::region(region).is_err(), "{region}");
    }
    for good in [builder(), builder().key_url("http://127.0.0.1:1/{kid}").allow_loopback_http()] {
        assert!(good.build(Env::new(|| SystemTime::UNIX_EPOCH)).is_ok());
    }
    let gov = gov.key_url("https://keys.example.com/{kid}");
    assert!(gov.build(Env::new(|| SystemTime::UNIX_EPOCH)).is_ok());
}
