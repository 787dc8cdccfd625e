//! What `ovs-vsctl show` prints.
//!
//! ovs-vsctl(8) "show"; lib/db-ctl-base.c and utilities/ovs-vsctl.c of Open vSwitch. Four blanks a level: a line such
//! as `Bridge br-int` is a row, a line such as `tag: 7` a column of the row above it. Only a few columns are shown, and
//! of these only the ones that do not have their default value, so the columns that every version shows are filled in.
//!
//! The rows have no ids in this text. They get names that are the same in every dump, such as `show:Bridge:br-int`.
//!
//! Limits: at most [`ROWS`] rows are read, since a short line makes a whole row, and [`LEVELS`] levels; `show` has
//! three.

use std::collections::HashMap;
use std::sync::Arc;

use super::Source;
use super::ovsdb_text::{datum, is_uuid};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::ovsdb::{Atom, Database, Datum, Row};

/// Rows read at most.
pub const ROWS: usize = 200_000;
/// Levels of indentation read at most.
pub const LEVELS: usize = 64;

/// Whether a text begins like `ovs-vsctl show`.
pub fn is_vsctl_show(head: &str) -> bool {
    let mut lines = head.lines().skip_while(|line| line.trim().is_empty());
    let second =
        |line: &str| line.strip_prefix("    ").is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
    lines.next().is_some_and(|line| is_uuid(line.trim_end())) && lines.next().is_some_and(second)
}

/// Reads it as a database with the tables Open_vSwitch, Bridge, Port, Interface, Controller and Manager.
pub fn read_vsctl_show(text: &str, source: &mut Source<'_>) -> Database {
    let mut reader = Reader::default();
    for (i, line) in text.lines().enumerate() {
        if let Err(d) = reader.line(line) {
            source.complain(i + 1, line, d);
        }
    }
    reader.finish()
}

/// A table that is shown below another: the column of the parent that refers to it, the column that names its rows, and
/// the columns that are shown only if they do not have their default value.
struct Shown {
    table: &'static str,
    parent: &'static str,
    name: &'static str,
    defaults: fn() -> Vec<(&'static str, Datum)>,
}

const SHOWN: [Shown; 5] = [
    Shown {
        table: "Bridge",
        parent: "bridges",
        name: "name",
        defaults: || sets(&["fail_mode", "ports", "controller"]),
    },
    Shown { table: "Port", parent: "ports", name: "name", defaults: || sets(&["tag", "trunks", "interfaces"]) },
    Shown {
        table: "Interface",
        parent: "interfaces",
        name: "name",
        defaults: || {
            let kind = Datum::Set(vec![Atom::String(Arc::default())]);
            vec![("type", kind), ("options", Datum::Map(Vec::new())), ("error", Datum::Set(Vec::new()))]
        },
    },
    Shown { table: "Controller", parent: "controller", name: "target", defaults: not_connected },
    Shown { table: "Manager", parent: "manager_options", name: "target", defaults: not_connected },
];

fn sets(columns: &[&'static str]) -> Vec<(&'static str, Datum)> {
    columns.iter().map(|column| (*column, Datum::Set(Vec::new()))).collect()
}

fn not_connected() -> Vec<(&'static str, Datum)> {
    vec![("is_connected", Datum::Set(vec![Atom::Boolean(false)]))]
}

/// Where a row is kept.
#[derive(Clone)]
struct Place {
    table: Arc<str>,
    at: usize,
    /// The name of the row, for the ids of the rows below it.
    name: Arc<str>,
}

#[derive(Default)]
struct Reader {
    database: Database,
    /// The rows that the next line may belong to, from the outermost on.
    open: Vec<Place>,
    /// How often an id was handed out.
    ids: HashMap<String, usize>,
    rows: usize,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Diagnostic> {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        let text = text.trim_end();
        let wrong = |message: &str| Diagnostic::error("unknown-line", Span::new(indent, line.len()), message);
        if text.is_empty() {
            return Ok(());
        }
        let level = indent / 4;
        if !indent.is_multiple_of(4) || level > LEVELS || level > self.open.len() {
            return Err(wrong("the line is not indented as ovs-vsctl does it"));
        }
        if self.rows >= ROWS {
            return Err(wrong("too many rows, this line is not read"));
        }
        self.open.truncate(level);
        if level == 0 {
            return if is_uuid(text) { self.root(text) } else { Err(wrong("no output of ovs-vsctl show")) };
        }
        let (word, value) = text.split_once(' ').ok_or_else(|| wrong("a name without a value"))?;
        let value = datum(value).map_err(|at| {
            let span = at.shifted(Span::of(line, value).start as usize);
            Diagnostic::error("bad-value", span, "no OVSDB value")
        })?;
        match word.strip_suffix(':') {
            Some(column) => self.column(column, value),
            None => self.row(word, value),
        }
        Ok(())
    }

    fn root(&mut self, uuid: &str) -> Result<(), Diagnostic> {
        let row =
            Row { uuid: uuid.into(), columns: sets(&["bridges", "manager_options"]).into_iter().map(shared).collect() };
        self.add("Open_vSwitch", "", row);
        Ok(())
    }

    fn column(&mut self, column: &str, value: Datum) {
        if let Some(row) = self.open.last().cloned().and_then(|place| self.at(&place)) {
            row.columns.insert(column.into(), value);
        }
    }

    fn row(&mut self, table: &str, name: Datum) {
        let shown = SHOWN.iter().find(|shown| shown.table == table);
        let text = match &name {
            Datum::Set(atoms) => atoms.first().map_or_else(Arc::default, Atom::shared),
            Datum::Map(_) => Arc::default(),
        };
        let parent = self.open.last().cloned();
        // Several bridges may have the same controller.
        let within = parent.as_ref().filter(|_| table == "Controller").map_or("", |place| &*place.name);
        let uuid = self.id(table, within, &text);
        let mut columns: Vec<_> = shown.map_or_else(Vec::new, |shown| (shown.defaults)());
        columns.push((shown.map_or("name", |shown| shown.name), name));
        let row = Row { uuid: uuid.clone(), columns: columns.into_iter().map(shared).collect() };
        if let (Some(shown), Some(parent)) = (shown, parent.and_then(|place| self.at(&place))) {
            let column = parent.columns.entry(shown.parent.into()).or_insert_with(|| Datum::Set(Vec::new()));
            if let Datum::Set(atoms) = column {
                atoms.push(Atom::Uuid(uuid));
            }
        }
        self.add(table, &text, row);
    }

    fn at(&mut self, place: &Place) -> Option<&mut Row> {
        self.database.tables.get_mut(&place.table)?.get_mut(place.at)
    }

    fn add(&mut self, table: &str, name: &str, row: Row) {
        let table: Arc<str> = table.into();
        let rows = self.database.tables.entry(table.clone()).or_default();
        self.open.push(Place { table, at: rows.len(), name: name.into() });
        rows.push(row);
        self.rows += 1;
    }

    /// An id that no other row has.
    fn id(&mut self, table: &str, within: &str, name: &str) -> Arc<str> {
        let between = if within.is_empty() { "" } else { ":" };
        let id = format!("show:{table}:{within}{between}{name}");
        let times = self.ids.entry(id.clone()).or_default();
        *times += 1;
        if *times == 1 { id.into() } else { format!("{id}#{times}").into() }
    }

    fn finish(mut self) -> Database {
        if self.rows > 0 {
            self.database.schema = "Open_vSwitch".into();
        }
        self.database
    }
}

fn shared((column, value): (&'static str, Datum)) -> (Arc<str>, Datum) {
    (column.into(), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;

    fn read(text: &str) -> (Database, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let database = read_vsctl_show(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        let said = report.kept.iter().map(|l| format!("{}:{}", l.line, l.diagnostic.message)).collect();
        (database, said)
    }

    const SAMPLE: &str = r#"334a2616-c773-4f7a-99fa-e2d108957f79
    Manager "ptcp:6640:127.0.0.1"
    Bridge br-int
        Controller "tcp:127.0.0.1:6643"
            is_connected: true
        fail_mode: secure
        Port bond0
            trunks: [10, 20]
            Interface "1st"
            Interface b2
                type: gre
                options: {key=flow, remote_ip="10.0.0.1"}
    Bridge br-ex
        Controller "tcp:127.0.0.1:6643"
    ovs_version: "3.1.0"
"#;

    #[test]
    fn rows_refer_to_each_other_as_in_a_database() {
        let (database, said) = read(SAMPLE);
        assert_eq!(said, [""; 0]);
        let root = &database.rows("Open_vSwitch")[0];
        assert_eq!(&*root.uuid, "334a2616-c773-4f7a-99fa-e2d108957f79");
        assert_eq!(root.text("ovs_version").as_deref(), Some("3.1.0"));
        assert_eq!(root.texts("bridges"), ["show:Bridge:br-int", "show:Bridge:br-ex"]);
        assert_eq!(root.texts("manager_options"), ["show:Manager:ptcp:6640:127.0.0.1"]);
        let bridge = database.row("Bridge", "show:Bridge:br-int").unwrap();
        assert_eq!(bridge.texts("controller"), ["show:Controller:br-int:tcp:127.0.0.1:6643"]);
        assert_eq!(bridge.text("fail_mode").as_deref(), Some("secure"));
        let port = database.row("Port", &bridge.texts("ports")[0]).unwrap();
        assert_eq!(port.texts("trunks"), ["10", "20"]);
        assert_eq!(port.texts("interfaces"), ["show:Interface:1st", "show:Interface:b2"]);
        let interface = database.named("Interface", "b2").unwrap();
        assert_eq!(interface.key("options", "remote_ip").as_deref(), Some("10.0.0.1"));
        let connected: Vec<_> = database.rows("Controller").iter().map(|c| c.boolean("is_connected")).collect();
        assert_eq!(connected, [Some(true), Some(false)]);
        assert!(
            is_vsctl_show(SAMPLE) && !is_vsctl_show("334a2616-c773-4f7a-99fa-e2d108957f79\n") && !is_vsctl_show("")
        );
    }

    #[test]
    fn a_wrong_line_is_told_and_the_rest_kept() {
        let (database, said) =
            read(&SAMPLE.replace("[10, 20]", "[10, 20").replace("        fail_mode", "       fail_mode"));
        assert_eq!(said, ["6:the line is not indented as ovs-vsctl does it", "8:no OVSDB value"]);
        assert_eq!(database.rows("Interface").len(), 2);
        assert_eq!(read("x\n    Port a\n").1.len(), 2);
        assert_eq!(read(&format!("{SAMPLE}{}Port x\n", " ".repeat(4000))).1.len(), 1);
    }

    #[test]
    fn names_that_come_twice_are_two_rows() {
        let (database, _) = read(&SAMPLE.replace("br-ex", "br-int"));
        let ids: Vec<_> = database.rows("Bridge").iter().map(|row| row.uuid.to_string()).collect();
        assert_eq!(ids, ["show:Bridge:br-int", "show:Bridge:br-int#2"]);
    }

    #[test]
    fn deep_indentation_is_refused() {
        let mut text = "334a2616-c773-4f7a-99fa-e2d108957f79\n".to_owned();
        for level in 1..200 {
            text.push_str(&format!("{}Bridge a\n", " ".repeat(4 * level)));
        }
        assert_eq!(read(&text).1.len(), 199 - LEVELS);
    }
}
