//! Input as it should not be: cut, damaged, binary, packed, nested, huge, hostile. Nothing of it panics, hangs or takes
//! memory out of proportion; each has its diagnostic, and what can be kept is kept.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use ofscope::action::Mode;
use ofscope::base::diag::Diagnostic;
use ofscope::base::progress::Progress;
use ofscope::base::safe::is_visible;
use ofscope::dump::archive::{LoadError, Request, load, load_stream};
use ofscope::dump::flow_line::parse;
use ofscope::dump::input::Input;
use ofscope::dump::kind::Kind;
use ofscope::dump::reprint::{Options, reprint};
use ofscope::explain;
use ofscope::field::{FieldId, Names};
use ofscope::model::snapshot::Snapshot;
use ofscope::session::Scene;

use crate::check::files_below;
use crate::laws::{self, LAWS};

/// A dump of two flows.
const DUMP: &str = "OFPST_FLOW reply (OF1.3) (xid=0x2):
 cookie=0x1, duration=2.500s, table=0, n_packets=0, n_bytes=0, priority=1,ip actions=output:\"p1\"
 cookie=0x1, duration=2.500s, table=3, n_packets=7, n_bytes=9, priority=0 actions=drop
";

fn stream(bytes: impl Into<Vec<u8>>) -> Result<Snapshot, LoadError> {
    stream_of(Cursor::new(bytes.into()))
}

fn stream_of(reader: impl Read + Send + 'static) -> Result<Snapshot, LoadError> {
    let progress = Progress::default();
    let request = Request { name: "stdin".into(), fill: true, progress: &progress };
    let input = Input::new(reader).map_err(|error| LoadError::Unreadable { name: "stdin".into(), error })?;
    load_stream(input, &request, &mut |_| {})
}

fn open(path: &Path) -> Result<Snapshot, LoadError> {
    let progress = Progress::default();
    let request = Request { name: path.to_string_lossy().into(), fill: true, progress: &progress };
    load(path, &request, &mut |_| {})
}

/// The flows of the only bridge, as lines.
fn flows(snapshot: &Snapshot) -> Vec<String> {
    let [node] = &snapshot.nodes[..] else { panic!("{} nodes", snapshot.nodes.len()) };
    let [bridge] = &node.bridges[..] else { panic!("{} bridges", node.bridges.len()) };
    bridge.flows.iter().map(|(_, flow)| flow.line_text(&bridge.names)).collect()
}

/// What was complained about: the line and the code of each.
fn told(snapshot: &Snapshot) -> Vec<(u32, &'static str)> {
    snapshot.sources.report.kept.iter().map(|located| (located.line, located.diagnostic.code)).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with(' ')).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = liblzma::write::XzEncoder::new(Vec::new(), 1);
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A directory of its own for a test, which goes with it.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

#[test]
fn every_kind_of_fixture_may_be_cut_or_damaged_anywhere() {
    const DAMAGE: [&[u8]; 12] =
        [b"\n", b"\r\n", b"(", b")", b",", b"=", b"\"", b"\xff", b"\0", b"99999999999999999999", b"\x1b[2J", b"{"];
    let mut chosen: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for path in files_below(&crate::fixtures()) {
        let Ok(input) = Input::open(&path) else { continue };
        let files = chosen.entry(Kind::of(input.head()).name()).or_default();
        if files.len() < 3 {
            files.push(path);
        }
    }
    assert!(chosen.len() > 20, "{:?}", chosen.keys());
    let mut dice = Dice(11);
    for path in chosen.values().flatten() {
        let mut whole = Vec::new();
        Input::open(path).unwrap().into_reader().take(6 << 10).read_to_end(&mut whole).unwrap();
        let names = laws::laws_of(Kind::of(&whole));
        for n in 0..6 {
            let mut bytes = whole.clone();
            if n % 2 == 0 {
                bytes.truncate(dice.roll(whole.len()));
            } else {
                let at = dice.roll(whole.len());
                bytes.splice(at..(at + dice.roll(4)).min(whole.len()), DAMAGE[dice.roll(DAMAGE.len())].iter().copied());
            }
            for (_, law) in LAWS.iter().filter(|(name, _)| names.contains(name)) {
                law(&bytes);
            }
        }
    }
}

#[test]
fn what_holds_no_dump_is_refused_in_words() {
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    elf.extend((0..=255).cycle().take(10_000));
    let cases: [(&[u8], &str); 7] = [
        (b"", "`stdin` holds nothing"),
        (b" \r\n\n\t\n", "`stdin` holds nothing"),
        (&elf, "`stdin` holds no text"),
        (&[0; 300], "`stdin` holds no text"),
        (b"hello\nworld\n", "`stdin` holds other text"),
        (b"{\"a\": [1, 2]}", "`stdin` holds JSON"),
        (b"\xff\xfe", "`stdin` holds nothing"),
    ];
    for (bytes, words) in cases {
        let e = stream(bytes).unwrap_err();
        assert!(matches!(e, LoadError::Nothing { .. }) && e.to_string() == words, "{e}");
    }
}

#[test]
fn utf16_a_byte_order_mark_and_dos_line_ends_change_nothing() {
    let plain = stream(DUMP).unwrap();
    assert_eq!(flows(&plain), lines(DUMP));
    let units: Vec<u16> = format!("\u{feff}{DUMP}").encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let dos = DUMP.replace('\n', "\r\n");
    for bytes in [little, big, format!("\u{feff}{DUMP}").into(), dos.clone().into(), gzip(DUMP.as_bytes())] {
        let read = stream(bytes).unwrap();
        assert_eq!((flows(&read), told(&read)), (flows(&plain), vec![]));
    }
    let mut out = Vec::new();
    let names = Names::default().learning();
    let input = Input::new(Cursor::new(dos.clone().into_bytes())).unwrap();
    reprint(input, &"f".into(), &names, &Options::default(), &mut |bytes| {
        out.extend_from_slice(bytes);
        Ok(())
    })
    .unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), dos);
}

#[test]
fn a_hole_of_zeros_in_a_dump_costs_no_other_line() {
    let at = DUMP.rfind(" cookie").unwrap();
    let holed = [&DUMP[..at], &"\0".repeat(4000), "\n", &DUMP[at..]].concat();
    let read = stream(holed).unwrap();
    assert_eq!(
        (flows(&read), told(&read)),
        (lines(DUMP).iter().map(|&l| l.to_owned()).collect(), vec![(3, "no-flow")])
    );
}

#[test]
fn bytes_that_are_no_text_cost_their_line_only() {
    let mut bytes = DUMP.as_bytes().to_vec();
    bytes.extend(b" priority=5,\xc3\x28 actions=drop\n priority=6 actions=drop\n");
    let read = stream(bytes).unwrap();
    assert_eq!(told(&read), [(4, "no-text")]);
    assert_eq!(flows(&read).len(), 3);
}

#[test]
fn a_packed_dump_that_breaks_off_gives_what_came_before() {
    let text: String = (0..60_000).map(|n| format!(" cookie=0x{n:x}, priority={n} actions=drop\n")).collect();
    for packed in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 1).unwrap(), xz(text.as_bytes())] {
        let read = stream(&packed[..packed.len() * 3 / 4]).unwrap();
        let kept = flows(&read);
        assert!(kept.len() > 1000 && kept.len() < 60_000, "{}", kept.len());
        assert!(lines(&text).iter().zip(&kept).all(|(line, flow)| line == flow));
        assert!(read.is_partial && told(&read).iter().any(|(_, code)| *code == "broken-off"), "{:?}", told(&read));
        // So little of it that not even the head is whole: refused in words.
        let e = stream(&packed[..12]).unwrap_err();
        assert!(!e.to_string().is_empty());
    }
}

#[test]
fn deep_nesting_is_refused_or_kept_but_never_overflows() {
    const DEPTH: usize = 2000;
    let pairs = [
        ("actions=clone(", ")"),
        ("actions=ct(exec(", "))"),
        ("actions=write_actions(", ")"),
        ("actions=learn(", ")"),
        ("(", ")"),
        ("[", "]"),
        ("{\"ports\":[", "]}"),
        ("{\"a\":", "}"),
        ("not ", ""),
        ("! ", ""),
        ("[\"map\",[[", "]]]"),
        ("actions=encap(nsh(", "))"),
        ("tunnel(", ")"),
        ("{", "}"),
        ("\"", "\""),
        ("bucket=actions=clone(", ")"),
    ];
    for (open, close) in pairs {
        let (word, rest) = open.split_once('=').filter(|_| open.starts_with("actions=")).unwrap_or(("", open));
        let nested =
            format!("{word}{}{}{}", if word.is_empty() { "" } else { "=" }, rest.repeat(DEPTH), close.repeat(DEPTH));
        let unclosed = &nested[..nested.len() - close.len() * DEPTH];
        for text in [&nested, unclosed] {
            for (_, law) in LAWS {
                law(text.as_bytes());
            }
            if text.starts_with("actions=") {
                let d = parse(text, Names::none(), Mode::Typed, false).unwrap_err();
                assert!(d.is_error() && !d.message.is_empty());
                let kept = stream(format!(" priority=1 {text}\n priority=2 actions=drop\n")).unwrap();
                assert_eq!(flows(&kept), [format!(" priority=1 {text}"), " priority=2 actions=drop".to_owned()]);
            }
        }
    }
}

#[test]
fn a_number_that_is_too_large_is_refused_when_typed_and_kept_when_printed() {
    let huge = "9".repeat(60);
    let mut refused = 0;
    for field in FieldId::all() {
        for value in [huge.clone(), format!("0x{}", "f".repeat(400)), format!("1/{huge}")] {
            let line = format!("{}={value},actions=drop", field.name);
            match parse(&line, Names::none(), Mode::Typed, false) {
                Err(d) => {
                    assert!(d.span.slice(&line).len() < line.len() && d.span.end > 0, "{line}: {d}");
                    refused += 1;
                }
                Ok(reading) => assert!(!reading.found.is_empty(), "{line} is taken without a word"),
            }
            let printed = format!(" {}={value} actions=drop", field.name);
            let read = stream(format!("{DUMP}{printed}\n")).unwrap();
            assert_eq!(flows(&read).last(), Some(&printed));
            assert_eq!(told(&read).first().map(|(line, _)| *line), Some(4), "{printed}");
        }
    }
    assert!(refused > 200, "{refused}");
    for head in ["cookie", "table", "priority", "idle_timeout", "hard_timeout", "importance", "out_port"] {
        let line = format!("{head}={huge},actions=drop");
        let taken = parse(&line, Names::none(), Mode::Typed, false);
        assert!(taken.is_err() || taken.is_ok_and(|r| !r.found.is_empty()), "{line} is taken without a word");
    }
}

#[test]
fn lists_of_a_hundred_thousand_are_read_or_refused_with_their_limit() {
    const N: usize = 100_000;
    let outputs = (0..N).map(|n| format!("output:{}", n % 1000)).collect::<Vec<_>>().join(",");
    let fields = (0..N).map(|n| format!("reg{}={n}", n % 16)).collect::<Vec<_>>().join(",");
    for line in [format!(" priority=1 actions={outputs}"), format!(" {fields} actions=drop")] {
        let read = stream(format!("{DUMP}{line}\n priority=2 actions=drop\n")).unwrap();
        assert_eq!(flows(&read)[2..], [line.clone(), " priority=2 actions=drop".to_owned()]);
        assert!(told(&read).iter().all(|(line, _)| *line == 4), "{:?}", told(&read));
    }
    let d = parse(&format!("actions={outputs}"), Names::none(), Mode::Typed, false).unwrap_err();
    assert_eq!((d.code, d.to_string().contains("64 kB")), ("too-long", true), "{d}");
    let buckets = "bucket=actions=output:1,".repeat(N);
    let text = format!("NXST_GROUP_DESC reply (xid=0x2):\n group_id=1,type=all,{}\n", buckets.trim_end_matches(','));
    laws::groups(text.as_bytes());
    let filter = format!("table in {{{}}}", vec!["1"; N].join(","));
    laws::filter(filter.as_bytes());
}

#[test]
fn no_control_character_gets_into_what_is_painted() {
    const EVIL: &str = "\x1b[2J\x1b]0;x\x07\u{9b}1m\u{202e}\u{200f}\x7f\x08";
    let texts = [
        format!(" priority=1,reg0=1 actions=output:\"{EVIL}\"\n"),
        format!(" priority=1,{EVIL}=1 actions={EVIL}(1),note:{EVIL}\n"),
        format!("{DUMP}{EVIL}\n"),
        format!("OFPST_PORT_DESC reply (OF1.3) (xid=0x2):\n 1({EVIL}): addr:00:00:00:00:00:01\n {EVIL}\n"),
        format!(" port  VLAN  MAC                Age\n    1     0  aa:bb:cc:00:00:01    3\n{EVIL}\n"),
        format!("{{\"ports\": [{{\"id\": \"{}\", \"name\": 7}}]}}", EVIL.escape_default()),
        format!("table = {EVIL}"),
        EVIL.to_owned(),
    ];
    for text in &texts {
        for (_, law) in LAWS {
            law(text.as_bytes());
        }
        let Ok(snapshot) = stream(text.as_bytes()) else { continue };
        for located in &snapshot.sources.report.kept {
            let mut out = String::new();
            located.paint(&mut out);
            assert!(out.chars().all(|c| c == '\n' || is_visible(c)), "{out:?}");
        }
        let scene = Scene::new(snapshot);
        for node in scene.nodes() {
            for at in 0..node.bridges().len() {
                explain::flow(&node.explain(at), 0);
            }
        }
    }
    let line = format!("{EVIL}=1,actions=drop");
    let d: Diagnostic = parse(&line, Names::none(), Mode::Typed, false).unwrap_err();
    let mut out = String::new();
    d.paint("flow", &line, &mut out);
    assert!(out.contains("\\x1b[2J") && out.chars().all(|c| c == '\n' || is_visible(c)), "{out:?}");
}

#[cfg(unix)]
#[test]
fn links_in_circles_pipes_and_unreadable_files_are_told_and_passed_by() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = Dir::new("odd-files");
    dir.file("br-int/flows.txt", DUMP);
    dir.file("br-int/groups.txt", "whatever");
    symlink(".", dir.0.join("loop")).unwrap();
    symlink("../br-int", dir.0.join("br-int/again")).unwrap();
    symlink("nowhere", dir.0.join("broken")).unwrap();
    symlink("itself", dir.0.join("itself")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(dir.0.join("pipe")).status();
    assert!(pipe.unwrap().success());
    fs::set_permissions(dir.0.join("br-int/groups.txt"), fs::Permissions::from_mode(0o0)).unwrap();
    let snapshot = open(&dir.0).unwrap();
    assert_eq!(flows(&snapshot), lines(DUMP));
    let told: Vec<String> =
        snapshot.sources.report.kept.iter().map(|l| format!("{}: {}", l.file, l.diagnostic.message)).collect();
    let says = |start: &str, words: &str| told.iter().any(|line| line.starts_with(start) && line.contains(words));
    assert!(says("loop", "links to directories") && says("br-int/again", "links to directories"), "{told:?}");
    assert!(says("broken", "cannot be opened") && says("itself", "cannot be opened"), "{told:?}");
    assert!(says("pipe", "a pipe, a socket or a device"), "{told:?}");
    let is_readable = fs::read(dir.0.join("br-int/groups.txt")).is_ok();
    assert!(is_readable || says("br-int/groups.txt", "cannot be read"), "{told:?}");
}

/// An archive whose entries have any paths, which a well-behaved builder would refuse.
fn tar_of(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, text) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn an_archive_with_paths_that_lead_out_is_read_and_nothing_is_written() {
    let dir = Dir::new("leads-out");
    let outside = format!("{}/outside.txt", dir.0.display());
    let archive = tar_of(&[
        ("../../br-int/flows.txt", DUMP),
        (&outside[..outside.len().min(99)], DUMP),
        ("node/br-int/flows.txt", DUMP),
        ("node/br-int/flows.txt", DUMP),
        ("./././node//br-int/flows.txt", DUMP),
    ]);
    dir.file("all.tar", &archive);
    for read in [stream(archive.clone()), open(&dir.0.join("all.tar"))] {
        let snapshot = read.unwrap();
        assert!(snapshot.nodes.iter().flat_map(|n| &n.bridges).all(|b| b.flows.len() == 2));
        assert_eq!(snapshot.sources.files.len(), 5, "{:?}", snapshot.sources.files);
    }
    let files: Vec<_> = files_below(&dir.0).into_iter().map(|p| p.file_name().unwrap().to_owned()).collect();
    assert_eq!(files, ["all.tar"]);
    for end in [100, 600, 1500, archive.len() - 1100] {
        laws::archive(&archive[..end]);
    }
}

#[test]
fn the_same_things_twice_are_both_there() {
    let twice = format!("{DUMP}{}", DUMP.split_once('\n').unwrap().1);
    let read = stream(twice.clone()).unwrap();
    assert_eq!((flows(&read), told(&read)), (lines(&twice).iter().map(|&l| l.to_owned()).collect(), vec![]));
    assert_eq!(read.nodes[0].bridges[0].tables().iter().map(|table| table.flows.len()).collect::<Vec<_>>(), [2, 2]);
    let dir = Dir::new("same-names");
    for host in ["a/compute1", "b/compute1"] {
        dir.file(&format!("{host}/br-int/flows.txt"), DUMP);
        dir.file(&format!("{host}/br-int/again.txt"), DUMP);
    }
    let read = open(&dir.0).unwrap();
    assert_eq!(read.nodes.iter().flat_map(|n| &n.bridges).map(|b| b.flows.len()).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(read.sources.files.len(), 4);
}
