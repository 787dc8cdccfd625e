//! Writes where the fuzz targets begin, `fuzz/corpus/TARGET/`, from `fixtures/`: each file goes to the targets whose
//! readers it is for, cut to a few pages. Nothing of it is kept in the repository.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use ofscope::dump::input::Input;
use ofscope::dump::kind::Kind;
use ofscope_fuzz::laws::laws_of;
use serde_json::Value;

/// How much of a file is taken, in bytes.
const PAGE: usize = 6 << 10;

/// Filters, one for each thing the language can say.
const FILTERS: &str = r#"table=0
priority>=100 priority<200
table in {0,60,71..72}
ip,nw_src=10.0.0.0/24
nw_src hits 10.0.0.1..10.0.0.9
not (drop or normal) and n_packets>1k
actions ~ /resubmit/i
has ct_state
ct_state=+trk+est
ct_state=new|est
reg5[0..15] covers 5
dl_src=fa:16:3e:00:00:01/ff:ff:ff:00:00:00
hits{in_port=1,tcp,tp_dst=80}
wins{tcp,nw_dst=10.0.0.5}
next table 60
prev flow a1b2
reaches port 5
reached-by 0
reaches drop
cookie=0x5/0xff
duration<1h30m
idle_age!=3s
table !in {1} || "tap"
ct.zone = 5
actions !~ "output:[0-9]+"
 cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, priority=1,ip actions=drop
"#;

/// Packets, one for each form that they are written in.
const PACKETS: &str = r#"in_port=tapd36318fe-d4,tcp,nw_src=10.0.0.11,nw_dst=10.0.0.12,tcp_dst=5432
from vm1 to vm4 tcp 443,nw_tos=184
from vm d36318fe on compute1 to 10.10.1.129 udp 53
from fa:16:3e:a1:f9:02 to fd00::1 icmp6
in_port=1,ct_state=trk|est @file.pcap:2
in_port=3,tun_id=7 fa163e7dc62f fa163ea1f902 0800 4500
fa:16:3e:7d:c6:2f fa:16:3e:a1:f9:02 88a8 0007 8100 0008 0806
0x0000:  fa16 3e7d c62f fa16 3ea1 f902 0806 0001  ..>}./..>.......
"#;

/// Flows that are being typed: right, wrong, unfinished.
const TYPED: &str = r#"table=82,priority=77,reg5=0x15,nw_src=10.0.0.11,tp_dst=5432 actions=output:2,resubmt(,92)
tcp,nw_src=10.0.0.1/24,actions=ct(commit,zone=NXM_NX_REG6[0..15],exec(set_field:1->ct_mark)),learn(table=5
ipv6,nd_target=fe80::1,actions=clone(load:5->reg1[0..7],move:dl_src->dl_dst),group:7,meter:3
modify_strict table=RULES_INGRESS,arp,arp_spa=10.0.0.1
delete cookie=5/-1,out_port=tap
actions=conjunction(7,1/2),drop
"#;

/// The seeds, each once.
struct Seeds {
    corpus: PathBuf,
    known: BTreeSet<(&'static str, Vec<u8>)>,
}

impl Seeds {
    fn add(&mut self, target: &'static str, bytes: &[u8]) {
        // Whole nodes take long; many small files teach as much.
        let is_too_long = target == "archive" && bytes.len() > PAGE / 3 && bytes.get(257..262) != Some(b"ustar");
        if is_too_long || !self.known.insert((target, bytes.to_vec())) {
            return;
        }
        let dir = self.corpus.join(target);
        fs::create_dir_all(&dir).expect("the corpus can be written");
        fs::write(dir.join(format!("seed-{:05}", self.known.len())), bytes).expect("the corpus can be written");
    }

    fn file(&mut self, path: &Path) {
        let Ok(input) = Input::open(path) else { return };
        let kind = Kind::of(input.head());
        let Ok((text, _)) = input.read_text(1 << 20) else { return };
        if path.extension().is_some_and(|e| e == "jsonl") || path.to_string_lossy().ends_with(".jsonl.zst") {
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).for_each(|line| self.words(&line));
            return;
        }
        let page = &text.as_bytes()[..text.len().min(PAGE)];
        for target in laws_of(kind) {
            self.add(target, page);
            if let Some(end) = page.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(6).map(|(at, _)| at) {
                self.add(target, &page[..=end]);
            }
        }
        // Whole documents of objects only make sense to their end.
        if text.len() <= 16 << 10 {
            laws_of(kind)
                .iter()
                .filter(|t| ["database", "neutron"].contains(t))
                .for_each(|t| self.add(t, text.as_bytes()));
        }
    }

    /// A line that was typed, and what a switch printed of it.
    fn words(&mut self, line: &Value) {
        let prints = line["dump"].as_object().into_iter().flatten().filter_map(|(_, print)| print.as_str());
        for (n, text) in line["line"].as_str().into_iter().chain(prints).enumerate() {
            // A line of the oracle that is too long to be written out says `{text*N}`.
            if text.len() < 1 << 10 {
                self.add("flow_line", text.as_bytes());
            }
            if n > 0 {
                self.add("explain", text.as_bytes());
                self.add("flow_dump", text.as_bytes());
            }
        }
    }
}

/// Every file below a directory, in order.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    entries.iter().flat_map(|path| if path.is_dir() { files_below(path) } else { vec![path.clone()] }).collect()
}

/// Some small files of a node as an archive.
fn archive(root: &Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let files = files_below(root).into_iter().filter(|path| fs::metadata(path).is_ok_and(|m| m.len() < 700));
    for path in files.take(9) {
        let name = path.strip_prefix(root).expect("it lies below");
        builder.append_path_with_name(&path, name).expect("the file can be read");
    }
    builder.into_inner().expect("memory takes everything")
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Seeds { corpus: root.join("corpus"), known: BTreeSet::new() };
    files_below(&root.join("../fixtures")).iter().for_each(|path| seeds.file(path));
    FILTERS.lines().for_each(|filter| seeds.add("filter", filter.as_bytes()));
    TYPED.lines().for_each(|flow| seeds.add("edit", flow.as_bytes()));
    PACKETS.lines().for_each(|packet| seeds.add("packet", packet.as_bytes()));
    let frames = fs::read_to_string(root.join("../fixtures/packets/frames.txt")).expect("the frames are there");
    for bytes in frames.lines().filter_map(|line| ofscope::packet::hex::parse(line).ok()) {
        seeds.add("frame", &bytes);
        let length = (bytes.len() as u32).to_be_bytes();
        let header = b"\xa1\xb2\xc3\xd4\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\x01\0\0\0\0\0\0\0\0";
        seeds.add("frame", &[&header[..], &length, &length, &bytes].concat());
    }
    for archive in ["archives/every-form", "dumps/node"].map(|dir| archive(&root.join("../fixtures").join(dir))) {
        seeds.add("archive", &archive);
        seeds.add("archive", &zstd::encode_all(Cursor::new(archive), 3).expect("memory takes everything"));
    }
    println!("{} seeds", seeds.known.len());
}
