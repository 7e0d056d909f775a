//! `cargo xtask cognito`: real tokens of an emulated user pool, and what becomes of each.

mod adapters;
mod emulator;
mod judge;
mod python;

use anyhow::{Result, bail};

use self::adapters::ADAPTERS;
use self::emulator::Emulator;
use self::judge::cases;

pub(crate) fn run() -> Result<()> {
    let python = python::environment()?;
    let emulator = Emulator::start(&python)?;
    let emulated = emulator.emulated();
    println!("pool     {}", emulated.user_pool_id);
    println!("client   {}", emulated.client_id);
    println!("keys at  {}", emulated.jwks_uri());
    let mut wrong = 0;
    for (name, adapter) in ADAPTERS {
        println!("\n{name}");
        for answer in adapter(emulated, cases(emulated))? {
            println!("{answer}");
            wrong += usize::from(!answer.is_as_expected());
        }
    }
    match wrong {
        0 => Ok(()),
        _ => bail!("{wrong} answers are not as expected"),
    }
}
