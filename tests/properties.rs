//! Laws of the vocabulary and the tables, on values that look random and are the same in every run.

use std::cmp::Reverse;

use ofscope::action::Mode;
use ofscope::base::progress::Progress;
use ofscope::dump::echo::{Known, echo};
use ofscope::dump::flow_line::{Reading, parse};
use ofscope::dump::flows;
use ofscope::field::table::Shown;
use ofscope::field::{Bits, FieldId, Key, Match, Names, Version, table};
use ofscope::model::bridge::Bridge;
use ofscope::model::flow::Style;

/// Numbers that look random (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// A number of so many bits, each as likely as not; often a small one, or one with a bit or all bits set.
    fn bits(&mut self, width: usize) -> Bits {
        let mut bits = Bits::zero(width);
        match self.below(4) {
            0 => bits = Bits::from_u64(self.roll() % 4, width),
            1 => bits.set_bit(self.below(width), true),
            _ => (0..width).for_each(|at| bits.set_bit(at, self.below(2) == 1)),
        }
        bits
    }
}

/// Fields of several formats whose few bits are matched, so that two matches often have to do with each other.
const FIELDS: [FieldId; 5] = [table::IN_PORT, table::REG, table::METADATA, table::ETH_TYPE, table::NW_PROTO];

fn some_match(dice: &mut Dice) -> Match {
    let mut m = Match::any();
    for field in FIELDS {
        if dice.below(2) == 0 {
            let width = usize::from(field.bits);
            let is_exact = !field.maskable || dice.below(3) == 0;
            let mask = if is_exact { Bits::ones(width) } else { Bits::from_u64(dice.roll() % 4, width) };
            let value = Bits::from_u64(dice.roll() % 4, width).and(&mask);
            m.set(&field, &value, &mask);
        }
    }
    m
}

fn some_packet(dice: &mut Dice) -> Key {
    let mut key = Key::default();
    for field in FIELDS {
        key.set(field.slot, dice.roll() % 4);
    }
    key
}

#[test]
fn matches_are_sets_of_packets() {
    let mut dice = Dice(1);
    let (mut covering, mut overlapping, mut apart, mut inside) = (0, 0, 0, 0);
    for _ in 0..60_000 {
        let (a, b, c) = (some_match(&mut dice), some_match(&mut dice), some_match(&mut dice));
        let key = some_packet(&mut dice);
        assert!(a.covers(&a) && a.overlaps(&a) && Match::any().covers(&a));
        assert_eq!(a.overlaps(&b), b.overlaps(&a));
        assert_eq!(a.covers(&b) && b.covers(&a), a == b);
        assert!(!(a.covers(&b) && b.covers(&c)) || a.covers(&c), "{a:?} {b:?} {c:?}");
        match a.intersect(&b) {
            Some(both) => {
                overlapping += 1;
                assert!(a.overlaps(&b) && a.covers(&both) && b.covers(&both));
                assert_eq!(key.is_in(&both), key.is_in(&a) && key.is_in(&b), "{a:?} {b:?}");
                assert_eq!(a.covers(&b), both == b, "{a:?} {b:?}");
                assert_eq!(b.intersect(&a), Some(both));
            }
            None => {
                apart += 1;
                assert!(!a.overlaps(&b) && !a.covers(&b));
                assert!(!(key.is_in(&a) && key.is_in(&b)), "{a:?} {b:?}");
            }
        }
        if a.covers(&b) {
            covering += 1;
            assert!(!key.is_in(&b) || key.is_in(&a), "{a:?} {b:?}");
        }
        // A packet made of a match is in it, and in whatever covers it.
        let mut own = key.clone();
        own.set_match(&a);
        assert!(own.is_in(&a));
        assert!(!b.covers(&a) || own.is_in(&b));
        inside += usize::from(key.is_in(&a));
    }
    assert!(covering > 1000 && overlapping > 1000 && apart > 1000 && inside > 1000, "the dice show too little");
}

/// A line with some fields and actions, any of which may not be allowed.
fn some_line(dice: &mut Dice, fields: &[FieldId], writable: &[FieldId]) -> String {
    let mut line = format!("table={},priority={}", dice.below(254), dice.below(65536));
    if dice.below(2) == 0 {
        line += ["", ",tcp", ",udp6", ",arp", ",icmp", ",ip", ",ipv6", ",mpls", ",dl_vlan=7", ",sctp"][dice.below(10)];
    }
    for _ in 0..dice.below(4) {
        let field = dice.one_of(fields);
        let width = usize::from(field.bits);
        let mut mask = if field.maskable && dice.below(2) == 0 { dice.bits(width) } else { Bits::ones(width) };
        if mask.is_zero() {
            mask = Bits::ones(width);
        }
        let value = dice.bits(width).and(&mask);
        let mut m = Match::any();
        m.set(field, &value, &mask);
        let mut text = String::new();
        m.paint_field(field, Names::none(), &mut text);
        line += &format!(",{text}");
    }
    line += ",actions=";
    let mut actions = Vec::new();
    for _ in 0..dice.below(5) {
        let field = dice.one_of(writable);
        let width = usize::from(field.bits);
        let (low, n) = (dice.below(width), 1 + dice.below(8));
        let high = (low + n - 1).min(width - 1);
        actions.push(match dice.below(8) {
            0 => format!("output:{}", dice.below(65000)),
            1 => format!("resubmit(,{})", dice.below(254)),
            2 => format!("load:{:#x}->{}[{low}..{high}]", dice.roll() & ((2 << (high - low)) - 1), field.name),
            3 => format!("move:{}[{low}..{high}]->reg{}[0..{}]", field.name, dice.below(16), high - low),
            4 => format!("set_field:{}->{}", dice.bits(width).hex(), field.name),
            5 => format!("ct(commit,zone={},table={})", dice.below(65536), dice.below(254)),
            6 => format!("controller(max_len={},id={})", dice.below(65536), dice.below(65536)),
            _ => format!(
                "clone(push_vlan:0x8100,load:{}->reg0[{}],output:{})",
                dice.below(2),
                dice.below(32),
                dice.below(9)
            ),
        });
    }
    line + &if actions.is_empty() { "drop".to_owned() } else { actions.join(",") }
}

#[test]
fn what_a_switch_prints_of_any_flow_is_read_as_that_flow() {
    let fields: Vec<FieldId> = FieldId::all().collect();
    let writable: Vec<FieldId> = FieldId::all().filter(|f| f.writable && f.bits <= 64).collect();
    let mut dice = Dice(2);
    let (mut refused, mut sent, mut whole) = (0, 0, 0);
    for _ in 0..4_000 {
        let line = some_line(&mut dice, &fields, &writable);
        let Ok(reading) = parse(&line, Names::none(), Mode::Typed, false) else {
            refused += 1;
            continue;
        };
        let known = Known::default();
        let Ok(echo) = echo(&reading, &line, Version::V15, &known) else { continue };
        sent += 1;
        let flow = echo.flow;
        let print = flow.text(Style::NoStats, Names::none());
        let back: Reading = parse(&print, Names::none(), Mode::Dumped, false).unwrap();
        assert_eq!(back.flow_mod.flow.text(Style::NoStats, Names::none()), print, "of {line}");
        // Open vSwitch prints some fields only beside others; the print cannot tell of those.
        let matches = &flow.matches;
        let is_told = |field: FieldId| matches.meets(field.needs) && field.shown == Shown::Always;
        let is_plain =
            reading.found.is_empty() && echo.lost.is_empty() && reading.words.iter().all(|(field, _)| is_told(*field));
        whole += usize::from(is_plain);
        if is_plain && back.found.is_empty() {
            assert_eq!(back.flow_mod.flow.matches, flow.matches, "{line}\nprints {print}");
        }
    }
    assert!(refused > 50 && sent > 500 && whole > 200, "{refused} refused, {sent} sent, {whole} whole");
}

#[test]
fn the_classifier_finds_what_a_look_at_every_flow_finds() {
    let mut dice = Dice(3);
    let (mut hits, mut misses) = (0, 0);
    for _ in 0..60 {
        let mut dump = String::new();
        let mut priorities: Vec<u32> = (1..2000).collect();
        for _ in 0..12 {
            let matches = some_match(&mut dice);
            if matches.is_any() {
                continue;
            }
            let priority = priorities.swap_remove(dice.below(priorities.len()));
            let mut text = String::new();
            matches.paint(priority, Names::none(), &mut text);
            dump += &format!(" table=1, {text} actions=drop\n");
        }
        let loaded = flows::load(dump.as_bytes(), &"f".into(), Names::none(), &Progress::default(), |_| {});
        assert!(loaded.report.is_empty(), "{:?}", loaded.report.kept.first());
        let bridge = Bridge { flows: loaded.flows, ..Bridge::default() };
        let mut order: Vec<u32> = (0..bridge.flows.len() as u32).collect();
        order.sort_by_key(|id| Reverse(bridge.flow(*id).priority()));
        for _ in 0..300 {
            let key = some_packet(&mut dice);
            let by_looking = order.iter().find(|id| key.is_in(&bridge.flow(**id).matches())).copied();
            let found = bridge.lookup(1, &key).map(|hit| hit.flow);
            assert_eq!(found, by_looking, "in {dump}");
            if found.is_some() {
                hits += 1;
            } else {
                misses += 1;
            }
            assert!(bridge.lookup(2, &key).is_none());
        }
    }
    assert!(hits > 1000 && misses > 10, "{hits} hits, {misses} misses");
}

/// A text or some bytes with a few places changed, cut out or put in.
fn changed(dice: &mut Dice, bytes: &[u8], odd: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, *dice.one_of(odd)),
            2 => drop(bytes.drain(at..bytes.len().min(at + 4))),
            _ if at < bytes.len() => bytes[at] = *dice.one_of(odd),
            _ => {}
        }
    }
    bytes
}

#[test]
fn frames_that_were_changed_anywhere_can_be_written_again() {
    let frames = std::fs::read_to_string(crate::fixtures().join("packets/frames.txt")).unwrap();
    let frames: Vec<Vec<u8>> = frames.lines().filter_map(|line| ofscope::packet::hex::parse(line).ok()).collect();
    assert!(frames.len() > 400);
    let mut dice = Dice(7);
    let odd = [0, 1, 2, 3, 4, 6, 17, 0x3a, 0x2c, 0x2b, 0x3c, 0x45, 0x60, 0x81, 0x88, 0x87, 136, 0xff];
    for _ in 0..20_000 {
        let bytes = dice.one_of(&frames).clone();
        let bytes = changed(&mut dice, &bytes, &odd);
        crate::laws::frame(&bytes);
    }
}

#[test]
fn questions_that_were_changed_anywhere_are_answered_or_refused_at_a_place() {
    let questions = [
        "in_port=tapd36318fe-d4,tcp,nw_src=10.0.0.11,nw_dst=10.0.0.12,tcp_dst=5432",
        "from vm1 to vm4 tcp 443,nw_tos=184",
        "from vm d36318fe on compute1 to \"10.10.1.129\" udp 53",
        "from fa:16:3e:a1:f9:02 to ff02::1 icmp6,ipv6_src=fd00::1",
        "in_port=1,ct_state=trk|est @file.pcap:2",
        "in_port=3,tun_id=7 fa163e7dc62f fa163ea1f902 0800 4500",
        "\t0x0000:  fa16 3e7d c62f fa16 3ea1 f902 0806 0001  ..>}./..>.......\n\t0x0010: 0800  ..",
    ];
    let mut dice = Dice(9);
    for _ in 0..2_000 {
        let text = dice.one_of(&questions).as_bytes();
        let text = changed(&mut dice, text, b" ,='\"@:/0fx\xc3\xa9\n(+-");
        crate::laws::packet(&text);
    }
}
