//! What ovn-controller is asked to do with a packet: the first bytes of a controller action's userdata.
//!
//! Source: `enum action_opcode` in `include/ovn/actions.h`, which only grew from 20.03 on. The opcode is a big-endian
//! number of four bytes, and four bytes of padding follow it.

/// A thing that ovn-controller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode {
    /// Its number.
    pub number: u32,
    /// The constant, without `ACTION_OPCODE_`.
    pub name: &'static str,
    /// What happens, said after "ovn-controller ..".
    pub doc: &'static str,
}

const fn op(number: u32, name: &'static str, doc: &'static str) -> Opcode {
    Opcode { number, name, doc }
}

/// Every opcode, by number.
pub const OPCODES: &[Opcode] = &[
    op(0, "ARP", "turns it into an ARP request for the next hop and sends that"),
    op(1, "PUT_ARP", "notes which MAC address the sender's IPv4 address has"),
    op(2, "PUT_DHCP_OPTS", "makes the DHCP answer from it and hands it back"),
    op(3, "ND_NA", "answers with a neighbour advertisement"),
    op(4, "PUT_ND", "notes which MAC address the sender's IPv6 address has"),
    op(5, "PUT_DHCPV6_OPTS", "makes the DHCPv6 answer from it and hands it back"),
    op(6, "DNS_LOOKUP", "looks the asked name up in its DNS records and hands the answer back"),
    op(7, "LOG", "writes a line about it into its log"),
    op(8, "PUT_ND_RA_OPTS", "makes the router advertisement from it and hands it back"),
    op(9, "ND_NS", "turns it into a neighbour solicitation for the next hop and sends that"),
    op(10, "ICMP", "answers with an ICMP error"),
    op(11, "TCP_RESET", "answers with a TCP reset"),
    op(12, "ND_NA_ROUTER", "answers with a neighbour advertisement of a router"),
    op(13, "PUT_ICMP4_FRAG_MTU", "writes the largest packet size into the ICMP error"),
    op(14, "ICMP4_ERROR", "answers with an ICMP error that holds the packet's beginning"),
    op(15, "EVENT", "tells the database of an event, such as a load balancer without backends"),
    op(16, "IGMP", "learns from it who wants which multicast group"),
    op(17, "BIND_VPORT", "notes that the virtual address is here now"),
    op(18, "HANDLE_SVC_CHECK", "takes it as the answer of a load balancer's health check"),
    op(19, "DHCP6_SERVER", "takes it as the answer of a DHCPv6 server that delegates prefixes"),
    op(20, "ICMP6_ERROR", "answers with an ICMPv6 error that holds the packet's beginning"),
    op(21, "PUT_ICMP6_FRAG_MTU", "writes the largest packet size into the ICMPv6 error"),
    op(22, "REJECT", "refuses it: answers with a TCP reset or an ICMP error"),
    op(23, "BFD_MSG", "takes it as a message of a BFD session"),
    op(24, "SCTP_ABORT", "answers with an SCTP abort"),
    op(25, "PUT_FDB", "notes behind which port the sender's MAC address is"),
    op(26, "ACTIVATION_STRATEGY_RARP", "takes it as the sign that a migrated instance runs here now"),
    op(27, "MG_SPLIT_BUF", "sends it to the many ports of a multicast group, some at a time"),
    op(28, "DHCP_RELAY_REQ_CHK", "checks the DHCP request and hands it back for relaying"),
    op(29, "DHCP_RELAY_RESP_CHK", "checks the DHCP answer and hands it back for relaying"),
    op(30, "PUT_ICMP4_INNER_IP4_SRC", "writes the source address inside the ICMP error"),
];

/// What the userdata of a controller action asks for.
pub fn opcode(userdata: &[u8]) -> Option<&'static Opcode> {
    let (number, _) = userdata.split_first_chunk::<4>()?;
    OPCODES.get(u32::from_be_bytes(*number) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opcodes_stand_at_their_number() {
        assert!(OPCODES.iter().enumerate().all(|(at, op)| op.number as usize == at && !op.doc.is_empty()));
        assert_eq!(opcode(&[0, 0, 0, 2, 0, 0, 0, 0]).map(|o| o.name), Some("PUT_DHCP_OPTS"));
        assert_eq!(opcode(&[0, 0, 0, 99]), None);
        assert_eq!(opcode(&[0, 0, 2]), None);
    }
}
