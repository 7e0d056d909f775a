//! The rules of the refresh machine (ARCHITECTURE, the refresh machine), each a named property.
//!
//! [`script`] invents policies, clocks and what happens to a cache; [`world`] plays it to a
//! [`Machine`](jwks_core::refresh::Machine) and shows each call to one rule; [`ledger`] is the
//! reference: what an onlooker knows who sees the calls and their outcomes and nothing else.
//! `rule_NN` and `setting_*` are the properties, by number of rule; `table_*` are exact points and
//! ranges.

mod calls;
mod ledger;
mod moments;
mod policies;
mod rule_01_cold;
mod rule_02_background;
mod rule_03_on_demand;
mod rule_04_trust;
mod rule_05_usage_only;
mod rule_06_unknown_kid;
mod rule_07_one_fetch;
mod rule_09_not_modified;
mod rule_11_by_hand;
mod rule_12_any_order;
mod rule_12_budget;
mod script;
mod setting_idle;
mod setting_retry;
mod table_ages;
mod table_by_hand;
mod table_instants;
mod table_on_demand;
mod table_points;
mod table_retry;
mod world;
