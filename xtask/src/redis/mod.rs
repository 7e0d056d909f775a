//! `cargo xtask redis`: a fleet that shares its fetches through a real Redis, and an HTTP cache.

mod checks;
mod fleet;
mod instances;
mod process;
mod programs;
mod server;

use anyhow::{Context as _, Result};

pub(crate) use instances::Instances;

use crate::process::Step;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// 200 instances for a minute, in place of a few for some seconds
    #[arg(long)]
    long: bool,
    /// Not the tests of `jwks-redis` over a real server: the fleet alone
    #[arg(long)]
    fleet_only: bool,
    /// Not the fleet: what it counts depends on how busy the machine is
    #[arg(long, conflicts_with = "fleet_only")]
    tests_only: bool,
}

impl Arguments {
    /// What does not depend on the machine.
    pub(crate) fn for_ci() -> Self {
        Self { tests_only: true, ..Self::default() }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let programs = programs::find()?;
    let show = |path: &std::path::Path| path.to_str().map(str::to_owned).context("a path of text");
    let (redis, nginx) = (show(&programs.redis)?, show(&programs.nginx)?);
    if !arguments.fleet_only {
        // Of the whole workspace, so that its dependencies are those of the other tests.
        Step::cargo(["test", "--workspace", "--test=redis", "--", "--ignored"])
            .env("JWKS_TEST_REDIS_SERVER", &redis)
            .env("JWKS_TEST_NGINX", &nginx)
            .run()?;
    }
    if arguments.tests_only { Ok(()) } else { fleet::run(&programs.redis, arguments.long) }
}

pub(crate) fn run_instances(arguments: &Instances) -> Result<()> {
    instances::run(arguments)
}
