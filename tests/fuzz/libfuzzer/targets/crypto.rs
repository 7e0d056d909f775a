#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jwks_fuzz::crypto(data));
