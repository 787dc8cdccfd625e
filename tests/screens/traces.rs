//! Screen 4 and `w`: a packet is typed, traced, walked through, answered, kept.

use ofscope::tui::msg::{Effect, Msg};

use super::driver::{Screen, scene};

/// A capture in which a rule is missing, and the packet that it loses on the second node.
pub const LOST: &str = "fixtures/nodes/broken-01-rule-missing";
/// From `front` on compute1 to `bastion` on compute2, whose group lets only port 22 in.
pub const PACKET: &str = "in_port=tapdfbb6b94-a9,tcp,dl_src=fa:16:3e:2b:40:af,dl_dst=fa:16:3e:ef:9f:2e,\
                          nw_src=10.110.0.69,nw_dst=10.110.0.44,nw_ttl=64,tp_src=45678,tp_dst=443";

fn lost() -> Screen {
    let mut screen = Screen::open(&scene(LOST), (140, 40));
    screen.keys("4").take(Msg::Paste(PACKET.into()));
    screen.keys("Enter");
    screen
}

fn demo() -> Screen {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (140, 40));
    screen.keys("4 Enter");
    screen
}

#[test]
fn a_newcomer_chooses_a_packet_and_sees_it_arrive() {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (80, 24));
    assert!(screen.keys("4").shows("vm1 opens a connection to vm2"), "{}", screen.text());
    assert!(screen.keys("Enter").shows("DELIVERED to vm2"), "{}", screen.text());
    assert!(screen.shows("T82") && screen.shows("(assumed; c changes it)"), "{}", screen.text());
}

#[test]
fn a_lost_packet_ends_in_who_refused_it_and_what_would_help() {
    let screen = lost();
    for text in ["refused by T82 priority 40 of br-int on compute2", "No security group rule of bastion accepts"] {
        assert!(screen.shows(text), "{text}: {}", screen.text());
    }
    for text in ["Near misses", "tp_dst 22 (not 443)", "What would fix it", "openstack security group rule create"] {
        assert!(screen.shows(text), "{text}: {}", screen.text());
    }
}

#[test]
fn the_step_that_decided_opens_its_flow_and_says_why_no_better_one_did() {
    let mut screen = lost();
    assert!(screen.keys("Enter").shows("priority 40, table 82"), "{}", screen.text());
    screen.keys("Esc w");
    assert!(screen.shows("priority 40 took the packet") && screen.shows("tp_dst 22 (not 443)"), "{}", screen.text());
    assert!(screen.keys("Enter").shows("In plain words"));
    assert!(screen.keys("Esc Esc").shows("[4 Trace]") && screen.shows("Near misses"), "{}", screen.text());
}

#[test]
fn a_flow_says_why_the_packet_did_not_get_it() {
    let mut screen = lost();
    screen.keys("n Enter w");
    assert!(screen.shows("Yours, priority 77, did not") && screen.shows("22, not 443"), "{}", screen.text());
    // A flow of a table that the packet never came to: it entered this node from the tunnel.
    screen.keys(": table Space 72 Enter w");
    assert!(screen.shows("The packet never came to T72 of br-int"), "{}", screen.text());
    let mut fresh = Screen::open(&scene(LOST), (140, 40));
    assert!(fresh.keys("3 w").shows("no packet was traced yet"), "{}", fresh.text());
}

#[test]
fn a_packet_is_checked_while_it_is_typed_and_old_ones_come_back() {
    let mut screen = demo();
    screen.keys("i").keys("Ctrl-u").keys("tcp,tcp_dts=80");
    assert!(screen.shows("[!!]") || screen.shows("[..]"), "{}", screen.text());
    assert!(screen.shows("tcp_dts"), "{}", screen.text());
    screen.keys("Enter");
    assert!(screen.shows("Esc takes the old packet back"), "{}", screen.text());
    screen.keys("Ctrl-u").keys("in_p").keys("Tab");
    assert!(screen.shows("> in_port="), "{}", screen.text());
    // The field is taken, then the first of its values.
    screen.keys("Enter Tab Enter").keys(",arp");
    assert!(screen.shows("[ok]"), "{}", screen.text());
    screen.keys("Enter");
    assert!(screen.shows("verdict"), "{}", screen.text());
    screen.keys("i Up Up");
    assert!(screen.shows("> from vm1 to vm2 tcp 80"), "{}", screen.text());
    screen.keys("Esc");
    assert!(screen.shows(",arp"), "{}", screen.text());
}

#[test]
fn the_answer_of_connection_tracking_can_be_changed() {
    let mut screen = demo();
    assert!(screen.shows("+new+trk"));
    screen.keys("c");
    assert!(screen.shows("+est+trk") && screen.shows("(as asked; c changes it)"), "{}", screen.text());
    screen.keys("c c c c");
    assert!(screen.shows("connection tracking answers new") && screen.shows("(assumed; c"), "{}", screen.text());
}

#[test]
fn the_answer_to_a_packet_is_one_key_away() {
    let mut screen = demo();
    screen.keys("r");
    assert!(
        screen.shows("the answer to a new tcp connection") && screen.shows("(a known connection"),
        "{}",
        screen.text()
    );
    assert!(screen.shows("DELIVERED  to vm1"), "{}", screen.text());
    screen.keys("Ctrl-s Enter");
    let [Effect::Append(_, line)] = &screen.effects[..] else { panic!("{:?}", screen.effects) };
    assert!(line.contains("from vm1 to vm2 tcp 80") && line.contains(" --reply --expect port="), "{line}");
    assert!(lost().keys("r").shows("nobody answers"), "a lost packet has no answer");
}

#[test]
fn packet_and_verdict_become_a_test_that_the_command_line_repeats() {
    let mut screen = lost();
    screen.keys("Ctrl-s Enter");
    let [Effect::Append(path, line)] = &screen.effects[..] else { panic!("{:?}", screen.effects) };
    assert_eq!(path.to_str(), Some("traces.sh"));
    assert!(line.starts_with("ofscope trace ") && line.ends_with(" --expect drop"), "{line}");
    assert!(line.contains("--node compute1 --bridge br-int") && line.contains("tp_dst=443"), "{line}");
}

#[test]
fn a_trace_can_be_copied_in_every_form() {
    let mut screen = lost();
    for key in ["t", "o", "j", "c", "l"] {
        screen.keys("y").keys(key);
    }
    let copied: Vec<&str> = screen
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Copy(text, _) => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    let [text, ovs, json, command, test] = copied[..] else { panic!("{copied:?}") };
    assert!(text.contains("X T93") || text.contains("X   T93"), "{text}");
    assert!(ovs.contains("Datapath actions: ") && ovs.contains("bridge(\"br-int\")"), "{ovs}");
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["verdict"], "drop");
    assert!(json["steps"].as_array().unwrap().len() > 10);
    assert!(command.starts_with("ovs-appctl ofproto/trace br-int ") && test.starts_with("ofscope trace "));
}

#[test]
fn steps_are_opened_and_shut() {
    let mut screen = demo();
    let lines = |screen: &Screen| screen.text().lines().filter(|l| l.contains("└─ ")).count();
    let before = lines(&screen);
    screen.keys("Space");
    assert!(lines(&screen) > before, "{}", screen.text());
    screen.keys("h");
    assert_eq!(lines(&screen), before, "{}", screen.text());
    let mut lost = lost();
    // The heading of a node shuts what happened there.
    lost.keys("g g");
    assert!(lost.shows(">  on compute1"), "{}", lost.text());
    lost.keys("Space");
    assert!(lost.shows("+on compute1") && lost.shows("on compute2"), "{}", lost.text());
}

#[test]
fn a_packet_is_made_from_a_port_and_from_a_flow() {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (140, 40));
    screen.keys("3 / table=60,priority=100 Enter t");
    assert!(screen.shows("it comes by the flow") && screen.shows("T60 TRANSIENT"), "{}", screen.text());
    screen.keys("1 Tab Tab t");
    assert!(screen.shows("a tcp packet from port") && screen.shows("verdict "), "{}", screen.text());
}

#[test]
fn a_flow_that_no_packet_gets_says_so() {
    let mut screen = Screen::open(&scene("demo:sg-rich"), (140, 40));
    screen.keys("3 / shadowed Enter t");
    assert!(screen.shows("[4 Trace]") && screen.shows("no packet "), "{}", screen.text());
    // What can be sent instead is offered.
    assert!(screen.shows("Enter sends one of these"), "{}", screen.text());
}

#[test]
fn names_hex_and_recordings_are_packets_too() {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (140, 40));
    screen.keys("T").take(Msg::Paste("from vm1 to vm2 ping".into()));
    assert!(screen.keys("Enter").shows("an ICMP echo request"), "{}", screen.text());
    screen.keys("i").take(Msg::Paste(",nw_ttl=1".into()));
    assert!(screen.keys("Enter").shows("DELIVERED"), "{}", screen.text());
    let frame = "in_port=tapd36318fe-d4 fa163ebc7260 fa163ea1f902 0800 4500001c00010000401100000a0a01a10a0a0133 \
                 9c40003500080000";
    screen.keys("p").take(Msg::Paste(frame.into()));
    assert!(screen.keys("Enter").shows("udp to port 53"), "{}", screen.text());
    // A recording is read beside the screen; what cannot be read says why.
    screen.keys("p").take(Msg::Paste("@/nowhere/x.pcap:1".into()));
    screen.keys("Enter");
    assert!(matches!(&screen.effects[..], [Effect::Read(path)] if path == "/nowhere/x.pcap"), "{:?}", screen.effects);
    screen.take(Msg::Recording("/nowhere/x.pcap".into(), Ok([1, 2, 3].into())));
    assert!(screen.shows("[!!]") || screen.shows("[..]"), "{}", screen.text());
    screen.take(Msg::Recording("/nowhere/y.pcap".into(), Err("y".into())));
    screen.keys("Esc T").take(Msg::Paste("@gone.pcap".into()));
    screen.keys("Enter");
    screen.take(Msg::Recording("gone.pcap".into(), Err("gone.pcap cannot be read: not found".into())));
    assert!(screen.shows("gone.pcap cannot be read"), "{}", screen.text());
}

#[test]
fn the_screen_works_down_to_nothing_and_takes_any_text() {
    let scene = scene(LOST);
    for size in [(40, 10), (39, 9), (20, 5), (3, 2), (1, 1), (200, 60), (80, 13), (120, 18)] {
        let mut screen = Screen::open(&scene, size);
        screen.keys("4 j Enter").text();
        screen.keys("4 i").take(Msg::Paste(PACKET.into()));
        for keys in ["Enter", "j k G g g Space h l", "Tab j Tab j z z", "n n c w", "j G Esc", "y Esc r", "T Esc ?"] {
            screen.keys(keys).text();
        }
    }
    let mut screen = Screen::open(&scene, (80, 24));
    for text in
        ["", ",", "=", "in_port=", "tcp,", "\u{1b}[31m", "日本=1", "@x.pcap", "0xdeadbeef", "tcp,dl_type=0x0806"]
    {
        screen.keys("T").take(Msg::Paste(text.into()));
        screen.keys("Tab Tab Esc Enter").text();
        screen.keys("Esc");
    }
}
