//! One line that describes a group: printed by a switch, or typed by a person.
//!
//! Both share one grammar, ovs-ofctl(8) "Group Syntax"; `parse_ofp_group_mod_str__` in lib/ofp-group.c of Open vSwitch
//! for what is taken. A dump is printed one way only; people write in any order and spelling, and may begin with a
//! command. So a [`GroupLine`] keeps the line as it was written wherever it would print differently.

mod survey;

use super::lines::Against;
use crate::action::output::Group as GroupAction;
use crate::action::{self, Action, Actions, Cx, Mode, Outer};
use crate::base::args::{Item, Separator, items};
use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role};
use crate::base::span::Span;
use crate::field::bits::Bits;
use crate::field::names::port;
use crate::field::{FieldId, Names, format};
use crate::model::group::{Bucket, Group, GroupType, paint_bucket_id, paint_buckets, paint_group_id};
use crate::model::group_mod::GroupMod;

pub use survey::{Survey, survey};

/// What a line says of a group, or asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The switch has this group: a line of a dump.
    Is(Group),
    /// Something is to be done with groups.
    Asked(GroupMod),
}

/// A line about a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLine {
    /// What it says.
    pub change: Change,
    /// The line as it was written, where it would print differently; it is what is printed then.
    pub written: Option<Box<str>>,
}

impl GroupLine {
    /// The group as a whole, if the line tells all of it.
    pub fn group(&self) -> Option<&Group> {
        match &self.change {
            Change::Is(group)
            | Change::Asked(GroupMod::Add(group) | GroupMod::Modify(group) | GroupMod::AddOrModify(group)) => {
                Some(group)
            }
            Change::Asked(_) => None,
        }
    }

    /// Prints the line without its end.
    pub fn paint(&self, names: &Names, p: &mut impl Painter) {
        match &self.written {
            Some(line) => p.text(line),
            None => self.change.paint(names, p),
        }
    }
}

impl Change {
    /// Prints it.
    pub fn paint(&self, names: &Names, p: &mut impl Painter) {
        match self {
            Change::Is(group) => {
                p.text(" ");
                group.paint(names, p);
            }
            Change::Asked(asked) => paint(asked, names, p),
        }
    }
}

/// Prints what is asked for, as `ovs-ofctl` takes it.
pub fn paint(asked: &GroupMod, names: &Names, p: &mut impl Painter) {
    let command = match asked {
        GroupMod::Add(_) => Command::Add,
        GroupMod::Modify(_) => Command::Modify,
        GroupMod::AddOrModify(_) => Command::AddOrModify,
        GroupMod::Delete(_) => Command::Delete,
        GroupMod::InsertBuckets { .. } => Command::InsertBucket,
        GroupMod::RemoveBuckets { .. } => Command::RemoveBucket,
    };
    if let Some((word, _)) = WORDS.iter().find(|(_, of)| *of == command) {
        p.put(Role::Accent, word);
    }
    p.text(if *asked == GroupMod::Delete(None) { "" } else { " " });
    match asked {
        GroupMod::Add(group) | GroupMod::Modify(group) | GroupMod::AddOrModify(group) => group.paint(names, p),
        GroupMod::Delete(None) => {}
        GroupMod::Delete(Some(id)) => paint_group_id(*id, p),
        GroupMod::InsertBuckets { group, place, buckets } => {
            paint_place(*group, *place, p);
            paint_buckets(buckets, names, p);
        }
        GroupMod::RemoveBuckets { group, place } => paint_place(*group, *place, p),
    }
}

fn paint_place(group: u32, place: u32, p: &mut impl Painter) {
    paint_group_id(group, p);
    p.dim(",command_bucket_id=");
    paint_bucket_id(place, p);
}

/// What a line does, before the rest of it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Nothing: it is a line of a dump.
    None,
    /// Adds a group.
    Add,
    /// Deletes a group, or every group.
    Delete,
    /// Replaces a group.
    Modify,
    /// Adds or replaces a group.
    AddOrModify,
    /// Adds buckets to a group.
    InsertBucket,
    /// Takes buckets out of a group.
    RemoveBucket,
}

/// The command words. Open vSwitch takes any beginning of a word, and tries them in this order.
pub const WORDS: [(&str, Command); 6] = [
    ("add", Command::Add),
    ("delete", Command::Delete),
    ("modify", Command::Modify),
    ("add_or_mod", Command::AddOrModify),
    ("insert_bucket", Command::InsertBucket),
    ("remove_bucket", Command::RemoveBucket),
];

impl Command {
    /// Splits off the command word of a line. A line without one adds.
    pub fn split(line: &str) -> (Command, &str) {
        let text = line.trim_start();
        let end = text.find([',', ' ', '\t', '\r', '\n']).unwrap_or(text.len());
        let word = &text[..end];
        let found = WORDS.iter().find(|(name, _)| !word.is_empty() && name.starts_with(word));
        found.map_or((Command::Add, text), |(_, command)| (*command, &text[end..]))
    }

    /// Whether it tells the type, and with it the group as a whole.
    pub fn has_type(self) -> bool {
        matches!(self, Command::None | Command::Add | Command::Modify | Command::AddOrModify)
    }

    /// Whether it may tell buckets.
    pub fn has_buckets(self) -> bool {
        self.has_type() || self == Command::InsertBucket
    }

    /// Whether it is about buckets of a place.
    pub fn has_place(self) -> bool {
        matches!(self, Command::InsertBucket | Command::RemoveBucket)
    }
}

/// A line as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The line.
    pub line: GroupLine,
    /// What was bent, or kept although nobody knows it.
    pub found: Vec<Diagnostic>,
}

/// Reads one line: of a dump ([`Mode::Dumped`]), or as a person types it for `add-groups` ([`Mode::Typed`]).
pub fn parse(line: &str, names: &Names, mode: Mode) -> Result<Reading, Diagnostic> {
    let text = match mode {
        Mode::Typed => line.split('#').next().unwrap_or(""),
        Mode::Dumped => line,
    };
    let (command, rest) = match mode {
        Mode::Typed => Command::split(text),
        Mode::Dumped => (Command::None, text),
    };
    let mut reader = Reader::new(line, names, mode, command);
    let change = reader.change(rest)?;
    let mut found = reader.cx.found;
    let mut out = GroupLine { change, written: None };
    if let Some(at) = difference(&out, line, names) {
        if mode == Mode::Dumped {
            let span = Span::new(at, line.len());
            let message = "this would print differently, the line is kept as it is";
            found.push(Diagnostic::warning("inexact", span, message));
        }
        out.written = Some(line.into());
    }
    Ok(Reading { line: out, found })
}

/// Where the line would print differently, with numbers for ports and with names.
fn difference(out: &GroupLine, line: &str, names: &Names) -> Option<usize> {
    [Names::none(), names]
        .map(|names| {
            let mut against = Against::new(line);
            out.paint(names, &mut against);
            against.difference()
        })
        .into_iter()
        .try_fold(0, |furthest, at| at.map(|at| furthest.max(at)))
}

/// What the head of a line has told so far.
#[derive(Default)]
struct Draft<'a> {
    id: Option<u32>,
    kind: Option<GroupType>,
    place: Option<u32>,
    method: &'a str,
    param: u64,
    fields: Vec<(FieldId, Option<Bits>)>,
    buckets: Vec<Bucket>,
}

struct Reader<'a> {
    cx: Cx<'a>,
    command: Command,
    group: Draft<'a>,
}

/// The number that stands for every group (`OFPG_ALL`).
const ALL_GROUPS: u32 = 0xffff_fffc;

/// The longest name of a selection method, in bytes (`NTR_MAX_SELECTION_METHOD_LEN` without its zero).
const MAX_METHOD: usize = 15;

/// The words of the head, in the order of the docs.
const KEYS: [&str; 6] =
    ["group_id", "type", "command_bucket_id", "selection_method", "selection_method_param", "fields"];

/// The words of a bucket that are no actions.
const BUCKET_KEYS: [&str; 4] = ["weight", "watch_port", "watch_group", "bucket_id"];

impl<'a> Reader<'a> {
    fn change(&mut self, text: &'a str) -> Result<Change, Diagnostic> {
        if self.command == Command::Delete && text.is_empty() {
            return Ok(Change::Asked(GroupMod::Delete(None)));
        }
        let mut pieces = text.split("bucket=");
        let head = pieces.next().unwrap_or("");
        for item in items(head) {
            self.key(&item)?;
        }
        for piece in pieces {
            let bucket = self.bucket(piece)?;
            self.group.buckets.push(bucket);
        }
        if self.cx.mode == Mode::Typed {
            self.check(text)?;
        }
        self.finish(text)
    }

    fn finish(&mut self, text: &'a str) -> Result<Change, Diagnostic> {
        let draft = std::mem::take(&mut self.group);
        let missing = |what: &str, hint: &str| {
            let at = &text[..text.len() - text.trim_start().len()];
            self.cx.error("missing-value", at, format!("the line does not say the {what}")).hint(hint.to_owned())
        };
        let id = draft.id.ok_or_else(|| missing("group", "add group_id=1"))?;
        let place = draft.place.ok_or_else(|| missing("bucket", "add command_bucket_id=last"));
        if self.command.has_place() {
            let place = if self.command == Command::RemoveBucket { place.unwrap_or(u32::MAX) } else { place? };
            return Ok(Change::Asked(match self.command {
                Command::InsertBucket => GroupMod::InsertBuckets { group: id, place, buckets: draft.buckets },
                _ => GroupMod::RemoveBuckets { group: id, place },
            }));
        }
        if self.command == Command::Delete {
            return Ok(Change::Asked(GroupMod::Delete((id != ALL_GROUPS).then_some(id))));
        }
        let group = Group {
            id,
            kind: draft.kind.ok_or_else(|| missing("type", "add type=all, type=select, type=indirect or type=ff"))?,
            selection_method: draft.method.into(),
            selection_method_param: draft.param,
            fields: draft.fields,
            buckets: draft.buckets,
        };
        Ok(match self.command {
            Command::Modify => Change::Asked(GroupMod::Modify(group)),
            Command::AddOrModify => Change::Asked(GroupMod::AddOrModify(group)),
            Command::None => Change::Is(group),
            _ => Change::Asked(GroupMod::Add(group)),
        })
    }

    fn key(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let command = self.command;
        match item.name {
            "group_id" => self.group.id = Some(self.group_id(item.value)?),
            "command_bucket_id" if command.has_place() => self.group.place = Some(self.bucket_id(item.value)?),
            "type" if command.has_type() => self.group.kind = Some(self.kind(item.value)?),
            "selection_method" if command.has_type() => self.group.method = item.value,
            "selection_method_param" if command.has_type() => {
                self.group.param = self.cx.number("the parameter", item.value, u64::MAX)?;
            }
            "fields" if command.has_type() => self.fields(item.value)?,
            name if KEYS.contains(&name) => {
                return Err(self.cx.error("refused", name, format!("{name} is not needed here")));
            }
            name => {
                let d = self.cx.error("unknown-field", name, format!("no word `{name}` in a group"));
                return Err(d.nearest(name, KEYS));
            }
        }
        Ok(())
    }

    fn group_id(&self, text: &str) -> Result<u32, Diagnostic> {
        let is_all = text == "all" || text.parse() == Ok(ALL_GROUPS);
        if is_all && self.command != Command::None {
            return Ok(ALL_GROUPS);
        }
        self.cx.number("a group's number", text, GroupAction::MAX.into()).map(|n| n as u32)
    }

    fn bucket_id(&self, text: &str) -> Result<u32, Diagnostic> {
        match Bucket::PLACES.iter().find(|(_, word)| *word == text) {
            Some((place, _)) => Ok(*place),
            None => self.cx.number("a bucket's number", text, Bucket::MAX.into()).map(|n| n as u32),
        }
    }

    fn kind(&self, text: &str) -> Result<GroupType, Diagnostic> {
        GroupType::by_name(text).ok_or_else(|| {
            let d = self.cx.error("bad-value", text, format!("no group type `{text}`"));
            d.hint("the types are all, select, indirect and ff")
        })
    }

    fn fields(&mut self, text: &'a str) -> Result<(), Diagnostic> {
        for item in items(text) {
            let Some(field) = FieldId::by_name(item.name) else {
                let d = self.cx.error("unknown-field", item.name, format!("no field `{}`", item.name));
                return Err(d.nearest(item.name, FieldId::all().map(|f| f.name)));
            };
            let mask = match item.separator {
                Separator::None => None,
                _ => {
                    let parsed = format::parse_exact(&field, item.value, self.cx.names);
                    Some(parsed.map_err(|e| self.cx.value_error(item.value, e))?.value)
                }
            };
            if self.cx.mode == Mode::Typed {
                self.check_field(&item, field, mask.as_ref())?;
            }
            self.group.fields.push((field, mask));
        }
        Ok(())
    }

    /// What `ovs-ofctl` refuses of a field that is hashed. A field with a mask has no value, the mask stands alone.
    fn check_field(&self, item: &Item<'a>, field: FieldId, mask: Option<&Bits>) -> Result<(), Diagnostic> {
        if self.group.fields.iter().any(|(other, _)| *other == field) {
            return Err(self.cx.error("said-twice", item.name, format!("{} stands twice", field.name)));
        }
        if mask.is_some_and(Bits::is_zero) && !field.is_tun_metadata() {
            let d = self.cx.error("bad-mask", item.value, "the bits that are hashed must not be all zero");
            return Err(d.hint("leave the field out"));
        }
        Ok(())
    }

    /// A reader of a line with this command.
    fn new(line: &'a str, names: &'a Names, mode: Mode, command: Command) -> Reader<'a> {
        Reader { cx: Cx::new(line, names, mode), command, group: Draft::default() }
    }

    /// Reads what follows `bucket=`: keys, and everything else is an action.
    fn bucket(&mut self, text: &'a str) -> Result<Bucket, Diagnostic> {
        let mut bucket = Bucket::default();
        // Each bucket may have actions of 64 kB.
        let mut cx = Cx::new(self.cx.line, self.cx.names, self.cx.mode);
        // Where the actions stand that are not read yet: keys may part them.
        let mut start: Option<usize> = None;
        let mut actions: Option<Vec<Action>> = None;
        for item in items(text) {
            let at = Span::of(text, item.name).start as usize;
            let is_actions = ["action", "actions"].iter().any(|w| item.name.eq_ignore_ascii_case(w));
            let is_key = is_actions || self.bucket_key(&item, &mut bucket)?;
            if let Some(from) = start.take_if(|_| is_key) {
                more_actions(&text[from..at], &mut actions, &mut cx)?;
            }
            match is_actions {
                true if item.separator == Separator::Paren => more_actions(item.value, &mut actions, &mut cx)?,
                true => start = Some(Span::of(text, item.value).start as usize),
                false if is_key => {}
                false => {
                    start.get_or_insert(at);
                }
            }
        }
        if let Some(from) = start {
            more_actions(&text[from..], &mut actions, &mut cx)?;
        }
        self.cx.found.append(&mut cx.found);
        bucket.actions = Actions(actions.ok_or_else(|| {
            self.cx.error("missing-actions", text.trim_end(), "the bucket has no actions").hint("add actions=drop")
        })?);
        Ok(bucket)
    }

    /// Reads a key of a bucket; false if it is none.
    fn bucket_key(&mut self, item: &Item<'a>, bucket: &mut Bucket) -> Result<bool, Diagnostic> {
        match item.name.to_ascii_lowercase().as_str() {
            "weight" => {
                bucket.weight = Some(self.cx.number("a weight", item.value, u16::MAX.into())? as u16);
            }
            "watch_port" => bucket.watch_port = Some(self.watch_port(item.value)?),
            "watch_group" => {
                let group = self.cx.number("a group's number", item.value, GroupAction::MAX.into())?;
                bucket.watch_group = Some(group as u32);
            }
            "bucket_id" => bucket.id = Some(self.bucket_id(item.value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn watch_port(&self, text: &str) -> Result<u32, Diagnostic> {
        let number = self.cx.port(text)?;
        let is_reserved = (port::MAX..=port::NONE).contains(&number);
        if self.cx.mode == Mode::Typed && is_reserved && ![port::NONE, port::CONTROLLER].contains(&number) {
            return Err(self.cx.error("bad-value", text, format!("`{text}` cannot be watched")));
        }
        Ok(number)
    }

    /// What `ovs-ofctl` refuses of a line as a whole.
    fn check(&self, text: &str) -> Result<(), Diagnostic> {
        let group = &self.group;
        let is_select = group.kind == Some(GroupType::Select);
        let watches = |b: &Bucket| b.watch_group.is_some() || b.watch_port.is_some_and(|port| port != port::NONE);
        let refused: [(bool, &str); 8] = [
            (
                self.command == Command::InsertBucket && group.place == Some(u32::MAX),
                "command_bucket_id=all is not permitted here",
            ),
            (!self.command.has_buckets() && text.contains("bucket="), "buckets are not needed here"),
            (group.method.len() > MAX_METHOD, "the name of a selection method has 15 bytes at most"),
            (group.method != "hash" && !group.fields.is_empty(), "fields need selection_method=hash"),
            (group.method.is_empty() && group.param != 0, "selection_method_param needs a selection_method"),
            (
                self.command.has_type() && !is_select && group.buckets.iter().any(|b| b.weight.unwrap_or(0) != 0),
                "only the buckets of a select group have weights",
            ),
            (
                group.kind == Some(GroupType::FastFailover) && !group.buckets.iter().all(watches),
                "a bucket of a fast failover group needs watch_port or watch_group",
            ),
            (group.kind == Some(GroupType::Indirect) && group.buckets.len() > 1, "an indirect group has one bucket"),
        ];
        match refused.iter().find(|(is_refused, _)| *is_refused) {
            Some((_, message)) => Err(self.cx.error("refused", text.trim(), *message)),
            None => Ok(()),
        }
    }
}

/// Reads actions, and adds them to those that are read already.
fn more_actions(text: &str, list: &mut Option<Vec<Action>>, cx: &mut Cx<'_>) -> Result<(), Diagnostic> {
    let more = action::parse(text.trim_end_matches([',', ' ', '\t']), Outer::Bucket, cx)?;
    list.get_or_insert_default().extend(more.0);
    Ok(())
}

#[cfg(test)]
mod tests;
