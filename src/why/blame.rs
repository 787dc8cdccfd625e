//! Which lookup decided about a lost packet.
//!
//! The last lookup is seldom the one. A table that only drops is led to, so the flow that led there decided (Neutron's
//! tables 92 and 93 are such). And a table may only carry out what an earlier one noted in a bit: OVN's ACL stages note
//! their verdict, and the next stage drops.

use crate::action::Action;
use crate::check::drops::only_drops;
use crate::field::slot::{WordId, word};
use crate::field::{Bits, Subfield};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::naming::{Carries, Kind, Naming};
use crate::neutron::ovn::opcodes::opcode;
use crate::neutron::tables::row_of;
use crate::trace::{Found, Packet, Trace, Verdict, What, World};

/// A lookup of a trace.
#[derive(Debug, Clone, Copy)]
pub struct Look<'t> {
    /// The pass, from 0.
    pub pass: usize,
    /// The place of the step in its pass.
    pub step: usize,
    /// The bridge, by its place in the node.
    pub bridge: usize,
    /// The table.
    pub table: TableId,
    /// The flow that was found; `None` for a miss.
    pub flow: Option<FlowId>,
    /// The packet as the table saw it.
    pub packet: &'t Packet,
}

/// The lookups of a trace that kept its packets, in order.
pub fn looks<'t>(trace: &'t Trace<'_>) -> Vec<Look<'t>> {
    let mut looks = Vec::new();
    for (number, pass) in trace.passes.iter().enumerate() {
        let tables = pass.steps.iter().enumerate().filter_map(|(at, step)| match &step.what {
            What::Table { table, found } => Some((at, usize::from(step.bridge), *table, found)),
            _ => None,
        });
        looks.extend(tables.zip(&pass.lookups).map(|((step, bridge, table, found), packet)| {
            let flow = match found {
                Found::Flow { flow, .. } => Some(*flow),
                _ => None,
            };
            Look { pass: number, step, bridge, table, flow, packet }
        }));
    }
    looks
}

/// Who is to blame for a drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    /// The lookup that decided, as a place in [`looks`].
    pub look: usize,
    /// The lookup where the packet ended.
    pub end: usize,
}

/// The lookup that decided about a lost packet; `None` if it was not lost, or came to no table.
pub fn blame<'n>(
    world: &World<'_>,
    trace: &Trace<'_>,
    looks: &[Look<'_>],
    naming: impl Fn(usize) -> &'n Naming,
) -> Option<Blame> {
    let end = match &trace.drop {
        Some(drop) => {
            let is_there = |look: &Look<'_>| look.pass == drop.pass && Some(look.table) == drop.table;
            looks.iter().rposition(|look| is_there(look) && look.bridge == drop.bridge)?
        }
        None if is_only_logged(trace, &naming) => looks.len().checked_sub(1)?,
        None => return None,
    };
    let mut look = end;
    // Each turn goes back, so this ends.
    loop {
        let Look { bridge, table, flow, pass, .. } = looks[look];
        let before = look.checked_sub(1).filter(|at| looks[*at].bridge == bridge);
        let here = world.at(bridge);
        // A table that is there to decide did so, even if nothing is left in it but the flow that drops the rest.
        let decides =
            row_of(naming(bridge).kind, table).is_some_and(|r| !r.missed.is_empty() || !r.unmatched.1.is_empty());
        let is_sink = !decides && here.table(table).is_none_or(|t| only_drops(here, t));
        if let Some(before) = before
            && is_sink
        {
            look = before;
            continue;
        }
        let writer = flow.and_then(|flow| refusal(here, naming(bridge), flow)).and_then(|bit| {
            let way = looks[..look].iter().enumerate().filter(|(_, l)| l.bridge == bridge && l.pass == pass);
            writer(here, bit, &way.collect::<Vec<_>>(), COPIES)
        });
        match writer {
            Some(at) => look = at,
            None => return Some(Blame { look, end }),
        }
    }
}

/// Whether a packet only went to OVN's controller, and only to be written into its log or to be rejected.
pub fn is_only_logged<'n>(trace: &Trace<'_>, naming: impl Fn(usize) -> &'n Naming) -> bool {
    if trace.verdict != Verdict::Controller {
        return false;
    }
    let steps = trace.passes.iter().flat_map(|pass| &pass.steps);
    let mut told = steps.filter_map(|step| match &step.what {
        What::Action(action) => match &**action {
            Action::Controller(controller) => Some((usize::from(step.bridge), controller)),
            _ => None,
        },
        _ => None,
    });
    told.all(|(bridge, controller)| {
        let asked = opcode(&controller.userdata).map_or("", |op| op.name);
        naming(bridge).kind == Kind::OvnIntegration && matches!(asked, "LOG" | "REJECT")
    })
}

/// The bit by which a flow is told that an earlier table refused the packet, if it matches one.
fn refusal(bridge: &Bridge, naming: &Naming, flow: FlowId) -> Option<(WordId, u32)> {
    let flow = bridge.flow(flow);
    let words = naming.registers.iter().filter(|r| r.carries == Carries::Refusal);
    words.into_iter().find_map(|r| {
        let mut mask = Bits::zero(r.field.slot.width.into());
        mask.fill(r.bits.0.into(), r.bits.1.into());
        let (id, bit) = r.field.slot.spread(&mask).find(|(_, part)| *part != 0)?;
        let (value, known) = flow.word(id);
        (known & bit == bit && value & bit == bit).then_some((id, bit))
    })
}

/// How often a bit may be copied on from another: bits may be copied in a circle.
const COPIES: usize = 8;

/// The last lookup on the way whose flow set a bit by itself; where it was copied from another bit, that one's.
fn writer(bridge: &Bridge, bit: (WordId, u32), way: &[(usize, &Look<'_>)], copies: usize) -> Option<usize> {
    for (at, look) in way.iter().rev() {
        let Some(flow) = look.flow else { continue };
        let write = bridge.flow(flow).actions().0.iter().rev().find_map(|action| write(action, bit));
        match write {
            Some(Write::Value(true)) => return Some(*at),
            // The tables that this flow asked before it copied come after it on the way.
            Some(Write::Copy(from)) if copies > 0 => return writer(bridge, from, way, copies - 1).or(Some(*at)),
            Some(Write::Copy(_)) => return Some(*at),
            Some(Write::Value(false)) | None => {}
        }
    }
    None
}

/// How an action writes a bit.
enum Write {
    Value(bool),
    Copy((WordId, u32)),
}

fn write(action: &Action, bit: (WordId, u32)) -> Option<Write> {
    match action {
        Action::SetField(set) => {
            let part = |bits: &Bits| set.field.slot.spread(bits).find(|(id, _)| *id == bit.0).map(|(_, part)| part);
            let mask = part(&set.mask)?;
            (mask & bit.1 != 0).then(|| Write::Value(part(&set.value).is_some_and(|value| value & bit.1 != 0)))
        }
        Action::Move(copy) => {
            let at = (0..copy.to.width).find(|n| place(&copy.to, *n) == Some(bit))?;
            let from = place(&copy.from, at)?;
            (from != bit).then_some(Write::Copy(from))
        }
        _ => None,
    }
}

/// The word and the bit of it in which the n-th bit of a subfield lies; registers only.
fn place(sub: &Subfield, n: u16) -> Option<(WordId, u32)> {
    let mut one = Bits::zero(sub.field.slot.width.into());
    one.set_bit(usize::from(sub.offset + n), true);
    let found = sub.field.slot.spread(&one).find(|(_, part)| *part != 0);
    found.filter(|(id, _)| *id < word::METADATA)
}
