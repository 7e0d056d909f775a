//! Public keys and certificates in PEM and DER. The samples were made by OpenSSL 3, their
//! thumbprints by Python.

mod hostile;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const KEYS: &str = include_str!("keys.pem");
const CERTIFICATES: &str = include_str!("certificates.pem");
const SHORT: &str = include_str!("short.pem");
const UNSUPPORTED: &str = include_str!("unsupported.pem");

/// RSA, P-256, P-384, P-521, Ed25519.
const THUMBPRINTS: [&str; 5] = [
    "t8LbBiCbAIgkNcXWptYNUssr9xv7t4VJ09MoXrCy3WQ",
    "fIhz8I2wPf1b3SH4bfKCfmNLRnlzZKssxJBjKblBkng",
    "zOMOY6qLJ-_QsUc3UjuI7AqVJqvWMK_QZ1czNIAs_6o",
    "QNXbp35OfPAQl_DDKTXWkQaj1ZOqVHa0OE3patDEkwg",
    "Z4tFtjsr9UfdcnKQN79hgJS4FDVnU1jch6ngE52OWUg",
];

/// `SubjectPublicKeyInfo` as aws-lc writes it.
fn der_of(signer: &Signer) -> Vec<u8> {
    match signer {
        Signer::Ec(_, pair) => {
            AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec()
        }
        Signer::Ed(pair) => {
            AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec()
        }
        Signer::Rsa(pair) => {
            AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec()
        }
    }
}

fn private_der_of(signer: &Signer) -> Vec<u8> {
    match signer {
        Signer::Ec(_, pair) => pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
        Signer::Ed(pair) => pair.to_pkcs8().unwrap().as_ref().to_vec(),
        Signer::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(&**pair).unwrap().as_ref().to_vec(),
    }
}

fn pem(label: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The blocks of a sample, each on its own.
fn blocks(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut blocks = Vec::new();
    while let Some(begin) = rest.find("-----BEGIN ") {
        let end = rest.find("-----END ").unwrap();
        let end = end + rest[end..].find('\n').unwrap() + 1;
        blocks.push(rest[begin..end].to_owned());
        rest = &rest[end..];
    }
    blocks
}

fn bytes_of(block: &str) -> Vec<u8> {
    let lines = block.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

fn at(seconds: u64) -> Option<SystemTime> {
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Why this document, alone, gives no key.
fn refused(body: &[u8]) -> SkipReason {
    let error = KeySet::parse(body, &KeyLimits::default()).unwrap_err();
    let [skipped] = error.skipped() else { panic!("{error}") };
    skipped.reason().clone()
}

#[test]
fn public_keys_are_called_by_their_thumbprints() {
    let keys = parse(KEYS).unwrap();
    assert_eq!(keys.len(), 5);
    for thumbprint in THUMBPRINTS {
        let key = keys.candidates(thumbprint).next().unwrap();
        assert_eq!(key.thumbprint().to_string(), thumbprint);
        assert_eq!((key.algorithm(), key.issuer(), key.validity()), (None, None, None));
    }
    // The RSA key stands there in both forms.
    let [skipped] = keys.skipped() else { panic!("{:?}", keys.skipped()) };
    assert_eq!((skipped.index(), skipped.reason()), (5, &SkipReason::DuplicateKey));
}

#[test]
fn certificates_give_the_same_keys_and_their_dates() {
    let keys = parse(CERTIFICATES).unwrap();
    assert_eq!(keys, parse(KEYS).unwrap());
    assert!(keys.skipped().is_empty());
    for key in keys.iter() {
        let validity = key.validity().unwrap();
        assert_eq!((validity.not_before, validity.not_after), (at(1796004539), at(5252004539)));
    }
    let keys = parse(SHORT).unwrap();
    let validity = keys.candidates(THUMBPRINTS[1]).next().unwrap().validity().unwrap();
    assert_eq!(validity.not_after, at(1827540539));
}

#[test]
fn der_is_one_key_or_one_certificate() {
    for block in [blocks(KEYS), blocks(CERTIFICATES)].concat() {
        if !block.contains("RSA PUBLIC KEY") {
            let bytes = bytes_of(&block);
            let keys = KeySet::parse(&bytes, &KeyLimits::default()).unwrap();
            assert_eq!(keys, parse(&block).unwrap());
            let dates = keys.iter().next().unwrap().validity().is_some();
            assert_eq!(dates, block.contains("CERTIFICATE"));
        }
    }
}

#[test]
fn a_key_is_the_same_in_each_form() {
    for &algorithm in Algorithm::ALL {
        let signer = Signer::new(algorithm);
        let jwk = parse(&set_json(&[signer.jwk("")])).unwrap();
        let jwk = jwk.iter().next().unwrap();
        let der = der_of(&signer);
        let named = format!(r#"{{"a":{:?}}}"#, pem("PUBLIC KEY", &der));
        for body in [der.clone(), pem("PUBLIC KEY", &der).into_bytes(), named.into_bytes()] {
            let keys = KeySet::parse(&body, &KeyLimits::default()).unwrap();
            let [key] = keys.all() else { panic!("{keys:?}") };
            assert_eq!(key.thumbprint(), jwk.thumbprint(), "{algorithm}");
            assert!(key.fits(algorithm));
            let signature = signer.sign(algorithm, b"message");
            assert!(key.verifies(algorithm, b"message", &signature));
            assert!(!key.verifies(algorithm, b"massage", &signature));
        }
    }
}

/// As Firebase has it.
#[test]
fn a_map_names_the_keys() {
    let [rsa, p256] = [&blocks(CERTIFICATES)[0], &blocks(KEYS)[1]];
    let private = pem("PRIVATE KEY", b"secret");
    let body = format!(r#"{{"b":{p256:?},"a":{rsa:?},"c":{private:?},"d":1,"e":"","f":{:?}}}"#, {
        [rsa.as_str(), p256.as_str()].concat()
    });
    let keys = parse(&body).unwrap();
    let named: Vec<_> = keys.iter().map(|key| (key.kid(), key.thumbprint().to_string())).collect();
    let [a, b] = [THUMBPRINTS[0], THUMBPRINTS[1]].map(ToOwned::to_owned);
    assert_eq!(named, [(Some("a"), a), (Some("b"), b)]);
    assert!(keys.candidates("a").all(|key| key.validity().is_some()));
    assert_eq!(
        keys.skipped_kid("c").unwrap().reason(),
        &SkipReason::PrivateKey("PRIVATE KEY".into())
    );
    for kid in ["d", "e", "f"] {
        assert_eq!(keys.skipped_kid(kid).unwrap().reason(), &SkipReason::NotOnePem, "{kid}");
    }
    // None of these is such a map.
    for body in ["{}", r#"{"a":1}"#, r#"{"a":"b"}"#, r#"{"keys":"-----BEGIN PUBLIC KEY-----"}"#] {
        assert_eq!(kind(body), KeySetErrorKind::NotAKeySet, "{body}");
    }
    let twice = format!(r#"{{"a":{rsa:?},"a":{p256:?}}}"#);
    assert_eq!(kind(&twice), KeySetErrorKind::DuplicateMember);
    let long = "k".repeat(257);
    let error = parse(&format!(r#"{{"{long}":{rsa:?}}}"#)).unwrap_err();
    assert_eq!(error.skipped()[0].reason(), &SkipReason::KidTooLong);
}

#[test]
fn text_around_the_blocks_is_passed_over() {
    for text in [
        format!("\u{feff}{KEYS}"),
        format!("subject=CN = Käfer\n\n{KEYS}\n\nthe end"),
        KEYS.replace('\n', "\r\n"),
        KEYS.replace('\n', "  \n"),
        KEYS.trim_end().to_owned(),
        KEYS.replace("-----BEGIN", "\t-----BEGIN"),
    ] {
        assert_eq!(parse(&text).unwrap(), parse(KEYS).unwrap(), "{text:?}");
    }
    // Lines may be of any length.
    let one_line = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
        STANDARD.encode(der_of(&P256))
    );
    assert_eq!(parse(&one_line).unwrap().len(), 1);
}

#[test]
fn a_bad_block_does_not_spoil_its_neighbours() {
    let private = pem("EC PRIVATE KEY", b"secret");
    let keys = parse(&format!("{private}{KEYS}{private}{CERTIFICATES}")).unwrap();
    assert_eq!(keys, parse(KEYS).unwrap());
    let reason = SkipReason::PrivateKey("EC PRIVATE KEY".into());
    let of_private = keys.skipped().iter().filter(|skipped| *skipped.reason() == reason);
    assert_eq!(of_private.map(Skipped::index).collect::<Vec<_>>(), [0, 7]);
}
