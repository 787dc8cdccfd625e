//! What is wrong with a text, where, and what to do next: the only caret printer of the project.

use std::fmt;
use std::sync::Arc;

use super::paint::{Painter, Role};
use super::safe::visible;
use super::span::Span;
use unicode_width::UnicodeWidthStr;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Read, but not as it was written.
    Warning,
    /// Not understood, or refused.
    Error,
}

impl Severity {
    /// The word in front of the message.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    fn role(self) -> Role {
        match self {
            Severity::Note => Role::Accent,
            Severity::Warning => Role::Warn,
            Severity::Error => Role::Bad,
        }
    }
}

/// One complaint about a text. The message is lower case, has no full stop, and quotes values in back-quotes; the hint
/// says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name for scripts, such as `unknown-field`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where in the text.
    pub span: Span,
    /// What to do next.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, code, message: shorten(message.into()), span, hint: None }
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// A note at `span`.
    pub fn note(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Note, ..Diagnostic::error(code, span, message) }
    }

    /// The same with a hint.
    pub fn hint(self, hint: impl Into<String>) -> Diagnostic {
        Diagnostic { hint: Some(shorten(hint.into())), ..self }
    }

    /// The same with a hint that names the candidate nearest to `word`; if none is near, every one of them when they are
    /// few.
    pub fn nearest<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        match nearest(word, candidates.iter().copied()) {
            Some(name) => self.hint(did_you_mean(name)),
            None if (1..=12).contains(&candidates.len()) => self.hint(format!("known are {}", candidates.join(", "))),
            None => self,
        }
    }

    /// The same with a hint, unless there is one.
    pub fn or_hint(self, hint: impl Into<String>) -> Diagnostic {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }

    /// The word that the hint offers in the place of the wrong one, if it offers one.
    pub fn meant(&self) -> Option<&str> {
        let rest = self.hint.as_deref()?.strip_prefix(MEANT)?;
        rest.split('`').next().filter(|word| !word.is_empty())
    }

    /// Whether it refuses the text.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Prints the complaint under the line it is about: position, message, the line, a caret, the hint.
    ///
    /// `place` stands in front (`flows.txt:12`); the column is added to it.
    pub fn paint(&self, place: &str, line: &str, p: &mut impl Painter) {
        if !place.is_empty() {
            p.dim(&format!("{}:{}: ", visible(place), self.column(line)));
        }
        p.put(self.severity.role(), self.severity.word());
        p.text(": ");
        p.text(&visible(&self.message));
        p.text("\n");
        self.paint_caret(line, p);
    }

    /// Prints the line, the caret below it and the hint beside the caret.
    pub fn paint_caret(&self, line: &str, p: &mut impl Painter) {
        let window = Window::around(line, self.span);
        p.dim("  ");
        p.text(&window.text);
        p.text("\n  ");
        p.text(&" ".repeat(window.before));
        p.put(self.severity.role(), &"^".repeat(window.width));
        if let Some(hint) = &self.hint {
            p.text(" ");
            p.put(Role::Accent, &visible(hint));
        }
        p.text("\n");
    }

    /// The column of the first wrong character, counted in characters from 1.
    pub fn column(&self, line: &str) -> usize {
        let start = (self.span.start as usize).min(line.len());
        line.get(..start).map_or(start, |head| head.chars().count()) + 1
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// The part of a long line that is shown around a span.
struct Window {
    text: String,
    before: usize,
    width: usize,
}

impl Window {
    /// Columns shown at most, and columns kept in front of the span when the line is longer than that.
    const COLUMNS: usize = 96;
    const LEAD: usize = 40;

    fn around(line: &str, span: Span) -> Window {
        let line = line.trim_end_matches(['\r', '\n']);
        let start = floor_boundary(line, span.start as usize);
        let end = floor_boundary(line, (span.end as usize).max(start));
        let from = if line.len() > Self::COLUMNS { floor_boundary(line, start.saturating_sub(Self::LEAD)) } else { 0 };
        let to = floor_boundary(line, from + Self::COLUMNS);
        let (head, marked, tail) = (
            visible(&line[from..start]),
            visible(&line[start..end.min(to).max(start)]),
            &line[end.min(to).max(start)..to],
        );
        let lead = if from > 0 { "…" } else { "" };
        let rest = if to < line.len() { "…" } else { "" };
        Window {
            before: lead.width() + head.width(),
            width: marked.width().max(1),
            text: format!("{lead}{head}{marked}{}{rest}", visible(tail)),
        }
    }
}

/// The largest character boundary of `text` not after `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A text that people can read: a word of a hostile file may be as long as the file.
fn shorten(mut text: String) -> String {
    const LONGEST: usize = 1000;
    if text.len() > LONGEST {
        let end = (0..=LONGEST * 3 / 4).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = (text.len() - LONGEST / 8..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        text.replace_range(end..start, " .. ");
        text.shrink_to_fit();
    }
    text
}

/// How a hint begins that offers a word.
const MEANT: &str = "did you mean `";

/// The hint that offers a word.
pub fn did_you_mean(word: &str) -> String {
    format!("{MEANT}{word}`?")
}

/// The candidate nearest to `word` by spelling, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A long word is never a slip of the finger, and comparing it would cost its length squared.
    if word.is_empty() || word.len() > 40 {
        return None;
    }
    let word = word.to_lowercase();
    let letters = letters(&word);
    let mut best: Option<(usize, &str)> = None;
    for name in candidates {
        let allowed = word.len().max(name.len()).max(3) / 3;
        // Each slip changes at most two letters, so most candidates need no closer look. A dump full of words that
        // nobody knows would otherwise take minutes.
        let differing = (letters ^ self::letters(name)).count_ones() as usize;
        if word.len().abs_diff(name.len()) > allowed || differing > 2 * allowed {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&word, &name.to_lowercase());
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// The letters and digits of a word as a set.
fn letters(word: &str) -> u64 {
    word.bytes().fold(0, |set, b| set | 1 << (b.to_ascii_lowercase() & 63))
}

/// A complaint about a file: where it came from, and the line it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The file's name as people know it.
    pub file: Arc<str>,
    /// The line, from 1; 0 when it is about the whole file.
    pub line: u32,
    /// The start of the line's text, for the caret. At most [`Located::TEXT`] bytes are kept.
    pub text: String,
    /// What is wrong.
    pub diagnostic: Diagnostic,
}

impl Located {
    /// Bytes of a line that are kept.
    pub const TEXT: usize = 4096;

    /// Bytes kept in front of a span that stands beyond the kept part of a line.
    const LEAD: usize = 256;

    /// A complaint about one line of a file.
    pub fn line(file: &Arc<str>, line: u32, text: &str, diagnostic: Diagnostic) -> Located {
        let far = (diagnostic.span.start as usize).saturating_sub(Self::TEXT - Self::LEAD);
        let from = floor_boundary(text, far);
        let to = floor_boundary(text, from + Self::TEXT);
        let span = Span::new(
            (diagnostic.span.start as usize).saturating_sub(from),
            (diagnostic.span.end as usize).saturating_sub(from),
        );
        Located {
            file: file.clone(),
            line,
            text: text[from..to].to_owned(),
            diagnostic: Diagnostic { span, ..diagnostic },
        }
    }

    /// A complaint about a whole file.
    pub fn file(file: &Arc<str>, diagnostic: Diagnostic) -> Located {
        Located { file: file.clone(), line: 0, text: String::new(), diagnostic }
    }

    /// Prints it as compilers do: `FILE:LINE:COLUMN: error: message`, the line, the caret and the hint.
    pub fn paint(&self, p: &mut impl Painter) {
        if self.line == 0 {
            let d = &self.diagnostic;
            p.dim(&format!("{}: ", visible(&self.file)));
            p.put(d.severity.role(), d.severity.word());
            p.text(&format!(": {}\n", visible(&d.message)));
            if let Some(hint) = &d.hint {
                p.put(Role::Accent, &format!("  {}\n", visible(hint)));
            }
        } else {
            self.diagnostic.paint(&format!("{}:{}", self.file, self.line), &self.text, p);
        }
    }
}

/// Collects complaints about files, with a limit, so that a hostile input cannot fill the memory with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The complaints that were kept, in the order they came.
    pub kept: Vec<Located>,
    /// How many more there were.
    pub more: usize,
    errors: usize,
}

impl Report {
    /// Complaints kept at most.
    pub const LIMIT: usize = 2000;

    /// Takes one.
    pub fn push(&mut self, located: Located) {
        self.errors += usize::from(located.diagnostic.is_error());
        if self.kept.len() < Self::LIMIT {
            self.kept.push(located);
        } else {
            self.more += 1;
        }
    }

    /// Takes all of another.
    pub fn append(&mut self, other: Report) {
        let (more, errors) = (other.more, other.errors);
        let before = self.errors;
        for located in other.kept {
            self.push(located);
        }
        self.more += more;
        self.errors = before + errors;
    }

    /// How many errors there were, kept or not.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many complaints there were, kept or not.
    pub fn len(&self) -> usize {
        self.kept.len() + self.more
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(d: &Diagnostic, line: &str) -> String {
        let mut out = String::new();
        d.paint("f:3", line, &mut out);
        out
    }

    #[test]
    fn a_word_as_long_as_a_file_is_not_repeated_whole() {
        let d = Diagnostic::error("x", Span::default(), format!("no word `{}`", "ü".repeat(1_000_000)))
            .hint("y".repeat(9000));
        assert!(
            d.message.len() < 1000 && d.message.starts_with("no word `ü") && d.message.ends_with("ü`"),
            "{}",
            d.message
        );
        assert!(d.hint.is_some_and(|hint| hint.len() < 1000));
    }

    #[test]
    fn the_caret_stands_under_the_word() {
        let line = "tcp,nw_scr=10.0.0.1";
        let d = Diagnostic::error("unknown-field", Span::new(4, 10), "no field `nw_scr`")
            .nearest("nw_scr", ["nw_src", "tcp"]);
        assert_eq!((d.meant(), d.clone().hint("read on").meant()), (Some("nw_src"), None));
        assert_eq!(
            painted(&d, line),
            "f:3:5: error: no field `nw_scr`\n  tcp,nw_scr=10.0.0.1\n      ^^^^^^ did you mean `nw_src`?\n"
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_caret_and_controls_are_shown_as_text() {
        let line = format!("{}\x1b[31mbad{}", "x".repeat(500), "y".repeat(500));
        let d = Diagnostic::error("e", Span::new(505, 508), "m");
        let out = painted(&d, &line);
        assert!(out.contains("\\x1b[31mbad"), "{out}");
        assert!(out.lines().all(|l| l.chars().count() < 120), "{out}");
        let (text, caret) = (out.lines().nth(1).unwrap(), out.lines().nth(2).unwrap());
        let column = caret.chars().position(|c| c == '^').unwrap();
        assert_eq!(text.chars().skip(column).take(3).collect::<String>(), "bad");
    }

    #[test]
    fn a_span_outside_the_line_is_harmless() {
        painted(&Diagnostic::error("e", Span::new(90, 99), "m"), "ü");
        painted(&Diagnostic::error("e", Span::new(1, 2), "m"), "ü");
    }

    #[test]
    fn far_words_are_no_suggestion() {
        assert_eq!(nearest("output", ["outputt", "group"]), Some("outputt"));
        assert_eq!(nearest("xyz", ["reg0", "tcp"]), None);
        assert_eq!(nearest(&"a".repeat(1000), ["tcp"]), None);
    }

    #[test]
    fn reports_are_bounded() {
        let file: Arc<str> = "f".into();
        let mut report = Report::default();
        for i in 0..3000 {
            let text = "x".repeat(100_000);
            report.push(Located::line(&file, i, &text, Diagnostic::error("e", Span::new(90_000, 90_001), "m")));
        }
        assert_eq!((report.kept.len(), report.more, report.errors()), (2000, 1000, 3000));
        assert!(report.kept[0].text.len() <= Located::TEXT);
        assert!(report.kept[0].diagnostic.span.slice(&report.kept[0].text) == "x");
    }
}
