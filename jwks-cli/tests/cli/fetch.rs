//! `jwks fetch`, over an issuer on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, SystemTime};

use crate::run::{Folder, jwks};
use jwks_core::cache::SavedKeys;
use jwks_testkit::{DOCUMENT_PATH, IssuerServer, Reply};

#[test]
fn an_export_starts_a_service_without_the_network() {
    let (issuer, folder) = (IssuerServer::start(), Folder::new("export"));
    let file = folder.path("keys.json");
    let done = jwks(["fetch", "--allow-loopback-http", "--jwks-uri", &issuer.url(), &file]);
    done.exits(0).says("1 key from").says("key-1, EC P-256");
    assert_eq!(issuer.fetches(), 1);

    let saved = SavedKeys::from_json(fs::read(&file).unwrap()).unwrap();
    assert_eq!(saved.source(), Some(issuer.url().as_str()));
    let (token, configured) = (issuer.token().sign(), issuer.configured().hydrate(saved));
    issuer.go_down();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let verifier = jwks_core::verify::Verifier::builder().issuer(configured);
        let verifier = jwks_tokio::start(verifier).unwrap();
        verifier.try_verify::<jwks_core::verify::Registered>(&token).unwrap();
    });
}

#[test]
fn how_long_an_export_serves_is_up_to_who_loads_it() {
    let (issuer, folder) = (IssuerServer::start(), Folder::new("trust"));
    let file = folder.path("keys.json");
    jwks(["fetch", "--allow-loopback-http", "--jwks-uri", &issuer.url(), &file]).exits(0);
    let saved = SavedKeys::from_json(fs::read(&file).unwrap()).unwrap();
    let year = Duration::from_secs(365 * 24 * 3600);
    assert!(saved.trust_until().unwrap() > SystemTime::now() + year);
}

#[test]
fn discovery_and_a_jwk_set_on_standard_output() {
    let issuer = IssuerServer::start();
    issuer.add_key();
    let asked = ["fetch", "--allow-loopback-http", "--issuer", issuer.iss(), "--jwk-set", "-"];
    let done = jwks(asked).exits(0).says("2 keys from");
    let saved = SavedKeys::from_jwk_set(&done.stdout, SystemTime::now()).unwrap();
    assert_eq!(saved.source(), None);
    assert_eq!((issuer.fetches_of(DOCUMENT_PATH), issuer.fetches()), (1, 1));
}

#[test]
fn all_issuers_of_settings_go_into_one_file() {
    let (one, two) = (IssuerServer::start(), IssuerServer::start());
    let folder = Folder::new("settings");
    let settings = folder.write("settings.toml", &settings(&one, &two, "optional = false"));
    let file = folder.path("keys.json");
    jwks(["fetch", "--settings", &settings, &file]).exits(0);
    let saved: BTreeMap<String, SavedKeys> =
        serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(saved.len(), 2);
    assert_eq!(saved[one.iss()].source(), Some(one.url().as_str()));
    // The policy is the settings' own: 20 min and an hour.
    let left = saved[two.iss()].trust_until().unwrap();
    let left = left.duration_since(saved[two.iss()].confirmed_at()).unwrap();
    assert!((79 * 60..=80 * 60).contains(&left.as_secs()), "{left:?}");
}

#[test]
fn a_required_issuer_that_is_dead_leaves_the_old_file() {
    let (one, two) = (IssuerServer::start(), IssuerServer::start());
    let folder = Folder::new("dead");
    two.go_down();
    let file = folder.write("keys.json", "old");
    let required = folder.write("required.toml", &settings(&one, &two, "optional = false"));
    let fetch = |settings: &str| {
        jwks(["fetch", "--settings", settings, "--within", "300ms", "--json", &file])
    };
    let report = fetch(&required).exits(2).json();
    assert_eq!(report["written"], serde_json::Value::Null);
    assert!(report["issuers"][1]["error"].as_str().unwrap().contains("refused"), "{report}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");

    let optional = folder.write("optional.toml", &settings(&one, &two, "optional = true"));
    let report = fetch(&optional).exits(0).json();
    assert_eq!(report["issuers"][1]["required"], false);
    let saved: BTreeMap<String, SavedKeys> =
        serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(saved.keys().collect::<Vec<_>>(), [one.iss()]);
    assert_eq!(folder.files(), 3, "nothing is left beside the file");
}

#[test]
fn answers_without_keys_write_nothing() {
    for (reply, said) in [
        (Reply::status(404), "404"),
        (Reply::not_json(), "not JSON"),
        (Reply::keys(r#"{"keys":[]}"#), "usable"),
        (Reply::oversized(600 * 1024), "524288"),
        (Reply::published().truncate_after(10), "attempt 1"),
    ] {
        let (issuer, folder) = (IssuerServer::start(), Folder::new("junk"));
        issuer.always(reply);
        let file = folder.path("keys.json");
        let url = issuer.url();
        let asked = ["fetch", "--allow-loopback-http", "--jwks-uri", &url, "--within", "300ms"];
        let done = jwks(asked.into_iter().chain([file.as_str()])).exits(2);
        done.says("nothing was written").says(said);
        assert_eq!(folder.files(), 0);
    }
}

#[test]
fn a_document_of_another_issuer_writes_nothing() {
    let (issuer, folder) = (IssuerServer::start(), Folder::new("other"));
    let document = format!(r#"{{"issuer":"https://other.example","jwks_uri":"{}"}}"#, issuer.url());
    issuer.always_at(DOCUMENT_PATH, Reply::keys(document));
    let file = folder.path("keys.json");
    let iss = issuer.iss().to_owned();
    let asked = ["fetch", "--allow-loopback-http", "--issuer", &iss, "--within", "300ms", &file];
    jwks(asked).exits(2).says("another issuer");
    assert_eq!((folder.files(), issuer.fetches()), (0, 0));
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let (issuer, folder) = (IssuerServer::start(), Folder::new("unwritable"));
    for target in [folder.path("none/keys.json"), folder.path("")] {
        let asked = ["fetch", "--allow-loopback-http", "--jwks-uri", &issuer.url(), &target];
        jwks(asked).exits(2).says("cannot be written");
    }
    assert_eq!(folder.files(), 0);
}

#[test]
fn arguments_that_cannot_work_are_not_tried() {
    let secret = "https://id.example.com/keys?key=secret#x";
    jwks(["fetch", "--jwks-uri", secret, "-"]).exits(64).says("fragment").hides("secret");
    jwks(["fetch", "--jwks-uri", "http://127.0.0.1:1/", "-"]).exits(64).says("plain http");
    jwks(["fetch", "-"]).exits(64);
    jwks(["fetch", "--issuer", "https://a.example", "--within", "5", "-"]).exits(64);
    let folder = Folder::new("arguments");
    let settings = folder.write("settings.toml", "isuer = \"https://id.example.com\"");
    jwks(["fetch", "--settings", &settings, "-"]).exits(1).says("did you mean `issuer`");
}

fn settings(one: &IssuerServer, two: &IssuerServer, of_two: &str) -> String {
    let table = |issuer: &IssuerServer| {
        let (iss, url) = (issuer.iss(), issuer.url());
        format!("[[issuers]]\nissuer = \"{iss}\"\njwks_uri = \"{url}\"\n")
    };
    let (one, two) = (table(one), table(two));
    format!("audience = \"my-api\"\nallow_loopback_http = true\n{one}{two}{of_two}\n")
}
