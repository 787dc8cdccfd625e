//! The file in which progress is kept.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::progress::Progress;
use crate::session::keep;

/// The most that is read of it, in bytes.
const LIMIT: u64 = 1 << 20;

/// A file with what was done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept(PathBuf);

impl Kept {
    /// Below the directory where a person's programs keep their state.
    pub fn below(state: &Path) -> Kept {
        Kept(state.join("ofscope/learn.json"))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What was done so far. A file that is not there, or cannot be read, says nothing.
    pub fn load(&self) -> Progress {
        let mut text = String::new();
        let read = File::open(&self.0).and_then(|file| file.take(LIMIT).read_to_string(&mut text));
        if read.is_ok() { Progress::read(&text) } else { Progress::default() }
    }

    /// Notes something in it: reads it, changes it, and puts it in the place of the old one, which stays as it was if
    /// anything goes wrong on the way.
    pub fn note(&self, change: impl FnOnce(&mut Progress)) -> io::Result<()> {
        let mut progress = self.load();
        let before = progress.clone();
        change(&mut progress);
        if progress == before {
            return Ok(());
        }
        if let Some(dir) = self.0.parent() {
            fs::create_dir_all(dir)?;
        }
        keep(&self.0, &progress.text(), true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("ofscope-kept-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn progress_is_kept_and_nothing_else_is_left_behind() {
        let dir = scratch("kept");
        let kept = Kept::below(&dir);
        assert_eq!(kept.load(), Progress::default());
        kept.note(|p| p.tried("read", true)).unwrap();
        kept.note(|p| p.tried("add", false)).unwrap();
        assert!(kept.load().of("read").solved && !kept.load().of("add").solved);
        let files: Vec<_> = fs::read_dir(dir.join("ofscope")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(files, ["learn.json"]);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_file_as_it_was() {
        let dir = scratch("full");
        let kept = Kept::below(&dir);
        kept.note(|p| p.tried("read", true)).unwrap();
        let old = fs::read(kept.path()).unwrap();
        // Something stands wherever the new file could be written.
        for number in 0..100 {
            let name = format!(".learn.json.{}-{number}.part", std::process::id());
            fs::create_dir(kept.path().with_file_name(name)).unwrap();
        }
        assert!(kept.note(|p| p.tried("add", true)).is_err());
        assert_eq!(fs::read(kept.path()).unwrap(), old);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_place_that_is_no_directory_is_an_error_and_no_end_of_the_program() {
        let kept = Kept::below(Path::new("/dev/null"));
        assert_eq!(kept.load(), Progress::default());
        assert!(kept.note(|p| p.tried("read", true)).is_err());
    }
}
