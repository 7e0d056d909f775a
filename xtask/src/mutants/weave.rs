//! All mutants of a file at once: each behind a switch, so that one build holds them all.
//!
//! Text is only ever inserted. What a mutant replaces stays there, as the other branch of an `if`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use anyhow::{Context as _, Result};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::list::{Genre, Mutant};

/// A file with its mutants in it.
#[derive(Debug)]
pub(super) struct Woven {
    pub(super) text: String,
    /// Which bytes are there for which mutant.
    pub(super) places: Vec<(Range<usize>, usize)>,
    /// The mutants that no switch can hold.
    pub(super) left: Vec<usize>,
}

/// The mutants by their numbers, all of the file with this text.
pub(super) fn weave(text: &str, mutants: &BTreeMap<usize, &Mutant>) -> Result<Woven> {
    let file = syn::parse_file(text).context("not the Rust that syn knows")?;
    let mut weaver = Weaver { text, wanted: BTreeMap::new(), pieces: Vec::new(), covered: false };
    for (&number, mutant) in mutants {
        let at = |place: super::list::Place| offset(text, place.line, place.column);
        let range = at(mutant.span.start)..at(mutant.span.end);
        if mutant.genre == Genre::FnValue && !mutant.return_type().contains("impl ") {
            let value = format!("{{ return {}; }} ", mutant.replacement);
            let cases = vec![Case { number, text: value }];
            weaver.pieces.push(Piece { range: range.start..range.start, form: Form::First, cases });
        } else {
            weaver.wanted.entry(range.start).or_default().push((number, *mutant));
        }
    }
    weaver.visit_file(&file);
    let left = weaver.wanted.into_values().flatten().map(|(number, _)| number).collect();
    let (text, places) = insert(text, weaver.pieces);
    Ok(Woven { text, places, left })
}

struct Weaver<'a> {
    text: &'a str,
    /// Not yet found, by the first byte of what they replace.
    wanted: BTreeMap<usize, Vec<(usize, &'a Mutant)>>,
    pieces: Vec<Piece>,
    /// Whether the match that is being read has an arm for all.
    covered: bool,
}

/// Where text is inserted: before and after what is there.
struct Piece {
    range: Range<usize>,
    form: Form,
    cases: Vec<Case>,
}

/// One mutant, and what stands there instead.
struct Case {
    number: usize,
    text: String,
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Form {
    /// At the beginning of a body: returns early.
    First,
    /// After a pattern: the arm is passed over.
    Guard,
    /// In place of an expression.
    Instead,
}

impl<'a> Weaver<'a> {
    fn take(&mut self, start: usize, genre: Genre) -> Vec<(usize, &'a Mutant)> {
        let Some(here) = self.wanted.get_mut(&start) else { return Vec::new() };
        let (taken, kept) = here.drain(..).partition(|(_, mutant)| mutant.genre == genre);
        *here = kept;
        taken
    }

    fn instead(&mut self, range: Range<usize>, cases: Vec<Case>) {
        if !cases.is_empty() {
            self.pieces.push(Piece { range, form: Form::Instead, cases });
        }
    }

    /// The text of a range, with another text for a part of it.
    fn with(&self, whole: &Range<usize>, part: &Range<usize>, text: &str) -> String {
        let before = &self.text[whole.start..part.start];
        format!("{before} {text} {}", &self.text[part.end..whole.end])
    }
}

impl<'ast> Visit<'ast> for Weaver<'_> {
    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        let (whole, part) = (node.span().byte_range(), node.op.span().byte_range());
        // A chain with `let` in it is no expression.
        if !has_let(&node.left) && !has_let(&node.right) {
            let taken = self.take(part.start, Genre::BinaryOperator);
            let cases = taken.into_iter().map(|(number, mutant)| Case {
                number,
                text: self.with(&whole, &part, &mutant.replacement),
            });
            let cases = cases.collect();
            self.instead(whole, cases);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        let (whole, part) = (node.span().byte_range(), node.op.span().byte_range());
        let taken = self.take(part.start, Genre::UnaryOperator);
        let text = self.with(&whole, &part, "");
        let cases = taken.into_iter().map(|(number, _)| Case { number, text: text.clone() });
        self.instead(whole, cases.collect());
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        // Arms that are passed over only by a guard must all be covered by another one.
        self.covered = node.arms.iter().any(|arm| matches!(arm.pat, syn::Pat::Wild(_)));
        let covered = self.covered;
        for arm in &node.arms {
            self.covered = covered;
            self.visit_arm(arm);
        }
        self.visit_expr(&node.expr);
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        let pattern = node.pat.span().byte_range();
        if self.covered {
            let taken = self.take(node.span().byte_range().start, Genre::MatchArm);
            let case = |(number, _): (usize, &Mutant)| Case { number, text: String::new() };
            let cases: Vec<_> = taken.into_iter().map(case).collect();
            if !cases.is_empty() {
                let range = pattern.end..pattern.end;
                self.pieces.push(Piece { range, form: Form::Guard, cases });
            }
        }
        if let syn::Pat::Guard(syn::PatGuard { guard, .. }) = &node.pat {
            let range = guard.span().byte_range();
            let taken = self.take(range.start, Genre::MatchArmGuard);
            let case = |(number, mutant): (usize, &Mutant)| Case {
                number,
                text: mutant.replacement.clone(),
            };
            if !has_let(guard) {
                self.instead(range, taken.into_iter().map(case).collect());
            }
        }
        visit::visit_arm(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        let whole = node.span().byte_range();
        let mut cases = Vec::new();
        for pair in node.fields.pairs() {
            let start = pair.value().span().byte_range().start;
            let last = pair.punct().map_or_else(|| pair.value().span(), |comma| comma.span());
            let end = last.byte_range().end;
            for (number, _) in self.take(start, Genre::StructField) {
                cases.push(Case { number, text: self.with(&whole, &(start..end), "") });
            }
        }
        self.instead(whole, cases);
        visit::visit_expr_struct(self, node);
    }
}

/// Whether it is a `let` of a condition, or a chain with one.
fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// The byte of a line and a column, which count from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = &text[before..];
    before + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}

/// The text with all pieces in it: an outer one begins before, and ends after, one within it.
fn insert(text: &str, mut pieces: Vec<Piece>) -> (String, Vec<(Range<usize>, usize)>) {
    let outer_first =
        |piece: &Piece| (piece.range.start, piece.form, std::cmp::Reverse(piece.range.end));
    pieces.sort_by_key(outer_first);
    let (mut woven, mut places, mut done) = (String::new(), Vec::new(), 0);
    let mut open: Vec<usize> = Vec::new();
    let ends = |woven: &mut String, done: &mut usize, open: &mut Vec<usize>, until: usize| {
        while let Some(&end) = open.last().filter(|&&end| end <= until) {
            woven.push_str(&text[*done..end]);
            woven.push_str(" })");
            (*done, _) = (end, open.pop());
        }
    };
    for piece in pieces {
        ends(&mut woven, &mut done, &mut open, piece.range.start);
        woven.push_str(&text[done..piece.range.start]);
        done = piece.range.start;
        woven.push_str(match piece.form {
            Form::First => "",
            Form::Guard => " if ",
            Form::Instead => "(",
        });
        for Case { number, text } in &piece.cases {
            let begin = woven.len();
            let on = format!("crate::mutants_switch::on({number})");
            let written = match piece.form {
                Form::First => write!(woven, "if {on} {text}"),
                Form::Guard => write!(woven, "!{on} "),
                Form::Instead => write!(woven, "if {on} {{ {text} }} else "),
            };
            written.expect("a string takes all");
            places.push((begin..woven.len(), *number));
        }
        if piece.form == Form::Instead {
            woven.push_str("{ ");
            open.push(piece.range.end);
        }
    }
    ends(&mut woven, &mut done, &mut open, text.len());
    woven.push_str(&text[done..]);
    (woven, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(text: &str, part: &str, replacement: &str, genre: &str) -> Mutant {
        let start = text.find(part).expect("a part of the text") + 1;
        let place = |column| serde_json::json!({ "line": 1, "column": column });
        let span = serde_json::json!({ "start": place(start), "end": place(start + part.len()) });
        let function = serde_json::json!({ "return_type": "-> bool" });
        serde_json::from_value(serde_json::json!({
            "name": "", "file": "", "function": function, "span": span,
            "replacement": replacement, "genre": genre,
        }))
        .expect("as cargo-mutants writes it")
    }

    fn woven(text: &str, mutants: &[Mutant]) -> Woven {
        let numbered = mutants.iter().enumerate().map(|(index, it)| (index + 1, it)).collect();
        weave(text, &numbered).expect("Rust")
    }

    #[test]
    fn what_is_replaced_stays_as_the_other_branch() {
        let text = "fn f() -> bool { a + 1 < 2 && !b }";
        let mutants = [
            mutant(text, "a + 1 < 2 && !b", "true", "FnValue"),
            mutant(text, "+", "-", "BinaryOperator"),
            mutant(text, "<", "<=", "BinaryOperator"),
            mutant(text, "!", "", "UnaryOperator"),
        ];
        let woven = woven(text, &mutants);
        assert_eq!(
            woven.text.replace("crate::mutants_switch::", ""),
            "fn f() -> bool { if on(1) { return true; } (if on(3) { a + 1  <=  2 } else { \
             (if on(2) { a  -  1 } else { a + 1 }) < 2 }) && (if on(4) {   b } else { !b }) }"
        );
        assert!(woven.left.is_empty());
        for (range, number) in woven.places {
            assert!(woven.text[range].contains(&format!("on({number})")));
        }
    }

    #[test]
    fn arms_are_passed_over() {
        let text = "fn f() -> bool { match a { 1 => b, 2 if yes => d, _ => e } }";
        let mutants = [
            mutant(text, "1 => b,", "", "MatchArm"),
            mutant(text, "yes", "true", "MatchArmGuard"),
            mutant(text, "yes", "false", "MatchArmGuard"),
        ];
        assert_eq!(
            woven(text, &mutants).text.replace("crate::mutants_switch::", ""),
            "fn f() -> bool { match a { 1 if !on(1)  => b, \
             2 if (if on(2) { true } else if on(3) { false } else { yes }) => d, _ => e } }"
        );
    }

    #[test]
    fn what_no_switch_can_hold_is_left() {
        let text = "fn f() -> bool { if let 1 = a && b == c { d } else { e } }";
        let and = [mutant(text, "&&", "||", "BinaryOperator")];
        assert_eq!(woven(text, &and).left, [1]);
        let equal = [mutant(text, "==", "!=", "BinaryOperator")];
        assert_eq!(woven(text, &equal).left, [0; 0]);
        // An arm of a match that has none for all the rest.
        let text = "fn f() -> bool { match a { _ if b => c, 1 => d, x => e } }";
        assert_eq!(woven(text, &[mutant(text, "1 => d,", "", "MatchArm")]).left, [1]);
    }
}
