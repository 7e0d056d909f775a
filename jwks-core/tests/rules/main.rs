//! Exact points and ranges of the refresh machine, table by table.
//!
//! What holds in every state and under any order of calls is the business of `tests/model` and of
//! the explorer (`src/refresh/explore`).

mod moments;
mod table_ages;
mod table_by_hand;
mod table_instants;
mod table_on_demand;
mod table_points;
mod table_retry;
