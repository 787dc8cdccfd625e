//! Packs the captured nodes below `fixtures/nodes` into the program, so that it has something to show on any machine.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = Path::new("fixtures/nodes");
    println!("cargo::rerun-if-changed={}", root.display());
    let out = PathBuf::from(std::env::var("OUT_DIR").map_err(io::Error::other)?);
    let mut dirs: Vec<PathBuf> =
        fs::read_dir(root)?.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    dirs.sort();
    let mut table = String::from(
        "/// The demos: name, what it is, and its files as a packed archive.\npub const PACKED: &[(&str, &str, &[u8])] = &[\n",
    );
    for dir in dirs {
        let Some(name) = dir.file_name().and_then(|n| n.to_str()) else { continue };
        let Ok(about) = fs::read_to_string(dir.join("about.txt")) else { continue };
        let file = out.join(format!("{name}.tar.gz"));
        let gz = flate2::write::GzEncoder::new(fs::File::create(&file)?, flate2::Compression::best());
        let mut archive = tar::Builder::new(gz);
        // The same bytes whatever the clock and the owner of the files say.
        archive.mode(tar::HeaderMode::Deterministic);
        add(&mut archive, &dir, &dir)?;
        archive.into_inner()?.finish()?;
        writeln!(table, "    ({name:?}, {:?}, include_bytes!({:?})),", about.trim(), file.display().to_string())
            .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    fs::write(out.join("demos.rs"), table)
}

/// Adds the files of a directory, in order, with their paths below `root`.
fn add(archive: &mut tar::Builder<impl io::Write>, root: &Path, dir: &Path) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)?.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            add(archive, root, &path)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            archive.append_path_with_name(&path, name)?;
        }
    }
    Ok(())
}
