//! The corpora that stand in the repository: few and small.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Tool, corpora, grown};
use crate::process::target;

/// Writes the smallest inputs that together reach what all of them reach. Of more than there is room
/// for, the smallest are kept, and those that stood there by a name of their own in any case.
pub(super) fn minimise(tool: &Tool, name: &str) -> Result<String> {
    let merged = target().join("fuzz/merged").join(name);
    if merged.exists() {
        fs::remove_dir_all(&merged).context("cannot remove the last merge")?;
    }
    fs::create_dir_all(&merged).context("cannot make a folder")?;
    let folders = [merged.clone(), corpora(name), grown(name)];
    let [into, own, grown] = folders.map(|it| it.to_string_lossy().into_owned());
    let step = ["run", "--fuzz-dir=.", "--debug-assertions", name, &into, &own, &grown];
    tool.step(&step).arguments(["--", "-set_cover_merge=1", "-max_len=16384"]).run()?;

    let named = inputs(&corpora(name))?.into_iter().filter(|(file, _)| !is_hash(file));
    let (mut kept, mut room) = (Vec::new(), ROOM);
    let mut found = inputs(&merged)?;
    found.sort_by_key(|(_, bytes)| bytes.len());
    let total = found.len();
    for (file, bytes) in named.chain(found) {
        let new = kept.iter().all(|(_, other)| *other != bytes);
        if new && kept.len() < MOST && bytes.len() <= room {
            room -= bytes.len();
            kept.push((file, bytes));
        }
    }
    let own = corpora(name);
    fs::remove_dir_all(&own).context("cannot empty the corpus")?;
    fs::create_dir_all(&own).context("cannot make a folder")?;
    for (file, bytes) in &kept {
        fs::write(own.join(file), bytes).context("cannot write the corpus")?;
    }
    let kilobytes = (ROOM - room).div_ceil(1000);
    Ok(format!(
        "     {name:<9} {total} inputs reach all of it; kept {}, {kilobytes} kB",
        kept.len()
    ))
}

fn inputs(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder).context("cannot read a corpus")? {
        let path = entry.context("cannot read a corpus")?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        inputs.push((name, fs::read(&path).context("cannot read a corpus")?));
    }
    inputs.sort();
    Ok(inputs)
}

/// The name that libFuzzer gives.
fn is_hash(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Files of one target.
const MOST: usize = 50;

/// Their bytes together.
const ROOM: usize = 150_000;
