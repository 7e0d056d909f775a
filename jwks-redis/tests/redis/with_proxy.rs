//! The recipe for nginx: the configuration of the documentation, run.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jwks_testkit::{IssuerServer, Signer, claims};
use jwks_tokio::{Issuer, Registered, Starter, Verifier};

use crate::world::{LONG, cache, policy};

struct Nginx {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Nginx {
    /// With the issuer in the place of the documentation's, and keys that are fresh for a second.
    fn start(issuer: &IssuerServer) -> Self {
        let program = std::env::var_os("JWKS_TEST_NGINX").expect("by `cargo xtask redis`");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("jwks-nginx-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let recipe = include_str!("../../docs/http_cache.md");
        let (_, recipe) = recipe.split_once("```nginx\n").unwrap();
        let (mut recipe, _) =
            recipe.split_once("```").map(|(it, rest)| (it.to_owned(), rest)).unwrap();
        for (shown, here) in [
            ("/var/cache/nginx/jwks", folder.join("cache").display().to_string()),
            ("127.0.0.1:8080", format!("127.0.0.1:{port}")),
            ("https://id.example.com", issuer.base().to_owned()),
            ("proxy_cache_valid 200 2m", "proxy_cache_valid 200 1s".to_owned()),
        ] {
            assert_eq!(recipe.matches(shown).count(), 1, "{shown}");
            recipe = recipe.replace(shown, &here);
        }
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|it| format!("{it}_temp_path {};\n", folder.join(it).display()))
            .concat();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {};\nevents {{}}\nhttp {{\naccess_log off;\n\
             {temporary}{recipe}}}\n",
            folder.join("pid").display()
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, whole).unwrap();
        let child = Command::new(program)
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(folder.join("errors"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self { child, folder, port };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return nginx;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let errors = std::fs::read_to_string(nginx.folder.join("errors"));
        panic!("nginx does not listen: {errors:?}");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nginx: `cargo xtask redis` brings it"]
async fn the_recipe_for_nginx_spreads_honours_no_cache_and_serves_stale() {
    let (issuer, key) = (IssuerServer::start(), Signer::es256("k1"));
    issuer.publish(&[&key]);
    issuer.delay(Duration::from_millis(200));
    let nginx = Nginx::start(&issuer);
    let start = || {
        let configured = Issuer::new(issuer.base())
            .jwks_uri(format!("http://127.0.0.1:{}/keys", nginx.port))
            .allow_loopback_http()
            .audience("orders")
            .policy(policy().build().unwrap());
        let client = jwks_tokio::client_builder().no_proxy().build().unwrap();
        let starter = Starter::new().client(client);
        starter.start(Verifier::builder().issuer(configured)).unwrap()
    };
    let token = |key: &Signer| key.sign(&claims(issuer.base(), "orders", LONG));

    let fleet: Vec<_> = (0..10).map(|_| start()).collect();
    for verifier in &fleet {
        cache(verifier).ready(LONG).await.unwrap();
    }
    assert_eq!(issuer.fetches(), 1, "one for all who ask at once");

    let new = Signer::es256("k2");
    issuer.publish(&[&key, &new]);
    fleet[0].verify::<Registered>(&token(&new)).await.unwrap();
    assert_eq!(issuer.fetches(), 2, "past the cache");
    // What came is kept, for others who ask without it.
    let later = start();
    cache(&later).ready(LONG).await.unwrap();
    later.verify::<Registered>(&token(&new)).await.unwrap();
    let kept = issuer.fetches();
    assert!(kept <= 3, "{kept}");

    // The keys are older than they may be, and the issuer is away.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    issuer.go_down();
    let cold = start();
    cache(&cold).ready(LONG).await.unwrap();
    cold.verify::<Registered>(&token(&new)).await.unwrap();
    // The age that it comes with: no kid is absent for good by such an answer.
    let stranger = token(&Signer::es256("x"));
    assert!(cold.verify::<Registered>(&stranger).await.unwrap_err().is_retryable());
}
