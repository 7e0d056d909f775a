//! A key set in a file, mounted and changed as a `ConfigMap` is.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use jwks_testkit::{Signer, TokenBuilder};
use jwks_tokio::{ErrorKind, EventKind, Issuer, Registered, Verifier, VerifierSettings};
use serde_json::json;

const ISS: &str = "https://partner.example.com";

struct Mounted(PathBuf, usize);

impl Mounted {
    fn new(name: &str) -> Self {
        let name = format!("keys-{name}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        symlink("..data/keys.json", folder.join("keys.json")).unwrap();
        Self(folder, 0)
    }

    fn write(&mut self, content: &str) {
        self.1 += 1;
        let day = format!("..day{}", self.1);
        fs::create_dir(self.0.join(&day)).unwrap();
        fs::write(self.0.join(&day).join("keys.json"), content).unwrap();
        symlink(&day, self.0.join("..new")).unwrap();
        fs::rename(self.0.join("..new"), self.0.join("..data")).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.0.join("keys.json")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn set(signers: &[&Signer]) -> String {
    let keys: Vec<_> = signers.iter().map(|signer| signer.public_jwk()).collect();
    json!({ "keys": keys }).to_string()
}

fn token(signer: &Signer) -> String {
    TokenBuilder::new(signer, SystemTime::now(), ISS, "my-api").sign()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swapped_file_comes_through_and_a_lost_one_does_no_harm() {
    let (one, two) = (Signer::es256("one"), Signer::es256("two"));
    let mut mounted = Mounted::new("swapped");
    mounted.write(&set(&[&one]));
    let text = format!("issuer = '{ISS}'\naudience = 'my-api'\nkeys_file = {:?}", mounted.path());
    let settings: VerifierSettings = toml::from_str(&text).unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&log);
    let settings = settings.map(move |issuer| {
        let events = Arc::clone(&events);
        issuer.observer(move |event| events.lock().unwrap().push(event.clone()))
    });
    let verifier = jwks_tokio::start(Verifier::builder().settings(settings)).unwrap();
    verifier.verify::<Registered>(&token(&one)).await.unwrap();

    // An unknown kid has the file read again.
    mounted.write(&set(&[&one, &two]));
    verifier.verify::<Registered>(&token(&two)).await.unwrap();
    verifier.verify::<Registered>(&token(&one)).await.unwrap();

    let cache = verifier.caches().next().unwrap();
    mounted.write(r#"{"keys":[]}"#);
    pause().await;
    cache.refresh().await.unwrap_err();
    fs::remove_file(mounted.path()).unwrap();
    pause().await;
    let error = cache.refresh().await.unwrap_err();
    assert!(format!("{error:?}").contains("the file of the keys could not be read"), "{error:?}");
    verifier.verify::<Registered>(&token(&two)).await.unwrap();
    // The observer hears of it after those who wait have their answers.
    let failures = || {
        let failed =
            |event: &&jwks_tokio::Event| matches!(event.kind(), EventKind::RefreshFailed { .. });
        log.lock().unwrap().iter().filter(failed).count()
    };
    for _ in 0..500 {
        if failures() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(failures(), 2);

    symlink("..data/keys.json", mounted.path()).unwrap();
    mounted.write(&set(&[&two]));
    pause().await;
    cache.refresh().await.unwrap();
    let error = verifier.try_verify::<Registered>(&token(&one)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
}

/// One refresh by hand a second is made.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_the_settings_need_no_network() {
    let (one, two) = (Signer::es256("one"), Signer::es256("two"));
    let issuer = Issuer::new(ISS).keys(set(&[&one])).audience("my-api");
    let verifier = jwks_tokio::start(Verifier::builder().issuer(issuer)).unwrap();
    verifier.try_verify::<Registered>(&token(&one)).unwrap();
    let error = verifier.verify::<Registered>(&token(&two)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKid);
    assert_eq!(error.status_code(), 401);
    verifier.ready(Duration::ZERO).await.unwrap();
}
