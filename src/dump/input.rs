//! Opening what people captured: compressed or not, UTF-8 or UTF-16, a file or a pipe.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

/// How much of the text is read in advance, to recognise it.
const HEAD: usize = 64 << 10;

/// A text that was opened, with its beginning at hand.
pub struct Input {
    head: Vec<u8>,
    rest: Box<dyn Read + Send>,
    encoding: Encoding,
}

/// How the text was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Encoding {
    /// How it was compressed; empty if it was not.
    pub compression: &'static str,
    /// Whether it was UTF-16 and has been converted.
    pub utf16: bool,
}

/// The compressions that are read, by the bytes that such a file starts with (RFC 1952, RFC 8878, the .xz format).
const COMPRESSIONS: [(&str, &[u8], Decoder); 3] = [
    ("gzip", b"\x1f\x8b", |r| Ok(Box::new(flate2::read::MultiGzDecoder::new(r)))),
    ("zstd", b"\x28\xb5\x2f\xfd", |r| Ok(Box::new(zstd::stream::read::Decoder::new(r)?))),
    ("xz", b"\xfd7zXZ\0", |r| Ok(Box::new(liblzma::read::XzDecoder::new_multi_decoder(r)))),
];

type Source = Box<dyn Read + Send>;
type Decoder = fn(Source) -> io::Result<Source>;

impl Input {
    /// Opens a file.
    pub fn open(path: &Path) -> io::Result<Input> {
        Input::new(File::open(path)?)
    }

    /// Opens anything that can be read.
    pub fn new(reader: impl Read + Send + 'static) -> io::Result<Input> {
        let mut source: Source = Box::new(reader);
        let mut encoding = Encoding::default();
        let mut start = first(&mut source, 8);
        if let Some((name, _, decode)) = COMPRESSIONS.iter().find(|(_, magic, _)| start.starts_with(magic)) {
            encoding.compression = name;
            source = decode(Box::new(BufReader::new(Cursor::new(start).chain(source))))?;
            start = Vec::new();
        }
        start.extend(first(&mut source, HEAD - start.len()));
        if start.starts_with(b"\xef\xbb\xbf") {
            start.drain(..3);
        } else if let Some(order) = utf16_order(&start) {
            encoding.utf16 = true;
            source = Box::new(Utf16::new(Cursor::new(start).chain(source), order));
            start = first(&mut source, HEAD);
        }
        Ok(Input { head: start, rest: source, encoding })
    }

    /// The beginning of the text, to recognise it by.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether the head is the whole text.
    pub fn is_short(&self) -> bool {
        self.head.len() < HEAD
    }

    /// How it was stored.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The whole text.
    pub fn into_reader(self) -> impl Read + Send {
        Cursor::new(self.head).chain(self.rest)
    }

    /// The whole text, up to `limit` bytes; whether there was more is told beside it. Bytes that are no UTF-8 become
    /// the replacement character.
    pub fn read_text(self, limit: u64) -> io::Result<(String, bool)> {
        let mut bytes = Vec::new();
        self.into_reader().take(limit + 1).read_to_end(&mut bytes)?;
        let is_cut = bytes.len() as u64 > limit;
        bytes.truncate(limit as usize);
        let text = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        Ok((text, is_cut))
    }
}

/// Up to `n` bytes from the beginning. If the source breaks off, it will say so again when all before was taken.
fn first(source: &mut Source, n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(e) = source.take(n as u64).read_to_end(&mut bytes) {
        *source = Box::new(Broken(Some(e)));
    }
    bytes
}

/// A source that broke off.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// The byte order of UTF-16 text: told by its mark, or by every second byte of text that is mostly ASCII being zero.
fn utf16_order(start: &[u8]) -> Option<Order> {
    match start {
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let sample = &start[..start.len().min(64)];
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, most) = (zeros(0), zeros(1), sample.len() * 3 / 8);
    match sample.len() {
        0..4 => None,
        _ if odd >= most && even * 4 <= odd => Some(Order::Little),
        _ if even >= most && odd * 4 <= even => Some(Order::Big),
        _ => None,
    }
}

/// Turns UTF-16 into UTF-8 while it is read. A lone surrogate becomes the replacement character.
struct Utf16<R> {
    reader: R,
    order: Order,
    /// Bytes of UTF-8 that were not taken yet.
    ready: Vec<u8>,
    taken: usize,
    /// The first half of a surrogate pair, or of a unit.
    pending: Vec<u16>,
    odd: Option<u8>,
}

impl<R: Read> Utf16<R> {
    fn new(reader: R, order: Order) -> Utf16<R> {
        Utf16 { reader, order, ready: Vec::new(), taken: 0, pending: Vec::new(), odd: None }
    }

    /// Reads and converts some more; false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 8 << 10];
        let n = loop {
            match self.reader.read(&mut buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        let bytes = self.odd.take().into_iter().chain(buffer[..n].iter().copied());
        let mut units = std::mem::take(&mut self.pending);
        let mut half = None;
        for byte in bytes {
            match half.take() {
                None => half = Some(byte),
                Some(first) if self.order == Order::Little => units.push(u16::from_le_bytes([first, byte])),
                Some(first) => units.push(u16::from_be_bytes([first, byte])),
            }
        }
        self.odd = half;
        if n > 0 && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u)) {
            self.pending.extend(units.pop());
        }
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .filter(|c| *c != '\u{feff}')
            .collect();
        self.ready = text.into_bytes();
        self.taken = 0;
        Ok(n > 0)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            if !self.refill()? && self.ready.is_empty() {
                return Ok(0);
            }
        }
        let n = buffer.len().min(self.ready.len() - self.taken);
        buffer[..n].copy_from_slice(&self.ready[self.taken..self.taken + n]);
        self.taken += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(bytes: &[u8]) -> (String, Encoding) {
        let input = Input::new(Cursor::new(bytes.to_vec())).unwrap();
        let encoding = input.encoding();
        (input.read_text(1 << 20).unwrap().0, encoding)
    }

    #[test]
    fn compressed_text_is_unpacked() {
        let text = "cookie=0x0 actions=drop\n".repeat(9000);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        let (read_back, encoding) = read(&gz.finish().unwrap());
        assert!(read_back == text && encoding.compression == "gzip");
        let (read_back, encoding) = read(&zstd::encode_all(text.as_bytes(), 1).unwrap());
        assert!(read_back == text && encoding.compression == "zstd");
        assert_eq!(read(text.as_bytes()).1, Encoding::default());
    }

    #[test]
    fn utf16_becomes_utf8() {
        let text = "actions=drop\nZürich 😀\n".repeat(3000);
        for mark in ["\u{feff}", ""] {
            let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
            for bytes in [little, big] {
                let (read_back, encoding) = read(&bytes);
                assert!(encoding.utf16 && read_back == text, "{}", &read_back[..40]);
            }
        }
        assert_eq!(read(b"\xef\xbb\xbfactions=drop").0, "actions=drop");
    }

    #[test]
    fn a_broken_end_gives_what_came_before() {
        let bytes = zstd::encode_all(&b"actions=drop\n".repeat(100_000)[..], 1).unwrap();
        let mut input = Input::new(Cursor::new(bytes[..bytes.len() - 5].to_vec())).unwrap().into_reader();
        let mut all = Vec::new();
        assert!(input.read_to_end(&mut all).is_err());
        assert_eq!((read(b"\xff").0.as_str(), read(b"").0.as_str()), ("\u{fffd}", ""));
        assert!(Input::new(Cursor::new(b"\x1f\x8b".to_vec())).unwrap().read_text(9).is_err());
    }
}
