//! Inputs that once broke a law: `fixtures/crashes/LAW/`, each file named by the sentence of its bug.

use crate::check::files_below;
use crate::laws::LAWS;

#[test]
fn what_once_broke_a_law_keeps_it() {
    let root = crate::fixtures().join("crashes");
    let mut files = files_below(&root);
    for (name, law) in LAWS {
        let own: Vec<_> = files.extract_if(.., |path| path.starts_with(root.join(name))).collect();
        for path in own {
            println!("{name}: {}", path.file_name().unwrap().to_string_lossy());
            law(&std::fs::read(&path).unwrap());
        }
    }
    files.retain(|path| !path.ends_with("README.md"));
    assert!(files.is_empty(), "no law is called so: {files:?}");
}
