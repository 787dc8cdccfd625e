//! The words of the language that are no match fields: one row a word.
//!
//! A row says how the word is written, what it means, what kind of value it takes, and what it needs to be answered at
//! all. The parser, the compiler, completion and `docs/filter.md` read the same rows; adding a word is adding a row and
//! the arm in `compile` that the compiler demands. Match fields are the rows of [`crate::field::table`], protocol words
//! those of [`crate::field::proto`].

use super::lex::same_word;

/// What a question needs beside the flows themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Data {
    /// Nothing.
    Flows,
    /// Two readings of the counters.
    TwoReadings,
    /// Readings over some time.
    History,
    /// An older state of the same flows to compare with.
    Baseline,
    /// Changes that wait to be sent.
    Staged,
    /// What the owner of the flows, Neutron or OVN, wanted.
    Owners,
    /// The name of the node.
    Node,
}

impl Data {
    /// What is missing and how to get it, in words that follow "`sg` needs ..".
    pub fn doc(self) -> &'static str {
        match self {
            Data::Flows => "nothing but the flows",
            Data::TwoReadings => "two readings of the counters, as a live switch gives them",
            Data::History => "readings over some time, as a live switch gives them",
            Data::Baseline => "a baseline to compare with",
            Data::Staged => "staged changes",
            Data::Owners => "the objects of Neutron or OVN that the flows were made for",
            Data::Node => "a source that tells its node",
        }
    }
}

/// How the value of a word is written, and what can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A table: its number or its name.
    Table,
    /// A count: `5`, `10k`.
    Count,
    /// Bytes: `5`, `10k`, `1MiB`.
    Bytes,
    /// A number a second: `5`, `10k`, `0.5`.
    Rate,
    /// A share in percent: `0.5`, `12`.
    Percent,
    /// A length of time: `90`, `2m30s`, `1d`.
    Duration,
    /// A number up to this one.
    Number(u64),
    /// A number with a mask: `0x7000/0xf000`.
    Cookie,
    /// The first digits of a flow's id.
    Id,
    /// A port: its number or its name.
    Port,
    /// A word out of a few.
    OneOf(&'static [&'static str]),
    /// A name or another text.
    Text,
    /// A zone: a number, or the field that holds it.
    Zone,
    /// It is there or not; it takes no value.
    Presence,
}

impl Kind {
    /// What a value looks like.
    pub fn doc(self) -> &'static str {
        match self {
            Kind::Table => "table number or name",
            Kind::Count => "count, as 5 or 10k",
            Kind::Bytes => "bytes, as 1500, 10k or 1MiB",
            Kind::Rate => "number a second, as 5, 0.5 or 10k",
            Kind::Percent => "percent, as 0.5 or 12",
            Kind::Duration => "duration, as 90s, 2m30s or 1d",
            Kind::Number(_) => "number",
            Kind::Cookie => "number, with a mask if wanted, as 0x7000/0xf000",
            Kind::Id => "first digits of a flow's id, as 9c41",
            Kind::Port => "port number or name",
            Kind::OneOf(_) => "word",
            Kind::Text => "name or text",
            Kind::Zone => "zone number, or the field that holds it, as reg6[0..15]",
            Kind::Presence => "no value: it is there or not",
        }
    }

    /// Whether values have an order, so that `<` and ranges mean something.
    pub fn is_ordered(self) -> bool {
        matches!(
            self,
            Kind::Table
                | Kind::Count
                | Kind::Bytes
                | Kind::Rate
                | Kind::Percent
                | Kind::Duration
                | Kind::Number(_)
                | Kind::Cookie
                | Kind::Zone
        )
    }
}

/// The groups of words in the docs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Where a flow stands.
    Place,
    /// What was counted.
    Counters,
    /// How old it is, and how long it stays.
    Time,
    /// Who it is.
    Identity,
    /// What it does.
    Actions,
    /// Its text.
    Text,
    /// What it was made for.
    Provenance,
}

impl Group {
    /// The groups in the order of the docs, with their headings.
    pub const ALL: [(Group, &'static str); 7] = [
        (Group::Place, "Place"),
        (Group::Counters, "Counters"),
        (Group::Time, "Time"),
        (Group::Identity, "Identity"),
        (Group::Actions, "Actions, parsed"),
        (Group::Text, "Text"),
        (Group::Provenance, "Provenance"),
    ];
}

/// A word that takes a value and is no match field.
#[derive(Debug, Clone, Copy)]
pub struct FieldWord {
    /// The word.
    pub name: &'static str,
    /// Further spellings.
    pub aliases: &'static [&'static str],
    /// What it asks about.
    pub subject: Subject,
    /// Where the docs list it.
    pub group: Group,
    /// How its value is written.
    pub kind: Kind,
    /// What it needs.
    pub needs: Data,
    /// What it is.
    pub doc: &'static str,
    /// What the bare word holds for.
    pub bare: &'static str,
}

/// What a word asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The table.
    Table,
    /// The bridge.
    Bridge,
    /// The node.
    Node,
    /// The priority.
    Priority,
    /// The short name.
    Id,
    /// The packet counter.
    Packets,
    /// The byte counter.
    Bytes,
    /// Packets a second.
    Rate,
    /// Bytes a second.
    ByteRate,
    /// The share of its table's packets.
    Share,
    /// The highest rate.
    Peak,
    /// Time since it was added.
    Age,
    /// Time since its last packet.
    Idle,
    /// Time since it was last changed.
    HardAge,
    /// The idle timeout.
    IdleTimeout,
    /// The hard timeout.
    HardTimeout,
    /// Time since it appeared.
    Since,
    /// Time since it was seen to change.
    Changed,
    /// The cookie.
    Cookie,
    /// The program that made it.
    Owner,
    /// The importance.
    Importance,
    /// The flags.
    Flags,
    /// A port of `output`, `enqueue` or `bundle`.
    Out,
    /// The table of `goto_table`.
    Goto,
    /// The table of `resubmit`.
    Resubmit,
    /// The group of `group`.
    Group,
    /// The meter of `meter`.
    Meter,
    /// `ct` itself.
    Ct,
    /// The zone of `ct`.
    CtZone,
    /// The table of `ct`.
    CtTable,
    /// The `commit` of `ct`.
    CtCommit,
    /// The `nat` of `ct`.
    CtNat,
    /// `conjunction` itself.
    Conj,
    /// The id of `conjunction`.
    ConjId,
    /// `learn` itself.
    Learn,
    /// The table of `learn`.
    LearnTable,
    /// The bytes of `note`.
    Note,
    /// A field of `move`.
    Move,
    /// `clone` itself.
    Clone,
    /// The controller of `controller`.
    Controller,
    /// The text of the match.
    Match,
    /// The text of the actions.
    Actions,
    /// The whole line.
    Text,
    /// A port that it is about in any way.
    Port,
    /// What the flow was made for; the word itself says which object.
    Object,
}

const fn word(
    name: &'static str,
    subject: Subject,
    group: Group,
    kind: Kind,
    doc: &'static str,
    bare: &'static str,
) -> FieldWord {
    FieldWord { name, aliases: &[], subject, group, kind, needs: Data::Flows, doc, bare }
}

impl FieldWord {
    const fn aka(self, aliases: &'static [&'static str]) -> FieldWord {
        FieldWord { aliases, ..self }
    }

    const fn needs(self, needs: Data) -> FieldWord {
        FieldWord { needs, ..self }
    }

    /// The row of that word, in any case.
    pub fn by_name(name: &str) -> Option<&'static FieldWord> {
        FIELDS.iter().find(|w| same_word(w.name, name) || w.aliases.iter().any(|a| same_word(a, name)))
    }

    /// Every spelling.
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

const U16: Kind = Kind::Number(u16::MAX as u64);
const U32: Kind = Kind::Number(u32::MAX as u64);

/// The systems that own flows.
pub const OWNERS: &[&str] = &["l2", "fwaas", "dvr", "ovn", "qos", "dhcp", "metadata", "hand", "?"];
/// What a flow is for.
pub const KINDS: &[&str] = &["accept", "refuse", "antispoof", "arp", "dhcp", "conj-member", "miss"];
/// The flags of flows (`enum ofputil_flow_mod_flags`).
pub const FLAGS: &[&str] = &[
    "send_flow_rem",
    "check_overlap",
    "reset_counts",
    "no_packet_counts",
    "no_byte_counts",
    "allow_hidden_fields",
    "no_readonly_table",
];

const HAS_ACTION: &str = "flows that have the action";

/// The words that take a value, in the order of the docs.
#[rustfmt::skip]
pub const FIELDS: &[FieldWord] = &[
    word("table", Subject::Table, Group::Place, Kind::Table, "the table it stands in", "every flow").aka(&["table_id"]),
    word("bridge", Subject::Bridge, Group::Place, Kind::Text, "the bridge it stands in", "every flow"),
    word("node", Subject::Node, Group::Place, Kind::Text, "the node it stands on", "flows of a node that is known").needs(Data::Node),
    word("priority", Subject::Priority, Group::Place, U32, "its priority", "every flow"),
    word("id", Subject::Id, Group::Place, Kind::Id, "the short name of the flow: a number made of table, priority and match", "every flow"),

    word("n_packets", Subject::Packets, Group::Counters, Kind::Count, "packets that got it", "flows whose counter is known").aka(&["packets"]),
    word("n_bytes", Subject::Bytes, Group::Counters, Kind::Bytes, "bytes of these packets", "flows whose counter is known").aka(&["bytes"]),
    word("rate", Subject::Rate, Group::Counters, Kind::Rate, "packets a second, now", "flows whose rate is known").needs(Data::TwoReadings),
    word("brate", Subject::ByteRate, Group::Counters, Kind::Rate, "bytes a second, now", "flows whose rate is known").needs(Data::TwoReadings),
    word("share", Subject::Share, Group::Counters, Kind::Percent, "its packets in percent of the packets that all flows of its table counted", "flows whose counter is known"),
    word("peak", Subject::Peak, Group::Counters, Kind::Rate, "the highest rate that was seen, in packets a second", "flows whose rate is known").needs(Data::TwoReadings),

    word("age", Subject::Age, Group::Time, Kind::Duration, "how long it exists", "flows whose dump says so").aka(&["duration"]),
    word("idle", Subject::Idle, Group::Time, Kind::Duration, "time since its last packet, where the dump has idle_age", "flows whose dump says so").aka(&["idle_age"]),
    word("hard_age", Subject::HardAge, Group::Time, Kind::Duration, "time since it was last changed, where the dump has hard_age", "flows whose dump says so"),
    word("idle_timeout", Subject::IdleTimeout, Group::Time, Kind::Duration, "time without a packet after which it goes", "flows that have one"),
    word("hard_timeout", Subject::HardTimeout, Group::Time, Kind::Duration, "time after which it goes", "flows that have one"),
    word("since", Subject::Since, Group::Time, Kind::Duration, "time since it appeared", "flows that were seen to appear").needs(Data::History),
    word("changed", Subject::Changed, Group::Time, Kind::Duration, "time since it was seen to change", "flows that were seen to change").needs(Data::History),

    word("cookie", Subject::Cookie, Group::Identity, Kind::Cookie, "the number that its owner gave it", "flows whose cookie is not 0"),
    word("owner", Subject::Owner, Group::Identity, Kind::OneOf(OWNERS), "the program it belongs to", "flows whose owner is known").needs(Data::Owners),
    word("importance", Subject::Importance, Group::Identity, U16, "how late it is evicted", "flows that have one"),
    word("flags", Subject::Flags, Group::Identity, Kind::OneOf(FLAGS), "its flags", "flows that have one"),

    word("out", Subject::Out, Group::Actions, Kind::Port, "ports it sends packets to by itself: output, enqueue, bundle", "flows that output, to reserved ports as well").aka(&["output"]),
    word("goto", Subject::Goto, Group::Actions, Kind::Table, "table of goto_table", HAS_ACTION).aka(&["goto_table"]),
    word("resubmit", Subject::Resubmit, Group::Actions, Kind::Table, "table of resubmit; without one, the flow's own", HAS_ACTION),
    word("group", Subject::Group, Group::Actions, U32, "group it hands packets to", HAS_ACTION),
    word("meter", Subject::Meter, Group::Actions, U32, "meter it uses", HAS_ACTION),
    word("ct", Subject::Ct, Group::Actions, Kind::Presence, "connection tracking", HAS_ACTION),
    word("ct.zone", Subject::CtZone, Group::Actions, Kind::Zone, "zone of ct", HAS_ACTION),
    word("ct.table", Subject::CtTable, Group::Actions, Kind::Table, "table that packets go to after ct", "flows whose ct names one"),
    word("ct.commit", Subject::CtCommit, Group::Actions, Kind::Presence, "ct that keeps the connection", HAS_ACTION),
    word("ct.nat", Subject::CtNat, Group::Actions, Kind::Text, "nat of ct: src, dst, or an address it translates to", HAS_ACTION),
    word("conj", Subject::Conj, Group::Actions, Kind::Presence, "clause of a conjunction", "flows that are one").aka(&["conjunction"]),
    word("conj.id", Subject::ConjId, Group::Actions, U32, "conjunction that it is a clause of", "flows that are one").aka(&["conjunction.id"]),
    word("learn", Subject::Learn, Group::Actions, Kind::Presence, "adding flows", HAS_ACTION),
    word("learn.table", Subject::LearnTable, Group::Actions, Kind::Table, "table that learn adds flows to", HAS_ACTION),
    word("note", Subject::Note, Group::Actions, Kind::Text, "bytes of note, as 00.11.22", HAS_ACTION),
    word("move", Subject::Move, Group::Actions, Kind::Text, "a field that move reads or writes", HAS_ACTION),
    word("clone", Subject::Clone, Group::Actions, Kind::Presence, "actions on a copy", HAS_ACTION),
    word("controller", Subject::Controller, Group::Actions, U16, "controller id it sends packets to", "flows that send to a controller"),

    word("match", Subject::Match, Group::Text, Kind::Text, "the match as ovs-ofctl prints it, without the priority", "every flow"),
    word("actions", Subject::Actions, Group::Text, Kind::Text, "the actions as the dump has them", "every flow"),
    word("text", Subject::Text, Group::Text, Kind::Text, "the whole line of the dump", "every flow"),

    word("port", Subject::Port, Group::Provenance, Kind::Port, "port it is about: matched as in_port, matched or written in a register that carries ports, or output to", "flows about any port").aka(&["of"]),
    object("sg", "security group, by name or id"),
    object("sgrule", "security group rule, by id"),
    object("fw", "firewall group, by name or id"),
    object("fwrule", "firewall rule, by name or id"),
    object("policy", "firewall or QoS policy, by name or id"),
    object("acl", "OVN ACL, by id"),
    object("lflow", "OVN logical flow, by id"),
    object("vm", "server, by name or id"),
    object("net", "network, by name or id"),
    object("project", "project, by name or id"),
    object("router", "router, by name or id"),
    word("kind", Subject::Object, Group::Provenance, Kind::OneOf(KINDS), "what it is there for", "flows for which it is known").needs(Data::Owners),
];

const fn object(name: &'static str, doc: &'static str) -> FieldWord {
    let bare = "flows for which it is known";
    FieldWord { needs: Data::Owners, ..word(name, Subject::Object, Group::Provenance, Kind::Text, doc, bare) }
}

/// A word that stands alone and takes no value.
#[derive(Debug, Clone, Copy)]
pub struct StateWord {
    /// The word.
    pub name: &'static str,
    /// What it asks.
    pub state: State,
    /// What it needs.
    pub needs: Data,
    /// What it holds for.
    pub doc: &'static str,
}

/// What a word that stands alone asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// `drop` is its only action.
    Drop,
    /// It outputs to NORMAL.
    Normal,
    /// It outputs to FLOOD or ALL.
    Flood,
    /// It outputs to IN_PORT.
    InPortOut,
    /// It is about Ethernet packets.
    Ethernet,
    /// No packet ever got it.
    Dead,
    /// It is among the busiest.
    Hot,
    /// One other flow takes all its packets.
    Shadowed,
    /// Other flows take some of its packets.
    PartialShadow,
    /// No way leads to its table.
    Unreachable,
    /// It leads back to its table.
    Loop,
    /// It takes what no other flow takes.
    Miss,
    /// It is marked.
    Marked,
    /// It cannot be told from the flows alone.
    Unknown,
}

const fn state(name: &'static str, state: State, doc: &'static str) -> StateWord {
    StateWord { name, state, needs: Data::Flows, doc }
}

const fn unknown(name: &'static str, needs: Data, doc: &'static str) -> StateWord {
    StateWord { name, state: State::Unknown, needs, doc }
}

/// The words that stand alone, in the order of the docs; protocol words come beside them.
#[rustfmt::skip]
pub const STATES: &[StateWord] = &[
    state("drop", State::Drop, "its only action is drop; `next drop` also finds lists that lead nowhere"),
    state("normal", State::Normal, "it outputs to NORMAL, as a learning switch does"),
    state("flood", State::Flood, "it outputs to FLOOD or ALL"),
    state("in_port_out", State::InPortOut, "it sends packets back where they came from"),
    state("eth", State::Ethernet, "it is about Ethernet packets, as all flows are that name no other packet_type"),
    state("dead", State::Dead, "no packet ever got it; clauses of conjunctions are never counted, so they are left out"),
    state("hot", State::Hot, "of the 1 % with the highest rate; of the most packets where rates are not known"),
    unknown("new", Data::Baseline, "it was not in the baseline"),
    unknown("gone", Data::Baseline, "it was in the baseline only"),
    unknown("restamped", Data::Baseline, "only its cookie differs from the baseline"),
    unknown("staged", Data::Staged, "a staged change is about it"),
    state("shadowed", State::Shadowed, "one flow of higher priority takes all its packets"),
    state("partial-shadow", State::PartialShadow, "flows of higher priority take some of its packets, and no single one takes all"),
    state("unreachable", State::Unreachable, "no way leads from table 0 to its table"),
    state("loop", State::Loop, "it leads, perhaps through other tables, back to its own table"),
    unknown("stale", Data::Owners, "what it was made for is no longer there"),
    unknown("missing", Data::Owners, "it should be there and is not"),
    unknown("orphan", Data::Owners, "no known owner"),
    unknown("hand", Data::Owners, "made by hand, not by any agent"),
    state("miss", State::Miss, "it has priority 0 and matches every packet"),
    state("marked", State::Marked, "it is marked"),
];

impl StateWord {
    /// The row of that word, in any case.
    pub fn by_name(name: &str) -> Option<&'static StateWord> {
        STATES.iter().find(|w| same_word(w.name, name))
    }
}

/// What stands between a field and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `=`
    Equals,
    /// `!=`
    NotEquals,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `~=`
    Admits,
    /// `in`
    In,
    /// `covers`
    Covers,
    /// `hits`
    Hits,
    /// `~`
    Like,
    /// `!~`
    Unlike,
}

/// An operator.
#[derive(Debug, Clone, Copy)]
pub struct OpWord {
    /// How it is written.
    pub name: &'static str,
    /// What it asks.
    pub op: Op,
    /// What it says of a match field.
    pub doc: &'static str,
    /// Whether a flow that does not match the field satisfies it.
    pub takes_absent: bool,
}

const fn op(name: &'static str, op: Op, takes_absent: bool, doc: &'static str) -> OpWord {
    OpWord { name, op, doc, takes_absent }
}

/// The operators, in the order of the docs. Where one begins like another, the longer one stands first.
pub const OPS: &[OpWord] = &[
    op("==", Op::Equals, false, "the flow's set is this one, as `=`"),
    op("=", Op::Equals, false, "the flow's set is this one"),
    op("!=", Op::NotEquals, false, "the field is matched, and as another set"),
    op("!~", Op::Unlike, false, "the field is matched, and its text does not match the regular expression"),
    op("<=", Op::AtMost, false, "every value the flow takes is at most this"),
    op("<", Op::Less, false, "every value the flow takes is less"),
    op(">=", Op::AtLeast, false, "every value the flow takes is at least this"),
    op(">", Op::More, false, "every value the flow takes is more"),
    op("~=", Op::Admits, false, "as `covers`, and the field is matched"),
    op("~", Op::Like, false, "the text of the value matches the regular expression"),
    op("in", Op::In, false, "the flow's set lies inside this set, range or value"),
    op("covers", Op::Covers, true, "the flow's set holds all of this: every such packet passes the field"),
    op("hits", Op::Hits, true, "the flow's set and this one overlap: some such packet passes the field"),
];

impl OpWord {
    /// The row of an operator.
    pub fn of(op: Op) -> &'static OpWord {
        // Every operator has a row, which a test holds; `=` is never the answer to a question about another one.
        OPS.iter().rev().find(|w| w.op == op).unwrap_or(&OPS[1])
    }
}

/// In which direction a reference looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// Flows that lead there directly.
    Next,
    /// Flows where the place leads directly.
    Prev,
    /// Flows that lead there at last.
    Reaches,
    /// Flows where the place leads at last.
    ReachedBy,
}

/// The words for references, with what they ask.
pub const WAYS: &[(&str, Way, &str)] = &[
    ("next", Way::Next, "it leads there directly"),
    ("prev", Way::Prev, "it stands where the named place leads directly"),
    ("reaches", Way::Reaches, "it leads there, perhaps through other tables"),
    ("reached-by", Way::ReachedBy, "it stands where the named place leads, perhaps through other tables"),
];

/// A kind of place that a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A table.
    Table,
    /// A port.
    Port,
    /// A flow.
    Flow,
    /// A group.
    Group,
    /// Nowhere.
    Drop,
    /// A table where no flow may match.
    Miss,
    /// The learning switch.
    Normal,
    /// A controller.
    Controller,
}

/// The places, with whether a name or number follows, and what they are.
pub const PLACES: &[(&str, Place, bool, &str)] = &[
    ("table", Place::Table, true, "a table; the word may be left out"),
    ("port", Place::Port, true, "out of a port; for `prev` and `reached-by`, where its packets come in"),
    ("flow", Place::Flow, true, "one flow, by its id"),
    ("group", Place::Group, true, "a group"),
    ("drop", Place::Drop, false, "nowhere: the packet is dropped"),
    ("miss", Place::Miss, false, "a table where a packet may find no flow at all"),
    ("normal", Place::Normal, false, "out, as a learning switch chooses"),
    ("controller", Place::Controller, false, "to a controller"),
];

/// Units of counts and bytes, with their factor and whether they are about bytes only.
pub const UNITS: &[(&str, u64, bool)] = &[
    ("KiB", 1 << 10, true),
    ("MiB", 1 << 20, true),
    ("GiB", 1 << 30, true),
    ("Ki", 1 << 10, false),
    ("Mi", 1 << 20, false),
    ("Gi", 1 << 30, false),
    ("k", 1_000, false),
    ("M", 1_000_000, false),
    ("G", 1_000_000_000, false),
    ("B", 1, true),
];

/// Units of time in nanoseconds.
pub const TIMES: &[(&str, u64)] = &[
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Words of the grammar, which no alias can take.
pub const RESERVED: &[&str] =
    &["and", "or", "not", "in", "has", "hits", "wins", "covers", "next", "prev", "reaches", "reached-by"];

/// Words of other languages for the same thing, with what to write here.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("contains", "write field ~ \"text\", or \"text\" alone"),
    ("matches", "write field ~ \"text\""),
    ("like", "write field ~ \"text\""),
    ("regex", "write field ~ \"text\""),
    ("is", "write field = value"),
    ("eq", "write field = value"),
    ("equals", "write field = value"),
    ("ne", "write field != value"),
    ("lt", "write field < value"),
    ("le", "write field <= value"),
    ("gt", "write field > value"),
    ("ge", "write field >= value"),
    ("xor", "there are and, or, not"),
    ("where", "a filter begins with its first term"),
    ("select", "a filter begins with its first term"),
];

#[cfg(test)]
mod tests;
