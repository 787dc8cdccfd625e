//! Frames against what a real switch read in them: `fixtures/packets/frames.txt`.

use std::sync::{Arc, Mutex};

use super::*;
use crate::base::diag::Diagnostic;
use crate::base::progress::Progress;
use crate::field::Names;
use crate::model::neutron_facts::NeutronPort;
use crate::model::ovsdb::{Atom, Datum, Row};
use crate::model::snapshot::Snapshot;
use crate::neutron::NodeNames;
use crate::session::{Source, open};
use crate::trace::spec;

/// What stands in the fixture: how many tags the switch looks at, what the frame is, its bytes, the flow.
fn frames() -> Vec<(VlanLimit, &'static str, Vec<u8>, &'static str)> {
    let text = include_str!("../../fixtures/packets/frames.txt");
    let frame = |block: &'static str| {
        let mut lines = block.lines();
        let (limit, name) = lines.next()?.split_once(' ')?;
        let bytes = hex::parse(lines.next()?).ok()?;
        Some((VlanLimit::of(Some(limit)), name, bytes, lines.next()?))
    };
    text.split("\n\n").map(|block| frame(block).unwrap_or_else(|| panic!("no frame: {block}"))).collect()
}

#[test]
fn a_frame_is_read_as_a_switch_reads_it() {
    let metadata = spec::parse("in_port=1", Names::none()).unwrap();
    let wrong: Vec<String> = frames()
        .into_iter()
        .filter_map(|(limit, name, bytes, flow)| {
            let ours = frame(&bytes, &metadata, limit).packet.text();
            (ours != flow).then(|| format!("{name}\n  switch {flow}\n  ours   {ours}"))
        })
        .collect();
    assert!(frames().len() > 400);
    assert!(wrong.is_empty(), "{} frames\n{}", wrong.len(), wrong.join("\n"));
}

/// A capture with what is known around it.
struct Known {
    snapshot: Snapshot,
    book: Book,
}

fn known(demo: &'static str) -> &'static Known {
    static KNOWN: Mutex<Vec<(&str, &'static Known)>> = Mutex::new(Vec::new());
    let mut all = KNOWN.lock().unwrap();
    if let Some((_, known)) = all.iter().find(|(name, _)| *name == demo) {
        return known;
    }
    let source = Source::named(&format!("demo:{demo}"));
    let snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
    let known: &Known = Box::leak(Box::new(Known { book: book(&snapshot), snapshot }));
    all.push((demo, known));
    known
}

fn book(snapshot: &Snapshot) -> Book {
    let names: Vec<NodeNames> = snapshot.nodes.iter().map(|node| NodeNames::of(node, snapshot)).collect();
    Book::of(snapshot, &names.iter().collect::<Vec<_>>())
}

const ML2: &str = "vxlan-two-hosts";
const OVN: &str = "ovn-sg-rich-ovn2403";

fn ask(demo: &'static str, text: &str) -> Result<Asked, Diagnostic> {
    let Known { snapshot, book } = known(demo);
    parse(text, &Around { snapshot, book, chosen: None })
}

/// The packet that a text asks for: the node and bridge it begins in, its text, and what was chosen.
fn sent(demo: &'static str, text: &str) -> ((usize, usize), String, String) {
    match ask(demo, text) {
        Ok(Asked::Packet(sent)) => {
            ((sent.start.node, sent.start.bridge), sent.start.packet.text(), sent.chosen.join("; "))
        }
        Ok(Asked::File(file)) => panic!("{file:?}"),
        Err(d) => panic!("{text}: {d}"),
    }
}

/// What is wrong with a text, and where.
fn wrong(demo: &'static str, text: &str) -> String {
    let d = ask(demo, text).unwrap_err();
    format!("{}: {d}", d.span.slice(text))
}

#[test]
fn a_packet_goes_from_one_server_to_another() {
    const WANTED: &str = "tcp,in_port=3,vlan_tci=0x0000,dl_src=fa:16:3e:a1:f9:02,dl_dst=fa:16:3e:7d:c6:2f,\
                          nw_src=10.10.1.161,nw_dst=10.10.1.129,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=40000,\
                          tp_dst=443,tcp_flags=syn";
    for text in [
        "from vm1 to vm4 tcp 443",
        "from vm vm1 to vm vm4 tcp 443",
        " from 'vm1' to \"vm4\" tcp 443",
        "from d36318fe to 4455055f tcp 443",
        "from tapd36318fe-d4 to fa:16:3e:7d:c6:2f tcp 443",
        "from 10.10.1.161 on compute1 to 10.10.1.129 tcp 443",
        "from fa:16:3e:a1:f9:02 to 10.10.1.129 tcp 443, nw_ttl=64",
        "from vm1 to vm4 tcp,tcp_dst=443",
    ] {
        assert_eq!(sent(ML2, text).0, (0, 0), "{text}");
        assert_eq!(sent(ML2, text).1, WANTED, "{text}");
    }
    let chosen = "it comes from vm1 (10.10.1.161), by port tapd36318fe-d4 of br-int of compute1; dl_dst is \
                  fa:16:3e:7d:c6:2f, that of vm4 on the same network blue; it is an echo request, since no protocol was \
                  named; the TTL is 64";
    assert_eq!(sent(ML2, "from vm1 to vm4").2, chosen);
}

#[test]
fn every_protocol_makes_a_packet_of_its_kind() {
    let shows = [
        (ML2, "from vm1 to vm4", "icmp,", "icmp_type=8,icmp_code=0"),
        (
            ML2,
            "from vm1 to vm4 arp",
            "arp,",
            "dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.10.1.161,arp_tpa=10.10.1.129,arp_op=1",
        ),
        (ML2, "from vm3 to 255.255.255.255 udp 67,nw_src=0.0.0.0", "udp,", "dl_dst=ff:ff:ff:ff:ff:ff,nw_src=0.0.0.0"),
        (ML2, "from vm3 to 224.0.0.251 udp 5353", "udp,", "dl_dst=01:00:5e:00:00:fb"),
        (ML2, "from vm3 to 8.8.8.8 udp,dl_dst=fa:16:3e:00:00:01", "udp,", "dl_dst=fa:16:3e:00:00:01,nw_src=10.10.1.4"),
        (ML2, "from vm1 to vm4 sctp 36412,nw_tos=184", "sctp,", "nw_tos=184,nw_ecn=0,nw_ttl=64"),
        (ML2, "from vm1 to vm4 tcp 22,tcp_flags=ack", "tcp,", "tp_dst=22,tcp_flags=ack"),
        (OVN, "from web1 to db1 tcp6 5432", "tcp6,", "ipv6_src=2001:db8:20::1c4,ipv6_dst=2001:db8:20::10f"),
        (OVN, "from web1 to web2 icmp6", "icmp6,", "icmp_type=128,icmp_code=0"),
        (OVN, "from web1 to ff02::1 ping", "icmp6,", "dl_dst=33:33:00:00:00:01,ipv6_src=2001:db8:20::1c4"),
        (OVN, "from web1 to 2001:db8:20::10f udp", "udp6,", "dl_dst=fa:16:3e:06:f5:18"),
    ];
    for (demo, text, kind, part) in shows {
        let packet = sent(demo, text).1;
        assert!(packet.starts_with(kind) && packet.contains(part), "{text}\n  {packet}");
    }
    let chosen = sent(ML2, "from vm1 to vm4 udp").2;
    assert!(
        chosen.ends_with("udp_dst is 53, since no port was named; the source port is 40000; the TTL is 64"),
        "{chosen}"
    );
}

#[test]
fn what_is_wrong_with_a_question_is_said_where_it_stands() {
    let questions = [
        ("from vm1 to vm5", "vm5: nobody is called `vm5`; did you mean `vm1`?"),
        (
            "from nobody-here to vm1",
            "nobody-here: nobody is called `nobody-here`; known are eth1, eth2, vm1, vm2, vm3, vm4",
        ),
        (
            "from vm1 to 8.8.8.8",
            "8.8.8.8: `8.8.8.8` is beyond network blue, and the MAC address of its gateway 10.10.1.1 is not known; add the \
             MAC address behind a comma, as ping,dl_dst=..",
        ),
        (
            "from vm1 to 10.10.1.77",
            "10.10.1.77: nobody on network blue is known to have the address `10.10.1.77`; add the MAC address behind a \
             comma, as ping,dl_dst=..",
        ),
        ("from vm1 to vm4 tpc", "tpc: no protocol `tpc`; did you mean `tcp`?"),
        ("from vm1 to vm4 tcp 70000", "70000: `70000` is no port; a number up to 65535, as tcp 443"),
        ("from vm1 to vm4 ping 7", "7: `ping` has no ports; leave the number out"),
        (
            "from vm1 to vm4 tcp 1 2",
            "2: nothing is known to do with `2`; further fields stand behind a comma, as tcp 443,nw_tos=184",
        ),
        (
            "from vm1 vm4",
            "vm4: `to` should stand here, not `vm4`; write from A to B tcp 443: A and B are servers, ports or addresses",
        ),
        ("from vm1", ": nothing says to whom; write from A to B tcp 443: A and B are servers, ports or addresses"),
        (
            "from vm1 to vm4 icmp6",
            "vm1: no address of `vm1` is known that a packet of icmp6 could have; add it behind a comma, as icmp6,ipv6_src=..",
        ),
        ("from vm1 on compute2 to vm4", "vm1: `vm1` is not plugged in on compute2; it is on compute1"),
        ("from vm1 on compute7 to vm4", "compute7: no node `compute7`; did you mean `compute1`?"),
        ("from vm1 to vm4 tcp 22,udp", "udp: `udp` contradicts `tcp`; leave one of them out"),
        ("from vm1 to vm4 tcp 22,nw_tso=3", "nw_tso: no field `nw_tso`; did you mean `nw_tos`?"),
        (
            "from vm1 to vm4 tcp,tcp_dst=3,tcp_dst=4",
            "tcp_dst=4: `tcp_dst=4` contradicts `tcp_dst=3`; leave one of them out",
        ),
        (
            "from 1.2.3.4 to vm4",
            "1.2.3.4: no port has the address `1.2.3.4`; a packet from outside comes in by a port: write it as \
             in_port=NAME,tcp,nw_src=..",
        ),
        ("", ": there is no packet; write fields as in_port=1,tcp,tcp_dst=22, bytes in hex, @FILE, or from A to B"),
    ];
    for (text, told) in questions {
        assert_eq!(wrong(ML2, text), told);
    }
}

#[test]
fn an_expression_must_be_one_packet_of_one_bridge() {
    let port = "in_port=tapd36318fe-d4";
    assert_eq!(sent(ML2, &format!("{port},tcp,tcp_dst=22")).0, (0, 0));
    let wrong_ones = [
        (",tcp,dl_type=0x0806", "dl_type=0x0806: `dl_type=0x0806` contradicts `tcp`; leave one of them out"),
        (",tcp,udp", "udp: `udp` contradicts `tcp`; leave one of them out"),
        (",dl_vlan=5,vlan_tci=0", "vlan_tci=0: `vlan_tci=0` contradicts `dl_vlan=5`; leave one of them out"),
        (",tcp,priority=7", "priority=7: a packet has no `priority`; write fields only, as in_port=1,tcp,tcp_dst=22"),
        (",tcp,nw_src=10.0.0.0/8", "10.0.0.0/8: a packet has one value of a field, not many; leave the mask off"),
    ];
    for (words, told) in wrong_ones {
        assert_eq!(wrong(ML2, &format!("{port}{words}")), told);
    }
    assert_eq!(
        wrong(ML2, "tcp,in_port=tapd36318fe-d5"),
        "tapd36318fe-d5: no bridge has a port `tapd36318fe-d5`; did you mean `tapd36318fe-d4`?"
    );
    let ambiguous = wrong(ML2, "in_port=LOCAL,tcp");
    assert!(ambiguous.starts_with("LOCAL: nothing says which bridge it comes into; name one of br-int of compute1"));
    let Known { snapshot, book } = known(ML2);
    let chosen = |text: &str| parse(text, &Around { snapshot, book, chosen: Some((1, 0)) }).map_err(|d| d.to_string());
    assert!(chosen("in_port=3,tcp").is_ok() && chosen("in_port=LOCAL").is_ok());
    let told = chosen("in_port=77,tcp").unwrap_err();
    assert!(told.starts_with("no port `77` on br-int; ports are 1 "), "{told}");
    assert!(chosen("in_port=tapa4e8ba16-93").unwrap_err().ends_with("did you mean `tapa4e8ba16-92`?"));
}

#[test]
fn a_frame_comes_in_by_the_port_that_sends_it() {
    let bytes = "fa163e7dc62ffa163ea1f9020806000108000604000100000000000000000000000000000a0a0181";
    let (place, packet, chosen) = sent(ML2, &format!("{bytes}0000"));
    assert_eq!((place, chosen.as_str()), ((0, 0), "it comes from vm1, by port tapd36318fe-d4 of br-int of compute1"));
    assert!(packet.starts_with("arp,in_port=3,"), "{packet}");
    let (place, packet, chosen) = sent(ML2, &format!("in_port=tapa4e8ba16-92,pkt_mark=7 0x{bytes} 0000"));
    assert_eq!((place, chosen.as_str()), ((1, 0), ""));
    assert!(packet.starts_with("pkt_mark=0x7,arp,in_port=3,"), "{packet}");
    let strange = "ffffffffffff020000000001 0806";
    assert_eq!(
        wrong(ML2, strange),
        format!(
            "{strange}: no port is known to have the source address 02:00:00:00:00:01; say where it comes in: in_port=NAME \
             in front of it"
        )
    );
    assert_eq!(
        wrong(ML2, &format!("in_port=tapa4e8ba16-92,tcp {strange}")),
        "tcp: the frame itself says `tcp`; in front of a frame stands where it comes from: in_port, tun_id, ct_state, pkt_mark .."
    );
    let short = wrong(ML2, "in_port=tapa4e8ba16-92 ffff");
    assert!(short.starts_with("ffff: a frame has 14 bytes or more, and here are 2"), "{short}");
    assert!(wrong(ML2, "ffff:zz").starts_with("z: `z` is no hexadecimal digit"));
}

#[test]
fn a_recording_is_read_when_its_bytes_are_there() {
    let Known { snapshot, book } = known(ML2);
    let around = Around { snapshot, book, chosen: None };
    let Ok(Asked::File(file)) = parse("@some dir/a.pcap:2", &around) else { panic!("no file") };
    assert_eq!((file.path.as_str(), file.n), ("some dir/a.pcap", 2));
    let frame = hex::parse("fa163e7dc62f fa163ea1f902 0800").unwrap();
    let mut recording = hex::parse("a1b2c3d4 00020004 00000000 00000000 0000ffff 00000001").unwrap();
    recording.extend(hex::parse("00000000 00000000 0000000e 00000062").unwrap());
    recording.extend(&frame);
    let told = file.read(&recording, &around).unwrap_err();
    assert_eq!(told.to_string(), "`some dir/a.pcap`: it has 1 packet, not 2; the first packet is `:1`");
    let Ok(Asked::File(file)) = parse("in_port=tapa4e8ba16-92 @a.pcap", &around) else { panic!("no file") };
    let sent = file.read(&recording, &around).unwrap();
    assert_eq!((sent.start.node, file.n), (1, 1));
    assert_eq!(
        sent.notes,
        [
            "only 14 of its 98 bytes were recorded",
            "byte 14: the packet ends within the IPv4 header: 0 of 20 bytes; its fields stay 0"
        ]
    );
    assert_eq!(wrong(ML2, "@x.pcap:0"), "0: there is no packet 0; packets are counted from 1");
    assert!(wrong(ML2, "@").starts_with("@: no file is named"));
}

#[test]
fn the_databases_of_ovn_know_as_much_of_ports_as_the_api() {
    let text = "from web1 to db1 tcp 5432";
    let with_api = sent(OVN, text);
    let mut snapshot = known(OVN).snapshot.clone();
    snapshot.neutron = None;
    for schema in ["OVN_Northbound", "OVN_Southbound"] {
        snapshot.databases.retain(|d| *d.schema == *schema || schema == "OVN_Northbound");
        let book = book(&snapshot);
        let Ok(Asked::Packet(sent)) = parse(text, &Around { snapshot: &snapshot, book: &book, chosen: None }) else {
            panic!("{schema} does not know the ports");
        };
        assert_eq!((sent.start.node, sent.start.packet.text()), (with_api.0.0, with_api.1.clone()), "{schema}");
        assert_eq!(sent.chosen.join("; "), with_api.2);
    }
}

/// The text and the choices of a packet in a changed capture.
fn sent_in(snapshot: &Snapshot, text: &str) -> Result<(String, String), String> {
    let book = book(snapshot);
    match parse(text, &Around { snapshot, book: &book, chosen: None }) {
        Ok(Asked::Packet(sent)) => Ok((sent.start.packet.text(), sent.chosen.join("; "))),
        Ok(Asked::File(file)) => panic!("{file:?}"),
        Err(d) => Err(d.to_string()),
    }
}

#[test]
fn what_goes_to_another_network_goes_to_the_router() {
    let mut snapshot = known(OVN).snapshot.clone();
    let mut facts = (*snapshot.neutron.clone().unwrap()).clone();
    let network = facts.ports.values().find(|p| &*p.name == "web1").unwrap().network.clone();
    let router = NeutronPort {
        id: "aaaaaaaa-0000".into(),
        mac: Some(0xfa16_3e00_0001),
        fixed_ips: vec!["10.20.0.1".parse().unwrap()],
        network,
        device: "r".into(),
        device_owner: "network:router_interface".into(),
        ..NeutronPort::default()
    };
    facts.ports.insert(router.id.clone(), router);
    facts.routers.insert("r".into(), "edge".into());
    snapshot.neutron = Some(Arc::new(facts));
    for to in ["default-b", "8.8.8.8"] {
        let (packet, chosen) = sent_in(&snapshot, &format!("from web1 to {to} tcp 22")).unwrap();
        assert!(packet.contains("dl_dst=fa:16:3e:00:00:01,nw_src=10.20.0.200"), "{packet}");
        let told = format!("that of the router's port edge (10.20.0.1): {to} is on another network");
        assert!(chosen.contains(&told), "{chosen}");
    }
    // IPv6 has a gateway of its own, which nobody has here.
    let told = sent_in(&snapshot, "from web1 to 2001:db8:99::1").unwrap_err();
    assert!(told.contains("the MAC address of its gateway 2001:db8:20:: is not known"), "{told}");
    assert!(sent_in(&snapshot, "from web1 to 2001:db8:99::1,dl_dst=fa:16:3e:00:00:01").is_ok());
}

#[test]
fn a_subport_of_a_trunk_sends_through_its_parent() {
    let mut snapshot = known(OVN).snapshot.clone();
    let at = snapshot.databases.iter().position(|d| &*d.schema == "OVN_Northbound").unwrap();
    let mut northbound = (*snapshot.databases[at]).clone();
    let text = |text: &str| Datum::Set(vec![Atom::String(text.into())]);
    let web1 = known(OVN).book.endpoints.iter().find(|e| &*e.name == "web1").unwrap();
    let columns = [
        ("name", text("bbbbbbbb-0000")),
        ("addresses", text("fa:16:3e:00:00:02 10.20.0.250")),
        ("parent_name", text(&web1.id)),
        ("tag", Datum::Set(vec![Atom::Integer(20)])),
    ];
    let columns = columns.into_iter().map(|(name, value)| (Arc::from(name), value)).collect();
    northbound.tables.get_mut("Logical_Switch_Port").unwrap().push(Row { uuid: "sub".into(), columns });
    let switches = northbound.tables.get_mut("Logical_Switch").unwrap();
    let switch = switches.iter_mut().find(|row| row.text("name").unwrap().ends_with(&*web1.network)).unwrap();
    match switch.columns.get_mut("ports").unwrap() {
        Datum::Set(ports) => ports.push(Atom::Uuid("sub".into())),
        Datum::Map(_) => panic!("ports are a set"),
    }
    snapshot.databases[at] = Arc::new(northbound);
    let (packet, chosen) = sent_in(&snapshot, "from bbbbbbbb to web2").unwrap();
    assert!(packet.starts_with("icmp,in_port=2,dl_vlan=20,") && packet.contains("nw_src=10.20.0.250"), "{packet}");
    assert!(chosen.contains("by port tap12b140ba-8e of br-int of compute1; dl_vlan is 20"), "{chosen}");
}

/// What may stand at the end of a text.
fn offered(demo: &'static str, text: &str) -> Vec<String> {
    let Known { snapshot, book } = known(demo);
    let found = complete(text, text.len(), &Around { snapshot, book, chosen: Some((0, 0)) });
    assert_eq!(found.replace.end as usize, text.len());
    found.candidates.into_iter().map(|c| c.insert).collect()
}

#[test]
fn words_are_offered_where_they_may_stand() {
    assert_eq!(offered(ML2, "fr")[0], "from ");
    assert_eq!(offered(ML2, "from ")[..2], ["eth1", "eth2"]);
    assert_eq!(offered(ML2, "from vm")[..2], ["vm1", "vm2"]);
    assert_eq!(offered(ML2, "from vm1 "), ["to", "on"]);
    assert_eq!(offered(ML2, "from vm1 on "), ["compute1", "compute2"]);
    assert_eq!(offered(ML2, "from vm1 on compute1 "), ["to"]);
    assert_eq!(offered(ML2, "from vm1 to vm vm"), ["vm1", "vm2", "vm3", "vm4"]);
    assert_eq!(offered(ML2, "from vm1 to vm4 t"), ["tcp", "tcp6"]);
    assert_eq!(offered(ML2, "from vm1 to vm4 tcp "), Vec::<String>::new());
    assert_eq!(offered(ML2, "from vm1 to vm4 tcp 22,tcp_f"), ["tcp_flags="]);
    assert_eq!(offered(ML2, "in_port=tap"), ["tapd36318fe-d4", "tapf250797f-1d"]);
    assert_eq!(offered(ML2, "in_port=3,tc")[..2], ["tcp", "tcp6"]);
    assert_eq!(offered(ML2, "tcp,nw_src=10.10.1.1"), ["10.10.1.129", "10.10.1.161"]);
    assert_eq!(offered(ML2, "tcp,tcp_flags=s"), ["syn", "psh", "ns"][..1]);
}

#[test]
fn what_is_offered_is_understood() {
    let Known { snapshot, book } = known(ML2);
    let around = Around { snapshot, book, chosen: Some((0, 0)) };
    for (start, end) in [("from ", " to vm2"), ("from vm1 to ", " arp"), ("from vm1 to vm2 ", ""), ("tcp,in_port=", "")]
    {
        for insert in offered(ML2, start) {
            let text = format!("{start}{insert}{end}");
            // Ports that are no port of Neutron have no address; that is not a matter of words.
            if let Err(d) = parse(&text, &around) {
                assert_eq!(d.code, "no-address", "{text}: {d}");
            }
        }
    }
}

#[test]
fn what_is_written_is_read_again() {
    let metadata = spec::parse("in_port=1", Names::none()).unwrap();
    for (limit, name, bytes, _) in frames() {
        let packet = frame(&bytes, &metadata, limit).packet;
        let written = write(&packet);
        assert_eq!(frame(&written.bytes, &metadata, limit).packet, packet, "{name}");
        assert!(written.lost.is_empty(), "{name}: {:?}", written.lost);
    }
}

#[test]
fn a_long_text_is_read_in_time_in_proportion_to_it() {
    let words = format!("in_port=tapd36318fe-d4,{}tcp", "reg0=1,".repeat(100_000));
    assert!(ask(ML2, &words).is_ok());
    let quotes = format!("from {} to vm1", "'a' ".repeat(100_000));
    assert!(ask(ML2, &quotes).is_err());
    let dump = "0000:  ff\n".repeat(50_000);
    assert!(ask(ML2, &dump).is_err());
    assert_eq!(ask(ML2, &"0".repeat(ask::TEXT + 1)).unwrap_err().code, "too-long");
}

#[test]
fn the_page_about_packets_has_every_protocol() {
    let page = include_str!("../../docs/packets.md");
    for protocol in &between::PROTOCOLS {
        assert!(page.contains(&format!("`{}`", protocol.word)), "docs/packets.md does not have {}", protocol.word);
    }
}
