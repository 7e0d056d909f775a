//! The adapters that the tokens are judged with. One function each: it starts the
//! verifier on the adapter's runtime, and asks there.

use anyhow::Result;
use tokio::runtime;

use super::emulator::Emulated;
use super::judge::{Answer, Case, answer_all};

pub(super) const ADAPTERS: [(&str, Adapter); 2] =
    [("jwks-tokio", tokio), ("jwks-async-std", async_std)];

pub(super) type Adapter = fn(&Emulated, Vec<Case>) -> Result<Vec<Answer>>;

fn tokio(emulated: &Emulated, cases: Vec<Case>) -> Result<Vec<Answer>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let verifier = jwks_tokio::start(emulated.verifier()?)?;
        Ok(answer_all(&verifier, cases).await)
    })
}

fn async_std(emulated: &Emulated, cases: Vec<Case>) -> Result<Vec<Answer>> {
    let verifier = jwks_async_std::start(emulated.verifier()?)?;
    // Its tasks run on threads of their own: this one may wait as it likes.
    Ok(pollster::block_on(answer_all(&verifier, cases)))
}
