//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file in one step: whoever looks finds the old text or the new one, and after a full disk or a killed
/// program the old one. A file that is there already is replaced if `replace` says so.
pub fn keep(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    keep_with(path, replace, |file| file.write_all(text.as_bytes()))
}

fn keep_with(path: &Path, replace: bool, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if !replace && path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    // A name that leads to a file elsewhere goes on leading there.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (beside, mut file) = beside(&target)?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    let done = written.and_then(|()| {
        if let Ok(old) = target.metadata() {
            fs::set_permissions(&beside, old.permissions())?;
        }
        if replace {
            fs::rename(&beside, &target)
        } else {
            // A link fails where somebody else was faster; a rename would not.
            fs::hard_link(&beside, &target)?;
            fs::remove_file(&beside)
        }
    });
    if let Err(e) = done {
        let _ = fs::remove_file(&beside);
        return Err(e);
    }
    // The directory knows the new name once it is written, too; where that cannot be asked for, it comes by itself.
    let directory = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(directory).and_then(|d| d.sync_all());
    Ok(())
}

/// A new file in the same directory, so that it can take the place of the other.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
    for number in 0..100u32 {
        let beside = path.with_file_name(format!(".{name}.{}-{number}.part", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ofscope-keep-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn a_write_that_fails_half_way_leaves_the_old_file_and_nothing_beside_it() {
        let directory = directory("half");
        let path = directory.join("set.flows");
        keep(&path, "old\n", false).unwrap();
        let full = keep_with(&path, true, |file| {
            file.write_all(b"ne")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\n");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
        keep(&path, "new\n", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_file_of_somebody_else_is_not_replaced() {
        let directory = directory("other");
        let path = directory.join("set.flows");
        fs::write(&path, "theirs").unwrap();
        assert_eq!(keep(&path, "mine", false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert!(keep(&directory.join("no/such/place"), "x", true).is_err());
        fs::remove_dir_all(directory).unwrap();
    }
}
