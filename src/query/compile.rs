//! [`Expr`] to [`Node`]: what the words mean in one bridge, and whether values fit their fields.

mod operand;
mod packets;
mod scalar;

use super::actions::{ActionTest, SetTest, Want};
use super::ast::{Ask as Asks, Expr, Name, Operand, Target, Term};
use super::fields::{Asked, FieldTest, Guard, NoField, Relation};
use super::leaf::{Ask, Goal, Leaf, Node, Reference};
use super::lex::{Brackets, same_word};
use super::owners::{About, OwnerTest, Want as WantOwner};
use super::packet::PacketTest;
use super::ranges::Ranges;
use super::text::{How, TextTest, Which};
use super::value::{Known, Trouble};
use super::words::{Data, ELSEWHERE, FIELDS, FieldWord, Kind, Op, OpWord, Place, RESERVED, STATES, StateWord, Subject};
use super::{ALIASES, DEPTH, REGEX, Scope, TERMS, UNFINISHED};
use crate::base::diag::{Diagnostic, nearest};
use crate::base::span::Span;
use crate::field::proto::{self, DL_TYPE, NW_PROTO, PROTOCOLS, Protocol};
use crate::field::{FieldId, Match};
use crate::model::id::{FlowHash, Prefix};
use crate::model::naming::Carries;
use regex::Regex;

type Outcome<T> = Result<T, Diagnostic>;

/// What an expression means, with what the reader should know of it.
pub(super) fn compile(expr: &Expr<'_>, text: &str, scope: &Scope<'_>) -> Outcome<(Node, Vec<Diagnostic>)> {
    let mut compiler = Compiler::new(scope, text.len());
    let node = compiler.expr(expr)?;
    Ok((node, compiler.notes))
}

struct Compiler<'s> {
    scope: &'s Scope<'s>,
    known: Known<'s>,
    /// Where the text ends; nothing ends there inside of aliases.
    end: usize,
    /// The aliases that are read, each named by the one before it.
    open: Vec<String>,
    /// Where the first of them was named.
    place: Option<Span>,
    /// How deep parentheses, `not`s and aliases are nested.
    depth: usize,
    /// How many terms there were, those of aliases included.
    terms: usize,
    notes: Vec<Diagnostic>,
}

/// What a word stands for.
pub(super) enum Meaning<'s> {
    /// A protocol.
    Protocol(&'static Protocol),
    /// A word that stands alone.
    State(&'static StateWord),
    /// A word that takes a value.
    Field(&'static FieldWord),
    /// What actions write to a field.
    Set(Asked),
    /// A match field.
    Match(Asked),
    /// An alias, with what it stands for.
    Alias(&'s str),
}

/// What a name stands for, if anybody knows.
pub(super) fn meaning<'s>(name: &Name<'_>, scope: &'s Scope<'s>) -> Option<Meaning<'s>> {
    Compiler::new(scope, 0).meaning(name).ok()
}

impl<'s> Compiler<'s> {
    /// For a text that ends at `end`.
    fn new(scope: &'s Scope<'s>, end: usize) -> Compiler<'s> {
        Compiler { scope, known: Known::new(scope), end, open: vec![], place: None, depth: 0, terms: 0, notes: vec![] }
    }

    fn expr(&mut self, expr: &Expr<'_>) -> Outcome<Node> {
        match expr {
            Expr::And(list) => {
                let nodes: Vec<Node> = list.iter().map(|e| self.expr(e)).collect::<Outcome<_>>()?;
                self.note_contradiction(&nodes);
                Ok(Node::All(nodes))
            }
            Expr::Or(list) => Ok(Node::Any(list.iter().map(|e| self.expr(e)).collect::<Outcome<_>>()?)),
            Expr::Not(inner, span) => Ok(self.nested(*span, |this| this.expr(inner))?.negate()),
            Expr::Group(inner, span) => self.nested(*span, |this| this.expr(inner)),
            Expr::Term(term) => self.term(term),
        }
    }

    /// Where something stands; inside an alias, where the alias was named.
    fn place(&self, span: Span) -> Span {
        self.place.unwrap_or(span)
    }

    fn error(&self, code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        let message = message.into();
        let message = match self.open.last() {
            Some(name) => format!("in alias `{name}`: {message}"),
            None => message,
        };
        Diagnostic::error(code, self.place(span), message)
    }

    /// A complaint about a value, which may only be unfinished if it stands at the end of the text.
    fn trouble(&self, trouble: Trouble, span: Span) -> Diagnostic {
        let is_last = self.open.is_empty() && span.end as usize == self.end;
        let code = if trouble.may_grow && is_last { UNFINISHED } else { trouble.code };
        let d = self.error(code, span, trouble.message);
        if trouble.hint.is_empty() { d } else { d.hint(trouble.hint) }
    }

    fn note(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        let place = self.place(span);
        let message = message.into();
        // An alias may ask the same twice.
        if !self.notes.iter().any(|n| n.code == code && n.message == message) {
            self.notes.push(Diagnostic::note(code, place, message));
        }
    }

    fn leaf(&self, ask: Ask, span: Span) -> Node {
        Node::Leaf(Box::new(Leaf { ask, negated: false, span: self.place(span) }))
    }

    /// A question that these data cannot answer.
    fn missing(&mut self, word: &str, needs: Data, span: Span) -> Node {
        self.note("missing-data", span, format!("`{word}` needs {}; what it asks is not known", needs.doc()));
        self.leaf(Ask::Missing, span)
    }

    fn meaning(&self, name: &Name<'_>) -> Outcome<Meaning<'s>> {
        let word = name.word;
        let lower = word.to_ascii_lowercase();
        if name.bits.is_none() {
            if let Some(protocol) = proto::protocol_by_name(&lower) {
                return Ok(Meaning::Protocol(protocol));
            }
            if let Some(state) = StateWord::by_name(word) {
                return Ok(Meaning::State(state));
            }
            if let Some(field) = FieldWord::by_name(word) {
                return Ok(Meaning::Field(field));
            }
        }
        let (is_set, field) = match lower.strip_prefix("set.") {
            Some(_) => (true, &word[4..]),
            None => (false, word),
        };
        match Asked::new(field, name.bits) {
            Ok(asked) if is_set => Ok(Meaning::Set(Asked { guard: Guard::default(), ..asked })),
            Ok(asked) => Ok(Meaning::Match(asked)),
            Err(NoField::Bits(message, hint)) => Err(self.error("bad-bits", name.span, message).hint(hint)),
            Err(NoField::Unknown) => match self.scope.aliases.get(word) {
                Some(text) if name.bits.is_none() => Ok(Meaning::Alias(text)),
                _ => Err(self.unknown(name, is_set)),
            },
        }
    }

    /// Complains about a word that nobody knows.
    fn unknown(&self, name: &Name<'_>, is_set: bool) -> Diagnostic {
        let word = if is_set { &name.word[4..] } else { name.word };
        let is_word = name.bits.is_some()
            && (FieldWord::by_name(word).is_some()
                || StateWord::by_name(word).is_some()
                || proto::protocol_by_name(&word.to_ascii_lowercase()).is_some());
        if is_word {
            let d = self.error("bad-bits", name.span, format!("`{word}` has no bits"));
            return d.hint("bits are those of match fields, as reg6[0..15]");
        }
        let names = || known_words(self.scope).filter(|(_, is_field)| *is_field || !is_set).map(|(word, _)| word);
        let is_last = self.open.is_empty() && name.span.end as usize == self.end && name.bits.is_none();
        if is_last && names().any(|known| super::value::begins(known, word)) {
            return self.error(UNFINISHED, name.span, format!("no field `{word}`")).hint("fields: Tab");
        }
        let d = self.error("unknown-field", name.span, format!("no field `{word}`"));
        if let Some((_, hint)) = ELSEWHERE.iter().find(|(other, _)| same_word(other, word)) {
            return d.hint(*hint);
        }
        // In order, so that of two words equally near the same one is always named.
        let mut sorted: Vec<&str> = names().collect();
        sorted.sort_unstable();
        match nearest(word, sorted) {
            Some(near) => d.hint(format!("did you mean `{near}`? (fields: Tab)")),
            None => d.hint(format!("fields: Tab; to find the text write \"{word}\"")),
        }
    }

    fn term(&mut self, term: &Term<'_>) -> Outcome<Node> {
        self.terms += 1;
        if self.terms > TERMS {
            let message = format!("with its aliases a filter has at most {TERMS} terms");
            return Err(self.error("too-long", term.span, message).hint("take out what is not needed"));
        }
        match &term.ask {
            Asks::Word(name) => self.word(name, false),
            Asks::Has(name) => self.word(name, true),
            Asks::Test { field, negated, op, op_span, operand } => {
                let node = self.test(field, *op, *op_span, operand, term.span)?;
                Ok(if *negated { node.negate() } else { node })
            }
            Asks::Text(text) => Ok(self.leaf(Ask::Text(TextTest::line_holds(text)), term.span)),
            Asks::Packet { wins, items } => self.packet(*wins, items, term.span),
            Asks::Reference { way, target } => {
                let goal = self.goal(target)?;
                self.note_dead_end(*way, goal, target.span);
                Ok(self.leaf(Ask::Reference(Reference { way: *way, goal }), term.span))
            }
        }
    }

    /// A word alone.
    fn word(&mut self, name: &Name<'_>, is_has: bool) -> Outcome<Node> {
        let span = name.span;
        match self.meaning(name)? {
            Meaning::Protocol(_) | Meaning::State(_) | Meaning::Alias(_) if is_has => {
                let d = self.error("no-field", span, format!("`{}` is a keyword, not a field", name.word));
                Err(d.hint("leave `has` off"))
            }
            Meaning::Protocol(protocol) => Ok(self.leaf(Ask::Protocol(protocol), span)),
            Meaning::State(word) if self.scope.has_owners && About::of_state(word.name).is_some() => {
                let test = About::of_state(word.name).map(|about| OwnerTest { about, want: WantOwner::Any });
                Ok(self.leaf(test.map_or(Ask::Missing, Ask::Owners), span))
            }
            Meaning::State(word) if word.needs != Data::Flows => Ok(self.missing(word.name, word.needs, span)),
            Meaning::State(word) => Ok(self.leaf(Ask::State(word.state), span)),
            Meaning::Field(word) => self.bare(word, span),
            Meaning::Set(asked) => Ok(self.leaf(Ask::Set(SetTest { asked, test: None }), span)),
            Meaning::Match(asked) => Ok(self.leaf(Ask::Field(FieldTest { asked, relation: Relation::Present }), span)),
            Meaning::Alias(text) => self.expand(name, text),
        }
    }

    /// One level deeper. The parser bounds what a text nests; only aliases can go beyond that.
    fn nested<T>(&mut self, span: Span, read: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth == DEPTH {
            let message = format!("with its aliases a filter is nested at most {DEPTH} deep");
            return Err(self.error("too-deep", span, message).hint("take out parentheses and `not`s"));
        }
        self.depth += 1;
        let outcome = read(self);
        self.depth -= 1;
        outcome
    }

    /// What an alias stands for.
    fn expand(&mut self, name: &Name<'_>, text: &str) -> Outcome<Node> {
        let place = self.place(name.span);
        let wrong = |message: String| Err(Diagnostic::error("too-deep", place, message).hint("take one of them out"));
        if self.open.iter().any(|open| open == name.word) {
            return wrong(format!("alias `{}` leads back to itself", name.word));
        }
        if self.open.len() == ALIASES {
            return wrong(format!("aliases lead to each other at most {ALIASES} deep"));
        }
        let outer = self.place.replace(place);
        self.open.push(name.word.to_owned());
        let node = match super::parse::parse(text).expr {
            Ok(Some(expr)) => self.nested(name.span, |this| this.expr(&expr)),
            Ok(None) => Ok(Node::All(Vec::new())),
            // An alias that ends too early is wrong: nobody is typing it.
            Err(d) => {
                let code = if d.code == UNFINISHED { "bad-alias" } else { d.code };
                let inner = self.error(code, name.span, d.message);
                Err(match d.hint {
                    Some(hint) => inner.hint(hint),
                    None => inner,
                })
            }
        };
        self.open.pop();
        self.place = outer;
        node
    }

    fn test(&mut self, name: &Name<'_>, op: Op, op_span: Span, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        match self.meaning(name)? {
            Meaning::Protocol(_) | Meaning::State(_) | Meaning::Alias(_) => {
                let message = format!("`{}` is a keyword and takes no value", name.word);
                let d = self.error("no-field", op_span.to(operand.span()), message);
                Err(d.hint(match same_word(name.word, "drop") || same_word(name.word, "normal") {
                    true => "it stands alone; actions ~ \"..\" looks at the text",
                    false => "it stands alone",
                }))
            }
            Meaning::Field(word) => self.scalar(word, op, op_span, operand, span),
            Meaning::Match(asked) => match operand {
                Operand::Regex { pattern, any_case, span: at } => {
                    let regex = self.regex(pattern, *any_case, *at)?;
                    Ok(self.leaf(Ask::FieldLike(asked, regex, op == Op::Like), span))
                }
                _ => {
                    let test = self.field_test(asked, op, op_span, operand)?;
                    Ok(self.leaf(Ask::Field(test), span))
                }
            },
            Meaning::Set(asked) => match operand {
                Operand::Regex { span: at, .. } => {
                    let d = self.error("bad-value", op_span.to(*at), format!("`{}` takes values", name.word));
                    Err(d.hint("write actions ~ \"..\" to look at the text"))
                }
                _ => {
                    let test = self.field_test(asked.clone(), op, op_span, operand)?;
                    Ok(self.leaf(Ask::Set(SetTest { asked, test: Some(test) }), span))
                }
            },
        }
    }

    fn regex(&self, pattern: &str, any_case: bool, span: Span) -> Outcome<Regex> {
        let built = regex::RegexBuilder::new(pattern).case_insensitive(any_case).size_limit(REGEX).build();
        built.map_err(|e| {
            let (message, hint) = match e {
                regex::Error::CompiledTooBig(_) => {
                    (format!("this regular expression takes more than {REGEX} bytes"), "repeat less".to_owned())
                }
                // The crate's message is a drawing of several lines; the last one says what is wrong.
                other => {
                    let text = other.to_string();
                    let last = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                    (
                        format!("this is no regular expression: {last}"),
                        "a \\ before ( ) [ ] { } . * + ? takes them as they are".to_owned(),
                    )
                }
            };
            self.error("bad-regex", span, message).hint(hint)
        })
    }

    fn goal(&mut self, target: &Target<'_>) -> Outcome<Goal> {
        let Some(value) = &target.value else { return Ok(Goal::Plain(target.place)) };
        let text = &value.text;
        let outcome = match target.place {
            Place::Table => self.known.table(text).map(Goal::Table),
            Place::Port => self.known.port(text).map(Goal::Port),
            Place::Group => super::value::number("group", text, u32::MAX.into()).map(|n| Goal::Group(n as u32)),
            Place::Flow => self.flow(text).map(Goal::Flow),
            Place::Drop | Place::Miss | Place::Normal | Place::Controller => Ok(Goal::Plain(target.place)),
        };
        outcome.map_err(|trouble| {
            let places = || super::words::PLACES.iter().map(|(name, ..)| *name);
            let is_place = target.place == Place::Table && places().any(|name| super::value::begins(name, text));
            let may_grow = trouble.may_grow || is_place;
            self.trouble(Trouble { may_grow, ..trouble }, value.span)
        })
    }

    /// The one flow whose id begins so.
    fn flow(&self, text: &str) -> Result<FlowHash, Trouble> {
        let Some(prefix) = Prefix::parse(text) else {
            let hint = "an id is hexadecimal digits, as 9c41";
            return Err(Trouble::new("bad-value", format!("`{text}` is no id of a flow"), hint));
        };
        let bridge = self.scope.bridge;
        let mut hashes: Vec<FlowHash> = bridge.ids().find(prefix).map(|id| FlowHash::of(bridge.flow(id))).collect();
        hashes.dedup();
        match hashes.as_slice() {
            [hash] => Ok(*hash),
            [] => Err(Trouble::new(
                "unknown-flow",
                format!("no flow `{text}` here"),
                "ids are shown in the detail of a flow",
            )),
            several => {
                let message = format!("{} flows have ids that begin with `{text}`", several.len());
                Err(Trouble::new("ambiguous-flow", message, "type more of its digits").growing(true))
            }
        }
    }

    /// Notes a reference to what nothing comes after.
    fn note_dead_end(&mut self, way: super::words::Way, goal: Goal, span: Span) {
        use super::words::Way;
        if let (Way::Prev | Way::ReachedBy, Goal::Plain(place)) = (way, goal) {
            let name = super::words::PLACES.iter().find(|(_, p, ..)| *p == place).map_or("", |(name, ..)| name);
            self.note("never-true", span, format!("nothing comes after `{name}`, so no flow stands there"));
        }
    }

    /// Notes terms that no flow can satisfy together: `udp and tcp_dst=80`.
    fn note_contradiction(&mut self, nodes: &[Node]) {
        /// How many alternatives are followed.
        const ALTERNATIVES: usize = 64;
        let mut possible = vec![Match::any()];
        for node in nodes {
            let Node::Leaf(leaf) = node else { continue };
            let demands = demands(leaf);
            if demands.is_empty() {
                continue;
            }
            let Some(both) = PacketTest::narrow(&possible, &demands).filter(|b| b.len() <= ALTERNATIVES) else {
                return;
            };
            if both.is_empty() {
                let needs = match &leaf.ask {
                    Ask::Field(test) if !test.asked.needs().is_empty() => {
                        format!(
                            "{} needs {}, and what stands before it says otherwise",
                            test.asked.name,
                            test.asked.needs_text()
                        )
                    }
                    _ => "this and what stands before it exclude each other".to_owned(),
                };
                return self.note("never-true", leaf.span, format!("never true: {needs}"));
            }
            possible = both;
        }
    }
}

/// Sets of packets of which one holds all packets of every flow that a leaf holds for; none if there is no such limit.
fn demands(leaf: &Leaf) -> Vec<Match> {
    match &leaf.ask {
        Ask::Protocol(protocol) if !leaf.negated => vec![protocol_match(protocol)],
        Ask::Field(test) if !leaf.negated => {
            let asked = &test.asked;
            let cube = match &test.relation {
                Relation::Is(cube) => Some(cube.clone()),
                Relation::In(region) => region.single_cube(),
                Relation::Present | Relation::IsNot(_) | Relation::Admits(_) => None,
                Relation::Covers(_) | Relation::Hits(_) => return Vec::new(),
            };
            let mut value = Match::any();
            for (part, (bits, mask)) in asked.place.parts.iter().zip(cube.iter().flatten()) {
                value.set_word(part.word, part.mask, *bits, *mask);
            }
            let needs = asked.needs();
            if needs.is_empty() { vec![value] } else { PacketTest::narrow(&needs, &[value]).unwrap_or_default() }
        }
        _ => Vec::new(),
    }
}

/// The packets of a protocol.
fn protocol_match(protocol: &Protocol) -> Match {
    let mut m = Match::any();
    m.set_exact(DL_TYPE, protocol.dl_type.into());
    if protocol.nw_proto != 0 {
        m.set_exact(NW_PROTO, protocol.nw_proto.into());
    }
    m
}

/// Every word that may begin a term, with whether it is the name of a match field.
pub(super) fn known_words<'a>(scope: &Scope<'a>) -> impl Iterator<Item = (&'a str, bool)> {
    let fields = FieldId::names().map(|(name, _)| (name, true));
    let words = FIELDS.iter().flat_map(FieldWord::spellings);
    let states = STATES.iter().map(|w| w.name);
    let others = PROTOCOLS.iter().map(|p| p.name).chain(RESERVED.iter().copied()).chain(["set."]);
    fields
        .chain(words.chain(states).chain(others).map(|w| (w, false)))
        .chain(scope.aliases.keys().map(|a| (&**a, false)))
}

#[cfg(test)]
mod tests;
