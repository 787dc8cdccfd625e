//! The real program in a real terminal: tmux is the terminal, keys go in, the screen comes out.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A terminal of our own: its own server, its own socket, no configuration.
struct Tmux(String);

impl Tmux {
    /// Runs a shell line on 80x24.
    fn run(name: &str, line: &str) -> Tmux {
        let tmux = Tmux(format!("ofscope-test-{}-{name}", std::process::id()));
        let made = tmux.call(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "sh", "-c", line]);
        assert!(made.status.success(), "tmux is needed (tests/run installs it): {made:?}");
        tmux
    }

    fn call(&self, args: &[&str]) -> Output {
        Command::new("tmux")
            .args(["-L", &self.0])
            .args(args)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("tmux is installed")
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.call(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until some text is on the screen.
    fn wait_for(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "`{text}` never came:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.call(&["send-keys", key]);
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.call(&["kill-server"]);
    }
}

const OFSCOPE: &str = env!("CARGO_BIN_EXE_ofscope");

#[test]
fn the_program_opens_its_demo_goes_in_and_leaves_the_terminal_as_it_was() {
    let tmux = Tmux::run("demo", &format!("{OFSCOPE} demo:; echo \"left with $?\"; sleep 60"));
    tmux.wait_for("DROP RADAR");
    tmux.wait_for("compute1");
    tmux.keys(&["Enter"]);
    tmux.wait_for("LOCAL_SWITCHING");
    tmux.keys(&["Enter"]);
    tmux.wait_for("[3 Flows]");
    tmux.keys(&["/", "drop"]);
    tmux.wait_for("[ok]");
    tmux.keys(&["Enter", "?"]);
    tmux.wait_for("Help: flow list");
    tmux.keys(&["Escape"]);
    tmux.wait_for("/ drop");
    tmux.keys(&["1"]);
    tmux.wait_for("[1 Node]");
    tmux.keys(&["q"]);
    let screen = tmux.wait_for("left with 0");
    assert!(!screen.contains("[1 Node]"), "the old screen is back:\n{screen}");
}

#[test]
fn a_flow_with_a_mistake_is_mended_staged_and_taken_back() {
    let tmux = Tmux::run("edit", &format!("{OFSCOPE} demo:; echo \"left with $?\"; sleep 60"));
    tmux.wait_for("compute1");
    tmux.keys(&["3"]);
    tmux.wait_for("[3 Flows]");
    tmux.keys(&["a", "C-u", "table=60,priority=7,tcp,tp_dst=22,actions=resubmt(,71)"]);
    tmux.wait_for("no action `resubmt`");
    tmux.keys(&["Tab"]);
    tmux.wait_for("actions=resubmit(,71)");
    tmux.keys(&["C-s"]);
    let screen = tmux.wait_for("STAGED 1");
    assert!(screen.contains("1 + T60 priority=7,tcp,tp_dst=22"), "{screen}");
    // What becomes of packets comes by itself.
    tmux.wait_for("Checks before sending");
    tmux.keys(&["u"]);
    let screen = tmux.wait_for("taken back");
    assert!(screen.contains("READ-ONLY") && screen.contains("Nothing is staged"), "{screen}");
    // Nothing is staged, so nothing is asked.
    tmux.keys(&["1"]);
    tmux.wait_for("[1 Node]");
    tmux.keys(&["q"]);
    tmux.wait_for("left with 0");
}

#[test]
fn a_pipe_is_read_and_keys_still_work() {
    let dump = crate::fixtures().join("archives/every-form/br-int");
    let dump = crate::check::files_below(&dump).into_iter().find(|p| p.to_string_lossy().contains("dump-flows"));
    let dump = dump.expect("the fixture has a dump");
    let line = format!("cat {} | {OFSCOPE} -; echo \"left with $?\"; sleep 60", dump.display());
    let tmux = Tmux::run("pipe", &line);
    tmux.wait_for("[ok]");
    tmux.keys(&["3"]);
    tmux.wait_for("[3 Flows]");
    tmux.keys(&["Space", "C-e"]);
    let screen = tmux.wait_for("left with 0");
    assert!(screen.contains("actions="), "the marked flow is printed:\n{screen}");
}

#[test]
fn a_terminal_that_changes_its_size_gets_a_new_picture() {
    let tmux = Tmux::run("size", &format!("{OFSCOPE} demo:; sleep 60"));
    tmux.wait_for("DROP RADAR");
    tmux.call(&["resize-window", "-x", "140", "-y", "40"]);
    tmux.wait_for("About br-int");
    tmux.call(&["resize-window", "-x", "40", "-y", "10"]);
    tmux.wait_for("br-int");
}

#[test]
fn escape_sequences_of_an_input_do_nothing() {
    let dir = std::env::temp_dir().join(format!("ofscope-pty-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let file = dir.join("hostile.txt");
    let flow = " table=0, priority=1,in_port=\"\u{1b}]0;owned\u{7}\u{1b}[2J\" actions=output:\"\u{1b}[31mred\"\n";
    std::fs::write(&file, flow.repeat(3)).expect("a file");
    let tmux = Tmux::run("hostile", &format!("{OFSCOPE} {}; sleep 60", file.display()));
    tmux.wait_for("[ok]");
    tmux.keys(&["3"]);
    let screen = tmux.wait_for("3 of 3");
    assert!(screen.contains("\\u001b") && screen.contains("[3 Flows]"), "{screen}");
    let title = tmux.call(&["display-message", "-p", "#{pane_title}"]).stdout;
    assert!(!String::from_utf8_lossy(&title).contains("owned"));
    let _ = std::fs::remove_dir_all(&dir);
}
