//! `cargo xtask browser`: the pages of the example service, and its example for CORS, in a real browser.

mod chromium;
mod cors;

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::process::{Step, root, target};
use crate::service::{Service, get};
use chromium::Chromium;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Put the screenshot of an outage into the documentation (tests/services/docs/debug.png)
    #[arg(long)]
    update: bool,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let chromium = Chromium::find()?;
    Step::cargo(["build", "--quiet", "--workspace", "--bin=jwks-services", "--example=cors"])
        .run()?;
    let folder = target().join("browser");
    fs::create_dir_all(&folder)?;
    let built = target().join("debug");
    let service = Service::start(&built.join("jwks-services"), &[])?;
    until(&service, "class=\"state ready\"")?;
    let debug = format!("http://{}/debug/jwks", service.debug);
    let page = chromium.opens(&debug)?;
    for shown in ["embedded", "trust ends", "fetch 1 begins", "Last events", "<svg"] {
        ensure!(page.contains(shown), "{debug} does not show {shown}:\n{page}");
    }
    let provider = format!("http://{}/", service.provider);
    let page = chromium.opens(&provider)?;
    ensure!(page.contains("/press/outage"), "{provider} has no button for an outage:\n{page}");

    // The issuer is away, and signs with a key that nobody has: refreshes fail at once.
    for button in ["outage", "sign-ahead"] {
        service.press(button)?;
    }
    until(&service, "refresh failed")?;
    chromium.opens(&debug)?;
    let screenshot = folder.join("debug.png");
    chromium.draws(&debug, &screenshot)?;
    if arguments.update {
        fs::copy(&screenshot, root().join("tests/services/docs/debug.png"))?;
    }
    println!("both pages keep their content security policy; drawn: {}", screenshot.display());
    cors::check(&chromium, &built.join("examples").join("cors"))
}

fn until(service: &Service, text: &str) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(30);
    while !get(&service.debug, "/debug/jwks")?.contains(text) {
        ensure!(Instant::now() < end, "the page never says {text}");
        sleep(Duration::from_millis(100));
    }
    Ok(())
}
