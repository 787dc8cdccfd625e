//! What is counted, what leads where, and how the outline says it.

use super::*;
use crate::base::paint::{Pieces, Role, Target};
use crate::model::table::TableStats;

fn edge(graph: &Graph, from: TableId, to: End) -> &Edge {
    graph.edges.iter().find(|e| e.from == from && e.to == to && !e.is_learn).expect("the edge is there")
}

fn share(graph: &Graph, from: TableId, to: End) -> String {
    percent(edge(graph, from, to).share)
}

const OUT: End = End::Sink(Sink::Out);
const DROP: End = End::Sink(Sink::Drop);

#[test]
fn a_flow_is_one_flow_however_many_ports_it_floods_to() {
    let graph = graph(
        "
        22 30 output:1,output:2,output:3
        22 10 output:2,resubmit(,23)
        22 60 drop
        ",
    );
    let out = edge(&graph, 22, OUT);
    assert_eq!((out.sum.flows, out.sum.packets, out.sum.bytes), (2, 40, 4000));
    assert_eq!(out.numbers, [1, 2, 3]);
    assert_eq!(out.example, 0);
    assert_eq!(graph.end_text(out), "out, 3 ports");
    assert_eq!((share(&graph, 22, OUT), share(&graph, 22, End::Table(23))), ("40%".into(), "10%".into()));
    assert_eq!(graph.node(22).unwrap().dropped, 60);
}

#[test]
fn clauses_of_conjunctions_lead_nowhere() {
    let graph = graph(
        "
        82 0 conjunction(7,1/2),conjunction(8,1/2)
        82 0 conjunction(7,2/2)
        82 0 resubmit(,92)
        82 0 drop
        ",
    );
    let node = graph.node(82).unwrap();
    assert_eq!((node.sum.flows, node.clauses, node.share_by), (4, 2, ShareBy::Flows));
    assert_eq!(share(&graph, 82, End::Table(92)), "50%");
    assert_eq!(graph.edges.len(), 2);
}

#[test]
fn several_ways_to_one_table_are_one_edge() {
    let graph = graph(
        "
        0 30 ct(table=10)
        0 60 resubmit(,10)
        0 10 ct(commit,table=10),resubmit(,10)
        ",
    );
    let edge = edge(&graph, 0, End::Table(10));
    assert_eq!((edge.sum.flows, edge.sum.packets, edge.share), (3, 100, 1.0));
    let ways: Vec<(Way, u64)> = edge.ways.iter().map(|(way, sum)| (*way, sum.packets)).collect();
    assert_eq!(ways, [(Way::Resubmit, 70), (Way::Ct, 40)]);
    assert_eq!(edge.way_names(), "resubmit, ct");
}

#[test]
fn what_no_flow_wants_is_missed() {
    let text = " cookie=0x0, duration=1s, table=0, n_packets=7, n_bytes=0, priority=0 actions=drop\n \
                cookie=0x0, duration=1s, table=0, n_packets=3, n_bytes=0, priority=1 actions=drop\n \
                cookie=0x0, duration=1s, table=0, n_packets=90, n_bytes=0, in_port=1 actions=resubmit(,10)\n \
                cookie=0x0, duration=1s, table=0, n_packets=4, n_bytes=0, priority=0,in_port=2 actions=drop\n";
    let mut bridge = bridge(text);
    let of = |bridge: &Bridge| Graph::of(bridge, &Naming::default(), &Options::default());
    let graph = of(&bridge);
    let node = graph.node(0).unwrap();
    assert_eq!((node.missed, node.dropped), (7, 14));
    // Nothing stands in table 10, so all that comes is missed.
    let node = graph.node(10).unwrap();
    assert_eq!((node.missed, node.dropped, node.sum.flows, node.is_idle), (90, 90, 0, false));
    bridge.table_stats = vec![TableStats { id: 0, lookups: 109, matched: 104, ..TableStats::default() }];
    let node = of(&bridge);
    assert_eq!((node.nodes[0].missed, node.nodes[0].dropped), (12, 19));
}

/// OVN resubmits to a table that looks something up and goes on; a flow there that only writes fields does not drop.
#[test]
fn flows_that_only_write_fields_return_where_they_are_called() {
    let graph = graph(
        "
        8 10 resubmit(,73),resubmit(,9)
        9 10 set_field:1->reg0
        73 4 resubmit(,74)
        73 6 set_field:1->reg10
        74 3 set_field:2->reg10
        74 1 drop
        ",
    );
    assert_eq!(edge(&graph, 73, End::Sink(Sink::Return)).sum.packets, 6);
    assert_eq!(edge(&graph, 74, End::Sink(Sink::Return)).sum.packets, 3);
    assert_eq!(edge(&graph, 74, DROP).sum.packets, 1);
    // Table 9 is called as well, by the same flow; what it does last is not the flow's end.
    assert_eq!(edge(&graph, 9, End::Sink(Sink::Return)).sum.packets, 10);
    let graph = super::graph("0 10 resubmit(,9)\n9 10 set_field:1->reg0");
    assert_eq!(edge(&graph, 9, DROP).sum.packets, 10);
}

#[test]
fn a_flow_that_only_learns_drops() {
    let graph = graph("0 10 learn(table=5,in_port=1)");
    assert_eq!(edge(&graph, 0, DROP).sum.packets, 10);
    let learn = graph.edges.iter().find(|e| e.is_learn).unwrap();
    assert_eq!((learn.to, learn.is_loop), (End::Table(5), false));
    assert!(!graph.node(5).unwrap().is_reachable && graph.node(5).unwrap().missed == 0);
}

const ROOMS: &str = "
    0 60 resubmit(,10)
    0 40 resubmit(,20)
    10 60 resubmit(,30)
    20 30 resubmit(,30)
    20 10 drop
    30 90 output:7
    40 0 resubmit(,30)
    30 0 resubmit(,10)
";

#[test]
fn loops_and_reach_are_found() {
    let graph = graph(ROOMS);
    assert_eq!(graph.loops, 1);
    let loops: Vec<_> = graph.edges.iter().filter(|e| e.is_loop).map(|e| (e.from, e.to, e.is_back)).collect();
    assert_eq!(loops, [(10, End::Table(30), false), (30, End::Table(10), true)]);
    let reachable: Vec<_> = graph.nodes.iter().filter(|n| n.is_reachable).map(|n| n.id).collect();
    assert_eq!(reachable, [0, 10, 20, 30]);
    assert_eq!(graph.summary(), "4 of 5 tables carry packets | 8 edges | 1 loop");
}

#[test]
fn paths_lead_from_table_0_to_the_goal() {
    let graph = graph(ROOMS);
    let paths = |goal| {
        let edges = graph.paths_to(goal).into_iter().map(|at| (graph.edges[at].from, graph.edges[at].to));
        edges.collect::<Vec<_>>()
    };
    assert_eq!(paths(Goal::Sink(Sink::Drop)), [(0, End::Table(20)), (20, DROP)]);
    assert_eq!(paths(Goal::Port(7)), paths(Goal::Sink(Sink::Out)));
    assert_eq!(paths(Goal::Port(7)).len(), 6);
    assert_eq!(paths(Goal::Port(8)), []);
    assert_eq!(paths(Goal::Table(20)), [(0, End::Table(20))]);
    assert_eq!(paths(Goal::Group(1)), []);
}

#[test]
fn options_are_applied_without_a_look_at_the_flows() {
    let mut graph = graph(ROOMS);
    graph.apply(&Options { hide_idle: true, paths_to: Some(Goal::Sink(Sink::Drop)), ..Options::default() });
    assert_eq!(graph.visible().map(|n| n.id).collect::<Vec<_>>(), [0, 10, 20, 30]);
    assert_eq!(graph.summary(), "4 of 5 tables carry packets | 1 idle hidden | 8 edges | 1 loop");
    assert_eq!(graph.edges.iter().filter(|e| e.is_hidden).count(), 1);
    let light = |graph: &Graph| graph.nodes.iter().map(|n| n.light).collect::<Vec<_>>();
    assert_eq!(light(&graph), [Light::Lit, Light::Faded, Light::Lit, Light::Faded, Light::Faded]);
    assert_eq!(edge(&graph, 20, DROP).light, Light::Lit);
    graph.apply(&Options { visited: [0, 10, 30].into_iter().collect(), heat: Heat::Drops, ..Options::default() });
    assert_eq!(light(&graph), [Light::Lit, Light::Lit, Light::Faded, Light::Lit, Light::Faded]);
    assert_eq!(edge(&graph, 0, End::Table(20)).light, Light::Faded);
    assert_eq!(graph.nodes.iter().map(|n| n.heat).collect::<Vec<_>>(), [0, 0, 10, 0, 0]);
    assert_eq!(Heat::Drops.next(), Heat::Packets);
    graph.apply(&Options::default());
    assert!(light(&graph).iter().all(|l| *l == Light::Plain));
}

#[test]
fn without_counters_nothing_is_idle() {
    let bridge = bridge(" table=0, priority=1,in_port=1 actions=resubmit(,10)\n table=10, actions=NORMAL\n");
    let options = Options { hide_idle: true, ..Options::default() };
    let graph = Graph::of(&bridge, &Naming::default(), &options);
    assert!(!graph.has_counters && graph.visible().count() == 2);
    assert_eq!(graph.summary(), "2 tables, no counters | 2 edges | 0 loops");
    // The same where no packet has come yet.
    let bridge = super::bridge(&lines("0 0 resubmit(,10)\n10 0 drop"));
    assert_eq!(Graph::of(&bridge, &Naming::default(), &options).visible().count(), 2);
}

#[test]
fn shares_do_not_round_to_nothing_or_all() {
    let texts = [0.0, 0.001, 0.0149, 0.5, 0.994, 0.9999, 1.0].map(percent);
    assert_eq!(texts, ["0%", "<1%", "1%", "50%", ">99%", ">99%", "100%"]);
}

fn painted(rows: &[Row], width: usize) -> String {
    let mut out = String::new();
    for row in rows {
        row.paint(width, Charset::Ascii, &mut out);
        out.push('\n');
    }
    out
}

#[test]
fn the_outline_has_a_row_for_each_table() {
    let naming = naming(&[(0, "LOCAL_SWITCHING"), (10, "ACCEPT_OR_INGRESS")]);
    let graph = Graph::of(&bridge(&lines(ROOMS)), &naming, &Options::default());
    let mut heading = String::new();
    paint_outline_heading(&graph, &mut heading);
    assert_eq!(
        format!("{heading}\n{}", painted(&outline(&graph), 80)),
        "  TBL NAME             FLOWS    IN HEAT       MISS  GOES TO, share | heat: log of packets, 1..100\n\
         \x20   0 LOCAL_SWITCHING      2   100 #########     0  10 60%  20 40%\n\
         \x20  10 ACCEPT_OR_INGRE~     1    60 ########      0  30 100%\n\
         \x20  20                      2    40 #######       0  30 75%  drop 25%\n\
         \x20  30                      2    90 #########     0  out 100%  ^10 0%\n\
         \x20  40                      1     0               0  by flows: 30 100%\n"
    );
    let narrow = painted(&outline(&graph), 62);
    assert!(narrow.contains(" 10 60%") || narrow.lines().next().unwrap().ends_with(" +2"), "{narrow}");
    let mut pieces = Pieces::default();
    outline(&graph)[0].paint(80, Charset::Unicode, &mut pieces);
    let links: Vec<_> = pieces.0.iter().filter_map(|p| Some((p.target?, p.role))).collect();
    assert!(links.contains(&(Target::Table(20), Role::Goto)));
}

#[test]
fn edges_of_a_table_have_an_example() {
    let bridge = bridge(&lines(ROOMS));
    let graph = Graph::of(&bridge, &Naming::default(), &Options::default());
    let text = |row: EdgeRow| {
        let mut out = String::new();
        row.paint(80, Charset::Ascii, &mut out);
        out
    };
    let rows: Vec<String> = edge_rows(&graph, &bridge, 30).into_iter().map(text).collect();
    assert_eq!(
        rows,
        [
            "in  from 10 60 via resubmit, 1 flow  e.g. priority 3, in_port=1",
            "in  from 20 30 via resubmit, 1 flow  e.g. priority 4, in_port=1",
            "in  from 40 0 via resubmit, 1 flow  e.g. priority 7, in_port=1",
            "out out 7 90, 100%, 1 flow  e.g. priority 6, in_port=1",
            "out to 10 0, 0% via resubmit, 1 flow  e.g. priority 8, in_port=1",
        ]
    );
}

#[test]
fn numbers_that_no_switch_counts_are_shown_whole() {
    let most = u64::MAX - 1;
    let line = |actions| {
        format!(" cookie=0x0, duration=1s, table=0, n_packets={most}, n_bytes={most}, in_port=1 actions={actions}\n")
    };
    let bridge = bridge(&[line("resubmit(,1)"), line("drop")].concat());
    let graph = Graph::of(&bridge, &Naming::default(), &Options::default());
    assert_eq!(graph.node(0).unwrap().sum.packets, u64::MAX);
    let layout = Layout::of(&graph, Fit { width: 20, density: Density::Full });
    let text = draw(&graph, &layout, Charset::Ascii).text();
    assert!(text.contains("| 2 18446744T |"), "{text}");
    assert!(painted(&outline(&graph), 80).contains("18446744T"));
}
