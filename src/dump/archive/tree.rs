//! The files below a source: a directory, a tar archive, or one file.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bridge::DOCUMENT_LIMIT;
use crate::base::progress::Progress;
use crate::dump::input::Input;
use crate::dump::kind::{About, Kind, is_tar};

/// Files looked at, at most; what lies beyond is reported.
pub const MAX_FILES: usize = 20_000;
/// How deep directories are looked into.
pub const MAX_DEPTH: usize = 16;
/// How much of a tar archive is held, in bytes.
pub const MAX_HELD: usize = 1 << 30;

/// A file below the source.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path below the source, its parts set apart by `/`.
    pub path: String,
    /// Its size in bytes, as stored.
    pub size: u64,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    OnDisk(PathBuf),
    Held(Arc<[u8]>),
}

/// The files below a source.
#[derive(Debug, Default)]
pub struct Tree {
    /// The files, in order.
    pub entries: Vec<Entry>,
    /// Where the source itself lies, as far as that may tell a node or a bridge; with a `/` at its end.
    pub prefix: String,
    /// What was not looked at, and why.
    pub left_out: Vec<(String, String)>,
}

impl Entry {
    /// Opens it; what is read of it is counted.
    pub fn open(&self, progress: &Progress) -> io::Result<Input> {
        let progress = progress.clone();
        match &self.content {
            Content::OnDisk(path) => Input::new(Counted { reader: fs::File::open(path)?, progress }),
            Content::Held(bytes) => Input::new(Counted { reader: Cursor::new(bytes.clone()), progress }),
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    reader: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.progress.advance(n as u64);
        Ok(n)
    }
}

/// The directories of a sos report that hold something of Open vSwitch, OVN or the host's name
/// (sos/report/plugins/openvswitch.py and its neighbours); the rest of a report is large and says nothing here.
const OF_A_SOS_REPORT: [&str; 8] = [
    "sos_commands/openvswitch",
    "sos_commands/ovn",
    "sos_commands/host",
    "etc/openvswitch",
    "var/lib/openvswitch",
    "etc/ovn",
    "var/lib/ovn",
    "hostname",
];

/// Where a sos report begins in a path, if the path lies in one: the length of what stands in front.
pub fn sos_root(paths: impl Iterator<Item = impl AsRef<str>>) -> Vec<String> {
    let mut roots: Vec<String> = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let at = match path.strip_prefix("sos_commands/") {
            Some(_) => Some(0),
            None => path.find("/sos_commands/").map(|at| at + 1),
        };
        if let Some(at) = at
            && !roots.iter().any(|root| root == &path[..at])
        {
            roots.push(path[..at].to_owned());
        }
    }
    roots
}

/// Whether a file of a sos report is worth a look.
fn is_of_interest(roots: &[String], path: &str) -> bool {
    let Some(rest) = roots.iter().find_map(|root| path.strip_prefix(root.as_str())) else { return true };
    OF_A_SOS_REPORT.iter().any(|part| rest.starts_with(part))
}

impl Tree {
    /// The files below a path.
    pub fn of(path: &Path) -> io::Result<Tree> {
        if fs::metadata(path)?.is_dir() {
            return Ok(Tree { prefix: prefix(path), ..Tree::of_directory(path)? });
        }
        let name = path.file_name().map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned());
        let input = Input::open(path)?;
        if is_tar(input.head()) {
            return Tree::of_tar(input);
        }
        let size = fs::metadata(path)?.len();
        Ok(Tree {
            entries: vec![Entry { path: name, size, content: Content::OnDisk(path.to_owned()) }],
            prefix: path.canonicalize().ok().and_then(|p| Some(prefix(p.parent()?))).unwrap_or_default(),
            left_out: Vec::new(),
        })
    }

    /// A file whose text was read already.
    pub fn of_text(path: &Path, text: Vec<u8>) -> Tree {
        let name = path.file_name().map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned());
        Tree {
            entries: vec![Entry { path: name, size: text.len() as u64, content: Content::Held(text.into()) }],
            prefix: path.canonicalize().ok().and_then(|p| Some(prefix(p.parent()?))).unwrap_or_default(),
            left_out: Vec::new(),
        }
    }

    /// What comes through a pipe.
    pub fn of_pipe(input: Input) -> io::Result<Tree> {
        if is_tar(input.head()) {
            return Tree::of_tar(input);
        }
        // What nobody can read is not held, however much of it comes.
        let is_of_use = Kind::of(input.head()).about() != About::Nothing;
        let limit = if is_of_use { DOCUMENT_LIMIT + 1 } else { input.head().len() as u64 };
        let mut bytes = Vec::new();
        input.into_reader().take(limit).read_to_end(&mut bytes)?;
        let size = bytes.len() as u64;
        let entry = Entry { path: "stdin".to_owned(), size, content: Content::Held(bytes.into()) };
        Ok(Tree { entries: vec![entry], ..Tree::default() })
    }

    /// The files below a directory. Links to directories are not followed, so that none is visited twice.
    fn of_directory(root: &Path) -> io::Result<Tree> {
        let mut tree = Tree::default();
        let mut todo: VecDeque<(PathBuf, String, usize)> = VecDeque::from([(root.to_owned(), String::new(), 0)]);
        let (mut found, mut odd) = (Vec::new(), Vec::new());
        while let Some((dir, prefix, depth)) = todo.pop_front() {
            let listing = match fs::read_dir(&dir) {
                Ok(listing) => listing,
                Err(e) if depth == 0 => return Err(e),
                Err(e) => {
                    tree.left_out.push((prefix, format!("the directory cannot be read: {e}")));
                    continue;
                }
            };
            let mut children: Vec<fs::DirEntry> = listing.filter_map(Result::ok).collect();
            children.sort_by_key(fs::DirEntry::file_name);
            for child in children {
                let path = format!("{prefix}{}", child.file_name().to_string_lossy());
                let Ok(kind) = child.file_type() else { continue };
                if kind.is_dir() && depth < MAX_DEPTH {
                    todo.push_back((child.path(), format!("{path}/"), depth + 1));
                    continue;
                }
                if kind.is_dir() {
                    tree.left_out.push((path, format!("directories are looked into {MAX_DEPTH} deep")));
                    continue;
                }
                match fs::metadata(child.path()) {
                    Ok(target) if target.is_file() => found.push((path, child.path())),
                    Ok(target) if target.is_dir() => {
                        odd.push((path, "links to directories are not followed".to_owned()));
                    }
                    Ok(_) => odd.push((path, "it is no file, but a pipe, a socket or a device".to_owned())),
                    Err(e) => odd.push((path, format!("it cannot be opened: {e}"))),
                }
            }
        }
        let roots = sos_root(found.iter().map(|(path, _)| path));
        tree.left_out.extend(odd.into_iter().filter(|(path, _)| is_of_interest(&roots, path)));
        let (wanted, unwanted): (Vec<_>, Vec<_>) = found.into_iter().partition(|(p, _)| is_of_interest(&roots, p));
        if !unwanted.is_empty() {
            let why = format!("{} files of the sos report say nothing of Open vSwitch", unwanted.len());
            tree.left_out.push((roots.first().cloned().unwrap_or_default(), why));
        }
        for (n, (path, on_disk)) in wanted.into_iter().enumerate() {
            if n == MAX_FILES {
                tree.left_out.push((path, format!("only the first {MAX_FILES} files are looked at")));
                break;
            }
            let size = fs::metadata(&on_disk).map_or(0, |m| m.len());
            tree.entries.push(Entry { path, size, content: Content::OnDisk(on_disk) });
        }
        Ok(tree)
    }

    /// The files of a tar archive, such as a packed sos report. They are held in memory, so only those that may matter.
    fn of_tar(input: Input) -> io::Result<Tree> {
        let mut tree = Tree::default();
        let (mut held, mut seen) = (0, 0);
        let mut archive = tar::Archive::new(input.into_reader());
        for entry in archive.entries()? {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    tree.left_out.push((String::new(), format!("the archive breaks off: {e}")));
                    break;
                }
            };
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = entry.path_bytes();
            let path = String::from_utf8_lossy(&path).trim_start_matches("./").to_owned();
            seen += 1;
            let in_sos = sos_root(std::iter::once(&path));
            let may_matter = if path.contains("sos_commands/") {
                is_of_interest(&in_sos, &path)
            } else {
                !path.contains("/var/log/") && !path.contains("/proc/") && !path.contains("/sys/")
            };
            let size = entry.size() as usize;
            if !may_matter {
                continue;
            }
            if seen > MAX_FILES * 10 || held + size > MAX_HELD {
                tree.left_out.push((path, "the archive is too large to be held; unpack it".to_owned()));
                break;
            }
            // What the header says is only believed as far as bytes really come.
            let mut bytes = Vec::new();
            if let Err(e) = entry.by_ref().take(size as u64).read_to_end(&mut bytes) {
                tree.left_out.push((path, format!("the archive breaks off here: {e}")));
                break;
            }
            held += bytes.len();
            tree.entries.push(Entry { path, size: bytes.len() as u64, content: Content::Held(bytes.into()) });
        }
        tree.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }
}

/// The last two directories of a path, with a `/` at the end.
fn prefix(dir: &Path) -> String {
    let Ok(dir) = dir.canonicalize() else { return String::new() };
    let mut last: Vec<String> =
        dir.components().rev().take(2).map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    last.reverse();
    last.retain(|part| part != "/");
    last.iter().map(|part| format!("{part}/")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sos_reports_are_found_by_their_directory() {
        let paths =
            ["r/sos_commands/openvswitch/x", "r/etc/openvswitch/conf.db", "sos_commands/y", "z/sos_commands.txt"];
        let roots = sos_root(paths.iter());
        assert_eq!(roots, ["r/", ""]);
        assert!(
            is_of_interest(&roots[..1], "r/etc/openvswitch/conf.db") && !is_of_interest(&roots[..1], "r/var/log/x")
        );
    }

    #[test]
    fn a_tar_archive_is_a_tree() {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, text) in [("node/br-int/flows.txt", "actions=drop\n"), ("node/notes.md", "hello")] {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        let bytes = builder.into_inner().unwrap();
        assert!(is_tar(&bytes) && !is_tar(b"cookie=0x0"));
        let tree = Tree::of_tar(Input::new(Cursor::new(bytes.clone())).unwrap()).unwrap();
        assert_eq!(
            tree.entries.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(),
            ["node/br-int/flows.txt", "node/notes.md"]
        );
        let text = tree.entries[0].open(&Progress::default()).unwrap().read_text(100).unwrap().0;
        assert_eq!(text, "actions=drop\n");
        let broken = Tree::of_tar(Input::new(Cursor::new(bytes[..700].to_vec())).unwrap()).unwrap();
        assert!(!broken.left_out.is_empty());
    }
}
