//! Failing cases of the refresh machine, saved as recordings: `jwks replay FILE` tells one, and
//! moved to `tests/traces` it becomes a test.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::{env, fs};

use jwks_core::refresh::record::Recording;

/// Saves it in `target/traces`. Returns what to print beside the failure.
pub(crate) fn saved(name: &str, recording: &Recording) -> String {
    let text = serde_json::to_string_pretty(recording).expect("it can be written");
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    // The program of a test is target/debug/deps/name-hash.
    let program = env::current_exe().expect("a program");
    let target = program.ancestors().nth(3).map_or_else(env::temp_dir, Into::into);
    let folder = target.join("traces");
    let file = folder.join(format!("{name}-{:016x}.json", hasher.finish()));
    match fs::create_dir_all(&folder).and_then(|()| fs::write(&file, text)) {
        Ok(()) => format!("saved as {}, to be moved to jwks-core/tests/traces", file.display()),
        Err(error) => format!("{} cannot be written: {error}", file.display()),
    }
}
