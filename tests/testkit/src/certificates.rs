//! Certificates for https on loopback, made when they are needed.

use std::{fmt, net::IpAddr, net::Ipv4Addr};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
    date_time_ymd,
};

/// A certificate authority of one's own, as companies have them.
pub struct Authority {
    certificate: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

/// A server's certificate (X.509, in DER) and its private key (PKCS #8, in DER).
#[derive(Clone)]
pub struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Authority {
    /// A new one, which nobody trusts yet.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "an authority of one's own");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = new_key();
        let certificate = params.self_signed(&key).expect("a certificate of sound parts");
        Self { certificate: certificate.der().to_vec(), issuer: Issuer::new(params, key) }
    }

    /// Its certificate, in DER: what a client is given to trust.
    pub fn certificate(&self) -> Vec<u8> {
        self.certificate.clone()
    }

    /// An identity for 127.0.0.1 and `localhost`, valid now.
    pub fn loopback(&self) -> Identity {
        self.sign(loopback())
    }

    /// An identity for a host that is not the one that uses it.
    pub fn of_another_name(&self) -> Identity {
        self.sign(named("elsewhere.example"))
    }

    /// An identity for 127.0.0.1 and `localhost` that has expired.
    pub fn expired(&self) -> Identity {
        let mut params = loopback();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = new_key();
        let certificate = params.signed_by(&key, &self.issuer);
        let certificate = certificate.expect("a certificate of sound parts");
        Identity { certificate: certificate.der().to_vec(), key: key.serialize_der() }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Identity {
    /// An identity for 127.0.0.1 and `localhost` that vouches for itself.
    pub fn self_signed() -> Self {
        let key = new_key();
        let certificate = loopback().self_signed(&key).expect("a certificate of sound parts");
        Self { certificate: certificate.der().to_vec(), key: key.serialize_der() }
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

fn loopback() -> CertificateParams {
    let mut params = named("localhost");
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    params.subject_alt_names.push(SanType::IpAddress(address));
    params
}

fn named(host: &str) -> CertificateParams {
    CertificateParams::new([host.to_owned()]).expect("a host's name")
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("the system gives randomness")
}
