//! AWS regions, and the partitions whose domains they are under.

/// A region's name, checked by its shape: `mx-central-1`, `us-gov-west-1`, `eusc-de-east-1`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Region(Box<str>);

impl Region {
    /// Lower-case words and a number, with hyphens between them: nothing that could end a host's
    /// name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (words, number) = name.rsplit_once('-')?;
        let words_fit = words
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
        let fits = words.contains('-')
            && words_fit
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(name.into()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The domain of the region's partition.
    pub(super) fn domain(&self) -> &'static str {
        self.partition().map_or(COMMERCIAL, |(_, domain)| domain)
    }

    /// Whether it is in the commercial partition, `aws`.
    pub(crate) fn is_commercial(&self) -> bool {
        self.partition().is_none()
    }

    fn partition(&self) -> Option<(&'static str, &'static str)> {
        PARTITIONS.iter().copied().find(|(prefix, _)| self.0.starts_with(prefix))
    }
}

const COMMERCIAL: &str = "amazonaws.com";

/// The beginnings of the regions' names, and the domains, of all partitions but the commercial one
/// (`dnsSuffix` and `regionRegex` in botocore's `partitions.json` and `endpoints.json`, 1.44).
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "amazonaws.com.cn"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
    ("us-gov-", "amazonaws.com"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
];
