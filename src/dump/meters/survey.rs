//! A typed line about a meter read to its end, whatever is wrong with it: for those who watch somebody type.

use super::{Draft, parse, parse_id, read_band_word};
use crate::base::diag::Diagnostic;
use crate::dump::flow_line::{Word, with_text};
use crate::dump::lines::Block;
use crate::model::meter::Meter;

/// What was understood of a line, and what was not.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The meter's number, if the line says it.
    pub id: Option<u32>,
    /// The words of the meter and of its bands.
    pub words: Vec<Word>,
    /// Everything that is wrong, in the order of the line.
    pub found: Vec<Diagnostic>,
    /// The meter, if nothing is wrong with the line and it tells all of it.
    pub meter: Option<Meter>,
}

/// Reads a line as `add-meter` takes it, or as `del-meter` does.
pub fn survey(line: &str, is_deletion: bool) -> Survey {
    let text = line.split('#').next().unwrap_or("");
    let block = Block::of(line);
    let at = text.find("band").filter(|_| !is_deletion).unwrap_or(text.len());
    let (head, bands) = (&text[..at], text[at..].split_once('=').map_or("", |(_, bands)| bands));
    let (mut words, mut found) = (Vec::new(), Vec::new());
    let mut draft = Draft::default();
    for (item, text) in with_text(head) {
        let read = draft.word(&block.head, item.name, item.value);
        words.push(Word::of(line, &item, text, read.is_ok()));
        found.extend(read.err().map(|wrong| wrong.1));
    }
    for (item, text) in with_text(bands) {
        let read = read_band_word(&block.head, &item, &mut draft.bands);
        words.push(Word::of(line, &item, text, read.is_ok()));
        found.extend(read.err().map(|wrong| wrong.1));
    }
    let mut meter = None;
    if found.is_empty() {
        match is_deletion {
            true => found.extend(parse_id(line).err()),
            false => match parse(line) {
                Ok(read) => meter = Some(read),
                Err(d) => found.push(d),
            },
        }
    }
    Survey { id: draft.id, words, found, meter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_meter_is_told() {
        let line = "meter=x,kpbs,burst,bands=type=dorp,type=drop,rate=-,brst_size=4";
        let found = survey(line, false).found;
        let places: Vec<&str> = found.iter().map(|d| d.span.slice(line)).collect();
        assert_eq!(places, ["x", "kpbs", "dorp", "-", "brst_size"], "{found:?}");
        assert_eq!((found[1].meant(), found[4].meant()), (Some("kbps"), Some("burst_size")));
    }

    #[test]
    fn a_line_that_is_right_is_read_as_a_file_reads_it() {
        for line in [
            "meter=4 kbps burst bands=type=drop rate=9 burst_size=3",
            "meter=controller,pktps,stats,band=type=drop,rate=9",
        ] {
            let survey = survey(line, false);
            assert_eq!((survey.meter, survey.found.len()), (parse(line).ok(), 0), "{line}");
        }
        assert_eq!((survey("meter=4", true).id, survey("", true).found.len()), (Some(4), 0));
        assert_eq!(survey("meter=4 kbps", false).found[0].message, "the line does not say the bands");
    }
}
