//! Of what is known of misses, the notes.

#[path = "../../../../jwks-core/src/cache/misses/notes.rs"]
mod notes;

pub(crate) use notes::Notes;
