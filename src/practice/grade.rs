//! Whether the goals of a lesson are reached, and why not: packets are sent, never texts compared.

use super::answer::is_right;
use super::edits::{Place, place};
use super::exercise::{Attempt, Exercise};
use super::lesson::{Fate, GoalKind, Kind, PacketGoal, Question, Text};
use super::probe;
use super::sandbox::Sandbox;
use super::setting::take_down;
use crate::action::Mode;
use crate::base::diag::Diagnostic;
use crate::base::safe::visible;
use crate::base::span::Span;
use crate::base::words::counted;
use crate::dump::flow_line;
use crate::field::Match;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::table;
use crate::model::snapshot::Snapshot;
use crate::packet::{self, Asked, Start};
use crate::session::{Scene, Ways};
use crate::trace::paint::parse_ct_state;
use crate::trace::{Egress, Found, Options, Verdict, What, datapath};
use crate::why::Cx;
use crate::why::conversation::{Connections, reply};
use crate::why::journey::{Journey, Onward, journey_with};
use crate::why::misses::wants;

/// What came of a goal or a question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The goal's title, or the question.
    pub title: String,
    /// Whether it is reached.
    pub passed: bool,
    /// The packet, if it is about one.
    pub packet: String,
    /// The packet with its place in the snapshot, to be traced.
    pub start: Option<(Place, String)>,
    /// What connection tracking answers to it, at the first, second .. recirculation.
    pub ct_next: Vec<u8>,
    /// What happened, in a few words.
    pub happened: String,
    /// Why it is not reached.
    pub why: Vec<String>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grade {
    /// The goals, in their order.
    pub goals: Vec<Outcome>,
    /// The questions, in their order.
    pub questions: Vec<Outcome>,
}

impl Grade {
    /// Whether everything is reached.
    pub fn passed(&self) -> bool {
        self.all().all(|outcome| outcome.passed)
    }

    /// The goals and the questions.
    pub fn all(&self) -> impl Iterator<Item = &Outcome> {
        self.goals.iter().chain(&self.questions)
    }

    /// How many are reached, and of how many.
    pub fn score(&self) -> (usize, usize) {
        (self.all().filter(|outcome| outcome.passed).count(), self.all().count())
    }
}

impl Exercise {
    /// Grades an attempt. Edits that cannot be read or made are told with spans in the edits; what is wrong with the lesson
    /// itself is told with spans in its file.
    pub fn grade(&self, attempt: &Attempt) -> Result<Grade, Wrong> {
        let after = self.changed(&attempt.edits).map_err(Wrong::Edits)?;
        self.grade_of(&after, &attempt.answers)
    }

    /// Grades a switch as somebody left it, and answers.
    pub fn grade_of(&self, after: &Snapshot, answers: &[String]) -> Result<Grade, Wrong> {
        self.grade_on(&Scene::new(after.clone()), answers)
    }

    /// The same, where something is known of the switch already.
    pub fn grade_on(&self, after: &Scene, answers: &[String]) -> Result<Grade, Wrong> {
        let goals = self.goals(after)?;
        let questions = self.lesson.questions.iter().enumerate().map(|(at, question)| {
            let given = answers.get(at).map_or("", String::as_str);
            self.question(question, given, self.begun())
        });
        Ok(Grade { goals, questions: questions.collect() })
    }

    /// What becomes of the goals on a switch. What follows from the switch is worked out once for all of them.
    pub fn goals(&self, after: &Scene) -> Result<Vec<Outcome>, Wrong> {
        let mut outcomes = Vec::new();
        let ways = Ways::of(after);
        let nodes = ways.around();
        for goal in &self.lesson.goals {
            let mut outcome = match &goal.kind {
                GoalKind::Packet(packet) => self.packet(packet, after, &nodes)?,
                GoalKind::Unchanged => probe::unchanged(self, after),
                GoalKind::Most(most) => self.most(*most, after.snapshot()),
            };
            outcome.title.clone_from(&goal.title);
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn question(&self, question: &Question, given: &str, scene: &Scene) -> Outcome {
        let passed = is_right(question, given, scene, self.place);
        let happened = match (given.trim().is_empty(), passed) {
            (true, _) => "not answered yet".to_owned(),
            (_, true) => format!("`{}` is right", visible(given.trim())),
            (_, false) => format!("`{}` is not right", visible(given.trim())),
        };
        let why = match (passed, question.options.is_empty()) {
            (false, false) => vec![format!("one of {}", question.options.join(", "))],
            (false, true) if question.kind == Kind::Flow => {
                vec![
                    "name a flow by its table, priority and match, by its id, or by a filter that only it fits"
                        .to_owned(),
                ]
            }
            _ => Vec::new(),
        };
        Outcome { title: question.ask.clone(), passed, happened, why, ..Outcome::default() }
    }

    /// Whether the bridge has few enough flows.
    fn most(&self, most: usize, after: &Snapshot) -> Outcome {
        let (node, at) = self.place.unwrap_or_default();
        let bridge = &after.nodes[node].bridges[at];
        let flows = bridge.flows.len();
        let why = match flows <= most {
            true => Vec::new(),
            false => vec![format!("{} are too many: {most} will do", counted(flows - most, "flow"))],
        };
        let happened = format!("{} has {}", bridge.name, counted(flows, "flow"));
        Outcome { passed: flows <= most, happened, why, ..Outcome::default() }
    }

    /// What becomes of a packet on the switch as the goal wants it.
    fn packet(&self, goal: &PacketGoal, after: &Scene, nodes: &[Cx<'_>]) -> Result<Outcome, Wrong> {
        let default = place(&goal.at.value, after.snapshot(), self.place);
        let chosen = if goal.at.is_empty() { self.place } else { Some(default.map_err(|d| wrong(&goal.at, d))?) };
        if goal.down.is_empty() && goal.first.is_empty() {
            return Exercise::fate(goal, after, nodes, chosen);
        }
        let mut snapshot = (**after.snapshot()).clone();
        take_down(&mut snapshot, chosen.unwrap_or_default(), goal.down.iter().map(|text| &*text.value));
        let mut sandbox = Sandbox::of(after.moved(snapshot));
        for text in &goal.first {
            let start = asked(text, sandbox.scene(), chosen)?;
            sandbox.send(start);
        }
        let ways = Ways::of(sandbox.scene());
        Exercise::fate(goal, sandbox.scene(), &ways.around(), chosen)
    }

    /// What becomes of a packet on a switch.
    fn fate(goal: &PacketGoal, scene: &Scene, nodes: &[Cx<'_>], chosen: Option<Place>) -> Result<Outcome, Wrong> {
        let connections = Connections::captured(nodes);
        let start = asked(&goal.packet, scene, chosen)?;
        let mut ct_next = Vec::new();
        for text in &goal.ct_next {
            let state = parse_ct_state(&text.value).ok_or_else(|| {
                let message = format!("`{}` is no state of a connection", text.value);
                let d = Diagnostic::error("bad-value", Span::new(0, text.value.len()), message);
                wrong(text, d.hint("flags of new est rel rpl inv trk, as `trk,new`"))
            })?;
            ct_next.push(state);
        }
        let options = Options { ct_next, keep: true, ..Options::default() };
        let found = journey_with(nodes, start.clone(), &options, &connections);
        let judged = Judged { goal, nodes, found: &found };
        let mut outcome = judged.outcome()?;
        outcome.packet = goal.packet.value.trim().to_owned();
        let (node, bridge) = (start.node, start.bridge);
        outcome.start = Some(((node, bridge), start.packet.text()));
        outcome.ct_next.clone_from(&options.ct_next);
        if outcome.passed && goal.reply {
            let known = connections.after(nodes, &found);
            let back = reply(nodes, &found);
            let back =
                back.map(|start| journey_with(nodes, start, &Options { ct_next: Vec::new(), ..options }, &known));
            judge_reply(&start, back.as_ref(), nodes, &mut outcome);
        }
        Ok(outcome)
    }
}

/// What cannot be graded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The edits; spans are in them.
    Edits(Vec<Diagnostic>),
    /// The lesson; spans are in its file.
    Lesson(Vec<Diagnostic>),
}

fn wrong(text: &Text, d: Diagnostic) -> Wrong {
    Wrong::Lesson(vec![Diagnostic { span: text.place(d.span), ..d }])
}

/// The packet of a text.
fn asked(text: &Text, scene: &Scene, chosen: Option<Place>) -> Result<Start, Wrong> {
    match packet::parse(&text.value, &scene.around(chosen)) {
        Ok(Asked::Packet(sent)) => Ok(sent.start),
        Ok(Asked::File(_)) => {
            let d = Diagnostic::error("no-packet", Span::new(0, text.value.len()), "a lesson reads no recordings");
            Err(wrong(text, d.hint("write the packet's fields")))
        }
        Err(d) => Err(wrong(text, d)),
    }
}

/// A packet that was sent, and what was wanted of it.
struct Judged<'a> {
    goal: &'a PacketGoal,
    nodes: &'a [Cx<'a>],
    found: &'a Journey<'a>,
}

impl Judged<'_> {
    fn outcome(&self) -> Result<Outcome, Wrong> {
        let verdict = self.found.verdict;
        let fits = match self.goal.wants {
            Fate::Delivered => matches!(verdict, Verdict::Delivered | Verdict::Mixed),
            Fate::Dropped => verdict == Verdict::Dropped,
            Fate::Controller => matches!(verdict, Verdict::Controller | Verdict::Mixed),
        };
        let mut why = Vec::new();
        if !fits {
            why.push(format!("it should be {}", self.wanted()));
            why.extend(self.reasons());
        } else {
            self.ports(&mut why);
            self.looks(&mut why)?;
            self.tells(&mut why);
            if !why.is_empty() {
                why.extend(self.last_flow());
            }
        }
        Ok(Outcome { passed: why.is_empty(), happened: self.happened(), why, ..Outcome::default() })
    }

    fn wanted(&self) -> String {
        match (&self.goal.ports, self.goal.wants) {
            (Some(ports), Fate::Delivered) => {
                format!("delivered to {}", ports.iter().map(|p| &*p.value).collect::<Vec<_>>().join(" and "))
            }
            (None, Fate::Delivered) if !self.goal.reaches.is_empty() => {
                format!("delivered to {}", self.goal.reaches.value)
            }
            (_, fate) => fate.word().to_owned(),
        }
    }

    /// Where copies of the packet end.
    fn ends(&self) -> Vec<(usize, &Egress)> {
        self.found.legs.iter().flat_map(|leg| leg.trace.outputs.iter().map(move |out| (leg.node, out))).collect()
    }

    /// The same without those from which a copy goes on to another node.
    fn last_ends(&self) -> Vec<(usize, &Egress)> {
        let all = self.found.legs.iter().flat_map(|leg| {
            let ends = leg.trace.outputs.iter().zip(&leg.onward);
            ends.filter(|(_, onward)| !matches!(onward, Onward::Leg(_))).map(move |(out, _)| (leg.node, out))
        });
        let last: Vec<_> = all.collect();
        if last.is_empty() { self.ends() } else { last }
    }

    fn name(&self, (node, out): (usize, &Egress)) -> String {
        let bridge = &self.nodes[node].world.at(out.bridge).name;
        let word = self.nodes[node].names.port(bridge, out.port).map(|w| w.label().to_owned());
        match word.filter(|label| !label.is_empty()) {
            Some(label) => label,
            None if out.name.is_empty() => out.port.to_string(),
            None => out.name.to_string(),
        }
    }

    fn happened(&self) -> String {
        match self.found.verdict {
            Verdict::Dropped => {
                let lost = self.found.lost.map(|at| &self.found.legs[at]);
                let table = lost.and_then(|leg| {
                    let why = leg.why.as_ref().map(|w| (w.table, w.bridge, w.flow.is_none()));
                    let (table, bridge, is_miss) =
                        why.or(leg.trace.drop.as_ref().and_then(|d| Some((d.table?, d.bridge, d.flow.is_none()))))?;
                    let name = &self.nodes[leg.node].world.at(bridge).name;
                    Some(format!(" in table {table} of {name}{}", if is_miss { ", where no flow matches" } else { "" }))
                });
                format!("dropped{}", table.unwrap_or_default())
            }
            Verdict::Controller => "sent to the controller".to_owned(),
            Verdict::Unknown => "nobody can say what becomes of it".to_owned(),
            Verdict::Delivered | Verdict::Mixed => {
                let mut names: Vec<String> = self.last_ends().into_iter().map(|end| self.name(end)).collect();
                names.dedup();
                format!("delivered to {}", names.join(if self.outcomes().is_empty() { ", " } else { " or " }))
            }
        }
    }

    /// Why a packet fares otherwise than it should.
    fn reasons(&self) -> Vec<String> {
        let lost = self.found.lost.map(|at| &self.found.legs[at]);
        let Some((leg, why)) = lost.and_then(|leg| Some((leg, leg.why.as_ref()?))) else { return self.last_flow() };
        let bridge = self.nodes[leg.node].world.at(why.bridge);
        let mut out = vec![why.sentence.clone()];
        for miss in why.misses.iter().take(2) {
            let needs: Vec<String> = wants(bridge, &miss.rival)
                .iter()
                .map(|(field, value)| format!("{} {value}", field.dump_name))
                .collect();
            let flow = bridge.flow(miss.rival.flow);
            let mut text = String::new();
            flow.matches().paint(DEFAULT_PRIORITY, &bridge.names, &mut text);
            out.push(format!(
                "nearest: table {} prio {} {text}: it wants {}",
                flow.table(),
                flow.priority(),
                needs.join(", ")
            ));
        }
        out
    }

    /// The last flow that the packet came by.
    fn last_flow(&self) -> Vec<String> {
        let leg = self.found.legs.last();
        let steps = leg.into_iter().flat_map(|leg| &leg.trace.passes).flat_map(|pass| &pass.steps);
        let mut last = None;
        for step in steps {
            if let What::Table { table, found: Found::Flow { flow, .. } } = &step.what {
                last = Some((usize::from(step.bridge), *table, *flow));
            }
        }
        let Some(((bridge, table, flow), leg)) = last.zip(leg) else { return Vec::new() };
        let world = self.nodes[leg.node].world;
        let bridge = world.at(bridge);
        let flow = bridge.flow(flow);
        let mut text = String::new();
        flow.matches().paint(DEFAULT_PRIORITY, &bridge.names, &mut text);
        let text = if text.is_empty() { "(any)".to_owned() } else { text };
        vec![format!(
            "the last flow it came by: table {table} prio {} {text} actions={}",
            flow.priority(),
            flow.action_list().text
        )]
    }

    fn ports(&self, why: &mut Vec<String>) {
        let outcomes = self.outcomes();
        for outcome in outcomes.iter().map(|at| Some(*at)).chain(outcomes.is_empty().then_some(None)) {
            self.ports_of(outcome, why);
            if !why.is_empty() {
                why.extend(
                    outcome.map(|_| "which way it goes is for a hash to say, and this is one of them".to_owned()),
                );
                break;
            }
        }
        let wanted = &self.goal.reaches.value;
        if !wanted.is_empty() && !self.ends().into_iter().any(|end| self.is_port(end, wanted)) {
            why.push(format!("it does not get to {wanted}"));
            why.extend(self.other_losses());
        }
    }

    /// The outcomes of a hash, each by its leg and the pass in which it begins.
    fn outcomes(&self) -> Vec<(usize, usize)> {
        let legs = self.found.legs.iter().enumerate();
        let mut all: Vec<(usize, usize)> = legs
            .flat_map(|(at, leg)| leg.trace.passes.iter().filter_map(move |pass| Some((at, pass.outcome?))))
            .collect();
        all.dedup();
        all
    }

    /// Whether the packet leaves by the ports of the goal and by no other, if a hash has one of its outcomes.
    fn ports_of(&self, outcome: Option<(usize, usize)>, why: &mut Vec<String>) {
        if let Some(wanted) = &self.goal.ports {
            let is_so = |leg: usize, pass: usize| {
                let of = self.found.legs[leg].trace.passes.get(pass).and_then(|pass| pass.outcome);
                of.is_none() || outcome.is_none_or(|(at, begin)| at != leg || of == Some(begin))
            };
            let legs = self.found.legs.iter().enumerate();
            let ends = legs.flat_map(|(at, leg)| leg.trace.outputs.iter().map(move |out| (at, leg.node, out)));
            let mut left: Vec<(usize, &Egress)> =
                ends.filter(|(at, _, out)| is_so(*at, out.pass)).map(|(_, node, out)| (node, out)).collect();
            let mut missing = Vec::new();
            for text in wanted {
                match left.iter().position(|end| self.is_port(*end, &text.value)) {
                    Some(at) => {
                        left.remove(at);
                    }
                    None => missing.push(text.value.clone()),
                }
            }
            if !missing.is_empty() {
                why.push(format!("it does not leave by {}", missing.join(", ")));
            }
            if !left.is_empty() {
                let names: Vec<String> = left.into_iter().map(|end| self.name(end)).collect();
                why.push(format!("it also leaves by {}", names.join(", ")));
            }
        }
    }

    /// Where copies of a packet got lost, some of which arrived.
    fn other_losses(&self) -> Vec<String> {
        self.found.legs.iter().filter_map(|leg| leg.why.as_ref()).map(|why| why.sentence.clone()).take(2).collect()
    }

    fn is_port(&self, (node, out): (usize, &Egress), wanted: &str) -> bool {
        let bridge = &self.nodes[node].world.at(out.bridge).name;
        let word = self.nodes[node].names.port(bridge, out.port);
        *out.name == *wanted
            || out.port.to_string() == wanted
            || word.is_some_and(|w| w.label() == wanted || *w.title == *wanted || *w.id == *wanted)
    }

    fn looks(&self, why: &mut Vec<String>) -> Result<(), Wrong> {
        if self.goal.leaves.is_empty() {
            return Ok(());
        }
        let text = &self.goal.leaves;
        let line = format!("{} actions=drop", text.value);
        let names = &self.nodes[0].world.node.bridges[0].names;
        let reading = flow_line::parse(&line, names, Mode::Typed, false).map_err(|d| {
            let end = text.value.len() as u32;
            wrong(text, Diagnostic { span: Span { start: d.span.start.min(end), end: d.span.end.min(end) }, ..d })
        })?;
        let wanted: Match = reading.flow_mod.flow.matches;
        let is_end =
            |end: &(usize, &Egress)| self.goal.reaches.is_empty() || self.is_port(*end, &self.goal.reaches.value);
        for (_, out) in self.ends().into_iter().filter(is_end) {
            let Some(packet) = &out.packet else { continue };
            if !packet.key.is_in(&wanted) {
                why.push(format!("it leaves {} as {}", out.name, packet.text()));
                why.push(format!("it should leave as {}", text.value.trim()));
            }
        }
        Ok(())
    }

    fn tells(&self, why: &mut Vec<String>) {
        for text in &self.goal.does {
            let passes = self.found.legs.iter().flat_map(|leg| &leg.trace.passes);
            let told: Vec<String> = passes.map(|pass| datapath::text(&pass.actions)).collect();
            if !told.iter().any(|actions| actions.contains(text.value.trim())) {
                why.push(format!("the datapath is told {}, without {}", told.join(" and then "), text.value.trim()));
            }
        }
    }
}

/// Whether the reply gets back to where the packet came from.
fn judge_reply(start: &Start, back: Option<&Journey<'_>>, nodes: &[Cx<'_>], outcome: &mut Outcome) {
    let Some(back) = back else {
        outcome.passed = false;
        outcome.why.push("nobody answers: the packet gets to nobody who would".to_owned());
        return;
    };
    let from = start.packet.key.value(table::IN_PORT.slot) as u32;
    let is_back = back.legs.iter().any(|leg| {
        leg.node == start.node && leg.trace.outputs.iter().any(|out| out.bridge == start.bridge && out.port == from)
    });
    if is_back && matches!(back.verdict, Verdict::Delivered | Verdict::Mixed) {
        outcome.happened.push_str(", and the reply gets back");
        return;
    }
    outcome.passed = false;
    outcome.happened.push_str(", but the reply is lost");
    let goal = PacketGoal::default();
    let judged = Judged { goal: &goal, nodes, found: back };
    outcome.why.push(format!("the reply: {}", judged.happened()));
    outcome.why.extend(judged.reasons());
}
