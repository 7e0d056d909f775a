//! https: whom the client trusts, and what it says of whom it does not.

use std::{error::Error as _, sync::Arc};

use async_std::{
    io,
    net::{TcpListener, TcpStream},
    task::{self, JoinHandle},
};
use futures_rustls::{
    TlsAcceptor,
    pki_types::{CertificateDer, PrivateKeyDer},
    rustls::{ServerConfig, crypto::aws_lc_rs::default_provider},
};
use futures_util::{AsyncReadExt as _, future::select};
use jwks_async_std::{Certificate, client_builder, jwks_core::cache::FetchError, surf::Client};
use jwks_conformance::IssuerServer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use crate::world::{LONG, World, client, every, ms, once};

#[test]
fn a_private_authority_is_trusted_in_der_and_in_pem() {
    let authority = authority();
    let der = Certificate::from_der(authority.der()).unwrap();
    let pem = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let bundle = format!("# others\n{}\n{}", self::authority().pem(), authority.pem());
    let bundle = Certificate::from_pem(bundle.as_bytes()).unwrap();
    for trusted in [der, pem, bundle] {
        let world = World::new();
        let front = Front::start(&world.issuer, &signed(&authority, "localhost"));
        let mut service = world.at(&front.url, every(ms(50)));
        service.spawn(&client_builder().add_root_certificate(trusted).build().unwrap());
        service.verify(&world.token);
        assert!(world.issuer.wait_for_fetches(4, LONG));
        assert!(world.issuer.requests().iter().all(|request| request.connection == 1));
    }
}

#[test]
fn an_address_is_a_name_too() {
    let authority = authority();
    let world = World::new();
    let front = Front::start(&world.issuer, &signed(&authority, "127.0.0.1"));
    let mut service = world.at(&front.url.replace("localhost", "127.0.0.1"), once());
    service.spawn(&trusting(&authority));
    service.verify(&world.token);
}

#[test]
fn an_authority_that_nobody_has_added_is_not() {
    let authority = authority();
    let failure = failure(&signed(&authority, "localhost"), &client());
    assert_eq!(reason(&failure), "invalid peer certificate: UnknownIssuer");
}

#[test]
fn a_certificate_that_signs_itself_is_not() {
    let failure = failure(&self_signed(), &trusting(&authority()));
    let reason = reason(&failure);
    assert!(reason.starts_with("invalid peer certificate: "), "{reason}");
}

#[test]
fn a_wrong_name_is_not() {
    let authority = authority();
    let failure = failure(&signed(&authority, "other.example"), &trusting(&authority));
    let reason = reason(&failure);
    assert!(reason.starts_with("invalid peer certificate: certificate not valid for name"));
    assert!(reason.contains("localhost"), "{reason}");
}

#[test]
fn an_expired_one_is_not() {
    let authority = authority();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
    let failure = failure(&Leaf::new(params, &authority), &trusting(&authority));
    let reason = reason(&failure);
    assert!(reason.starts_with("invalid peer certificate: certificate expired"), "{reason}");
}

#[test]
fn who_speaks_no_tls_is_no_connection() {
    let world = World::new();
    let url = world.issuer.url().replace("http:", "https:");
    let mut service = world.at(&url, once());
    service.spawn(&client());
    let failure = service.failure();
    assert!(failure.is_connect(), "{failure:?}");
    assert_eq!(world.issuer.fetches(), 0);
}

fn failure(leaf: &Leaf, client: &Client) -> FetchError {
    let world = World::new();
    let front = Front::start(&world.issuer, leaf);
    let mut service = world.at(&front.url, once());
    service.spawn(client);
    let failure = service.failure();
    assert!(failure.is_connect(), "{failure:?}");
    assert_eq!(world.issuer.fetches(), 0);
    failure
}

fn reason(failure: &FetchError) -> String {
    failure.source().expect("a reason").to_string()
}

fn trusting(authority: &CertifiedIssuer<'_, KeyPair>) -> Client {
    let certificate = Certificate::from_der(authority.der()).expect("an authority");
    client_builder().add_root_certificate(certificate).build().expect("a client")
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// What a server shows.
struct Leaf {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Leaf {
    fn new(params: CertificateParams, authority: &CertifiedIssuer<'_, KeyPair>) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, authority).expect("a certificate");
        Self { certificate: certificate.der().clone(), key: key.into() }
    }
}

fn signed(authority: &CertifiedIssuer<'_, KeyPair>, name: &str) -> Leaf {
    Leaf::new(CertificateParams::new(vec![name.to_owned()]).expect("a name"), authority)
}

fn self_signed() -> Leaf {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    Leaf {
        certificate: params.self_signed(&key).expect("a certificate").der().clone(),
        key: key.into(),
    }
}

/// TLS in front of an issuer: what it says goes on as it is.
struct Front {
    serving: Option<JoinHandle<()>>,
    url: String,
}

impl Front {
    fn start(issuer: &IssuerServer, leaf: &Leaf) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("a server")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.certificate.clone()], leaf.key.clone_key())
            .expect("a server");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = task::block_on(TcpListener::bind("127.0.0.1:0")).expect("a server");
        let url =
            format!("https://localhost:{}/keys", listener.local_addr().expect("a server").port());
        let behind = issuer.address();
        let serving = task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                task::spawn(async move {
                    let (mut read, mut write) = acceptor.accept(stream).await?.split();
                    let (mut read_behind, mut write_behind) =
                        TcpStream::connect(behind).await?.split();
                    let (asked, answered) = (
                        io::copy(&mut read, &mut write_behind),
                        io::copy(&mut read_behind, &mut write),
                    );
                    select(Box::pin(asked), Box::pin(answered)).await.factor_first().0
                });
            }
        });
        Self { serving: Some(serving), url }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            task::block_on(serving.cancel());
        }
    }
}
