//! What becomes of a packet, and for a lost one where and why.

use super::Options;
use super::machine::Shared;
use super::packet::Packet;
use super::step::{Assumption, DropReason, Found, Grade, Lost, Pass, Remark, Trace, Verdict, What};
use super::world::World;

/// What was asked.
pub(super) struct Asked<'q> {
    pub bridge: usize,
    pub packet: &'q Packet,
    pub options: &'q Options,
}

/// The verdict over all passes. `outcomes` tells for each pass to which outcome of a hash it belongs.
pub(super) fn judge<'a>(
    asked: Asked<'_>,
    passes: Vec<Pass<'a>>,
    shared: Shared<'a>,
    outcomes: &[Option<usize>],
) -> Trace<'a> {
    let doubts = shared.assumed.iter().any(Assumption::is_doubt);
    let leaves = |outcome: Option<usize>| shared.outputs.iter().any(|o| outcomes[o.pass] == outcome);
    let differs = !leaves(None) && outcomes.iter().flatten().any(|o| !leaves(Some(*o)));
    let verdict = match (shared.outputs.is_empty(), shared.controllers) {
        // Some outcomes send it on, and others do not.
        (false, _) if differs => Verdict::Unknown,
        (false, 0) => Verdict::Delivered,
        (false, _) => Verdict::Mixed,
        (true, _) if doubts => Verdict::Unknown,
        (true, 0) => Verdict::Dropped,
        (true, _) => Verdict::Controller,
    };
    let drop =
        if verdict == Verdict::Dropped { passes.len().checked_sub(1).map(|at| reason(at, &passes[at])) } else { None };
    Trace {
        bridge: asked.bridge,
        input: asked.packet.clone(),
        options: asked.options.clone(),
        passes,
        verdict,
        outputs: shared.outputs,
        drop,
        assumed: shared.assumed,
        commits: shared.commits,
    }
}

/// Why the last pass sends the packet nowhere.
fn reason(number: usize, pass: &Pass<'_>) -> DropReason {
    let tables = pass.steps.iter().enumerate().rev().filter_map(|(at, step)| match &step.what {
        What::Table { table, found } => Some((at, step, *table, found)),
        _ => None,
    });
    let mut tables = tables.peekable();
    let Some((at, step, table, found)) = tables.next() else {
        return DropReason { pass: number, bridge: 0, table: None, flow: None, why: Lost::NoOutput };
    };
    let flow = match found {
        Found::Flow { flow, .. } => Some(*flow),
        _ => None,
    };
    let below: Vec<_> = pass.steps[at + 1..].iter().map(|s| &s.what).collect();
    let refusal = pass.steps.iter().rev().find_map(|s| match &s.what {
        What::Remark(remark) if refuses(remark) => Some(remark.clone()),
        _ => None,
    });
    let why = match (pass.failure, found) {
        (Some(failure), _) => Lost::Failure(failure),
        (None, Found::Fragment) => Lost::Fragment,
        (None, Found::Miss | Found::PacketIn | Found::Internal) => Lost::Miss,
        (None, Found::Flow { .. }) if below.is_empty() => Lost::NoReceive,
        (None, Found::Flow { .. }) if matches!(below[..], [What::Drop]) => Lost::Flow,
        (None, Found::Flow { .. }) => refusal.map_or(Lost::NoOutput, Lost::Refused),
    };
    DropReason { pass: number, bridge: step.bridge.into(), table: Some(table), flow, why }
}

/// Whether a remark says that the packet was not sent on.
fn refuses(remark: &Remark) -> bool {
    match remark {
        Remark::NoForward | Remark::NoNeighbour(..) | Remark::ReservedMac | Remark::LearnedInput | Remark::NoBucket => {
            true
        }
        Remark::LearnIgnored | Remark::Unmet(_) | Remark::StackUnderflow | Remark::ConjunctionExecuted => false,
        _ => remark.grade() != Grade::Detail,
    }
}

impl DropReason {
    /// In words.
    pub fn sentence(&self, world: &World<'_>) -> String {
        let bridge = &world.bridges[self.bridge].bridge;
        let place = match self.table {
            Some(table) => format!("table {table} of {}", bridge.name),
            None => bridge.name.to_string(),
        };
        let flow = || match self.flow {
            Some(flow) => {
                let flow = bridge.flow(flow);
                let mut text = String::new();
                flow.matches().paint(flow.priority(), &bridge.names, &mut text);
                if text.is_empty() { "the flow that matches everything".to_owned() } else { format!("flow `{text}`") }
            }
            None => "no flow".to_owned(),
        };
        match &self.why {
            Lost::Miss => format!("no flow of {place} matches"),
            Lost::Fragment => {
                let bridge = &bridge.name;
                format!("it is a fragment, and {bridge} drops fragments (`ovs-ofctl set-frags {bridge} drop`)")
            }
            Lost::Flow => format!("{} of {place} drops it", flow()),
            Lost::NoOutput => format!("{} of {place} sends it nowhere", flow()),
            Lost::Refused(remark) => format!("it came to {place}, and was not sent on: {}", remark.text()),
            Lost::NoReceive => format!("the port takes no packets; {place} was not reached"),
            Lost::Failure(failure) => format!("the switch gives up: {}", failure.text()),
        }
    }

    /// The word for scripts.
    pub fn name(&self) -> &'static str {
        match self.why {
            Lost::Miss => "table-miss",
            Lost::Fragment => "fragment",
            Lost::Flow => "flow",
            Lost::NoOutput => "no-output",
            Lost::Refused(_) => "refused",
            Lost::NoReceive => "no-receive",
            Lost::Failure(_) => "limit",
        }
    }
}

impl Trace<'_> {
    /// How many times it was told what connection tracking says; the outcomes of a hash need no such answer.
    pub fn answers(&self) -> usize {
        self.passes.iter().enumerate().skip(1).filter(|(number, pass)| pass.outcome != Some(*number)).count()
    }
}
