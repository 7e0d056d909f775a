//! Jitter as a choice: seeds whose first draw is the one that is wanted.

use crate::refresh::rng::Rng;

/// Draws the low end of a range, its middle, and the point three quarters through it.
pub(super) const CHOICES: [u64; 3] = [0, 1 << 63, 3 << 62];

/// A generator whose next output is this: `SplitMix64`, run backward.
pub(super) fn drawing(output: u64) -> Rng {
    Rng::new(seed_of(output))
}

/// The seed of that generator.
pub(super) fn seed_of(output: u64) -> u64 {
    let mut z = unshift(output, 31);
    z = unshift(z.wrapping_mul(inverse(0x94d0_49bb_1331_11eb)), 27);
    z = unshift(z.wrapping_mul(inverse(0xbf58_476d_1ce4_e5b9)), 30);
    z.wrapping_sub(0x9e37_79b9_7f4a_7c15)
}

/// The `z` of which this is `z ^ (z >> by)`.
fn unshift(shifted: u64, by: u32) -> u64 {
    let mut z = shifted;
    for _ in 0..64 / by {
        z = shifted ^ (z >> by);
    }
    z
}

/// The inverse of an odd number, by Newton's method.
fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    for _ in 0..6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

#[test]
fn the_first_draw_is_the_one_that_was_chosen() {
    use std::time::Duration;
    let draw = |output| drawing(output).duration(Duration::from_secs(10), Duration::from_secs(20));
    assert_eq!(CHOICES.map(draw), [10_000, 15_000, 17_500].map(Duration::from_millis));
}
