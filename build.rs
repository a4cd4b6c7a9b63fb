//! Embeds `patterns/`: the files as they are, and what the scanner needs of them in a binary form that loads in a fraction of
//! a millisecond.
//! Nothing is checked here beyond what parsing needs; `sshtriage patterns check` and the tests do that.

#[path = "src/catalog/cause.rs"]
#[allow(dead_code, missing_docs)]
mod cause;
#[path = "src/catalog/format.rs"]
#[allow(dead_code, missing_docs)]
mod format;
#[path = "src/catalog/index.rs"]
#[allow(dead_code, missing_docs)]
mod index;
#[path = "src/lazy.rs"]
#[allow(dead_code, missing_docs)]
mod lazy;
#[path = "src/catalog/patterns.rs"]
#[allow(dead_code, missing_docs)]
mod patterns;
#[path = "src/catalog/resolve.rs"]
#[allow(dead_code, missing_docs)]
mod resolve;
#[path = "src/catalog/tables.rs"]
#[allow(dead_code, missing_docs)]
mod tables;
#[path = "src/template.rs"]
#[allow(dead_code, missing_docs)]
mod template;
#[path = "src/catalog/traits.rs"]
#[allow(dead_code, missing_docs)]
mod traits;
#[path = "src/matcher"]
#[allow(dead_code, missing_docs)]
mod matcher {
    pub mod dispatch;
    pub mod fours;
    pub mod literal;
}
#[path = "src/host"]
#[allow(dead_code, missing_docs)]
mod host {
    mod fact;
    pub use fact::FactName;
}
#[path = "src/record"]
#[allow(dead_code, missing_docs)]
mod record {
    mod mark;
    pub use mark::Mark;
}

use std::hash::{DefaultHasher, Hash, Hasher};
use std::{env, fmt::Write, fs, path::Path};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("patterns");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    println!("cargo::rerun-if-changed=patterns");
    let mut build = DefaultHasher::new();
    for source in [
        "catalog/cause.rs",
        "catalog/check.rs",
        "catalog/format.rs",
        "catalog/index.rs",
        "catalog/kept.rs",
        "catalog/patterns.rs",
        "catalog/resolve.rs",
        "catalog/tables.rs",
        "catalog/traits.rs",
        "host/fact.rs",
        "lazy.rs",
        "template.rs",
        "template/bytes.rs",
        "template/field.rs",
        "template/parse.rs",
        "matcher/dispatch.rs",
        "matcher/fours.rs",
        "matcher/literal.rs",
        "record/mark.rs",
    ] {
        println!("cargo::rerun-if-changed=src/{source}");
        fs::read(Path::new("src").join(source)).expect("named after what is there").hash(&mut build);
    }

    let mut files = Vec::new();
    list(&root, &root, &mut files);
    files.sort();

    let mut index = index::Index::default();
    let mut listing = String::from("&[\n");
    let mut explained = Vec::new();
    for path in &files {
        let text = fs::read_to_string(root.join(path)).expect("listed just now");
        (path, &text).hash(&mut build);
        let from = explained.len();
        match format::parse(path, &text) {
            Ok(file) => {
                if let format::File::Cause(cause) = &file {
                    let texts = cause::Texts::from(cause.as_ref().clone());
                    explained = postcard::to_extend(&texts, explained).expect("plain data");
                }
                index.add(path, file);
            }
            Err((offset, message)) => {
                let line = text[..offset].matches('\n').count() + 1;
                println!("cargo::error=patterns/{path}:{line}: {message}");
            }
        }
        let place = (from, explained.len());
        writeln!(listing, "({path:?}, include_str!({:?}), {place:?}),", root.join(path)).expect("to a String");
    }
    listing.push(']');
    let tables = index.rank();
    let names = postcard::to_allocvec(&index).expect("plain data");
    let known = resolve::Resolved::of(index);
    let resolved = postcard::to_allocvec(&known).expect("plain data");
    let traits = traits::Traits::of(&known);
    let parts: [(&str, &[u8]); 12] = [
        ("resolved.bin", &resolved),
        ("patterns.bin", &patterns::pack(&known.patterns)),
        ("traits.bin", traits.as_bytes()),
        ("index.bin", &names),
        ("wordings.bin", tables.wordings.as_bytes()),
        ("literals.bin", &tables.literals),
        ("parts.bin", &tables.parts),
        ("texts.bin", &tables.texts),
        ("dispatch.bin", &tables.dispatch.to_bytes()),
        ("explained.bin", &explained),
        ("build.bin", &build.finish().to_le_bytes()),
        ("files.rs", listing.as_bytes()),
    ];
    for (name, bytes) in parts {
        fs::write(Path::new(&out).join(name), bytes).expect("OUT_DIR is writable");
    }
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("patterns/ is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(root, &path, files);
        } else if path.extension().is_some_and(|e| e == "toml") {
            let relative = path.strip_prefix(root).expect("found below it");
            files.push(relative.to_str().expect("UTF-8 file names").replace('\\', "/"));
        }
    }
}
