//! What happened to a packet, as a tree of rows.
//!
//! The switch nests a lookup below the flow that led to it. Drawn so, a chain of thirty tables would stand thirty steps
//! to the right; here only a flow that leads to several tables moves what is below it.

use std::sync::Arc;

use super::super::line::Row;
use super::super::short;
use super::super::views::Spot;
use super::{Look, Told};
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::base::words::counted;
use crate::field::FieldId;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::slot::word;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::naming::{Carries, Naming};
use crate::neutron::names::NetworkWord;
use crate::trace::paint::ct_state;
use crate::trace::step::Grade;
use crate::trace::{Egress, Found, Pass, Resume, What, step};
use crate::why::Cx;
use crate::why::blame::looks;
use crate::why::journey::{Arrival, Journey, Leg, Onward};
use crate::why::lookup::{Above, above};

/// One row of the tree.
#[derive(Debug, Clone)]
pub struct Step {
    /// The row it belongs to.
    pub parent: Option<usize>,
    /// How far it is moved to the right.
    pub depth: usize,
    /// Whether it is only shown when the row it belongs to is opened.
    pub is_detail: bool,
    /// What became of the packet there.
    pub mark: Mark,
    /// What it is.
    pub kind: StepKind,
    /// The flow it leads to, or at least the bridge and the table.
    pub place: Option<(Spot, TableId, Option<FlowId>)>,
    /// The lookup that it is, as a place in [`Told::looks`].
    pub look: Option<usize>,
}

/// What became of a packet at a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Nothing to tell.
    #[default]
    None,
    /// It went on.
    Passed,
    /// It went on to where it was lost, and this decided so.
    Decided,
    /// It was lost.
    Lost,
}

/// What a row is.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// A lookup.
    Table(Box<TableStep>),
    /// The packet comes to a node.
    Leg(Row),
    /// The packet comes to another bridge.
    Bridge(Row),
    /// Connection tracking answers: the number of the recirculation from 0, counted over the nodes, and what it says.
    Conntrack(usize, Row),
    /// It leaves.
    Out(Row),
    /// Anything else.
    Text(Row),
}

/// A lookup.
#[derive(Debug, Clone)]
pub struct TableStep {
    /// The table.
    pub table: TableId,
    /// Its name; empty if nobody names it.
    pub name: Arc<str>,
    /// The priority of the flow that was found.
    pub priority: Option<u32>,
    /// What it matches.
    pub matches: Row,
    /// What it does.
    pub effect: Row,
}

/// Rows at most: a switch stops after 4096 lookups, but a journey has many legs.
const ROWS: usize = 20_000;
/// Flows that are looked at to say how those above a flow lost.
const BUDGET: usize = 400_000;

/// Makes the tree.
pub(super) fn tell(nodes: &[Cx<'_>], found: &Journey<'_>, told: &mut Told) {
    let mut tree = Tree {
        nodes,
        looks: &told.looks,
        rows: Vec::new(),
        look: 0,
        recirculation: 0,
        answers: told.asked.answers.len(),
        budget: BUDGET,
    };
    let mut passed_looks = 0;
    for (number, leg) in found.legs.iter().enumerate() {
        let parent = (found.legs.len() > 1).then(|| {
            let row = leg_heading(nodes, found, leg);
            tree.push(None, StepKind::Leg(row))
        });
        tree.recirculation = leg.answered;
        tree.leg(leg, parent);
        let all = looks(&leg.trace).len();
        if let (Some(why), true) = (&leg.why, found.lost == Some(number) || found.legs.len() == 1) {
            tree.mark(passed_looks + why.blame.look, Mark::Decided);
            tree.mark(passed_looks + why.blame.end, Mark::Lost);
            tree.note_above(passed_looks + why.blame.look, &why.above);
        }
        passed_looks += all;
    }
    if found.is_cut {
        tree.push(None, StepKind::Text(Row::of(Role::Warn, "more nodes would follow; they were not traced")));
    }
    tree.note_all_above();
    told.steps = tree.in_order();
}

struct Tree<'t, 'a> {
    nodes: &'t [Cx<'a>],
    looks: &'t [Look],
    rows: Vec<Step>,
    look: usize,
    recirculation: usize,
    /// How many answers of connection tracking were asked for.
    answers: usize,
    budget: usize,
}

impl Tree<'_, '_> {
    fn push(&mut self, parent: Option<usize>, kind: StepKind) -> usize {
        let step = Step { parent, depth: 0, is_detail: false, mark: Mark::None, kind, place: None, look: None };
        self.rows.push(step);
        self.rows.len() - 1
    }

    fn leg(&mut self, leg: &Leg<'_>, parent: Option<usize>) {
        for (number, pass) in leg.trace.passes.iter().enumerate() {
            if self.rows.len() > ROWS {
                self.push(parent, StepKind::Text(Row::of(Role::Warn, "more steps follow; they are not listed")));
                return;
            }
            if let Some(resume) = &pass.resume {
                self.resume(leg, pass, resume, parent);
            }
            self.pass(leg, pass, parent);
            let outputs = leg.trace.outputs.iter().zip(&leg.onward).filter(|(o, _)| o.pass == number);
            for (output, onward) in outputs {
                let row = out(self.nodes, leg.node, output, onward);
                let at = self.push(parent, StepKind::Out(row));
                self.rows[at].mark = match onward {
                    Onward::NoEnd(..) => Mark::Lost,
                    _ => Mark::Passed,
                };
            }
        }
    }

    fn pass(&mut self, leg: &Leg<'_>, pass: &Pass<'_>, top: Option<usize>) {
        let cx = &self.nodes[leg.node];
        let mut stack: Vec<(u16, usize)> = Vec::new();
        let mut bridge = None;
        for step in &pass.steps {
            if self.rows.len() > ROWS {
                return;
            }
            while stack.last().is_some_and(|(level, _)| *level >= step.level) {
                stack.pop();
            }
            let parent = stack.last().map(|(_, row)| *row).or(top);
            let number = usize::from(step.bridge);
            let here = cx.world.at(number);
            let row = match &step.what {
                What::Bridge => {
                    // The bridge that the packet was sent into stands in the line of places.
                    let is_first = bridge.is_none() && number == leg.bridge;
                    bridge = Some(number);
                    if is_first || pass.resume.is_some() && stack.is_empty() {
                        continue;
                    }
                    let mut row = Row::of(Role::Accent, &visible(&here.name));
                    let port = pass_in_port(step, pass);
                    if let Some(port) = port.and_then(|n| here.names.port_name(n)) {
                        row.dim(&format!(", by port {}", visible(&port)));
                    }
                    self.push(parent, StepKind::Bridge(row))
                }
                What::Table { table, found } => self.table(leg.node, number, *table, found, parent),
                What::Action(action) => {
                    let mut row = Row::new();
                    action.paint(&here.names, &mut row);
                    self.detail(parent, row)
                }
                What::Drop => self.detail(parent, Row::of(Role::Drop, "drop")),
                What::Remark(remark) if remark.grade() == Grade::Detail => {
                    self.detail(parent, Row::of(Role::Dim, &remark.text()))
                }
                What::Remark(remark) => {
                    let role = if remark.grade() == Grade::Error { Role::Bad } else { Role::Warn };
                    self.push(parent, StepKind::Text(Row::of(role, &remark.text())))
                }
                What::ActionSet => self.push(parent, StepKind::Text(Row::of(Role::Dim, "the action set is executed"))),
                What::Bucket(id) => {
                    let row = Row::of(Role::Text, &format!("bucket {id} of the group gets a copy"));
                    self.push(parent, StepKind::Text(row))
                }
                What::ResumeSet(set) => {
                    let mut row = Row::of(Role::Dim, "with the action set ");
                    set.iter().for_each(|action| action.paint(&here.names, &mut row));
                    self.detail(parent, row)
                }
                What::ResumeActions(actions) => {
                    self.detail(parent, Row::of(Role::Dim, &format!("with the actions that were left: {actions}")))
                }
                What::Thaw | What::ResumeTable(_) => continue,
            };
            stack.push((step.level, row));
        }
    }

    fn detail(&mut self, parent: Option<usize>, row: Row) -> usize {
        let at = self.push(parent, StepKind::Text(row));
        self.rows[at].is_detail = parent.is_some();
        at
    }

    fn table(&mut self, node: usize, bridge: usize, table: TableId, found: &Found, parent: Option<usize>) -> usize {
        let cx = &self.nodes[node];
        let here = cx.world.at(bridge);
        let naming = cx.naming(bridge);
        let name = naming.table(table).map(|w| w.name.clone()).or_else(|| here.names.table_name(table).cloned());
        let mut step = TableStep {
            table,
            name: name.unwrap_or_default(),
            priority: None,
            matches: Row::new(),
            effect: Row::new(),
        };
        let mut flow = None;
        let mark = match found {
            Found::Flow { flow: id, via } => {
                flow = Some(*id);
                let one = here.flow(*id);
                step.priority = Some(one.priority());
                short::paint_match(&one.matches(), &[], &here.names, &mut step.matches);
                let known = |carries, value| meaning(cx, here, naming, carries, value);
                short::paint_effects(one.actions(), &here.names, naming, &known, &mut step.effect);
                if !via.is_empty() {
                    step.effect.dim(&format!("  (conjunction of {} flows)", via.len()));
                }
                Mark::Passed
            }
            Found::Miss => {
                step.matches.put(Role::Drop, "no flow matches");
                Mark::Passed
            }
            Found::Fragment => {
                step.matches.put(Role::Drop, "a fragment: this bridge drops them");
                Mark::Passed
            }
            Found::PacketIn => {
                step.matches.text("no flow matches");
                step.effect.put(Role::Output, "to the controller");
                Mark::Passed
            }
            Found::Internal => {
                step.matches.dim("(the switch's own table)");
                Mark::Passed
            }
        };
        let at = self.push(parent, StepKind::Table(Box::new(step)));
        let look = self.look;
        self.look += 1;
        self.rows[at].look = self.looks.get(look).filter(|l| l.table == table).map(|_| look);
        let spot = Spot { node: cx.world.node.name.clone(), bridge: here.name.clone() };
        self.rows[at].place = Some((spot, table, flow));
        self.rows[at].mark = mark;
        if let Found::Flow { flow, via } = found {
            if let Some(rule) = super::head::rule(cx, bridge, *flow) {
                let mut row = Row::of(Role::Dim, "wanted by ");
                row.put(Role::Accent, &rule);
                self.detail(Some(at), row);
            }
            for clause in via {
                let mut row = Row::of(Role::Dim, "clause ");
                here.flow(*clause).matches().paint(DEFAULT_PRIORITY, &here.names, &mut row);
                let detail = self.detail(Some(at), row);
                let spot = Spot { node: cx.world.node.name.clone(), bridge: here.name.clone() };
                self.rows[detail].place = Some((spot, table, Some(*clause)));
            }
        }
        at
    }

    fn resume(&mut self, leg: &Leg<'_>, pass: &Pass<'_>, resume: &Resume, parent: Option<usize>) {
        if let Some((group, bucket)) = resume.bucket {
            let row = Row::of(Role::Accent, &format!("if the hash picks bucket {bucket} of group {group}"));
            self.push(parent, StepKind::Text(row));
            return;
        }
        let mut row = Row::of(Role::Ct, "conntrack");
        let zone = FieldId::by_name("ct_zone").map_or(0, |f| pass.input.key.value(f.slot));
        row.text(&format!(" zone {zone}"));
        let cx = &self.nodes[leg.node];
        if let Some(whose) = u16::try_from(zone).ok().and_then(|zone| cx.names.zone(zone)) {
            row.dim(&format!(" ({})", visible(whose)));
        }
        row.text(": ");
        row.put(Role::Ct, &signed(resume.ct_state));
        let table = pass.steps.iter().find_map(|s| match s.what {
            What::ResumeTable(table) | What::Table { table, .. } => Some(table),
            _ => None,
        });
        if let Some(table) = table {
            row.text(", goes on in ");
            row.link(crate::base::paint::Target::Table(table), Role::Goto, &format!("T{table}"));
        }
        row.dim(match resume.assumed {
            true => "  (assumed; c changes it)",
            false if self.recirculation < self.answers => "  (as asked; c changes it)",
            false => "  (a known connection; c changes it)",
        });
        let at = self.push(parent, StepKind::Conntrack(self.recirculation, row));
        self.recirculation += 1;
        if let Some((before, after)) = &resume.nat {
            for (word, text) in [("translated from ", before), ("to ", after)] {
                let mut row = Row::of(Role::Dim, word);
                row.text(text);
                self.detail(Some(at), row);
            }
        }
    }

    /// Marks the row of a lookup.
    fn mark(&mut self, look: usize, mark: Mark) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.look == Some(look)) {
            row.mark = mark;
        }
    }

    /// Says below a lookup how the flows above the one that was found lost.
    fn note_above(&mut self, look: usize, above: &Above) {
        let Some(at) = self.rows.iter().position(|row| row.look == Some(look)) else { return };
        if let Some(text) = above_text(above) {
            self.push(Some(at), StepKind::Text(Row::of(Role::Dim, &text)));
        }
    }

    /// The same below every other lookup, where somebody opens it.
    fn note_all_above(&mut self) {
        let noted: Vec<usize> = self.rows.iter().filter(|r| !r.is_detail).filter_map(|r| r.parent).collect();
        for at in 0..self.rows.len() {
            let (Some(look), Some((_, table, flow))) = (self.rows[at].look, &self.rows[at].place) else { continue };
            let (table, flow) = (*table, *flow);
            let has_note = noted.contains(&at) && matches!(self.rows[at].mark, Mark::Decided | Mark::Lost);
            let Some(bridge) = self.bridge_of(look) else { continue };
            let flows = bridge.table(table).map_or(0, |t| t.flows.len());
            if has_note || flows > self.budget {
                continue;
            }
            let text = above_text(&above(bridge, table, &self.looks[look].packet.key, flow));
            self.budget -= flows;
            let text = text.unwrap_or_else(|| "no flow stands above it".to_owned());
            self.detail(Some(at), Row::of(Role::Dim, &text));
        }
    }

    fn bridge_of(&self, look: usize) -> Option<&Bridge> {
        let spot = &self.looks.get(look)?.spot;
        let node = self.nodes.iter().find(|cx| cx.world.node.name == spot.node)?;
        Some(node.world.at(node.world.bridge(&spot.bridge)?))
    }

    /// The rows as they are walked through: each followed by what belongs to it, notes first.
    fn in_order(self) -> Vec<Step> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.rows.len()];
        let mut tops = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            match row.parent {
                Some(parent) => children[parent].push(at),
                None => tops.push(at),
            }
        }
        let is_lookup = |at: &usize| !matches!(self.rows[*at].kind, StepKind::Text(_));
        // What is said of a lookup stands right below it, before what it leads to.
        for (at, below) in children.iter_mut().enumerate() {
            if matches!(self.rows[at].kind, StepKind::Table(_)) {
                below.sort_by_key(is_lookup);
            }
        }
        let mut order = Vec::with_capacity(self.rows.len());
        let mut waiting: Vec<usize> = tops.into_iter().rev().collect();
        while let Some(at) = waiting.pop() {
            order.push(at);
            waiting.extend(children[at].iter().rev());
        }
        let mut new = vec![0; self.rows.len()];
        order.iter().enumerate().for_each(|(to, from)| new[*from] = to);
        let mut rows: Vec<Step> = Vec::with_capacity(order.len());
        for from in order {
            let mut row = self.rows[from].clone();
            if let Some(parent) = self.rows[from].parent {
                let lookups = children[parent].iter().filter(|at| is_lookup(at)).count();
                let is_moved = match (&row.kind, &self.rows[parent].kind) {
                    (StepKind::Text(_), _) => true,
                    (_, StepKind::Leg(_)) => false,
                    _ => lookups > 1,
                };
                row.parent = Some(new[parent]);
                row.depth = rows[new[parent]].depth + usize::from(is_moved);
            }
            rows.push(row);
        }
        rows
    }
}

/// The port by which a packet comes into another bridge: that of the next lookup there.
fn pass_in_port(bridge: &step::Step<'_>, pass: &Pass<'_>) -> Option<u32> {
    let place = pass.steps.iter().position(|s| std::ptr::eq(s, bridge))?;
    let tables = |steps: &[step::Step<'_>]| steps.iter().filter(|s| matches!(s.what, What::Table { .. })).count();
    let look = pass.lookups.get(tables(&pass.steps[..place]))?;
    Some(look.key.word(word::IN_PORT))
}

/// How the flows above lost, in a sentence; nothing if there are none.
pub(super) fn above_text(above: &Above) -> Option<String> {
    if above.flows == 0 {
        let there = above.elsewhere;
        let stand = if there == 1 { "stands" } else { "stand" };
        return (there > 0).then(|| format!("{} of other ports or networks {stand} above it", counted(there, "flow")));
    }
    let differ = |n: usize| if n == 1 { "differs" } else { "differ" };
    let mut parts: Vec<String> =
        above.by_field.iter().map(|(field, n)| format!("{n} {} in {}", differ(*n), field.dump_name)).collect();
    if above.clauses > 0 {
        let are = if above.clauses == 1 { "is a clause" } else { "are clauses" };
        parts.push(format!("{} {are} of conjunctions that were not met as a whole", above.clauses));
    }
    let stand = if above.flows == 1 { "stands above it and does not match" } else { "stand above it, none matches" };
    Some(format!("{} for this port or network {stand}: {}", counted(above.flows, "flow"), parts.join(", ")))
}

/// Flags of connection tracking as a match has them: `+new+trk`.
pub fn signed(flags: u8) -> String {
    ct_state(flags).split('|').map(|flag| format!("+{flag}")).collect()
}

/// What a number names that a flow writes.
fn meaning(cx: &Cx<'_>, bridge: &Bridge, naming: &Naming, carries: Carries, value: u64) -> Option<String> {
    let small = u32::try_from(value).ok();
    let name = match carries {
        Carries::Port => small.and_then(|n| cx.names.port(&bridge.name, n)).map(|w| w.label().to_owned()),
        Carries::LocalVlan => {
            u16::try_from(value & 0xfff).ok().and_then(|v| cx.names.network_of_vlan(v)).map(NetworkWord::label)
        }
        Carries::Segment => small.and_then(|n| cx.names.network_of_tunnel_key(n)).map(NetworkWord::label),
        Carries::Datapath => naming.datapath(value).map(|d| d.name.to_string()),
        Carries::Zone => u16::try_from(value).ok().and_then(|z| cx.names.zone(z)).map(std::string::ToString::to_string),
        _ => None,
    };
    name.filter(|n| !n.is_empty())
}

fn leg_heading(nodes: &[Cx<'_>], found: &Journey<'_>, leg: &Leg<'_>) -> Row {
    let mut row = Row::of(Role::Accent, &format!("on {}", visible(&nodes[leg.node].world.node.name)));
    let from = |from: &(usize, usize)| visible(&nodes[found.legs[from.0].node].world.node.name).into_owned();
    match &leg.arrival {
        Arrival::Start => {}
        Arrival::Tunnel { from: leg, port } => {
            row.dim(&format!(", from {} by tunnel {}", from(leg), visible(port)));
        }
        Arrival::Wire { from: leg, port } => {
            row.dim(&format!(", from {} over the physical network, by {}", from(leg), visible(port)));
        }
    }
    row
}

/// Where a copy leaves, and where that leads.
fn out(nodes: &[Cx<'_>], node: usize, output: &Egress, onward: &Onward) -> Row {
    let cx = &nodes[node];
    let bridge = cx.world.at(output.bridge);
    let mut row = Row::of(Role::Output, "out");
    row.text(" by ");
    row.put(Role::Output, &visible(&output.name));
    row.dim(&format!(", port {} of {}", port_number(output.port), visible(&bridge.name)));
    let word = cx.names.port(&bridge.name, output.port);
    if let Some(word) = word.filter(|w| !w.title.is_empty()) {
        row.put(Role::Accent, &format!(" ({})", visible(&word.title)));
    }
    match onward {
        Onward::UnknownPeer(ip) => row.put(Role::Warn, &format!(" to {ip}, a node that was not captured")),
        Onward::NoEnd(peer, ip) => {
            let name = visible(&nodes[*peer].world.node.name);
            row.put(Role::Bad, &format!(" to {ip}: {name} has no end of this tunnel"));
        }
        Onward::Wire => row.dim(" to the physical network"),
        Onward::Leg(_) => row.dim(", goes on below"),
        Onward::Host => row.dim(", into the node itself"),
        Onward::Port => {}
    }
    row
}

/// A port's number, or the name that it has by OpenFlow.
fn port_number(number: u32) -> String {
    crate::field::names::port::reserved_name(number).map_or_else(|| number.to_string(), str::to_owned)
}
