//! What the system does not give: an address for a name, a file descriptor.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, process};

use jwks_conformance::Adapter;

use crate::child::Process;
use crate::row::{Row, recovery};
use crate::scene::{Provider, Service as _};
use crate::suffered;

/// The process can open no file and no socket, and then it can.
pub(crate) fn files(adapter: &dyn Adapter) -> Row {
    let provider = Provider::start();
    let limited = ["sh", "-c", "ulimit -n 128; exec \"$0\" \"$@\""];
    let mut service = Process::start(adapter, provider.terms(), false, &limited);
    service.warm_up();
    let row = suffered(adapter, "no files", &mut service, Process::exhaust, Process::release);
    row.judged(Row::is_suffered)
}

/// The name has no address, and then it has one: by the system's own look-up, in a namespace with an
/// `/etc/hosts` of its own, without any name server. None where the system has no such namespaces.
pub(crate) fn name(adapter: &dyn Adapter) -> Option<Row> {
    let names = Names::new(adapter)?;
    let provider = Provider::start();
    let mut service = Process::start(adapter, provider.terms(), false, &names.wrapper());
    service.warm_up();
    let (lost, found) = (|_: &mut Process| names.forget(), |_: &mut Process| names.know());
    let row = suffered(adapter, "no such name", &mut service, lost, found);
    Some(row.judged(Row::is_suffered))
}

/// The same from the start: nothing passes until it has one.
pub(crate) fn name_at_start(adapter: &dyn Adapter) -> Option<Row> {
    let names = Names::new(adapter)?;
    names.forget();
    let provider = Provider::start();
    let mut service = Process::start(adapter, provider.terms(), false, &names.wrapper());
    let before = service.seen();
    let traffic = service.traffic(Duration::from_secs(2));
    let row = Row::new(adapter, "no name at start", &before, service.seen());
    names.know();
    let mut after = traffic;
    let recovered = recovery(&mut service, &mut after);
    let passes = |row: &Row| row.recovered.is_some() && row.traffic.passed() == 0;
    Some(Row { traffic, recovered, ..row }.judged(|row| passes(row) && row.failures > 0))
}

/// The files of a namespace.
struct Names {
    hosts: String,
    order: String,
    script: String,
}

impl Names {
    fn new(adapter: &dyn Adapter) -> Option<Self> {
        let folder = env::temp_dir().join(format!("jwks-faults-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        let file = |name: &str| {
            let name = format!("{name}-{}", adapter.name());
            folder.join(name).to_string_lossy().into_owned()
        };
        let (hosts, order) = (file("hosts"), file("nsswitch.conf"));
        fs::write(&order, "hosts: files\n").expect("a file");
        let script = format!(
            "mount --bind '{hosts}' /etc/hosts && mount --bind '{order}' /etc/nsswitch.conf && \
             exec \"$0\" \"$@\""
        );
        let names = Self { hosts, order, script };
        names.know();
        let wrapper = names.wrapper();
        let mut tried = Command::new(wrapper[0]);
        let tried = tried.args(&wrapper[1..]).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|it| it.success()).then_some(names)
    }

    fn wrapper(&self) -> [&str; 6] {
        ["unshare", "--map-root-user", "--mount", "sh", "-c", &self.script]
    }

    fn know(&self) {
        fs::write(&self.hosts, "127.0.0.1 localhost\n").expect("a file");
    }

    /// In the same file: it is mounted.
    fn forget(&self) {
        fs::write(&self.hosts, "").expect("a file");
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        for file in [&self.hosts, &self.order] {
            _ = fs::remove_file(file);
        }
        // The last one removes it.
        _ = Path::new(&self.hosts).parent().map(fs::remove_dir);
    }
}
