//! The built-in catalog passes the checks that users' catalogs pass, and holds every cause that callers may rely on.

use sshtriage::catalog::check::check;
use sshtriage::catalog::{Base, Catalog, builtin_files};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_built_in_catalog_has_no_problems() {
    let (_, problems) = check(Base::default(), &builtin_files());
    let listed: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(listed.is_empty(), "{}", listed.join("\n"));
}

#[test]
fn the_embedded_files_are_those_of_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let on_disk = sshtriage::catalog::read_folder(&folder).expect("patterns/ is readable");
    let names = |files: &[sshtriage::catalog::SourceFile]| -> BTreeSet<String> {
        files.iter().map(|f| f.path.clone()).collect()
    };
    assert_eq!(names(&builtin_files()), names(&on_disk));
}

/// The ids that support tooling relies on: more may be added, none renamed.
#[test]
fn every_promised_cause_is_there() {
    let promised: BTreeSet<&str> = include_str!("promised-causes.txt").lines().collect();
    let catalog = Catalog::builtin();
    let known: BTreeSet<&str> = catalog.causes.iter().map(|c| c.id.as_ref()).collect();
    let missing: Vec<_> = promised.difference(&known).collect();
    assert!(promised.len() > 100 && missing.is_empty(), "missing: {missing:?}");
}

#[test]
fn every_cause_has_a_line_or_rule_that_leads_to_it() {
    let catalog = Catalog::builtin();
    for (at, cause) in catalog.causes.iter().enumerate() {
        let by_line = catalog.patterns.iter().any(|p| p.cause.is_some_and(|c| c.0 as usize == at));
        assert!(by_line || !cause.rules.is_empty() || cause.guessing.is_some(), "{}", cause.id);
    }
}
