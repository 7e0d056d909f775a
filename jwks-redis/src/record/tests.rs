use super::*;

fn place() -> Place {
    Place { namespace: "orders".to_owned(), url: "https://id.example.com/keys".to_owned() }
}

fn key(n: u8) -> MacKey {
    MacKey::new([n; 32]).unwrap()
}

fn records() -> Vec<Record> {
    let mut headers = HeaderMap::new();
    headers.append(AGE, HeaderValue::from_static("7"));
    headers.append(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    headers.append(CACHE_CONTROL, HeaderValue::from_bytes(b"x=\xff").unwrap());
    let body = br#"{"keys":[]}"#.to_vec();
    let failure =
        |kind| What::Failure(Failure { kind, holds: Duration::from_millis(250), streak: 3 });
    [
        What::Answer { headers: headers.clone(), body },
        What::Answer { headers: HeaderMap::new(), body: Vec::new() },
        failure(FailureKind::Connect),
        failure(FailureKind::Other),
        failure(FailureKind::Status(429, headers)),
        failure(FailureKind::Timeout),
        failure(FailureKind::Unusable),
        What::Beat,
    ]
    .into_iter()
    .enumerate()
    .map(|(n, what)| Record {
        number: u64::MAX - n as u64,
        time: UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
        past_caches: n % 2 == 0,
        what,
    })
    .collect()
}

#[test]
fn what_is_written_is_read() {
    for record in records() {
        for (written, accepted) in [
            (None, vec![]),
            (Some(key(1)), vec![key(1)]),
            // Rotation: the new one is used, the old one still accepted; and the other way round.
            (Some(key(1)), vec![key(2), key(1)]),
            // An instance that has no key yet reads those of others.
            (Some(key(1)), vec![]),
        ] {
            let bytes = record.encode(&place(), written.as_ref());
            assert_eq!(Record::decode(&bytes, &place(), &accepted).as_ref(), Ok(&record));
        }
    }
}

#[test]
fn no_changed_byte_and_no_other_length_passes_the_tag() {
    for record in records() {
        let bytes = record.encode(&place(), Some(&key(1)));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                Record::decode(&changed, &place(), &[key(1)]).unwrap_err();
            }
            Record::decode(&bytes[..at], &place(), &[key(1)]).unwrap_err();
        }
        Record::decode(&[&bytes[..], b"x"].concat(), &place(), &[key(1)]).unwrap_err();
    }
}

#[test]
fn another_key_namespace_or_url_is_foreign() {
    let bytes = records()[0].encode(&place(), Some(&key(1)));
    let foreign = |bytes: &[u8], place: &Place, keys: &[MacKey]| {
        assert_eq!(Record::decode(bytes, place, keys), Err(Foreign::Tag));
    };
    foreign(&bytes, &place(), &[key(2), key(3)]);
    foreign(&bytes, &Place { namespace: "other".to_owned(), ..place() }, &[key(1)]);
    foreign(&bytes, &Place { url: "https://id.example.com/".to_owned(), ..place() }, &[key(1)]);
    foreign(&records()[0].encode(&place(), None), &place(), &[key(1)]);
}

/// Without a key anybody may write: whatever stands there is read without a panic.
#[test]
fn any_bytes_are_read_or_refused() {
    for record in records() {
        let bytes = record.encode(&place(), None);
        for at in 0..bytes.len() {
            for byte in [0, 1, 2, 3, 6, 127, 255] {
                let mut changed = bytes.clone();
                changed[at] = byte;
                let _any = Record::decode(&changed, &place(), &[]);
            }
            let _any = Record::decode(&bytes[..at], &place(), &[]);
        }
    }
    for text in ["", "jwks1", "{\"keys\":[]}", "jwks1\u{2}short"] {
        assert_eq!(Record::decode(text.as_bytes(), &place(), &[]), Err(Foreign::Malformed));
    }
}

#[test]
fn only_headers_that_matter_are_kept_and_few_of_them() {
    let mut headers = HeaderMap::new();
    for _ in 0..100 {
        headers.append(AGE, HeaderValue::from_static("1"));
    }
    headers.append("etag", HeaderValue::from_static("\"1\""));
    headers.append("set-cookie", HeaderValue::from_static("secret"));
    let kept = headers_that_matter(&headers);
    assert_eq!(kept.len(), MOST);
    assert!(kept.keys().all(|name| name == AGE));
    let mut long = HeaderMap::new();
    long.append(LOCATION, HeaderValue::from_bytes(&[b'x'; LONGEST + 1]).unwrap());
    assert!(headers_that_matter(&long).is_empty());
}
