//! What hostile input costs the program, as a process of its own: memory in proportion, and an answer in time.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a run of the program said, and what it took.
struct Run {
    code: i32,
    out: String,
    err: String,
    /// The most memory it held, in MiB.
    peak: usize,
}

/// How long a run may take; a hang would take for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs `ofscope` with what `feed` writes on its standard input.
fn run(args: &[&str], feed: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ofscope"))
        .args(args)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout, mut stderr) =
        (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
    thread::scope(|scope| {
        // The program may end before it took everything.
        scope.spawn(move || drop(feed(&mut stdin)));
        let out = scope.spawn(move || text(&mut stdout));
        let err = scope.spawn(move || text(&mut stderr));
        let (start, mut peak) = (Instant::now(), 0);
        let status = loop {
            peak = peak.max(resident(child.id()).unwrap_or(0));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("{args:?} takes more than {PATIENCE:?}");
            }
            thread::sleep(Duration::from_millis(3));
        };
        let (out, err) = (out.join().unwrap(), err.join().unwrap());
        Run { code: status.code().unwrap(), out, err, peak }
    })
}

/// The first of what is said; the rest is read, so that nobody waits.
fn text(reader: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = reader.by_ref().take(1 << 20).read_to_end(&mut bytes);
    let _ = std::io::copy(reader, &mut std::io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The most memory a process has held so far, in MiB (proc(5), `VmHWM`).
fn resident(process: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? >> 10)
}

/// Writes the same bytes until there are `total` of them.
fn flood(to: &mut dyn Write, bytes: &[u8], total: usize) -> std::io::Result<()> {
    let piece = bytes.repeat((1 << 20) / bytes.len());
    (0..total.div_ceil(piece.len())).try_for_each(|_| to.write_all(&piece))
}

#[test]
fn a_line_of_100_mb_is_told_and_passed_by() {
    for command in ["flows", "check-input"] {
        let run = run(&[command, "-"], |to| {
            to.write_all(b" priority=1 actions=drop\n priority=2 actions=")?;
            flood(to, b"output:1,", 100 << 20)?;
            to.write_all(b"\n priority=3 actions=drop\n")
        });
        let said = format!("{}{}", run.out, run.err);
        assert_eq!(run.code, 4, "{}", run.err);
        assert!(said.contains("longer than 8 MiB"), "{said}");
        assert!(command != "flows" || run.out.ends_with(" priority=3 actions=drop\n"), "{}", run.out);
        assert!(run.peak < 150, "{command} took {} MiB", run.peak);
    }
}

#[test]
fn a_document_with_a_line_of_100_mb_is_read_in_proportion() {
    let run = run(&["check-input", "-"], |to| {
        to.write_all(b"NXST_GROUP_DESC reply (xid=0x2):\n group_id=1,type=all,")?;
        flood(to, b"x", 100 << 20)?;
        to.write_all(b"\n")
    });
    assert!(run.out.contains("group") || run.err.contains("group"), "{} {}", run.out, run.err);
    assert!(run.peak < 800, "took {} MiB", run.peak);
}

#[test]
fn a_bomb_is_not_unpacked_to_be_thrown_away() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&[0; 1 << 20]).unwrap();
    let zeros = packer.finish().unwrap();
    // 4 GiB in 4 MiB.
    let run = run(&["node", "-"], |to| (0..4096).try_for_each(|_| to.write_all(&zeros)));
    assert!(run.code != 0 && run.err.contains("no text"), "{} {}", run.code, run.err);
    assert!(run.peak < 100, "took {} MiB", run.peak);
}

#[test]
fn a_dump_of_words_that_nobody_knows_ends_in_time() {
    let run = run(&["check-input", "-"], |to| {
        to.write_all(b" priority=1 actions=drop\n priority=2,")?;
        (0..120_000).try_for_each(|n| write!(to, "wrod{n}=1,"))?;
        to.write_all(b" actions=drop\n")?;
        (0..20_000).try_for_each(|n| writeln!(to, " priority={n},new_field={n} actions=drop"))
    });
    let said = format!("{}{}", run.out, run.err);
    assert!(run.code == 4 && said.contains("wrod0") && said.contains("more"), "{} {}", run.code, run.err);
    assert!(run.peak < 300, "took {} MiB", run.peak);
}
