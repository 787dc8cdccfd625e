//! The terminal, the threads and the clock around the screen.
//!
//! One thread draws and decides. Others wait for keys, read the source, and work; they all talk through one channel.
//! What came in while a picture was drawn is taken in before the next one is, so a held key never piles up.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, KeyEventKind,
    MouseButton, MouseEventKind,
};
use crossterm::execute;
use ratatui::DefaultTerminal;
use tokio::signal::unix::{SignalKind, signal};

use super::clipboard::{self, Around};
use super::job::Kind;
use super::key::Key;
use super::msg::{Effect, Mouse, MouseAct, Msg, Ticket};
use super::state::{Look, Origin, Running, Settings, Start, State};
use super::update::{begin_with_lessons, update};
use super::view::draw;
use crate::base::paint::Role;
use crate::base::progress::Progress;
use crate::practice::{Course, Kept, open};
use crate::session::{Scene, Source, keep};

/// What the screens open with.
#[derive(Debug)]
pub struct Open {
    /// What to read.
    pub source: Source,
    /// What to compare it with.
    pub other: Option<String>,
    /// Where to begin.
    pub start: Start,
    /// How things look.
    pub look: Look,
    /// What the configuration says.
    pub settings: Settings,
    /// What is wrong with it, for the status line.
    pub complaint: Option<String>,
    /// The line on the first screen that says where to go from here.
    pub offers: Vec<(Role, String)>,
    /// Where progress at lessons is kept.
    pub kept: Option<Kept>,
    /// The lessons to begin with, where screen 8 is the first, and which of them.
    pub lessons: Option<(Arc<Course>, Option<String>)>,
}

/// How often something that moves is drawn.
const FRAME: Duration = Duration::from_millis(100);
/// How often a source that still grows is shown.
const GROWS: Duration = Duration::from_millis(120);
/// How much of a recording is read, in bytes.
const RECORDING: u64 = 256 << 20;
/// How much of a file of changes is read, in bytes.
const CHANGES: u64 = 64 << 20;
/// Clicks closer than this are one double click.
const DOUBLE: Duration = Duration::from_millis(400);

/// Runs the screens until the person leaves. What comes out is to be printed then.
pub fn run(with: Open) -> io::Result<String> {
    let (send, receive) = channel();
    let mut terminal = ratatui::try_init()?;
    let size = terminal.size()?;
    let origin = match &with.source {
        Source::Demo(_) => Origin::Demo,
        Source::Sandbox(_) => Origin::Sandbox,
        Source::Stdin => Origin::Stdin,
        Source::Path(_) => Origin::File(with.source.name()),
    };
    let has_mouse = with.look.mouse;
    let mut state = State::new(origin, with.look, (size.width, size.height));
    state.configure(with.settings);
    (state.offers, state.start) = (with.offers, Some(with.start));
    state.learning.progress = with.kept.as_ref().map_or_else(Default::default, Kept::load);
    let begins_with_lessons = with.lessons.is_some();
    if let Some((course, lesson)) = with.lessons {
        (state.learning.course, state.learning.first) = (Some(course), lesson);
    }
    if let Some(complaint) = with.complaint {
        state.say(Role::Warn, complaint);
    }
    let mut runner = Runner {
        source: with.source,
        send,
        begun: Instant::now(),
        around: Around::read(),
        quit: None,
        kept: with.kept,
    };
    execute!(io::stdout(), EnableBracketedPaste)?;
    if has_mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    let progress = Progress::default();
    runner.listen();
    runner.obey();
    if begins_with_lessons {
        for effect in begin_with_lessons(&mut state) {
            runner.perform(effect, &mut state, &mut terminal)?;
        }
    } else {
        state.load = Some(Running { ticket: None, what: "reading", progress: progress.clone(), since: 0 });
        runner.load(progress);
        state.wants_diff = with.other.is_some();
        with.other.into_iter().for_each(|name| runner.read_other(name));
    }
    let outcome = runner.turn(&mut state, &mut terminal, &receive);
    let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste);
    ratatui::restore();
    // Work that still runs has nobody to answer to.
    state.jobs.iter().chain(&state.load).for_each(|job| job.progress.cancel());
    outcome?;
    Ok(runner.quit.unwrap_or_default())
}

struct Runner {
    source: Source,
    send: Sender<Msg>,
    begun: Instant,
    around: Around,
    quit: Option<String>,
    kept: Option<Kept>,
}

impl Runner {
    fn now(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }

    fn turn(&mut self, state: &mut State, terminal: &mut DefaultTerminal, receive: &Receiver<Msg>) -> io::Result<()> {
        while self.quit.is_none() {
            // A size that changed before anybody listened is not told.
            let size = terminal.size()?;
            if (size.width, size.height) != state.size {
                update(state, Msg::Resize(size.width, size.height));
            }
            terminal.draw(|frame| draw(state, frame))?;
            let moves = state.load.is_some() || !state.jobs.is_empty() || !state.pending.0.is_empty();
            let patience = if moves { FRAME } else { Duration::from_secs(3600) };
            let first = match receive.recv_timeout(patience) {
                Ok(msg) => Some(msg),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            update(state, Msg::Tick(self.now()));
            let more = first.into_iter().chain(std::iter::from_fn(|| receive.try_recv().ok()).take(200));
            for msg in more {
                for effect in update(state, msg) {
                    self.perform(effect, state, terminal)?;
                }
                if self.quit.is_some() {
                    break;
                }
            }
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect, state: &mut State, terminal: &mut DefaultTerminal) -> io::Result<()> {
        let told = match effect {
            Effect::Start(ticket, job, progress) => {
                self.start(ticket, job, progress);
                return Ok(());
            }
            Effect::Load => {
                if let Some(load) = &state.load {
                    self.load(load.progress.clone());
                }
                return Ok(());
            }
            Effect::Quit(text) => {
                self.quit = Some(text);
                return Ok(());
            }
            Effect::Redraw => return terminal.clear(),
            Effect::Mouse(true) => return execute!(io::stdout(), EnableMouseCapture),
            Effect::Mouse(false) => return execute!(io::stdout(), DisableMouseCapture),
            Effect::Suspend => return self.suspend(state, terminal),
            Effect::Copy(text, what) => clipboard::copy(&text, what, &self.around, &mut io::stdout()),
            Effect::Save(path, text) => {
                match std::fs::File::create_new(&path).and_then(|mut f| f.write_all(text.as_bytes())) {
                    Ok(()) => Ok(format!("saved {} lines to {}", text.lines().count(), path.display())),
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                        Err(format!("{} is there already; choose another name", path.display()))
                    }
                    Err(e) => Err(format!("{} cannot be written: {e}", path.display())),
                }
            }
            Effect::Read(path) => {
                let send = self.send.clone();
                thread::spawn(move || {
                    let mut bytes = Vec::new();
                    let read = std::fs::File::open(&path).and_then(|f| f.take(RECORDING).read_to_end(&mut bytes));
                    let read = read.map(|_| bytes.into()).map_err(|e| format!("{path} cannot be read: {e}"));
                    let _ = send.send(Msg::Recording(path, read));
                });
                return Ok(());
            }
            Effect::ReadOther(name) => {
                self.read_other(name);
                return Ok(());
            }
            Effect::ReadChanges(path, what) => {
                let mut text = String::new();
                let file = std::fs::File::open(&path).and_then(|f| f.take(CHANGES).read_to_string(&mut text));
                let read = file.map(|_| text).map_err(|e| format!("{} cannot be read: {e}", path.display()));
                for effect in update(state, Msg::Changes(path, what, read)) {
                    self.perform(effect, state, terminal)?;
                }
                return Ok(());
            }
            Effect::Keep(path, text, replace) => {
                let kept = keep(&path, &text, replace).map_err(|e| match e.kind() {
                    io::ErrorKind::AlreadyExists => {
                        format!("{} is there already; choose another name", path.display())
                    }
                    _ => format!("{} cannot be written, and is as it was: {e}", path.display()),
                });
                update(state, Msg::Kept(path, kept));
                return Ok(());
            }
            Effect::Warm(scene) => {
                let send = self.send.clone();
                thread::spawn(move || {
                    scene.warm();
                    let _ = send.send(Msg::Warm);
                });
                return Ok(());
            }
            Effect::Learned(lesson, note) => {
                // That it cannot be kept is only told.
                let Some(kept) = &self.kept else { return Ok(()) };
                match kept.note(|progress| progress.note(&lesson, note)) {
                    Ok(()) => return Ok(()),
                    Err(e) => Err(format!("what you did is not kept: {}: {e}", kept.path().display())),
                }
            }
            Effect::Append(path, line) => {
                let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
                match file.and_then(|mut f| writeln!(f, "{line}")) {
                    Ok(()) => Ok(format!("added to {}: sh -e runs all of it", path.display())),
                    Err(e) => Err(format!("{} cannot be written: {e}", path.display())),
                }
            }
        };
        update(state, Msg::Done(told));
        Ok(())
    }

    /// Does work beside the screen.
    fn start(&self, ticket: Ticket, job: super::job::Job, progress: Progress) {
        let send = self.send.clone();
        thread::spawn(move || {
            if ticket.kind == Kind::Words {
                // A held key asks for a flow with every row; most of them are not waited for any more.
                thread::sleep(Duration::from_millis(4));
            }
            if progress.is_cancelled() && ticket.kind != Kind::Rows {
                return;
            }
            if let Some(answer) = job.run(&progress) {
                let _ = send.send(Msg::Answer(ticket, answer));
            }
        });
    }

    /// Reads the source, and shows it as it grows.
    fn load(&self, progress: Progress) {
        let (send, source) = (self.send.clone(), self.source.clone());
        thread::spawn(move || {
            let mut last: Option<Instant> = None;
            let read = open(&source, true, &progress, &mut |snapshot| {
                if last.is_none_or(|last| last.elapsed() >= GROWS) {
                    last = Some(Instant::now());
                    let _ = send.send(Msg::Scene { scene: Arc::new(Scene::preview(snapshot)), is_last: false });
                }
            });
            match read {
                Ok(snapshot) => {
                    let scene = Arc::new(Scene::new(snapshot));
                    let _ = send.send(Msg::Scene { scene: scene.clone(), is_last: true });
                    scene.warm();
                    let _ = send.send(Msg::Warm);
                    scene.check();
                    let _ = send.send(Msg::Checked);
                }
                Err(e) => {
                    let _ = send.send(Msg::LoadFailed(e.to_string()));
                }
            }
        });
    }

    /// Reads a source to compare with.
    fn read_other(&self, name: String) {
        let send = self.send.clone();
        thread::spawn(move || {
            let source = Source::named(&name);
            let read = match source {
                Source::Stdin => Err("standard input cannot be compared with here".to_owned()),
                _ => open(&source, true, &Progress::default(), &mut |_| {}).map_err(|e| e.to_string()),
            };
            let scene = read.map(|snapshot| Arc::new(Scene::new(snapshot)));
            let _ = send.send(Msg::Other(name.into(), scene));
        });
    }

    /// Waits for keys, the mouse, and changes of the size.
    fn listen(&self) {
        let send = self.send.clone();
        thread::spawn(move || {
            let mut clicked: Option<(Instant, u16, u16)> = None;
            loop {
                let msg = match crossterm::event::read() {
                    Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => Msg::Key(Key::from(key)),
                    Ok(Event::Paste(text)) => Msg::Paste(text),
                    Ok(Event::Resize(width, height)) => Msg::Resize(width, height),
                    Ok(Event::Mouse(mouse)) => {
                        let (x, y) = (mouse.column, mouse.row);
                        let act = match mouse.kind {
                            MouseEventKind::ScrollDown => MouseAct::Wheel(3),
                            MouseEventKind::ScrollUp => MouseAct::Wheel(-3),
                            MouseEventKind::Down(MouseButton::Left) => {
                                let again = clicked.is_some_and(|(at, a, b)| at.elapsed() < DOUBLE && (a, b) == (x, y));
                                clicked = (!again).then(|| (Instant::now(), x, y));
                                if again { MouseAct::DoubleClick } else { MouseAct::Click }
                            }
                            _ => continue,
                        };
                        Msg::Mouse(Mouse { act, x, y })
                    }
                    Ok(_) => continue,
                    // The terminal is gone; so is the person.
                    Err(_) => Msg::Gone,
                };
                let is_gone = matches!(msg, Msg::Gone);
                if send.send(msg).is_err() || is_gone {
                    return;
                }
            }
        });
    }

    /// Waits for the signals that end a program, so that the terminal is put back in order first.
    fn obey(&self) {
        let send = self.send.clone();
        thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let (Ok(mut term), Ok(mut hup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
                else {
                    return;
                };
                tokio::select! {
                    _ = term.recv() => {}
                    _ = hup.recv() => {}
                }
                let _ = send.send(Msg::Gone);
            });
        });
    }

    /// Back to the shell, until the person comes back.
    fn suspend(&self, state: &State, terminal: &mut DefaultTerminal) -> io::Result<()> {
        execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste)?;
        ratatui::restore();
        let stopped = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
        *terminal = ratatui::try_init()?;
        execute!(io::stdout(), EnableBracketedPaste)?;
        if state.look.mouse {
            execute!(io::stdout(), EnableMouseCapture)?;
        }
        terminal.clear()?;
        stopped.map_err(io::Error::from)
    }
}
