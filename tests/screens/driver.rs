//! A screen without a terminal: keys in, text and roles out. Work beside the screen is done at once.

use std::sync::Arc;

use ofscope::base::progress::Progress;
use ofscope::session::{Scene, Source, open};
use ofscope::tui::key::Key;
use ofscope::tui::msg::{Effect, Msg};
use ofscope::tui::state::{Look, Origin, State};
use ofscope::tui::update::update;
use ofscope::tui::view::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// The screen.
pub struct Screen {
    /// All that it is.
    pub state: State,
    /// The effects that only a terminal could do.
    pub effects: Vec<Effect>,
}

/// What a source is, read and worked out.
pub fn scene(name: &str) -> Arc<Scene> {
    let snapshot = open(&Source::named(name), true, &Progress::default(), &mut |_| {}).expect("the source opens");
    let scene = Scene::new(snapshot);
    scene.warm();
    scene.check();
    Arc::new(scene)
}

impl Screen {
    /// Of a source, on a terminal of this size.
    pub fn open(scene: &Arc<Scene>, size: (u16, u16)) -> Screen {
        let state = State::new(Origin::Demo, Look { motion: false, ..Look::default() }, size);
        let mut screen = Screen { state, effects: Vec::new() };
        screen.take(Msg::Scene { scene: scene.clone(), is_last: true });
        screen.take(Msg::Warm);
        screen
    }

    /// Takes a message, and does the work that it asks for until there is none.
    pub fn take(&mut self, msg: Msg) {
        let mut messages = vec![msg];
        while let Some(msg) = messages.pop() {
            for effect in update(&mut self.state, msg) {
                match effect {
                    Effect::Start(ticket, job, progress) => {
                        messages.extend(job.run(&progress).map(|answer| Msg::Answer(ticket, answer)));
                    }
                    Effect::ReadOther(name) => {
                        let read = open(&Source::named(&name), true, &Progress::default(), &mut |_| {});
                        let read = read.map(|snapshot| Arc::new(Scene::new(snapshot))).map_err(|e| e.to_string());
                        messages.push(Msg::Other(name.into(), read));
                    }
                    Effect::Warm(scene) => {
                        scene.warm();
                        messages.push(Msg::Warm);
                    }
                    other => self.effects.push(other),
                }
            }
        }
    }

    /// Types keys by name, set apart by blanks; a word that is no key is typed letter by letter.
    pub fn keys(&mut self, keys: &str) -> &mut Screen {
        for word in keys.split(' ') {
            match Key::parse(word) {
                Some(key) => self.take(Msg::Key(key)),
                None => word.chars().for_each(|c| self.take(Msg::Key(Key::parse(&c.to_string()).expect("a letter")))),
            }
        }
        self
    }

    fn terminal(&self) -> Terminal<TestBackend> {
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test has a terminal");
        terminal.draw(|frame| draw(&self.state, frame)).expect("drawing succeeds");
        terminal
    }

    /// What a person sees.
    pub fn text(&self) -> String {
        let terminal = self.terminal();
        let buffer = terminal.backend().buffer();
        let (width, height) = (buffer.area.width, buffer.area.height);
        let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
    }

    /// Whether some text is seen.
    pub fn shows(&self, text: &str) -> bool {
        self.text().contains(text)
    }
}
