//! Comparing two dumps, and the same with `ovs-ofctl diff-flows` in the same run: `cargo bench --bench diff`.
//!
//! One flow in a hundred of the second dump does something else, and all its cookies are new; `ovs-ofctl`, which has no
//! way to look away from cookies, is given one without new cookies. It is left out if it is not installed.

mod neutron_like;

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const OFSCOPE: &str = env!("CARGO_BIN_EXE_ofscope");

/// How often each command is run; the middle one is told.
const RUNS: usize = 5;

fn main() {
    let dir = std::env::temp_dir().join(format!("ofscope-diff-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the dumps");
    for flows in [57_000, 1_000_000] {
        let text = neutron_like::dump(neutron_like::ports_for(flows));
        // diff-flows reads flows only, so the line in front of them is left out for all.
        let text = text.split_once('\n').map_or(&*text, |(_, flows)| flows);
        let [before, after, restarted] =
            ["before", "after", "restarted"].map(|name| dir.join(format!("{flows}-{name}.txt")));
        std::fs::write(&before, text).expect("room for the dump");
        std::fs::write(&after, changed(text)).expect("room for the dump");
        std::fs::write(&restarted, changed(text).replace("cookie=0x8", "cookie=0x9")).expect("room for the dump");
        println!("{} flows, {:.0} MB", text.lines().count(), text.len() as f64 / 1e6);
        let [before, after, restarted] = [&before, &after, &restarted].map(|path| path.to_str().expect("a plain path"));
        let ours = time(Path::new(OFSCOPE), &["diff", before, after], 1).expect("it is the program");
        println!("  ofscope diff                     {:>7.2} s", ours.as_secs_f64());
        let cookies = time(Path::new(OFSCOPE), &["diff", before, restarted], 1).expect("it is the program");
        println!("  ofscope diff, all cookies new    {:>7.2} s", cookies.as_secs_f64());
        match time(Path::new("ovs-ofctl"), &["diff-flows", before, after], 2) {
            Some(peer) => {
                let times = peer.as_secs_f64() / ours.as_secs_f64();
                println!("  ovs-ofctl diff-flows             {:>7.2} s   {times:.1} times ofscope", peer.as_secs_f64());
            }
            None => println!("  ovs-ofctl is not installed, or refused the flows"),
        }
    }
    let _ = std::fs::remove_dir_all(&dir);
}

/// The dump with one flow in a hundred doing something else.
fn changed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 100);
    for (n, line) in text.lines().enumerate() {
        // Nothing stands beside `drop`, nor beside clauses of conjunctions.
        let is_open = !line.ends_with("drop") && !line.contains("conjunction(");
        let more = if n % 100 == 0 && is_open { ",output:65000" } else { "" };
        writeln!(out, "{line}{more}").expect("a string takes everything");
    }
    out
}

/// How long a command takes; nothing if it is not there or fails. `differ` is how it ends if flows differ.
fn time(program: &Path, args: &[&str], differ: i32) -> Option<Duration> {
    let mut took = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        took.push(start.elapsed());
        if status.code().is_none_or(|code| code != differ && code != 0) {
            return None;
        }
    }
    took.sort_unstable();
    Some(took[RUNS / 2])
}
