//! Bytes as people paste them: a hex stream, bytes with blanks or colons between them, a dump with offsets and a column
//! of text as `tcpdump -xx`, `tcpdump -XX`, `xxd` and Wireshark print it.

use crate::base::diag::Diagnostic;
use crate::base::span::Span;

/// Bytes at most: as many as an IP packet can have, with room for the headers around it.
pub const BYTES: usize = 0x1_0100;

/// Reads bytes. Between them may stand blanks, colons, dashes, dots, commas and line ends, and `0x` in front of them; a
/// byte has two digits. Of a dump, the offsets at the start of its lines, the text at their end and what stands around
/// the dump are passed over; it is the first packet of several.
pub fn parse(text: &str) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    match dump(text) {
        None => read(text, 0, text.len(), &mut bytes)?,
        Some(first) => {
            let mut at = first;
            for line in text[first..].split_inclusive('\n') {
                let Some(data) = offset(line).filter(|(n, _)| *n == bytes.len()).map(|(_, data)| data) else { break };
                let start = at + data;
                read(text, start, start + column(line[data..].trim_end()), &mut bytes)?;
                at += line.len();
            }
        }
    }
    if bytes.is_empty() {
        return Err(Diagnostic::error("no-hex", Span::new(0, text.len()), "there are no bytes in it").hint(EXAMPLE));
    }
    Ok(bytes)
}

const EXAMPLE: &str = "write two hexadecimal digits a byte, as ffffffffffff fa163e000001 0806 ..";

/// Where a dump begins: with a line whose offset is 0.
pub(super) fn dump(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if offset(line).is_some_and(|(n, _)| n == 0) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The offset in front of a line of a dump, and where its bytes begin. `tcpdump` and `xxd` put a colon behind the offset,
/// Wireshark and `hexdump` two blanks or more.
fn offset(line: &str) -> Option<(usize, usize)> {
    let digits = line.trim_start();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let (number, rest) = digits.split_at(digits.find(|c: char| !c.is_ascii_hexdigit())?);
    let data = match rest.strip_prefix(':') {
        Some(data) => Some(data).filter(|d| d.starts_with([' ', '\t'])),
        None => Some(rest).filter(|d| d.starts_with("  ") || d.starts_with('\t')),
    };
    let data = data.filter(|_| (4..=8).contains(&number.len()))?.trim_start();
    Some((usize::from_str_radix(number, 16).ok()?, line.len() - data.len()))
}

/// How long the column of bytes is, of what stands behind an offset: 16 bytes at most. The text is two blanks or more
/// away from them; `hexdump` has two blanks behind the eighth byte, too.
fn column(data: &str) -> usize {
    let mut digits = 0;
    let mut blanks = 0;
    for (at, c) in data.char_indices() {
        match c {
            ' ' | '\t' => blanks += 1,
            c if !c.is_ascii_hexdigit() || digits == 32 => return at,
            _ if blanks > 2 || blanks == 2 && digits != 16 => return at,
            _ => {
                blanks = 0;
                digits += 1;
            }
        }
    }
    data.len()
}

/// Reads the bytes of a part of the text.
fn read(text: &str, start: usize, end: usize, bytes: &mut Vec<u8>) -> Result<(), Diagnostic> {
    let mut half: Option<(usize, u8)> = None;
    let mut rest = text[start..end].char_indices().peekable();
    while let Some((i, c)) = rest.next() {
        let at = start + i;
        let Some(digit) = c.to_digit(16) else {
            if let Some((at, _)) = half {
                return Err(Diagnostic::error("odd-hex", Span::new(at, at + 1), "a byte has two digits").hint(EXAMPLE));
            }
            if matches!(c, ' ' | '\t' | '\r' | '\n' | ':' | '-' | '.' | ',' | ';') {
                continue;
            }
            let message = format!("`{c}` is no hexadecimal digit");
            return Err(Diagnostic::error("no-hex", Span::new(at, at + c.len_utf8()), message).hint(EXAMPLE));
        };
        match half.take() {
            None if digit == 0 && matches!(rest.peek(), Some((_, 'x' | 'X'))) => {
                rest.next();
            }
            None => half = Some((at, digit as u8)),
            Some((_, high)) if bytes.len() < BYTES => bytes.push(high << 4 | digit as u8),
            Some(_) => {
                let message = format!("there are more than {BYTES} bytes, which no packet has");
                return Err(Diagnostic::error("too-long", Span::new(at, end), message));
            }
        }
    }
    match half {
        Some((at, _)) => {
            Err(Diagnostic::error("odd-hex", Span::new(at, at + 1), "a byte has two digits, and one is missing")
                .hint(EXAMPLE))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: [u8; 18] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x16, 0x3e, 0, 0, 1, 8, 6, 0, 1, 0xab, 0xcd];

    #[test]
    fn bytes_are_read_however_they_are_pasted() {
        let pasted = [
            "fffffffffffffa163e00000108060001abcd",
            "0xfffffffffffffa163e00000108060001abcd",
            "FF FF FF FF FF FF FA 16 3E 00 00 01 08 06 00 01 AB CD",
            "ff:ff:ff:ff:ff:ff:fa:16:3e:00:00:01 0806\n0001-ab.cd\n",
            "0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x16, 0x3e, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x01, 0xab, 0xcd",
        ];
        for text in pasted {
            assert_eq!(parse(text).map_err(|d| d.to_string()), Ok(WANTED.to_vec()), "{text}");
        }
    }

    #[test]
    fn dumps_are_read_without_their_offsets_and_text() {
        let tcpdump = "12:00:00.1 ARP, Request who-has 10.0.0.1\n\t0x0000:  ffff ffff ffff fa16 3e00 0001 0806 0001  \
                       ........>.......\n\t0x0010:  abcd                                     ab\n12:00:00.2 ARP\n\
                       \t0x0000:  0000\n";
        let dumps = [
            "\t0x0000:  ffff ffff ffff fa16 3e00 0001 0806 0001\n\t0x0010:  abcd\n",
            tcpdump,
            "00000000: ffff ffff ffff fa16 3e00 0001 0806 0001  ........>.......\n00000010: abcd                   ab\n",
            "0000   ff ff ff ff ff ff fa 16 3e 00 00 01 08 06 00 01   aaaaaaaabbbbbbbb\n0010   ab cd                ab\n",
            "00000000  ff ff ff ff ff ff fa 16  3e 00 00 01 08 06 00 01  |abababab|\n00000010  ab cd  |ab|\n00000012\n",
        ];
        for text in dumps {
            assert_eq!(parse(text).map_err(|d| d.to_string()), Ok(WANTED.to_vec()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_stands() {
        let wrong = |text: &str| parse(text).map_err(|d| (d.code, d.span.start, d.span.end)).unwrap_err();
        assert_eq!(wrong("ffff gg"), ("no-hex", 5, 6));
        assert_eq!(wrong("ffé"), ("no-hex", 2, 4));
        assert_eq!(wrong("ff f ff"), ("odd-hex", 3, 4));
        assert_eq!(wrong("fff"), ("odd-hex", 2, 3));
        assert_eq!(wrong(" \n"), ("no-hex", 0, 2));
        assert_eq!(wrong(&"00".repeat(BYTES + 1)).0, "too-long");
    }
}
