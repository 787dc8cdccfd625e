//! Screen 8: a lesson is opened, tried, explained and solved with the keys of every other screen.

use ofscope::practice::Note;
use ofscope::tui::msg::Effect;

use super::driver::{Screen, scene};

fn course() -> Screen {
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (140, 40));
    screen.keys("8");
    screen
}

fn noted(screen: &Screen) -> Vec<(&str, Note)> {
    let note = |effect| match effect {
        &Effect::Learned(ref lesson, note) => Some((lesson.as_str(), note)),
        _ => None,
    };
    screen.effects.iter().filter_map(note).collect()
}

/// The lesson about priorities, opened.
fn priorities() -> Screen {
    let mut screen = course();
    screen.keys("j j Enter");
    screen
}

#[test]
fn the_course_says_what_is_there_and_opens_a_lesson() {
    let mut screen = course();
    for text in ["Read a flow", "Incidents", "Enter opens the lesson", "THIS LESSON"] {
        assert!(screen.shows(text), "{text}: {}", screen.text());
    }
    screen.keys("j j Enter");
    assert!(screen.shows("port 22 never arrive") && screen.shows("SANDBOX"), "{}", screen.text());
    assert!(screen.shows("[ ] ssh from web-1 to db-2 is dropped  delivered to db-2"), "{}", screen.text());
    assert!(screen.shows("[x] ping arrives"), "{}", screen.text());
    assert_eq!(noted(&screen), [], "looking at a lesson is no try");
    // Every other screen shows the lesson's switch.
    assert!(screen.keys("3").shows("2 of 2"), "{}", screen.text());
    assert!(screen.keys("8").shows("port 22 never arrive"), "{}", screen.text());
}

#[test]
fn a_lesson_is_solved_with_the_editor_and_a_wrong_flow_is_explained() {
    let mut screen = priorities();
    screen.keys("a priority=5,tcp,tcp_dst=22,actions=drop Ctrl-s");
    assert!(screen.shows("YOUR CHANGES  1 change"), "the editor leads back to the lesson: {}", screen.text());
    assert!(screen.shows("2 of 4") && screen.shows("it should be dropped"), "{}", screen.text());
    assert_eq!(noted(&screen), [("priorities", Note::Tried(false))]);
    screen.keys("u a priority=20,tcp,tcp_dst=22,actions=drop Ctrl-s");
    assert!(screen.shows("every goal is reached") && screen.shows("4 of 4"), "{}", screen.text());
    assert!(screen.shows("WHAT THERE WAS TO LEARN") && screen.shows("1 of "), "{}", screen.text());
    assert_eq!(noted(&screen).last(), Some(&("priorities", Note::Tried(true))));
    assert!(screen.keys("n").shows("Modify, strictly and loosely") && screen.shows("GOALS"), "{}", screen.text());
}

#[test]
fn a_goal_is_traced_on_the_switch_as_it_would_be() {
    let mut screen = priorities();
    assert!(screen.keys("t").shows("DELIVERED  to db-2"), "{}", screen.text());
    screen.keys("8 a priority=20,tcp,tcp_dst=22,actions=drop Ctrl-s t");
    assert!(screen.shows("[4 Trace]") && screen.shows("DROP") && screen.shows("AS STAGED"), "{}", screen.text());
}

#[test]
fn hints_come_one_by_one_and_the_solution_is_shown_on_demand() {
    let mut screen = priorities();
    assert!(!screen.shows("HINTS"));
    assert!(screen.keys("H").shows("HINTS  1 of 3") && screen.shows("2 hints left"), "{}", screen.text());
    assert!(screen.keys("H H H").shows("there is no other hint"), "{}", screen.text());
    assert!(screen.keys("S").shows("SOLUTION") && screen.shows("priority=20,tcp,tcp_dst=22,actions=drop"));
    assert!(!screen.keys("S").shows("SOLUTION"));
    assert_eq!(noted(&screen).last(), Some(&("priorities", Note::Shown)));
}

#[test]
fn a_question_is_answered_in_a_line_and_graded_by_its_value() {
    let mut screen = course();
    screen.keys("Enter Enter");
    assert!(screen.shows("Your answer"), "{}", screen.text());
    screen.keys("999 Enter");
    assert!(screen.shows("`999` is not right"), "{}", screen.text());
    assert_eq!(noted(&screen), [("read-a-flow", Note::Tried(false))]);
}

#[test]
fn a_lesson_begins_again_and_does_not_take_what_was_staged_before_it() {
    let mut screen = priorities();
    screen.keys("a priority=20,tcp,tcp_dst=22,actions=drop Ctrl-s R");
    assert!(screen.shows("2 of 4") && !screen.shows("STAGED 1"), "{}", screen.text());
    let mut screen = Screen::open(&scene("demo:vxlan-two-hosts"), (140, 40));
    screen.keys("3 d 8 Enter");
    assert!(screen.shows("changes are staged for what was read"), "{}", screen.text());
}
