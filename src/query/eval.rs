//! Which flows a compiled filter holds for.
//!
//! Segments are looked at one by one, by as many threads as there are cores. In each, a set of rows, one bit a row, is
//! narrowed by one question after the other, cheap ones first; what is left at the end are the flows. A question is made
//! ready once for the whole bridge ([`Ready`]: tables that lead somewhere, thresholds), then once for a segment (a test
//! for each shape, each list of actions, each head), and what remains for a row is a comparison or two.

mod global;
mod note;
mod rows;

use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use self::global::Global;
use super::Scope;
use super::leaf::{Leaf, Node};
use crate::base::progress::Progress;
use crate::model::bridge::FlowId;
use crate::model::store::Segment;

pub(super) use note::notes;
pub(super) use rows::field_text;

/// Things that were met on the way and that the reader should know of, as bits.
pub(super) mod seen {
    /// For some flows it is not certain that they win.
    pub(in crate::query) const MAY_WIN: u32 = 1;
    /// Clauses of conjunctions were left out because nobody counts their packets.
    pub(in crate::query) const CLAUSES: u32 = 2;
    /// Some flows have no counter.
    pub(in crate::query) const NO_COUNTER: u32 = 4;
    /// Some flows have no idle_age.
    pub(in crate::query) const NO_IDLE_AGE: u32 = 8;
    /// Some flows have no hard_age.
    pub(in crate::query) const NO_HARD_AGE: u32 = 16;
    /// Some flows have no duration.
    pub(in crate::query) const NO_AGE: u32 = 32;
}

/// A set of rows of a segment, one bit a row.
type Rows = [u64];

/// A filter that is ready to look at flows: its parts in order of cost, with what was worked out for the bridge.
enum Ready<'n> {
    All(Vec<Ready<'n>>),
    Any(Vec<Ready<'n>>),
    Leaf(&'n Leaf, Global),
}

impl<'n> Ready<'n> {
    fn new(node: &'n Node, scope: &Scope<'_>) -> Ready<'n> {
        let in_order = |list: &'n [Node]| {
            let mut list: Vec<&Node> = list.iter().collect();
            list.sort_by_key(|node| node.cost());
            list.into_iter().map(|node| Ready::new(node, scope)).collect()
        };
        match node {
            Node::All(list) => Ready::All(in_order(list)),
            Node::Any(list) => Ready::Any(in_order(list)),
            Node::Leaf(leaf) => Ready::Leaf(leaf, Global::new(&leaf.ask, scope)),
        }
    }
}

/// What the threads share.
struct Look<'a> {
    scope: &'a Scope<'a>,
    progress: &'a Progress,
    seen: AtomicU32,
}

impl Look<'_> {
    fn saw(&self, what: u32) {
        // Most rows say nothing new, and a read is cheaper than a write that others wait for.
        if self.seen.load(Ordering::Relaxed) & what != what {
            self.seen.fetch_or(what, Ordering::Relaxed);
        }
    }
}

/// A segment, with the number of its first flow.
#[derive(Clone, Copy)]
struct Part<'a> {
    start: FlowId,
    segment: &'a Segment,
}

/// The flows that a filter holds for, in order, and what was seen on the way (bits of [`seen`]).
pub(super) fn rows(
    root: &Node,
    scope: &Scope<'_>,
    within: Option<&[FlowId]>,
    progress: &Progress,
) -> (Vec<FlowId>, u32) {
    let ready = Ready::new(root, scope);
    let look = Look { scope, progress, seen: AtomicU32::new(0) };
    let parts = parts(scope, within);
    progress.expect_more(parts.iter().map(|(part, _)| part.segment.len() as u64).sum());
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(parts.len()).min(8);
    let (work, found) = (Mutex::new(parts.into_iter()), Mutex::new(Vec::new()));
    let run = || {
        while let Some((part, mut rows)) = take(&work) {
            look.narrow(&ready, part, &mut rows);
            // What was broken off is not shown: nobody could tell which of its flows were looked at.
            if progress.is_cancelled() {
                return;
            }
            let numbers = numbers(part.start, &rows);
            found.lock().unwrap_or_else(PoisonError::into_inner).push((part.start, numbers));
            progress.advance(part.segment.len() as u64);
        }
    };
    if threads <= 1 {
        run();
    } else {
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(run);
            }
            run();
        });
    }
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by_key(|(start, _)| *start);
    (found.into_iter().flat_map(|(_, numbers)| numbers).collect(), look.seen.into_inner())
}

/// The segments with the rows that are asked about.
fn parts<'a>(scope: &Scope<'a>, within: Option<&[FlowId]>) -> Vec<(Part<'a>, Vec<u64>)> {
    let segments = scope.bridge.flows.segments().filter(|(_, segment)| !segment.is_empty());
    let mut parts: Vec<(Part<'a>, Vec<u64>)> = segments
        .map(|(start, segment)| {
            let rows = if within.is_some() { no_rows(segment.len()) } else { all_rows(segment.len()) };
            (Part { start, segment }, rows)
        })
        .collect();
    for &flow in within.into_iter().flatten() {
        let at = parts.partition_point(|(part, _)| part.start <= flow);
        if let Some((part, rows)) = at.checked_sub(1).and_then(|at| parts.get_mut(at)) {
            let row = (flow - part.start) as usize;
            // A number that the bridge does not have asks about nothing.
            if row < part.segment.len() {
                rows[row / 64] |= 1 << (row % 64);
            }
        }
    }
    parts.retain(|(_, rows)| rows.iter().any(|bits| *bits != 0));
    parts
}

fn no_rows(len: usize) -> Vec<u64> {
    vec![0; len.div_ceil(64)]
}

fn all_rows(len: usize) -> Vec<u64> {
    let mut rows = vec![u64::MAX; len.div_ceil(64)];
    if let (Some(last), rest @ 1..) = (rows.last_mut(), len % 64) {
        *last = (1 << rest) - 1;
    }
    rows
}

/// The next piece of work.
fn take<T>(work: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    work.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// The numbers of the flows that are left.
fn numbers(start: FlowId, rows: &Rows) -> Vec<FlowId> {
    let mut numbers = Vec::with_capacity(rows.iter().map(|bits| bits.count_ones() as usize).sum());
    for (at, bits) in (start..).step_by(64).zip(rows) {
        let mut bits = *bits;
        while bits != 0 {
            numbers.push(at + bits.trailing_zeros());
            bits &= bits - 1;
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_rows() {
        assert_eq!(all_rows(0), [0u64; 0]);
        assert_eq!(all_rows(64), [u64::MAX]);
        assert_eq!(all_rows(65), [u64::MAX, 1]);
        assert_eq!(numbers(100, &[1 << 63 | 1, 0, 2]), [100, 163, 229]);
    }
}
