//! What may differ among flows of one template.
//!
//! Ports, addresses, VLANs, tunnels, zones, conjunctions and the numbers in registers and metadata vary. What a flow *is
//! about* does not: protocols, flags such as ct_state, types of ICMP, marks, and bits of a register that are too few for
//! anything but flags. Nor do masks: a flow for a prefix and one for a host have different shapes. The exception are ports
//! of TCP, UDP and SCTP, because a range of them is matched by several masks.

use std::sync::LazyLock;

use smallvec::SmallVec;

use crate::action::conntrack::{NatAddresses, NatRange, Zone};
use crate::action::learn::Spec;
use crate::action::{Action, Actions};
use crate::field::FieldId;
use crate::field::bits::Bits;
use crate::field::names::port;
use crate::field::proto::{ethertype, ipproto};
use crate::field::slot::{WordId, word};
use crate::field::table::{self, Field, Format};
use crate::model::naming::{Carries, Naming};
use crate::model::store::FlowRef;

/// What kind of thing varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    Port,
    PortRange,
    Address,
    Mac,
    Vlan,
    Network,
    Zone,
    Conjunction,
    Datapath,
    Tunnel,
    Group,
    Meter,
    Value,
}

impl Thing {
    /// What several of them are called.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Thing::Port => "ports",
            Thing::PortRange => "port ranges",
            Thing::Address => "IPs",
            Thing::Mac => "MACs",
            Thing::Vlan => "VLANs",
            Thing::Network => "networks",
            Thing::Zone => "zones",
            Thing::Conjunction => "conjunctions",
            Thing::Datapath => "datapaths",
            Thing::Tunnel => "tunnels",
            Thing::Group => "groups",
            Thing::Meter => "meters",
            Thing::Value => "values",
        }
    }

    /// What some bits of a field hold: the lowest, and how many.
    pub(super) fn of_field(field: &Field, (offset, width): (u16, u16), naming: &Naming) -> Thing {
        // Whoever matches a register whole means the number in its lower bits.
        let below = || naming.registers.iter().find(|r| r.field == field.id && r.bits.0 == offset);
        match naming.register(field.id, offset, width).or_else(below).map(|word| word.carries) {
            Some(Carries::Port | Carries::LogicalPort) => return Thing::Port,
            Some(Carries::LocalVlan) => return Thing::Network,
            Some(Carries::Datapath) => return Thing::Datapath,
            Some(Carries::Ipv4) => return Thing::Address,
            Some(Carries::Conjunction) => return Thing::Conjunction,
            Some(Carries::Zone) => return Thing::Zone,
            Some(Carries::Segment) => return Thing::Tunnel,
            Some(Carries::Bits | Carries::Refusal) | None => {}
        }
        match field.format {
            Format::Port => Thing::Port,
            Format::Ethernet => Thing::Mac,
            Format::Ipv4 | Format::Ipv6 => Thing::Address,
            _ if is_vlan(field) => Thing::Vlan,
            _ if is_transport_port(field) => Thing::Port,
            _ => match field.id {
                table::CONJ_ID => Thing::Conjunction,
                table::CT_ZONE => Thing::Zone,
                table::TUN_ID => Thing::Tunnel,
                _ => Thing::Value,
            },
        }
    }
}

fn is_vlan(field: &Field) -> bool {
    matches!(field.id, table::VLAN_TCI | table::DL_VLAN | table::VLAN_VID)
}

/// Whether a field is a port of TCP, UDP or SCTP.
pub(super) fn is_transport_port(field: &Field) -> bool {
    matches!(field.dump_name, "tp_src" | "tp_dst" | "ct_tp_src" | "ct_tp_dst")
}

fn is_register(field: &Field) -> bool {
    field.id == table::METADATA || (word::REG..word::REG + 32).contains(&field.slot.word)
}

/// Whether values of a field may differ among flows of one template.
pub(super) fn varies(field: &Field) -> bool {
    matches!(field.format, Format::Port | Format::Ethernet | Format::Ipv4 | Format::Ipv6)
        || is_register(field)
        || is_vlan(field)
        || is_transport_port(field)
        || matches!(field.id, table::CONJ_ID | table::CT_ZONE | table::TUN_ID | table::MPLS_LABEL | table::RECIRC_ID)
}

/// The bits of a register that are a flag or a few; more may be a number of something.
const FLAGS: u32 = 8;

/// The bits that may vary, by word, whatever the protocol is.
static VARYING: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut words = vec![0; usize::from(word::END)];
    for field in FieldId::all().filter(|f| varies(f)) {
        for (id, bits) in field.slot.words() {
            words[usize::from(id)] |= bits;
        }
    }
    // The bits of the tag beside its number tell that it is there.
    words[usize::from(word::VLAN)] = 0x0fff;
    words
});

/// The bits of a matched word that may vary.
pub(super) fn varying(id: WordId, mask: u32, is_icmp: bool) -> u32 {
    let is_register = (word::REG..word::REG + 32).contains(&id);
    match id {
        _ if is_register && mask.count_ones() <= FLAGS => 0,
        word::TP if is_icmp => 0,
        _ => VARYING.get(usize::from(id)).copied().unwrap_or(0),
    }
}

/// The matched bits of a word, as they count for a template: a transport port is matched or not.
pub(super) fn widened(id: WordId, mask: u32) -> u32 {
    let half = |bits: u32| if mask & bits == 0 { 0 } else { bits };
    if id == word::TP { half(0xffff_0000) | half(0xffff) } else { mask }
}

/// Whether a value of the word that tells the protocol says ICMP or ICMPv6.
pub(super) fn is_icmp(value: u32) -> bool {
    let (dl_type, nw_proto) = ((value >> 16) as u16, (value >> 8) as u8);
    matches!((dl_type, nw_proto), (ethertype::IP, ipproto::ICMP) | (ethertype::IPV6, ipproto::ICMPV6))
}

/// The words of a field among those of a shape: where they stand, and which bits are the field's.
pub(super) fn parts(field: &Field, masks: &[(WordId, u32)]) -> SmallVec<[(usize, u32); 4]> {
    let at = |id: WordId| masks.iter().position(|(word, _)| *word == id);
    field.slot.words().filter_map(|(id, bits)| at(id).map(|at| (at, bits))).collect()
}

/// A list of actions with zeros where flows of one template may differ.
pub(super) fn blanked(actions: &Actions) -> Actions {
    let mut actions = actions.clone();
    actions.0.iter_mut().for_each(blank);
    actions
}

fn blank(action: &mut Action) {
    match action {
        Action::Output(a) => blank_port(&mut a.port),
        Action::OutputTrunc(a) => blank_port(&mut a.port),
        Action::Enqueue(a) => {
            blank_port(&mut a.port);
            a.queue = 0;
        }
        // The first four bytes tell ovn-controller what to do (ovn/actions.h, `action_header`), the others with what.
        Action::Controller(a) => a.userdata.truncate(4),
        Action::Group(a) => a.0 = 0,
        Action::Bundle(a) => a.members.iter_mut().for_each(blank_port),
        Action::SetField(a) if varies(&a.field) && (!is_register(&a.field) || a.mask.count_ones() > FLAGS as usize) => {
            a.value = Bits::zero(usize::from(a.field.bytes) * 8);
        }
        Action::Resubmit(a) => blank_port(&mut a.in_port),
        Action::WriteMetadata(a) => a.value = 0,
        Action::Meter(a) => a.0 = 0,
        Action::SetQueue(a) => a.0 = 0,
        Action::Conjunction(a) => a.id = 0,
        Action::Clone(a) => a.actions.0.iter_mut().for_each(blank),
        Action::WriteActions(a) => a.actions.0.iter_mut().for_each(blank),
        Action::Ct(ct) => {
            // Zone 0 is not printed, so it is another thing than a zone.
            if let Zone::Number(n) = &mut ct.zone {
                *n = u16::from(*n != 0);
            }
            ct.actions.0.iter_mut().for_each(blank);
        }
        Action::Nat(a) => {
            if let Some(range) = &mut a.range {
                blank_range(range);
            }
        }
        Action::Learn(a) => {
            a.cookie = 0;
            for spec in &mut a.specs {
                if let Spec::MatchValue { field: to, value } | Spec::LoadValue { to, value } = spec
                    && varies(&to.field)
                    && u32::from(to.width) > FLAGS
                {
                    *value = Bits::zero(to.width.into());
                }
            }
        }
        _ => {}
    }
}

/// A port of its own; the reserved ones are words, not numbers.
fn blank_port(number: &mut u32) {
    if port::reserved_name(*number).is_none() {
        *number = 0;
    }
}

/// A range of addresses stays one: what is printed for it must be made of as many pieces.
fn blank_range(range: &mut NatRange) {
    match &mut range.addresses {
        NatAddresses::V4(first, last) => (*first, *last) = (0, u32::from(*last != 0 && last != first)),
        NatAddresses::V6(first, last) => (*first, *last) = (0, u128::from(*last != 0 && last != first)),
    }
    let (first, last) = range.ports;
    range.ports = (u16::from(first != 0), if last != 0 && last != first { 2 } else { 0 });
}

/// The port that a match is about: in_port, else a register that carries ports.
pub(super) fn port_of_match(flow: FlowRef<'_>, naming: &Naming) -> Option<u32> {
    let (number, mask) = flow.word(word::IN_PORT);
    if mask == u32::MAX {
        return Some(number);
    }
    let carriers = naming.registers.iter().filter(|r| r.carries == Carries::Port);
    let matched = |r: &crate::model::naming::RegisterWord| {
        let (value, mask) = flow.word(r.field.slot.word);
        let bits = crate::field::slot::ones(r.bits.1) << r.bits.0;
        (r.bits.0 + r.bits.1 <= 32 && is_register(&r.field) && mask & bits == bits).then(|| (value & bits) >> r.bits.0)
    };
    carriers.filter(|r| r.field.slot.width == 32).find_map(matched)
}

/// The port that actions are about: what they write to a register that carries ports, else where they output to.
pub(super) fn port_of_actions(actions: &Actions, naming: &Naming) -> Option<u32> {
    let mut written = None;
    let mut out = None;
    actions.each(&mut |action| match action {
        Action::SetField(a) if a.is_exact() => {
            let carries = naming.register(a.field, 0, a.field.bits).map(|r| r.carries);
            if carries == Some(Carries::Port) {
                written.get_or_insert(a.value.to_u64() as u32);
            }
        }
        Action::Output(a) if port::reserved_name(a.port).is_none() || a.port == port::LOCAL => {
            out.get_or_insert(a.port);
        }
        _ => {}
    });
    written.or(out)
}

/// The conjunction that a match asks for.
pub(super) fn conjunction_of_match(flow: FlowRef<'_>) -> Option<u32> {
    let (id, mask) = flow.word(word::CONJ_ID);
    (mask == u32::MAX).then_some(id)
}

/// The conjunction that actions are a clause of.
pub(super) fn conjunction_of_actions(actions: &Actions) -> Option<u32> {
    actions.0.iter().find_map(|action| match action {
        Action::Conjunction(a) => Some(a.id),
        _ => None,
    })
}
