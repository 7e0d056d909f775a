//! What the README says that other files say too.

const README: &str = include_str!("../../README.md");
const SETTINGS: &str = include_str!("../../jwks-core/src/refresh/policy/settings.md");

#[test]
fn the_settings_are_those_of_the_policy() {
    assert!(README.contains(SETTINGS.trim()), "copy policy/settings.md into the README");
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
