//! A load balancer's header, with its key from a server on loopback.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jwks_cognito::alb::{Alb, AlbErrorKind};
use jwks_testkit::{IssuerServer, Reply, Signer};
use serde_json::{Value, json};

const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
const KID: &str = "0a1b2c3d-4e5f-6789-abcd-ef0123456789";

fn header(signer: &Signer, kid: &str) -> String {
    let after = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    let exp = (after + Duration::from_secs(120)).as_secs();
    let header = json!({ "kid": kid, "alg": "ES256", "client": "web", "signer": ARN, "exp": exp });
    let payload = r#"{"sub":"alice"}"#;
    let signed = format!("{}.{}", URL_SAFE.encode(header.to_string()), URL_SAFE.encode(payload));
    let signature = signer.signature(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE.encode(signature))
}

#[test]
fn a_key_is_fetched_by_its_kid() {
    let (server, signer) = (IssuerServer::start(), Signer::es256(KID));
    let der = STANDARD.encode(signer.public_der());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
    server.always_at(&format!("/{KID}"), Reply::keys(pem));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let settings = Alb::region("eu-west-1").expect("a region").signer(ARN).client("web");
        let settings = settings.key_url(server.url_of("/{kid}")).allow_loopback_http();
        let alb = jwks_tokio::start(settings).expect("settings that work");
        for _ in 0..3 {
            let user = alb.verify::<Value>(&header(&signer, KID)).await.expect("a good one");
            assert_eq!(user.claims()["sub"], "alice");
        }
        let unknown = header(&signer, "00000000-0000-0000-0000-000000000000");
        for _ in 0..3 {
            let error = alb.verify::<Value>(&unknown).await.expect_err("nobody's key");
            assert_eq!(error.kind(), AlbErrorKind::UnknownKey, "{error}");
        }
        assert_eq!(server.requests().len(), 2);
    });
}
