//! A trace as `ofproto/trace` of Open vSwitch 3.1 prints it (ovs-vswitchd(8), "ofproto/trace").

use std::borrow::Cow;

use super::datapath;
use super::packet::paint_match;
use super::step::{Found, Grade, Pass, Remark, Resume, Step, Trace, What};
use super::world::World;
use crate::action::{Action, Actions};
use crate::base::paint::{Painter, Role, Target};
use crate::field::bits::Bits;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::proto::CT_STATE;
use crate::field::{Names, Subfield, format};

/// Prints a trace in Open vSwitch's own layout, with a line end after each line.
pub fn as_ovs(trace: &Trace<'_>, world: &World<'_>, p: &mut impl Painter) {
    for pass in trace.passes.iter().filter(|pass| pass.outcome.is_none()) {
        if let Some(resume) = &pass.resume {
            paint_resume(resume, p);
        }
        paint_pass(pass, world, p);
    }
}

/// How wide the rules around a recirculation are.
const RULE: usize = 79;

fn paint_resume(resume: &Resume, p: &mut impl Painter) {
    let rule = "=".repeat(RULE);
    p.text("\n");
    p.dim(&rule);
    p.text("\n");
    p.put(Role::Ct, &format!("recirc({:#x})", resume.id));
    if resume.assumed {
        p.text(" - resume conntrack with default ct_state=trk|new (use --ct-next to customize)\n");
    } else {
        p.text(&format!(" - resume conntrack with ct_state={}\n", ct_state(resume.ct_state)));
    }
    if let Some((before, after)) = &resume.nat {
        p.text("Replacing src/dst IP/ports to simulate NAT:\n");
        p.text(&format!(" Initial flow: {before}\n Modified flow: {after}\n"));
    }
    p.dim(&rule);
    p.text("\n\n");
}

/// The flags of connection tracking, as they are printed after `ct_state=`.
pub fn ct_state(flags: u8) -> String {
    const NAMES: [&str; 8] = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];
    let on: Vec<&str> = (0..8).filter(|at| flags >> at & 1 == 1).map(|at| NAMES[at]).collect();
    if on.is_empty() { "0".to_owned() } else { on.join("|") }
}

fn paint_pass(pass: &Pass<'_>, world: &World<'_>, p: &mut impl Painter) {
    p.dim("Flow: ");
    p.text(&pass.input.text());
    p.text("\n");
    paint_steps(&pass.steps, world, p);
    p.dim("\nFinal flow: ");
    match pass.output == pass.input {
        true => p.text("unchanged"),
        false => p.text(&pass.output.text()),
    }
    p.dim("\nMegaflow: ");
    paint_match(&pass.relevant, p);
    p.dim("\nDatapath actions: ");
    p.text(&datapath::text(&pass.actions));
    p.text("\n");
    if let Some(failure) = pass.failure {
        p.put(Role::Bad, &format!("Translation failed ({}), packet is dropped.\n", failure.text()));
    } else if !pass.slow.is_empty() {
        p.text("This flow is handled by the userspace slow path because it:\n");
        for slow in &pass.slow {
            p.text(&format!("  - {}.\n", slow.text()));
        }
    }
}

/// For each step, whether another follows in the same list.
fn followed(steps: &[Step<'_>]) -> Vec<bool> {
    let mut seen: Vec<bool> = Vec::new();
    let mut out: Vec<bool> = steps
        .iter()
        .rev()
        .map(|step| {
            let level = usize::from(step.level);
            seen.resize(seen.len().max(level + 1), false);
            let is_followed = std::mem::replace(&mut seen[level], true);
            // A list that begins below this step has nothing to do with one further down.
            seen.truncate(level + 1);
            is_followed
        })
        .collect();
    out.reverse();
    out
}

fn paint_steps(steps: &[Step<'_>], world: &World<'_>, p: &mut impl Painter) {
    let followed = followed(steps);
    let mut blank = String::new();
    let mut indents: Vec<usize> = vec![0];
    for (step, is_followed) in steps.iter().zip(followed) {
        let level = usize::from(step.level);
        let is_leaf = matches!(step.what, What::Action(_) | What::Drop | What::Remark(_) | What::Bucket(_));
        let more = usize::from(is_followed || is_leaf);
        indents.truncate(level + 1);
        let indent = indents.last().copied().unwrap_or(0);
        indents.push(indent + 2 * more);
        let width = (indent + more) * 4;
        blank.extend(std::iter::repeat_n(' ', width.saturating_sub(blank.len())));
        paint_step(step, &blank[..width], world, p);
    }
}

fn paint_step(step: &Step<'_>, blank: &str, world: &World<'_>, p: &mut impl Painter) {
    let bridge = &world.bridges[usize::from(step.bridge)].bridge;
    if matches!(step.what, What::Bridge) {
        let head = format!("bridge(\"{}\")", bridge.name);
        p.text("\n");
        p.text(blank);
        p.put(Role::Accent, &head);
        p.text("\n");
        p.text(blank);
        p.dim(&"-".repeat(head.len()));
        return p.text("\n");
    }
    p.text(blank);
    match &step.what {
        What::Bridge => {}
        What::Table { table, found } => {
            p.link(Target::Table(*table), Role::Goto, &format!("{table:2}. "));
            match found {
                Found::Flow { flow, .. } => {
                    let flow = bridge.flow(*flow);
                    // The first piece of a match is never empty, so a priority alone has no comma in front.
                    let matches = flow.matches();
                    let is_any = !matches.paint_by(&flow.shape().plan, DEFAULT_PRIORITY, Names::none(), p);
                    p.text(if is_any { "priority " } else { ", priority " });
                    p.decimal(Role::Text, flow.priority().into());
                    if flow.cookie() != 0 {
                        p.text(", cookie ");
                        p.hex(Role::Text, flow.cookie());
                    }
                }
                // Open vSwitch compares with the flows of the bridge in which the trace began.
                Found::Miss if step.first => p.put(Role::Drop, "No match."),
                Found::Miss => p.put(Role::Drop, "reg0=0x2, priority 0"),
                Found::PacketIn => p.text("No match, and a \"packet-in\" is called for."),
                Found::Fragment if step.first => {
                    p.put(Role::Drop, "Packets are IP fragments and the fragment handling mode is \"drop\".");
                }
                Found::Fragment => p.put(Role::Drop, "reg0=0x3, priority 0"),
                Found::Internal => p.text("recirc_id=0, priority 2"),
            }
        }
        What::ActionSet => p.text("--. Executing action set:"),
        What::Bucket(id) => p.text(&format!("bucket {id}")),
        What::Thaw => p.text("thaw"),
        What::ResumeTable(table) => p.text(&format!("Resuming from table {table}")),
        What::ResumeSet(set) => p.text(&format!("Restoring action set: {}", actions(set.iter().map(Cow::as_ref)))),
        What::ResumeActions(actions) => p.text(&format!("Restoring actions: {actions}")),
        What::Action(action) => action.paint(Names::none(), p),
        What::Drop => p.put(Role::Drop, "drop"),
        What::Remark(remark) => match remark.grade() {
            Grade::Detail => {
                p.text(" -> ");
                match remark {
                    Remark::Now(sub, value) => paint_now(sub, value, p),
                    other => p.text(&other.text()),
                }
            }
            Grade::Refusal => p.put(Role::Bad, &remark.text()),
            Grade::Warning => p.put(Role::Warn, &format!(" >> {}", remark.text())),
            Grade::Error => p.put(Role::Bad, &format!(" >>>> {} <<<<", remark.text())),
        },
    }
    p.text("\n");
}

fn actions<'s>(list: impl Iterator<Item = &'s Action>) -> String {
    Actions(list.cloned().collect()).text()
}

/// What the action set is or was.
pub(super) fn action_set(verb: &str, set: &[Action]) -> String {
    if set.is_empty() {
        format!("action set {verb} empty")
    } else {
        format!("action set {verb}: {}", actions(set.iter()))
    }
}

/// Prints what bits of a field hold now.
pub(super) fn paint_now(sub: &Subfield, value: &Bits, p: &mut impl Painter) {
    sub.paint(p);
    p.text(" is now ");
    if sub.is_whole() {
        format::paint(&sub.field, value, None, Names::none(), p);
    } else if value.is_zero() {
        p.text("0");
    } else {
        p.text(&value.hex());
    }
}

/// The ct_state that words such as `trk,est` or `trk|est` name.
pub fn parse_ct_state(text: &str) -> Option<u8> {
    const NAMES: [&str; 8] = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];
    debug_assert_eq!(CT_STATE.width, 8);
    let mut flags = 0;
    for word in text.split([',', '|', ' ']).filter(|w| !w.is_empty()) {
        flags |= 1 << NAMES.iter().position(|name| name.eq_ignore_ascii_case(word))?;
    }
    (flags != 0).then_some(flags)
}
