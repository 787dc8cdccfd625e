//! Words that are no match fields, alone and with a value.

use std::ops::RangeInclusive;

use super::{
    ActionTest, Ask, Asked, Brackets, Carries, Compiler, Data, Diagnostic, FieldTest, FieldWord, How, Kind, Node, Op,
    OpWord, Operand, Outcome, Ranges, Relation, SetTest, Span, Subject, TextTest, Trouble, Want, Which,
};
use crate::field::names::port;
use crate::field::subfield::Subfield;
use crate::field::table;
use crate::model::id::Prefix;
use crate::query::ast::Value;
use crate::query::leaf::{Counter, HeadTest, Reals, Time};
use crate::query::owners::{About, OwnerTest, Want as WantOwner};
use crate::query::value;

/// What a value of a word says: one number, or, as `2d` does, all those that begin so.
type Numbers = RangeInclusive<u128>;

impl Compiler<'_> {
    /// A word alone, or after `has`.
    pub(super) fn bare(&mut self, word: &'static FieldWord, span: Span) -> Outcome<Node> {
        if self.is_missing(word) {
            return Ok(self.missing(word.name, word.needs, span));
        }
        let some = || Ranges::between(1, u128::MAX);
        let ask = match word.subject {
            Subject::Table | Subject::Bridge | Subject::Node | Subject::Priority | Subject::Id => Ask::Known(true),
            Subject::Match | Subject::Actions | Subject::Text => Ask::Known(true),
            Subject::Packets => Ask::Count(Counter::Packets, Ranges::all()),
            Subject::Bytes => Ask::Count(Counter::Bytes, Ranges::all()),
            Subject::Rate | Subject::ByteRate | Subject::Peak | Subject::Share => {
                Ask::Real(word.subject, Reals { ranges: Vec::new(), others: true })
            }
            Subject::Age => Ask::Time(Time::Age, Ranges::all()),
            Subject::Idle => Ask::Time(Time::Idle, Ranges::all()),
            Subject::HardAge => Ask::Time(Time::HardAge, Ranges::all()),
            Subject::IdleTimeout => Ask::Head(HeadTest::IdleTimeout(some())),
            Subject::HardTimeout => Ask::Head(HeadTest::HardTimeout(some())),
            Subject::Cookie => Ask::Head(HeadTest::Cookie(some(), Vec::new())),
            Subject::Importance => Ask::Head(HeadTest::Importance(some())),
            Subject::Flags => Ask::Head(HeadTest::Flags(Vec::new())),
            Subject::Port => return Ok(self.any_port(span)),
            Subject::Owner | Subject::Object => match About::of_word(word.name) {
                Some(about) => Ask::Owners(OwnerTest { about, want: WantOwner::Any }),
                None => Ask::Missing,
            },
            Subject::Since | Subject::Changed => Ask::Missing,
            Subject::Out
            | Subject::Goto
            | Subject::Resubmit
            | Subject::Group
            | Subject::Meter
            | Subject::Ct
            | Subject::CtZone
            | Subject::CtTable
            | Subject::CtCommit
            | Subject::CtNat
            | Subject::Conj
            | Subject::ConjId
            | Subject::Learn
            | Subject::LearnTable
            | Subject::Note
            | Subject::Move
            | Subject::Clone
            | Subject::Controller => Ask::Actions(ActionTest { subject: word.subject, want: Want::Any }),
        };
        Ok(self.leaf(ask, span))
    }

    /// Whether the data do not tell what a word asks.
    fn is_missing(&self, word: &FieldWord) -> bool {
        match word.needs {
            Data::Flows => false,
            Data::TwoReadings => self.scope.rates.is_none(),
            Data::Node => self.scope.node.is_none(),
            Data::Owners => !self.scope.has_owners || About::of_word(word.name).is_none(),
            Data::History | Data::Baseline | Data::Staged => true,
        }
    }

    /// A word with an operator and what it is compared with.
    pub(super) fn scalar(
        &mut self,
        word: &'static FieldWord,
        op: Op,
        op_span: Span,
        operand: &Operand<'_>,
        span: Span,
    ) -> Outcome<Node> {
        if word.kind == Kind::Presence {
            let d = self.error("no-value", op_span.to(operand.span()), format!("`{}` takes no value", word.name));
            let parts =
                super::FIELDS.iter().filter(|w| w.name.strip_prefix(word.name).is_some_and(|r| r.starts_with('.')));
            let parts: Vec<&str> = parts.map(|w| w.name).collect();
            return Err(match parts.is_empty() {
                true => d.hint("it stands alone"),
                false => d.hint(format!("it stands alone; there are {}", parts.join(" "))),
            });
        }
        if matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast) && !word.kind.is_ordered() {
            let message = format!("values of {} have no order", word.name);
            return Err(self.error("no-order", op_span, message).hint("write = or !="));
        }
        if let Operand::Regex { pattern, any_case, span: at } = operand {
            let regex = self.regex(pattern, *any_case, *at)?;
            if self.is_missing(word) {
                return Ok(self.missing(word.name, word.needs, span));
            }
            return Ok(self.scalar_like(word, regex, op == Op::Like, span));
        }
        match word.subject {
            Subject::Bridge => {
                let name = self.scope.bridge.name.clone();
                self.name(word, &name, op, operand, span)
            }
            Subject::Node => match self.scope.node {
                Some(name) => self.name(word, name, op, operand, span),
                None => Ok(self.missing(word.name, word.needs, span)),
            },
            Subject::Table | Subject::Goto | Subject::Resubmit | Subject::CtTable | Subject::LearnTable => {
                let numbers = self.numbers(op, operand, &mut |this, v| {
                    let n = this.known.table(&v.text).map_err(|e| this.trouble(e, v.span))?;
                    Ok(n.into()..=n.into())
                })?;
                match word.subject {
                    Subject::Table => Ok(self.leaf(Ask::Table(numbers), span)),
                    subject => Ok(self.leaf(Ask::Actions(ActionTest { subject, want: Want::Numbers(numbers) }), span)),
                }
            }
            Subject::Packets => self.count(word, Counter::Packets, op, operand, span),
            Subject::Bytes => self.count(word, Counter::Bytes, op, operand, span),
            Subject::Rate | Subject::ByteRate | Subject::Peak | Subject::Share => self.real(word, op, operand, span),
            Subject::Age => self.time(word, op, operand, span, |r| Ask::Time(Time::Age, r)),
            Subject::Idle => self.time(word, op, operand, span, |r| Ask::Time(Time::Idle, r)),
            Subject::HardAge => self.time(word, op, operand, span, |r| Ask::Time(Time::HardAge, r)),
            Subject::IdleTimeout => self.time(word, op, operand, span, |r| Ask::Head(HeadTest::IdleTimeout(r))),
            Subject::HardTimeout => self.time(word, op, operand, span, |r| Ask::Head(HeadTest::HardTimeout(r))),
            Subject::Since | Subject::Changed => {
                self.time(word, op, operand, span, |_| Ask::Missing)?;
                Ok(self.missing(word.name, word.needs, span))
            }
            Subject::Priority => self.number(word, op, operand, span, Ask::Priority),
            Subject::Importance => self.number(word, op, operand, span, |r| Ask::Head(HeadTest::Importance(r))),
            Subject::Group | Subject::Meter | Subject::ConjId | Subject::Controller => {
                let subject = word.subject;
                let ask = |r| Ask::Actions(ActionTest { subject, want: Want::Numbers(r) });
                self.number(word, op, operand, span, ask)
            }
            Subject::Cookie => self.cookie(op, operand, span),
            Subject::Id => self.id(op, operand, span),
            Subject::Flags => self.flags(word, op, operand, span),
            Subject::Out => {
                let ports = self.ports(op, operand)?;
                Ok(self.leaf(Ask::Actions(ActionTest { subject: Subject::Out, want: Want::Numbers(ports) }), span))
            }
            Subject::Port => {
                let is = if op == Op::NotEquals { Op::Equals } else { op };
                let ports = self.ports(is, operand)?;
                let about = self.about_ports(&ports, span);
                // As with match fields: about a port, and not about this one.
                Ok(if op == Op::NotEquals { Node::All(vec![self.any_port(span), about.negate()]) } else { about })
            }
            Subject::CtZone => self.zone(word, op, operand, span),
            Subject::CtNat | Subject::Note | Subject::Move => {
                let words = self.words(word, operand)?;
                let words = if word.subject == Subject::Move {
                    words.iter().map(|w| field_spelling(w)).collect()
                } else {
                    words
                };
                let want = Want::Words(words, op != Op::NotEquals);
                Ok(self.leaf(Ask::Actions(ActionTest { subject: word.subject, want }), span))
            }
            Subject::Match | Subject::Actions | Subject::Text => self.text(word, op, operand, span),
            Subject::Owner | Subject::Object => {
                let words = self.words(word, operand)?;
                let about = About::of_word(word.name).filter(|_| self.scope.has_owners);
                let Some(about) = about else { return Ok(self.missing(word.name, word.needs, span)) };
                let leaf = |want| self.leaf(Ask::Owners(OwnerTest { about, want }), span);
                let is = leaf(WantOwner::Words(words));
                // As with match fields: made for such an object, and not for this one.
                Ok(if op == Op::NotEquals { Node::All(vec![leaf(WantOwner::Any), is.negate()]) } else { is })
            }
            Subject::Ct | Subject::CtCommit | Subject::Conj | Subject::Learn | Subject::Clone => self.bare(word, span),
        }
    }

    /// A regular expression on the text of what a word asks about.
    fn scalar_like(&mut self, word: &'static FieldWord, regex: regex::Regex, is: bool, span: Span) -> Node {
        let text = |which, how| Ask::Text(TextTest { which, how, is });
        let ask = match word.subject {
            Subject::Match => text(Which::Match, How::Like(regex)),
            Subject::Actions => text(Which::Actions, How::Like(regex)),
            Subject::Text => text(Which::Line, How::Like(regex)),
            Subject::Bridge => Ask::Known(regex.is_match(&self.scope.bridge.name) == is),
            Subject::Node => Ask::Known(regex.is_match(self.scope.node.unwrap_or("")) == is),
            Subject::Table => {
                let names =
                    |n: u8| self.known.tables().iter().filter(move |(number, _)| *number == n).map(|(_, name)| &**name);
                let fits =
                    |n: &u8| (regex.is_match(&n.to_string()) || names(*n).any(|name| regex.is_match(name))) == is;
                Ask::Table(Ranges::union((0..=u8::MAX).filter(fits).map(Ranges::one)))
            }
            Subject::Port => {
                let named = self.known.ports().iter().filter(|(_, name)| regex.is_match(name)).map(|(n, _)| *n);
                let about = self.about_ports(&Ranges::union(named.map(Ranges::one)), span);
                return if is { about } else { Node::All(vec![self.any_port(span), about.negate()]) };
            }
            Subject::Owner | Subject::Object => match About::of_word(word.name) {
                Some(about) => Ask::Owners(OwnerTest { about, want: WantOwner::Like(regex, is) }),
                None => Ask::Missing,
            },
            subject if is_about_actions(subject) => Ask::Actions(ActionTest { subject, want: Want::Like(regex, is) }),
            subject => Ask::NumberLike(subject, regex, is),
        };
        self.leaf(ask, span)
    }

    /// The numbers that an operator and its operand say.
    fn numbers(
        &mut self,
        op: Op,
        operand: &Operand<'_>,
        read: &mut dyn FnMut(&mut Self, &Value<'_>) -> Outcome<Numbers>,
    ) -> Outcome<Ranges> {
        match operand {
            Operand::One(v) => {
                let n = read(self, v)?;
                let (first, last) = (*n.start(), *n.end());
                Ok(match op {
                    Op::Less => first.checked_sub(1).map_or_else(Ranges::default, |last| Ranges::between(0, last)),
                    Op::AtMost => Ranges::between(0, first),
                    Op::More => Ranges::between(first + 1, u128::MAX),
                    Op::AtLeast => Ranges::between(first, u128::MAX),
                    Op::NotEquals => Ranges::between(first, last).others(),
                    _ => Ranges::between(first, last),
                })
            }
            Operand::Range(first, last) => {
                let (low, high) = (read(self, first)?, read(self, last)?);
                if low.is_empty() || high.is_empty() {
                    let trouble = Trouble::new("bad-mask", "a range takes no mask", "leave the mask off");
                    return Err(self.trouble(trouble, operand.span()));
                }
                let (from, to) = (*low.start(), *high.start());
                if from > to {
                    let d = self.error("bad-range", operand.span(), "the range ends before it begins");
                    return Err(d.hint(format!("write {}..{}", last.text, first.text)));
                }
                Ok(Ranges::between(from, to))
            }
            Operand::Set(list, _) => {
                let list: Outcome<Vec<Ranges>> = list.iter().map(|one| self.numbers(Op::In, one, read)).collect();
                Ok(Ranges::union(list?))
            }
            Operand::Regex { span, .. } => Err(self.no_regex(*span)),
        }
    }

    fn no_regex(&self, span: Span) -> Diagnostic {
        self.error("bad-value", span, "expected a value, not a regular expression").hint("write ~ before it")
    }

    fn number(
        &mut self,
        word: &'static FieldWord,
        op: Op,
        operand: &Operand<'_>,
        span: Span,
        ask: impl FnOnce(Ranges) -> Ask,
    ) -> Outcome<Node> {
        let Kind::Number(highest) = word.kind else { return self.bare(word, span) };
        let ranges = self.numbers(op, operand, &mut |this, v| {
            let n = value::number(word.name, &v.text, highest).map_err(|e| this.trouble(e, v.span))?;
            Ok(n.into()..=n.into())
        })?;
        Ok(self.leaf(ask(ranges), span))
    }

    fn count(
        &mut self,
        word: &'static FieldWord,
        counter: Counter,
        op: Op,
        operand: &Operand<'_>,
        span: Span,
    ) -> Outcome<Node> {
        let ranges = self.numbers(op, operand, &mut |this, v| {
            let n = value::count(word.name, &v.text, word.kind).map_err(|e| this.trouble(e, v.span))?;
            Ok(n.into()..=n.into())
        })?;
        Ok(self.leaf(Ask::Count(counter, ranges), span))
    }

    fn time(
        &mut self,
        word: &'static FieldWord,
        op: Op,
        operand: &Operand<'_>,
        span: Span,
        ask: impl FnOnce(Ranges) -> Ask,
    ) -> Outcome<Node> {
        let ranges = self.numbers(op, operand, &mut |this, v| {
            let length = value::duration(word.name, &v.text).map_err(|e| this.trouble(e, v.span))?;
            let first = u128::from(length.ns);
            Ok(first..=first + u128::from(length.unit) - 1)
        })?;
        Ok(self.leaf(ask(ranges), span))
    }

    fn real(&mut self, word: &'static FieldWord, op: Op, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        let mut ranges = Vec::new();
        self.reals(word, op, operand, &mut ranges)?;
        if self.is_missing(word) {
            return Ok(self.missing(word.name, word.needs, span));
        }
        let reals = Reals { ranges, others: op == Op::NotEquals };
        Ok(self.leaf(Ask::Real(word.subject, reals), span))
    }

    fn reals(&mut self, word: &FieldWord, op: Op, operand: &Operand<'_>, out: &mut Vec<(f64, f64)>) -> Outcome<()> {
        let read = |v: &Value<'_>| value::real(word.name, &v.text, word.kind).map_err(|e| self.trouble(e, v.span));
        match operand {
            Operand::One(v) => {
                let n = read(v)?;
                out.push(match op {
                    Op::Less => (0.0, n.next_down()),
                    Op::AtMost => (0.0, n),
                    Op::More => (n.next_up(), f64::INFINITY),
                    Op::AtLeast => (n, f64::INFINITY),
                    _ => (n, n),
                });
            }
            Operand::Range(first, last) => {
                let (from, to) = (read(first)?, read(last)?);
                if from > to {
                    let d = self.error("bad-range", operand.span(), "the range ends before it begins");
                    return Err(d.hint(format!("write {}..{}", last.text, first.text)));
                }
                out.push((from, to));
            }
            Operand::Set(list, _) => {
                for one in list {
                    self.reals(word, Op::In, one, out)?;
                }
            }
            Operand::Regex { span, .. } => return Err(self.no_regex(*span)),
        }
        Ok(())
    }

    /// The values of a word that is compared with texts.
    fn words(&mut self, word: &FieldWord, operand: &Operand<'_>) -> Outcome<Vec<String>> {
        match operand {
            Operand::One(v) => match word.kind {
                Kind::OneOf(words) => {
                    let found = value::one_of(word.name, &v.text, words).map_err(|e| self.trouble(e, v.span))?;
                    Ok(vec![found.to_owned()])
                }
                _ => Ok(vec![v.text.clone().into_owned()]),
            },
            Operand::Range(..) => {
                let d = self.error("no-order", operand.span(), format!("values of {} have no order", word.name));
                Err(d.hint("write a set: {a, b}"))
            }
            Operand::Set(list, _) => {
                let lists: Outcome<Vec<Vec<String>>> = list.iter().map(|one| self.words(word, one)).collect();
                Ok(lists?.concat())
            }
            Operand::Regex { span, .. } => Err(self.no_regex(*span)),
        }
    }

    /// The name of the bridge or node.
    fn name(&mut self, word: &FieldWord, name: &str, op: Op, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        let is_one = self.words(word, operand)?.iter().any(|w| w == name);
        Ok(self.leaf(Ask::Known(is_one == (op != Op::NotEquals)), span))
    }

    fn text(&mut self, word: &FieldWord, op: Op, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        let which = match word.subject {
            Subject::Match => Which::Match,
            Subject::Actions => Which::Actions,
            _ => Which::Line,
        };
        let texts = self.words(word, operand)?;
        let leaves = texts.into_iter().map(|text| {
            let test = TextTest { which, how: How::Is(text.trim().to_owned()), is: true };
            self.leaf(Ask::Text(test), span)
        });
        let any = Node::Any(leaves.collect());
        Ok(if op == Op::NotEquals { any.negate() } else { any })
    }

    fn flags(&mut self, word: &FieldWord, op: Op, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        let names = self.words(word, operand)?;
        let kept = super::super::words::FLAGS.iter().copied().filter(|f| names.iter().any(|n| n == f)).collect();
        let leaf = self.leaf(Ask::Head(HeadTest::Flags(kept)), span);
        let any = self.leaf(Ask::Head(HeadTest::Flags(Vec::new())), span);
        Ok(if op == Op::NotEquals { Node::All(vec![any, leaf.negate()]) } else { leaf })
    }

    fn cookie(&mut self, op: Op, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        let mut masked = Vec::new();
        let is_compared = matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast);
        let is = if op == Op::NotEquals { Op::Equals } else { op };
        let ranges = self.numbers(is, operand, &mut |this, v| {
            let (n, mask) = value::cookie(&v.text).map_err(|e| this.trouble(e, v.span))?;
            if mask == u64::MAX {
                return Ok(n.into()..=n.into());
            }
            if is_compared {
                let trouble =
                    Trouble::new("bad-mask", format!("`{}` takes no mask", OpWord::of(op).name), "leave the mask off");
                return Err(this.trouble(trouble, v.span));
            }
            masked.push((n, mask));
            // No number beside the masked ones.
            Ok(Numbers::new(1, 0))
        })?;
        let leaf = self.leaf(Ask::Head(HeadTest::Cookie(ranges, masked)), span);
        Ok(if op == Op::NotEquals { leaf.negate() } else { leaf })
    }

    fn id(&mut self, op: Op, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        let mut prefixes = Vec::new();
        self.prefixes(operand, &mut prefixes)?;
        let leaf = self.leaf(Ask::Id(prefixes), span);
        Ok(if op == Op::NotEquals { leaf.negate() } else { leaf })
    }

    fn prefixes(&mut self, operand: &Operand<'_>, out: &mut Vec<Prefix>) -> Outcome<()> {
        match operand {
            Operand::One(v) => match Prefix::parse(&v.text) {
                Some(prefix) => out.push(prefix),
                None => {
                    let d = self.error("bad-value", v.span, format!("`{}` is no id of a flow", v.text));
                    return Err(d.hint("an id is hexadecimal digits, as 9c41"));
                }
            },
            Operand::Set(list, _) => {
                for one in list {
                    self.prefixes(one, out)?;
                }
            }
            Operand::Range(..) => {
                let d = self.error("no-order", operand.span(), "ids have no order");
                return Err(d.hint("write a set: {a, b}"));
            }
            Operand::Regex { span, .. } => return Err(self.no_regex(*span)),
        }
        Ok(())
    }

    fn zone(&mut self, word: &FieldWord, op: Op, operand: &Operand<'_>, span: Span) -> Outcome<Node> {
        if let Operand::One(v) = operand
            && matches!(op, Op::Equals | Op::NotEquals | Op::In | Op::Admits)
            && let Ok(field) = Subfield::parse(&v.text)
        {
            let want = Want::Field(field, op != Op::NotEquals);
            return Ok(self.leaf(Ask::Actions(ActionTest { subject: word.subject, want }), span));
        }
        let ranges = self.numbers(op, operand, &mut |this, v| {
            let n = value::number(word.name, &v.text, u16::MAX.into()).map_err(|e| this.trouble(e, v.span))?;
            Ok(n.into()..=n.into())
        })?;
        Ok(self.leaf(Ask::Actions(ActionTest { subject: word.subject, want: Want::Numbers(ranges) }), span))
    }

    fn ports(&mut self, op: Op, operand: &Operand<'_>) -> Outcome<Ranges> {
        self.numbers(op, operand, &mut |this, v| {
            let n = this.known.port(&v.text).map_err(|e| this.trouble(e, v.span))?;
            Ok(n.into()..=n.into())
        })
    }

    /// The fields that hold ports: in_port, and the registers of which that is known.
    fn port_fields(&self) -> Vec<Asked> {
        let registers = self.scope.naming.registers.iter().filter(|r| r.carries == Carries::Port);
        let named = registers.map(|r| (r.field, Some(Brackets::Bits(r.bits.0, r.bits.0 + r.bits.1.max(1) - 1))));
        let fields = std::iter::once((table::IN_PORT, None)).chain(named);
        // A register that does not exist holds no port.
        fields.filter_map(|(field, bits)| Asked::new(field.name, bits).ok()).collect()
    }

    /// Flows about one of these ports.
    fn about_ports(&mut self, ports: &Ranges, span: Span) -> Node {
        let mut nodes = Vec::new();
        for asked in self.port_fields() {
            let pieces = ports.list().iter().map(|&(first, last)| {
                let last = last.min(asked.place.highest());
                crate::query::region::Piece::Range(first, last)
            });
            let region = crate::query::region::Region::new(asked.place.clone(), pieces);
            let test = FieldTest { asked: asked.clone(), relation: Relation::In(region) };
            nodes.push(self.leaf(Ask::Field(test.clone()), span));
            if asked.field != table::IN_PORT {
                nodes.push(self.leaf(Ask::Set(SetTest { asked, test: Some(test) }), span));
            }
        }
        let want = Want::Numbers(ports.clone());
        nodes.push(self.leaf(Ask::Actions(ActionTest { subject: Subject::Out, want }), span));
        Node::Any(nodes)
    }

    /// Flows about any port.
    fn any_port(&mut self, span: Span) -> Node {
        let mut nodes = Vec::new();
        for asked in self.port_fields() {
            let test = FieldTest { asked: asked.clone(), relation: Relation::Present };
            nodes.push(self.leaf(Ask::Field(test), span));
            if asked.field != table::IN_PORT {
                nodes.push(self.leaf(Ask::Set(SetTest { asked, test: None }), span));
            }
        }
        // NORMAL, FLOOD and their like are no port.
        let ordinary = Ranges::between(0, u128::from(port::MAX) - 1);
        let named = Ranges::union([Ranges::one(port::LOCAL), Ranges::between(port::NAMED.into(), u128::MAX)]);
        let want = Want::Numbers(ordinary.or(named));
        nodes.push(self.leaf(Ask::Actions(ActionTest { subject: Subject::Out, want }), span));
        Node::Any(nodes)
    }
}

/// A field as `move` prints it, if it is one.
fn field_spelling(text: &str) -> String {
    match Subfield::parse(text) {
        Ok(field) => {
            let mut out = String::new();
            field.paint(&mut out);
            out
        }
        Err(_) => text.to_owned(),
    }
}

fn is_about_actions(subject: Subject) -> bool {
    super::FIELDS.iter().any(|w| w.subject == subject && w.group == crate::query::words::Group::Actions)
}
