//! What holds for every text and every dump, tried on random ones.

use super::*;
use crate::field::FieldId;
use crate::model::store::FlowRef;

/// A small generator of random numbers (xorshift, Marsaglia 2003), so that failures can be repeated.
pub(in crate::query) struct Random(pub u64);

impl Random {
    pub(in crate::query) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(in crate::query) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(in crate::query) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// Pieces of which right and wrong filters are made.
const PIECES: &[&str] = &[
    "tcp",
    "udp",
    "ip",
    "arp",
    "drop",
    "dead",
    "miss",
    "nw_src",
    "nw_dst",
    "tp_dst",
    "tcp_dst",
    "reg5",
    "reg6[0..15]",
    "in_port",
    "table",
    "priority",
    "n_packets",
    "age",
    "cookie",
    "out",
    "resubmit",
    "ct.zone",
    "actions",
    "match",
    "port",
    "set.reg5",
    "ct_state",
    "dl_vlan",
    "sg",
    "id",
    "web",
    "=",
    "!=",
    "<",
    ">=",
    "~=",
    "~",
    "in",
    "covers",
    "hits",
    "not",
    "has",
    "and",
    "or",
    ",",
    "(",
    ")",
    "{",
    "}",
    "10.0.0.0/8",
    "10.1.2.3",
    "5",
    "80",
    "0x284",
    "1d",
    "10k",
    "+new-est",
    "tap-db-1",
    "RULES_INGRESS",
    "\"drop\"",
    "/out/",
    "/x",
    "\"",
    "..",
    "next",
    "reaches",
    "wins{",
    "hits{",
    "[",
    "]",
    "é",
    "\\",
    "!",
    "&&",
    "||",
    "\t",
    "9c41",
];

#[test]
fn no_text_is_too_odd() {
    let world = world();
    let scope = world.scope();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut understood = 0;
    for _ in 0..6000 {
        let mut text = String::new();
        for _ in 0..random.below(12) {
            text.push_str(random.pick(PIECES));
            text.push_str(random.pick(&[" ", " ", " ", "", ","]));
        }
        match Filter::parse(&text, &scope) {
            Ok(filter) => {
                understood += 1;
                let progress = Progress::default();
                let answer = filter.answer(&scope, None, &progress);
                assert!(answer.rows.is_sorted() && answer.rows.iter().all(|id| *id < FLOWS), "{text}");
                let one_by_one: Vec<FlowId> = (0..FLOWS).filter(|id| filter.holds(&scope, *id)).collect();
                assert_eq!(answer.rows, one_by_one, "{text}");
            }
            Err(d) => {
                assert!(d.span.end as usize <= text.len() && !d.message.is_empty(), "{text}");
                d.paint("", &text, &mut String::new());
            }
        }
        crate::query::take_off_last(&text);
        crate::query::complete(&text, random.below(text.len() + 1), &scope);
    }
    assert!(understood > 100, "only {understood} texts were understood");
}

#[test]
fn bytes_in_any_order_are_harmless() {
    let world = world();
    let scope = world.scope();
    let mut random = Random(7);
    for _ in 0..4000 {
        let text: String = (0..random.below(40))
            .map(|_| {
                char::from_u32(random.pick(&[random_ascii(random.0), 0xe9, 0x1f600, 0x22, 0x28, 0x7b, 0x5c]))
                    .unwrap_or('x')
            })
            .inspect(|_| {})
            .collect();
        let _ = Filter::parse(&text, &scope);
        crate::query::complete(&text, random.below(50), &scope);
        random.next();
    }
}

fn random_ascii(n: u64) -> u32 {
    (n % 0x60) as u32 + 0x20
}

/// A random dump: few fields with few values, so that much overlaps.
fn random_dump(random: &mut Random, flows: usize) -> String {
    let mut out = String::new();
    for _ in 0..flows {
        let table = random.pick(&[0, 1]);
        let priority = random.below(5) * 10;
        let mut line = format!(" table={table}, priority={priority}");
        let protocol = random.pick(&["", "ip", "tcp", "udp", "arp", "tcp6", "icmp6"]);
        if !protocol.is_empty() {
            line.push_str(&format!(",{protocol}"));
        }
        if random.below(3) == 0 {
            line.push_str(&format!(",in_port={}", random.below(3) + 1));
        }
        if random.below(3) == 0 {
            line.push_str(&format!(",reg5={:#x}/{:#x}", random.below(8), random.pick(&[1, 3, 6, 7])));
        }
        match protocol {
            "tcp" | "udp" | "tcp6" if random.below(2) == 0 => {
                line.push_str(random.pick(&[",tp_dst=80", ",tp_dst=0x50/0xfff0", ",tp_dst=81", ",tp_dst=0/0x8000"]));
            }
            "icmp6" if random.below(2) == 0 => line.push_str(",icmp_type=80"),
            "arp" if random.below(2) == 0 => line.push_str(",arp_spa=10.0.0.1"),
            _ => {}
        }
        if matches!(protocol, "ip" | "tcp" | "udp") && random.below(2) == 0 {
            line.push_str(random.pick(&[
                ",nw_src=10.0.0.1",
                ",nw_src=10.0.0.0/8",
                ",nw_src=10.0.0.0/30",
                ",nw_src=0.0.0.1/0.0.0.1",
            ]));
        }
        let clause = random.below(12);
        let actions = match clause {
            0 | 1 => format!("conjunction({},{}/2)", random.below(2) + 1, clause + 1),
            2 => {
                line.push_str(&format!(",conj_id={}", random.below(2) + 1));
                "output:1".to_owned()
            }
            3 => "drop".to_owned(),
            4 => "resubmit(,1)".to_owned(),
            _ => format!("output:{}", random.below(3) + 1),
        };
        out.push_str(&format!("{line} actions={actions}\n"));
    }
    out
}

/// The bits of a few fields of a packet, one number a field.
fn packets() -> impl Iterator<Item = crate::field::Key> {
    let ports = [1u64, 2, 3];
    let types: [(u64, u64); 6] = [(0x0800, 6), (0x0800, 17), (0x0800, 1), (0x0806, 1), (0x86dd, 6), (0x86dd, 58)];
    let addresses = [0x0a00_0001u64, 0x0a00_0002, 0x0b00_0001];
    let tps = [80u64, 81, 90];
    ports.into_iter().flat_map(move |port| {
        types.into_iter().flat_map(move |(dl_type, proto)| {
            addresses.into_iter().flat_map(move |address| {
                tps.into_iter().flat_map(move |tp| {
                    (0..8u64).map(move |reg| {
                        let mut key = crate::field::Key::default();
                        key.set(table::IN_PORT.slot, port);
                        key.set(crate::field::proto::DL_TYPE, dl_type);
                        key.set(crate::field::proto::NW_PROTO, proto);
                        key.set(table::IP_SRC.slot, address);
                        key.set(table::TCP_DST.slot, tp);
                        key.set(REG.nth(5).slot, reg);
                        key
                    })
                })
            })
        })
    })
}

fn text_of(key: &crate::field::Key) -> String {
    let n = |slot| key.value(slot);
    format!(
        "in_port={},dl_type={:#x},nw_proto={},nw_src={},tcp_dst={},reg5={}",
        n(table::IN_PORT.slot),
        n(crate::field::proto::DL_TYPE),
        n(crate::field::proto::NW_PROTO),
        std::net::Ipv4Addr::from(n(table::IP_SRC.slot) as u32),
        n(table::TCP_DST.slot),
        n(REG.nth(5).slot),
    )
}

#[test]
fn the_flow_that_wins_is_the_one_that_the_classifier_finds() {
    let mut random = Random(42);
    for round in 0..12 {
        let world = world_of(&random_dump(&mut random, 40));
        let scope = world.scope();
        for key in packets().filter(|k| k.value(crate::field::proto::DL_TYPE) == 0x0800) {
            let is_tcp = key.value(crate::field::proto::NW_PROTO) == 6;
            // Only packets that the language can name whole: TCP over IPv4.
            if !is_tcp || random.below(4) != 0 {
                continue;
            }
            let filter = Filter::parse(&format!("wins{{{}}}", text_of(&key)), &scope).unwrap();
            let found = filter.answer(&scope, None, &Progress::default());
            assert!(!found.notes.iter().any(|n| n.code == "may-win"));
            for id in [0u8, 1] {
                let won: Vec<FlowRef<'_>> =
                    found.rows.iter().map(|row| world.bridge.flow(*row)).filter(|f| f.table() == id).collect();
                let hit = world.bridge.lookup(id, &key).map(|hit| world.bridge.flow(hit.flow));
                match (hit, won.as_slice()) {
                    (None, []) => {}
                    // Of flows with the same priority either may be taken.
                    (Some(hit), won) => {
                        let is_same = |f: &FlowRef<'_>| f.priority() == hit.priority();
                        assert!(
                            won.iter().any(|f| f.line() == hit.line()) && won.iter().all(is_same),
                            "round {round}, {}: {:?} and not {:?}",
                            text_of(&key),
                            won.iter().map(|f| f.line()).collect::<Vec<_>>(),
                            hit.line()
                        );
                    }
                    (None, won) => panic!("round {round}, {}: {} flows win", text_of(&key), won.len()),
                }
            }
        }
    }
}

#[test]
fn a_set_of_packets_is_won_by_whoever_wins_one_of_them() {
    let mut random = Random(4242);
    for round in 0..20 {
        let world = world_of(&random_dump(&mut random, 25));
        let scope = world.scope();
        let base = "dl_type=0x0800,nw_proto=6,nw_src=10.0.0.1";
        let all =
            Filter::parse(&format!("wins{{{base},in_port=1,tcp_dst=80/0xfffe,reg5=0/0xfffffff8}}"), &scope).unwrap();
        let mut one_by_one: Vec<FlowId> = Vec::new();
        for (tp, reg) in [80, 81].into_iter().flat_map(|tp| (0..8).map(move |reg| (tp, reg))) {
            let text = format!("wins{{{base},in_port=1,tcp_dst={tp},reg5={reg}}}");
            one_by_one.extend(Filter::parse(&text, &scope).unwrap().rows(&scope, None, &Progress::default()));
        }
        one_by_one.sort_unstable();
        one_by_one.dedup();
        assert_eq!(all.rows(&scope, None, &Progress::default()), one_by_one, "round {round}");
    }
}

#[test]
fn a_shadowed_flow_never_wins_and_a_winner_is_never_shadowed() {
    let mut random = Random(99);
    let (mut shadowed, mut parts) = (0, 0);
    for _ in 0..20 {
        let world = world_of(&random_dump(&mut random, 60));
        let whole = world.rows("shadowed");
        let part = world.rows("partial-shadow");
        shadowed += whole.len();
        parts += part.len();
        for id in 0..world.bridge.flows.len() as FlowId {
            let flow = world.bridge.flow(id);
            let above = |takes: &dyn Fn(&crate::field::Match) -> bool| {
                (0..world.bridge.flows.len() as FlowId).map(|other| world.bridge.flow(other)).any(|other| {
                    other.table() == flow.table()
                        && other.priority() > flow.priority()
                        && !crate::query::actions::is_clause(other.actions())
                        && takes(&other.matches())
                })
            };
            let is_covered = above(&|m| m.covers(&flow.matches()));
            let is_met = above(&|m| m.overlaps(&flow.matches()));
            assert_eq!(whole.contains(&id), is_covered, "{}", flow.line_text(Names::none()));
            assert_eq!(part.contains(&id), is_met && !is_covered, "{}", flow.line_text(Names::none()));
        }
    }
    assert!(shadowed > 20 && parts > 20, "{shadowed} and {parts} are too few to tell");
}

#[test]
fn fields_are_asked_as_their_sets_say() {
    // Every question is answered by the quick way for shapes as the slow one over whole matches answers it.
    let mut random = Random(5);
    let world = world_of(&random_dump(&mut random, 300));
    let scope = world.scope();
    let values = |field: &str| -> &[&str] {
        match field {
            "nw_src" | "arp_spa" => &["10.0.0.1", "10.0.0.0/8", "10.0.0.0/30", "0.0.0.0/0", "10.0.0.0..10.0.0.3"],
            "in_port" => &["1", "2", "1..2"],
            "reg5" | "xreg2" => &["1/1", "5", "6/6", "0/7", "1..5"],
            _ => &["80", "0x50/0xfff0", "80..95", "0..65535", "81", "0/0x8000"],
        }
    };
    for field in ["nw_src", "arp_spa", "in_port", "reg5", "xreg2", "tp_dst", "tcp_dst", "udp_dst", "icmp_type"] {
        for op in ["=", "!=", "in", "covers", "hits", "~=", "<", ">=", "has", "not in", "not hits"] {
            for value in values(field) {
                let text = if op == "has" { format!("has {field}") } else { format!("{field} {op} {value}") };
                let Ok(filter) = Filter::parse(&text, &scope) else { continue };
                let quick = filter.rows(&scope, None, &Progress::default());
                let crate::query::leaf::Node::Leaf(leaf) = &filter.root else { panic!("{text} is no leaf") };
                let crate::query::leaf::Ask::Field(test) = &leaf.ask else { panic!("{text} asks no field") };
                let slow: Vec<FlowId> = world
                    .bridge
                    .flows
                    .iter()
                    .filter(|(_, flow)| {
                        let matches = flow.matches();
                        test.holds(|id| matches.word(id)) != leaf.negated
                    })
                    .map(|(id, _)| id)
                    .collect();
                assert_eq!(quick, slow, "{text}");
            }
        }
    }
}

#[test]
fn every_field_can_be_asked_for() {
    let world = world();
    let scope = world.scope();
    for (name, field) in FieldId::names() {
        for text in [name.to_owned(), format!("has {name}"), format!("set.{name}"), format!("{name}[0] = 1")] {
            let parsed = Filter::parse(&text, &scope);
            assert!(parsed.is_ok(), "{text} ({field:?}): {}", parsed.unwrap_err());
        }
    }
}

/// Right terms, to be put together.
const TERMS: &[&str] = &[
    "tcp",
    "ip",
    "arp",
    "dead",
    "drop",
    "miss",
    "hot",
    "shadowed",
    "loop",
    "nw_src = 10.0.0.0/8",
    "nw_src != 10.0.0.1",
    "nw_src hits 10.0.0.0/30",
    "tp_dst in 80..90",
    "reg5 covers 5",
    "in_port in {1, 2}",
    "n_packets > 5",
    "n_packets",
    "idle > 5s",
    "age > 1h",
    "rate > 5",
    "sg = db",
    "new",
    "cookie = 0x5",
    "table = 72",
    "priority >= 50",
    "out = 5",
    "port = 5",
    "ct.zone = 5",
    "actions ~ /output/",
    "\"tcp\"",
    "hits{tcp,tp_dst=80}",
    "wins{tcp,tp_dst=80}",
    "reaches drop",
    "next table 72",
];

/// A random filter of these terms.
fn random_filter(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 1 } else { 4 }) {
        1 => format!("({} and {})", random_filter(random, depth - 1), random_filter(random, depth - 1)),
        2 => format!("({} or {})", random_filter(random, depth - 1), random_filter(random, depth - 1)),
        3 => format!("not {}", random_filter(random, depth - 1)),
        _ => format!("({})", random.pick(TERMS)),
    }
}

#[test]
fn and_or_and_not_are_those_of_logic_with_three_values() {
    let mut random = Random(31);
    let world = world();
    for _ in 0..300 {
        let (a, b) = (random_filter(&mut random, 3), random_filter(&mut random, 3));
        let rows = |text: String| world.rows(&text);
        let (of_a, of_b, not_a, not_b) =
            (rows(a.clone()), rows(b.clone()), rows(format!("not {a}")), rows(format!("not {b}")));
        // Nothing is both, and what is neither is not known.
        assert!(of_a.iter().all(|id| !not_a.contains(id)), "{a}");
        let both: Vec<FlowId> = of_a.iter().copied().filter(|id| of_b.contains(id)).collect();
        assert_eq!(rows(format!("{a} and {b}")), both, "{a} and {b}");
        let one: Vec<FlowId> = (0..FLOWS).filter(|id| of_a.contains(id) || of_b.contains(id)).collect();
        assert_eq!(rows(format!("{a} or {b}")), one, "{a} or {b}");
        let neither: Vec<FlowId> = not_a.iter().copied().filter(|id| not_b.contains(id)).collect();
        assert_eq!(rows(format!("not ({a} or {b})")), neither, "not ({a} or {b})");
        assert_eq!(rows(format!("not not {a}")), of_a, "not not {a}");
    }
}

#[test]
fn what_can_be_known_of_every_flow_is_true_or_false() {
    let world = world();
    let is_unknown = |text: &str| {
        ["n_packets", "dead", "idle", "age", "rate", "sg", "new", "hot"].iter().any(|word| text.starts_with(word))
    };
    for text in TERMS.iter().filter(|text| !is_unknown(text)) {
        let mut all = world.rows(text);
        all.extend(world.rows(&format!("not ({text})")));
        all.sort_unstable();
        assert_eq!(all, (0..FLOWS).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn a_filter_of_some_rows_finds_those_of_them_that_it_finds_among_all() {
    let mut random = Random(77);
    let world = world();
    let scope = world.scope();
    for _ in 0..100 {
        let text = random_filter(&mut random, 2);
        let within: Vec<FlowId> = (0..FLOWS).filter(|_| random.below(2) == 0).collect();
        let filter = Filter::parse(&text, &scope).unwrap();
        let all = filter.rows(&scope, None, &Progress::default());
        let some = filter.rows(&scope, Some(&within), &Progress::default());
        assert_eq!(some, all.into_iter().filter(|id| within.contains(id)).collect::<Vec<_>>(), "{text}");
    }
}
