//! What is counted, and whether it is as promised.

use std::fmt;
use std::time::Duration;

use super::latency::Latencies;
use jwks_core::verify::{Error, ErrorKind};

use super::log::millis;

/// One validation, as its client saw it.
#[derive(Debug)]
pub(super) struct Validation {
    pub(super) error: Option<Error>,
    pub(super) latency: Duration,
    /// Whether it could not be finished in one go.
    pub(super) waited: bool,
}

/// What is known of the token that was validated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// Its key was withdrawn in the emergency, before the validation ended.
    pub(super) withdrawn: bool,
    /// Its key came with the emergency, and the cache had not caught up when it was presented.
    pub(super) emergency: bool,
}

/// Counts of one client, or of all.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) validations: u64,
    pub(super) failed: u64,
    pub(super) waited: u64,
    pub(super) emergency_waited: u64,
    pub(super) withdrawn: u64,
    pub(super) latencies: Latencies,
    /// The longest of `emergency_waited`; `latencies` are all others'.
    pub(super) emergency_longest: Duration,
}

impl Tally {
    /// Counts a validation; false if it failed, or waited when it should not have.
    pub(super) fn count(&mut self, validation: &Validation, of: Circumstances) -> bool {
        self.validations += 1;
        let mut fine = true;
        match &validation.error {
            None => {}
            Some(error) if of.withdrawn && error.kind() == ErrorKind::UnknownKid => {
                self.withdrawn += 1;
            }
            Some(_) => {
                self.failed += 1;
                fine = false;
            }
        }
        if validation.waited && of.emergency {
            self.emergency_waited += 1;
            self.emergency_longest = self.emergency_longest.max(validation.latency);
            return fine;
        }
        self.latencies.record(validation.latency);
        if validation.waited {
            self.waited += 1;
        }
        fine && !validation.waited
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.validations += other.validations;
        self.failed += other.failed;
        self.waited += other.waited;
        self.emergency_waited += other.emergency_waited;
        self.withdrawn += other.withdrawn;
        self.latencies.merge(&other.latencies);
        self.emergency_longest = self.emergency_longest.max(other.emergency_longest);
    }
}

/// The result of a run.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) tally: Tally,
    pub(super) fetches: usize,
    pub(super) rotations: usize,
    pub(super) emergency_fetches: usize,
    /// What should have taken place and did not.
    pub(super) missing: Vec<&'static str>,
}

impl Report {
    /// What broke; empty if all is as promised.
    pub(super) fn broken(&self) -> Vec<String> {
        let Tally { validations, failed, waited, .. } = self.tally;
        let mut broken = Vec::new();
        if failed > 0 {
            broken.push(format!("failed is {failed}, should be 0"));
        }
        if waited > 0 {
            broken.push(format!("waited is {waited}, should be 0"));
        }
        if self.emergency_fetches != 1 {
            broken.push(format!("emergency_fetches is {}, should be 1", self.emergency_fetches));
        }
        if validations == 0 {
            broken.push("nothing was validated".to_owned());
        }
        broken.extend(self.missing.iter().map(|what| (*what).to_owned()));
        broken
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let latencies = tally.latencies.summary();
        writeln!(f, "validations: {}", tally.validations)?;
        writeln!(f, "failed: {}", tally.failed)?;
        writeln!(f, "waited: {}", tally.waited)?;
        writeln!(f, "fetches: {}", self.fetches)?;
        writeln!(f, "rotations: {}", self.rotations)?;
        writeln!(f, "emergency_waited: {}", tally.emergency_waited)?;
        writeln!(f, "emergency_fetches: {}", self.emergency_fetches)?;
        writeln!(f, "withdrawn: {}", tally.withdrawn)?;
        writeln!(f, "p50: {}", millis(latencies.p50))?;
        writeln!(f, "p99: {}", millis(latencies.p99))?;
        write!(f, "max: {}", millis(latencies.max))
    }
}

#[cfg(test)]
mod tests {
    use jwks_core::verify::{Issuer, Registered, Verifier};

    use jwks_core::adapter::{Env, Start as _};

    use super::*;

    const PLAIN: Circumstances = Circumstances { withdrawn: false, emergency: false };

    fn validation(waited: bool, error: Option<Error>) -> Validation {
        Validation { error, latency: Duration::from_millis(3), waited }
    }

    fn malformed() -> Error {
        let issuer = Issuer::new("i").jwks_uri("https://id.example").any_audience();
        let build = Verifier::builder().issuer(issuer).build(Env::new(std::time::SystemTime::now));
        let (verifier, _drivers) = build.unwrap();
        verifier.try_verify::<Registered>("x").unwrap_err()
    }

    #[test]
    fn waits_are_told_apart() {
        let mut tally = Tally::default();
        assert!(tally.count(&validation(false, None), PLAIN));
        assert!(!tally.count(&validation(true, None), PLAIN));
        let emergency = Circumstances { emergency: true, ..PLAIN };
        assert!(tally.count(&validation(true, None), emergency));
        assert!(tally.count(&validation(false, None), emergency));
        let mut all = Tally::default();
        all.merge(&tally);
        all.merge(&tally);
        assert_eq!((all.validations, all.waited, all.emergency_waited, all.failed), (8, 2, 2, 0));
        assert_eq!(all.latencies.summary().count, 6);
        assert_eq!(all.emergency_longest, Duration::from_millis(3));
    }

    #[test]
    fn only_a_key_that_is_gone_makes_a_token_withdrawn() {
        let mut tally = Tally::default();
        let withdrawn = Circumstances { withdrawn: true, ..PLAIN };
        assert!(!tally.count(&validation(false, Some(malformed())), withdrawn));
        assert_eq!((tally.withdrawn, tally.failed), (0, 1));
    }

    #[test]
    fn whatever_breaks_is_said() {
        let mut report = Report { emergency_fetches: 1, ..Report::default() };
        report.tally.validations = 1;
        assert!(report.broken().is_empty());
        report.emergency_fetches = 2;
        report.tally.failed = 3;
        report.tally.waited = 4;
        report.missing.push("no emergency");
        assert_eq!(
            report.broken().join("; "),
            "failed is 3, should be 0; waited is 4, should be 0; \
             emergency_fetches is 2, should be 1; no emergency"
        );
    }

    #[test]
    fn the_lines_are_in_order() {
        let text = Report::default().to_string();
        let names: Vec<_> = text.lines().map(|line| line.split(": ").next().unwrap()).collect();
        let expected = "validations failed waited fetches rotations emergency_waited \
                        emergency_fetches withdrawn p50 p99 max";
        assert_eq!(names.join(" "), expected);
    }
}
