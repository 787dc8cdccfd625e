//! A compiled filter: a tree of `all` and `any` over leaves, each a question about one flow.
//!
//! `not` stands at leaves only, because a leaf may have no answer: a flow without a counter is neither `n_packets = 0`
//! nor not.

use regex::Regex;

use super::actions::{ActionTest, SetTest};
use super::fields::{Asked, FieldTest};
use super::owners::OwnerTest;
use super::packet::PacketTest;
use super::ranges::Ranges;
use super::text::TextTest;
use super::words::{Place, State, Subject, Way};
use crate::base::span::Span;
use crate::field::proto::Protocol;
use crate::model::flow::TableId;
use crate::model::id::{FlowHash, Prefix};

/// A part of a compiled filter.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// All hold; true if there are none.
    All(Vec<Node>),
    /// One holds at least; false if there are none.
    Any(Vec<Node>),
    /// One question.
    Leaf(Box<Leaf>),
}

/// One question, with where it was asked.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// The question.
    pub ask: Ask,
    /// Whether the opposite is asked.
    pub negated: bool,
    /// Where it stands in the text.
    pub span: Span,
}

/// A question about one flow.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    /// The answer is known.
    Known(bool),
    /// There is no answer: the data are missing.
    Missing,
    /// The table is one of these.
    Table(Ranges),
    /// The priority is one of these.
    Priority(Ranges),
    /// The counter is one of these; packets, or bytes.
    Count(Counter, Ranges),
    /// The time in nanoseconds is one of these.
    Time(Time, Ranges),
    /// The rate, or the share, is one of these.
    Real(Subject, Reals),
    /// Something of the head.
    Head(HeadTest),
    /// The number of the flow begins with one of these.
    Id(Vec<Prefix>),
    /// The text of a number matches; `false` for one that does not.
    NumberLike(Subject, Regex, bool),
    /// The flow is about packets of a protocol.
    Protocol(&'static Protocol),
    /// Something of a match field.
    Field(FieldTest),
    /// The text of a match field matches; `false` for one that does not.
    FieldLike(Asked, Regex, bool),
    /// Something that an action writes.
    Set(SetTest),
    /// Something of the actions.
    Actions(ActionTest),
    /// Who wanted it.
    Owners(OwnerTest),
    /// A word that stands alone.
    State(State),
    /// Something of the text.
    Text(TextTest),
    /// The whole match meets a packet.
    Hits(PacketTest),
    /// It gets a packet.
    Wins(PacketTest),
    /// It leads somewhere, or something leads to it.
    Reference(Reference),
}

/// A counter of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    /// Packets.
    Packets,
    /// Bytes.
    Bytes,
}

/// A time of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// Since it was added.
    Age,
    /// Since the last packet.
    Idle,
    /// Since the last change.
    HardAge,
}

/// A question about what many flows have in common.
#[derive(Debug, Clone)]
pub(super) enum HeadTest {
    /// The cookie is one of these numbers, or has one of these values under its mask.
    Cookie(Ranges, Vec<(u64, u64)>),
    /// The timeout, in nanoseconds.
    IdleTimeout(Ranges),
    /// The timeout, in nanoseconds.
    HardTimeout(Ranges),
    /// How late it is evicted.
    Importance(Ranges),
    /// It has one of these flags; any flag, if there are none.
    Flags(Vec<&'static str>),
}

/// Some numbers with fractions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reals {
    /// From the first to the last one, both included.
    pub ranges: Vec<(f64, f64)>,
    /// Whether all other numbers are meant.
    pub others: bool,
}

impl Reals {
    /// Whether a number is one of them; none is if it is not known.
    pub(super) fn holds(&self, n: f64) -> bool {
        !n.is_nan() && self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&n)) != self.others
    }
}

/// A question about the graph of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    /// In which direction.
    pub way: Way,
    /// From or to where.
    pub goal: Goal,
}

/// A place that a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// A table.
    Table(TableId),
    /// A port.
    Port(u32),
    /// A flow.
    Flow(FlowHash),
    /// A group.
    Group(u32),
    /// A place without a number: nowhere, a table without a flow for the packet, NORMAL, a controller.
    Plain(Place),
}

impl Node {
    /// The opposite.
    pub(super) fn negate(self) -> Node {
        match self {
            Node::All(list) => Node::Any(list.into_iter().map(Node::negate).collect()),
            Node::Any(list) => Node::All(list.into_iter().map(Node::negate).collect()),
            Node::Leaf(mut leaf) => {
                leaf.negated = !leaf.negated;
                Node::Leaf(leaf)
            }
        }
    }

    /// Visits every leaf.
    pub(super) fn each<'n>(&'n self, visit: &mut impl FnMut(&'n Leaf)) {
        match self {
            Node::All(list) | Node::Any(list) => list.iter().for_each(|node| node.each(visit)),
            Node::Leaf(leaf) => visit(leaf),
        }
    }

    /// How much an answer costs, roughly, so that cheap questions come first.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Node::All(list) | Node::Any(list) => list.iter().map(Node::cost).sum::<u32>().max(1),
            Node::Leaf(leaf) => match &leaf.ask {
                Ask::Known(_) | Ask::Missing => 0,
                Ask::Table(_) | Ask::Priority(_) | Ask::Count(..) | Ask::Owners(_) => 1,
                Ask::Time(..) | Ask::Head(_) => 2,
                Ask::State(State::Miss | State::Marked | State::Dead) | Ask::Real(..) => 3,
                Ask::Protocol(_) | Ask::Field(_) | Ask::State(State::Ethernet) => 4,
                Ask::State(State::Drop | State::Normal | State::Flood | State::InPortOut) => 5,
                Ask::Actions(_) | Ask::Set(_) => 6,
                Ask::Hits(_) => 8,
                Ask::Text(test) => {
                    if test.is_about_actions() {
                        20
                    } else {
                        60
                    }
                }
                Ask::Id(_) => 30,
                Ask::NumberLike(..) | Ask::FieldLike(..) => 50,
                Ask::Reference(_) => 100,
                Ask::State(State::Hot | State::Unreachable | State::Loop | State::Unknown) => 100,
                Ask::Wins(_) => 500,
                Ask::State(State::Shadowed | State::PartialShadow) => 1000,
            },
        }
    }
}
