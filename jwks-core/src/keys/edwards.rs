//! Which 32 bytes are an Ed25519 public key, decided once for every crypto backend.
//!
//! RFC 8032 section 5.1.3 refuses bytes that decode to no point and coordinates that are not
//! reduced; backends differ in what they check, and when. Points of small order are refused too:
//! with them, one signature can pass for many messages (RFC 8032 section 8.4 is about less).
//! Everything here is public, so nothing needs constant time.

/// Whether the bytes are the one encoding of a point of the curve that is not of small order.
pub(super) fn is_public_key(encoded: &[u8; 32]) -> bool {
    let y = Element::from_le_bytes(encoded);
    y.is_reduced() && !SMALL_ORDER.contains(&y) && y.is_on_curve()
}

/// A number modulo `2^255 - 19`, not always reduced; the least significant limb first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Element([u64; 4]);

impl Element {
    /// Without the topmost bit, which is the sign of `x`.
    fn from_le_bytes(bytes: &[u8; 32]) -> Self {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
            *limb = bytes.iter().rev().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
        }
        limbs[3] &= u64::MAX >> 1;
        Self(limbs)
    }

    fn is_reduced(&self) -> bool {
        self.0.iter().rev().lt(P.0.iter().rev())
    }

    /// Whether `-x² + y² = 1 + d x² y²` has a solution: `(y² - 1) / (d y² + 1)` is a square, and
    /// so is its product with the square of the divisor, which is never zero.
    fn is_on_curve(self) -> bool {
        let square = self.times(self);
        let above = square.plus(MINUS_ONE);
        let below = square.times(D).plus(ONE);
        let product = above.times(below);
        matches!(product.to_half_order().reduced(), ZERO | ONE)
    }

    /// To the power of `(p - 1) / 2 = 2^254 - 10`: 1 for a square, -1 for any other, 0 for 0.
    fn to_half_order(self) -> Self {
        // In binary, 250 ones and then 0110.
        let mut power = self;
        for bit in (0..253).rev() {
            power = power.times(power);
            if !matches!(bit, 0 | 3) {
                power = power.times(self);
            }
        }
        power
    }

    fn plus(self, other: Self) -> Self {
        let mut sum = [0; 4];
        let mut carry = 0;
        for (to, (a, b)) in sum.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            carry += u128::from(a) + u128::from(b);
            *to = low(carry);
            carry >>= 64;
        }
        Self::folded(sum, carry)
    }

    fn times(self, other: Self) -> Self {
        let mut wide = [0; 8];
        for (i, a) in self.0.into_iter().enumerate() {
            let mut carry = 0;
            for (j, b) in other.0.into_iter().enumerate() {
                carry += u128::from(a) * u128::from(b) + u128::from(wide[i + j]);
                wide[i + j] = low(carry);
                carry >>= 64;
            }
            wide[i + 4] = low(carry);
        }
        let [a, b, c, d, high @ ..] = wide;
        let mut product = [a, b, c, d];
        let mut carry = 0;
        for (to, high) in product.iter_mut().zip(high) {
            carry += u128::from(*to) + u128::from(high) * FOLD;
            *to = low(carry);
            carry >>= 64;
        }
        Self::folded(product, carry)
    }

    /// Adds `carry * 2^256`, the carry being below `2^64`.
    fn folded(mut limbs: [u64; 4], mut carry: u128) -> Self {
        // The second time the carry is at most 1 and the limbs are then small: a third is 0.
        for _ in 0..2 {
            carry *= FOLD;
            for limb in &mut limbs {
                carry += u128::from(*limb);
                *limb = low(carry);
                carry >>= 64;
            }
        }
        Self(limbs)
    }

    fn reduced(mut self) -> Self {
        // 2^256 is less than 3p.
        for _ in 0..2 {
            if !self.is_reduced() {
                let mut borrow = false;
                for (limb, p) in self.0.iter_mut().zip(P.0) {
                    let (less, one) = limb.overflowing_sub(p);
                    let (less, two) = less.overflowing_sub(u64::from(borrow));
                    (*limb, borrow) = (less, one || two);
                }
            }
        }
        self
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
const fn low(wide: u128) -> u64 {
    wide as u64
}

/// `2^256` modulo `p`.
const FOLD: u128 = 38;

const ZERO: Element = Element([0; 4]);
const ONE: Element = Element([1, 0, 0, 0]);
const P: Element = Element([u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1]);
const MINUS_ONE: Element = Element([u64::MAX - 19, u64::MAX, u64::MAX, u64::MAX >> 1]);

/// `-121665 / 121666` (RFC 8032 section 5.1).
const D: Element = Element([
    0x75eb_4dca_1359_78a3,
    0x0070_0a4d_4141_d8ab,
    0x8cc7_4079_7779_e898,
    0x5203_6cee_2b6f_fe73,
]);

/// The `y` of the eight points whose order divides 8: those of order 1, 2, 4, and 8 (two).
const SMALL_ORDER: [Element; 5] = [
    ONE,
    MINUS_ONE,
    ZERO,
    Element([
        0xb027_b2c2_8f95_e826,
        0xf098_eff2_89f4_c345,
        0x3933_c6d3_05ac_dfd5,
        0x05fc_536d_8802_38b1,
    ]),
    Element([
        0x4fd8_4d3d_706a_17c7,
        0x0f67_100d_760b_3cba,
        0xc6cc_392c_fa53_202a,
        0x7a03_ac92_77fd_c74e,
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::base64url::decode;

    fn encoded(y: Element, sign: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (to, limb) in bytes.chunks_exact_mut(8).zip(y.0) {
            to.copy_from_slice(&limb.to_le_bytes());
        }
        bytes[31] |= sign << 7;
        bytes
    }

    /// The point of `y = 4/5`, from which all keys are made.
    fn base_point() -> Element {
        let mut y = [0x66; 32];
        y[0] = 0x58;
        Element::from_le_bytes(&y)
    }

    #[test]
    fn good_keys_pass_with_either_sign() {
        // RFC 8037 appendix A.1, and RFC 8032 section 5.1.
        let x = decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert!(is_public_key(&x.try_into().unwrap()));
        assert!(
            is_public_key(&encoded(base_point(), 0)) && is_public_key(&encoded(base_point(), 1))
        );
    }

    #[test]
    fn small_order_is_refused() {
        for y in SMALL_ORDER {
            assert!(y.is_on_curve(), "{y:x?}");
            for sign in [0, 1] {
                assert!(!is_public_key(&encoded(y, sign)), "{y:x?}");
            }
        }
    }

    #[test]
    fn coordinates_that_are_not_reduced_are_refused() {
        for low in u64::MAX - 18..=u64::MAX {
            let y = Element([low, P.0[1], P.0[2], P.0[3]]);
            for sign in [0, 1] {
                assert!(!is_public_key(&encoded(y, sign)), "{low:x}");
            }
        }
    }

    #[test]
    fn half_of_all_coordinates_are_on_the_curve() {
        let mut y = base_point();
        let mut on_curve = 0;
        for _ in 0..1000 {
            y = y.times(y).plus(ONE).reduced();
            on_curve += u32::from(is_public_key(&encoded(y, 0)));
        }
        assert!((400..600).contains(&on_curve), "{on_curve}");
    }

    #[test]
    fn arithmetic_wraps_at_the_modulus() {
        let all = Element([u64::MAX; 4]);
        let wrapped = Element([37, 0, 0, 0]);
        assert_eq!(all.reduced(), wrapped);
        assert_eq!(all.times(all).reduced(), wrapped.times(wrapped));
        assert_eq!(all.plus(all).reduced(), Element([74, 0, 0, 0]));
        assert_eq!(MINUS_ONE.times(MINUS_ONE).reduced(), ONE);
        assert_eq!(MINUS_ONE.plus(ONE).reduced(), ZERO);
        assert_eq!(P.reduced(), ZERO);
        assert_eq!(Element([4, 0, 0, 0]).to_half_order().reduced(), ONE);
        assert_eq!(Element([2, 0, 0, 0]).to_half_order().reduced(), MINUS_ONE);
    }

    #[cfg(feature = "rust-crypto")]
    proptest::proptest! {
        #![proptest_config(crate::proof::draws(256))]

        #[test]
        fn the_curve_is_that_of_dalek(bytes: [u8; 32]) {
            let reduced = Element::from_le_bytes(&bytes).is_reduced();
            let point = ed25519_dalek::VerifyingKey::from_bytes(&bytes);
            let good = point.is_ok_and(|point| reduced && !point.is_weak());
            proptest::prop_assert_eq!(is_public_key(&bytes), good);
        }
    }
}
