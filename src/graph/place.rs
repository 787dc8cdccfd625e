//! The columns of boxes and lanes.
//!
//! Neighbours in a layer must stand apart; within that, what is linked wants to stand in one column. Each box or lane
//! in turn, and each *strand* of boxes that stand straight below each other, moves to the column of something it is
//! linked to and pushes aside what is in the way, if the whole picture gets better by it.

use super::layer::Plan;
use super::order::Order;
use super::route::window;

/// How wide things are: how many columns a box or lane takes left and right of its own column.
#[derive(Debug, Clone, Default)]
pub(super) struct Extent {
    /// To the left.
    pub left: Vec<i32>,
    /// To the right, with what stands beside a box.
    pub right: Vec<i32>,
    /// How far from its own column lines can leave a box.
    pub reach: Vec<i32>,
    /// The width of a box.
    pub width: Vec<i32>,
}

/// Columns between neighbours, from edge to edge.
const GAP: i32 = 2;

/// More ways to move than these are not tried for one thing at a time.
const MOST_STEPS: usize = 12;

/// A wish that two things stand in one column.
struct Wish {
    a: usize,
    b: usize,
    /// How far right of its own column `a` would have `b`.
    offset: i32,
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
    let rounds = if table.wishes.len() > 100 { 3 } else { 6 };
    let mut idle = 0;
    for round in 0..rounds {
        idle = if table.sweep(round % 2 == 0) { 0 } else { idle + 1 };
        if idle == 2 {
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
    let direct = || order.links.iter().flatten().filter(|(from, to)| *from.max(to) < order.boxes);
    let mut below: Vec<Option<usize>> = vec![None; order.boxes];
    for &(from, to) in direct() {
        if below[from].is_none_or(|other| height[other] < height[to]) {
            below[from] = Some(to);
        }
    }
    // Of several that want to stand above one, the first does: those that packets reach come first in a layer.
    let mut above: Vec<Option<usize>> = vec![None; order.boxes];
    for &(from, to) in direct().filter(|(from, to)| below[*from] == Some(*to)) {
        if above[to].is_none_or(|other| (!plan.is_reachable[other], other) > (!plan.is_reachable[from], from)) {
            above[to] = Some(from);
        }
    }
    let mut wishes = Vec::new();
    for &(a, b) in order.links.iter().flatten().filter(|(a, b)| a != b) {
        let (from_box, to_box) = (a < order.boxes, b < order.boxes);
        let is_strand = to_box && above[b] == Some(a);
        let (weight, free) = match (from_box, to_box) {
            _ if is_strand => (10, 0),
            (true, true) => (3, extent.reach[a]),
            (true, false) => (2, extent.reach[a]),
            (false, _) => (2, 0),
        };
        let offset = if is_strand { offset(plan, order, extent, a, b) } else { 0 };
        wishes.push(Wish { a, b, offset, weight, free, is_strand });
    }
    wishes
}

/// How far from the middle of a box the line leaves it that leads straight down to another: the lines beside it need
/// room, too.
fn offset(plan: &Plan, order: &Order, extent: &Extent, from: usize, to: usize) -> i32 {
    let layer = plan.layer[from] + 1;
    let place = |e: usize| order.layers[layer].iter().position(|other| *other == e);
    let arrival = |box_below: usize| {
        let lane = order.lanes.iter().position(|l| l.to == box_below).map(|at| order.boxes + at);
        place(box_below).or_else(|| place(lane?))
    };
    let here = arrival(to);
    let ends = plan.down.iter().filter(|w| w.from == from).map(|w| arrival(w.to));
    let (before, down) = ends.fold((0, 0), |(before, n), end| (before + usize::from(end < here), n + 1));
    let up = plan.up.iter().filter(|w| w.from == from).count();
    let (low, high) = window(extent.width[from], down + up, before);
    0.clamp(low, high)
}

struct Table<'a> {
    order: &'a Order,
    apart: Apart,
    wishes: Vec<Wish>,
    wishes_of: Vec<Vec<usize>>,
    x: Vec<i32>,
}

impl Table<'_> {
    /// What the columns cost; whatever is more than `limit` is only told to be more.
    fn cost(&self, x: &[i32], limit: i64) -> i64 {
        let width = x.iter().max().zip(x.iter().min()).map_or(0, |(max, min)| max - min);
        let mut cost = 15 * i64::from(width);
        for wish in &self.wishes {
            let far = (x[wish.a] + wish.offset).abs_diff(x[wish.b]);
            cost += wish.weight * 20 * i64::from(far.saturating_sub(wish.free.unsigned_abs())) + i64::from(far);
            if cost > limit {
                break;
            }
        }
        cost
    }

    /// Moves everything once, if that makes it better; tells whether it did.
    fn sweep(&mut self, is_from_left: bool) -> bool {
        let mut is_better = false;
        let order = self.order;
        let mut is_done = vec![false; order.len()];
        for at in 0..order.len() {
            let e = order.line[if is_from_left { at } else { order.len() - 1 - at }];
            is_better |= self.improve(&[e]);
            if !is_done[e] {
                let strand = self.strand(e);
                strand.iter().for_each(|member| is_done[*member] = true);
                is_better |= strand.len() > 1 && self.improve(&strand);
            }
        }
        is_better
    }

    /// Moves some together to better columns, if there are any.
    fn improve(&mut self, group: &[usize]) -> bool {
        let mut least = self.cost(&self.x, i64::MAX);
        let mut is_better = false;
        let before = self.x.clone();
        let mut moved = Vec::new();
        for by in self.steps(group) {
            self.move_by(&before, group, by, &mut moved);
            let cost = self.cost(&moved, least);
            if cost < least {
                least = cost;
                is_better = true;
                std::mem::swap(&mut self.x, &mut moved);
            }
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
                if self.x[wish.a] + wish.offset == self.x[wish.b] && !strand.contains(&other) {
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
                let far = self.x[wish.b] - self.x[wish.a] - wish.offset;
                let far = if wish.a == e { far } else { -far };
                steps.extend([far, far - wish.free, far + wish.free]);
            }
        }
        steps.retain(|by| *by != 0);
        steps.sort_unstable_by_key(|by| (by.abs(), *by));
        steps.dedup();
        steps.truncate(MOST_STEPS);
        steps
    }

    /// The columns when a group moves from where it was `before` and pushes aside what is in the way.
    fn move_by(&self, before: &[i32], group: &[usize], by: i32, x: &mut Vec<i32>) {
        x.clear();
        x.extend_from_slice(before);
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
    }
}
