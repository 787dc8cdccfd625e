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

    /// The parts of a line whose cuts are known.
    fn at(line: &'a [u8], cuts: &Cuts) -> Parts<'a> {
        let [cookie, duration, packets, bytes, table, timeouts, rest] =
            cuts.map(|[from, to]| &line[usize::from(from)..usize::from(to)]);
        Parts { counted: [cookie, duration, packets, bytes], essence: [table, timeouts, rest] }
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

/// A line with a number made of what it says, and one of which flow it is.
#[derive(Debug, Clone)]
struct Line {
    hash: u64,
    /// Where it stands, without its end.
    at: Place,
    identity: u64,
    cuts: Cuts,
}

/// Where a line begins and ends.
type Place = (usize, usize);

fn lines(text: &[u8]) -> Vec<Line> {
    let mut all = Vec::with_capacity(text.len() / 160);
    let (find_actions, find_priority) = (memmem::Finder::new(b"actions="), memmem::Finder::new(b"priority="));
    for at in ranges(text) {
        let line = &text[at.clone()];
        let Some(parts) = Parts::of(line) else { continue };
        let [table, timeouts, rest] = parts.essence;
        let Some(cuts) = parts.cuts(line) else { continue };
        let Some(actions) = find_actions.find(rest) else { continue };
        let mut hasher = FxHasher::default();
        // The flags stand in front of the priority, and are no part of the identity; a flow without one has none.
        let flags = find_priority.find(&rest[..actions]).unwrap_or(0);
        hasher.write(table);
        hasher.write_u8(b'|');
        hasher.write(&rest[flags..actions]);
        let identity = hasher.finish();
        hasher.write(timeouts);
        hasher.write(&rest[..flags]);
        hasher.write(&rest[actions..]);
        all.push(Line { hash: hasher.finish(), at: (at.start, at.end), identity, cuts });
    }
    all.sort_unstable_by_key(|line| (line.hash, line.at));
    all
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
pub fn common(a: &[u8], b: &[u8], counted: [bool; PARTS]) -> Option<Common> {
    let (left, right) = std::thread::scope(|scope| {
        let right = scope.spawn(|| lines(b));
        let left = lines(a);
        (left, right.join().expect("lines are only looked at"))
    });
    let mut gone: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    let mut kept: [FxHashSet<u64>; 2] = Default::default();
    let mut differ = [0; PARTS];
    let mut kinds: FxHashMap<u64, u8> = FxHashMap::default();
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        let order = match (left.get(i), right.get(j)) {
            (Some(one), Some(other)) => one.hash.cmp(&other.hash),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        let is_pair = order.is_eq()
            && left.get(i + 1).is_none_or(|next| next.hash != left[i].hash)
            && right.get(j + 1).is_none_or(|next| next.hash != right[j].hash);
        if is_pair {
            let (one, other) = (&left[i], &right[j]);
            let mine = Parts::at(&a[one.at.0..one.at.1], &one.cuts);
            let theirs = Parts::at(&b[other.at.0..other.at.1], &other.cuts);
            if mine.essence == theirs.essence {
                let differs: [bool; PARTS] = std::array::from_fn(|n| mine.counted[n] != theirs.counted[n]);
                let is_counted = differs.iter().zip(counted).any(|(differs, counts)| *differs && counts);
                if !is_counted && !is_sample(&mine, &mut kinds) {
                    gone[0].push(i);
                    gone[1].push(j);
                    differ.iter_mut().zip(differs).for_each(|(n, differs)| *n += usize::from(differs));
                    (i, j) = (i + 1, j + 1);
                    continue;
                }
            }
        }
        if order.is_le() {
            kept[0].insert(left[i].identity);
            i += 1;
        }
        if order.is_ge() {
            kept[1].insert(right[j].identity);
            j += 1;
        }
    }
    // A line that stays and one that goes must not be about the same flow.
    for (side, all) in [&left, &right].into_iter().enumerate() {
        if gone[side].iter().any(|at| kept[side].contains(&all[*at].identity)) {
            return None;
        }
    }
    let same = gone[0].len();
    let [gone_a, gone_b] = [(&left, &gone[0]), (&right, &gone[1])].map(|(all, gone)| places(all, gone));
    let texts = std::thread::scope(|scope| {
        let right = scope.spawn(|| without(b, gone_b));
        [without(a, gone_a), right.join().expect("lines are only copied")]
    });
    Some(Common { texts, same, differ })
}

/// Whether few lines of this kind stayed so far: of a table, with the same beginning.
fn is_sample(parts: &Parts<'_>, kinds: &mut FxHashMap<u64, u8>) -> bool {
    const BEGINNING: usize = 14;
    let [table, _, rest] = parts.essence;
    let mut hasher = FxHasher::default();
    hasher.write(table);
    hasher.write(&rest[..rest.len().min(BEGINNING)]);
    let seen = kinds.entry(hasher.finish()).or_default();
    *seen = seen.saturating_add(1);
    *seen <= SAMPLES
}

/// Where some lines stand.
fn places(all: &[Line], chosen: &[usize]) -> Vec<Place> {
    chosen.iter().map(|at| all[*at].at).collect()
}

/// A text without some of its lines, whose ends stay.
fn without(text: &[u8], mut gone: Vec<Place>) -> Vec<u8> {
    gone.sort_unstable();
    let mut out = Vec::with_capacity(gone.len() + (1 << 16));
    let mut from = 0;
    for (start, end) in gone {
        out.extend_from_slice(&text[from..start]);
        from = end;
    }
    out.extend_from_slice(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cookie: u32, n: u32, rest: &str) -> String {
        format!(" cookie={cookie:#x}, duration={n}.5s, table=7, n_packets={n}, n_bytes=0, {rest}\n")
    }

    #[test]
    fn lines_that_differ_in_counters_and_cookies_only_go_but_a_few() {
        let flow = |n: u32| format!("idle_timeout=5, idle_age={n}, priority=5,reg0={n} actions=drop");
        let text = |cookie| (0..9).map(|n| line(cookie, n, &flow(n))).collect::<String>();
        let (a, b) = (text(1), text(2));
        let found = common(a.as_bytes(), b.as_bytes(), [false; PARTS]).unwrap();
        assert_eq!((found.same, found.differ), (9 - usize::from(SAMPLES), [7, 0, 0, 0]));
        for text in &found.texts {
            assert_eq!(memchr_iter(b'\n', text).count(), 9, "lines keep their numbers");
            assert_eq!(ranges(text).filter(|line| !line.is_empty()).count(), usize::from(SAMPLES));
        }
        let strict = common(a.as_bytes(), b.as_bytes(), [true, false, false, false]).unwrap();
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
            let found = common(a.as_bytes(), b.as_bytes(), [false; PARTS]).unwrap();
            assert!(found.texts.iter().all(|text| memmem::find(text, b"reg0=8").is_some()), "{b}");
        }
    }

    #[test]
    fn a_flow_with_two_lines_is_left_to_who_understands_them() {
        let a = line(1, 1, "priority=5,reg0=1 actions=drop");
        let many: String = (2..9).map(|n| line(1, 1, &format!("priority=5,reg0={n} actions=drop"))).collect();
        let twice = format!("{many}{a}{}", line(1, 1, "priority=5,reg0=1 actions=output:2"));
        let once = format!("{many}{a}");
        // One of the two may be a sample that stays anyway; then nothing goes wrong either.
        if let Some(found) = common(twice.as_bytes(), once.as_bytes(), [false; PARTS]) {
            assert_eq!(memmem::find_iter(&found.texts[0], b"reg0=1 ").count(), 2);
            assert_eq!(memmem::find_iter(&found.texts[1], b"reg0=1 ").count(), 1);
        }
        assert!(common(b"", b"\n\n", [false; PARTS]).is_some_and(|found| found.same == 0));
    }
}
