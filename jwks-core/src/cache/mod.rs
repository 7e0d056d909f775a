//! Floor 2: what many threads share.
