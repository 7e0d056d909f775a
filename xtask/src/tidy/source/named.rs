//! A path as code names it.

/// A path in code, each branch of a `use` tree by itself; a lone identifier or keyword too.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) line: usize,
    /// As written; the first is empty for a path that begins with `::`.
    pub(crate) path: Vec<String>,
    /// The module it stands in, from the root of the crate.
    pub(crate) scope: Vec<String>,
    /// Whether it is compiled for tests only.
    pub(crate) test: bool,
}

impl Named {
    pub(crate) fn has(&self, segments: &[&str]) -> bool {
        self.path.windows(segments.len()).any(|part| part == segments)
    }

    /// The path as written.
    pub(crate) fn shown(&self) -> String {
        self.path.join("::")
    }

    /// The path from the root of the crate, when it says so: by `crate`, `self` or `super`.
    pub(crate) fn rooted(&self) -> Option<Vec<String>> {
        let mut path = match self.path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") if self.path.len() > 1 || self.path == ["super"] => {
                self.scope.clone()
            }
            _ => return None,
        };
        for name in &self.path {
            match name.as_str() {
                "crate" | "self" => {}
                "super" => drop(path.pop()),
                name => path.push(name.to_owned()),
            }
        }
        Some(path)
    }
}
