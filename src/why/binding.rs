//! OVN: why no chassis takes a packet for a logical port, as the Southbound database and the nodes tell it.

use super::Cx;
use crate::field::slot::word;
use crate::field::{Key, table};
use crate::model::node_facts::{InterfaceFacts, value};
use crate::model::ovsdb::{Database, Row};
use crate::neutron::advice::{Advice, shell_word};

/// What is wrong with a binding, and what mends it if that is known.
pub(super) struct Unbound {
    pub sentence: String,
    pub advice: Option<Advice>,
}

/// Why a packet gets no further than the output tables; `None` if nothing is wrong with its port's binding.
pub(super) fn unbound(cx: &Cx<'_>, key: &Key) -> Option<Unbound> {
    let southbound = cx.snapshot.database("OVN_Southbound")?;
    let datapath = key.value(table::METADATA.slot);
    let number = key.word(word::REG + 15);
    let here = |row: &&Row| row.text("datapath").and_then(|uuid| datapath_key(southbound, &uuid)) == Some(datapath);
    let ports = || southbound.rows("Port_Binding").iter().filter(here);
    let is_it = |row: &&Row| row.integer("tunnel_key") == Some(number.into());
    match ports().find(is_it) {
        Some(port) => not_bound(cx, southbound, port),
        // A group of ports: what nobody has goes to the physical network, if there is one.
        None => ports().filter(|row| is_kind(row, "localnet")).find_map(|port| unmapped(cx, port)),
    }
}

fn is_kind(row: &Row, kind: &str) -> bool {
    row.text("type").as_deref() == Some(kind)
}

fn datapath_key(southbound: &Database, uuid: &str) -> Option<u64> {
    u64::try_from(southbound.row("Datapath_Binding", uuid)?.integer("tunnel_key")?).ok()
}

/// What people call the port of a binding.
fn label(row: &Row) -> String {
    let name = row.key("external_ids", "neutron:port_name").or_else(|| row.key("external_ids", "name"));
    name.filter(|n| !n.is_empty()).or_else(|| row.text("logical_port")).unwrap_or_default()
}

/// How many characters of a port's UUID stand in the name of its interface, after the prefix.
const ID_IN_NAME: usize = 11;

fn not_bound(cx: &Cx<'_>, southbound: &Database, port: &Row) -> Option<Unbound> {
    let mut advice = None;
    if port.text("chassis").is_some_and(|chassis| !chassis.is_empty()) {
        return None;
    }
    let label = label(port);
    let id = port.text("logical_port")?;
    let mut text = format!("Port {label} is bound to no chassis, so no flow of the output tables knows it");
    let name = id.get(..ID_IN_NAME)?;
    for node in &cx.snapshot.nodes {
        let interfaces = node.facts.bridges.iter().flat_map(|b| &b.interfaces);
        let is_other = |i: &&InterfaceFacts| value(&i.external_ids, "iface-id") != Some(&*id);
        for interface in interfaces.filter(|i| i.name.ends_with(name)).filter(is_other) {
            advice = Some(Advice {
                sentence: format!("give interface {} on {} the port's own iface-id", interface.name, node.name),
                command: format!("ovs-vsctl set interface {} external_ids:iface-id={id}", shell_word(&interface.name)),
            });
            let carried = value(&interface.external_ids, "iface-id").unwrap_or("");
            let known =
                southbound.rows("Port_Binding").iter().any(|r| r.text("logical_port").as_deref() == Some(carried));
            text.push_str(&match carried {
                "" => format!(": interface {} on {} has no iface-id", interface.name, node.name),
                _ => format!(
                    ": interface {} on {} carries iface-id {carried}{}, not the port's own {id}",
                    interface.name,
                    node.name,
                    if known { "" } else { ", which is no port" },
                ),
            });
        }
    }
    text.push('.');
    Some(Unbound { sentence: text, advice })
}

/// A localnet port whose physical network has no bridge here.
fn unmapped(cx: &Cx<'_>, port: &Row) -> Option<Unbound> {
    let network = port.key("options", "network_name")?;
    let node = cx.world.node;
    let mappings = value(&node.facts.external_ids, "ovn-bridge-mappings").unwrap_or("");
    let is_mapped = mappings.split(',').filter_map(|m| m.split_once(':')).any(|(n, _)| n.trim() == network);
    let told = match mappings {
        "" => "names no bridge at all".to_owned(),
        some => format!("says `{some}`"),
    };
    if is_mapped {
        return None;
    }
    let sentence = format!(
        "Packets that no port of the network has leave by physical network {network}, but ovn-bridge-mappings of {} \
         {told}: there is no bridge for {network}, so they are lost here.",
        node.name
    );
    // What other nodes say shows which bridge it should be.
    let elsewhere = cx.snapshot.nodes.iter().filter_map(|n| value(&n.facts.external_ids, "ovn-bridge-mappings"));
    let bridge = elsewhere
        .flat_map(|m| m.split(','))
        .filter_map(|m| m.split_once(':'))
        .find(|(n, _)| n.trim() == network)
        .map(|(_, bridge)| bridge.trim().to_owned());
    let advice = bridge.map(|bridge| Advice {
        sentence: format!("map physical network {network} to bridge {bridge} on {}, as another node does", node.name),
        command: format!(
            "ovs-vsctl set open . external_ids:ovn-bridge-mappings={}",
            shell_word(&format!("{network}:{bridge}"))
        ),
    });
    Some(Unbound { sentence, advice })
}
