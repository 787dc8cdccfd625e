//! `ofscope node`, `ports`, `tunnels`, `tables`, `graph`, `sources`, `demos`.

use std::fs;
use std::path::PathBuf;

use super::{DEMO, has_keys, on_demo, run};

#[test]
fn the_overview_is_what_is_printed_where_there_is_no_screen() {
    let said = run(&[DEMO[0]]).ends(0).out;
    assert_eq!(said, run(&["node", DEMO[0]]).ends(0).out);
    assert_eq!(said, run(&[DEMO[0], "--plain"]).ends(0).out);
    assert!(said.starts_with("compute1") && said.contains("\ncompute2") && said.contains("\nbr-tun "), "{said}");
    assert!(!said.contains('\x1b'));
    assert!(run(&["node", "demo:", "--color", "always"]).ends(0).out.contains("\x1b[1mcompute1\x1b[0m"));
}

#[test]
fn node_as_json_has_bridges_ports_tunnels_and_counts() {
    let document = run(&["node", DEMO[0], "--json"]).ends(0).json();
    assert_eq!(document["schema"], "ofscope.node/1");
    let node = &document["nodes"][0];
    has_keys(node, "name bridges tunnels counts ovs_version");
    has_keys(&node["counts"], "bridges ports flows tunnels");
    let bridge = &node["bridges"][0];
    assert_eq!(bridge["name"], "br-int");
    has_keys(bridge, "ports counts fail_mode datapath_id system");
    has_keys(&bridge["ports"][0], "number name mac kind rx_packets tx_packets vlan");
    assert_eq!(bridge["counts"]["ports"], bridge["ports"].as_array().unwrap().len());
    let one = run(&["node", DEMO[0], "--node", "compute2", "--json"]).ends(0).json();
    assert_eq!(one["nodes"].as_array().unwrap().len(), 1);
}

#[test]
fn ports_tunnels_and_tables_print_aligned_columns_and_json() {
    for (command, heading, key) in
        [("ports", "PORT", "ports"), ("tunnels", "TUNNEL", "tunnels"), ("tables", "NAME", "tables")]
    {
        let text = on_demo(command, &[]).ends(0).out;
        assert!(text.lines().next().unwrap().contains(heading) && text.lines().count() > 1, "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
        let document = on_demo(command, &["--json"]).ends(0).json();
        assert_eq!(document["schema"], format!("ofscope.{command}/1"));
        assert_eq!(document[key].as_array().unwrap().len(), text.lines().count() - 1);
    }
    has_keys(&on_demo("tables", &["--json"]).json()["tables"][0], "table name flows n_packets doc");
    has_keys(&on_demo("tunnels", &["--json"]).json()["tunnels"][0], "name kind local remote key");
}

#[test]
fn discarded_packets_are_told_with_the_flow_and_the_reason() {
    let text = on_demo("drops", &[]).ends(0).out;
    assert!(
        text.lines().next().unwrap().split_whitespace().eq(["DROPPED", "BRIDGE", "WHERE", "FLOW", "WHY"]),
        "{text}"
    );
    let document = on_demo("drops", &["--bridge", "br-int", "--limit", "2", "--json"]).ends(0).json();
    let drops = document["drops"].as_array().unwrap();
    assert!(drops.len() == 2 && drops[0]["packets"].as_u64() >= drops[1]["packets"].as_u64());
    has_keys(&drops[0], "packets bridge kind table port flow text why");
    let id = drops.iter().find_map(|d| d["flow"].as_str()).unwrap();
    on_demo("show", &[id]).ends(0);
    assert!(run(&["node", DEMO[0]]).out.contains("other place"));
}

#[test]
fn a_pipeline_comes_in_four_formats() {
    let text = on_demo("graph", &["--bridge", "br-tun"]).ends(0).out;
    assert!(text.contains('┌') && text.contains("LEARN_FROM_TUN") && text.contains("loops"), "{text}");
    let ascii = on_demo("graph", &["--bridge", "br-tun", "--ascii"]).ends(0).out;
    assert!(ascii.is_ascii(), "{ascii}");
    let outline = on_demo("graph", &["--bridge", "br-tun", "--outline"]).ends(0).out;
    assert!(outline.contains("GOES TO") && outline.lines().count() < text.lines().count(), "{outline}");
    assert!(on_demo("graph", &["--format", "dot"]).ends(0).out.starts_with("digraph"));
    assert!(on_demo("graph", &["--format", "svg"]).ends(0).out.contains("<svg"));
    let json = on_demo("graph", &["--format", "json"]).ends(0).json();
    assert_eq!(json, on_demo("graph", &["--json"]).ends(0).json());
    assert_eq!(json["schema"], "ofscope.graph/1");
    on_demo("graph", &["--to", "drop"]).ends(0);
    on_demo("graph", &["--to", "nonsense"]).ends(2);
}

#[test]
fn every_file_of_a_source_is_listed_with_its_use() {
    let document = run(&["sources", "nodes/sg-rich", "--json"]).ends(0).json();
    let files = document["files"].as_array().unwrap();
    assert!(files.iter().any(|f| f["fate"] == "read" && f["kind"] == "flows" && f["bridge"] == "br-int"));
    assert!(
        files.iter().filter(|f| f["fate"] == "unused").all(|f| f["reason"].as_str().is_some_and(|r| !r.is_empty()))
    );
    let text = run(&["sources", "nodes/sg-rich"]).ends(0).out;
    assert_eq!(text.lines().count(), files.len() + 1);
    let useless = run(&["sources", "README.md"]).ends(3);
    assert!(useless.out.contains("nothing of a switch stands in it") && useless.err.contains("README.md"));
}

#[test]
fn every_demo_that_is_listed_opens() {
    let document = run(&["demos", "--json"]).ends(0).json();
    let demos = document["demos"].as_array().unwrap();
    assert!(demos.len() > 3 && demos.iter().filter(|d| d["is_default"] == true).count() == 1);
    for demo in demos {
        run(&["node", demo["source"].as_str().unwrap()]).ends(0);
    }
    assert_eq!(run(&["demos"]).ends(0).out.lines().count(), demos.len() + 1);
}

#[test]
fn the_node_and_the_bridge_are_chosen_or_the_choice_is_shown() {
    let several = run(&["flows", "demo:sg-rich"]).ends(2);
    assert!(several.err.contains("compute1, compute2") && several.err.contains("--node"), "{}", several.err);
    let unknown = on_demo("tables", &["--bridge", "br-imt"]).ends(2);
    assert!(unknown.err.contains("did you mean `br-int`?"), "{}", unknown.err);
    let tun = on_demo("tables", &["--bridge", "br-tun", "--json"]).ends(0).json();
    assert_eq!(tun["bridge"], "br-tun");
    assert_eq!(on_demo("tables", &["--json"]).ends(0).json()["bridge"], "br-int");
}

#[test]
fn moments_of_one_bridge_are_nodes_that_can_be_compared() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("moments");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    let flows =
        |n: u16| format!(" cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, tcp,tp_dst={n} actions=drop\n");
    fs::write(dir.join("br-int-0900.flows"), flows(1)).unwrap();
    fs::write(dir.join("br-int-1000.flows"), flows(1) + &flows(2)).unwrap();
    fs::write(dir.join("br-ex.flows"), flows(9)).unwrap();
    let dir = dir.to_str().unwrap();
    let node = run(&["node", dir, "--json"]).ends(0).json();
    let nodes = node["nodes"].as_array().unwrap();
    let told: Vec<(&str, usize)> =
        nodes.iter().map(|n| (n["name"].as_str().unwrap(), n["bridges"].as_array().unwrap().len())).collect();
    assert_eq!(told, [("moments@0900", 2), ("moments@1000", 2)], "what names no moment is of all");
    let changed =
        run(&["diff", dir, dir, "--node", "moments@0900", "--node-b", "moments@1000", "--bridge", "br-int", "--json"]);
    assert_eq!(changed.ends(1).json()["added"].as_array().unwrap().len(), 1);
    let several = run(&["flows", dir, "--bridge", "br-int"]).ends(2);
    assert!(several.err.contains("moments@0900, moments@1000") && several.err.contains("--node"), "{}", several.err);
}

#[test]
fn one_moment_told_in_several_forms_is_one_node() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("forms");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::write(
        dir.join("br-int.flows-of13.txt"),
        " cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, arp actions=drop\n",
    )
    .unwrap();
    fs::write(dir.join("br-int.flows-of13-nostats.txt"), " arp actions=drop\n").unwrap();
    fs::write(
        dir.join("br-int.flows-of10.txt"),
        " cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, idle_age=1, arp actions=drop\n",
    )
    .unwrap();
    let node = run(&["node", dir.to_str().unwrap(), "--json"]).ends(0).json();
    assert_eq!(node["nodes"].as_array().unwrap().len(), 1);
}
