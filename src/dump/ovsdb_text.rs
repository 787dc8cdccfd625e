//! The tables that `ovsdb-client dump` prints.
//!
//! ovsdb-client(1) "dump"; lib/table.c of Open vSwitch for the layout: a caption (`Bridge table`), a line of headings,
//! a line of dashes, then a line a row. The dashes say where the columns are, in bytes. A cell is OVSDB's text notation
//! (ovs-vsctl(8) "Database Values"): `[]` for sets, `{}` for maps, quotes around strings that are no plain words.
//!
//! Time and memory grow with the length of the text only. The notation does not nest, so there is no depth to limit.

use std::sync::Arc;

use nom::branch::alt;
use nom::bytes::complete::{is_not, take_while1};
use nom::character::complete::{anychar, char, space0};
use nom::combinator::{all_consuming, map, map_opt, opt, recognize};
use nom::multi::{many0_count, separated_list0};
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

use super::Source;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::ovsdb::{Atom, Database, Datum, Row};

/// Whether a text begins like the tables of `ovsdb-client dump`.
pub fn is_ovsdb_text(head: &str) -> bool {
    let mut lines = head.lines().skip_while(|l| l.trim().is_empty() || is_timestamp(l));
    let (caption, heading, dashes) = (lines.next(), lines.next(), lines.next());
    caption.is_some_and(|l| caption_of(l).is_some())
        && heading.is_some_and(|l| l.starts_with("_uuid") || dashes.is_some_and(is_dashes))
}

/// Reads the tables. A row whose `_uuid` is missing is left out, since nothing can refer to it.
pub fn read_ovsdb_text(text: &str, source: &mut Source<'_>) -> Database {
    let mut reader = Reader { database: Database::default(), table: Table::default(), state: State::Outside };
    for (i, line) in text.lines().enumerate() {
        reader.line(i + 1, line, source);
    }
    reader.finish_table();
    reader.database.schema = reader.database.schema_of_tables().into();
    reader.database
}

/// What the next line is.
enum State {
    /// A caption.
    Outside,
    /// The headings of a table.
    Headings,
    /// The dashes below these headings.
    Dashes(String),
    /// A row, or the blank line after the last one.
    Rows,
}

/// A column: its name, and where it begins and ends in a line.
struct Column {
    name: Arc<str>,
    start: usize,
    end: usize,
}

#[derive(Default)]
struct Table {
    name: Arc<str>,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

struct Reader {
    database: Database,
    table: Table,
    state: State,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str, source: &mut Source<'_>) {
        if let Some(name) = caption_of(line) {
            self.finish_table();
            self.table.name = name.into();
            self.state = State::Headings;
            return;
        }
        let blank = line.trim().is_empty();
        match std::mem::replace(&mut self.state, State::Outside) {
            _ if blank => {}
            State::Outside if is_timestamp(line) => {}
            State::Outside => {
                let d = Diagnostic::error("unknown-line", whole(line), "this line belongs to no table");
                source.complain(number, line, d.hint("a table begins with a line such as `Bridge table`"));
            }
            State::Headings => self.state = State::Dashes(line.to_owned()),
            State::Dashes(headings) => self.dashes(number, &headings, line, source),
            State::Rows => {
                self.row(number, line, source);
                self.state = State::Rows;
            }
        }
    }

    fn dashes(&mut self, number: usize, headings: &str, line: &str, source: &mut Source<'_>) {
        if !is_dashes(line) {
            let d = Diagnostic::error("bad-table", whole(line), "the line of dashes below the headings is missing");
            source.complain(number, line, d.hint("this table is left out"));
            return;
        }
        self.table.columns = columns(headings, line);
        self.state = State::Rows;
    }

    fn row(&mut self, number: usize, line: &str, source: &mut Source<'_>) {
        let mut row = Row::default();
        let last = self.table.columns.len().saturating_sub(1);
        for (i, column) in self.table.columns.iter().enumerate() {
            let Some(cell) = cell(line, column, i == last) else {
                let message = format!("the row does not keep to the columns, from {} on", short(&column.name));
                source.complain(number, line, Diagnostic::error("bad-row", whole(line), message));
                break;
            };
            match datum(cell) {
                Ok(Datum::Set(atoms)) if &*column.name == "_uuid" => {
                    row.uuid = atoms.first().map(uuid).unwrap_or_default();
                }
                Ok(value) => {
                    row.columns.insert(column.name.clone(), value);
                }
                Err(at) => {
                    let span = at.shifted(Span::of(line, cell).start as usize);
                    let message =
                        format!("column {} of table {}: no OVSDB value", short(&column.name), short(&self.table.name));
                    let d = Diagnostic::error("bad-value", span, message);
                    source.complain(number, line, d.hint("was the dump cut, as with --max-column-width?"));
                }
            }
        }
        if row.uuid.is_empty() {
            let message = format!("a row of table {} without `_uuid` is left out", short(&self.table.name));
            source.complain(number, line, Diagnostic::error("bad-row", whole(line), message));
        } else {
            self.table.rows.push(row);
        }
    }

    fn finish_table(&mut self) {
        let table = std::mem::take(&mut self.table);
        if !table.name.is_empty() {
            self.database.tables.entry(table.name).or_default().extend(table.rows);
        }
        self.state = State::Outside;
    }
}

fn whole(line: &str) -> Span {
    Span::new(0, line.len())
}

/// The table's name in a caption such as `Bridge table`.
fn caption_of(line: &str) -> Option<&str> {
    let name = line.strip_suffix(" table")?;
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    word.then_some(name)
}

/// Whether a line is the time that `--timestamp` prints above a table, such as `2024-05-06 07:08:09.123`.
fn is_timestamp(line: &str) -> bool {
    line.len() >= 19
        && line.bytes().zip("0000-00-00 00:00:00".bytes()).all(|(b, form)| match form {
            b'0' => b.is_ascii_digit(),
            other => b == other,
        })
}

fn is_dashes(line: &str) -> bool {
    line.starts_with('-') && line.bytes().all(|b| matches!(b, b'-' | b' '))
}

fn columns(headings: &str, dashes: &str) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut start = 0;
    for run in dashes.split(' ') {
        let end = start + run.len();
        if !run.is_empty() {
            let name = headings.get(start..end.min(headings.len())).unwrap_or("").trim();
            columns.push(Column { name: name.into(), start, end });
        }
        start = end + 1;
    }
    columns
}

/// A cell without its padding; `None` if the row does not reach it, or does not keep to the columns.
fn cell<'a>(line: &'a str, column: &Column, is_last: bool) -> Option<&'a str> {
    let end = if is_last { line.len() } else { column.end.min(line.len()) };
    let gap_is_kept = line.as_bytes().get(end).is_none_or(|b| *b == b' ');
    let cell = line.get(column.start..end)?.trim_end();
    (gap_is_kept && !cell.is_empty()).then_some(cell)
}

fn uuid(atom: &Atom) -> Arc<str> {
    match atom {
        Atom::Uuid(id) => id.clone(),
        _ => Arc::default(),
    }
}

/// Reads a value in OVSDB's text notation; if it is none, says where it breaks.
///
/// ```text
/// tcp  7  true  "a b"  [1, 2]  {a=1, "b c"="d"}  50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a
/// ```
pub fn datum(text: &str) -> Result<Datum, Span> {
    // The first character decides, so that an error is told where it is and not at the start.
    let read = match text.as_bytes().first() {
        Some(b'[') => all_consuming(map(list('[', atom, ']'), Datum::Set)).parse(text),
        Some(b'{') => all_consuming(map(list('{', separated_pair(atom, char('='), atom), '}'), Datum::Map)).parse(text),
        _ => all_consuming(map(atom, |atom| Datum::Set(vec![atom]))).parse(text),
    };
    match read {
        Ok((_, datum)) => Ok(datum),
        Err(nom::Err::Error(e) | nom::Err::Failure(e)) => {
            let at = Span::of(text, e.input).start as usize;
            Err(Span::new(at, text.len().min(at + 1).max(at)))
        }
        Err(nom::Err::Incomplete(_)) => Err(whole(text)),
    }
}

/// Items between two brackets, with commas between them.
fn list<'a, T>(
    open: char,
    item: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
    close: char,
) -> impl Parser<&'a str, Output = Vec<T>, Error = nom::error::Error<&'a str>> {
    let comma = (char(','), space0);
    delimited((char(open), space0), separated_list0(comma, item), (opt(char(',')), space0, char(close)))
}

/// One value: a string in quotes, or a word that is a number, a boolean, an id or a plain string.
pub fn atom(text: &str) -> IResult<&str, Atom> {
    alt((map(quoted, |s| Atom::String(s.as_str().into())), map(word, bare))).parse(text)
}

/// A JSON string.
fn quoted(text: &str) -> IResult<&str, String> {
    let piece = alt((is_not("\"\\"), preceded(char('\\'), recognize(anychar))));
    let string = recognize(delimited(char('"'), many0_count(piece), char('"')));
    map_opt(string, |s: &str| serde_json::from_str(s).ok()).parse(text)
}

/// A word ends where OVSDB's text notation has punctuation.
fn word(text: &str) -> IResult<&str, &str> {
    take_while1(|c: char| !":=, []{}!<>\"\t".contains(c)).parse(text)
}

/// What a word without quotes means. Open vSwitch quotes every string that could be mistaken for something else.
fn bare(word: &str) -> Atom {
    if is_uuid(word) {
        return Atom::Uuid(word.into());
    }
    match word {
        "true" => Atom::Boolean(true),
        "false" => Atom::Boolean(false),
        _ => match word.parse::<i64>() {
            Ok(n) => Atom::Integer(n),
            Err(_) if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) => {
                Atom::Real(word.into())
            }
            Err(_) => Atom::String(word.into()),
        },
    }
}

/// A name as far as a message shows it, so that a hostile one does not fill the memory with messages.
pub(super) fn short(name: &str) -> &str {
    name.char_indices().nth(40).map_or(name, |(end, _)| &name[..end])
}

/// Whether a word is an id such as `50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a`.
pub fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;

    fn read(text: &str) -> (Database, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let database = read_ovsdb_text(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        let said = report.kept.iter().map(|l| format!("{}:{}", l.line, l.diagnostic.message)).collect();
        (database, said)
    }

    const SAMPLE: &str = r#"Bridge table
_uuid                                name   other_config                      ports
------------------------------------ ------ --------------------------------- --------------------------------------
50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a br-int {"a b"="50000", n="{=,\"}", x=y}  [60eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a]
70eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a "0x"   {}                                []

Flow_Table table
_uuid external_ids
----- ------------
"#;

    #[test]
    fn tables_become_rows() {
        let (database, said) = read(SAMPLE);
        assert_eq!(said, [""; 0]);
        assert_eq!(&*database.schema, "Open_vSwitch");
        assert_eq!(database.tables.len(), 2);
        let bridge = database.named("Bridge", "br-int").unwrap();
        assert_eq!(&*bridge.uuid, "50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a");
        assert_eq!(bridge.key("other_config", "a b").as_deref(), Some("50000"));
        assert_eq!(bridge.key("other_config", "n").as_deref(), Some("{=,\"}"));
        assert_eq!(bridge.atom("ports"), Some(&Atom::Uuid("60eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a".into())));
        assert_eq!(database.named("Bridge", "0x").unwrap().atoms("ports"), []);
        assert!(!bridge.columns.contains_key("_uuid"));
    }

    #[test]
    fn values_of_every_type() {
        let set = |atoms: &[Atom]| Ok(Datum::Set(atoms.to_vec()));
        assert_eq!(datum("-7"), set(&[Atom::Integer(-7)]));
        assert_eq!(datum("1e+06"), set(&[Atom::Real("1e+06".into())]));
        assert_eq!(datum("true"), set(&[Atom::Boolean(true)]));
        assert_eq!(datum(r#""true""#), set(&[Atom::String("true".into())]));
        assert_eq!(datum(r#""\u00fc\n\"""#), set(&[Atom::String("ü\n\"".into())]));
        assert_eq!(datum("[secure, up]"), set(&[Atom::String("secure".into()), Atom::String("up".into())]));
        assert_eq!(datum("{}"), Ok(Datum::Map(vec![])));
        assert_eq!(datum("{3=x}"), Ok(Datum::Map(vec![(Atom::Integer(3), Atom::String("x".into()))])));
        for bad in ["", "[", "{a}", "[a", "{a=}", "a b", "\"a", "\"a\\", "\"\\x\"", "[[a]]", "a=b", "[a,,b]"] {
            assert!(datum(bad).is_err(), "{bad}");
        }
        assert_eq!(datum("[a, b"), Err(Span::new(5, 5)));
    }

    #[test]
    fn the_rest_of_a_broken_table_is_kept() {
        let broken = SAMPLE.replace("[60eccf45-9e0f", "[60eccf45-9e0f[").replace("Flow_Table table", "Flow_Table");
        let (database, said) = read(&broken);
        assert_eq!(database.rows("Bridge").len(), 2);
        assert_eq!(database.rows("Bridge")[0].text("name").as_deref(), Some("br-int"));
        assert_eq!(said[0], "4:column ports of table Bridge: no OVSDB value");
        assert_eq!(said[1], "7:this line belongs to no table");

        let (database, said) = read("A table\n_uuid b\n----- -\nxyz\n\nB table\nb\n\nC table");
        assert_eq!((database.rows("A").len(), database.tables.len()), (0, 3));
        assert_eq!(
            said,
            ["4:the row does not keep to the columns, from b on", "4:a row of table A without `_uuid` is left out"]
        );
        let (database, _) = read("A table\n_uuid ü\n----- --\n50eccf45-9e0f-4cc4-b4a1-8d0a7b0b6e4a é\n");
        assert_eq!(database.rows("A").len(), 0);
    }

    #[test]
    fn tables_are_recognised() {
        assert!(is_ovsdb_text(SAMPLE));
        assert!(is_ovsdb_text("2024-05-06 07:08:09.123\nBridge table\nname\n----\n"));
        assert!(is_ovsdb_text(&format!("ACL table\n_uuid {}", " ".repeat(5000))));
        assert!(!is_ovsdb_text("Bridge table\nfoo bar\n"));
        assert!(!is_ovsdb_text(" port  VLAN  MAC                Age\n"));
        assert!(!is_ovsdb_text(""));
    }
}
