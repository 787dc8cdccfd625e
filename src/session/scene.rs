//! A snapshot and what follows from it.

use std::sync::{Arc, OnceLock};

use crate::base::diag::nearest;
use crate::base::paint::{Painter, Pieces, Role};
use crate::base::progress::Progress;
use crate::check::drops::{self, At, Drop};
use crate::check::{self, Finding, Row};
use crate::explain::{self, Cx, Index};
use crate::model::bridge::Bridge;
use crate::model::naming::{Kind, Naming};
use crate::model::node::Node;
use crate::model::snapshot::Snapshot;
use crate::neutron::{self, NodeNames, Owners};
use crate::packet::{Around, Book};
use crate::query::{Filter, Scope};

/// A snapshot with what was worked out about it so far. Everything is worked out once, when it is first asked.
#[derive(Debug, Default)]
pub struct Scene {
    snapshot: Arc<Snapshot>,
    nodes: Vec<NodeScene>,
    book: OnceLock<Book>,
}

/// A node.
#[derive(Debug)]
pub struct NodeScene {
    node: Arc<Node>,
    snapshot: Arc<Snapshot>,
    bridges: Vec<BridgeScene>,
    names: OnceLock<NodeNames>,
    findings: OnceLock<(Vec<Finding>, Vec<&'static Row>)>,
}

/// A bridge.
#[derive(Debug)]
pub struct BridgeScene {
    bridge: Arc<Bridge>,
    naming: OnceLock<Naming>,
    index: OnceLock<Index>,
    drops: OnceLock<Vec<Drop>>,
    owners: OnceLock<Owners>,
}

impl Scene {
    /// Of a snapshot.
    pub fn new(snapshot: Snapshot) -> Scene {
        let snapshot = Arc::new(snapshot);
        let bridge = |bridge: &Arc<Bridge>| BridgeScene {
            bridge: bridge.clone(),
            naming: OnceLock::new(),
            index: OnceLock::new(),
            drops: OnceLock::new(),
            owners: OnceLock::new(),
        };
        let node = |node: &Arc<Node>| NodeScene {
            node: node.clone(),
            snapshot: snapshot.clone(),
            bridges: node.bridges.iter().map(bridge).collect(),
            names: OnceLock::new(),
            findings: OnceLock::new(),
        };
        Scene { nodes: snapshot.nodes.iter().map(node).collect(), snapshot, book: OnceLock::new() }
    }

    /// Of a snapshot that still grows: what would take a look at every flow is left empty.
    pub fn preview(snapshot: Snapshot) -> Scene {
        let scene = Scene::new(snapshot);
        for bridge in scene.nodes.iter().flat_map(|n| &n.bridges) {
            bridge.naming.get_or_init(Naming::default);
        }
        scene
    }

    /// The same with some bridges changed, by the places of node and bridge. What was worked out of the others and does
    /// not depend on flows stays.
    pub fn with(&self, changed: &[(usize, usize, Arc<Bridge>)]) -> Scene {
        let mut snapshot = (*self.snapshot).clone();
        for (node, at, bridge) in changed {
            if let Some(slot) = snapshot.nodes.get_mut(*node).and_then(|n| Arc::make_mut(n).bridges.get_mut(*at)) {
                *slot = bridge.clone();
            }
        }
        self.moved(snapshot)
    }

    /// The same nodes and bridges at another moment. What was worked out and does not depend on flows stays.
    pub fn moved(&self, snapshot: Snapshot) -> Scene {
        let scene = Scene::new(snapshot);
        for (old, new) in self.nodes.iter().zip(&scene.nodes) {
            if let Some(names) = old.names.get() {
                new.names.get_or_init(|| names.clone());
            }
            for (old, new) in old.bridges.iter().zip(&new.bridges) {
                // Who installs the flows is who installed those that are there.
                if let Some(naming) = old.naming.get() {
                    new.naming.get_or_init(|| naming.clone());
                }
            }
        }
        scene
    }

    /// Works out everything at once, so that nobody waits for it later.
    pub fn warm(&self) {
        for node in &self.nodes {
            node.names();
            for at in 0..node.bridges.len() {
                node.naming(at);
                node.owners(at);
            }
        }
        for bridge in self.nodes.iter().flat_map(|n| &n.bridges) {
            bridge.drops();
            bridge.index();
            bridge.bridge.ids();
        }
    }

    /// Runs all checks of all nodes, so that nobody waits for them later.
    pub fn check(&self) {
        self.nodes.iter().for_each(|node| {
            node.findings();
        });
    }

    /// What was read.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Its nodes, in the order of the snapshot.
    pub fn nodes(&self) -> &[NodeScene] {
        &self.nodes
    }

    /// What a packet is asked about: who is where, and the node and bridge that the person chose, by their places.
    pub fn around(&self, chosen: Option<(usize, usize)>) -> Around<'_> {
        let names = || self.nodes.iter().map(NodeScene::names).collect::<Vec<_>>();
        let book = self.book.get_or_init(|| Book::of(&self.snapshot, &names()));
        Around { snapshot: &self.snapshot, book, chosen }
    }
}

impl NodeScene {
    /// What was read.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Its bridges, in the order of the node.
    pub fn bridges(&self) -> &[BridgeScene] {
        &self.bridges
    }

    /// What its numbers name.
    pub fn names(&self) -> &NodeNames {
        self.names.get_or_init(|| NodeNames::of(&self.node, &self.snapshot))
    }

    /// What the tables and registers of one of its bridges mean.
    pub fn naming(&self, bridge: usize) -> &Naming {
        let scene = &self.bridges[bridge];
        scene.naming.get_or_init(|| neutron::naming(&scene.bridge, &self.node, &self.snapshot))
    }

    /// Everything that was read with it.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What some checks find here, the worst first, and the checks that lack something they look at. `only` are the ids
    /// of the checks; empty for all.
    pub fn check(&self, only: &[&str]) -> (Vec<Finding>, Vec<&'static Row>) {
        let namings: Vec<&Naming> = (0..self.bridges.len()).map(|at| self.naming(at)).collect();
        let progress = Progress::default();
        let cx = check::Cx::new(&self.snapshot, &self.node, self.names(), &namings, &progress);
        (check::findings(&cx, only), check::not_run(&cx))
    }

    /// What all checks find here, worked out once.
    pub fn findings(&self) -> &(Vec<Finding>, Vec<&'static Row>) {
        self.findings.get_or_init(|| self.check(&[]))
    }

    /// The same, if it was worked out before.
    pub fn findings_if_known(&self) -> Option<&(Vec<Finding>, Vec<&'static Row>)> {
        self.findings.get()
    }

    /// What explanations of flows of one of its bridges stand on.
    pub fn explain(&self, bridge: usize) -> Cx<'_> {
        let scene = &self.bridges[bridge];
        Cx::new(&scene.bridge, self.naming(bridge), self.names(), scene.index())
    }

    /// Who wanted the flows of one of its bridges.
    pub fn owners(&self, bridge: usize) -> &Owners {
        let scene = &self.bridges[bridge];
        let of = || Owners::of_bridge(&scene.bridge, &self.node, self.names(), self.naming(bridge), &self.snapshot);
        scene.owners.get_or_init(of)
    }

    /// The same, if it was worked out before.
    pub fn owners_if_known(&self, bridge: usize) -> Option<&Owners> {
        self.bridges[bridge].owners.get()
    }

    /// Why packets were discarded at a place of one of its bridges: a sentence.
    pub fn why_dropped(&self, bridge: usize, drop: &Drop) -> Pieces {
        let mut why = Pieces::default();
        match drop.at {
            At::Flow(flow) | At::Feeder { flow, .. } => return explain::flow(&self.explain(bridge), flow).summary,
            At::Miss(_) => why.put(Role::Text, "No flow of the table matched."),
            At::PortRx(_) => why.put(Role::Text, "The port dropped them as they came in."),
            At::PortTx(_) => why.put(Role::Text, "The port dropped them instead of sending them."),
            At::Meter(_) => why.put(Role::Text, "They were more than the meter lets pass."),
        }
        why
    }

    /// What filters of flows of one of its bridges stand on.
    pub fn scope(&self, bridge: usize) -> Scope<'_> {
        let (scene, naming) = (&self.bridges[bridge], self.naming(bridge));
        Scope {
            node: Some(&self.node.name),
            has_owners: naming.kind != Kind::Unknown,
            owners: scene.owners.get().and_then(Owners::table_if_known),
            ..Scope::new(&scene.bridge, naming)
        }
    }

    /// The same, for filters that ask who wanted flows, which takes a look at every flow once.
    pub fn scope_with_owners(&self, bridge: usize) -> Scope<'_> {
        Scope { owners: Some(self.owners(bridge).table()), ..self.scope(bridge) }
    }

    /// What a filter of flows of one of its bridges is answered with.
    pub fn scope_of(&self, bridge: usize, filter: &Filter) -> Scope<'_> {
        if filter.asks_owners() { self.scope_with_owners(bridge) } else { self.scope(bridge) }
    }
}

impl BridgeScene {
    /// What was read.
    pub fn bridge(&self) -> &Arc<Bridge> {
        &self.bridge
    }

    /// What is known of its flows as a whole.
    pub fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.bridge))
    }

    /// Where packets were discarded, most packets first.
    pub fn drops(&self) -> &[Drop] {
        self.drops.get_or_init(|| drops::drops(&self.bridge))
    }

    /// The same, if it was worked out before.
    pub fn drops_if_known(&self) -> Option<&[Drop]> {
        self.drops.get().map(Vec::as_slice)
    }
}

/// A bridge of a source: its node, and its place there.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// The node.
    pub node: &'a NodeScene,
    /// The place of the bridge in the node.
    pub at: usize,
}

impl<'a> Chosen<'a> {
    /// The bridge.
    pub fn bridge(&self) -> &'a Arc<Bridge> {
        self.node.bridges()[self.at].bridge()
    }
}

/// Which node and bridge a person means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choice<'a> {
    /// The node's name.
    pub node: Option<&'a str>,
    /// The bridge's name.
    pub bridge: Option<&'a str>,
}

/// Why no node or bridge could be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoChoice {
    /// There is none of that name.
    #[error("there is no {what} `{name}`; there are {}", names.join(", "))]
    Unknown {
        /// `node` or `bridge`.
        what: &'static str,
        /// The name that was asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// There are several, and none was named.
    #[error("there are several {what}s: {}", names.join(", "))]
    Several {
        /// `node` or `bridge`.
        what: &'static str,
        /// Their names.
        names: Vec<String>,
    },
    /// There is none at all.
    #[error("there is no {what} in it")]
    None {
        /// `node` or `bridge`.
        what: &'static str,
    },
}

impl Scene {
    /// The node that is meant: the named one, else the only one that has the bridge, else the only one.
    pub fn node(&self, choice: Choice<'_>) -> Result<&NodeScene, NoChoice> {
        let names = || self.nodes.iter().map(|n| n.node.name.to_string()).collect();
        if let Some(name) = choice.node {
            return self.nodes.iter().find(|n| &*n.node.name == name).ok_or_else(|| unknown("node", name, names()));
        }
        let has_it = |n: &&NodeScene| choice.bridge.is_none_or(|bridge| n.node.bridge(bridge).is_some());
        let mut fitting = self.nodes.iter().filter(has_it);
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(one),
            (None, _) if self.nodes.len() == 1 => Ok(&self.nodes[0]),
            (None, None) if self.nodes.is_empty() => Err(NoChoice::None { what: "node" }),
            _ => Err(NoChoice::Several { what: "node", names: names() }),
        }
    }

    /// The bridge that is meant, by its place in its node: the named one, else the only one, else `br-int`.
    pub fn bridge(&self, choice: Choice<'_>) -> Result<(&NodeScene, usize), NoChoice> {
        let node = self.node(choice)?;
        let names = || node.bridges.iter().map(|b| b.bridge.name.to_string()).collect();
        let at = |name: &str| node.bridges.iter().position(|b| &*b.bridge.name == name);
        let bridge = match choice.bridge {
            Some(name) => at(name).ok_or_else(|| unknown("bridge", name, names()))?,
            None if node.bridges.len() == 1 => 0,
            None if node.bridges.is_empty() => return Err(NoChoice::None { what: "bridge" }),
            None => at("br-int").ok_or_else(|| NoChoice::Several { what: "bridge", names: names() })?,
        };
        Ok((node, bridge))
    }
}

pub(super) fn unknown(what: &'static str, name: &str, names: Vec<String>) -> NoChoice {
    let nearest = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    NoChoice::Unknown { what, name: name.to_owned(), names, nearest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Progress;
    use crate::session::{Source, open};

    fn scene() -> Scene {
        Scene::new(open(&Source::named("demo:vxlan-two-hosts"), true, &Progress::default(), &mut |_| {}).unwrap())
    }

    #[test]
    fn a_bridge_is_chosen_by_name_or_because_it_is_br_int() {
        let scene = scene();
        let first = &*scene.nodes()[0].node().name;
        let chosen = |node, bridge| scene.bridge(Choice { node, bridge });
        let (node, at) = chosen(Some(first), None).unwrap();
        assert_eq!((&*node.node().name, &*node.bridges()[at].bridge().name), (first, "br-int"));
        assert!(matches!(chosen(None, None), Err(NoChoice::Several { what: "node", .. })));
        let e = chosen(Some(first), Some("br-imt")).unwrap_err();
        assert!(matches!(&e, NoChoice::Unknown { nearest: Some(n), .. } if n == "br-int"), "{e}");
    }

    #[test]
    fn tables_have_names_and_flows_can_be_explained() {
        let scene = scene();
        let node = &scene.nodes()[0];
        let at = node.bridges().iter().position(|b| &*b.bridge().name == "br-int").unwrap();
        assert!(!node.naming(at).tables.is_empty());
        let cx = node.explain(at);
        assert!(!crate::explain::flow(&cx, 0).summary.0.is_empty());
    }
}
