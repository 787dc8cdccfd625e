//! Lessons as text.

use crate::base::paint::{Painter, Pieces, Role};
use crate::cli::wrap::wrap;
use crate::practice::lesson::Setting;
use crate::practice::{Course, Exercise, Grade, Outcome, Progress, Track};

/// The course, track by track.
pub(super) fn list(course: &Course, progress: &Progress, width: usize, p: &mut impl Painter) {
    let id = course.lessons.iter().map(|lesson| lesson.id.len()).max().unwrap_or(0);
    let mut is_first = true;
    for (track, _, title) in Track::ALL {
        let lessons: Vec<_> = course.lessons.iter().filter(|lesson| lesson.track == track).collect();
        if lessons.is_empty() {
            continue;
        }
        p.text(if is_first { "" } else { "\n" });
        is_first = false;
        p.put(Role::Accent, title);
        let done = lessons.iter().filter(|lesson| progress.of(&lesson.id).solved).count();
        p.dim(&format!("  {done} of {} done\n", lessons.len()));
        for lesson in lessons {
            let state = progress.of(&lesson.id);
            let mark = match (state.solved, state.tries > 0) {
                (true, _) => "done",
                (false, true) => "tried",
                (false, false) => "",
            };
            p.put(if state.solved { Role::Output } else { Role::Warn }, &format!("{mark:>5} "));
            p.dim(&format!("{:>3}  ", lesson.number));
            p.put(Role::Goto, &format!("{:id$}  ", lesson.id));
            let room = width.saturating_sub(id + 14);
            p.text(&lesson.title.chars().take(room.max(10)).collect::<String>());
            p.text("\n");
        }
    }
}

/// Paragraphs.
fn prose(text: &str, indent: usize, width: usize, p: &mut impl Painter) {
    let blank = " ".repeat(indent);
    for paragraph in text.split("\n\n") {
        // What is indented in the file is a list or a drawing, and stays as it is.
        let mut words = String::new();
        for line in paragraph.lines() {
            if line.starts_with([' ', '-']) {
                flush(&mut words, indent, width, p);
                p.text(&format!("{blank}{line}\n"));
            } else {
                words.push_str(line);
                words.push(' ');
            }
        }
        flush(&mut words, indent, width, p);
        p.text("\n");
    }
}

fn flush(words: &mut String, indent: usize, width: usize, p: &mut impl Painter) {
    if !words.trim().is_empty() {
        let mut pieces = Pieces::default();
        pieces.put(Role::Text, words.trim());
        p.text(&" ".repeat(indent));
        wrap(&pieces, indent, indent, width, p);
    }
    words.clear();
}

fn title(exercise: &Exercise, p: &mut impl Painter) {
    let lesson = &exercise.lesson;
    p.put(Role::Accent, &format!("{}  {}", lesson.number, lesson.title));
    p.dim(&format!("  ({}, {})\n", lesson.id, lesson.track.title()));
}

/// The task with its goals as they are before anything is done.
pub(super) fn page(exercise: &Exercise, grade: &Grade, progress: &Progress, width: usize, p: &mut impl Painter) {
    let lesson = &exercise.lesson;
    title(exercise, p);
    p.text("\n");
    prose(&lesson.task, 0, width, p);
    p.dim("switch   ");
    match &lesson.setting {
        Setting::Captured(name) => p.put(Role::Goto, &name.value),
        Setting::Described(_) => p.text("made for this lesson"),
    }
    if let Some((node, at)) = exercise.place {
        let node = &exercise.start.nodes[node];
        p.text(&format!(", {} of {}", node.bridges[at].name, node.name));
    }
    p.text("\n");
    if let (Setting::Described(_), Some((node, at))) = (&lesson.setting, exercise.place) {
        described(&exercise.start.nodes[node].bridges[at], p);
    }
    p.text("\n");
    outcomes("goals", &grade.goals, false, width, p);
    outcomes("questions", &grade.questions, false, width, p);
    let done = progress.of(&lesson.id);
    if done.solved {
        p.put(Role::Output, "done before");
        p.text("\n");
    }
    p.dim(&format!(
        "look     ofscope flows sandbox:{0}, ofscope trace sandbox:{0} PACKET, ofscope sandbox:{0}\n",
        lesson.id
    ));
    p.dim(&format!("check    ofscope learn {}", lesson.id));
    p.dim(if lesson.goals.is_empty() { "" } else { " --check FILE" });
    p.dim(&" --answer TEXT".repeat(lesson.questions.len()));
    p.dim("\nhelp     --hint 1, --hint 2, --hint 3, --solution\n");
}

/// The ports and flows of a small bridge.
fn described(bridge: &crate::model::bridge::Bridge, p: &mut impl Painter) {
    let ports: Vec<String> = bridge.ports.iter().map(|port| format!("{} {}", port.number, port.name)).collect();
    p.dim("ports    ");
    p.text(&format!("{}\n", ports.join(", ")));
    for (at, (_, flow)) in bridge.flows.iter().enumerate() {
        p.dim(if at == 0 { "flows    " } else { "         " });
        p.text(&format!("{}\n", flow.line_text(&bridge.names).trim()));
    }
    for (at, group) in bridge.groups.iter().enumerate() {
        p.dim(if at == 0 { "groups   " } else { "         " });
        group.paint(&bridge.names, p);
        p.text("\n");
    }
}

fn outcomes(head: &str, outcomes: &[Outcome], with_why: bool, width: usize, p: &mut impl Painter) {
    if outcomes.is_empty() {
        return;
    }
    let passed = outcomes.iter().filter(|outcome| outcome.passed).count();
    p.dim(&format!("{head}    {passed} of {}\n", outcomes.len()));
    for outcome in outcomes {
        let (mark, role) = if outcome.passed { ("[x]", Role::Output) } else { ("[ ]", Role::Warn) };
        p.put(role, &format!("  {mark} "));
        p.text(&outcome.title);
        p.text("\n");
        if !outcome.happened.is_empty() && (with_why || !outcome.packet.is_empty()) {
            p.dim(&format!("      {}\n", outcome.happened));
        }
        if with_why && !outcome.passed {
            if !outcome.packet.is_empty() {
                p.dim("      packet ");
                p.text(&format!("{}\n", outcome.packet));
            }
            for why in &outcome.why {
                let mut pieces = Pieces::default();
                pieces.put(Role::Text, why);
                p.dim("      ");
                wrap(&pieces, 6, 8, width, p);
            }
        }
    }
    p.text("\n");
}

/// What came of an attempt.
pub(super) fn grade(exercise: &Exercise, grade: &Grade, width: usize, p: &mut impl Painter) {
    title(exercise, p);
    p.text("\n");
    outcomes("goals", &grade.goals, true, width, p);
    outcomes("questions", &grade.questions, true, width, p);
    let (reached, of) = grade.score();
    if grade.passed() {
        p.put(Role::Output, "solved");
        p.text("\n\n");
        closing(exercise, width, p);
    } else {
        p.put(Role::Warn, &format!("not yet: {reached} of {of}"));
        p.dim(&format!("  (ofscope learn {} --hint 1)\n", exercise.lesson.id));
    }
}

fn closing(exercise: &Exercise, width: usize, p: &mut impl Painter) {
    let lesson = &exercise.lesson;
    prose(&lesson.closing, 0, width, p);
    for (at, source) in lesson.sources.iter().enumerate() {
        p.dim(if at == 0 { "read     " } else { "         " });
        p.dim(&format!("{source}\n"));
    }
}

/// Hints.
pub(super) fn hints(hints: &[String], width: usize, p: &mut impl Painter) {
    for (at, hint) in hints.iter().enumerate() {
        let mut pieces = Pieces::default();
        pieces.put(Role::Text, hint);
        p.dim(&format!("{}  ", at + 1));
        wrap(&pieces, 3, 3, width, p);
    }
}

/// The solution.
pub(super) fn solution(exercise: &Exercise, width: usize, p: &mut impl Painter) {
    title(exercise, p);
    p.text("\n");
    if !exercise.cause.is_empty() {
        p.dim("cause    ");
        p.text(&format!("{}\n\n", exercise.cause));
    }
    for (question, answer) in exercise.lesson.questions.iter().zip(&exercise.solution.answers) {
        p.text(&format!("{}\n", question.ask));
        p.put(Role::Output, &format!("  {answer}"));
        if !question.evidence.is_empty() && question.evidence.value != *answer {
            p.dim(&format!("  (shown by the flows {})", question.evidence.value.trim()));
        }
        p.text("\n\n");
    }
    if !exercise.solution.edits.trim().is_empty() {
        for line in exercise.solution.edits.trim().lines() {
            p.put(Role::Accent, &format!("{line}\n"));
        }
        p.text("\n");
    }
    closing(exercise, width, p);
}
