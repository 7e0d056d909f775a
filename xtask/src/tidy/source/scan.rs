//! One pass over the tokens of a file.

use std::collections::BTreeSet;
use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

use super::Named;
use super::cfg::confines;

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) attributes: Vec<Attribute>,
    /// The `mod name;` of this file.
    pub(crate) children: Vec<Child>,
    /// Lines with code on them: no blank, comment, documentation, attribute or test.
    pub(crate) lines: BTreeSet<usize>,
    pub(crate) names: Vec<Named>,
}

#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) line: usize,
    pub(crate) test: bool,
    pub(crate) text: String,
}

/// A module in a file of its own.
#[derive(Debug)]
pub(crate) struct Child {
    /// Names from the root of the crate.
    pub(crate) path: Vec<String>,
    pub(crate) test: bool,
}

impl Scan {
    /// `module` is the file's own path from the root of its crate.
    pub(crate) fn of(tokens: TokenStream, module: &[String]) -> Self {
        let mut scan = Self::default();
        scan.walk(tokens, module, false);
        scan
    }

    /// Marks the whole file as compiled for tests only.
    pub(super) fn for_tests(&mut self) {
        self.lines.clear();
        self.attributes.iter_mut().for_each(|it| it.test = true);
        self.children.iter_mut().for_each(|it| it.test = true);
        self.names.iter_mut().for_each(|it| it.test = true);
    }

    fn walk(&mut self, tokens: TokenStream, scope: &[String], mut test: bool) {
        let mut rest = tokens.into_iter().peekable();
        // The attributes just read, and whether they make the next item one for tests only.
        let (mut first, mut marked) = (self.attributes.len(), false);
        let mut after_angle = false;
        while let Some(token) = rest.next() {
            let angle = is_punct(&token, '>');
            match token {
                TokenTree::Punct(hash) if hash.as_char() == '#' && attribute_follows(&rest) => {
                    let inner = rest.next_if(|it| is_punct(it, '!')).is_some();
                    let confined = self.attribute(&mut rest, hash.span(), test);
                    // `#![cfg(test)]` is about all that is around it.
                    test |= inner && confined;
                    marked |= confined;
                    continue;
                }
                // `<T>::f` goes on with a path, it does not begin one.
                TokenTree::Punct(colon) if after_angle && starts_path(&colon, &mut rest) => {
                    self.line(colon.span(), test);
                    rest.next();
                    rest.next_if(|it| matches!(it, TokenTree::Ident(_)));
                }
                TokenTree::Ident(word) if word == "mod" => {
                    self.line(word.span(), test || marked);
                    self.module(&mut rest, scope, test || marked);
                }
                token if marked => self.test_item(token, &mut rest, scope),
                token => self.token(token, &mut rest, scope, test),
            }
            self.attributes[first..].iter_mut().for_each(|it| it.test |= marked);
            (first, marked) = (self.attributes.len(), false);
            after_angle = angle;
        }
    }

    /// Returns whether it confines what follows to tests.
    fn attribute(&mut self, rest: &mut Tokens, hash: Span, test: bool) -> bool {
        let Some(TokenTree::Group(group)) = rest.next() else { return false };
        let confined = confines(group.stream());
        self.attributes.push(Attribute {
            line: hash.start().line,
            test: test || confined,
            text: group.stream().to_string(),
        });
        confined
    }

    fn module(&mut self, rest: &mut Tokens, scope: &[String], test: bool) {
        let Some(TokenTree::Ident(name)) = rest.next_if(|it| matches!(it, TokenTree::Ident(_)))
        else {
            return;
        };
        self.line(name.span(), test);
        let path = [scope, &[plain(&name.to_string())]].concat();
        match rest.next() {
            Some(TokenTree::Group(body)) => self.group(&body, &path, test),
            Some(end) => {
                self.line(end.span(), test);
                self.children.push(Child { path, test });
            }
            None => {}
        }
    }

    /// The rest of an item under `#[cfg(test)]`; what is no item stays under the stricter rule.
    fn test_item(&mut self, first: TokenTree, rest: &mut Tokens, scope: &[String]) {
        let mut item = vec![first];
        if matches!(&item[..], [TokenTree::Ident(word)] if word == "pub") {
            item.extend(rest.next_if(|it| is_group(it, Delimiter::Parenthesis)));
            item.extend(rest.next());
        }
        let keyword = item.last().map(ToString::to_string).unwrap_or_default();
        let ends_at_brace = match keyword.as_str() {
            "mod" => {
                item.iter().for_each(|token| self.line(token.span(), true));
                return self.module(rest, scope, true);
            }
            "const" => matches!(rest.peek(), Some(TokenTree::Ident(word)) if word == "fn"),
            "static" | "type" | "use" => false,
            "async" | "enum" | "extern" | "fn" | "impl" | "struct" | "trait" => true,
            _ => {
                return self.walk(item.into_iter().collect(), scope, false);
            }
        };
        for token in rest.by_ref() {
            let last = is_punct(&token, ';') || ends_at_brace && is_group(&token, Delimiter::Brace);
            item.push(token);
            if last {
                break;
            }
        }
        self.walk(item.into_iter().collect(), scope, true);
    }

    fn token(&mut self, token: TokenTree, rest: &mut Tokens, scope: &[String], test: bool) {
        match token {
            TokenTree::Ident(word) if word == "pub" => {
                self.line(word.span(), test);
                // `pub(crate)` and `pub(in crate::a)` name no dependency.
                if let Some(reach) = rest.next_if(is_visibility) {
                    self.line(reach.span(), test);
                }
            }
            TokenTree::Ident(word) => {
                self.line(word.span(), test);
                let path = vec![plain(&word.to_string())];
                self.path(path, word.span(), rest, scope, test);
            }
            TokenTree::Punct(colon) if starts_path(&colon, rest) => {
                self.line(colon.span(), test);
                rest.next();
                self.segment(vec![String::new()], colon.span(), rest, scope, test);
            }
            token => self.plain_token(token, scope, test),
        }
    }

    fn plain_token(&mut self, token: TokenTree, scope: &[String], test: bool) {
        match token {
            TokenTree::Group(group) => self.group(&group, scope, test),
            token => self.line(token.span(), test),
        }
    }

    fn group(&mut self, group: &Group, scope: &[String], test: bool) {
        self.line(group.span_open(), test);
        self.walk(group.stream(), scope, test);
        self.line(group.span_close(), test);
    }

    /// Goes on with a path that is `path` so far.
    fn path(
        &mut self,
        path: Vec<String>,
        at: Span,
        rest: &mut Tokens,
        scope: &[String],
        test: bool,
    ) {
        let keyword = matches!(&path[..], [word] if KEYWORDS.contains(&word.as_str()));
        if !keyword && takes_colons(rest) {
            self.segment(path, at, rest, scope, test);
        } else {
            self.name(path, at, scope, test);
        }
    }

    /// What comes after `::`.
    fn segment(
        &mut self,
        mut path: Vec<String>,
        at: Span,
        rest: &mut Tokens,
        scope: &[String],
        test: bool,
    ) {
        match rest.next_if(|it| matches!(it, TokenTree::Ident(_)) || is_group(it, Delimiter::Brace))
        {
            Some(TokenTree::Ident(word)) => {
                self.line(word.span(), test);
                path.push(plain(&word.to_string()));
                self.path(path, at, rest, scope, test);
            }
            Some(TokenTree::Group(branches)) => {
                self.line(branches.span_open(), test);
                self.branches(&path, branches.stream(), scope, test);
                self.line(branches.span_close(), test);
            }
            // `a::*`, or `a::<T>`.
            _ => {
                rest.next_if(|it| is_punct(it, '*'));
                self.name(path, at, scope, test);
            }
        }
    }

    fn branches(&mut self, stem: &[String], tokens: TokenStream, scope: &[String], test: bool) {
        let mut rest = tokens.into_iter().peekable();
        while let Some(token) = rest.next() {
            self.line(token.span(), test);
            match token {
                TokenTree::Ident(word) if word == "as" => drop(rest.next()),
                TokenTree::Ident(word) => {
                    let name = plain(&word.to_string());
                    // `a::{self}` is `a`.
                    let own = (name != "self").then_some(name);
                    let path = stem.iter().cloned().chain(own).collect();
                    self.path(path, word.span(), &mut rest, scope, test);
                }
                TokenTree::Punct(star) if star.as_char() == '*' => {
                    self.name(stem.to_vec(), star.span(), scope, test);
                }
                _ => {}
            }
        }
    }

    fn name(&mut self, path: Vec<String>, at: Span, scope: &[String], test: bool) {
        self.names.push(Named { line: at.start().line, path, scope: scope.to_vec(), test });
    }

    fn line(&mut self, span: Span, test: bool) {
        if !test {
            self.lines.extend(span.start().line..=span.end().line);
        }
    }
}

/// Those that can stand before a path which begins with `::`.
const KEYWORDS: &[&str] = &[
    "as", "break", "const", "dyn", "else", "for", "if", "impl", "in", "let", "match", "move",
    "mut", "ref", "return", "static", "unsafe", "use", "where", "while", "yield",
];

type Tokens = Peekable<IntoIter>;

fn attribute_follows(rest: &Tokens) -> bool {
    let mut ahead = rest.clone();
    ahead.next_if(|it| is_punct(it, '!'));
    ahead.next().is_some_and(|it| is_group(&it, Delimiter::Bracket))
}

fn is_visibility(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut words = group.stream().into_iter();
    let (first, second) = (words.next().map(|it| it.to_string()), words.next());
    group.delimiter() == Delimiter::Parenthesis
        && match first.as_deref() {
            Some("crate" | "self" | "super") => second.is_none(),
            Some("in") => true,
            _ => false,
        }
}

fn starts_path(colon: &proc_macro2::Punct, rest: &mut Tokens) -> bool {
    colon.as_char() == ':'
        && colon.spacing() == Spacing::Joint
        && rest.peek().is_some_and(|it| is_punct(it, ':'))
}

/// Eats `::`, if it is next.
fn takes_colons(rest: &mut Tokens) -> bool {
    let joint = |it: &TokenTree| matches!(it, TokenTree::Punct(p) if p.as_char() == ':' && p.spacing() == Spacing::Joint);
    rest.next_if(joint).is_some() && rest.next_if(|it| is_punct(it, ':')).is_some()
}

fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn plain(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}
