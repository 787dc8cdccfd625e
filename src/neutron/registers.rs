//! What Neutron's agent carries in registers and other fields: one row each.
//!
//! Sources: `neutron/agent/common/ovs_lib.py`, `neutron_lib/agent/common/constants.py` (the numbers), and
//! `neutron/agent/linux/openvswitch_firewall/` (what the firewall does with them).

use crate::field::table::{self, FieldId};
use crate::model::naming::{Carries, Kind, RegisterWord};

/// Bits of a field that carry something on one kind of bridge.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The kind of bridge.
    pub kind: Kind,
    /// The field.
    pub field: FieldId,
    /// The lowest bit, and how many.
    pub bits: (u16, u16),
    /// Its name.
    pub name: &'static str,
    /// What it carries.
    pub doc: &'static str,
    /// What the number is.
    pub carries: Carries,
}

const fn int(field: FieldId, bits: (u16, u16), name: &'static str, carries: Carries, doc: &'static str) -> Row {
    Row { kind: Kind::Integration, field, bits, name, doc, carries }
}

const REG: FieldId = table::REG;

/// Every row.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    int(REG.nth(2), (0, 32), "DSCP mark set", Carries::Bits,
        "1 once QoS has written the packet's DSCP, so that it is not done twice"),
    int(REG.nth(3), (0, 1), "REG_INGRESS_BW_LIMIT", Carries::Bits,
        "1 once the packet has its default queue, so that it is not set twice"),
    int(REG.nth(4), (0, 1), "REG_MIN_BW", Carries::Bits,
        "1 once the packet has its mark or queue for a guaranteed bandwidth"),
    int(REG.nth(5), (0, 32), "REG_PORT", Carries::Port,
        "the local port whose packets are filtered: the sender in the egress tables, the receiver in the ingress tables"),
    int(REG.nth(6), (0, 32), "REG_NET", Carries::LocalVlan,
        "the network, as its local VLAN; connection tracking uses it as the zone"),
    int(REG.nth(7), (0, 32), "REG_REMOTE_GROUP", Carries::Conjunction,
        "the conjunction that accepted the packet, for the log"),
    int(table::CT_ZONE, (0, 16), "zone", Carries::LocalVlan,
        "the connection tracking zone: each network has its own, numbered as its local VLAN"),
    int(table::CT_MARK, (0, 32), "CT_MARK_INVALID", Carries::Bits,
        "1 when no rule allows the connection any more"),
    int(table::PKT_MARK, (0, 32), "minimum bandwidth mark", Carries::Port,
        "the port whose guaranteed bandwidth the packet uses"),
    Row { kind: Kind::Tunnel, field: table::TUN_ID, bits: (0, 64), name: "segmentation id", carries: Carries::Segment,
        doc: "the network, as the tunnel key it has on every host" },
];

/// The rows of a kind of bridge, as a naming has them.
pub fn words(kind: Kind) -> Vec<RegisterWord> {
    ROWS.iter()
        .filter(|r| r.kind == kind)
        .map(|r| RegisterWord {
            field: r.field,
            bits: r.bits,
            name: r.name.into(),
            doc: r.doc.into(),
            carries: r.carries,
            scope: None,
        })
        .collect()
}
