//! Everything that can be done on the screen: one row a command.
//!
//! Help, palette, hint lines, `docs/keys.md`, the configuration's `[keys]` and the keymap read these rows; what a
//! command does stands in `update/`.

use super::key::Key;

/// Where a command works: a set of contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contexts(u16);

/// One context: what is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// The nodes, bridges and ports.
    Node,
    /// The pipeline.
    Pipeline,
    /// A list of flows.
    Flows,
    /// One flow.
    Flow,
    /// A traced packet.
    Trace,
    /// Why a flow got a packet or not.
    Why,
    /// What changed from another source.
    Diff,
    /// What is staged.
    Staged,
    /// A flow, a group or a meter that is typed.
    Edit,
    /// The lessons.
    Learn,
    /// The files, and what was wrong in them.
    Sources,
}

impl Context {
    /// Every context, with its name in the configuration and its title.
    pub const ALL: [(Context, &'static str, &'static str); 11] = [
        (Context::Node, "node", "node"),
        (Context::Pipeline, "pipeline", "pipeline"),
        (Context::Flows, "flows", "flow list"),
        (Context::Flow, "flow", "flow"),
        (Context::Trace, "trace", "trace"),
        (Context::Why, "why", "why not"),
        (Context::Diff, "diff", "diff"),
        (Context::Staged, "staged", "staged changes"),
        (Context::Edit, "edit", "editor"),
        (Context::Learn, "learn", "lessons"),
        (Context::Sources, "sources", "sources"),
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(c, ..)| *c == self).map_or("", |(_, name, _)| name)
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(c, ..)| *c == self).map_or("", |(.., title)| title)
    }
}

impl Contexts {
    const NODE: Contexts = Contexts::of(Context::Node);
    const PIPELINE: Contexts = Contexts::of(Context::Pipeline);
    const FLOWS: Contexts = Contexts::of(Context::Flows);
    const FLOW: Contexts = Contexts::of(Context::Flow);
    const TRACE: Contexts = Contexts::of(Context::Trace);
    const DIFF: Contexts = Contexts::of(Context::Diff);
    const STAGED: Contexts = Contexts::of(Context::Staged);
    const EDIT: Contexts = Contexts::of(Context::Edit);
    const LEARN: Contexts = Contexts::of(Context::Learn);
    /// Every screen. While somebody types, letters are letters, so the editor is none of them.
    const ANY: Contexts = Contexts(((1 << Context::ALL.len()) - 1) & !Contexts::EDIT.0);

    const fn of(context: Context) -> Contexts {
        Contexts(1 << context as u16)
    }

    const fn without(self, other: Contexts) -> Contexts {
        Contexts(self.0 & !other.0)
    }

    const fn and(self, other: Contexts) -> Contexts {
        Contexts(self.0 | other.0)
    }

    /// Whether the command works there.
    pub fn has(self, context: Context) -> bool {
        self.0 & Contexts::of(context).0 != 0
    }

    /// Whether it works everywhere.
    pub fn is_any(self) -> bool {
        self == Contexts::ANY
    }
}

/// The column of the help in which a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Moving about.
    Move,
    /// Changing what is shown.
    View,
    /// Doing something with it.
    Act,
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Which one.
    pub id: Id,
    /// Its name, as the palette and the configuration have it.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// The keys it has; several keys in a row are set apart by blanks.
    pub keys: &'static [&'static str],
    /// Its column in the help.
    pub group: Group,
    /// Where it works.
    pub contexts: Contexts,
    /// A word for the hint line; empty if it does not stand there.
    pub hint: &'static str,
}

macro_rules! commands {
    ($($id:ident $name:literal [$($key:literal)*] $group:ident $contexts:expr, $hint:literal, $doc:literal;)*) => {
        /// The commands by what they are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Id { $(#[doc = $doc] $id,)* }

        /// Every command. Those that stand on the hint line stand in its order.
        pub const COMMANDS: &[Command] = &[$(Command {
            id: Id::$id,
            name: $name,
            doc: $doc,
            keys: &[$($key),*],
            group: Group::$group,
            contexts: $contexts,
            hint: $hint,
        },)*];
    };
}

const ANY: Contexts = Contexts::ANY;
const NODE: Contexts = Contexts::NODE;
const PIPELINE: Contexts = Contexts::PIPELINE;
const FLOWS: Contexts = Contexts::FLOWS;
const FLOW: Contexts = Contexts::FLOW;
const TRACE: Contexts = Contexts::TRACE;
const DIFF: Contexts = Contexts::DIFF;
const ROWS: Contexts = Contexts::FLOWS.and(Contexts::of(Context::Sources));
const ONE_FLOW: Contexts = Contexts::FLOWS.and(Contexts::FLOW);
const STAGED: Contexts = Contexts::STAGED;
const EDIT: Contexts = Contexts::EDIT;
const LEARN: Contexts = Contexts::LEARN;
/// Where flows are seen that can be changed.
const SEEN: Contexts = ONE_FLOW.and(Contexts::TRACE);
/// Where something can be staged.
const STAGES: Contexts = SEEN.and(Contexts::NODE).and(Contexts::PIPELINE).and(Contexts::STAGED).and(LEARN);

#[rustfmt::skip]
commands! {
    Open             "open"              ["Enter"]            View ANY,  "open",        "open, follow, apply";
    NextChange       "next-change"       ["n"]                Move DIFF, "next change", "next change";
    StructureOrMeaning "structure-or-meaning" ["v"]           View DIFF, "structure/meaning", "flows that changed, or packets that fare otherwise";
    CompareWhat      "compare-what"      ["c"]                View DIFF, "what to compare", "what counts as a difference, and another source";
    BringBack        "bring-back"        ["u"]                Act  DIFF, "stage the way back", "stage what brings this change back";
    Report           "report"            ["w"]                Act  DIFF, "report",      "save what changed as a report";
    EditPacket       "edit-packet"       ["i"]                Act  TRACE, "edit packet", "type or change the packet";
    Send             "send"              ["s"]                Act  TRACE.and(LEARN), "send", "send the packet at the practice switch: counters move, flows are learned";
    NextPane         "next-pane"         ["Tab"]              Move ANY,  "pane",        "next pane or section";
    CtAnswer         "conntrack-answer"  ["c"]                Act  TRACE, "conntrack",   "what connection tracking answers: new est rpl rel inv";
    NearMisses       "near-misses"       ["n"]                Move TRACE, "near misses", "the flows that almost let the packet through";
    Reply            "reply"             ["r"]                Act  TRACE, "reply",       "trace the answer to the packet, the connection now established";
    Trace            "trace"             ["t"]                Act  NODE.and(FLOWS).and(FLOW).and(LEARN), "trace", "trace a packet from this port, one that this flow matches, or that of the goal";
    Hint             "hint"              ["H"]                Act  LEARN, "hint",       "one more hint";
    Solution         "solution"          ["S"]                Act  LEARN, "solution",   "show or hide the solution, and what there was to learn";
    NextLesson       "next-lesson"       ["n"]                Act  LEARN, "next",       "the next lesson that is not done";
    ResetLesson      "reset-lesson"      ["R"]                Act  LEARN, "reset",      "begin the lesson again";
    Why              "why"               ["w"]                Act  FLOWS.and(FLOW).and(TRACE), "why not", "why the traced packet got this flow, or did not";
    Filter           "filter"            ["/"]                View FLOWS, "filter",     "filter the list while typing";
    AndCell          "and-cell"          ["+"]                View FLOWS, "and-cell",   "keep only flows like the selected cell";
    NotCell          "not-cell"          ["!"]                View FLOWS, "not-cell",   "leave out flows like the selected cell";
    Sort             "sort"              ["s"]                View FLOWS, "sort",       "choose the column to sort by";
    Fold             "fold"              ["Ctrl-g"]           View FLOWS, "fold",       "fold flows by template, cookie, port, conjunction";
    Columns          "columns"           ["c"]                View FLOWS, "columns",    "choose and order the columns";
    GraphOrOutline   "graph-or-outline"  ["v"]                View PIPELINE, "graph/outline", "drawing or outline";
    Paths            "paths"             ["p"]                View PIPELINE, "paths to..", "light up every path to a table, a port or drop";
    IdleTables       "idle-tables"       ["H"]                View PIPELINE, "idle tables", "show or hide tables without packets";
    HeatBy           "heat-by"           ["b"]                View PIPELINE, "heat by..", "heat by packets, bytes, flows or drops";
    References       "references"        ["x"]                Act  ONE_FLOW, "references", "who leads here, where it goes next, what shares its cookie or port";
    Copy             "copy"              ["y"]                Act  ONE_FLOW.and(TRACE).and(STAGED), "copy", "copy the flow, the trace or what is staged: text, commands, JSON";
    Palette          "palette"           [":"]                View ANY,  "command",     "command palette: commands, tables, ports, flows";
    StageFlow        "stage-flow"        ["Ctrl-s" "Enter"]   Act  EDIT, "stage",      "stage what is typed; nothing is sent";
    Complete         "complete"          ["Tab"]              Act  EDIT, "complete",   "complete the word at the cursor, or mend the nearest mistake";
    AddMissing       "add-missing"       ["Ctrl-f"]           Act  EDIT, "add",        "add the words that are missing";
    Unstage          "unstage"           ["d"]                Act  STAGED, "take off", "take the change under the cursor off the set";
    Effect           "effect"            ["F5"]               View STAGED.and(EDIT), "effect", "what becomes of packets: before and after";
    Form             "form"              ["F6"]               View EDIT, "form",       "one line a field, or all in one";
    LeaveEditor      "leave-editor"      ["Esc"]              View EDIT, "leave",      "leave the editor; the draft is kept";
    EditorHelp       "editor-help"       ["F1"]               View EDIT, "help",       "the keys that work here";
    AddFlow          "add-flow"          ["a"]                Act  STAGES, "add",      "stage a new flow, group or meter: opens the editor";
    EditFlow         "edit-flow"         ["e"]                Act  SEEN, "edit",       "stage a change of this flow: opens the editor";
    DeleteFlow       "delete-flow"       ["d"]                Act  SEEN, "delete",     "stage that this flow, or every marked one, is deleted";
    Undo             "undo"              ["u"]                Act  STAGES, "undo",     "take the last step of staging back";
    Sources          "sources"           ["P"]                View ANY,  "problems",    "the files that were read, and what was not understood";
    Help             "help"              ["?" "F1"]           View ANY,  "help",        "the keys that work here";
    Quit             "quit"              ["q"]                View ANY,  "quit",        "close this screen; on the Node screen: leave";

    Down             "down"              ["j" "Down"]         Move ANY,  "", "next row";
    Up               "up"                ["k" "Up"]           Move ANY,  "", "previous row";
    Left             "left"              ["h" "Left"]         Move ANY,  "", "column to the left; back along an edge or reference";
    Right            "right"             ["l" "Right"]        Move ANY,  "", "column to the right; along an edge or reference";
    First            "first"             ["g g" "Home"]       Move ANY,  "", "first row";
    Last             "last"              ["G" "End"]          Move ANY,  "", "last row";
    HalfDown         "half-page-down"    ["Ctrl-d"]           Move ANY,  "", "half a page down";
    HalfUp           "half-page-up"      ["Ctrl-u"]           Move ANY,  "", "half a page up";
    PageDown         "page-down"         ["PgDn" "Ctrl-f"]    Move ANY,  "", "a page down";
    PageUp           "page-up"           ["PgUp" "Ctrl-b"]    Move ANY,  "", "a page up";
    PreviousPane     "previous-pane"     ["Shift-Tab"]        Move ANY,  "", "previous pane or section";
    Middle           "middle"            ["Z"]                Move ROWS, "", "put the row into the middle";
    NextHit          "next-hit"          ["n"]                Move FLOWS, "", "next flow that the highlight finds";
    PreviousHit      "previous-hit"      ["N"]                Move FLOWS, "", "previous flow that the highlight finds";
    PreviousChange   "previous-change"   ["N"]                Move DIFF, "", "the change before";
    SetPlace         "set-place"         ["m"]                Move FLOWS, "", "remember this row under a letter";
    GoPlace          "go-to-place"       ["'"]                Move FLOWS, "", "go to a remembered row";

    Back             "back"              ["Esc"]              View ANY,  "", "one layer back";
    HistoryBack      "history-back"      ["["]                View ANY,  "", "the view before this one";
    HistoryForward   "history-forward"   ["]"]                View ANY,  "", "the view after this one";
    Toggle           "previous-view"     ["-"]                View ANY,  "", "to and fro between the last two views";
    Screen1          "screen-node"       ["1"]                View ANY,  "", "screen 1: the node";
    Screen2          "screen-pipeline"   ["2"]                View ANY,  "", "screen 2: the pipeline";
    Screen3          "screen-flows"      ["3"]                View ANY,  "", "screen 3: the flows";
    Screen4          "screen-trace"      ["4"]                View ANY,  "", "screen 4: where a packet goes";
    Screen5          "screen-diff"       ["5"]                View ANY,  "", "screen 5: what changed from another source";
    Screen6          "screen-staged"     ["6"]                View ANY,  "", "screen 6: what is staged";
    Screen8          "screen-learn"      ["8"]                View ANY,  "", "screen 8: the lessons";
    EmptyTrace       "empty-trace"       ["T"]                View ANY,  "", "trace a packet from nothing";
    PastePacket      "paste-packet"      ["p"]                Act  TRACE, "", "empty the line for a packet that you paste";
    Full             "full-size"         ["z"]                View ANY,  "", "one pane in full size, and back";
    Inspector        "inspector"         ["i"]                View FLOWS.and(PIPELINE), "", "inspector on or off";
    Highlight        "highlight"         ["\\"]               View FLOWS, "", "highlight flows that match an expression";
    OnlyCell         "only-cell"         ["@"]                View FLOWS, "", "filter by the selected cell alone";
    TakeOff          "take-off"          ["Backspace"]        View FLOWS, "", "take off the last term of the filter";
    Clear            "clear"             ["X"]                View FLOWS, "", "clear filter and highlight";
    Reverse          "reverse-sort"      ["S"]                View FLOWS, "", "reverse the order";
    ScrollLeft       "scroll-left"       ["<"]                View FLOWS.and(PIPELINE), "", "scroll to the left";
    ScrollRight      "scroll-right"      [">"]                View FLOWS.and(PIPELINE), "", "scroll to the right";
    Raw              "raw-text"          ["W"]                View FLOWS, "", "short or full text of match and actions";
    ReadAgain        "read-again"        ["R"]                View ANY.without(LEARN), "", "read the source again";
    Mouse            "mouse"             ["M"]                View ANY,  "", "mouse on or off";
    Theme            "theme"             []                   View ANY,  "", "next theme";
    Redraw           "redraw"            ["Ctrl-l"]           View ANY,  "", "draw the screen again";

    OpenInContext    "open-in-context"   ["o"]                Act  ONE_FLOW.and(NODE), "", "open what this names: tables, ports, groups";
    Mark             "mark"              ["Space"]            Act  FLOWS, "", "mark the row and move on";
    FoldStep         "fold-step"         ["Space"]            View TRACE, "", "show or hide what belongs to the step";
    Range            "range"             ["v"]                Act  FLOWS, "", "mark every row from here to the next press";
    ClearMarks       "clear-marks"       ["V"]                Act  FLOWS, "", "take all marks off";
    MarkAll          "mark-all"          ["Ctrl-a"]           Act  FLOWS, "", "mark every row that is shown";
    SaveView         "save-view"         ["Ctrl-s"]           Act  FLOWS.and(FLOW).and(PIPELINE), "", "save what is shown to a file";
    SaveTest         "save-test"         ["Ctrl-s"]           Act  TRACE, "", "add packet and verdict to a file, as a command that checks them";
    EditOther        "edit-group"        ["E"]                Act  STAGES, "", "stage a change of a group or a meter: choose it, the editor opens";
    DeleteOther      "delete-group"      ["D"]                Act  STAGES, "", "stage that a group or a meter is deleted, and the flows that use it";
    Redo             "redo"              ["Ctrl-r"]           Act  STAGES, "", "make the step of staging again";
    SendEarlier      "send-earlier"      ["K"]                Act  STAGED, "", "send it before the one above";
    SendLater        "send-later"        ["J"]                Act  STAGED, "", "send it after the one below";
    SaveStaged       "save-staged"       ["Ctrl-s"]           Act  STAGED, "", "save what is staged to a file that ovs-ofctl takes";
    ReadStaged       "read-staged"       ["r"]                Act  STAGED, "", "stage what such a file asks for";
    ReplaceFlows     "replace-flows"     []                   Act  STAGED, "", "stage what makes the flows of the bridge those of a file";
    ToggleView       "toggle-view"       ["v"]                View STAGED, "", "every screen as it would be, or as it is";
    ViewStaged       "view-staged"       []                   View ANY,  "", "every screen shows the switch as it would be";
    ViewBase         "view-base"         []                   View ANY,  "", "every screen shows the switch as it is";
    Commit           "commit"            []                   Act  ANY,  "", "review what is staged and make it so";
    WayBack          "way-back"          []                   Act  STAGED, "", "stage the way back of the last commit";
    Unpin            "unpin"             []                   Act  STAGED, "", "forget the pinned packets";
    Unsend           "unsend"            ["U"]                Act  TRACE.and(LEARN), "", "take the packet back that was sent last";
    Pin              "pin"               ["m"]                Act  TRACE, "", "pin the packet: the effect of changes is told for it";
    LeaveWithMarked  "leave-with-marked" ["Ctrl-e"]           Act  FLOWS, "", "leave and print the marked flows";
    Stop             "stop"              ["Ctrl-c"]           Act  ANY,  "", "stop the running work; else leave";
    Suspend          "suspend"           ["Ctrl-z"]           Act  ANY,  "", "back to the shell, for now";
}

impl Command {
    /// The screens on which it works.
    pub fn screens(&self) -> impl Iterator<Item = Context> + '_ {
        Context::ALL.into_iter().map(|(context, ..)| context).filter(|context| self.contexts.has(*context))
    }
}

impl Id {
    /// The command's row.
    pub fn row(self) -> &'static Command {
        // The rows stand in the order of the ids: the macro writes both from one list.
        &COMMANDS[self as usize]
    }
}

/// The command of that name.
pub fn by_name(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|c| c.name == name)
}

/// Which key sequence leads to which command, in which context.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<(Vec<Key>, Id)>,
    /// Those of one context, which go before the others.
    narrow: Vec<(Context, Vec<Key>, Id)>,
}

/// What some keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A command.
    Command(Id),
    /// The beginning of a longer sequence.
    Prefix,
    /// Nothing.
    Nothing,
}

impl Default for Keymap {
    fn default() -> Keymap {
        let all = COMMANDS.iter().flat_map(|c| c.keys.iter().map(move |keys| (keys, c.id)));
        let bindings = all.filter_map(|(keys, id)| Some((Key::parse_sequence(keys)?, id)));
        Keymap { bindings: bindings.collect(), narrow: Vec::new() }
    }
}

impl Keymap {
    /// What `keys` mean in a context.
    pub fn meaning(&self, context: Context, keys: &[Key]) -> Meaning {
        let narrow = self.narrow.iter().filter(|(at, ..)| *at == context).map(|(_, bound, id)| (&**bound, *id));
        let wide = self.bindings.iter().filter(|(_, id)| id.row().contexts.has(context));
        match look_up(narrow, keys) {
            Meaning::Nothing => look_up(wide.map(|(bound, id)| (&**bound, *id)), keys),
            meaning => meaning,
        }
    }

    /// The first key that a command has in a context, as it is written; empty if it has none.
    pub fn key_of(&self, id: Id, context: Context) -> String {
        self.keys_of(id, context).into_iter().next().unwrap_or_default()
    }

    /// The keys that a command has in a context, as they are written; if it does not work there, those it has elsewhere.
    pub fn keys_of(&self, id: Id, context: Context) -> Vec<String> {
        let wide = self.bindings.iter().map(|(keys, bound)| (keys, *bound));
        let all =
            self.narrow.iter().filter(|(at, ..)| *at == context).map(|(_, keys, bound)| (keys, *bound)).chain(wide);
        let is_here = id.row().contexts.has(context);
        let has = |keys: &[Key]| !is_here || self.meaning(context, keys) == Meaning::Command(id);
        let sequences = all.filter(|(keys, bound)| *bound == id && has(keys)).map(|(keys, _)| keys);
        sequences.map(|keys| keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")).collect()
    }

    /// Gives a command a key, everywhere or in one context; other commands that have it there lose it. So do those
    /// whose keys begin so, or with which it begins: they could not be told apart.
    pub fn bind(&mut self, keys: Vec<Key>, id: Id, only: Option<Context>) {
        let clashes = |bound: &[Key]| bound.starts_with(&keys) || keys.starts_with(bound);
        match only {
            Some(context) => {
                self.narrow.retain(|(at, bound, _)| *at != context || !clashes(bound));
                self.narrow.push((context, keys, id));
            }
            None => {
                let shares = |other: Id| {
                    Context::ALL.iter().any(|(c, ..)| other.row().contexts.has(*c) && id.row().contexts.has(*c))
                };
                self.bindings.retain(|(bound, other)| !clashes(bound) || !shares(*other));
                self.bindings.push((keys, id));
            }
        }
    }
}

/// What keys mean among some bindings.
fn look_up<'a>(bindings: impl Iterator<Item = (&'a [Key], Id)>, keys: &[Key]) -> Meaning {
    let mut meaning = Meaning::Nothing;
    for (bound, id) in bindings {
        if bound == keys {
            return Meaning::Command(id);
        }
        if bound.starts_with(keys) {
            meaning = Meaning::Prefix;
        }
    }
    meaning
}

/// The page about keys, `docs/keys.md`.
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    let mut section = |title: &str, belongs: &dyn Fn(&Command) -> bool| {
        page.push_str(&format!("\n## {title}\n\n| Keys | Command | What it does |\n| --- | --- | --- |\n"));
        for command in COMMANDS.iter().filter(|c| belongs(c)) {
            let keys: Vec<String> = command.keys.iter().map(|keys| format!("`{keys}`")).collect();
            page.push_str(&format!("| {} | {} | {} |\n", keys.join(" "), command.name, command.doc));
        }
    };
    section("Everywhere", &|c| c.contexts.is_any());
    for (context, name, title) in Context::ALL {
        if COMMANDS.iter().any(|c| !c.contexts.is_any() && c.contexts.has(context)) {
            section(&format!("{}{} (`{name}`)", title[..1].to_uppercase(), &title[1..]), &|c| {
                !c.contexts.is_any() && c.contexts.has(context)
            });
        }
    }
    page
}

const HEAD: &str = "\
# Keys

Generated from the rows in `src/tui/command.rs`; `?` shows those that work where you are. Keys with a blank between them \
are pressed one after the other. A command without a key is found by `:`. The configuration gives commands other keys by \
their names ([configuration.md](configuration.md)).

`Esc` goes one layer back and never leaves; `Enter` goes one layer in. While you type, letters are letters.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_bound_twice_and_every_command_is_explained() {
        let keymap = Keymap::default();
        for command in COMMANDS {
            assert_eq!(command.id.row().name, command.name);
            assert!(!command.doc.is_empty() && command.doc.len() < 80 && by_name(command.name).is_some());
            for keys in command.keys {
                let sequence = Key::parse_sequence(keys).unwrap_or_else(|| panic!("`{keys}` is no key"));
                for (context, ..) in Context::ALL.iter().filter(|(c, ..)| command.contexts.has(*c)) {
                    assert_eq!(keymap.meaning(*context, &sequence), Meaning::Command(command.id), "{keys} {context:?}");
                    for n in 1..sequence.len() {
                        assert_eq!(keymap.meaning(*context, &sequence[..n]), Meaning::Prefix);
                    }
                }
            }
        }
    }

    #[test]
    fn keys_that_terminals_confuse_are_not_bound() {
        for key in ["Ctrl-i", "Ctrl-m", "Ctrl-j", "Ctrl-h", "Ctrl-["] {
            assert!(COMMANDS.iter().all(|c| !c.keys.contains(&key)), "{key}");
        }
    }

    #[test]
    fn a_key_that_is_given_away_is_lost() {
        let mut keymap = Keymap::default();
        keymap.bind(vec![Key::parse("s").unwrap()], Id::Columns, None);
        assert_eq!(keymap.meaning(Context::Flows, &[Key::parse("s").unwrap()]), Meaning::Command(Id::Columns));
        assert_eq!(keymap.key_of(Id::Sort, Context::Flows), "");
        assert_eq!(keymap.keys_of(Id::Columns, Context::Flows), ["c", "s"]);
    }

    #[test]
    fn a_key_of_one_screen_leaves_the_others_alone() {
        let mut keymap = Keymap::default();
        let v = [Key::parse("v").unwrap()];
        keymap.bind(v.to_vec(), Id::Fold, Some(Context::Flows));
        assert_eq!(keymap.meaning(Context::Flows, &v), Meaning::Command(Id::Fold));
        assert_eq!(keymap.meaning(Context::Pipeline, &v), Meaning::Command(Id::GraphOrOutline));
        assert_eq!(keymap.keys_of(Id::Fold, Context::Flows), ["v", "Ctrl-g"]);
        assert_eq!(keymap.key_of(Id::Range, Context::Flows), "");
    }

    #[test]
    fn keys_that_begin_a_longer_sequence_end_it() {
        let mut keymap = Keymap::default();
        let g = Key::parse("g").unwrap();
        keymap.bind(vec![g], Id::Theme, None);
        assert_eq!(keymap.meaning(Context::Node, &[g]), Meaning::Command(Id::Theme));
        assert_eq!(keymap.keys_of(Id::First, Context::Node), ["Home"]);
        keymap.bind(vec![g, g], Id::First, None);
        assert_eq!(keymap.meaning(Context::Node, &[g]), Meaning::Prefix);
    }
}
