//! The edges, from box to box through the channels between the layers.
//!
//! In a channel each box or lane below has one line that leads to it: down from the boxes and lanes above, along one
//! row, and down into it. Lines of different boxes cross, but never share a cell that belongs to more than a crossing:
//! rows are dealt out so that a line which comes down in a column ends above one which leaves downwards in it.

use super::layer::{Plan, Wire};
use super::order::{Order, sift};

/// Columns from one line that leaves a box to the next, with a share written between.
const PITCH: i32 = 5;
/// The same without a share, for boxes that many lines leave.
const NARROW: i32 = 2;
/// More lines than these leave a box without their shares.
const LABELLED: usize = 6;

/// The least width of a box that so many lines leave.
pub(super) fn least_width(lines: usize) -> i32 {
    let n = lines as i32;
    if lines <= LABELLED { PITCH * n + 1 } else { NARROW * n + 1 }
}

/// How far from the middle of a box the line can leave it that has so many others left of it: the least and the most.
pub(super) fn window(width: i32, lines: usize, before: usize) -> (i32, i32) {
    let (first, pitch) = if lines <= LABELLED { (PITCH - 1, PITCH) } else { (1, NARROW) };
    let (n, at) = (lines as i32, before as i32);
    let left = -((width - 1) / 2);
    let low = left + first + pitch * at;
    (low, (left + width - 2 - pitch * (n - 1 - at)).max(low))
}

/// Where a line leaves a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pin {
    /// The edge and its boxes.
    pub wire: Wire,
    /// Whether it leads up.
    pub is_up: bool,
    /// Its column.
    pub x: i32,
    /// Whether there is room for its share left of it.
    pub has_label: bool,
}

/// The line to one box, as far as it runs through one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The box it leads to.
    pub to: usize,
    /// The columns in which it comes down from above.
    pub tops: Vec<i32>,
    /// The column in which it leaves downwards.
    pub bottom: Option<i32>,
    /// The column beside everything in which it comes from below or goes up.
    pub side: Option<i32>,
    /// Its row, counted from the top of the channel's rows; none if it goes straight down.
    pub row: Option<usize>,
}

impl Piece {
    fn new(to: usize) -> Piece {
        Piece { to, tops: Vec::new(), bottom: None, side: None, row: None }
    }

    fn columns(&self) -> impl Iterator<Item = i32> + '_ {
        self.tops.iter().copied().chain(self.bottom).chain(self.side)
    }

    fn span(&self) -> (i32, i32) {
        (self.columns().min().unwrap_or(0), self.columns().max().unwrap_or(0))
    }
}

/// The channel above a layer, or below the last one.
#[derive(Debug, Clone, Default)]
pub(super) struct Channel {
    /// What runs through it.
    pub pieces: Vec<Piece>,
    /// How many rows that takes.
    pub rows: usize,
}

/// All lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    /// Where they leave the boxes.
    pub pins: Vec<Pin>,
    /// One channel for each layer, and one below.
    pub channels: Vec<Channel>,
    /// For each box the column beside everything in which its line comes up from below, if there is one.
    pub sides: Vec<Option<i32>>,
    /// How many lines cross.
    pub crossings: usize,
}

/// What routing needs to know of the boxes.
pub(super) struct Boxes<'a> {
    /// The column of each box and lane.
    pub x: &'a [i32],
    /// The width of each box.
    pub width: &'a [i32],
    /// The first column right of everything.
    pub side: i32,
    /// The columns from one line beside everything to the next.
    pub side_pitch: i32,
}

/// Routes all wires.
pub(super) fn lines(plan: &Plan, order: &Order, boxes: &Boxes<'_>) -> Lines {
    let sides = sides(plan, boxes);
    let mut lane_of = vec![None; order.boxes];
    for (at, lane) in order.lanes.iter().enumerate() {
        lane_of[lane.to] = Some(order.boxes + at);
    }
    // The column in which the line to a box arrives in a layer on its way.
    let arrival = |to: usize, layer: usize| {
        let thing = if plan.layer[to] == layer { to } else { lane_of[to].unwrap_or(to) };
        boxes.x[thing]
    };
    let mut arrivals = vec![Vec::new(); order.layers.len() + 1];
    for (layer, things) in order.layers.iter().enumerate() {
        arrivals[layer] = things.iter().map(|e| boxes.x[*e]).collect();
    }
    let mut pins = Vec::new();
    for from in 0..order.boxes {
        let below = plan.layer[from] + 1;
        let down = plan.down.iter().filter(|w| w.from == from).map(|w| (arrival(w.to, below), *w, false));
        let up = plan.up.iter().filter(|w| w.from == from).map(|w| (i32::MAX, *w, true));
        let mut wanted: Vec<(i32, Wire, bool)> = down.chain(up).collect();
        wanted.sort_by_key(|(x, w, _)| (*x, w.to, w.edge));
        pins.extend(pins_of(boxes.x[from], boxes.width[from], &wanted, &arrivals[below]));
    }

    let mut channels = vec![Channel::default(); order.layers.len() + 1];
    for pin in &pins {
        let to = pin.wire.to;
        let mut layer = plan.layer[pin.wire.from] + 1;
        let piece = channels[layer].piece(to);
        piece.tops.push(pin.x);
        if pin.is_up {
            piece.side = sides[to];
            let last = channels[plan.layer[to]].piece(to);
            (last.side, last.bottom) = (sides[to], Some(boxes.x[to]));
            continue;
        }
        while layer <= plan.layer[to] {
            channels[layer].piece(to).bottom = Some(arrival(to, layer));
            layer += 1;
        }
    }
    for lane in &order.lanes {
        for channel in &mut channels[lane.first + 1..=lane.last + 1] {
            channel.piece(lane.to).tops.extend(lane_of[lane.to].map(|e| boxes.x[e]));
        }
    }
    let mut crossings = 0;
    for channel in &mut channels {
        crossings += channel.deal_rows();
    }
    Lines { pins, channels, sides, crossings }
}

/// The columns beside everything: a short way up stands inside of a long one.
fn sides(plan: &Plan, boxes: &Boxes<'_>) -> Vec<Option<i32>> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for to in 0..plan.lone {
        let from = plan.up.iter().filter(|w| w.to == to).map(|w| plan.layer[w.from]);
        if let Some(lowest) = from.max() {
            spans.push((lowest - plan.layer[to], to));
        }
    }
    spans.sort_unstable();
    let mut sides = vec![None; plan.lone];
    for (at, (_, to)) in (0..).zip(spans) {
        sides[to] = Some(boxes.side + boxes.side_pitch * at);
    }
    sides
}

/// The columns in which lines leave a box: as near to where they go as the room allows, and not where another line
/// arrives right below, unless it is their own.
fn pins_of(x: i32, width: i32, wanted: &[(i32, Wire, bool)], arrivals: &[i32]) -> Vec<Pin> {
    let has_label = wanted.len() <= LABELLED;
    let pitch = if has_label { PITCH } else { NARROW };
    let low = x + window(width, wanted.len(), 0).0;
    let high = x + window(width, wanted.len(), wanted.len().saturating_sub(1)).1;
    let clamp = |at: usize, want: i32| {
        let (low, high) = window(width, wanted.len(), at);
        want.clamp(x + low, x + high)
    };
    let mut columns: Vec<i32> = wanted.iter().enumerate().map(|(at, (x, ..))| clamp(at, *x)).collect();
    // A line that goes straight down keeps its column, the others make room.
    let straight = wanted.iter().zip(&columns).position(|((want, ..), x)| want == x).unwrap_or(0);
    for at in (straight + 1)..columns.len() {
        columns[at] = columns[at].max(columns[at - 1] + pitch);
    }
    for at in (0..straight).rev() {
        columns[at] = columns[at].min(columns[at + 1] - pitch);
    }
    for at in 0..columns.len() {
        let is_free = |x: i32| x == wanted[at].0 || !arrivals.contains(&x);
        let fits = |x: i32| {
            (at == 0 || columns[at - 1] + pitch <= x) && columns.get(at + 1).is_none_or(|next| x + pitch <= *next)
        };
        let near = [0, 1, -1, 2, -2].map(|by| columns[at] + by);
        if let Some(x) = near.into_iter().find(|x| (low..=high).contains(x) && is_free(*x) && fits(*x)) {
            columns[at] = x;
        }
    }
    let pins = wanted.iter().zip(columns);
    pins.map(|((_, wire, is_up), x)| Pin { wire: *wire, is_up: *is_up, x, has_label }).collect()
}

impl Channel {
    fn piece(&mut self, to: usize) -> &mut Piece {
        let at = self.pieces.iter().position(|p| p.to == to).unwrap_or_else(|| {
            self.pieces.push(Piece::new(to));
            self.pieces.len() - 1
        });
        &mut self.pieces[at]
    }

    /// Gives each piece that does not go straight down its row; tells how many lines cross.
    fn deal_rows(&mut self) -> usize {
        self.pieces.sort_by_key(|p| p.to);
        let turns = |p: &&usize| self.pieces[**p].span().0 != self.pieces[**p].span().1;
        let all: Vec<usize> = (0..self.pieces.len()).collect();
        let mut line: Vec<usize> = all.iter().filter(turns).copied().collect();
        let n = self.pieces.len();
        let mut costs = vec![0; n * n];
        for a in 0..n {
            for b in 0..n {
                costs[a * n + b] = if a == b { 0 } else { above(&self.pieces[a], &self.pieces[b]) };
            }
        }
        sift(&mut line, 8, |_, a, b| costs[a * n + b]);
        for (at, piece) in line.iter().enumerate() {
            let (left, right) = self.pieces[*piece].span();
            let meets = |other: &&usize| {
                let (l, r) = self.pieces[**other].span();
                l <= right + 1 && left <= r + 1
            };
            let row = line[..at].iter().filter(meets).filter_map(|p| self.pieces[*p].row).max().map_or(0, |r| r + 1);
            self.pieces[*piece].row = Some(row);
        }
        self.rows = self.pieces.iter().filter_map(|p| p.row).max().map_or(0, |r| r + 1);
        let mut crossings = 0;
        for (at, a) in all.iter().enumerate() {
            for b in &all[at + 1..] {
                let is_above = self.pieces[*a].row <= self.pieces[*b].row;
                crossings += if is_above { costs[a * n + b] } else { costs[b * n + a] } as usize;
            }
        }
        crossings
    }
}

/// How many crossings it makes that the row of one piece is above that of another. That two lines lie on each other
/// counts as very many.
fn above(upper: &Piece, lower: &Piece) -> i64 {
    let inside = |x: &i32, (left, right): (i32, i32)| left <= *x && *x <= right;
    let goes_down = upper.bottom.iter().filter(|x| inside(x, lower.span())).count();
    let come_down = lower.tops.iter().filter(|x| inside(x, upper.span())).count();
    let on_each_other = lower.tops.iter().filter(|x| upper.bottom == Some(**x)).count();
    (goes_down + come_down + 1000 * on_each_other) as i64
}
