//! What lies above a screen: help, palette, menus, questions.

use super::columns::Column;
use super::input::Input;
use super::list::Cursor;
use crate::base::paint::Target;
use crate::diff::Aspect;
use crate::graph::Goal;
use crate::query::By;

/// Something that lies above the screen and has the keys.
#[derive(Debug)]
pub enum Layer {
    /// The keys that work here, narrowed by what is typed.
    Help {
        /// What is typed.
        search: Input,
        /// The first line on the screen.
        top: usize,
    },
    /// Everything that can be done or gone to, narrowed by what is typed.
    Palette {
        /// What is typed.
        input: Input,
        /// The row.
        cursor: Cursor,
    },
    /// A list to choose from.
    Menu(Menu),
    /// A line to type.
    Question {
        /// What is asked.
        title: &'static str,
        /// What is typed.
        input: Input,
        /// What it is for.
        purpose: Purpose,
        /// What is wrong with it.
        wrong: Option<String>,
    },
}

/// What a typed line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Highlight flows.
    Highlight,
    /// Save what is shown to a file.
    Save,
    /// Add packet and verdict to a file of tests.
    SaveTest,
    /// Answer a question of the lesson, by its place.
    Answer(usize),
    /// Read a source to compare with.
    CompareWith,
    /// Save a report of what changed.
    Report,
    /// Save what is staged to a file.
    SaveStaged,
    /// Stage what a file asks for.
    ReadStaged,
    /// Stage what makes the flows of the bridge those of a file.
    ReplaceFlows,
}

/// A list to choose from.
#[derive(Debug)]
pub struct Menu {
    /// What is chosen.
    pub title: String,
    /// The choices.
    pub entries: Vec<Entry>,
    /// The row.
    pub cursor: Cursor,
    /// Whether it stays open after a choice, as a list of switches does.
    pub stays: bool,
}

/// One choice.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key that chooses it at once.
    pub key: Option<char>,
    /// What it is.
    pub text: String,
    /// What more there is to say.
    pub note: String,
    /// What it does.
    pub choice: Choice,
}

/// What a choice does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Orders the list by a column.
    Sort(Option<Column>),
    /// Folds the list, or not.
    Fold(Option<By>),
    /// Shows a column, or not.
    Column(Column),
    /// Copies something.
    Copy(CopyAs),
    /// Lights up every path to a goal.
    Paths(Option<Goal>),
    /// Lights up the way of the last trace.
    LastTrace,
    /// Follows a link.
    Open(Target),
    /// Opens the editor for a group or a meter.
    Change(Target),
    /// Stages that a group or a meter is deleted.
    Delete(Target),
    /// What may differ counts, or not.
    Count(Aspect),
    /// Groups, meters or ports count, or not.
    CountOthers(usize),
    /// Asks for another source to compare with.
    CompareWith,
    /// Compares with another node of the same source, by its place.
    CompareNode(usize),
    /// Compares what is staged with what is there.
    CompareStaged,
    /// Makes what is staged so.
    Commit,
    /// Saves what is staged.
    SaveStaged,
    /// Leaves, whatever is staged.
    Leave,
    /// Does nothing.
    Stay,
}

/// What can be copied of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyAs {
    /// The line of the dump.
    Flow,
    /// The command that adds it again.
    Command,
    /// Its match.
    Match,
    /// Its actions.
    Actions,
    /// As JSON.
    Json,
    /// A command that opens this view.
    Link,
    /// The rows on the screen.
    Rows,
    /// A trace as text.
    Trace,
    /// A trace as Open vSwitch prints it.
    TraceAsOvs,
    /// A trace as JSON.
    TraceJson,
    /// The command that asks the switch.
    OvsCommand,
    /// The command that traces the packet again and checks the verdict.
    TestLine,
    /// What is staged, as lines that `ovs-ofctl` takes.
    StagedLines,
    /// The command that sends it.
    StagedCommand,
    /// The lines that take it back.
    StagedBack,
}

/// Every way to copy what is staged: the key, the way, and what it gives.
pub const STAGED_COPIES: [(char, CopyAs, &str); 3] = [
    ('c', CopyAs::StagedCommand, "ovs-ofctl command that sends it as one bundle"),
    ('l', CopyAs::StagedLines, "lines of a file for ovs-ofctl"),
    ('u', CopyAs::StagedBack, "lines that take it back"),
];

/// Every way to copy a trace: the key, the way, and what it gives.
pub const TRACE_COPIES: [(char, CopyAs, &str); 5] = [
    ('t', CopyAs::Trace, "trace as text"),
    ('o', CopyAs::TraceAsOvs, "trace as ofproto/trace prints it"),
    ('j', CopyAs::TraceJson, "trace as JSON"),
    ('c', CopyAs::OvsCommand, "ovs-appctl command that asks the switch"),
    ('l', CopyAs::TestLine, "ofscope command that traces it again"),
];

/// Every way to copy: the key, the way, and what it gives.
pub const COPIES: [(char, CopyAs, &str); 7] = [
    ('y', CopyAs::Flow, "flow as the dump prints it"),
    ('c', CopyAs::Command, "ovs-ofctl command that adds it again"),
    ('m', CopyAs::Match, "match"),
    ('a', CopyAs::Actions, "actions"),
    ('j', CopyAs::Json, "flow as JSON"),
    ('l', CopyAs::Link, "ofscope command that opens this view"),
    ('v', CopyAs::Rows, "rows on the screen"),
];

impl Menu {
    /// A menu.
    pub fn new(title: impl Into<String>, entries: Vec<Entry>) -> Menu {
        Menu { title: title.into(), entries, cursor: Cursor::default(), stays: false }
    }
}

impl Entry {
    /// A choice with a key.
    pub fn new(key: impl Into<Option<char>>, text: impl Into<String>, choice: Choice) -> Entry {
        Entry { key: key.into(), text: text.into(), note: String::new(), choice }
    }

    /// The same with something more to say.
    pub fn note(self, note: impl Into<String>) -> Entry {
        Entry { note: note.into(), ..self }
    }
}
