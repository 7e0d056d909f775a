//! Programs that a machine need not have: its own, or Debian's packages, unpacked below the target
//! folder, which needs no rights.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::root;

/// The program `name` of this machine, or else of `packages`, where it is at `place`. The list must name
/// the libraries too that a machine need not have.
pub(crate) fn program(name: &str, place: &str, packages: &[&str]) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    if let Some(found) = folders.map(|folder| folder.join(name)).find(|file| file.is_file()) {
        return Ok(found);
    }
    let root = unpacked(name, packages).with_context(|| {
        let package = packages.first().unwrap_or(&name);
        format!("there is no {name}: install it (on Debian and Ubuntu `apt-get install {package}`)")
    })?;
    let wrapper = root.with_file_name(name);
    if !wrapper.is_file() {
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH=$(echo '{0}'/usr/lib/*-linux-*) exec '{0}/{place}' \"$@\"\n",
            root.display()
        );
        fs::write(&wrapper, script)?;
        succeed(Command::new("chmod").arg("+x").arg(&wrapper))?;
    }
    Ok(wrapper)
}

/// The folder in which the files of `packages` lie as they would below `/`. It is kept, by `name` and
/// the list of packages.
fn unpacked(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = root()
        .join(env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from))
        .join("debian")
        .join(name);
    let (unpacked, list) = (folder.join("root"), folder.join("packages"));
    let packages_now = packages.join("\n");
    if fs::read_to_string(&list).is_ok_and(|before| before == packages_now) {
        return Ok(unpacked);
    }
    eprintln!("{name}: unpacking Debian's packages");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    unpack(&folder.join("debs"), &unpacked, packages)?;
    // Last: what was left half made is made anew.
    fs::write(list, packages_now)?;
    Ok(unpacked)
}

fn unpack(debs: &Path, unpacked: &Path, packages: &[&str]) -> Result<()> {
    fs::create_dir_all(debs)?;
    let download = || {
        let mut command = Command::new("apt-get");
        command.args(["download", "--quiet"]).args(packages).current_dir(debs);
        succeed(&mut command)
    };
    if download().is_err() {
        // The lists are old, or there are none. This wants rights.
        succeed(Command::new("apt-get").args(["update", "--quiet"]))?;
        download()?;
    }
    for deb in fs::read_dir(debs)? {
        succeed(Command::new("dpkg-deb").arg("--extract").arg(deb?.path()).arg(unpacked))?;
    }
    // They are as large again as what was in them.
    fs::remove_dir_all(debs)?;
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {}", said.lines().last().unwrap_or_default());
    }
    Ok(())
}
