//! Who stands left of whom.
//!
//! In a layer stand boxes, and *lanes*: the lines that pass the layer on their way to a box further down. All of them
//! are put into one line from left to right, and each layer takes its members from it; so a lane keeps its neighbours
//! from layer to layer and can run straight. The line starts from barycentres (each stands amid what it is linked to)
//! and is then improved: each in turn moves to where the fewest links cross.

use super::layer::Plan;

/// The lane of all edges to a box that pass a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lane {
    /// The box it leads to.
    pub to: usize,
    /// The first layer that it passes.
    pub first: usize,
    /// The last layer that it passes.
    pub last: usize,
}

/// Where lanes begin before the crossings are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Amid what they are linked to.
    Middle,
    /// Left of all boxes.
    Left,
    /// Right of all boxes.
    Right,
}

/// Boxes and lanes, and their order.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// The lanes. Boxes and lanes are numbered together: the lanes follow the boxes.
    pub lanes: Vec<Lane>,
    /// How many boxes there are in layers.
    pub boxes: usize,
    /// For each layer its boxes and lanes from left to right.
    pub layers: Vec<Vec<usize>>,
    /// For each layer what links it with the layer above: from there to here.
    pub links: Vec<Vec<(usize, usize)>>,
    /// Boxes and lanes from left to right.
    pub line: Vec<usize>,
}

impl Order {
    /// The order of what is drawn.
    pub fn of(plan: &Plan, start: Start) -> Order {
        let lanes = lanes(plan);
        let boxes = plan.lone;
        let depth = plan.layer[..boxes].iter().max().map_or(0, |l| l + 1);
        let mut layers = vec![Vec::new(); depth];
        for at in 0..boxes {
            layers[plan.layer[at]].push(at);
        }
        for (at, lane) in lanes.iter().enumerate() {
            layers[lane.first..=lane.last].iter_mut().for_each(|layer| layer.push(boxes + at));
        }
        let links = links(plan, &lanes, depth);
        let mut order = Order { lanes, boxes, layers, links, line: Vec::new() };
        order.set_out();
        let side = |e: &usize| match start {
            Start::Left => *e < boxes,
            Start::Right => *e >= boxes,
            Start::Middle => true,
        };
        order.line.sort_by_key(side);
        order.uncross();
        let place = places(&order.line);
        for layer in &mut order.layers {
            layer.sort_by_key(|e| place[*e]);
        }
        order
    }

    /// Boxes and lanes together.
    pub fn len(&self) -> usize {
        self.boxes + self.lanes.len()
    }

    /// Puts everything into a line by barycentres.
    fn set_out(&mut self) {
        let mut layers = self.layers.clone();
        // Everything's place in its layer, counted in half steps from the middle so that layers compare.
        let mut place = vec![vec![0i64; self.len()]; layers.len()];
        let note = |place: &mut Vec<i64>, layer: &[usize]| {
            for (at, e) in (0i64..).zip(layer) {
                place[*e] = (2 * at + 1 - layer.len() as i64) * 1000;
            }
        };
        for (place, layer) in place.iter_mut().zip(&layers) {
            note(place, layer);
        }
        for round in 0..6 {
            for step in 1..layers.len() {
                let (at, other, links) = match round % 2 {
                    0 => (step, step - 1, &self.links[step]),
                    _ => (layers.len() - 1 - step, layers.len() - step, &self.links[layers.len() - step]),
                };
                let key = |e: usize| {
                    let linked = links.iter().filter_map(|(up, down)| match round % 2 {
                        0 => (*down == e).then_some(*up),
                        _ => (*up == e).then_some(*down),
                    });
                    let (sum, n) = linked.fold((0, 0), |(sum, n), other_end| (sum + place[other][other_end], n + 1));
                    if n == 0 { place[at][e] } else { sum / n }
                };
                let keys: Vec<i64> =
                    (0..self.len()).map(|e| if layers[at].contains(&e) { key(e) } else { 0 }).collect();
                layers[at].sort_by_key(|e| keys[*e]);
                note(&mut place[at], &layers[at]);
            }
        }
        let mut total = vec![(0i64, 0i64); self.len()];
        for (place, layer) in place.iter().zip(&layers) {
            for e in layer {
                total[*e] = (total[*e].0 + place[*e], total[*e].1 + 1);
            }
        }
        self.line = (0..self.len()).collect();
        self.line.sort_by_key(|e| (total[*e].0 / total[*e].1.max(1), *e));
    }

    /// Moves each box and lane to where the fewest links cross, until that changes nothing.
    fn uncross(&mut self) {
        let mut down = vec![Vec::new(); self.len()];
        let mut up = vec![Vec::new(); self.len()];
        for (layer, links) in self.links.iter().enumerate() {
            for &(from, to) in links {
                down[from].push((layer, to));
                up[to].push((layer, from));
            }
        }
        let mut layers_of = vec![(usize::MAX, 0); self.len()];
        for (at, layer) in self.layers.iter().enumerate() {
            for e in layer {
                layers_of[*e] = (layers_of[*e].0.min(at), at);
            }
        }
        let crossings = |place: &[usize], a: usize, b: usize| {
            if layers_of[a].1 < layers_of[b].0 || layers_of[b].1 < layers_of[a].0 {
                return 0;
            }
            let count = |of_a: &[(usize, usize)], of_b: &[(usize, usize)]| {
                let mut n = 0;
                for (layer, end) in of_a {
                    let theirs = of_b.iter().filter(|(l, _)| l == layer);
                    // Two lanes side by side do not cross, whatever their places are now.
                    let crosses = |other: usize| place[*end] > place[other] && (*end, other) != (a, b);
                    n += theirs.filter(|(_, other)| crosses(*other)).count();
                }
                n as i64
            };
            count(&down[a], &down[b]) + count(&up[a], &up[b])
        };
        sift(&mut self.line, 8, crossings);
    }
}

/// Moves each member of a line in turn to where the line costs least, at most `rounds` times through. `cost` tells what
/// it costs that the first stands left of the second, given everybody's place; it may look at the places of others.
pub(super) fn sift(line: &mut [usize], rounds: usize, cost: impl Fn(&[usize], usize, usize) -> i64) {
    let mut place = places(line);
    for _ in 0..rounds {
        let mut is_better = false;
        let mut members = line.to_vec();
        members.sort_unstable();
        for member in members {
            let here = place[member];
            let (mut best, mut gain) = (here, 0);
            // One step at a time to the left end, back, and to the right end.
            for towards_end in [false, true] {
                let mut sum = 0;
                loop {
                    let at = place[member];
                    let next = if towards_end { at + 1 } else { at.wrapping_sub(1) };
                    let Some(&other) = line.get(next) else { break };
                    let (left, right) = if towards_end { (member, other) } else { (other, member) };
                    sum += cost(&place, left, right) - cost(&place, right, left);
                    line.swap(at, next);
                    (place[member], place[other]) = (next, at);
                    if sum > gain {
                        (best, gain) = (next, sum);
                    }
                }
                shift(line, &mut place, member, if towards_end { best } else { here });
            }
            is_better |= best != here;
        }
        if !is_better {
            return;
        }
    }
}

/// Moves a member of a line to a place; those between make room.
fn shift(line: &mut [usize], place: &mut [usize], member: usize, to: usize) {
    let from = place[member];
    let range = from.min(to)..from.max(to) + 1;
    if to < from {
        line[range.clone()].rotate_right(1);
    } else {
        line[range.clone()].rotate_left(1);
    }
    for at in range {
        place[line[at]] = at;
    }
}

/// The place of each member of a line.
fn places(line: &[usize]) -> Vec<usize> {
    let mut place = vec![0; line.iter().max().map_or(0, |e| e + 1)];
    for (at, e) in line.iter().enumerate() {
        place[*e] = at;
    }
    place
}

/// One lane for each box that is reached from further up than the layer above.
fn lanes(plan: &Plan) -> Vec<Lane> {
    let mut lanes = Vec::new();
    for to in 0..plan.lone {
        let starts = plan.down.iter().filter(|w| w.to == to).map(|w| plan.layer[w.from]);
        if let Some(first) = starts.min()
            && first + 1 < plan.layer[to]
        {
            lanes.push(Lane { to, first: first + 1, last: plan.layer[to] - 1 });
        }
    }
    lanes
}

fn links(plan: &Plan, lanes: &[Lane], depth: usize) -> Vec<Vec<(usize, usize)>> {
    let mut links = vec![Vec::new(); depth];
    let lane_to = |to: usize| lanes.iter().position(|l| l.to == to).map(|at| plan.lone + at);
    for wire in &plan.down {
        let layer = plan.layer[wire.from] + 1;
        let end = if layer == plan.layer[wire.to] { Some(wire.to) } else { lane_to(wire.to) };
        if let Some(end) = end {
            links[layer].push((wire.from, end));
        }
    }
    for (at, lane) in lanes.iter().enumerate() {
        for layer in links.iter_mut().take(lane.last + 1).skip(lane.first + 1) {
            layer.push((plan.lone + at, plan.lone + at));
        }
        links[lane.last + 1].push((plan.lone + at, lane.to));
    }
    for layer in &mut links {
        layer.sort_unstable();
        layer.dedup();
    }
    links
}
