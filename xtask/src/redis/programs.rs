//! `redis-server` and nginx: those of this machine, or Debian's packages, unpacked below the target
//! folder, which needs no rights.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::root;

pub(super) struct Programs {
    pub(super) redis: PathBuf,
    pub(super) nginx: PathBuf,
}

pub(super) fn find() -> Result<Programs> {
    Ok(Programs {
        redis: program("redis-server", "usr/bin/redis-server", REDIS)?,
        nginx: program("nginx", "usr/sbin/nginx", NGINX)?,
    })
}

fn program(name: &str, place: &str, packages: &[&str]) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    if let Some(found) = folders.map(|folder| folder.join(name)).find(|file| file.is_file()) {
        return Ok(found);
    }
    let folder = root()
        .join(env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from))
        .join("redis")
        .join(name);
    let wrapper = folder.join(name);
    if !wrapper.is_file() {
        eprintln!("{name}: unpacking Debian's packages");
        unpack(&folder, place, &wrapper, packages).with_context(|| {
            format!(
                "there is no {name}: install it (on Debian and Ubuntu `apt-get install {name}`)"
            )
        })?;
    }
    Ok(wrapper)
}

fn unpack(folder: &Path, place: &str, wrapper: &Path, packages: &[&str]) -> Result<()> {
    let (debs, unpacked) = (folder.join("debs"), folder.join("root"));
    fs::create_dir_all(&debs)?;
    let download = |folder: &Path| {
        let mut command = Command::new("apt-get");
        command.args(["download", "--quiet"]).args(packages).current_dir(folder);
        succeed(&mut command)
    };
    if download(&debs).is_err() {
        // The lists are old, or there are none. This wants rights.
        succeed(Command::new("apt-get").args(["update", "--quiet"]))?;
        download(&debs)?;
    }
    for deb in fs::read_dir(&debs)? {
        succeed(Command::new("dpkg-deb").arg("--extract").arg(deb?.path()).arg(&unpacked))?;
    }
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH=$(echo '{0}'/usr/lib/*-linux-*) exec '{0}/{place}' \"$@\"\n",
        unpacked.display()
    );
    // Last: what was left half made is made anew.
    fs::write(wrapper, script)?;
    succeed(Command::new("chmod").arg("+x").arg(wrapper))
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {}", said.lines().last().unwrap_or_default());
    }
    Ok(())
}

/// With the libraries that a machine need not have.
const REDIS: &[&str] = &["redis-server", "redis-tools", "libjemalloc2", "liblzf1"];
const NGINX: &[&str] = &["nginx", "libpcre2-8-0"];
