//! Random flow tables and groups, with every action.

use super::random::Random;

/// A bridge: its name and its ports, in the order in which they are made.
pub struct Plan {
    pub bridge: &'static str,
    pub ports: &'static [u32],
}

/// The bridges.
pub const BRIDGES: [Plan; 3] = [
    Plan { bridge: "br-int", ports: &[1, 2, 3, 4, 5, 6, 7, 8, 100, 101] },
    Plan { bridge: "br-tun", ports: &[100, 110, 111, 112, 113] },
    Plan { bridge: "br-ex", ports: &[1, 2, 3, 5, 6, 100] },
];

/// The ports of br-ex that are one bond.
pub const BOND: [u32; 2] = [5, 6];

/// How many tables a bridge has.
const TABLES: u64 = 6;
/// Groups are numbered from 1 to here.
pub const GROUPS: u64 = 8;

/// What a flow matches, as far as its actions depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Ip,
    Ipv6,
    Tcp,
    Tcp6,
    Udp,
    Sctp,
    Icmp,
    Icmp6,
    Nd,
    Arp,
    Mpls,
    Nsh,
    /// What begins with an IPv4 header.
    BareIp,
    /// What begins with an MPLS header.
    BareMpls,
    /// What begins with a network service header.
    BareNsh,
}

const KINDS: [Kind; 16] = [
    Kind::Any,
    Kind::Any,
    Kind::Any,
    Kind::Any,
    Kind::Ip,
    Kind::Ip,
    Kind::Ipv6,
    Kind::Tcp,
    Kind::Tcp,
    Kind::Tcp6,
    Kind::Udp,
    Kind::Sctp,
    Kind::Icmp,
    Kind::Icmp6,
    Kind::Nd,
    Kind::Arp,
];

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Any => "",
            Kind::Ip => "ip",
            Kind::Ipv6 => "ipv6",
            Kind::Tcp => "tcp",
            Kind::Tcp6 => "tcp6",
            Kind::Udp => "udp",
            Kind::Sctp => "sctp",
            Kind::Icmp => "icmp",
            Kind::Icmp6 => "icmp6",
            Kind::Nd => "icmp6,icmpv6_type=136",
            Kind::Arp => "arp",
            Kind::Mpls => "mpls",
            Kind::Nsh => "dl_type=0x894f",
            Kind::BareIp => "packet_type=(1,0x800)",
            Kind::BareMpls => "packet_type=(1,0x8847)",
            Kind::BareNsh => "packet_type=(1,0x894f)",
        }
    }

    fn is_v4(self) -> bool {
        matches!(self, Kind::Ip | Kind::Tcp | Kind::Udp | Kind::Sctp | Kind::Icmp)
    }

    fn is_v6(self) -> bool {
        matches!(self, Kind::Ipv6 | Kind::Tcp6 | Kind::Icmp6 | Kind::Nd)
    }

    fn is_ip(self) -> bool {
        self.is_v4() || self.is_v6()
    }

    fn is_frame(self) -> bool {
        !matches!(self, Kind::BareIp | Kind::BareMpls | Kind::BareNsh)
    }

    fn transport(self) -> Option<&'static str> {
        match self {
            Kind::Tcp | Kind::Tcp6 => Some("tcp"),
            Kind::Udp => Some("udp"),
            Kind::Sctp => Some("sctp"),
            _ => None,
        }
    }
}

/// The flows of a bridge, a line each.
pub fn flows(plan: &Plan, version: &str, r: &mut Random) -> Vec<String> {
    let mut out = Vec::new();
    for table in 0..TABLES {
        for _ in 0..3 + r.below(9) {
            out.push(flow(plan, table, version, r));
        }
        if r.once_in(6) && version != "OpenFlow10" {
            out.extend(conjunction(plan, table, r));
        }
        if !r.once_in(4) {
            let mut maker = Maker { plan, table, version, kind: Kind::Any, is_tagged: false, depth: 0 };
            out.push(format!("table={table},priority=0,actions={}", maker.list(r)));
        }
    }
    out
}

/// Flows that match together: two clauses, and the flow that they lead to.
fn conjunction(plan: &Plan, table: u64, r: &mut Random) -> Vec<String> {
    let (id, priority) = (1 + r.below(3), r.of(&[50, 100]));
    let clause =
        |n: u64, text: String| format!("table={table},priority={priority},{text},actions=conjunction({id},{n}/2)");
    let mut out = vec![
        clause(1, format!("ip,nw_src={}", r.ipv4())),
        clause(1, format!("ip,nw_src={}/24", r.ipv4())),
        clause(2, format!("tcp,tp_dst={}", r.port_number())),
        clause(2, "udp".to_owned()),
    ];
    let mut maker = Maker { plan, table, version: "OpenFlow15", kind: Kind::Ip, is_tagged: false, depth: 0 };
    out.push(format!("table={table},priority={priority},conj_id={id},ip,actions={}", maker.list(r)));
    out
}

fn flow(plan: &Plan, table: u64, version: &str, r: &mut Random) -> String {
    let kind = match r.below(40) {
        0 => Kind::Mpls,
        1 => Kind::Nsh,
        2 if version != "OpenFlow10" => r.of(&[Kind::BareIp, Kind::BareMpls, Kind::BareNsh]),
        _ => r.of(&KINDS),
    };
    let priority = r.of(&[1, 10, 50, 100, 200, 65535]);
    let mut parts = vec![format!("table={table},priority={priority}")];
    if r.once_in(3) {
        parts.push(format!("cookie={:#x}", r.below(0x1_0000)));
    }
    if !kind.words().is_empty() {
        parts.push(kind.words().to_owned());
    }
    let mut is_tagged = false;
    for _ in 0..if kind.is_frame() { r.below(3) } else { 0 } {
        let part = match r.below(14) {
            0 | 1 => format!("in_port={}", r.of(plan.ports)),
            2 => format!("dl_src={}", r.mac()),
            3 => format!("dl_dst={}", r.mac()),
            4 => r
                .of(&["dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_dst=00:00:00:00:00:00/01:00:00:00:00:00"])
                .to_owned(),
            5 => {
                is_tagged = true;
                format!("dl_vlan={}", r.of(&[0, 1, 10, 20, 30, 4094]))
            }
            6 => r.of(&["vlan_tci=0x0000", "vlan_tci=0x0000/0x1fff", "vlan_tci=0x1000/0x1000"]).to_owned(),
            7 if table > 0 => format!("reg{}={}", r.below(4), r.of(&[0, 1, 5, 0x10])),
            8 if table > 0 => format!("reg{}={:#x}/{:#x}", r.below(4), r.of(&[0, 1]), 1),
            9 if table > 0 => format!("metadata={}", r.below(3)),
            10 => format!("ct_state={}", r.of(&["-trk", "+trk", "+trk+new", "+trk+est", "+est-rpl", "-new+rpl"])),
            11 => r.of(&["ct_mark=0", "ct_mark=1/1", "ct_zone=1", "ct_label=0/1", "pkt_mark=0", "tun_id=5"]).to_owned(),
            12 if kind == Kind::Any => format!("dl_type={}", r.of(&["0x0800", "0x86dd", "0x0806", "0x88cc", "0x8847"])),
            _ => continue,
        };
        let name = part.split('=').next().unwrap_or_default().to_owned();
        let family = if name.contains("vlan") { "vlan" } else { &name };
        if !parts.iter().any(|p| p.starts_with(family) || family == "vlan" && p.contains("vlan")) {
            parts.push(part);
        }
    }
    if kind.is_v4() && r.once_in(2) {
        parts.push(match r.below(4) {
            0 => format!("nw_src={}", r.ipv4()),
            1 => format!("nw_dst={}", r.ipv4()),
            2 => format!("nw_dst={}/{}", r.ipv4(), r.of(&[8, 24, 31])),
            _ => r.of(&["nw_ttl=1", "nw_tos=0", "nw_ecn=0", "nw_frag=no", "nw_frag=first"]).to_owned(),
        });
    }
    if kind.is_v6() && r.once_in(2) {
        parts.push(match r.below(3) {
            0 => format!("ipv6_src={}", r.ipv6()),
            1 => format!("ipv6_dst={}/64", r.ipv6()),
            _ => "ipv6_label=0".to_owned(),
        });
    }
    if let Some(name) = kind.transport().filter(|_| r.once_in(2)) {
        let side = r.of(&["src", "dst"]);
        let mask = r.of(&["", "", "/0xff00", "/1"]);
        parts.push(format!("{name}_{side}={}{mask}", r.port_number()));
    }
    if matches!(kind, Kind::Nsh | Kind::BareNsh) && r.once_in(2) {
        parts.push(
            r.of(&["nsh_np=3", "nsh_ttl=1", "nsh_spi=5", "nsh_si=255", "nsh_mdtype=1", "nsh_mdtype=1,nsh_c1=1/1"])
                .to_owned(),
        );
    }
    if kind == Kind::Arp && r.once_in(2) {
        parts.push(format!("arp_op={}", 1 + r.below(2)));
    }
    if version == "OpenFlow10" {
        parts.retain(|p| !p.starts_with("vlan_tci"));
    }
    let mut maker = Maker { plan, table, version, kind, is_tagged, depth: 0 };
    format!("{},actions={}", parts.join(","), maker.list(r))
}

/// Makes lists of actions that fit a flow.
struct Maker<'a> {
    plan: &'a Plan,
    table: u64,
    version: &'a str,
    kind: Kind,
    is_tagged: bool,
    depth: u32,
}

impl Maker<'_> {
    fn list(&mut self, r: &mut Random) -> String {
        if r.once_in(12) {
            return "drop".to_owned();
        }
        if !self.kind.is_frame() {
            return self.bare(r);
        }
        let n = 1 + r.below(4);
        let mut actions: Vec<String> = (0..n).filter_map(|_| self.action(r)).collect();
        let is_old = self.version == "OpenFlow10";
        if self.table + 1 < TABLES && self.depth == 0 && r.once_in(2) {
            let next = self.table + 1 + r.below(TABLES - self.table - 1);
            actions.push(match r.below(3) {
                0 if !is_old => format!("goto_table:{next}"),
                _ => format!("resubmit(,{next})"),
            });
        }
        if !is_old && self.kind.is_frame() && r.once_in(16) {
            // Last, so that only what comes behind must cope with what the packet begins with then.
            actions.truncate(2);
            actions.push(self.headers(r));
            actions.extend((0..r.below(3)).map(|_| self.output(r)));
        }
        if self.depth == 0 && !is_old {
            let mut instructions = Vec::new();
            if r.once_in(12) {
                instructions.push(format!("meter:{}", 1 + r.below(2)));
            }
            instructions.append(&mut actions);
            let has_goto = instructions.last().is_some_and(|a| a.starts_with("goto"));
            let goto = has_goto.then(|| instructions.pop()).flatten();
            if r.once_in(20) {
                instructions.push("clear_actions".to_owned());
            }
            if r.once_in(8) {
                instructions.push(format!("write_actions({})", self.set(r)));
            }
            if r.once_in(14) {
                instructions.push(format!("write_metadata:{}{}", r.below(4), r.of(&["", "/0x3"])));
            }
            instructions.extend(goto);
            actions = instructions;
        }
        if actions.is_empty() { "drop".to_owned() } else { actions.join(",") }
    }

    /// The actions of an action set, or of a bucket.
    fn set(&mut self, r: &mut Random) -> String {
        let mut parts = Vec::new();
        if r.once_in(3) {
            parts.push(format!("set_field:{}->eth_dst", r.mac()));
        }
        if r.once_in(3) {
            parts.push(format!("set_field:{}->reg{}", r.below(8), r.below(4)));
        }
        if r.once_in(6) {
            parts.push("push_vlan:0x8100".to_owned());
        }
        if r.once_in(6) {
            parts.push("pop_vlan".to_owned());
        }
        if r.once_in(8) && self.kind.is_ip() {
            parts.push("dec_ttl".to_owned());
        }
        parts.push(match r.below(8) {
            0 => format!("group:{}", 1 + r.below(GROUPS)),
            1 if self.table + 1 < TABLES => format!("resubmit(,{})", self.table + 1),
            2 => "NORMAL".to_owned(),
            _ => format!("output:{}", r.of(self.plan.ports)),
        });
        parts.join(",")
    }

    /// Puts headers in front and takes them off, in orders that make sense, and in some that do not.
    fn headers(&mut self, r: &mut Random) -> String {
        let nsh = match r.below(4) {
            0 => "encap(nsh)",
            1 => "encap(nsh(md_type=1))",
            2 => "encap(nsh(md_type=2))",
            _ => "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678),tlv(0x2000,20,0xfedcba9876543210)))",
        };
        let set = match r.below(6) {
            0 => format!(",set_field:{}->nsh_si", r.byte()),
            1 => format!(",set_field:{:#x}->nsh_spi", r.below(0x1_0000)),
            2 => format!(",set_field:{:#x}->nsh_c{}", r.below(0x1_0000), 1 + r.below(4)),
            3 => format!(",set_field:{}->nsh_ttl,dec_nsh_ttl", r.of(&[0, 1, 2, 63])),
            4 => format!(",set_field:{}->nsh_flags", r.below(2)),
            _ => String::new(),
        };
        let mpls = r.of(&["mpls", "mpls", "mpls_mc"]);
        let port = r.of(self.plan.ports);
        let frame = format!("encap(ethernet),set_field:{}->eth_dst", r.mac());
        let decap = r.of(&["decap()", "decap(packet_type(ns=1,type=0x800))", "decap(packet_type(ns=0,type=0))"]);
        let known = self.kind;
        self.is_tagged = false;
        self.kind = Kind::Any;
        match r.below(14) {
            0..3 => format!("{nsh}{set},{frame}"),
            3 => format!("{nsh}{set},output:{port},{frame}"),
            4 => format!("{nsh},{frame},{nsh}{set},{frame}"),
            5 | 6 => format!("encap({mpls}),set_field:{}->mpls_label,{frame}", r.below(100)),
            7 => format!("encap({mpls}),encap({mpls}),set_field:{}->mpls_ttl,{frame}", r.below(100)),
            8 => format!("decap(),{frame}"),
            9 => format!("decap(),{nsh}{set},{frame}"),
            10 => format!("{nsh}{set},decap(),{frame}"),
            11 if known == Kind::Mpls => format!("decap(),{decap},output:{port}"),
            11 if known == Kind::Nsh => format!("decap(),decap(),output:{port}"),
            11 => "decap(),decap()".to_owned(),
            12 => "encap(ethernet)".to_owned(),
            _ => format!("clone({nsh}{set},{frame},output:{port})"),
        }
    }

    /// What can be done with a packet that begins with something else than an Ethernet header.
    fn bare(&mut self, r: &mut Random) -> String {
        let frame = format!("encap(ethernet),set_field:{}->eth_dst,output:{}", r.mac(), r.of(self.plan.ports));
        match r.below(6) {
            0 => format!("encap(nsh),{frame}"),
            1 | 2 => frame,
            3 => "decap()".to_owned(),
            4 if self.kind == Kind::BareNsh => format!("dec_nsh_ttl,set_field:{}->nsh_si,{frame}", r.byte()),
            4 if self.kind == Kind::BareMpls => format!("encap(mpls),{frame}"),
            _ => format!("output:{}", r.of(self.plan.ports)),
        }
    }

    fn output(&mut self, r: &mut Random) -> String {
        match r.below(16) {
            0 => r.of(&["IN_PORT", "LOCAL", "output:99"]).to_owned(),
            1 => "NORMAL".to_owned(),
            2 if r.once_in(2) => r.of(&["FLOOD", "ALL"]).to_owned(),
            3 => format!("CONTROLLER:{}", r.of(&[0, 128, 65535])),
            4 => "controller(id=5)".to_owned(),
            5 => "output:NXM_NX_REG1[0..15]".to_owned(),
            6 => format!("output(port={},max_len={})", r.of(self.plan.ports), r.of(&[60, 128])),
            _ => format!("output:{}", r.of(self.plan.ports)),
        }
    }

    fn action(&mut self, r: &mut Random) -> Option<String> {
        let is_old = self.version == "OpenFlow10";
        Some(match r.below(52) {
            0..9 => self.output(r),
            9 | 10 if r.once_in(2) => self.resubmit(r),
            11 if !is_old => format!("group:{}", 1 + r.below(GROUPS)),
            12..15 => self.set_any(r),
            15..17 if self.kind != Kind::Any => self.set_header(r)?,
            17 => format!("move:NXM_NX_REG{}[0..15]->NXM_NX_REG{}[16..31]", r.below(4), r.below(4)),
            18 => r
                .of(&["move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]", "move:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15]"])
                .to_owned(),
            19 => r.of(&["push:NXM_NX_REG0[]", "push:NXM_OF_ETH_SRC[]", "push:NXM_OF_IN_PORT[]"]).to_owned(),
            20 => r.of(&["pop:NXM_NX_REG2[]", "pop:NXM_OF_ETH_DST[]", "pop:NXM_NX_REG3[4..9]"]).to_owned(),
            21 if !is_old => {
                self.is_tagged = true;
                format!("push_vlan:{}", r.of(&["0x8100", "0x88a8"]))
            }
            22 => {
                self.is_tagged = false;
                if is_old { "strip_vlan" } else { "pop_vlan" }.to_owned()
            }
            23 | 24 => {
                self.is_tagged |= is_old;
                if is_old {
                    r.of(&["mod_vlan_vid:10", "mod_vlan_vid:20", "mod_vlan_pcp:3"]).to_owned()
                } else if self.is_tagged {
                    format!("set_field:{}->vlan_vid", 4096 + r.of(&[1, 10, 20, 30]))
                } else {
                    return None;
                }
            }
            25 if self.kind.is_ip() => r.of(&["dec_ttl", "dec_ttl", "dec_ttl(1,2)"]).to_owned(),
            26 | 27 if self.kind.is_ip() && self.table + 1 < TABLES => self.ct(r),
            28 => "ct_clear".to_owned(),
            29 if self.depth < 2 && !is_old => {
                let (kind, is_tagged) = (self.kind, self.is_tagged);
                self.depth += 1;
                let inner: Vec<String> = (0..1 + r.below(3)).filter_map(|_| self.action(r)).collect();
                self.depth -= 1;
                (self.kind, self.is_tagged) = (kind, is_tagged);
                if inner.is_empty() {
                    return None;
                }
                format!("clone({})", inner.join(","))
            }
            30 => format!(
                "multipath({},{},{},{},{},NXM_NX_REG{}[0..{}])",
                self.hashed(r),
                r.below(3) * 50,
                r.of(&["modulo_n", "hash_threshold", "hrw", "iter_hash"]),
                1 + r.below(9),
                r.below(2),
                r.below(4),
                r.of(&[7, 15])
            ),
            31 => format!(
                "bundle({},{},{},ofport,members:{},{},{})",
                self.hashed(r),
                r.below(3),
                r.of(&["hrw", "active_backup"]),
                r.of(self.plan.ports),
                r.of(self.plan.ports),
                r.of(self.plan.ports)
            ),
            32 => format!("bundle_load({},0,hrw,ofport,NXM_NX_REG1[0..15],members:1,2,3)", self.hashed(r)),
            33 if self.depth == 0 && r.once_in(2) => {
                format!("check_pkt_larger({})->NXM_NX_REG0[{}]", r.of(&[100, 1500]), r.below(4))
            }
            34 if r.once_in(4) => "exit".to_owned(),
            35 => format!("set_queue:{}", r.below(4)),
            36 => "pop_queue".to_owned(),
            37 if is_old => format!("enqueue:{}:{}", r.of(self.plan.ports), r.below(3)),
            38 => format!("learn(table={},NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])", TABLES + 1),
            39 => "note:01.02.03".to_owned(),
            40 if r.once_in(2) && !is_old && self.kind != Kind::Mpls && self.kind != Kind::Nd => {
                self.kind = Kind::Mpls;
                "push_mpls:0x8847".to_owned()
            }
            41 if self.kind == Kind::Mpls && !is_old => {
                let kind = r.of(&[("0x0800", Kind::Ip), ("0x8847", Kind::Mpls), ("0x86dd", Kind::Ipv6)]);
                self.kind = kind.1;
                format!("pop_mpls:{}", kind.0)
            }
            42 if self.kind == Kind::Mpls => r
                .of(&[
                    "dec_mpls_ttl",
                    "set_field:100->mpls_label",
                    "set_field:3->mpls_tc",
                    "set_field:1->mpls_ttl",
                    "set_mpls_label:7",
                    "set_mpls_tc:2",
                    "set_mpls_ttl:0",
                ])
                .to_owned(),
            43 if matches!(self.kind, Kind::Tcp | Kind::Tcp6) => {
                "fin_timeout(idle_timeout=5,hard_timeout=10)".to_owned()
            }
            44 => format!("sample(probability={},collector_set_id=1,obs_domain_id=2)", r.of(&[1, 65535])),
            45 if self.version == "OpenFlow15" && self.plan.bridge == "br-tun" => {
                "delete_field:tun_metadata0".to_owned()
            }
            46 => r.of(&["set_tunnel:5", "set_tunnel64:0x1234567890"]).to_owned(),
            47 if self.kind == Kind::Nsh => {
                let value = r.byte();
                r.of(&["dec_nsh_ttl", "set_field:7->nsh_c2"]).to_owned() + &format!(",set_field:{value}->nsh_si")
            }
            49 if self.kind.is_v4() => self.old_word(r),
            50 => format!("mod_dl_{}:{}", r.of(&["src", "dst"]), r.mac()),
            51 if self.is_tagged && !is_old => {
                r.of(&["set_vlan_vid:10", "set_vlan_vid:20", "set_vlan_pcp:3"]).to_owned()
            }
            _ => return None,
        })
    }

    /// The words of OpenFlow 1.0 and 1.1 for writing what every IPv4 packet has.
    fn old_word(&mut self, r: &mut Random) -> String {
        match r.below(8) {
            0 => format!("mod_nw_{}:{}", r.of(&["src", "dst"]), r.ipv4()),
            1 => format!("mod_nw_tos:{}", r.of(&[0, 4, 184, 252])),
            2 => format!("mod_nw_ecn:{}", r.below(4)),
            3 => format!("{}_nw_ttl:{}", r.of(&["mod", "set"]), r.byte()),
            4 if self.kind.transport().is_some() => format!("mod_tp_{}:{}", r.of(&["src", "dst"]), r.port_number()),
            _ => format!("mod_nw_{}:{}", r.of(&["src", "dst"]), r.ipv4()),
        }
    }

    fn hashed(&self, r: &mut Random) -> &'static str {
        r.of(&["eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp", "nw_src", "nw_dst", "symmetric_l3"])
    }

    fn resubmit(&mut self, r: &mut Random) -> String {
        if self.table + 1 >= TABLES {
            return self.output(r);
        }
        let next = self.table + 1 + r.below(TABLES - self.table - 1);
        match r.below(40) {
            0 => format!("resubmit(,{})", r.below(TABLES)),
            1..4 => format!("resubmit({},{next})", r.of(self.plan.ports)),
            4 if self.version != "OpenFlow10" => format!("resubmit(,{next},ct)"),
            _ => format!("resubmit(,{next})"),
        }
    }

    /// Writes metadata, or what every packet has.
    fn set_any(&mut self, r: &mut Random) -> String {
        match r.below(12) {
            0 => format!("set_field:{}->eth_src", r.mac()),
            1 => format!("set_field:{}->eth_dst", r.mac()),
            2 => format!("set_field:{}->tun_id", r.below(8)),
            3 => format!("set_field:192.0.2.{}->tun_dst", 1 + r.below(3)),
            4 => format!("set_field:{:#x}/{:#x}->reg{}", r.of(&[0, 0x10, 0xf0]), 0xf0, r.below(4)),
            5 => format!("load:{:#x}->NXM_NX_REG{}[{}..15]", r.below(16), r.below(4), r.of(&[0, 8])),
            6 => format!("set_field:{}->pkt_mark", r.below(3)),
            7 => format!("set_field:{}->metadata", r.below(3)),
            8 => "load:0->NXM_OF_IN_PORT[]".to_owned(),
            9 => format!("set_field:00:00:00:00:00:0{}/00:00:00:00:00:0f->eth_dst", r.below(6)),
            _ => format!("set_field:{}->reg{}", r.of(&[0, 1, 2, 3, 5, 0x10, 0xffff_u64]), r.below(4)),
        }
    }

    /// Writes what only packets of this kind have.
    fn set_header(&mut self, r: &mut Random) -> Option<String> {
        let kind = self.kind;
        if let Some(name) = kind.transport().filter(|_| r.once_in(2)) {
            let mask = r.of(&["", "", "/0xff"]);
            let port = r.port_number();
            let port = if mask.is_empty() { port } else { port & 0xff };
            return Some(format!("set_field:{port}{mask}->{name}_{}", r.of(&["src", "dst"])));
        }
        Some(match kind {
            _ if kind.is_ip() && r.once_in(4) => match r.below(3) {
                0 => format!("set_field:{}->nw_ttl", r.byte()),
                1 => format!("set_field:{}->nw_ecn", r.below(4)),
                _ => format!("set_field:{}->ip_dscp", r.below(64)),
            },
            Kind::Icmp => format!("set_field:{}->icmp_{}", r.of(&[0, 3, 8]), r.of(&["type", "code"])),
            Kind::Icmp6 => format!("set_field:{}->icmpv6_{}", r.of(&[0, 128, 129]), r.of(&["type", "code"])),
            Kind::Nd => format!("set_field:{}->nd_target", r.ipv6()),
            _ if kind.is_v4() => format!("set_field:{}->ip_{}", r.ipv4(), r.of(&["src", "dst"])),
            _ if kind.is_v6() && r.once_in(4) => format!("set_field:{}->ipv6_label", r.below(0x10_0000)),
            _ if kind.is_v6() => format!("set_field:{}->ipv6_{}", r.ipv6(), r.of(&["src", "dst"])),
            Kind::Arp => match r.below(3) {
                0 => format!("set_field:{}->arp_op", 1 + r.below(2)),
                1 => format!("set_field:{}->arp_spa", r.ipv4()),
                _ => format!("set_field:{}->arp_sha", r.mac()),
            },
            _ => return None,
        })
    }

    fn ct(&mut self, r: &mut Random) -> String {
        let mut parts = Vec::new();
        let commits = r.once_in(2);
        if commits {
            parts.push(r.of(&["commit", "commit", "commit,force"]).to_owned());
        }
        if r.once_in(2) {
            parts.push(r.of(&["zone=1", "zone=65535", "zone=NXM_NX_REG1[0..15]"]).to_owned());
        }
        if r.once_in(4) {
            let (first, last) = (r.below(3), 3 + r.below(3));
            let ports = r.of(&["", "", ":1024-65535", ":80"]);
            let kind = r.of(&["src", "dst"]);
            parts.push(match r.below(4) {
                0 => "nat".to_owned(),
                _ if !commits => "nat".to_owned(),
                1 if self.kind.is_v4() => {
                    format!("nat({kind}=10.0.2.{first}-10.0.2.{last}{ports}{})", r.of(&["", ",random"]))
                }
                2 if self.kind.is_v6() => format!("nat({kind}=fd00::{first})"),
                3 if self.kind.is_v4() => format!("nat({kind}=10.0.2.{first}{ports})"),
                _ => format!("nat({kind})"),
            });
        }
        if commits && r.once_in(3) {
            parts.push(
                r.of(&[
                    "exec(set_field:0x1->ct_mark)",
                    "exec(set_field:0/0x1->ct_mark)",
                    "exec(set_field:0x2/0x3->ct_label)",
                    "exec(set_field:0->ct_label,load:0x1->NXM_NX_CT_MARK[0])",
                ])
                .to_owned(),
            );
        }
        if commits && r.once_in(8) && self.kind == Kind::Tcp {
            parts.push("alg=ftp".to_owned());
        }
        // Only onwards: a switch follows connections that are tracked in a circle until its memory is full.
        if !commits || r.once_in(2) {
            parts.push(format!("table={}", self.table + 1 + r.below(TABLES - self.table - 1)));
        }
        format!("ct({})", parts.join(","))
    }
}

/// The groups of a bridge, a line each. A group may send packets to groups with higher numbers only.
pub fn groups(plan: &Plan, r: &mut Random) -> Vec<String> {
    let group = |id: u64, r: &mut Random| {
        let kind = r.of(&["all", "all", "indirect", "select", "select", "select", "ff", "ff"]);
        let mut parts = vec![format!("group_id={id},type={kind}")];
        if kind == "select" {
            parts.extend(match r.below(6) {
                0 => Some("selection_method=dp_hash".to_owned()),
                1 => None,
                2 => Some("selection_method=hash".to_owned()),
                3 => {
                    Some(format!("selection_method=hash,selection_method_param={},fields(eth_src,ip_dst)", r.below(99)))
                }
                4 => Some("selection_method=hash,fields(ip_src=255.255.255.0,tcp_dst)".to_owned()),
                _ => Some("selection_method=hash,fields(eth_dst,reg0,ipv6_dst,udp_src,vlan_tci)".to_owned()),
            });
        }
        let n = if kind == "indirect" { 1 } else { 1 + r.below(3) };
        for at in 0..n {
            let mut bucket = format!("bucket=bucket_id:{at}");
            if kind == "select" {
                bucket += &format!(",weight:{}", r.of(&[0, 1, 1, 10, 100, 65535]));
            }
            if kind == "ff" || kind == "select" && r.once_in(4) {
                bucket += &match r.below(4) {
                    0 => format!(",watch_group:{}", 1 + r.below(GROUPS)),
                    1 => ",watch_port:99".to_owned(),
                    _ => format!(",watch_port:{}", r.of(plan.ports)),
                };
            }
            let mut actions: Vec<String> = Vec::new();
            for _ in 0..r.below(3) {
                actions.push(match r.below(5) {
                    0 => format!("set_field:{}->eth_dst", r.mac()),
                    1 => format!("set_field:{}->reg{}", r.below(8), r.below(4)),
                    2 => "push_vlan:0x8100".to_owned(),
                    3 => format!("set_field:{}->tun_id", r.below(8)),
                    _ => "pop_vlan".to_owned(),
                });
            }
            actions.push(match r.below(8) {
                0 if id < GROUPS => format!("group:{}", id + 1 + r.below(GROUPS - id)),
                1 => format!("resubmit(,{})", TABLES - 1),
                2 => r.of(&["NORMAL", "FLOOD", "CONTROLLER:64"]).to_owned(),
                _ => format!("output:{}", r.of(plan.ports)),
            });
            parts.push(format!("{bucket},actions={}", actions.join(",")));
        }
        parts.join(",")
    };
    (1..GROUPS).map(|id| group(id, r)).collect()
}
