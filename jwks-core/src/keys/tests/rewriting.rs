//! Attacks on the lenient reading: however a set is written, it is the same set, and no text is read
//! as another key than the one that it spells.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::sample::Index;

use super::super::edwards::is_public_key;
use super::*;
use crate::keys::base64url::{decode, encode};

/// A signer and the numbers or octets of its public key.
struct Plain {
    algorithm: Algorithm,
    signer: Signer,
    kind: &'static str,
    parts: Vec<(&'static str, Vec<u8>)>,
}

impl Plain {
    fn new(algorithm: Algorithm) -> Self {
        let signer = Signer::new(algorithm);
        let members = signer.members();
        let texts: Vec<_> = members.split('"').collect();
        let value = |name| {
            let at = texts.iter().position(|text| *text == name)?;
            Some((name, decode(texts[at + 2]).unwrap()))
        };
        let (kind, names) = match algorithm {
            Algorithm::ES256 => (r#""kty":"EC","crv":"P-256""#, ["x", "y"]),
            Algorithm::ES384 => (r#""kty":"EC","crv":"P-384""#, ["x", "y"]),
            Algorithm::ES512 => (r#""kty":"EC","crv":"P-521""#, ["x", "y"]),
            Algorithm::EdDSA => (r#""kty":"OKP","crv":"Ed25519""#, ["x", "-"]),
            _ => (r#""kty":"RSA""#, ["n", "e"]),
        };
        let parts = names.into_iter().filter_map(value).collect();
        Self { algorithm, signer, kind, parts }
    }

    /// One whose key has such octets: about one in 256 has a zero at a given place.
    fn with(algorithm: Algorithm, fits: impl Fn(&[(&'static str, Vec<u8>)]) -> bool) -> Self {
        std::iter::repeat_with(|| Self::new(algorithm)).find(|plain| fits(&plain.parts)).unwrap()
    }

    fn canonical(&self, i: usize) -> String {
        let parts: Vec<_> = self
            .parts
            .iter()
            .map(|(name, octets)| format!(r#""{name}":"{}""#, encode(octets)))
            .collect();
        format!("{{{},{},{}}}", self.kind, parts.join(","), NAMES[i])
    }

    /// The same key in another hand.
    fn rewritten(&self, i: usize, hand: &mut Hand) -> String {
        let mut members = vec![self.kind.to_owned(), hand.escaped(NAMES[i])];
        for (name, octets) in &self.parts {
            let octets = match self.algorithm {
                Algorithm::EdDSA => hand.octets(octets),
                _ => hand.number(octets, !self.kind.contains("RSA")),
            };
            members.push(format!(r#""{name}":"{}""#, hand.base64(&octets)));
        }
        let uses = ["", r#""use":null"#, r#""use":"""#, r#""use":"sig""#];
        members.push((*hand.one_of(&uses)).to_owned());
        let operations = ["", "null", "[]", r#"["verify"]"#, r#"["sign","verify"]"#];
        match *hand.one_of(&operations) {
            "" => {}
            operations => members.push(format!(r#""key_ops":{operations}"#)),
        }
        for name in ["d", "p", "oth", "k", "priv", "x5c", "x5t", "own"] {
            if hand.flips() {
                members.push(format!(r#""{name}":null"#));
            }
        }
        for name in ["kid", "alg", "issuer"] {
            if !NAMES[i].contains(name) && hand.flips() {
                members.push(format!(r#""{name}":null"#));
            }
        }
        members.retain(|member| !member.is_empty());
        let at = hand.below(members.len());
        members.rotate_left(at);
        let space = *hand.one_of(&["", " ", "\r\n\t"]);
        format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
    }
}

/// Somebody's way to write, by a tape of choices.
struct Hand {
    tape: Vec<u8>,
    at: usize,
}

impl Hand {
    fn below(&mut self, limit: usize) -> usize {
        self.at += 1;
        usize::from(self.tape[self.at % self.tape.len()]) % limit
    }

    fn flips(&mut self) -> bool {
        self.below(2) == 1
    }

    fn one_of<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// A big-endian number with octets for a sign, or without its leading zeros.
    fn number(&mut self, octets: &[u8], short: bool) -> Vec<u8> {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let less = if short { self.below(zeros + 1) } else { 0 };
        [vec![0; self.below(4)], octets[less..].to_vec()].concat()
    }

    /// An Ed25519 key with a zero more or less at its beginning, where that is clear.
    fn octets(&mut self, octets: &[u8]) -> Vec<u8> {
        let longer = [&[0], octets].concat();
        match (self.below(3), octets) {
            (1, _) if !is_key(longer.strip_suffix(&[0])) => longer,
            (2, [0, rest @ ..]) if !is_key(Some(&[rest, &[0]].concat())) => rest.to_vec(),
            _ => octets.to_vec(),
        }
    }

    fn base64(&mut self, octets: &[u8]) -> String {
        let mut text = encode(octets);
        if self.flips() {
            text = text.replace('-', "+").replace('_', "/");
        }
        while self.tape[self.at % self.tape.len()] & 4 == 0 && !text.len().is_multiple_of(4) {
            text.push('=');
        }
        text
    }

    /// Some of the letters as escapes.
    fn escaped(&mut self, text: &str) -> String {
        match self.below(3) {
            0 => text.replace('k', r"\u006b").replace('a', r"\u0061"),
            1 => text.replace('/', r"\/"),
            _ => text.to_owned(),
        }
    }
}

fn is_key(octets: Option<&[u8]>) -> bool {
    octets.and_then(|octets| octets.try_into().ok()).is_some_and(|x| is_public_key(&x))
}

const NAMES: [&str; 9] = [
    r#""kid":"a""#,
    r#""kid":"b","issuer":"https://id.example.com/{tenantid}""#,
    r#""kid":"a""#,
    r#""issuer":"ka/""#,
    r#""kid":"k/c","alg":"ES384""#,
    r#""kid":"""#,
    r#""kid":"e""#,
    r#""kid":"f""#,
    r#""kid":"g""#,
];

static KEYS: LazyLock<[Plain; 9]> = LazyLock::new(|| {
    let starts = |parts: &[(_, Vec<u8>)], i: usize| parts.get(i).is_some_and(|it| it.1[0] == 0);
    [
        Plain::new(Algorithm::RS256),
        Plain::with(Algorithm::ES256, |parts| starts(parts, 0)),
        Plain::with(Algorithm::ES256, |parts| starts(parts, 1)),
        Plain::new(Algorithm::ES256),
        Plain::with(Algorithm::ES384, |parts| starts(parts, 0)),
        // Half of all coordinates on P-521 begin with a zero octet.
        Plain::with(Algorithm::ES512, |parts| starts(parts, 0) && starts(parts, 1)),
        Plain::with(Algorithm::EdDSA, |parts| starts(parts, 0)),
        Plain::with(Algorithm::EdDSA, |parts| parts[0].1[31] == 0),
        Plain::new(Algorithm::EdDSA),
    ]
});

/// Its keys as they are exported, in an order of their own.
fn exported(keys: &KeySet) -> Vec<String> {
    let jwks = keys.iter().map(|key| serde_json::to_string(&PublicJwk::from(key)).unwrap());
    let mut jwks: Vec<_> = jwks.collect();
    jwks.sort();
    jwks
}

/// The number or octets that a text spells, bit by bit; `None` if it is not clear. By another way
/// than the code under test takes.
fn spelt(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bits = Vec::new();
    for character in digits.chars() {
        let value = match character {
            '-' | '+' => 62,
            '_' | '/' => 63,
            _ => alphabet.find(character)?,
        };
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let octets = bits.chunks_exact(8).map(|octet| octet.iter().fold(0, |sum, bit| sum << 1 | bit));
    Some(octets.map(|octet| u8::try_from(octet).unwrap()).collect())
}

fn number(octets: &[u8]) -> &[u8] {
    &octets[octets.iter().take_while(|octet| **octet == 0).count()..]
}

proptest! {
    #![proptest_config(crate::proof::draws(256))]

    #[test]
    fn however_a_set_is_written_it_is_the_same_set(
        tape in vec(any::<u8>(), 64..256),
        chosen in vec(any::<bool>(), 9),
        turn in any::<Index>(),
    ) {
        let mut hand = Hand { tape, at: 0 };
        let chosen: Vec<_> = (0..9).filter(|i| chosen[*i]).collect();
        prop_assume!(!chosen.is_empty());
        let canonical: Vec<_> = chosen.iter().map(|i| KEYS[*i].canonical(*i)).collect();
        let mut jwks: Vec<_> = chosen.iter().map(|i| KEYS[*i].rewritten(*i, &mut hand)).collect();
        let turn = turn.index(jwks.len());
        jwks.rotate_left(turn);
        let mark = hand.one_of(&["", "\u{feff}"]);
        let body = format!("{mark}{}", set_json(&jwks));

        let (one, other) = (set(&canonical), parse(&body).unwrap());
        prop_assert!(other.skipped().is_empty(), "{:?} {}", other.skipped(), body);
        prop_assert_eq!(&one, &other);
        prop_assert!(one.diff(&other).is_empty() && other.diff(&one).is_empty());
        prop_assert_eq!(exported(&one), exported(&other));
        for i in chosen {
            let plain = &KEYS[i];
            let signature = plain.signer.sign(plain.algorithm, b"message");
            let good = |key: &&Key| key.verifies(plain.algorithm, b"message", &signature);
            prop_assert_eq!(other.iter().filter(good).count(), 1);
        }
    }

    /// Texts that were cut, lengthened or garbled: what is read is what they spell.
    #[test]
    fn no_text_is_read_as_another_key(
        tape in vec(any::<u8>(), 16..32),
        which in 0_usize..9,
        part in any::<Index>(),
        edits in vec((any::<Index>(), 0_usize..3, "[A-Za-z0-9+/=_-]"), 0..4),
    ) {
        let (plain, mut hand) = (&KEYS[which], Hand { tape, at: 0 });
        let part = part.index(plain.parts.len());
        let mut texts: Vec<_> =
            plain.parts.iter().map(|(_, octets)| hand.base64(octets)).collect();
        for (at, what, character) in edits {
            let text = &mut texts[part];
            let at = at.index(text.len() + 1);
            match what {
                0 => text.insert_str(at, &character),
                1 if at < text.len() => drop(text.remove(at)),
                _ if at < text.len() => text.replace_range(at..=at, &character),
                _ => {}
            }
        }
        let parts = plain.parts.iter().zip(&texts);
        let parts: Vec<_> = parts.map(|((name, _), text)| format!(r#""{name}":"{text}""#)).collect();
        let jwk = format!("{{{},{}}}", plain.kind, parts.join(","));
        let Ok(keys) = parse(&set_json(&[jwk])) else { return Ok(()) };
        let read = serde_json::to_value(PublicJwk::from(keys.iter().next().unwrap())).unwrap();
        for ((name, _), text) in plain.parts.iter().zip(&texts) {
            let read = decode(read[name].as_str().unwrap()).unwrap();
            let octets = spelt(text).unwrap();
            if plain.algorithm == Algorithm::EdDSA {
                let same = octets == read || octets == read[1..] && read[0] == 0;
                prop_assert!(same || octets == [&[0], &read[..]].concat(), "{}", text);
            } else {
                prop_assert_eq!(number(&octets), number(&read), "{}", text);
            }
        }
        // A point with one coordinate of the key is the key's, or one that differs in its sign.
        if plain.kind.contains("EC") {
            let canonical = set(&[plain.canonical(which)]);
            let thumbprint = canonical.iter().next().unwrap().thumbprint();
            prop_assert_eq!(keys.iter().next().unwrap().thumbprint(), thumbprint);
        }
    }
}
