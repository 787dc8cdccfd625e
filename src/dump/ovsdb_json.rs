//! Databases as JSON: the tables of `ovsdb-client --format=json dump`, and the notation that database files share.
//!
//! ovsdb-client(1) "dump", lib/table.c of Open vSwitch: one JSON object a table, with its caption, headings and rows,
//! one after the other. Values are written as RFC 7047, section 5.1, says: `["set",[..]]`, `["map",[[k,v],..]]`,
//! `["uuid","..."]`, and plain strings, numbers and booleans.
//!
//! Time and memory grow with the length of the text only: values are built while it is read. JSON may nest 127 levels
//! deep (the limit of serde_json, real databases need eight); a table that nests deeper is left out with a complaint.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Source;
use super::ovsdb_text::{is_uuid, short};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::ovsdb::{Atom, Database, Datum, Row};

/// Whether a text begins like the JSON tables of `ovsdb-client dump`.
pub fn is_ovsdb_json(head: &str) -> bool {
    let inside = head.trim_start().strip_prefix('{').map(str::trim_start);
    let caption = inside.and_then(|s| s.strip_prefix("\"caption\"")).map(str::trim_start);
    caption.is_some_and(|s| s.starts_with(':'))
}

/// Reads the tables. A row whose `_uuid` is missing is left out, since nothing can refer to it.
pub fn read_ovsdb_json(text: &str, source: &mut Source<'_>) -> Database {
    let mut database = Database::default();
    let mut number = 1;
    for chunk in chunks(text) {
        for table in serde_json::Deserializer::from_str(chunk.trim_end()).into_iter::<Table>() {
            match table {
                Ok(table) => table.add_to(&mut database, number, chunk, source),
                Err(error) => complain_json(number, chunk, &error, source),
            }
        }
        number += memchr::memchr_iter(b'\n', chunk.as_bytes()).count();
    }
    database.schema = database.schema_of_tables().into();
    database
}

/// The text, cut in front of each line that begins with a brace: there a table begins, whether it is printed in one
/// line or `--pretty` in many, and whatever is wrong with the table before it.
fn chunks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = memchr::memmem::find(rest.as_bytes(), b"\n{").map_or(rest.len(), |at| at + 1);
        let (chunk, after) = rest.split_at(end);
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Tells of an error in JSON that begins in the line `first`.
fn complain_json(first: usize, chunk: &str, error: &serde_json::Error, source: &mut Source<'_>) {
    let down = error.line().saturating_sub(1);
    let at = error.column().saturating_sub(1);
    let what = if error.is_eof() { "the table is cut off" } else { "no table as ovsdb-client prints it" };
    let d = Diagnostic::error("bad-json", Span::new(at, at + 1), format!("{what}: {}", reason(error)));
    source.complain(first + down, chunk.lines().nth(down).unwrap_or(""), d.hint("this table is left out"));
}

/// What serde_json says, without the position, which is told apart.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let reason = said.rsplit_once(" at line ").map_or(&*said, |(reason, _)| reason);
    let end = reason.char_indices().nth(100).map_or(reason.len(), |(end, _)| end);
    reason[..end].to_lowercase()
}

/// A table as `ovsdb-client` prints it. The headings come after the rows.
#[derive(Deserialize)]
struct Table {
    caption: String,
    headings: Vec<String>,
    data: Vec<Vec<Node>>,
}

impl Table {
    fn add_to(self, database: &mut Database, number: usize, chunk: &str, source: &mut Source<'_>) {
        let name = self.caption.strip_suffix(" table").unwrap_or(&self.caption);
        let line = chunk.lines().next().unwrap_or("");
        let mut complain =
            |code, message| source.complain(number, line, Diagnostic::error(code, Span::default(), message));
        let headings: Vec<Arc<str>> = self.headings.iter().map(|heading| heading.as_str().into()).collect();
        let rows = database.tables.entry(name.into()).or_default();
        let name = short(name);
        for (i, cells) in self.data.into_iter().enumerate() {
            let row_number = i + 1;
            if cells.len() != headings.len() {
                let message = format!("row {row_number} of table {name} has not one value for each heading");
                complain("bad-row", message);
            }
            let mut row = Row::default();
            for (heading, cell) in headings.iter().zip(cells) {
                match cell {
                    Node::Atom(Atom::Uuid(id)) if &**heading == "_uuid" && is_uuid(&id) => row.uuid = id,
                    cell => match cell.datum() {
                        Some(value) => drop(row.columns.insert(heading.clone(), value)),
                        None => {
                            let message = format!(
                                "column {} of row {row_number} of table {name}: no OVSDB value",
                                short(heading)
                            );
                            complain("bad-value", message);
                        }
                    },
                }
            }
            if row.uuid.is_empty() {
                complain("bad-row", format!("row {row_number} of table {name} has no `_uuid` and is left out"));
            } else {
                rows.push(row);
            }
        }
    }
}

/// JSON, with the values of databases already recognised in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// `null`, which deletes a row.
    Null,
    /// A single value.
    Atom(Atom),
    /// `["set",[..]]` or `["map",[..]]`.
    Datum(Datum),
    /// Any other array.
    List(Vec<Node>),
    /// An object: the tables of a transaction, the rows of a table, the columns of a row, and all of a schema.
    Object(Vec<(Arc<str>, Node)>),
}

impl Node {
    /// The value, if it can be that of a column.
    pub(super) fn datum(self) -> Option<Datum> {
        match self {
            Node::Atom(atom) => Some(Datum::Set(vec![atom])),
            Node::Datum(datum) => Some(datum),
            _ => None,
        }
    }

    /// A member of an object.
    pub(super) fn member(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Object(members) => members.iter().find(|(n, _)| &**n == name).map(|(_, node)| node),
            _ => None,
        }
    }

    fn atom(self) -> Option<Atom> {
        match self {
            Node::Atom(atom) => Some(atom),
            _ => None,
        }
    }

    /// An array, as what it means.
    fn array(mut nodes: Vec<Node>) -> Node {
        let kind = match nodes.first() {
            Some(Node::Atom(Atom::String(kind))) if nodes.len() == 2 => kind.clone(),
            _ => return Node::List(nodes),
        };
        let meant = match (&*kind, &mut nodes[1]) {
            ("uuid", Node::Atom(Atom::String(id))) => Some(Node::Atom(Atom::Uuid(id.clone()))),
            ("set", Node::List(atoms)) if atoms.iter().all(|n| matches!(n, Node::Atom(_))) => {
                let atoms = std::mem::take(atoms).into_iter().filter_map(Node::atom);
                Some(Node::Datum(Datum::Set(atoms.collect())))
            }
            ("map", Node::List(pairs)) if pairs.iter().all(Node::is_pair) => {
                let pairs = std::mem::take(pairs).into_iter().filter_map(Node::pair);
                Some(Node::Datum(Datum::Map(pairs.collect())))
            }
            _ => None,
        };
        meant.unwrap_or(Node::List(nodes))
    }

    fn is_pair(&self) -> bool {
        matches!(self, Node::List(pair) if matches!(pair[..], [Node::Atom(_), Node::Atom(_)]))
    }

    fn pair(self) -> Option<(Atom, Atom)> {
        match self {
            Node::List(pair) => match <[Node; 2]>::try_from(pair) {
                Ok([Node::Atom(key), Node::Atom(value)]) => Some((key, value)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<Node, E> {
        Ok(Node::Atom(Atom::Boolean(b)))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Node, E> {
        Ok(Node::Atom(Atom::Integer(n)))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Node, E> {
        let integer = i64::try_from(n).map(Atom::Integer);
        Ok(Node::Atom(integer.unwrap_or_else(|_| Atom::Real(n.to_string().into()))))
    }

    fn visit_f64<E: Error>(self, n: f64) -> Result<Node, E> {
        Ok(Node::Atom(Atom::Real(n.to_string().into())))
    }

    fn visit_str<E: Error>(self, s: &str) -> Result<Node, E> {
        Ok(Node::Atom(Atom::String(s.into())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some((name, node)) = map.next_entry::<String, Node>()? {
            members.push((name.into(), node));
        }
        Ok(Node::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = seq.next_element()? {
            nodes.push(node);
        }
        Ok(Node::array(nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;

    fn read(text: &str) -> (Database, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let database = read_ovsdb_json(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        let said = report.kept.iter().map(|l| format!("{}:{}", l.line, l.diagnostic.message)).collect();
        (database, said)
    }

    const BRIDGE: &str = concat!(
        r#"{"caption":"Bridge table","data":[[["uuid","50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a"],"br-int",true,"#,
        r#"["set",[["uuid","60eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a"]]],["map",[["a","b c"],[1,2.5]]]]],"#,
        r#""headings":["_uuid","name","stp_enable","ports","other_config"]}"#,
    );

    #[test]
    fn tables_become_rows() {
        let controller = r#"{"caption":"Controller table","data":[],"headings":["_uuid","target"],"time":"now"}"#;
        for text in [format!("{BRIDGE}\n{controller}\n"), format!("{BRIDGE}{controller}")] {
            let (database, said) = read(&text);
            assert_eq!(said, [""; 0]);
            assert_eq!((&*database.schema, database.tables.len()), ("Open_vSwitch", 2));
            let bridge = database.named("Bridge", "br-int").unwrap();
            assert_eq!(&*bridge.uuid, "50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a");
            assert_eq!(bridge.boolean("stp_enable"), Some(true));
            assert_eq!(bridge.texts("ports"), ["60eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a"]);
            assert_eq!(bridge.pairs("other_config")[1], (Atom::Integer(1), Atom::Real("2.5".into())));
        }
    }

    #[test]
    fn pretty_tables_are_the_same() {
        let value: serde_json::Value = serde_json::from_str(BRIDGE).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(read(&pretty), read(BRIDGE));
        assert!(is_ovsdb_json(BRIDGE) && is_ovsdb_json(&pretty) && !is_ovsdb_json("{\"id\":1}") && !is_ovsdb_json(""));
    }

    #[test]
    fn a_broken_table_does_not_spoil_the_next() {
        let (database, said) = read(&format!("{{\"caption\":\"X table\",\"data\":[[\n{BRIDGE}\nrubbish\n"));
        assert_eq!(database.rows("Bridge").len(), 1);
        assert_eq!(said[0], "1:the table is cut off: eof while parsing a list");
        assert_eq!(said[1], "3:no table as ovsdb-client prints it: expected value");

        let (database, said) = read(&BRIDGE.replace("true", "[\"set\",7]").replace("\"br-int\",", "null,"));
        assert_eq!(database.rows("Bridge")[0].texts("ports").len(), 1);
        assert_eq!(
            said,
            [
                "1:column name of row 1 of table Bridge: no OVSDB value",
                "1:column stp_enable of row 1 of table Bridge: no OVSDB value"
            ]
        );
        let (database, said) = read(&BRIDGE.replace("[\"uuid\",\"50", "[\"uuid\",\"5"));
        assert_eq!((database.rows("Bridge").len(), said.len()), (0, 1));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let (_, said) = read(&format!("{{\"caption\":\"X table\",\"headings\":[],\"data\":{}", "[".repeat(100_000)));
        assert_eq!(said, ["1:no table as ovsdb-client prints it: recursion limit exceeded"]);
        let (_, said) =
            read(&format!("{{\"caption\":\"X table\",\"headings\":[],\"data\":{}", "{\"a\":".repeat(100_000)));
        assert_eq!(said.len(), 1);
    }
}
