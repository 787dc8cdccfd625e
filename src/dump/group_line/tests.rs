use super::*;
use crate::action::output::Output;

fn typed(line: &str) -> Result<Change, String> {
    parse(line, Names::none(), Mode::Typed).map(|r| r.line.change).map_err(|d| d.to_string())
}

fn group(line: &str) -> Group {
    match typed(line) {
        Ok(Change::Asked(GroupMod::Add(group))) => group,
        other => panic!("{other:?}"),
    }
}

/// The line that the change prints as.
fn printed(line: &str) -> String {
    let mut out = String::new();
    typed(line).unwrap().paint(Names::none(), &mut out);
    out
}

#[test]
fn a_dumped_line_is_read_and_printed() {
    for line in [
        " group_id=5,type=all",
        " group_id=1,type=select,bucket=weight:0,actions=IN_PORT,bucket=actions=LOCAL,resubmit(,3)",
        " group_id=3,type=ff,bucket=bucket_id:1,watch_port:12,watch_group:1,actions=output:12,group:1",
        " group_id=2,type=select,selection_method=hash,selection_method_param=7,fields(reg0=0xff,tcp_dst),\
         bucket=bucket_id:9,weight:5,actions=drop",
        " group_id=7,type=select,selection_method=hash,fields=ipv6_dst=ffff:ffff::,bucket=actions=note:00.11",
    ] {
        let reading = parse(line, Names::none(), Mode::Dumped).unwrap();
        assert_eq!((reading.line.written, reading.found), (None, vec![]), "{line}");
        let mut out = String::new();
        reading.line.change.paint(Names::none(), &mut out);
        assert_eq!(out, line);
    }
}

#[test]
fn what_a_dump_prints_otherwise_is_kept_as_it_was() {
    let line = " group_id=1,type=all,bucket=actions=output:2,";
    let reading = parse(line, Names::none(), Mode::Dumped).unwrap();
    assert_eq!(reading.line.written.as_deref(), Some(line));
    assert_eq!((reading.found.len(), reading.found[0].span.start as usize), (1, line.len() - 1));
    let mut out = String::new();
    reading.line.paint(Names::none(), &mut out);
    assert_eq!(out, line);
}

#[test]
fn an_unknown_action_of_a_dump_is_kept_and_told() {
    let line = " group_id=1,type=all,bucket=actions=frobnicate(1,2),output:2";
    let reading = parse(line, Names::none(), Mode::Dumped).unwrap();
    assert_eq!(reading.line.written, None);
    assert_eq!(reading.found[0].span.slice(line), "frobnicate");
    assert_eq!(reading.line.group().unwrap().buckets[0].actions.0.len(), 2);
}

#[test]
fn people_write_in_any_order() {
    let line = "group_id=0x10 type=fast_failover bucket=output:1,watch_port:3,bucket=watch_group=2,Actions=output:2,1";
    let group = group(line);
    assert_eq!((group.id, group.kind), (16, GroupType::FastFailover));
    assert_eq!(group.buckets[0].watch_port, Some(3));
    assert_eq!(group.buckets[0].actions.0, [Output { port: 1, max_len: 0 }.into()]);
    assert_eq!((group.buckets[1].watch_group, group.buckets[1].actions.0.len()), (Some(2), 2));
    assert_eq!(
        printed(line),
        "add group_id=16,type=ff,bucket=watch_port:3,actions=output:1,bucket=watch_group:2,actions=output:2,output:1"
    );
}

#[test]
fn keys_may_part_the_actions() {
    let line = "group_id=1,type=select,bucket=output:1,weight:5,output:2,actions(set_field:1->reg0,output:3),group:4";
    assert_eq!(
        printed(line),
        "add group_id=1,type=select,bucket=weight:5,actions=output:1,output:2,set_field:0x1->reg0,output:3,group:4"
    );
}

#[test]
fn commands() {
    assert_eq!(typed("delete"), Ok(Change::Asked(GroupMod::Delete(None))));
    assert_eq!(typed("del group_id=7"), Ok(Change::Asked(GroupMod::Delete(Some(7)))));
    assert_eq!(typed("delete group_id=all"), Ok(Change::Asked(GroupMod::Delete(None))));
    assert!(matches!(typed("m group_id=1,type=all"), Ok(Change::Asked(GroupMod::Modify(_)))));
    assert!(matches!(typed("add_or_mod group_id=1,type=all # why"), Ok(Change::Asked(GroupMod::AddOrModify(_)))));
    for line in [
        "insert_bucket group_id=1,command_bucket_id=first,bucket=bucket_id:7,actions=output:1",
        "remove_bucket group_id=1,command_bucket_id=7",
        "modify group_id=1,type=indirect,bucket=actions=drop",
        "delete group_id=9",
        "delete",
    ] {
        let reading = parse(line, Names::none(), Mode::Typed).unwrap();
        assert_eq!((reading.line.written, printed(line).as_str()), (None, line));
    }
    assert_eq!(printed("remove_bucket group_id=1"), "remove_bucket group_id=1,command_bucket_id=all");
}

#[test]
fn what_ovs_ofctl_refuses_is_refused_in_its_place() {
    let refused = |line: &'static str| {
        let d = parse(line, Names::none(), Mode::Typed).unwrap_err();
        (d.span.slice(line).to_owned(), d.to_string())
    };
    for (line, part, message) in [
        ("type=all", "", "the line does not say the group; add group_id=1"),
        ("group_id=1", "", "the line does not say the type; add type=all, type=select, type=indirect or type=ff"),
        ("group_id=1,typ=all", "typ", "no word `typ` in a group; did you mean `type`?"),
        ("group_id=1,type=some", "some", "no group type `some`; the types are all, select, indirect and ff"),
        ("group_id=4294967041,type=all", "4294967041", "a group's number is at most 4294967040; use a smaller number"),
        ("group_id=1,type=all,bucket=weight:5,output:1", "", "only the buckets of a select group have weights"),
        ("group_id=1,type=all,bucket=weight:x,output:1", "x", "a weight is no number: `x`; a number up to 65535"),
        ("group_id=1,type=all,bucket=bucket_id:1,", "bucket_id:1,", "the bucket has no actions; add actions=drop"),
        ("group_id=1,type=all,bucket=watch_port:LOCAL,1", "LOCAL", "`LOCAL` cannot be watched"),
        (
            "group_id=1,type=all,bucket=watch_port:p7,1",
            "p7",
            "no port `p7`; a port is a number, a reserved name such as LOCAL, or a name of this bridge",
        ),
        ("group_id=1,type=all,bucket=outptu:1", "outptu", "no action `outptu`; did you mean `output`?"),
        ("group_id=1,type=select,fields(ip_src)", "", "fields need selection_method=hash"),
        (
            "group_id=1,type=select,selection_method=hash,fields(ip_scr)",
            "ip_scr",
            "no field `ip_scr`; did you mean `ip_src`?",
        ),
        ("group_id=1,type=ff,bucket=output:1", "", "a bucket of a fast failover group needs watch_port or watch_group"),
        ("group_id=1,type=select,selection_method=hash,fields(reg0,reg0)", "reg0", "reg0 stands twice"),
        (
            "group_id=1,type=select,selection_method=hash,fields(reg0=0)",
            "0",
            "the bits that are hashed must not be all zero; leave the field out",
        ),
        ("delete group_id=1,bucket=output:1", "", "buckets are not needed here"),
        ("delete group_id=1,type=all", "type", "type is not needed here"),
        ("insert_bucket group_id=1,bucket=1", "", "the line does not say the bucket; add command_bucket_id=last"),
    ] {
        let (at, told) = refused(line);
        assert!(told == message && (part.is_empty() || at == part), "{line}: {told} at {at:?}");
    }
}
