//! `jwks check` accepts what a service would start with, and nothing else.

use crate::run::{Folder, jwks};

const GOOD: &str = "issuer = 'https://id.example.com'\ndiscover = true\naudience = 'my-api'\n";

#[test]
fn settings_that_a_service_starts_with() {
    let folder = Folder::new("check-good");
    let file = folder.write("settings.toml", GOOD);
    jwks(["check", &file]).exits(0).says("valid: 1 issuer\n");
}

#[test]
fn what_is_missing_is_seen_as_well_as_what_is_wrong() {
    let folder = Folder::new("check-bad");
    for (name, text, told) in [
        ("a.toml", GOOD.replace("audience", "audiance"), "did you mean `audience`?"),
        ("b.toml", GOOD.replace("audience = 'my-api'", ""), "audience is missing"),
        ("c.toml", GOOD.replace("discover = true", ""), "jwks_uri is missing"),
    ] {
        let file = folder.write(name, &text);
        jwks(["check", &file]).exits(1).says(told).says(name);
    }
}
