//! The conformance suite on every adapter of this repository.

use std::process::ExitCode;

fn main() -> ExitCode {
    jwks_conformance::main(jwks_tests::conformance::ADAPTERS)
}
