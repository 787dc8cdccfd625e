//! `ofscope diff`: what changed between two captures.

mod json;
mod ofctl;
mod text;

use std::io::IsTerminal;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::context::{Context, not_chosen};
use super::failure::{CommandResult, Failure, Outcome};
use super::screen::{self, ScreenArgs, Start};
use crate::diff::meaning::{Meaning, Place, Witness, meaning};
use crate::diff::rename::by_role;
use crate::diff::{Aspect, Aspects, Diff, diff};
use crate::session::{Counterpart, Pair, Roles, Scene, Source, Wanted, Ways, pairs, quick};

/// Say what changed from one capture to another.
///
/// Flows are paired by table, priority and match, and compared by what they do: cookies, counters, ages, order and spelling make no difference unless they are asked for. Nodes and bridges are paired by name; where each side has only one, that is the pair. Ends with 0 if nothing changed, with 1 if something did. On a terminal the screens open with both sides.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope diff before.txt after.txt
  ofscope diff monday/ tuesday/ --node compute1 --bridge br-int --meaning
  ofscope diff before.txt after.txt --with cookie
  ofscope diff live.txt wanted.txt --format ofctl | ovs-ofctl --bundle add-flows br-int -")]
pub struct DiffArgs {
    /// What was: a dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub a: String,
    /// What is now: the same.
    pub b: String,
    /// Look for packets that fare otherwise: one for each way in which they do, with the flows to blame.
    #[arg(long, conflicts_with = "format")]
    pub meaning: bool,
    /// Take no notice of these, beside cookie, counters and duration.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = PossibleValuesParser::new(words()))]
    pub ignore: Vec<String>,
    /// Take notice of these, too.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = PossibleValuesParser::new(words()))]
    pub with: Vec<String>,
    /// The node of B, if it is called differently.
    #[arg(long, value_name = "NAME")]
    pub node_b: Option<String>,
    /// Compare by role: ports, local VLANs, addresses and conjunctions of A are taken for those of B that are there for the same.
    #[arg(long, conflicts_with_all = ["format", "meaning"])]
    pub by_role: bool,
    /// Print JSON.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// How to draw the screens.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// Print lines for another program.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// Lines for other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines with which `ovs-ofctl add-flows` makes the second of the first; with groups, lines for `ovs-ofctl bundle`.
    Ofctl,
}

/// Words for several aspects at once.
const TOGETHER: [(&str, &[Aspect]); 2] =
    [("counters", &[Aspect::Packets, Aspect::Bytes]), ("timeouts", &[Aspect::IdleTimeout, Aspect::HardTimeout])];

/// What is compared beside flows.
const OTHERS: [&str; 3] = ["groups", "meters", "ports"];

fn words() -> impl Iterator<Item = &'static str> {
    let aspects = Aspect::ALL.iter().map(|(_, name, _)| *name);
    aspects.chain(TOGETHER.map(|(word, _)| word)).chain(OTHERS)
}

/// The aspects of some words.
fn aspects(words: &[String]) -> Aspects {
    let mut all = Aspects::default();
    for word in words {
        let one = Aspect::ALL.iter().filter(|(_, name, _)| name == word).map(|(aspect, ..)| aspect);
        let several = TOGETHER.iter().filter(|(name, _)| name == word).flat_map(|(_, aspects)| *aspects);
        one.chain(several).for_each(|aspect| all.add(*aspect));
    }
    all
}

/// So many flows that changed are asked for packets.
const ASKED: usize = 200;

/// A pair of bridges with what changed.
struct Answer<'a> {
    pair: Pair<'a>,
    diff: Diff,
    /// What was taken for the same, if that was asked.
    roles: Vec<Counterpart>,
    /// What packets showed, if that was asked.
    meaning: Option<Meaning>,
}

impl DiffArgs {
    /// Whether a person looks at a terminal, and asked for nothing that only text has.
    fn opens_screen(&self) -> bool {
        let is_plain = self.screen.plain || self.meaning || self.json || self.by_role || self.format.is_some();
        let is_chosen = self.node_b.is_some() || !self.ignore.is_empty() || !self.with.is_empty();
        !is_plain && !is_chosen && self.a != "-" && self.b != "-" && std::io::stdout().is_terminal()
    }
}

/// Prints what changed, or opens the screen.
pub fn run(args: &DiffArgs, cx: &Context) -> CommandResult {
    if args.a == "-" && args.b == "-" {
        return Err(Failure::usage("standard input can be read only once").hint("name a file for one of them").into());
    }
    if args.opens_screen() {
        let (source, choice) = (cx.source(Some(&args.b))?, (cx.global.node.clone(), cx.global.bridge.clone()));
        cx.source(Some(&args.a))?;
        let start = Start { source, other: Some(args.a.clone()), place: None, choice, lessons: None };
        return screen::open(&start, &args.screen, cx);
    }
    // A name that is no source is told before the other one is read, which may take long.
    let sources: [Source; 2] = [cx.source(Some(&args.a))?, cx.source(Some(&args.b))?];
    let ignore = Aspects::ignored_by_default().with(aspects(&args.ignore)).without(aspects(&args.with));
    // Who wanted a flow, and where packets go, follows from all flows.
    let needs_all = args.json || args.meaning || args.by_role;
    let rest = if needs_all { None } else { quick::rest(&sources[0], &sources[1], ignore) };
    let loaded = if rest.is_none() { Some([cx.load(&sources[0])?, cx.load(&sources[1])?]) } else { None };
    let scenes = rest.as_ref().map(|rest| &rest.scenes).or(loaded.as_ref());
    let [a, b] = scenes.expect("one of the two ways was gone");
    let is_asked = |word: &str| !args.ignore.iter().any(|ignored| ignored == word);
    let wanted = Wanted { choice: cx.choice(), node_b: args.node_b.as_deref() };
    let paired = pairs(a, b, wanted).map_err(not_chosen)?;
    let ways = args.meaning.then(|| (Ways::of(a), Ways::of(b)));
    let answers: Vec<Answer<'_>> = paired
        .into_iter()
        .map(|pair| {
            let mut options = pair.options(ignore, is_asked);
            let (before, after) = pair.bridges();
            let (mut diff, roles) = match (args.by_role, pair.a, pair.b) {
                (true, Some(a), Some(b)) => {
                    let mut roles = Roles::of(a, b);
                    // Ports have other names and addresses, that is what it is about.
                    options.ports = false;
                    (by_role(before, after, &mut roles.renames, &options), roles.roles)
                }
                _ => (diff(before, after, &options), Vec::new()),
            };
            rest.iter().for_each(|rest| rest.add_to(&mut diff));
            let mut answer = Answer { pair, diff, roles, meaning: None };
            if let Some((before, after)) = &ways {
                answer.ask((a, before), (b, after));
            }
            answer
        })
        .collect();
    let is_same = answers.iter().all(|answer| answer.diff.is_same() && answer.pair.is_whole());
    let outcome = if is_same { Outcome::Done } else { Outcome::No };
    let mut out = cx.out();
    match (args.format, args.json) {
        (Some(Format::Ofctl), _) => ofctl::print(&answers, &mut out)?,
        (None, true) => json::print(&answers, is_same, ignore, &mut out),
        (None, false) => text::paint(&answers, &mut out),
    }
    let done = cx.finish(out, b.snapshot(), outcome)?;
    let first = a.snapshot();
    cx.summarise(&first.sources.report, &first.sources.name)?;
    let is_partial = first.sources.report.errors() > 0 || first.is_partial;
    Ok(if is_partial { Outcome::Partial } else { done })
}

impl Answer<'_> {
    /// Packets that fare otherwise.
    fn witnesses(&self) -> impl Iterator<Item = &Witness> {
        self.meaning.iter().flat_map(|meaning| &meaning.witnesses)
    }

    /// Looks for packets that fare otherwise.
    fn ask(&mut self, before: (&Scene, &Ways<'_>), after: (&Scene, &Ways<'_>)) {
        let (Some(old), Some(new)) = (self.pair.a, self.pair.b) else { return };
        let (cx_before, cx_after) = (before.1.around(), after.1.around());
        let place = |scene: &Scene, chosen: super::context::Chosen<'_>| {
            scene.nodes().iter().position(|node| std::ptr::eq(node, chosen.node)).expect("it is one of them")
        };
        let before = Place { cx: &cx_before[place(before.0, old)], bridge: old.at };
        let after = Place { cx: &cx_after[place(after.0, new)], bridge: new.at };
        self.meaning = Some(meaning(before, after, &self.diff, ASKED));
    }
}
