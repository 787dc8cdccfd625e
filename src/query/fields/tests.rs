//! What names mean, and how flows without a field answer.

use super::*;
use crate::field::table;
use crate::query::lex::Brackets;
use crate::query::region::Piece;

fn asked(name: &str) -> Asked {
    Asked::new(name, None).unwrap_or_else(|_| panic!("no field {name}"))
}

/// Words with their values and masks.
fn flow(words: &[(WordId, u32, u32)]) -> impl Fn(WordId) -> (u32, u32) + '_ {
    |id| words.iter().find(|(word, ..)| *word == id).map_or((0, 0), |(_, value, mask)| (*value, *mask))
}

const TCP: (WordId, u32, u32) = (word::TYPE, 0x0800_0600, 0xffff_ff00);
const ICMP: (WordId, u32, u32) = (word::TYPE, 0x0800_0100, 0xffff_ff00);
const ARP: (WordId, u32, u32) = (word::TYPE, 0x0806_0000, 0xffff_0000);

fn present(name: &str, words: &[(WordId, u32, u32)]) -> bool {
    FieldTest { asked: asked(name), relation: Relation::Present }.holds(flow(words))
}

#[test]
fn rows_that_share_bits_are_told_apart_by_what_they_need() {
    let port = (word::TP, 80, 0xffff);
    for (name, in_tcp, in_icmp) in
        [("tp_dst", true, false), ("tcp_dst", true, false), ("udp_dst", false, false), ("icmp_code", false, true)]
    {
        assert_eq!(present(name, &[TCP, port]), in_tcp, "{name}");
        assert_eq!(present(name, &[ICMP, port]), in_icmp, "{name}");
        assert!(!present(name, &[TCP]), "{name}");
    }
    let address = (word::IP_SRC, 0x0a00_0001, u32::MAX);
    assert!(present("nw_src", &[TCP, address]) && !present("arp_spa", &[TCP, address]));
    assert!(present("arp_spa", &[ARP, address]) && !present("nw_src", &[ARP, address]));
}

#[test]
fn a_name_that_dumps_print_for_several_rows_means_them_all() {
    let rows = |name: &str| rows_called(name).into_iter().map(|f| f.name).collect::<Vec<_>>();
    assert_eq!(rows("tp_dst"), ["tcp_dst", "udp_dst", "sctp_dst"]);
    assert_eq!(rows("tcp_dst"), ["tcp_dst"]);
    assert_eq!(rows("NW_SRC"), rows("nw_src"));
    assert_eq!(rows("NXM_OF_IP_SRC"), ["ip_src"]);
    assert_eq!(rows("colour"), [""; 0]);
}

#[test]
fn bits_are_those_of_the_field() {
    let bits = |name, first, last| Asked::new(name, Some(Brackets::Bits(first, last)));
    let low = bits("reg6", 0, 15).unwrap();
    assert_eq!((low.name.as_str(), low.bits, low.field), ("reg6[0..15]", Some((0, 16)), table::REG.nth(6)));
    assert_eq!(bits("reg6", 3, 3).unwrap().name, "reg6[3]");
    let wrong = |message: &str, hint: &str| Err(NoField::Bits(message.to_owned(), hint.to_owned()));
    assert_eq!(bits("reg6", 9, 3), wrong("bit 9 comes after bit 3", "write [3..9]"));
    assert_eq!(bits("reg6", 0, 32), wrong("reg6 has 32 bits, there is no bit 32", "the last bit is 31"));
    assert_eq!(bits("colour", 0, 1), Err(NoField::Unknown));
    // The upper half of an xreg is the register before the lower half's.
    let upper = bits("xreg3", 32, 63).unwrap();
    assert_eq!(upper.place.parts[0].word, table::REG.nth(6).slot.word);
}

#[test]
fn a_flow_without_the_field_accepts_all_of_its_values() {
    let of = |relation: fn(Region) -> Relation, first, last| {
        let asked = asked("reg5");
        let region = Region::new(asked.place.clone(), [Piece::Range(first, last)]);
        FieldTest { asked, relation: relation(region) }.holds(flow(&[]))
    };
    assert!(of(Relation::Covers, 0, u32::MAX.into()) && of(Relation::Hits, 5, 5));
    assert!(!of(Relation::In, 0, u32::MAX.into()) && !of(Relation::Admits, 5, 5));
}

#[test]
fn the_test_for_a_shape_answers_as_the_test_for_the_words() {
    let asked = asked("tp_dst");
    let region = |first, last| Region::new(asked.place.clone(), [Piece::Range(first, last)]);
    let relations = [
        Relation::Present,
        Relation::In(region(80, 99)),
        Relation::Covers(region(80, 81)),
        Relation::Hits(region(0, 79)),
    ];
    for relation in relations {
        let test = FieldTest { asked: asked.clone(), relation };
        for kind in [TCP, ICMP, ARP] {
            for (value, mask) in [(80, 0xffff), (80, 0xfff0), (0, 0x8000), (99, 0xffff), (100, 0xffff)] {
                let words = [kind, (word::TP, value & mask, mask)];
                let masks: Vec<(WordId, u32)> = words.iter().map(|(id, _, mask)| (*id, *mask)).collect();
                let values: Vec<u32> = words.iter().map(|(_, value, _)| *value).collect();
                let quick = test.answer(&test.for_shape(&masks), &masks, &values);
                assert_eq!(quick, test.holds(flow(&words)), "{test:?} {words:?}");
            }
        }
    }
}

#[test]
fn values_in_order_are_numbers() {
    for (name, is_ordered) in [("tp_dst", true), ("nw_src", true), ("ct_state", false), ("tcp_flags", false)] {
        assert_eq!(asked(name).is_ordered(), is_ordered, "{name}");
    }
}
