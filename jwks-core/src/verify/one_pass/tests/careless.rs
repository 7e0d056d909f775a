//! Types that read names and claims in ways of their own.

use super::*;

/// Errors of its claims do not count.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by its debug form")]
struct Careless {
    #[serde(default, deserialize_with = "or_none")]
    exp: Option<u64>,
    #[serde(default, deserialize_with = "or_none")]
    iat: Option<u64>,
    #[serde(default, deserialize_with = "or_none")]
    iss: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    nbf: Option<u64>,
}

/// Nor do errors of its names.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
struct AnyName(Option<String>);

impl<'de> Deserialize<'de> for AnyName {
    fn deserialize<D: Deserializer<'de>>(name: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(name).ok()))
    }
}

/// Whether it is read as this type in one pass.
fn passes<T: for<'b> Deserialize<'b> + Debug>(payload: &str) -> bool {
    let text = format!(".{}.", encode(payload.as_bytes()));
    let mut room = vec![0; Token::room_for(&text, usize::MAX).unwrap()];
    let (token, _) = Token::parse(&text, &mut room).unwrap();
    both::<T>(&token, Expected::configured(&expectations(&[], true)))
}

#[test]
fn a_type_that_swallows_errors_lets_nothing_pass() {
    type Names = BTreeMap<AnyName, serde::de::IgnoredAny>;
    let (without_iat, without_jti) =
        (GOOD.replace(r#""iat":1000,"#, ""), GOOD.replace(r#""jti":"j","#, ""));
    assert!(passes::<Names>(GOOD) && passes::<Names>(&without_jti));
    assert!(passes::<Careless>(&without_iat));
    for (one, other) in [
        (r#""nbf":1000"#, r#""nbf":18446744073709551615"#),
        (r#""nbf":1000"#, r#""nbf":"2000""#),
        (r#""exp":2000"#, r#""exp":18446744073709551615"#),
        (r#""iss":"https://id.example.com""#, r#""iss":"https://id.example.org""#),
    ] {
        let payload = without_iat.replace(one, other);
        assert_ne!(payload, without_iat);
        assert!(!passes::<Careless>(&payload), "{payload}");
    }
    for twice in [r#""jti":"j","jti":"j""#, r#""jti":"j","\u006ati":"j""#] {
        let payload = GOOD.replace(r#""jti":"j""#, twice);
        assert!(!passes::<Names>(&payload), "{payload}");
    }
}

#[test]
fn a_tenant_is_looked_at_only_where_there_are_many() {
    for tid in [r#""x""#, "7", "[null]"] {
        assert!(passes::<serde_json::Value>(
            &GOOD.replace(r#""jti":"j""#, &format!(r#""tid":{tid}"#))
        ));
    }
}

#[test]
fn a_type_reads_what_people_can_read() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "shown by its debug form")]
    struct Addressed {
        sub: std::net::Ipv4Addr,
    }
    assert!(passes::<Addressed>(&GOOD.replace(r#""sub":"s""#, r#""sub":"192.0.2.7""#)));
}
