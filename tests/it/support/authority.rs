//! A certificate authority of the test's own.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};

/// The authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, both as PEM.
#[derive(Clone)]
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

/// A name in a certificate.
#[derive(Debug, Clone, Copy)]
pub enum Name {
    Uri(&'static str),
    Dns(&'static str),
}

/// The first year in which a certificate is out of date, unless the test says otherwise.
pub const LAST_YEAR: i32 = 2090;

impl Authority {
    /// An authority that nobody knows yet.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate as PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of a client with these names.
    pub fn client(&self, names: &[Name]) -> Identity {
        self.client_until(names, LAST_YEAR)
    }

    /// Likewise, out of date from the beginning of a year.
    pub fn client_until(&self, names: &[Name], year: i32) -> Identity {
        let names = names.iter().map(|name| match name {
            Name::Uri(text) => SanType::URI((*text).try_into().unwrap()),
            Name::Dns(text) => SanType::DnsName((*text).try_into().unwrap()),
        });
        self.issue(names.collect(), ExtendedKeyUsagePurpose::ClientAuth, year)
    }

    /// A certificate of a server called `localhost`.
    pub fn server(&self) -> Identity {
        let name = SanType::DnsName("localhost".try_into().unwrap());
        self.issue(vec![name], ExtendedKeyUsagePurpose::ServerAuth, LAST_YEAR)
    }

    fn issue(&self, names: Vec<SanType>, usage: ExtendedKeyUsagePurpose, year: i32) -> Identity {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        params.extended_key_usages = vec![usage];
        // Whoever looks for a name here finds one that is nobody's.
        params.distinguished_name.push(DnType::CommonName, "shop.example");
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}
