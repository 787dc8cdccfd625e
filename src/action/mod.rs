//! The vocabulary of actions and instructions: every one of Open vSwitch, read and written side by side.
//!
//! One struct an action, in its family's file: [`output`], [`set`], [`header`], [`pipeline`], [`conntrack`], [`learn`],
//! [`misc`]. Each implements [`Spelling`]: how it prints, what it needs of the match before it ([`Walk`]), and what
//! becomes of it when it is sent in a given OpenFlow version. The words that people type are rows of [`WORDS`], each
//! with its syntax and its parser; help, completion and `docs/actions.md` read the same rows. Legacy spellings
//! (`mod_dl_src`, `load`, `set_field`) become one [`set::SetField`] that remembers how it was spelled.
//!
//! An action nobody knows is kept as [`Action::Raw`] and printed back as it was.
//!
//! Source: ovs-actions(7); lib/ofp-actions.c of Open vSwitch for what is taken and how it is printed.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::base::args::{Item, Separator, items};
use crate::base::diag::{Diagnostic, did_you_mean, nearest};
use crate::base::paint::{List, Painter, Role};
use crate::base::span::Span;
use crate::field::names::{parse_known_port, parse_port};
use crate::field::{Formats, Names, Version};

pub mod conntrack;
pub mod header;
pub mod learn;
pub mod misc;
pub mod output;
pub mod pipeline;
mod reference;
pub mod set;
mod spelling;
mod verify;
mod walk;

pub use reference::reference;
pub use spelling::{Spelling, carry};
pub use walk::{Refusal, Walk};

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident($type:ty)),* $(,)? ; boxed $($boxed:ident($inner:ty)),* $(,)?) => {
        /// One action or instruction.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $variant($type),)* }

        impl Action {
            /// Prints it as Open vSwitch does.
            pub fn paint(&self, names: &Names, p: &mut impl Painter) {
                match self { $(Action::$variant(a) => a.paint(names, p),)* }
            }

            /// Checks it against what is matched and done before it, and notes what it does to the packet.
            pub fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
                match self { $(Action::$variant(a) => a.check(walk),)* }
            }

            fn carry_one(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
                match self { $(Action::$variant(a) => a.carry(version, walk, out),)* }
            }
        }

        $(impl From<$type> for Action {
            fn from(a: $type) -> Action {
                Action::$variant(a)
            }
        })*

        $(impl From<$inner> for Action {
            fn from(a: $inner) -> Action {
                Action::$boxed(Box::new(a))
            }
        })*
    };
}

actions! {
    /// Sends the packet out of a port.
    Output(output::Output),
    /// Sends it out of the port that a field names.
    OutputReg(output::OutputReg),
    /// Sends its first bytes out of a port.
    OutputTrunc(output::OutputTrunc),
    /// Sends it to the controller.
    Controller(Box<output::Controller>),
    /// Sends it out of a port through a queue.
    Enqueue(output::Enqueue),
    /// Hands it to a group.
    Group(output::Group),
    /// Picks a live port from a list.
    Bundle(Box<output::Bundle>),
    /// Sets a field, or some of its bits.
    SetField(set::SetField),
    /// Copies bits from one field to another.
    Move(set::Move),
    /// Puts bits on the stack.
    Push(set::Push),
    /// Takes bits off the stack.
    Pop(set::Pop),
    /// Removes a tunnel option.
    DeleteField(set::DeleteField),
    /// Takes the VLAN tag off.
    PopVlan(header::PopVlan),
    /// Puts a VLAN tag on.
    PushVlan(header::PushVlan),
    /// Takes an MPLS header off.
    PopMpls(header::PopMpls),
    /// Puts an MPLS header on.
    PushMpls(header::PushMpls),
    /// Takes one off the IP time to live.
    DecTtl(header::DecTtl),
    /// Takes one off the MPLS time to live.
    DecMplsTtl(header::DecMplsTtl),
    /// Takes one off the NSH time to live.
    DecNshTtl(header::DecNshTtl),
    /// Puts a header in front.
    Encap(Box<header::Encap>),
    /// Takes the first header off.
    Decap(header::Decap),
    /// Looks the packet up again.
    Resubmit(pipeline::Resubmit),
    /// Goes on in another table.
    GotoTable(pipeline::GotoTable),
    /// Adds to the action set.
    WriteActions(pipeline::WriteActions),
    /// Empties the action set.
    ClearActions(pipeline::ClearActions),
    /// Writes metadata.
    WriteMetadata(pipeline::WriteMetadata),
    /// Measures the packet, and drops it if there are too many.
    Meter(pipeline::Meter),
    /// Does actions on a copy.
    Clone(pipeline::CloneActions),
    /// Is one clause of a conjunction.
    Conjunction(pipeline::Conjunction),
    /// Stops here.
    Exit(pipeline::Exit),
    /// Passes the packet through connection tracking.
    Ct(Box<conntrack::Ct>),
    /// Forgets what connection tracking said.
    CtClear(conntrack::CtClear),
    /// Translates addresses; inside `ct` only.
    Nat(Box<conntrack::Nat>),
    /// Adds a flow to a table.
    Learn(Box<learn::Learn>),
    /// Picks a number by hashing the packet.
    Multipath(Box<misc::Multipath>),
    /// Sets the queue for outputs that follow.
    SetQueue(misc::SetQueue),
    /// Takes the queue back.
    PopQueue(misc::PopQueue),
    /// Shortens the flow's timeouts when the connection ends.
    FinTimeout(misc::FinTimeout),
    /// Does nothing.
    Note(misc::Note),
    /// Samples packets.
    Sample(Box<misc::Sample>),
    /// Compares the packet's length.
    CheckPktLarger(misc::CheckPktLarger),
    /// For debugging: recirculates.
    DebugRecirc(misc::DebugRecirc),
    /// For debugging: takes the slow path.
    DebugSlow(misc::DebugSlow),
    /// An action nobody knows, as it was written.
    Raw(misc::Raw);
    boxed
    Controller(output::Controller),
    Bundle(output::Bundle),
    Encap(header::Encap),
    Ct(conntrack::Ct),
    Nat(conntrack::Nat),
    Learn(learn::Learn),
    Multipath(misc::Multipath),
    Sample(misc::Sample),
}

impl Action {
    /// The word of the action, as messages name it: that of its canonical print.
    pub fn name(&self) -> String {
        let mut text = String::new();
        self.paint(Names::none(), &mut text);
        let word = text.split([':', '(', '[']).next().unwrap_or("");
        if crate::field::names::port::reserved_number(word).is_some() { "output".to_owned() } else { word.to_owned() }
    }

    /// The instruction it belongs to, in the order that OpenFlow gives them.
    pub fn instruction(&self) -> Instruction {
        match self {
            Action::Meter(_) => Instruction::Meter,
            Action::ClearActions(_) => Instruction::ClearActions,
            Action::WriteActions(_) => Instruction::WriteActions,
            Action::WriteMetadata(_) => Instruction::WriteMetadata,
            Action::GotoTable(_) => Instruction::GotoTable,
            _ => Instruction::ApplyActions,
        }
    }
}

/// The instructions of OpenFlow 1.1 and later, in the order in which a switch executes them (OpenFlow 1.5.1, 5.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Instruction {
    /// `meter`.
    Meter,
    /// Every plain action.
    ApplyActions,
    /// `clear_actions`.
    ClearActions,
    /// `write_actions`.
    WriteActions,
    /// `write_metadata`.
    WriteMetadata,
    /// `goto_table`.
    GotoTable,
}

impl Instruction {
    /// Its name in Open vSwitch's words.
    pub fn name(self) -> &'static str {
        match self {
            Instruction::Meter => "meter",
            Instruction::ApplyActions => "apply_actions",
            Instruction::ClearActions => "clear_actions",
            Instruction::WriteActions => "write_actions",
            Instruction::WriteMetadata => "write_metadata",
            Instruction::GotoTable => "goto_table",
        }
    }
}

/// A list of actions, in order; empty for `drop`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Actions(pub Vec<Action>);

impl Actions {
    /// Prints the list as Open vSwitch does: comma-separated, `drop` if there are none.
    pub fn paint(&self, names: &Names, p: &mut impl Painter) {
        if self.0.is_empty() {
            return p.put(Role::Drop, "drop");
        }
        let mut list = List::default();
        for action in &self.0 {
            list.next(p);
            action.paint(names, p);
        }
    }

    /// The text, with numbers for ports and tables.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.paint(Names::none(), &mut text);
        text
    }

    /// Whether there is none: the packet is dropped.
    pub fn is_drop(&self) -> bool {
        self.0.is_empty()
    }

    /// Every action, those nested in others too, outer ones first.
    pub fn each(&self, visit: &mut impl FnMut(&Action)) {
        for action in &self.0 {
            visit(action);
            match action {
                Action::WriteActions(a) => a.actions.each(visit),
                Action::Clone(a) => a.actions.each(visit),
                Action::Ct(ct) => ct.actions.each(visit),
                _ => {}
            }
        }
    }
}

/// How strictly a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Typed by a person: what `ovs-ofctl add-flow` takes.
    Typed,
    /// Printed by a switch: also what Open vSwitch prints and cannot read back; an unknown action is kept, not refused.
    Dumped,
}

/// What a parser of actions needs to know, and what it finds out.
pub struct Cx<'a> {
    /// The whole line; every slice handed to a parser is part of it, so positions can be told.
    pub line: &'a str,
    /// Ports and tables by name.
    pub names: &'a Names,
    /// How strictly to read.
    pub mode: Mode,
    /// What was bent or kept, and errors where reading went on.
    pub found: Vec<Diagnostic>,
    /// The flow formats that can carry the match and the head of the flow.
    pub formats: Formats,
    /// The flow formats that have the words of the actions.
    pub action_formats: Formats,
    depth: usize,
    size: usize,
}

impl<'a> Cx<'a> {
    /// How deep actions may be nested (`MAX_OFPACT_PARSE_DEPTH`).
    pub const DEPTH: usize = 100;
    /// How large the actions of one flow may be, in bytes of Open vSwitch's own form.
    pub const SIZE: usize = 65_535;
    /// How many complaints about one line are kept.
    pub const FOUND: usize = 1000;

    /// For reading parts of `line`.
    pub fn new(line: &'a str, names: &'a Names, mode: Mode) -> Cx<'a> {
        Cx {
            line,
            names,
            mode,
            found: Vec::new(),
            formats: Formats::ANY,
            action_formats: Formats::ANY,
            depth: 0,
            size: 0,
        }
    }

    /// Notes a complaint. A line that has too many already is not worth another.
    pub fn note(&mut self, d: Diagnostic) {
        if self.found.len() < Cx::FOUND {
            self.found.push(d);
        }
    }

    /// Where a part of the line stands.
    pub fn span(&self, part: &str) -> Span {
        Span::of(self.line, part)
    }

    /// An error at a part of the line.
    pub fn error(&self, code: &'static str, part: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.span(part), message)
    }

    /// Notes that a part is taken, but not as it was written.
    pub fn bent(&mut self, code: &'static str, part: &str, message: impl Into<String>) {
        let warning = Diagnostic::warning(code, self.span(part), message);
        self.note(warning);
    }

    /// Notes something odd that does no harm.
    pub fn odd(&mut self, code: &'static str, part: &str, message: impl Into<String>) {
        let note = Diagnostic::note(code, self.span(part), message);
        self.note(note);
    }

    /// Notes that only some formats have an action.
    pub fn needs(&mut self, formats: Formats) {
        self.action_formats &= formats;
    }

    /// Counts `bytes` of actions.
    fn grow(&mut self, bytes: usize, part: &str) -> Result<(), Diagnostic> {
        self.size += bytes;
        if self.size > Self::SIZE {
            let d = self.error("too-long", part, "the actions of a flow are at most 64 kB");
            return Err(d.hint("use a group, or another table"));
        }
        Ok(())
    }

    /// Reads a port.
    pub fn port(&self, text: &str) -> Result<u32, Diagnostic> {
        parse_port(text, self.names).map_err(|e| {
            let known = self.names.ports();
            let candidates = known.iter().map(|(_, name)| &**name).chain([
                "LOCAL",
                "NORMAL",
                "IN_PORT",
                "FLOOD",
                "ALL",
                "CONTROLLER",
            ]);
            let d = match e {
                crate::field::names::PortError::OutOfRange => {
                    self.error("too-large", text, format!("port numbers go up to 65535: `{text}`"))
                }
                crate::field::names::PortError::Unknown => {
                    self.error("unknown-port", text, format!("no port `{text}`"))
                }
            };
            match nearest(text, candidates) {
                Some(name) => d.hint(did_you_mean(name)),
                None => d.hint("a port is a number, a reserved name such as LOCAL, or a name of this bridge"),
            }
        })
    }

    /// Reads a table.
    pub fn table(&self, text: &str) -> Result<u8, Diagnostic> {
        crate::field::names::parse_table(text, self.names).ok_or_else(|| {
            let d = self.error("unknown-table", text, format!("no table `{text}`"));
            let known = self.names.tables();
            match nearest(text, known.iter().map(|(_, name)| &**name)) {
                Some(name) => d.hint(did_you_mean(name)),
                None => d.hint("tables are numbered from 0 to 254, in decimal"),
            }
        })
    }

    /// Reads a number from 0 to `max`, as C does.
    pub fn number(&self, what: &str, text: &str, max: u64) -> Result<u64, Diagnostic> {
        use crate::base::number::{NumberError, c_integer};
        match c_integer(text) {
            Ok(n) if n <= max => Ok(n),
            Ok(_) | Err(NumberError::TooLarge) => {
                Err(self.error("too-large", text, format!("{what} is at most {max}")).hint("use a smaller number"))
            }
            Err(NumberError::Syntax) if text.is_empty() => Err(self
                .error("missing-value", text, format!("{what} is missing"))
                .hint(format!("a number up to {max}"))),
            Err(NumberError::Syntax) => Err(self
                .error("bad-value", text, format!("{what} is no number: `{text}`"))
                .hint(format!("a number up to {max}"))),
        }
    }

    /// Reads a range of bits.
    pub fn subfield(&self, text: &str) -> Result<crate::field::Subfield, Diagnostic> {
        crate::field::Subfield::parse(text).map_err(|e| self.subfield_error(text, e))
    }

    /// Moves the complaint about a range of bits to its place in the line.
    pub fn subfield_error(&self, text: &str, e: crate::field::subfield::SubfieldError) -> Diagnostic {
        let at = self.span(text).start as usize;
        Diagnostic::error(e.code, e.span.shifted(at), e.message).hint(e.hint)
    }

    /// Moves the complaint about a value to its place in the line.
    pub fn value_error(&self, text: &str, e: crate::field::format::ValueError) -> Diagnostic {
        let at = self.span(text).start as usize;
        Diagnostic::error(e.code, e.span.shifted(at), e.message).hint(e.hint)
    }
}

/// One action's text: its word and what follows.
#[derive(Debug, Clone, Copy)]
pub struct Arg<'a> {
    /// The word, as typed.
    pub name: &'a str,
    /// What stands between the word and its argument.
    pub separator: Separator,
    /// The argument.
    pub value: &'a str,
}

/// A word that begins an action.
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// How it is written, with its arguments.
    pub form: &'static str,
    /// What it does, in plain words.
    pub doc: &'static str,
    /// Which versions of OpenFlow and Open vSwitch have it (ovs-actions(7), "Conformance").
    pub since: &'static str,
    parse: fn(&Arg<'_>, &mut Cx<'_>) -> Result<Action, Diagnostic>,
}

const fn word(
    name: &'static str,
    form: &'static str,
    doc: &'static str,
    parse: fn(&Arg<'_>, &mut Cx<'_>) -> Result<Action, Diagnostic>,
) -> Word {
    Word { name, form, doc, since: "", parse }
}

impl Word {
    const fn since(self, since: &'static str) -> Word {
        Word { since, ..self }
    }
}

/// The words of all families, in the order of the docs.
pub const WORDS: [&[Word]; 7] =
    [output::WORDS, set::WORDS, header::WORDS, pipeline::WORDS, conntrack::WORDS, learn::WORDS, misc::WORDS];

static BY_NAME: LazyLock<FxHashMap<&'static str, &'static Word>> =
    LazyLock::new(|| words().map(|w| (w.name, w)).collect());

/// Every word.
pub fn words() -> impl Iterator<Item = &'static Word> {
    WORDS.iter().flat_map(|family| family.iter())
}

/// The word of that name; action names are read in any case.
pub fn word_by_name(name: &str) -> Option<&'static Word> {
    BY_NAME.get(name).copied().or_else(|| BY_NAME.get(name.to_ascii_lowercase().as_str()).copied())
}

/// Where actions stand: at the top of a flow, or nested in another action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outer {
    /// A flow: instructions are allowed.
    Flow,
    /// A bucket of a group: actions only.
    Bucket,
    /// `write_actions(..)`.
    WriteActions,
    /// `clone(..)`.
    Clone,
    /// `ct(exec(..))`.
    Ct,
}

impl Outer {
    /// The action around, as messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Outer::Flow => "flow",
            Outer::Bucket => "bucket",
            Outer::WriteActions => "write_actions",
            Outer::Clone => "clone",
            Outer::Ct => "ct",
        }
    }
}

/// Reads a list of actions. `text` must be part of `cx.line`.
///
/// Typed text is refused at the first mistake. Of printed text, what is not understood is kept as [`Action::Raw`] and
/// noted in `cx.found` as an error.
pub fn parse(text: &str, outer: Outer, cx: &mut Cx<'_>) -> Result<Actions, Diagnostic> {
    if cx.depth >= Cx::DEPTH {
        let d = cx.error("too-deep", text, format!("actions are nested more than {} deep", Cx::DEPTH));
        return Err(d.hint("put the inner actions into a table of their own and resubmit to it"));
    }
    cx.depth += 1;
    let list = parse_list(text, outer, cx);
    cx.depth -= 1;
    let list = list?;
    if cx.mode == Mode::Typed {
        verify::verify(text, &list, outer, cx)?;
    }
    Ok(Actions(list))
}

fn parse_list(text: &str, outer: Outer, cx: &mut Cx<'_>) -> Result<Vec<Action>, Diagnostic> {
    let mut list = Vec::new();
    let mut drop = None;
    for item in items(text) {
        if item.name.eq_ignore_ascii_case("drop") {
            if drop.replace(item.name).is_some() && cx.mode == Mode::Typed {
                cx.odd("said-twice", item.name, "one `drop` is enough");
            }
            continue;
        }
        match parse_item(&item, outer, cx) {
            Ok(action) => {
                if cx.mode == Mode::Typed {
                    note_oddities(&item, &action, cx);
                }
                list.push(action);
            }
            Err(d) if cx.mode == Mode::Typed || d.code == "too-deep" || d.code == "too-long" => {
                return Err(d);
            }
            Err(d) => {
                cx.note(d);
                list.push(misc::Raw { text: whole_item(text, &item).into() }.into());
            }
        }
        if item.open && cx.mode == Mode::Typed {
            cx.bent(
                "open-parenthesis",
                &item.name[..0],
                format!("the parenthesis after `{}` is never closed", item.name),
            );
        }
    }
    match drop {
        Some(word) if !list.is_empty() => {
            let d =
                cx.error("drop-with-others", word, "`drop` must stand alone").hint("leave it out: no output is a drop");
            if cx.mode == Mode::Typed {
                Err(d)
            } else {
                cx.note(d);
                Ok(list)
            }
        }
        _ => Ok(list),
    }
}

/// Notes what is taken but hardly meant.
fn note_oddities(item: &Item<'_>, action: &Action, cx: &mut Cx<'_>) {
    if word_by_name(item.name).is_some_and(|w| w.name != item.name) && item.name != "CONTROLLER" {
        cx.odd("letter-case", item.name, "actions are written in lower case");
    }
    let is_empty = item.value.is_empty();
    match action {
        Action::WriteActions(a) if a.actions.is_drop() => {
            cx.bent("empty-action", item.name, "write_actions without actions vanishes");
        }
        Action::Clone(_) | Action::Learn(_) | Action::Note(_) if is_empty => {
            cx.odd("empty-action", item.name, format!("{} says nothing to do", item.name));
        }
        Action::DecTtl(_) if is_empty && item.separator == Separator::Paren => {
            cx.odd("empty-action", item.name, "dec_ttl() is dec_ttl");
        }
        Action::OutputReg(a) if a.source.width > 32 => {
            cx.bent("too-wide", item.value, "a port number has 16 bits, the upper ones are ignored");
        }
        Action::Ct(ct) if ct.actions.0.iter().filter(|a| matches!(a, Action::Nat(_))).count() > 1 => {
            cx.bent("said-twice", item.value, "only one nat can stand in ct, the second becomes exec(nat)");
        }
        Action::Ct(ct) if ct.alg != 0 && !ct.commit => {
            cx.odd("no-effect", item.value, "alg does nothing without commit");
        }
        _ => {}
    }
}

/// The text of an item with its parentheses.
fn whole_item<'a>(text: &'a str, item: &Item<'a>) -> &'a str {
    let start = Span::of(text, item.name).start as usize;
    let mut end = Span::of(text, item.value).end as usize;
    if item.separator == Separator::None {
        end = start + item.name.len();
    } else if item.separator == Separator::Paren && !item.value.contains(")->") && text[end..].starts_with(')') {
        end += 1;
    }
    &text[start..end.max(start)]
}

fn parse_item(item: &Item<'_>, outer: Outer, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let arg = Arg { name: item.name, separator: item.separator, value: item.value };
    if let Some(word) = word_by_name(item.name) {
        let action = (word.parse)(&arg, cx)?;
        if matches!(action, Action::Meter(_)) && outer != Outer::Flow {
            cx.needs(Formats::OXM15);
        }
        cx.grow(action.size(), item.name)?;
        return Ok(action);
    }
    if item.name.eq_ignore_ascii_case("apply_actions") {
        let d = cx.error("unknown-action", item.name, "`apply_actions` is the default instruction");
        return Err(d.hint("write its actions without it"));
    }
    if let Ok(port) = parse_known_port(item.name, cx.names)
        && (item.separator == Separator::None || cx.mode == Mode::Typed)
    {
        cx.grow(16, item.name)?;
        return Ok(output::Output { port, max_len: 0 }.into());
    }
    let d = cx.error("unknown-action", item.name, format!("no action `{}`", item.name));
    Err(d.nearest(item.name, words().map(|w| w.name)).or_hint("ovs-actions(7) lists every action"))
}

impl Action {
    /// Roughly how many bytes Open vSwitch needs for it (`struct ofpact_*`), for the limit on a flow's actions.
    fn size(&self) -> usize {
        match self {
            Action::SetField(a) => 16 + 2 * usize::from(a.field.bytes).next_multiple_of(8),
            Action::Note(a) => 8 + a.data.len(),
            Action::Controller(a) => 24 + a.userdata.len(),
            Action::Learn(a) => 48 + a.specs.len() * 48,
            Action::Bundle(a) => 40 + a.members.len() * 4,
            Action::Encap(a) => 16 + a.properties.len() * 16,
            _ => 16,
        }
    }
}

#[cfg(test)]
mod tests;
