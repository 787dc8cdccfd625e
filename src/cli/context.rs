//! What every subcommand needs: the options that all have, the streams, and the source.

use std::cell::OnceCell;
use std::io::{self, BufWriter, IsTerminal, StderrLock};
use std::os::unix::fs::FileTypeExt;
use std::sync::Arc;

use super::Global;
use super::config::Config;
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::meter::Meter;
use super::out::Out;
use super::pager::Sink;
use crate::base::diag::{Diagnostic, Report};
use crate::base::paint::{Painter, Role};
use crate::base::progress::Progress;
use crate::dump::archive::LoadError;
use crate::model::snapshot::{Snapshot, Sources};
use crate::practice::open;
pub use crate::session::Chosen;
use crate::session::{Choice, NoChoice, NodeScene, Scene, Source};

/// Standard output as commands write it.
pub type Stdout = Out<BufWriter<Sink>>;

/// What every subcommand gets.
#[derive(Debug)]
pub struct Context {
    /// The options that every subcommand has.
    pub global: Global,
    config: OnceCell<Config>,
}

impl Context {
    /// With these options.
    pub fn new(global: Global) -> Context {
        Context { global, config: OnceCell::new() }
    }

    /// The configuration; what is wrong with it is told when it is first asked for.
    pub fn config(&self) -> Result<&Config, Stop> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::load(&self.global.config)?;
        if !self.global.quiet && !config.report.is_empty() {
            let mut err = self.err();
            for located in &config.report.kept {
                located.paint(&mut err);
            }
            err.finish()?;
        }
        Ok(self.config.get_or_init(|| config))
    }

    /// Standard output for people, who may want it in pages.
    pub fn out(&self) -> Stdout {
        Out::stdout(self.global.color, !self.global.no_pager)
    }

    /// Standard output for what is written as it comes, or for other programs.
    pub fn stream(&self) -> Stdout {
        Out::stdout(self.global.color, false)
    }

    /// Standard error.
    pub fn err(&self) -> Out<StderrLock<'static>> {
        Out::stderr(self.global.color)
    }

    /// How many columns text may have: those of the terminal, or nearly as many as it wants where there is none.
    pub fn width(&self) -> usize {
        if !io::stdout().is_terminal() {
            return usize::from(u16::MAX);
        }
        match crossterm::terminal::size() {
            Ok((columns, _)) if columns > 0 => columns.into(),
            _ => 80,
        }
    }

    /// How many columns sentences may have.
    pub fn text_width(&self) -> usize {
        self.width().min(100)
    }

    /// The source that is meant: the named one, else standard input if something is sent there.
    pub fn source(&self, name: Option<&str>) -> Result<Source, Failure> {
        match name {
            Some(name) if is_switch(name) => Err(no_switch(name)),
            Some(name) => Ok(Source::named(name)),
            None if is_fed() => Ok(Source::Stdin),
            None => Err(Failure::usage("which source?")
                .hint("name a file with a dump, a directory of captures, `-` for standard input, or `demo:`")
                .hint("for example: ovs-ofctl dump-flows br-int | ofscope flows -")),
        }
    }

    /// Reads a source by its name.
    pub fn open(&self, name: Option<&str>) -> Result<Scene, Stop> {
        self.load(&self.source(name)?)
    }

    /// Reads a source.
    pub fn load(&self, source: &Source) -> Result<Scene, Stop> {
        let progress = Progress::default();
        let meter = Meter::start(&progress, !self.global.quiet && io::stderr().is_terminal());
        let snapshot = open(source, true, &progress, &mut |_| {});
        drop(meter);
        Ok(Scene::new(snapshot.map_err(|e| unreadable(source, &e))?))
    }

    /// The files of a source; with the reason if nothing in them is of use.
    pub fn files(&self, name: Option<&str>) -> Result<(Arc<Sources>, Option<Failure>), Stop> {
        let source = self.source(name)?;
        match open(&source, true, &Progress::default(), &mut |_| {}) {
            Ok(snapshot) => Ok((snapshot.sources, None)),
            Err(LoadError::Nothing { name, what, sources }) => {
                let failure = Failure::source(format!("`{name}` holds {what}"));
                Ok((Arc::from(sources), Some(failure)))
            }
            Err(error) => Err(unreadable(&source, &error).into()),
        }
    }

    /// The node that the options choose.
    pub fn node<'a>(&self, scene: &'a Scene) -> Result<&'a NodeScene, Failure> {
        scene.node(self.choice()).map_err(not_chosen)
    }

    /// The bridge that the options choose.
    pub fn bridge<'a>(&self, scene: &'a Scene) -> Result<Chosen<'a>, Failure> {
        scene.bridge(self.choice()).map(|(node, at)| Chosen { node, at }).map_err(not_chosen)
    }

    /// What the options choose.
    pub fn choice(&self) -> Choice<'_> {
        Choice { node: self.global.node.as_deref(), bridge: self.global.bridge.as_deref() }
    }

    /// Ends a command that read a source: what could not be read is told, and makes the outcome partial.
    pub fn finish(&self, out: Stdout, snapshot: &Snapshot, outcome: Outcome) -> CommandResult {
        out.finish()?;
        let name = &snapshot.sources.name;
        self.summarise(&snapshot.sources.report, name)?;
        Ok(if snapshot.sources.report.errors() > 0 || snapshot.is_partial { Outcome::Partial } else { outcome })
    }

    /// Tells the first complaints and how many there are.
    pub fn summarise(&self, report: &Report, name: &str) -> io::Result<()> {
        const SHOWN: usize = 3;
        if report.errors() == 0 || self.global.quiet {
            return Ok(());
        }
        let mut err = self.err();
        for located in report.kept.iter().filter(|l| l.diagnostic.is_error()).take(SHOWN) {
            located.paint(&mut err);
        }
        let errors = report.errors();
        if errors > SHOWN {
            err.put(Role::Warn, &format!("{} more could not be read", errors - SHOWN));
            err.text("\n");
        }
        if name != "-" {
            err.put(Role::Accent, &format!("  `ofscope check-input {name}` lists all of them"));
            err.text("\n");
        }
        err.finish()
    }

    /// Tells notes about what was typed.
    pub fn tell(&self, what: &str, text: &str, notes: &[Diagnostic]) -> io::Result<()> {
        if notes.is_empty() || self.global.quiet {
            return Ok(());
        }
        let mut err = self.err();
        for note in notes {
            note.paint(what, text, &mut err);
        }
        err.finish()
    }
}

/// Whether something is sent to standard input: a pipe or a file, no terminal and no device.
pub fn is_fed() -> bool {
    !io::stdin().is_terminal()
        && std::fs::metadata("/dev/stdin").is_ok_and(|m| {
            let kind = m.file_type();
            kind.is_fifo() || kind.is_file() || kind.is_socket()
        })
}

/// Whether a name means a switch that runs, and no file.
fn is_switch(name: &str) -> bool {
    const SCHEMES: [&str; 5] = ["unix:", "tcp:", "ssl:", "ssh:", "punix:"];
    if std::path::Path::new(name).exists() {
        return false;
    }
    SCHEMES.iter().any(|scheme| name.starts_with(scheme)) || looks_like_a_bridge(name)
}

/// Whether a name is one that bridges have.
fn looks_like_a_bridge(name: &str) -> bool {
    let is_word = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    is_word && (name.starts_with("br-") || name.starts_with("tbr-") || is_bridge_here(name))
}

/// The directory of a running Open vSwitch on this machine, if there is one.
pub fn run_directory() -> Option<std::path::PathBuf> {
    let named = std::env::var_os("OVS_RUNDIR").map(std::path::PathBuf::from);
    let known = ["/var/run/openvswitch", "/run/openvswitch"].map(std::path::PathBuf::from);
    named.into_iter().chain(known).find(|dir| dir.join("db.sock").exists())
}

fn is_bridge_here(name: &str) -> bool {
    run_directory().is_some_and(|dir| dir.join(format!("{name}.mgmt")).exists())
}

fn no_switch(name: &str) -> Failure {
    let bridge = if looks_like_a_bridge(name) { name } else { "br-int" };
    let failure = Failure::source(format!("`{name}` is a switch, and ofscope cannot ask switches yet"));
    failure.hint(format!("send it a dump: ovs-ofctl dump-flows {bridge} | ofscope -"))
}

/// Why a source cannot be read.
fn unreadable(source: &Source, error: &LoadError) -> Failure {
    let failure = Failure::source(error.to_string());
    match (source, error) {
        (Source::Path(path), LoadError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            not_found(failure, &path.to_string_lossy())
        }
        (_, LoadError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::PermissionDenied => {
            failure.hint("make it readable for you, or copy it")
        }
        (_, LoadError::Nothing { sources, .. }) => {
            let mut failure = failure.hint("a source is what `ovs-ofctl dump-flows` prints, or a directory of such");
            if sources.files.len() > 1 {
                failure =
                    failure.hint(format!("`ofscope sources {}` says of each file why it is not used", source.name()));
            }
            failure
        }
        _ => failure,
    }
}

/// What may have been meant instead of a file that is not there.
fn not_found(failure: Failure, name: &str) -> Failure {
    let (directory, file) = name.rsplit_once('/').map_or((".", name), |(directory, file)| (directory, file));
    let directory = if directory.is_empty() { "/" } else { directory };
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten().take(10_000);
    let files: Vec<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if let Some(near) = crate::base::diag::nearest(file, files.iter().map(String::as_str)) {
        return failure.hint(format!("did you mean `{}`?", name.replace(file, near)));
    }
    match run_directory() {
        Some(_) => failure.hint("for a bridge of this machine: ovs-ofctl dump-flows br-int | ofscope -"),
        None => failure.hint("a source is a file, a directory, `-` for standard input, or `demo:NAME`"),
    }
}

/// Why no node or bridge could be chosen, with what to do about it.
pub fn not_chosen(why: NoChoice) -> Failure {
    let failure = Failure::usage(why.to_string());
    match why {
        NoChoice::Unknown { nearest: Some(near), .. } => failure.hint(format!("did you mean `{near}`?")),
        NoChoice::Several { what, .. } => failure.hint(format!("choose one with --{what}")),
        _ => failure,
    }
}
