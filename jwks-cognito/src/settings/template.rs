//! The URL of the keys as a template, as the Python original has it.

use crate::UserPoolId;

/// Puts region and id in place of `{}` and `{}`, in this order, or of `{0}` and `{1}`, as Python's
/// `str.format` does. Says what would have been allowed, if not.
pub(super) fn expand(template: &str, pool: &UserPoolId) -> Result<String, &'static str> {
    let values = [pool.region(), pool.as_str()];
    let mut positions = values.iter();
    let mut url = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').ok_or(ALLOWED)?;
        let value = match inside {
            "" => positions.next(),
            "0" => values.first(),
            "1" => values.get(1),
            _ => None,
        };
        url.push_str(before);
        url.push_str(value.ok_or(ALLOWED)?);
        rest = after;
    }
    if url.contains('}') || rest.contains('}') {
        return Err(ALLOWED);
    }
    url.push_str(rest);
    Ok(url)
}

const ALLOWED: &str = "a url with `{}` for the region and a second `{}` for the user pool id, or \
    `{0}` and `{1}` for them, or neither";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_as_python_does() {
        let pool: UserPoolId = "us-east-1_Ab1".parse().unwrap();
        for (template, url) in [
            (
                "https://cognito-idp.{}.amazonaws.com/{}/k",
                "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab1/k",
            ),
            ("https://proxy/{1}/{0}", "https://proxy/us-east-1_Ab1/us-east-1"),
            ("http://127.0.0.1:5000/{1}/keys", "http://127.0.0.1:5000/us-east-1_Ab1/keys"),
            ("https://proxy/keys", "https://proxy/keys"),
            ("https://proxy/{}", "https://proxy/us-east-1"),
        ] {
            assert_eq!(expand(template, &pool).as_deref(), Ok(url), "{template}");
        }
        for template in ["{}{}{}", "{2}", "{pool}", "{", "}", "a}b{}", "{0", "{{}}", "{0:>9}"] {
            assert_eq!(expand(template, &pool), Err(ALLOWED), "{template}");
        }
    }
}
