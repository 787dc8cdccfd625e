//! The columns of boxes and lanes.
//!
//! Neighbours in a layer must stand apart; within that, what is linked wants to stand in one column. Each box or lane in
//! turn, alone or with all that stands straight above and below it, moves to the column of something it is linked to and
//! pushes aside what is in the way, if the whole picture gets better by it.

use super::layer::Plan;
use super::order::Order;

/// How wide things are: how many columns a box or lane takes left and right of its own column.
#[derive(Debug, Clone, Default)]
pub(super) struct Extent {
    /// To the left.
    pub left: Vec<i32>,
    /// To the right, with what stands beside a box.
    pub right: Vec<i32>,
    /// How far from its own column lines can leave a box.
    pub reach: Vec<i32>,
}

/// Columns between neighbours, from edge to edge.
const GAP: i32 = 2;

/// A wish that two things stand in one column.
struct Wish {
    a: usize,
    b: usize,
    /// What a column of distance costs.
    weight: i64,
    /// Up to this distance it costs nearly nothing.
    free: i32,
    /// The two are one strand, and move together.
    is_strand: bool,
}

/// The column of each box and lane; the leftmost box begins in column 0.
pub(super) fn columns(plan: &Plan, order: &Order, extent: &Extent) -> Vec<i32> {
    let apart = neighbours(order, extent);
    let mut x = vec![0; order.len()];
    for &e in &order.line {
        x[e] = extent.left[e];
        for (left, gap) in &apart.left_of[e] {
            x[e] = x[e].max(x[*left] + gap);
        }
    }
    let wishes = wishes(plan, order, extent);
    let mut table = Table { order, apart, wishes_of: vec![Vec::new(); order.len()], wishes, x };
    for (at, wish) in table.wishes.iter().enumerate() {
        table.wishes_of[wish.a].push(at);
        table.wishes_of[wish.b].push(at);
    }
    for _ in 0..10 {
        let mut is_better = false;
        for e in order.line.iter().chain(order.line.iter().rev()) {
            is_better |= table.improve(*e);
        }
        if !is_better {
            break;
        }
    }
    let least = (0..order.len()).map(|e| table.x[e] - extent.left[e]).min().unwrap_or(0);
    table.x.iter().map(|x| x - least).collect()
}

/// Who must stand how far from whom.
struct Apart {
    left_of: Vec<Vec<(usize, i32)>>,
    right_of: Vec<Vec<(usize, i32)>>,
}

fn neighbours(order: &Order, extent: &Extent) -> Apart {
    let mut apart = Apart { left_of: vec![Vec::new(); order.len()], right_of: vec![Vec::new(); order.len()] };
    for pair in order.layers.iter().flat_map(|layer| layer.windows(2)) {
        let (a, b) = (pair[0], pair[1]);
        let gap = extent.right[a] + GAP + extent.left[b];
        if !apart.right_of[a].contains(&(b, gap)) {
            apart.right_of[a].push((b, gap));
            apart.left_of[b].push((a, gap));
        }
    }
    apart
}

fn wishes(plan: &Plan, order: &Order, extent: &Extent) -> Vec<Wish> {
    // Each table wants to stand straight above the next one on the longest way down.
    let mut height = vec![0; order.boxes];
    for at in (0..order.boxes).rev() {
        let below = plan.down.iter().filter(|w| w.from == at).map(|w| height[w.to] + 1);
        height[at] = below.max().unwrap_or(0);
    }
    let mut strand = vec![None; order.boxes];
    for &(from, to) in order.links.iter().flatten().filter(|(from, to)| from.max(to) < &order.boxes) {
        if strand[from].is_none_or(|other: usize| height[other] < height[to]) {
            strand[from] = Some(to);
        }
    }
    let mut wishes = Vec::new();
    for &(a, b) in order.links.iter().flatten().filter(|(a, b)| a != b) {
        let (from_box, to_box) = (a < order.boxes, b < order.boxes);
        let is_strand = from_box && strand[a] == Some(b);
        let (weight, free) = match (from_box, to_box) {
            _ if is_strand => (10, 0),
            (true, true) => (3, extent.reach[a]),
            (true, false) => (2, extent.reach[a]),
            (false, _) => (2, 0),
        };
        wishes.push(Wish { a, b, weight, free, is_strand });
    }
    wishes
}

struct Table<'a> {
    order: &'a Order,
    apart: Apart,
    wishes: Vec<Wish>,
    wishes_of: Vec<Vec<usize>>,
    x: Vec<i32>,
}

impl Table<'_> {
    /// What the columns cost.
    fn cost(&self, x: &[i32]) -> i64 {
        let wish = |w: &Wish| {
            let far = x[w.a].abs_diff(x[w.b]);
            w.weight * 20 * i64::from(far.saturating_sub(w.free.unsigned_abs())) + i64::from(far)
        };
        let width = x.iter().max().zip(x.iter().min()).map_or(0, |(max, min)| max - min);
        self.wishes.iter().map(wish).sum::<i64>() + 15 * i64::from(width)
    }

    /// Moves one to a better column, if there is one.
    fn improve(&mut self, e: usize) -> bool {
        let now = self.cost(&self.x);
        let mut best: Option<(i64, Vec<i32>)> = None;
        let strand = self.strand(e);
        let alone = [e];
        for group in [&alone[..], &strand] {
            for by in self.steps(group) {
                let moved = self.moved(group, by);
                let cost = self.cost(&moved);
                if cost < best.as_ref().map_or(now, |(cost, _)| *cost) {
                    best = Some((cost, moved));
                }
            }
            if strand.len() == 1 {
                break;
            }
        }
        let is_better = best.is_some();
        if let Some((_, moved)) = best {
            self.x = moved;
        }
        is_better
    }

    /// What stands straight above and below in one strand.
    fn strand(&self, e: usize) -> Vec<usize> {
        let mut strand = vec![e];
        let mut at = 0;
        while let Some(&member) = strand.get(at) {
            at += 1;
            for wish in self.wishes_of[member].iter().map(|w| &self.wishes[*w]).filter(|w| w.is_strand) {
                let other = if wish.a == member { wish.b } else { wish.a };
                if self.x[other] == self.x[member] && !strand.contains(&other) {
                    strand.push(other);
                }
            }
        }
        strand
    }

    /// How far a group could move to come into line with something it is linked to.
    fn steps(&self, group: &[usize]) -> Vec<i32> {
        let mut steps = Vec::new();
        for &e in group {
            for wish in self.wishes_of[e].iter().map(|w| &self.wishes[*w]) {
                let other = if wish.a == e { wish.b } else { wish.a };
                let far = self.x[other] - self.x[e];
                steps.extend([far, far - wish.free, far + wish.free]);
            }
        }
        steps.retain(|by| *by != 0);
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// The columns when a group moves and pushes aside what is in the way.
    fn moved(&self, group: &[usize], by: i32) -> Vec<i32> {
        let mut x = self.x.clone();
        for e in group {
            x[*e] += by;
        }
        if by > 0 {
            for &e in &self.order.line {
                for (left, gap) in &self.apart.left_of[e] {
                    x[e] = x[e].max(x[*left] + gap);
                }
            }
        } else {
            for &e in self.order.line.iter().rev() {
                for (right, gap) in &self.apart.right_of[e] {
                    x[e] = x[e].min(x[*right] - gap);
                }
            }
        }
        x
    }
}
