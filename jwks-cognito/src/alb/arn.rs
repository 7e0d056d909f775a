//! The names of those who sign.

use super::Service;

/// What is wrong with the ARN of a load balancer, or of an instance of Verified Access, as the rest of
/// a sentence.
pub(super) fn fault(arn: &str, service: Service, region: &str) -> Option<String> {
    let (name, kind, example) = match service {
        Service::LoadBalancer => {
            ("elasticloadbalancing", "loadbalancer/app/", "loadbalancer/app/NAME/ID")
        }
        Service::VerifiedAccess => {
            ("ec2", "verified-access-instance/", "verified-access-instance/vai-ID")
        }
    };
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let [scheme, partition, of, at, account, resource] = parts.as_slice() else {
        return Some(format!("must be like `arn:aws:{name}:{region}:ACCOUNT:{example}`"));
    };
    let fits = *scheme == "arn"
        && partition.starts_with("aws")
        && *of == name
        && !account.is_empty()
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix(kind).is_some_and(|rest| !rest.is_empty());
    match fits {
        false => Some(format!("must be like `arn:aws:{name}:{region}:ACCOUNT:{example}`")),
        true if *at != region => Some(format!("is of another region than {region}")),
        true => None,
    }
}
