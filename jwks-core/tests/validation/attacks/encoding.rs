//! The same bytes spelt otherwise, or JSON that two readers read differently.

use super::*;

#[test]
fn members_that_stand_twice() {
    let service = service();
    for head in [
        r#"{"alg":"ES256","kid":"p256","alg":"none"}"#,
        r#"{"alg":"none","kid":"p256","alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"x","kid":"p256"}"#,
        r#"{"alg":"ES256","kid":"p256","\u006bid":"p256"}"#,
        r#"{"alg":"ES256","kid":"p256","own":1,"own":1}"#,
    ] {
        let token = P256.token(ES256, head, PAYLOAD);
        assert_eq!(service.kind(&token), Err(ErrorKind::Malformed), "{head}");
    }
    for more in [r#","exp":9999"#, r#","aud":"x""#, r#","\u0069ss":"x""#, r#","a":1,"a":2"#] {
        let payload = format!("{}{more}}}", PAYLOAD.strip_suffix('}').unwrap());
        let token = P256.token(ES256, &header(ES256, "p256"), &payload);
        assert_eq!(service.kind(&token), Err(ErrorKind::Malformed), "{more}");
    }
}

#[test]
fn base64_that_is_padded_or_not_canonical() {
    let service = service();
    let good = good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, payload) = signed.split_once('.').unwrap();
    for token in [
        format!("{good}="),
        format!("{good}=="),
        format!("{head}=.{payload}.{signature}"),
        format!("{head}.{payload}=.{signature}"),
        format!("{good}\n"),
        format!("{good} "),
        format!(" {good}"),
        format!("{signed}.{}+", &signature[1..]),
        format!("{signed}.{}/", &signature[1..]),
        format!("{signed}.%41{}", &signature[1..]),
    ] {
        assert_eq!(service.kind(&token), Err(ErrorKind::Malformed), "{token}");
    }
    // The last of a signature's 86 characters has two bits that are not used: of its spellings
    // only the one with zeros passes.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let spelt = |last: char| format!("{}{last}", &good[..good.len() - 1]);
    let passing = alphabet.chars().filter(|last| service.kind(&spelt(*last)).is_ok()).count();
    assert_eq!(passing, 1);
}

#[test]
fn bytes_too_many_or_too_few() {
    let service = service();
    let good = good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let bytes = decode(signature);
    for changed in [
        [&bytes[..], &[0]].concat(),
        [&[0], &bytes[..]].concat(),
        bytes[..63].to_vec(),
        bytes[1..].to_vec(),
        [&[0; 2], &bytes[..32], &[0; 2], &bytes[32..]].concat(),
        vec![0; 64],
        vec![0xff; 64],
        Vec::new(),
    ] {
        let token = format!("{signed}.{}", encode(&changed));
        assert_eq!(service.kind(&token), Err(ErrorKind::InvalidSignature));
    }
    for token in [
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(".{good}"),
        good.replacen('.', "..", 1),
        good.replacen('.', "", 1),
        String::new(),
        ".".into(),
        "....".into(),
    ] {
        assert_eq!(service.kind(&token), Err(ErrorKind::Malformed), "{token}");
    }
    for algorithm in [RS256, PS256] {
        let token = RSA.token(algorithm, &header(algorithm, "rsa"), PAYLOAD);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let bytes = decode(signature);
        for changed in [[&bytes[..], &[0]].concat(), [&[0], &bytes[..]].concat(), vec![0; 256]] {
            let token = format!("{signed}.{}", encode(&changed));
            assert_eq!(service.kind(&token), Err(ErrorKind::InvalidSignature), "{algorithm}");
        }
    }
}
