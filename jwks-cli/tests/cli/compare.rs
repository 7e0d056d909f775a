//! `jwks compare`, with a quick issuer. Counts are compared, never times.

use crate::run::{Folder, jwks};

#[test]
fn each_strategy_costs_what_it_must() {
    let folder = Folder::new("compare");
    let settings = folder.write(
        "settings.toml",
        "issuer = \"https://id.example.com\"\ndiscover = true\naudience = \"my-api\"",
    );
    let (svg, png) = (folder.path("compare.svg"), folder.path("compare.png"));
    let done = jwks([
        "compare",
        "--settings",
        &settings,
        "--requests",
        "60",
        "--rps",
        "60",
        "--latency",
        "1ms..5ms",
        "--svg",
        &svg,
        "--png",
        &png,
        "--json",
    ]);
    let report = done.exits(0).says("16m").json();
    let strategies = report["strategies"].as_array().unwrap();
    let numbers = |n: usize| {
        ["requests", "fetches", "waited", "failed"]
            .map(|name| strategies[n][name].as_u64().unwrap())
    };
    assert_eq!(strategies.len(), 5);

    assert_eq!(numbers(0), [59, 60, 59, 0], "without a cache, each token is a fetch");
    for on_demand in [numbers(1), numbers(2)] {
        let [requests, fetches, waited, failed] = on_demand;
        assert_eq!((requests, failed), (59, 0));
        assert!(fetches >= 2, "lifetimes end within the run: {on_demand:?}");
        assert!(waited >= fetches - 1, "somebody waits for each refresh: {on_demand:?}");
        assert!(fetches < 20, "{on_demand:?}");
    }
    let [requests, fetches, waited, failed] = numbers(3);
    assert_eq!((requests, waited, failed), (59, 0, 0), "nobody waits for a refresh ahead");
    assert!((2..20).contains(&fetches), "{fetches}");
    assert_eq!(numbers(4), [59, 1, 0, 0], "20 min are longer than the run");

    let svg = std::fs::read_to_string(svg).unwrap();
    for strategy in strategies {
        let name = strategy["name"].as_str().unwrap();
        assert!(svg.contains(name), "{name}");
    }
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG\r\n"));
}

#[test]
fn the_table_has_a_row_for_each_strategy() {
    let done = jwks(["compare", "--requests", "10", "--rps", "100", "--latency", "1ms"]).exits(0);
    let rows = done.stdout.lines().skip_while(|line| !line.contains("fetches")).count();
    assert_eq!(rows, 5, "{}", done.stdout);
    done.says("no cache").says("4. both, with background refresh");
}

#[test]
fn what_cannot_work_is_refused() {
    for wrong in [
        ["--rps", "0"],
        ["--requests", "9"],
        ["--latency", "2s..1s"],
        ["--latency", "1s..6s"],
        ["--seconds", "0"],
    ] {
        jwks(["compare"].into_iter().chain(wrong)).exits(64);
    }
    jwks(["compare", "--settings", "/no/such/file.toml"]).exits(2).says("cannot be read");
    let folder = Folder::new("refused");
    let settings = folder.write("settings.toml", "issuer = \"https://id.example.com\"");
    jwks(["compare", "--settings", &settings]).exits(1);
}
