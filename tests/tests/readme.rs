//! What the README says that other files say too.

use jwks_core::adapter::{Env, Start};
use jwks_core::verify::{Verifier, VerifierSettings};

const README: &str = include_str!("../../README.md");

#[test]
fn the_file_of_settings_is_one() {
    let (_, file) = README.split_once("```toml\n").unwrap();
    let (file, _) = file.split_once("```").unwrap();
    let file = file.replace("https://…", "https://id.example.com/keys");
    let settings: VerifierSettings = toml::from_str(&file).unwrap();
    let builder = Verifier::builder().settings(settings);
    let (verifier, _drivers) = builder.build(Env::new(|| std::time::UNIX_EPOCH)).unwrap();
    assert_eq!(verifier.expectations().count(), 2);
    // And what it says is told.
    let error = toml::from_str::<VerifierSettings>(&format!("{file}audiance = 'a'")).unwrap_err();
    assert!(README.contains(error.message()), "{error}");
}

#[test]
fn the_readme_stays_short() {
    assert!(README.lines().count() < 150);
}

#[test]
fn so_many_scenarios_there_are() {
    let scenarios = format!(": {} scenarios", jwks_conformance::scenarios().count());
    assert!(README.contains(&scenarios), "not in the README: `{scenarios}`");
}
