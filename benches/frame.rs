//! One picture of every screen at 200x60, with 57,000 flows behind it: `cargo bench --bench frame`.

mod neutron_like;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ofscope::base::progress::Progress;
use ofscope::dump::archive::{Request, load_stream};
use ofscope::dump::input::Input;
use ofscope::session::Scene;
use ofscope::tui::key::Key;
use ofscope::tui::msg::{Effect, Msg};
use ofscope::tui::state::{Look, Origin, State};
use ofscope::tui::update::update;
use ofscope::tui::view::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const RUNS: usize = 50;

fn main() {
    let text = neutron_like::dump(neutron_like::ports_for(57_000));
    let progress = Progress::default();
    let request = Request { name: "bench".into(), fill: true, progress: &progress };
    let input = Input::new(std::io::Cursor::new(text.into_bytes())).expect("a dump opens");
    let snapshot = load_stream(input, &request, &mut |_| {}).expect("a dump loads");
    let scene = Arc::new(Scene::new(snapshot));
    scene.warm();
    let screens = [
        ("1 Node", ""),
        ("2 Pipeline, drawn", "2"),
        ("2 Pipeline, outline", "v"),
        ("3 Flows", "3"),
        ("3 Flows, last rows", "G"),
        ("one flow", "Enter"),
        ("3 Flows, folded", "Esc Ctrl-g t"),
        ("help", "?"),
        ("palette", "Esc :"),
        ("P Sources", "Esc P"),
    ];
    let mut state = State::new(Origin::Demo, Look::default(), (200, 60));
    take(&mut state, Msg::Scene { scene, is_last: true });
    take(&mut state, Msg::Warm);
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a test terminal");
    for (name, keys) in screens {
        for key in keys.split(' ').filter_map(Key::parse) {
            take(&mut state, Msg::Key(key));
        }
        let mut times: Vec<Duration> = (0..RUNS)
            .map(|_| {
                let start = Instant::now();
                terminal.draw(|frame| draw(&state, frame)).expect("drawing succeeds");
                start.elapsed()
            })
            .collect();
        times.sort();
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        println!("{name:<22} middle {:>6.2} ms, slowest {:>6.2} ms", ms(times[RUNS / 2]), ms(times[RUNS - 1]));
    }
}

/// Takes a message and does the work that it asks for at once.
fn take(state: &mut State, msg: Msg) {
    let mut messages = vec![msg];
    while let Some(msg) = messages.pop() {
        for effect in update(state, msg) {
            if let Effect::Start(ticket, job, progress) = effect {
                messages.extend(job.run(&progress).map(|answer| Msg::Answer(ticket, answer)));
            }
        }
    }
}
