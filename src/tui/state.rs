//! Everything the screen shows follows from one value.

use std::sync::Arc;

use super::command::{Context, Keymap};
use super::input::Input;
use super::job::JobId;
use super::key::Key;
use super::layer::Layer;
use super::theme::{Glyphs, Theme};
use super::words::Words;
use crate::base::paint::Role;
use crate::base::progress::Progress;
use crate::model::bridge::Bridge;
use crate::model::node::Node;
use crate::model::snapshot::Snapshot;

pub use super::views::{Flow as FlowView, Flows as FlowsView, NodeView, Pipeline as PipelineView, SourcesView, View};

/// The state of the screen.
pub struct State {
    /// What is shown.
    pub snapshot: Arc<Snapshot>,
    /// How the snapshot came here, for the top line: `FILE dump.txt`, `DEMO`.
    pub origin: Origin,
    /// The load that is still going on.
    pub load: Option<Progress>,
    /// The views that were visited.
    pub history: History,
    /// What lies above the view: help, palette, menus.
    pub layers: Vec<Layer>,
    /// Keys of a sequence that is not complete, and when the last one was pressed, in milliseconds.
    pub pending: Vec<Key>,
    /// When the last key came, in milliseconds.
    pub pending_since: u64,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// How things look.
    pub look: Look,
    /// What the status line says until the next key.
    pub message: Option<Message>,
    /// Keys and commands.
    pub keymap: Keymap,
    /// What the configuration says.
    pub settings: Settings,
    /// The names of things, for each bridge that was looked at.
    pub words: Words,
    /// Work that runs beside the screen.
    pub jobs: Vec<Running>,
    /// The number of the last job.
    pub last_job: JobId,
    /// The time, in milliseconds since the start.
    pub now: u64,
    /// The line on the first screen that says where to go from here.
    pub offers: Vec<(Role, String)>,
}

/// How the snapshot came here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// The captured node in the program itself.
    #[default]
    Demo,
    /// A file or directory.
    File(Arc<str>),
    /// Standard input.
    Stdin,
}

impl Origin {
    /// As the top line has it.
    pub fn text(&self) -> String {
        match self {
            Origin::Demo => "DEMO".to_owned(),
            Origin::File(name) => format!("FILE {name}"),
            Origin::Stdin => "STDIN".to_owned(),
        }
    }
}

/// How things look.
#[derive(Debug, Clone)]
pub struct Look {
    /// Roles and colours.
    pub theme: Theme,
    /// Lines and bars.
    pub glyphs: Glyphs,
    /// Whether anything may move by itself.
    pub motion: bool,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Whether the terminal shows all colours.
    pub true_colour: bool,
}

impl Default for Look {
    fn default() -> Look {
        Look {
            theme: Theme::by_name("terminal").expect("the default theme is a row of the table"),
            glyphs: Glyphs::UNICODE,
            motion: true,
            mouse: false,
            true_colour: false,
        }
    }
}

/// What the configuration says (`docs/configuration.md`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The columns of flow lists; empty for the usual ones.
    pub columns: Vec<String>,
    /// Short names for filters.
    pub aliases: Vec<(String, String)>,
    /// Names that people gave to tables: bridge, number, name.
    pub table_names: Vec<(String, u8, String)>,
}

/// A line for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Good, bad, or worth knowing.
    pub role: Role,
    /// The text.
    pub text: String,
}

/// Work that runs beside the screen.
#[derive(Debug, Clone)]
pub struct Running {
    /// Which one.
    pub id: JobId,
    /// What it does, in words.
    pub what: String,
    /// How far it is, and how to stop it.
    pub progress: Progress,
    /// When it began, in milliseconds.
    pub since: u64,
}

/// The views that were visited, as a browser has them.
#[derive(Debug)]
pub struct History {
    views: Vec<View>,
    at: usize,
    /// The view before this one, for `-`.
    last: usize,
}

impl History {
    /// Views kept at most.
    const LIMIT: usize = 100;

    /// Begins with one view.
    pub fn new(view: View) -> History {
        History { views: vec![view], at: 0, last: 0 }
    }

    /// The view on the screen.
    pub fn here(&self) -> &View {
        &self.views[self.at]
    }

    /// The view on the screen.
    pub fn here_mut(&mut self) -> &mut View {
        &mut self.views[self.at]
    }

    /// Every view, for things that change all of them.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut View> {
        self.views.iter_mut()
    }

    /// Goes on to a new view; those that were ahead are forgotten.
    pub fn push(&mut self, view: View) {
        self.last = self.at;
        self.views.truncate(self.at + 1);
        self.views.push(view);
        if self.views.len() > Self::LIMIT {
            self.views.remove(0);
            self.last = self.last.saturating_sub(1);
        }
        self.at = self.views.len() - 1;
    }

    /// Goes back; false at the beginning.
    pub fn back(&mut self) -> bool {
        self.go(self.at.checked_sub(1))
    }

    /// Goes forward; false at the end.
    pub fn forward(&mut self) -> bool {
        self.go(Some(self.at + 1))
    }

    /// Goes to the view that was here before.
    pub fn toggle(&mut self) -> bool {
        self.go(Some(self.last).filter(|last| *last != self.at))
    }

    fn go(&mut self, to: Option<usize>) -> bool {
        match to.filter(|to| *to < self.views.len()) {
            Some(to) => {
                self.last = self.at;
                self.at = to;
                true
            }
            None => false,
        }
    }
}

/// A bridge by name: it stays the same when a newer snapshot comes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BridgeRef {
    /// The node's name.
    pub node: Arc<str>,
    /// The bridge's name.
    pub bridge: Arc<str>,
}

impl State {
    /// The state at the start.
    pub fn new(snapshot: Arc<Snapshot>, origin: Origin, look: Look, size: (u16, u16)) -> State {
        let node = snapshot.nodes.first().map(|n| n.name.clone()).unwrap_or_default();
        State {
            snapshot,
            origin,
            load: None,
            history: History::new(View::Node(NodeView::new(node))),
            layers: Vec::new(),
            pending: Vec::new(),
            pending_since: 0,
            size,
            look,
            message: None,
            keymap: Keymap::default(),
            settings: Settings::default(),
            words: Words::default(),
            jobs: Vec::new(),
            last_job: JobId(0),
            now: 0,
            offers: Vec::new(),
        }
    }

    /// The view on the screen.
    pub fn view(&self) -> &View {
        self.history.here()
    }

    /// What is on the screen, for the keymap.
    pub fn context(&self) -> Context {
        self.view().context()
    }

    /// A node by name.
    pub fn node(&self, name: &str) -> Option<&Arc<Node>> {
        self.snapshot.node(name)
    }

    /// A bridge by name.
    pub fn bridge(&self, at: &BridgeRef) -> Option<&Arc<Bridge>> {
        self.node(&at.node)?.bridge(&at.bridge)
    }

    /// Says something on the status line.
    pub fn say(&mut self, role: Role, text: impl Into<String>) {
        self.message = Some(Message { role, text: text.into() });
    }

    /// The text line that is being typed, wherever it stands.
    pub fn typing(&mut self) -> Option<&mut Input> {
        if let Some(layer) = self.layers.last_mut() {
            return layer.input();
        }
        self.history.here_mut().input()
    }
}
