//! What a file would do, for people.

use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Answer, Sent};
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::base::span::Span;
use crate::base::words::{counted, plural};
use crate::check::Severity;
use crate::cli::context::Stdout;
use crate::dump::change_file;
use crate::field::Names;
use crate::model::bridge::Bridge;
use crate::model::change::{Edit, Replaced, Request};
use crate::model::flow::{Flow, Style};
use crate::plan::{self, Told, Warning, Way};
use crate::trace::Verdict;

/// So many flows of one request are printed.
const SHOWN: usize = 20;
/// So many flows, and so many requests, are named of those that a warning is about.
const PLACES: usize = 3;
/// A warning is told for each of so many requests; for more it is told once.
const SHARED: usize = 3;

/// Prints the answer.
pub(super) fn paint(answer: &Answer<'_>, out: Option<&Path>, p: &mut Stdout) {
    head(answer, p);
    let mut edits = answer.change.edits.iter().enumerate();
    // What many requests share is told at the end.
    let shared: Vec<Told<'_>> =
        plan::told(&answer.warnings).into_iter().filter(|told| told.edits.len() > SHARED).collect();
    let is_shared: FxHashSet<*const Warning> =
        shared.iter().flat_map(|told| told.warnings.iter().map(|warning| std::ptr::from_ref(*warning))).collect();
    let mut own: FxHashMap<usize, Vec<&Warning>> = FxHashMap::default();
    for warning in answer.warnings.iter().filter(|warning| !is_shared.contains(&std::ptr::from_ref(*warning))) {
        own.entry(warning.edit).or_default().push(warning);
    }
    // The requests by the edits that they became.
    let mut requests = Vec::new();
    for (index, (span, request)) in answer.file.requests.iter().enumerate() {
        p.put(Role::Dim, &format!("{:>3}  ", index + 1));
        p.text(&visible(&asked(answer, *span, request)));
        p.text("\n");
        if let Some(refusal) = answer.refused.iter().find(|refusal| refusal.index == index) {
            p.put(Role::Bad, &format!("     refused {}", refusal.error.name()));
            p.text(&format!(": {}\n", visible(&refusal.sentence)));
            continue;
        }
        let Some((number, edit)) = edits.next() else { continue };
        requests.push(index + 1);
        self::edit(answer, edit, p);
        let here = plan::told(own.remove(&number).unwrap_or_default());
        here.iter().for_each(|told| warning(told, "     ", "", &answer.after, p));
        if !p.is_open() {
            return;
        }
    }
    let number = |edit: usize| requests.get(edit).copied().unwrap_or(edit + 1).to_string();
    for told in &shared {
        let first: Vec<String> = told.edits.iter().take(PLACES).map(|edit| number(*edit)).collect();
        let more = told.edits.len() - first.len();
        let of = format!(" (requests {} and {more} more)", first.join(", "));
        p.text("\n");
        warning(told, "", &of, &answer.after, p);
    }
    for finding in &answer.news {
        p.put(role(finding.severity), &format!("\n{} {}\n", finding.severity.word(), finding.id));
        p.text(&format!("     {}\n", visible(&finding.sentence)));
        p.dim(&format!("     {}\n", visible(&finding.hint)));
    }
    rules(answer, p);
    packets(answer, p);
    if !answer.refused.is_empty() {
        let (n, verb) = (answer.refused.len(), if answer.refused.len() == 1 { "is" } else { "are" });
        p.put(Role::Bad, &format!("\n{} {verb} refused, so as a bundle nothing is done\n", counted(n, "request")));
    } else if let Some(path) = out {
        p.put(Role::Ok, &format!("\nwritten to {}\n", visible(&path.display().to_string())));
    }
}

/// A request as the file has it; what no line asks for as a line that would.
pub(super) fn asked(answer: &Answer<'_>, span: Span, request: &Request) -> String {
    match span.slice(answer.text).trim() {
        "" => change_file::line(request, &answer.after.names),
        line => line.to_owned(),
    }
}

fn head(answer: &Answer<'_>, p: &mut Stdout) {
    let (node, bridge) = (answer.chosen.node.node(), answer.chosen.bridge());
    p.put(Role::Accent, visible(&format!("{} {}", node.name, bridge.name)).trim());
    p.text(&format!(": {} in {}", counted(answer.file.requests.len(), "request"), answer.file.version));
    let flows = answer.change.flows();
    let n = |is: fn(&Replaced<Flow>) -> bool| flows.iter().filter(|replaced| is(replaced)).count();
    let counts = [
        (n(|r| r.before.is_none()), "added"),
        (n(|r| r.before.is_some() && r.after.is_some()), "modified"),
        (n(|r| r.after.is_none()), "deleted"),
    ];
    let mut is_first = true;
    for (n, word) in counts.into_iter().filter(|(n, _)| *n > 0) {
        let what = if is_first { format!("{} ", plural(n, "flow")) } else { String::new() };
        p.text(&format!(", {n} {what}{word}"));
        is_first = false;
    }
    if is_first {
        p.text(", no flow is another one then");
    }
    p.text("\n\n");
}

fn edit(answer: &Answer<'_>, edit: &Edit, p: &mut impl Painter) {
    let names = &answer.after.names;
    for replaced in edit.flows.iter().take(SHOWN) {
        flow(replaced, names, p);
    }
    if edit.flows.len() > SHOWN {
        p.dim(&format!("     and {} more\n", counted(edit.flows.len() - SHOWN, "flow")));
    }
    for replaced in &edit.groups {
        let text = |group: &crate::model::group::Group| {
            let mut text = String::new();
            group.paint(names, &mut text);
            text
        };
        pair("group", replaced.before.as_ref().map(text), replaced.after.as_ref().map(text), p);
    }
    for replaced in &edit.meters {
        let text = |meter: &crate::model::meter::Meter| crate::dump::meters::line(meter);
        pair("meter", replaced.before.as_ref().map(text), replaced.after.as_ref().map(text), p);
    }
}

fn pair(_what: &str, before: Option<String>, after: Option<String>, p: &mut impl Painter) {
    for (sign, role, text) in [("     - ", Role::Bad, before), ("     + ", Role::Ok, after)] {
        if let Some(text) = text {
            p.put(role, sign);
            p.text(&format!("{}\n", visible(&text)));
        }
    }
}

/// A flow as one line, without what is counted.
fn line(flow: &Flow, names: &Names) -> String {
    visible(flow.text(Style::NoStats, names).trim_start()).into_owned()
}

fn flow(replaced: &Replaced<Flow>, names: &Names, p: &mut impl Painter) {
    let text = |flow: &Option<Flow>| flow.as_ref().map(|flow| line(flow, names));
    let (before, after) = (text(&replaced.before), text(&replaced.after));
    if before.is_some() && before == after {
        p.put(Role::Dim, "     = ");
        p.text(&format!("{}\n", after.unwrap_or_default()));
        return;
    }
    pair("flow", before, after, p);
}

fn role(severity: Severity) -> Role {
    match severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Warn,
        Severity::Note => Role::Dim,
    }
}

/// Warnings that say the same: the sentence, and the first flows that it is about or that it names.
fn warning(told: &Told<'_>, indent: &str, of: &str, bridge: &Bridge, p: &mut impl Painter) {
    let severity = told.kind.severity();
    p.put(role(severity), &format!("{indent}{} {}", severity.word(), told.kind.name()));
    p.text(&format!(": {}", visible(&told.sentence)));
    p.dim(of);
    p.text("\n");
    let places: Vec<String> = told.places(&bridge.names).collect();
    let flows = if places.is_empty() { &told.warnings[0].flows[..] } else { &[] };
    let named = flows.iter().map(|flow| line(flow, &bridge.names));
    for text in places.iter().take(PLACES).map(|place| visible(place).into_owned()).chain(named) {
        p.dim(&format!("{indent}    "));
        p.text(&format!("{text}\n"));
    }
    if places.len() > PLACES {
        p.dim(&format!("{indent}    and {} more\n", counted(places.len() - PLACES, "flow")));
    }
}

/// What becomes of a packet, in words.
pub(super) fn fate(answer: &Answer<'_>, way: &Way) -> String {
    match way.verdict {
        Verdict::Dropped if !way.why.is_empty() => way.why.clone(),
        verdict => {
            let outputs = way.outputs.iter().map(|(bridge, port, tunnel)| {
                let bridges = &answer.chosen.node.node().bridges;
                let bridge = bridges.get(*bridge);
                let name =
                    bridge.and_then(|b| b.names.port_name(*port)).map_or_else(|| port.to_string(), |n| n.to_string());
                let tunnel = tunnel.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
                format!("{name}{tunnel}")
            });
            let outputs: Vec<String> = outputs.collect();
            match outputs.is_empty() {
                true => verdict.name().to_owned(),
                false => format!("{} to {}", verdict.name(), outputs.join(", ")),
            }
        }
    }
}

/// The rules of security groups, firewalls and ACLs whose flows are touched.
fn rules(answer: &Answer<'_>, p: &mut impl Painter) {
    if !answer.rules.is_empty() {
        p.put(Role::Accent, "\nrules\n");
    }
    for touched in answer.rules.iter().take(SHOWN) {
        p.text(&format!("     {}", visible(&touched.rule.label())));
        p.dim(&format!("  {}\n", touched.words()));
    }
    if let Some(more) = answer.rules.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        p.dim(&format!("     and {} more\n", counted(more, "rule")));
    }
}

fn packets(answer: &Answer<'_>, p: &mut impl Painter) {
    for (request, reason) in &answer.without {
        p.put(Role::Accent, "\npacket ");
        p.dim(&format!("made for {}  ", request + 1));
        p.text(&format!("none: {reason}\n"));
    }
    for Sent { text, made_for, effect } in &answer.packets {
        p.put(Role::Accent, "\npacket ");
        if let Some(request) = made_for {
            p.dim(&format!("made for {}  ", request + 1));
        }
        p.text(&format!("{}\n", visible(text)));
        let (before, after) = (fate(answer, &effect.before), fate(answer, &effect.after));
        if effect.ends_elsewhere() {
            p.put(Role::Warn, &format!("     was {}\n     is  {}\n", visible(&before), visible(&after)));
        } else {
            let way = if effect.is_another_way() { ", by other flows" } else { "" };
            p.text(&format!("     as before{way}: {}\n", visible(&after)));
        }
    }
    let effects: Vec<_> = answer.packets.iter().map(|sent| sent.effect.clone()).collect();
    for (number, hits) in plan::hits(&effects).into_iter().enumerate() {
        if number == 0 {
            p.put(Role::Accent, "\nhits\n");
        }
        let flow = Flow {
            table: hits.flow.table,
            priority: hits.flow.priority,
            matches: hits.flow.matches.clone(),
            ..Flow::default()
        };
        let text = line(&flow, &answer.after.names);
        let text = text.split(" actions=").next().unwrap_or(&text).trim_end_matches("actions=drop");
        p.dim(&format!("     {} of the packets, {} before  ", hits.after, hits.before));
        p.text(&format!("{text}\n"));
    }
}

/// The word for what a request is about.
pub(super) fn kind(request: &Request) -> &'static str {
    match request {
        Request::Flow(_) => "flow",
        Request::Group(_) => "group",
        Request::Meter(_) => "meter",
    }
}
