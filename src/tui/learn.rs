//! Screen 8: what it remembers of the course and of the lesson that somebody works at.

use std::sync::Arc;

use super::list::Cursor;
use super::views::Spot;
use crate::base::diag::Located;
use crate::practice::{Course, Exercise, Grade, Lesson, Progress, Wrong};
use crate::session::Scene;

/// The course, and how far somebody is.
#[derive(Debug, Default)]
pub struct Learning {
    /// The lessons; read when they are first looked at, unless they came with the program's arguments.
    pub course: Option<Arc<Course>>,
    /// What was done so far.
    pub progress: Progress,
    /// The lesson that is worked at.
    pub desk: Option<Desk>,
    /// The lesson to begin with, by name or number, until it is opened.
    pub first: Option<String>,
}

/// A lesson that is worked at.
#[derive(Debug)]
pub struct Desk {
    /// The lesson, made ready.
    pub exercise: Arc<Exercise>,
    /// The answers to its questions, in their order.
    pub answers: Vec<String>,
    /// What came of it, once worked out.
    pub graded: Option<Arc<Graded>>,
    /// How many hints are shown.
    pub hints: usize,
    /// Whether the solution is shown.
    pub shows_solution: bool,
    /// Whether somebody has done anything yet.
    pub is_begun: bool,
}

impl Desk {
    /// A lesson at which nothing was done yet.
    pub fn new(exercise: Arc<Exercise>) -> Desk {
        let answers = vec![String::new(); exercise.lesson.questions.len()];
        Desk { exercise, answers, graded: None, hints: 0, shows_solution: false, is_begun: false }
    }

    /// What came of it, if it could be graded.
    pub fn grade(&self) -> Option<&Grade> {
        self.graded.as_deref()?.as_ref().ok()
    }

    /// Whether everything is reached.
    pub fn passed(&self) -> bool {
        self.is_begun && self.grade().is_some_and(Grade::passed)
    }

    /// How many goals and questions there are.
    pub fn rows(&self) -> usize {
        self.exercise.lesson.goals.len() + self.exercise.lesson.questions.len()
    }
}

/// A lesson made ready with its switch, or what is wrong with its file.
pub type Ready = Result<(Arc<Exercise>, Arc<Scene>), Vec<Located>>;

/// What came of an attempt, or why it cannot be graded.
pub type Graded = Result<Grade, String>;

/// Makes a lesson ready.
pub fn ready(course: &Course, lesson: &Arc<Lesson>) -> Ready {
    let exercise = course.exercise(lesson)?;
    let scene = Arc::new(Scene::new(exercise.start.clone()));
    Ok((Arc::new(exercise), scene))
}

/// Grades what stands on a scene.
pub fn grade(exercise: &Exercise, scene: &Scene, answers: &[String]) -> Graded {
    exercise.grade_on(scene, answers).map_err(|wrong| {
        let (Wrong::Edits(found) | Wrong::Lesson(found)) = wrong;
        found.first().map_or_else(String::new, |d| d.message.clone())
    })
}

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The list of lessons.
    #[default]
    Lessons,
    /// The goals and questions of the lesson.
    Goals,
}

/// 8 Learn.
#[derive(Debug, Default)]
pub struct LearnView {
    /// The bridge of the lesson; without a name while there is none.
    pub spot: Spot,
    /// The part that has the keys.
    pub part: Part,
    /// The rows of the parts.
    pub cursors: [Cursor; 2],
    /// How many rows of the page are scrolled away, where it does not fit.
    pub scroll: usize,
    /// Whether the cursor moved since, so that the page follows it.
    pub follows: bool,
}

impl LearnView {
    /// The row of a part.
    pub fn cursor(&mut self, part: Part) -> &mut Cursor {
        &mut self.cursors[part as usize]
    }
}
