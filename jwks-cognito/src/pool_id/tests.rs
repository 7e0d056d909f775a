use proptest::prelude::*;

use super::*;

/// Every region there is, by partition, and those that Cognito is not in yet (botocore 1.44,
/// `endpoints.json`): opt-in regions, GovCloud, China, the isolated ones, and the European
/// Sovereign Cloud among them. The last two of a partition are made up.
const REGIONS: [(&str, &[&str]); 8] = [
    (
        "amazonaws.com",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
            "sa-west-1",
            "nz-north-12",
        ],
    ),
    ("amazonaws.com.cn", &["cn-north-1", "cn-northwest-1", "cn-south-1", "cn-west-3"]),
    ("amazonaws.com", &["us-gov-east-1", "us-gov-west-1", "us-gov-north-1", "us-gov-south-1"]),
    ("c2s.ic.gov", &["us-iso-east-1", "us-iso-west-1", "us-iso-north-1", "us-iso-south-1"]),
    ("sc2s.sgov.gov", &["us-isob-east-1", "us-isob-west-1", "us-isob-north-1", "us-isob-south-1"]),
    ("csp.hci.ic.gov", &["us-isof-east-1", "us-isof-south-1", "us-isof-north-1", "us-isof-west-1"]),
    ("cloud.adc-e.uk", &["eu-isoe-west-1", "eu-isoe-east-1", "eu-isoe-west-2"]),
    ("amazonaws.eu", &["eusc-de-east-1", "eusc-fr-west-1", "eusc-de-south-2"]),
];

#[test]
fn every_region_has_its_domain() {
    for (domain, regions) in REGIONS {
        for region in regions {
            let id = format!("{region}_Ab12Cd34E");
            let pool: UserPoolId = id.parse().unwrap();
            let issuer = format!("https://cognito-idp.{region}.{domain}/{id}");
            assert_eq!((pool.region(), pool.as_str()), (*region, id.as_str()));
            assert_eq!(pool.issuer(), issuer);
            assert_eq!(pool.jwks_uri(), format!("{issuer}/.well-known/jwks.json"));
            assert_eq!(pool.discovery_url(), format!("{issuer}/.well-known/openid-configuration"));
            let updated = format!("https://issuer-cognito-idp.{region}.{domain}/{id}");
            assert_eq!(pool.issuer_of(IssuerType::Updated), updated);
            let keys = pool.jwks_uri_at(IssuerType::Updated, Endpoint::Standard).unwrap();
            assert_eq!(keys, format!("{updated}/.well-known/jwks.json"));
        }
    }
}

#[test]
fn endpoints_are_those_that_aws_documents() {
    let fips =
        ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-east-1", "us-gov-west-1"];
    for (domain, regions) in REGIONS {
        for region in regions {
            let pool: UserPoolId = format!("{region}_a").parse().unwrap();
            let at = |endpoint| pool.jwks_uri_at(IssuerType::Original, endpoint);
            assert_eq!(at(Endpoint::Standard).unwrap(), pool.jwks_uri());
            let commercial = domain == "amazonaws.com" && !region.starts_with("us-gov-");
            assert_eq!(at(Endpoint::DualStack).ok(), commercial.then(|| pool.jwks_uri()));
            let host = format!("https://cognito-idp-fips.{region}.amazonaws.com");
            let keys = format!("{host}/{region}_a/.well-known/jwks.json");
            assert_eq!(at(Endpoint::Fips).ok(), fips.contains(region).then_some(keys));
            for endpoint in [Endpoint::DualStack, Endpoint::Fips] {
                assert!(pool.jwks_uri_at(IssuerType::Updated, endpoint).is_err());
            }
        }
    }
    let pool: UserPoolId = "eu-west-1_a".parse().unwrap();
    let error = pool.jwks_uri_at(IssuerType::Original, Endpoint::Fips).unwrap_err().to_string();
    assert!(error.starts_with("a FIPS endpoint: AWS documents one in us-east-1, us"), "{error}");
    assert!(error.ends_with("not in eu-west-1"), "{error}");
    let pool: UserPoolId = "us-gov-west-1_a".parse().unwrap();
    let error = pool.jwks_uri_at(IssuerType::Original, Endpoint::DualStack).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a dual-stack endpoint: AWS documents one in the commercial regions alone"
    );
}

#[test]
fn a_bad_id_is_told_what_is_wrong_with_it() {
    let long = format!("eu-west-1_{}", "a".repeat(46));
    for (text, wrong) in [
        ("", "is empty"),
        ("  ", "is empty"),
        (" eu-west-1_a", "space around it"),
        ("eu-west-1_a\n", "space around it"),
        ("eu-west-1", "no `_`"),
        ("eu-west-1Ab12", "no `_`"),
        ("_Ab12", "no region before its `_`"),
        ("eu-west-1_", "no name after its `_`"),
        ("eu-west-1_a-b", "only ascii letters and digits"),
        ("eu-west-1_a_b", "only ascii letters and digits"),
        ("eu-west-1_ä", "only ascii letters and digits"),
        ("eu-west-1_a/../b", "only ascii letters and digits"),
        ("EU-WEST-1_a", "upper-case"),
        ("eu-west_a", "has no valid region"),
        ("west-1_a", "has no valid region"),
        ("eu--west-1_a", "has no valid region"),
        ("eu-west-_a", "has no valid region"),
        ("eu-west-1.evil.example/_a", "has no valid region"),
        ("evil.example#-x-1_a", "has no valid region"),
        ("eu-west1-1_a", "has no valid region"),
        ("eu-west-1:0a1b2c3d-1111-2222-3333-444455556666", "identity pool"),
        ("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a", "follows `userpool/`"),
        ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a", "this is a url"),
        (long.as_str(), "more than 55 characters"),
    ] {
        let error = text.parse::<UserPoolId>().unwrap_err().to_string();
        assert!(error.contains(wrong), "{text}: {error}");
    }
    assert!(long.get(..55).unwrap().parse::<UserPoolId>().is_ok());
}

#[test]
fn with_serde_it_is_its_text() {
    let pool: UserPoolId = serde_json::from_str("\"eu-west-1_a\"").unwrap();
    assert_eq!(pool, "eu-west-1_a".try_into().unwrap());
    assert_eq!(serde_json::to_string(&pool).unwrap(), "\"eu-west-1_a\"");
    let error = serde_json::from_str::<UserPoolId>("\"eu-west-1\"").unwrap_err();
    assert!(error.to_string().starts_with("the user pool id has no `_`"), "{error}");
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_is_written(text in ".{0,60}|[a-z]{2,4}(-[a-zA-Z]{1,5}){0,3}-[0-9]{0,2}_?[a-zA-Z0-9/.]{0,50}") {
        if let Ok(pool) = text.parse::<UserPoolId>() {
            prop_assert_eq!(pool.to_string(), text);
            prop_assert_eq!(&pool.to_string().parse::<UserPoolId>().unwrap(), &pool);
        }
    }

    #[test]
    fn every_id_of_the_right_shape_is_read(region in "[a-z]{2,4}(-[a-z]{1,6}){1,2}-[0-9]{1,2}", name in "[a-zA-Z0-9]{1,20}") {
        let pool: UserPoolId = format!("{region}_{name}").parse().unwrap();
        prop_assert_eq!(pool.region(), region);
        // Whatever the id, its keys are at a host of Amazon's.
        let url = pool.jwks_uri();
        let host = url.strip_prefix("https://").unwrap().split('/').next().unwrap();
        prop_assert!(host.starts_with("cognito-idp."));
        let domains = REGIONS.map(|(domain, _)| format!(".{domain}"));
        prop_assert!(domains.iter().any(|domain| host.ends_with(domain)), "{}", host);
    }
}
