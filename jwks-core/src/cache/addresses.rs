//! Which addresses a fetch may connect to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Which addresses a fetch may connect to. An adapter that has said
/// [`Env::checks_addresses`](super::Env::checks_addresses) keeps to it.
///
/// What is judged are the addresses to connect to, after the name was looked up: a name may lead
/// anywhere, and somewhere else at each look-up. An address that stands in the URL is judged in the
/// same way. Connect to the addresses that [`check`](Self::check) returns and to no others; do not
/// look the name up again.
///
/// ```
/// use std::net::SocketAddr;
/// use jwks_core::cache::Addresses;
///
/// let found: Vec<SocketAddr> = vec!["10.0.0.1:443".parse()?, "93.184.215.14:443".parse()?];
/// assert_eq!(Addresses::PUBLIC.check(found.clone())?.len(), 1);
/// assert_eq!(Addresses::ANY.check(found)?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Addresses {
    public_only: bool,
    or_loopback: bool,
}

/// A host has no address that may be connected to. Does not show the address.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct RefusedAddress(Kind);

/// What an address is that is not public.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Documentation,
    LinkLocal,
    Loopback,
    Multicast,
    Private,
    Reserved,
    Shared,
    Translated,
    UniqueLocal,
    Unspecified,
}

impl Addresses {
    /// Any address.
    pub const ANY: Self = Self { public_only: false, or_loopback: false };

    /// Only those that any host of the internet can be reached at.
    pub const PUBLIC: Self = Self { public_only: true, or_loopback: false };

    /// Those of this machine too.
    pub(crate) const fn or_loopback(self) -> Self {
        Self { or_loopback: true, ..self }
    }

    /// Whether every address is allowed, so that there is nothing to check.
    #[must_use]
    pub const fn are_any(self) -> bool {
        !self.public_only
    }

    /// Those of the addresses of a host that may be connected to, in their order.
    ///
    /// # Errors
    ///
    /// Fails if there is none, although the host has an address.
    pub fn check(self, mut found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, RefusedAddress> {
        let first = found.iter().find_map(|address| self.refusal(address.ip()));
        found.retain(|address| self.refusal(address.ip()).is_none());
        match first {
            Some(kind) if found.is_empty() => Err(RefusedAddress(kind)),
            _ => Ok(found),
        }
    }

    fn refusal(self, ip: IpAddr) -> Option<Kind> {
        if self.are_any() {
            return None;
        }
        let kind = match ip {
            IpAddr::V4(ip) => of_v4(ip),
            IpAddr::V6(ip) => of_v6(ip),
        };
        kind.filter(|kind| !(self.or_loopback && *kind == Kind::Loopback))
    }
}

/// By the IANA's registry of special-purpose addresses (RFC 6890). `None`: it is public.
const fn of_v4(ip: Ipv4Addr) -> Option<Kind> {
    Some(match ip.octets() {
        [0, ..] => Kind::Unspecified,
        [127, ..] => Kind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Kind::Private,
        [169, 254, ..] => Kind::LinkLocal,
        [100, 64..=127, ..] => Kind::Shared,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Kind::Documentation,
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [240..=255, ..] => Kind::Reserved,
        [224..=239, ..] => Kind::Multicast,
        _ => return None,
    })
}

/// One that holds an IPv4 address is what that is; all else but global unicast (2000::/3) is not
/// public.
fn of_v6(ip: Ipv6Addr) -> Option<Kind> {
    let v4 = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high, low].map(u16::to_be_bytes);
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Kind::Unspecified),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Kind::Loopback),
        // Mapped (RFC 4291, section 2.5.5.2), compatible, and translated (RFC 2765).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            Some(of_v4(v4(high, low)).unwrap_or(Kind::Translated))
        }
        // NAT64 (RFC 6052): where there is no IPv4, the whole internet is behind it.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => of_v4(v4(high, low)),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => Some(of_v4(v4(high, low)).unwrap_or(Kind::Translated)),
        [0xfc00..=0xfdff, ..] => Some(Kind::UniqueLocal),
        // Site-local was the same once (RFC 3879).
        [0xfe80..=0xfeff, ..] => Some(Kind::LinkLocal),
        [0xff00..=0xffff, ..] => Some(Kind::Multicast),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some(Kind::Documentation),
        // Teredo, ORCHID and other protocols (RFC 6890).
        [0x2001, 0..=0x1ff, ..] => Some(Kind::Reserved),
        [0x2000..=0x3fff, ..] => None,
        _ => Some(Kind::Reserved),
    }
}

/// The text, so that a `main` that returns this error prints it.
impl fmt::Debug for RefusedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RefusedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Kind::Documentation => "one for documentation",
            Kind::LinkLocal => "a link-local one",
            Kind::Loopback => "one of this machine (loopback)",
            Kind::Multicast => "a multicast one",
            Kind::Private => "a private one",
            Kind::Reserved => "a reserved one",
            Kind::Shared => "one of a provider's own network (RFC 6598)",
            Kind::Translated => "one that stands for an IPv4 address",
            Kind::UniqueLocal => "a unique-local one",
            Kind::Unspecified => "an unspecified one",
        };
        write!(
            f,
            "the host has no public address, but {kind}, and others are refused (setting \
             `public_addresses_only`; with a resolver `allow_private_addresses`)"
        )
    }
}

impl std::error::Error for RefusedAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_public(ip: &str) -> bool {
        Addresses::PUBLIC.check(vec![SocketAddr::new(ip.parse().unwrap(), 443)]).is_ok()
    }

    #[test]
    fn addresses_that_are_not_public() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::",
            "3fff::1",
            "4000::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(ip), "{ip}");
        }
    }

    #[test]
    fn addresses_that_are_public() {
        for ip in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "64:ff9b::8.8.8.8",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(ip), "{ip}");
        }
    }

    #[test]
    fn only_those_that_may_be_are_left() {
        let found = |ips: &[&str]| -> Vec<SocketAddr> {
            ips.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443)).collect()
        };
        let mixed = found(&["10.0.0.1", "1.1.1.1", "::1", "2606:4700::1111"]);
        assert_eq!(Addresses::ANY.check(mixed.clone()).unwrap(), mixed);
        let public = found(&["1.1.1.1", "2606:4700::1111"]);
        assert_eq!(Addresses::PUBLIC.check(mixed.clone()).unwrap(), public);
        let loopback = found(&["1.1.1.1", "::1", "2606:4700::1111"]);
        assert_eq!(Addresses::PUBLIC.or_loopback().check(mixed).unwrap(), loopback);
        let refused = Addresses::PUBLIC.check(found(&["10.0.0.1"])).unwrap_err().to_string();
        assert!(
            refused.starts_with("the host has no public address, but a private one"),
            "{refused}"
        );
        // A name without an address is another error.
        assert_eq!(Addresses::PUBLIC.check(Vec::new()).unwrap(), []);
    }
}
