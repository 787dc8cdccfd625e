//! A snapshot that is being broken.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::Broken;
use crate::base::diag::Diagnostic;
use crate::dump::flow_line;
use crate::field::{FieldId, Match, Names, Version, table};
use crate::model::bridge::Bridge;
use crate::model::change::{ChangeSet, Request};
use crate::model::flow::Flow;
use crate::model::flow_mod::FlowMod;
use crate::model::node::Node;
use crate::model::ovsdb::Datum;
use crate::model::snapshot::Snapshot;
use crate::neutron::NodeNames;
use crate::packet::Book;
use crate::packet::book::Endpoint;
use crate::practice::edits::{Place, put};
use crate::practice::lesson::{FaultText, Text};

/// A port that a fault is about.
#[derive(Debug, Clone, Default)]
pub struct Victim {
    /// Its node, by its place.
    pub node: usize,
    /// Its OpenFlow number on the integration bridge.
    pub number: u32,
    /// The name of its interface.
    pub name: Arc<str>,
    /// Its MAC address.
    pub mac: u64,
    /// Its first IPv4 address.
    pub ip: Option<Ipv4Addr>,
    /// The local VLAN of its network, on the node that is broken.
    pub vlan: u16,
    /// The UUID of its Neutron port.
    pub id: Arc<str>,
}

/// A snapshot that is being broken.
#[derive(Debug)]
pub struct Patient {
    snapshot: Snapshot,
    /// Whom it befalls.
    pub port: Victim,
    /// The other end.
    pub peer: Option<Victim>,
    /// The node that is broken, by its place.
    pub node: usize,
    undo: Vec<(Place, Vec<Request>)>,
    is_untouched: bool,
}

impl Patient {
    /// A snapshot, and whom a fault befalls there.
    pub fn of(snapshot: &Snapshot, text: &FaultText) -> Result<Patient, Diagnostic> {
        let names: Vec<NodeNames> = snapshot.nodes.iter().map(|node| NodeNames::of(node, snapshot)).collect();
        let book = Book::of(snapshot, &names.iter().collect::<Vec<_>>());
        let endpoint = |text: &Text| find(&book, text);
        let port = endpoint(&text.port)?;
        let peer = if text.peer.is_empty() { None } else { Some(endpoint(&text.peer)?) };
        let node = match text.node.value.trim() {
            "" => port.places.first().map_or(0, |place| place.node),
            name => snapshot.nodes.iter().position(|n| *n.name == *name).ok_or_else(|| {
                let d = Diagnostic::error("no-such-place", text.node.span, format!("no node `{name}`"));
                d.nearest(name, snapshot.nodes.iter().map(|n| &*n.name))
            })?,
        };
        let victim = |endpoint: &Endpoint| {
            let place = endpoint.places.first();
            let v4 = |ip: &IpAddr| if let IpAddr::V4(ip) = ip { Some(*ip) } else { None };
            Victim {
                node: place.map_or(node, |place| place.node),
                number: place.map_or(0, |place| place.number),
                name: place.map(|place| place.name.clone()).unwrap_or_default(),
                mac: endpoint.mac.unwrap_or(0),
                ip: endpoint.ips.iter().find_map(v4),
                vlan: names[node].vlan_of_network(&endpoint.network).unwrap_or(0),
                id: endpoint.id.clone(),
            }
        };
        Ok(Patient {
            port: victim(port),
            peer: peer.map(victim),
            snapshot: snapshot.clone(),
            node,
            undo: Vec::new(),
            is_untouched: true,
        })
    }

    /// The node that is broken.
    pub fn node(&self) -> &Node {
        &self.snapshot.nodes[self.node]
    }

    /// Another node, by its place.
    pub fn other(&self, node: usize) -> &Node {
        &self.snapshot.nodes[node]
    }

    /// The other end, which some faults need.
    pub fn peer(&self) -> Result<&Victim, String> {
        self.peer.as_ref().ok_or_else(|| "the fault lies between two ports: name the `peer`".to_owned())
    }

    /// A bridge of the broken node, by its place.
    pub fn bridge(&self, name: &str) -> Result<usize, String> {
        let found = self.node().bridges.iter().position(|b| &*b.name == name);
        found.ok_or_else(|| format!("{} has no bridge {name}", self.node().name))
    }

    /// The flows of a bridge that pass.
    pub fn flows(&self, bridge: &str, is_it: impl Fn(&Flow) -> bool) -> Result<Vec<Flow>, String> {
        let bridge = &self.node().bridges[self.bridge(bridge)?];
        Ok(bridge.flows.iter().map(|(_, row)| row.to_flow()).filter(is_it).collect())
    }

    /// Deletes flows.
    pub fn delete(&mut self, bridge: &str, is_it: impl Fn(&Flow) -> bool) -> Result<(), String> {
        let gone = self.flows(bridge, is_it)?;
        self.ask(bridge, gone.into_iter().map(|flow| FlowMod::delete_strict(flow, Version::V15)))
    }

    /// Puts changed flows in the place of others.
    pub fn change(
        &mut self,
        bridge: &str,
        is_it: impl Fn(&Flow) -> bool,
        mut to: impl FnMut(&mut Flow, &Names),
    ) -> Result<(), String> {
        let names = self.node().bridges[self.bridge(bridge)?].names.clone();
        let mut mods = Vec::new();
        for before in self.flows(bridge, is_it)? {
            let mut after = before.clone();
            to(&mut after, &names);
            if after == before {
                continue;
            }
            if after.key() != before.key() {
                mods.push(FlowMod::delete_strict(before, Version::V15));
            }
            mods.push(FlowMod::add(after, Version::V15));
        }
        self.ask(bridge, mods)
    }

    /// Adds a flow.
    pub fn add(&mut self, bridge: &str, flow: Flow) -> Result<(), String> {
        self.ask(bridge, [FlowMod::add(flow, Version::V15)])
    }

    fn ask(&mut self, bridge: &str, mods: impl IntoIterator<Item = FlowMod>) -> Result<(), String> {
        let place = (self.node, self.bridge(bridge)?);
        let before: &Bridge = &self.snapshot.nodes[place.0].bridges[place.1];
        let set = ChangeSet::plan(before, mods.into_iter().map(Request::from));
        let set = set.map_err(|refused| refused.first().map_or_else(String::new, |r| r.sentence.clone()))?;
        if set.is_empty() {
            return Ok(());
        }
        let after = set.apply(before).map_err(|_| "the bridge is another one now".to_owned())?;
        // What was broken last is mended first.
        self.undo.insert(0, (place, set.invert().requests().cloned().collect()));
        put(&mut self.snapshot, place, after);
        self.is_untouched = false;
        Ok(())
    }

    /// Changes something of the node that is no flow.
    pub fn facts(&mut self, to: impl FnOnce(&mut Node) -> bool) {
        let mut node = (*self.snapshot.nodes[self.node]).clone();
        if to(&mut node) {
            self.snapshot.nodes[self.node] = Arc::new(node);
            self.is_untouched = false;
        }
    }

    /// Changes columns of the row of that name in the node's database, where it was captured. What is derived from the
    /// database is changed by [`Patient::facts`].
    pub fn columns(&mut self, table: &str, name: &str, to: &[(&str, Datum)]) {
        self.facts(|node| {
            let Some(before) = &node.database else { return false };
            let mut database = (**before).clone();
            let mut rows = database.tables.get_mut(table).into_iter().flatten();
            let Some(row) = rows.find(|row| row.text("name").as_deref() == Some(name)) else { return false };
            for (column, value) in to {
                row.columns.insert((*column).into(), value.clone());
            }
            node.database = Some(Arc::new(database));
            true
        });
    }

    /// Whether nothing is broken yet.
    pub fn is_untouched(&self) -> bool {
        self.is_untouched
    }

    /// What came of it.
    pub fn broken(self, cause: String) -> Broken {
        Broken { snapshot: self.snapshot, cause, undo: self.undo }
    }
}

/// The port of a name.
fn find<'b>(book: &'b Book, text: &Text) -> Result<&'b Endpoint, Diagnostic> {
    let name = text.value.trim();
    let is_it = |e: &&Endpoint| {
        [&*e.name, &*e.server, &*e.id].contains(&name) || e.places.iter().any(|place| &*place.name == name)
    };
    book.endpoints.iter().find(is_it).ok_or_else(|| {
        let d = Diagnostic::error("no-such-port", text.span, format!("nobody is called `{name}`"));
        let known = book.endpoints.iter().flat_map(|e| [&*e.name, &*e.server]).filter(|name| !name.is_empty());
        d.nearest(name, known)
    })
}

/// Whether a flow matches a field exactly as this.
pub fn has(flow: &Flow, field: FieldId, value: u64) -> bool {
    flow.matches.has(field.slot) && flow.matches.value(field.slot) == value
}

/// Whether the actions of a flow contain these words.
pub fn does(flow: &Flow, words: &str) -> bool {
    flow.actions_text(Names::none()).contains(words)
}

/// Puts one text in the place of another in the actions of a flow.
pub fn redo(flow: &mut Flow, from: &str, to: &str) {
    let text = flow.actions_text(Names::none());
    if text.contains(from) {
        flow.actions = flow_line::parse_actions(&text.replace(from, to), Names::none()).0;
    }
}

/// Lets a flow match another value of a field.
pub fn rematch(flow: &mut Flow, field: FieldId, value: u64) {
    let mut matches: Match = flow.matches.clone();
    matches.set_exact(field.slot, value);
    flow.matches = matches;
}

/// A register.
pub fn reg(n: u8) -> FieldId {
    table::REG.nth(n)
}
