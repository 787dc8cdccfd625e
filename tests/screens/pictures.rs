//! The screens of `ux.md` on captured nodes, as they are, at both sizes. `cargo insta review` shows what has changed.

use ofscope::tui::msg::Msg;

use super::driver::{Screen, scene};
use super::traces::{LOST, PACKET};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);

/// Holds the screens that the keys lead to, at both sizes.
fn pictures(name: &str, source: &str, keys: &str) {
    let scene = scene(source);
    for (size, word) in [(SMALL, "small"), (LARGE, "large")] {
        let mut screen = Screen::open(&scene, size);
        if !keys.is_empty() {
            screen.keys(keys);
        }
        insta::assert_snapshot!(format!("{name}-{word}"), screen.text());
    }
}

#[test]
fn a_node() {
    pictures("node", "demo:sg-rich", "");
}

#[test]
fn a_node_of_ovn() {
    pictures("node-ovn", "demo:ovn-two-chassis", "");
}

#[test]
fn a_pipeline() {
    pictures("pipeline", "demo:sg-rich", "Enter j j");
}

#[test]
fn a_pipeline_of_ovn() {
    pictures("pipeline-ovn", "demo:ovn-two-chassis", "Enter");
}

#[test]
fn flows_of_a_table() {
    pictures("flows", "demo:sg-rich", "Enter G k k k k Enter j j");
}

#[test]
fn flows_that_are_folded() {
    pictures("folded", "demo:sg-rich", "3 Ctrl-g t");
}

#[test]
fn a_flow() {
    pictures("flow", "demo:sg-rich", "Enter G k k k k Enter G Enter");
}

#[test]
fn the_files() {
    pictures("sources", "demo:sg-rich", "P");
}

#[test]
fn packets_to_begin_with() {
    pictures("trace-empty", "demo:vxlan-two-hosts", "4");
}

#[test]
fn a_packet_that_arrives() {
    pictures("trace-delivered", "demo:vxlan-two-hosts", "4 Enter Space");
}

#[test]
fn a_packet_that_is_lost_on_another_node() {
    let scene = scene(LOST);
    for (size, word) in [(SMALL, "small"), (LARGE, "large")] {
        let mut screen = Screen::open(&scene, size);
        screen.keys("4").take(Msg::Paste(PACKET.into()));
        screen.keys("Enter");
        insta::assert_snapshot!(format!("trace-lost-{word}"), screen.text());
        insta::assert_snapshot!(format!("why-not-{word}"), screen.keys("w").text());
        // The pipeline of the bridge shows the way.
        insta::assert_snapshot!(format!("trace-pipeline-{word}"), screen.keys("Esc 2").text());
    }
}

#[test]
fn help_and_palette() {
    pictures("help", "demo:sg-rich", "3 ?");
    pictures("palette", "demo:sg-rich", "3 : table");
}

#[test]
fn the_course() {
    pictures("course", "demo:vxlan-two-hosts", "8");
}

#[test]
fn a_lesson() {
    pictures("lesson", "demo:vxlan-two-hosts", "8 j j Enter H");
}
