//! RSA keys that Infineon's library made, whose primes can be computed (CVE-2017-15361, "ROCA").
//!
//! Such primes are powers of 65537 modulo many small primes, and so is their product. Other keys
//! look like that modulo all the primes below only once in 2^167.

/// Whether the modulus, big-endian, has the fingerprint.
pub(super) fn is_fingerprinted(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| {
        let rest = modulus.iter().fold(0, |rest, byte| ((rest << 8) | u32::from(*byte)) % prime);
        let mut power = 1;
        (0..*prime).any(|_| {
            power = power * (65537 % prime) % prime;
            power == rest
        })
    })
}

/// Those up to 701, with which keys of 2048 bits and more are made, that tell something: modulo the
/// others every number but 0 is a power of 65537.
const PRIMES: [u32; 76] = [
    11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157, 181, 191, 193, 197,
    199, 227, 229, 233, 239, 241, 257, 263, 269, 277, 281, 283, 293, 307, 317, 331, 337, 349, 353,
    367, 373, 379, 397, 419, 421, 431, 433, 439, 457, 461, 463, 467, 479, 487, 491, 503, 523, 541,
    547, 571, 577, 587, 593, 599, 601, 617, 619, 631, 641, 647, 659, 673, 677, 683, 691,
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::keys::base64url::decode;

    #[test]
    fn a_key_made_that_way_is_found() {
        assert!(is_fingerprinted(&decode(MADE).unwrap()));
    }

    #[test]
    fn other_keys_are_not() {
        let mut modulus = decode(MADE).unwrap();
        for add in 1..=250 {
            modulus[255] ^= add;
            assert!(!is_fingerprinted(&modulus), "{add}");
            modulus[255] ^= add;
        }
        assert!(!is_fingerprinted(&[0xff; 256]) && !is_fingerprinted(&[]));
    }

    /// Of two primes `k M + 65537^a mod M`, `M` being the product of the first 126 primes.
    pub(in crate::keys) const MADE: &str = "x6iIoY_ejhFgQrmYYp4kTAQAddAKAulFoufdwuPIvQAwtS0rN0y5_fxbjLfRHga10zM6dboELhwDbDkVLuHq\
        v05sef8vyaf1pmmCJeSoWl2izUSqebk61pzVaRfXgNiASmpdji6JUe-Kyoe4Nn1POYcmq0-TQsH8eHy9MINp\
        b7cYinS7li94wg380ANmaPzRE9n-4En9rt-R_GQ5P1fJyxSRX0dOisI-pHLrPl_lnkRfa8UDD2_ReFQiLHYE\
        sFiWdGeh8POtjjhDL9G3t9UiKqUhPIhIXVecVAuIU3lGs_gfd5ZBbfy54XhqzUvnwejKw652SrwZ1xVR-eZz\
        n-cVvQ";
}
