//! Documents line by line: what the readers of `ovs-ofctl`'s output share.
//!
//! A reader says in a [`Form`] which lines begin an entry and which continue it, how an entry is read and how it
//! prints. [`read`] cuts the text into such blocks, and keeps an entry only if it prints back byte for byte: what does
//! not is kept as text, with a warning. So no byte is ever lost, whatever the form does not know.
//!
//! Ports stand in a dump by number or, with `--names`, by name, and one document is printed one way throughout.
//! [`read`] finds out which way it is, and asks for exactness in that way only.
//!
//! Line ends: [`paint`] ends an entry with `\n`. An empty [`Part::Text`] behind an entry takes that line end away: the
//! file ends there, or the line end is another one (`\r\n`) and stands in the next text. The lines inside of an entry
//! end as its last one does.

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, hex_digit1};
use nom::combinator::{opt, rest};
use nom::sequence::delimited;
use nom::{IResult, Parser};

use super::flow_line::parse_duration;
use super::{Part, Source};
use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role, Target};
use crate::base::span::Span;
use crate::field::{Names, Version};

/// One line of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// Where it starts in the text.
    pub start: usize,
    /// The line without its end.
    pub text: &'a str,
    /// Its end: `\n`, `\r\n`, or nothing at the end of the text.
    pub end: &'a str,
}

impl<'a> Line<'a> {
    /// An error at a part of the line.
    pub fn error(&self, code: &'static str, part: &str, message: impl Into<String>) -> Wrong<'a> {
        Box::new((*self, Diagnostic::error(code, Span::of(self.text, part), message)))
    }

    /// Reads a decimal number that is at most `max`.
    pub fn number(&self, text: &str, max: u64) -> Result<u64, Wrong<'a>> {
        match text.parse::<u64>() {
            Ok(n) if n <= max && text.bytes().all(|b| b.is_ascii_digit()) => Ok(n),
            Ok(n) if n > max => Err(self.error("too-large", text, format!("this number is at most {max}: `{text}`"))),
            _ => Err(self.error("bad-value", text, format!("`{text}` is no number"))),
        }
    }

    /// Reads a count, or `?` for one that the switch does not know.
    pub fn count(&self, text: &str) -> Result<Option<u64>, Wrong<'a>> {
        if text == "?" { Ok(None) } else { self.number(text, u64::MAX).map(Some) }
    }

    /// Reads a duration as [`paint_duration`](crate::model::flow::paint_duration) prints it, in nanoseconds.
    pub fn duration(&self, text: &str) -> Result<u64, Wrong<'a>> {
        let unit = text.ends_with('s');
        parse_duration(text)
            .filter(|_| unit)
            .ok_or_else(|| self.error("bad-value", text, format!("`{text}` is no duration")))
    }

    /// What follows `head`.
    pub fn after(&self, head: &str) -> Result<&'a str, Wrong<'a>> {
        let expected = || self.error("bad-line", self.text.trim(), format!("expected `{}`", head.trim()));
        self.text.strip_prefix(head).ok_or_else(expected)
    }
}

/// What is wrong, and in which line.
pub type Wrong<'a> = Box<(Line<'a>, Diagnostic)>;

/// The lines of a text, one after the other.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    at: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `text`.
    pub fn of(text: &'a str) -> Lines<'a> {
        Lines { text, at: 0, number: 0 }
    }

    /// The lines from `head` on that continue it, as one block. `head` was the last line taken.
    fn block(&mut self, head: Line<'a>, continues: fn(&str) -> bool) -> Block<'a> {
        let mut last = head;
        while let Some(line) = self.clone().next().filter(|l| continues(l.text)) {
            self.next();
            last = line;
        }
        let text = &self.text[head.start..last.start + last.text.len()];
        Block { head, text, end: last.end, after_crlf: self.text[..head.start].ends_with("\r\n") }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let length = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let whole = &rest[..length];
        let text = whole.strip_suffix('\n').map_or(whole, |t| t.strip_suffix('\r').unwrap_or(t));
        let start = self.at;
        self.at += length;
        self.number += 1;
        Some(Line { number: self.number, start, text, end: &whole[text.len()..] })
    }
}

/// The lines of one entry.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// The first line.
    pub head: Line<'a>,
    /// All lines, without the end of the last one.
    text: &'a str,
    /// The end of the last line.
    end: &'a str,
    /// Whether the line in front ends with `\r\n`.
    after_crlf: bool,
}

impl<'a> Block<'a> {
    /// A line that stands alone.
    pub fn of(text: &'a str) -> Block<'a> {
        let head = Line { number: 1, start: 0, text, end: "" };
        Block { head, text, end: "", after_crlf: false }
    }

    /// The lines behind the first one.
    pub fn tail(&self) -> impl Iterator<Item = Line<'a>> {
        let head = self.head;
        let shift = move |line: Line<'a>| Line {
            number: line.number + head.number - 1,
            start: line.start + head.start,
            ..line
        };
        Lines::of(self.text).skip(1).map(shift)
    }

    /// The line that holds the byte at `at`, and where in it that is.
    fn line_at(&self, at: usize) -> (Line<'a>, usize) {
        let at = at + self.head.start;
        let line = self.tail().take_while(|l| l.start <= at).last().unwrap_or(self.head);
        (line, at.saturating_sub(line.start).min(line.text.len()))
    }

    /// Whether its inner lines are to end with `\r\n`; [`paint`] finds the same in the parts.
    fn is_crlf(&self) -> bool {
        self.end == "\r\n" || self.end.is_empty() && self.after_crlf
    }
}

/// Passes on what is painted, with the line ends of the document.
#[derive(Debug)]
pub struct Ends<'a, P> {
    inner: &'a mut P,
    crlf: bool,
}

impl<P: Painter> Painter for Ends<'_, P> {
    fn put(&mut self, role: Role, text: &str) {
        if !self.crlf {
            return self.inner.put(role, text);
        }
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.inner.put(role, "\r\n");
            }
            if !part.is_empty() {
                self.inner.put(role, part);
            }
        }
    }

    fn link(&mut self, target: Target, role: Role, text: &str) {
        self.inner.link(target, role, text);
    }
}

/// Compares what is painted with a text, up to the first difference.
#[derive(Debug)]
pub struct Against<'a> {
    text: &'a str,
    at: usize,
    differs: bool,
}

impl<'a> Against<'a> {
    /// Will compare with `text`.
    pub fn new(text: &'a str) -> Against<'a> {
        Against { text, at: 0, differs: false }
    }

    /// Where the first difference is; `None` if exactly the text was painted.
    pub fn difference(&self) -> Option<usize> {
        (self.differs || self.at < self.text.len()).then_some(self.at)
    }
}

impl Painter for Against<'_> {
    fn put(&mut self, _role: Role, text: &str) {
        if !self.differs {
            let rest = &self.text.as_bytes()[self.at..];
            let same = rest.iter().zip(text.as_bytes()).take_while(|(a, b)| a == b).count();
            self.at += same;
            self.differs = same < text.len();
        }
    }
}

/// The painter that a [`Form`] prints to.
pub type Check<'a, 'b> = Ends<'a, Against<'b>>;

/// What a reader knows of its documents.
pub struct Form<T> {
    /// What the document lists, for messages: `groups`.
    pub what: &'static str,
    /// The headings that stand in it: `OFPST_GROUP_DESC`.
    pub headings: &'static [&'static str],
    /// Whether a line begins an entry.
    pub begins: fn(&str) -> bool,
    /// Whether a line continues one.
    pub continues: fn(&str) -> bool,
    /// Whether another line is no surprise; blank lines, comments and headings never are.
    pub surrounds: fn(&str) -> bool,
    /// Reads an entry.
    pub read: for<'a> fn(&Block<'a>, &mut Source<'_>) -> Result<T, Wrong<'a>>,
    /// Prints an entry without the end of its last line.
    pub paint: fn(&T, &Names, &mut Check<'_, '_>),
}

/// Reads a document. Never fails: what is not understood is kept as text, and told.
pub fn read<T>(text: &str, source: &mut Source<'_>, form: &Form<T>) -> Vec<Part<T>> {
    let mut out = Document { parts: Vec::new(), text: String::new(), doubts: Vec::new() };
    let mut lines = Lines::of(text);
    while let Some(line) = lines.next() {
        if !(form.begins)(line.text) {
            if !is_around(line.text, form) {
                let message = format!("this is none of the {}", form.what);
                source.complain(line.number, line.text, line.error("unknown-line", line.text.trim(), message).1);
            }
            out.text(&[line.text, line.end]);
            continue;
        }
        let block = lines.block(line, form.continues);
        match (form.read)(&block, source) {
            Ok(entry) => out.entry(entry, block, source.names, form),
            Err(wrong) => {
                let (line, d) = *wrong;
                source.complain(line.number, line.text, d);
                out.text(&[block.text, block.end]);
            }
        }
    }
    out.settle(source)
}

fn is_around<T>(line: &str, form: &Form<T>) -> bool {
    is_silent(line) || (form.surrounds)(line) || heading(line).is_some_and(|h| form.headings.contains(&h.name))
}

/// The parts of a document while it is read.
struct Document<'a, T> {
    parts: Vec<Part<T>>,
    /// Lines that are no entries, since the last entry.
    text: String,
    /// Entries that do not print back, by number or by name.
    doubts: Vec<Doubt<'a>>,
}

/// An entry that does not print as it was read.
struct Doubt<'a> {
    /// Which part it is.
    part: usize,
    /// Its lines.
    block: Block<'a>,
    /// The first difference when ports are printed by number, and by name.
    differences: [Option<usize>; 2],
}

impl<'a, T> Document<'a, T> {
    fn text(&mut self, pieces: &[&str]) {
        pieces.iter().for_each(|piece| self.text.push_str(piece));
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn entry(&mut self, entry: T, block: Block<'a>, names: &Names, form: &Form<T>) {
        self.flush();
        let differences = [Names::none(), names].map(|names| {
            let mut against = Against::new(block.text);
            (form.paint)(&entry, names, &mut Ends { inner: &mut against, crlf: block.is_crlf() });
            against.difference()
        });
        if differences.iter().any(Option::is_some) {
            self.doubts.push(Doubt { part: self.parts.len(), block, differences });
        }
        self.parts.push(Part::Entry(entry));
        if block.end != "\n" {
            self.parts.push(Part::Text("".into()));
            self.text.push_str(block.end);
        }
    }

    /// Decides whether the document has numbers or names, and keeps as text what does not print back that way.
    fn settle(mut self, source: &mut Source<'_>) -> Vec<Part<T>> {
        self.flush();
        let wrong = |way: usize| self.doubts.iter().filter(|d| d.differences[way].is_some()).count();
        let way = usize::from(wrong(1) < wrong(0));
        for doubt in self.doubts {
            let Some(at) = doubt.differences[way] else { continue };
            let (line, at) = doubt.block.line_at(at);
            let span = Span::new(at, line.text.len());
            let d = Diagnostic::warning("inexact", span, "this would print differently, it is kept as text");
            source.complain(line.number, line.text, d);
            let end = if doubt.block.end == "\n" { "\n" } else { "" };
            self.parts[doubt.part] = Part::Text([doubt.block.text, end].concat().into());
        }
        self.parts
    }
}

/// Prints a document part by part; `entry` prints one without the end of its last line.
pub fn paint<T, P: Painter>(parts: &[Part<T>], p: &mut P, mut entry: impl FnMut(&T, &mut Ends<'_, P>)) {
    let text_at = |at: usize| match parts.get(at) {
        Some(Part::Text(text)) => Some(&**text),
        _ => None,
    };
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => p.put(Role::Dim, text),
            Part::Written(_, text) => p.text(text),
            Part::Entry(e) => {
                let is_bare = text_at(at + 1) == Some("");
                let follows = || text_at(at + 2).map(|text| text.starts_with("\r\n"));
                let precedes = || at > 0 && text_at(at - 1).is_some_and(|text| text.ends_with("\r\n"));
                let crlf = is_bare && follows().unwrap_or_else(precedes);
                entry(e, &mut Ends { inner: p, crlf });
                if !is_bare {
                    p.dim("\n");
                }
            }
        }
    }
}

/// The heading that Open vSwitch prints above an OpenFlow message: `OFPST_GROUP_DESC reply (OF1.3) (xid=0x2): ..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The message, without ` reply`.
    pub name: &'a str,
    /// The version of OpenFlow; `None` for one that Open vSwitch does not know.
    pub version: Option<Version>,
    /// The number that the request bore.
    pub xid: u32,
    /// What follows the colon.
    pub rest: &'a str,
}

/// Reads a heading.
pub fn heading(line: &str) -> Option<Heading<'_>> {
    let name = take_while1(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let version = opt(delimited(tag(" (OF"), take_while1(|c| c != ')'), char(')')));
    let xid = delimited(tag(" (xid=0x"), hex_digit1, tag("):"));
    let parsed: IResult<&str, _> = (name, opt(tag(" reply")), version, xid, rest).parse(line);
    let (_, (name, _, version, xid, rest)) = parsed.ok()?;
    let version = match version {
        None => Some(Version::V10),
        Some(word) => word.starts_with("1.").then(|| Version::by_name(word)).flatten(),
    };
    Some(Heading { name, version, xid: u32::from_str_radix(xid, 16).ok()?, rest })
}

/// Whether a line says nothing: it is blank, a comment, a command at a shell's prompt, or a line of a log.
fn is_silent(line: &str) -> bool {
    let text = line.trim_start();
    text.is_empty()
        || text.starts_with('#')
        || text.contains("ovs-ofctl ") && !text.contains("_id=")
        || text.contains("|WARN|")
}

/// The first line of a document that tells what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First<'a> {
    /// A heading.
    Heading(Heading<'a>),
    /// Another line.
    Line(&'a str),
    /// There is none near the beginning.
    Nothing,
}

impl<'a> First<'a> {
    /// Lines that may stand above it.
    const ABOVE: usize = 200;

    /// Finds it.
    pub fn of(head: &'a str) -> First<'a> {
        match Lines::of(head).take(Self::ABOVE).find(|line| !is_silent(line.text)) {
            Some(line) => heading(line.text).map_or(First::Line(line.text), First::Heading),
            None => First::Nothing,
        }
    }

    /// Whether it is one of these headings, or a line of which `begins` holds.
    pub fn is(&self, headings: &[&str], begins: fn(&str) -> bool) -> bool {
        match self {
            First::Heading(heading) => headings.contains(&heading.name),
            First::Line(line) => begins(line),
            First::Nothing => false,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
