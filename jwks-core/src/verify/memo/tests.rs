//! The table alone, and what a fact is.

use super::table::{Bucket, PLACES};
use super::*;
use crate::keys::testing::{ED25519, P256, RSA, set};

/// Looks like the words of a hash, and is another for each number.
fn digest(n: u64) -> Digest {
    let hash = sha256(&n.to_le_bytes());
    let (words, _) = hash.as_chunks::<8>();
    std::array::from_fn(|at| u64::from_le_bytes(words[at]))
}

#[test]
fn it_takes_32_bytes_for_a_signature_and_no_more() {
    assert_eq!(size_of::<Bucket>(), 32 * PLACES);
    for (asked, room) in [(1, 4), (4, 4), (5, 8), (1000, 1000), (1001, 1004)] {
        assert_eq!(Table::new(asked).room(), room);
    }
}

#[test]
fn what_was_put_is_found_and_nothing_else() {
    let table = Table::new(4096);
    (0..1024).for_each(|n| table.put(&digest(n)));
    let found = (0..1024).filter(|n| table.holds(&digest(*n))).count();
    assert!(found > 1000, "{found}");
    for n in 1024..4096 {
        assert!(!table.holds(&digest(n)));
    }
    // Each bit counts, but for the two that mark a place.
    let one = digest(7);
    assert!(table.holds(&one));
    for bit in 2..256 {
        let mut other = one;
        other[bit / 64] ^= 1 << (bit % 64);
        assert!(!table.holds(&other), "bit {bit}");
    }
}

#[test]
fn nothing_is_found_in_an_empty_table() {
    for digest in [[0; 4], [1, 0, 0, 0], [2, 0, 0, 0], [u64::MAX; 4]] {
        let table = Table::new(8);
        assert!(!table.holds(&digest));
        table.put(&digest);
        assert!(table.holds(&digest));
    }
}

#[test]
fn there_are_never_more_than_there_is_room_for() {
    let table = Table::new(64);
    (0..10_000).for_each(|n| table.put(&digest(n)));
    let held = (0..10_000).filter(|n| table.holds(&digest(*n))).count();
    assert_eq!(held, table.room());
    // The same again and again takes one place.
    let table = Table::new(4);
    (0..3).for_each(|n| table.put(&digest(n)));
    (0..100).for_each(|_| table.put(&digest(0)));
    assert!((0..3).all(|n| table.holds(&digest(n))));
}

#[test]
fn what_comes_again_stays_while_others_come_once() {
    let table = Table::new(400);
    let often: Vec<_> = (0..100).map(digest).collect();
    let mut missed = 0;
    for n in 1000..20_000 {
        table.put(&digest(n));
        let one = &often[usize::try_from(n).unwrap() % often.len()];
        if !table.holds(one) {
            missed += 1;
            table.put(one);
        }
    }
    // A table that forgets the oldest first would miss three in ten.
    assert!(missed < 19_000 / 10, "{missed}");
}

#[test]
fn a_fact_is_of_one_key_algorithm_text_and_signature() {
    let memo = Memo::new(64);
    let keys = set(&[RSA.jwk(r#""kid":"a""#), P256.jwk(r#""kid":"b""#)]);
    let [one, other] = ["a", "b"].map(|kid| keys.candidates(kid).next().unwrap());
    let same = keys.clone();
    let same = same.candidates("a").next().unwrap();
    let (text, signature) = (b"text".as_slice(), [7; 256].as_slice());
    let holds = |algorithm, text: &[u8], signature: &[u8], key| {
        memo.recall(algorithm, text, signature).unwrap().is_by(key)
    };
    memo.recall(Algorithm::RS256, text, signature).unwrap().news(one).remember();
    assert!(holds(Algorithm::RS256, text, signature, one));
    assert!(holds(Algorithm::RS256, text, signature, same), "a copy");
    assert!(!holds(Algorithm::RS256, text, signature, other));
    assert!(!holds(Algorithm::PS256, text, signature, one));
    assert!(!holds(Algorithm::RS256, b"texu", signature, one));
    assert!(!holds(Algorithm::RS256, text, &signature[..255], one));
    assert!(!holds(Algorithm::RS256, text, &[[7; 256].as_slice(), &[0]].concat(), one));
    assert!(!holds(Algorithm::RS256, text, &[8; 256], one));
    assert!(!holds(Algorithm::RS256, text, &[], one));
    // What was asked about one key first is not told of another.
    let mut recall = memo.recall(Algorithm::RS256, text, signature).unwrap();
    assert!(recall.is_by(one) && !recall.is_by(other));
    recall.news(other).remember();
    assert!(holds(Algorithm::RS256, text, signature, other));
}

#[test]
fn no_two_memos_write_a_fact_alike() {
    let keys = set(&[ED25519.jwk("")]);
    let key = keys.iter().next().unwrap();
    let digest =
        |memo: &Memo| memo.recall(Algorithm::EdDSA, b"text", &[7; 64]).unwrap().news(key).digest;
    assert_ne!(digest(&Memo::new(1)), digest(&Memo::new(1)));
}

#[test]
fn a_signature_that_no_key_makes_is_not_asked_about() {
    let memo = Memo::new(1);
    assert!(memo.recall(Algorithm::RS256, b"", &[0; LONGEST]).is_some());
    assert!(memo.recall(Algorithm::RS256, b"", &[0; LONGEST + 1]).is_none());
}

#[test]
fn its_debug_form_shows_nothing_of_what_it_holds() {
    assert_eq!(format!("{:?}", Memo::new(5)), "Memo { room: 8, .. }");
}
