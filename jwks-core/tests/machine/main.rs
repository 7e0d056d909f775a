//! Single stories of the refresh machine, with exact numbers: what may be trusted, how long it
//! pauses, and who waits. Each was wrong once, in the code or in the rules.

mod beside;
mod cold;
mod conditional;
mod frozen;
mod holds;
mod misses;
mod trust;
mod world;
