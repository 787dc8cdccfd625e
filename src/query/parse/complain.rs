//! What the parser says where nothing that it knows can stand.

use super::super::lex::{self, same_word};
use super::{Name, Outcome, Parser};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::query::words::ELSEWHERE;

impl<'t> Parser<'t> {
    /// Something that cannot follow a term.
    pub(super) fn stray(&self, c: char) -> Diagnostic {
        let closing = [(')', "parenthesis", '('), ('}', "brace", '{'), (']', "bracket", '[')];
        if let Some((_, name, open)) = closing.iter().find(|(close, ..)| *close == c) {
            let message = format!("this {name} was never opened");
            return Diagnostic::error("stray-closing", self.here(), message)
                .hint(format!("take it off, or add `{open}`"));
        }
        let rest = self.rest();
        // A name whose next part is still to come, as `ct.` is.
        if rest == "." && self.text[..self.at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            return self.unfinished("expected the rest of the name after `.`");
        }
        // The first half of an operator that the text ends in.
        if rest == "&" || rest == "|" {
            return self.unfinished(format!("`{rest}{rest}` connects two terms"));
        }
        let message = format!("`{c}` cannot stand here");
        let d = Diagnostic::error("unexpected", self.here(), message);
        match c {
            ';' => d.hint("terms are set apart by commas or blanks"),
            '&' | '|' => d.hint(format!("write `{c}{c}`")),
            _ => d.hint("expected `and`, `or`, a comma or the end"),
        }
    }

    /// A character with which no term begins.
    pub(super) fn no_term(&self, c: char) -> Diagnostic {
        let (value, _) = lex::value(self.rest());
        if c == ',' {
            let d = Diagnostic::error("missing-term", self.here(), "a term is missing before this comma");
            return d.hint("take the comma off");
        }
        if let Some(op) = crate::query::words::OPS.iter().find(|o| self.rest().starts_with(o.name)) {
            let span = Span::new(self.at, self.at + op.name.len());
            let d = Diagnostic::error("missing-field", span, format!("a field is missing before `{}`", op.name));
            return d.hint("write field = value");
        }
        if self.rest().starts_with('/') {
            let d = Diagnostic::error("missing-field", self.here(), "a regular expression needs a field");
            return d.hint("write text ~ /../");
        }
        if value.is_empty() || matches!(c, ']' | '|') {
            return self.stray(c);
        }
        let span = Span::new(self.at, self.at + value.len());
        let message = format!("`{value}` is a value, and a field is missing before it");
        Diagnostic::error("missing-field", span, message)
            .hint(format!("write field = {value}, or \"{value}\" to find the text"))
    }

    /// Complains if a value stands here, right behind a field.
    pub(super) fn no_value(&self, field: Name<'t>) -> Outcome<()> {
        if self.rest() == "." && self.at == field.span.end as usize {
            return Err(self.unfinished("expected the rest of the name after `.`"));
        }
        let (value, _) = lex::value(self.rest());
        let is_value =
            value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | ':' | '/' | '*'));
        if !is_value {
            return Ok(());
        }
        if let Some((_, hint)) = ELSEWHERE.iter().find(|(other, _)| same_word(other, field.word)) {
            return Err(
                Diagnostic::error("unknown-field", field.span, format!("no field `{}`", field.word)).hint(*hint)
            );
        }
        let span = Span::new(self.at, self.at + value.len());
        let d = Diagnostic::error("missing-operator", span, "expected a comparison: = != < <= > >=");
        Err(d.hint(format!("did you mean `{} = {value}`?", field.word)))
    }
}
