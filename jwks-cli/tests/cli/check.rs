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

#[test]
fn what_the_settings_mean() {
    let folder = Folder::new("check-meaning");
    let file = folder.write("settings.toml", GOOD);
    let done = jwks(["check", &file]).exits(0);
    assert!(!done.stdout.contains("no effect"), "nobody has written it: {done:?}");
    let file = folder.write("settings.toml", &format!("{GOOD}max_trust = '12h'\n"));
    let done = jwks(["check", &file]).exits(0);
    for said in [
        "https://id.example.com\n",
        "  tokens        from `https://id.example.com`, for `my-api`; any supported algorithm; ",
        "  keys          https://id.example.com/.well-known/openid-configuration\n",
        "  lifetime      20m or 1000 accepted tokens, whichever comes first; refreshed in the back",
        "    1m                the earliest next fetch, however many tokens come",
        "    16m to 16m 48s    the keys are refreshed ahead, and nobody waits; sooner if 800 to 840",
        "    20m               without success until now the keys are stale",
        "    1h 20m            without success until now the keys stop serving",
        "some 92 attempts",
        "3 fetches at once, then one per 10s: 360 an hour at most",
        "60 fetches an hour at 100 tokens a second",
        "up to 0.8 tokens a second time decides when keys are fetched; above it usage; from 14 on",
        "`max_trust` (12h) is never reached",
    ] {
        assert!(done.stdout.contains(said), "{said}: {done:?}");
    }
    assert!(!done.stdout.contains("HINT"), "{done:?}");
}

#[test]
fn hints_stand_first_and_refuse_nothing() {
    let folder = Folder::new("check-hints");
    let file = folder.write("settings.toml", &format!("{GOOD}stale_if_error = '30s'\n"));
    jwks(["check", &file]).exits(0).says(
        "valid: 1 issuer, 1 hint\n\nhttps://id.example.com\n  HINT          keys serve for 30s",
    );
    let file = folder.write("settings.toml", GOOD);
    jwks(["check", &file, "--rps", "10"]).exits(0).hides("HINT");
    let done = jwks(["check", &file, "--rps", "100"]).exits(0);
    done.says("HINT          at 100 tokens a second").says("keys are fetched every 1m");
    jwks(["check", &file, "--rps", "many"]).exits(64);
}

#[test]
fn json_says_the_same() {
    let folder = Folder::new("check-json");
    let file = folder.write("settings.toml", GOOD);
    let json = jwks(["check", &file, "--json", "--rps", "100"]).exits(0).json();
    assert_eq!(json["valid"], true);
    let issuer = &json["issuers"][0];
    assert_eq!(issuer["label"], "https://id.example.com");
    assert_eq!(issuer["time_line"][2]["after"], 960.0);
    assert_eq!(issuer["time_line"][2]["until"], 1008.0);
    assert_eq!(issuer["time_line"][4]["after"], 4800.0);
    assert_eq!(issuer["cost"][0]["fetches_per_hour"], 60.0);
    assert_eq!(issuer["hints"][0]["hint"], "usage_spent");
    assert_eq!(issuer["hints"][0]["setting"], "usages");
    let file = folder.write("settings.toml", &GOOD.replace("audience", "audiance"));
    let json = jwks(["check", &file, "--json"]).exits(1).json();
    assert_eq!(json["valid"], false);
    assert!(json["error"].as_str().unwrap().contains("did you mean `audience`?"), "{json}");
    jwks(["check", &folder.path("none.toml"), "--json"]).exits(2).says("cannot be read");
}

#[test]
fn what_is_allowed_beyond_the_standards_is_said() {
    let folder = Folder::new("check-allowed");
    let text = format!("{GOOD}without_iss = true\nmax_age_without_exp = '12h'\nany_sub = true\n");
    let file = folder.write("settings.toml", &text);
    let done = jwks(["check", &file]).exits(0);
    let done = done.says("  allowed       any_sub, max_age_without_exp, without_iss\n");
    done.says(
        "; `iss` may be missing; `exp` may be missing, until 12h after `iat`; `sub` of any type",
    );
    let done = jwks(["check", &file, "--json"]).exits(0);
    done.says("\"max_age_without_exp\"");
    let file = folder.write("settings.toml", &text.replace("12h", "400d"));
    jwks(["check", &file]).exits(1).says("max_age_without_exp is ").says("allowed is 1s to 365d");
}
