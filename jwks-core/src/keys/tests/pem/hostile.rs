//! PEM and DER of those who wish us ill, or are careless.

use super::*;

#[test]
fn private_keys_are_refused_by_name_and_not_shown() {
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
    ] {
        let text = pem(label, b"s3cr3t").replace('\n', "\nProc-Type: 4,ENCRYPTED\n");
        let error = parse(&text).unwrap_err();
        assert_eq!(error.skipped()[0].reason(), &SkipReason::PrivateKey(label.into()));
        let shown = format!("{error} {error:?} {:?}", error.skipped());
        assert!(shown.contains(label) && !shown.contains(&STANDARD.encode("s3cr3t")), "{shown}");
    }
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let der = private_der_of(&Signer::new(algorithm));
        assert_eq!(refused(&der), SkipReason::PrivateKey("DER".into()), "{algorithm}");
        // Under another label.
        let text = pem("PUBLIC KEY", &der);
        assert_eq!(refused(text.as_bytes()), SkipReason::NotDer("public key"), "{algorithm}");
    }
}

#[test]
fn what_cannot_be_used_says_why() {
    let reasons: Vec<_> =
        blocks(UNSUPPORTED).iter().map(|block| refused(block.as_bytes())).collect();
    let expected = [
        SkipReason::UnsupportedCurve("1.3.132.0.10".into()),
        SkipReason::UnsupportedKeyType("1.3.101.110".into()),
        SkipReason::WeakModulus,
        SkipReason::UnsupportedKeyType("1.2.840.113549.1.1.10".into()),
        SkipReason::CompressedPoint,
        SkipReason::UnsupportedCurve("not named".into()),
    ];
    assert_eq!(reasons, expected);
    let request = pem("CERTIFICATE REQUEST", b"1");
    let reason = SkipReason::UnsupportedPem("CERTIFICATE REQUEST".into());
    assert_eq!(refused(request.as_bytes()), reason);
}

/// A `RSAPublicKey`; the numbers must be positive.
fn rsa(n: &[u8], e: &[u8]) -> Vec<u8> {
    tlv(0x30, &[integer(n), integer(e)].concat())
}

fn integer(number: &[u8]) -> Vec<u8> {
    let sign = number.first().is_none_or(|top| *top > 0x7f);
    tlv(2, &[&[0][..usize::from(sign)], number].concat())
}

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap().to_be_bytes();
    let head = match value.len() {
        0..128 => vec![tag, len[1]],
        128..256 => vec![tag, 0x81, len[1]],
        _ => vec![tag, 0x82, len[0], len[1]],
    };
    [&head, value].concat()
}

/// The judgement is that of JWKs.
#[test]
fn weak_keys_are_refused_as_in_a_jwk() {
    let base64 = |number: &[u8]| base64url::encode(number);
    let (mut even, good) = (vec![0xff; 256], vec![0xff; 256]);
    even[255] = 0xfe;
    let roca = base64url::decode(roca::tests::MADE).unwrap();
    for (n, e) in [
        (&good[..], &[1, 0, 1][..]),
        (&good[..255], &[1, 0, 1]),
        (&[0xff; 1025], &[1, 0, 1]),
        (&even, &[1, 0, 1]),
        (&roca, &[1, 0, 1]),
        (&good, &[1]),
        (&good, &[2]),
        (&good, &[2, 0, 0, 0, 1]),
    ] {
        let jwk = format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, base64(n), base64(e));
        let text = pem("RSA PUBLIC KEY", &rsa(n, e));
        match (parse(&set_json(&[jwk])), parse(&text)) {
            (Ok(jwk), Ok(der)) => assert_eq!(
                jwk.iter().next().unwrap().thumbprint(),
                der.iter().next().unwrap().thumbprint()
            ),
            (Err(jwk), Err(der)) => {
                assert_eq!(jwk.skipped()[0].reason(), der.skipped()[0].reason());
                let reason = jwk.skipped()[0].reason();
                assert!(matches!(reason, SkipReason::WeakModulus | SkipReason::WeakExponent));
            }
            (jwk, der) => panic!("{jwk:?} {der:?}"),
        }
    }
    assert_eq!(
        refused(pem("RSA PUBLIC KEY", &rsa(&roca, &[3])).as_bytes()),
        SkipReason::WeakModulus
    );
}

#[test]
fn no_byte_may_be_missing_or_be_too_many() {
    for block in blocks(KEYS).iter().chain(&blocks(CERTIFICATES)) {
        let label = &block[11..block.find("-----\n").unwrap()];
        let bytes = bytes_of(block);
        for len in 0..bytes.len() {
            let cut = pem(label, &bytes[..len]);
            assert!(matches!(refused(cut.as_bytes()), SkipReason::NotDer(_)), "{label} {len}");
        }
        for more in [&[0][..], &[0x30, 0], &bytes] {
            let text = pem(label, &[&bytes, more].concat());
            assert!(matches!(refused(text.as_bytes()), SkipReason::NotDer(_)), "{label}");
            let der = [&bytes, more].concat();
            assert!(matches!(refused(&der), SkipReason::NotDer(_) | SkipReason::PrivateKey(_)));
        }
    }
}

#[test]
fn what_is_not_der_is_refused() {
    let spki = der_of(&P256);
    let sealed = |bits: &[u8]| {
        let curve = [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
        let kind = [0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        tlv(0x30, &[tlv(0x30, &[&kind[..], &curve].concat()), tlv(3, bits)].concat())
    };
    let bits = &spki[spki.len() - 66..];
    assert_eq!(sealed(bits), spki);
    for bad in [
        // Eight bits less one, and more than there are.
        sealed(&[&[1], &bits[1..]].concat()),
        sealed(&[&[8], &bits[1..]].concat()),
        sealed(&[]),
    ] {
        assert_eq!(refused(&bad), SkipReason::NotDer("public key"), "{bad:?}");
    }
    for bad in [
        vec![0],
        vec![0, 0],
        vec![0, 4],
        [&[0, 6], &bits[2..]].concat(),
        [&[0, 2], &bits[2..40]].concat(),
        [bits, &[0]].concat(),
        bits[..65].to_vec(),
    ] {
        assert_eq!(refused(&sealed(&bad)), SkipReason::InvalidKey, "{bad:?}");
    }
    let mut off_the_curve = bits.to_vec();
    off_the_curve[65] ^= 1;
    assert_eq!(refused(&sealed(&off_the_curve)), SkipReason::InvalidKey);
    // The point at infinity of another curve's length, and a length that is written too long.
    let long = [&[0x30, 0x81], &spki[1..]].concat();
    assert_eq!(refused(&long), SkipReason::NotDer("public key or certificate"));
    // Without an end (BER).
    let endless = [&[0x30, 0x80], &spki[2..], &[0, 0]].concat();
    assert_eq!(refused(&endless), SkipReason::NotDer("public key or certificate"));
    // A number that is negative, or has a zero too many.
    let n = [0xff; 256];
    let negative = tlv(0x30, &[tlv(2, &n), integer(&[3])].concat());
    let padded = tlv(0x30, &[tlv(2, &[&[0, 0], &n[..]].concat()), integer(&[3])].concat());
    for bad in [negative, padded] {
        let text = pem("RSA PUBLIC KEY", &bad);
        assert_eq!(refused(text.as_bytes()), SkipReason::NotDer("RSA public key"));
    }
    // One form under the label of another.
    for (label, block, name) in [
        ("CERTIFICATE", &blocks(KEYS)[0], "certificate"),
        ("PUBLIC KEY", &blocks(CERTIFICATES)[0], "public key"),
        ("PUBLIC KEY", &blocks(KEYS)[5], "public key"),
        ("RSA PUBLIC KEY", &blocks(KEYS)[0], "RSA public key"),
    ] {
        let text = pem(label, &bytes_of(block));
        assert_eq!(refused(text.as_bytes()), SkipReason::NotDer(name), "{label}");
    }
}

#[test]
fn a_damaged_boundary_spoils_the_text() {
    let not_pem = |text: &str| {
        let error = parse(text).unwrap_err();
        assert_eq!(error.kind(), KeySetErrorKind::NotPem, "{text}");
        error.to_string()
    };
    let (one, two) = (&blocks(KEYS)[1], &blocks(KEYS)[2]);
    let cut = format!("{one}{}", &two[..two.find("-----END").unwrap()]);
    assert_eq!(not_pem(&cut), "the block that begins in line 5 has no end: is the text cut off?");
    assert!(not_pem(&cut[..cut.len() - 1]).contains("cut off"));
    for text in [
        format!("{one}-----BEGIN PUBLIC KEY----\n{two}"),
        format!("{one}-----BEGIN PUBLIC KEY-----MIIB-----END PUBLIC KEY-----\n"),
        format!("{one}#{two}"),
        format!("{one}----- ---\n"),
        format!("-----BEGIN public key-----\n{one}"),
        format!("-----BEGIN {}-----\n{one}", "A".repeat(65)),
        one.replace('\n', "\\n"),
    ] {
        assert!(not_pem(&text).contains("is no boundary of PEM"), "{text}");
    }
    for text in [
        format!("-----BEGIN PUBLIC KEY-----\n{one}"),
        format!("-----END PUBLIC KEY-----\n{one}"),
        one.replace("END PUBLIC", "END RSA PUBLIC"),
    ] {
        assert!(not_pem(&text).contains("is not that of the block before it"), "{text}");
    }
    for text in [one.replacen("MF", "M*", 1), one.replacen("==", "", 1), one.replacen("==", "=", 1)]
    {
        assert_eq!(refused(text.as_bytes()), SkipReason::NotBase64, "{text}");
    }
}

#[test]
fn bytes_and_keys_have_limits() {
    let limits = KeyLimits { max_keys: 5, ..KeyLimits::default() };
    let error = KeySet::parse(KEYS.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind(), KeySetErrorKind::TooManyKeys);
    let limits = KeyLimits { max_body: KEYS.len() - 1, ..KeyLimits::default() };
    let error = KeySet::parse(KEYS.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind(), KeySetErrorKind::TooLarge);
    let limits = KeyLimits { min_keys: 6, ..KeyLimits::default() };
    let error = KeySet::parse(KEYS.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind(), KeySetErrorKind::TooFewKeys);
    let limits = KeyLimits { max_body: 90, ..KeyLimits::default() };
    assert!(KeySet::parse(&der_of(&P256), &limits).is_err());
    assert!(KeySet::parse(&der_of(&P256), &KeyLimits { max_body: 91, ..limits }).is_ok());
}

/// Whatever it is, it is no bundle, and revokes nothing.
#[test]
fn a_spiffe_bundle_is_a_jwk_set() {
    let limits = KeyLimits { spiffe: true, ..KeyLimits::default() };
    let named = format!(r#"{{"a":{:?}}}"#, blocks(KEYS)[0]);
    for body in [KEYS.as_bytes(), named.as_bytes(), &der_of(&P256)] {
        assert!(KeySet::parse(body, &limits).is_err());
    }
}

fn any_sample() -> impl Strategy<Value = Vec<u8>> {
    let all = [blocks(KEYS), blocks(CERTIFICATES), blocks(UNSUPPORTED)].concat();
    let text = all.iter().map(|block| block.clone().into_bytes());
    let der = all.iter().map(|block| bytes_of(block));
    prop::sample::select(text.chain(der).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(crate::proof::draws(1024))]

    #[test]
    fn changed_bytes_never_make_it_panic(
        sample in any_sample(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = sample;
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let _ = KeySet::parse(&body, &KeyLimits::default());
    }

    #[test]
    fn nested_values_never_make_it_panic(
        values in prop::collection::vec((0_u8..0xff, prop::collection::vec(any::<u8>(), 0..40)), 0..8),
        depth in 0_usize..80,
    ) {
        let mut body: Vec<u8> = values.iter().flat_map(|(tag, value)| tlv(*tag, value)).collect();
        for _ in 0..depth {
            body = tlv(0x30, &body);
        }
        let _ = KeySet::parse(&body, &KeyLimits::default());
        for label in ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY"] {
            let _ = parse(&pem(label, &body));
        }
    }
}
