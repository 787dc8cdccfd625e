//! What is offered at the cursor, and that all of it leads somewhere.

use super::*;
use crate::query::tests::{World, world};
use crate::query::words::FLAGS;
use crate::query::{Filter, UNFINISHED};

fn at_end(world: &World, text: &str) -> Completion {
    complete(text, text.len(), &world.scope())
}

/// The first items at the end of a text.
fn first(world: &World, text: &str, n: usize) -> Vec<String> {
    at_end(world, text).items.into_iter().take(n).map(|item| item.insert).collect()
}

fn with(text: &str, replace: Span, insert: &str) -> String {
    format!("{}{insert}{}", &text[..replace.start as usize], &text[replace.end as usize..])
}

#[test]
fn words_and_values_of_this_bridge_come_first() {
    let world = world();
    for (text, wanted) in [
        ("nw_s", &["nw_src"][..]),
        ("tp_", &["tp_src", "tp_dst"]),
        ("drop", &["drop"]),
        ("tcp and pri", &["priority"]),
        ("ct.", &["ct.zone", "ct.table", "ct.commit", "ct.nat"]),
        ("has ct.z", &["ct.zone"]),
        ("set.reg6", &["set.reg6"]),
        ("table = ", &["TRANSIENT", "RULES_INGRESS", "DROPPED", "0", "60", "71"]),
        ("table = rul", &["RULES_INGRESS"]),
        ("table in {DROPPED, tr", &["TRANSIENT"]),
        ("in_port = tap-", &["tap-db-1", "tap-db-2"]),
        ("in_port = \"tap w", &["\"tap web\""]),
        ("in_port = 'tap w", &["\"tap web\""]),
        ("in_port = tap", &["tap-db-1", "tap-db-2", "\"tap web\""]),
        ("out = N", &["NORMAL"]),
        ("flags = send", &["send_flow_rem"]),
        ("ct_state = ", &["+new", "+est", "+rel"]),
        ("ct_state = +new-e", &["+new-est"]),
        ("ct_state hits +trk+", &["+trk+new", "+trk+est", "+trk+rel"]),
        ("cookie = 0x7", &["0x7123"]),
        ("nw_src = 10.1", &["10.1.0.0/16"]),
        ("nw_src in {10.9", &["10.9.9.9"]),
        ("arp_spa = ", &["10.0.0.11"]),
        ("tp_dst = ", &["80"]),
        ("priority > 7", &["77", "73", "76"]),
        ("reg6 = ", &["0x284"]),
        ("reg6[0..15] = ", &["0x284"]),
        ("ct.zone = ", &["NXM_NX_REG6[0..15]", "0"]),
        ("bridge = ", &["br-int"]),
        ("node = ", &["cmp-07"]),
        ("next ", &["table", "port", "flow", "group", "drop", "miss", "normal", "controller", "TRANSIENT"]),
        ("next table R", &["RULES_INGRESS"]),
        ("reaches port tap-db-2", &["tap-db-2"]),
        ("prev group ", &["7"]),
        ("hits{ud", &["udp", "udp6", "udp_src", "udp_dst"][..2]),
        ("hits{in_port ", &["="]),
        ("wins{in_port=tap-db-1", &["tap-db-1"]),
        ("tcp ", &["and", "or"]),
        ("bus", &["busy"]),
        ("tcp, nw_src = 10.9.9.9 ", &["and", "or"]),
    ] {
        assert_eq!(first(&world, text, wanted.len()), wanted, "{text}");
    }
}

#[test]
fn operators_are_those_that_fit() {
    let world = world();
    for (text, wanted) in [
        ("nw_src ", "= != <= < >= > ~= ~ !~ in covers hits and or"),
        ("ct_state ", "= != ~= ~ !~ in covers hits and or"),
        ("n_packets ", "= != <= < >= > ~ !~ in and or"),
        ("rate ", "= != <= < >= > in and or"),
        ("flags ", "= != ~ !~ in and or"),
        ("in_port ", "= != <= < >= > ~= ~ !~ in covers hits and or"),
        ("set.reg5 ", "= != <= < >= > ~= in covers hits and or"),
        ("ct ", "and or"),
        ("nw_src co", "covers"),
    ] {
        let mut found = first(&world, text, 20);
        let mut wanted: Vec<&str> = wanted.split(' ').collect();
        assert_eq!(found[0], wanted[0], "{text}");
        found.truncate(wanted.len());
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn an_operator_is_offered_exactly_if_it_is_taken() {
    let world = world();
    let scope = world.scope();
    let sample = |kind: Kind| match kind {
        Kind::Table | Kind::Count | Kind::Bytes | Kind::Rate | Kind::Percent | Kind::Duration | Kind::Number(_) => "5",
        Kind::Cookie | Kind::Port | Kind::Zone | Kind::Id => "5",
        Kind::OneOf(words) => words[0],
        Kind::Text | Kind::Presence => "\"x\"",
    };
    for word in FIELDS {
        let items = at_end(&world, &format!("{} ", word.name)).items;
        let offered = |op: &OpWord| items.iter().any(|i| i.kind == ItemKind::Operator && i.insert == op.name);
        for row in OPS.iter().filter(|row| row.name != "==") {
            let value = if matches!(row.op, Op::Like | Op::Unlike) { "\"x\"" } else { sample(word.kind) };
            let text = format!("{} {} {value}", word.name, row.name);
            let taken = Filter::parse(&text, &scope).is_ok();
            // What is taken and not offered says the same as something that is.
            let is_doubled = matches!(row.op, Op::Covers | Op::Hits | Op::Admits)
                || matches!(row.op, Op::Like | Op::Unlike) && matches!(word.kind, Kind::Rate | Kind::Percent);
            assert_eq!(offered(row), taken && !is_doubled, "{text}");
        }
    }
    assert_eq!(FLAGS[0], sample(Kind::OneOf(FLAGS)));
}

/// Texts that are typed letter by letter.
const TYPED: &[&str] = &[
    "tcp and nw_src in 10.0.0.0/8",
    "table = RULES_INGRESS, n_packets > 5",
    "in_port = \"tap web\" or not ct_state hits +new-est+trk",
    "reg6[0..15] = 0x284 and (dead or drop)",
    "reaches port tap-db-1, next table 72",
    "hits{in_port=tap-db-1,tcp,tp_dst=22}",
    "tp_dst in {22, 8000..8099}",
    "cookie = 0x5/0xff, flags = send_flow_rem",
    "ct.zone = 5, set.reg5 = 5, has ct.nat",
    "actions ~ /out/i, owner = l2, age > 1d",
    "dl_vlan = 644, dl_src = fa:16:3e:00:00:01",
    "ipv6_src = fe80::/64 or nw_frag = later",
    "resubmit = 93 not in_port = 5",
];

#[test]
fn every_item_leads_to_a_filter() {
    let world = world();
    let scope = world.scope();
    let mut tried = 0;
    for text in TYPED {
        for end in (0..=text.len()).step_by(1) {
            let head = &text[..end];
            let found = complete(head, end, &scope);
            assert!(found.replace.end as usize == end, "{head}");
            for item in &found.items {
                // An alias may be wrong whatever the text is.
                if item.kind == ItemKind::Alias {
                    continue;
                }
                let new = with(head, found.replace, &item.insert);
                if let Err(d) = Filter::parse(&new, &scope) {
                    assert_eq!(d.code, UNFINISHED, "{head} -> {new}: {d}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 5000, "{tried}");
}

#[test]
fn the_word_under_the_cursor_is_replaced_whole() {
    let world = world();
    let scope = world.scope();
    for (text, cursor, replaced) in [
        ("tcp and nw_src = 5", 10, "nw_src"),
        ("nw_src covers 10.0.0.0/8, tcp", 16, "10.0.0.0/8"),
        ("in_port = \"tap web\", tcp", 13, "\"tap web\""),
        ("in_port = \"tap web", 13, "\"ta"),
        ("table = RULES", 8, "RULES"),
        ("", 0, ""),
        ("é = 5", 1, "é"),
    ] {
        assert_eq!(complete(text, cursor, &scope).replace.slice(text), replaced, "{text} at {cursor}");
    }
    assert_eq!(complete("tcp", 99, &scope).replace, Span::new(0, 3));
}

#[test]
fn nothing_is_offered_behind_what_is_wrong_and_the_hint_says_why() {
    let world = world();
    let found = at_end(&world, "nw_src => 5");
    assert_eq!((found.items.len(), found.hint.as_str()), (0, "expected a comparison: = != < <= > >="));
    assert_eq!(at_end(&world, "tp_dst = ").hint, "tp_dst: number");
    assert_eq!(at_end(&world, "tp_dst in ").hint, "tp_dst: number; several: {1, 5..9}");
    assert_eq!(at_end(&world, "age > ").hint, "age: duration, as 90s, 2m30s or 1d");
    assert_eq!(at_end(&world, "actions ~ ").hint, "a regular expression: \"..\", or /../, or /../i for any case");
}

#[test]
fn there_are_never_more_items_than_fit_and_none_twice() {
    let world = world();
    for text in ["", "n", "set.", "tcp and r", "has ", "hits{", "e"] {
        let found = at_end(&world, text);
        let mut names: Vec<&str> = found.items.iter().map(|i| i.insert.as_str()).collect();
        assert!(!names.is_empty() && names.len() <= ITEMS, "{text}");
        assert!(found.more == 0 || names.len() == ITEMS, "{text}");
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{text}");
    }
}
