//! The state of a database while the transactions of a file are applied to it.
//!
//! ovsdb/file.c of Open vSwitch, RFC 7047 for the schema (section 3.2) and the values. A column that a new row does not
//! say has its default value, unless the schema calls it ephemeral: such a column is not kept in files, so it is
//! absent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Source;
use super::ovsdb_json::Node;
use super::ovsdb_text::{is_uuid, short};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::ovsdb::{Atom, Database, Datum, Row};

/// Columns of a table that has default values; Interface, the widest real one, has 35. Without this limit a hostile
/// schema could make every row as large as it likes.
pub const COLUMNS: usize = 64;

/// A column's type, as far as it matters here.
#[derive(Debug, Clone)]
struct Column {
    /// Whether it may hold several values: then `_is_diff` gives differences.
    is_composite: bool,
    /// Its value where none is said; none for an ephemeral column, whose value a file does not have.
    default: Option<Datum>,
}

type Columns = BTreeMap<Arc<str>, Column>;

/// A column's value while transactions are applied: differences must be quick.
enum Live {
    Set(BTreeSet<Atom>),
    Map(BTreeMap<Atom, Atom>),
    /// A single value or none.
    Plain(Datum),
}

impl Live {
    fn of(datum: Datum, is_composite: bool) -> Live {
        match datum {
            Datum::Set(atoms) if is_composite => Live::Set(atoms.into_iter().collect()),
            Datum::Map(pairs) if is_composite => Live::Map(pairs.into_iter().collect()),
            plain => Live::Plain(plain),
        }
    }

    /// Applies a difference: a member of a set comes or goes; a pair of a map comes, goes if it is there as it is, or
    /// replaces the one with its key. A single value is replaced. (ovsdb-server(7) 4.1.14 "update2".)
    fn apply(&mut self, difference: Datum) {
        match (self, difference) {
            (Live::Set(set), Datum::Set(atoms)) => {
                for atom in atoms {
                    if !set.remove(&atom) {
                        set.insert(atom);
                    }
                }
            }
            (Live::Map(map), Datum::Map(pairs)) => {
                for (key, value) in pairs {
                    if map.get(&key) == Some(&value) {
                        map.remove(&key);
                    } else {
                        map.insert(key, value);
                    }
                }
            }
            (live, datum) => {
                let is_composite = !matches!(live, Live::Plain(_));
                *live = Live::of(datum, is_composite);
            }
        }
    }

    fn datum(self) -> Datum {
        match self {
            Live::Set(set) => Datum::Set(set.into_iter().collect()),
            Live::Map(map) => Datum::Map(map.into_iter().collect()),
            Live::Plain(datum) => datum,
        }
    }
}

type LiveRow = BTreeMap<Arc<str>, Live>;

/// Where a record stands, for complaints.
pub(super) struct At<'a, 's, 'n> {
    pub(super) line: usize,
    pub(super) text: &'a str,
    pub(super) source: &'s mut Source<'n>,
}

impl At<'_, '_, '_> {
    pub(super) fn complain(&mut self, code: &'static str, message: impl Into<String>) {
        let d = Diagnostic::error(code, Span::default(), message);
        self.source.complain(self.line, self.text, d);
    }
}

/// The state of the database between two transactions.
#[derive(Default)]
pub(super) struct State {
    /// The schema's name.
    pub(super) name: Arc<str>,
    schema: BTreeMap<Arc<str>, Columns>,
    tables: BTreeMap<Arc<str>, BTreeMap<Arc<str>, LiveRow>>,
}

impl State {
    /// Takes a schema; what is in the tables stays.
    pub(super) fn schema(&mut self, node: &Node, at: &mut At<'_, '_, '_>) {
        match (node.member("name"), node.member("tables")) {
            (Some(Node::Atom(Atom::String(name))), Some(Node::Object(tables))) => {
                self.name = name.clone();
                self.schema = tables.iter().map(|(table, node)| (table.clone(), columns(node))).collect();
                for table in self.schema.keys() {
                    self.tables.entry(table.clone()).or_default();
                }
            }
            _ => at.complain("bad-record", "the schema is missing, so columns are taken as they come"),
        }
    }

    /// Applies a transaction.
    pub(super) fn transaction(&mut self, node: Node, at: &mut At<'_, '_, '_>) {
        let is_diff = node.member("_is_diff") == Some(&Node::Atom(Atom::Boolean(true)));
        let Node::Object(tables) = node else {
            return at.complain("bad-record", "the record is no transaction");
        };
        for (table, rows) in tables {
            if matches!(rows, Node::Object(_)) && !self.schema.is_empty() && !self.schema.contains_key(&table) {
                at.complain("unknown-table", format!("table {} is not in the schema", short(&table)));
            }
            match rows {
                Node::Object(rows) => rows.into_iter().for_each(|(id, row)| self.row(&table, id, row, is_diff, at)),
                _ if matches!(&*table, "_date" | "_comment" | "_is_diff") => {}
                _ => at.complain("bad-record", format!("`{}` of the transaction is no table", short(&table))),
            }
        }
    }

    fn row(&mut self, table: &Arc<str>, id: Arc<str>, row: Node, is_diff: bool, at: &mut At<'_, '_, '_>) {
        let schema = self.schema.get(table);
        let rows = self.tables.entry(table.clone()).or_default();
        if !is_uuid(&id) {
            return at.complain("bad-row", format!("`{}` is no id of a row", short(&id)));
        }
        match row {
            Node::Null => {
                if rows.remove(&id).is_none() {
                    at.complain("bad-row", format!("row {id} of table {} is deleted but was not there", short(table)));
                }
            }
            Node::Object(columns) => {
                // The columns of a new row are values even where others are differences.
                let is_new = !rows.contains_key(&id);
                let live = rows.entry(id).or_insert_with(|| defaults(schema));
                for (name, node) in columns {
                    let Some(datum) = node.datum() else {
                        at.complain(
                            "bad-value",
                            format!("column {} of table {}: no OVSDB value", short(&name), short(table)),
                        );
                        continue;
                    };
                    let is_composite = schema.and_then(|s| s.get(&name)).is_some_and(|c| c.is_composite);
                    match live.get_mut(&name).filter(|_| is_diff && !is_new) {
                        Some(old) => old.apply(datum),
                        None => drop(live.insert(name, Live::of(datum, is_composite))),
                    }
                }
            }
            _ => at.complain("bad-row", format!("row {id} of table {} is no row", short(table))),
        }
    }

    /// The database as it is now; rows come in the order of their ids.
    pub(super) fn database(self) -> Database {
        let row = |(uuid, live): (Arc<str>, LiveRow)| Row {
            uuid,
            columns: live.into_iter().map(|(name, value)| (name, value.datum())).collect(),
        };
        let tables = self.tables.into_iter().map(|(name, rows)| (name, rows.into_iter().map(row).collect()));
        let mut database = Database { schema: self.name, tables: tables.collect() };
        if database.schema.is_empty() {
            database.schema = database.schema_of_tables().into();
        }
        database
    }
}

/// The columns of a table's schema (RFC 7047, section 3.2).
fn columns(table: &Node) -> Columns {
    let Some(Node::Object(columns)) = table.member("columns") else {
        return Columns::default();
    };
    columns.iter().map(|(name, column)| (name.clone(), self::column(column))).collect()
}

fn column(column: &Node) -> Column {
    let yes = Node::Atom(Atom::Boolean(true));
    let is_ephemeral = column.member("ephemeral") == Some(&yes);
    let kind = column.member("type").unwrap_or(&Node::Null);
    let is_map = kind.member("value").is_some();
    let is_composite = match kind.member("max") {
        Some(Node::Atom(Atom::Integer(max))) => *max > 1,
        Some(Node::Atom(Atom::String(max))) => &**max == "unlimited",
        _ => false,
    };
    let may_be_empty = kind.member("min") == Some(&Node::Atom(Atom::Integer(0)));
    let default = match kind.member("key").unwrap_or(kind) {
        _ if is_map => Datum::Map(Vec::new()),
        _ if may_be_empty => Datum::Set(Vec::new()),
        base => Datum::Set(default_atom(base.member("type").unwrap_or(base)).into_iter().collect()),
    };
    Column { is_composite, default: (!is_ephemeral).then_some(default) }
}

/// The value of a column that must have one (RFC 7047, section 5.2.1).
fn default_atom(base: &Node) -> Option<Atom> {
    let Node::Atom(Atom::String(base)) = base else {
        return None;
    };
    Some(match &**base {
        "integer" => Atom::Integer(0),
        "real" => Atom::Real("0".into()),
        "boolean" => Atom::Boolean(false),
        "string" => Atom::String(Arc::default()),
        "uuid" => Atom::Uuid("00000000-0000-0000-0000-000000000000".into()),
        _ => return None,
    })
}

fn defaults(schema: Option<&Columns>) -> LiveRow {
    let columns = schema.filter(|columns| columns.len() <= COLUMNS).into_iter().flatten();
    columns.filter_map(|(name, c)| Some((name.clone(), Live::of(c.default.clone()?, c.is_composite)))).collect()
}
