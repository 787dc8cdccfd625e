//! Random requests to a switch. Tables, priorities, matches, cookies and numbers of groups are few, so that requests
//! meet what others left.

use ofscope::field::Version;
use ofscope::model::change::Request;

use super::changes::understood;
use super::random::Random;

/// One request.
pub struct Asked {
    /// The line of a bundle file that asks it.
    pub line: String,
    /// The version in which it is sent.
    pub version: Version,
    /// What we understand.
    pub request: Request,
}

/// What a sequence is about: few things of each kind.
struct Topic {
    version: Version,
    matches: Vec<&'static str>,
    tables: [u64; 2],
    has_groups: bool,
    has_meters: bool,
}

/// A sequence of requests. One controller speaks for a while, then another, in a version of its own.
pub fn sequence(r: &mut Random) -> Vec<Asked> {
    let mut asked = Vec::new();
    let mut topic = Topic {
        version: r.of(&Version::ALL),
        matches: (0..3 + r.below(5)).map(|_| r.of(&MATCHES)).collect(),
        tables: [r.below(2), r.of(&[0, 1, 3, 3, 4, 4])],
        has_groups: r.once_in(2),
        has_meters: r.once_in(4),
    };
    let len = 6 + r.below(30) as usize;
    let mut tries = 0;
    while asked.len() < len && tries < 10 * len {
        tries += 1;
        if r.once_in(12) {
            topic.version = r.of(&Version::ALL);
        }
        let kind = r.below(10);
        let line = match kind {
            _ if topic.has_groups && tries < 3 => group(r, &topic),
            0 | 1 if topic.has_groups => group(r, &topic),
            2 if topic.has_meters && topic.version >= Version::V13 => meter(r),
            _ => flow(r, &topic),
        };
        // What cannot be said in a version is proven elsewhere.
        if let Some(request) = understood(&line, topic.version) {
            asked.push(Asked { line, version: topic.version, request });
        }
    }
    asked
}

const MATCHES: [&str; 22] = [
    "",
    "",
    "in_port=1",
    "in_port=2",
    "ip",
    "ip,nw_src=10.0.0.0/8",
    "ip,nw_src=10.0.0.0/24",
    "ip,nw_src=10.0.0.1",
    "ip,nw_src=0.0.0.1/0.0.0.1",
    "ip,in_port=1",
    "ip,in_port=1,nw_src=10.0.0.1",
    "tcp",
    "tcp,tp_dst=80",
    "tcp,tp_dst=0x50/0xfff0",
    "tcp,in_port=2,tp_src=80,tp_dst=80",
    "reg0=1",
    "reg0=0/1",
    "reg0=1,in_port=1",
    "dl_vlan=10",
    "dl_src=fa:16:3e:00:00:01",
    "tun_id=5",
    "ipv6,ipv6_src=fd00::/64",
];

fn actions(r: &mut Random, topic: &Topic) -> String {
    let version = topic.version;
    let group = 1 + r.below(3);
    let one = |r: &mut Random| match r.below(14) {
        0 | 1 => "drop".to_owned(),
        2 => "NORMAL".to_owned(),
        3 => "controller".to_owned(),
        4 => "controller(userdata=01.02)".to_owned(),
        5 => "resubmit(,9)".to_owned(),
        6 => "clone(output:2)".to_owned(),
        7 => format!("ct(commit,exec(load:{}->NXM_NX_CT_MARK[]))", r.below(2)),
        8 => "output(port=3,max_len=100)".to_owned(),
        9 => "load:1->NXM_NX_REG1[],output:1".to_owned(),
        10 => format!("write_actions(output:{})", 1 + r.below(2)),
        _ => format!("output:{}", 1 + r.below(3)),
    };
    let kind = r.below(8);
    let mut text = match kind {
        // Now and then a group or a meter that cannot be there.
        0..3 if !topic.has_groups && !r.once_in(20) => one(r),
        3 if !topic.has_meters && !r.once_in(20) => one(r),
        0 if version > Version::V10 => format!("group:{group}"),
        1 if version > Version::V10 => format!("write_actions(group:{group})"),
        2 if version > Version::V10 => format!("output:1,group:{group}"),
        3 if version >= Version::V13 && r.once_in(2) => format!("meter:{},output:1", 1 + r.below(2)),
        3 if version == Version::V15 => format!("output:1,meter:{}", 1 + r.below(2)),
        _ => one(r),
    };
    if r.once_in(5) && text != "drop" && !text.contains("write") && !text.contains("goto") {
        let more = one(r);
        if more != "drop" {
            text = format!("{text},{more}");
        }
    }
    text
}

fn cookie(r: &mut Random) -> u64 {
    let any = r.below(4);
    r.of(&[0, 1, 2, 3, any, u64::MAX])
}

fn flow(r: &mut Random, topic: &Topic) -> String {
    let version = topic.version;
    let command = r.of(&[
        "add",
        "add",
        "add",
        "add",
        "add",
        "add",
        "modify",
        "modify",
        "modify_strict",
        "delete",
        "delete_strict",
        "delete_strict",
    ]);
    let mut parts: Vec<String> = Vec::new();
    let deletes = command.starts_with("delete");
    match r.below(24) {
        0 => {}
        1 => parts.push(format!("table={}", r.of(&[253, 254, 254, 255]))),
        _ => parts.push(format!("table={}", r.of(&topic.tables))),
    }
    if command != "delete" && !r.once_in(6) {
        parts.push(format!("priority={}", r.of(&[0, 5, 5, 5, 9, 9, 65535])));
    }
    if r.once_in(3) {
        if command != "add" && !r.once_in(3) {
            let mask = r.of(&["-1", "-1", "1", "3", "0"]);
            parts.push(format!("cookie={}/{mask}", r.below(4)));
        } else if !deletes {
            parts.push(format!("cookie={}", cookie(r)));
        }
    } else if command == "add" {
        parts.push(format!("cookie={}", r.below(4)));
    }
    if deletes && r.once_in(4) {
        parts.push(format!("out_port={}", r.of(&["1", "2", "controller", "any"])));
    }
    if deletes && version > Version::V10 && r.once_in(6) {
        parts.push(format!("out_group={}", 1 + r.below(2)));
    }
    if !deletes {
        // Far enough apart that it is known which flow goes first when a table is full.
        if r.once_in(3) {
            parts.push(format!("idle_timeout={}", 1000 + 40 * r.below(1000)));
        }
        if r.once_in(6) {
            parts.push(format!("hard_timeout={}", 1020 + 40 * r.below(1000)));
        }
        for flag in ["check_overlap", "send_flow_rem", "reset_counts", "no_packet_counts", "no_byte_counts"] {
            let often = if flag == "check_overlap" { 5 } else { 12 };
            if r.once_in(often) {
                parts.push(flag.to_owned());
            }
        }
        if command == "add" && r.once_in(4) {
            parts.push(format!("importance={}", r.below(4)));
        }
    }
    let matches = r.of(&topic.matches).to_owned();
    if !matches.is_empty() {
        parts.push(matches);
    }
    if !deletes {
        parts.push(format!("actions={}", actions(r, topic)));
    }
    format!("flow {command} {}", parts.join(","))
}

/// A flow that is added, without a command: as it stands in a file of flows.
pub fn plain_flow(r: &mut Random, version: Version) -> String {
    let topic = Topic { version, matches: MATCHES.to_vec(), tables: [0, 1], has_groups: false, has_meters: false };
    let (table, priority) = (r.of(&topic.tables), r.of(&[0, 5, 5, 9]));
    let matches = r.of(&MATCHES);
    let comma = if matches.is_empty() { "" } else { "," };
    format!("table={table},priority={priority}{comma}{matches},actions={}", actions(r, &topic))
}

fn bucket(r: &mut Random, kind: &str) -> String {
    let mut text = "bucket=".to_owned();
    if r.once_in(3) {
        text.push_str(&format!("bucket_id={},", r.below(4)));
    }
    if kind == "select" && r.once_in(2) {
        text.push_str(&format!("weight={},", r.below(3)));
    }
    if kind == "ff" || kind == "select" && r.once_in(4) || r.once_in(30) {
        text.push_str(&format!("watch_port={},", 1 + r.below(3)));
    }
    text.push_str(&format!("actions={}", r.of(&["output:1", "output:2", "drop", "load:1->NXM_NX_REG1[],output:3"])));
    text
}

fn group(r: &mut Random, topic: &Topic) -> String {
    let version = topic.version;
    let id = 1 + r.below(3);
    let kind = r.of(&["all", "all", "select", "select", "indirect", "ff"]);
    let command = match version {
        Version::V10 | Version::V15 => r.of(&[
            "add",
            "add",
            "add",
            "modify",
            "add_or_mod",
            "delete",
            "insert_bucket",
            "insert_bucket",
            "remove_bucket",
        ]),
        _ => r.of(&["add", "add", "add", "modify", "add_or_mod", "delete"]),
    };
    let place = r.of(&["first", "last", "0", "1", "2", "all"]);
    let buckets = |r: &mut Random, kind: &str| {
        let n = if kind == "indirect" { r.of(&[0, 1, 1, 1, 1]) } else { r.below(4) };
        (0..n).map(|_| format!(",{}", bucket(r, kind))).collect::<String>()
    };
    match command {
        "delete" if r.once_in(5) => "group delete".to_owned(),
        "delete" => format!("group delete group_id={id}"),
        "insert_bucket" => {
            let buckets = match buckets(r, "all") {
                // Open vSwitch 3.1 goes round for ever when nothing is put behind the last bucket.
                none if none.is_empty() && place == "last" => format!(",{}", bucket(r, "all")),
                some => some,
            };
            format!("group insert_bucket group_id={id},command_bucket_id={place}{buckets}")
        }
        "remove_bucket" => format!("group remove_bucket group_id={id},command_bucket_id={place}"),
        _ => {
            let has_method = kind == "select" && matches!(version, Version::V10 | Version::V15) && r.once_in(3);
            let method = match has_method {
                true => r.of(&[
                    ",selection_method=hash,fields(ip_src,tcp_dst)",
                    ",selection_method=hash",
                    ",selection_method=what",
                ]),
                false => "",
            };
            format!("group {command} group_id={id},type={kind}{method}{}", buckets(r, kind))
        }
    }
}

fn meter(r: &mut Random) -> String {
    let id = r.of(&["1", "1", "2", "2", "controller", "slowpath"]);
    let unit = r.of(&["kbps", "pktps", "kbps,stats", "kbps,burst"]);
    let band = |r: &mut Random| {
        let burst = if unit.contains("burst") { ",burst_size=7" } else { "" };
        match r.below(12) {
            0 => format!("type=dscp_remark,rate={}{burst},prec_level=1", 1 + r.below(9)),
            _ => format!("type=drop,rate={}{burst}", 1 + r.below(9)),
        }
    };
    match r.below(6) {
        0 if r.once_in(3) => "meter delete".to_owned(),
        0 => format!("meter delete meter={id}"),
        command => {
            let n = if r.once_in(20) { 9 } else { 1 + r.below(2) };
            let bands: Vec<String> = (0..n).map(|_| band(r)).collect();
            let command = if command == 1 { "modify" } else { "add" };
            format!("meter {command} meter={id},{unit},bands={}", bands.join(","))
        }
    }
}
