//! Small pieces of sentences.

use super::number::grouped;

/// So many of something, with the digits in groups: `1 flow`, `57 012 flows`.
pub fn counted(n: impl TryInto<u64>, word: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    format!("{} {}", grouped(n), plural(n, word))
}

/// A word for one thing as it is for so many.
pub fn plural(n: impl TryInto<u64>, word: &str) -> String {
    if n.try_into().is_ok_and(|n| n == 1) { word.to_owned() } else { format!("{word}s") }
}

/// A sentence that begins with a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_told_from_many() {
        assert_eq!(counted(1_usize, "flow"), "1 flow");
        assert_eq!(counted(0_usize, "flow"), "0 flows");
        assert_eq!(counted(57_012_u64, "flow"), "57 012 flows");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_letter() {
        assert_eq!(capital("über"), "Über");
        assert_eq!(capital(""), "");
    }
}
