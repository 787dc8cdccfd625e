//! A practice switch: packets are sent at it, its counters move, and what was sent can be taken back.

use ofscope::tui::state::Origin;

use super::driver::{Screen, scene};

/// A lesson by its number, opened.
fn lesson(number: usize) -> Screen {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (140, 40));
    screen.keys(&format!("8 g g {}Enter", "j ".repeat(number - 1)));
    screen
}

fn sandbox() -> Screen {
    let mut screen = Screen::open(&scene("sandbox:vxlan-two-hosts"), (140, 40));
    screen.state.origin = Origin::Sandbox;
    screen
}

/// The packets that flows of a bridge have counted, all together.
fn counted(screen: &Screen, node: usize, bridge: &str) -> u64 {
    let snapshot = screen.state.scene.snapshot();
    let bridge = snapshot.nodes[node].bridge(bridge).expect("the bridge is there");
    bridge.flows.iter().filter_map(|(_, flow)| flow.n_packets()).sum()
}

fn connections(screen: &Screen, node: usize) -> usize {
    screen.state.scene.snapshot().nodes[node].connections.as_ref().map_or(0, |all| all.len())
}

#[test]
fn a_packet_that_is_sent_moves_the_counters_of_every_bridge_on_its_way() {
    let mut screen = sandbox();
    screen.keys("T i from Space vm1 Space to Space vm3 Space tcp Space 80 Enter");
    let all = |screen: &Screen| {
        [(0, "br-int"), (0, "br-tun"), (1, "br-tun"), (1, "br-int")].map(|(node, bridge)| counted(screen, node, bridge))
    };
    let (before, known) = (all(&screen), connections(&screen, 0));
    screen.keys("s");
    assert!(screen.shows("sent, delivered: ") && screen.shows("U undoes"), "{}", screen.text());
    let after = all(&screen);
    assert!(after.iter().zip(before).all(|(after, before)| *after > before), "{after:?} after {before:?}");
    assert!(connections(&screen, 0) > known, "the connection is kept");
    assert!(screen.shows("vm3"), "the packet is traced again: {}", screen.text());
    screen.keys("U");
    assert_eq!((all(&screen), connections(&screen, 0)), (before, known));
    assert!(screen.shows("nothing is sent any more"), "{}", screen.text());
    screen.keys("U");
    assert!(screen.shows("no packet was sent"), "{}", screen.text());
}

#[test]
fn a_capture_that_is_not_there_to_practise_on_takes_no_packets() {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (140, 40));
    screen.keys("T i from Space vm1 Space to Space vm3 Space tcp Space 80 Enter");
    let before = counted(&screen, 0, "br-int");
    screen.keys("s");
    assert!(screen.shows("sandbox:NAME"), "{}", screen.text());
    assert_eq!(counted(&screen, 0, "br-int"), before);
}

#[test]
fn a_flow_that_is_staged_counts_and_begins_anew_when_it_comes_back() {
    let mut screen = lesson(3);
    screen.keys("a priority=20,tcp,tcp_dst=22,actions=drop Ctrl-s g g s");
    assert!(screen.shows("sent, dropped: 1 flow, 1 port moved"), "{}", screen.text());
    let shown = |screen: &Screen| {
        let bridge = screen.state.scene.snapshot().nodes[0].bridges[0].clone();
        let flow = bridge.flows.iter().find(|(_, flow)| flow.priority() == 20).map(|(_, flow)| flow.n_packets());
        flow.flatten()
    };
    assert_eq!(shown(&screen), Some(1));
    screen.keys("g g s s");
    assert_eq!(shown(&screen), Some(3));
    screen.keys("U");
    assert_eq!(shown(&screen), Some(2));
    screen.keys("u Ctrl-r");
    assert!(shown(&screen).is_none_or(|n| n == 0), "a flow that comes back has counted nothing");
}

#[test]
fn what_a_packet_taught_is_there_for_the_next_one_and_not_for_the_goals() {
    let mut screen = lesson(14);
    screen.keys(
        "a table=0,actions=learn(table=10,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,10) Ctrl-s",
    );
    screen.keys("a table=10,priority=0,actions=FLOOD Ctrl-s");
    assert!(screen.shows("4 of 4"), "{}", screen.text());
    // The second goal sends a packet before its own.
    screen.keys("g g j s");
    assert!(screen.shows("2 sent, the last delivered") && screen.shows("2 learned"), "{}", screen.text());
    assert_eq!(screen.state.scene.snapshot().nodes[0].bridges[0].flows.len(), 4);
    screen.keys("u Ctrl-r");
    assert!(screen.shows("4 of 4"), "the goals are about the learner's flows alone: {}", screen.text());
    screen.keys("R");
    assert_eq!(screen.state.scene.snapshot().nodes[0].bridges[0].flows.len(), 0, "a lesson begins without them");
}

#[test]
fn buckets_of_a_group_that_is_staged_are_counted() {
    let mut screen = lesson(11);
    screen.keys("a group Space add Space group_id=1,type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:3,actions=output:3 Ctrl-s");
    screen.keys("8 a modify Space in_port=1,actions=group:1 Ctrl-s 8");
    assert!(screen.shows("2 of 2"), "{}", screen.text());
    // The second goal takes the first uplink down, so its packet goes through the second bucket.
    screen.keys("g g s j s");
    assert!(screen.shows("1 bucket moved"), "{}", screen.text());
    let bridge = screen.state.scene.snapshot().nodes[0].bridges[0].clone();
    let stats = bridge.group_stats.iter().find(|stats| stats.id == 1).expect("the group is counted");
    let buckets: Vec<Option<u64>> = stats.buckets.iter().map(|(packets, _)| *packets).collect();
    assert_eq!((stats.packets, buckets), (Some(2), vec![Some(1), Some(1)]));
}

#[test]
fn the_trace_of_a_goal_takes_for_granted_what_the_goal_does() {
    // A port that is down.
    let mut screen = lesson(11);
    screen.keys("g g j t");
    let told = ["the goal takes port uplink-a down", "uplink-a down: "];
    assert!(told.iter().all(|text| screen.shows(text)), "{}", screen.text());
    // A packet before it.
    let mut screen = lesson(14);
    screen.keys("g g j t");
    assert!(screen.shows("sent before it, as the goal says"), "{}", screen.text());
    // What connection tracking answers.
    let mut screen = lesson(13);
    let goals = &screen.state.learning.desk.as_ref().expect("the lesson is open").exercise.lesson.goals;
    let at = goals.iter().position(
        |goal| matches!(&goal.kind, ofscope::practice::lesson::GoalKind::Packet(goal) if !goal.ct_next.is_empty()),
    );
    screen.keys(&format!("g g {}t", "j ".repeat(at.expect("a goal says what connection tracking answers"))));
    let told = screen.state.traced.as_ref().expect("the packet is traced");
    assert_eq!(told.asked.answers, [0x2a]);
}
