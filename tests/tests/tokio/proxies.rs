//! Requests that go through a proxy, and what is told of one that fails.

use std::{
    error::Error as _,
    io::{self, Read as _, Write as _, copy},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
};

use jwks_conformance::{
    World,
    world::{LONG, failed, ms},
};
use jwks_core::cache::{FetchError, FetchErrorKind, Phase};
use jwks_testkit::{KEYS_PATH, TlsFront, certificates::Authority, network::Mute};
use jwks_tokio::{ClientBuilder, Verifier, client_builder, reqwest::Certificate};
use tokio::runtime::Builder;

use crate::{
    served::{failure, once, serve_at},
    world,
};

const HOST: &str = "elsewhere.example";
const SECRET: &str = "hush-7f3a";

#[test]
fn keys_come_through_it_and_it_is_told_who_asks() {
    let world = world();
    let authority = Authority::new();
    let front = TlsFront::start(world.issuer.address(), &authority.of_another_name());
    let behind = front.url_of("127.0.0.1", "");
    let behind: SocketAddr = behind.trim_start_matches("https://").parse().unwrap();
    let proxy = Proxy::start(b"HTTP/1.1 200 OK\r\n\r\n", Some(behind));
    let trusted = Certificate::from_der(&authority.certificate()).unwrap();
    // The proxy's name has several addresses, too.
    let dead = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), proxy.address.port()));
    let client = client_builder()
        .add_root_certificate(trusted)
        .proxy(&format!("http://user:{SECRET}@proxy.example:{}", proxy.address.port()))
        .resolve_to_addrs("proxy.example", &[dead, proxy.address])
        .build()
        .unwrap();
    assert!(!format!("{client:?}").contains(SECRET), "{client:?}");
    let service = serve_at(&world, &url(), once(), client);
    service.passes(&world);
    assert_eq!((world.log.count(failed), world.issuer.fetches()), (0, 1));
    let asked = proxy.asked();
    assert!(asked.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")), "{asked}");
    // user:hush-7f3a
    assert!(asked.contains("Proxy-Authorization: Basic dXNlcjpodXNoLTdmM2E="), "{asked}");
}

#[test]
fn one_that_fails_is_named() {
    for (answer, reason) in [
        (
            &b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..],
            "proxy authorization required",
        ),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "unsuccessful"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "unsuccessful"),
        (b"", "unexpected end of file"),
        (b"SSH-2.0-OpenSSH\r\n", "unsuccessful"),
    ] {
        let proxy = Proxy::start(answer, None);
        let failure = failure_through(proxy.address);
        assert_eq!(failure.kind(), FetchErrorKind::Connect);
        let told = failure.source().unwrap().to_string();
        assert_eq!(told, format!("tunnel error: {reason}"));
    }
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let failure = failure_through(nobody);
    assert_eq!(failure.kind(), FetchErrorKind::Connect);
    assert!(failure.source().unwrap().to_string().contains("refused"), "{failure:?}");
}

#[test]
fn one_that_hangs_is_named() {
    let mute = Mute::start(Ipv4Addr::LOCALHOST.into()).unwrap();
    let failure = failure_through(mute.address());
    assert_eq!(
        (failure.kind(), failure.phase()),
        (FetchErrorKind::Timeout, Some(Phase::ConnectOrTls))
    );
}

/// The environment's, in a process of its own: [`in_a_child`].
#[test]
fn the_environments_is_used_and_named() {
    let proxy = Proxy::start(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", None);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxies::in_a_child", "--ignored", "--nocapture"]);
    for variable in ["NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy"] {
        child.env_remove(variable);
    }
    child.env("HTTPS_PROXY", format!("http://user:{SECRET}@{}", proxy.address));
    let output = child.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
    let through = format!(" through the proxy http://{}: tunnel error", proxy.address);
    assert!(told.contains(&format!("no connection to the key server{through}")), "{told}");
    assert!(!told.contains(SECRET), "{told}");
    assert!(proxy.asked().contains("Proxy-Authorization: Basic "));
}

#[test]
#[ignore = "run by `the_environments_is_used_and_named`, in its environment"]
fn in_a_child() {
    let world = world();
    let issuer = world.configured(once()).jwks_uri(url());
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let guard = runtime.enter();
    let _verifier = jwks_tokio::start(Verifier::builder().issuer(issuer)).unwrap();
    drop(guard);
    world.log.wait_for(1, failed);
    println!("{:?}", world.log.events().iter().map(ToString::to_string).collect::<Vec<_>>());
    runtime.shutdown_background();
}

#[test]
fn what_is_no_proxy_is_refused() {
    let error = client_builder().proxy("ftp://proxy.example").build().unwrap_err();
    assert!(error.is_proxy());
    // The last word counts.
    client_builder().proxy("ftp://proxy.example").no_proxy().build().unwrap();
}

fn failure_through(proxy: SocketAddr) -> FetchError {
    let through = |client: ClientBuilder| client.proxy(&format!("http://user:{SECRET}@{proxy}"));
    let world = world();
    let client = through(client_builder()).build().expect("a client");
    let _service = serve_at(&world, &url(), once().fetch_timeout(ms(500)), client);
    let failure = failure(&world);
    let name = format!("http://{proxy}");
    assert_eq!(failure.proxy(), Some(&*name));
    assert!(failure.to_string().ends_with(&format!(" through the proxy {name}")), "{failure}");
    told_nothing(&world);
    failure
}

fn told_nothing(world: &World<'_>) {
    for event in world.log.events() {
        assert!(!format!("{event} {event:?}").contains(SECRET), "{event}");
    }
}

/// A host that is not on this machine; nobody looks its name up but the proxy.
fn url() -> String {
    format!("https://{HOST}{KEYS_PATH}")
}

/// Answers one request like this, and then passes bytes on, or closes.
struct Proxy {
    address: SocketAddr,
    running: thread::JoinHandle<io::Result<String>>,
}

impl Proxy {
    fn start(answer: &'static [u8], behind: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let running = thread::spawn(move || serve(&listener, answer, behind));
        Self { address, running }
    }

    /// The head of the request.
    fn asked(self) -> String {
        self.running.join().expect("no panic").expect("a request")
    }
}

fn serve(listener: &TcpListener, answer: &[u8], behind: Option<SocketAddr>) -> io::Result<String> {
    let (mut client, _) = listener.accept()?;
    client.set_read_timeout(Some(LONG))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    client.write_all(answer)?;
    if let Some(behind) = behind {
        pass_on(client, TcpStream::connect(behind)?)?;
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// Both ways, until the client has closed.
fn pass_on(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let there = thread::spawn(move || {
        _ = copy(&mut from_client, &mut to_server);
        _ = to_server.shutdown(std::net::Shutdown::Both);
    });
    _ = copy(&mut server, &mut client);
    _ = there.join();
    Ok(())
}
