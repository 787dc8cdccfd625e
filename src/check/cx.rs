//! What checks stand on: a node, the names of its numbers, and indexes that are built once.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::neutron::agent::Agent;
use crate::action::pipeline::Conjunction;
use crate::action::{Action, Actions};
use crate::base::progress::Progress;
use crate::field::names::port;
use crate::field::slot::WordId;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::naming::{Kind, Naming};
use crate::model::node::Node;
use crate::model::node_facts::{BridgeFacts, InterfaceFacts};
use crate::model::snapshot::{Fate, Snapshot};
use crate::neutron::NodeNames;

/// A node that is looked at.
pub struct Cx<'a> {
    /// The node.
    pub node: &'a Node,
    /// Everything that was read with it.
    pub snapshot: &'a Snapshot,
    /// What its numbers name.
    pub names: &'a NodeNames,
    /// Its bridges.
    pub bridges: Vec<BridgeCx<'a>>,
    /// How to stop the work.
    pub progress: &'a Progress,
    agent: OnceCell<Option<Agent<'a>>>,
}

/// A bridge that is looked at.
pub struct BridgeCx<'a> {
    /// Its place in the node.
    pub at: usize,
    /// The bridge.
    pub bridge: &'a Bridge,
    /// What its tables and registers mean.
    pub naming: &'a Naming,
    /// What the database says of it.
    pub facts: Option<&'a BridgeFacts>,
    /// The numbers of its ports; `None` if its ports were not captured.
    pub ports: Option<FxHashSet<u32>>,
    effects: OnceCell<Vec<Vec<Effects>>>,
}

/// What a list of actions does, as far as checks ask.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// The ports it names to send packets to, nested ones included.
    pub outputs: SmallVec<[u32; 2]>,
    /// The groups it uses.
    pub groups: SmallVec<[u32; 1]>,
    /// The meters it uses.
    pub meters: SmallVec<[u32; 1]>,
    /// The clauses it is part of.
    pub clauses: SmallVec<[Conjunction; 1]>,
}

impl<'a> Cx<'a> {
    /// Of a node; `namings` are those of its bridges, in their order.
    pub fn new(
        snapshot: &'a Snapshot,
        node: &'a Node,
        names: &'a NodeNames,
        namings: &[&'a Naming],
        progress: &'a Progress,
    ) -> Cx<'a> {
        let bridges = node.bridges.iter().zip(namings).enumerate();
        let bridges = bridges.map(|(at, (bridge, naming))| {
            let facts = node.facts.bridge(&bridge.name);
            BridgeCx { at, bridge, naming, facts, ports: ports(bridge, facts), effects: OnceCell::new() }
        });
        Cx { node, snapshot, names, bridges: bridges.collect(), progress, agent: OnceCell::new() }
    }

    /// What Neutron's Open vSwitch agent made here, if it did.
    pub fn agent(&self) -> Option<&Agent<'a>> {
        self.agent.get_or_init(|| Agent::of(self)).as_ref()
    }

    /// The bridges of a kind.
    pub fn kind(&self, kind: Kind) -> impl Iterator<Item = &BridgeCx<'a>> {
        self.bridges.iter().filter(move |b| b.naming.kind == kind)
    }

    /// What people call a port of a bridge: with its name in the switch behind it where that is another one.
    pub fn port(&self, bridge: &BridgeCx<'_>, number: u32) -> String {
        match self.names.port(&bridge.bridge.name, number) {
            Some(word) if word.title.is_empty() || word.title == word.name => word.name.to_string(),
            Some(word) => format!("{} ({})", word.title, word.name),
            None => port::reserved_name(number).map_or_else(|| format!("port {number}"), str::to_owned),
        }
    }

    /// What people call the network with a local VLAN.
    pub fn network(&self, vlan: u16) -> String {
        match self.names.network_of_vlan(vlan) {
            Some(network) => format!("{} (VLAN {vlan} here)", network.label()),
            None => format!("the network of VLAN {vlan}"),
        }
    }

    /// Whether files of a kind were read for a bridge.
    pub fn has_read(&self, kind: &str, bridge: &str) -> bool {
        let is_it = |fate: &Fate| matches!(fate, Fate::Read { node, bridge: of } if **node == *self.node.name && **of == *bridge);
        self.snapshot.sources.files.iter().any(|f| f.kind == kind && is_it(&f.fate))
    }
}

impl<'a> BridgeCx<'a> {
    /// The flows of a table, highest priority first.
    pub fn table(&self, id: TableId) -> &'a [FlowId] {
        self.bridge.table(id).map_or(&[], |t| &t.flows)
    }

    /// What the actions of each flow do, by segment and number of the list.
    pub fn effects(&self) -> &[Vec<Effects>] {
        self.effects.get_or_init(|| {
            let of = |list: &Actions| {
                let mut effects = Effects::default();
                list.each(&mut |action| effects.add(action));
                effects
            };
            let segments = self.bridge.flows.segments();
            segments.map(|(_, s)| s.action_lists().iter().map(|l| of(&l.actions)).collect()).collect()
        })
    }

    /// The flows whose actions do something that `wanted` asks for.
    pub fn flows_that(&self, wanted: impl Fn(&Effects) -> bool) -> Vec<FlowId> {
        let mut found = Vec::new();
        for ((start, segment), effects) in self.bridge.flows.segments().zip(self.effects()) {
            let is_wanted: Vec<bool> = effects.iter().map(&wanted).collect();
            if is_wanted.contains(&true) {
                let rows = segment.action_ids().iter().enumerate().filter(|(_, list)| is_wanted[usize::from(**list)]);
                found.extend(rows.map(|(row, _)| start + row as FlowId));
            }
        }
        found
    }

    /// What a flow's actions do.
    pub fn effects_of(&self, id: FlowId) -> Option<&Effects> {
        for ((start, segment), effects) in self.bridge.flows.segments().zip(self.effects()) {
            if let Some(list) = segment.action_ids().get((id - start) as usize) {
                return effects.get(usize::from(*list));
            }
        }
        None
    }

    /// Whether a port of that number may be absent: its ports were captured, and the number is an ordinary one.
    pub fn lacks_port(&self, number: u32) -> bool {
        number != 0 && number < port::MAX && self.ports.as_ref().is_some_and(|ports| !ports.contains(&number))
    }

    /// The value of a word that a flow matches as a whole.
    pub fn exact(&self, id: FlowId, word: WordId) -> Option<u32> {
        let (value, mask) = self.bridge.flow(id).word(word);
        (mask == u32::MAX).then_some(value)
    }

    /// The interface with an OpenFlow number.
    pub fn interface(&self, number: u32) -> Option<&'a InterfaceFacts> {
        self.facts?.interfaces.iter().find(|i| i.ofport == Some(number))
    }

    /// What the agent calls a table, with its number.
    pub fn table_name(&self, id: TableId) -> String {
        match self.naming.table(id) {
            Some(word) => format!("table {id} ({})", word.name),
            None => format!("table {id}"),
        }
    }
}

impl Effects {
    fn add(&mut self, action: &Action) {
        match action {
            Action::Output(a) => self.outputs.push(a.port),
            Action::OutputTrunc(a) => self.outputs.push(a.port),
            Action::Enqueue(a) => self.outputs.push(a.port),
            Action::Bundle(a) => self.outputs.extend(a.members.iter().copied()),
            Action::Group(a) => self.groups.push(a.0),
            Action::Meter(a) => self.meters.push(a.0),
            Action::Conjunction(a) => self.clauses.push(a.clone()),
            _ => {}
        }
    }
}

/// The numbers of a bridge's ports, from its own list and from the database.
fn ports(bridge: &Bridge, facts: Option<&BridgeFacts>) -> Option<FxHashSet<u32>> {
    let listed = bridge.ports.iter().map(|p| p.number);
    let noted = facts.into_iter().flat_map(|f| &f.interfaces).filter_map(|i| i.ofport);
    let all: FxHashSet<u32> = listed.chain(noted).collect();
    // One port is the bridge's own, which says nothing of whether the others were captured.
    all.iter().any(|n| *n != port::LOCAL).then_some(all)
}
