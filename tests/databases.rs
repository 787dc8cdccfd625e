//! The readers of databases, datapaths and address tables on samples of real switches: `fixtures/dumps/node`.

use std::path::PathBuf;
use std::sync::Arc;

use ofscope::dump::{ovsdb_file, ovsdb_json, ovsdb_text};
use ofscope::model::node_facts::facts;

use crate::check::databases::{compare_host, database, in_order, read_all, read_as_everything};
use crate::check::{files_below, text_of};

fn fixtures() -> PathBuf {
    crate::fixtures().join("dumps/node")
}

#[test]
fn every_sample_is_read_without_complaint() {
    let files = files_below(&fixtures());
    let counts = read_all(&files);
    let read: usize = counts.values().map(|(files, _)| files).sum();
    assert_eq!(read, files.len() - 1, "all but the README");
    let entries: Vec<_> = counts.iter().map(|(kind, (_, entries))| (*kind, *entries)).collect();
    let expected = [
        ("connections", 20),
        ("ct zones", 14),
        ("database as JSON", 65),
        ("database as text", 32),
        ("database file", 97),
        ("datapath flows", 25),
        ("dpctl/show", 11),
        ("dpif/show", 4),
        ("fdb", 20),
        ("group table", 8),
        ("meter table", 12),
        ("neighbours", 2),
        ("tunnels", 5),
        ("vsctl show", 31),
    ];
    assert_eq!(entries, expected);
}

#[test]
fn the_samples_of_one_switch_say_the_same() {
    compare_host(&fixtures());
    let cluster = fixtures().join("cluster");
    let file = database(&cluster.join("cluster.db"), ovsdb_file::read_ovsdb_file).unwrap();
    let dump = database(&cluster.join("ovsdb-dump.json"), ovsdb_json::read_ovsdb_json).unwrap();
    // A cluster keeps ephemeral columns too.
    assert_eq!(in_order(file), in_order(dump));
}

#[test]
fn damaged_samples_do_no_harm() {
    const DAMAGE: &[u8] = b" \n\t,:;=()[]{}\"\\/-01aZ\xff";
    let mut seed = 7u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below.max(1)
    };
    for path in files_below(&fixtures()) {
        let text = text_of(&path).unwrap();
        for _ in 0..20 {
            let mut bytes = text.clone().into_bytes();
            for _ in 0..random(4) {
                let at = random(bytes.len());
                bytes[at] = DAMAGE[random(DAMAGE.len())];
            }
            bytes.truncate(if random(2) == 0 { random(bytes.len()) } else { bytes.len() });
            read_as_everything(&String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn hostile_texts_are_survived() {
    // Blanks stand between the pieces; `^` is a blank and `~` a line end inside them.
    let pieces = r#"( { [ [[ {"a": [{"a": , = a= a( " \ ^ ~ ^^^^ ü - a^table~ a^table~_uuid~-----~ -^ ~{ {}~ ,^ a^1~ a:^1~
        a^table~_uuid^a~-----^-~x~ OVSDB^JSON^1^~ OVSDB^JSON^3^0000000000000000000000000000000000000000~{}~ tcp,orig=(
        port^1:^a^(b:^c->d,^key=1)~ in_port(1),^packets:1,^actions: a@b:^hit:1^missed:1~^^b:~^^^^c^1/2:^(d)~"#;
    let starts = r#"~ a^table~_uuid^b~-----^-~ {"caption":"a^table","headings":["_uuid"],"data":[ a@b:~^^port^1:^ in_port(
        744bd442-6e71-4c16-9367-e139414277db~^^^^Bridge^ tcp,orig=(src=1.2.3.4,dst=1.2.3.4),reply=(src=1.2.3.4,dst=1.2.3.4),"#;
    let plain = |text: &str| text.replace('^', " ").replace('~', "\n");
    for start in starts.split_whitespace().map(plain) {
        for piece in pieces.split_whitespace().map(plain) {
            read_as_everything(&format!("{start}{}", piece.repeat(30_000 / piece.len())));
        }
    }
}

#[test]
fn facts_of_a_switch() {
    let database = database(&fixtures().join("ovsdb-dump.txt"), ovsdb_text::read_ovsdb_text).unwrap();
    let facts = facts(&database);
    assert_eq!((facts.hostname(), facts.system_id()), (Some("compute-1"), Some("node1")));
    assert_eq!(facts.bridge_mappings(), [("physnet1", "br-ex"), ("physnet2", "br-x2")]);
    assert_eq!((facts.external_id("ovn-encap-ip"), facts.ovs_version.as_deref()), (Some("10.0.0.11"), Some("3.1.0")));
    let bridge = facts.bridge("br-int").unwrap();
    assert_eq!((bridge.fail_mode.as_deref(), bridge.datapath_id), (Some("secure"), Some(0xaa)));
    assert_eq!(bridge.protocols, ["OpenFlow10", "OpenFlow13", "OpenFlow15"].map(Arc::from));
    assert_eq!(bridge.tables, [(3, "classify".into())]);
    assert_eq!(
        (&*bridge.controllers[0].target, bridge.controllers[0].is_connected),
        ("tcp:127.0.0.1:6653", Some(false))
    );
    let p1 = bridge.interface("p1").unwrap();
    assert_eq!((p1.ofport, p1.port.tag, p1.kind.as_deref()), (Some(1), Some(5), Some("dummy")));
    assert_eq!(p1.external_id("note"), Some("a \"quoted\" text, with {braces} = and ü\nnewline"));
    let p2 = bridge.interface("p2").unwrap();
    assert_eq!((p2.port.vlan_mode.as_deref(), &p2.port.trunks[..]), (Some("trunk"), &[10, 30, 40][..]));
    let bonded: Vec<_> = bridge.interfaces.iter().filter(|i| &*i.port.name == "bond0").map(|i| &*i.name).collect();
    assert_eq!(bonded, ["b1", "b2"]);
    assert_eq!(bridge.interface("patch-a").unwrap().option("peer"), Some("patch-b"));
    let broken = bridge.interface("broken").unwrap();
    assert!(broken.ofport.is_none() && broken.error.is_some());
}
