//! From place to place with keys: what a person does, and what they then see.

use ofscope::tui::msg::{Effect, Mouse, MouseAct, Msg};

use super::driver::{Screen, scene};

fn demo() -> Screen {
    Screen::open(&scene("demo:sg-rich"), (140, 40))
}

#[test]
fn enter_goes_in_and_esc_comes_back() {
    let mut screen = demo();
    assert!(screen.shows("[1 Node]") && screen.shows("Drop radar"));
    assert!(screen.keys("Enter").shows("br-int > pipeline"));
    assert!(screen.keys("Enter").shows("T0 LOCAL_SWITCHING") && screen.shows("[3 Flows]"));
    assert!(screen.keys("Enter").shows("In plain words"));
    assert!(screen.keys("Esc").shows("[3 Flows]") && !screen.shows("In plain words"));
    assert!(screen.keys("Esc").shows("br-int > pipeline"));
    assert!(screen.keys("Esc").shows("[1 Node]"));
    assert!(screen.keys("Esc Esc Esc").shows("[1 Node]"), "Esc never leaves");
    assert!(screen.effects.is_empty(), "{:?}", screen.effects);
    screen.keys("q");
    assert!(matches!(screen.effects[..], [Effect::Quit(_)]));
}

#[test]
fn a_resubmit_can_be_followed_and_history_walked() {
    let mut screen = demo();
    screen.keys("3 /").take(Msg::Paste("table=60, actions ~ \"resubmit\"".into()));
    screen.keys("Enter Enter");
    assert!(screen.shows("> T60 >"), "{}", screen.text());
    // The cursor stands on the actions; the one that leads on is the last.
    screen.keys("j j j Enter");
    assert!(screen.shows("[3 Flows]") && screen.shows("> T"), "{}", screen.text());
    let there = screen.text();
    assert!(screen.keys("[").shows("In plain words"));
    screen.keys("]");
    assert_eq!(screen.text(), there);
}

#[test]
fn a_filter_is_checked_while_it_is_typed() {
    let mut screen = demo();
    screen.keys("3 / tp_dst=22");
    assert!(screen.shows("[ok]"), "{}", screen.text());
    let all = screen.keys("Enter").text();
    assert!(all.contains("of 731") && !all.contains(" 731 of 731"), "{all}");
    screen.keys("/ x");
    assert!(screen.shows("[!!]") && screen.shows("^"), "{}", screen.text());
    // A wrong filter is not taken, and Esc brings the old one back.
    screen.keys("Enter");
    assert!(screen.shows("[!!]"));
    screen.keys("Esc");
    assert!(screen.shows("/ tp_dst=22") && !screen.shows("[!!]"), "{}", screen.text());
    assert!(screen.keys("X").shows("731 of 731"));
}

#[test]
fn a_filter_grows_from_what_the_cursor_points_at() {
    let mut screen = demo();
    screen.keys(": table Space 82 Enter");
    let before = screen.text();
    assert!(before.contains("392 of 392"), "{before}");
    screen.keys("h h h h h h h h h +");
    assert!(screen.shows("/ priority = 77"), "{}", screen.text());
    screen.keys("Backspace");
    assert!(screen.shows("392 of 392"));
    screen.keys("!");
    assert!(screen.shows("priority") && !screen.shows("392 of 392"));
}

#[test]
fn sorting_keeps_the_cursor_on_its_flow() {
    let mut screen = demo();
    screen.keys("3 G");
    // Columns may change their width, so only the words count.
    let cursor = |text: &str| {
        let line = text.lines().find(|l| l.starts_with('>')).expect("there is a cursor");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let row = cursor(&screen.text());
    screen.keys("s k");
    let after = screen.text();
    assert!(after.contains("sort packets"), "{after}");
    assert_eq!(cursor(&after), row);
    screen.keys("S");
    assert!(screen.shows("sort packets ^"));
}

#[test]
fn marked_flows_are_printed_when_the_person_leaves_with_them() {
    let mut screen = demo();
    screen.keys("3 Space Space Ctrl-e");
    let [Effect::Quit(text)] = &screen.effects[..] else { panic!("{:?}", screen.effects) };
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().all(|l| l.contains("actions=")), "{text}");
}

#[test]
fn what_is_copied_can_be_pasted() {
    let mut screen = demo();
    screen.keys("3 y c");
    let [Effect::Copy(text, what)] = &screen.effects[..] else { panic!("{:?}", screen.effects) };
    assert!(text.starts_with("ovs-ofctl add-flow br-int ") && what.contains("command"), "{text}");
    for key in ["y", "m", "a", "j", "l", "v"] {
        screen.keys("y").keys(key);
    }
    let copied = screen.effects.iter().filter(|e| matches!(e, Effect::Copy(..))).count();
    assert_eq!(copied, 7);
}

#[test]
fn a_folded_row_opens_as_a_list_of_its_own() {
    let mut screen = demo();
    screen.keys("3 Ctrl-g t");
    assert!(screen.shows("rows by template"), "{}", screen.text());
    screen.keys("Enter");
    assert!(screen.shows(" alike"), "{}", screen.text());
    assert!(screen.keys("Esc").shows("rows by template"));
    assert!(screen.keys("Esc").shows("731 of 731"));
}

#[test]
fn every_screen_works_down_to_nothing() {
    let scene = scene("demo:sg-rich");
    for size in [(40, 10), (39, 9), (20, 5), (3, 2), (1, 1), (0, 0), (200, 60), (80, 13)] {
        let mut screen = Screen::open(&scene, size);
        let drawn = |screen: &Screen| if size.0 > 0 { screen.text() } else { String::new() };
        for keys in [
            "Tab Tab Tab Tab j k z z",
            "Enter j l l h v v H b p Esc i",
            "Enter j G g g l < > W c Esc s Esc",
            "?",
            "Esc :",
            "Esc Enter Tab j h l",
            "P j G",
        ] {
            screen.keys(keys);
            drawn(&screen);
        }
        let mut screen = Screen::open(&scene, size);
        drawn(screen.keys("3 / ct Tab"));
        drawn(screen.keys("Enter = Tab"));
    }
    let screen = Screen::open(&scene, (40, 10));
    assert!(screen.shows("br-int"), "{}", screen.text());
}

#[test]
fn the_mouse_points_opens_and_presses() {
    let mut screen = demo();
    let at = |screen: &Screen, text: &str| {
        let all = screen.text();
        let y = all.lines().position(|l| l.contains(text)).expect("it is on the screen");
        let x = all
            .lines()
            .nth(y)
            .and_then(|l| l.find(text))
            .map_or(0, |byte| all.lines().nth(y).map_or(0, |l| l[..byte].chars().count()));
        (x as u16, y as u16)
    };
    let click = |screen: &mut Screen, text: &str, act| {
        let (x, y) = at(screen, text);
        screen.take(Msg::Mouse(Mouse { act, x: x + 1, y }));
    };
    click(&mut screen, "br-tun ", MouseAct::DoubleClick);
    assert!(screen.shows("br-tun > pipeline"), "{}", screen.text());
    screen.keys("Esc");
    click(&mut screen, "br-int ", MouseAct::DoubleClick);
    click(&mut screen, "3 Flows", MouseAct::Click);
    assert!(screen.shows("[3 Flows]"));
    screen.keys(": all Space flows Enter");
    screen.take(Msg::Mouse(Mouse { act: MouseAct::Wheel(3), x: 5, y: 10 }));
    assert!(screen.shows("row 4"), "{}", screen.text());
    click(&mut screen, "c columns", MouseAct::Click);
    assert!(screen.shows("Columns: Enter shows or hides"));
}

#[test]
fn what_cannot_be_done_here_says_why() {
    let mut screen = demo();
    assert!(screen.keys("f").shows("does nothing here"));
    screen.keys("3 : mark");
    assert!(screen.shows("mark"));
    screen.keys("Esc 1 : idle Enter");
    assert!(screen.shows("not on this screen"), "{}", screen.text());
}

#[test]
fn a_source_that_is_read_again_keeps_the_flow_under_the_cursor() {
    let mut screen = demo();
    screen.keys("3 j j j j j");
    let row = |screen: &Screen| screen.text().lines().find(|l| l.starts_with('>')).map(str::to_owned);
    let before = row(&screen);
    screen.keys("R");
    assert!(matches!(screen.effects[..], [Effect::Load]));
    screen.take(Msg::Scene { scene: scene("demo:sg-rich"), is_last: true });
    screen.take(Msg::Warm);
    assert_eq!(row(&screen), before);
}

#[test]
fn keys_and_columns_of_the_configuration_hold() {
    let text = "[flows]\ncolumns = ['cookie', 'priority', 'match', 'actions']\n[keys.flows]\nt = 'fold'\n";
    let (settings, _) = ofscope::tui::settings::read(text, &"config.toml".into());
    let mut screen = demo();
    screen.state.configure(settings);
    screen.keys("3");
    let columns = screen.text();
    assert!(columns.contains(" COOKIE ") && !columns.contains(" PACKETS "), "{columns}");
    let before = screen.text();
    screen.keys("t");
    assert!(screen.text() != before && screen.text().contains("template"), "{}", screen.text());
}

#[test]
fn health_tells_what_was_found_and_leads_to_its_flows() {
    let mut screen = demo();
    assert!(screen.shows("[ok] 2 notes") && screen.shows("[..] 4 flows of table 72"), "{}", screen.text());
    // Bridges, drops, ports, tunnels, health; the finding stands below seven other lines.
    screen.keys("Tab Tab Tab Tab j j j j j j j Enter");
    assert!(screen.shows("[3 Flows]") && screen.shows("shadowed-flow: "), "{}", screen.text());
    // The list holds the flows of the finding and no others.
    assert!(screen.shows("T72") && !screen.shows("T60"), "{}", screen.text());
    assert!(screen.keys("Esc").shows("[1 Node]"));
}
