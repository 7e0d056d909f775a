//! The guide's table of log lines beside the lines of the source.

use std::collections::{BTreeMap, BTreeSet};

/// By level and message, the fields besides `issuer`.
type Lines = BTreeMap<(String, String), BTreeSet<String>>;

/// Of what somebody on duty sees each field is in the table; of what is told at DEBUG each message.
#[test]
fn the_guide_lists_each_line() {
    let (page, source) = (page(), source());
    assert!(source.len() > 20, "the source is read wrongly: {source:#?}");
    let messages = |lines: &Lines| -> BTreeSet<String> {
        lines.keys().map(|(_, message)| message.clone()).collect()
    };
    assert_eq!(messages(&page), messages(&source));
    let seen = |lines: Lines| -> Lines {
        lines.into_iter().filter(|((level, _), _)| level != "DEBUG").collect()
    };
    assert_eq!(seen(page), seen(source));
}

fn page() -> Lines {
    let page = include_str!("../../../jwks-tokio/docs/guide/logging.md");
    let mut lines = Lines::new();
    for row in page.lines() {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, level, messages, fields, _] = cells[..] else { continue };
        if !["ERROR", "WARN", "INFO", "DEBUG"].contains(&level) {
            continue;
        }
        for message in ticked(messages) {
            lines.insert(
                (level.into(), message.into()),
                ticked(fields).map(str::to_owned).collect(),
            );
        }
    }
    lines
}

/// Each `line!(level, …, { fields }, "message")` and `warning!(…)`, which adds `repeated`.
fn source() -> Lines {
    let source = include_str!("../../src/cache/observe/trace.rs");
    // What stands before are the macros themselves.
    let (_, source) = source.split_once("impl Lines {").unwrap();
    let mut lines = Lines::new();
    for (makro, repeats) in [("line!(", false), ("warning!(", true)] {
        for call in source.split(makro).skip(1) {
            let level = if repeats { "WARN".into() } else { word(call).to_uppercase() };
            let (_, rest) = call.split_once('{').unwrap();
            let (fields, rest) = rest.split_once('}').unwrap();
            let message = rest.split('"').nth(1).unwrap();
            let fields = fields.split(',').map(|field| field.split('=').next().unwrap());
            let fields = fields.map(|name| name.trim().trim_matches('"').to_owned());
            let fields = fields.filter(|name| !name.is_empty());
            let fields = fields.chain(repeats.then(|| "repeated".to_owned()));
            lines.entry((level, message.to_owned())).or_default().extend(fields);
        }
    }
    lines
}

fn word(text: &str) -> &str {
    text.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap()
}

fn ticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
