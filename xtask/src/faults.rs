//! `cargo xtask faults`: both adapters under real faults, in one table.

use anyhow::Result;

use crate::process::Step;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Refresh each second for so long as well, and look at the memory
    #[arg(long, default_value_t = 0)]
    minutes: u64,
}

impl Arguments {
    /// With so many minutes of refreshes, for each adapter.
    pub(crate) const fn minutes(minutes: u64) -> Self {
        Self { minutes }
    }
}

/// Returns the sum, which stands below the table. The program is an example of jwks-tests, which has
/// the adapters as the conformance suite runs them.
pub(crate) fn run(arguments: Arguments) -> Result<String> {
    let minutes = arguments.minutes.to_string();
    let program = ["-p", "jwks-tests", "--example", "faults"];
    Step::cargo(["run", "--quiet", "--release"])
        .arguments(program)
        .arguments(["--", &minutes])
        .last_line()
}
