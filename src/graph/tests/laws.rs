//! What holds for every graph.

use std::collections::HashMap;
use std::time::Instant;

use super::*;

fn graphs() -> Vec<(u64, Graph)> {
    let mut graphs = Vec::new();
    for seed in 1..=80u64 {
        let mut chance = Chance(seed * 0x9e37_79b9);
        let (tables, each) = (1 + chance.below(if seed % 10 == 0 { 40 } else { 16 }), chance.below(4));
        graphs.push((seed, graph(&chance.flows(tables, each))));
    }
    graphs
}

fn fits() -> [Fit; 3] {
    let fit = |width, density| Fit { width, density };
    [fit(140, Density::Full), fit(80, Density::Full), fit(60, Density::Compact)]
}

fn cells_of(route: &Route) -> Vec<(usize, usize)> {
    let mut cells = vec![route.points[0]];
    for pair in route.points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        assert!(from.0 == to.0 || from.1 == to.1, "edges run along rows and columns");
        while *cells.last().unwrap() != to {
            let (x, y) = *cells.last().unwrap();
            let towards = |a: usize, b: usize| if a < b { a + 1 } else { a - usize::from(a > b) };
            cells.push((towards(x, to.0), towards(y, to.1)));
        }
    }
    cells
}

#[test]
fn boxes_and_edges_keep_out_of_each_others_way() {
    for (seed, graph) in graphs() {
        for fit in fits() {
            let layout = Layout::of(&graph, fit);
            let mut taken: HashMap<(usize, usize), TableId> = HashMap::new();
            for at in &layout.boxes {
                for cell in (at.y..at.y + at.height).flat_map(|y| (at.x..at.x + at.width).map(move |x| (x, y))) {
                    assert_eq!(taken.insert(cell, at.id), None, "seed {seed}: boxes overlap");
                }
                assert!(at.x + at.width <= layout.width && at.y + at.height <= layout.height, "seed {seed}");
            }
            for route in &layout.routes {
                let edge = &graph.edges[route.edge];
                let cells = cells_of(route);
                let (from, to) = (layout.box_of(edge.from).unwrap(), layout.box_of(route.to).unwrap());
                let (start, end) = (cells[0], cells[cells.len() - 1]);
                assert_eq!(edge.to, End::Table(route.to));
                assert!(start.1 == from.y + from.height - 1 && from.x < start.0 && start.0 < from.x + from.width - 1);
                assert!(end.1 == to.y && to.entry == Some(end.0), "seed {seed}: {edge:?} ends at its box");
                for cell in &cells[1..cells.len() - 1] {
                    assert_eq!(taken.get(cell), None, "seed {seed}: {edge:?} runs through a box at {cell:?}");
                    assert!(cell.0 < layout.width && cell.1 < layout.height);
                }
                if let Some((x, y)) = route.label {
                    assert!((x - 4..x).all(|x| !taken.contains_key(&(x, y))), "seed {seed}");
                }
            }
            for stub in &layout.stubs {
                let width = unicode_width::UnicodeWidthStr::width(stub.text.as_str());
                for x in stub.x..stub.arrow + 2 + width {
                    assert!(!taken.contains_key(&(x, stub.y)), "seed {seed}: a box on a stub");
                    let crosses = |r: &Route| cells_of(r).contains(&(x, stub.y));
                    assert!(!layout.routes.iter().any(crosses), "seed {seed}: an edge through a stub");
                }
            }
            let drawn = layout.routes.len() + layout.stubs.len() + layout.left_out.edges;
            assert_eq!(drawn, graph.edges.iter().filter(|e| !e.is_hidden).count(), "every edge is drawn or counted");
        }
    }
}

#[test]
fn lines_to_different_tables_only_cross() {
    for (seed, graph) in graphs() {
        for fit in fits() {
            let layout = Layout::of(&graph, fit);
            // For each cell who goes through it from left to right, and who from top to bottom.
            let mut across: HashMap<(usize, usize), TableId> = HashMap::new();
            let mut down: HashMap<(usize, usize), TableId> = HashMap::new();
            for route in &layout.routes {
                for pair in cells_of(route).windows(2) {
                    let map = if pair[0].1 == pair[1].1 { &mut across } else { &mut down };
                    for cell in pair {
                        let before = *map.entry(*cell).or_insert(route.to);
                        assert_eq!(before, route.to, "seed {seed}: two lines lie on each other at {cell:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn labels_stand_on_blank_ground() {
    for (seed, graph) in graphs() {
        let layout = Layout::of(&graph, fits()[0]);
        let mut lines: HashMap<(usize, usize), ()> = HashMap::new();
        for route in &layout.routes {
            lines.extend(cells_of(route).into_iter().map(|cell| (cell, ())));
        }
        for (x, y) in layout.routes.iter().filter_map(|r| r.label) {
            assert!((x - 4..x).all(|x| !lines.contains_key(&(x, y))), "seed {seed}: a label on a line");
        }
    }
}

#[test]
fn counters_do_not_move_boxes() {
    for seed in 1..40u64 {
        let flows = Chance(seed).flows(12, 3);
        let busier: Vec<String> = flows
            .lines()
            .map(|line| {
                let words: Vec<&str> = line.splitn(3, ' ').collect();
                format!("{} {} {}\n", words[0], words[1].parse::<u64>().unwrap() * 977 + 13, words[2])
            })
            .collect();
        for fit in fits() {
            let layout = Layout::of(&graph(&flows), fit);
            assert_eq!(layout, Layout::of(&graph(&flows), fit));
            assert_eq!(layout, Layout::of(&graph(&busier.concat()), fit));
        }
    }
}

#[test]
fn a_layout_of_another_graph_is_not_drawn() {
    let graphs = graphs();
    for ((_, one), (_, other)) in graphs.iter().zip(&graphs[1..]) {
        let layout = Layout::of(one, fits()[0]);
        assert!(layout.is_of(one));
        if !layout.is_of(other) {
            assert_eq!(draw(other, &layout, Charset::Ascii).height(), 0);
            assert_eq!(svg(other, &layout), "");
        }
        let mut quiet = one.clone();
        quiet.apply(&Options { hide_idle: true, ..Options::default() });
        assert_eq!(layout.is_of(&quiet), quiet.nodes.iter().all(|n| !n.is_hidden));
    }
}

#[test]
fn drawings_are_as_large_as_they_say_and_ascii_is_ascii() {
    for (seed, graph) in graphs() {
        for fit in fits() {
            let layout = Layout::of(&graph, fit);
            let plain = draw(&graph, &layout, Charset::Ascii);
            assert_eq!((plain.width(), plain.height()), (layout.width, layout.height), "seed {seed}");
            assert!(plain.text().is_ascii(), "seed {seed}");
            let rich = draw(&graph, &layout, Charset::Unicode).text();
            assert!(rich.lines().all(|l| l.chars().count() <= layout.width));
            for route in &layout.routes {
                assert_eq!(plain.path(route.edge), cells_of(route));
            }
            for at in &layout.boxes {
                let corner = plain.cell(at.x, at.y);
                assert_eq!((corner.ch, corner.item), ('+', Some(Item::Node(at.node))));
                assert_eq!(corner.target, Some(crate::base::paint::Target::Table(at.id)));
            }
        }
    }
}

#[test]
fn every_table_can_be_walked_to() {
    for (seed, graph) in graphs() {
        let layout = Layout::of(&graph, fits()[0]);
        let mut seen = Vec::new();
        let mut at = layout.after(None);
        while let Some(id) = at {
            seen.push(id);
            at = layout.after(Some(id));
        }
        assert_eq!(seen.len(), layout.boxes.len(), "seed {seed}");
        assert_eq!(layout.before(None), seen.last().copied());
        assert!(seen.windows(2).all(|w| layout.before(Some(w[1])) == Some(w[0])));
        for id in seen {
            let leaving = layout.leaving(&graph, id);
            assert_eq!(leaving.len(), graph.out_of(id).len(), "seed {seed}");
            for (direction, back) in [(Direction::Left, Direction::Right), (Direction::Right, Direction::Left)] {
                if let Some(beside) = layout.beside(id, direction) {
                    assert_eq!(layout.beside(beside, back), Some(id), "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn edges_lead_down_unless_they_lead_back() {
    for (seed, graph) in graphs() {
        let layout = Layout::of(&graph, fits()[0]);
        for route in &layout.routes {
            let edge = &graph.edges[route.edge];
            let (from, to) = (layout.box_of(edge.from).unwrap(), layout.box_of(route.to).unwrap());
            assert_eq!(route.is_up, to.y <= from.y, "seed {seed}");
            assert!(!route.is_up || edge.is_back, "seed {seed}: {edge:?}");
            assert!(!edge.is_back || edge.is_loop || edge.is_learn, "seed {seed}: what leads back is part of a loop");
        }
    }
}

#[test]
fn nothing_and_very_much_can_be_drawn() {
    for flows in ["", "0 1 drop", "0 1 resubmit(,0)", "255 0 resubmit(,0)", "7 1 NORMAL"] {
        let graph = graph(flows);
        for fit in fits() {
            let layout = Layout::of(&graph, Fit { width: 0, ..fit });
            draw(&graph, &layout, Charset::Unicode);
            text(&graph, fit, Charset::Ascii);
            svg(&graph, &layout);
        }
    }
    let mut flows = String::new();
    for from in 0..255 {
        for to in 0..255 {
            flows.push_str(&format!("{from} {} resubmit(,{to})\n", from * to));
        }
    }
    let bridge = bridge(&lines(&flows));
    let start = Instant::now();
    let graph = Graph::of(&bridge, &Naming::default(), &Options::default());
    assert_eq!((graph.nodes.len(), graph.edges.len(), graph.loops), (255, 65025, 1));
    let layout = Layout::of(&graph, fits()[0]);
    let canvas = draw(&graph, &layout, Charset::Unicode);
    assert!(layout.left_out.tables > 150 && layout.left_out.edges > 60_000);
    assert!(canvas.text().trim_end().ends_with(" edges"));
    assert!(canvas.width() * canvas.height() < 500_000, "{}x{}", canvas.width(), canvas.height());
    println!("255 tables, all to all: {:?}", start.elapsed());
}
