//! The same flows through ofscope and its peers, one after the other in one run: `cargo bench --bench peers`.
//!
//! `ovs-ofctl parse-flows` reads and prints flows; `ovs-flowviz` reads and draws them. A peer that is not installed is
//! left out. Each command is started as a person would start it, and its output is thrown away.

mod neutron_like;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const OFSCOPE: &str = env!("CARGO_BIN_EXE_ofscope");

fn main() {
    let dir = std::env::temp_dir().join(format!("ofscope-peers-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the dumps");
    for (flows, peers) in [(1_000_000, &["ovs-ofctl"][..]), (57_000, &["ovs-ofctl", "ovs-flowviz"])] {
        let ports = neutron_like::ports_for(flows);
        let dump = dir.join(format!("{flows}.txt"));
        let text = neutron_like::dump(ports);
        // parse-flows reads flows only, so the line in front of them is left out for all.
        let text = text.split_once('\n').map_or(&*text, |(_, flows)| flows);
        std::fs::write(&dump, text).expect("room for the dump");
        println!("{} flows, {:.0} MB", text.lines().count(), text.len() as f64 / 1e6);
        let file = dump.to_str().expect("a plain path");
        let ours = [("load", vec!["flows", file, "--limit", "1"]), ("print", vec!["fmt", file])];
        let ours: Vec<(&str, Duration)> =
            ours.iter().filter_map(|(what, args)| Some((*what, time(Path::new(OFSCOPE), args)?))).collect();
        for (what, took) in &ours {
            println!("  ofscope {what:<28} {:>7.2} s", took.as_secs_f64());
        }
        for peer in peers {
            let args = match *peer {
                "ovs-ofctl" => vec!["-O", "OpenFlow13", "parse-flows", file],
                _ => vec!["-i", file, "openflow", "console"],
            };
            let Some(took) = time(Path::new(peer), &args) else {
                println!("  {peer} is not installed, or refused the flows");
                continue;
            };
            print!(
                "  {:<36} {:>7.2} s",
                format!("{peer} {}", if *peer == "ovs-ofctl" { "parse-flows" } else { "openflow console" }),
                took.as_secs_f64()
            );
            for (what, ours) in &ours {
                print!("   {:.0} times ofscope {what}", took.as_secs_f64() / ours.as_secs_f64());
            }
            println!();
        }
    }
    let _ = std::fs::remove_dir_all(&dir);
}

/// How long a command takes; nothing if it is not there or fails.
fn time(program: &Path, args: &[&str]) -> Option<Duration> {
    let start = Instant::now();
    let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    status.success().then(|| start.elapsed())
}
