//! Chooses both crypto backends at once: see `jwks-core/src/keys/crypto/mod.rs`.

fn main() {
    println!("cargo:rustc-cfg=both_backends");
    println!("cargo:rerun-if-changed=build.rs");
}
