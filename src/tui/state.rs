//! Everything the screen shows follows from one value.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::command::{Context, Id, Keymap};
use super::job::Kind;
use super::key::Key;
use super::layer::Layer;
use super::learn::Learning;
use super::msg::Ticket;
use super::sandbox::Sending;
use super::staged::Editor;
use super::theme::{Glyphs, Theme};
use super::told::differences::Other;
use super::told::{Asked, Told};
use super::views::{FlowsView, NodeView, Screen, Spot, View};
use crate::base::paint::Role;
use crate::base::progress::Progress;
use crate::graph::Charset;
use crate::model::change::Request;
use crate::session::{Scene, Staged};

/// The state of the screen.
#[derive(Debug)]
pub struct State {
    /// What is shown.
    pub scene: Arc<Scene>,
    /// Whether everything that follows from it is worked out.
    pub is_warm: bool,
    /// How it came here, for the top line.
    pub origin: Origin,
    /// The load that is still going on.
    pub load: Option<Running>,
    /// The views that were visited.
    pub history: History,
    /// What lies above the view: help, palette, menus.
    pub layers: Vec<Layer>,
    /// Keys of a sequence that is not complete, and when the last one was pressed, in milliseconds.
    pub pending: (Vec<Key>, u64),
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// How things look.
    pub look: Look,
    /// What the status line says until the next key.
    pub message: Option<(Role, String)>,
    /// Keys and commands.
    pub keymap: Keymap,
    /// What the configuration says.
    pub settings: Settings,
    /// Work that runs beside the screen.
    pub jobs: Vec<Running>,
    /// The number of the last view.
    pub last_view: u64,
    /// The time, in milliseconds since the start.
    pub now: u64,
    /// The line on the first screen that says where to go from here.
    pub offers: Vec<(Role, String)>,
    /// Where to begin, until that is there.
    pub start: Option<Start>,
    /// The last trace: the pipeline lights up its way, and `w` asks about it.
    pub traced: Option<Arc<Told>>,
    /// Packets that were traced, latest last.
    pub packets: Vec<String>,
    /// The course, and how far somebody is.
    pub learning: Learning,
    /// What the source is compared with.
    pub other: Option<Other>,
    /// Whether to begin with the comparison, once both sources are there.
    pub wants_diff: bool,
    /// What was sent at a practice switch.
    pub sending: Sending,
    /// What is staged.
    pub staged: Staged,
    /// What was read, while the screens show it as it would be with what is staged.
    pub base: Option<Arc<Scene>>,
    /// Flows that were being typed when the editor was left.
    pub drafts: Vec<(Spot, Editor)>,
    /// Packets whose fate is told before and after changes.
    pub pins: Vec<Asked>,
    /// What takes the last commit back.
    pub way_back: Option<(Spot, Vec<Request>)>,
    /// The file in which what is staged was saved last, and whether it holds all of it.
    pub kept: Option<(PathBuf, bool)>,
}

/// Where to begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// The node; the first one if nobody said.
    pub node: Option<String>,
    /// The bridge; the screen of the node if nobody said.
    pub bridge: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The filter.
    pub filter: Option<String>,
}

/// How the snapshot came here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// The captured node in the program itself.
    #[default]
    Demo,
    /// A node to practise on.
    Sandbox,
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
            Origin::Sandbox => "SANDBOX (no switch)".to_owned(),
            // The whole path is on the Sources screen; here the places need the room.
            Origin::File(name) => {
                let path = name.trim_end_matches('/');
                let last = path.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(path);
                format!("FILE {last}")
            }
            Origin::Stdin => "STDIN".to_owned(),
        }
    }
}

/// How things look.
#[derive(Debug, Clone)]
pub struct Look {
    /// Which characters drawings are made of.
    pub charset: Charset,
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
            charset: Charset::Unicode,
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
    pub aliases: BTreeMap<String, String>,
    /// The theme; nothing for the one that is chosen by itself.
    pub theme: Option<String>,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Keys of the person's own, each with where it works if not everywhere.
    pub keys: Vec<(Vec<Key>, Id, Option<Context>)>,
}

/// Work that runs beside the screen.
#[derive(Debug, Clone)]
pub struct Running {
    /// What waits for it; nothing for a load.
    pub ticket: Option<Ticket>,
    /// What it does, in words.
    pub what: &'static str,
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

    /// The view that going back leads to.
    pub fn before(&self) -> Option<&View> {
        self.views.get(self.at.checked_sub(1)?)
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

impl State {
    /// The state at the start.
    pub fn new(origin: Origin, look: Look, size: (u16, u16)) -> State {
        let view = View { id: 0, questions: [0; Kind::COUNT], screen: Screen::Node(NodeView::new("".into())) };
        State {
            scene: Arc::default(),
            is_warm: false,
            origin,
            load: None,
            history: History::new(view),
            layers: Vec::new(),
            pending: (Vec::new(), 0),
            size,
            look,
            message: None,
            keymap: Keymap::default(),
            settings: Settings::default(),
            jobs: Vec::new(),
            last_view: 0,
            now: 0,
            offers: Vec::new(),
            start: None,
            traced: None,
            packets: Vec::new(),
            learning: Learning::default(),
            other: None,
            wants_diff: false,
            sending: Sending::default(),
            staged: Staged::default(),
            base: None,
            drafts: Vec::new(),
            pins: Vec::new(),
            way_back: None,
            kept: None,
        }
    }

    /// What was read, whatever the screens show.
    pub fn base(&self) -> &Arc<Scene> {
        self.base.as_ref().unwrap_or(&self.scene)
    }

    /// Takes what the person has set.
    pub fn configure(&mut self, settings: Settings) {
        for (keys, id, only) in &settings.keys {
            self.keymap.bind(keys.clone(), *id, *only);
        }
        self.settings = settings;
    }

    /// The view on the screen.
    pub fn view(&self) -> &View {
        self.history.here()
    }

    /// What the view shows.
    pub fn screen(&self) -> &Screen {
        &self.history.here().screen
    }

    /// What the view shows.
    pub fn screen_mut(&mut self) -> &mut Screen {
        &mut self.history.here_mut().screen
    }

    /// The list of flows on the screen.
    pub fn flows_mut(&mut self) -> Option<&mut FlowsView> {
        match self.screen_mut() {
            Screen::Flows(view) => Some(view),
            _ => None,
        }
    }

    /// What is on the screen, for the keymap.
    pub fn context(&self) -> Context {
        self.screen().context()
    }

    /// Says something on the status line.
    pub fn say(&mut self, role: Role, text: impl Into<String>) {
        self.message = Some((role, text.into()));
    }
}
