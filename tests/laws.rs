//! Laws that no input may break: what the targets of `fuzz/` hold, each on bytes that may be anything.
//!
//! The fuzzer tries millions of inputs; the ordinary tests hold the same laws on those that once broke one
//! (`fixtures/crashes`) and on damaged fixtures.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::sync::{Arc, LazyLock};

use ofscope::action::Mode;
use ofscope::base::diag::{Diagnostic, Report};
use ofscope::base::progress::Progress;
use ofscope::dump::archive::{Request, load_stream};
use ofscope::dump::echo::{Known, echo};
use ofscope::dump::flow_line::{Reading, parse};
use ofscope::dump::input::Input;
use ofscope::dump::kind::Kind;
use ofscope::dump::reprint::{self, reprint};
use ofscope::dump::{
    Part, Source, conntrack, datapath, dpif_show, fdb, flows, group_line, groups, meters, ovn, ovsdb_file, ovsdb_json,
    ovsdb_text, ports, tables, vsctl,
};
use ofscope::edit;
use ofscope::explain::{self, Cx, Index};
use ofscope::field::{Names, Version};
use ofscope::graph::{self, Charset, Density, Fit, Graph, Layout};
use ofscope::model::bridge::Bridge;
use ofscope::model::flow::Style;
use ofscope::model::neutron_facts::NeutronFacts;
use ofscope::model::node::Node;
use ofscope::model::node_facts::facts;
use ofscope::model::snapshot::Snapshot;
use ofscope::neutron::{self, NodeNames, api};
use ofscope::packet::{self, Asked, VlanLimit, hex, pcap};
use ofscope::query::{Filter, complete};
use ofscope::session::{self, Scene, open};

/// A law: it fails for bytes that break it.
pub type Law = fn(&[u8]);

/// The laws by name.
pub const LAWS: [(&str, Law); 15] = [
    ("flow_line", flow_line),
    ("flow_dump", flow_dump),
    ("fmt", fmt),
    ("groups", groups),
    ("counters", counters),
    ("switch", switch),
    ("database", database),
    ("datapath", datapath),
    ("archive", archive),
    ("neutron", neutron),
    ("filter", filter),
    ("explain", explain),
    ("frame", frame),
    ("packet", packet),
    ("edit", edit),
];

/// The laws of the readers that a text is for.
pub fn laws_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Flows => &["flow_dump", "explain", "fmt", "archive"],
        Kind::Groups | Kind::GroupStats => &["groups", "fmt", "archive"],
        Kind::Meters | Kind::MeterStats => &["counters", "fmt"],
        Kind::Show | Kind::PortsDesc | Kind::Ports | Kind::Tables | Kind::TlvMap => &["counters", "fmt", "archive"],
        Kind::Fdb | Kind::Tunnels => &["switch", "fmt", "archive"],
        Kind::TunnelNeighbours | Kind::DpifShow | Kind::DpctlShow | Kind::VsctlShow => &["switch", "archive"],
        Kind::GroupTable | Kind::MeterTable | Kind::CtZones => &["switch", "archive"],
        Kind::DatabaseFile | Kind::DatabaseJson | Kind::DatabaseText => &["database", "archive"],
        Kind::Conntrack => &["datapath", "fmt", "archive"],
        Kind::DatapathFlows => &["datapath", "archive"],
        Kind::NeutronList | Kind::Json => &["neutron", "archive"],
        _ => &["archive"],
    }
}

/// A line that a person typed, in every version: what a switch prints back of it is read without a complaint and
/// prints the same again; what Open vSwitch would print of it is taken again and means the same.
pub fn flow_line(data: &[u8]) {
    let names = names();
    for line in text(data).lines().take(4) {
        let dumped = parse(line, &names, Mode::Dumped, false);
        assert!(dumped.is_ok(), "a printed line is refused: {line:?}: {dumped:?}");
        for commands in [false, true] {
            match parse(line, &names, Mode::Typed, commands) {
                Ok(reading) => taken(line, &reading, &names),
                Err(d) => {
                    let mut out = String::new();
                    d.paint("f:1", line, &mut out);
                    assert!(is_clean(&out), "{out:?}");
                }
            }
        }
    }
}

/// What holds for a line that was taken.
fn taken(line: &str, reading: &Reading, names: &Names) {
    let mut typed = String::new();
    reading.flow_mod.paint(names, &mut typed);
    match parse(&typed, names, Mode::Typed, true) {
        Ok(again) => {
            let mut printed = String::new();
            again.flow_mod.paint(names, &mut printed);
            assert_eq!(printed, typed, "of {line:?}");
        }
        // Some prints of Open vSwitch it cannot read itself (`gtpu_flags`); they are read as prints.
        Err(d) => {
            let printed = parse(&typed, names, Mode::Dumped, true).expect("a printed line is never refused");
            assert!(
                !printed.found.iter().any(ofscope::base::diag::Diagnostic::is_error),
                "{line:?} becomes {typed:?}, which is refused: {d}"
            );
        }
    }
    explain::typed(&reading.flow_mod.flow, names);
    for version in Version::ALL {
        let Ok(echo) = echo(reading, line, version, &Known::default()) else { continue };
        let print = echo.flow.text(Style::NoStats, Names::none());
        let back = parse(&print, names, Mode::Dumped, false).expect("a printed line is never refused");
        let errors: Vec<_> = back.found.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{version} of {line:?} prints {print:?}, and that is complained about: {errors:?}");
        assert_eq!(back.flow_mod.flow.text(Style::NoStats, Names::none()), print, "{version} of {line:?}");
    }
}

/// A dump of flows: each flow prints as its line, and where nothing is complained about no line is lost.
pub fn flow_dump(data: &[u8]) {
    let names = names().learning();
    let loaded = flows::load(data, &"f".into(), &names, &Progress::default(), |_| {});
    paint(&loaded.report);
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l)).collect();
    for (_, flow) in loaded.flows.iter() {
        let line = lines[flow.line() as usize - 1];
        let print = flow.line_text(&names);
        assert!(print.as_bytes() == line, "{:?}\nbecame\n{print:?}", String::from_utf8_lossy(line));
    }
    if loaded.report.is_empty() {
        let is_flow = |line: &&&[u8]| {
            let line = std::str::from_utf8(line).expect("other lines are complained about").trim();
            !line.is_empty() && !line.starts_with('#') && flows::heading(line).is_none()
        };
        assert_eq!(loaded.flows.len(), lines.iter().filter(is_flow).count(), "a line is lost without a word");
    }
}

/// What comes out, and how many lines were left out.
fn out(data: &[u8], options: &reprint::Options) -> Option<(Vec<u8>, usize)> {
    let (mut out, names) = (Vec::new(), names().learning());
    let outcome = reprint(input(data)?, &"f".into(), &names, options, &mut |bytes| {
        out.extend_from_slice(bytes);
        Ok(())
    });
    let outcome = outcome.ok()?;
    paint(&outcome.report);
    Some((out, outcome.left_out))
}

/// Any document printed again: one that a switch printed comes out as it was, and what came out comes out the same
/// the next time, as it is and in the words of each version.
pub fn fmt(data: &[u8]) {
    let Some(plain) = unpacked(data, 4 << 20).filter(|plain| plain.len() < 4 << 20) else { return };
    let Some((once, _)) = out(&plain, &reprint::Options::default()) else { return };
    if Kind::of(&plain[..plain.len().min(64 << 10)]) != Kind::Flows {
        // A text that is packed twice or begins with a byte-order mark is unpacked once more.
        let again = unpacked(&plain, 4 << 20);
        assert!(once == plain || again.is_some_and(|again| once == again), "{:?}", String::from_utf8_lossy(&plain));
    }
    let (twice, _) = out(&once, &reprint::Options::default()).expect("what was printed can be read");
    assert!(once == twice, "{:?}\nbecame\n{:?}", String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
    for version in [Version::V10, Version::V13, Version::V15] {
        out(
            &plain,
            &reprint::Options { version: Some(version), strict: plain.len() % 2 == 0, ..reprint::Options::default() },
        );
    }
}

/// Groups and what is counted for them: documents come back, and a line that a person typed prints as one that is
/// taken again.
pub fn groups(data: &[u8]) {
    let text = text(data);
    groups::is_groups(&text);
    groups::is_group_stats(&text);
    comes_back(&text, groups::read_groups, groups::paint_groups);
    comes_back(&text, groups::read_group_stats, groups::paint_group_stats);
    let names = names();
    for line in text.lines().take(8) {
        for mode in [Mode::Typed, Mode::Dumped] {
            let Ok(reading) = group_line::parse(line, &names, mode) else { continue };
            let mut print = String::new();
            reading.line.paint(&names, &mut print);
            if reading.line.written.is_some() {
                assert_eq!(print, line);
            }
            if !reading.found.is_empty() {
                continue;
            }
            let mut plain = String::new();
            reading.line.change.paint(&names, &mut plain);
            let again = group_line::parse(&plain, &names, mode);
            match again {
                Ok(again) => {
                    let mut twice = String::new();
                    again.line.change.paint(&names, &mut twice);
                    assert_eq!(twice, plain, "of {line:?}");
                }
                // Some prints of Open vSwitch it cannot read itself (`set_field:ANY->reg0`); they are read as prints.
                Err(d) => {
                    let print = plain.split_once(' ').map_or("", |(_, rest)| rest);
                    let read = group_line::parse(print, &names, Mode::Dumped);
                    let is_read = read.is_ok_and(|read| !read.found.iter().any(Diagnostic::is_error));
                    assert!(is_read, "{line:?} becomes {plain:?}, which is refused: {d}");
                }
            }
        }
    }
}

/// Ports, tables, meters and tunnel options, described and counted: seven documents that come back whatever they hold.
pub fn counters(data: &[u8]) {
    let text = text(data);
    for is in [ports::is_show, ports::is_ports_desc, ports::is_ports, tables::is_tables, tables::is_tlv_map] {
        is(&text);
    }
    meters::is_meters(&text);
    meters::is_meter_stats(&text);
    comes_back(&text, ports::read_show, ports::paint_show);
    comes_back(&text, ports::read_ports_desc, ports::paint_ports_desc);
    comes_back(&text, ports::read_ports, ports::paint_ports);
    comes_back(&text, tables::read_tables, tables::paint_tables);
    comes_back(&text, tables::read_tlv_map, tables::paint_tlv_map);
    comes_back(&text, meters::read_meters, meters::paint_meters);
    comes_back(&text, meters::read_meter_stats, meters::paint_meter_stats);
    let (parts, _): (Vec<Part<tables::TableEntry>>, _) = read(&text, Names::none(), tables::read_tables);
    tables::tables(&parts);
}

/// What `ovs-appctl`, `ovs-vsctl` and `ovn-appctl` print of a switch: addresses, tunnels, neighbours, datapath
/// ports, the database in short, numbers by name.
pub fn switch(data: &[u8]) {
    let text = text(data);
    Kind::of(text.as_bytes());
    comes_back(&text, fdb::read_fdb, |parts, _, out| fdb::paint_fdb(parts, out));
    comes_back(&text, fdb::read_tunnels, |parts, _, out| fdb::paint_tunnels(parts, out));
    read(&text, Names::none(), fdb::read_tunnel_neighbours);
    read(&text, Names::none(), dpif_show::read_dpif_show);
    read(&text, Names::none(), dpif_show::read_dpctl_show);
    let (shown, _) = read(&text, Names::none(), vsctl::read_vsctl_show);
    facts(&shown);
    read(&text, Names::none(), ovn::read_ct_zones);
    read(&text, Names::none(), ovn::read_group_table);
    read(&text, Names::none(), ovn::read_meter_table);
}

/// The database in its three forms, each with the facts that are taken from it: `ovsdb-client dump` as text and as
/// JSON, and the file of a server, whose transactions are replayed.
pub fn database(data: &[u8]) {
    let text = text(data);
    for reader in [ovsdb_text::read_ovsdb_text, ovsdb_json::read_ovsdb_json, ovsdb_file::read_ovsdb_file] {
        let (database, _) = read(&text, Names::none(), reader);
        facts(&database);
    }
    for line in text.lines().take(16) {
        let _ = (ovsdb_text::datum(line), ovsdb_text::atom(line));
    }
}

/// What a datapath does and tracks: `dpctl/dump-flows`, and `dpctl/dump-conntrack`, which comes back.
pub fn datapath(data: &[u8]) {
    let text = text(data);
    read(&text, Names::none(), datapath::read_dp_flows);
    for line in text.lines().take(8) {
        let _ = datapath::parse_key(line);
        datapath::core(line);
    }
    comes_back(&text, conntrack::read_conntrack, |parts, _, out| conntrack::paint_conntrack(parts, out));
}

/// Bytes through a pipe, packed or not, one file or a whole archive: they become a snapshot or are refused in
/// words, and everything that the first screens show follows from the snapshot, findings included.
pub fn archive(data: &[u8]) {
    // A packed text may hold far more than the fuzzer should wait for.
    if unpacked(data, 1 << 20).is_some_and(|bytes| bytes.len() == 1 << 20) {
        return;
    }
    let Some(input) = input(data) else { return };
    let progress = Progress::default();
    let request = Request { name: "stdin".into(), fill: true, progress: &progress };
    let Ok(mut snapshot) = load_stream(input, &request, &mut |_| {}) else { return };
    paint(&snapshot.sources.report);
    let mut facts = NeutronFacts::default();
    for list in &snapshot.sources.lists {
        api::add(&mut facts, &list.text);
    }
    snapshot.neutron = Some(facts.into());
    let scene = Scene::new(snapshot);
    for node in scene.nodes() {
        for (at, bridge) in node.bridges().iter().enumerate() {
            bridge.bridge().pipeline();
            let cx = node.explain(at);
            for flow in 0..bridge.bridge().flows.len().min(2) as u32 {
                explain::flow(&cx, flow);
            }
        }
    }
    scene.check();
}

/// Lists of Neutron's API, and what they name on a small node.
pub fn neutron(data: &[u8]) {
    let text = text(data);
    api::sniff(&text);
    api::read_ports(&text);
    api::read_networks(&text);
    api::read_subnets(&text);
    api::read_security_groups(&text);
    api::read_routers(&text);
    api::read_servers(&text);
    api::read_topology(&text);
    let mut facts = NeutronFacts::default();
    let (kind, found) = api::add(&mut facts, &text);
    assert!(kind.is_some() || facts.is_empty(), "{found:?}");
    if !facts.is_empty() {
        let snapshot = Snapshot { neutron: Some(Arc::new(facts)), ..(**SCENE.snapshot()).clone() };
        NodeNames::of(&snapshot.nodes[0], &snapshot);
    }
}

/// A small node with flows, ports and a database.
static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let demo = session::Source::named("demo:vxlan-two-hosts");
    let mut snapshot = open(&demo, false, &Progress::default(), &mut |_| {}).expect("the demo opens");
    snapshot.nodes.truncate(1);
    Scene::new(snapshot)
});

/// A filter against a small bridge: it is understood or refused with a place in the text; a flow is kept by it, by
/// its opposite, or by neither if nobody knows, but never by both.
pub fn filter(data: &[u8]) {
    let text = text(data);
    let node = &SCENE.nodes()[0];
    let at = node.bridges().iter().position(|b| &*b.bridge().name == "br-int").expect("the demo has br-int");
    let scope = node.scope(at);
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    complete(&text, middle, &scope);
    complete(&text, text.len(), &scope);
    match Filter::parse(&text, &scope) {
        Err(d) => {
            let mut out = String::new();
            d.paint("filter", &text, &mut out);
            let (start, end) = (d.span.start as usize, d.span.end as usize);
            assert!(text.get(start..end).is_some(), "{text:?}: {d:?}");
        }
        Ok(filter) => {
            let progress = Progress::default();
            let answer = filter.answer(&scope, None, &progress);
            assert!(answer.rows.is_sorted() && !answer.is_partial);
            let again = Filter::parse(filter.text(), &scope).expect("what was understood is understood again");
            assert_eq!(again.rows(&scope, None, &progress), answer.rows, "{text:?}");
            if let Ok(opposite) = Filter::parse(&format!("not ({})", filter.text()), &scope)
                && !filter.is_any()
            {
                let others = opposite.rows(&scope, None, &progress);
                assert!(others.iter().all(|row| answer.rows.binary_search(row).is_err()), "{text:?} and its opposite");
            }
        }
    }
}

/// Flows of a bridge in plain words, where they lead, the picture of their tables, and what the checks find.
pub fn explain(data: &[u8]) {
    let bridge = bridge(&text(data), 24);
    let node = Node { bridges: vec![Arc::new(bridge.clone())], ..Node::default() };
    Scene::new(Snapshot { nodes: vec![Arc::new(node)], ..Snapshot::default() }).check();
    let naming = neutron::naming(&bridge, &Node::default(), &Snapshot::default());
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
    let graph = Graph::of(&bridge, &naming, &graph::Options::default());
    for charset in [Charset::Unicode, Charset::Ascii] {
        let drawn = graph::text(&graph, Fit { width: 80, density: Density::default() }, charset);
        assert!(is_clean(&drawn), "{drawn:?}");
    }
    graph::json(&graph);
    graph::dot(&graph);
    graph::svg(&graph, &Layout::of(&graph, Fit { width: 120, density: Density::default() }));
}

/// A frame is read whatever it is, and what a switch reads in it can be written as a frame again; so are the packets of
/// a recording.
pub fn frame(data: &[u8]) {
    let metadata = ofscope::trace::Packet::of(&ofscope::field::Match::any());
    let recorded = (1..4).filter_map(|n| pcap::packet(data, n).ok()).map(|p| p.bytes);
    for bytes in std::iter::once(data).chain(recorded) {
        for limit in [VlanLimit::default(), VlanLimit::of(Some("0"))] {
            let read = packet::frame(bytes, &metadata, limit);
            assert!(read.notes.iter().all(|note| note.at <= bytes.len()), "{read:?}");
            if bytes.len() >= packet::frame::ETHERNET {
                let written = packet::write(&read.packet);
                let again = packet::frame(&written.bytes, &metadata, limit).packet;
                assert_eq!(again, read.packet, "{}\n{}", again.text(), read.packet.text());
            }
        }
    }
    if let Err(e) = pcap::packet(data, 2) {
        assert!(!e.to_string().is_empty() && !e.hint().is_empty());
    }
}

/// A packet as a person writes it: what is refused is refused at a place of the text, and a frame is no other packet than
/// its expression.
pub fn packet(data: &[u8]) {
    let text = text(data);
    let about = |d: &Diagnostic| {
        let (start, end) = (d.span.start as usize, d.span.end as usize);
        assert!(text.get(start..end).is_some(), "{text:?}: {d:?}");
        let mut out = String::new();
        d.paint("packet", text.lines().next().unwrap_or(""), &mut out);
        assert!(is_clean(&out), "{out:?}");
    };
    let _ = hex::parse(&text).map_err(|d| about(&d));
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    for chosen in [None, Some((0, 0))] {
        let around = SCENE.around(chosen);
        for cursor in [middle, text.len()] {
            let found = packet::complete(&text, cursor, &around);
            assert!(text.get(found.replace.start as usize..found.replace.end as usize).is_some());
        }
        let asked = match packet::parse(&text, &around) {
            Ok(Asked::Packet(sent)) => Ok(*sent),
            Ok(Asked::File(file)) => file.read(data, &around),
            Err(d) => Err(d),
        };
        match asked {
            Ok(sent) => {
                assert!(SCENE.nodes()[sent.start.node].bridges().len() > sent.start.bridge);
                let written = packet::write(&sent.start.packet);
                packet::frame(&written.bytes, &sent.start.packet, VlanLimit::default());
            }
            Err(d) => about(&d),
        }
    }
}

/// Whoever types a flow is helped, whatever the text and wherever the cursor is: places lie in the text, and a fix that
/// is offered takes its complaint away.
pub fn edit(data: &[u8]) {
    let text = text(data);
    let node = &SCENE.nodes()[0];
    let around = edit::Around { bridge: node.bridges()[0].bridge(), naming: node.naming(0), names: node.names() };
    let middle = text.floor_char_boundary(text.len() / 2);
    for cursor in [middle, text.len()] {
        let found = edit::complete(&text, cursor, &around);
        assert!(text.get(found.replace.start as usize..found.replace.end as usize).is_some(), "{text:?} {found:?}");
        edit::grammar(&text, cursor);
    }
    let checked = edit::check(&text, &around);
    for piece in edit::pieces(&text, &checked.survey, &around) {
        assert!(text.get(piece.span.start as usize..piece.span.end as usize).is_some(), "{text:?} {piece:?}");
    }
    assert!(edit::line_at(&edit::form(&text, &around), middle) < edit::form(&text, &around).len());
    // Each fix is tried, so only so many are.
    for complaint in checked.complaints.iter().take(4) {
        let Some(fix) = &complaint.fix else { continue };
        let (fixed, cursor) = fix.apply(&text, middle);
        assert!(fixed.is_char_boundary(cursor));
        let again = edit::check(&fixed, &around);
        assert!(!again.complaints.iter().any(|c| c.diagnostic == complaint.diagnostic), "{text:?} {complaint:?}");
    }
}

/// Bytes as the text a load makes of them.
pub fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// Ports and tables with the names that people give them, odd ones among them.
pub fn names() -> Names {
    let mut names = Names::default();
    for (number, name) in [(1, "p1"), (2, "patch-tun"), (5, "tap5"), (9, "odd\"name"), (65534, "br-int")] {
        names.add_port(number, name);
    }
    names.add_table(3, "ingress");
    names.add_table(4, "odd\"name");
    names
}

/// What a reader made of a text: its value and its complaints, which can all be painted.
pub fn read<T>(text: &str, names: &Names, read: impl FnOnce(&str, &mut Source<'_>) -> T) -> (T, Report) {
    let (file, mut report): (Arc<str>, _) = ("f".into(), Report::default());
    let out = read(text, &mut Source { file: &file, names, report: &mut report });
    paint(&report);
    (out, report)
}

/// Paints every complaint; none may bring a control character along.
pub fn paint(report: &Report) {
    for located in &report.kept {
        let mut out = String::new();
        located.paint(&mut out);
        assert!(is_clean(&out), "a complaint carries a control character: {out:?}");
    }
}

/// Whether a painted text can go to a terminal.
pub fn is_clean(painted: &str) -> bool {
    painted.lines().all(|line| line.chars().all(ofscope::base::safe::is_visible))
}

/// A printer of parts, with names or with numbers only.
pub type Paint<T> = fn(&[Part<T>], &Names, &mut String);

/// The law of documents: whatever stands in it, it prints as it was, with names or with numbers.
pub fn comes_back<T>(text: &str, reader: fn(&str, &mut Source<'_>) -> Vec<Part<T>>, paint: Paint<T>) {
    let learning = Names::default().learning();
    let (parts, _) = read(text, &learning, reader);
    let printed = [&learning, Names::none()].map(|names| {
        let mut out = String::new();
        paint(&parts, names, &mut out);
        out
    });
    assert!(printed.iter().any(|out| out == text), "{text:?}\nbecame\n{:?}", printed[0]);
}

/// The first lines of a text as flows of a bridge.
pub fn bridge(text: &str, lines: usize) -> Bridge {
    let names = Arc::new(names().learning());
    let end = text.match_indices('\n').nth(lines).map_or(text.len(), |(at, _)| at);
    let loaded = flows::load(&text.as_bytes()[..end], &"f".into(), &names, &Progress::default(), |_| {});
    Bridge {
        name: "br-int".into(),
        names,
        flows: loaded.flows,
        version: loaded.version,
        is_dumped: true,
        ..Bridge::default()
    }
}

/// Bytes as an input that was opened; nothing if its beginning can not be unpacked.
pub fn input(data: &[u8]) -> Option<Input> {
    Input::new(Cursor::new(data.to_vec())).ok()
}

/// The whole of an input, unpacked; nothing if it breaks off.
pub fn unpacked(data: &[u8], limit: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    input(data)?.into_reader().take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
