//! A file of changes, as people write it for `ovs-ofctl`, and as this program writes it for them.
//!
//! A file for `ovs-ofctl add-flows` has a flow in each line, with `add`, `modify`, `modify_strict`, `delete` or
//! `delete_strict` in front; without a word it is added. A file for `ovs-ofctl bundle` says `flow` or `group` in front of
//! that. Both are read here, mixed as one likes. Neither can say a meter, so a meter is a comment with the command that
//! does it, which is read as well, as is a line that begins with `meter`:
//!
//! ```text
//! # ovs-ofctl -O OpenFlow13 add-meter BRIDGE meter=1,kbps,bands=type=drop,rate=1000
//! meter add meter=1,kbps,bands=type=drop,rate=1000
//! ```
//!
//! Lines that name a group or a meter first are about it, as files for `add-groups` have them.
//!
//! A file with a wrong line is refused whole, with every wrong line shown, as a bundle would be.

mod replace;

use super::echo::{Known, echo};
use super::flow_line::{self, Command, FlowMod};
use super::group_line::{self, Change};
use super::meters;
use crate::action::{Mode, Refusal, Walk, carry};
use crate::base::args::{Separator, items};
use crate::base::diag::{Diagnostic, Severity};
use crate::base::span::Span;
use crate::field::{Formats, Match, Names, Version};
use crate::model::change::Request;
use crate::model::flow::{Flags, Flow};
use crate::model::flow_mod::{EXACT_PRIORITY, is_exact_in_openflow10};
use crate::model::group_mod::GroupMod;
use crate::model::meter::Meter;
use crate::model::meter_mod::MeterMod;

pub use replace::replace;

/// A file as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeFile {
    /// What is asked, each with the line that asks it.
    pub requests: Vec<(Span, Request)>,
    /// What becomes of lines otherwise than they are written.
    pub found: Vec<Diagnostic>,
    /// The version of OpenFlow in which it is sent.
    pub version: Version,
}

/// Reads a file of changes as `ovs-ofctl -O VERSION` does; every wrong line is told, with spans in `text`.
pub fn read(text: &str, names: &Names, version: Version) -> Result<Vec<(Span, Request)>, Vec<Diagnostic>> {
    read_in(text, names, Some(version)).map(|file| file.requests)
}

/// The same with what is bent. Without a version it is the newest one that can carry every line.
pub fn read_in(text: &str, names: &Names, version: Option<Version>) -> Result<ChangeFile, Vec<Diagnostic>> {
    let mut asked = Vec::new();
    let (mut wrong, mut found) = (Vec::new(), Vec::new());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        match read_line(content, names) {
            Ok(Some((one, notes))) => {
                found.extend(notes.into_iter().map(|d| shifted(d, start)));
                asked.push((Span::new(start, start + content.len()), content, one));
            }
            Ok(None) => {}
            Err(d) => wrong.push(shifted(d, start)),
        }
        start += line.len();
    }
    // Only what can be read at all has a version.
    let versions = match version {
        Some(version) => vec![version],
        None => Version::ALL.into_iter().rev().collect(),
    };
    let mut best: Option<(ChangeFile, Vec<Diagnostic>)> = None;
    for version in versions {
        let (file, refused) = sent(&asked, version);
        let is_best = best.as_ref().is_none_or(|(_, fewest)| refused.len() < fewest.len());
        let is_whole = refused.is_empty();
        if is_best {
            best = Some((file, refused));
        }
        if is_whole {
            break;
        }
    }
    let Some((mut file, refused)) = best else { return Err(wrong) };
    wrong.extend(refused);
    if wrong.is_empty() {
        found.append(&mut file.found);
        found.sort_by_key(|d| d.span.start);
        Ok(ChangeFile { found, ..file })
    } else {
        wrong.sort_by_key(|d| d.span.start);
        Err(wrong)
    }
}

fn shifted(mut d: Diagnostic, by: usize) -> Diagnostic {
    d.span = d.span.shifted(by);
    d
}

/// What a line asks for, before it is known in which version.
enum Asked {
    Flow(Box<flow_line::Reading>),
    Group(GroupMod),
    Meter(MeterMod),
}

/// The words that a line of a bundle begins with.
const KINDS: [&str; 4] = ["flow", "group", "meter", "packet-out"];

/// The commands of `ovs-ofctl` that are about meters, with the words that say so here.
pub const METERS: [(&str, &str); 4] =
    [("add-meter", "add"), ("mod-meter", "modify"), ("del-meters", "delete"), ("del-meter", "delete")];

/// What ends a word in front of a line.
const AFTER_WORD: [char; 4] = [',', ' ', '\t', '\r'];

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A flow.
    Flow,
    /// A group.
    Group,
    /// A meter, with what is done: `add`, `modify` or `delete`.
    Meter(&'static str),
    /// A packet that is sent.
    Packet,
}

impl Topic {
    /// What a line is about, and where the rest of it begins: behind the word that says so and, for meters, behind the
    /// command. A line that names a group or a meter first needs no such word: `add-groups` and `add-meter` take it so.
    pub fn of(line: &str) -> (Topic, usize) {
        let content = line.split('#').next().unwrap_or("");
        let trimmed = content.trim_start();
        let start = content.len() - trimmed.len();
        let end = trimmed.find(AFTER_WORD).unwrap_or(trimmed.len());
        let meter = |text: &str| {
            let word = text.trim_start().split(AFTER_WORD).next().unwrap_or("");
            let known = METERS.iter().find(|(_, command)| *command == word);
            let skipped = content.len() - text.trim_start().len();
            known.map_or((Topic::Meter("add"), skipped), |(_, command)| (Topic::Meter(command), skipped + word.len()))
        };
        match KINDS.iter().find(|kind| **kind == &trimmed[..end]).copied() {
            Some("group") => (Topic::Group, start + end),
            Some("meter") => meter(&trimmed[end..]),
            Some("packet-out") => (Topic::Packet, start + end),
            Some(_) => (Topic::Flow, start + end),
            None => {
                let own = ["insert_bucket", "remove_bucket", "add_or_mod"].contains(&&trimmed[..end]);
                let mut words = items(trimmed);
                let first = words.next();
                let is_command = first.is_some_and(|item| item.separator == Separator::None);
                let named = if is_command { words.next() } else { first };
                match named.map_or("", |item| item.name) {
                    "group_id" => (Topic::Group, start),
                    _ if own => (Topic::Group, start),
                    "meter" => meter(trimmed),
                    _ => (Topic::Flow, 0),
                }
            }
        }
    }
}

/// Reads a line; nothing if it is empty or a comment. Spans of what is told count from the start of the line.
fn read_line(line: &str, names: &Names) -> Result<Option<(Asked, Vec<Diagnostic>)>, Diagnostic> {
    if let Some((command, rest)) = meter_command(line) {
        return meter(line, command, rest).map(|meter| Some((Asked::Meter(meter), Vec::new())));
    }
    let content = line.split('#').next().unwrap_or("");
    if content.trim_start().is_empty() {
        return Ok(None);
    }
    let (topic, at) = Topic::of(line);
    let rest = &content[at..];
    match topic {
        Topic::Group => {
            // A group's reader takes a text of its own, so that the word in front does not count.
            let reading = group_line::parse(rest, names, Mode::Typed).map_err(|d| shifted(d, at))?;
            let mut found: Vec<_> = reading.found.into_iter().map(|d| shifted(d, at)).collect();
            let Change::Asked(group) = reading.line.change else { return Ok(None) };
            found.extend(endless(&group, Span::of(line, content.trim())));
            Ok(Some((Asked::Group(group), found)))
        }
        Topic::Meter(command) => meter(line, command, rest).map(|meter| Some((Asked::Meter(meter), Vec::new()))),
        Topic::Packet => Err(no_packets(Span::new(at - "packet-out".len(), at))),
        Topic::Flow => {
            let reading = flow_line::parse(rest, names, Mode::Typed, true).map_err(|d| shifted(d, at))?;
            let told = reading.found.iter().filter(|d| d.severity >= Severity::Warning);
            let found = told.map(|d| shifted(d.clone(), at)).collect();
            let words = reading.words.iter().map(|(field, span)| (*field, span.shifted(at))).collect();
            Ok(Some((Asked::Flow(Box::new(flow_line::Reading { words, ..reading })), found)))
        }
    }
}

/// What to think of where no bucket is inserted.
fn endless(group: &GroupMod, at: Span) -> Option<Diagnostic> {
    let is_it = matches!(group, GroupMod::InsertBuckets { buckets, .. } if buckets.is_empty());
    let message = "there is no bucket to insert, and Open vSwitch 3.1 can go round for ever over that";
    is_it
        .then(|| Diagnostic::warning("missing-value", at, message).hint("add bucket=actions=.., or leave the line out"))
}

fn no_packets(at: Span) -> Diagnostic {
    Diagnostic::error("refused", at, "packets are not sent from a file of changes").hint("leave the line out")
}

/// A typed line read to its end, whatever is wrong with it; spans count from its start.
#[derive(Debug, Clone)]
pub enum Survey {
    /// About a flow.
    Flow(Box<flow_line::Survey>),
    /// About a group.
    Group(group_line::Survey),
    /// About a meter, with what is done: `add`, `modify` or `delete`.
    Meter(&'static str, meters::Survey),
}

/// Reads a line to its end. For flows the line without the word in front is told as well, blanks in its place: what
/// reads flows alone can take it, and every place is the same.
pub fn survey(line: &str, names: &Names) -> (Survey, String) {
    let (topic, at) = Topic::of(line);
    let plain = format!("{}{}", " ".repeat(at), &line[at..]);
    let survey = match topic {
        Topic::Flow => Survey::Flow(Box::new(flow_line::survey(&plain, names))),
        Topic::Packet => {
            let mut survey = flow_line::survey("", names);
            survey.found = vec![no_packets(Span::new(at - "packet-out".len(), at))];
            Survey::Flow(Box::new(survey))
        }
        Topic::Group => {
            let mut survey = group_line::survey(&plain, names);
            let note = survey.asked.as_ref().and_then(|group| endless(group, Span::of(line, line.trim())));
            survey.found.extend(note);
            Survey::Group(survey)
        }
        Topic::Meter(command) => Survey::Meter(command, meters::survey(&plain, command == "delete")),
    };
    (survey, plain)
}

/// A comment with a command about a meter, as this program writes it: the command and what it is about.
fn meter_command(line: &str) -> Option<(&'static str, &str)> {
    let mut rest = line.strip_prefix("# ovs-ofctl ")?;
    if let Some(after) = rest.strip_prefix("-O ") {
        rest = after.split_once(' ')?.1;
    }
    let (_, command) = METERS.iter().find(|(word, _)| rest.split(' ').next() == Some(word))?;
    // Behind the command stands the bridge.
    let rest = rest.split_once(' ')?.1;
    Some((command, rest.split_once(' ').map_or("", |(_, rest)| rest)))
}

fn meter(line: &str, command: &str, rest: &str) -> Result<MeterMod, Diagnostic> {
    let rest = rest.split('#').next().unwrap_or("");
    let at = Span::of(line, rest).start as usize;
    if command == "delete" {
        let id = meters::parse_id(rest).map_err(|d| shifted(d, at))?;
        return Ok(MeterMod::Delete(id));
    }
    let meter = meters::parse(rest).map_err(|d| shifted(d, at))?;
    Ok(if command == "add" { MeterMod::Add(meter) } else { MeterMod::Modify(meter) })
}

/// What a switch gets of the lines in a version, and which it cannot get.
fn sent(asked: &[(Span, &str, Asked)], version: Version) -> (ChangeFile, Vec<Diagnostic>) {
    let mut file = ChangeFile { requests: Vec::new(), found: Vec::new(), version };
    let mut wrong = Vec::new();
    // The message of OpenFlow 1.0 is taken if it can carry all lines, else the extended one for all of them.
    let is_plain = |one: &Asked| matches!(one, Asked::Flow(reading) if reading.formats.contains(Formats::OF10));
    let is_plain = version == Version::V10 && asked.iter().all(|(.., one)| is_plain(one));
    for (span, line, one) in asked {
        let start = span.start as usize;
        let whole = Span::new(0, line.len());
        let mut tell = |d| file.found.push(shifted(d, start));
        let request = match one {
            Asked::Flow(reading) => flow(reading, line, version, &mut tell).map(|mut request| {
                if let (true, Request::Flow(flow)) = (is_plain, &mut request) {
                    exact(reading, line, flow, &mut tell);
                }
                request
            }),
            Asked::Group(group) => match needs_buckets_with_numbers(group) && !has_numbers(version) {
                true => {
                    let d = Diagnostic::error("version", whole, format!("{version} has no numbers for buckets"));
                    Err(d.hint("send it in OpenFlow15"))
                }
                false => carried_group(group, version).map(Request::from).map_err(|refusal| {
                    let code = if matches!(refusal, Refusal::Version(_)) { "version" } else { "inconsistent" };
                    Diagnostic::error(code, whole, refusal.to_string()).hint(refusal.hint())
                }),
            },
            Asked::Meter(meter) => match version < Version::V13 {
                true => {
                    let d = Diagnostic::error("version", whole, format!("{version} has no meters"));
                    Err(d.hint("send it in OpenFlow13 or later"))
                }
                false => Ok(meter.clone().into()),
            },
        };
        match request {
            Ok(request) => file.requests.push((*span, request)),
            Err(d) => wrong.push(shifted(d, start)),
        }
    }
    (file, wrong)
}

/// Open vSwitch's extension to OpenFlow 1.0 has what OpenFlow 1.5 has.
fn has_numbers(version: Version) -> bool {
    matches!(version, Version::V10 | Version::V15)
}

fn needs_buckets_with_numbers(group: &GroupMod) -> bool {
    match group {
        GroupMod::InsertBuckets { .. } | GroupMod::RemoveBuckets { .. } => true,
        GroupMod::Delete(_) => false,
        GroupMod::Add(group) | GroupMod::Modify(group) | GroupMod::AddOrModify(group) => {
            !group.selection_method.is_empty() || group.buckets.iter().any(|bucket| bucket.id.is_some())
        }
    }
}

/// A request about groups with its actions in the words of a version.
fn carried_group(asked: &GroupMod, version: Version) -> Result<GroupMod, Refusal> {
    let mut asked = asked.clone();
    let buckets = match &mut asked {
        GroupMod::Add(group) | GroupMod::Modify(group) | GroupMod::AddOrModify(group) => &mut group.buckets,
        GroupMod::InsertBuckets { buckets, .. } => buckets,
        GroupMod::Delete(_) | GroupMod::RemoveBuckets { .. } => return Ok(asked),
    };
    for bucket in buckets {
        bucket.actions = carry(&bucket.actions, version, &Walk::new(&Match::any(), ANY_TABLE))?;
    }
    Ok(asked)
}

/// The table that stands for any.
const ANY_TABLE: u8 = 255;

fn flow(
    reading: &flow_line::Reading,
    line: &str,
    version: Version,
    tell: &mut impl FnMut(Diagnostic),
) -> Result<Request, Diagnostic> {
    let asked = &reading.flow_mod;
    let echo = echo(reading, line, version, &Known::default())?;
    echo.lost.into_iter().for_each(&mut *tell);
    let flow = Flow { flags: carried(asked.flow.flags, version), table: asked.flow.table, ..echo.flow };
    let mut sent = FlowMod { flow, version, ..asked.clone() };
    let is_modify = matches!(sent.command, Command::Modify | Command::ModifyStrict);
    // For `ovs-ofctl` the highest number means that no cookie was said, and where a flow may be added that is 0.
    if is_modify && sent.flow.cookie == u64::MAX && sent.cookie.mask == 0 {
        sent.flow.cookie = 0;
    }
    if is_modify && sent.sets_cookie && !sent.changes_cookie() {
        let message = if sent.may_add() {
            format!("{version} changes no cookie: only a flow that is added gets it")
        } else {
            format!("{version} changes no cookie: it is ignored")
        };
        tell(Diagnostic::warning("ignored-field", Span::new(0, line.len()), message));
    }
    Ok(sent.into())
}

/// Gives a flow that leaves no field of OpenFlow 1.0's message open the priority that a switch gives it.
fn exact(reading: &flow_line::Reading, line: &str, sent: &mut FlowMod, tell: &mut impl FnMut(Diagnostic)) {
    let counts = sent.command.is_strict() || sent.may_add();
    let written = sent.flow.priority;
    if !counts || written == EXACT_PRIORITY || !is_exact_in_openflow10(&reading.flow_mod.flow.matches) {
        return;
    }
    sent.flow.priority = EXACT_PRIORITY;
    let message =
        format!("OpenFlow10 gives a flow that matches every field exactly priority {EXACT_PRIORITY}, not {written}");
    let d = Diagnostic::warning("exact-match", Span::new(0, line.len()), message);
    tell(d.hint("a bundle, and later versions, keep the priority"));
}

/// The flags that a message of a version can carry.
fn carried(flags: Flags, version: Version) -> Flags {
    let since = [
        (Flags::RESET_COUNTS, Version::V12),
        (Flags::NO_PACKET_COUNTS, Version::V13),
        (Flags::NO_BYTE_COUNTS, Version::V13),
    ];
    since.into_iter().fold(flags, |flags, (flag, first)| if version < first { flags.without(flag) } else { flags })
}

/// A request as the line that a person types for it.
pub fn line(request: &Request, names: &Names) -> String {
    let mut text = String::new();
    match request {
        Request::Meter(asked) => {
            let (command, rest) = meter_words(asked);
            let word = METERS.iter().find(|(name, _)| *name == command).map_or("", |(_, word)| word);
            text.push_str(&format!("meter {word} {rest}"));
        }
        _ => {
            text = write([request], names);
            if let Some(flow) = text.strip_prefix("add ") {
                text = flow.to_owned();
            }
        }
    }
    // A command that says no more needs no blank behind it.
    text.trim().to_owned()
}

/// The command of `ovs-ofctl` for a change of meters, with what stands behind the bridge.
pub fn meter_words(asked: &MeterMod) -> (&'static str, String) {
    let one = |id: u32| {
        let name = Meter::NAMES.iter().find(|(special, _)| *special == id);
        format!("meter={}", name.map_or_else(|| id.to_string(), |(_, name)| (*name).to_owned()))
    };
    match asked {
        MeterMod::Add(meter) => ("add-meter", meters::line(meter)),
        MeterMod::Modify(meter) => ("mod-meter", meters::line(meter)),
        MeterMod::Delete(Some(id)) => ("del-meter", one(*id)),
        MeterMod::Delete(None) => ("del-meters", String::new()),
    }
}

/// Writes changes as a file that [`read`] takes: for `ovs-ofctl add-flows` if it is flows only, otherwise for `ovs-ofctl
/// bundle`, with the commands for meters as comments.
pub fn write<'a>(requests: impl IntoIterator<Item = &'a Request> + Clone, names: &Names) -> String {
    let is_bundle = requests.clone().into_iter().any(|request| matches!(request, Request::Group(_)));
    let mut text = String::new();
    for request in requests {
        match request {
            Request::Flow(flow) => {
                text.push_str(if is_bundle { "flow " } else { "" });
                text.push_str(if flow.command == Command::Add { "add " } else { "" });
                flow.paint(names, &mut text);
            }
            Request::Group(group) => {
                text.push_str("group ");
                group_line::paint(group, names, &mut text);
            }
            Request::Meter(meter) => write_meter(meter, &mut text),
        }
        text.push('\n');
    }
    text
}

fn write_meter(asked: &MeterMod, text: &mut String) {
    let (command, rest) = meter_words(asked);
    text.push_str(format!("# ovs-ofctl -O OpenFlow13 {command} BRIDGE {rest}").trim_end());
}

#[cfg(test)]
mod tests;
