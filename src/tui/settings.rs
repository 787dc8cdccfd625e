//! The configuration: what a person sets once for all.
//!
//! Every key is a row, from which `docs/configuration.md` follows. Reading never fails: what is not understood is
//! reported with its place and left as it was.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::columns::{COLUMNS, Column};
use super::command::{self, COMMANDS, Context};
use super::key::Key;
use super::state::Settings;
use super::theme::Theme;
use crate::base::diag::{Diagnostic, Located, Report};
use crate::base::span::Span;
use crate::model::bridge::Bridge;
use crate::model::naming::Naming;
use crate::query::{Filter, Scope};

/// What a key sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knob {
    Theme,
    Mouse,
    Columns,
    Alias,
    Keys,
}

/// A key of the configuration.
struct Row {
    knob: Knob,
    /// The section it stands in; empty at the top.
    section: &'static str,
    /// Its name; in capitals where the person chooses it.
    name: &'static str,
    takes: &'static str,
    default: &'static str,
    doc: &'static str,
}

/// Every key.
#[rustfmt::skip]
const ROWS: [Row; 5] = [
    Row { knob: Knob::Theme,   section: "",      name: "theme",   takes: "the name of a theme, or `auto`", default: "auto",
          doc: "the colours; `auto` is `mono` where no colour is wanted, else `terminal`" },
    Row { knob: Knob::Mouse,   section: "",      name: "mouse",   takes: "`true` or `false`", default: "false",
          doc: "whether the screens take the mouse; then the terminal's own selection needs Shift" },
    Row { knob: Knob::Columns, section: "flows", name: "columns", takes: "a list of columns", default: "the usual ones",
          doc: "the columns of flow lists, in their order; those that do not fit stay away" },
    Row { knob: Knob::Alias,   section: "alias", name: "NAME",    takes: "a filter", default: "none",
          doc: "a short name for a filter, on the screen and in `ofscope flows -f`" },
    Row { knob: Knob::Keys,    section: "keys",  name: "KEYS",    takes: "the name of a command", default: "see keys.md",
          doc: "a key, or several that are pressed in a row, for a command; below `[keys.SCREEN]` for one screen only" },
];

/// The name of the theme that is chosen by itself.
pub const AUTO: &str = "auto";

/// Reads a configuration. `file` is its name for people.
pub fn read(text: &str, file: &Arc<str>) -> (Settings, Report) {
    let mut reader = Reader { settings: Settings::default(), found: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let place = error.span().unwrap_or(0..0);
        reader.found.push(Diagnostic::warning("bad-toml", span(&place), plain(error.message())));
    }
    reader.top(table.get_ref());
    let Reader { settings, mut found } = reader;
    found.sort_by_key(|d| d.span.start);
    let mut report = Report::default();
    for diagnostic in found {
        report.push(located(text, file, diagnostic));
    }
    (settings, report)
}

/// A complaint about a place in a text as one about a place in a line.
fn located(text: &str, file: &Arc<str>, diagnostic: Diagnostic) -> Located {
    let at = (diagnostic.span.start as usize).min(text.len());
    let head = text.get(..at).unwrap_or(text);
    let start = head.rfind('\n').map_or(0, |n| n + 1);
    let number = 1 + head.matches('\n').count() as u32;
    let line = text[start..].lines().next().unwrap_or("");
    let end = (diagnostic.span.end as usize).saturating_sub(start).min(line.len());
    let here = Span::new(at - start, end.max(at - start));
    Located::line(file, number, line, Diagnostic { span: here, ..diagnostic })
}

fn span(place: &Range<usize>) -> Span {
    Span::new(place.start, place.end)
}

/// What another library says, as we would say it.
fn plain(message: &str) -> String {
    message.lines().next().unwrap_or("not a configuration").trim_end_matches('.').to_owned()
}

type Entry<'a, 'i> = (&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>);

/// The entries of a table in the order of the text.
fn entries<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let mut entries: Vec<Entry<'a, 'i>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

struct Reader {
    settings: Settings,
    found: Vec<Diagnostic>,
}

impl Reader {
    fn warn(&mut self, code: &'static str, place: &Range<usize>, message: String) -> &mut Diagnostic {
        self.found.push(Diagnostic::warning(code, span(place), message));
        self.found.last_mut().expect("one was pushed just now")
    }

    fn warn_hint(&mut self, code: &'static str, place: &Range<usize>, message: String, hint: impl Into<String>) {
        self.warn(code, place, message).hint = Some(hint.into());
    }

    fn warn_nearest<'a>(
        &mut self,
        place: &Range<usize>,
        message: String,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        self.found.push(Diagnostic::warning("bad-value", span(place), message).nearest(word, known));
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in entries(table) {
            let name: &str = key.get_ref();
            let is_section = ROWS.iter().any(|row| row.section == name);
            match value.get_ref() {
                DeValue::Table(inside) if is_section && !name.is_empty() => self.section(name, inside),
                DeValue::Table(_) if ROWS.iter().all(|row| row.section.is_empty() || row.name != name) => {
                    let sections = ROWS.iter().map(|row| row.section).filter(|section| !section.is_empty());
                    self.warn_nearest(&key.span(), format!("no section `{name}`"), name, sections);
                }
                _ if is_section => {
                    let message = format!("`{name}` is a section");
                    self.warn_hint("bad-section", &key.span(), message, format!("write `[{name}]` above its keys"));
                }
                _ => self.key("", key, value),
            }
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in entries(table) {
            match (section, value.get_ref()) {
                ("keys", DeValue::Table(inside)) => {
                    let name: &str = key.get_ref();
                    match Context::ALL.iter().find(|(_, known, _)| *known == name) {
                        Some((context, ..)) => {
                            for (key, value) in entries(inside) {
                                self.bind(Some(*context), key, value);
                            }
                        }
                        None => {
                            let known = Context::ALL.iter().map(|(_, name, _)| *name);
                            self.warn_nearest(&key.span(), format!("no screen `{name}`"), name, known);
                        }
                    }
                }
                _ => self.key(section, key, value),
            }
        }
    }

    /// One key with its value.
    fn key(&mut self, section: &str, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let name: &str = key.get_ref();
        let is_free = |row: &&Row| row.name.starts_with(|c: char| c.is_ascii_uppercase());
        let here = || ROWS.iter().filter(|row| row.section == section);
        match here().find(|row| row.name == name || is_free(row)) {
            Some(row) => self.set(row.knob, key, value),
            None => {
                let message = format!("no key `{name}`");
                match ROWS.iter().find(|row| row.name == name) {
                    Some(row) if row.section.is_empty() => {
                        self.warn_hint("unknown-key", &key.span(), message, "it stands above every section");
                    }
                    Some(row) => {
                        let hint = format!("it stands in the section `[{}]`", row.section);
                        self.warn_hint("unknown-key", &key.span(), message, hint);
                    }
                    None => self.warn_nearest(&key.span(), message, name, here().map(|row| row.name)),
                }
            }
        }
    }

    fn set(&mut self, knob: Knob, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let name: &str = key.get_ref();
        match (knob, value.get_ref()) {
            (Knob::Theme, DeValue::String(theme)) => match theme_named(theme) {
                Ok(theme) => self.settings.theme = theme,
                Err(wrong) => self.found.push(Diagnostic { span: span(&value.span()), ..wrong }),
            },
            (Knob::Mouse, DeValue::Boolean(on)) => self.settings.mouse = *on,
            (Knob::Columns, DeValue::Array(names)) => {
                for name in names {
                    self.column(name);
                }
            }
            (Knob::Alias, DeValue::String(filter)) => self.alias(name, &key.span(), filter),
            (Knob::Keys, DeValue::String(_)) => self.bind(None, key, value),
            _ => {
                let takes = ROWS.iter().find(|row| row.knob == knob).map_or("", |row| row.takes);
                self.warn_hint(
                    "bad-value",
                    &value.span(),
                    format!("wrong value for `{name}`"),
                    format!("it takes {takes}"),
                );
            }
        }
    }

    fn column(&mut self, name: &Spanned<DeValue<'_>>) {
        let DeValue::String(word) = name.get_ref() else {
            return self.warn_hint(
                "bad-value",
                &name.span(),
                "not the name of a column".into(),
                "names stand in quotes",
            );
        };
        let chosen = &mut self.settings.columns;
        match Column::by_name(word) {
            Some(_) if chosen.iter().any(|known| known == word) => {
                self.warn("bad-value", &name.span(), format!("column `{word}` stands here twice"));
            }
            Some(_) => chosen.push(word.to_string()),
            None => {
                let known = COLUMNS.iter().map(|row| row.name);
                self.warn_nearest(&name.span(), format!("no column `{word}`"), word, known);
            }
        }
    }

    fn alias(&mut self, name: &str, place: &Range<usize>, filter: &str) {
        let (bridge, naming) = (Bridge::default(), Naming::default());
        // An alias that ends too early: only a filter that uses it can complain about it.
        let broken = BTreeMap::from([(name.to_owned(), "(".to_owned())]);
        match Filter::parse(name, &Scope { aliases: &broken, ..Scope::new(&bridge, &naming) }) {
            Err(d) if d.code == "bad-alias" => {
                self.settings.aliases.insert(name.to_owned(), filter.to_owned());
            }
            _ => {
                let message = format!("`{name}` cannot be the name of an alias");
                self.warn_hint("bad-alias", place, message, "choose a word that means nothing else in filters");
            }
        }
    }

    fn bind(&mut self, context: Option<Context>, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let name: &str = key.get_ref();
        let Some(keys) = Key::parse_sequence(name) else {
            let hint = "keys are written `j`, `G`, `Ctrl-d`, `Alt-x`, `F5`, `PgDn`, several with blanks: `g g`";
            return self.warn_hint("bad-key", &key.span(), format!("no key `{name}`"), hint);
        };
        if let Some((key_name, same)) = keys.iter().find_map(Key::same_as) {
            let message = format!("terminals send `{same}` for `{key_name}`");
            return self.warn_hint("bad-key", &key.span(), message, "choose another key");
        }
        let DeValue::String(word) = value.get_ref() else {
            let hint = "the name of a command in quotes";
            return self.warn_hint("bad-value", &value.span(), format!("wrong value for `{name}`"), hint);
        };
        let Some(command) = command::by_name(word) else {
            let known = COMMANDS.iter().map(|c| c.name);
            return self.warn_nearest(&value.span(), format!("no command `{word}`"), word, known);
        };
        match context.filter(|context| !command.contexts.has(*context)) {
            Some(context) => {
                let message = format!("`{word}` does nothing on the screen `{}`", context.name());
                let names: Vec<_> = command.screens().map(Context::name).collect();
                self.warn_hint("bad-value", &value.span(), message, format!("it works on {}", names.join(", ")));
            }
            None => self.settings.keys.push((keys, command.id, context)),
        }
    }
}

/// The theme of a name: nothing for the one that is chosen by itself.
pub fn theme_named(name: &str) -> Result<Option<String>, Diagnostic> {
    if name == AUTO {
        return Ok(None);
    }
    match Theme::by_name(name) {
        Some(theme) => Ok(Some(theme.name.to_owned())),
        None => {
            let known = Theme::names().map(|(name, _)| name).chain([AUTO]);
            let wrong = Diagnostic::warning("bad-value", Span::new(0, name.len()), format!("no theme `{name}`"));
            Err(wrong.nearest(name, known))
        }
    }
}

const HEAD: &str = "\
# Configuration

Generated from `src/tui/settings.rs`. Nothing needs to be configured, and nothing is written by itself.

The file is `ofscope/config.toml` below `$XDG_CONFIG_HOME`, which is `~/.config` if it is not set. `OFSCOPE_CONFIG` or \
`--config FILE` name another one, `--no-config` reads none. What is wrong in it is told with its line on standard error and \
on the status line, and left as it was; the screens open all the same.

An option of the command line goes before the environment, and the environment before the file.

```toml
theme = \"dark\"
mouse = false

[flows]
columns = [\"priority\", \"packets\", \"match\", \"actions\"]

[alias]
lost = \"drop and n_packets > 0\"
db = \"nw_dst hits 10.0.0.12 and tp_dst hits 5432\"

[keys]
\"F9\" = \"mouse\"

[keys.flows]
\"t\" = \"fold\"
```

With the aliases above, `/` and then `lost and db` shows what is dropped on the way to a database, and so does \
`ofscope flows -f 'lost and db'`.
";

/// The page about the configuration, `docs/configuration.md`.
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n## Keys of the file\n\n| Section | Key | Takes | Without it | What it is |\n| --- | --- | --- | --- | --- |\n");
    for row in &ROWS {
        let section = if row.section.is_empty() { String::new() } else { format!("`[{}]`", row.section) };
        page.push_str(&format!("| {section} | `{}` | {} | {} | {} |\n", row.name, row.takes, row.default, row.doc));
    }
    page.push_str("\n## Themes\n\n| Name | What it is |\n| --- | --- |\n");
    for (name, doc) in Theme::names() {
        page.push_str(&format!("| `{name}` | {doc} |\n"));
    }
    page.push_str("\n## Columns\n\n| Name | What it shows | There from the start |\n| --- | --- | --- |\n");
    for row in &COLUMNS {
        page.push_str(&format!("| `{}` | {} | {} |\n", row.name, row.doc, if row.is_usual { "yes" } else { "" }));
    }
    page.push_str("\n## Screens and commands\n\n");
    let names: Vec<_> = Context::ALL.iter().map(|(_, name, _)| format!("`[keys.{name}]`")).collect();
    page.push_str(&format!(
        "The sections for one screen are {}. The names of the commands stand in [keys.md](keys.md). ",
        names.join(", ")
    ));
    page.push_str("A key that is given away is lost to the command that had it. `Ctrl-i`, `Ctrl-m`, `Ctrl-j`, `Ctrl-h` and `Ctrl-[` cannot be had: terminals send other keys for them.\n");
    page.push_str("\n## Environment\n\n| Variable | What it does |\n| --- | --- |\n");
    for (name, doc) in ENVIRONMENT {
        page.push_str(&format!("| `{name}` | {doc} |\n"));
    }
    page
}

/// The variables of the environment that are read.
const ENVIRONMENT: [(&str, &str); 12] = [
    ("OFSCOPE_CONFIG", "the file to read instead"),
    ("OFSCOPE_THEME", "the theme, before the one of the file"),
    ("OFSCOPE_PLAIN", "not empty and not 0: print text instead of drawing screens, as `--plain`"),
    ("NO_COLOR", "not empty: no colour, unless `--color` or `--theme` asks for it"),
    ("CLICOLOR_FORCE", "not empty and not 0: colour also where no terminal is"),
    ("NO_MOTION", "not empty and not 0: nothing moves by itself, as `--no-motion`"),
    ("COLORTERM", "`truecolor` or `24bit`: the themes' own colours; else the nearest of 256"),
    ("TERM", "`linux`: drawings of ASCII characters; `dumb`: no colour"),
    ("LC_ALL, LC_CTYPE, LANG", "UTF-8 or not: which characters drawings are made of"),
    ("PAGER", "the program that shows long text in pages; none if it is not set"),
    ("TMUX, SSH_CONNECTION, DISPLAY, WAYLAND_DISPLAY", "which way to the clipboard is open"),
    ("OVS_RUNDIR", "where a running Open vSwitch is looked for"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        let (_, report) = read(text, &"c.toml".into());
        let one = |l: &Located| {
            let hint = l.diagnostic.hint.clone().unwrap_or_default();
            format!("{}: {}; {hint}", l.line, l.diagnostic.message)
        };
        report.kept.iter().map(one).collect()
    }

    #[test]
    fn every_key_is_read() {
        let text = "theme = 'dark'\nmouse = true\n[flows]\ncolumns = ['priority', 'cookie']\n[alias]\nlost = 'drop'\n\
                    [keys]\n'g t' = 'theme'\nCtrl-T = 'fold'\n[keys.pipeline]\nv = 'mouse'\n";
        let (settings, report) = read(text, &"c.toml".into());
        assert_eq!(report, Report::default());
        assert_eq!((settings.theme.as_deref(), settings.mouse), (Some("dark"), true));
        assert_eq!(settings.columns, ["priority", "cookie"]);
        assert_eq!(settings.aliases["lost"], "drop");
        let keys: Vec<_> = settings.keys.iter().map(|(keys, id, only)| (keys.len(), id.row().name, *only)).collect();
        assert_eq!(keys, [(2, "theme", None), (1, "fold", None), (1, "mouse", Some(Context::Pipeline))]);
    }

    #[test]
    fn the_example_of_the_page_has_nothing_wrong() {
        let page = reference();
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        assert_eq!(complaints(example), Vec::<String>::new());
        assert_eq!(read(example, &"c.toml".into()).0.aliases.len(), 2);
    }

    #[test]
    fn a_wrong_key_is_told_with_its_line_and_the_nearest_name_and_the_rest_is_read() {
        let text = "\nthem = 'dark'\nmouse = true\n";
        assert_eq!(complaints(text), ["2: no key `them`; did you mean `theme`?"]);
        assert!(read(text, &"c.toml".into()).0.mouse);
        for (text, complaint) in [
            ("theme = 'drak'", "1: no theme `drak`; did you mean `dark`?"),
            ("theme = 3", "1: wrong value for `theme`; it takes the name of a theme, or `auto`"),
            ("mouse = 'yes'", "1: wrong value for `mouse`; it takes `true` or `false`"),
            ("columns = []", "1: no key `columns`; it stands in the section `[flows]`"),
            ("[flows]\ntheme = 'dark'", "2: no key `theme`; it stands above every section"),
            ("[flow]\n", "1: no section `flow`; did you mean `flows`?"),
            ("keys = 3", "1: `keys` is a section; write `[keys]` above its keys"),
            ("[flows]\ncolumns = [\n'match',\n'actoins']", "4: no column `actoins`; did you mean `actions`?"),
            ("[flows]\ncolumns = ['match', 'match']", "2: column `match` stands here twice; "),
            ("[keys]\nq = 'quti'", "2: no command `quti`; did you mean `quit`?"),
            ("[keys]\nCtrl-i = 'quit'", "2: terminals send `Tab` for `Ctrl-i`; choose another key"),
            ("[keys.flos]\nq = 'quit'", "1: no screen `flos`; did you mean `flows`?"),
        ] {
            assert_eq!(complaints(text), [complaint], "{text}");
        }
        assert!(complaints("[keys]\nctrl-x = 'quit'")[0].starts_with("2: no key `ctrl-x`; keys are written"));
        let elsewhere = complaints("[keys.node]\nq = 'fold'");
        assert_eq!(elsewhere, ["2: `fold` does nothing on the screen `node`; it works on flows"]);
    }

    #[test]
    fn a_word_of_the_filter_language_is_no_alias() {
        for name in ["tcp", "drop", "tp_dst", "table", "and", "'two words'", "'a=b'", "''"] {
            let found = complaints(&format!("[alias]\n{name} = 'drop'"));
            assert!(found.len() == 1 && found[0].contains("cannot be the name of an alias"), "{name}: {found:?}");
        }
        assert_eq!(complaints("[alias]\ntab = 'drop'\nmy-own = 'drop'"), Vec::<String>::new());
    }

    #[test]
    fn any_text_is_read() {
        for text in
            ["[", "= = =", "theme = ", "[keys]\n\"\" = 'quit'", "a = [[[[[[", "[alias]\nx = \"\u{1b}[31m", "é=é"]
        {
            assert!(!complaints(text).is_empty(), "{text}");
        }
        let deep = format!("x = {}", "[".repeat(100_000));
        assert!(!complaints(&deep).is_empty());
    }
}
