//! A flow, a table, and what leads where, in plain words.
//!
//! [`flow`] says which packets a flow takes, what happens to them, and where they go on: built from the match, from the
//! actions, and from what those lead to. [`table()`] sums up a table, [`references()`] finds the flows before and after one.
//! All text is made of pieces with roles and links ([`crate::base::paint`]), so that a screen can follow them.
//!
//! Nothing is guessed. Names come from [`crate::neutron`]; where nothing is known the numbers stand. Words are plain
//! English, with a term only where the term is what people search for.
//!
//! Read `subject` (which packets), then `actions` (what happens), then `summary` (the sentences).

mod actions;
mod effects;
mod fields;
mod index;
mod notes;
mod numbers;
mod references;
mod subject;
mod summary;
mod table;
mod values;
mod verbs;
mod writes;

use std::sync::LazyLock;

use crate::action::{Action, Actions};
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::slot::word;
use crate::field::table::{self as fieldtable, FieldId};
use crate::field::{Match, Names};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::{Flow, TableId};
use crate::model::naming::{Kind, Naming, Scope};
use crate::neutron::NodeNames;
use crate::neutron::names::PortKind;
use crate::neutron::tables::{self, Side};

pub use index::Index;
pub use references::{Reference, References, references};
pub use table::{Reader, ShapeRow, TableExplanation, Written, table};

/// What is known beside the flow itself.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    /// The bridge; `None` for a flow that stands nowhere.
    pub bridge: Option<&'a Bridge>,
    /// Its ports and tables by name.
    pub ports: &'a Names,
    /// What its tables and registers mean.
    pub naming: &'a Naming,
    /// What the numbers of its node name.
    pub names: &'a NodeNames,
    /// What is known of its flows as a whole.
    pub index: &'a Index,
}

static NO_NAMING: LazyLock<Naming> = LazyLock::new(Naming::default);
static NO_INDEX: LazyLock<Index> = LazyLock::new(Index::default);

impl<'a> Cx<'a> {
    /// For flows of a bridge. The index is [`Index::of`] the bridge, made once and kept.
    pub fn new(bridge: &'a Bridge, naming: &'a Naming, names: &'a NodeNames, index: &'a Index) -> Cx<'a> {
        Cx { bridge: Some(bridge), ports: &bridge.names, naming, names, index }
    }

    /// For flows that stand nowhere: only the names of ports and tables are known.
    pub fn typed(ports: &'a Names) -> Cx<'a> {
        Cx { bridge: None, ports, naming: &NO_NAMING, names: NodeNames::none(), index: &NO_INDEX }
    }

    fn bridge_name(&self) -> &'a str {
        self.bridge.map_or("", |b| &*b.name)
    }
}

/// A flow in plain words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Which packets, what happens to them, where they go: one to three sentences.
    pub summary: Pieces,
    /// What each matched field means, in the order in which a dump prints them.
    pub fields: Vec<FieldMeaning>,
    /// What the match leaves open.
    pub rest: Pieces,
    /// What the matched fields need of each other.
    pub needs: Vec<Pieces>,
    /// What each action does, those nested in others below them.
    pub actions: Vec<ActionMeaning>,
    /// What is worth knowing beyond that.
    pub notes: Vec<Pieces>,
}

/// What a matched field means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMeaning {
    /// The field; of a protocol word, the Ethernet type.
    pub field: FieldId,
    /// Its name, as a dump prints it.
    pub name: Box<str>,
    /// Its value, as a dump prints it; empty for a protocol word.
    pub value: String,
    /// What that means.
    pub means: Pieces,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionMeaning {
    /// How deep it is nested in others.
    pub depth: usize,
    /// Its text, as a dump prints it.
    pub text: String,
    /// What it does, said of the packet.
    pub means: Pieces,
    /// Where it leads.
    pub target: Option<Target>,
}

/// So many flows of a table are looked at to say what stands above a flow or what comes next. Where that is not enough
/// nothing is said of it, so a table of a million flows costs no more than one of some thousands.
const LOOKED_AT: usize = 10_000;

impl Pieces {
    /// Adds ordinary text.
    fn say(&mut self, text: &str) {
        self.put(Role::Text, text);
    }
}

/// Paints pieces that were kept.
pub fn paint(pieces: &Pieces, p: &mut impl Painter) {
    for piece in &pieces.0 {
        match piece.target {
            Some(target) => p.link(target, piece.role, &piece.text),
            None => p.put(piece.role, &piece.text),
        }
    }
}

/// What is known of the place where a flow stands, from the flow itself.
#[derive(Debug, Clone, Default)]
struct Scene {
    /// The logical datapath of OVN that it matches.
    datapath: Option<u64>,
    /// What that datapath is.
    scope: Option<Scope>,
    /// Whose packets the table sees.
    side: Side,
    /// Whose numbers the VLANs are.
    vlan: fields::VlanOf,
}

impl Scene {
    fn of(cx: &Cx<'_>, table: TableId, m: &Match, actions: &Actions) -> Scene {
        let (metadata, mask) = m.get(&fieldtable::METADATA);
        let datapath = (cx.naming.kind.is_ovn() && mask.is_ones(64)).then(|| metadata.to_u64());
        let side = tables::side(cx.naming.kind, table);
        Scene { datapath, scope: scope_of(cx, datapath), side, vlan: vlan_of(cx, table, m, actions) }
    }

    /// Notes that an action moves the packet into another datapath, whose numbers the next ones are.
    fn follow(&mut self, cx: &Cx<'_>, action: &Action) {
        if let Action::SetField(a) = action
            && a.field == fieldtable::METADATA
            && a.is_exact()
            && cx.naming.kind.is_ovn()
        {
            self.datapath = Some(a.value.to_u64());
            self.scope = scope_of(cx, self.datapath);
        }
    }
}

fn scope_of(cx: &Cx<'_>, datapath: Option<u64>) -> Option<Scope> {
    datapath.and_then(|key| cx.naming.datapath(key)?.scope)
}

/// Packets that come from a physical network have its VLAN.
fn vlan_of(cx: &Cx<'_>, table: TableId, m: &Match, actions: &Actions) -> fields::VlanOf {
    // The hub takes packets of a VLAN network with either of its numbers, and notes the local one in register 6.
    let noted = actions.0.iter().find_map(|a| match a {
        Action::SetField(a) if a.field == fieldtable::REG.nth(6) => Some(a.value.to_u64()),
        _ => None,
    });
    let (tci, vlan_mask) = m.word(word::VLAN);
    if cx.naming.kind == Kind::Integration
        && vlan_mask & 0xfff == 0xfff
        && noted.is_some_and(|n| n != u64::from(tci & 0xfff))
    {
        return fields::VlanOf::Physical;
    }
    let (port, mask) = m.word(word::IN_PORT);
    let known = cx.names.port(cx.bridge_name(), port).filter(|_| mask != 0);
    let is_patch =
        |name: &str| matches!(known.map(|p| &p.kind), Some(PortKind::Patch { peer, .. }) if peer.starts_with(name));
    match cx.naming.kind {
        Kind::Integration if is_patch("phy-") => fields::VlanOf::Physical,
        // With distributed routing, only packets of this host come to these tables.
        Kind::Provider if matches!(table, 1 | 2 | 22) => fields::VlanOf::Local,
        Kind::Provider if !is_patch("int-") => fields::VlanOf::Physical,
        _ => fields::VlanOf::Local,
    }
}

/// Explains a flow of the bridge, by its number there.
pub fn flow(cx: &Cx<'_>, id: FlowId) -> Explanation {
    match cx.bridge.filter(|b| (id as usize) < b.flows.len()) {
        Some(bridge) => explain(cx, &bridge.flow(id).to_flow(), Some(id)),
        None => Explanation::default(),
    }
}

/// Explains a flow that stands nowhere, such as a pasted one.
pub fn typed(flow: &Flow, ports: &Names) -> Explanation {
    explain(&Cx::typed(ports), flow, None)
}

/// Explains a flow that may become one of the bridge, such as a staged one.
pub fn proposed(cx: &Cx<'_>, flow: &Flow) -> Explanation {
    explain(cx, flow, None)
}

fn explain(cx: &Cx<'_>, flow: &Flow, id: Option<FlowId>) -> Explanation {
    let scene = Scene::of(cx, flow.table, &flow.matches, &flow.actions);
    Explanation {
        summary: summary::summary(cx, &scene, flow, id),
        fields: fields::meanings(cx, &scene, &flow.matches),
        rest: subject::rest(&flow.matches),
        needs: subject::needs(&flow.matches),
        actions: actions::meanings(cx, &scene, flow),
        notes: notes::notes(cx, flow, id),
    }
}

#[cfg(test)]
mod tests;
