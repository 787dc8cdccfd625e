//! Files for other programs: nothing in a name can break out of them.

use super::*;
use crate::model::group::{Bucket, Group, GroupType};

const NASTY: &str = "a\"b\\N<script>&'\u{1b}[2J\n\u{fffe}\u{202e}";

/// A bridge whose names are as bad as can be.
fn nasty() -> Graph {
    let mut bridge = bridge(&lines(
        "
        0 90 resubmit(,10)
        0 10 output:5
        10 90 group:4
        10 0 group:9
        ",
    ));
    let mut names = Names::default();
    names.add_port(5, NASTY);
    bridge.names = Arc::new(names);
    bridge.name = NASTY.into();
    let bucket = |actions: &str| {
        let one = super::bridge(&lines(&format!("0 0 {actions}")));
        Bucket { actions: one.flow(0).actions().clone(), ..Bucket::default() }
    };
    bridge.groups = vec![Group {
        id: 4,
        kind: GroupType::All,
        selection_method: "".into(),
        selection_method_param: 0,
        fields: Vec::new(),
        buckets: vec![bucket("output:5"), bucket("resubmit(,20)")],
    }];
    Graph::of(&bridge, &naming(&[(10, NASTY), (20, "]]>--><!--")]), &Options::default())
}

/// Whether all elements of a document are closed, with nothing but known entities and no bare `&` or `<`.
fn is_well_formed(text: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        if rest[at..].starts_with('&') {
            let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            let Some(entity) = known.iter().find(|e| rest[at..].starts_with(**e)) else { return false };
            rest = &rest[at + entity.len()..];
            continue;
        }
        let Some(end) = rest[at..].find('>') else { return false };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        if tag.matches('"').count() % 2 == 1 || tag.contains('<') {
            return false;
        }
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or("")),
        }
    }
    open.is_empty() && !text.contains(|c: char| c.is_control() && c != '\n')
}

#[test]
fn svg_escapes_all_text() {
    let graph = nasty();
    for density in [Density::Full, Density::Compact] {
        let svg = svg(&graph, &Layout::of(&graph, Fit { width: 200, density }));
        assert!(is_well_formed(&svg), "{svg}");
        assert!(!svg.contains("<script>") && !svg.contains(['\u{fffe}', '\u{202e}', '\u{1b}']));
        assert!(svg.contains("a&quot;b\\N&lt;script&gt;&amp;&#39;\\x1b[2J\\x0a\\u{fffe}\\u{202e}"), "{svg}");
        assert!(svg.contains("<a href=\"#t10\">") && svg.contains("id=\"t10\""));
    }
    assert!(!is_well_formed("<a><b></a></b>") && !is_well_formed("a & b") && !is_well_formed("<a b=\"</a>"));
}

#[test]
fn every_drawing_is_well_formed_svg() {
    for seed in 1..30u64 {
        let graph = graph(&Chance(seed * 77).flows(14, 3));
        let svg = svg(&graph, &Layout::of(&graph, Fit { width: 120, density: Density::Full }));
        assert!(is_well_formed(&svg), "seed {seed}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "seed {seed}");
    }
}

#[test]
fn dot_quotes_all_text() {
    let dot = dot(&nasty());
    let nasty = "a\\\"b\\\\N<script>&'\\\\x1b[2J";
    assert!(dot.starts_with(&format!("digraph \"{nasty}")), "{dot}");
    assert!(dot.contains("label=\"10 a\\\"b"), "{dot}");
    // A quote that is not escaped would leave an odd number of those that are not.
    for line in dot.lines() {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
    }
    assert!(!dot.contains(|c: char| c.is_control() && c != '\n'));
}

#[test]
fn dot_of_a_small_graph() {
    let graph = graph("0 75 resubmit(,10)\n0 25 drop\n10 75 learn(table=0,in_port=1),NORMAL");
    assert_eq!(
        dot(&graph),
        r##"digraph "br-int" {
  rankdir=TB;
  node [shape=box, fontname="monospace"];
  edge [fontname="monospace"];
  t0 [label="0\n2 flows, 100 packets", tooltip="table 0: 2 flows, 100 packets, 0 missed"];
  t10 [label="10\n1 flow, 75 packets", tooltip="table 10: 1 flow, 75 packets, 0 missed"];
  t0 -> t10 [label="75%", tooltip="0 to 10: resubmit, 1 flow, 75 packets", penwidth=5.0];
  s1 [shape=plaintext, label="drop", fontcolor="#b00020"];
  t0 -> s1 [label="25%", tooltip="0 to drop: drop, 1 flow, 25 packets", penwidth=4.0];
  t10 -> t0 [label="100%", tooltip="10 to 0: learn, 1 flow, 75 packets", penwidth=5.0, style=dotted, constraint=false];
  s3 [shape=plaintext, label="NORMAL"];
  t10 -> s3 [label="100%", tooltip="10 to NORMAL: output, 1 flow, 75 packets", penwidth=5.0];
}
"##
    );
}

#[test]
fn json_has_tables_and_edges() {
    let json = json(&nasty());
    assert_eq!(json["schema"], "ofscope.graph/1");
    assert_eq!((&json["bridge"], &json["counters"], &json["loops"]), (&NASTY.into(), &true.into(), &0.into()));
    let tables: Vec<_> = json["tables"].as_array().unwrap().iter().map(|t| t["table"].as_u64().unwrap()).collect();
    assert_eq!(tables, [0, 10, 20]);
    assert_eq!(json["tables"][1]["name"], NASTY);
    let edge = &json["edges"][0];
    assert_eq!((&edge["from"], &edge["to"], &edge["way"]), (&0.into(), &10.into(), &"resubmit".into()));
    assert_eq!((&edge["flows"], &edge["packets"], &edge["bytes"]), (&1.into(), &90.into(), &9000.into()));
    assert_eq!(edge["share"], 0.9);
    assert_eq!(json["edges"][1]["ports"], serde_json::json!([{ "port": 5, "name": NASTY }]));
    let missing = json["edges"].as_array().unwrap().iter().find(|e| e["to"] == "no group").unwrap();
    assert_eq!((&missing["groups"], &missing["share"]), (&serde_json::json!([9]), &0.0.into()));
    let bridge = bridge(" table=0, actions=NORMAL\n");
    let json = super::json(&Graph::of(&bridge, &Naming::default(), &Options::default()));
    assert!(json["edges"][0]["packets"].is_null() && json["tables"][0]["packets"].is_null());
}

#[test]
fn the_text_is_a_drawing_or_an_outline() {
    let fit = Fit { width: 100, density: Density::Full };
    let graph = graph("0 75 resubmit(,10)\n0 25 drop\n10 75 NORMAL");
    assert_eq!(
        text(&graph, fit, Charset::Ascii),
        "+-------------+\n\
         | 0           |= 25% ==> drop\n\
         | 2       100 |\n\
         +------+------+\n    \
             75%|\n\
         +------v------+\n\
         | 10          |= 100% => NORMAL\n\
         | 1        75 |\n\
         +-------------+\n\
         2 of 2 tables carry packets | 3 edges | 0 loops\n\
         %: share of the table's packets | =: a quarter of the most or more\n"
    );
    let narrow = text(&graph, Fit { width: 10, ..fit }, Charset::Ascii);
    assert!(narrow.starts_with("  TBL NAME"), "{narrow}");
    let mut flows = String::new();
    for table in 0..40 {
        flows.push_str(&format!("{table} 5 resubmit(,{})\n", table + 1));
    }
    let long = text(&super::graph(&flows), fit, Charset::Ascii);
    assert!(long.starts_with("  TBL NAME") && long.lines().count() == 44, "{long}");
}
