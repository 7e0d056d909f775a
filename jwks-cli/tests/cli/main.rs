//! The command, run as its users run it.

mod compare;
mod fetch;
mod run;
