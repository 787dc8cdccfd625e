//! What agents write for every port, network and host, whatever the rules: one row each.
//!
//! Sources: `neutron/plugins/ml2/drivers/openvswitch/agent/openflow/native/` (the bridges) and
//! `neutron/agent/linux/openvswitch_firewall/firewall.py` (tables 60 and 71 to 94).

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::action::Action;
use crate::field::names::port;
use crate::model::flow::TableId;
use crate::model::naming::Kind;
use crate::model::owner::{How, Owner, OwnerKind, System};
use crate::model::store::FlowRef;

/// Flows of one table and priority.
struct Row {
    kind: Kind,
    tables: RangeInclusive<TableId>,
    priority: RangeInclusive<u32>,
    /// The program it belongs to, as filters name it.
    program: &'static str,
    what: &'static str,
    /// Whether only flows are meant that drop, or only those that do not.
    drops: Option<bool>,
}

const fn int(tables: RangeInclusive<TableId>, priority: RangeInclusive<u32>, what: &'static str) -> Row {
    Row { kind: Kind::Integration, tables, priority, program: "l2", what, drops: None }
}

const fn tun(tables: RangeInclusive<TableId>, priority: RangeInclusive<u32>, what: &'static str) -> Row {
    Row { kind: Kind::Tunnel, tables, priority, program: "l2", what, drops: None }
}

const fn phy(tables: RangeInclusive<TableId>, priority: RangeInclusive<u32>, what: &'static str) -> Row {
    Row { kind: Kind::Provider, tables, priority, program: "l2", what, drops: None }
}

impl Row {
    const fn by(self, program: &'static str) -> Row {
        Row { program, ..self }
    }

    const fn drops(self, drops: bool) -> Row {
        Row { drops: Some(drops), ..self }
    }

    fn fits(&self, kind: Kind, flow: FlowRef<'_>) -> bool {
        self.kind == kind
            && self.tables.contains(&flow.table())
            && self.priority.contains(&flow.priority())
            && self.drops.is_none_or(|drops| drops == flow.actions().is_drop())
    }

    fn owner(&self) -> Owner {
        let system = if self.program == "fwaas" { System::Fwaas } else { System::Agent };
        base(system, self.program, self.what)
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    int(0..=0, 65535..=65535, "the dead VLAN").drops(true),
    int(0..=0, 65535..=65535, "QoS: the DSCP mark of the port").drops(false).by("qos"),
    int(0..=0, 200..=200, "QoS or metadata").by("qos"),
    int(0..=0, 99..=99, "distributed routing: ARP replies").by("dvr"),
    int(0..=0, 10..=11, "ARP and neighbour spoofing"),
    int(0..=0, 9..=9, "MAC spoofing"),
    int(0..=0, 8..=8, "local IP"),
    int(0..=0, 4..=5, "distributed routing").by("dvr"),
    int(0..=0, 3..=3, "provider VLAN to local VLAN"),
    int(0..=0, 2..=2, "unknown provider VLANs, or a port that is down").drops(true),
    int(0..=0, 2..=2, "distributed routing").drops(false).by("dvr"),
    int(1..=4, 1..=20, "distributed routing").by("dvr"),
    int(23..=23, 0..=0, "canary of the agent"),
    int(24..=25, 0..=2, "spoofing protection"),
    int(30..=31, 0..=11, "local IP"),
    int(58..=59, 100..=100, "rate limit").by("qos"),
    int(60..=60, 200..=200, "metadata").by("metadata"),
    int(60..=60, 105..=105, "firewall as a service: packets from the port").by("fwaas"),
    int(60..=60, 102..=102, "DNS forwarder"),
    int(60..=60, 101..=101, "DHCP responder").by("dhcp"),
    int(60..=60, 100..=100, "packets from the port"),
    int(60..=60, 95..=95, "firewall as a service: packets to the port").by("fwaas"),
    int(60..=60, 90..=90, "packets to the port"),
    int(60..=60, 20..=20, "distributed routing: packets to the port").by("dvr"),
    int(60..=60, 1..=9, "the rest goes on"),
    int(61..=62, 0..=12, "direct delivery"),
    int(64..=64, 10..=95, "firewall as a service: anti-spoofing").by("fwaas"),
    int(65..=65, 40..=50, "firewall as a service: connections from the port").by("fwaas"),
    int(66..=66, 80..=105, "firewall as a service: accepted from the port").by("fwaas"),
    int(68..=68, 80..=100, "firewall as a service: always allowed to the port").by("fwaas"),
    int(69..=69, 40..=50, "firewall as a service: connections to the port").by("fwaas"),
    int(71..=71, 110..=110, "tracked packets begin anew"),
    int(71..=71, 95..=95, "ARP and neighbour discovery with the port's own addresses"),
    int(71..=71, 80..=80, "DHCP requests of the port"),
    int(71..=71, 70..=70, "the port is no DHCP server and no router"),
    int(71..=71, 65..=65, "packets with the port's own addresses"),
    int(71..=71, 10..=10, "packets with addresses that the port may not use"),
    int(72..=72, 40..=50, "connections from the port"),
    int(73..=73, 105..=105, "firewall as a service: delivery on this node").by("fwaas"),
    int(73..=73, 100..=100, "delivery on this node"),
    int(73..=73, 80..=90, "accepted packets from the port"),
    int(77..=78, 0..=100, "DHCP responder").by("dhcp"),
    int(81..=81, 80..=100, "always allowed to the port"),
    int(82..=82, 40..=50, "connections to the port"),
    int(91..=94, 1..=60, "accepted and dropped packets"),
    tun(0..=0, 1..=1, "packets of a port"),
    tun(1..=1, 0..=2, "distributed routing").by("dvr"),
    tun(2..=2, 0..=1, "unicast, flooding or ARP"),
    tun(3..=6, 1..=1, "tunnel key to local VLAN"),
    tun(9..=9, 0..=1, "distributed routing: packets that are not learned from").by("dvr"),
    tun(10..=10, 1..=2, "learning"),
    tun(20..=20, 1..=1, "learned from a packet"),
    tun(20..=20, 2..=2, "L2 population: unicast"),
    tun(21..=21, 1..=1, "ARP responder"),
    tun(22..=22, 1..=1, "flooding to the network's hosts"),
    tun(22..=22, 3..=3, "distributed routing: the gateway's ARP stays here").by("dvr"),
    phy(0..=0, 200..=201, "QoS or metadata").by("qos"),
    phy(0..=3, 4..=4, "local VLAN to provider VLAN"),
    phy(0..=3, 1..=2, "packets of networks that are not here").drops(true),
    phy(0..=3, 1..=2, "distributed routing").drops(false).by("dvr"),
    phy(22..=22, 3..=3, "distributed routing: the gateway's ARP stays here").by("dvr"),
    phy(80..=91, 0..=202, "metadata").by("metadata"),
];

fn base(system: System, program: &str, what: &str) -> Owner {
    Owner { system, kind: OwnerKind::Base, id: program.into(), name: what.into(), why: How::Pattern }
}

/// The owners of the rows, then that of what tables do with the rest, then that of what Open vSwitch writes itself.
static OWNERS: LazyLock<Vec<Owner>> = LazyLock::new(|| {
    let rest = base(System::Agent, "l2", "what the table does with the rest");
    let switch = base(System::Agent, "l2", "a bridge without a controller is a learning switch");
    ROWS.iter().map(Row::owner).chain([rest, switch]).collect()
});

/// Whether it is the flow that Open vSwitch writes into a bridge that nobody controls (ovs-vswitchd.conf.db(5),
/// "fail_mode").
pub(super) fn is_standalone(flow: FlowRef<'_>) -> bool {
    let is_normal = matches!(&flow.actions().0[..], [Action::Output(o)] if o.port == port::NORMAL);
    flow.cookie() == 0 && flow.table() == 0 && is_any(flow) && is_normal
}

fn is_any(flow: FlowRef<'_>) -> bool {
    flow.priority() == 0 && flow.shape().masks.is_empty()
}

/// What a flow is of the things that every bridge of its kind has.
pub(super) fn owner(kind: Kind, flow: FlowRef<'_>) -> Option<&'static Owner> {
    let row = ROWS.iter().position(|row| row.fits(kind, flow));
    let rest = || is_any(flow).then_some(ROWS.len() + usize::from(is_standalone(flow)));
    row.or_else(rest).map(|at| &OWNERS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_stands_behind_one_that_takes_all_its_flows() {
        for (at, row) in ROWS.iter().enumerate() {
            let takes_all = |other: &&Row| {
                other.kind == row.kind
                    && other.tables.contains(row.tables.start())
                    && other.tables.contains(row.tables.end())
                    && other.priority.contains(row.priority.start())
                    && other.priority.contains(row.priority.end())
                    && (other.drops.is_none() || other.drops == row.drops)
            };
            assert!(ROWS[..at].iter().find(takes_all).is_none(), "{}", row.what);
        }
    }
}
