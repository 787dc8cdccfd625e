//! What filters say where they are wrong.

use super::*;
use crate::query::UNFINISHED;

fn wrong(world: &World, text: &str) -> crate::base::diag::Diagnostic {
    match Filter::parse(text, &world.scope()) {
        Ok(_) => panic!("`{text}` is understood"),
        Err(d) => d,
    }
}

#[test]
fn the_examples_of_the_design() {
    let world = world();
    let painted = |text: &str| {
        let mut out = String::new();
        wrong(&world, text).paint("", text, &mut out);
        out
    };
    assert_eq!(
        painted("n_packets => 5"),
        "error: expected a comparison: = != < <= > >=\n  n_packets => 5\n            ^^ did you mean `>=`?\n"
    );
    assert_eq!(
        painted("nw_scr hits 10.0.0.1"),
        "error: no field `nw_scr`\n  nw_scr hits 10.0.0.1\n  ^^^^^^ did you mean `nw_src`? (fields: Tab)\n"
    );
    assert_eq!(
        painted("tp_dst = 70000"),
        "error: tp_dst has 16 bits, the highest value is 65535\n  tp_dst = 70000\n           ^^^^^ use a smaller number\n"
    );
}

#[test]
fn wrong_texts_say_where_and_what_to_do() {
    let world = world();
    for (text, at, message, hint) in [
        ("frobnicate", "frobnicate", "no field `frobnicate`", "fields: Tab; to find the text write \"frobnicate\""),
        ("set.foo = 1", "set.foo", "no field `foo`", "fields: Tab; to find the text write \"foo\""),
        ("nw_src contains 10", "contains", "no field `contains`", "write field ~ \"text\", or \"text\" alone"),
        ("tp_dst eq 80", "eq", "no field `eq`", "write field = value"),
        ("tcp = 5", "= 5", "`tcp` is a keyword and takes no value", "it stands alone"),
        (
            "drop = 1 and tcp",
            "= 1",
            "`drop` is a keyword and takes no value",
            "it stands alone; actions ~ \"..\" looks at the text",
        ),
        ("has tcp", "tcp", "`tcp` is a keyword, not a field", "leave `has` off"),
        ("table[3] = 1", "table[3]", "`table` has no bits", "bits are those of match fields, as reg6[0..15]"),
        ("reg6[5..3] = 1", "reg6[5..3]", "bit 5 comes after bit 3", "write [3..5]"),
        ("reg6[40] = 1", "reg6[40]", "reg6 has 32 bits, there is no bit 40", "the last bit is 31"),
        ("reg6[0..7] = 256", "256", "reg6[0..7] has 8 bits, the highest value is 255", "use a smaller number"),
        (
            "nw_src = 10.0.0, tcp",
            "10.0.0",
            "`10.0.0` is no IPv4 address",
            "as 10.0.0.1, 10.0.0.0/8 or 10.0.0.0/255.0.255.0",
        ),
        (
            "nw_src = 10.0.0.0/33, tcp",
            "10.0.0.0/33",
            "a prefix of nw_src has between 0 and 32 bits",
            "or write the mask as an address",
        ),
        ("nw_src in {10.0.0.1, x}", "x", "`x` is no IPv4 address", "as 10.0.0.1, 10.0.0.0/8 or 10.0.0.0/255.0.255.0"),
        ("ct_state = +xyz, tcp", "+xyz", "ct_state has no flag `xyz`", "one of new est rel rpl inv trk snat dnat"),
        ("ct_state > 5", "5", "values of ct_state have no order", "write ct_state hits 5"),
        ("ct_state in 1..5", "1", "values of ct_state have no order", "write ct_state hits 1"),
        ("tp_dst > 80/0xf0", "80/0xf0", "`>` takes no mask", "leave the mask off"),
        ("tp_dst in 9..5", "9..5", "the range ends before it begins", "write 5..9"),
        ("nw_proto = 6/7", "6/7", "nw_proto cannot be matched in part", "leave the mask off"),
        ("dl_vlan in {0xffff}", "0xffff", "`0xffff` is no value that could be in a set", "write dl_vlan = 0xffff"),
        ("in_port = tap-db-9, tcp", "tap-db-9", "no port `tap-db-9`", "did you mean `tap-db-1`?"),
        ("out = 70000", "70000", "port numbers go up to 65535", "use a smaller number"),
        ("table = RULES_EGRESS and tcp", "RULES_EGRESS", "no table `RULES_EGRESS`", "did you mean `RULES_INGRESS`?"),
        ("table = 256", "256", "no table `256`", "tables are numbered from 0 to 255"),
        ("next table FOO", "FOO", "no table `FOO`", "a table number or name (values: Tab)"),
        ("next flow zz", "zz", "`zz` is no id of a flow", "an id is hexadecimal digits, as 9c41"),
        (
            "next flow ffffffffffffffff",
            "ffffffffffffffff",
            "no flow `ffffffffffffffff` here",
            "ids are shown in the detail of a flow",
        ),
        ("next group x", "x", "`x` is no number", "as 5 or 0x5"),
        ("n_packets > 5KiB", "5KiB", "n_packets counts no bytes, `KiB` is no unit of it", "as 5, 10k or 2M"),
        ("n_packets > 5s", "5s", "n_packets is no duration, `s` is no unit of it", "count, as 5 or 10k"),
        ("age > 5k", "5k", "age is a duration, `k` is no unit of it", "duration, as 90s, 2m30s or 1d"),
        ("age > 5min", "5min", "`min` is no unit of time", "units are ms s m h d"),
        ("priority = 5k", "5k", "priority is a plain number, `k` is no unit of it", "as 5 or 0x5"),
        ("priority = -1", "-1", "`-1` is no number", "as 5 or 0x5"),
        ("share > 5k", "5k", "`5k` is no share of share", "percent, as 0.5 or 12"),
        ("cookie > 5/7", "5/7", "`>` takes no mask", "leave the mask off"),
        ("cookie in 5/7..9", "5/7..9", "a range takes no mask", "leave the mask off"),
        ("id = 9g41", "9g41", "`9g41` is no id of a flow", "an id is hexadecimal digits, as 9c41"),
        ("id > 9c41", ">", "values of id have no order", "write = or !="),
        (
            "flags = send, tcp",
            "send",
            "`send` is no value of flags",
            "one of send_flow_rem check_overlap reset_counts no_packet_counts no_byte_counts allow_hidden_fields no_readonly_table",
        ),
        ("owner = l3", "l3", "`l3` is no value of owner", "did you mean `l2`?"),
        ("ct = 5", "= 5", "`ct` takes no value", "it stands alone; there are ct.zone ct.table ct.commit ct.nat"),
        ("conj = 18", "= 18", "`conj` takes no value", "it stands alone; there are conj.id"),
        ("bridge > x", ">", "values of bridge have no order", "write = or !="),
        ("match in a..b", "a..b", "values of match have no order", "write a set: {a, b}"),
        ("set.reg5 ~ \"5\"", "~ \"5\"", "`set.reg5` takes values", "write actions ~ \"..\" to look at the text"),
        (
            "actions ~ \"(\", tcp",
            "\"(\"",
            "this is no regular expression: unclosed group",
            "a \\ before ( ) [ ] { } . * + ? takes them as they are",
        ),
        (
            "hits{table=5}",
            "table",
            "`table` is nothing that a packet has",
            "a packet has a protocol and match fields, as {tcp,nw_dst=10.0.0.5}",
        ),
        (
            "hits{drop}",
            "drop",
            "`drop` is nothing that a packet has",
            "a packet has a protocol and match fields, as {tcp,nw_dst=10.0.0.5}",
        ),
        ("hits{tcp=6}", "6", "`tcp` is a keyword and takes no value", "it stands alone"),
        ("hits{nw_src}", "nw_src", "`nw_src` needs a value", "as nw_src=.."),
        ("dead, round", "round", "alias `round` leads back to itself", "take one of them out"),
        ("dead, broken", "broken", "in alias `broken`: expected a value after `=`", ""),
    ] {
        let d = wrong(&world, text);
        let found = (d.span.slice(text), d.message.as_str(), d.hint.as_deref().unwrap_or(""));
        assert_eq!(found, (at, message, hint), "{text}");
        assert_ne!(d.code, UNFINISHED, "{text}");
    }
}

#[test]
fn regular_expressions_are_bounded() {
    let world = world();
    let d = wrong(&world, "actions ~ /((a{99}){99}){99}/");
    assert_eq!(d.message, "this regular expression takes more than 1048576 bytes");
}

#[test]
fn what_is_being_typed_is_unfinished() {
    let world = world();
    let typed = [
        "reg6[0..15] = 0x284, dead, age > 1d",
        "table in {RULES_INGRESS, 72} and nw_dst hits 10.0.0.12",
        "ct_state hits +new-est and actions ~ /resubmit/",
        "in_port = tap-db-1 or not hits{tcp,nw_src=10.0.0.1}",
        "has ct.zone, dl_src = fa:16:3e:00:00:01, flags = send_flow_rem",
    ];
    for text in typed {
        for end in 1..=text.len() {
            // While it is typed, no beginning of a right text is called wrong.
            if let Err(d) = Filter::parse(&text[..end], &world.scope()) {
                let is_word = d.code == UNFINISHED;
                assert!(is_word, "{}: {d}", &text[..end]);
            }
        }
    }
    // A beginning of nothing, or one in the middle, is wrong.
    for text in ["xyzzy", "nw_s and tcp", "in_port = zap", "table = Q", "ct_state = +q", "nw_src = 10.x"] {
        assert_ne!(wrong(&world, text).code, UNFINISHED, "{text}");
    }
}
