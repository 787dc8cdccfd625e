//! One staged flow on a node with 57,000 flows: the bridge as it would be, what to think of, and 20 packets before and
//! after: `cargo bench --bench changes`.

mod neutron_like;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ofscope::base::progress::Progress;
use ofscope::dump::archive::{Request, load_stream};
use ofscope::dump::change_file;
use ofscope::dump::input::Input;
use ofscope::field::Version;
use ofscope::model::change::ChangeSet;
use ofscope::model::naming::Naming;
use ofscope::model::node::Node;
use ofscope::model::snapshot::Snapshot;
use ofscope::plan::{self, View};
use ofscope::trace::{Options, Packet, World, spec};

/// How many packets are sent before and after.
const PACKETS: usize = 20;

fn main() {
    let snapshot = load(&neutron_like::dump(neutron_like::ports_for(57_000)));
    let node = &snapshot.nodes[0];
    let base = &node.bridges[0];
    let world = World::of(node);
    let packets: Vec<Packet> = (0..PACKETS)
        .map(|n| {
            let text = format!(
                "in_port={},tcp,dl_src=fa:16:3e:00:00:{n:02x},dl_dst=fa:16:3e:00:01:{n:02x},nw_src=10.0.0.{n},nw_dst=10.0.1.{n},tp_dst=80",
                5 + n
            );
            spec::parse(&text, &world.at(0).names).expect("a packet")
        })
        .collect();
    let start = Instant::now();
    base.revision();
    println!("{} flows; their revision takes {:.1} ms once", snapshot.flow_count(), ms(start.elapsed()));
    // What is there is warm: it was looked at before somebody began to change it.
    plan::effects(&world, &world, 0, &packets, &Options::default());
    let lines = [
        ("add", "add table=60,priority=101,in_port=7,actions=drop"),
        ("modify_strict", "modify_strict table=0,priority=0,actions=drop"),
        ("delete_strict", "delete_strict table=0,priority=0"),
    ];
    for (what, line) in lines {
        let requests = change_file::read(line, &base.names, Version::V13).expect("a request");
        let mut times: Vec<[Duration; 3]> = (0..20).map(|_| once(node, &requests, &packets)).collect();
        times.sort_by_key(|times| times.iter().sum::<Duration>());
        let [applied, warned, sent] = times[times.len() / 2];
        println!(
            "{what}: {:.1} ms, of which the bridge {:.1} ms, what to think of {:.1} ms, {PACKETS} packets before and after {:.1} ms",
            ms(applied + warned + sent),
            ms(applied),
            ms(warned),
            ms(sent),
        );
    }
}

/// One staged request: the new bridge, its warnings, and the packets.
fn once(
    node: &Node,
    requests: &[(ofscope::base::span::Span, ofscope::model::change::Request)],
    packets: &[Packet],
) -> [Duration; 3] {
    let base = &node.bridges[0];
    let start = Instant::now();
    let change = ChangeSet::plan(base, requests.iter().map(|(_, request)| request.clone())).expect("it is allowed");
    let after = Arc::new(change.apply(base).expect("it was planned on this bridge"));
    let applied = start.elapsed();
    let start = Instant::now();
    let naming = Naming::default();
    let warnings = plan::warnings(View { before: base, after: &after, naming: &naming }, &change);
    std::hint::black_box(&warnings);
    let warned = start.elapsed();
    let start = Instant::now();
    let mut bridges = node.bridges.clone();
    bridges[0] = after;
    let then = Node { bridges, ..node.clone() };
    let (before, after) = (World::of(node), World::of(&then));
    std::hint::black_box(plan::effects(&before, &after, 0, packets, &Options::default()));
    [applied, warned, start.elapsed()]
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}

fn load(text: &str) -> Snapshot {
    let progress = Progress::default();
    let request = Request { name: "bench".into(), fill: true, progress: &progress };
    let input = Input::new(std::io::Cursor::new(text.to_owned().into_bytes())).expect("a dump opens");
    load_stream(input, &request, &mut |_| {}).expect("a dump loads")
}
