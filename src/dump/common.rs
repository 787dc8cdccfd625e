//! What two dumps of flows have in common, told from their texts alone.
//!
//! A switch prints a flow in one way, so two lines that differ in cookie, counters and ages only are the same flow. Two
//! dumps of one bridge mostly consist of such lines, and none of them needs to be understood to be compared. [`common`]
//! takes them out of both; what is left is read as ever.

use std::hash::Hasher;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

/// What may differ in lines that are the same flow: cookie, duration, packets, bytes.
pub const PARTS: usize = 4;

/// What is left of two dumps, and what was taken out of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The texts, with an empty line for each that both have.
    pub texts: [Vec<u8>; 2],
    /// How many lines were taken out of each.
    pub same: usize,
    /// How many of these differ in a part.
    pub differ: [usize; PARTS],
}

/// A line of a dump, in parts.
struct Parts<'a> {
    /// Cookie, duration, packets, bytes.
    counted: [&'a [u8]; PARTS],
    /// What says which flow it is and what it does: the table, timeouts, and from the flags or the priority on.
    essence: [&'a [u8]; 3],
}

/// How long a word in front of the match is, at most.
const WORD: usize = 48;

impl<'a> Parts<'a> {
    fn of(line: &'a [u8]) -> Option<Parts<'a>> {
        let mut rest = line;
        let cookie = item(&mut rest, b" cookie=0x")?;
        let duration = item(&mut rest, b"duration=")?;
        let table = item(&mut rest, b"table=")?;
        let packets = item(&mut rest, b"n_packets=")?;
        let bytes = item(&mut rest, b"n_bytes=")?;
        // Timeouts stand in front of ages, and both in front of the flags.
        let timeouts = rest;
        let mut length = 0;
        while let Some(word) = word(rest) {
            let is_age = word.starts_with(b"idle_age=") || word.starts_with(b"hard_age=");
            if !is_age {
                length = timeouts.len() - rest.len() + word.len() + 2;
            }
            rest = &rest[word.len() + 2..];
        }
        Some(Parts { counted: [cookie, duration, packets, bytes], essence: [table, &timeouts[..length], rest] })
    }

    /// Where the parts of a line begin and end; nothing for a line that is too long.
    fn cuts(&self, line: &[u8]) -> Option<Cuts> {
        let from = |part: &[u8]| part.as_ptr() as usize - line.as_ptr() as usize;
        let [cookie, duration, packets, bytes] = self.counted;
        let [table, timeouts, rest] = self.essence;
        let mut cuts = [[0; 2]; PARTS + 3];
        for (cut, part) in cuts.iter_mut().zip([cookie, duration, packets, bytes, table, timeouts, rest]) {
            *cut = [u16::try_from(from(part)).ok()?, u16::try_from(from(part) + part.len()).ok()?];
        }
        Some(cuts)
    }
}

/// Where the parts of a line begin and end: those that are counted, and the essence.
type Cuts = [[u16; 2]; PARTS + 3];

/// The word up to the next comma with a blank, if there is one before the match.
fn word(rest: &[u8]) -> Option<&[u8]> {
    let head = &rest[..rest.len().min(WORD)];
    let end = memchr(b',', head)?;
    let is_word = rest.get(end + 1) == Some(&b' ') && !head[..end].contains(&b' ');
    is_word.then_some(&rest[..end])
}

/// Takes a word with this beginning off.
fn item<'a>(rest: &mut &'a [u8], begins: &[u8]) -> Option<&'a [u8]> {
    let word = rest.strip_prefix(begins)?;
    let end = memchr(b',', word)?;
    let after = word[end + 1..].strip_prefix(b" ")?;
    *rest = after;
    Some(&word[..end])
}

/// A line of a flow, without its end.
#[derive(Debug, Clone)]
struct Line {
    at: Place,
    cuts: Cuts,
    /// A number of the flow that it is about, which is told before its actions; nothing for a line without any.
    identity: Option<u64>,
}

/// Where a line begins and ends.
type Place = (usize, usize);

/// A dump, and its lines that are about flows.
#[derive(Debug)]
pub struct Dump {
    text: Vec<u8>,
    lines: Vec<Line>,
}

impl Dump {
    /// Finds the lines of a text.
    pub fn new(text: Vec<u8>) -> Dump {
        let mut lines = Vec::with_capacity(text.len() / 160);
        let (actions, priority) = (memmem::Finder::new(b"actions="), memmem::Finder::new(b"priority="));
        for at in ranges(&text) {
            let line = &text[at.clone()];
            let Some(parts) = Parts::of(line) else { continue };
            let Some(cuts) = parts.cuts(line) else { continue };
            let [table, _, rest] = parts.essence;
            let identity = actions.find(rest).map(|actions| {
                // The flags stand in front of the priority, and are no part of the identity; a flow without one has none.
                let flags = priority.find(&rest[..actions]).unwrap_or(0);
                let mut hasher = FxHasher::default();
                hasher.write(table);
                hasher.write_u8(b'|');
                hasher.write(&rest[flags..actions]);
                hasher.finish()
            });
            lines.push(Line { at: (at.start, at.end), cuts, identity });
        }
        Dump { text, lines }
    }

    fn cut(&self, n: usize, part: usize) -> &[u8] {
        let line = &self.lines[n];
        let [from, to] = line.cuts[part];
        &self.text[line.at.0 + usize::from(from)..line.at.0 + usize::from(to)]
    }

    /// What says which flow a line is about and what it does.
    fn essence(&self, n: usize) -> [&[u8]; 3] {
        std::array::from_fn(|part| self.cut(n, PARTS + part))
    }

    /// Whether two lines say the same; most that do not differ in length.
    fn says(&self, n: usize, other: &Dump, m: usize) -> bool {
        [PARTS + 2, PARTS, PARTS + 1].iter().all(|part| self.cut(n, *part) == other.cut(m, *part))
    }

    /// A number of all that a line says.
    fn number(&self, n: usize) -> u64 {
        let mut hasher = FxHasher::default();
        for part in self.essence(n) {
            hasher.write(part);
            hasher.write_u8(b'|');
        }
        hasher.finish()
    }
}

/// The lines of a text.
fn ranges(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    memchr_iter(b'\n', text).chain(std::iter::once(text.len())).map(move |end| {
        let line = from..end;
        from = end + 1;
        line
    })
}

/// So many lines of a kind stay in the texts: they show who made the flows, and what the tables are for.
const SAMPLES: u8 = 2;

/// What two dumps have in common. Lines that differ in a part that is `counted` stay. Nothing if a text has two lines
/// about one flow, of which only the last one counts.
pub fn common(a: &Dump, b: &Dump, counted: [bool; PARTS]) -> Option<Common> {
    let mut gone: [Vec<usize>; 2] = [Vec::with_capacity(a.lines.len()), Vec::with_capacity(b.lines.len())];
    let mut kept: Vec<u64> = Vec::new();
    let mut taken: FxHashSet<u64> = FxHashSet::default();
    taken.reserve(a.lines.len());
    let mut differ = [0; PARTS];
    let mut kinds: FxHashMap<u64, u8> = FxHashMap::default();
    for (i, j) in pairs(a, b) {
        if let (Some(i), Some(j)) = (i, j) {
            let differs: [bool; PARTS] = std::array::from_fn(|part| a.cut(i, part) != b.cut(j, part));
            let is_counted = differs.iter().zip(counted).any(|(differs, counts)| *differs && counts);
            let identity = a.lines[i].identity;
            if let Some(identity) = identity.filter(|_| !is_counted && !is_sample(a.essence(i), &mut kinds)) {
                if !taken.insert(identity) {
                    return None;
                }
                gone[0].push(i);
                gone[1].push(j);
                differ.iter_mut().zip(differs).for_each(|(n, differs)| *n += usize::from(differs));
                continue;
            }
        }
        kept.extend(i.and_then(|i| a.lines[i].identity).into_iter().chain(j.and_then(|j| b.lines[j].identity)));
    }
    // A line that stays and one that goes must not be about the same flow.
    if kept.iter().any(|identity| taken.contains(identity)) {
        return None;
    }
    let same = gone[0].len();
    let [gone_a, gone_b] = gone;
    let texts = std::thread::scope(|scope| {
        let right = scope.spawn(|| without(b, gone_b));
        [without(a, gone_a), right.join().expect("lines are only copied")]
    });
    Some(Common { texts, same, differ })
}

/// How far lines are looked for that were put in between, or left out.
const AHEAD: usize = 16;
/// After so many lines in a row that have no like, one is looked for further on.
const LOST: usize = 64;
/// How far that is, in lines.
const FURTHER: usize = 1 << 16;
/// How often; after that, two texts are not in the same order.
const SEARCHES: usize = 8;

/// Lines of two texts that say the same, and lines alone. A switch prints its flows in nearly the same order each time,
/// so the texts are followed side by side; what is left over is found by its number.
fn pairs(a: &Dump, b: &Dump) -> Vec<(Option<usize>, Option<usize>)> {
    let mut out = Vec::with_capacity(a.lines.len());
    let mut alone: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    let (mut i, mut j, mut lost, mut searches) = (0, 0, 0, 0);
    while i < a.lines.len() && j < b.lines.len() && searches < SEARCHES {
        if a.says(i, b, j) {
            out.push((Some(i), Some(j)));
            (i, j, lost) = (i + 1, j + 1, 0);
            continue;
        }
        lost += 1;
        let is_lost = lost % LOST == 0;
        searches += usize::from(is_lost);
        let ahead = (1..if is_lost { FURTHER } else { AHEAD }).find_map(|n| {
            if j + n < b.lines.len() && a.says(i, b, j + n) {
                return Some((0, n));
            }
            (i + n < a.lines.len() && a.says(i + n, b, j)).then_some((n, 0))
        });
        let (more, others) = ahead.unwrap_or((1, 1));
        alone[0].extend(i..i + more);
        alone[1].extend(j..j + others);
        (i, j) = (i + more, j + others);
    }
    alone[0].extend(i..a.lines.len());
    alone[1].extend(j..b.lines.len());
    let [left, right] = &alone;
    let (left, right) = std::thread::scope(|scope| {
        let right = scope.spawn(|| numbered(b, right));
        (numbered(a, left), right.join().expect("lines are only looked at"))
    });
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        out.push(match (left.peek(), right.peek()) {
            (Some((one, i)), Some((other, j))) if one == other && a.says(*i, b, *j) => {
                (left.next().map(|line| line.1), right.next().map(|line| line.1))
            }
            (Some((one, _)), Some((other, _))) if one > other => (None, right.next().map(|line| line.1)),
            (Some(_), _) => (left.next().map(|line| line.1), None),
            (None, Some(_)) => (None, right.next().map(|line| line.1)),
            (None, None) => return out,
        });
    }
}

/// Whether few lines of this kind stayed so far: of a table, with the same beginning.
fn is_sample([table, _, rest]: [&[u8]; 3], kinds: &mut FxHashMap<u64, u8>) -> bool {
    const BEGINNING: usize = 14;
    let mut hasher = FxHasher::default();
    hasher.write(table);
    hasher.write(&rest[..rest.len().min(BEGINNING)]);
    let seen = kinds.entry(hasher.finish()).or_default();
    *seen = seen.saturating_add(1);
    *seen <= SAMPLES
}

/// Some lines of a dump, by their number.
fn numbered(dump: &Dump, lines: &[usize]) -> Vec<(u64, usize)> {
    let mut all: Vec<(u64, usize)> = lines.iter().map(|line| (dump.number(*line), *line)).collect();
    all.sort_unstable();
    all
}

/// The text of a dump without some of its lines, whose ends stay.
fn without(dump: &Dump, mut gone: Vec<usize>) -> Vec<u8> {
    gone.sort_unstable();
    let mut out = Vec::with_capacity(gone.len() + (1 << 16));
    let mut from = 0;
    for line in gone {
        let (start, end) = dump.lines[line].at;
        out.extend_from_slice(&dump.text[from..start]);
        from = end;
    }
    out.extend_from_slice(&dump.text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &str, b: &str, counted: [bool; PARTS]) -> Option<Common> {
        common(&Dump::new(a.into()), &Dump::new(b.into()), counted)
    }

    fn line(cookie: u32, n: u32, rest: &str) -> String {
        format!(" cookie={cookie:#x}, duration={n}.5s, table=7, n_packets={n}, n_bytes=0, {rest}\n")
    }

    #[test]
    fn lines_that_differ_in_counters_and_cookies_only_go_but_a_few() {
        let flow = |n: u32| format!("idle_timeout=5, idle_age={n}, priority=5,reg0={n} actions=drop");
        let text = |cookie| (0..9).map(|n| line(cookie, n, &flow(n))).collect::<String>();
        let (a, b) = (text(1), text(2));
        let found = of(&a, &b, [false; PARTS]).unwrap();
        assert_eq!((found.same, found.differ), (9 - usize::from(SAMPLES), [7, 0, 0, 0]));
        for text in &found.texts {
            assert_eq!(memchr_iter(b'\n', text).count(), 9, "lines keep their numbers");
            assert_eq!(ranges(text).filter(|line| !line.is_empty()).count(), usize::from(SAMPLES));
        }
        let strict = of(&a, &b, [true, false, false, false]).unwrap();
        assert_eq!((strict.same, &strict.texts[0]), (0, &a.into_bytes()));
    }

    #[test]
    fn whatever_else_differs_stays() {
        let flow =
            |more: &str| (0..9).map(|n| line(1, n, &format!("priority=5,reg0={n} actions=drop{more}"))).collect();
        let a: String = flow("");
        for b in [
            a.replace("reg0=8 actions=drop", "reg0=8 actions=output:1"),
            a.replace("priority=5,reg0=8", "priority=6,reg0=8"),
            a.replace("priority=5,reg0=8", "idle_timeout=9, priority=5,reg0=8"),
            a.replace("priority=5,reg0=8", "send_flow_rem priority=5,reg0=8"),
        ] {
            let found = of(&a, &b, [false; PARTS]).unwrap();
            assert!(found.texts.iter().all(|text| memmem::find(text, b"reg0=8").is_some()), "{b}");
        }
    }

    #[test]
    fn lines_in_another_order_or_put_in_between_are_found() {
        let flow = |n: u32| line(1, n, &format!("priority=5,reg0={n} actions=drop"));
        let all: Vec<u32> = (0..300).collect();
        let text = |order: &[u32]| order.iter().map(|n| flow(*n)).collect::<String>();
        let mut turned = all.clone();
        turned.reverse();
        let mut fewer = all.clone();
        fewer.drain(40..80);
        fewer.remove(9);
        for (order, gone) in [(&all, 0), (&turned, 0), (&fewer, 41)] {
            for (a, b) in [(&all, order), (order, &all)] {
                let found = of(&text(a), &text(b), [false; PARTS]).unwrap();
                assert_eq!(found.same, all.len() - gone - usize::from(SAMPLES));
            }
        }
    }

    #[test]
    fn a_flow_with_two_lines_is_left_to_who_understands_them() {
        let a = line(1, 1, "priority=5,reg0=1 actions=drop");
        let many: String = (2..9).map(|n| line(1, 1, &format!("priority=5,reg0={n} actions=drop"))).collect();
        let twice = format!("{many}{a}{}", line(1, 1, "priority=5,reg0=1 actions=output:2"));
        let once = format!("{many}{a}");
        // One of the two may be a sample that stays anyway; then nothing goes wrong either.
        if let Some(found) = of(&twice, &once, [false; PARTS]) {
            assert_eq!(memmem::find_iter(&found.texts[0], b"reg0=1 ").count(), 2);
            assert_eq!(memmem::find_iter(&found.texts[1], b"reg0=1 ").count(), 1);
        }
        assert!(of("", "\n\n", [false; PARTS]).is_some_and(|found| found.same == 0));
    }
}
