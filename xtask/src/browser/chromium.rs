//! Headless Chromium, of this machine or of Debian.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};

use crate::debian::program;

pub(super) struct Chromium(PathBuf);

impl Chromium {
    pub(super) fn find() -> Result<Self> {
        program("chromium-headless-shell", "usr/lib/chromium/chromium-headless-shell", PACKAGES)
            .map(Self)
    }

    /// The page as it is once it is loaded and its script, if it has one, has come to rest. What the
    /// page's policy forbids is an error.
    pub(super) fn opens(&self, url: &str) -> Result<String> {
        let output = self.run(&["--dump-dom", "--virtual-time-budget=4000"], url)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub(super) fn draws(&self, url: &str, file: &Path) -> Result<()> {
        let file = format!("--screenshot={}", file.display());
        self.run(&[&file, "--window-size=1000,1180", "--hide-scrollbars"], url).map(drop)
    }

    fn run(&self, what: &[&str], url: &str) -> Result<Output> {
        // Its console comes on standard error. No sandbox: it opens our own pages alone, and as root
        // it has none.
        let output = Command::new(&self.0)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"])
            .args(["--no-proxy-server", "--disable-background-networking"])
            .args(what)
            .arg(url)
            .output()
            .context("cannot run chromium")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "chromium fails at {url}: {said}");
        let complaint = said.lines().find(|line| line.contains("Content Security Policy"));
        ensure!(complaint.is_none(), "{url}: {}", complaint.unwrap_or_default());
        Ok(output)
    }
}

/// With the libraries that a machine without a desktop need not have.
const PACKAGES: &[&str] = &[
    "chromium-headless-shell",
    "chromium-common",
    "libasound2",
    "libatk1.0-0",
    "libatspi2.0-0",
    "libdav1d6",
    "libdouble-conversion3",
    "libflac12",
    "libgbm1",
    "libharfbuzz-subset0",
    "libharfbuzz0b",
    "libminizip1",
    "libnspr4",
    "libnss3",
    "libopenh264-7",
    "libopenjp2-7",
    "libopus0",
    "libpulse0",
    "libxcomposite1",
    "libxdamage1",
    "libxext6",
    "libxfixes3",
    "libxkbcommon0",
    "libxnvctrl0",
    "libxrandr2",
];
