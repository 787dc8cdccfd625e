//! Flows of a bridge in plain words, where they lead, and the picture of their tables.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::explain::{self, Cx, Index};
use ofscope::graph::{self, Charset, Density, Fit, Graph, Options};
use ofscope::model::naming::Naming;
use ofscope::model::node::Node;
use ofscope::model::snapshot::Snapshot;
use ofscope::neutron::{self, NodeNames};
use ofscope_fuzz::{bridge, is_clean, text};

fuzz_target!(|data: &[u8]| {
    let bridge = bridge(&text(data), 24);
    let naming: Naming = neutron::naming(&bridge, &Node::default(), &Snapshot::default());
    let index = Index::of(&bridge);
    let cx = Cx::new(&bridge, &naming, NodeNames::none(), &index);
    for id in 0..bridge.flows.len() as u32 {
        let told = explain::flow(&cx, id);
        assert!(!told.summary.0.is_empty(), "nothing is said of {:?}", bridge.flow(id).line_text(&bridge.names));
        explain::references(&bridge, &index, id, 5);
    }
    for table in bridge.tables() {
        explain::table(&cx, table.id);
    }
    let graph = Graph::of(&bridge, &naming, &Options::default());
    for charset in [Charset::Unicode, Charset::Ascii] {
        let drawn = graph::text(&graph, Fit { width: 80, density: Density::default() }, charset);
        assert!(is_clean(&drawn), "{drawn:?}");
    }
    graph::json(&graph);
    graph::dot(&graph);
    graph::svg(&graph, &graph::Layout::of(&graph, Fit { width: 120, density: Density::default() }));
});
