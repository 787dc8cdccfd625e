//! What becomes of packets when one flow is staged on the flows of a large node: `cargo bench --bench effect`.

mod neutron_like;

use std::time::{Duration, Instant};

use ofscope::base::progress::Progress;
use ofscope::dump::archive::{Request, load_stream};
use ofscope::dump::input::Input;
use ofscope::session::{Scene, Staged};
use ofscope::tui::told::Asked;
use ofscope::tui::told::effect::effect;
use ofscope::tui::views::Spot;

/// How many packets are pinned.
const PINS: usize = 20;

fn main() {
    let text = neutron_like::dump(neutron_like::ports_for(57_000));
    let progress = Progress::default();
    let request = Request { name: "bench".into(), fill: true, progress: &progress };
    let input = Input::new(std::io::Cursor::new(text.into_bytes())).expect("a dump opens");
    let snapshot = load_stream(input, &request, &mut |_| {}).expect("a dump loads");
    let scene = Scene::new(snapshot);
    scene.warm();
    scene.check();
    let node = scene.nodes()[0].node().clone();
    let bridge = node.bridges[0].clone();
    let spot = Spot { node: node.name.clone(), bridge: bridge.name.clone() };
    let pins: Vec<Asked> = (0..PINS)
        .map(|n| {
            let to = n + 7;
            let text = format!(
                "in_port={},tcp,dl_src=fa:16:3e:00:00:{n:02x},dl_dst=fa:16:3e:00:00:{to:02x},nw_src=10.0.0.{n},\
                 nw_dst=10.0.0.{to},nw_ttl=64,tcp_src=30000,tcp_dst=22",
                n + 10
            );
            Asked { spot: spot.clone(), text, ..Asked::default() }
        })
        .collect();
    let lines = [
        "table=60,priority=101,in_port=3,tcp,tp_dst=22 actions=drop",
        "table=82,priority=78,tcp,reg5=0x1,tp_dst=8080 actions=output:1",
    ];
    for line in lines {
        let mut staged = Staged::default();
        let start = Instant::now();
        staged.of_mut(&node.name, &bridge.name).read(&bridge, line).expect("a flow");
        let planned = start.elapsed();
        let mut times: Vec<Duration> = (0..10)
            .map(|_| {
                let start = Instant::now();
                let found = effect(&scene, &staged, &spot, &pins, &Progress::default());
                let took = start.elapsed();
                assert!(found.packets.len() >= PINS, "{} packets were traced", found.packets.len());
                took
            })
            .collect();
        times.sort();
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        println!(
            "{} flows, {PINS} pinned packets, one flow staged in {:.1} ms ({line}): the effect in {:.1} ms, at best {:.1} ms",
            scene.snapshot().flow_count(),
            ms(planned),
            ms(times[times.len() / 2]),
            ms(times[0])
        );
    }
}
