//! Bonds: which member takes a packet, and which packets are taken from a member (`ofproto/bond.c`).

use std::borrow::Cow;
use std::sync::Arc;

use super::datapath::DpAction;
use super::frozen::{Fork, Frozen};
use super::machine::Machine;
use super::step::{Assumption, Picked, Remark};
use super::world::{BridgeWorld, XPort};
use crate::action::output::Output;
use crate::field::proto::{self, ethertype};
use crate::field::slot::word;
use crate::field::table;
use crate::model::bond::{BondMode, Lacp};
use crate::model::node::Node;
use crate::model::node_facts::{PortFacts, value};

/// A bond.
#[derive(Debug, Clone, Default)]
pub(super) struct XBond {
    pub name: Arc<str>,
    pub mode: BondMode,
    lacp: Lacp,
    falls_back: bool,
    all_active: bool,
    basis: u32,
    recirculation: Option<u32>,
    /// The OpenFlow numbers of its members, and whether they carry packets.
    members: Vec<(u32, bool)>,
    /// Those that soon will.
    soon: Vec<u32>,
    active: Active,
    /// Whether `bond/show` tells it, rather than the database.
    is_captured: bool,
}

/// The active member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Active {
    /// Nothing tells it.
    #[default]
    Unknown,
    /// There is none.
    Nobody,
    /// It is this port.
    Port(u32),
}

/// Which member takes a packet.
enum Chosen {
    /// None: the packet is dropped.
    Nobody,
    /// This one.
    One(u32),
    /// One of these, which follows from a hash, or from what nothing tells.
    AnyOf(Vec<u32>),
}

/// Whether a packet is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    Accept,
    Drop,
    /// Unless its sender was learned elsewhere.
    DropIfMoved,
}

impl XBond {
    /// What is known of a port with several interfaces: their OpenFlow numbers, names, whether they are up, and their
    /// MAC addresses.
    pub fn of(node: &Node, port: &PortFacts, members: &[(&XPort, Option<u64>)]) -> XBond {
        let config = |key| value(&port.other_config, key);
        let captured = node.bonds.iter().find(|bond| bond.name == port.name);
        let state = |xport: &XPort| captured?.members.iter().find(|m| m.name == xport.name);
        let enabled: Vec<(u32, bool)> =
            members.iter().map(|(p, _)| (p.number, state(p).map_or(p.is_up, |m| m.is_enabled))).collect();
        let by_mac = || {
            let mac = port.bond_active_mac?;
            members.iter().find(|(_, known)| *known == Some(mac)).map(|(p, _)| p.number)
        };
        let mut up = enabled.iter().filter(|(_, is_up)| *is_up).map(|(number, _)| *number);
        let active = match captured {
            Some(_) => {
                let active = members.iter().find(|(p, _)| state(p).is_some_and(|m| m.is_active));
                active.map_or(Active::Nobody, |(p, _)| Active::Port(p.number))
            }
            None => match (by_mac(), up.next(), up.next()) {
                (Some(number), ..) | (None, Some(number), None) => Active::Port(number),
                (None, None, _) => Active::Nobody,
                (None, Some(_), Some(_)) => Active::Unknown,
            },
        };
        XBond {
            name: port.name.clone(),
            mode: captured.map_or_else(
                || port.bond_mode.as_deref().and_then(BondMode::by_name).unwrap_or_default(),
                |bond| bond.mode,
            ),
            lacp: captured.map_or_else(
                || match port.lacp.as_deref() {
                    Some("active" | "passive") => Lacp::Negotiated,
                    _ => Lacp::Off,
                },
                |bond| bond.lacp,
            ),
            falls_back: captured.map_or(config("lacp-fallback-ab") == Some("true"), |bond| bond.falls_back),
            all_active: captured.map_or_else(
                || [config("all-members-active"), config("all-slaves-active")].contains(&Some("true")),
                |bond| bond.all_active,
            ),
            basis: captured.map_or(0, |bond| bond.basis),
            recirculation: captured.and_then(|bond| bond.recirculation),
            soon: members
                .iter()
                .filter(|(p, _)| state(p).is_some_and(|m| m.may_enable))
                .map(|(p, _)| p.number)
                .collect(),
            members: enabled,
            active,
            is_captured: captured.is_some(),
        }
    }

    /// Which member takes a packet (`choose_output_member`).
    fn choose(&self) -> Chosen {
        let mode = match self.lacp {
            Lacp::Configured if !self.falls_back => return Chosen::Nobody,
            Lacp::Configured => BondMode::ActiveBackup,
            _ => self.mode,
        };
        match (mode, self.active) {
            (BondMode::ActiveBackup, Active::Port(number)) => return Chosen::One(number),
            (BondMode::ActiveBackup, Active::Nobody) => return Chosen::Nobody,
            (BondMode::BalanceTcp, _) if self.lacp != Lacp::Negotiated => return Chosen::Nobody,
            _ => {}
        }
        let enabled: Vec<u32> = self.members.iter().filter(|(_, on)| *on).map(|(number, _)| *number).collect();
        match enabled[..] {
            [] => Chosen::Nobody,
            [one] => Chosen::One(one),
            _ => Chosen::AnyOf(enabled),
        }
    }

    /// Whether a packet for `to` is taken from a member (`bond_check_admissibility`).
    fn admits(&self, number: u32, to: u64) -> Admission {
        const MULTICAST: u64 = 0x0100_0000_0000;
        // Where nothing tells which is active, this one is taken for it.
        let is_active = matches!(self.active, Active::Unknown) || self.active == Active::Port(number);
        let is_enabled = self.members.iter().any(|(member, on)| *member == number && *on);
        match self.lacp {
            Lacp::Negotiated if is_enabled || self.soon.contains(&number) => return Admission::Accept,
            Lacp::Negotiated => return Admission::Drop,
            Lacp::Configured if !self.falls_back => return Admission::Drop,
            Lacp::Off if self.mode == BondMode::BalanceTcp => return Admission::Drop,
            _ => {}
        }
        if to & MULTICAST != 0 && !is_active && !self.all_active {
            return Admission::Drop;
        }
        match self.mode {
            BondMode::BalanceSlb => Admission::DropIfMoved,
            _ if is_active => Admission::Accept,
            _ => Admission::Drop,
        }
    }
}

impl Machine<'_, '_> {
    /// Sends the packet, whose tags are those that it leaves with, through a bond.
    pub(super) fn send_bond(&mut self, bond: &XBond, last: bool) {
        let members = match bond.choose() {
            Chosen::Nobody => return,
            Chosen::One(number) => {
                if !bond.is_captured {
                    self.assume(Assumption::Bond(bond.name.clone()));
                }
                return self.send(number, last, false);
            }
            Chosen::AnyOf(members) => members,
        };
        if !bond.is_captured {
            self.assume(Assumption::Bond(bond.name.clone()));
        }
        self.assume(Assumption::Member(bond.name.clone()));
        self.commit();
        match (bond.mode, bond.recirculation) {
            (BondMode::BalanceTcp, Some(id)) => {
                self.emit(DpAction::Hash("l4", bond.basis));
                self.emit(DpAction::Recirc(id));
            }
            // The switch picks one of them; which, follows from what it has sent before.
            _ => {
                let first = members.iter().find_map(|number| self.port(*number)?.dp);
                first.into_iter().for_each(|dp| self.emit(DpAction::Output(dp)));
            }
        }
        for number in members {
            let Some(name) = self.port(number).map(|port| port.name.clone()) else { continue };
            let mut state = self.state(self.table, false, &[]);
            let output = Output { port: number, max_len: 0 };
            state.frozen = vec![Frozen::Action(Cow::Owned(output.into()))];
            let picked = Some(Picked::Member(bond.name.clone(), name));
            let packet = self.packet.clone();
            self.shared.outcomes.push_back(Fork { id: 0, pass: self.pass, packet, nat: None, state, picked });
        }
    }

    /// Whether the packet is not taken from a bond; a remark says why.
    pub(super) fn bond_refuses(&mut self, here: &BridgeWorld<'_>, input: &XPort, vlan: u16) -> bool {
        let Some(bond) = &input.bond else { return false };
        if !bond.is_captured {
            self.assume(Assumption::Bond(bond.name.clone()));
        }
        self.hangs_on(crate::field::slot::Slot::new(word::ETH_DST, 8, 1));
        self.note(|tracker, _| tracker.is_coarse = true);
        let to = self.packet.get(table::ETH_DST.slot);
        match bond.admits(input.number, to) {
            Admission::Accept => false,
            Admission::Drop => {
                self.remark(Remark::BondRefused);
                true
            }
            Admission::DropIfMoved => {
                let from = self.packet.get(table::ETH_SRC.slot);
                self.hangs_on(table::ETH_SRC.slot);
                let entry = here.bridge.fdb.iter().find(|e| e.mac == from && e.vlan == vlan);
                let is_elsewhere = entry.is_some_and(|e| here.port(e.port).is_none_or(|p| p.group != input.group));
                if !is_elsewhere || self.is_gratuitous_arp(to) {
                    return false;
                }
                self.remark(Remark::LoopedBack);
                true
            }
        }
    }

    /// Whether somebody tells that he has moved here.
    fn is_gratuitous_arp(&mut self, to: u64) -> bool {
        const BROADCAST: u64 = 0xffff_ffff_ffff;
        for slot in [proto::DL_TYPE, table::ETH_DST.slot, proto::NW_PROTO, table::IP_SRC.slot, table::IP_DST.slot] {
            self.hangs_on(slot);
        }
        let (src, dst) = (self.packet.key.word(word::IP_SRC), self.packet.key.word(word::IP_DST));
        let says_so = match self.packet.nw_proto() {
            2 => true,
            1 => src == dst,
            _ => false,
        };
        self.packet.dl_type() == ethertype::ARP && to == BROADCAST && says_so
    }
}
