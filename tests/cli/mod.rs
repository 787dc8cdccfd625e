//! The command line: the real program, run as people and scripts run it.

mod check;
mod config;
mod diff;
mod docs;
mod flows;
mod fmt;
mod inputs;
mod learn;
mod nodes;
mod plan;
mod trace;
mod usage;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A node that comes with the program.
pub const DEMO: [&str; 3] = ["demo:sg-rich", "--node", "compute1"];

/// What a run of the program said.
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Run {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }

    /// Fails unless the run ended so.
    pub fn ends(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

/// The program, without what the environment of the tests would change.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ofscope"));
    command.env("XDG_CONFIG_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-configuration"));
    command.env("XDG_STATE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-state"));
    for name in ["OFSCOPE_CONFIG", "OFSCOPE_THEME"] {
        command.env_remove(name);
    }
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "PAGER", "OFSCOPE_PLAIN", "OVS_RUNDIR", "NO_MOTION"] {
        command.env_remove(name);
    }
    command.current_dir(crate::fixtures()).stdin(Stdio::null());
    command
}

/// Runs the program in the directory of fixtures.
pub fn run(args: &[&str]) -> Run {
    finish(program().args(args).output().expect("the program starts"))
}

/// Runs the program with some text on standard input.
pub fn fed(args: &[&str], input: &[u8]) -> Run {
    let mut child = program()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it was asked for");
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || {
        // The program may end before it has read everything.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("the program ends");
    feeder.join().expect("the feeder ends");
    finish(output)
}

fn finish(output: std::process::Output) -> Run {
    Run {
        code: output.status.code().expect("no signal ended it"),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The keys of an object, sorted.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Fails unless an object has these keys; more may be added in later releases.
pub fn has_keys(value: &Value, wanted: &str) {
    let keys = keys(value);
    for key in wanted.split_whitespace() {
        assert!(keys.contains(&key), "no `{key}` in {value:#}");
    }
}

/// A command with the default node in front of further arguments.
pub fn on_demo(command: &str, more: &[&str]) -> Run {
    let args: Vec<&str> = [command].into_iter().chain(DEMO).chain(more.iter().copied()).collect();
    run(&args)
}
