//! `ofscope fmt`: a text read and printed again.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Context, is_fed};
use super::failure::{CommandResult, Failure, Outcome};
use crate::base::diag::Report;
use crate::dump::echo::Known;
use crate::dump::input::Input;
use crate::dump::ports::Shown;
use crate::dump::reprint::{Options, reprint};
use crate::dump::{Part, Source, groups, meters, ports};
use crate::field::{Names, Version};

/// Print a dump or a flow file again, as it was or as a switch would print it back.
///
/// What a switch printed comes out byte for byte; what a person wrote comes out in the words of Open vSwitch.
///
/// With -O each flow comes out as a switch prints it back with `ovs-ofctl -O VERSION --no-stats dump-flows`, one a
/// line, in the order of the input. A line that is wrong, or that the version cannot carry, is left out and told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope fmt flows.txt                     the words that Open vSwitch prints
  echo 'tcp,tp_dst=22,actions=2' | ofscope fmt -O OpenFlow13
  ofscope fmt -O 1.5 --ports show.txt --strict flows.txt")]
pub struct FmtArgs {
    /// A dump or a flow file; standard input by default.
    pub file: Option<PathBuf>,
    /// Print each flow as a switch prints it back when it is added in this version.
    #[arg(short = 'O', long = "protocols", value_name = "VERSION", value_parser = version)]
    pub version: Option<Version>,
    /// What `ovs-ofctl show` or `dump-ports-desc` printed, for ports by name.
    #[arg(long, value_name = "FILE")]
    pub ports: Option<PathBuf>,
    /// What `ovs-ofctl dump-groups` printed: flows that refer to other groups are refused.
    #[arg(long, value_name = "FILE", requires = "version")]
    pub groups: Option<PathBuf>,
    /// What `ovs-ofctl dump-meters` printed: flows that refer to other meters are refused.
    #[arg(long, value_name = "FILE", requires = "version")]
    pub meters: Option<PathBuf>,
    /// Refuse lines that Open vSwitch takes and makes something else of.
    #[arg(long)]
    pub strict: bool,
}

/// Reads the name of a version.
pub(super) fn version(text: &str) -> Result<Version, String> {
    let known = || Version::ALL.map(Version::name).join(", ");
    Version::by_name(text).ok_or_else(|| format!("the versions are {}", known()))
}

/// Prints the text again.
pub fn run(args: &FmtArgs, cx: &Context) -> CommandResult {
    let (input, name) = input(args.file.as_deref())?;
    let names = match &args.ports {
        Some(path) => names(path)?,
        None => Names::default(),
    };
    // Names of ports that nobody told are taken as they come, unless a switch would have to know them.
    let names = if args.version.is_none() { names.learning() } else { names };
    let known = Known {
        groups: args.groups.as_deref().map(group_ids).transpose()?,
        meters: args.meters.as_deref().map(meter_ids).transpose()?,
    };
    let options = Options { version: args.version, strict: args.strict, known };
    let mut out = cx.stream();
    let told = reprint(input, &name, &names, &options, &mut |bytes| out.plain(bytes));
    let told = told.map_err(|error| match out.is_open() {
        true => super::failure::Stop::from(broken(&name, &error)),
        false => super::failure::Stop::from(error),
    })?;
    out.finish()?;
    show(&told.report, cx)?;
    let is_whole = told.left_out == 0 && told.report.errors() == 0;
    Ok(match (is_whole, told.printed) {
        (true, _) => Outcome::Done,
        (false, 0) if args.version.is_some() => Outcome::Usage,
        (false, _) => Outcome::Partial,
    })
}

/// Tells all that was complained about.
pub fn show(report: &Report, cx: &Context) -> io::Result<()> {
    if cx.global.quiet {
        return Ok(());
    }
    let mut err = cx.err();
    for located in &report.kept {
        located.paint(&mut err);
    }
    if report.more > 0 {
        crate::base::paint::Painter::text(&mut err, &format!("{} more\n", report.more));
    }
    err.finish()
}

/// A file, or standard input.
pub fn input(file: Option<&Path>) -> Result<(Input, Arc<str>), Failure> {
    let unreadable = |name: &str, error: &io::Error| {
        let failure = Failure::source(format!("`{name}` cannot be opened: {error}"));
        if Path::new(name).is_dir() { failure.hint("it is a directory; name a file in it") } else { failure }
    };
    match file {
        Some(path) if path != Path::new("-") => {
            let name: Arc<str> = path.to_string_lossy().into();
            let input = if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Input::open(path) };
            Ok((input.map_err(|e| unreadable(&name, &e))?, name))
        }
        None if !is_fed() && io::IsTerminal::is_terminal(&io::stdin()) => {
            Err(Failure::usage("which file?").hint("name one, or `-` to type the text here"))
        }
        _ => Ok((Input::new(io::stdin()).map_err(|e| unreadable("-", &e))?, "-".into())),
    }
}

fn broken(name: &str, error: &io::Error) -> Failure {
    Failure::source(format!("`{name}` cannot be read: {error}"))
}

/// Documents about a switch are short; this much of one is read, in bytes.
const LIMIT: u64 = 64 << 20;

/// The text of a document about a switch.
fn text(path: &Path) -> Result<(String, Arc<str>), Failure> {
    let (input, name) = input(Some(path))?;
    let (text, _) = input.read_text(LIMIT).map_err(|e| broken(&name, &e))?;
    Ok((text, name))
}

/// The ports of a switch by name.
fn names(path: &Path) -> Result<Names, Failure> {
    let (text, file) = text(path)?;
    let (mut names, mut report) = (Names::default(), Report::default());
    let mut source = Source { file: &file, names: Names::none(), report: &mut report };
    let of_show = ports::read_show(&text, &mut source);
    let of_show = of_show.iter().filter_map(Part::entry).filter_map(|shown| match shown {
        Shown::Port(port) => Some(port.clone()),
        Shown::Features(_) => None,
    });
    let of_desc = ports::read_ports_desc(&text, &mut source);
    for port in of_show.chain(of_desc.iter().filter_map(Part::entry).cloned()) {
        names.add_port(port.number, &port.name);
    }
    match names.ports().is_empty() {
        true => Err(nothing(&file, "ports", "ovs-ofctl show")),
        false => Ok(names),
    }
}

fn group_ids(path: &Path) -> Result<BTreeSet<u32>, Failure> {
    let (text, file) = text(path)?;
    let mut report = Report::default();
    let parts = groups::read_groups(&text, &mut Source { file: &file, names: Names::none(), report: &mut report });
    let ids: BTreeSet<u32> = parts.iter().filter_map(Part::entry).filter_map(|line| Some(line.group()?.id)).collect();
    if ids.is_empty() && report.errors() > 0 { Err(nothing(&file, "groups", "ovs-ofctl dump-groups")) } else { Ok(ids) }
}

fn meter_ids(path: &Path) -> Result<BTreeSet<u32>, Failure> {
    let (text, file) = text(path)?;
    let mut report = Report::default();
    let parts = meters::read_meters(&text, &mut Source { file: &file, names: Names::none(), report: &mut report });
    let ids: BTreeSet<u32> = parts.iter().filter_map(Part::entry).map(|entry| entry.meter.id).collect();
    if ids.is_empty() && report.errors() > 0 { Err(nothing(&file, "meters", "ovs-ofctl dump-meters")) } else { Ok(ids) }
}

fn nothing(file: &str, what: &str, command: &str) -> Failure {
    Failure::source(format!("`{file}` holds no {what}")).hint(format!("it should hold what `{command}` printed"))
}
