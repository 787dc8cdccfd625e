//! Text to [`Expr`]: recursive descent over the pieces of [`super::lex`], after the grammar in [`super::GRAMMAR`].
//!
//! Two kinds of complaint come out. A text that only ends too early, so that more typing can make it right, is
//! *unfinished* ([`UNFINISHED`]); any other is wrong. While it reads, the parser notes what it expected where it met the
//! end of the text, which is what completion starts from.

mod complain;

use std::borrow::Cow;

use super::ast::{Ask, Expr, Name, Operand, PacketItem, Target, Term, Value};
use super::lex::{self, same_word, skip_blanks};
use super::words::{Op, OpWord, PLACES, Place, RESERVED, WAYS};
use super::{DEPTH, TEXT, UNFINISHED};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;

/// What may stand at a place of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Expect<'t> {
    /// A term, or what may stand before one.
    Term,
    /// The field that `has` asks for.
    Field,
    /// An operator, or whatever else may follow a field that stands alone.
    Operator(Name<'t>),
    /// A value of a field.
    Value(Name<'t>, Op),
    /// `and`, `or`, or another term.
    Connector,
    /// A keyword or field of a packet.
    PacketItem,
    /// The `=` after a field of a packet, or the next item.
    PacketEquals,
    /// A place.
    Target,
    /// The name or number of a place.
    PlaceValue(Place),
}

/// What was expected at the end of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Context<'t> {
    /// What may stand there.
    pub expect: Expect<'t>,
    /// Where the word that touches the end begins; the end itself if none does.
    pub start: usize,
}

/// What came of a text.
pub(super) struct Parsed<'t> {
    /// The expression; none for an empty text.
    pub expr: Result<Option<Expr<'t>>, Diagnostic>,
    /// What may stand at the end of the text, if the parser came that far.
    pub context: Option<Context<'t>>,
}

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Parsed<'_> {
    let mut parser = Parser { text, at: 0, depth: 0, before: None, context: None };
    let expr = parser.filter();
    Parsed { expr, context: parser.context }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// The field that stands right before the term that is read, with nothing but blanks between.
    before: Option<Name<'t>>,
    context: Option<Context<'t>>,
}

type Outcome<T> = Result<T, Diagnostic>;

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - skip_blanks(self.rest()).len();
    }

    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Takes everything up to `rest`, which must be what follows in the text.
    fn take_until(&mut self, rest: &str) -> Span {
        let start = self.at;
        self.at = self.text.len() - rest.len();
        Span::new(start, self.at)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Takes a word of the grammar, in any case.
    fn eat_word(&mut self, wanted: &str) -> bool {
        match lex::word(self.rest()) {
            Some((word, rest)) if same_word(word, wanted) => {
                self.take_until(rest);
                true
            }
            _ => false,
        }
    }

    /// Notes what may stand here, if the text ends here or in the piece that ends at `end`.
    fn expect(&mut self, expect: Expect<'t>, end: usize) {
        // What the last word may become is more to the point than what may follow it.
        let is_known = expect == Expect::Connector && self.context.is_some();
        if end == self.text.len() && !is_known {
            self.context = Some(Context { expect, start: self.at });
        }
    }

    /// Skips blanks and notes what may stand here, for a text that ends here.
    fn expect_here(&mut self, expect: Expect<'t>) {
        self.blanks();
        self.expect(expect, self.at);
    }

    fn here(&self) -> Span {
        let end = self.rest().chars().next().map_or(self.at, |c| self.at + c.len_utf8());
        Span::new(self.at, end)
    }

    fn unfinished(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(UNFINISHED, Span::new(self.text.len(), self.text.len()), message)
    }

    fn filter(&mut self) -> Outcome<Option<Expr<'t>>> {
        if self.text.len() > TEXT {
            let message = format!("a filter has at most {TEXT} bytes, this one has {}", self.text.len());
            return Err(Diagnostic::error("too-long", Span::new(0, 1), message).hint("take out what is not needed"));
        }
        self.expect_here(Expect::Term);
        if self.is_at_end() {
            return Ok(None);
        }
        let expr = self.or()?;
        self.blanks();
        match self.rest().chars().next() {
            None => Ok(Some(expr)),
            Some(c) => Err(self.stray(c)),
        }
    }

    /// One level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth == DEPTH {
            let message = format!("a filter is nested at most {DEPTH} deep");
            return Err(Diagnostic::error("too-deep", self.here(), message).hint("take out parentheses and `not`s"));
        }
        self.depth += 1;
        let outcome = read(self);
        self.depth -= 1;
        outcome
    }

    fn or(&mut self) -> Outcome<Expr<'t>> {
        let mut list = vec![self.and()?];
        loop {
            self.blanks();
            if !self.eat("||") && !self.eat_word("or") {
                break;
            }
            self.needs_term("or")?;
            list.push(self.and()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::Or(list) })
    }

    fn and(&mut self) -> Outcome<Expr<'t>> {
        let mut list = vec![self.not()?];
        loop {
            self.expect_here(Expect::Connector);
            self.before = None;
            if self.eat(",") || self.eat("&&") {
                self.needs_term(",")?;
            } else if self.eat_word("and") {
                self.needs_term("and")?;
            } else if !self.begins_term() {
                break;
            } else if let Some(Expr::Term(Term { ask: Ask::Word(name), .. })) = list.last() {
                self.before = Some(*name);
            }
            list.push(self.not()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::And(list) })
    }

    /// After a connector: the text may not end here.
    fn needs_term(&mut self, connector: &str) -> Outcome<()> {
        self.expect_here(Expect::Term);
        match self.is_at_end() {
            true => Err(self.unfinished(format!("expected a term after `{connector}`"))),
            false => Ok(()),
        }
    }

    /// Whether a term may begin here without a connector before it.
    fn begins_term(&self) -> bool {
        let rest = self.rest();
        match lex::word(rest) {
            Some((word, _)) => !same_word(word, "or"),
            None => rest.starts_with(['(', '"', '\'']) || rest.starts_with('!') && !rest.starts_with("!="),
        }
    }

    fn not(&mut self) -> Outcome<Expr<'t>> {
        self.expect_here(Expect::Term);
        let start = self.at;
        let is_sign = self.rest().starts_with('!') && !self.rest().starts_with("!=") && !self.rest().starts_with("!~");
        if is_sign && self.eat("!") || self.eat_word("not") {
            self.needs_term("not")?;
            let inner = self.nested(Self::not)?;
            return Ok(Expr::Not(Box::new(inner), Span::new(start, self.at)));
        }
        self.prim()
    }

    fn prim(&mut self) -> Outcome<Expr<'t>> {
        let start = self.at;
        match self.rest().chars().next() {
            None => Err(self.unfinished("expected a term")),
            Some('(') => self.group(),
            Some('"' | '\'') => {
                let value = self.string()?;
                Ok(Expr::Term(Term { span: value.span, ask: Ask::Text(value.text) }))
            }
            Some(c) => match lex::word(self.rest()) {
                Some((word, rest)) => {
                    let ask = self.term(word, rest)?;
                    Ok(Expr::Term(Term { ask, span: Span::new(start, self.at) }))
                }
                None => Err(self.no_term(c)),
            },
        }
    }

    fn group(&mut self) -> Outcome<Expr<'t>> {
        let start = self.at;
        self.eat("(");
        self.expect_here(Expect::Term);
        if self.rest().starts_with(')') {
            let message = "nothing stands in these parentheses";
            return Err(Diagnostic::error("empty-group", Span::new(start, self.at + 1), message).hint("take them off"));
        }
        if self.is_at_end() {
            return Err(self.unfinished("expected a term after `(`"));
        }
        let inner = self.nested(Self::or)?;
        self.blanks();
        if self.eat(")") {
            return Ok(Expr::Group(Box::new(inner), Span::new(start, self.at)));
        }
        match self.rest().chars().next() {
            None => {
                let d = Diagnostic::error(UNFINISHED, Span::new(start, start + 1), "this parenthesis is not closed");
                Err(d.hint("add `)`"))
            }
            Some(c) => Err(self.stray(c)),
        }
    }

    /// A term that begins with `word`.
    fn term(&mut self, word: &'t str, rest: &'t str) -> Outcome<Ask<'t>> {
        let end = self.text.len() - rest.len();
        self.expect(self.before.map_or(Expect::Term, Expect::Operator), end);
        let span = Span::new(self.at, end);
        if same_word(word, "has") {
            self.at = end;
            return self.has();
        }
        if same_word(word, "hits") || same_word(word, "wins") {
            if skip_blanks(rest).starts_with('{') {
                self.at = end;
                return self.packet(same_word(word, "wins"), span);
            }
            if skip_blanks(rest).is_empty() {
                return Err(self.unfinished(format!("expected `{{` after `{word}`")));
            }
            let message = format!("`{word}` needs a field before it, or a packet in braces behind it");
            return Err(
                Diagnostic::error("missing-field", span, message).hint(format!("write {word}{{in_port=1,tcp}}"))
            );
        }
        if let Some((_, way, _)) = WAYS.iter().find(|(name, ..)| same_word(word, name)) {
            self.at = end;
            let target = self.target(word)?;
            return Ok(Ask::Reference { way: *way, target });
        }
        if RESERVED.iter().any(|r| same_word(word, r)) {
            // What touches the end may become a longer word: `in` is how `in_port` begins.
            let code = if rest.is_empty() { UNFINISHED } else { "missing-field" };
            let d = Diagnostic::error(code, span, format!("a term is missing before `{word}`"));
            return Err(d.hint("a term is a keyword, or field = value"));
        }
        self.field_term()
    }

    fn has(&mut self) -> Outcome<Ask<'t>> {
        self.expect_here(Expect::Field);
        match lex::word(self.rest()) {
            Some((word, rest)) => {
                let end = self.text.len() - rest.len();
                self.expect(Expect::Field, end);
                if RESERVED.iter().any(|r| same_word(word, r)) {
                    let message = format!("expected a field after `has`, not `{word}`");
                    return Err(
                        Diagnostic::error("missing-field", Span::new(self.at, end), message).hint("as has nw_src")
                    );
                }
                self.name().map(Ask::Has)
            }
            None if self.is_at_end() => Err(self.unfinished("expected a field after `has`")),
            None => {
                let d = Diagnostic::error("missing-field", self.here(), "expected a field after `has`");
                Err(d.hint("as has nw_src"))
            }
        }
    }

    /// The name of a field with its bits. A word must stand here.
    fn name(&mut self) -> Outcome<Name<'t>> {
        let start = self.at;
        let Some((word, rest)) = lex::word(self.rest()) else {
            return Err(self.unfinished("expected a field"));
        };
        self.take_until(rest);
        let mut bits = None;
        if rest.starts_with('[') {
            match lex::brackets(rest) {
                Ok((found, rest)) => {
                    self.take_until(rest);
                    bits = Some(found);
                }
                Err(true) => return Err(self.unfinished("expected bits and `]`").hint("as [5] or [0..15]")),
                Err(false) => {
                    let end = rest.find(']').map_or(1, |at| at + 1);
                    let span = Span::new(self.at, self.at + end);
                    let d = Diagnostic::error("bad-bits", span, "bits are written as [], [3] or [0..15]");
                    return Err(d.hint("write bits as numbers, the lower one first"));
                }
            }
        }
        Ok(Name { word, bits, span: Span::new(start, self.at) })
    }

    fn field_term(&mut self) -> Outcome<Ask<'t>> {
        let field = self.name()?;
        let after_name = self.at;
        self.blanks();
        // A word that touches the end may still grow, so what may follow it is not asked yet.
        if after_name < self.text.len() || field.bits.is_some() {
            self.expect(Expect::Operator(field), self.at);
        }
        let start = self.at;
        let negated = self.starts_negated_op() && self.eat_word("not");
        self.blanks();
        let Some(op) = self.op()? else {
            self.no_value(field)?;
            self.at = after_name;
            return Ok(Ask::Word(field));
        };
        let op_span = Span::new(start, self.at);
        let operand = self.operand(field, op)?;
        Ok(Ask::Test { field, negated, op, op_span, operand })
    }

    /// Whether `not in`, `not hits` or `not covers` stands here, and not a term of its own.
    fn starts_negated_op(&self) -> bool {
        let Some((_, rest)) = lex::word(self.rest()).filter(|(word, _)| same_word(word, "not")) else {
            return false;
        };
        lex::word(skip_blanks(rest)).is_some_and(|(word, rest)| is_op_word(word, rest))
    }

    /// Takes an operator, if one stands here.
    fn op(&mut self) -> Outcome<Option<Op>> {
        let rest = self.rest();
        if let Some((word, after)) = lex::word(rest) {
            if !is_op_word(word, after) {
                return Ok(None);
            }
            self.take_until(after);
            return Ok(super::words::OPS.iter().find(|o| same_word(o.name, word)).map(|o| o.op));
        }
        // Whoever writes these means another operator. `=!` and `=~` are taken apart only if nothing else fits.
        const SLIPS: [(&str, &str); 8] = [
            ("=>", ">="),
            ("=<", "<="),
            ("=~", "~"),
            ("<>", "!="),
            ("=!", "!="),
            ("===", "="),
            (":=", "="),
            ("!==", "!="),
        ];
        if let Some((slip, meant)) = SLIPS.iter().find(|(slip, _)| rest.starts_with(slip)) {
            let span = Span::new(self.at, self.at + slip.len());
            let d = Diagnostic::error("unknown-operator", span, "expected a comparison: = != < <= > >=");
            return Err(d.hint(format!("did you mean `{meant}`?")));
        }
        if rest == "!" {
            return Err(self.unfinished("expected `!=` or `!~`"));
        }
        if rest.starts_with(':') {
            let d = Diagnostic::error("unknown-operator", self.here(), "expected a comparison: = != < <= > >=");
            return Err(d.hint("did you mean `=`?"));
        }
        let found = super::words::OPS.iter().find(|o| rest.starts_with(o.name));
        self.at += found.map_or(0, |o| o.name.len());
        Ok(found.map(|o| o.op))
    }

    fn operand(&mut self, field: Name<'t>, op: Op) -> Outcome<Operand<'t>> {
        self.expect_here(Expect::Value(field, op));
        let word = OpWord::of(op).name;
        if self.is_at_end() {
            return Err(self.unfinished(format!("expected a value after `{word}`")));
        }
        if matches!(op, Op::Like | Op::Unlike) {
            return self.regex(word);
        }
        if self.rest().starts_with('{') {
            return match op {
                Op::In => self.set(field),
                _ => {
                    let d = Diagnostic::error("bad-value", self.here(), format!("`{word}` takes one value, not a set"));
                    Err(d.hint(format!("write {} in {{..}}", field.word)))
                }
            };
        }
        self.value_or_range(field, op)
    }

    fn value_or_range(&mut self, field: Name<'t>, op: Op) -> Outcome<Operand<'t>> {
        let first = self.value(Expect::Value(field, op), OpWord::of(op).name)?;
        let after = self.at;
        self.blanks();
        if !self.rest().starts_with("..") {
            self.at = after;
            return Ok(Operand::One(first));
        }
        let dots = Span::new(self.at, self.at + 2);
        self.eat("..");
        self.expect_here(Expect::Value(field, op));
        if self.is_at_end() {
            return Err(self.unfinished("expected the end of the range after `..`"));
        }
        let last = self.value(Expect::Value(field, op), "..")?;
        if !matches!(op, Op::In | Op::Covers | Op::Hits) {
            let message = format!("`{}` takes one value, not a range", OpWord::of(op).name);
            let span = first.span.to(last.span).to(dots);
            return Err(Diagnostic::error("bad-value", span, message).hint(format!("write {} in 1..5", field.word)));
        }
        Ok(Operand::Range(first, last))
    }

    fn set(&mut self, field: Name<'t>) -> Outcome<Operand<'t>> {
        let start = self.at;
        self.eat("{");
        let mut list = Vec::new();
        loop {
            self.expect_here(Expect::Value(field, Op::In));
            if list.is_empty() && self.rest().starts_with('}') {
                let span = Span::new(start, self.at + 1);
                return Err(
                    Diagnostic::error("empty-set", span, "a set needs a value").hint("as {80, 443, 8000..8099}")
                );
            }
            if !self.is_at_end() {
                list.push(self.value_or_range(field, Op::In)?);
            }
            match self.list_goes_on(start)? {
                true => {}
                false => return Ok(Operand::Set(list, Span::new(start, self.at))),
            }
        }
    }

    /// After an item of a list in braces: takes the comma, or the closing brace.
    fn list_goes_on(&mut self, start: usize) -> Outcome<bool> {
        self.blanks();
        if self.eat(",") {
            return Ok(true);
        }
        if self.eat("}") {
            return Ok(false);
        }
        match self.rest().chars().next() {
            None => {
                let d = Diagnostic::error(UNFINISHED, Span::new(start, start + 1), "this brace is not closed");
                Err(d.hint("add `}`"))
            }
            Some(c) => {
                let d = Diagnostic::error("unexpected", self.here(), format!("`{c}` cannot stand here"));
                Err(d.hint("expected a comma or `}`"))
            }
        }
    }

    fn regex(&mut self, op: &str) -> Outcome<Operand<'t>> {
        let (rest, start) = (self.rest(), self.at);
        let open = |this: &Self, what: &str| {
            Err(Diagnostic::error(UNFINISHED, Span::new(start, start + 1), format!("this {what} is not closed"))
                .hint(format!("add `{}`", &this.text[start..=start])))
        };
        match rest.chars().next() {
            Some('/') => {
                let Some(found) = lex::slashed(rest) else { return open(self, "slash") };
                let span = self.take_until(found.rest);
                Ok(Operand::Regex { pattern: lex::pattern(found.inner, '/'), any_case: found.any_case, span })
            }
            Some(quote @ ('"' | '\'')) => {
                let Some(found) = lex::quoted(rest) else { return open(self, "quote") };
                let span = self.take_until(found.rest);
                Ok(Operand::Regex { pattern: lex::pattern(found.inner, quote), any_case: false, span })
            }
            _ => {
                let (word, _) = lex::value(rest);
                let shown = word.len().max(rest.chars().next().map_or(0, char::len_utf8));
                let span = Span::new(self.at, self.at + shown);
                let message = format!("expected a regular expression after `{op}`");
                Err(Diagnostic::error("bad-value", span, message)
                    .hint(format!("write {op} \"{word}\" or {op} /{word}/")))
            }
        }
    }

    fn string(&mut self) -> Outcome<Value<'t>> {
        let start = self.at;
        match lex::quoted(self.rest()) {
            Some(found) => {
                let span = self.take_until(found.rest);
                Ok(Value { text: lex::unescaped(found.inner), is_quoted: true, span })
            }
            None => {
                let d = Diagnostic::error(UNFINISHED, Span::new(start, start + 1), "this quote is not closed");
                Err(d.hint(format!("add `{}`", &self.text[start..=start])))
            }
        }
    }

    /// One value, in quotes or not. `before` is what stands before it, for the message.
    fn value(&mut self, expect: Expect<'t>, before: &str) -> Outcome<Value<'t>> {
        if self.rest().starts_with(['"', '\'']) {
            let end = lex::quoted(self.rest()).map_or(self.text.len(), |q| self.text.len() - q.rest.len());
            self.expect(expect, end);
            let value = self.string()?;
            return match self.rest().chars().next() {
                Some(c) if c.is_alphanumeric() || matches!(c, '"' | '\'' | '/' | '_' | '-' | '.') => {
                    let d = Diagnostic::error("unexpected", self.here(), "the value ends at its closing quote");
                    Err(d.hint("add a blank, or take the quotes off"))
                }
                _ => Ok(value),
            };
        }
        let (text, rest) = lex::value(self.rest());
        let end = self.text.len() - rest.len();
        self.expect(expect, end);
        if text.starts_with('(') && !text.ends_with(')') {
            let d = Diagnostic::error(UNFINISHED, Span::new(self.at, self.at + 1), "this parenthesis is not closed");
            return Err(d.hint("as (1,0x800)"));
        }
        if text.is_empty() {
            let d = Diagnostic::error("missing-value", self.here(), format!("expected a value after `{before}`"));
            return Err(d.hint("a value with blanks or commas stands in quotes"));
        }
        self.at = end;
        let span = Span::new(end - text.len(), end);
        // A word of the grammar is a value only in quotes, or `tp_dst = and tcp` would ask for a port called `and`.
        if RESERVED.iter().any(|r| same_word(r, text)) {
            let d =
                Diagnostic::error("missing-value", span, format!("expected a value after `{before}`, not `{text}`"));
            return Err(d.hint(format!("if it is a value, write \"{text}\"")));
        }
        Ok(Value { text: Cow::Borrowed(text), is_quoted: false, span })
    }

    fn packet(&mut self, wins: bool, word: Span) -> Outcome<Ask<'t>> {
        self.blanks();
        let start = self.at;
        self.eat("{");
        let mut items = Vec::new();
        loop {
            self.expect_here(Expect::PacketItem);
            if items.is_empty() && self.rest().starts_with('}') {
                let d =
                    Diagnostic::error("empty-set", word.to(Span::new(start, self.at + 1)), "a packet needs a field");
                return Err(d.hint("as {in_port=1,tcp,tcp_dst=80}"));
            }
            if !self.is_at_end() {
                items.push(self.packet_item()?);
            }
            if !self.list_goes_on(start)? {
                return Ok(Ask::Packet { wins, items });
            }
        }
    }

    fn packet_item(&mut self) -> Outcome<PacketItem<'t>> {
        let Some((_, rest)) = lex::word(self.rest()) else {
            let d = Diagnostic::error("missing-field", self.here(), "expected a protocol or field = value");
            return Err(d.hint("as {in_port=1,tcp,tcp_dst=80}"));
        };
        self.expect(Expect::PacketItem, self.text.len() - rest.len());
        let name = self.name()?;
        let after = self.at;
        self.blanks();
        if self.is_at_end() && after < self.at {
            self.expect(Expect::PacketEquals, self.at);
        }
        if !self.eat("=") {
            if let Some(op) = super::words::OPS.iter().find(|o| self.rest().starts_with(o.name)) {
                let span = Span::new(self.at, self.at + op.name.len());
                let d = Diagnostic::error("unknown-operator", span, "a packet has values: expected `=`");
                return Err(d.hint("a set of packets is written with masks, as nw_dst=10.0.0.0/8"));
            }
            self.at = after;
            return Ok(PacketItem { name, value: None });
        }
        let expect = Expect::Value(name, Op::Equals);
        self.expect_here(expect);
        if self.is_at_end() {
            return Err(self.unfinished("expected a value after `=`"));
        }
        let value = self.value(expect, "=")?;
        Ok(PacketItem { name, value: Some(value) })
    }

    fn target(&mut self, way: &str) -> Outcome<Target<'t>> {
        self.expect_here(Expect::Target);
        let start = self.at;
        if self.is_at_end() {
            return Err(self.unfinished(format!("expected a place after `{way}`")).hint("as table 72, port 5, drop"));
        }
        let named = lex::word(self.rest()).and_then(|(word, rest)| {
            let row = PLACES.iter().find(|(name, ..)| same_word(name, word))?;
            Some((row, rest))
        });
        let Some(((name, place, takes_value, _), rest)) = named else {
            let value = self.value(Expect::Target, way)?;
            return Ok(Target { place: Place::Table, span: value.span, value: Some(value) });
        };
        self.expect(Expect::Target, self.text.len() - rest.len());
        self.take_until(rest);
        if !takes_value {
            return Ok(Target { place: *place, value: None, span: Span::new(start, self.at) });
        }
        let expect = Expect::PlaceValue(*place);
        let touches = self.is_at_end();
        self.blanks();
        if !touches {
            self.expect(expect, self.at);
        }
        if self.is_at_end() {
            return Err(self.unfinished(format!("expected a name or number after `{name}`")));
        }
        let value = self.value(expect, name)?;
        Ok(Target { place: *place, value: Some(value), span: Span::new(start, self.at) })
    }
}

/// Whether a word is an operator where a field stands before it; `hits {` is a term of its own.
fn is_op_word(word: &str, rest: &str) -> bool {
    same_word(word, "in") || same_word(word, "covers") || same_word(word, "hits") && !skip_blanks(rest).starts_with('{')
}

#[cfg(test)]
mod tests;
