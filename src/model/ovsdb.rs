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

    /// Whether it is this text.
    pub fn is_text(&self, text: &str) -> bool {
        match self {
            Atom::String(s) | Atom::Real(s) | Atom::Uuid(s) => &**s == text,
            Atom::Integer(_) | Atom::Boolean(_) => self.text() == text,
        }
    }

    /// The same as shared text, which costs nothing where it is text already.
    pub fn shared(&self) -> Arc<str> {
        match self {
            Atom::String(s) | Atom::Real(s) | Atom::Uuid(s) => s.clone(),
            Atom::Integer(_) | Atom::Boolean(_) => self.text().into(),
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
    /// The columns. A column that the source does not have, such as a counter in a database file, is absent.
    pub columns: BTreeMap<Arc<str>, Datum>,
}

impl Row {
    /// The first value of a column, as text.
    pub fn text(&self, column: &str) -> Option<String> {
        self.atom(column).map(Atom::text)
    }

    /// Every value of a column, as text.
    pub fn texts(&self, column: &str) -> Vec<String> {
        self.atoms(column).iter().map(Atom::text).collect()
    }

    /// The number in a column.
    pub fn integer(&self, column: &str) -> Option<i64> {
        match self.atom(column)? {
            Atom::Integer(n) => Some(*n),
            _ => None,
        }
    }

    /// Yes or no in a column.
    pub fn boolean(&self, column: &str) -> Option<bool> {
        match self.atom(column)? {
            Atom::Boolean(b) => Some(*b),
            _ => None,
        }
    }

    /// The first value of a column.
    pub fn atom(&self, column: &str) -> Option<&Atom> {
        self.atoms(column).first()
    }

    /// Every value of a column; none if the column is a map or is not known.
    pub fn atoms(&self, column: &str) -> &[Atom] {
        match self.columns.get(column) {
            Some(Datum::Set(atoms)) => atoms,
            _ => &[],
        }
    }

    /// The keys and values of a column; none if the column is a set or is not known.
    pub fn pairs(&self, column: &str) -> &[(Atom, Atom)] {
        match self.columns.get(column) {
            Some(Datum::Map(pairs)) => pairs,
            _ => &[],
        }
    }

    /// The value of a key in a map column.
    pub fn key(&self, column: &str, key: &str) -> Option<String> {
        self.pairs(column).iter().find(|(k, _)| k.is_text(key)).map(|(_, v)| v.text())
    }
}

/// Tables that only one schema has (the `*.ovsschema` files of Open vSwitch and OVN), with its name.
const SIGNS: [(&str, &str); 10] = [
    ("Open_vSwitch", "Open_vSwitch"),
    ("Interface", "Open_vSwitch"),
    ("SB_Global", "OVN_Southbound"),
    ("Port_Binding", "OVN_Southbound"),
    ("NB_Global", "OVN_Northbound"),
    ("Logical_Switch_Port", "OVN_Northbound"),
    ("IC_NB_Global", "OVN_IC_Northbound"),
    ("IC_SB_Global", "OVN_IC_Southbound"),
    ("Physical_Switch", "hardware_vtep"),
    ("Bridge", "Open_vSwitch"),
];

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

    /// The name of the schema, as the tables give it away, for sources that do not say it; empty for a schema that is
    /// not known.
    pub fn schema_of_tables(&self) -> &'static str {
        let has = |table: &str| self.tables.contains_key(table);
        SIGNS.iter().find(|(table, _)| has(table)).map_or("", |(_, schema)| schema)
    }

    /// A row of a table by its id. This looks through the table: build a map to follow many references.
    pub fn row(&self, table: &str, uuid: &str) -> Option<&Row> {
        self.rows(table).iter().find(|r| &*r.uuid == uuid)
    }

    /// A row of a table by its name.
    pub fn named(&self, table: &str, name: &str) -> Option<&Row> {
        self.rows(table).iter().find(|r| r.text("name").as_deref() == Some(name))
    }
}
