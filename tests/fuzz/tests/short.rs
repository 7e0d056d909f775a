//! Short runs: each target over its corpus, and over a counted number of mutations of it. The same at
//! every run; `JWKS_PROOF=60` makes sixty times as many.

#![expect(clippy::print_stdout, reason = "shown by the test harness where a test fails")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{env, fs};

use jwks_fuzz::TARGETS;

/// What is allocated is counted for the whole process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { short(stringify!($name)); })*

        #[test]
        fn each_target_is_run() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets!(claims crypto http key_set machine saved settings token);

fn short(name: &str) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let corpus = corpus(name);
    for (file, bytes) in &corpus {
        println!("{}", file.display());
        (target.run)(bytes);
    }
    let mut dice = Dice(7517);
    for round in 0..MUTATIONS * factor() {
        let mutated = mutated(&corpus, &mut dice);
        println!("mutation {round}: {}", mutated.escape_ascii());
        (target.run)(&mutated);
    }
}

/// One of the corpus with a few changes, or the beginning of one and the end of another.
fn mutated(corpus: &[(PathBuf, Vec<u8>)], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = corpus[dice.below(corpus.len())].1.clone();
    if dice.below(4) == 0 {
        let other = &corpus[dice.below(corpus.len())].1;
        bytes.truncate(dice.below(bytes.len() + 1));
        bytes.extend_from_slice(&other[dice.below(other.len() + 1)..]);
    }
    for _ in 0..1 + dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let byte = u8::try_from(dice.below(256)).expect("below 256");
        match dice.below(5) {
            0 => bytes.insert(at, byte),
            1 if at < bytes.len() => _ = bytes.remove(at),
            2 if at < bytes.len() => bytes[at] ^= 1 << (byte % 8),
            3 => bytes.truncate(at),
            _ => {
                let piece = bytes[at..(at + usize::from(byte % 32)).min(bytes.len())].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
        }
    }
    bytes
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora").join(name);
    let entries = fs::read_dir(&folder).expect("a folder for each target");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!((3..=50).contains(&files.len()), "{} files for {name}", files.len());
    let read = |file: PathBuf| {
        let bytes = fs::read(&file).expect("a file");
        (file, bytes)
    };
    let corpus: Vec<_> = files.into_iter().map(read).collect();
    let total: usize = corpus.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(total <= 200_000, "{total} bytes for {name}");
    corpus
}

fn factor() -> usize {
    env::var("JWKS_PROOF").ok().and_then(|it| it.trim().parse().ok()).unwrap_or(1).max(1)
}

/// Numbers that look like chance (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let sides = u64::try_from(sides).expect("a size");
        usize::try_from((z ^ (z >> 31)) % sides).expect("below a size")
    }
}

const MUTATIONS: usize = 200;
