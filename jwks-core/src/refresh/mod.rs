//! Floor 1: the refresh machine.
