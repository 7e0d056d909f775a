//! Floor 3: token text to verified claims.
