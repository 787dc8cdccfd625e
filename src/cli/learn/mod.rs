//! `ofscope learn`: lessons on switches that need no switch.

mod json;
mod text;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use etcetera::BaseStrategy;

use super::context::Context;
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::json as answers;
use crate::base::diag::Located;
use crate::base::paint::{Painter, Role};
use crate::practice::course::{prove, text_of};
use crate::practice::lesson::LessonFile;
use crate::practice::{Attempt, Course, Exercise, Grade, Kept, Lesson, Progress, Wrong, load};

/// Learn flows, OpenStack's networks, and how to find what is broken.
///
/// Without a lesson the course is listed. A lesson names a switch, which is opened as `sandbox:NAME` or described by the
/// lesson, a task, and goals. Goals are checked by sending packets through the flows, questions by the value of the answer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope learn                                       the lessons, and which of them are done
  ofscope learn priorities                            the task of a lesson
  ofscope learn priorities --check my-flows.txt       whether these lines of `ovs-ofctl add-flows` reach its goals
  ofscope learn read-a-flow --answer 82               whether this is the answer to its question
  ofscope learn priorities --hint 1                   the first of three hints
  ofscope learn --from lessons/ --list                lessons of one's own
  ofscope learn --check lessons/our-outage.toml       whether a lesson of one's own holds what it promises")]
pub struct LearnArgs {
    /// The lesson, by its name or its number.
    pub lesson: Option<String>,
    /// List the lessons.
    #[arg(long, conflicts_with_all = ["lesson", "check", "answer", "hint", "solution"])]
    pub list: bool,
    /// Check the edits in a file, or those on standard input for `-`, against the goals of the lesson; without a lesson,
    /// check a lesson file.
    #[arg(long, visible_alias = "try", value_name = "FILE")]
    pub check: Option<PathBuf>,
    /// Answer a question; for several questions, several times, in their order.
    #[arg(long, value_name = "TEXT", requires = "lesson")]
    pub answer: Vec<String>,
    /// Show the first N hints.
    #[arg(long, value_name = "N", requires = "lesson", value_parser = clap::value_parser!(u32).range(1..=3))]
    pub hint: Option<u32>,
    /// Show the solution, and what there was to be learnt.
    #[arg(long, requires = "lesson", conflicts_with_all = ["check", "answer", "hint"])]
    pub solution: bool,
    /// Forget that the lesson was done.
    #[arg(long, requires = "lesson", conflicts_with_all = ["check", "answer", "hint", "solution"])]
    pub reset: bool,
    /// Take the lessons of a directory in place of those inside the program.
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Print text instead of drawing screens.
    #[arg(long, env = "OFSCOPE_PLAIN", value_parser = clap::builder::FalseyValueParser::new(), hide_env = true)]
    pub plain: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl LearnArgs {
    /// Whether nothing is asked that is answered with text, and somebody looks at a terminal.
    fn wants_screen(&self) -> bool {
        let asks = self.list || self.json || self.solution || self.reset || self.plain;
        let asks = asks || self.check.is_some() || self.hint.is_some() || !self.answer.is_empty();
        !asks && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }
}

/// Opens the lessons on a terminal; lists them, shows one, or checks an attempt.
pub fn run(args: &LearnArgs, cx: &Context) -> CommandResult {
    if let (None, Some(file)) = (&args.lesson, &args.check) {
        return check_lesson(file, args, cx);
    }
    let course = match &args.from {
        None => Course::built_in(),
        Some(dir) => Course::of_dir(dir)
            .map_err(|e| Failure::source(format!("`{}` cannot be read: {}", dir.display(), said(&e))))?,
    };
    complain(&course.found, cx)?;
    let partial = if course.found.is_empty() { Outcome::Done } else { Outcome::Partial };
    let kept = kept();
    let progress = kept.as_ref().map_or_else(Progress::default, Kept::load);
    if args.wants_screen() {
        if let Some(name) = &args.lesson {
            course.lesson(name).map_err(|near| no_lesson(name, near))?;
        }
        return super::screen::learn(Arc::new(course), args.lesson.as_deref(), cx);
    }
    let Some(name) = &args.lesson else {
        let mut out = cx.out();
        match args.json {
            true => out.text(&answers::text(&answers::document("learn", json::list(&course, &progress)))),
            false => text::list(&course, &progress, cx.width(), &mut out),
        }
        out.finish()?;
        return Ok(partial);
    };
    let lesson = course.lesson(name).map_err(|near| no_lesson(name, near))?.clone();
    let exercise = match course.exercise(&lesson) {
        Ok(exercise) => exercise,
        Err(found) => {
            complain(&found, cx)?;
            return Err(Failure::source(format!("lesson `{}` cannot be made ready", lesson.id)).into());
        }
    };
    let learner = Learner { args, cx, exercise: &exercise, kept: kept.as_ref() };
    learner.answer(&progress)
}

fn no_lesson(name: &str, near: Option<&str>) -> Failure {
    let failure = Failure::usage(format!("there is no lesson `{name}`"));
    match near {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`ofscope learn --list` lists them"),
    }
}

/// What the system says, without its number.
fn said(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// The file in which progress is kept, if there is a place for it.
pub fn kept() -> Option<Kept> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(Kept::below(&state))
}

/// Tells what is wrong with files.
fn complain(found: &[Located], cx: &Context) -> Result<(), Stop> {
    let mut err = cx.err();
    for located in found {
        located.paint(&mut err);
    }
    err.finish()?;
    Ok(())
}

/// Checks a lesson file.
fn check_lesson(path: &Path, args: &LearnArgs, cx: &Context) -> CommandResult {
    let name = path.display().to_string();
    let text =
        text_of(path).map_err(|e| Failure::source(format!("`{name}` cannot be read: {}", said(&e))).hint(EDITS))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let read = load::read(&name, &text).map(Arc::new);
    let found = match &read {
        Ok(lesson) => prove(lesson, Some(dir)),
        Err(found) => found.clone(),
    };
    let outcome = match (&read, found.is_empty()) {
        (Err(_), _) => Outcome::Usage,
        (Ok(_), true) => Outcome::Done,
        (Ok(_), false) => Outcome::No,
    };
    let mut out = cx.out();
    if args.json {
        let document = json::proof(read.as_deref().ok(), &found);
        out.text(&answers::text(&answers::document("learn", document)));
    } else {
        complain(&found, cx)?;
        match (&read, found.is_empty()) {
            (Ok(lesson), true) => {
                out.text(&format!("lesson {} `{}` holds what it promises\n", lesson.number, lesson.id))
            }
            (Err(_), _) => cx.err().text("no lesson: edits are checked with the name of one in front\n"),
            _ => {}
        }
    }
    out.finish()?;
    Ok(outcome)
}

const EDITS: &str = "`ofscope learn LESSON --check FILE` checks edits against a lesson's goals";

/// Somebody at a lesson.
struct Learner<'a> {
    args: &'a LearnArgs,
    cx: &'a Context,
    exercise: &'a Exercise,
    kept: Option<&'a Kept>,
}

impl Learner<'_> {
    fn lesson(&self) -> &Lesson {
        &self.exercise.lesson
    }

    fn answer(&self, progress: &Progress) -> CommandResult {
        let id = &self.lesson().id;
        if self.args.check.is_some() || !self.args.answer.is_empty() {
            return self.graded();
        }
        let mut out = self.cx.out();
        let mut document = json::lesson(self.exercise, progress);
        if let Some(n) = self.args.hint {
            let hints = &self.lesson().hints[..(n as usize).min(self.lesson().hints.len())];
            self.note(|p| p.hinted(id, n))?;
            document["hints"] = hints.into();
            if !self.args.json {
                text::hints(hints, self.cx.text_width(), &mut out);
            }
        } else if self.args.solution {
            self.note(|p| p.shown(id))?;
            json::add_solution(self.exercise, &mut document);
            if !self.args.json {
                text::solution(self.exercise, self.cx.text_width(), &mut out);
            }
        } else if self.args.reset {
            self.note(|p| p.forget(id))?;
            if !self.args.json {
                out.text(&format!("lesson `{id}` begins anew\n"));
            }
        } else {
            let grade = self.grade(&Attempt::default())?;
            document["goals"] = json::outcomes(&grade.goals);
            document["questions"] = json::outcomes(&grade.questions);
            if !self.args.json {
                text::page(self.exercise, &grade, progress, self.cx.text_width(), &mut out);
            }
        }
        if self.args.json {
            out.text(&answers::text(&answers::document("learn", document)));
        }
        out.finish()?;
        Ok(Outcome::Done)
    }

    fn graded(&self) -> CommandResult {
        let (name, edits) = self.edits()?;
        let attempt = Attempt { edits, answers: self.args.answer.clone() };
        let wanted = self.lesson().questions.len();
        if attempt.answers.len() > wanted {
            let failure = Failure::usage(format!("{} answers for {wanted} questions", attempt.answers.len()));
            return Err(failure.hint("`--answer` is given once for each question, in their order").into());
        }
        let grade = match self.exercise.grade(&attempt) {
            Ok(grade) => grade,
            Err(Wrong::Edits(found)) => {
                let file = LessonFile { name: name.as_str().into(), text: attempt.edits.as_str().into() };
                complain(&found.into_iter().map(|d| file.located(d)).collect::<Vec<_>>(), self.cx)?;
                let failure = Failure::usage(format!("`{name}` is refused whole: nothing was changed"));
                return Err(failure.into());
            }
            Err(Wrong::Lesson(found)) => return Err(self.broken(found)?),
        };
        let passed = grade.passed();
        self.note(|p| p.tried(&self.lesson().id, passed))?;
        let mut out = self.cx.out();
        if self.args.json {
            let document = json::grade(self.exercise, &grade);
            out.text(&answers::text(&answers::document("learn", document)));
        } else {
            text::grade(self.exercise, &grade, self.cx.text_width(), &mut out);
        }
        out.finish()?;
        Ok(if passed { Outcome::Done } else { Outcome::No })
    }

    fn grade(&self, attempt: &Attempt) -> Result<Grade, Stop> {
        match self.exercise.grade(attempt) {
            Ok(grade) => Ok(grade),
            Err(Wrong::Edits(found) | Wrong::Lesson(found)) => Err(self.broken(found)?),
        }
    }

    /// The lesson itself is wrong.
    fn broken(&self, found: Vec<crate::base::diag::Diagnostic>) -> Result<Stop, Stop> {
        let file = &self.lesson().file;
        complain(&found.into_iter().map(|d| file.located(d)).collect::<Vec<_>>(), self.cx)?;
        Ok(Failure::source(format!("lesson `{}` cannot be graded", self.lesson().id)).into())
    }

    /// The edits, with the name of their file.
    fn edits(&self) -> Result<(String, String), Stop> {
        let Some(path) = &self.args.check else { return Ok((String::new(), String::new())) };
        let name = path.display().to_string();
        if name == "-" {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().take(load::LIMIT as u64 + 1).read_to_end(&mut bytes);
            read.map_err(|e| Failure::source(format!("standard input cannot be read: {}", said(&e))))?;
            let text = String::from_utf8(bytes).map_err(|_| Failure::source("standard input is no UTF-8 text"))?;
            return Ok(("-".to_owned(), text));
        }
        let text = text_of(path).map_err(|e| Failure::source(format!("`{name}` cannot be read: {}", said(&e))))?;
        Ok((name, text))
    }

    /// Keeps something of what was done. That it cannot be kept is only told.
    fn note(&self, change: impl FnOnce(&mut Progress)) -> Result<(), Stop> {
        let Some(kept) = self.kept.filter(|_| self.args.from.is_none()) else { return Ok(()) };
        if let Err(e) = kept.note(change)
            && !self.cx.global.quiet
            && std::io::stderr().is_terminal()
        {
            let mut err = self.cx.err();
            err.put(Role::Warn, &format!("progress is not kept: `{}`: {}\n", kept.path().display(), said(&e)));
            err.finish()?;
        }
        Ok(())
    }
}
