//! The command, run as its users run it.

mod check;
mod compare;
mod explain;
mod fetch;
mod run;
