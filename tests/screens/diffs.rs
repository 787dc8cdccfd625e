//! Screen 5: what changed from another source.

use ofscope::tui::msg::Effect;

use super::driver::{Screen, scene};

const BEFORE: &str = "fixtures/diffs/flow-deleted/before";
const AFTER: &str = "fixtures/diffs/flow-deleted/after";

/// The capture after the deletion, compared with the one before by what is typed into the palette.
fn compared(after: &str, before: &str, size: (u16, u16)) -> Screen {
    let mut screen = Screen::open(&scene(after), size);
    screen.keys(":");
    screen.take(ofscope::tui::msg::Msg::Paste(format!("diff {before}")));
    screen.keys("Enter");
    screen
}

#[test]
fn flows_that_changed() {
    for (size, word) in [((80, 24), "small"), ((140, 40), "large")] {
        insta::assert_snapshot!(format!("diff-{word}"), compared(AFTER, BEFORE, size).text());
    }
}

#[test]
fn packets_that_fare_otherwise() {
    for (size, word) in [((80, 24), "small"), ((140, 40), "large")] {
        let mut screen = compared(AFTER, BEFORE, size);
        insta::assert_snapshot!(format!("diff-meaning-{word}"), screen.keys("v").text());
    }
}

#[test]
fn many_flows_that_changed_are_folded_and_opened() {
    let ovn = |side: &str| format!("fixtures/diffs/ovn-200.{side}.txt");
    for (size, word) in [((80, 24), "small"), ((140, 40), "large")] {
        insta::assert_snapshot!(format!("diff-many-{word}"), compared(&ovn("b"), &ovn("a"), size).text());
    }
    let node = compared("demo:sg-rich", "demo:vxlan-two-hosts", (80, 60));
    assert!(node.shows("like these (Enter shows them)"), "{}", node.text());
}

#[test]
fn the_fifth_key_asks_for_a_source_and_goes_from_change_to_change() {
    let mut screen = Screen::open(&scene(AFTER), (80, 24));
    screen.keys("5");
    assert!(screen.shows("Compare with what was"), "{}", screen.text());
    screen.take(ofscope::tui::msg::Msg::Paste(BEFORE.into()));
    screen.keys("Enter");
    assert!(screen.shows("STRUCTURE  2 flows differ of 176"), "{}", screen.text());
    let here = |screen: &Screen| screen.text().lines().find(|l| l.starts_with('>')).unwrap_or_default().to_owned();
    assert!(here(screen.keys("n")).contains("+est-rel-rpl"), "{}", screen.text());
    assert!(here(screen.keys("n")).contains("+new-est"), "{}", screen.text());
    assert!(screen.keys("n").shows("this is the last change"));
    assert!(here(screen.keys("N")).contains("+est-rel-rpl"), "{}", screen.text());
    assert!(screen.keys("Enter").shows("it was: "), "{}", screen.text());
    // From the other side the same flow is new, and can be opened.
    let mut other = compared(BEFORE, AFTER, (80, 24));
    assert!(other.keys("n Enter").shows("> T82 > flow "), "{}", other.text());
}

#[test]
fn what_counts_is_chosen_and_a_report_is_saved() {
    let mut screen = compared(AFTER, BEFORE, (80, 40));
    screen.keys("c");
    assert!(screen.shows("What to compare") && screen.shows("duration"), "{}", screen.text());
    // Another source, then the aspects in their order: the ninth is how long flows exist.
    screen.keys("j j j j j j j j j Enter");
    assert!(screen.shows("176 flows differ of 176"), "{}", screen.text());
    screen.keys("w Enter");
    let saved = screen.effects.iter().find_map(|effect| match effect {
        Effect::Save(path, text) => Some((path.display().to_string(), text.clone())),
        _ => None,
    });
    let (path, text) = saved.expect("a report");
    assert!(path.ends_with("before-after.md"), "{path}");
    assert!(text.contains("## table 82 RULES_INGRESS") && text.matches("\n    - ").count() > 2, "{text}");
}

#[test]
fn the_way_back_is_staged_and_what_is_staged_is_compared() {
    let mut screen = compared(AFTER, BEFORE, (80, 24));
    screen.keys("n u");
    assert!(screen.shows("the way back of 1 flow is staged"), "{}", screen.text());
    screen.keys("6");
    assert!(screen.shows("+est-rel-rpl,tcp,reg5=0x3,tp_dst=443"), "{}", screen.text());
    screen.keys("5 c t");
    assert!(screen.shows("STRUCTURE  1 flow differs of 175"), "{}", screen.text());
    assert!(screen.shows("  +    77  ct_state=+est-rel-rpl"), "{}", screen.text());
}

#[test]
fn a_packet_that_fares_otherwise_is_traced() {
    let mut screen = compared(AFTER, BEFORE, (140, 40));
    screen.keys("v Enter");
    assert!(screen.shows("4 Trace]") && screen.shows("tp_dst=443"), "{}", screen.text());
}

#[test]
fn a_source_that_cannot_be_read_or_has_no_such_bridge_is_told() {
    let mut screen = compared(AFTER, "no-such-file", (80, 24));
    assert!(screen.shows("no-such-file"), "{}", screen.text());
    screen.keys("c s Ctrl-u");
    screen.take(ofscope::tui::msg::Msg::Paste(AFTER.into()));
    screen.keys("Enter");
    assert!(screen.shows("no flow differs; 174 flows the same"), "{}", screen.text());
}

#[test]
fn another_moment_of_the_bridge_is_offered_and_compared() {
    let dir = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("moments-on-the-screen");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let flow =
        |n: u16| format!(" cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, tcp,tp_dst={n} actions=drop\n");
    std::fs::write(dir.join("br-int-0900.flows"), flow(1) + &flow(2)).unwrap();
    std::fs::write(dir.join("br-int-1000.flows"), flow(1)).unwrap();
    let mut screen = Screen::open(&scene(dir.to_str().unwrap()), (140, 40));
    screen.keys("5");
    assert!(screen.shows("node moments-on-the-screen@1000 of this source"), "{}", screen.text());
    screen.keys("j Enter");
    assert!(screen.shows("STRUCTURE  1 flow") || screen.shows("1 flow differs"), "{}", screen.text());
    assert!(screen.shows("tp_dst=2") && !screen.shows("tp_dst=1 "), "{}", screen.text());
}
