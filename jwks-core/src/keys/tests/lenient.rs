//! Keys as issuers write them, one departure at a time; and what stays refused.

use super::*;

/// The set that holds this one key and nothing skipped.
fn read(jwk: &str) -> KeySet {
    let keys = set(&[jwk.to_owned()]);
    assert!(keys.len() == 1 && keys.skipped().is_empty(), "{jwk}: {:?}", keys.skipped());
    keys
}

#[test]
fn members_that_are_null_or_empty_are_absent() {
    for signer in [&*P256, &*ED25519, &*RSA] {
        let plain = read(&signer.jwk(r#""kid":"a""#));
        for more in [
            r#""use":null"#,
            r#""use":"""#,
            r#""key_ops":null"#,
            r#""key_ops":[]"#,
            r#""key_ops":[ ]"#,
            r#""alg":null,"issuer":null,"x5c":null,"x5u":null,"ext":null"#,
            r#""d":null,"p":null,"q":null,"dp":null,"dq":null,"qi":null,"oth":null,"k":null"#,
            r#""priv":null"#,
            r#""use":"sig","key_ops":[]"#,
            r#""use":"","key_ops":["verify"]"#,
        ] {
            assert_eq!(read(&signer.jwk(&format!(r#""kid":"a",{more}"#))), plain, "{more}");
        }
    }
    assert_eq!(read(&P256.jwk(r#""kid":null"#)), read(&P256.jwk("")));
    // Members of other kinds of keys may be there too, as null.
    let other = r#""n":null,"e":null,"crv":null,"y":null"#;
    assert_eq!(skip(&P256.jwk(other)), SkipReason::DuplicateMember);
    assert_eq!(read(&RSA.jwk(r#""crv":null,"x":null,"y":null"#)), read(&RSA.jwk("")));
}

#[test]
fn a_null_is_no_value_where_one_is_needed() {
    let null = |name: &str| {
        let members = P256.members();
        let (before, after) = members.split_once(&format!(r#""{name}":""#)).unwrap();
        let after = after.split_once('"').unwrap().1;
        format!(r#"{{{before}"{name}":null{after}}}"#)
    };
    for name in ["kty", "crv", "x", "y"] {
        assert_eq!(skip(&null(name)), SkipReason::MissingMember(name));
    }
    assert_eq!(kind(r#"{"keys":null}"#), KeySetErrorKind::NotAKeySet);
    assert_eq!(
        parse(r#"{"keys":[null]}"#).unwrap_err().skipped()[0].to_string(),
        "key 0: not a JSON object"
    );
    // A repeated member is no choice between its values, not even if one of them is null.
    assert_eq!(skip(&P256.jwk(r#""use":null,"use":"sig""#)), SkipReason::DuplicateMember);
    assert_eq!(skip(&P256.jwk(r#""d":null,"d":null"#)), SkipReason::DuplicateMember);
}

#[test]
fn a_private_key_is_skipped_however_it_is_written() {
    for value in [r#""AQ""#, r#""""#, "1", "[]", "{}", "false", r#""null""#] {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv", r"\u0064"] {
            let jwk = RSA.jwk(&format!(r#""{name}":{value}"#));
            assert_eq!(skip(&jwk), SkipReason::PrivateMaterial, "{name}: {value}");
        }
    }
    let secret = r#"{"kty":"oct","k":null}"#;
    assert_eq!(skip(secret), SkipReason::SymmetricKey);
}

#[test]
fn a_byte_order_mark_may_stand_before_the_document() {
    let body = set_json(&[P256.jwk(r#""kid":"a""#)]);
    let marked = format!("\u{feff}{body}");
    assert_eq!(parse(&marked).unwrap(), parse(&body).unwrap());
    let limits = KeyLimits { max_body: body.len(), ..KeyLimits::default() };
    let error = KeySet::parse(marked.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind(), KeySetErrorKind::TooLarge);
    for other in [
        format!("\u{feff}\u{feff}{body}").into_bytes(),
        body.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        format!("{body}\u{feff}").into_bytes(),
    ] {
        let error = KeySet::parse(&other, &KeyLimits::default()).unwrap_err();
        assert_eq!(error.kind(), KeySetErrorKind::NotJson);
    }
}

#[test]
fn a_repeated_member_spoils_its_key_alone() {
    let keys = set(&[
        P256.jwk(r#""kid":"a","alg":"ES256","\u0061lg":"ES256""#),
        ED25519.jwk(r#""kid":"b","kid":"c""#),
        RSA.jwk(r#""kid":"d""#),
    ]);
    assert!(keys.len() == 1 && keys.contains("d"));
    let told: Vec<_> = keys.skipped().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["key 0 `a`: a member is repeated", "key 1: a member is repeated"]);
    assert_eq!(keys.skipped_kid("a").unwrap().index(), 0);
    assert!(keys.skipped_kid("b").is_none() && keys.skipped_kid("c").is_none());
    assert_eq!(kind(r#"{"keys":[],"keys":[]}"#), KeySetErrorKind::DuplicateMember);
}
