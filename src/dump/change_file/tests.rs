use super::*;
use crate::model::flow_mod::CookieFilter;

fn refused(text: &str, version: Option<Version>) -> Vec<(String, String)> {
    let wrong = read_in(text, Names::none(), version).unwrap_err();
    wrong.into_iter().map(|d| (d.span.slice(text).to_owned(), d.message)).collect()
}

#[test]
fn a_file_comes_back_as_it_was_written() {
    let text = "add cookie=0x5, table=3, idle_timeout=9, send_flow_rem priority=7,tcp,tp_dst=22 actions=output:1\n\
                modify cookie=0x1/0xff, table=0, priority=9 actions=drop\n\
                delete out_port=3, table=1, ip\n\
                delete_strict cookie=0x8/0xffffffffffffffff, table=1, priority=3,in_port=4\n";
    let requests = read(text, Names::none(), Version::V13).unwrap();
    assert_eq!(requests.iter().map(|(span, _)| span.slice(text)).collect::<Vec<_>>(), text.lines().collect::<Vec<_>>());
    let Request::Flow(strict) = &requests[3].1 else { panic!() };
    assert_eq!(strict.cookie, CookieFilter { value: 8, mask: u64::MAX });
    assert_eq!(write(requests.iter().map(|(_, request)| request), Names::none()), text);
}

#[test]
fn groups_make_it_a_bundle_and_meters_a_comment() {
    let text = "flow add table=1, in_port=1 actions=group:7\n\
                group add group_id=7,type=select,bucket=weight:5,actions=output:1,bucket=actions=output:2\n\
                group insert_bucket group_id=7,command_bucket_id=last,bucket=bucket_id:9,actions=output:3\n\
                group delete\n\
                # ovs-ofctl -O OpenFlow13 add-meter BRIDGE meter=4,kbps,burst,stats,bands=type=drop,rate=9,burst_size=3\n\
                # ovs-ofctl -O OpenFlow13 mod-meter BRIDGE meter=controller,pktps,bands=type=drop,rate=9,type=drop,rate=4\n\
                # ovs-ofctl -O OpenFlow13 del-meter BRIDGE meter=4\n\
                # ovs-ofctl -O OpenFlow13 del-meters BRIDGE\n";
    let file = read_in(text, Names::none(), None).unwrap();
    assert_eq!(file.version, Version::V15);
    assert_eq!(file.requests.len(), 8);
    assert_eq!(write(file.requests.iter().map(|(_, request)| request), Names::none()), text);
    let same = read_in("meter add meter=4 kbps bands=type=drop rate=9\nmeter delete", Names::none(), None).unwrap();
    assert!(matches!(&same.requests[1].1, Request::Meter(MeterMod::Delete(None))), "{same:?}");
}

#[test]
fn every_wrong_line_is_told_and_nothing_is_taken() {
    let text = "# a comment\n\nadd in_prot=1,actions=drop\nadd in_port=1,actions=drop # fine\nflow modify priority=5\n\
                group add group_id=7,typ=all\nmeter add meter=0 kbps bands=type=drop rate=1\npacket-out in_port=1\n";
    let wrong = refused(text, None);
    assert_eq!(wrong.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>()[..3], ["in_prot", "", "typ"], "{wrong:?}");
    assert_eq!(wrong.len(), 5);
    assert_eq!(wrong[3].1, "no meter can have this number");
    assert_eq!(wrong[4].0, "packet-out");
}

#[test]
fn what_a_version_cannot_carry_is_refused_and_without_one_the_newest_that_can_is_taken() {
    let text = "add reset_counts in_port=1,actions=drop\ngroup remove_bucket group_id=1,command_bucket_id=all\n";
    assert_eq!(refused(text, Some(Version::V10)).len(), 1);
    assert_eq!(
        refused(text, Some(Version::V13)),
        [(
            "group remove_bucket group_id=1,command_bucket_id=all".to_owned(),
            "OpenFlow13 has no numbers for buckets".to_owned(),
        )]
    );
    assert_eq!(read_in(text, Names::none(), None).unwrap().version, Version::V15);
    let old = "add in_port=1,actions=enqueue(2,3)\n";
    assert_eq!(read_in(old, Names::none(), None).unwrap().version, Version::V15);
}

#[test]
fn a_cookie_that_a_version_does_not_set_is_told() {
    let told = |version| {
        let file = read_in("modify cookie=7,actions=drop", Names::none(), Some(version)).unwrap();
        file.found.into_iter().map(|d| d.message).collect::<Vec<_>>()
    };
    assert_eq!(told(Version::V10), [""; 0]);
    assert_eq!(told(Version::V11), ["OpenFlow11 changes no cookie: only a flow that is added gets it"]);
    assert_eq!(told(Version::V15), ["OpenFlow15 changes no cookie: it is ignored"]);
}

#[test]
fn a_line_that_names_a_group_or_a_meter_needs_no_word_in_front() {
    let read = |text: &str| read_in(text, Names::none(), None).unwrap().requests.into_iter().map(|r| r.1).collect();
    for (plain, named) in [
        ("group_id=7,type=all,bucket=output:1", "group add group_id=7,type=all,bucket=output:1"),
        ("modify group_id=7,type=all", "group modify group_id=7,type=all"),
        ("delete group_id=7", "group delete group_id=7"),
        ("meter=4 kbps bands=type=drop rate=9", "meter add meter=4 kbps bands=type=drop rate=9"),
    ] {
        let (plain, named): (Vec<Request>, Vec<Request>) = (read(plain), read(named));
        assert_eq!((plain.len(), &plain), (1, &named));
    }
    assert!(matches!(read("delete tcp")[..], [Request::Flow(_)]));
}

#[test]
fn a_match_that_is_exact_in_openflow_1_0_has_the_highest_priority_there() {
    const EXACT: &str = "in_port=1,dl_vlan=10,dl_vlan_pcp=3,dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,tcp,\
                         nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,tp_src=80,tp_dst=81";
    let priority = |text: &str, version: Version| {
        let file = read_in(text, Names::none(), Some(version)).unwrap();
        let Request::Flow(flow) = &file.requests[0].1 else { panic!("{text}") };
        let is_told = file.found.iter().any(|d| d.code == "exact-match");
        assert_eq!(is_told, flow.flow.priority == 65_535, "{text}");
        flow.flow.priority
    };
    let line = format!("priority=5,{EXACT},actions=drop");
    assert_eq!((priority(&line, Version::V10), priority(&line, Version::V11)), (65_535, 5));
    assert_eq!(priority(&format!("delete_strict priority=5,{EXACT}"), Version::V10), 65_535);
    // One line that needs the extended message makes all of them extended.
    assert_eq!(priority(&format!("{line}\nreg0=1,actions=drop"), Version::V10), 5);
    assert_eq!(priority(&line.replace("nw_tos=0,", ""), Version::V10), 5);
    assert_eq!(priority(&line.replace("10.0.0.2", "10.0.0.2/31"), Version::V10), 5);
    assert_eq!(priority(&line.replace("dl_vlan=10,dl_vlan_pcp=3", "vlan_tci=0"), Version::V10), 65_535);
    assert_eq!(priority(&line.replace("dl_vlan_pcp=3,", ""), Version::V10), 5);
    assert_eq!(priority(&line.replace("actions=drop", "actions=set_field:1->reg1"), Version::V10), 5);
}

#[test]
fn a_request_is_the_line_that_a_person_types_for_it() {
    for text in [
        "table=5,tcp,actions=output:1",
        "delete_strict table=5,tcp",
        "group modify group_id=7,type=all,bucket=actions=drop",
        "group delete",
        "meter add meter=4,kbps,bands=type=drop,rate=9",
        "meter delete meter=controller",
        "meter delete",
    ] {
        let asked = read_in(text, Names::none(), None).unwrap().requests[0].1.clone();
        let line = line(&asked, Names::none());
        assert_eq!(read_in(&line, Names::none(), None).unwrap().requests[0].1, asked, "{text} {line}");
    }
}
