//! A filter as it is written: what stands where, and nothing yet about what the words mean.

use std::borrow::Cow;

use super::lex::Brackets;
use super::words::{Op, Place, Way};
use crate::base::span::Span;

/// An expression. No node holds fewer than two others of its kind, save `Not`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr<'t> {
    /// All of them.
    And(Vec<Expr<'t>>),
    /// One of them at least.
    Or(Vec<Expr<'t>>),
    /// The opposite; the span begins at the `not`.
    Not(Box<Expr<'t>>, Span),
    /// What stands in parentheses; the span holds them.
    Group(Box<Expr<'t>>, Span),
    /// A term.
    Term(Term<'t>),
}

impl Expr<'_> {
    /// Where it stands.
    pub(super) fn span(&self) -> Span {
        match self {
            Expr::And(list) | Expr::Or(list) => {
                let whole = list.iter().map(Expr::span).reduce(Span::to);
                whole.unwrap_or_default()
            }
            Expr::Not(_, span) | Expr::Group(_, span) => *span,
            Expr::Term(term) => term.span,
        }
    }
}

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term<'t> {
    /// What it asks.
    pub ask: Ask<'t>,
    /// Where it stands.
    pub span: Span,
}

/// What a term asks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ask<'t> {
    /// A word alone: a keyword, an alias, or a field that must be there.
    Word(Name<'t>),
    /// `has field`.
    Has(Name<'t>),
    /// `field = value` and the like.
    Test {
        /// The field.
        field: Name<'t>,
        /// Whether `not` stands before the operator.
        negated: bool,
        /// The operator.
        op: Op,
        /// Where the operator stands, with its `not`.
        op_span: Span,
        /// What it is compared with.
        operand: Operand<'t>,
    },
    /// A text alone.
    Text(Cow<'t, str>),
    /// `hits{..}` or `wins{..}`.
    Packet {
        /// Whether priorities are resolved.
        wins: bool,
        /// The keywords and fields of the packet.
        items: Vec<PacketItem<'t>>,
    },
    /// `next table 72` and the like.
    Reference {
        /// In which direction.
        way: Way,
        /// Which place.
        target: Target<'t>,
    },
}

/// The name of a field or a keyword.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Name<'t> {
    /// The word.
    pub word: &'t str,
    /// The bits of it that are meant.
    pub bits: Option<Brackets>,
    /// Where it stands, bits included.
    pub span: Span,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value<'t> {
    /// What it says, without quotes.
    pub text: Cow<'t, str>,
    /// Whether it stood in quotes.
    pub is_quoted: bool,
    /// Where it stands, with its quotes.
    pub span: Span,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand<'t> {
    /// A value.
    One(Value<'t>),
    /// From one value to another, both included.
    Range(Value<'t>, Value<'t>),
    /// Any of these; no sets inside.
    Set(Vec<Operand<'t>>, Span),
    /// A regular expression.
    Regex {
        /// As the `regex` crate reads it.
        pattern: Cow<'t, str>,
        /// Whether case does not matter.
        any_case: bool,
        /// Where it stands, with its quotes.
        span: Span,
    },
}

impl Operand<'_> {
    /// Where it stands.
    pub(super) fn span(&self) -> Span {
        match self {
            Operand::One(value) => value.span,
            Operand::Range(first, last) => first.span.to(last.span),
            Operand::Set(_, span) | Operand::Regex { span, .. } => *span,
        }
    }
}

/// One thing said of a packet: a keyword, or a field with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PacketItem<'t> {
    /// The keyword or field.
    pub name: Name<'t>,
    /// The value.
    pub value: Option<Value<'t>>,
}

/// A place that a reference names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target<'t> {
    /// Which kind of place; a table if only a table's name or number stands there.
    pub place: Place,
    /// The name or number, for those that have one.
    pub value: Option<Value<'t>>,
    /// Where it stands.
    pub span: Span,
}
