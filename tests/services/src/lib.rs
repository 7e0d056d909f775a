//! Whole services behind a guard, as examples: each runs without any account, and checks itself.
