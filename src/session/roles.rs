//! Which things of two nodes are there for the same: what one node calls by one number and the other by another.

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::scene::{BridgeScene, Chosen};
use crate::diff::rename::Renames;
use crate::field::names::port;
use crate::field::slot::Slot;
use crate::model::naming::Carries;
use crate::model::neutron_facts::NeutronPort;
use crate::neutron::names::{PortKind, PortWord};

/// Two things that are there for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterpart {
    /// What for, such as `instance on private, groups db, default`.
    pub what: String,
    /// What the first side calls it; `None` if it has none.
    pub a: Option<String>,
    /// And the second.
    pub b: Option<String>,
}

/// The roles of two bridges of two nodes, and what follows for their numbers.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// What was paired, and what has no partner.
    pub roles: Vec<Counterpart>,
    /// The numbers of the first side as those of the second.
    pub renames: Renames,
}

/// A port of one side.
struct Port<'a> {
    number: u32,
    word: &'a PortWord,
    facts: Option<&'a NeutronPort>,
}

impl Roles {
    /// Of two bridges.
    pub fn of(a: Chosen<'_>, b: Chosen<'_>) -> Roles {
        let mut found = Roles::default();
        found.renames.port_registers = registers(a, Carries::Port);
        found.renames.vlan_registers = registers(a, Carries::LocalVlan);
        found.vlans(a, b);
        found.ports(a, b, true);
        // The instances whose addresses this bridge knows have their ports on another one.
        for (at, bridge) in a.node.bridges().iter().enumerate().filter(|(at, _)| *at != a.at) {
            let named = |other: &BridgeScene| other.bridge().name == bridge.bridge().name;
            if let Some(to) = b.node.bridges().iter().position(named).filter(|to| *to != b.at) {
                found.ports(Chosen { at, ..a }, Chosen { at: to, ..b }, false);
            }
        }
        found
    }

    /// Local VLANs stand for networks.
    fn vlans(&mut self, a: Chosen<'_>, b: Chosen<'_>) {
        let (here, there) = (a.node.names(), b.node.names());
        let (mine, theirs) = (vlans(a), vlans(b));
        let used: FxHashSet<u16> = mine.iter().chain(&theirs).copied().collect();
        let mut free = (1..4095).rev().filter(|vlan| !used.contains(vlan));
        for vlan in &mine {
            let network = here.network_of_vlan(*vlan);
            let other = network.and_then(|network| there.vlan_of_network(&network.id));
            let label = network.map_or_else(|| "network".to_owned(), |network| format!("network {}", network.label()));
            self.roles.push(Counterpart {
                what: label,
                a: Some(format!("VLAN {vlan}")),
                b: other.map(|vlan| format!("VLAN {vlan}")),
            });
            // A VLAN that means another network over there must not be taken for it.
            let new = other.or_else(|| if theirs.contains(vlan) { free.next() } else { None });
            self.renames.vlans.extend(new.filter(|new| new != vlan).map(|new| (*vlan, new)));
        }
        for vlan in theirs {
            let network = there.network_of_vlan(vlan);
            if network.is_none_or(|network| here.vlan_of_network(&network.id).is_none()) {
                let label = network.map_or_else(|| "network".to_owned(), |n| format!("network {}", n.label()));
                self.roles.push(Counterpart { what: label, a: None, b: Some(format!("VLAN {vlan}")) });
            }
        }
    }

    /// Pairs the ports of two bridges. Of other bridges than those that are compared only the addresses count.
    fn ports(&mut self, a: Chosen<'_>, b: Chosen<'_>, is_compared: bool) {
        let (left, right) = (ports(a), ports(b));
        let mut by_role: Vec<(String, [Vec<&Port<'_>>; 2])> = Vec::new();
        for (side, (chosen, ports)) in [(a, &left), (b, &right)].into_iter().enumerate() {
            for port in ports {
                let role = role(chosen, port);
                let at = by_role.iter().position(|(known, _)| *known == role).unwrap_or(by_role.len());
                if at == by_role.len() {
                    by_role.push((role, Default::default()));
                }
                by_role[at].1[side].push(port);
            }
        }
        let mut pairs: Vec<(String, Option<&Port<'_>>, Option<&Port<'_>>)> = Vec::new();
        for (what, [mine, others]) in by_role {
            let mut others = in_order(&mine, others).into_iter();
            pairs.extend(mine.into_iter().map(|one| (what.clone(), Some(one), others.next())));
            pairs.extend(others.map(|other| (what.clone(), None, Some(other))));
        }
        nearly(&mut pairs);
        let used: FxHashSet<u32> = left.iter().chain(&right).map(|port| port.number).collect();
        let theirs: FxHashSet<u32> = right.iter().map(|port| port.number).collect();
        let mut free = (1..port::MAX).rev().filter(|number| !used.contains(number));
        let named = |port: &Port<'_>| {
            let title = if port.word.title.is_empty() { String::new() } else { format!(" ({})", port.word.title) };
            format!("port {} {}{title}", port.number, port.word.name)
        };
        for (what, one, other) in pairs {
            if let (Some(one), Some(other)) = (one, other) {
                self.addresses(one, other);
            }
            if !is_compared {
                continue;
            }
            self.roles.push(Counterpart { what, a: one.map(named), b: other.map(named) });
            let Some(one) = one else { continue };
            let new = match other {
                Some(other) => Some(other.number),
                // A number that is another port over there must not be taken for it.
                None if theirs.contains(&one.number) => free.next(),
                None => None,
            };
            self.renames.ports.extend(new.filter(|new| *new != one.number).map(|new| (one.number, new)));
        }
    }

    /// The addresses of two ports change places: each node may know the other's as well.
    fn addresses(&mut self, one: &Port<'_>, other: &Port<'_>) {
        let mac = |port: &Port<'_>| port.facts.and_then(|facts| facts.mac).or(port.word.mac);
        if let (Some(mine), Some(theirs)) = (mac(one), mac(other)) {
            swap(&mut self.renames.macs, mine, theirs);
            swap(&mut self.renames.v6, link_local(mine), link_local(theirs));
        }
        let (Some(mine), Some(theirs)) = (one.facts, other.facts) else { return };
        let own = |port: &NeutronPort| -> (Vec<u32>, Vec<u128>) {
            let pairs = port.fixed_ips.iter().copied();
            let v4 = pairs.clone().filter_map(|ip| if let IpAddr::V4(ip) = ip { Some(u32::from(ip)) } else { None });
            let v6 = pairs.filter_map(|ip| if let IpAddr::V6(ip) = ip { Some(u128::from(ip)) } else { None });
            (v4.collect(), v6.collect())
        };
        let (mine, theirs) = (own(mine), own(theirs));
        mine.0.into_iter().zip(theirs.0).for_each(|(a, b)| swap(&mut self.renames.v4, a, b));
        mine.1.into_iter().zip(theirs.1).for_each(|(a, b)| swap(&mut self.renames.v6, a, b));
    }
}

/// Pairs instances on one network that are left over, and that have security groups in common, most of them first.
fn nearly<'p, 'a>(pairs: &mut Vec<(String, Option<&'p Port<'a>>, Option<&'p Port<'a>>)>) {
    let groups = |port: &Port<'_>| -> Option<(Arc<str>, Vec<Arc<str>>)> {
        let facts = port.facts.filter(|_| port.word.kind == PortKind::Instance)?;
        Some((facts.network.clone(), facts.security_groups.clone()))
    };
    let mut common: Vec<(usize, usize, usize)> = Vec::new();
    for (at, one) in pairs.iter().enumerate().filter_map(|(at, pair)| Some((at, pair.1.filter(|_| pair.2.is_none())?)))
    {
        for (to, other) in
            pairs.iter().enumerate().filter_map(|(to, pair)| Some((to, pair.2.filter(|_| pair.1.is_none())?)))
        {
            if let (Some((network, mine)), Some((other, theirs))) = (groups(one), groups(other))
                && network == other
            {
                let n = mine.iter().filter(|group| theirs.contains(group)).count();
                common.extend((n > 0).then_some((n, at, to)));
            }
        }
    }
    common.sort_unstable_by_key(|(n, at, to)| (std::cmp::Reverse(*n), *at, *to));
    for (_, at, to) in common {
        if pairs[at].2.is_none() && pairs[to].2.is_some() {
            let other = pairs[to].2.take();
            let (_, rest) = pairs[to].0.split_once(", ").unwrap_or_default();
            pairs[at].0 = format!("{} (the other has {rest})", pairs[at].0);
            pairs[at].2 = other;
        }
    }
    pairs.retain(|(_, one, other)| one.is_some() || other.is_some());
}

fn swap<T: Copy + Eq + std::hash::Hash>(map: &mut FxHashMap<T, T>, a: T, b: T) {
    if a != b && !map.contains_key(&a) && !map.contains_key(&b) {
        map.insert(a, b);
        map.insert(b, a);
    }
}

/// The link-local address that a MAC address makes (RFC 4291, appendix A).
fn link_local(mac: u64) -> u128 {
    let (high, low) = (u128::from(mac >> 24), u128::from(mac & 0xff_ffff));
    0xfe80 << 112 | (high ^ 0x2_0000) << 40 | 0xfffe << 24 | low
}

/// Where registers of a bridge carry such a thing.
fn registers(chosen: Chosen<'_>, what: Carries) -> Vec<Slot> {
    let words = chosen.node.naming(chosen.at).registers.iter().filter(|register| register.carries == what);
    let slots = words.filter(|word| word.field.slot.width <= 32).map(|word| {
        let slot = word.field.slot;
        Slot::new(slot.word, slot.shift + word.bits.0 as u8, word.bits.1)
    });
    slots.collect()
}

/// The local VLANs of a node, in order.
fn vlans(chosen: Chosen<'_>) -> Vec<u16> {
    let names = chosen.node.names();
    let mut all: Vec<u16> = Vec::new();
    for bridge in chosen.node.bridges() {
        all.extend(names.ports(&bridge.bridge().name).iter().filter_map(|(_, word)| word.vlan));
    }
    all.sort_unstable();
    all.dedup();
    all.retain(|vlan| names.network_of_vlan(*vlan).is_some());
    all
}

fn ports(chosen: Chosen<'_>) -> Vec<Port<'_>> {
    let facts = chosen.node.snapshot().neutron.as_deref();
    let mut all = chosen.node.names().ports(&chosen.bridge().name);
    all.sort_by_key(|(number, word)| (word.title.clone(), *number));
    let port = |(number, word): (u32, _)| -> Port<'_> {
        let word: &PortWord = word;
        Port { number, word, facts: facts.and_then(|facts| facts.ports.get(&word.id)) }
    };
    all.into_iter().map(port).collect()
}

/// What a port is there for.
fn role(chosen: Chosen<'_>, port: &Port<'_>) -> String {
    let word = port.word;
    let names = chosen.node.names();
    let facts = chosen.node.snapshot().neutron.as_deref();
    let network = || {
        let by_fact = port.facts.map(|port| port.network.to_string());
        let by_vlan = || word.vlan.and_then(|vlan| names.network_of_vlan(vlan)).map(|network| network.id.to_string());
        let id = by_fact.or_else(by_vlan)?;
        let name = facts.and_then(|facts| facts.networks.get(id.as_str())).map(|network| network.name.to_string());
        Some(name.filter(|name| !name.is_empty()).unwrap_or(id))
    };
    let on = || network().map(|network| format!(" on {network}")).unwrap_or_default();
    match &word.kind {
        PortKind::Bridge => "the bridge's own port".to_owned(),
        PortKind::Patch { bridge, .. } if !bridge.is_empty() => format!("patch to {bridge}"),
        PortKind::Patch { peer, .. } => format!("patch to {peer}"),
        PortKind::Tunnel { kind, .. } => format!("{kind} tunnel"),
        PortKind::Service(what) => format!("{what}{}", on()),
        PortKind::Instance => {
            let mut groups: Vec<Arc<str>> = port.facts.map(|port| port.security_groups.clone()).unwrap_or_default();
            let name = |id: &Arc<str>| facts.and_then(|f| f.security_groups.get(id)).unwrap_or(id).clone();
            groups.iter_mut().for_each(|id| *id = name(id));
            groups.sort_unstable();
            let filtered = match port.facts.and_then(|port| port.port_security) {
                Some(false) => ", without port security".to_owned(),
                _ if groups.is_empty() => String::new(),
                _ => format!(", security groups {}", groups.join(" ")),
            };
            format!("instance{}{filtered}", on())
        }
        PortKind::Other => format!("port {}", word.name),
    }
}

/// Those of the other side in the order in which they fit: a tunnel to the same host, an instance of the same name.
fn in_order<'p, 'a>(mine: &[&'p Port<'a>], others: Vec<&'p Port<'a>>) -> Vec<&'p Port<'a>> {
    let fits = |one: &Port<'_>, other: &Port<'_>| match (&one.word.kind, &other.word.kind) {
        (PortKind::Tunnel { remote: here, .. }, PortKind::Tunnel { remote: there, .. }) => here == there,
        _ => !one.word.id.is_empty() && one.word.id == other.word.id,
    };
    let mut places: Vec<Option<&'p Port<'a>>> = vec![None; mine.len()];
    let mut rest = Vec::new();
    for other in others {
        match mine.iter().position(|one| fits(one, other)).filter(|at| places[*at].is_none()) {
            Some(at) => places[at] = Some(other),
            None => rest.push(other),
        }
    }
    let mut rest = rest.into_iter();
    let mut out: Vec<&Port<'_>> = Vec::new();
    for place in places {
        out.extend(place.or_else(|| rest.next()));
    }
    out.extend(rest);
    out
}
