//! Files that are written whole, or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process;

use anyhow::{Context, Result};

/// Writes the file, replacing one that is there. On failure, the old file stays as it was: the
/// text goes into a file beside it, which then takes its name.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let shown = path.display();
    replace(path, content).with_context(|| format!("{shown} cannot be written"))
}

/// Writes to standard output.
pub(crate) fn print_whole(content: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(content).and_then(|()| stdout.flush());
    written.context("standard output cannot be written")
}

/// Whether the path stands for standard output.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", process::id()));
    let beside = path.with_file_name(beside);
    let written = File::create_new(&beside).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // There may be none; the first error is the one to tell.
        let _gone = fs::remove_file(&beside);
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = std::env::temp_dir().join(format!("jwks-output-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("keys.json");
        for content in ["first, and longer", "second"] {
            write_whole(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert!(write_whole(&folder, b"").is_err());
        assert!(write_whole(&folder.join("none/keys.json"), b"").is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
