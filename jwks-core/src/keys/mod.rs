//! Key sets: JSON Web Keys (RFC 7517) parsed once into the form that verifies.
