//! Reading lesson files.
//!
//! Every key is a row of [`KEYS`], from which `docs/lessons.md` follows. A mistake refuses the file, and names its line.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::lesson::{
    BridgeText, Fate, FaultText, Goal, GoalKind, Kind, Lazy, Lesson, LessonFile, PacketGoal, Question, Setting, Text,
    Track,
};
use crate::base::diag::{Diagnostic, Located, nearest};
use crate::base::safe::is_visible;
use crate::base::span::Span;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
}

impl Takes {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Takes::Text => "a text",
            Takes::Texts => "a list of texts",
            Takes::Number => "a number",
            Takes::Flag => "`true` or `false`",
        }
    }
}

/// A key of a lesson file.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The section it stands in; empty at the top.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether it has to be there.
    pub must: bool,
    /// What it says.
    pub doc: &'static str,
}

const fn row(section: &'static str, name: &'static str, takes: Takes, must: bool, doc: &'static str) -> Row {
    Row { section, name, takes, must, doc }
}

/// The sections, and whether there may be several of each.
pub const SECTIONS: [(&str, bool); 7] = [
    ("", false),
    ("bridge", true),
    ("fault", false),
    ("goal", true),
    ("question", true),
    ("lazy", true),
    ("solution", false),
];

/// Every key.
#[rustfmt::skip]
pub const KEYS: [Row; 42] = [
    row("", "id",       Takes::Text,   true,  "what the lesson is called on the command line"),
    row("", "number",   Takes::Number, true,  "its place in the course"),
    row("", "track",    Takes::Text,   true,  "`basics`, `openstack` or `incidents`"),
    row("", "title",    Takes::Text,   true,  "what it is about, in a few words"),
    row("", "task",     Takes::Text,   true,  "what is to be done"),
    row("", "node",     Takes::Text,   false, "where it takes place: `sandbox:NAME`, or a file or directory beside the lesson"),
    row("", "at",       Takes::Text,   false, "the bridge that is meant: `BRIDGE`, or `NODE BRIDGE`"),
    row("", "start",    Takes::Text,   false, "what is changed first: lines of a change file"),
    row("", "hints",    Takes::Texts,  true,  "three hints, the vaguest first"),
    row("", "closing",  Takes::Text,   true,  "what was to be learnt"),
    row("", "sources",  Takes::Texts,  true,  "where to read on"),
    row("bridge", "name",  Takes::Text,  true, "the name of a bridge that the lesson describes"),
    row("bridge", "ports", Takes::Texts, true, "its ports: `1 web-1`, `2 db-2 tag=10`, `3 uplink down`"),
    row("fault", "kind", Takes::Text, true,  "what is broken: a row of the table of faults"),
    row("fault", "node", Takes::Text, false, "the node that is broken; else that of the port"),
    row("fault", "port", Takes::Text, true,  "whom it befalls: a server, a port or an interface"),
    row("fault", "peer", Takes::Text, false, "the other end, where the fault lies between two"),
    row("goal", "title",     Takes::Text,   true,  "what the goal is called"),
    row("goal", "packet",    Takes::Text,   false, "a packet, as `ofscope trace` takes it"),
    row("goal", "at",        Takes::Text,   false, "the bridge it begins in, if that is another one"),
    row("goal", "ct_next",   Takes::Texts,  false, "what connection tracking answers, as `trk,est`"),
    row("goal", "first",     Takes::Texts,  false, "packets that are sent before it, so that flows are learned"),
    row("goal", "down",      Takes::Texts,  false, "ports that are down"),
    row("goal", "verdict",   Takes::Text,   false, "`delivered` (the default), `dropped` or `controller`"),
    row("goal", "ports",     Takes::Texts,  false, "all ports that it leaves by"),
    row("goal", "reaches",   Takes::Text,   false, "a port that it gets to, on whatever node"),
    row("goal", "leaves",    Takes::Text,   false, "how it looks when it leaves: a match"),
    row("goal", "does",      Takes::Texts,  false, "what the datapath is told to do, among other things"),
    row("goal", "reply",     Takes::Flag,   false, "whether the reply has to get back, too"),
    row("goal", "unchanged", Takes::Flag,   false, "packets that the solution does not touch fare as before"),
    row("goal", "most",      Takes::Number, false, "how many flows the bridge may have"),
    row("question", "ask",      Takes::Text,  true,  "what has to be found out"),
    row("question", "kind",     Takes::Text,  false, "how answers are compared: `number`, `address`, `word` or `flow`"),
    row("question", "answers",  Takes::Texts, false, "the right answers; any of them will do"),
    row("question", "options",  Takes::Texts, false, "what may be answered, where it is a choice"),
    row("question", "evidence", Takes::Text,  false, "a filter of the flows that show it; for `flow`, of the flow itself"),
    row("question", "counts",   Takes::Text,  false, "a filter: the answer is how many flows fit it"),
    row("question", "at",       Takes::Text,  false, "the bridge it is about, if that is another one"),
    row("lazy", "name",    Takes::Text,  true,  "a solution that comes to mind and is none"),
    row("lazy", "edits",   Takes::Text,  false, "its lines of a change file"),
    row("lazy", "answers", Takes::Texts, false, "its answers; without them it answers as the solution does"),
    row("solution", "edits", Takes::Text, false, "lines of a change file; without them the fault is undone"),
];

/// The longest lesson file, in bytes.
pub const LIMIT: usize = 1 << 20;

/// Reads a lesson. `name` is that of the file.
pub fn read(name: &str, text: &str) -> Result<Lesson, Vec<Located>> {
    let file = LessonFile { name: name.into(), text: Arc::from(text) };
    if text.len() > LIMIT {
        let d = Diagnostic::error("too-long", Span::new(0, 1), format!("the file has more than {LIMIT} bytes"));
        return Err(vec![file.located(d)]);
    }
    let mut reader = Reader { text, found: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let place = error.span().unwrap_or(0..0);
        let message = error.message().lines().next().unwrap_or("not a lesson").trim_end_matches('.').to_owned();
        reader.found.push(Diagnostic::error("bad-toml", span(&place), message));
    }
    let sections = reader.sections(table.get_ref());
    let lesson = reader.lesson(&sections, &file);
    match reader.found.is_empty() {
        true => Ok(lesson),
        false => {
            let mut found = reader.found;
            found.sort_by_key(|d| d.span.start);
            Err(found.into_iter().map(|d| file.located(d)).collect())
        }
    }
}

fn span(place: &Range<usize>) -> Span {
    Span::new(place.start, place.end)
}

/// A value that was taken.
#[derive(Debug, Clone)]
enum Value {
    Text(Text),
    Texts(Vec<Text>),
    Number(u32),
    Flag(bool),
}

/// A section: its name, its place, and its keys.
#[derive(Debug, Clone, Default)]
struct Section {
    name: &'static str,
    span: Span,
    keys: Vec<(&'static str, Value)>,
}

impl Section {
    fn get(&self, name: &str) -> Option<&Value> {
        self.keys.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn text(&self, name: &str) -> Text {
        match self.get(name) {
            Some(Value::Text(text)) => text.clone(),
            _ => Text::default(),
        }
    }

    /// A text for people.
    fn words(&self, name: &str) -> String {
        self.text(name).value.trim().replace("\r\n", "\n")
    }

    fn texts(&self, name: &str) -> Vec<Text> {
        match self.get(name) {
            Some(Value::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    fn number(&self, name: &str) -> u32 {
        match self.get(name) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Flag(true)))
    }
}

struct Reader<'t> {
    text: &'t str,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn complain(&mut self, code: &'static str, at: Span, message: String, hint: &str) {
        let d = Diagnostic::error(code, at, message);
        self.found.push(if hint.is_empty() { d } else { d.hint(hint) });
    }

    /// All sections, the top one first.
    fn sections(&mut self, table: &DeTable<'_>) -> Vec<Section> {
        let mut top = Section::default();
        let mut all = Vec::new();
        for (key, value) in entries(table) {
            let name: &str = key.get_ref();
            let section = SECTIONS.iter().find(|(known, _)| *known == name && !name.is_empty());
            match (section, value.get_ref()) {
                (Some((known, false)), DeValue::Table(inside)) => {
                    let section = self.section(known, span(&key.span()), inside);
                    all.push(section);
                }
                (Some((known, true)), DeValue::Array(items)) => {
                    for item in items {
                        match item.get_ref() {
                            DeValue::Table(inside) => {
                                let section = self.section(known, span(&item.span()), inside);
                                all.push(section);
                            }
                            _ => self.complain(
                                "bad-section",
                                span(&item.span()),
                                format!("`{name}` is a section"),
                                &format!("write `[[{name}]]` above its keys"),
                            ),
                        }
                    }
                }
                (Some((_, many)), _) => {
                    let written = if *many { format!("`[[{name}]]`") } else { format!("`[{name}]`") };
                    let message = format!("`{name}` is a section");
                    self.complain(
                        "bad-section",
                        span(&key.span()),
                        message,
                        &format!("write {written} above its keys"),
                    );
                }
                (None, DeValue::Table(_)) => {
                    let d = Diagnostic::error("unknown-section", span(&key.span()), format!("no section `{name}`"));
                    self.found.push(d.nearest(name, SECTIONS.iter().map(|(name, _)| *name).filter(|n| !n.is_empty())));
                }
                (None, _) => self.key(&mut top, key, value),
            }
        }
        self.complete(&top);
        all.insert(0, top);
        all
    }

    fn section(&mut self, name: &'static str, at: Span, table: &DeTable<'_>) -> Section {
        let mut section = Section { name, span: at, keys: Vec::new() };
        for (key, value) in entries(table) {
            self.key(&mut section, key, value);
        }
        self.complete(&section);
        section
    }

    /// Complains about keys that are not there.
    fn complete(&mut self, section: &Section) {
        for row in KEYS.iter().filter(|row| row.section == section.name && row.must) {
            if !section.has(row.name) {
                let place = match section.name {
                    "" => "the lesson".to_owned(),
                    name => format!("`{name}`"),
                };
                let message = format!("{place} has no `{}`", row.name);
                self.complain("missing-key", section.span, message, row.doc);
            }
        }
    }

    fn key(&mut self, section: &mut Section, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let name: &str = key.get_ref();
        let mut here = KEYS.iter().filter(|row| row.section == section.name);
        let Some(row) = here.clone().find(|row| row.name == name) else {
            let place = if section.name.is_empty() { String::new() } else { format!(" in `{}`", section.name) };
            let d = Diagnostic::error("unknown-key", span(&key.span()), format!("no key `{name}`{place}"));
            // A section that is spelt otherwise is a key at the top.
            let keys: Vec<&str> = here.by_ref().map(|row| row.name).collect();
            let sections = SECTIONS.iter().filter(|(known, _)| section.name.is_empty() && !known.is_empty());
            let near = nearest(name, sections.clone().map(|(known, _)| *known));
            let section =
                sections.clone().find(|(known, _)| nearest(name, keys.clone()).is_none() && near == Some(known));
            self.found.push(match section {
                Some((known, true)) => d.hint(format!("did you mean `[[{known}]]`?")),
                Some((known, false)) => d.hint(format!("did you mean `[{known}]`?")),
                None => d.nearest(name, keys),
            });
            return;
        };
        match self.value(row.takes, value) {
            Some(taken) if !is_clean(&taken) => {
                let message = format!("`{name}` has a control character");
                self.complain("control-character", span(&value.span()), message, "leave it out");
            }
            Some(value) => section.keys.push((row.name, value)),
            None => {
                let message = format!("`{name}` takes {}", row.takes.word());
                self.complain("bad-value", span(&value.span()), message, row.doc);
            }
        }
    }

    fn value(&self, takes: Takes, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        Some(match (takes, value.get_ref()) {
            (Takes::Text, DeValue::String(text)) => Value::Text(self.text(text, &value.span())),
            (Takes::Texts, DeValue::Array(items)) => {
                let mut texts = Vec::new();
                for item in items {
                    let DeValue::String(text) = item.get_ref() else { return None };
                    texts.push(self.text(text, &item.span()));
                }
                Value::Texts(texts)
            }
            (Takes::Number, DeValue::Integer(number)) => {
                Value::Number(u32::from_str_radix(number.as_str(), number.radix()).ok()?)
            }
            (Takes::Flag, DeValue::Boolean(flag)) => Value::Flag(*flag),
            _ => return None,
        })
    }

    /// A text with the place of its first letter, if it stands in the file as it is.
    fn text(&self, value: &str, place: &Range<usize>) -> Text {
        let raw = self.text.get(place.clone()).unwrap_or("");
        let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| raw.starts_with(quote)).unwrap_or("");
        let mut skip = quotes.len();
        if quotes.len() == 3 && raw[skip..].starts_with('\n') {
            skip += 1;
        }
        let is_plain = raw.get(skip..skip + value.len()) == Some(value);
        let start = if is_plain { place.start + skip } else { place.start };
        Text { value: value.to_owned(), span: Span::new(start, place.end), is_plain }
    }

    /// The one of several words that a key says.
    fn choice<T: Copy>(&mut self, text: &Text, all: &[(T, &'static str)], what: &str) -> Option<T> {
        let found = all.iter().find(|(_, word)| *word == text.value).map(|(value, _)| *value);
        if found.is_none() && !text.value.is_empty() {
            let message = format!("`{}` is no {what}", text.value);
            let known: Vec<&str> = all.iter().map(|(_, word)| *word).collect();
            let hint = format!("one of {}", known.join(", "));
            self.found.push(Diagnostic::error("bad-value", text.span, message).hint(hint));
        }
        found
    }

    fn lesson(&mut self, sections: &[Section], file: &LessonFile) -> Lesson {
        let top = &sections[0];
        let of = |name: &'static str| sections.iter().filter(move |s| s.name == name);
        let tracks = Track::ALL.map(|(track, word, _)| (track, word));
        let plain = |texts: Vec<Text>| texts.into_iter().map(|text| text.value.trim().to_owned()).collect();
        let track = self.choice(&top.text("track"), &tracks, "track").unwrap_or_default();
        let bridges: Vec<BridgeText> = of("bridge")
            .map(|section| BridgeText { name: section.words("name"), ports: section.texts("ports") })
            .collect();
        if top.has("node") != bridges.is_empty() {
            let message = "a lesson has either a `node` or bridges of its own".to_owned();
            self.complain("bad-setting", top.text("node").span, message, "write `node`, or `[[bridge]]`");
        }
        let hints: Vec<String> = plain(top.texts("hints"));
        if top.has("hints") && hints.len() != 3 {
            let at = top.texts("hints").first().map_or(Span::default(), |text| text.span);
            self.complain("bad-value", at, format!("there are {} hints", hints.len()), "three are wanted");
        }
        let fault = of("fault").next().map(|section| FaultText {
            kind: section.text("kind"),
            node: section.text("node"),
            port: section.text("port"),
            peer: section.text("peer"),
        });
        let goals: Vec<Goal> = of("goal").map(|section| self.goal(section)).collect();
        let questions: Vec<Question> = of("question").map(|section| self.question(section)).collect();
        if goals.is_empty() && questions.is_empty() {
            let message = "there is neither a goal nor a question".to_owned();
            self.complain("no-goal", Span::default(), message, "write `[[goal]]` or `[[question]]`");
        }
        let lazy = of("lazy").map(|section| Lazy {
            name: section.words("name"),
            edits: section.text("edits"),
            answers: section.texts("answers"),
            knows: !section.has("answers"),
        });
        Lesson {
            file: file.clone(),
            id: top.words("id"),
            number: top.number("number"),
            track,
            title: top.words("title"),
            task: top.words("task"),
            setting: match top.has("node") {
                true => Setting::Captured(top.text("node")),
                false => Setting::Described(bridges),
            },
            at: top.text("at"),
            fault,
            start: top.text("start"),
            goals,
            questions,
            lazy: lazy.collect(),
            hints,
            solution: of("solution").next().map(|section| section.text("edits")).unwrap_or_default(),
            closing: top.words("closing"),
            sources: plain(top.texts("sources")),
        }
    }

    fn goal(&mut self, section: &Section) -> Goal {
        let kinds = [section.has("packet"), section.flag("unchanged"), section.has("most")];
        if kinds.iter().filter(|is| **is).count() != 1 {
            let message = "a goal is a `packet`, `unchanged`, or `most`: one of them".to_owned();
            self.complain("bad-goal", section.span, message, "");
        }
        let kind = match kinds {
            [true, ..] => {
                let wants = self.choice(&section.text("verdict"), &Fate::ALL, "verdict").unwrap_or_default();
                GoalKind::Packet(Box::new(PacketGoal {
                    packet: section.text("packet"),
                    at: section.text("at"),
                    ct_next: section.texts("ct_next"),
                    first: section.texts("first"),
                    down: section.texts("down"),
                    wants,
                    ports: section.has("ports").then(|| section.texts("ports")),
                    reaches: section.text("reaches"),
                    leaves: section.text("leaves"),
                    does: section.texts("does"),
                    reply: section.flag("reply"),
                }))
            }
            [_, true, _] => GoalKind::Unchanged,
            _ => GoalKind::Most(section.number("most") as usize),
        };
        Goal { title: section.words("title"), kind }
    }

    fn question(&mut self, section: &Section) -> Question {
        let kind = self.choice(&section.text("kind"), &Kind::ALL, "kind of answer").unwrap_or_default();
        let lacks = if kind == Kind::Flow { "evidence" } else { "answers" };
        if !section.has(lacks) || lacks == "answers" && section.texts("answers").is_empty() {
            self.complain(
                "missing-key",
                section.span,
                format!("`question` has no `{lacks}`"),
                "nothing would be right",
            );
        }
        Question {
            ask: section.words("ask"),
            kind,
            answers: section.texts("answers"),
            options: section.texts("options").into_iter().map(|text| text.value).collect(),
            at: section.text("at"),
            evidence: section.text("evidence"),
            counts: section.text("counts"),
        }
    }
}

/// Whether a text can be shown as it is.
fn is_clean(value: &Value) -> bool {
    let clean = |text: &Text| text.value.chars().all(|c| is_visible(c) || matches!(c, '\n' | '\r' | '\t'));
    match value {
        Value::Text(text) => clean(text),
        Value::Texts(texts) => texts.iter().all(clean),
        Value::Number(_) | Value::Flag(_) => true,
    }
}

type Entry<'a, 'i> = (&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>);

/// The entries of a table in the order of the text.
fn entries<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let mut entries: Vec<Entry<'a, 'i>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
