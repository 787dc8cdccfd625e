//! `docs/findings.md`, made of the table.

use std::fmt::Write;

use super::{FINDINGS, Severity};

/// Cases of the catalogue that one capture cannot decide, with what it would take.
const NOT_DECIDED: &[(&str, &str, &str)] = &[
    (
        "B1",
        "an address that is not among the allowed pairs of its port",
        "two captures, to see the counter of table 71 rise; `ofscope drops` shows what was dropped since the flow exists, `ofscope trace` decides for a packet",
    ),
    ("B4", "an Ethernet type that the firewall does not know", "the packet: `ofscope trace` with it ends in table 71"),
    (
        "B7",
        "an instance that serves DHCP itself",
        "nothing is wrong: table 71 drops it by design, and `ofscope trace` says so",
    ),
    ("B8", "multicast that passes without a rule, or not at all", "the groups that instances joined (`mdb/show`)"),
    (
        "C2",
        "a connection of an address pair that stays cut",
        "the networking API's allowed address pairs; `marked-connection` tells of the connection itself",
    ),
    (
        "C3",
        "connections that are invalid to connection tracking",
        "two captures, to see the counter of `+inv+trk` rise",
    ),
    ("C5", "a connection that moved with its address to a host that does not know it", "the moment of the move"),
    ("C6", "GRE inside an instance", "the host's kernel modules"),
    ("D1", "no rule for this traffic", "the packet: `ofscope trace` with it names what almost let it in"),
    (
        "D2, D4, D6, D8",
        "rules and members that differ from the networking API",
        "the networking API's rules; the flows' owners are compared with them",
    ),
    ("D7", "an agent that works for minutes on a large group", "the plan of the change"),
    (
        "E2",
        "packets of a network that this host does not know",
        "two captures, to see the counter of table 4 rise; the part that one capture shows is `segment-not-mapped`",
    ),
    ("E3, E4", "entries for an address that moved", "the networking API: on which host the port is now"),
    ("E9, G10", "packets that are too big", "the MTU of the underlay"),
    ("F4", "the MAC of an allowed pair on a distributed router", "the networking API's allowed address pairs"),
    ("F7", "ARP for an address swallowed after its router is gone", "the networking API's router ports"),
    (
        "F8",
        "hosts of a highly available router that do not hear each other",
        "all hosts of the router; `flood-misses-host` tells where one is left out",
    ),
    ("G1", "flows of an extension that were not written again", "the agent's configuration"),
    ("G3", "FWaaS rules that do not do what they say", "the networking API's firewall rules"),
    ("G5", "flows that hardware does not take", "the datapath's flows with their templates"),
    ("G8, G9, G11, G13", "port security, rules and bindings of OVN", "OVN's Northbound database"),
    ("G12", "an instance that runs before its flows are there", "the time of its start"),
];

/// The page.
pub fn reference() -> String {
    let mut out = String::from(
        "# Findings\n\nThis page is made of the table of checks (`src/check/rows.rs`). `ofscope check SOURCE` runs all of them, \
         `--only ID` some; the node screen tells what was found under Health. A check is run only where everything it \
         looks at was captured. What the flows of agents show by design is a note.\n\n",
    );
    for severity in Severity::ALL {
        let what = match severity {
            Severity::Error => "packets are lost, or go where they should not",
            Severity::Warning => "it may hurt, or will soon",
            Severity::Note => "it does no harm by itself, and is good to know",
        };
        let _ = writeln!(out, "- *{}*: {what}", severity.word());
    }
    out.push_str("\n| id | usually | what | looks at | case |\n| --- | --- | --- | --- | --- |\n");
    for row in FINDINGS {
        let needs: Vec<&str> = row.needs.iter().map(|need| need.words()).collect();
        let (id, severity, sentence, case) = (row.id, row.severity.word(), row.sentence, row.catalogue);
        let _ = writeln!(out, "| `{id}` | {severity} | {sentence} | {} | {case} |", needs.join(", "));
    }
    out.push_str(
        "\n## Not decided from one capture\n\nCases that are known, and what it would take to tell them.\n\n\
         | case | what | what it would take |\n| --- | --- | --- |\n",
    );
    for (case, what, takes) in NOT_DECIDED {
        let _ = writeln!(out, "| {case} | {what} | {takes} |");
    }
    out
}
