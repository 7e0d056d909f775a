//! The refresh machine, rule by rule.

mod moments;
mod table_instants;
mod table_retry;
