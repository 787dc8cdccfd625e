//! The database in its three forms, each with the facts that are taken from it: `ovsdb-client dump` as text and as JSON,
//! and the file of a server, whose transactions are replayed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::dump::{ovsdb_file, ovsdb_json, ovsdb_text};
use ofscope::field::Names;
use ofscope::model::node_facts::facts;
use ofscope_fuzz::{read, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    for reader in [ovsdb_text::read_ovsdb_text, ovsdb_json::read_ovsdb_json, ovsdb_file::read_ovsdb_file] {
        let (database, _) = read(&text, Names::none(), reader);
        facts(&database);
    }
    for line in text.lines().take(16) {
        let _ = (ovsdb_text::datum(line), ovsdb_text::atom(line));
    }
});
