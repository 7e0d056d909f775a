//! No tracked file tells of the machine it was written on, or names a package registry's host.

use super::{Fault, Outcome, Workspace, outcome};

pub(super) fn check(workspace: &Workspace) -> Outcome {
    let mut count = 0;
    let mut faults = Vec::new();
    for (path, text) in workspace.files.iter().filter(|(path, _)| *path != "Cargo.lock") {
        count += 1;
        for (line, text) in (1..).zip(text.lines()) {
            if let Some((found, mend)) = leak(text) {
                faults.push(Fault::new(format!("`{found}`"), format!("{path}:{line}"), mend));
            }
        }
    }
    outcome(faults, format!("{count} files name no machine's folder and no registry's host"))
}

fn leak(line: &str) -> Option<(&'static str, &'static str)> {
    let folder = FOLDERS.iter().find(|folder| {
        line.match_indices(**folder).any(|(at, _)| begins_path(line.get(..at).unwrap_or_default()))
    });
    let host = || HOSTS.iter().find(|host| line.contains(**host));
    folder
        .map(|found| (*found, "say it from the root, or by a variable"))
        .or_else(|| host().map(|found| (*found, "say `the registry`")))
}

/// Whether a `/` after this text is that of an absolute path.
fn begins_path(before: &str) -> bool {
    !before
        .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | ')' | '~'))
}

/// In parts, for this file is checked too.
const FOLDERS: [&str; 6] = [
    concat!("/", "Users/"),
    concat!("/", "home/"),
    concat!("/", "private/"),
    concat!("/", "root/"),
    concat!("/", "tmp/"),
    concat!("/", "work/"),
];

const HOSTS: [&str; 5] = [
    concat!("crates", ".io"),
    concat!("deb.debian", ".org"),
    concat!("npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn leaks(text: &str) -> bool {
        check(&Workspace::of(&[("a.md", text)])).is_err()
    }

    #[test]
    fn folders_of_a_machine_are_found() {
        for folder in FOLDERS {
            for before in ["", "in ", "\"", "(", "path=", "file://"] {
                assert!(leaks(&format!("fine\n{before}{folder}x")), "{before}{folder}");
            }
        }
    }

    #[test]
    fn parts_of_other_paths_are_not() {
        for folder in FOLDERS {
            for before in ["https://example.com", "{issuer}", "~", ".", "target"] {
                assert!(!leaks(&format!("{before}{folder}x")), "{before}{folder}");
            }
        }
    }

    #[test]
    fn hosts_are_found_with_their_line() {
        for host in HOSTS {
            let text = format!("fine\nhttps://{host}/x");
            let faults = check(&Workspace::of(&[("a.md", &text)])).expect_err(host);
            assert!(faults[0].to_string().starts_with(&format!("`{host}`, in a.md:2")));
        }
    }

    #[test]
    fn the_lock_file_must_name_the_registry() {
        assert!(check(&Workspace::of(&[("Cargo.lock", HOSTS[0])])).is_ok());
    }
}
