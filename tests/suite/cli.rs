//! The command line of the contract, against the real program.

use crate::contract::{assert_hit, assert_report};
use crate::support::{Folder, Outcome, Program, causes, sample, sshtriage, texts, verdict};
use serde_json::Value;
use std::path::Path;

const REFUSED: &str = "ssh: connect to host web01 port 22: Connection refused\n";
const TIMED_OUT: &str = "ssh: connect to host web02 port 22: Connection timed out\n";
const CHATTER: &str = "the quick brown fox\n";

/// Three people, three servers, three faults, an hour apart.
const THREE_FAULTS: &str = "\
2018-04-17T10:00:00Z web01 sshd[11]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers
2018-04-17T11:00:00Z web02 sshd[12]: error: maximum authentication attempts exceeded for bob from 203.0.113.9 port 40001 ssh2 [preauth]
2018-04-17T12:00:00Z web03 sshd[13]: Authentication refused: bad ownership or modes for directory /home/carol/.ssh
2018-04-17T12:00:01Z web03 sshd[13]: Failed publickey for carol from 2001:db8::7 port 40002 ssh2: ED25519 SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
";
const ALICE: &str = "service-config.user-not-allowed";
const CAROL: &str = "file-permissions.home-or-ssh-directory";

fn json(args: &[&str], stdin: &str) -> Value {
    let run = sshtriage(["--format", "json"]).args(args).stdin(stdin).run();
    assert_eq!(run.code, Some(0), "{args:?}: {}", run.stderr);
    run.json()
}

/// Which of the three are found with these options.
fn found(args: &[&str]) -> Vec<String> {
    let report = json(args, THREE_FAULTS);
    assert_report(&report);
    let mut users: Vec<String> = report["diagnoses"]
        .as_array()
        .expect("checked above")
        .iter()
        .flat_map(|d| texts(&d["users"]).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    users.sort();
    users.dedup();
    users
}

#[test]
fn help_names_every_option_of_the_contract() {
    let run = sshtriage(["scan", "--help"]).run();
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    for option in [
        "--format",
        "--each",
        "--lang",
        "--since",
        "--until",
        "--user",
        "--source",
        "--host",
        "--year",
        "--timezone",
        "--catalog",
        "--threads",
        "--quiet",
        "--no-progress",
        "--color",
        "--exit-code",
    ] {
        assert!(run.text().contains(option), "{option}");
    }
    for hidden in ["--chunk-bytes", "--plain-path"] {
        assert!(!run.text().contains(hidden), "{hidden}");
    }
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    for (args, stdin, code) in [
        (&["-"][..], REFUSED, 0),
        (&["--exit-code", "-"], REFUSED, 1),
        (&["--exit-code", "-"], CHATTER, 0),
        (&["--exit-code", "-"], "", 0),
        (&["--exit-code", "--format", "json", "-"], REFUSED, 1),
        (&["--exit-code", "--format", "json", "--each", "-"], REFUSED, 1),
        (&["--exit-code", "--format", "ndjson", "-"], REFUSED, 1),
        (&["--exit-code", "--format", "ndjson", "-"], CHATTER, 0),
        (&["--exit-code", "--format", "ndjson", "--user", "nobody", "-"], THREE_FAULTS, 0),
        (&["--help"], "", 0),
        (&["--version"], "", 0),
        (&["/nonexistent/auth.log"], "", 2),
        (&["--exit-code", "/nonexistent/auth.log"], "", 2),
        (&["--format", "ndjson", "/nonexistent/auth.log"], "", 2),
        (&["--format", "json", "--each", "/nonexistent/auth.log"], "", 2),
        (&["--nonsense"], "", 2),
        (&["--format", "yaml", "-"], "", 2),
        (&["--lang", "fr", "-"], "", 2),
        (&["--color", "sometimes", "-"], "", 2),
        (&["--threads", "0", "-"], "", 2),
        (&["--threads", "many", "-"], "", 2),
        (&["--since", "yesterday", "-"], "", 2),
        (&["--until", "", "-"], "", 2),
        (&["--source", "198.51.100.0/33", "-"], "", 2),
        (&["--source", "web01", "-"], "", 2),
        (&["--year", "x", "-"], "", 2),
        (&["--timezone", "Mars/Olympus", "-"], "", 2),
        (&["--catalog", "/nonexistent", "-"], "", 2),
        (&["--each", "-"], "", 2),
        (&["explain"], "", 2),
        (&["patterns"], "", 2),
    ] {
        let run = sshtriage(args).stdin(stdin).run();
        assert_eq!(run.code, Some(code), "{args:?}: {}", run.stderr);
        assert_eq!(code == 2, !run.stderr.is_empty(), "{args:?} explains itself: {}", run.stderr);
    }
}

#[test]
fn every_option_is_accepted_together_with_the_others() {
    let run = sshtriage([
        "scan",
        "--format",
        "json",
        "--each",
        "--lang",
        "ja",
        "--since",
        "2018-04-17",
        "--until",
        "2018-04-18T00:00:00+09:00",
        "--user",
        "alice",
        "--source",
        "198.51.100.0/24",
        "--host",
        "web01",
        "--year",
        "2018",
        "--timezone",
        "Asia/Tokyo",
        "--threads",
        "2",
        "--quiet",
        "--no-progress",
        "--color",
        "never",
        "--exit-code",
        "-",
    ])
    .stdin(THREE_FAULTS)
    .run();
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    let reports = run.json_lines();
    assert_eq!(reports.len(), 1);
    assert_eq!(causes(&reports[0]), [ALICE]);
}

#[test]
fn standard_input_is_read_with_a_dash_without_a_path_and_without_a_subcommand() {
    let expected = sshtriage(["scan", "-"]).stdin(REFUSED).run();
    assert!(expected.text().contains("network.connection-refused"));
    for args in [&["scan"][..], &["-"], &[]] {
        let run = sshtriage(args).stdin(REFUSED).run();
        assert_eq!((run.code, run.text()), (Some(0), expected.text()), "{args:?}");
    }
}

#[test]
fn a_path_named_like_a_subcommand_is_reached_with_a_folder_before_it() {
    let folder = Folder::new();
    folder.write("explain", REFUSED);
    let run = sshtriage(["--format", "json", "./explain"]).dir(folder.path()).run();
    assert_eq!(verdict(&run.json()), "network.connection-refused");
}

#[test]
fn each_gives_one_line_for_every_file_of_a_directory_in_order() {
    let folder = Folder::new();
    folder.write("logs/a.log", REFUSED);
    folder.write("logs/c.log", TIMED_OUT);
    folder.write("logs/d/e.log", CHATTER);
    let last = folder.write("z.log", REFUSED);
    std::os::unix::fs::symlink("/nonexistent", folder.at("logs/b.log")).expect("a link");
    let run = sshtriage(["--format", "json", "--each"]).arg(folder.at("logs")).arg(&last).run();
    assert_eq!(run.code, Some(0));
    let reports = run.json_lines();
    reports.iter().for_each(assert_report);
    let mut seen = Vec::new();
    for report in &reports {
        let inputs = report["inputs"].as_array().expect("checked above");
        assert_eq!(inputs.len(), 1);
        let path = Path::new(inputs[0]["path"].as_str().expect("checked above"));
        let name = path.strip_prefix(folder.path()).expect("below the folder").display().to_string();
        seen.push((name, verdict(report), inputs[0]["error"].is_string()));
    }
    let mut expected = [
        ("logs/a.log".to_owned(), "network.connection-refused", false),
        ("logs/b.log".to_owned(), "", true),
        ("logs/c.log".to_owned(), "network.connect-timeout", false),
        ("logs/d/e.log".to_owned(), "", false),
        ("z.log".to_owned(), "network.connection-refused", false),
    ];
    assert_eq!(seen.last(), expected.last(), "PATHs in the order given");
    // Where a link stands among its neighbours is left open; that every file has its line is not.
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn each_gives_the_same_lines_whatever_the_threads() {
    let run = |threads: &str| {
        let args = ["--format", "json", "--each", "--threads", threads, "samples/network", "samples/keys"];
        sshtriage(args).run().stdout
    };
    let one = run("1");
    assert!(one.iter().filter(|b| **b == b'\n').count() > 50);
    assert_eq!(one, run("7"));
}

#[test]
fn what_cannot_be_read_is_reported_while_the_rest_is_scanned() {
    let folder = Folder::new();
    let good = folder.write("good.log", REFUSED);
    let missing = folder.at("missing.log");
    for format in ["text", "json", "ndjson"] {
        let run = sshtriage(["--format", format]).arg(&missing).arg(&good).run();
        assert_eq!(run.code, Some(0), "{format}");
        assert!(run.stderr.contains("missing.log"), "{format}: {}", run.stderr);
        assert!(run.text().contains("network.connection-refused"), "{format}");
        let quiet = sshtriage(["--quiet", "--format", format]).arg(&missing).arg(&good).run();
        assert_eq!((quiet.stderr.as_str(), quiet.stdout), ("", run.stdout), "{format}");
    }
    let report = sshtriage(["--format", "json"]).arg(&missing).arg(&good).run().json();
    assert_report(&report);
    assert!(report["inputs"][0]["error"].is_string() && report["inputs"][1]["error"].is_null());
}

#[test]
fn results_go_to_standard_output_and_nothing_else_does() {
    for format in ["text", "json", "ndjson"] {
        let run = sshtriage(["--format", format, "-"]).stdin(REFUSED).run();
        assert_eq!(run.stderr, "", "{format}");
        assert!(!run.stdout.is_empty(), "{format}");
    }
    let refused = sshtriage(["--nonsense"]).run();
    assert_eq!(refused.text(), "");
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    for args in [
        &["samples/mixed"][..],
        &["--format", "json", "samples/mixed"],
        &["--format", "json", "--each", "samples/mixed"],
        &["--format", "ndjson", "samples/mixed"],
        &["explain", "keys.host-key-changed"],
        &["patterns", "list"],
        &["patterns", "list", "--format", "json"],
        &["patterns", "check"],
        &["--help"],
    ] {
        let run = sshtriage(args).run_unread();
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn the_language_is_the_option_then_lc_all_then_lc_messages_then_lang() {
    let all = |lc_all: &'static str, lc_messages: &'static str, lang: &'static str| {
        [("LC_ALL", lc_all), ("LC_MESSAGES", lc_messages), ("LANG", lang)]
    };
    for (option, environment, japanese) in [
        (None, all("", "", ""), false),
        (None, all("", "", "ja_JP.UTF-8"), true),
        (None, all("", "", "ja"), true),
        (None, all("", "en_US.UTF-8", "ja_JP.UTF-8"), false),
        (None, all("", "ja_JP.UTF-8", "en_US.UTF-8"), true),
        (None, all("C", "ja_JP.UTF-8", "ja_JP.UTF-8"), false),
        (None, all("ja_JP.eucJP", "C", "C"), true),
        (None, all("", "", "de_DE.UTF-8"), false),
        (Some("en"), all("ja_JP.UTF-8", "", "ja_JP.UTF-8"), false),
        (Some("ja"), all("C", "C", "C"), true),
    ] {
        for args in [&["--format", "text", "-"][..], &["--format", "json", "-"], &["explain", "keys.key-revoked"]] {
            let mut program = sshtriage(args).stdin(REFUSED);
            if let Some(option) = option {
                program = program.args(&["--lang", option]);
            }
            for (name, value) in environment {
                program = program.env(name, value);
            }
            let run = program.run();
            assert_eq!(run.code, Some(0), "{}", run.stderr);
            let kana = |c: char| ('\u{3040}'..='\u{30ff}').contains(&c);
            assert_eq!(run.text().contains(kana), japanese, "{option:?} {environment:?} {args:?}");
        }
    }
}

#[test]
fn json_has_the_promised_names_and_types_in_both_languages() {
    for language in ["en", "ja"] {
        for folder in ["network", "keys", "pam", "clean", "mixed", "hostile", "dialects", "service-config"] {
            let args = ["--format", "json", "--each", "--lang", language];
            let run = sshtriage(args).arg(sample(folder)).run();
            let reports = run.json_lines();
            assert!(reports.len() > 10, "{folder}");
            reports.iter().for_each(assert_report);
        }
        let report = sshtriage(["--format", "json", "--lang", language]).arg(sample("")).run().json();
        assert_report(&report);
        assert!(causes(&report).len() > 40);
    }
}

#[test]
fn language_changes_words_and_nothing_else() {
    let report = |language| {
        let args = ["--format", "json", "--lang", language, "samples/mixed"];
        sshtriage(args).run().json()
    };
    let (en, ja) = (report("en"), report("ja"));
    assert_ne!(en["verdict"]["title"], ja["verdict"]["title"]);
    assert_ne!(en["verdict"]["explanation"], ja["verdict"]["explanation"]);
    assert_eq!(causes(&en), causes(&ja));
    for field in ["confidence", "stage", "count", "users", "evidence", "first", "last"] {
        assert_eq!(en["verdict"][field], ja["verdict"][field], "{field}");
    }
    for field in ["inputs", "totals", "unrecognised", "tool"] {
        assert_eq!(en[field], ja[field], "{field}");
    }
}

#[test]
fn ndjson_has_the_promised_names_and_types_in_input_order() {
    let run = sshtriage(["--format", "ndjson", "samples"]).run();
    let hits = run.json_lines();
    assert!(hits.len() > 3000, "{}", hits.len());
    hits.iter().for_each(assert_hit);
    for pair in hits.windows(2).filter(|p| p[0]["file"] == p[1]["file"]) {
        assert!(pair[0]["line"].as_u64() <= pair[1]["line"].as_u64(), "{} {}", pair[0], pair[1]);
    }
    for kind in ["failure", "success", "context"] {
        assert!(hits.iter().any(|h| h["kind"] == kind), "{kind}");
    }
}

#[test]
fn ndjson_names_user_source_port_process_and_time() {
    let run = sshtriage(["--format", "ndjson", "-"]).stdin(THREE_FAULTS).run();
    let hits = run.json_lines();
    let carol = hits.last().expect("four known lines");
    for (field, expected) in [
        ("file", Value::from("-")),
        ("line", 4.into()),
        ("time", "2018-04-17T12:00:01Z".into()),
        ("host", "web03".into()),
        ("program", "sshd".into()),
        ("pid", 13.into()),
        ("kind", "failure".into()),
        ("user", "carol".into()),
        ("source", "2001:db8::7".into()),
        ("port", 40002.into()),
    ] {
        assert_eq!(carol[field], expected, "{field}");
    }
    assert!(carol["text"].as_str().is_some_and(|t| t.starts_with("2018-04-17T12:00:01Z web03")));
}

#[test]
fn since_and_until_bound_the_events() {
    for (args, expected) in [
        (&["--since", "2018-04-17T12:00:00Z"][..], &["carol"][..]),
        (&["--until", "2018-04-17T10:00:00Z"], &["alice"]),
        (&["--since", "2018-04-17 10:30", "--until", "2018-04-17 11:30"], &["bob"]),
        (&["--since", "2018-04-17T21:00:00+09:00"], &["carol"]),
        (&["--since", "2018-04-17 21:00", "--timezone", "Asia/Tokyo"], &["carol"]),
        (&["--since", "2018-04-17"], &["alice", "bob", "carol"]),
        (&["--until", "2018-04-17"], &[]),
        (&["--since", "2h"], &[]),
        (&["--until", "2h"], &["alice", "bob", "carol"]),
        (&["--since", "5200w"], &["alice", "bob", "carol"]),
    ] {
        assert_eq!(found(args), expected, "{args:?}");
    }
}

#[test]
fn user_source_and_host_leave_only_what_concerns_them() {
    for (args, expected) in [
        (&["--user", "alice"][..], &["alice"][..]),
        (&["--user", "ALICE"], &[]),
        (&["--user", "ali"], &[]),
        (&["--source", "203.0.113.9"], &["bob"]),
        (&["--source", "203.0.113.0/24"], &["bob"]),
        (&["--source", "0.0.0.0/0"], &["alice", "bob"]),
        (&["--source", "2001:db8::/32"], &["carol"]),
        (&["--source", "2001:DB8:0:0::7"], &["carol"]),
        (&["--host", "web01"], &["alice"]),
        (&["--host", "web0"], &[]),
        (&["--host", "web01", "--user", "bob"], &[]),
        (&["--user", "carol", "--source", "2001:db8::/32", "--host", "web03"], &["carol"]),
    ] {
        assert_eq!(found(args), expected, "{args:?}");
    }
}

#[test]
fn a_users_question_is_answered_from_lines_that_do_not_name_the_user() {
    let report = json(&["--user", "carol"], THREE_FAULTS);
    assert_eq!(verdict(&report), CAROL);
    let ndjson = sshtriage(["--format", "ndjson", "--user", "alice", "-"]).stdin(THREE_FAULTS).run();
    let about: Vec<Value> = ndjson.json_lines();
    assert!(about.iter().any(|h| h["user"] == "alice"));
    assert!(about.iter().all(|h| h["user"] != "bob" && h["user"] != "carol"), "{}", ndjson.text());
}

#[test]
fn year_and_timezone_complete_what_timestamps_leave_out() {
    let line =
        "Apr 17 10:00:00 web01 sshd[1]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n";
    for (args, expected) in [
        (&["--year", "2016"][..], "2016-04-17T10:00:00Z"),
        (&["--year", "2016", "--timezone", "UTC"], "2016-04-17T10:00:00Z"),
        (&["--year", "2016", "--timezone", "+09:00"], "2016-04-17T10:00:00+09:00"),
        (&["--year", "2016", "--timezone", "-0330"], "2016-04-17T10:00:00-03:30"),
        (&["--year", "2016", "--timezone", "America/New_York"], "2016-04-17T10:00:00-04:00"),
    ] {
        let report = json(args, line);
        assert_eq!(report["verdict"]["first"], expected, "{args:?}");
        assert_eq!(report["inputs"][0]["first"], expected, "{args:?}");
    }
}

#[test]
fn threads_change_nothing_but_the_time_it_takes() {
    let run = |n: &str| sshtriage(["--format", "json", "--threads", n, "samples/mixed"]).run().stdout;
    assert_eq!(run("1"), run("5"));
}

#[test]
fn colour_is_used_always_never_or_on_terminals() {
    for (args, environment, coloured) in [
        (&["--color", "always"][..], None, true),
        (&["--color", "always"], Some(("NO_COLOR", "1")), true),
        (&["--color", "never"], None, false),
        (&["--color", "auto"], None, false),
        (&[], None, false),
        (&["--color", "always", "--format", "json"], None, false),
        (&["--color", "always", "--format", "ndjson"], None, false),
    ] {
        let mut program = sshtriage(args).arg("-").stdin(REFUSED);
        if let Some((name, value)) = environment {
            program = program.env(name, value);
        }
        let run = program.run();
        assert_eq!(run.text().contains('\x1b'), coloured, "{args:?}");
    }
    let plain = sshtriage(["--color", "never", "-"]).stdin(REFUSED).run();
    let painted = sshtriage(["--color", "always", "-"]).stdin(REFUSED).run();
    let escapes = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a constant");
    assert_eq!(escapes.replace_all(painted.text(), ""), plain.text());
}

const GOOD_ADDITION: &str = r#"
[[pattern]]
name = "gateway-refused"
emitters = ["ssh"]
kind = "failure"
weight = "decisive"
stage = "tcp"
versions = "our gateway"
messages = ['gateway: back end {host} refuses']
examples = [{ text = 'gateway: back end web01 refuses', host = 'web01' }]
near_misses = ['gateway: back end web01 answers']
"#;

#[test]
fn a_catalog_folder_adds_patterns() {
    let folder = Folder::new();
    folder.write("network/connection-refused.toml", GOOD_ADDITION);
    let line = "gateway: back end web07 refuses\n";
    assert_eq!(verdict(&json(&["-"], line)), "");
    let run = sshtriage(["--format", "json", "--catalog"]).arg(folder.path()).arg("-").stdin(line).run();
    let report = run.json();
    assert_eq!(verdict(&report), "network.connection-refused", "{}", run.stderr);
    assert_eq!(report["verdict"]["evidence"][0]["pattern"], "network.connection-refused/gateway-refused");
    let known = json(&["-"], "")["tool"]["patterns"].as_u64();
    assert_eq!(report["tool"]["patterns"].as_u64(), known.map(|n| n + 1));
}

#[test]
fn several_catalog_folders_add_up_and_hold_for_explain_and_list() {
    let folder = Folder::new();
    folder.write("one/network/connection-refused.toml", GOOD_ADDITION);
    let other = GOOD_ADDITION.replace("gateway", "turnstile");
    folder.write("two/network/connection-refused.toml", other);
    let with_both = |args: &[&str]| {
        let program = sshtriage(args).arg("--catalog").arg(folder.at("one"));
        program.arg("--catalog").arg(folder.at("two")).run()
    };
    for args in [&["explain", "network.connection-refused"][..], &["patterns", "list"]] {
        let run = with_both(args);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.text().contains("/gateway-refused") && run.text().contains("/turnstile-refused"), "{args:?}");
    }
}

#[test]
fn a_catalog_folder_that_was_compiled_before_answers_the_same_until_it_changes() {
    let folder = Folder::new();
    folder.write("own/network/connection-refused.toml", GOOD_ADDITION);
    let line = "gateway: back end web07 refuses\n";
    let answer = |cache: &Path| {
        let run = sshtriage(["--format", "json", "--catalog"]).arg(folder.at("own")).arg("-").stdin(line);
        let run = run.env("XDG_CACHE_HOME", cache).run();
        assert_eq!(run.stderr, "");
        run.json()
    };
    let cache = folder.at("cache");
    let first = answer(&cache);
    assert_eq!(verdict(&first), "network.connection-refused");
    let kept: Vec<_> =
        std::fs::read_dir(cache.join("sshtriage")).expect("the cache").map(|e| e.expect("the cache").path()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(answer(&cache), first);
    let whole = std::fs::read(&kept[0]).expect("the cache");
    for damaged in [&whole[..0], &whole[..7], &whole[..whole.len() / 2], &[whole.as_slice(), b"more"].concat(), b"text"]
    {
        std::fs::write(&kept[0], damaged).expect("the cache");
        assert_eq!(answer(&cache), first);
    }
    assert_eq!(std::fs::read(&kept[0]).expect("the cache"), whole, "kept again");
    // Nowhere to keep it: a file is where the folder should be.
    assert_eq!(answer(&kept[0]), first);
    folder.write("own/network/connection-refused.toml", GOOD_ADDITION.replace("gateway: back", "gate: back"));
    assert_eq!(verdict(&answer(&cache)), "");
    let kept = std::fs::read_dir(cache.join("sshtriage")).expect("the cache");
    assert_eq!(kept.count(), 1, "one for each list of folders");
}

/// Whether all of these are said, in lines that begin with file and line.
fn assert_all_said(run: &Outcome, said: &str, expected: &[(&str, &str)]) {
    assert_eq!(run.code, Some(2), "{said}");
    for (place, words) in expected {
        let line = said.lines().find(|l| l.contains(place));
        let line = line.unwrap_or_else(|| panic!("nothing about {place}:\n{said}"));
        assert!(line.contains(words), "{line} does not say {words}");
    }
}

#[test]
fn a_bad_catalog_folder_is_refused_with_every_problem_and_its_place() {
    let folder = Folder::new();
    let without_example = GOOD_ADDITION
        .replace("examples = [{ text = 'gateway: back end web01 refuses', host = 'web01' }]", "examples = []");
    folder.write("network/connection-refused.toml", without_example);
    let wrong_capture = GOOD_ADDITION.replace("host = 'web01'", "host = 'web99'");
    folder.write("network/connect-timeout.toml", wrong_capture);
    folder.write("network/no-route.toml", "\n\nthis is no TOML\n");
    folder.write("network/invented.toml", GOOD_ADDITION);
    let unknown_emitter = GOOD_ADDITION.replace(r#"["ssh"]"#, r#"["nobody"]"#);
    folder.write("keys/host-key-changed.toml", unknown_emitter);
    let expected = [
        ("network/connection-refused.toml:", "example"),
        ("network/connect-timeout.toml:", "web"),
        ("network/no-route.toml:3", ""),
        ("network/invented.toml:", "network.invented"),
        ("keys/host-key-changed.toml:4", "nobody"),
    ];
    let scan = sshtriage(["--catalog"]).arg(folder.path()).arg("-").stdin(REFUSED).run();
    assert_all_said(&scan, &scan.stderr, &expected);
    assert_eq!(scan.text(), "", "nothing is scanned with a catalog that nobody checked");
    let check = sshtriage(["patterns", "check"]).arg(folder.path()).run();
    assert_all_said(&check, check.text(), &expected);
}

#[test]
fn rules_on_time_and_on_facts_are_checked() {
    let said_of = |rules: &str| {
        let folder = Folder::new();
        folder.write("network/connection-refused.toml", format!("{GOOD_ADDITION}{rules}"));
        sshtriage(["patterns", "check"]).arg(folder.path()).run().text().to_owned()
    };
    let rule = |conditions: &str| format!("\n[[rule]]\n{conditions}\nweight = \"weak\"\n");
    for (conditions, said) in [
        (r#"within = { seconds = 1, from = [], to = ["gateway-refused"] }"#, "within and apart need from and to"),
        (r#"apart = { seconds = 1, from = ["gateway-refused"], to = ["no-such"] }"#, "connection-refused/no-such"),
        ("all = [\"gateway-refused\"]\ngiven = [\"full-moon\"]", "no fact 'full-moon'"),
        (r#"within = { seconds = 1, from = ["gateway-refused"], to = ["gateway-refused"] }"#, "0 problem(s)"),
    ] {
        let text = said_of(&rule(conditions));
        assert!(text.contains(said), "{conditions}: {text}");
    }
    let many = |n: u32| {
        rule(&format!(r#"within = {{ seconds = {n}, from = ["gateway-refused"], to = ["gateway-refused"] }}"#))
    };
    let text = said_of(&(1..=65).map(many).collect::<String>());
    assert!(text.contains("more than 64 different within and apart"), "{text}");
}

#[test]
fn more_emitters_than_there_are_bits_are_refused() {
    let emitter = |n: u32| format!("[e{n}]\nprograms = [\"p{n}\"]\nevidence = \"server-log\"\n");
    for (count, expected) in [(64, None), (65, Some(("emitters.toml:1", "65 emitters, 64 at the most")))] {
        let folder = Folder::new();
        folder.write("emitters.toml", (0..count).map(emitter).collect::<String>());
        let check = sshtriage(["patterns", "check"]).arg(folder.path()).run();
        assert_eq!(check.text().contains("0 problem(s)"), expected.is_none(), "{}", check.text());
        expected.iter().for_each(|expected| assert_all_said(&check, check.text(), &[*expected]));
    }
}

#[test]
fn patterns_check_accepts_the_built_in_catalog_and_a_good_folder() {
    let folder = Folder::new();
    folder.write("network/connection-refused.toml", GOOD_ADDITION);
    for program in [
        sshtriage(["patterns", "check"]),
        sshtriage(["patterns", "check"]).arg(folder.path()),
        sshtriage(["patterns", "check", "patterns"]),
    ] {
        let run = program.run();
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.text());
        assert!(run.text().contains("0 problem"), "{}", run.text());
    }
}

#[test]
fn patterns_list_shows_every_pattern_as_text_and_as_json() {
    let text = sshtriage(["patterns", "list"]).run();
    let list = sshtriage(["patterns", "list", "--format", "json"]).run().json();
    let list = list.as_array().expect("a list");
    let known = json(&["-"], "")["tool"]["patterns"].as_u64();
    assert_eq!(Some(list.len() as u64), known);
    let ids: std::collections::BTreeSet<_> = list.iter().filter_map(|p| p["pattern"].as_str()).collect();
    assert_eq!(ids.len(), list.len(), "ids are used once");
    assert!(ids.iter().all(|id| text.text().contains(id)));
    assert!(ids.contains("network.connect-timeout/connect-timed-out"));
}

#[test]
fn explain_tells_all_about_causes_and_patterns_and_refuses_nonsense() {
    for (id, said) in [
        ("keys.host-key-changed", &["keys.host-key-changed", "ssh-keygen -R"][..]),
        ("network.connect-timeout/connect-timed-out", &["network.connect-timeout", "Connection timed out"]),
        ("connect-timed-out", &["network.connect-timeout/connect-timed-out"]),
    ] {
        let run = sshtriage(["explain", id]).run();
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{id}");
        said.iter().for_each(|s| assert!(run.text().contains(s), "{id} does not say {s}"));
    }
    for (id, hint) in
        [("nonsense", "nonsense"), ("network.timeout", "network.connect-timeout"), ("", ""), ("a\x1b[31mb", "")]
    {
        let run = sshtriage(["explain", id]).run();
        assert_eq!((run.code, run.text()), (Some(2), ""), "{id}");
        assert!(run.stderr.contains(hint) && !run.stderr.contains('\x1b'), "{}", run.stderr);
    }
}

#[test]
fn every_cause_can_be_explained_in_both_languages() {
    let catalog = sshtriage_catalog();
    for language in ["en", "ja"] {
        for id in catalog.iter().step_by(7) {
            let run = sshtriage(["explain", id, "--lang", language]).run();
            assert_eq!(run.code, Some(0), "{id}");
            assert!(run.text().starts_with(id.as_str()), "{id}");
        }
    }
}

fn sshtriage_catalog() -> Vec<String> {
    sshtriage::catalog::Catalog::builtin().causes.iter().map(|c| c.id.to_string()).collect()
}

/// The README's commands: every fenced block right behind a line `<!-- run -->` is run by `sh` in the root of the
/// repository, with the program in PATH, and must exit with 0 (`<!-- run: exit 1 -->`: with 1). In a `console` block
/// lines behind `$ ` are commands, and the others must be printed, in this order; `...` stands for any lines.
#[test]
fn the_readmes_commands_run_and_print_what_it_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("there is a README.md");
    let blocks = marked_blocks(&readme);
    assert!(blocks.len() >= 3, "README.md marks {} blocks with <!-- run -->", blocks.len());
    for (code, block) in blocks {
        let console = block.lines().any(|l| l.starts_with("$ "));
        let (commands, printed): (Vec<&str>, Vec<&str>) = block.lines().partition(|l| !console || l.starts_with("$ "));
        let script: Vec<&str> = commands.iter().map(|l| l.strip_prefix("$ ").unwrap_or(l)).collect();
        let run = shell(&script.join("\n"));
        assert_eq!(run.code, Some(code), "{block}\n{}", run.stderr);
        let mut said = run.text().lines();
        for line in printed.iter().filter(|l| !l.trim().is_empty() && l.trim() != "...") {
            assert!(said.any(|s| s.trim() == line.trim()), "{block}\ndoes not print: {line}\n{}", run.text());
        }
    }
}

fn marked_blocks(readme: &str) -> Vec<(i32, String)> {
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        let Some(mark) = line.trim().strip_prefix("<!-- run").and_then(|l| l.strip_suffix("-->")) else {
            continue;
        };
        let code = mark.trim().strip_prefix(": exit ").map_or(0, |c| c.parse().expect("an exit code"));
        let fence = lines.next().unwrap_or_default();
        assert!(fence.starts_with("```"), "{line} stands before no code block but: {fence}");
        let block: Vec<&str> = lines.by_ref().take_while(|l| !l.starts_with("```")).collect();
        blocks.push((code, block.join("\n")));
    }
    blocks
}

fn shell(script: &str) -> Outcome {
    let binary = Path::new(env!("CARGO_BIN_EXE_sshtriage")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    Program::of("sh").args(&["-e", "-c", script]).env("PATH", &path).run()
}
