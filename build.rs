//! Packs captured nodes into the program, so that it has something to show and to practise on, on any machine: those
//! below `fixtures/nodes` are the demos, those below `fixtures/lessons/nodes` are there for lessons. And it gathers the
//! lessons themselves.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=fixtures/nodes");
    println!("cargo::rerun-if-changed=fixtures/lessons");
    println!("cargo::rerun-if-changed=fixtures/findings/bases");
    let out = PathBuf::from(std::env::var("OUT_DIR").map_err(io::Error::other)?);
    let mut table = String::new();
    let doc = "The demos: name, what it is, and its files as a packed archive.";
    nodes(Path::new("fixtures/nodes"), "PACKED", doc, &out, &mut table)?;
    let doc = "More nodes, for lessons.";
    nodes(Path::new("fixtures/lessons/nodes"), "PRACTICE", doc, &out, &mut table)?;
    fs::write(out.join("demos.rs"), table)?;
    lessons(Path::new("fixtures/lessons"), &out)
}

/// Packs each node of a directory, and writes the table of them.
fn nodes(root: &Path, constant: &str, doc: &str, out: &Path, table: &mut String) -> io::Result<()> {
    writeln!(table, "/// {doc}\npub const {constant}: &[(&str, &str, &[u8])] = &[").map_err(io::Error::other)?;
    for dir in sorted(root)?.into_iter().filter(|path| path.is_dir()) {
        let Some(name) = dir.file_name().and_then(|n| n.to_str()) else { continue };
        let Ok(about) = fs::read_to_string(dir.join("about.txt")) else { continue };
        let file = out.join(format!("{name}.tar.gz"));
        let gz = flate2::write::GzEncoder::new(fs::File::create(&file)?, flate2::Compression::best());
        let mut archive = tar::Builder::new(gz);
        // The same bytes whatever the clock and the owner of the files say.
        archive.mode(tar::HeaderMode::Deterministic);
        // A node may stand on files that are there for another purpose already.
        if let Ok(base) = fs::read_to_string(dir.join("base.txt")) {
            let base = Path::new("fixtures").join(base.trim());
            add(&mut archive, &base, &base)?;
        }
        add(&mut archive, &dir, &dir)?;
        archive.into_inner()?.finish()?;
        writeln!(table, "    ({name:?}, {:?}, include_bytes!({:?})),", about.trim(), file.display().to_string())
            .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    Ok(())
}

/// Writes the table of the lessons: the name of the file and its text.
fn lessons(root: &Path, out: &Path) -> io::Result<()> {
    let mut table =
        String::from("/// The lessons: the name of the file, and its text.\npub const TEXTS: &[(&str, &str)] = &[\n");
    for path in sorted(root)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "toml")) {
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        let text = fs::read_to_string(&path)?;
        writeln!(table, "    ({name:?}, {text:?}),").map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    fs::write(out.join("lessons.rs"), table)
}

/// What a directory holds, in order.
fn sorted(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)?.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    Ok(entries)
}

/// Adds the files of a directory, in order, with their paths below `root`.
fn add(archive: &mut tar::Builder<impl io::Write>, root: &Path, dir: &Path) -> io::Result<()> {
    for path in sorted(dir)? {
        if path.is_dir() {
            add(archive, root, &path)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            archive.append_path_with_name(&path, name)?;
        }
    }
    Ok(())
}
