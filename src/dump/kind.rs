//! What a text is, told by what stands in it and never by its name.

use super::flow_line::{self, looks_like_a_flow};
use super::{
    conntrack, datapath, dpif_show, fdb, fragments, groups, meters, ovn, ovsdb_file, ovsdb_json, ovsdb_text, ports,
    tables, vsctl,
};

/// A kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Flows: a dump, or a file of flows.
    Flows,
    /// Groups.
    Groups,
    /// What groups counted.
    GroupStats,
    /// Meters.
    Meters,
    /// What meters counted.
    MeterStats,
    /// A bridge with its ports.
    Show,
    /// Ports.
    PortsDesc,
    /// What ports counted.
    Ports,
    /// What tables counted.
    Tables,
    /// Tunnel options.
    TlvMap,
    /// How fragments are dealt with.
    Fragments,
    /// Learned addresses.
    Fdb,
    /// Tunnels.
    Tunnels,
    /// The neighbours behind tunnels.
    TunnelNeighbours,
    /// A database as text.
    DatabaseText,
    /// A database as JSON.
    DatabaseJson,
    /// A database file or backup.
    DatabaseFile,
    /// A database as `ovs-vsctl show` has it.
    VsctlShow,
    /// Flows of a datapath.
    DatapathFlows,
    /// The ports of bridges in a datapath.
    DpifShow,
    /// The ports of a datapath.
    DpctlShow,
    /// Tracked connections.
    Conntrack,
    /// A trace.
    Trace,
    /// OVN's logical flows.
    LogicalFlows,
    /// OVN's Northbound database in short.
    NbctlShow,
    /// OVN's Southbound database in short.
    SbctlShow,
    /// Conntrack zones of ovn-controller.
    CtZones,
    /// Groups of ovn-controller by name.
    GroupTable,
    /// Meters of ovn-controller by name.
    MeterTable,
    /// A list of things as Neutron's API gives it.
    NeutronList,
    /// Other JSON.
    Json,
    /// Nothing at all.
    Empty,
    /// Bytes that are no text.
    Binary,
    /// Text of no known kind.
    Other,
}

/// What a kind is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// One bridge.
    Bridge,
    /// A node with its bridges.
    Node,
    /// What lies above nodes: databases of OVN, lists of Neutron.
    Site,
    /// Nothing that a snapshot holds.
    Nothing,
}

/// A row for each kind: its name, the command that prints it, what it is about, and how it is recognised.
type Row = (Kind, &'static str, &'static str, About, fn(&str) -> bool);

/// The kinds, in the order in which they are asked; those with little to go by come last.
pub const KINDS: [Row; 34] = [
    (Kind::Groups, "groups", "ovs-ofctl dump-groups", About::Bridge, groups::is_groups),
    (Kind::GroupStats, "group counters", "ovs-ofctl dump-group-stats", About::Bridge, groups::is_group_stats),
    (Kind::Meters, "meters", "ovs-ofctl dump-meters", About::Bridge, meters::is_meters),
    (Kind::MeterStats, "meter counters", "ovs-ofctl meter-stats", About::Bridge, meters::is_meter_stats),
    (Kind::Show, "bridge and ports", "ovs-ofctl show", About::Bridge, ports::is_show),
    (Kind::PortsDesc, "ports", "ovs-ofctl dump-ports-desc", About::Bridge, ports::is_ports_desc),
    (Kind::Ports, "port counters", "ovs-ofctl dump-ports", About::Bridge, ports::is_ports),
    (Kind::Tables, "table counters", "ovs-ofctl dump-tables", About::Bridge, tables::is_tables),
    (Kind::TlvMap, "tunnel options", "ovs-ofctl dump-tlv-map", About::Bridge, tables::is_tlv_map),
    (Kind::Fragments, "fragment handling", "ovs-ofctl get-frags", About::Bridge, fragments::is_get_frags),
    (Kind::Fdb, "learned addresses", "ovs-appctl fdb/show", About::Bridge, fdb::is_fdb),
    (Kind::Tunnels, "tunnels", "ovs-appctl ofproto/list-tunnels", About::Node, fdb::is_tunnels),
    (Kind::TunnelNeighbours, "tunnel neighbours", "ovs-appctl tnl/arp/show", About::Node, fdb::is_tunnel_neighbours),
    (Kind::DatabaseFile, "database file", "ovsdb-client backup", About::Node, ovsdb_file::is_ovsdb_file),
    (Kind::DatabaseJson, "database", "ovsdb-client -f json dump", About::Node, ovsdb_json::is_ovsdb_json),
    (Kind::DatabaseText, "database", "ovsdb-client dump", About::Node, ovsdb_text::is_ovsdb_text),
    (Kind::VsctlShow, "database in short", "ovs-vsctl show", About::Node, vsctl::is_vsctl_show),
    (Kind::Conntrack, "connections", "ovs-appctl dpctl/dump-conntrack", About::Node, conntrack::is_conntrack),
    (Kind::DatapathFlows, "datapath flows", "ovs-appctl dpctl/dump-flows", About::Node, datapath::is_dp_flows),
    (Kind::DpifShow, "datapath ports", "ovs-appctl dpif/show", About::Node, dpif_show::is_dpif_show),
    (Kind::DpctlShow, "datapath ports", "ovs-appctl dpctl/show", About::Node, dpif_show::is_dpctl_show),
    (Kind::LogicalFlows, "logical flows", "ovn-sbctl lflow-list", About::Site, ovn::is_lflow_list),
    (Kind::NbctlShow, "logical network", "ovn-nbctl show", About::Site, ovn::is_nbctl_show),
    (Kind::SbctlShow, "chassis", "ovn-sbctl show", About::Site, ovn::is_sbctl_show),
    (Kind::Trace, "trace", "ovs-appctl ofproto/trace", About::Nothing, is_trace),
    (Kind::Flows, "flows", "ovs-ofctl dump-flows", About::Bridge, is_flows),
    (Kind::NeutronList, "Neutron list", "openstack network list", About::Site, is_neutron_list),
    (Kind::Json, "JSON", "", About::Nothing, |head| head.trim_start().starts_with(['{', '['])),
    (Kind::GroupTable, "groups by name", "ovn-appctl group-table-list", About::Node, ovn::is_group_table),
    (Kind::MeterTable, "meters by name", "ovn-appctl meter-table-list", About::Node, ovn::is_meter_table),
    (Kind::CtZones, "conntrack zones", "ovn-appctl ct-zone-list", About::Node, ovn::is_ct_zones),
    (Kind::Empty, "nothing", "", About::Nothing, |head| head.trim().is_empty()),
    (Kind::Binary, "no text", "", About::Nothing, |_| false),
    (Kind::Other, "other text", "", About::Nothing, |_| true),
];

impl Kind {
    /// The kind of a text that begins with these bytes.
    pub fn of(head: &[u8]) -> Kind {
        if is_tar(head) {
            return Kind::Binary;
        }
        let head = String::from_utf8_lossy(head);
        let kind = KINDS.iter().find(|(.., is)| is(&head)).map_or(Kind::Other, |(kind, ..)| *kind);
        // A dump may have a hole of zeros where a disk failed; what is nothing else is no text.
        if kind.about() == About::Nothing && head.contains('\0') { Kind::Binary } else { kind }
    }

    fn row(self) -> &'static Row {
        KINDS.iter().find(|(kind, ..)| *kind == self).expect("every kind has a row")
    }

    /// Its name, as people read it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The command that prints it; empty if no single one does.
    pub fn command(self) -> &'static str {
        self.row().2
    }

    /// What it is about.
    pub fn about(self) -> About {
        self.row().3
    }
}

/// Whether a file is a tar archive (POSIX.1, `ustar` at byte 257).
pub fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// Whether a text holds flows: most of its first lines do, headings and comments aside.
pub fn is_flows(head: &str) -> bool {
    let (mut flows, mut others) = (0, 0);
    for line in head.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(20) {
        match super::flows::heading(line).is_some() || looks_like_a_flow(line) {
            true => flows += 1,
            false => others += 1,
        }
    }
    flows > 0 && flows >= others
}

/// Whether a text is what `ofproto/trace` printed.
fn is_trace(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(|line| line.starts_with("Flow: "))
        && lines.next().is_some_and(|line| line.starts_with("bridge(\"") || line.starts_with("thaw"))
}

/// Whether a text is JSON as Neutron's API answers a list request: an object with one list, named in the plural.
fn is_neutron_list(head: &str) -> bool {
    /// The names of such lists (Neutron API reference; neutron-fwaas).
    const LISTS: [&str; 19] = [
        "address_groups",
        "agents",
        "firewall_groups",
        "firewall_policies",
        "firewall_rules",
        "floatingips",
        "log",
        "logs",
        "networks",
        "policies",
        "ports",
        "qos_policies",
        "rbac_policies",
        "routers",
        "security_group_rules",
        "security_groups",
        "servers",
        "subnets",
        "trunks",
    ];
    let Some(rest) = head.trim_start().strip_prefix('{') else { return false };
    let Some((name, rest)) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
        return false;
    };
    LISTS.contains(&name) && rest.trim_start().strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with('['))
}

/// Whether the first flow of a text is one that a person wrote: no counters, and no blank in front.
pub fn is_typed(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.find(|line| super::flows::heading(line).is_none()).is_some_and(flow_line::is_typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_by_what_stands_in_them() {
        let cases = [
            ("NXST_FLOW reply (xid=0x4):\n cookie=0x0, duration=1s, table=0, n_packets=0 actions=drop\n", Kind::Flows),
            (" priority=0 actions=drop\n", Kind::Flows),
            ("# mine\ntable=0,in_port=1,actions=2\n", Kind::Flows),
            ("delete table=0\nadd table=1 actions=drop\n", Kind::Flows),
            ("duration=1s, n_packets=0, n_bytes=0, priority=0,actions=drop\n", Kind::Flows),
            ("OFPST_GROUP_DESC reply (OF1.3) (xid=0x2):\n group_id=1,type=all\n", Kind::Groups),
            ("Flow: ip\n\nbridge(\"br-int\")\n---", Kind::Trace),
            ("{\"ports\": [{\"id\": \"x\"}]}", Kind::NeutronList),
            ("{\"ports\": 3}", Kind::Json),
            ("nx-match\n", Kind::Fragments),
            ("\n\n", Kind::Empty),
            ("", Kind::Empty),
            ("a\0b", Kind::Binary),
            (" priority=0 actions=drop\n\0\0\0\n priority=1 actions=drop\n", Kind::Flows),
            ("the actions=of a person are many\nand so are his words\n", Kind::Other),
            ("hello\n", Kind::Other),
        ];
        for (text, kind) in cases {
            assert_eq!(Kind::of(text.as_bytes()), kind, "{text}");
        }
    }

    #[test]
    fn every_kind_has_one_row() {
        for (n, (kind, name, ..)) in KINDS.iter().enumerate() {
            assert!(kind.name() == *name && KINDS[..n].iter().all(|(other, ..)| other != kind));
        }
    }
}
