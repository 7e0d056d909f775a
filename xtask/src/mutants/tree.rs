//! A copy of the workspace with all viable mutants of jwks-core in it, and its tests, built once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Cursor;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel, DiagnosticSpan};

use super::list::Mutant;
use super::weave::{self, Woven};
use crate::process::{Step, root, target};

/// What can be run.
#[derive(Debug)]
pub(super) struct Tree {
    /// The programs of the tests.
    pub(super) programs: Vec<PathBuf>,
    /// Where they run.
    pub(super) folder: PathBuf,
    /// The mutants that do not compile.
    pub(super) unviable: BTreeSet<usize>,
    /// The mutants that one build cannot hold beside the others.
    pub(super) left: BTreeSet<usize>,
}

impl Tree {
    pub(super) fn build(mutants: &[Mutant]) -> Result<Self> {
        let folder = target().join("mutants/tree");
        let woven = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
        copy(&folder, &woven)?;
        let mut loom = Loom { folder, mutants, unviable: BTreeSet::new(), left: BTreeSet::new() };
        loom.remember()?;
        loom.settle(&["check", "--lib"])?;
        let said = loom.settle(&["test", "--no-run", "--lib", "--tests"])?;
        let Loom { folder, unviable, left, .. } = loom;
        let programs = programs(&said)?;
        Ok(Self { programs, folder: folder.join(CORE), unviable, left })
    }
}

struct Loom<'a> {
    folder: PathBuf,
    mutants: &'a [Mutant],
    unviable: BTreeSet<usize>,
    left: BTreeSet<usize>,
}

type Places = BTreeMap<String, Vec<(Range<usize>, usize)>>;

impl Loom<'_> {
    /// What could not be built the last time, in files that have not changed since.
    fn remember(&mut self) -> Result<()> {
        let last = fs::read_to_string(target().join(UNBUILT)).unwrap_or_default();
        let last: BTreeSet<_> = last.lines().collect();
        if last.is_empty() {
            return Ok(());
        }
        let hashes = hashes(self.mutants)?;
        for (index, mutant) in self.mutants.iter().enumerate() {
            let hash = hashes[mutant.file.as_str()];
            if last.contains(&*format!("unviable {hash} {}", mutant.name)) {
                self.unviable.insert(index + 1);
            } else if last.contains(&*format!("left {hash} {}", mutant.name)) {
                self.left.insert(index + 1);
            }
        }
        Ok(())
    }

    fn note(&self) -> Result<()> {
        let (mut lines, hashes) = (String::new(), hashes(self.mutants)?);
        for (word, numbers) in [("unviable", &self.unviable), ("left", &self.left)] {
            for number in numbers {
                let mutant = &self.mutants[number - 1];
                writeln!(lines, "{word} {} {}", hashes[mutant.file.as_str()], mutant.name)?;
            }
        }
        fs::write(target().join(UNBUILT), lines).context("cannot note what was not built")
    }

    /// Takes mutants out until the rest compiles; what cargo has said then.
    fn settle(&mut self, arguments: &[&str]) -> Result<Vec<u8>> {
        loop {
            let places = self.write()?;
            let step = cargo(arguments[0], &self.folder).arguments(arguments[1..].iter().copied());
            let output = step.output()?;
            if output.status.success() {
                return Ok(output.stdout);
            }
            let before = self.unviable.len() + self.left.len();
            let mut errors = Vec::new();
            for message in Message::parse_stream(Cursor::new(&output.stdout)) {
                if let Message::CompilerMessage(message) = message.context("cargo's own words")? {
                    let error = message.message;
                    if matches!(error.level, DiagnosticLevel::Error | DiagnosticLevel::Ice) {
                        self.blame(&places, &error);
                        errors.extend(error.rendered);
                    }
                }
            }
            let after = self.unviable.len() + self.left.len();
            eprintln!("{} of {} mutants cannot be built", after, self.mutants.len());
            self.note()?;
            if after == before {
                eprint!("{}{}", errors.concat(), String::from_utf8_lossy(&output.stderr));
                bail!("the mutants do not compile, for reasons that none of them gives");
            }
        }
    }

    /// Writes all files with the mutants that are still in.
    fn write(&mut self) -> Result<Places> {
        let mut files: BTreeMap<&str, BTreeMap<usize, &Mutant>> = BTreeMap::new();
        for (index, mutant) in self.mutants.iter().enumerate() {
            // 0 stands for no mutant.
            let number = index + 1;
            let file = files.entry(&mutant.file).or_default();
            if !self.unviable.contains(&number) && !self.left.contains(&number) {
                file.insert(number, mutant);
            }
        }
        let mut places = Places::new();
        for (file, mutants) in files {
            let text = fs::read_to_string(root().join(file)).with_context(|| file.to_owned())?;
            let woven = weave::weave(&text, &mutants).with_context(|| file.to_owned())?;
            let Woven { text, places: here, left } = woven;
            self.left.extend(left);
            update(&self.folder.join(file), text.as_bytes())?;
            // Relative to the workspace, as rustc names files.
            places.insert(file.to_owned(), here);
        }
        let switch = SWITCH.replace("COUNT", &(self.mutants.len() + 1).to_string());
        update(&self.folder.join(CORE).join("src/mutants_switch.rs"), switch.as_bytes())?;
        Ok(places)
    }

    /// Finds the mutants that an error is about.
    fn blame(&mut self, places: &Places, error: &Diagnostic) {
        let primary: Vec<_> = error.spans.iter().filter(|span| span.is_primary).collect();
        let mut blamed = found(places, &primary);
        if blamed.is_empty() {
            let all = error.children.iter().flat_map(|it| &it.spans).chain(&error.spans);
            blamed = found(places, &all.collect::<Vec<_>>());
        }
        // A switch cannot be read while compiling: such a mutant may be viable alone.
        let early = error.code.as_ref().is_some_and(|code| code.code == "E0080");
        if early { self.left.extend(blamed) } else { self.unviable.extend(blamed) }
    }
}

/// Of the text of each file.
fn hashes(mutants: &[Mutant]) -> Result<BTreeMap<&str, u64>> {
    let files: BTreeSet<_> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    let hash = |file: &str| {
        let text = fs::read(root().join(file)).with_context(|| file.to_owned())?;
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        anyhow::Ok(hasher.finish())
    };
    files.into_iter().map(|file| Ok((file, hash(file)?))).collect()
}

fn found(places: &Places, spans: &[&DiagnosticSpan]) -> BTreeSet<usize> {
    let mut blamed = BTreeSet::new();
    for span in spans {
        let (start, end) = (span.byte_start as usize, span.byte_end as usize);
        let Some(here) = places.get(&span.file_name) else { continue };
        let within = here.iter().filter(|(range, _)| range.start <= start && end <= range.end);
        blamed.extend(within.map(|(_, number)| *number));
    }
    blamed
}

fn cargo(command: &str, folder: &Path) -> Step {
    // The slowest tests are arithmetic: this one build is worth some optimisation.
    Step::cargo([command, "--package", "jwks-core", "--features", "metrics,tracing"])
        .arguments(["--message-format", "json", "--offline"])
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .target(&target().join("mutants/build"))
        .within(&folder.to_string_lossy())
}

fn programs(said: &[u8]) -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for message in Message::parse_stream(Cursor::new(said)) {
        if let Message::CompilerArtifact(artifact) = message.context("cargo's own words")? {
            programs.extend(artifact.executable.map(PathBuf::from));
        }
    }
    Ok(programs)
}

/// What git knows and does not ignore, but for the files that hold mutants. Nothing is written that is
/// there already: cargo looks at the time of a change.
fn copy(folder: &Path, woven: &BTreeSet<&str>) -> Result<()> {
    let listed = Step::git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .read()
        .context("cannot list the files: this needs git and a clone")?;
    let core = format!("{CORE}/Cargo.toml");
    let lib = format!("{CORE}/src/lib.rs");
    for path in listed.split_terminator('\0').filter(|path| root().join(path).is_file()) {
        let mut bytes =
            fs::read(root().join(path)).with_context(|| format!("cannot read {path}"))?;
        if path == core {
            // The switch is not safe, nor are the mutants tidy.
            let text = String::from_utf8_lossy(&bytes).replace("[lints]\nworkspace = true\n", "");
            bytes = text.into_bytes();
        } else if path == lib {
            let allowed = "#![allow(warnings, arithmetic_overflow, unconditional_panic)]\n";
            let text = String::from_utf8_lossy(&bytes);
            bytes = format!("{allowed}{text}\nmod mutants_switch;\n").into_bytes();
        } else if woven.contains(path) {
            continue;
        }
        update(&folder.join(path), &bytes)?;
    }
    Ok(())
}

fn update(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let parent = path.parent().context("a file is in a folder")?;
    let written = fs::create_dir_all(parent).and_then(|()| fs::write(path, bytes));
    written.with_context(|| format!("cannot write {}", path.display()))
}

const UNBUILT: &str = "mutants/unbuilt.txt";

const CORE: &str = "jwks-core";

/// `on` is `const`, since functions that are have mutants as well. Set before `main`.
const SWITCH: &str = r#"
static mut ON: usize = 0;
static mut SEEN: [u8; COUNT] = [0; COUNT];

pub(crate) const fn on(number: usize) -> bool {
    unsafe {
        if ON == usize::MAX {
            SEEN[number] = 1;
        }
        ON == number
    }
}

extern "C" fn begin() {
    let text = std::env::var("JWKS_MUTANT").unwrap_or_default();
    let number = if text == "all" { usize::MAX } else { text.parse().unwrap_or(0) };
    unsafe { ON = number };
}

extern "C" fn end() {
    if let Some(path) = std::env::var_os("JWKS_MUTANTS_SEEN") {
        let seen: Vec<u8> = (0..COUNT).map(|number| unsafe { SEEN[number] }).collect();
        std::fs::write(path, seen).expect("a file of the build");
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

#[used]
#[unsafe(link_section = ".fini_array")]
static END: extern "C" fn() = end;
"#;
