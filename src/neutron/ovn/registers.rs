//! What OVN carries in registers and other fields: one row each, with the releases in which it does.
//!
//! Sources: `include/ovn/logical-fields.h` (the fields of ovn-controller and the bits of its flags) and the `REG` and
//! `REGBIT` names of `northd/northd.c`, compared release by release. Logical `reg0[n]` is bit n of register 0, which
//! Open vSwitch may print as bit 96+n of xxreg0; `reg8[n]` may be printed as bit 32+n of xreg4.

use super::release::Release;
use crate::field::table::{self, FieldId};
use crate::model::naming::{Carries, RegisterWord, Scope};

/// Bits of a field that carry something.
#[derive(Debug, Clone, Copy)]
struct Row {
    field: FieldId,
    bits: (u16, u16),
    name: &'static str,
    carries: Carries,
    doc: &'static str,
    scope: Option<Scope>,
    /// The first release.
    since: &'static str,
    /// The first release without it; empty if there is none.
    until: &'static str,
}

const REG: FieldId = table::REG;

const fn any(field: FieldId, bits: (u16, u16), name: &'static str, carries: Carries, doc: &'static str) -> Row {
    Row { field, bits, name, carries, doc, scope: None, since: "20.03", until: "" }
}

/// A bit of the flags.
const fn flag(bit: u16, name: &'static str, doc: &'static str) -> Row {
    any(REG.nth(10), (bit, 1), name, Carries::Bits, doc)
}

/// Bits that logical switches use.
const fn switch(register: u8, bits: (u16, u16), name: &'static str, doc: &'static str) -> Row {
    Row { scope: Some(Scope::Switch), ..any(REG.nth(register), bits, name, Carries::Bits, doc) }
}

/// Bits that logical routers use.
const fn router(register: u8, bits: (u16, u16), name: &'static str, doc: &'static str) -> Row {
    Row { scope: Some(Scope::Router), ..any(REG.nth(register), bits, name, Carries::Bits, doc) }
}

impl Row {
    /// Holds an IPv4 address.
    const fn ipv4(self) -> Row {
        Row { carries: Carries::Ipv4, ..self }
    }

    /// Says that an earlier table refused the packet.
    const fn refuses(self) -> Row {
        Row { carries: Carries::Refusal, ..self }
    }

    const fn since(self, since: &'static str) -> Row {
        Row { since, ..self }
    }

    const fn until(self, until: &'static str) -> Row {
        Row { until, ..self }
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    any(table::METADATA, (0, 64), "datapath", Carries::Datapath, "the logical datapath: a logical switch or router"),
    any(REG.nth(14), (0, 32), "inport", Carries::LogicalPort, "the logical port the packet came in by"),
    any(REG.nth(15), (0, 32), "outport", Carries::LogicalPort, "the logical port, or group of ports, the packet goes to"),
    any(REG.nth(13), (0, 32), "ct zone", Carries::Zone, "the connection tracking zone of the logical port").until("24.03"),
    any(REG.nth(13), (0, 16), "ct zone", Carries::Zone, "the connection tracking zone of the logical port").since("24.03"),
    any(REG.nth(13), (16, 16), "encap id", Carries::Bits, "which of several tunnel addresses of this chassis is used").since("24.03"),
    any(REG.nth(11), (0, 32), "DNAT zone", Carries::Zone, "the connection tracking zone of the router for DNAT"),
    any(REG.nth(12), (0, 32), "SNAT zone", Carries::Zone, "the connection tracking zone of the router for SNAT"),
    any(table::CT_ZONE, (0, 16), "zone", Carries::Zone, "the connection tracking zone"),
    any(table::TUN_ID, (0, 24), "datapath", Carries::Datapath, "the logical datapath, as the tunnel's header has it"),
    any(table::TUN_METADATA, (0, 16), "outport", Carries::LogicalPort, "the logical output port, as the tunnel's header has it"),
    any(table::TUN_METADATA, (16, 15), "inport", Carries::LogicalPort, "the logical input port, as the tunnel's header has it"),
    any(table::CT_MARK, (0, 1), "blocked", Carries::Bits, "1 when no ACL allows the connection any more").since("21.12"),
    any(table::CT_MARK, (1, 1), "natted", Carries::Bits, "1 when load balancing changed the connection's addresses").since("21.12"),
    any(table::CT_LABEL, (0, 1), "blocked", Carries::Bits, "1 when no ACL allows the connection any more").until("21.12"),
    any(table::CT_LABEL, (1, 1), "natted", Carries::Bits, "1 when load balancing changed the connection's addresses").until("21.12"),
    any(REG.nth(5), (16, 16), "tunnel port", Carries::Port, "the tunnel the packet came in by").since("26.03"),

    any(REG.nth(10), (0, 32), "flags", Carries::Bits, "flags that ovn-controller and the pipelines hand on"),
    flag(0, "loopback", "the packet may leave through the port it came in by"),
    flag(1, "from a ramp switch", "the packet came through a VXLAN tunnel that does not tell the output port"),
    flag(2, "force SNAT for DNAT", "the gateway router must change the source of packets whose destination it changed"),
    flag(3, "force SNAT for LB", "the gateway router must change the source of packets that were load balanced"),
    flag(4, "local only", "the packet must not leave this chassis"),
    flag(5, "nested container", "the packet came from a container inside an instance"),
    flag(6, "MAC found", "the MAC address was found in the lookup"),
    flag(7, "hairpin found", "load balancing sends the packet back to its sender").since("20.12"),
    flag(8, "FDB found", "the sender's MAC address is known to be behind its port").since("21.03"),
    flag(9, "skip SNAT for LB", "the source of load balanced packets must stay").since("21.06"),
    flag(10, "from a localport", "the packet came from a localport, such as the metadata service").since("21.06"),
    flag(11, "use SNAT zone", "connection tracking uses the SNAT zone").since("21.12"),
    flag(12, "from controller", "ovn-controller made the packet").since("22.03").until("22.06"),
    flag(12, "port security failed", "the packet does not have the port's own addresses").refuses().since("22.06"),
    flag(13, "ECMP next hop", "the next hop of the connection's route was looked up").since("22.06"),
    flag(14, "use LB affinity", "the client already has a backend").since("22.12"),
    flag(15, "from localnet", "the packet came from a physical network").since("23.03"),
    flag(16, "from tunnel", "the packet came through a tunnel").since("23.09"),
    flag(17, "ICMP SNAT", "an ICMP error whose addresses must be translated").since("23.09"),
    flag(18, "IGMP injected", "an IGMP packet that ovn-controller sent back").since("23.06").until("23.09"),
    flag(18, "override local only", "the packet may leave this chassis after all").since("24.03"),
    flag(19, "from controller", "ovn-controller made the packet").since("24.03"),
    flag(20, "unSNAT new", "SNAT had nothing to undo, the connection is new").since("25.03"),
    flag(21, "unSNAT not tracked", "SNAT was not undone for the packet").since("25.03"),
    flag(22, "IGMP injected", "an IGMP packet that ovn-controller sent back").since("25.09"),
    flag(23, "sampled", "the packet was sampled in this zone already").since("26.03"),
    flag(24, "recirculated", "the packet has been through the table of local outputs").since("26.03"),
    flag(25, "EVPN found", "an EVPN neighbour was found in the lookup").since("main-2026-08"),
    any(REG.nth(10), (28, 4), "network id", Carries::Bits, "which of the port's networks the packet goes to").since("24.03"),

    switch(0, (0, 1), "conntrack wanted", "the ACLs want connection tracking"),
    switch(0, (1, 1), "commit wanted", "the connection is to be committed"),
    switch(0, (2, 1), "NAT wanted", "load balancing wants connection tracking"),
    switch(0, (3, 1), "DHCP answered", "ovn-controller made a DHCP answer"),
    switch(0, (4, 1), "DNS answered", "ovn-controller found the name"),
    switch(0, (5, 1), "RA made", "ovn-controller made a router advertisement"),
    switch(0, (6, 1), "hairpin", "load balancing sends the packet back to its sender"),
    switch(0, (7, 1), "ACL hint: allow new", "an ACL that allows would have to commit the connection").since("20.09"),
    switch(0, (8, 1), "ACL hint: allow", "the connection is allowed already, unless an ACL says otherwise").since("20.09"),
    switch(0, (9, 1), "ACL hint: drop", "an ACL that drops has only to drop").since("20.09"),
    switch(0, (10, 1), "ACL hint: block", "an ACL that drops has to mark the connection as blocked").since("20.09"),
    switch(0, (11, 1), "FDB known", "the sender's MAC address is known").since("21.03"),
    switch(0, (12, 1), "hairpin reply", "the reply to a packet that load balancing sent back to its sender").since("21.03"),
    switch(0, (13, 1), "ACL label", "the connection gets the ACL's label").since("21.09"),
    switch(0, (14, 1), "from a ramp switch", "the packet came from a hardware switch").since("21.09"),
    switch(0, (15, 1), "port security failed", "the packet does not have the port's own addresses").refuses().since("22.06"),
    switch(0, (16, 1), "stateless ACL", "a stateless ACL allows the packet, so it needs no connection tracking").since("22.03"),
    switch(0, (17, 1), "ACL hint: allow related", "the connection is allowed, as are related ones").since("22.09"),
    switch(0, (18, 1), "from a router port", "the packet came from a logical router").since("23.06"),
    switch(0, (19, 1), "fragment", "the packet is an IP fragment").since("24.03"),
    switch(0, (20, 1), "ACL persist id", "the ACL's number is kept with the connection").since("25.03"),
    switch(0, (21, 1), "ACL hint: allow persisted", "the ACL that allowed the connection is still there").since("25.03"),
    switch(0, (22, 8), "network function", "the network function the packet goes through").since("26.03"),
    switch(3, (0, 32), "ACL label", "the label of the ACL that allowed the packet").since("21.09").until("24.09"),
    switch(3, (0, 32), "sample id, new", "the number of the ACL's samples for new connections").since("24.09"),
    switch(8, (0, 8), "sample collector, new", "who gets samples of new connections").since("24.09"),
    switch(8, (8, 8), "sample collector, established", "who gets samples of established connections").since("24.09"),
    switch(8, (16, 1), "ACL verdict: allow", "an ACL allows the packet").since("23.06"),
    switch(8, (17, 1), "ACL verdict: drop", "an ACL drops the packet").refuses().since("23.06"),
    switch(8, (18, 1), "ACL verdict: reject", "an ACL rejects the packet").refuses().since("23.06"),
    switch(8, (19, 2), "ACL sample stage", "which stage samples the packet").since("24.09"),
    switch(8, (21, 1), "network function wanted", "an ACL sends the packet through a network function").since("26.03"),
    switch(8, (22, 1), "network function direction", "the packet goes as the connection's first one did").since("26.03"),
    switch(8, (23, 1), "network function loopback", "the packet comes back from a network function").since("26.03"),
    switch(8, (30, 2), "ACL tier", "which tier of ACLs is asked").since("23.06"),
    switch(9, (0, 32), "sample id, established", "the number of the ACL's samples for established connections").since("24.09"),
    switch(1, (0, 32), "load balancer address", "the virtual IPv4 address the packet went to").ipv4().since("21.03").until("25.03"),
    switch(2, (0, 16), "load balancer port", "the port of the virtual address the packet went to").since("21.03"),
    switch(4, (0, 32), "load balancer address", "the virtual IPv4 address the packet went to").ipv4().since("25.03"),

    router(0, (0, 32), "next hop", "the IPv4 address of the next hop").ipv4(),
    router(1, (0, 32), "source address", "the router's own IPv4 address on the way out").ipv4().until("25.03"),
    router(5, (0, 32), "source address", "the router's own IPv4 address on the way out").ipv4().since("25.03"),
    router(7, (0, 32), "routing table", "the number of the routing table").since("21.12"),
    router(8, (0, 16), "ECMP group", "the group of equal routes"),
    router(8, (16, 16), "ECMP member", "which of the equal routes is taken"),
    router(9, (0, 1), "egress loopback", "the packet was sent back in by the router itself"),
    router(9, (1, 1), "too large", "the packet is too large for the next network"),
    router(9, (2, 1), "neighbour known", "the sender's MAC address is known"),
    router(9, (3, 1), "neighbour address known", "the sender's IP address is known").since("20.06"),
    router(9, (4, 1), "DNAT is local", "the destination is a floating IP of this router").since("21.12"),
    router(9, (5, 1), "EVPN MAC known", "the MAC address of the EVPN neighbour is known").since("main-2026-08"),
    router(9, (6, 1), "LB session known", "the client already has a backend").since("22.12"),
    router(9, (7, 1), "DHCP relay request good", "the DHCP request may be relayed").since("24.09"),
    router(9, (8, 1), "DHCP relay answer good", "the DHCP answer may be relayed").since("24.09"),
    router(9, (9, 1), "next hop is IPv4", "the next hop has an IPv4 address").since("25.03"),
    router(9, (10, 1), "ECMP commit wanted", "the route of the connection is to be remembered").since("25.03"),
];

/// What fields carry in a release; without one, what they carry in all releases.
pub fn words(releases: &[&Release]) -> Vec<RegisterWord> {
    let counts_in = |row: &Row, release: &Release| {
        release.is_from(row.since) && (row.until.is_empty() || !release.is_from(row.until))
    };
    let is_sure = |row: &&Row| match releases {
        [] => row.since == "20.03" && row.until.is_empty(),
        releases => releases.iter().all(|r| counts_in(row, r)),
    };
    ROWS.iter()
        .filter(is_sure)
        .map(|r| RegisterWord {
            field: r.field,
            bits: r.bits,
            name: r.name.into(),
            doc: r.doc.into(),
            carries: r.carries,
            scope: r.scope,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::release::{RELEASES, release};
    use super::*;

    #[test]
    fn no_bit_means_two_things_in_one_release() {
        for release in RELEASES.iter() {
            let words = words(&[release]);
            for (at, a) in words.iter().enumerate() {
                for b in &words[at + 1..] {
                    let apart = a.bits.0 + a.bits.1 <= b.bits.0 || b.bits.0 + b.bits.1 <= a.bits.0;
                    let other = a.scope.is_some() && b.scope.is_some() && a.scope != b.scope;
                    let nested = a.name.as_ref() == "flags";
                    let known = a.scope.is_none() && b.scope.is_some() || nested;
                    assert!(a.field != b.field || apart || other || known, "{}: {a:?} and {b:?}", release.name);
                }
            }
        }
    }

    #[test]
    fn registers_move_from_release_to_release() {
        let name = |version, register: u8, bit, scope| {
            let words = words(&[release(version).unwrap()]);
            let holds = |w: &&RegisterWord| {
                w.field == REG.nth(register) && w.bits.0 <= bit && bit < w.bits.0 + w.bits.1 && w.scope == scope
            };
            words.iter().find(holds).map(|w| w.name.to_string())
        };
        let switch = Some(Scope::Switch);
        assert_eq!(name("23.03", 8, 17, switch), None);
        assert_eq!(name("24.03", 8, 17, switch).as_deref(), Some("ACL verdict: drop"));
        assert_eq!(name("23.03", 13, 20, None).as_deref(), Some("ct zone"));
        assert_eq!(name("24.03", 13, 20, None).as_deref(), Some("encap id"));
        assert_eq!(name("25.03", 5, 0, Some(Scope::Router)).as_deref(), Some("source address"));
        assert!(words(&[]).iter().any(|w| &*w.name == "outport"));
    }
}
