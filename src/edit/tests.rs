//! What is told and offered while a flow is typed, on a bridge of a few flows.

use super::*;
use crate::base::paint::Role;
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::dump::change_file;
use crate::dump::flows;
use crate::field::Names;
use crate::model::naming::TableWord;
use crate::model::port::Port;

const FLOWS: &str = "\
 cookie=0x7001, table=0, n_packets=5, priority=100,in_port=1 actions=load:0x15->NXM_NX_REG5[],resubmit(,82)\n\
 cookie=0x7001, table=0, n_packets=0, priority=0 actions=drop\n\
 cookie=0x7001, table=82, n_packets=9, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x15,tp_dst=5432 actions=output:2\n\
 cookie=0x7001, table=82, n_packets=9, priority=77,ct_state=+new-est,tcp,reg5=0x15,tp_dst=5432 \
 actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:2,resubmit(,92)\n\
 cookie=0x7001, table=92, n_packets=9, priority=0 actions=conjunction(7,1/2)\n\
 cookie=0x7001, table=92, n_packets=9, priority=1,ip,nw_src=10.0.0.11,nw_dst=10.0.0.0/24 actions=drop\n";

struct Small {
    bridge: Bridge,
    naming: Naming,
}

impl Small {
    fn around(&self) -> Around<'_> {
        Around { bridge: &self.bridge, naming: &self.naming, names: NodeNames::none() }
    }
}

fn small() -> Small {
    let mut names = Names::default();
    names.add_port(1, "tap-web");
    names.add_port(2, "tap-db");
    let ports = [(1, "tap-web"), (2, "tap-db")];
    let ports = ports.map(|(number, name)| Port { number, name: name.into(), ..Port::default() });
    let loaded = flows::load(FLOWS.as_bytes(), &"f".into(), &names, &Progress::default(), |_| {});
    let bridge = Bridge {
        name: "br-int".into(),
        names: names.into(),
        flows: loaded.flows,
        ports: ports.into(),
        ..Bridge::default()
    };
    let word = |id, name: &str| TableWord { id, name: name.into(), doc: "".into(), origin: "".into() };
    let tables = vec![word(82, "RULES_INGRESS"), word(92, "ACCEPTED_INGRESS"), word(93, "DROPPED")];
    Small { bridge, naming: Naming { tables, ..Naming::default() } }
}

/// Mistakes as `word: message; hint -> what the fix makes of the text`.
fn told(text: &str) -> Vec<String> {
    let small = small();
    let told = |c: &Complaint| {
        let d = &c.diagnostic;
        let fixed = c.fix.as_ref().map(|f| f.apply(text, 0).0).unwrap_or_default();
        format!("{}: {d} -> {fixed}", d.span.slice(text))
    };
    check(text, &small.around()).complaints.iter().map(told).collect()
}

/// What is offered where `|` stands.
fn offered(text: &str) -> Vec<String> {
    let (small, cursor) = (small(), text.find('|').unwrap());
    let text = text.replacen('|', "", 1);
    complete(&text, cursor, &small.around()).items.into_iter().map(|i| i.insert).collect()
}

fn completed(text: &str) -> String {
    let (small, cursor) = (small(), text.find('|').unwrap());
    let text = text.replacen('|', "", 1);
    let found = complete(&text, cursor, &small.around());
    let Some(item) = found.items.first() else { return text };
    let fix = Fix { span: found.replace, text: item.insert.clone(), adds: false };
    fix.apply(&text, cursor).0
}

#[test]
fn mistakes_are_told_all_at_once_each_with_its_fix() {
    let text = "table=82,priority=77,reg5=0x15,nw_src=10.0.0.11,tp_dst=5432 actions=output:2,resubmt(,92)";
    assert_eq!(
        told(text),
        [
            "nw_src: `nw_src` needs ip; Ctrl-f adds tcp -> \
             table=82,priority=77,reg5=0x15,tcp,nw_src=10.0.0.11,tp_dst=5432 actions=output:2,resubmt(,92)",
            "tp_dst: `tp_dst` needs tcp, udp or sctp -> ",
            "resubmt: no action `resubmt`; did you mean `resubmit`? -> \
             table=82,priority=77,reg5=0x15,nw_src=10.0.0.11,tp_dst=5432 actions=output:2,resubmit(,92)",
        ]
    );
}

#[test]
fn a_word_that_nobody_knows_is_told_first() {
    let told = told("add tabl=3");
    assert!(told[0].starts_with("tabl: no field `tabl`; did you mean `table`? -> add table=3"), "{told:?}");
    // Whoever mistypes `actions` has not forgotten them.
    assert_eq!(
        self::told("tcp,actoins=output:2"),
        ["actoins: no field `actoins`; did you mean `actions`? -> tcp,actions=output:2"]
    );
}

#[test]
fn words_that_are_missing_are_offered_where_they_help() {
    let fixed = |text: &str| {
        let small = small();
        let checked = check(text, &small.around());
        let fix = checked.fix(0, true).and_then(|c| c.fix.clone());
        fix.map_or("nothing".to_owned(), |fix| fix.apply(text, 0).0)
    };
    assert_eq!(fixed("tp_dst=80,actions=drop"), "tcp,tp_dst=80,actions=drop");
    assert_eq!(fixed("ip,tp_dst=80,actions=drop"), "tcp,tp_dst=80,actions=drop");
    assert_eq!(fixed("ipv6,tp_dst=80,actions=drop"), "tcp6,tp_dst=80,actions=drop");
    assert_eq!(fixed("ipv6_src=fe80::1,udp_dst=80,actions=drop"), "udp6,ipv6_src=fe80::1,udp_dst=80,actions=drop");
    assert_eq!(fixed("arp_spa=10.0.0.1,actions=drop"), "arp,arp_spa=10.0.0.1,actions=drop");
    assert_eq!(fixed("nd_target=fe80::1,actions=drop"), "icmp6,icmpv6_type=135,nd_target=fe80::1,actions=drop");
    assert_eq!(fixed("mpls_label=3,actions=drop"), "mpls,mpls_label=3,actions=drop");
    // ARP packets have no ports; nothing that could be added helps.
    assert_eq!(fixed("arp,tp_dst=80,actions=drop"), "nothing");
    assert_eq!(fixed("priority=5,tcp"), "priority=5,tcp,actions=drop");
    assert_eq!(fixed(""), "actions=drop");
    assert_eq!(fixed("tcp,tp_dst=80,actions=drop"), "nothing");
}

#[test]
fn what_is_bent_is_told_with_what_it_becomes() {
    let told = told("ip,nw_src=10.0.0.11/24,actions=output:2");
    assert_eq!(
        told,
        ["10.0.0.11/24: `10.0.0.11/24` has bits that its mask leaves out, they are dropped; it becomes 10.0.0.0/24 \
          -> ip,nw_src=10.0.0.0/24,actions=output:2"]
    );
}

#[test]
fn places_that_the_bridge_does_not_have_are_told() {
    let codes = |text: &str| -> Vec<&'static str> {
        let small = small();
        check(text, &small.around()).complaints.iter().map(|c| c.diagnostic.code).collect()
    };
    assert_eq!(codes("actions=output:7"), ["missing-port"]);
    assert_eq!(codes("actions=output:2,NORMAL,IN_PORT"), [""; 0]);
    assert_eq!(codes("actions=resubmit(,93)"), ["empty-table"]);
    assert_eq!(codes("table=82,actions=resubmit(,82)"), ["same-table"]);
    assert_eq!(codes("actions=group:5"), ["missing-group"]);
    assert_eq!(codes("actions=meter:5,output:1"), ["missing-meter"]);
    assert_eq!(codes("table=5,actions=goto_table:3"), ["inconsistent", "empty-table"]);
}

#[test]
fn names_that_only_people_have_lead_to_numbers() {
    let told = told("table=RULES_INGRESS,actions=drop");
    assert_eq!(
        told,
        ["RULES_INGRESS: no table `RULES_INGRESS`; did you mean `82`? that is the number of RULES_INGRESS \
          -> table=82,actions=drop"]
    );
}

#[test]
fn fields_values_tables_and_ports_of_this_bridge_are_offered() {
    assert_eq!(offered("|")[..3], ["table=", "priority=", "ct_state="]);
    assert_eq!(offered("tcp,tp_d|")[..1], ["tp_dst="]);
    assert_eq!(offered("tcp,tp_dst=|"), ["5432"]);
    assert_eq!(offered("reg5=|"), ["0x15"]);
    assert_eq!(offered("table=|"), ["0", "82", "92", "93"]);
    assert_eq!(offered("table=rules|"), ["82"]);
    assert_eq!(offered("in_port=tap|"), ["tap-web", "tap-db"]);
    assert_eq!(offered("priority=|"), ["0", "77", "1", "100"]);
    assert_eq!(offered("cookie=|"), ["0x7001"]);
    assert!(offered("ct_state=+|").contains(&"+trk".to_owned()));
    assert!(offered("tcp,act|").contains(&"actions=".to_owned()));
    assert!(offered("delete out_p|") == ["out_port="] && offered("out_por|").iter().all(|i| i != "out_port="));
}

#[test]
fn actions_are_offered_with_what_they_take() {
    assert_eq!(offered("actions=resub|"), ["resubmit("]);
    assert_eq!(offered("actions=output:tap|"), ["tap-web", "tap-db"]);
    assert_eq!(offered("actions=resubmit(,|"), ["0", "82", "92", "93"]);
    assert_eq!(offered("actions=resubmit(,acc|"), ["92"]);
    assert_eq!(offered("actions=resubmit(,92,|"), ["ct"]);
    assert_eq!(offered("actions=ct(com|"), ["commit"]);
    assert_eq!(offered("actions=ct(commit,zone=|"), ["NXM_NX_REG6[0..15]"]);
    assert_eq!(offered("actions=ct(commit,table=9|"), ["92", "93"]);
    assert_eq!(offered("actions=load:5->reg1|")[0], "reg1[]");
    assert_eq!(offered("actions=clone(outp|"), ["output:"]);
    assert_eq!(offered("actions=conjunction(|"), ["7"]);
    assert_eq!(completed("actions=output:2,resubmt|(,92)"), "actions=output:2,resubmit(,92)");
    assert_eq!(completed("tp_ds|t=5"), "tp_dst=5");
}

#[test]
fn the_grammar_of_the_action_at_the_cursor_is_known() {
    let name = |text: &str| grammar(text, text.len()).map_or("", |w| w.name);
    assert_eq!(name("tcp,actions=resubmit(,9"), "resubmit");
    assert_eq!(name("actions=output:"), "output");
    assert_eq!(name("actions=ct(commit,zone=5,nat(src="), "nat");
    assert_eq!(name("actions=ct(commit),out"), "");
    assert_eq!(name("tcp,tp_dst="), "");
}

#[test]
fn a_fix_leaves_the_cursor_on_its_character() {
    let fix = Fix { span: Span::new(4, 6), text: "xyz".into(), adds: false };
    let at = |cursor| fix.apply("0123456789", cursor);
    assert_eq!(at(2), ("0123xyz6789".into(), 2));
    assert_eq!((at(5).1, at(6).1, at(10).1, at(99).1), (7, 7, 11, 11));
    assert_eq!(Fix { span: Span::new(1, 1), text: "é".into(), adds: true }.apply("é", 1).0, "éé");
}

#[test]
fn a_form_has_a_line_for_every_word_and_every_action() {
    let small = small();
    let lines = |text: &str| -> Vec<String> {
        let lines = form(text, &small.around());
        lines.iter().map(|l| format!("{}{}", if l.is_action { "> " } else { "" }, l.span.slice(text))).collect()
    };
    assert_eq!(
        lines("table=82,tcp,tp_dst=80 actions=ct(commit,zone=5),output:2"),
        ["table=82", "tcp", "tp_dst=80", "> ct(commit,zone=5)", "> output:2"]
    );
    assert_eq!(lines("tcp,"), ["tcp", ""]);
    assert_eq!(lines(""), [""]);
    assert_eq!(lines("tcp,actions="), ["tcp", "> "]);
    let text = "table=82,tcp,actions=drop";
    let lines = form(text, &small.around());
    assert_eq!([0, 8, 9, 12, 21, 99].map(|at| line_at(&lines, at)), [0, 0, 1, 1, 2, 2]);
    assert_eq!(lines[0].doc, "RULES_INGRESS");
}

#[test]
fn a_typed_flow_has_the_colours_of_a_printed_one() {
    let (small, text) = (small(), "table=82,tcp,reg5=0x15,tp_dsr=80,actions=output:2,resubmit(,92)");
    let survey = change_file::survey(text, &small.bridge.names).0;
    let painted: Vec<(&str, Role)> =
        pieces(text, &survey, &small.around()).iter().map(|p| (p.span.slice(text), p.role)).collect();
    assert!(painted.contains(&("tcp", Role::Proto)) && painted.contains(&("resubmit", Role::Goto)), "{painted:?}");
    assert!(painted.contains(&("82", Role::Goto)) && painted.contains(&("output", Role::Output)), "{painted:?}");
    assert!(painted.iter().all(|(text, _)| !text.contains("tp_dsr")), "{painted:?}");
}

/// Numbers that look random (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n64 = self.0;
        n64 = (n64 ^ (n64 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n64 = (n64 ^ (n64 >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((n64 ^ (n64 >> 31)) % n as u64) as usize
    }
}

const PARTS: [&str; 52] = [
    "tcp",
    "ip",
    "arp",
    "ipv6",
    "tp_dst=",
    "tp_dsr=80",
    "80",
    "nw_src=",
    "10.0.0.1/24",
    "reg5=",
    "0x15",
    "table=",
    "82",
    "priority=",
    "ct_state=+new",
    "actions=",
    "actions=drop",
    "output:",
    "2",
    "resubmit(,",
    "92",
    ")",
    "(",
    ",",
    " ",
    "ct(commit",
    ",zone=",
    "->",
    "load:1->NXM_NX_REG0[]",
    "é",
    "\"",
    "\u{1b}",
    "learn(",
    "delete ",
    "[0..15]",
    "in_port=",
    "tap-web",
    "group:7",
    "nd_target=::1",
    "clone(",
    "group ",
    "group_id=",
    "type=select",
    "bucket=",
    "weight:",
    "watch_port=",
    "meter ",
    "meter=",
    "kbps",
    "bands=type=drop",
    "rate=",
    "insert_bucket ",
];

#[test]
fn any_text_with_any_cursor_is_answered_and_every_fix_helps() {
    let small = small();
    let around = small.around();
    let mut dice = Dice(7);
    let mut mended = 0;
    for _ in 0..3000 {
        let text: String = (0..dice.below(10)).map(|_| PARTS[dice.below(PARTS.len())]).collect();
        let cursor = dice.below(text.len() + 3);
        let found = complete(&text, cursor, &around);
        let (start, end) = (found.replace.start as usize, found.replace.end as usize);
        assert!(text.get(start..end).is_some(), "{text:?} {cursor}");
        grammar(&text, cursor);
        let lines = form(&text, &around);
        assert!(line_at(&lines, cursor) < lines.len(), "{text:?}");
        let checked = check(&text, &around);
        for piece in pieces(&text, &checked.survey, &around) {
            assert!(text.get(piece.span.start as usize..piece.span.end as usize).is_some(), "{text:?}");
        }
        for complaint in &checked.complaints {
            let span = complaint.diagnostic.span;
            assert!(text.is_char_boundary((span.start as usize).min(text.len())), "{text:?} {complaint:?}");
            let Some(fix) = &complaint.fix else { continue };
            let (fixed, at) = fix.apply(&text, cursor);
            assert!(fixed.is_char_boundary(at));
            let again = check(&fixed, &around);
            let same = |c: &&Complaint| c.diagnostic == complaint.diagnostic;
            assert!(again.complaints.iter().filter(same).count() == 0, "{text:?} -> {fixed:?} still has {complaint:?}");
            mended += 1;
        }
    }
    assert!(mended > 500, "the dice mend too little: {mended}");
}

#[test]
fn every_argument_row_is_an_action() {
    for row in arguments::rows() {
        let is_word = crate::action::word_by_name(row.action).is_some() || row.action == "exec";
        assert!(is_word, "{}", row.action);
    }
}

#[test]
fn whatever_is_offered_is_known_to_the_reader() {
    let small = small();
    let unknown = |text: &str| {
        let read = crate::dump::flow_line::survey(text, &small.bridge.names);
        read.found.into_iter().find(|d| d.code.starts_with("unknown") && d.is_error() && !d.span.slice(text).is_empty())
    };
    for head in ["", "tcp,", "actions=", "actions=output:", "actions=resubmit(,", "actions=ct(", "table=", "in_port="] {
        for item in complete(head, head.len(), &small.around()).items {
            let text = format!("{head}{}", item.insert);
            assert_eq!(unknown(&text), None, "{text}");
        }
    }
}

#[test]
fn mistakes_of_groups_and_meters_are_told_with_their_fixes() {
    assert_eq!(
        told("group add group_id=5,typ=all,bucket=actions=outptu:2"),
        [
            "typ: no word `typ` in a group; did you mean `type`? -> \
             group add group_id=5,type=all,bucket=actions=outptu:2",
            "outptu: no action `outptu`; did you mean `output`? -> \
             group add group_id=5,typ=all,bucket=actions=output:2",
        ]
    );
    let added = |text: &str| {
        let (small, mut text) = (small(), text.to_owned());
        while let Some(fix) = check(&text, &small.around()).fix(0, true).and_then(|c| c.fix.clone()) {
            text = fix.apply(&text, 0).0;
        }
        text
    };
    assert_eq!(added("group"), "group group_id=1,type=all");
    assert_eq!(added("group add bucket=actions=drop"), "group add group_id=1,type=all,bucket=actions=drop");
    assert_eq!(added("group_id=3,type=ff"), "group_id=3,type=ff");
    assert_eq!(added("group_id=3,type=all,bucket=weight:0"), "group_id=3,type=all,bucket=weight:0,actions=drop");
    assert_eq!(added("meter add meter=4"), "meter add meter=4,kbps,bands=type=drop,rate=1000");
    assert_eq!(
        told("meter=4,kbsp,bands=type=drop,rate=1")[0].split(" -> ").nth(1),
        Some("meter=4,kbps,bands=type=drop,rate=1")
    );
}

#[test]
fn groups_that_are_there_already_or_not_at_all_are_told() {
    let mut small = small();
    let group = |id| crate::model::group::Group {
        id,
        kind: crate::model::group::GroupType::All,
        selection_method: "".into(),
        selection_method_param: 0,
        fields: Vec::new(),
        buckets: Vec::new(),
    };
    small.bridge.groups = vec![group(1), group(3)];
    let codes = |text: &str| -> Vec<&'static str> {
        check(text, &small.around()).complaints.iter().map(|c| c.diagnostic.code).collect()
    };
    assert_eq!(codes("group add group_id=3,type=all,bucket=actions=output:2"), ["group-exists"]);
    assert_eq!(codes("group modify group_id=3,type=all,bucket=actions=output:2"), [""; 0]);
    assert_eq!(codes("group modify group_id=2,type=all,bucket=actions=output:7"), ["missing-group", "missing-port"]);
    assert_eq!(codes("group delete group_id=2"), ["missing-group"]);
    assert_eq!(codes("group delete group_id=all"), [""; 0]);
    assert_eq!(codes("group add group_id=2,type=all"), ["no-bucket"]);
    assert_eq!(codes("meter delete meter=2"), ["meter-number"]);
    // A group that is left out is the first that nobody has; one that is there is offered where it has to be there.
    let offered = |text: &str| -> Vec<String> {
        complete(text, text.len(), &small.around()).items.into_iter().map(|i| i.insert).collect()
    };
    assert_eq!(offered("group add group_id="), ["2"]);
    assert_eq!(offered("group modify group_id="), ["1", "3"]);
}

#[test]
fn words_of_groups_and_meters_are_offered() {
    assert_eq!(offered("grou|"), ["group "]);
    assert_eq!(offered("group ins|"), ["insert_bucket "]);
    assert_eq!(offered("group add ty|"), ["type="]);
    assert_eq!(offered("group add group_id=1,type=|"), ["all", "select", "indirect", "ff"]);
    assert_eq!(offered("group add group_id=1,type=select,selection_method=|"), ["hash", "dp_hash"]);
    assert_eq!(offered("group add group_id=1,type=all,bucket=wat|"), ["watch_port:", "watch_group:"]);
    assert_eq!(offered("group add group_id=1,type=ff,bucket=watch_port:tap-d|"), ["tap-db"]);
    assert_eq!(offered("group add group_id=1,type=all,bucket=actions=outp|"), ["output:"]);
    assert_eq!(offered("group add group_id=1,type=all,bucket=weight:1,resubmit(,|"), ["0", "82", "92", "93"]);
    assert_eq!(offered("group remove_bucket group_id=1,command|"), ["command_bucket_id="]);
    assert_eq!(offered("group remove_bucket group_id=1,bucket|").iter().find(|i| *i == "bucket="), None);
    assert_eq!(offered("meter mod|"), ["modify "]);
    assert_eq!(offered("meter add meter=1,kb|"), ["kbps"]);
    assert_eq!(offered("meter add meter=1,kbps,ban|"), ["bands="]);
    assert_eq!(offered("meter add meter=1,kbps,bands=type=|"), ["drop", "dscp_remark"]);
    assert_eq!(offered("meter add meter=1,kbps,bands=type=drop,ra|"), ["rate="]);
    assert_eq!(grammar("group_id=1,type=all,bucket=actions=resubmit(", 45).map(|w| w.name), Some("resubmit"));
}

#[test]
fn a_group_can_be_laid_out_as_a_form() {
    let small = small();
    let text = "group add group_id=1,type=all,bucket=weight:3,actions=output:2,resubmit(,5),bucket=actions=drop";
    let lines = form(text, &small.around());
    let parts: Vec<(&str, bool)> = lines.iter().map(|l| (l.span.slice(text), l.is_action)).collect();
    assert_eq!(
        parts,
        [
            ("group", false),
            ("add", false),
            ("group_id=1", false),
            ("type=all", false),
            ("bucket=weight:3", false),
            ("actions=output:2", true),
            ("resubmit(,5)", true),
            ("bucket=actions=drop", true),
        ]
    );
    assert!(lines[2].doc.contains("number") && lines[5].doc == lines[5].doc.trim() && !lines[5].doc.is_empty());
}
