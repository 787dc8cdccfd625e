//! Reading and writing numbers, as C does and as people like them.
//!
//! Open vSwitch reads numbers with C's `strtoull(.., 0)`: `10`, `0xa` and `012` are the same number, and `-1` is the
//! largest one. [`c_integer`] does that, but never drops a digit. Writing is done a million times during a load, so
//! [`Digits`] formats into a small array instead of a `String`.

use std::fmt;

/// Why a text is not the number that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// No digits at all, or something that is not a digit among them.
    Syntax,
    /// A number, but larger than what can be held.
    TooLarge,
}

/// Reads the whole of `text` as C's `strtoull(text, NULL, 0)` would: decimal, `0x` hexadecimal, or octal after a `0`;
/// a leading `-` gives the two's complement.
pub fn c_integer(text: &str) -> Result<u64, NumberError> {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, &digits[2..]),
        [b'0', rest @ ..] if !rest.is_empty() => (8, &digits[1..]),
        _ => (10, digits),
    };
    let value = unsigned(digits, radix)?;
    Ok(if negative { value.wrapping_neg() } else { value })
}

/// Reads the whole of `digits` in `radix` (8, 10 or 16).
pub fn unsigned(digits: &str, radix: u32) -> Result<u64, NumberError> {
    if digits.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut value: u64 = 0;
    let mut overflow = false;
    for c in digits.chars() {
        let digit = c.to_digit(radix).ok_or(NumberError::Syntax)?;
        match value.checked_mul(u64::from(radix)).and_then(|v| v.checked_add(u64::from(digit))) {
            Some(v) => value = v,
            None => overflow = true,
        }
    }
    if overflow { Err(NumberError::TooLarge) } else { Ok(value) }
}

/// What C's `atoi` makes of `text`: the decimal digits at its start, 0 without any.
pub fn c_atoi(text: &str) -> i64 {
    let trimmed = text.trim_start();
    let (sign, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (-1, &trimmed[1..]),
        Some(b'+') => (1, &trimmed[1..]),
        _ => (1, trimmed),
    };
    let end = digits.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    sign * digits[..end.min(18)].parse::<i64>().unwrap_or(0)
}

/// The digits of one number, kept in place.
pub struct Digits {
    bytes: [u8; 24],
    start: u8,
}

impl Digits {
    const END: usize = 24;

    /// `n` in decimal.
    pub fn decimal(n: u64) -> Digits {
        Digits::padded(n, 10, 1)
    }

    /// `n` as C's `%#x` prints it: `0x1f`, and a bare `0` for zero.
    pub fn hex(n: u64) -> Digits {
        if n == 0 { Digits::decimal(0) } else { Digits::hex_padded(n, 1) }
    }

    /// `0x` and at least `width` hexadecimal digits, for zero too.
    pub fn hex_padded(n: u64, width: usize) -> Digits {
        let mut digits = Digits::padded(n, 16, width);
        digits.start -= 2;
        digits.bytes[usize::from(digits.start)..][..2].copy_from_slice(b"0x");
        digits
    }

    /// At least `width` digits (16 at most) of `n` in `radix`.
    pub fn padded(mut n: u64, radix: u64, width: usize) -> Digits {
        let mut bytes = [b'0'; Self::END];
        let mut at = Self::END;
        while n > 0 {
            at -= 1;
            bytes[at] = b"0123456789abcdef"[(n % radix) as usize];
            n /= radix;
        }
        let start = at.min(Self::END - width.clamp(1, 16));
        Digits { bytes, start: start as u8 }
    }

    /// The digits as text.
    pub fn as_str(&self) -> &str {
        // The array holds ASCII digits only.
        std::str::from_utf8(&self.bytes[usize::from(self.start)..]).unwrap_or("")
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A count in at most five characters: `999`, `9999`, `12.3k`, `1.2M`. Digits are never cut, the unit changes.
pub fn short_count(n: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G"), (1_000_000_000_000, "T")];
    if n < 10_000 {
        return n.to_string();
    }
    let (unit, name) = UNITS.iter().rev().find(|(unit, _)| n >= *unit).copied().unwrap_or(UNITS[0]);
    let tenths = n / (unit / 10);
    match tenths {
        0..1000 => format!("{}.{}{name}", tenths / 10, tenths % 10),
        _ => format!("{}{name}", tenths / 10),
    }
}

/// A count with its thousands set apart by blanks: `1 204 118`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// A length of time in its two largest units: `4s`, `12m30s`, `3h05m`, `2d04h`.
pub fn short_duration(seconds: u64) -> String {
    let (s, m, h, d) = (seconds % 60, seconds / 60 % 60, seconds / 3600 % 24, seconds / 86400);
    match (d, h, m) {
        (0, 0, 0) => format!("{s}s"),
        (0, 0, _) => format!("{m}m{s:02}s"),
        (0, _, _) => format!("{h}h{m:02}m"),
        _ => format!("{d}d{h:02}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_integers() {
        assert_eq!(c_integer("10"), Ok(10));
        assert_eq!(c_integer("0x1F"), Ok(31));
        assert_eq!(c_integer("0007"), Ok(7));
        assert_eq!(c_integer("08"), Err(NumberError::Syntax));
        assert_eq!(c_integer("-1"), Ok(u64::MAX));
        assert_eq!(c_integer(""), Err(NumberError::Syntax));
        assert_eq!(c_integer("12x"), Err(NumberError::Syntax));
        assert_eq!(c_integer("0x10000000000000000"), Err(NumberError::TooLarge));
        assert_eq!(c_integer("0x"), Err(NumberError::Syntax));
        assert_eq!((c_atoi("70000x"), c_atoi("a"), c_atoi("-3")), (70000, 0, -3));
    }

    #[test]
    fn digits_print_as_c_does() {
        for n in [0, 1, 9, 10, 255, 65536, u64::MAX] {
            assert_eq!(Digits::decimal(n).as_str(), format!("{n}"));
            assert_eq!(Digits::hex(n).as_str(), if n == 0 { "0".into() } else { format!("{n:#x}") });
            assert_eq!(Digits::hex_padded(n, 4).as_str(), format!("0x{n:04x}"));
        }
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(short_count(9999), "9999");
        assert_eq!(short_count(12_345), "12.3k");
        assert_eq!(short_count(1_204_118), "1.2M");
        assert_eq!(short_count(133_014), "133k");
        assert_eq!(grouped(1_204_118), "1 204 118");
        assert_eq!(grouped(118), "118");
        assert_eq!(short_duration(4), "4s");
        assert_eq!(short_duration(187_341), "2d04h");
    }
}
