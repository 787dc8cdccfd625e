//! Database files, as `ovsdb-server` keeps them and `ovsdb-client backup` writes them.
//!
//! ovsdb(5) "Standalone Format" and "Clustered Format"; ovsdb/file.c and ovsdb/raft-private.c of Open vSwitch. A file
//! is a row of records: a line `OVSDB JSON LENGTH SHA1`, then JSON in one line. The first record is the schema, each
//! further one a transaction, applied in order: rows by table, `null` for a row that is deleted, and `_is_diff` if
//! columns hold differences. A file of a cluster (`OVSDB CLUSTER`) has the schema and the data in its log entries
//! instead.
//!
//! Columns that the schema calls ephemeral are not in a standalone file, so they are absent from the rows; every other
//! column that a file leaves out has its default value.
//!
//! What came before a broken record is kept, and what comes after it is read. The checksums are not verified. Time and
//! memory grow with the length of the file: a difference costs its own size, not that of the column, and a row takes at
//! most some 4 KB beyond its text for the default values of up to 64 columns.

use std::collections::BTreeMap;

use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::character::complete::{char, u64};
use nom::combinator::all_consuming;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::Source;
use super::ovsdb_json::{Node, reason};
use super::ovsdb_replay::{At, State};
use super::ovsdb_text::short;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::ovsdb::{Atom, Database};

/// Whether a text begins like a database file.
pub fn is_ovsdb_file(head: &str) -> bool {
    head.lines().next().is_some_and(|line| header(line).is_some())
}

/// Reads a database file by applying its transactions. Rows come out in the order of their ids.
pub fn read_ovsdb_file(text: &str, source: &mut Source<'_>) -> Database {
    let mut replay = Replay::default();
    for record in Records::of(text) {
        replay.record(&record, source);
    }
    replay.finish(source)
}

/// One record of a file.
struct Record<'a> {
    /// The number of its first line, from 1.
    line: usize,
    /// That line.
    head: &'a str,
    /// Its JSON.
    body: &'a str,
}

/// The records of a file. A record reaches to the next line that begins like one: JSON has no line ends inside, and so
/// a record that is cut, or was changed by hand, does not spoil the next.
struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Records<'a> {
    fn of(text: &'a str) -> Records<'a> {
        Records { rest: text, line: 1 }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (head, after) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let end = match after.starts_with("OVSDB ") {
            true => 0,
            false => memchr::memmem::find(after.as_bytes(), b"\nOVSDB ").map_or(after.len(), |at| at + 1),
        };
        let record = Record { line: self.line, head: head.trim_end_matches('\r'), body: &after[..end] };
        self.rest = &after[end..];
        self.line += 1 + memchr::memchr_iter(b'\n', record.body.as_bytes()).count();
        Some(record)
    }
}

/// The kind of file and the length of the record that a line such as `OVSDB JSON 120 0123..` announces.
fn header(line: &str) -> Option<(&str, u64)> {
    fn parts(line: &str) -> IResult<&str, (&str, u64)> {
        let kind = preceded(tag("OVSDB "), take_while1(|c: char| c.is_ascii_alphanumeric()));
        let length = preceded(char(' '), u64);
        let sha1 = preceded(char(' '), take_while_m_n(40, 40, |c: char| c.is_ascii_hexdigit()));
        terminated((kind, length), sha1).parse(line)
    }
    all_consuming(parts).parse(line.trim_end_matches('\r')).ok().map(|(_, parts)| parts)
}

/// A file while it is read.
#[derive(Default)]
struct Replay {
    kind: Option<Kind>,
    state: State,
    /// Entries of a cluster's log that may still be replaced, by index, with the line they stand in.
    pending: BTreeMap<i64, (usize, Node)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standalone,
    Cluster,
}

impl Replay {
    fn record(&mut self, record: &Record<'_>, source: &mut Source<'_>) {
        let Some((kind, length)) = header(record.head) else {
            let d = Diagnostic::error("bad-record", Span::new(0, record.head.len()), "no record of a database file");
            return source.complain(record.line, record.head, d.hint("a record begins with `OVSDB JSON LENGTH SHA1`"));
        };
        let body = record.body;
        if length != body.len() as u64 {
            let message = match length > body.len() as u64 {
                true => format!("the record is cut off: it has {} of {length} bytes", body.len()),
                false => format!("the record was changed: it has {} bytes instead of {length}", body.len()),
            };
            source.complain(record.line, record.head, Diagnostic::error("bad-record", Span::default(), message));
        }
        let node = match serde_json::from_str::<Node>(body) {
            Ok(node) => node,
            // A record that is cut off was told of already.
            Err(_) if length > body.len() as u64 => return,
            Err(error) => {
                let at = error.column().saturating_sub(1);
                let message = format!("the record is no JSON: {}", reason(&error));
                let d = Diagnostic::error("bad-json", Span::new(at, at + 1), message);
                let line = body.lines().nth(error.line().saturating_sub(1)).unwrap_or("");
                return source.complain(record.line + error.line(), line, d.hint("this record is left out"));
            }
        };
        let mut at = At { line: record.line + 1, text: body.lines().next().unwrap_or(""), source };
        match (self.kind, kind) {
            (None, "JSON") => {
                self.kind = Some(Kind::Standalone);
                self.state.schema(&node, &mut at);
            }
            (None, "CLUSTER") => {
                self.kind = Some(Kind::Cluster);
                self.cluster_header(node, &mut at);
            }
            (Some(Kind::Standalone), "JSON") => self.state.transaction(node, &mut at),
            (Some(Kind::Cluster), "CLUSTER") => self.cluster_record(node, &mut at),
            _ => at.complain("bad-record", format!("records of kind `{}` are not read here", short(kind))),
        }
    }

    // Files of a cluster.

    /// The first record: the state up to some index.
    fn cluster_header(&mut self, node: Node, at: &mut At<'_, '_, '_>) {
        if let Some(Node::Atom(Atom::String(name))) = node.member("name") {
            self.state.name = name.clone();
        }
        self.entry(take(node, "prev_data"), at);
    }

    /// A record of the log: an entry, or how far the entries are agreed on. Votes and notes do not matter here.
    fn cluster_record(&mut self, node: Node, at: &mut At<'_, '_, '_>) {
        let number = |name: &str| match node.member(name) {
            Some(Node::Atom(Atom::Integer(n))) => Some(*n),
            _ => None,
        };
        if let Some(agreed) = number("commit_index") {
            while let Some(entry) = self.pending.first_entry().filter(|entry| *entry.key() <= agreed) {
                let (line, data) = entry.remove();
                self.entry(Some(data), &mut At { line, text: "", source: at.source });
            }
        } else if let Some(index) = number("index") {
            // A new leader's entry replaces what stood there, and everything after it.
            while self
                .pending
                .last_entry()
                .filter(|entry| *entry.key() >= index)
                .map(std::collections::btree_map::OccupiedEntry::remove)
                .is_some()
            {}
            if let Some(data) = take(node, "data") {
                self.pending.insert(index, (at.line, data));
            }
        }
    }

    /// The data of an entry: a new schema or null, then a transaction or null.
    fn entry(&mut self, data: Option<Node>, at: &mut At<'_, '_, '_>) {
        let parts = match data {
            Some(Node::List(parts)) => <[Node; 2]>::try_from(parts).ok(),
            None => return,
            _ => None,
        };
        let Some([schema, transaction]) = parts else {
            return at.complain("bad-record", "the entry holds no schema and transaction");
        };
        if schema != Node::Null {
            self.state.schema(&schema, at);
        }
        if transaction != Node::Null {
            self.state.transaction(transaction, at);
        }
    }

    fn finish(mut self, source: &mut Source<'_>) -> Database {
        // What is not agreed on yet is applied too, as `ovsdb-tool cluster-to-standalone` does.
        for (line, data) in std::mem::take(&mut self.pending).into_values() {
            self.entry(Some(data), &mut At { line, text: "", source });
        }
        self.state.database()
    }
}

/// Takes a member out of an object.
fn take(node: Node, name: &str) -> Option<Node> {
    match node {
        Node::Object(members) => members.into_iter().find(|(n, _)| &**n == name).map(|(_, node)| node),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;

    fn read(text: &str) -> (Database, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let database = read_ovsdb_file(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        let said = report.kept.iter().map(|l| format!("{}:{}", l.line, l.diagnostic.message)).collect();
        (database, said)
    }

    fn records(kind: &str, bodies: &[&str]) -> String {
        let record = |body: &&str| format!("OVSDB {kind} {} {}\n{body}\n", body.len() + 1, "0".repeat(40));
        bodies.iter().map(record).collect()
    }

    const SCHEMA: &str = concat!(
        r#"{"name":"T","version":"1.0.0","cksum":"1 2","tables":{"A":{"columns":{"n":{"type":"integer"},"#,
        r#""s":{"type":{"key":{"type":"string","enum":["set",["x","y"]]},"min":0,"max":"unlimited"}},"#,
        r#""o":{"type":{"key":"string","min":0}},"up":{"type":"boolean","ephemeral":true},"#,
        r#""m":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}},"indexes":[["n"]]}}}"#
    );
    const U: &str = "50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a";
    const V: &str = "60eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a";

    fn insert() -> String {
        format!(
            r#"{{"A":{{"{U}":{{"n":1,"s":["set",["a","b"]],"o":"x","m":["map",[["k","1"],["l","2"]]]}},"{V}":{{}}}},"_date":1,"_comment":"c"}}"#
        )
    }

    #[test]
    fn transactions_are_applied_in_order() {
        let change = format!(
            r#"{{"_is_diff":true,"A":{{"{U}":{{"n":2,"s":["set",["b","c"]],"o":"y","m":["map",[["k","1"],["l","3"],["n","4"]]]}},"{V}":null}}}}"#
        );
        let (database, said) = read(&records("JSON", &[SCHEMA, &insert(), &change]));
        assert_eq!(said, [""; 0]);
        assert_eq!((&*database.schema, database.rows("A").len()), ("T", 1));
        let row = database.row("A", U).unwrap();
        assert_eq!((row.integer("n"), row.text("o").as_deref()), (Some(2), Some("y")));
        assert_eq!(row.texts("s"), ["a", "c"]);
        let pairs: Vec<_> = row.pairs("m").iter().map(|(k, v)| format!("{}={}", k.text(), v.text())).collect();
        assert_eq!(pairs, ["l=3", "n=4"]);
        assert!(!row.columns.contains_key("up"));
    }

    #[test]
    fn without_is_diff_a_column_is_replaced() {
        let change = format!(r#"{{"A":{{"{U}":{{"s":"b","m":["map",[]]}}}}}}"#);
        let (database, _) = read(&records("JSON", &[SCHEMA, &insert(), &change]));
        let row = database.row("A", U).unwrap();
        assert_eq!((row.texts("s"), row.pairs("m").len(), row.integer("n")), (vec!["b".to_owned()], 0, Some(1)));
    }

    #[test]
    fn columns_that_are_left_out_have_their_default() {
        let (database, _) = read(&records("JSON", &[SCHEMA, &insert()]));
        let row = database.row("A", V).unwrap();
        assert_eq!((row.integer("n"), row.atoms("s").len(), row.atom("o")), (Some(0), 0, None));
        assert_eq!(row.columns.keys().map(|c| &**c).collect::<Vec<_>>(), ["m", "n", "o", "s"]);
    }

    #[test]
    fn what_came_before_a_broken_record_is_kept() {
        let whole = records("JSON", &[SCHEMA, &insert(), &format!(r#"{{"A":{{"{V}":null}}}}"#)]);
        let (database, said) = read(&whole[..whole.len() - 20]);
        assert_eq!(database.rows("A").len(), 2);
        assert_eq!(said, ["5:the record is cut off: it has 32 of 52 bytes"]);

        let (_, said) = read(&whole[..whole.len() - 90]);
        assert_eq!(said, ["5:no record of a database file"]);
        let (database, said) = read(&whole.replacen("\"n\":1", "\"n\":7", 1).replacen("x\"", "xxx\"", 1));
        assert_eq!(database.rows("A").len(), 1);
        assert_eq!(said.len(), 1, "{said:?}");
        let (database, said) = read(&whole.replacen("\"A\":{\"50", "\"A\";{\"50", 1));
        assert_eq!(database.rows("A").len(), 0);
        assert_eq!(said[0], "4:the record is no JSON: expected `:`");
        assert_eq!(said.len(), 2, "a row that was never there is deleted: {said:?}");
    }

    #[test]
    fn wrong_transactions_are_told() {
        let rows =
            format!(r#"{{"A":{{"x":{{}},"{U}":7,"{V}":{{"n":["set",["set",[]]]}}}},"B":{{}},"_date":{{}},"C":1}}"#);
        let (database, said) = read(&records("JSON", &[SCHEMA, &rows, "[]"]));
        assert_eq!(database.rows("A").len(), 1);
        assert_eq!(said.len(), 7, "{said:?}");
        assert_eq!(read("OVSDB JSON 3 x\n{}\n").1, ["1:no record of a database file"]);
        assert_eq!(read(&records("JSON", &["{}"])).1.len(), 1);
        assert_eq!(read(&records("XML", &["{}"])).1, ["2:records of kind `XML` are not read here"]);
    }

    #[test]
    fn the_log_of_a_cluster() {
        let head = format!(r#"{{"name":"T","prev_index":1,"prev_data":[{SCHEMA},{}],"server_id":"{U}"}}"#, insert());
        let entry =
            |index: u32, n: u32| format!(r#"{{"term":1,"index":{index},"data":[null,{{"A":{{"{U}":{{"n":{n}}}}}}}]}}"#);
        let bodies =
            [&head, r#"{"term":1,"vote":"x"}"#, &entry(2, 2), &entry(3, 3), r#"{"commit_index":2}"#, &entry(3, 4)];
        let (database, said) = read(&records("CLUSTER", &bodies));
        assert_eq!(said, [""; 0]);
        assert_eq!(&*database.schema, "T");
        assert_eq!(database.row("A", U).unwrap().integer("n"), Some(4));
        let (database, _) = read(&records("CLUSTER", &bodies[..4]));
        assert_eq!(database.row("A", U).unwrap().integer("n"), Some(3));
    }

    #[test]
    fn a_hostile_schema_stays_small() {
        let columns: Vec<_> = (0..1000).map(|i| format!("\"c{i}\":{{\"type\":\"string\"}}")).collect();
        let schema = format!(r#"{{"name":"T","tables":{{"A":{{"columns":{{{}}}}}}}}}"#, columns.join(","));
        let (database, _) = read(&records("JSON", &[&schema, &format!(r#"{{"A":{{"{U}":{{}}}}}}"#)]));
        assert!(database.rows("A")[0].columns.is_empty());
        let (_, said) = read(&records("JSON", &["[".repeat(100_000).as_str()]));
        assert_eq!(said, ["2:the record is no JSON: recursion limit exceeded"]);
    }

    #[test]
    fn files_are_recognised() {
        assert!(is_ovsdb_file(&records("JSON", &[SCHEMA])) && is_ovsdb_file(&records("CLUSTER", &["{}"])));
        assert!(!is_ovsdb_file("OVSDB JSON\n") && !is_ovsdb_file(""));
    }
}
