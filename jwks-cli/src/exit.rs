//! The exit codes, the same for all commands.

use std::process::ExitCode;

/// How a command has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and the answer is good.
    Done,
    /// Done, and the answer is bad: a token or settings that are refused.
    Refused,
    /// No answer could be had: no keys, no network, a file that cannot be read.
    Unavailable,
    /// Arguments that cannot work: `EX_USAGE` of sysexits.
    Usage,
}

/// The exit of a command that could not do its work.
pub(crate) fn of_error(error: &anyhow::Error) -> Exit {
    error.downcast_ref::<Stopped>().map_or(Exit::Unavailable, |stopped| stopped.0)
}

/// Attached to an error as its context's source: the exit that it leads to, if it is not
/// [`Exit::Unavailable`].
#[derive(Debug)]
pub(crate) struct Stopped(pub(crate) Exit, pub(crate) String);

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.1)
    }
}

impl std::error::Error for Stopped {}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Unavailable => 2,
            Exit::Usage => 64,
        })
    }
}
