//! The columns of flow lists: one row each.
//!
//! Where not all of them fit, those of the lowest rank stay away. Numbers are never cut, they change their unit.

use std::cmp::Reverse;

use super::short;
use crate::action::Action;
use crate::base::number::{short_count, short_duration};
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::field::names::{paint_port, port};
use crate::field::table::{CT_STATE, IN_PORT};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::naming::Naming;
use crate::model::owner::{Owner, OwnerTable, System};
use crate::model::store::FlowRef;
use crate::query::Cell;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// Where it stands.
    Table,
    /// Who comes first.
    Priority,
    /// Packets.
    Packets,
    /// Bytes.
    Bytes,
    /// How long it exists.
    Age,
    /// How long no packet got it.
    Idle,
    /// What of connection tracking it asks for.
    CtState,
    /// Everything else it matches.
    Match,
    /// What it does.
    Actions,
    /// Its owner's number.
    Cookie,
    /// The port it takes packets from, or sends them to.
    Port,
    /// When it goes by itself.
    Timeouts,
    /// What it asks of the switch.
    Flags,
    /// Its short name.
    Id,
    /// Who wanted it.
    Owner,
}

/// What is known of a column.
#[derive(Debug)]
pub struct Row {
    /// Which one.
    pub column: Column,
    /// Its name in the configuration.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it shows.
    pub doc: &'static str,
    /// The columns it takes; 0 for what is left.
    pub width: usize,
    /// Whether it stands at the right of its column, as numbers do.
    pub is_number: bool,
    /// The lower, the longer it stays.
    pub rank: u8,
    /// Whether it is there from the start.
    pub is_usual: bool,
}

const fn row(column: Column, name: &'static str, title: &'static str, width: usize, rank: u8) -> Row {
    Row { column, name, title, doc: "", width, is_number: false, rank, is_usual: false }
}

impl Row {
    const fn doc(self, doc: &'static str) -> Row {
        Row { doc, ..self }
    }

    const fn number(self) -> Row {
        Row { is_number: true, ..self }
    }

    const fn usual(self) -> Row {
        Row { is_usual: true, ..self }
    }
}

/// Every column, in the order in which they stand.
pub const COLUMNS: [Row; 15] = [
    row(Column::Id, "id", "ID", 6, 13).doc("the short name of the flow, which stays the same"),
    row(Column::Table, "table", "TBL", 4, 3).number().usual().doc("the table, where several are shown"),
    row(Column::Priority, "priority", "PRIO", 5, 0).number().usual().doc("the priority: higher is looked at first"),
    row(Column::Packets, "packets", "PACKETS", 7, 2).number().usual().doc("packets since the counters began"),
    row(Column::Bytes, "bytes", "BYTES", 6, 8).number().doc("bytes since the counters began"),
    row(Column::Age, "age", "AGE", 5, 6).number().usual().doc("how long the flow exists"),
    row(Column::Idle, "idle", "IDLE", 5, 7).number().usual().doc("how long no packet took it"),
    row(Column::CtState, "ct_state", "CT_STATE", 9, 4).usual().doc("what it asks of connection tracking"),
    row(Column::Match, "match", "MATCH", 0, 1).usual().doc("what it matches beside that"),
    row(Column::Actions, "actions", "ACTIONS", 0, 1).usual().doc("what it does"),
    row(Column::Cookie, "cookie", "COOKIE", 18, 9).doc("the number its owner gave it"),
    row(Column::Port, "port", "PORT", 14, 10).doc("the port it takes packets from, else sends them to"),
    row(Column::Timeouts, "timeouts", "TIMEOUTS", 9, 11).doc("idle and hard timeout, if any"),
    row(Column::Flags, "flags", "FLAGS", 10, 12).doc("flags such as send_flow_rem"),
    row(Column::Owner, "owner", "OWNER", 40, 14).doc("who wanted it: the rule, else the port, else the program"),
];

/// The columns that fit into `width`, with room for match and actions; at least priority, match and actions.
pub fn fitting(chosen: &[Column], width: usize) -> Vec<&'static Row> {
    let mut rows: Vec<&'static Row> = chosen.iter().map(|c| c.row()).collect();
    let needs = |rows: &[&Row]| rows.iter().map(|r| if r.width == 0 { 24 } else { r.width + 1 }).sum::<usize>() + 2;
    while needs(&rows) > width && rows.iter().any(|r| r.rank > 1) {
        let worst = rows.iter().map(|r| r.rank).max().unwrap_or(0);
        rows.retain(|r| r.rank != worst);
    }
    rows
}

impl Column {
    /// Its row.
    pub fn row(self) -> &'static Row {
        COLUMNS.iter().find(|r| r.column == self).expect("every column has a row")
    }

    /// The column of that name.
    pub fn by_name(name: &str) -> Option<Column> {
        COLUMNS.iter().find(|r| r.name == name).map(|r| r.column)
    }

    /// What a filter can be made of, where the whole column is one thing.
    pub fn cell(self) -> Option<Cell> {
        Some(match self {
            Column::Table => Cell::Table,
            Column::Priority => Cell::Priority,
            Column::Packets => Cell::Packets,
            Column::Bytes => Cell::Bytes,
            Column::Age => Cell::Age,
            Column::Idle => Cell::Idle,
            Column::CtState => Cell::Field(CT_STATE),
            Column::Match => Cell::Match,
            Column::Actions => Cell::Actions,
            Column::Cookie => Cell::Cookie,
            Column::Port => Cell::Field(IN_PORT),
            Column::Timeouts => Cell::IdleTimeout,
            Column::Flags => Cell::Flags,
            Column::Id => Cell::Id,
            Column::Owner => return None,
        })
    }

    /// Prints what a flow has there.
    pub fn paint(self, bridge: &Bridge, naming: &Naming, flow: FlowRef<'_>, p: &mut impl Painter) {
        let count = |n: Option<u64>| n.map_or("-".to_owned(), short_count);
        match self {
            Column::Table => p.put(Role::Goto, &flow.table().to_string()),
            Column::Priority => p.text(&flow.priority().to_string()),
            Column::Packets => p.put(quiet(flow.n_packets()), &count(flow.n_packets().filter(|_| !is_clause(flow)))),
            Column::Bytes => p.put(quiet(flow.n_bytes()), &count(flow.n_bytes().filter(|_| !is_clause(flow)))),
            Column::Age => {
                let age = flow.stats().map(|s| s.duration_ns / 1_000_000_000);
                p.put(Role::Dim, &age.map_or("-".to_owned(), short_duration));
            }
            Column::Idle => {
                let idle = flow.stats().and_then(|s| s.idle_age);
                p.put(Role::Dim, &idle.map_or("-".to_owned(), |s| short_duration(s.into())));
            }
            Column::CtState => short::paint_ct_state(&flow.matches(), p),
            Column::Match => short::paint_match(&flow.matches(), &[CT_STATE], &bridge.names, p),
            Column::Actions => short::paint_actions(flow.actions(), &bridge.names, naming, p),
            Column::Cookie => p.hex(Role::Dim, flow.cookie()),
            Column::Port => {
                if let Some(number) = port_of(flow) {
                    paint_port(number, &bridge.names, p);
                }
            }
            Column::Timeouts => {
                let head = flow.head();
                let limits = [("i", head.idle_timeout), ("h", head.hard_timeout)];
                let words =
                    limits.iter().filter(|(_, s)| *s > 0).map(|(w, s)| format!("{w}{}", short_duration((*s).into())));
                let text = words.collect::<Vec<_>>().join(" ");
                p.dim(&text);
            }
            Column::Flags => p.dim(&flow.head().flags.names().collect::<Vec<_>>().join(" ")),
            Column::Id => {
                let hash = crate::model::id::FlowHash::of(flow);
                p.dim(&bridge.ids().short(hash));
            }
            // A flow alone does not tell; `paint_owner` does.
            Column::Owner => {}
        }
    }

    /// Orders flows by who wanted them.
    pub fn sort_by_owner(owners: &OwnerTable, flows: &mut [FlowId], backwards: bool) {
        flows.sort_by_cached_key(|id| owners.of(*id).first().map(Owner::label));
        if backwards {
            flows.reverse();
        }
    }

    /// Orders flows. Numbers begin with the largest, texts with the smallest; equals keep the order they had.
    pub fn sort(self, bridge: &Bridge, flows: &mut [FlowId], backwards: bool) {
        let at = |id: &FlowId| bridge.flow(*id);
        let text = |id: &FlowId| {
            let mut out = String::new();
            self.paint(bridge, &Naming::default(), at(id), &mut out);
            out
        };
        match self {
            Column::Table => flows.sort_by_key(|id| at(id).table()),
            Column::Priority => flows.sort_by_key(|id| Reverse(at(id).priority())),
            Column::Packets => flows.sort_by_key(|id| Reverse(at(id).n_packets())),
            Column::Bytes => flows.sort_by_key(|id| Reverse(at(id).n_bytes())),
            Column::Age => flows.sort_by_cached_key(|id| Reverse(at(id).stats().map(|s| s.duration_ns))),
            Column::Idle => flows.sort_by_cached_key(|id| at(id).stats().and_then(|s| s.idle_age).unwrap_or(u32::MAX)),
            Column::Cookie => flows.sort_by_key(|id| at(id).cookie()),
            Column::Timeouts => {
                flows.sort_by_key(|id| Reverse((at(id).head().idle_timeout, at(id).head().hard_timeout)));
            }
            Column::Port => flows.sort_by_cached_key(|id| port_of(at(id)).unwrap_or(u32::MAX)),
            Column::CtState | Column::Match | Column::Actions | Column::Flags | Column::Id | Column::Owner => {
                flows.sort_by_cached_key(text);
            }
        }
        if backwards {
            flows.reverse();
        }
    }
}

/// Prints the most specific owner of a flow.
pub fn paint_owner(owners: &[Owner], p: &mut impl Painter) {
    if let Some(owner) = owners.first() {
        p.put(if owner.system == System::Agent { Role::Dim } else { Role::Text }, &visible(&owner.label()));
    }
}

fn quiet(n: Option<u64>) -> Role {
    if n.unwrap_or(0) == 0 { Role::Dim } else { Role::Text }
}

/// Clauses of conjunctions have no counters of their own.
fn is_clause(flow: FlowRef<'_>) -> bool {
    flow.actions().0.iter().any(|a| matches!(a, Action::Conjunction(_)))
}

fn port_of(flow: FlowRef<'_>) -> Option<u32> {
    let (number, mask) = flow.word(crate::field::slot::word::IN_PORT);
    let output = flow.actions().0.iter().find_map(|a| match a {
        Action::Output(a) if a.port < port::MAX || a.port >= port::NAMED => Some(a.port),
        _ => None,
    });
    if mask != 0 { Some(number) } else { output }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_row_and_numbers_are_never_cut() {
        for row in &COLUMNS {
            assert!(!row.doc.is_empty() && Column::by_name(row.name) == Some(row.column));
            assert!(row.width == 0 || row.width >= row.title.len(), "{}", row.name);
        }
        let all: Vec<Column> = COLUMNS.iter().map(|r| r.column).collect();
        let names = |width| fitting(&all, width).iter().map(|r| r.name).collect::<Vec<_>>();
        assert_eq!(names(40), ["priority", "match", "actions"]);
        assert_eq!(names(80), ["table", "priority", "packets", "ct_state", "match", "actions"]);
        assert_eq!(names(300).len(), COLUMNS.len());
    }
}
