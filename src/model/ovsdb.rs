//! The Open_vSwitch database as rows (ovs-vswitchd.conf.db(5)).
//!
//! Every source of it, `ovsdb-client dump` as text or JSON, a database file, `ovs-vsctl show`, becomes the same tables of
//! rows. What is asked of them by name, ports, tags, bridges, tunnels, is asked through [`Database`].

use std::collections::BTreeMap;
use std::sync::Arc;

/// A value of one column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// Text.
    String(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// A real number, as printed.
    Real(Arc<str>),
    /// Yes or no.
    Boolean(bool),
    /// The id of a row.
    Uuid(Arc<str>),
}

impl Atom {
    /// The value as text, without quotes.
    pub fn text(&self) -> String {
        match self {
            Atom::String(s) | Atom::Real(s) | Atom::Uuid(s) => s.to_string(),
            Atom::Integer(n) => n.to_string(),
            Atom::Boolean(b) => b.to_string(),
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// Any number of values; one value is a set of one.
    Set(Vec<Atom>),
    /// Keys with values.
    Map(Vec<(Atom, Atom)>),
}

/// One row: columns by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// The row's id.
    pub uuid: Arc<str>,
    /// The columns.
    pub columns: BTreeMap<Arc<str>, Datum>,
}

impl Row {
    /// The first value of a column, as text.
    pub fn text(&self, column: &str) -> Option<String> {
        match self.columns.get(column)? {
            Datum::Set(atoms) => atoms.first().map(Atom::text),
            Datum::Map(_) => None,
        }
    }

    /// Every value of a column, as text.
    pub fn texts(&self, column: &str) -> Vec<String> {
        match self.columns.get(column) {
            Some(Datum::Set(atoms)) => atoms.iter().map(Atom::text).collect(),
            _ => Vec::new(),
        }
    }

    /// The number in a column.
    pub fn integer(&self, column: &str) -> Option<i64> {
        match self.columns.get(column)? {
            Datum::Set(atoms) => match atoms.first()? {
                Atom::Integer(n) => Some(*n),
                _ => None,
            },
            Datum::Map(_) => None,
        }
    }

    /// The value of a key in a map column.
    pub fn key(&self, column: &str, key: &str) -> Option<String> {
        match self.columns.get(column)? {
            Datum::Map(pairs) => pairs.iter().find(|(k, _)| k.text() == key).map(|(_, v)| v.text()),
            Datum::Set(_) => None,
        }
    }
}

/// A database: rows by table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Database {
    /// The schema's name, such as `Open_vSwitch` or `OVN_Southbound`; empty where it is not said.
    pub schema: Arc<str>,
    /// The tables.
    pub tables: BTreeMap<Arc<str>, Vec<Row>>,
}

impl Database {
    /// The rows of a table.
    pub fn rows(&self, table: &str) -> &[Row] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// A row of a table by its id.
    pub fn row(&self, table: &str, uuid: &str) -> Option<&Row> {
        self.rows(table).iter().find(|r| &*r.uuid == uuid)
    }

    /// A row of a table by its name.
    pub fn named(&self, table: &str, name: &str) -> Option<&Row> {
        self.rows(table).iter().find(|r| r.text("name").as_deref() == Some(name))
    }
}
