//! Service accounts of a Kubernetes cluster, tried on a stand-in of its API server: over TLS, with the
//! token and the certificate authority in files that are rotated as the kubelet does it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jwks_testkit::{Signer, TlsFront, TokenBuilder, certificates::Authority};
use jwks_tokio::{EventKind, Issuer, Kubernetes, Registered, Starter, Verifier, client_builder};
use serde_json::json;

const ISS: &str = "https://kubernetes.default.svc.cluster.local";

/// It answers who shows the token of the day, and refuses all others.
struct ApiServer {
    address: SocketAddr,
    token: Arc<Mutex<String>>,
    /// The first lines of the requests, and whether they were answered.
    seen: Arc<Mutex<Vec<(String, bool)>>>,
}

impl ApiServer {
    fn start(keys: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (token, seen) = (Arc::<Mutex<String>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (expected, log) = (Arc::clone(&token), Arc::clone(&seen));
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &expected.lock().unwrap(), &keys, &log);
            }
        });
        Self { address, token, seen }
    }

    fn refused(&self) -> usize {
        self.seen.lock().unwrap().iter().filter(|(_, answered)| !answered).count()
    }
}

fn answer(mut stream: TcpStream, token: &str, keys: &str, log: &Mutex<Vec<(String, bool)>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let shown = head.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
    let known = head.starts_with("GET /openid/v1/jwks HTTP/1.1") && shown == Some(token);
    log.lock().unwrap().push((head.lines().next().unwrap_or_default().to_owned(), known));
    let (status, body) = if known { ("200 OK", keys) } else { ("401 Unauthorized", "") };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// The folder that the kubelet mounts: a link to the folder of the day, and links into that.
struct Mounted {
    folder: PathBuf,
    days: usize,
}

impl Mounted {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("kubernetes-{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for file in ["token", "ca.crt"] {
            symlink(format!("..data/{file}"), folder.join(file)).unwrap();
        }
        Self { folder, days: 0 }
    }

    /// Changes both at once.
    fn write(&mut self, token: &str, ca: &str) {
        self.days += 1;
        let day = format!("..day{}", self.days);
        fs::create_dir(self.folder.join(&day)).unwrap();
        fs::write(self.folder.join(&day).join("token"), token).unwrap();
        fs::write(self.folder.join(&day).join("ca.crt"), ca).unwrap();
        symlink(&day, self.folder.join("..new")).unwrap();
        fs::rename(self.folder.join("..new"), self.folder.join("..data")).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}

fn pem(authority: &Authority) -> String {
    let text = STANDARD.encode(authority.certificate());
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

/// The cluster, on its first day.
struct Cluster {
    api: ApiServer,
    front: TlsFront,
    mounted: Mounted,
    signer: Signer,
    authority: Authority,
}

impl Cluster {
    fn new(name: &str) -> Self {
        let signer = Signer::rs256_shared(0, "sa");
        let api = ApiServer::start(json!({ "keys": [signer.public_jwk()] }).to_string());
        let authority = Authority::new();
        let front = TlsFront::start(api.address, &authority.loopback());
        let mut cluster = Self { api, front, mounted: Mounted::new(name), signer, authority };
        let token = cluster.token("own", "https://kubernetes.default.svc");
        *cluster.api.token.lock().unwrap() = token.clone();
        cluster.mounted.write(&token, &pem(&cluster.authority));
        cluster
    }

    /// That of a service account.
    fn token(&self, name: &str, audience: &str) -> String {
        let sub = format!("system:serviceaccount:default:{name}");
        let token = TokenBuilder::new(&self.signer, SystemTime::now(), ISS, audience);
        token.claim("sub", sub).sign()
    }

    fn kubernetes(&self) -> Kubernetes {
        jwks_tokio::kubernetes()
            .api_server(self.front.url_of("127.0.0.1", ""))
            .ca_file(self.mounted.path("ca.crt"))
            .token_file(self.mounted.path("token"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_files_are_rotated_without_a_restart() {
    let mut cluster = Cluster::new("rotated");
    let settings = cluster.kubernetes();
    let log = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&log);
    let issuer = settings.issuer().unwrap().audience("my-api");
    let issuer = issuer.observer(move |event| events.lock().unwrap().push(event.clone()));
    let starter = settings.starter().unwrap();
    let verifier = starter.start(Verifier::builder().issuer(issuer)).unwrap();
    let token = cluster.token("caller", "my-api");
    let verified = verifier.verify::<Registered>(&token).await.unwrap();
    assert_eq!(verified.claims().sub.as_deref(), Some("system:serviceaccount:default:caller"));
    let other = cluster.token("caller", "another-api");
    assert!(verifier.verify::<Registered>(&other).await.is_err());
    let cache = &verifier.caches().next().unwrap();
    assert_eq!(cache.status().relaxations.len(), 1);
    assert_eq!(cache.status().relaxations[0].name(), "headers_with");
    let health = serde_json::to_value(verifier.health()).unwrap();
    assert_eq!(health["issuers"][0]["relaxations"], json!(["headers_with"]));
    assert_eq!(cluster.api.refused(), 0);

    // The next day: another authority, and another token.
    let second = Authority::new();
    cluster.front.set_identity(&second.loopback());
    let own = cluster.token("second", "https://kubernetes.default.svc");
    *cluster.api.token.lock().unwrap() = own.clone();
    let failure = cache.refresh().await.unwrap_err();
    assert!(failure.last_failure().unwrap().is_connect(), "{failure:?}");
    cluster.mounted.write(&own, &pem(&second));
    refreshed(cache).await;
    assert_eq!(cluster.api.refused(), 0);

    // A file without a certificate: what was trusted stays trusted, and that is told.
    cluster.mounted.write(&own, "");
    refreshed(cache).await;
    let warning = warned(&log).await;
    assert!(warning.contains("ca.crt") && warning.contains("no certificate"), "{warning}");

    // No token: nothing is sent, and the error names the file.
    let before = cluster.api.seen.lock().unwrap().len();
    cluster.mounted.write("", &pem(&second));
    let failure = failed(cache).await;
    assert!(failure.contains("/token\" cannot be used"), "{failure}");
    assert_eq!(cluster.api.seen.lock().unwrap().len(), before);

    // Yesterday's token: refused by the server, and never shown.
    cluster.mounted.write("hush", &pem(&second));
    let failure = failed(cache).await;
    assert!(failure.contains("401") && !failure.contains("hush"), "{failure}");
    cluster.mounted.write(&own, &pem(&second));
    refreshed(cache).await;
    assert!(verifier.verify::<Registered>(&token).await.is_ok());
    let told = format!("{:?} {verifier:?} {settings:?}", log.lock().unwrap());
    assert!(!told.contains("hush") && !told.contains("eyJ"), "{told}");
}

/// The observer hears of it after those who wait have their answers.
async fn warned(log: &Mutex<Vec<jwks_tokio::Event>>) -> String {
    for _ in 0..500 {
        let warning = log.lock().unwrap().iter().find_map(|event| match event.kind() {
            EventKind::TransportWarned { warning, .. } => Some(warning.to_string()),
            _ => None,
        });
        if let Some(warning) = warning {
            return warning;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no warning: {:?}", log.lock().unwrap());
}

/// One refresh by hand a second is made.
async fn refreshed(cache: &jwks_tokio::KeyCache) {
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    cache.refresh().await.unwrap();
}

async fn failed(cache: &jwks_tokio::KeyCache) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let error = cache.refresh().await.unwrap_err();
    format!("{:?}", error.last_failure().expect("the fetch failed"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_token_or_the_authority_there_are_no_keys() {
    let cluster = Cluster::new("refused");
    let jwks_uri = cluster.front.url_of("127.0.0.1", "/openid/v1/jwks");
    let token = cluster.token("caller", "my-api");
    let issuer = || Issuer::new(ISS).jwks_uri(&jwks_uri).audience("my-api");
    let client = || client_builder().ca_file(cluster.mounted.path("ca.crt")).build().unwrap();

    let anonymous = Verifier::builder().issuer(issuer());
    let verifier = Starter::new().client(client()).start(anonymous).unwrap();
    let error = verifier.verify::<Registered>(&token).await.unwrap_err();
    assert!(format!("{error:?}").contains("answered 401"), "{error:?}");
    assert_eq!(cluster.api.refused(), cluster.api.seen.lock().unwrap().len());

    // The authority's word counts at the API server alone.
    let settings = cluster.kubernetes();
    let own = jwks_tokio::bearer_file(cluster.mounted.path("token"));
    let elsewhere = issuer().jwks_uri(cluster.front.url_of("localhost", "/openid/v1/jwks"));
    let elsewhere = Verifier::builder().issuer(elsewhere.headers_with(own));
    let verifier = settings.starter().unwrap().start(elsewhere).unwrap();
    let error = verifier.verify::<Registered>(&token).await.unwrap_err();
    let failure = verifier.status()[0].last_error.clone().unwrap();
    assert!(failure.starts_with("no connection"), "{error:?} {failure}");
}

#[test]
fn outside_of_a_cluster_it_says_what_is_missing() {
    let cluster = Cluster::new("outside");
    for (settings, expected) in [
        (cluster.kubernetes().token_file("/nowhere/token"), "/nowhere/token"),
        (cluster.kubernetes().token_file(cluster.mounted.path("ca.crt")), "no token with an `iss`"),
    ] {
        let error = settings.issuer().unwrap_err();
        assert!(format!("{error:?}").contains(expected), "{error:?}");
        assert_eq!(settings.iss(ISS).issuer().unwrap().iss(), ISS);
    }
    let error = cluster.kubernetes().ca_file("/nowhere/ca").starter().unwrap_err();
    assert!(format!("{error:?}").contains("/nowhere/ca"), "{error:?}");
    let error = cluster.kubernetes().api_server("nowhere").starter();
    assert!(error.and_then(|it| it.start(Verifier::builder())).is_err());
    let in_no_pod = jwks_tokio::kubernetes().iss(ISS).issuer();
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        assert!(format!("{:?}", in_no_pod.unwrap_err()).contains("not a pod of Kubernetes"));
    }
}
