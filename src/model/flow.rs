//! One flow, whole: what it matches, what it does, what is known of it; and how dumps print it.

use crate::action::Actions;
use crate::base::paint::{Painter, Role};
use crate::field::matches::{DEFAULT_PRIORITY, Plan};
use crate::field::names::paint_table;
use crate::field::{Match, Names};

/// The number of a flow table.
pub type TableId = u8;

/// A flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Its table.
    pub table: TableId,
    /// Its priority: up to 65535, or more for the hidden flows of `bridge/dump-flows`.
    pub priority: u32,
    /// What it matches.
    pub matches: Match,
    /// What it does.
    pub actions: Actions,
    /// The number that its owner gave it.
    pub cookie: u64,
    /// Seconds without a packet after which it goes; 0 for never.
    pub idle_timeout: u16,
    /// Seconds after which it goes; 0 for never.
    pub hard_timeout: u16,
    /// How late it is evicted when the table is full.
    pub importance: u16,
    /// Its flags.
    pub flags: Flags,
    /// What was counted, if the dump says.
    pub stats: Option<Stats>,
    /// Words of its line that nobody knows, as they were written.
    pub residue: Vec<Box<str>>,
}

impl Default for Flow {
    /// The flow that matches everything with the default priority, and drops it.
    fn default() -> Flow {
        Flow {
            table: 0,
            priority: DEFAULT_PRIORITY,
            matches: Match::any(),
            actions: Actions::default(),
            cookie: 0,
            idle_timeout: 0,
            hard_timeout: 0,
            importance: 0,
            flags: Flags::default(),
            stats: None,
            residue: Vec::new(),
        }
    }
}

/// What makes a flow the flow it is: a switch has one at most with the same table, priority and match.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowKey {
    /// The table.
    pub table: TableId,
    /// The priority.
    pub priority: u32,
    /// The match.
    pub matches: Match,
    /// Words that nobody knows: they may be part of the match.
    pub residue: Vec<Box<str>>,
}

/// What a switch counts for a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// How long it exists, in nanoseconds.
    pub duration_ns: u64,
    /// Packets; `None` when the switch does not know.
    pub n_packets: Option<u64>,
    /// Bytes; `None` when the switch does not know.
    pub n_bytes: Option<u64>,
    /// Seconds since the last packet.
    pub idle_age: Option<u32>,
    /// Seconds since the last change.
    pub hard_age: Option<u32>,
    /// Packets and bytes that hardware handled.
    pub offloaded: Option<(u64, u64)>,
}

/// Flags of a flow (`enum ofputil_flow_mod_flags`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Flags(u8);

impl Flags {
    /// The controller is told when the flow goes.
    pub const SEND_FLOW_REM: Flags = Flags(1);
    /// Adding fails if another flow of the same priority overlaps.
    pub const CHECK_OVERLAP: Flags = Flags(2);
    /// Counters start again when the flow is modified.
    pub const RESET_COUNTS: Flags = Flags(4);
    /// Packets are not counted.
    pub const NO_PACKET_COUNTS: Flags = Flags(8);
    /// Bytes are not counted.
    pub const NO_BYTE_COUNTS: Flags = Flags(16);
    /// It may match hidden fields.
    pub const ALLOW_HIDDEN_FIELDS: Flags = Flags(32);
    /// It may stand in a read-only table.
    pub const NO_READONLY_TABLE: Flags = Flags(64);

    /// The flags with their names, in the order of printing.
    pub const NAMES: [(Flags, &'static str); 7] = [
        (Flags::SEND_FLOW_REM, "send_flow_rem"),
        (Flags::CHECK_OVERLAP, "check_overlap"),
        (Flags::RESET_COUNTS, "reset_counts"),
        (Flags::NO_PACKET_COUNTS, "no_packet_counts"),
        (Flags::NO_BYTE_COUNTS, "no_byte_counts"),
        (Flags::ALLOW_HIDDEN_FIELDS, "allow_hidden_fields"),
        (Flags::NO_READONLY_TABLE, "no_readonly_table"),
    ];

    /// The flag of that name.
    pub fn by_name(name: &str) -> Option<Flags> {
        Self::NAMES.iter().find(|(_, n)| *n == name).map(|(flag, _)| *flag)
    }

    /// Both.
    pub fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// These without the other ones.
    pub fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// Whether all of `other` are set.
    pub fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether none is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of those that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }
}

/// The ways in which Open vSwitch prints a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Style {
    /// `ovs-ofctl dump-flows`.
    #[default]
    Stats,
    /// `ovs-ofctl --no-stats dump-flows`.
    NoStats,
    /// `ovs-appctl bridge/dump-flows`.
    Bridge,
}

impl Flow {
    /// What makes it the flow it is.
    pub fn key(&self) -> FlowKey {
        let (matches, residue) = (self.matches.clone(), self.residue.clone());
        FlowKey { table: self.table, priority: self.priority, matches, residue }
    }

    /// Whether it is the same flow that does the same, whatever was counted.
    pub fn is_same_uncounted(&self, other: &Flow) -> bool {
        let uncounted = |flow: &Flow| Flow { stats: None, ..flow.clone() };
        uncounted(self) == uncounted(other)
    }

    /// Prints the flow as a dump does, with the blank in front that `ovs-ofctl` prints.
    pub fn paint(&self, style: Style, names: &Names, p: &mut impl Painter) {
        self.paint_by(&Plan::of(self.matches.masks()), style, names, p);
    }

    /// The same with the plan for its match at hand.
    pub fn paint_by(&self, plan: &Plan, style: Style, names: &Names, p: &mut impl Painter) {
        self.paint_head(style, names, p);
        self.paint_match(plan, style, names, p);
        p.dim("actions=");
        self.actions.paint(names, p);
    }

    /// Prints everything in front of the match.
    pub fn paint_head(&self, style: Style, names: &Names, p: &mut impl Painter) {
        let stats = self.stats.unwrap_or_default();
        match style {
            Style::Bridge => self.paint_bridge_head(&stats, p),
            Style::Stats | Style::NoStats => {
                let with_stats = style == Style::Stats;
                p.dim(" ");
                if with_stats || self.cookie != 0 {
                    p.dim("cookie=0x");
                    p.text(crate::base::number::Digits::padded(self.cookie, 16, 1).as_str());
                    p.dim(", ");
                }
                if with_stats {
                    p.dim("duration=");
                    paint_duration(stats.duration_ns, p);
                    p.dim(", ");
                }
                if with_stats || self.table != 0 || names.table_name(self.table).is_some() {
                    p.dim("table=");
                    paint_table(self.table, names, p);
                    p.dim(", ");
                }
                if with_stats {
                    paint_count("n_packets=", stats.n_packets, p);
                    paint_count("n_bytes=", stats.n_bytes, p);
                }
                self.paint_limits(p);
                if with_stats {
                    paint_age("idle_age=", stats.idle_age, p);
                    paint_age("hard_age=", stats.hard_age, p);
                }
            }
        }
    }

    fn paint_limits(&self, p: &mut impl Painter) {
        for (key, n) in [("idle_timeout=", self.idle_timeout), ("hard_timeout=", self.hard_timeout)] {
            if n != 0 {
                p.dim(key);
                p.decimal(Role::Text, n.into());
                p.dim(", ");
            }
        }
        for name in self.flags.names() {
            p.text(name);
            p.dim(" ");
        }
        if self.importance != 0 {
            p.dim("importance=");
            p.decimal(Role::Text, self.importance.into());
            p.dim(", ");
        }
    }

    fn paint_bridge_head(&self, stats: &Stats, p: &mut impl Painter) {
        if self.table != 0 {
            p.dim("table_id=");
            p.decimal(Role::Goto, self.table.into());
            p.dim(", ");
        }
        p.dim("duration=");
        p.decimal(Role::Text, stats.duration_ns / 1_000_000_000);
        p.dim("s, ");
        paint_count("n_packets=", stats.n_packets, p);
        paint_count("n_bytes=", stats.n_bytes, p);
        if let Some((packets, bytes)) = stats.offloaded {
            paint_count("n_offload_packets=", Some(packets), p);
            paint_count("n_offload_bytes=", Some(bytes), p);
        }
    }

    /// Prints priority and match, and what sets them apart from the actions.
    pub fn paint_match(&self, plan: &Plan, style: Style, names: &Names, p: &mut impl Painter) {
        let printed = self.matches.paint_by(plan, self.priority, names, p);
        match style {
            Style::Bridge => p.dim(","),
            _ if printed => p.dim(" "),
            _ => {}
        }
    }

    /// The text of the match alone, without the priority.
    pub fn match_text(&self, names: &Names) -> String {
        let mut text = String::new();
        self.matches.paint(DEFAULT_PRIORITY, names, &mut text);
        text
    }

    /// The text of the actions alone.
    pub fn actions_text(&self, names: &Names) -> String {
        let mut text = String::new();
        self.actions.paint(names, &mut text);
        text
    }

    /// The flow as one line.
    pub fn text(&self, style: Style, names: &Names) -> String {
        let mut text = String::new();
        self.paint(style, names, &mut text);
        text
    }
}

fn paint_count(key: &str, n: Option<u64>, p: &mut impl Painter) {
    p.dim(key);
    match n {
        Some(n) => p.decimal(Role::Text, n),
        None => p.text("?"),
    }
    p.dim(", ");
}

fn paint_age(key: &str, seconds: Option<u32>, p: &mut impl Painter) {
    if let Some(n) = seconds {
        p.dim(key);
        p.decimal(Role::Text, n.into());
        p.dim(", ");
    }
}

/// Prints a duration as Open vSwitch does: whole seconds, milliseconds, or as many decimals as it takes.
pub fn paint_duration(ns: u64, p: &mut impl Painter) {
    use crate::base::number::Digits;
    let (seconds, rest) = (ns / 1_000_000_000, ns % 1_000_000_000);
    p.decimal(Role::Text, seconds);
    if rest > 0 && rest % 1_000_000 == 0 {
        p.text(".");
        p.text(Digits::padded(rest / 1_000_000, 10, 3).as_str());
    } else if rest > 0 {
        p.text(".");
        p.text(Digits::padded(rest, 10, 9).as_str().trim_end_matches('0'));
    }
    p.text("s");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let print = |ns| {
            let mut out = String::new();
            paint_duration(ns, &mut out);
            out
        };
        assert_eq!(print(21_000_000_000), "21s");
        assert_eq!(print(21_350_000_000), "21.350s");
        assert_eq!(print(1_000_123_400), "1.0001234s");
    }

    #[test]
    fn the_empty_flow_in_every_style() {
        let flow =
            Flow { stats: Some(Stats { n_packets: Some(0), n_bytes: None, ..Stats::default() }), ..Flow::default() };
        assert_eq!(
            flow.text(Style::Stats, Names::none()),
            " cookie=0x0, duration=0s, table=0, n_packets=0, n_bytes=?, actions=drop"
        );
        assert_eq!(flow.text(Style::NoStats, Names::none()), " actions=drop");
        assert_eq!(flow.text(Style::Bridge, Names::none()), "duration=0s, n_packets=0, n_bytes=?, ,actions=drop");
    }
}
