//! A whole dump of flows, however long.
//!
//! The text is cut into blocks at line ends; threads read the blocks, each into [`Segment`]s of its own, and the
//! segments are put in order again. The first block is small, so that the first flows can be shown at once. Each list
//! of actions is read once, however many flows have it. Nothing in the text can make the load fail: what is not
//! understood is kept and reported.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustc_hash::FxHashMap;

use super::flow_line::{self, Before};
use crate::base::diag::{Diagnostic, Located, Report};
use crate::base::paint::{Compare, Painter};
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::field::matches::Plan;
use crate::field::{Names, Version};
use crate::model::flow::{Flow, Style};
use crate::model::store::{ActionList, FlowStore, Interner, Line, Segment, SegmentBuilder};

/// Lines longer than this are not read, but reported. The longest line a switch can print stays far below: the actions
/// of a flow have at most 64 kB on the wire.
pub const LINE_LIMIT: usize = 8 << 20;

/// The first block, in bytes: enough for a screen.
const FIRST_BLOCK: usize = 64 << 10;
/// The others: large enough for little overhead, small enough for an even share.
const BLOCK: usize = 4 << 20;

/// What was read of a dump.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The flows, in order.
    pub flows: FlowStore,
    /// What was not understood.
    pub report: Report,
    /// The OpenFlow version that a heading tells.
    pub version: Option<Version>,
    /// Whether the dump names ports and tables.
    pub has_names: bool,
    /// Whether the load was cancelled or broke off.
    pub is_partial: bool,
}

/// Reads a dump. `publish` sees the flows so far whenever there are more.
pub fn load(
    input: impl Read + Send,
    file: &Arc<str>,
    names: &Names,
    progress: &Progress,
    mut publish: impl FnMut(&Loaded),
) -> Loaded {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(8);
    let interner = Interner::default();
    let mut loaded = Loaded::default();
    thread::scope(|scope| {
        let (block_in, block_out) = sync_channel::<Block>(workers);
        let (done_in, done_out) = sync_channel::<Done>(workers * 2);
        scope.spawn(move || cut(input, progress, &block_in));
        let blocks = Arc::new(Mutex::new(block_out));
        for _ in 0..workers {
            let (blocks, done_in, interner) = (blocks.clone(), done_in.clone(), &interner);
            scope.spawn(move || {
                while let Some(block) = next(&blocks) {
                    let number = block.number;
                    let done = Worker::new(file, names, interner).block(&block);
                    if done_in.send(Done { number, ..done }).is_err() {
                        return;
                    }
                }
            });
        }
        drop((blocks, done_in));
        collect(&done_out, &mut loaded, &mut publish);
    });
    loaded.is_partial |= progress.is_cancelled();
    loaded
}

/// Some whole lines.
#[derive(Default)]
struct Block {
    number: usize,
    first_line: u32,
    text: Vec<u8>,
    /// What went wrong behind the text: a line that is too long, or an input that broke off.
    trouble: Option<Trouble>,
}

enum Trouble {
    TooLong { line: u32, start: Vec<u8> },
    Broken(io::Error),
}

/// What became of a block.
#[derive(Default)]
struct Done {
    number: usize,
    segments: Vec<Segment>,
    report: Report,
    version: Option<Version>,
    has_names: bool,
    is_broken: bool,
}

fn next(blocks: &Mutex<Receiver<Block>>) -> Option<Block> {
    blocks.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Puts what the workers did in order.
fn collect(done: &Receiver<Done>, loaded: &mut Loaded, publish: &mut impl FnMut(&Loaded)) {
    let mut early: FxHashMap<usize, Done> = FxHashMap::default();
    let mut number = 0;
    for one in done {
        early.insert(one.number, one);
        let before = number;
        while let Some(one) = early.remove(&number) {
            number += 1;
            for segment in one.segments {
                loaded.flows.push(Arc::new(segment));
            }
            loaded.report.append(one.report);
            loaded.version = loaded.version.or(one.version);
            loaded.has_names |= one.has_names;
            loaded.is_partial |= one.is_broken;
        }
        if number > before {
            publish(loaded);
        }
    }
}

/// Cuts the input into blocks of whole lines.
fn cut(mut input: impl Read, progress: &Progress, blocks: &SyncSender<Block>) {
    let mut cutter = Cutter { number: 0, line: 1, size: FIRST_BLOCK, rest: Vec::new() };
    loop {
        if progress.is_cancelled() {
            return;
        }
        let (block, is_last) = cutter.next(&mut input);
        if blocks.send(block).is_err() || is_last {
            return;
        }
    }
}

struct Cutter {
    number: usize,
    line: u32,
    size: usize,
    rest: Vec<u8>,
}

impl Cutter {
    fn next(&mut self, input: &mut impl Read) -> (Block, bool) {
        let mut text = std::mem::take(&mut self.rest);
        let outcome = self.fill(input, &mut text);
        let mut block = Block { number: self.number, first_line: self.line, text, trouble: None };
        let is_last = match outcome {
            Ok(true) => false,
            Ok(false) => true,
            Err(e) => {
                block.trouble = Some(Trouble::Broken(e));
                true
            }
        };
        if !is_last {
            match memchr::memrchr(b'\n', &block.text) {
                Some(at) => self.rest = block.text.split_off(at + 1),
                None => block.trouble = Some(self.skip_line(input, &mut block.text)),
            }
        }
        self.number += 1;
        self.size = BLOCK;
        self.line += memchr::memchr_iter(b'\n', &block.text).count() as u32;
        self.line += u32::from(matches!(block.trouble, Some(Trouble::TooLong { .. })));
        (block, is_last)
    }

    /// Reads until the block is full and holds a line end. Tells whether there may be more.
    fn fill(&self, input: &mut impl Read, text: &mut Vec<u8>) -> io::Result<bool> {
        let mut want = self.size;
        loop {
            let missing = want.saturating_sub(text.len());
            // Only what was really read takes memory, whatever the size asked for.
            let n = input.by_ref().take(missing as u64).read_to_end(text)?;
            if n < missing {
                return Ok(false);
            }
            if memchr::memrchr(b'\n', text).is_some() || text.len() >= LINE_LIMIT {
                return Ok(true);
            }
            want = (text.len() * 2).min(LINE_LIMIT);
        }
    }

    /// Leaves out a line that is too long; what of it was read stands in `text`.
    fn skip_line(&mut self, input: &mut impl Read, text: &mut Vec<u8>) -> Trouble {
        let start = text[..text.len().min(200)].to_vec();
        text.clear();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    if let Some(at) = memchr::memchr(b'\n', &buffer[..n]) {
                        self.rest = buffer[at + 1..n].to_vec();
                        break;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Trouble::Broken(e),
            }
        }
        Trouble::TooLong { line: self.line, start }
    }
}

/// Reads blocks.
struct Worker<'a> {
    file: &'a Arc<str>,
    names: &'a Names,
    interner: &'a Interner,
    /// Actions this block has met.
    known: FxHashMap<&'a str, Arc<ActionList>>,
    builder: SegmentBuilder<'a>,
    done: Done,
    /// How the line before was printed: most likely this one is, too.
    names_expected: bool,
}

impl<'a> Worker<'a> {
    fn new(file: &'a Arc<str>, names: &'a Names, interner: &'a Interner) -> Worker<'a> {
        Worker {
            file,
            names,
            interner,
            known: FxHashMap::default(),
            builder: SegmentBuilder::new(interner),
            done: Done::default(),
            names_expected: false,
        }
    }

    fn block(mut self, block: &'a Block) -> Done {
        let mut line = block.first_line;
        match std::str::from_utf8(&block.text) {
            Ok(text) => {
                for text in lines(text) {
                    self.line(line, text);
                    line += 1;
                }
            }
            Err(_) => self.broken_text(line, &block.text),
        }
        match &block.trouble {
            Some(Trouble::TooLong { line, start }) => {
                let text = String::from_utf8_lossy(start);
                let message = format!("the line is longer than {} MiB", LINE_LIMIT >> 20);
                let d = Diagnostic::error("too-long", Span::new(0, text.len()), message);
                self.complain(*line, &text, d.hint("it is left out"));
            }
            Some(Trouble::Broken(e)) => {
                let d = Diagnostic::error("broken-off", Span::default(), format!("the input broke off: {e}"));
                self.done.report.push(Located::file(self.file, d.hint("what was read before is shown")));
                self.done.is_broken = true;
            }
            None => {}
        }
        self.done.segments.push(self.builder.finish());
        self.done
    }

    /// Lines of which some are no text.
    fn broken_text(&mut self, first: u32, bytes: &'a [u8]) {
        for (number, bytes) in (first..).zip(bytes.split(|b| *b == b'\n')) {
            match std::str::from_utf8(bytes) {
                Ok(text) => self.line(number, text.strip_suffix('\r').unwrap_or(text)),
                Err(e) => {
                    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]);
                    let at = e.valid_up_to().min(text.len());
                    let d = Diagnostic::error("no-text", Span::new(at, at + 1), "the line is no UTF-8 text");
                    self.complain(number, &text, d.hint("it is left out"));
                }
            }
        }
    }

    fn complain(&mut self, line: u32, text: &str, d: Diagnostic) {
        self.done.report.push(Located::line(self.file, line, text, d));
    }

    fn line(&mut self, number: u32, text: &'a str) {
        let content = text.trim_start();
        if content.is_empty() || content.starts_with('#') {
            return;
        }
        if let Some(heading) = heading(content) {
            self.done.version = self.done.version.or(heading.version);
            return;
        }
        let Before { flow, found, actions } = flow_line::parse_before_actions(text, self.names);
        let Some(actions_text) = actions else {
            let at = text.trim_end().len();
            let d = Diagnostic::error("no-flow", Span::new(at, at), "no flow: `actions=` is missing");
            return self.complain(number, text, d.hint("the line is left out"));
        };
        for d in found {
            self.complain(number, text, d);
        }
        let actions = self.actions(actions_text);
        for d in &actions.found {
            let by = Span::of(text, actions_text).start as usize;
            self.complain(number, text, Diagnostic { span: d.span.shifted(by), ..d.clone() });
        }
        self.push(number, text, actions_text, flow, &actions);
    }

    fn push(&mut self, number: u32, text: &'a str, actions_text: &str, flow: Flow, actions: &Arc<ActionList>) {
        if self.builder.is_full() {
            let full = std::mem::replace(&mut self.builder, SegmentBuilder::new(self.interner));
            self.done.segments.push(full.finish());
        }
        let style = match flow.stats {
            Some(_) if text.starts_with(' ') => Style::Stats,
            Some(_) => Style::Bridge,
            None => Style::NoStats,
        };
        let before = &text[..text.len() - actions_text.len()];
        let shape = self.builder.shape(&flow.matches);
        let plan = self.builder.plan(shape);
        let names = [self.names_expected, !self.names_expected]
            .into_iter()
            .find(|names| prints_as(&flow, plan, style, if *names { self.names } else { Names::none() }, before));
        if let Some(names) = names {
            self.names_expected = names;
            self.done.has_names |= names;
        }
        let verbatim = names.is_none().then_some(text);
        let line = Line { number, verbatim, style, names: names.unwrap_or(self.names_expected) };
        self.builder.push(&flow, shape, actions, line);
    }

    fn actions(&mut self, text: &'a str) -> Arc<ActionList> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let list = self.interner.actions(text).unwrap_or_else(|| {
            let (actions, found) = flow_line::parse_actions(text, self.names);
            self.interner.keep_actions(text, actions, found)
        });
        self.known.insert(text, list.clone());
        list
    }
}

/// Whether the flow prints as `text`, as far as its actions.
fn prints_as(flow: &Flow, plan: &Plan, style: Style, names: &Names, text: &str) -> bool {
    let mut compare = Compare::with(text);
    flow.paint_head(style, names, &mut compare);
    flow.paint_match(plan, style, names, &mut compare);
    compare.dim("actions=");
    compare.is_same()
}

/// The lines of a text without their ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// What the heading of a dump tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// The OpenFlow version.
    pub version: Option<Version>,
}

/// Reads a line such as `OFPST_FLOW reply (OF1.3) (xid=0x2):` or `NXST_FLOW reply (xid=0x4): flags=[more]`.
pub fn heading(line: &str) -> Option<Heading> {
    let kind = ["OFPST_FLOW", "NXST_FLOW"].into_iter().find(|kind| line.starts_with(kind))?;
    let rest = line[kind.len()..].strip_prefix(" reply (")?;
    let version = match rest.split_once(") (xid=") {
        Some((version, _)) => Version::by_name(version),
        None => Some(Version::V10),
    };
    Some(Heading { version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &[u8]) -> Loaded {
        load(text, &"f".into(), Names::none(), &Progress::default(), |_| {})
    }

    fn reload(loaded: &Loaded) -> String {
        loaded.flows.iter().map(|(_, flow)| flow.line_text(Names::none()) + "\n").collect()
    }

    #[test]
    fn what_is_read_prints_as_it_was() {
        let text = "OFPST_FLOW reply (OF1.3) (xid=0x2):\n \
            cookie=0x1, duration=2.5s, table=0, n_packets=0, n_bytes=0, priority=1,ip actions=drop\n\n \
            cookie=0x1, duration=2.500s, table=0, n_packets=0, n_bytes=0, priority=1,ip actions=drop\n \
            table=3, priority=0 actions=output:1,frob(2)\n";
        let loaded = load_text(text.as_bytes());
        let flows: String = text.lines().filter(|l| l.starts_with(' ')).map(|l| format!("{l}\n")).collect();
        assert_eq!(reload(&loaded), flows);
        assert_eq!(loaded.version, Some(Version::V13));
        assert_eq!(loaded.flows.iter().map(|(_, f)| f.line()).collect::<Vec<_>>(), [2, 4, 5]);
        assert!(loaded.flows.get(0).verbatim().is_some() && loaded.flows.get(1).verbatim().is_none());
        let found = &loaded.report.kept;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].diagnostic.span.slice(&found[0].text)), (5, "frob"));
    }

    #[test]
    fn blocks_are_put_in_order() {
        let mut text = String::new();
        for n in 0..100_000 {
            text.push_str(&format!(" cookie=0x{n:x}, duration=1s, table=0, n_packets={n}, n_bytes=0, actions=drop\n"));
        }
        let mut published = Vec::new();
        let file = "f".into();
        let loaded =
            load(text.as_bytes(), &file, Names::none(), &Progress::default(), |l| published.push(l.flows.len()));
        assert_eq!(reload(&loaded), text);
        assert!(loaded.flows.iter().all(|(n, f)| f.line() == n + 1));
        assert!(published[0] > 100 && published[0] < 2000 && published.is_sorted());
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut text = b" actions=drop\n actions=".to_vec();
        text.resize(LINE_LIMIT * 3, b'x');
        text.extend(b"\n priority=7 actions=drop\n");
        let loaded = load_text(&text);
        assert_eq!(loaded.flows.len(), 2);
        assert_eq!(loaded.flows.get(1).line(), 3);
        let found = &loaded.report.kept[0];
        assert_eq!((found.line, found.diagnostic.code, loaded.report.len()), (2, "too-long", 1));
    }

    #[test]
    fn bytes_that_are_no_text_are_reported() {
        let loaded = load_text(b" actions=drop\n \xff\xfe actions=drop\n actions=drop\r\n priority=5");
        assert_eq!(loaded.flows.len(), 2);
        let codes: Vec<_> = loaded.report.kept.iter().map(|l| (l.line, l.diagnostic.code)).collect();
        assert_eq!(codes, [(2, "no-text"), (4, "no-flow")]);
    }

    #[test]
    fn a_cancelled_load_ends() {
        let progress = Progress::default();
        progress.cancel();
        let loaded = load(io::repeat(b'\n'), &"f".into(), Names::none(), &progress, |_| {});
        assert!(loaded.is_partial);
    }
}
