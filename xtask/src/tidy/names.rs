//! The paths that a file names.

use syn::visit::{self, Visit};

/// Each branch of a `use` by itself, and paths that lead to the root of the crate from `crate`;
/// `async` too. `depth` is how many `super` lead from the file to the root.
pub(super) fn names(text: &str, depth: usize) -> syn::Result<Vec<Vec<String>>> {
    let mut names = Names { depth, ..Names::default() };
    names.visit_file(&syn::parse_file(text)?);
    Ok(names.found)
}

#[derive(Default)]
struct Names {
    depth: usize,
    found: Vec<Vec<String>>,
    prefix: Vec<String>,
}

impl Names {
    fn add(&mut self, path: impl IntoIterator<Item = String>) {
        let mut path: Vec<_> = path.into_iter().collect();
        if path.iter().take_while(|it| *it == "super").count() >= self.depth {
            path.splice(..self.depth, ["crate".to_owned()]);
        }
        self.found.push(path);
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.add(path.segments.iter().map(|it| it.ident.to_string()));
        visit::visit_path(self, path);
    }

    fn visit_use_tree(&mut self, tree: &'ast syn::UseTree) {
        let name = match tree {
            syn::UseTree::Path(it) => {
                self.prefix.push(it.ident.to_string());
                self.visit_use_tree(&it.tree);
                self.prefix.pop();
                return;
            }
            syn::UseTree::Group(_) => return visit::visit_use_tree(self, tree),
            syn::UseTree::Glob(_) => "*".to_owned(),
            syn::UseTree::Name(it) => it.ident.to_string(),
            syn::UseTree::Rename(it) => it.ident.to_string(),
        };
        let path: Vec<_> = self.prefix.iter().cloned().chain([name]).collect();
        self.add(path);
    }

    /// What a macro is given is no syntax yet: its tokens are taken apart as text.
    fn visit_macro(&mut self, it: &'ast syn::Macro) {
        let text = it.tokens.to_string().replace(" :: ", "::");
        for path in text.split(|c: char| !c.is_alphanumeric() && !"_:".contains(c)) {
            self.add(path.split("::").map(String::from));
        }
        visit::visit_macro(self, it);
    }

    fn visit_item_mod(&mut self, it: &'ast syn::ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, it);
        self.depth -= 1;
    }

    fn visit_signature(&mut self, it: &'ast syn::Signature) {
        self.found.extend(it.asyncness.map(|_| vec!["async".to_owned()]));
        visit::visit_signature(self, it);
    }

    fn visit_expr_async(&mut self, it: &'ast syn::ExprAsync) {
        self.found.push(vec!["async".to_owned()]);
        visit::visit_expr_async(self, it);
    }

    /// `pub(super)` names nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}
