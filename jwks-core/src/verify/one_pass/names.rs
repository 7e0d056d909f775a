//! Whether the names of an object differ, without keeping them.

/// What is left of the names that have been seen. Two names that are the same leave the same; two
/// that differ may do so too, once in four thousand million times.
pub(super) struct Names {
    prints: [u32; MOST],
    len: usize,
}

impl Names {
    pub(super) const fn new() -> Self {
        Self { prints: [0; MOST], len: 0 }
    }

    /// Whether the name is certainly another than all before it. False too for one too many.
    #[inline]
    pub(super) fn is_new(&mut self, name: &str) -> bool {
        let print = print(name.as_bytes());
        let seen = self.prints.get(..self.len).unwrap_or_default();
        // All of them, without a branch for each.
        let repeated = seen.iter().fold(false, |found, other| found | (*other == print));
        let Some(next) = self.prints.get_mut(self.len) else { return false };
        *next = print;
        self.len += 1;
        !repeated
    }
}

/// Depends on all of the name, and on nothing else. It need not withstand an attacker: names that
/// are made to collide are read in the obvious way.
#[inline]
fn print(name: &[u8]) -> u32 {
    let mix = |hash: u64, word: u64| (hash.rotate_left(29) ^ word).wrapping_mul(ODD);
    let mut hash = name.len() as u64;
    // The last word may overlap the one before: it is the same bytes for the same name.
    if let Some(last) = name.last_chunk() {
        for word in name.as_chunks().0 {
            hash = mix(hash, u64::from_le_bytes(*word));
        }
        hash = mix(hash, u64::from_le_bytes(*last));
    } else if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let [first, last] = [first, last].map(|word| u64::from(u32::from_le_bytes(*word)));
        hash = mix(hash, (first << 32) | last);
    } else {
        let word = name.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        hash = mix(hash, word);
    }
    (hash >> 32) as u32
}

/// The golden ratio's.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// More members than claims usually are.
const MOST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_not_new_wherever_it_stands() {
        let all: Vec<_> = (0..MOST).map(|i| format!("{}{i}", "claim".repeat(i % 4))).collect();
        for again in 0..MOST - 1 {
            let mut names = Names::new();
            for (i, name) in all.iter().enumerate().take(MOST - 1) {
                assert!(names.is_new(name), "{i}");
            }
            assert!(!names.is_new(&all[again]), "{again}");
        }
    }

    #[test]
    fn nor_is_it_new_the_third_time() {
        let mut names = Names::new();
        assert_eq!(
            ["a", "a", "a", "b", "a"].map(|name| names.is_new(name)),
            [true, false, false, true, false]
        );
    }

    #[test]
    fn more_names_than_there_is_room_for_are_not_told_apart() {
        let mut names = Names::new();
        assert!((0..MOST).all(|i| names.is_new(&i.to_string())));
        assert!(!names.is_new("another"));
    }

    #[test]
    fn names_that_are_alike_differ() {
        let mut names = Names::new();
        for name in [
            "",
            "\0",
            "\0\0",
            "a",
            "a\0",
            "\0a",
            "aud",
            "dua",
            "abcd",
            "abce",
            "bbcd",
            "abcdefg",
            "abcxefg",
            "xbcdefg",
            "aaaaaaaa",
            "aaaaaaaaa",
            "xaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaxaaaaaaaa",
        ] {
            assert!(names.is_new(name), "{name:?}");
        }
    }
}
