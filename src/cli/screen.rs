//! `ofscope [SOURCE]`: the screens, or the overview of the nodes where nobody looks at a terminal.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use clap::{Args, CommandFactory};

use super::context::{Context, is_fed};
use super::failure::{CommandResult, Failure, Outcome};
use super::node;
use super::out::{Color, Env};
use crate::base::paint::{Painter, Role};
use crate::graph::Charset;
use crate::practice::Course;
use crate::session::Source;
use crate::tui::settings::theme_named;
use crate::tui::theme::{Glyphs, Theme};
use crate::tui::{run, state};

/// How to draw the screens.
#[derive(Debug, Clone, Default, Args)]
pub struct ScreenArgs {
    /// The colours: `terminal`, `dark`, `light`, `mono`, `colour-blind`, or `auto`.
    #[arg(long, value_name = "NAME", help_heading = "Screens")]
    pub theme: Option<String>,
    /// Draw with ASCII characters only.
    #[arg(long, help_heading = "Screens")]
    pub ascii: bool,
    /// Nothing moves by itself.
    #[arg(long, env = "NO_MOTION", value_parser = clap::builder::FalseyValueParser::new(), hide_env = true, help_heading = "Screens")]
    pub no_motion: bool,
    /// Take the mouse.
    #[arg(long, help_heading = "Screens")]
    pub mouse: bool,
    /// Print text instead of drawing screens.
    #[arg(long, env = "OFSCOPE_PLAIN", value_parser = clap::builder::FalseyValueParser::new(), hide_env = true, help_heading = "Screens")]
    pub plain: bool,
}

/// What the screens open with.
#[derive(Debug, Clone)]
pub struct Start {
    /// What to read.
    pub source: Source,
    /// What to compare it with.
    pub other: Option<String>,
    /// Where to begin, as it was typed.
    pub place: Option<String>,
    /// The node and the bridge that were asked for.
    pub choice: (Option<String>, Option<String>),
    /// The lessons to begin with, if they are the first screen, and which of them.
    pub lessons: Option<(Arc<Course>, Option<String>)>,
}

/// Opens the screens, or prints the overview.
pub fn run(source: Option<&str>, place: Option<&str>, args: &ScreenArgs, cx: &Context) -> CommandResult {
    if let Some(near) = source.and_then(meant_subcommand) {
        let name = source.unwrap_or_default();
        let failure = Failure::usage(format!("there is no file and no subcommand `{name}`"));
        return Err(failure.hint(format!("did you mean the subcommand `{near}`?")).into());
    }
    let source = match source {
        None if !is_fed() => Source::default(),
        name => cx.source(name)?,
    };
    if args.plain || !io::stdout().is_terminal() {
        return node::overview(&source, cx);
    }
    let choice = (cx.global.node.clone(), cx.global.bridge.clone());
    open(&Start { source, other: None, place: place.map(str::to_owned), choice, lessons: None }, args, cx)
}

/// Opens the lessons.
pub fn learn(course: Arc<Course>, lesson: Option<&str>, cx: &Context) -> CommandResult {
    let lessons = Some((course, lesson.map(str::to_owned)));
    let start = Start { source: Source::default(), other: None, place: None, choice: (None, None), lessons };
    open(&start, &ScreenArgs::default(), cx)
}

/// The subcommand that was meant by a name that no file has.
fn meant_subcommand(name: &str) -> Option<String> {
    if name == "-" || name.contains([':', '/', '.']) || std::path::Path::new(name).exists() {
        return None;
    }
    let command = super::Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    crate::base::diag::nearest(name, names).map(str::to_owned)
}

/// Starts the screens.
pub fn open(start: &Start, args: &ScreenArgs, cx: &Context) -> CommandResult {
    let config = cx.config()?;
    let with = run::Open {
        source: start.source.clone(),
        other: start.other.clone(),
        start: begin(start),
        look: look(args, &config.settings, cx)?,
        settings: config.settings.clone(),
        complaint: config.complaint(),
        offers: offers(&start.source),
        kept: super::learn::kept(),
        lessons: start.lessons.clone(),
    };
    let text = run::run(with).map_err(|e| {
        Failure::source(format!("the terminal cannot be used: {e}"))
            .hint("`--plain` prints text instead of drawing screens")
    })?;
    let mut out = cx.stream();
    out.text(&text);
    out.finish()?;
    Ok(Outcome::Done)
}

/// Where to begin: `TABLE`, or `BRIDGE/TABLE`, or `BRIDGE`.
fn begin(start: &Start) -> state::Start {
    let (node, mut bridge) = start.choice.clone();
    let mut table = None;
    if let Some(place) = &start.place {
        let is_table = place.starts_with(|c: char| c.is_ascii_digit()) || bridge.is_some();
        match place.split_once('/') {
            Some((name, id)) => (bridge, table) = (Some(name.to_owned()), Some(id.to_owned())),
            None if is_table => table = Some(place.clone()),
            None => bridge = Some(place.clone()),
        }
    }
    state::Start { node, bridge, table, filter: None }
}

/// How things look on this terminal.
fn look(args: &ScreenArgs, settings: &state::Settings, cx: &Context) -> Result<state::Look, Failure> {
    let var = |name| std::env::var(name).unwrap_or_default();
    let env = Env::read();
    let is_mono = match cx.global.color {
        Color::Always => false,
        Color::Never => true,
        Color::Auto => env.no_color || env.dumb_terminal,
    };
    let asked = args.theme.as_deref().map(|name| theme_named(name).map_err(|d| Failure::typed("--theme", name, d)));
    let name = match asked.transpose()? {
        Some(Some(name)) => name,
        _ if is_mono => "mono".to_owned(),
        None => settings.theme.clone().unwrap_or_else(|| "terminal".to_owned()),
        Some(None) => "terminal".to_owned(),
    };
    let theme = Theme::by_name(&name).expect("only names of themes come through");
    let true_colour = matches!(var("COLORTERM").as_str(), "truecolor" | "24bit");
    let is_ascii = args.ascii || var("TERM") == "linux" || !super::graph::is_utf8();
    Ok(state::Look {
        charset: if is_ascii { Charset::Ascii } else { Charset::Unicode },
        glyphs: if is_ascii { Glyphs::ASCII } else { Glyphs::UNICODE },
        theme: if true_colour { theme } else { theme.in_256_colours() },
        motion: !args.no_motion,
        mouse: args.mouse || settings.mouse,
        true_colour,
    })
}

/// Where to go from the captured node in the program itself: practice, a file, a switch.
fn offers(source: &Source) -> Vec<(Role, String)> {
    if !matches!(source, Source::Demo(_)) {
        return Vec::new();
    }
    let has_switch = super::context::run_directory().is_some();
    vec![
        (Role::Dim, "practise here | yours: ".into()),
        (Role::Accent, "ofscope DIR".into()),
        (Role::Dim, if has_switch { " | Open vSwitch here: ".into() } else { " | live: ".into() }),
        (Role::Accent, "ovs-ofctl dump-flows br-int|ofscope".into()),
    ]
}
