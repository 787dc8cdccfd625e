//! Actions as text, in and out. What a real switch prints is tested in `tests/words.rs`.

use super::*;
use crate::field::Match;

fn read(text: &str) -> Result<(Actions, Vec<&'static str>), String> {
    let mut cx = Cx::new(text, Names::none(), Mode::Typed);
    let actions = parse(text, Outer::Flow, &mut cx).map_err(|d| d.message)?;
    Ok((actions, cx.found.iter().map(|d| d.code).collect()))
}

#[test]
fn every_word_has_a_form_and_is_found_in_any_case() {
    let names: std::collections::HashSet<_> = words().map(|w| w.name).collect();
    assert_eq!(names.len(), words().count(), "a word stands twice");
    for word in words() {
        assert!(word.form.starts_with(word.name) && !word.doc.is_empty(), "{}", word.name);
        assert!(std::ptr::eq(word_by_name(&word.name.to_uppercase()).unwrap(), word));
    }
}

#[test]
fn canonical_spellings() {
    for (typed, printed) in [
        ("2", "output:2"),
        ("Normal", "NORMAL"),
        ("controller", "CONTROLLER:65535"),
        ("resubmit(7,)", "resubmit:7"),
        ("resubmit(,72)", "resubmit(,72)"),
        ("ct(zone=5,table=3,commit,nat)", "ct(commit,table=3,zone=5,nat)"),
        (
            "ct(commit,exec(set_field:1->ct_mark),nat(src=10.0.0.1))",
            "ct(commit,exec(set_field:0x1->ct_mark,nat(src=10.0.0.1)))",
        ),
        ("load:0x5->reg0[0..15]", "load:0x5->NXM_NX_REG0[0..15]"),
        ("load(1->NXM_NX_REG0[])", "load:0x1->NXM_NX_REG0[]"),
        ("move:reg0[]->reg1[]", "move:NXM_NX_REG0[]->NXM_NX_REG1[]"),
        ("clone()", "clone(drop)"),
        ("drop", "drop"),
        ("", "drop"),
        (
            "learn(table=1,NXM_OF_VLAN_TCI[0..11],output:NXM_OF_IN_PORT[])",
            "learn(table=1,NXM_OF_VLAN_TCI[0..11],output:NXM_OF_IN_PORT[])",
        ),
        ("controller(userdata=00.0a,pause)", "controller(userdata=00.0a,pause)"),
        ("conjunction(3, 1/2)", "conjunction(3,1/2)"),
        ("bundle(eth_src,0,hrw,ofport,slaves:1,2)", "bundle(eth_src,0,hrw,ofport,members:1,2)"),
        ("encap(nsh(md_type=2,tlv(0x1000,10,0x12)))", "encap(nsh(md_type=2,tlv(0x1000,10,0x12)))"),
        ("set_mpls_label:5", "set_mpls_label(5)"),
        ("output(port=1,max_len=100)", "output(port=1,max_len=100)"),
        ("check_pkt_larger(100)->reg0[0]", "check_pkt_larger(100)->NXM_NX_REG0[0]"),
    ] {
        assert_eq!(read(typed).map(|(a, _)| a.text()), Ok(printed.to_owned()), "{typed}");
    }
}

#[test]
fn mistakes_are_named() {
    let cases = [
        ("resubmt(,72)", "no action `resubmt`"),
        ("output:1,drop", "`drop` must stand alone"),
        ("goto_table:5,output:1", "apply_actions must come before goto_table"),
        ("conjunction(1,1/2),output:1", "conjunction may stand with note only, not with output"),
        ("nat", "nat can stand in ct(..) only"),
        ("set_field:1->ct_mark", "ct_mark and ct_label can be set in ct(exec(..)) only"),
        ("load:2->reg0[0]", "0x2 does not fit into 1 bits"),
        ("ct(commit,exec(output:1))", "output cannot stand in ct(exec(..))"),
        ("clone(goto_table:5)", "goto_table is not allowed in clone"),
    ];
    for (text, message) in cases {
        assert_eq!(read(text).map(|(a, _)| a.text()), Err(message.to_owned()), "{text}");
    }
    let deep = format!("{}output:1{}", "clone(".repeat(2000), ")".repeat(2000));
    assert_eq!(read(&deep).unwrap_err(), "actions are nested more than 100 deep");
    assert_eq!(read(&"output:1,".repeat(20_000)).unwrap_err(), "the actions of a flow are at most 64 kB");
}

#[test]
fn what_is_bent_is_noted() {
    assert_eq!(read("resubmit(,2").unwrap().1, ["open-parenthesis"]);
    assert_eq!(read("exit(1)").unwrap().1, ["ignored-argument"]);
    assert_eq!(read("load:1/1->reg0[]").unwrap().1, ["bent-value"]);
    assert_eq!(read("learn(table=1,priority=65536)").unwrap().1, ["bent-number"]);
}

#[test]
fn printed_text_is_never_refused() {
    let text = "frobnicate(a,b(c)),output:1,set_field:ANY->reg0,set_field:37/0x3f->ip_dscp";
    let mut cx = Cx::new(text, Names::none(), Mode::Dumped);
    let actions = parse(text, Outer::Flow, &mut cx).unwrap();
    assert_eq!(actions.text(), text);
    assert_eq!(cx.found.len(), 1);
    assert_eq!(cx.found[0].span.slice(text), "frobnicate");
}

#[test]
fn versions_change_the_words() {
    let carried = |text: &str, version| {
        let (actions, _) = read(text).unwrap();
        carry(&actions, version, &Walk::new(&Match::any(), 255)).unwrap().text()
    };
    assert_eq!(carried("mod_vlan_vid:10", Version::V13), "push_vlan:0x8100,set_field:4106->vlan_vid");
    assert_eq!(carried("mod_vlan_vid:10", Version::V10), "mod_vlan_vid:10");
    assert_eq!(carried("goto_table:5", Version::V10), "resubmit(,5)");
    assert_eq!(carried("enqueue:2:8", Version::V13), "set_queue:8,output:2,pop_queue");
    assert_eq!(carried("load:0x1->NXM_NX_REG0[]", Version::V15), "set_field:0x1->reg0");
    assert_eq!(
        carried("set_field:0x5/0x5->metadata", Version::V13),
        "load:0x1->OXM_OF_METADATA[0],load:0x1->OXM_OF_METADATA[2]"
    );
    assert_eq!(carried("note:01", Version::V10), "note:01.00.00.00.00.00");
    assert_eq!(carried("set_tunnel64:1", Version::V13), "set_field:0x1->tun_id");
}
