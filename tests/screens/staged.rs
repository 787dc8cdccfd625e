//! Screen 6: a flow is typed, mended, staged, looked at, taken back.

use std::path::PathBuf;

use ofscope::tui::msg::{Effect, Msg, Reads};

use super::driver::{Screen, scene};
use super::traces::{LOST, PACKET};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);

fn open(size: (u16, u16)) -> Screen {
    Screen::open(&scene("demo:sg-rich"), size)
}

fn paste(screen: &mut Screen, text: &str) {
    screen.take(Msg::Paste(text.into()));
}

/// What stands in the editor.
fn editor_text(screen: &Screen) -> String {
    let ofscope::tui::views::Screen::Staged(view) = screen.state.screen() else { panic!("{}", screen.text()) };
    view.editor.as_ref().expect("the editor is open").input.text().to_owned()
}

/// The flow under the cursor of a list.
fn row(screen: &Screen) -> String {
    screen.text().lines().find(|l| l.starts_with('>')).unwrap_or_default().to_owned()
}

#[test]
fn a_newcomer_is_told_what_the_screen_is_for() {
    let mut screen = open(SMALL);
    screen.keys("6");
    for text in ["[6 Staged]", "Nothing is staged", "a  types a new flow", "READ-ONLY"] {
        assert!(screen.shows(text), "{text}: {}", screen.text());
    }
}

#[test]
fn a_flow_with_mistakes_is_mended_by_keys_and_staged() {
    let mut screen = open(LARGE);
    screen.keys("3 a");
    paste(&mut screen, "table=60,priority=5,nw_src=10.0.0.11,tp_dst=5432,actions=resubmt(,82)");
    assert!(screen.shows("no action `resubmt`") && screen.shows("Tab fixes"), "{}", screen.text());
    assert!(screen.shows("`tp_dst` needs tcp, udp or sctp") && screen.shows("Ctrl-f adds"), "{}", screen.text());
    // With a mistake nothing is staged.
    screen.keys("Ctrl-s");
    assert!(screen.shows("not staged: "), "{}", screen.text());
    screen.keys("Tab");
    assert!(screen.shows("actions=resubmit(,82)"), "{}", screen.text());
    screen.keys("Ctrl-f");
    assert!(screen.shows("tcp,nw_src=10.0.0.11") && screen.shows("[ok]"), "{}", screen.text());
    screen.keys("Ctrl-s");
    assert!(screen.shows("STAGED 1") && screen.shows("1 + T60 priority=5,tcp"), "{}", screen.text());
    assert!(screen.shows("1 staged: 1 add") || screen.shows("nothing is sent"), "{}", screen.text());
}

#[test]
fn words_and_values_of_the_bridge_are_offered() {
    let mut screen = open(LARGE);
    screen.keys("3 a").keys("table=8 Tab");
    assert!(screen.shows("> 81") && screen.shows("RULES_INGRESS"), "{}", screen.text());
    screen.keys("Down Enter").keys(",tc Tab");
    assert!(screen.shows("table=82,tcp"), "{}", screen.text());
    screen.keys("Enter").keys(",actions=out Tab");
    screen.keys("Enter Tab");
    assert!(screen.shows("port "), "{}", screen.text());
    screen.keys("Esc Esc");
    assert!(screen.shows("the draft is kept"), "{}", screen.text());
    screen.keys("a");
    assert!(screen.shows("the draft from before") && screen.shows("table=82"), "{}", screen.text());
}

#[test]
fn marked_flows_are_staged_to_be_deleted_and_brought_back() {
    let mut screen = open(LARGE);
    screen.keys("3 Space Space d");
    assert!(screen.shows("2 flows are deleted") && screen.shows("STAGED 2"), "{}", screen.text());
    let signed =
        |screen: &Screen| screen.text().lines().filter(|l| [" s ", ">s "].iter().any(|s| l.starts_with(s))).count();
    assert_eq!(signed(&screen), 2, "{}", screen.text());
    screen.keys("u");
    assert!(screen.shows("taken back") && screen.shows("READ-ONLY"), "{}", screen.text());
    assert_eq!(signed(&screen), 0);
    screen.keys("Ctrl-r");
    assert!(screen.shows("STAGED 2"), "{}", screen.text());
    screen.keys("u u");
    assert!(screen.shows("nothing is staged for br-int"), "{}", screen.text());
}

#[test]
fn a_changed_flow_keeps_its_place_if_only_its_actions_change() {
    let mut screen = open(LARGE);
    screen.keys("3 / table=60,priority=100 Enter e");
    assert!(screen.shows("Change a flow of br-int") && screen.shows("table=60"), "{}", screen.text());
    screen.keys("End").keys(",NORMAL").keys("Ctrl-s");
    assert!(screen.shows("other actions, the counters stay") && screen.shows("1 ~ T60"), "{}", screen.text());
    screen.keys("Enter");
    assert!(screen.shows("modify_strict"), "{}", screen.text());
    screen.keys("Esc 3");
    // Another match is another flow.
    screen.keys("e Home").keys("tcp,").keys("Ctrl-s");
    assert!(screen.shows("the old flow goes, the new one comes"), "{}", screen.text());
    assert!(screen.shows("STAGED 3"), "{}", screen.text());
}

#[test]
fn the_order_can_be_changed_and_requests_taken_off() {
    let mut screen = open(LARGE);
    screen.keys("6");
    for line in ["table=60,priority=3,udp,actions=drop", "table=60,priority=4,arp,actions=drop"] {
        screen.keys("a");
        paste(&mut screen, line);
        screen.keys("Enter");
    }
    assert!(screen.shows(" 1 + T60 priority=3") && screen.shows(" 2 + T60 priority=4"), "{}", screen.text());
    screen.keys("K");
    assert!(screen.shows(" 1 + T60 priority=4"), "{}", screen.text());
    screen.keys("J d");
    assert!(screen.shows("taken off") && screen.shows("STAGED 1") && !screen.shows("priority=4"), "{}", screen.text());
    screen.keys("u u u");
    assert!(screen.shows(" 1 + T60 priority=3") && screen.shows(" 2 + T60 priority=4"), "{}", screen.text());
}

#[test]
fn every_screen_can_show_the_switch_as_it_would_be() {
    let mut screen = open(LARGE);
    screen.keys("3 / table=60,priority=100 Enter");
    assert!(screen.shows("7 of 731"), "{}", screen.text());
    screen.keys("d :").keys("view Space staged Enter j");
    assert!(screen.shows("AS STAGED 1") && screen.shows("6 of 730"), "{}", screen.text());
    // What is staged from now on is on top of what was staged.
    screen.keys("d");
    assert!(screen.shows("AS STAGED 2"), "{}", screen.text());
    assert!(screen.keys("j").shows("5 of 729"), "{}", screen.text());
    screen.keys(": view Space base Enter j");
    assert!(screen.shows("STAGED 2") && !screen.shows("AS STAGED") && screen.shows("7 of 731"), "{}", screen.text());
}

#[test]
fn the_effect_tells_what_becomes_of_the_traced_packet() {
    let mut screen = Screen::open(&scene(LOST), LARGE);
    screen.keys("4");
    paste(&mut screen, PACKET);
    screen.keys("Enter m");
    assert!(screen.shows("pinned"), "{}", screen.text());
    // The flow of the rule that lets port 22 in lets port 443 in instead.
    screen.keys("n e");
    let text = editor_text(&screen);
    assert!(text.contains("tp_dst=22"), "{text}");
    screen.keys("End Ctrl-u");
    paste(&mut screen, &text.replace("tp_dst=22", "tp_dst=443"));
    screen.keys("F5");
    assert!(screen.shows("DROP -> accept") && screen.shows("(pinned)"), "{}", screen.text());
    assert!(screen.shows("then DELIVERED to bastion"), "{}", screen.text());
    screen.keys("Ctrl-s");
    assert!(screen.shows("STAGED 2") && screen.shows("then DELIVERED to bastion"), "{}", screen.text());
    assert!(screen.shows("accept -> DROP") && screen.shows("(made for 1)"), "{}", screen.text());
    // One of the packets meets the new flow, and one less the old one.
    screen.keys("z");
    assert!(
        screen.shows("Flows that more or fewer of these packets meet") && !screen.shows("Staged for br-int"),
        "{}",
        screen.text()
    );
    assert!(screen.text().lines().any(|l| l.contains("0 -> ") && l.contains("tp_dst=443")), "{}", screen.text());
    assert!(screen.keys("j k G Esc").shows("Staged for br-int"), "{}", screen.text());
    screen.keys(": unpin Enter");
    assert!(!screen.shows("(pinned)") || screen.shows("no packet is pinned"), "{}", screen.text());
}

#[test]
fn what_is_staged_can_be_copied_saved_and_read_again() {
    let mut screen = open(LARGE);
    screen.keys("3 d 6 y c y u Ctrl-s");
    screen.keys("Enter");
    let [Effect::Copy(command, _), Effect::Copy(back, _), Effect::Keep(path, text, false)] = &screen.effects[..] else {
        panic!("{:?}", screen.effects)
    };
    assert!(command.starts_with("ovs-ofctl -O OpenFlow") && command.contains("--bundle add-flows br-int"), "{command}");
    assert!(text.contains("delete_strict table=0"), "{text}");
    assert!(back.contains("add ") && back.contains("actions="), "{back}");
    assert_eq!(path.to_str(), Some("br-int.flows"));
    let text = text.clone();
    screen.take(Msg::Kept(PathBuf::from("br-int.flows"), Ok(())));
    screen.effects.clear();
    // What is saved needs not be asked about.
    screen.keys("1 q");
    assert!(matches!(screen.effects[..], [Effect::Quit(_)]), "{}", screen.text());
    let mut again = open(LARGE);
    again.keys("3 6 r").keys("x.flows Enter");
    assert!(
        matches!(&again.effects[..], [Effect::ReadChanges(path, Reads::Changes)] if path.to_str() == Some("x.flows"))
    );
    again.take(Msg::Changes("x.flows".into(), Reads::Changes, Ok(text)));
    assert!(again.shows("1 change staged") && again.shows("STAGED 1"), "{}", again.text());
    again.take(Msg::Changes("y.flows".into(), Reads::Changes, Ok("tabel=3,actions=drop\nactions=outptu:1\n".into())));
    assert!(again.shows("y.flows is refused: 2 wrong lines") && again.shows("line 2: "), "{}", again.text());
    assert!(again.keys("Esc").shows("STAGED 1"));
}

#[test]
fn leaving_asks_about_what_is_staged() {
    let mut screen = open(LARGE);
    screen.keys("3 d 1 q");
    assert!(screen.shows("1 change staged and not saved") && screen.effects.is_empty(), "{}", screen.text());
    // The key that asked does not lose anything.
    screen.keys("q");
    assert!(screen.effects.is_empty(), "{:?}", screen.effects);
    screen.keys("q y");
    assert!(matches!(screen.effects[..], [Effect::Quit(_)]));
}

#[test]
fn a_commit_is_made_in_memory_and_can_be_taken_back() {
    let mut screen = open(LARGE);
    screen.keys("3");
    let all = row(&screen);
    screen.keys("d : commit Enter");
    assert!(screen.shows("no switch is touched"), "{}", screen.text());
    screen.keys("y 3");
    assert!(row(&screen) != all && screen.shows("730 of 730"), "{}", screen.text());
    screen.keys("6 : way Space back Enter : commit Enter y 3");
    assert!(screen.shows("731 of 731"), "{}", screen.text());
}

#[test]
fn a_flow_that_is_gone_when_the_source_is_read_again_is_a_conflict() {
    let first = scene("demo:sg-rich");
    let mut screen = Screen::open(&first, LARGE);
    screen.keys("3 d : commit Enter");
    screen.keys("Esc");
    // The same node without that flow.
    let gone = screen.state.staged.as_it_would_be(&first);
    screen.take(Msg::Scene { scene: std::sync::Arc::new(gone), is_last: true });
    assert!(screen.shows("1 staged change fit no more") || screen.shows("1 conflict"), "{}", screen.text());
    screen.keys("6");
    assert!(screen.shows("the flow is gone") && screen.shows("1 conflict"), "{}", screen.text());
    screen.keys(": commit Enter");
    assert!(screen.shows("cannot be made"), "{}", screen.text());
}

#[test]
fn a_form_has_one_line_a_field() {
    let mut screen = open(SMALL);
    screen.keys("3 a Ctrl-u");
    paste(&mut screen, "table=82,priority=77,tcp,tp_dst=22,actions=ct(commit,zone=5),output:2");
    screen.keys("F6");
    for line in ["table=82", "priority=77", "tcp", "tp_dst=22", "ct(commit,zone=5)", "output:2"] {
        let has_line = screen.text().lines().any(|l| l.trim_start_matches(['│', ' ', '>']).starts_with(line));
        assert!(has_line, "{line}: {}", screen.text());
    }
    screen.keys("Up Up").keys("2");
    assert!(screen.shows("tp_dst=222"), "{}", screen.text());
    screen.keys("F6");
    assert!(screen.shows("tp_dst=222,actions"), "{}", screen.text());
}

#[test]
fn the_editor_works_down_to_nothing_and_takes_any_text() {
    let scene = scene("demo:sg-rich");
    for size in [(40, 10), (39, 9), (20, 5), (3, 2), (1, 1), (200, 60), (80, 13)] {
        let mut screen = Screen::open(&scene, size);
        screen.keys("3 a").text();
        for text in
            ["tcp,", "é=1,", "\u{1b}[31m", "tp_dst=1,actions=ct(commit", ",learn(table=5", "))", &"x,".repeat(300)]
        {
            paste(&mut screen, text);
            screen.text();
            for key in ["Tab", "Down", "Esc", "F6", "Up", "Down", "Left", "Tab", "Enter", "Ctrl-f", "F6", "Up", "End"] {
                screen.keys(key).text();
            }
            screen.keys("a").text();
        }
        screen.keys("Esc Esc 6 j k J K d Enter Esc F5 v y Esc").text();
    }
}

/// Holds the screen at both sizes.
fn pictures(name: &str, act: impl Fn(&mut Screen)) {
    for (size, word) in [(SMALL, "small"), (LARGE, "large")] {
        let mut screen = open(size);
        act(&mut screen);
        insta::assert_snapshot!(format!("{name}-{word}"), screen.text());
    }
}

fn some(screen: &mut Screen) {
    screen.keys("3 j j j d 6 a Ctrl-u");
    paste(screen, "table=82,priority=77,ct_state=+new-est,tcp,reg5=0x5,tp_dst=8080,actions=output:5");
    screen.keys("Ctrl-s 3 G e End").keys(",NORMAL").keys("Ctrl-s");
}

#[test]
fn what_is_staged() {
    pictures("staged", some);
}

#[test]
fn a_flow_that_is_typed() {
    pictures("edit", |screen| {
        some(screen);
        screen.keys("a Ctrl-u");
        paste(
            screen,
            "table=82,priority=77,ct_state=+new-est,reg5=0x5,nw_src=10.0.0.11,tp_dst=5432,actions=output:5,resubmt(,92)",
        );
    });
}

#[test]
fn a_flow_that_is_completed() {
    pictures("edit-offered", |screen| {
        screen.keys("3 a Ctrl-u");
        paste(screen, "table=82,tcp,actions=re");
        screen.keys("Tab");
    });
}

#[test]
fn groups_and_meters_are_typed_changed_and_deleted_like_flows() {
    let mut screen = open(LARGE);
    screen.keys("6 a");
    paste(&mut screen, "group add group_id=5,typ=select,bucket=weight:3,actions=output:2");
    assert!(screen.shows("Add a group to br-int") && screen.shows("no word `typ` in a group"), "{}", screen.text());
    screen.keys("Tab");
    assert_eq!(editor_text(&screen), "group add group_id=5,type=select,bucket=weight:3,actions=output:2");
    screen.keys("Enter");
    assert!(screen.shows("1 + group 5 select [weight:3,actions=output:"), "{}", screen.text());
    // What is staged before is there for what is typed behind it.
    screen.keys("a");
    paste(&mut screen, "table=60,priority=9,udp,actions=group:5");
    assert!(screen.shows("[ok]") && !screen.shows("has no group"), "{}", screen.text());
    screen.keys("Enter a");
    paste(&mut screen, "meter=7,kbps,bands=type=drop,rate=500");
    screen.keys("Enter");
    assert!(screen.shows("3 + meter 7 kbps,bands=type=drop,rate=500"), "{}", screen.text());
    assert!(screen.shows("STAGED 3") && screen.shows("a command for each meter"), "{}", screen.text());
    // A group that is there then is chosen from a list, which says who uses it.
    screen.keys("E");
    assert!(screen.shows("Change a group or meter of br-int") && screen.shows("1 flow uses it"), "{}", screen.text());
    screen.keys("Enter");
    assert!(editor_text(&screen).starts_with("group modify group_id=5,type=select,bucket="), "{}", screen.text());
    screen.keys("End").keys(",bucket=weight:1,actions=drop").keys("Enter");
    assert!(screen.shows("4 ~ group 5 select"), "{}", screen.text());
    screen.keys("u D Enter");
    assert!(screen.shows("group 5 is deleted with 1 flow") && screen.shows("4 - group 5"), "{}", screen.text());
    // A staged group is edited in its place, as it was typed.
    screen.keys("u g g Enter");
    assert!(editor_text(&screen).starts_with("group add group_id=5,type=select,"), "{}", screen.text());
    screen.keys("Esc G Enter");
    assert_eq!(editor_text(&screen), "meter add meter=7,kbps,bands=type=drop,rate=500");
}

#[test]
fn a_set_with_groups_is_saved_as_a_bundle_and_copied_with_the_commands_for_meters() {
    let mut screen = open(LARGE);
    screen.keys("6");
    for line in [
        "meter add meter=7,kbps,bands=type=drop,rate=500",
        "group_id=5,type=all,bucket=actions=drop",
        "table=60,priority=9,udp,actions=meter:7,group:5",
    ] {
        screen.keys("a");
        paste(&mut screen, line);
        screen.keys("Enter");
    }
    screen.effects.clear();
    screen.keys("Ctrl-s Enter");
    let saved = screen.effects.iter().find_map(|effect| match effect {
        Effect::Keep(_, text, _) => Some(text.clone()),
        _ => None,
    });
    let saved = saved.expect("it is saved");
    assert_eq!(
        saved.lines().map(|l| l.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        ["# ovs-ofctl -O", "group add group_id=5,type=all,bucket=actions=drop", "flow add table=60,"]
            .map(str::to_owned)
    );
    screen.effects.clear();
    screen.keys("y c");
    let copied = screen.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text, ..) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.expect("it is copied");
    let lines: Vec<&str> = copied.lines().collect();
    assert_eq!(lines[0], "ovs-ofctl -O OpenFlow13 add-meter br-int meter=7,kbps,bands=type=drop,rate=500");
    assert_eq!(lines[1], "ovs-ofctl -O OpenFlow13 bundle br-int - <<'EOF'");
    assert_eq!((lines.len(), lines[4]), (5, "EOF"));
}

#[test]
fn a_file_of_flows_can_take_the_place_of_those_of_the_bridge() {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), LARGE);
    screen.keys("6 : replace Enter").keys("z.flows Enter");
    assert!(matches!(&screen.effects[..], [Effect::ReadChanges(path, Reads::Flows)] if path.ends_with("z.flows")));
    let base = screen.state.base().clone();
    let spot = screen.state.screen().spot().cloned().expect("there is a bridge");
    let bridge = spot.bridge(&base).expect("it was read").clone();
    // What the bridge has, but for one flow of it, with one more.
    let mut lines: Vec<String> = bridge.flows.iter().map(|(_, flow)| flow.line_text(&bridge.names)).collect();
    screen.take(Msg::Changes("z.flows".into(), Reads::Flows, Ok(lines.join("\n"))));
    assert!(screen.shows("has the flows of") && screen.shows("already"), "{}", screen.text());
    lines.pop();
    lines.push("table=60,priority=4,udp,actions=drop".to_owned());
    screen.take(Msg::Changes("z.flows".into(), Reads::Flows, Ok(lines.join("\n"))));
    assert!(
        screen.shows("2 changes staged") && screen.shows("1 + T60") && screen.shows("2 - T94"),
        "{}",
        screen.text()
    );
    screen.take(Msg::Changes("z.flows".into(), Reads::Flows, Ok("modify actions=drop\n".into())));
    assert!(screen.shows("is refused: 1 wrong line"), "{}", screen.text());
}

#[test]
fn packets_of_every_protocol_are_made_for_what_is_staged() {
    for (protocol, words) in [("tcp", "TCP"), ("udp", "UDP"), ("sctp", "SCTP"), ("icmp", "ICMP"), ("arp", "ARP")] {
        let mut screen = open(LARGE);
        screen.keys("6 a");
        paste(&mut screen, &format!("table=0,priority=200,{protocol},actions=drop"));
        screen.keys("Enter");
        assert!(screen.shows("(made for 1)"), "{protocol} {words}: {}", screen.text());
    }
}

#[test]
fn a_group_that_changes_is_tried_on_packets_of_the_flows_that_use_it() {
    let mut screen = open(LARGE);
    screen.keys("6");
    for line in [
        "group_id=5,type=all,bucket=actions=output:2",
        "table=0,priority=200,udp,actions=group:5",
        "group modify group_id=5,type=all,bucket=actions=drop",
    ] {
        screen.keys("a");
        paste(&mut screen, line);
        screen.keys("Enter");
    }
    screen.keys(": commit Enter y");
    screen.keys("a");
    paste(&mut screen, "group modify group_id=5,type=all,bucket=actions=output:2");
    screen.keys("Enter");
    assert!(screen.shows("(made for 1)") && screen.shows("no flow now, T0 prio 1 then"), "{}", screen.text());
}
