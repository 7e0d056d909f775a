//! Over a real `redis-server`, started here on a free port: all that holds over the fake, and what
//! only a server has.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jwks_redis::{Event, Trouble, rustls};
use redis::Commands as _;

use crate::scenarios::{self, Redis};
use crate::world::{World, mac_key};

struct Server {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Server {
    fn start() -> Self {
        Self::start_with(|_, port| format!("port {port}\n"))
    }

    /// With a configuration for this folder and this free port.
    fn start_with(settings: impl Fn(&PathBuf, u16) -> String) -> Self {
        let program = std::env::var_os("JWKS_TEST_REDIS_SERVER").expect("by `cargo xtask redis`");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("jwks-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("redis.conf");
        let settings = format!(
            "bind 127.0.0.1\nsave \"\"\nappendonly no\nloglevel warning\ndir {0}\n\
             unixsocket {0}/socket\n{1}",
            folder.display(),
            settings(&folder, port)
        );
        std::fs::write(&file, settings).unwrap();
        let child = Command::new(program).arg(&file).stdout(Stdio::null()).spawn().unwrap();
        let server = Self { child, folder, port };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("redis-server does not listen");
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    fn name(&self, end: &str) -> String {
        let names: Vec<String> = self.connection().keys("jwks:*").unwrap();
        let prefix = names.first().and_then(|name| name.rsplit_once(':')).expect("a value").0;
        format!("{prefix}{end}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

impl Redis for Server {
    fn get(&self, end: &str) -> Option<Vec<u8>> {
        let names: Vec<String> = self.connection().keys(format!("*{end}")).unwrap();
        // A list is none of ours.
        names.first().and_then(|name| self.connection().get(name).ok())
    }

    fn plant(&self, end: &str, bytes: &[u8]) {
        let () = self.connection().set(self.name(end), bytes).unwrap();
    }

    fn plant_list(&self, end: &str) {
        let name = self.name(end);
        let () = self.connection().del(&name).unwrap();
        let () = self.connection().rpush(&name, "element").unwrap();
    }

    fn flush(&self) {
        let () = redis::cmd("FLUSHALL").query(&mut self.connection()).unwrap();
    }
}

macro_rules! over_the_server {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs redis-server: `cargo xtask redis` brings it"]
        async fn $name() {
            let server = Server::start();
            scenarios::$name(World::new(server.url())).await;
        }
    )*};
    (with $($name:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs redis-server: `cargo xtask redis` brings it"]
        async fn $name() {
            let server = Server::start();
            scenarios::$name(World::new(server.url()), &server).await;
        }
    )*};
}

over_the_server![
    a_failure_is_shared_with_its_retry_after,
    a_refresh_by_hand_takes_another_set_or_fetches,
    a_rotation_is_found_with_one_fetch,
    a_set_that_lacks_the_kid_is_followed_by_a_fetch,
    all_start_with_one_fetch,
    an_answer_of_another_makes_no_kid_final,
    an_unusable_answer_is_a_failure,
    namespaces_and_mac_keys_are_apart,
    the_holder_asks_without_condition,
];

over_the_server![with
    a_flush_costs_a_fetch_and_no_more,
    an_old_value_put_back_is_not_believed,
    nothing_planted_is_believed,
];

/// By TLS, as a user who may give the commands that the documentation names, and no others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server: `cargo xtask redis` brings it"]
async fn tls_and_users() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let documented = include_str!("../../src/lib.rs");
    let (_, user) = documented.split_once("//! user orders on").expect("the documented user");
    let user = user.lines().next().unwrap().replace(">password", ">secret");
    let server = Server::start_with(|folder, port| {
        std::fs::write(folder.join("cert.pem"), certified.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
        format!(
            "port 0\ntls-port {port}\ntls-cert-file {0}/cert.pem\ntls-key-file {0}/key.pem\n\
             tls-auth-clients no\nuser default off\nuser orders on{user}\n",
            folder.display()
        )
    });
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut world = World::new(format!("rediss://orders:secret@localhost:{}", server.port));
    for _ in 0..2 {
        world.loaded_with(world.sharing().tls(tls.clone())).await;
    }
    assert_eq!(world.issuer.fetches(), 1);
    assert!(matches!(world.events()[..], [Event::Taken { .. }]));

    // Another namespace is not this user's.
    world.loaded_with(world.sharing().tls(tls.clone()).namespace("other")).await;
    let [Event::Away { trouble, .. }] = &world.events()[..] else { panic!("away") };
    assert!(matches!(trouble, Trouble::Refused(text) if text.starts_with("NOPERM")), "{trouble}");
    // Whom the platform does not trust; a wrong password.
    world.loaded().await;
    let [Event::Away { trouble, .. }] = &world.events()[..] else { panic!("away") };
    assert!(matches!(trouble, Trouble::Connection(_)), "{trouble}");
    world.redis = format!("rediss://orders:wrong@localhost:{}", server.port);
    world.loaded_with(world.sharing().tls(tls)).await;
    let [Event::Away { trouble, .. }] = &world.events()[..] else { panic!("away") };
    assert!(matches!(trouble, Trouble::Refused(_)), "{trouble}");
    assert_eq!(world.issuer.fetches(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server: `cargo xtask redis` brings it"]
async fn a_unix_socket() {
    let server = Server::start();
    let world = World::new(format!("unix://{}/socket", server.folder.display()));
    for _ in 0..2 {
        world.loaded_with(world.sharing().mac_keys([mac_key(1)])).await;
    }
    assert_eq!(world.issuer.fetches(), 1);
}
