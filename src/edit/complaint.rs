//! What is wrong with a text, and how to mend it.

use super::{Around, LONGEST, missing, others};
use crate::action::{Action, Actions};
use crate::base::diag::{Diagnostic, did_you_mean};
use crate::base::span::Span;
use crate::dump::change_file::{self, Survey as Surveyed};
use crate::dump::echo::{Known, echo};
use crate::dump::flow_line::{Done, Reading, Survey};
use crate::field::bits::Bits;
use crate::field::names::port;
use crate::field::subfield::by_own_name;
use crate::field::{Version, format};
use crate::model::pipeline::{Place, Way, jumps};

/// Complaints at most.
const COMPLAINTS: usize = 50;

/// A text to put in the place of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it takes the place of; empty where it is put in.
    pub span: Span,
    /// What to put there.
    pub text: String,
    /// Whether it adds a prerequisite rather than mends what is written.
    pub adds: bool,
}

impl Fix {
    /// The text with the fix, and where the cursor goes that stood at `cursor`: it stays on its character, and behind
    /// what was mended if it stood inside.
    pub fn apply(&self, text: &str, cursor: usize) -> (String, usize) {
        let start = text.floor_char_boundary(self.span.start as usize);
        let end = text.floor_char_boundary((self.span.end as usize).max(start));
        let mut fixed = text.to_owned();
        fixed.replace_range(start..end, &self.text);
        let cursor = match cursor.min(text.len()) {
            at if at < start => at,
            at if at >= end => at - (end - start) + self.text.len(),
            _ => start + self.text.len(),
        };
        let cursor = fixed.floor_char_boundary(cursor);
        (fixed, cursor)
    }
}

/// Something wrong or odd, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// What and where.
    pub diagnostic: Diagnostic,
    /// How to mend it, if that is known.
    pub fix: Option<Fix>,
}

/// A text that was looked at.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What is wrong or odd: mistakes first, each kind in the order of the text.
    pub complaints: Vec<Complaint>,
    /// The text as it was read.
    pub survey: Surveyed,
    /// Whether the text can be sent to a switch.
    pub is_right: bool,
}

impl Checked {
    /// The fix of the mistake nearest to the cursor that mends what is written, or adds what is missing.
    pub fn fix(&self, cursor: usize, adds: bool) -> Option<&Complaint> {
        let far = |c: &&Complaint| {
            let (start, end) = (c.diagnostic.span.start as usize, c.diagnostic.span.end as usize);
            (!c.diagnostic.is_error(), if cursor < start { start - cursor } else { cursor.saturating_sub(end) })
        };
        self.complaints.iter().filter(|c| c.fix.as_ref().is_some_and(|f| f.adds == adds)).min_by_key(far)
    }
}

/// Looks at a text.
pub fn check(text: &str, around: &Around<'_>) -> Checked {
    let names = &around.bridge.names;
    if text.len() > LONGEST {
        let message = format!("the text is longer than {} KiB", LONGEST >> 10);
        let diagnostic = Diagnostic::error("too-long", Span::new(LONGEST, text.len()), message);
        let complaints = vec![Complaint { diagnostic: diagnostic.hint("a flow is one line"), fix: None }];
        return Checked { complaints, survey: change_file::survey("", names).0, is_right: false };
    }
    let (survey, plain) = change_file::survey(text, names);
    let mut complaints = match &survey {
        Surveyed::Flow(flow) => of_flow(&plain, flow, around),
        Surveyed::Group(group) => others::of_group(text, group, around),
        Surveyed::Meter(command, meter) => others::of_meter(text, command, meter, around),
    };
    let is_right = complaints.iter().all(|c| !c.diagnostic.is_error());
    complaints.sort_by_key(|c| (std::cmp::Reverse(c.diagnostic.severity), c.diagnostic.span.start));
    complaints.dedup_by(|a, b| a.diagnostic.span == b.diagnostic.span && a.diagnostic.message == b.diagnostic.message);
    complaints.truncate(COMPLAINTS);
    Checked { complaints, survey, is_right }
}

fn of_flow(text: &str, survey: &Survey, around: &Around<'_>) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> =
        survey.found.iter().map(|d| of_reader(d.clone(), text, survey, around)).collect();
    complaints.extend(missing::complaints(text, survey, around));
    complaints.extend(masks(text, survey, around));
    complaints.extend(places(&survey.actions, Some(survey.flow_mod.flow.table), around));
    let lacks = complaints.iter().any(|c| c.diagnostic.is_error());
    if let Some(read) = survey.reading.as_ref().filter(|_| !lacks)
        && let Some(refused) = refused(read, text)
    {
        complaints.push(Complaint { diagnostic: refused, fix: None });
    }
    complaints
}

/// A complaint of the reader, with its fix if it offers a word.
fn of_reader(diagnostic: Diagnostic, text: &str, survey: &Survey, around: &Around<'_>) -> Complaint {
    let at = |span: Span, text: &str| Some(Fix { span, text: text.to_owned(), adds: false });
    let written = diagnostic.span.slice(text).to_owned();
    // Names that only people and Neutron know stand for numbers.
    if diagnostic.code == "unknown-table"
        && let Some(id) = around.naming.table_number(&written)
    {
        let number = id.to_string();
        let hint = format!("{} that is the number of {}", did_you_mean(&number), around.table_name(id));
        let fix = at(diagnostic.span, &number);
        return Complaint { diagnostic: diagnostic.hint(hint), fix };
    }
    if diagnostic.code == "missing-actions" {
        let head = survey.words.last().map_or(0, |w| w.span.end as usize);
        let lead = if text[..head.min(text.len())].trim().is_empty() { "" } else { "," };
        let fix = Fix { span: Span::new(head, text.len()), text: format!("{lead}actions=drop"), adds: true };
        return Complaint { diagnostic: diagnostic.hint("Ctrl-f adds actions=drop"), fix: Some(fix) };
    }
    mended(diagnostic, text)
}

/// A complaint with its fix, if it offers a word or the mistake itself says what is right.
pub(super) fn mended(diagnostic: Diagnostic, text: &str) -> Complaint {
    let at = |span: Span, text: &str| Some(Fix { span, text: text.to_owned(), adds: false });
    let fix = match (diagnostic.meant(), diagnostic.code) {
        (Some(meant), _) => at(diagnostic.span, meant),
        (None, "letter-case") => at(diagnostic.span, &diagnostic.span.slice(text).to_ascii_lowercase()),
        (None, "drop-with-others") => drop_item(text, diagnostic.span),
        _ => None,
    };
    Complaint { diagnostic, fix }
}

/// Takes an item of a list out, with the comma beside it.
fn drop_item(text: &str, span: Span) -> Option<Fix> {
    let (start, end) = (span.start as usize, span.end as usize);
    let after = text.get(end..)?;
    let (start, end) = match after.strip_prefix(',') {
        Some(_) => (start, end + 1),
        None if text.get(..start)?.ends_with(',') => (start - 1, end),
        None => (start, end),
    };
    Some(Fix { span: Span::new(start, end), text: String::new(), adds: false })
}

/// Values with bits that their mask leaves out: Open vSwitch drops those without a word.
fn masks(text: &str, survey: &Survey, around: &Around<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for word in survey.words.iter().filter(|w| w.is_right) {
        let written = word.value.slice(text);
        let field = by_own_name(word.name.slice(text)).filter(|f| f.maskable && written.contains('/'));
        let Some(field) = field else { continue };
        let Ok(parsed) = format::parse(&field, written, &around.bridge.names) else { continue };
        let width = usize::from(field.bytes) * 8;
        let kept = parsed.value.and(&parsed.mask);
        if kept == parsed.value || parsed.bent.is_some() || parsed.mask == Bits::ones(width) {
            continue;
        }
        let mut right = String::new();
        format::paint(&field, &kept, Some(&parsed.mask), &around.bridge.names, &mut right);
        if right.is_empty() || right == written {
            continue;
        }
        let message = format!("`{written}` has bits that its mask leaves out, they are dropped");
        let diagnostic = Diagnostic::warning("outside-mask", word.value, message).hint(format!("it becomes {right}"));
        let fix = Fix { span: word.value, text: right, adds: false };
        complaints.push(Complaint { diagnostic, fix: Some(fix) });
    }
    complaints
}

/// Actions of a flow of a table, or of a group, that lead to what the bridge does not have.
pub(super) fn places(done: &[Done], table: Option<u8>, around: &Around<'_>) -> Vec<Complaint> {
    let bridge = around.bridge;
    let what = if table.is_some() { "flow" } else { "group" };
    let lacks = |number: u32| !bridge.ports.is_empty() && bridge.port(number).is_none();
    let mut complaints = Vec::new();
    for done in done {
        let Some(action) = &done.action else { continue };
        let actions = Actions(vec![action.clone()]);
        let mut say = |diagnostic: Diagnostic| complaints.push(Complaint { diagnostic, fix: None });
        for jump in jumps(&actions, table.unwrap_or(0), &bridge.groups) {
            match jump.to {
                Place::Port(number) if number < port::MAX && lacks(number) => {
                    let message = format!("{} has no port {number}: what is sent there is lost", bridge.name);
                    say(Diagnostic::warning("missing-port", done.span, message));
                }
                Place::Group(id) => {
                    let message = format!("{} has no group {id}: the switch refuses the {what}", bridge.name);
                    say(Diagnostic::warning("missing-group", done.span, message).hint("add the group first"));
                }
                Place::Table(id) if Some(id) == table && matches!(jump.way, Way::Resubmit) => {
                    let message = format!("it comes back to table {id}: nothing stops it but another flow");
                    say(Diagnostic::warning("same-table", done.span, message));
                }
                Place::Table(id) if bridge.table(id).is_none() && jump.way != Way::Learn => {
                    let message = format!("table {id} has no flows: what comes there is dropped");
                    say(Diagnostic::note("empty-table", done.span, message));
                }
                _ => {}
            }
        }
        actions.each(&mut |inner| match inner {
            Action::Meter(meter) if bridge.meter(meter.0).is_none() => {
                let message = format!("{} has no meter {}: the switch refuses the {what}", bridge.name, meter.0);
                say(Diagnostic::warning("missing-meter", done.span, message).hint("add the meter first"));
            }
            _ => {}
        });
    }
    complaints
}

/// Why no version of OpenFlow carries the flow, or why every switch refuses it.
fn refused(reading: &Reading, text: &str) -> Option<Diagnostic> {
    let mut refused = None;
    for version in Version::ALL.into_iter().rev() {
        match echo(reading, text, version, &Known::default()) {
            Ok(_) => return None,
            Err(d) if d.code == "version" => refused = refused.or(Some(d)),
            Err(d) => return Some(d),
        }
    }
    refused
}
