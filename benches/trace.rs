//! Packets through the flows of a large node, and the same beside `ofproto/trace`: `cargo bench --bench trace`.
//!
//! The switch is an ovs-vswitchd of the benchmark's own, asked over one open control socket; it is left out if Open
//! vSwitch is not installed.

mod neutron_like;
#[path = "../tests/live/switch.rs"]
mod switch;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ofscope::base::progress::Progress;
use ofscope::dump::archive::{Request, load_stream};
use ofscope::dump::input::Input;
use ofscope::model::snapshot::Snapshot;
use ofscope::trace::paint::as_ovs;
use ofscope::trace::{Options, World, spec, trace};

const OFSCOPE: &str = env!("CARGO_BIN_EXE_ofscope");
/// How many packets are sent at once.
const PACKETS: usize = 1000;

fn main() {
    let us = |d: Duration| d.as_secs_f64() * 1e6;
    for flows in [57_000, 1_000_000] {
        let text = neutron_like::dump(neutron_like::ports_for(flows));
        let snapshot = load(&text);
        let world = World::of(&snapshot.nodes[0]);
        let options = Options::default();
        let packets: Vec<_> = packets().iter().map(|p| spec::parse(p, &world.at(0).names).expect("a packet")).collect();
        let first = Instant::now();
        let found = trace(&world, 0, &packets[0], &options);
        let first = first.elapsed();
        let lookups: usize = found.passes.iter().map(|p| p.steps.len()).sum();
        let mut times: Vec<Duration> = (0..10)
            .flat_map(|_| &packets)
            .map(|packet| {
                let start = Instant::now();
                let found = trace(&world, 0, packet, &options);
                let took = start.elapsed();
                drop(found);
                took
            })
            .collect();
        times.sort();
        let n = times.len();
        println!(
            "{} flows: one packet, {} passes and {lookups} steps, middle {:.1} us, 99 of 100 within {:.1} us; the first, \
             with its classifiers, {:.1} ms",
            snapshot.flow_count(),
            found.passes.len(),
            us(times[n / 2]),
            us(times[n * 99 / 100]),
            us(first) / 1e3,
        );
        let mut times: Vec<Duration> = packets
            .iter()
            .take(200)
            .map(|packet| {
                let found = trace(&world, 0, packet, &options);
                let start = Instant::now();
                drop(found.relevant(&world));
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("  what decided, when it is asked: middle {:.2} ms", us(times[times.len() / 2]) / 1e3);
        if flows < 100_000 {
            beside_the_switch(&text, &world);
            command(&text);
        }
    }
}

/// Packets of one VM to another, each from another port.
fn packets() -> Vec<String> {
    let packet = |n: usize| {
        let (from, to) = (n % 100, (n + 7) % 100);
        format!(
            "in_port={},tcp,dl_src=fa:16:3e:00:00:{from:02x},dl_dst=fa:16:3e:00:00:{to:02x},nw_src=10.0.0.{from},\
             nw_dst=10.0.0.{to},nw_ttl=64,tcp_src={},tcp_dst=22",
            from + 10,
            30_000 + n
        )
    };
    (0..PACKETS).map(packet).collect()
}

fn load(text: &str) -> Snapshot {
    let progress = Progress::default();
    let request = Request { name: "bench".into(), fill: true, progress: &progress };
    let input = Input::new(std::io::Cursor::new(text.to_owned().into_bytes())).expect("a dump opens");
    load_stream(input, &request, &mut |_| {}).expect("a dump loads")
}

/// How long the middle one of some rounds takes, and how much it gives.
fn middle(mut round: impl FnMut() -> usize) -> (Duration, usize) {
    let mut rounds = [(); 9].map(|()| {
        let start = Instant::now();
        let given = round();
        (start.elapsed(), given)
    });
    rounds.sort();
    rounds[4]
}

/// The same packets, printed as the switch does, and by the switch itself.
fn beside_the_switch(text: &str, world: &World<'_>) {
    let packets = packets();
    let (ours, printed) = middle(|| {
        let print = |packet: &String| {
            let packet = spec::parse(packet, &world.at(0).names).expect("a packet");
            let mut out = String::new();
            as_ovs(&trace(world, 0, &packet, &Options::default()), world, &mut out);
            out.len()
        };
        packets.iter().map(print).sum()
    });
    println!("  {PACKETS} packets read, traced and printed: {:.1} ms, {printed} bytes", ours.as_secs_f64() * 1e3);
    if !switch::Switch::is_installed() {
        return println!("  Open vSwitch is not installed");
    }
    let dir = switch::directory("bench");
    let mut theirs = switch::Switch::start(&dir);
    theirs.vsctl(&["add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=dummy", "fail_mode=secure"]);
    let file = dir.join("flows");
    let flows = text.split_once('\n').map_or("", |(_, flows)| flows);
    std::fs::write(&file, flows).expect("room for the flows");
    let path = file.to_string_lossy().into_owned();
    if let Err(e) = theirs.ofctl("OpenFlow13", "add-flows", "br-int", &[&path]) {
        println!("  the switch does not take the flows: {}", e.lines().next().unwrap_or_default());
    }
    let (took, told) = middle(|| {
        let mut ask = |packet: &String| theirs.ask("ofproto/trace", &["br-int", packet]).expect("an answer");
        packets.iter().map(|packet| ask(packet).map_or(0, |text| text.len())).sum()
    });
    if !theirs.is_alive() {
        return println!("  the switch ended over the packets: {}", theirs.end());
    }
    println!(
        "  ofproto/trace over an open socket: {:.1} ms, {told} bytes: {:.0} times ours",
        took.as_secs_f64() * 1e3,
        took.as_secs_f64() / ours.as_secs_f64()
    );
    drop(theirs);
    let _ = std::fs::remove_dir_all(dir);
}

/// One packet by the command, from start to end.
fn command(text: &str) {
    let file = std::env::temp_dir().join(format!("ofscope-trace-{}.txt", std::process::id()));
    std::fs::write(&file, text).expect("room for the flows");
    let packet = packets().swap_remove(0);
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let start = Instant::now();
            let mut command = Command::new(OFSCOPE);
            command.arg("trace").arg(&file).arg(&packet).stdout(Stdio::null()).stderr(Stdio::null());
            let _ = command.status().expect("it starts");
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("  `ofscope trace` from start to end: middle {:.0} ms", times[4].as_secs_f64() * 1e3);
    let _ = std::fs::remove_file(file);
}
