//! A load balancer that signs, and the host of its keys.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jwks_cognito::alb::{Alb, AlbBuilder, AlbError, AlbVerified};
use jwks_cognito::jwks_core::keys::Algorithm;
use jwks_testkit::{InMemory, Reply, Signer, TestIssuer};
use serde_json::{Value, json};

pub(crate) const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
pub(crate) const VAI: &str = "arn:aws:ec2:eu-west-1:123456789012:verified-access-instance/vai-0a1b";
pub(crate) const KID: &str = "0a1b2c3d-4e5f-6789-abcd-ef0123456789";
pub(crate) const ISS: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";

pub(crate) struct World {
    pub(crate) memory: InMemory,
    pub(crate) host: TestIssuer,
    pub(crate) signer: Signer,
    pub(crate) alb: Alb,
}

pub(crate) fn builder() -> AlbBuilder {
    Alb::region("eu-west-1").unwrap().signer(ARN).client("web")
}

impl World {
    /// One whose key is there.
    pub(crate) fn new() -> Self {
        let host = "https://public-keys.auth.elb.eu-west-1.amazonaws.com";
        Self::of(builder(), host, Algorithm::ES256)
    }

    pub(crate) fn of(builder: AlbBuilder, host: &str, algorithm: Algorithm) -> Self {
        let mut memory = InMemory::new();
        let host = memory.issuer(host);
        let signer = Signer::new(algorithm, KID);
        host.always_at(&format!("/{KID}"), Reply::keys(pem(&signer)));
        let alb = memory.start(builder).unwrap();
        Self { memory, host, signer, alb }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.memory.clock().now()
    }

    /// Seconds since 1970, so long from now.
    pub(crate) fn second(&self, from_now: i64) -> i64 {
        let now = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        i64::try_from(now).unwrap() + from_now
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "JWT", "kid": KID, "alg": "ES256", "iss": ISS, "client": "web",
            "signer": ARN, "exp": self.second(120) })
    }

    pub(crate) fn claims(&self) -> Value {
        json!({ "sub": "alice", "exp": self.second(120), "iss": ISS })
    }

    /// A header with this member changed; `null` takes it out.
    pub(crate) fn with(&self, name: &str, value: impl Into<Value>) -> String {
        let (mut header, value) = (self.header(), value.into());
        if value.is_null() {
            header.as_object_mut().unwrap().remove(name);
        } else {
            header[name] = value;
        }
        self.sign(&header)
    }

    pub(crate) fn good(&self) -> String {
        self.sign(&self.header())
    }

    pub(crate) fn sign(&self, header: &Value) -> String {
        padded(&self.signer, &header.to_string(), &self.claims().to_string())
    }

    pub(crate) fn verify(&mut self, value: &str) -> Result<AlbVerified<Value>, AlbError> {
        self.memory.block_on(self.alb.verify::<Value>(value))
    }

    pub(crate) fn fetches(&self) -> usize {
        self.host.requests().len()
    }

    pub(crate) fn advance(&mut self, seconds: u64) {
        self.memory.advance(Duration::from_secs(seconds));
    }
}

/// As AWS writes it: with padding, which is signed too.
pub(crate) fn padded(signer: &Signer, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE.encode(header), URL_SAFE.encode(payload));
    let signature = URL_SAFE.encode(signer.signature(signed.as_bytes()));
    format!("{signed}.{signature}")
}

pub(crate) fn pem(signer: &Signer) -> String {
    let text = STANDARD.encode(signer.public_der());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
