//! What lies beside a log: the host's own files confirm, refute or decide; wherever they lie, in whatever they are packed, and
//! whatever is in them.

use crate::archives::{Files, gzip, tar, xz, zip};
use crate::contract::assert_report;
use crate::samples;
use crate::support::{Folder, causes, sshtriage, texts, verdict};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a bundle's `.toml` says; `samples/README.md` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[allow(dead_code, reason = "for people")]
    recorded: String,
    causes: Vec<String>,
    stage: Option<String>,
    users: Option<Vec<String>>,
    sources: Option<Vec<String>>,
    facts: Vec<String>,
    cited: Vec<String>,
}

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nalice:x:1001:1001::/home/alice:/bin/bash\n\
    bob:x:1002:1002::/home/bob:/usr/sbin/nologin\ndeploy:x:1003:1003::/home/deploy:/bin/bash\n";
const GROUP: &str = "root:x:0:\nwheel:x:10:deploy\nalice:x:1001:\nbob:x:1002:\ndeploy:x:1003:\n";
const NSSWITCH: &str = "passwd: files systemd\ngroup: files systemd\n";
/// What PAM writes, and sshd does not, when sshd refuses a user and logs errors only.
const PAM_ONLY: &str = "Apr 17 10:00:00 web01 sshd[11]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 \
    tty=ssh ruser= rhost=198.51.100.7  user=alice\n";
const FAILED: &str = "Apr 17 10:00:00 web01 sshd[11]: Failed password for alice from 198.51.100.7 port 50122 ssh2\n";

fn files(folder: &Path) -> Files {
    fn collect(root: &Path, folder: &Path, found: &mut Files) {
        for entry in std::fs::read_dir(folder).expect("samples are readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                let name = path.strip_prefix(root).expect("below it").display().to_string();
                found.push((name, std::fs::read(&path).expect("samples are readable")));
            }
        }
    }
    let mut found = Files::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}

/// A host of these files, and the usual ones where none of them is given.
fn host(given: &[(&str, &str)]) -> Files {
    let usual =
        [("etc/passwd", PASSWD), ("etc/group", GROUP), ("etc/nsswitch.conf", NSSWITCH), ("etc/hostname", "web01\n")];
    let usual = usual.iter().filter(|(name, _)| !given.iter().any(|(n, _)| n == name));
    given.iter().chain(usual).map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

fn report(path: &Path, args: &[&str]) -> Value {
    let run = sshtriage(["--format", "json", "--year", "2026"]).args(args).arg(path).run();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.json();
    assert_report(&report);
    report
}

fn report_on(files: &Files) -> Value {
    let folder = Folder::new();
    report(&folder.write("host.tar", tar(files)), &[])
}

/// The facts that counted for the verdict, with how.
fn facts(report: &Value) -> Vec<String> {
    let told = report["verdict"]["host_facts"].as_array();
    let told = told.into_iter().flatten();
    told.map(|f| format!("{} {}", f["effect"].as_str().unwrap_or(""), f["fact"].as_str().unwrap_or(""))).collect()
}

fn confidence(report: &Value) -> f64 {
    report["verdict"]["confidence"].as_f64().unwrap_or(0.0)
}

/// The report without what differs between packings of the same: where its inputs are, and how large.
fn comparable(report: &Value, root: &str) -> String {
    let mut report = report.clone();
    for input in report["inputs"].as_array_mut().expect("inputs is a list") {
        input["bytes"] = Value::Null;
    }
    report["totals"]["bytes"] = Value::Null;
    report.to_string().replace(root, "")
}

#[test]
fn recorded_bundles_are_diagnosed_alike_in_whatever_they_are_packed() {
    assert_bundles(&samples::root().join("bundles"));
}

/// Fails unless every bundle in a folder leads to what the file beside it says.
pub fn assert_bundles(root: &Path) {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(root).expect("samples are readable").flatten().map(|e| e.path()).collect();
    names.retain(|path| path.is_dir());
    names.sort();
    assert!(names.len() >= 8, "{names:?}");
    for bundle in names {
        let name = bundle.display();
        let text = std::fs::read_to_string(bundle.with_extension("toml")).expect("beside each bundle");
        let expected: Expected = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let files = files(&bundle);
        let folder = Folder::new();
        for (name, bytes) in &files {
            folder.write(&format!("sos/{name}"), bytes);
        }
        let archived = tar(&files);
        let packed = [
            (folder.at("sos"), "/"),
            (folder.write("a.tar", &archived), "!"),
            (folder.write("a.tar.gz", gzip(&archived)), "!"),
            (folder.write("a.tar.xz", xz(&archived)), "!"),
            (folder.write("a.zip", zip(&files)), "!"),
        ];
        let mut first: Option<String> = None;
        for (path, separator) in &packed {
            for threads in ["1", "4"] {
                let report = report(path, &["--threads", threads]);
                let root = format!("{}{separator}", path.display());
                assert_as_expected(&report, &expected, &root);
                let comparable = comparable(&report, &root);
                let first = first.get_or_insert_with(|| comparable.clone());
                assert_eq!(&comparable, first, "{}", path.display());
            }
        }
    }
}

fn assert_as_expected(report: &Value, expected: &Expected, root: &str) {
    assert_eq!(causes(report), expected.causes, "{root}");
    let told: BTreeSet<String> = facts(report).iter().filter_map(|f| Some(f.split_once(' ')?.1.to_owned())).collect();
    assert_eq!(told, expected.facts.iter().cloned().collect(), "{root}");
    if expected.stage.is_some() {
        assert_eq!(report["verdict"]["stage"].as_str(), expected.stage.as_deref(), "{root}");
    }
    for (name, list) in [("users", &expected.users), ("sources", &expected.sources)] {
        if let Some(list) = list {
            assert_eq!(texts(&report["verdict"][name]), *list, "{root}");
        }
    }
    let evidence = report["verdict"]["evidence"].as_array().cloned().unwrap_or_default();
    let cited: Vec<String> =
        evidence.iter().map(|e| format!("{}:{}", e["path"].as_str().unwrap_or(""), e["line"])).collect();
    for line in &expected.cited {
        assert!(cited.contains(&format!("{root}{line}")), "{root}: {line} is not among {cited:?}");
    }
    let bundle = &report["bundles"][0];
    assert_eq!(bundle["root"], root, "{bundle}");
    assert_eq!(bundle["host"], "web01", "{bundle}");
    assert!(bundle["os"].as_str().is_some_and(|os| os.starts_with("Debian")), "{bundle}");
    assert!(bundle["openssh"].as_str().is_some_and(|v| v.contains('.')), "{bundle}");
}

/// Log, sshd_config, what is expected: the cause, and the facts that count.
#[test]
fn the_configuration_decides_only_what_the_log_leaves_open() {
    const EXCLUDED: &str = "service-config.user-not-allowed";
    let said =
        "Apr 17 10:00:00 web01 sshd[11]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n";
    let unknown = "Apr 17 10:00:00 web01 sshd[11]: Invalid user mallory from 192.168.0.9 port 50122\n";
    let of_unknown =
        "Apr 17 10:00:00 web01 sshd[11]: Failed password for invalid user alice from 192.168.0.9 port 5 ssh2\n";
    let closed = "Apr 17 10:00:00 web01 sshd[11]: Connection closed by authenticating user alice 198.51.100.7 port 5 [preauth]\n";
    let came_in = format!(
        "{FAILED}Apr 17 10:02:00 web01 sshd[15]: Failed password for alice from 198.51.100.7 port 50127 ssh2\n\
         Apr 17 11:09:00 web01 sshd[19]: Accepted password for alice from 198.51.100.7 port 50130 ssh2\n"
    );
    let modes = "Apr 17 10:00:00 web01 sshd[11]: Authentication refused: bad ownership or modes for directory /home/alice/.ssh\n";
    for (situation, log, config, cause, expected) in [
        ("a symptom", FAILED, "AllowUsers deploy", EXCLUDED, vec!["decides config-excludes-user"]),
        ("another symptom", PAM_ONLY, "AllowUsers deploy", EXCLUDED, vec!["decides config-excludes-user"]),
        ("a mere end", closed, "AllowUsers deploy", EXCLUDED, vec!["decides config-excludes-user"]),
        ("an invalid user who exists", of_unknown, "DenyUsers al*", EXCLUDED, vec!["decides config-excludes-user"]),
        ("the log says so", said, "AllowUsers deploy", EXCLUDED, vec!["confirms config-excludes-user"]),
        ("changed since", said, "AllowUsers deploy alice", EXCLUDED, vec!["refutes config-admits-user"]),
        ("admitted", FAILED, "AllowUsers alice@198.51.100.0/24", "client.wrong-password", vec![]),
        (
            "admitted from elsewhere",
            FAILED,
            "AllowUsers alice@192.0.2.0/24",
            EXCLUDED,
            vec!["decides config-excludes-user"],
        ),
        ("a group", FAILED, "AllowGroups wheel", EXCLUDED, vec!["decides config-excludes-user"]),
        ("the own group", FAILED, "AllowGroups al?ce", "client.wrong-password", vec![]),
        ("another block", FAILED, "Match User bob\nDenyUsers alice", "client.wrong-password", vec![]),
        ("nobody of that name", unknown, "AllowUsers deploy", "client.unknown-user", vec!["confirms user-absent"]),
        ("came in later", &came_in, "AllowUsers deploy", "client.wrong-password", vec![]),
        ("a stated reason", modes, "AllowUsers deploy", "file-permissions.home-or-ssh-directory", vec![]),
        (
            "no password at all",
            FAILED,
            "PasswordAuthentication no\nKbdInteractiveAuthentication no",
            "service-config.auth-method-disabled",
            vec!["decides passwords-disabled"],
        ),
        (
            "the system's algorithms",
            FAILED,
            "Include /etc/crypto-policies/back-ends/opensshserver.config\nAllowUsers deploy",
            EXCLUDED,
            vec!["decides config-excludes-user"],
        ),
        ("a missing file", FAILED, "Include /etc/ssh/site.conf\nAllowUsers deploy", "client.wrong-password", vec![]),
    ] {
        let report = report_on(&host(&[("var/log/secure", log), ("etc/ssh/sshd_config", config)]));
        assert_eq!(verdict(&report), cause, "{situation}");
        assert_eq!(facts(&report), expected, "{situation}");
        match expected.first().and_then(|fact| fact.split_once(' ')) {
            Some(("decides", _)) => {
                assert!((0.85..0.95).contains(&confidence(&report)), "{situation}: {}", confidence(&report))
            }
            Some(("confirms", _)) => assert!(confidence(&report) > 0.96, "{situation}: {}", confidence(&report)),
            Some((_, _)) => assert!(confidence(&report) < 0.9, "{situation}: {}", confidence(&report)),
            None => {}
        }
    }
}

#[test]
fn what_was_only_concluded_gives_way_to_what_the_files_say() {
    let of_unknown =
        "Apr 17 10:00:00 web01 sshd[11]: Failed password for invalid user alice from 192.168.0.7 port 5 ssh2\n";
    let without = report_on(&vec![("var/log/secure".to_owned(), of_unknown.into())]);
    assert_eq!(verdict(&without), "client.unknown-user");
    assert!(confidence(&without) >= 0.8);
    let with = report_on(&host(&[("var/log/secure", of_unknown), ("etc/ssh/sshd_config", "UsePAM yes")]));
    assert_eq!(facts(&with), ["refutes user-present"]);
    assert!(confidence(&with) < 0.3, "{}", confidence(&with));
    assert_ne!(with["next_steps"], Value::Array(Vec::new()));
}

#[test]
fn facts_without_a_failed_login_are_no_verdict() {
    let quiet = "Apr 17 10:00:00 web01 sshd[11]: Server listening on 0.0.0.0 port 22.\n";
    let report = report_on(&host(&[
        ("var/log/secure", quiet),
        ("etc/ssh/sshd_config", "AllowUsers nobody\nPermitRootLogin no\nPasswordAuthentication no\nMaxStartups 1\n"),
        ("etc/shadow", "alice:!:20000:0:99999:7:::\nbob:!!:20000::::::\n"),
        ("etc/nologin", "closed\n"),
    ]));
    assert_eq!(causes(&report), [""; 0]);
    assert_eq!(report["bundles"][0]["host"], "web01");
}

#[test]
fn every_host_of_a_collection_is_judged_by_its_own_files() {
    let mut all = Files::new();
    for (name, config) in [("web01", "AllowUsers deploy\n"), ("web02", "AllowUsers alice\n")] {
        let log = FAILED.replace("web01", name);
        for (file, bytes) in host(&[("var/log/secure", &log), ("etc/ssh/sshd_config", config), ("etc/hostname", name)])
        {
            all.push((format!("case/{name}/{file}"), bytes));
        }
    }
    let report = report_on(&all);
    let found = report["diagnoses"].as_array().expect("diagnoses is a list").iter();
    let found: Vec<(&str, Vec<&str>)> =
        found.map(|d| (d["cause"].as_str().unwrap_or(""), texts(&d["hosts"]))).collect();
    let expected = [("client.wrong-password", vec!["web02"]), ("service-config.user-not-allowed", vec!["web01"])];
    assert_eq!(found, expected);
    // A log server's log of another host says nothing of its own configuration.
    let log = FAILED.replace("web01", "db07");
    let report = report_on(&host(&[("var/log/secure", &log), ("etc/ssh/sshd_config", "AllowUsers deploy\n")]));
    assert_eq!(verdict(&report), "client.wrong-password");
}

#[test]
fn files_count_wherever_they_lie_beside_the_log() {
    for (log, config, passwd) in [
        ("var/log/secure", "etc/ssh/sshd_config", "etc/passwd"),
        ("secure", "sshd_config", "passwd"),
        ("case/logs/secure", "case/etc/ssh/sshd_config", "case/etc/passwd"),
        ("case/secure", "case/sshd_config", "case/etc/passwd"),
    ] {
        let named = [(log, FAILED), (config, "Port 22\nAllowUsers deploy\n"), (passwd, PASSWD)];
        let files: Files = named.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
        assert_eq!(verdict(&report_on(&files)), "service-config.user-not-allowed", "{config}");
    }
    // What only looks like one by its name is none.
    let files: Files =
        vec![("secure".into(), FAILED.into()), ("sshd_config".into(), "a note\non AllowUsers deploy\n".into())];
    assert_eq!(verdict(&report_on(&files)), "client.wrong-password");
}

#[test]
fn accounts_sockets_services_and_listings_speak_too() {
    let denied =
        "Apr 17 10:00:00 web01 sshd[11]: Access denied for user alice by PAM account configuration [preauth]\n";
    let key = "Apr 17 10:00:00 web01 sshd[11]: Failed publickey for alice from 198.51.100.7 port 50122 ssh2: ED25519 SHA256:abc\n";
    let refused = "$ ssh alice@web01.example.com\nssh: connect to host web01.example.com port 22: Connection refused\n";
    let listing = |keys: &str| {
        format!(
            "/home/alice/.ssh:\ntotal 12\ndrwx------ 2 alice alice 4096 Apr 17 09:00 .\ndrwxr-xr-x 4 alice alice 4096 Apr 17 09:00 ..\n{keys}"
        )
    };
    let others = "-rw-rw-rw- 1 alice alice 96 Apr 17 09:00 authorized_keys\n";
    let (empty, open) = (listing(""), listing(others));
    let sockets = "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\ntcp   LISTEN 0 128 127.0.0.1:22 0.0.0.0:*\ntcp   LISTEN 0 511 *:80 *:*\n";
    for (log, name, text, cause, fact) in [
        (denied, "etc/shadow", "alice:x:20000:0:99999:7::20100:\n", "pam.account-expired", "account-expired"),
        (denied, "etc/nologin", "maintenance\n", "pam.nologin", "nologin-present"),
        (FAILED, "etc/shadow", "alice:!!:20000:0:99999:7:::\n", "environment.account-locked", "account-locked"),
        (key, "sos_commands/ssh/ls_-laR_.home", &empty, "keys.authorized-keys-missing", "authorized-keys-absent"),
        (
            key,
            "sos_commands/ssh/ls_-laR_.home",
            &open,
            "file-permissions.authorized-keys",
            "mode-too-open:authorized-keys",
        ),
        (
            refused,
            "sos_commands/networking/ss_-peaonmi",
            sockets,
            "service-config.not-listening",
            "listens-on-loopback-only",
        ),
        (
            refused,
            "sos_commands/systemd/systemctl_list-units",
            "  sshd.service loaded failed failed OpenSSH server daemon\n",
            "service-config.not-running",
            "service-inactive",
        ),
    ] {
        let report = report_on(&host(&[("var/log/login", log), (name, text)]));
        assert_eq!(verdict(&report), cause, "{name}");
        assert!(facts(&report).iter().any(|f| f.ends_with(fact)), "{name}: {:?}", facts(&report));
    }
}

#[test]
fn what_keeps_strangers_out_comes_after_what_keeps_a_person_out() {
    let stranger = FAILED.replace("alice", "root").replace("198.51.100.7", "203.0.113.77").replace("[11]", "[12]");
    let report = report_on(&host(&[
        ("var/log/secure", &format!("{stranger}{FAILED}")),
        ("etc/ssh/sshd_config", "PermitRootLogin prohibit-password\n"),
    ]));
    assert_eq!(causes(&report), ["client.wrong-password", "service-config.root-login-refused"]);
}

#[test]
fn the_shipped_file_shows_what_root_may_where_nothing_is_set() {
    let log = FAILED.replace("alice", "root");
    for (config, expected) in [
        (
            "Include /etc/ssh/sshd_config.d/*.conf\n#PermitRootLogin prohibit-password\n",
            "service-config.root-login-refused",
        ),
        ("#PermitRootLogin without-password\n", "service-config.root-login-refused"),
        ("#PermitRootLogin prohibit-password\nPermitRootLogin yes\n", "client.wrong-password"),
        (
            "#PermitRootLogin prohibit-password\nMatch Address 198.51.100.0/24\nPermitRootLogin yes\n",
            "client.wrong-password",
        ),
        ("#PermitRootLogin yes\n", "client.wrong-password"),
        ("# PermitRootLogin prohibit-password is the default\n", "client.wrong-password"),
    ] {
        let report = report_on(&host(&[("var/log/secure", &log), ("etc/ssh/sshd_config", config)]));
        assert_eq!(verdict(&report), expected, "{config}");
    }
    let report = report_on(&host(&[
        ("var/log/secure", FAILED),
        ("etc/ssh/sshd_config", "#PermitRootLogin prohibit-password\n"),
    ]));
    assert_eq!(verdict(&report), "client.wrong-password");
}

#[test]
fn configuration_counts_however_old_it_is() {
    let folder = Folder::new();
    let log = FAILED.replace("Apr 17 10:00:00", "2018-06-01T10:00:00+00:00");
    let files = host(&[("var/log/secure", &log), ("etc/ssh/sshd_config", "AllowUsers deploy\n")]);
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in &files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mtime(if name.starts_with("var/log") { 1_527_847_200 } else { 1_300_000_000 });
        builder.append_data(&mut header, name, bytes.as_slice()).expect("into memory");
    }
    let path = folder.write("host.tar", builder.into_inner().expect("into memory"));
    let report = report(&path, &["--since", "2018-06-01 09:00"]);
    assert_eq!(facts(&report), ["decides config-excludes-user"]);
}

#[test]
fn hashes_of_passwords_are_shown_nowhere() {
    let shadow = "alice:!$6$saltsalt$verysecrethash:20000:0:99999:7:::\n";
    let folder = Folder::new();
    let path = folder.write("host.tar", tar(&host(&[("var/log/secure", FAILED), ("etc/shadow", shadow)])));
    for format in ["json", "text"] {
        let run = sshtriage(["--format", format]).arg(&path).run();
        assert!(run.text().contains("alice:!(hash):20000"), "{}", run.text());
        assert!(!run.text().contains("secret"), "{}", run.text());
    }
}

#[test]
fn the_report_for_people_tells_in_both_languages() {
    let folder = Folder::new();
    let files = [
        ("var/log/secure", FAILED),
        ("etc/ssh/sshd_config", "#\nAllowUsers deploy\n"),
        ("etc/os-release", "PRETTY_NAME=\"Rocky Linux 9.4\"\n"),
    ];
    let path = folder.write("host.tar", tar(&host(&files)));
    for (language, expected) in [
        (
            "en",
            [
                "The host's own files decide it: sshd_config excludes this user.",
                "etc/ssh/sshd_config:2",
                "Host: web01, Rocky Linux 9.4",
            ],
        ),
        ("ja", ["sshd_config がこのユーザーを除外している", "etc/ssh/sshd_config:2", "ホスト: web01, Rocky Linux 9.4"]),
    ] {
        let run = sshtriage(["--lang", language]).arg(&path).run();
        for words in expected {
            assert!(run.text().contains(words), "{words} is missing:\n{}", run.text());
        }
    }
}

#[test]
fn a_catalog_of_ones_own_names_only_facts_that_exist() {
    let folder = Folder::new();
    let deciding = regex::Regex::new("(?m)^decided_by = .*$").expect("valid");
    let cause = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns/pam/nologin.toml"))
        .expect("there");
    for (wrong, complaint) in [
        ("decided_by = [\"user-bored\"]", "no fact 'user-bored'"),
        ("decided_by = [\"nologin-present over pam.boredom\"]", "no cause pam.boredom"),
        ("decided_by = [\"method-disabled:telepathy over pam.account-denied\"]", "no fact 'method-disabled:telepathy'"),
    ] {
        let own = deciding.replace(&cause, wrong);
        let path = folder.write("pam/closed-by-us.toml", own.as_bytes());
        let run = sshtriage(["patterns", "check"]).arg(folder.path()).run();
        assert_ne!(run.code, Some(0));
        let told = format!("{}{}", run.text(), run.stderr);
        assert!(told.contains(complaint) && told.contains(&path.display().to_string()), "{complaint}: {told}");
    }
}

#[test]
fn hostile_files_of_a_host_cost_little_and_decide_nothing() {
    let cyclic = "Include /etc/ssh/a.conf /etc/ssh/a.conf\nAllowUsers deploy\n";
    let many_lines = "AllowUsers deploy\n".repeat(50_000);
    let stars = format!("Match User {0}\nAllowUsers {0}\n", "*a".repeat(900));
    let nested: String = (0..3000).map(|n| format!("Include /etc/ssh/*{n}*/../*.conf\n")).collect();
    let binary = "AllowUsers deploy\n\0\u{1}\u{2}".repeat(100);
    let quotes = "AllowUsers \"deploy\n";
    let long = format!("AllowUsers {}\n", "x".repeat(500_000));
    let began = Instant::now();
    for (name, config) in [
        ("cyclic", cyclic),
        ("too many lines", &many_lines),
        ("binary", &binary),
        ("an open quote", quotes),
        ("a long line", &long),
    ] {
        let report = report_on(&host(&[
            ("var/log/secure", FAILED),
            ("etc/ssh/sshd_config", config),
            ("etc/ssh/a.conf", cyclic),
        ]));
        assert_eq!(verdict(&report), "client.wrong-password", "{name}");
    }
    for config in [&stars, &nested] {
        report_on(&host(&[("var/log/secure", FAILED), ("etc/ssh/sshd_config", config)]));
    }
    let mut crowd = Files::new();
    for number in 0..300 {
        crowd.push((format!("h{number}/etc/passwd"), PASSWD.as_bytes().to_vec()));
    }
    crowd.push(("h7/var/log/secure".to_owned(), FAILED.into()));
    assert_eq!(verdict(&report_on(&crowd)), "client.wrong-password");
    let many_users: String = (0..30_000u32)
        .map(|n| {
            FAILED.replace("alice", &format!("user{n}")).replace("198.51.100.7", &format!("198.51.100.{}", n % 250))
        })
        .collect();
    let config: String = (0..4000).map(|n| format!("Match User *{n}*,!*a*b*\nAllowUsers *c*{n}*d*\n")).collect();
    report_on(&host(&[("var/log/secure", &many_users), ("etc/ssh/sshd_config", &config[..100_000])]));
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn messages_that_configuration_and_programs_quote_did_not_happen() {
    let folder = Folder::new();
    let quoting = [
        (
            "etc/fail2ban/filter.d/own.conf",
            "failregex = Failed password for invalid user mallory from 192.0.2.7 port 4 ssh2\n",
        ),
        ("etc/own/ssh", "log \"OpenBSD Secure Shell server not in use (/etc/ssh/sshd_not_to_be_run)\"\n"),
        ("usr/local/bin/watch", "#!/bin/sh\necho ssh: connect to host 192.0.2.9 port 22: Connection refused\n"),
        ("usr/bin/tool", "\x7fELF\0\0\0\nssh: connect to host 192.0.2.9 port 22: Connection refused\n"),
    ];
    let bundle = folder.write("host.tar", tar(&host(&quoting)));
    let found = report(&bundle, &[]);
    assert_eq!(found["verdict"], Value::Null, "{found:#}");
    assert_eq!(found["totals"]["hits"], 0, "{found:#}");
    let note = |name: &str| {
        let inputs = found["inputs"].as_array().expect("a list");
        let input = inputs.iter().find(|i| i["path"].as_str().is_some_and(|p| p.ends_with(name))).expect("named");
        input["note"].as_str().unwrap_or_default().to_owned()
    };
    assert!(
        note("own.conf").contains("configuration")
            && note("watch").contains("program")
            && note("tool").contains("program")
    );
    // Somebody may paste a script with what it ended with.
    let pasted =
        "#!/bin/sh\nssh -i key.pem ubuntu@web01 uptime\n\n$ ./run.sh\nubuntu@web01: Permission denied (publickey).\n";
    assert_eq!(verdict(&sshtriage(["--format", "json", "-"]).stdin(pasted).run().json()), "keys.public-key-rejected");
    // A log is one wherever it lies.
    let bundle = folder.write("log.tar", tar(&host(&[("etc/secure", FAILED)])));
    assert_eq!(verdict(&report(&bundle, &[])), "client.wrong-password");
}

#[test]
fn rules_of_pam_access_say_why_the_account_phase_refuses() {
    let log = "Apr 17 10:00:00 web01 sshd[11]: fatal: Access denied for user alice by PAM account configuration [preauth]\n\
        Apr 17 10:00:00 web01 sshd[11]: Failed password for alice from 198.51.100.7 port 50122 ssh2\n";
    let stack = "auth include password-auth\naccount required pam_access.so\naccount include password-auth\n";
    let rules = "# comment\n+:root:ALL\n+:(wheel):192.0.2.0/24\n-:ALL:ALL\n";
    let config = "UsePAM yes\n";
    let of = |rules: &str, stack: &str| {
        report_on(&host(&[
            ("var/log/secure", log),
            ("etc/ssh/sshd_config", config),
            ("etc/pam.d/sshd", stack),
            ("etc/security/access.conf", rules),
        ]))
    };
    let refused = of(rules, stack);
    assert_eq!(verdict(&refused), "pam.access-denied");
    assert!(refused.to_string().contains("-:ALL:ALL"), "{refused}");
    let admitted = of("+:alice:198.51.100.\n-:ALL:ALL\n", stack);
    assert_eq!(verdict(&admitted), "pam.account-denied");
    // Without the module nobody reads the rules.
    assert_eq!(verdict(&of(rules, "account required pam_unix.so\n")), "pam.account-denied");
    // Who is in a group may be told elsewhere.
    let by_group = "+:(admins):ALL\n-:ALL:ALL\n";
    let elsewhere = host(&[
        ("var/log/secure", log),
        ("etc/ssh/sshd_config", config),
        ("etc/pam.d/sshd", stack),
        ("etc/security/access.conf", by_group),
        ("etc/nsswitch.conf", "passwd: files sss\ngroup: files sss\n"),
    ]);
    assert_eq!(verdict(&report_on(&elsewhere)), "pam.account-denied");
    assert_eq!(verdict(&of(by_group, stack)), "pam.access-denied");
}

#[test]
fn the_line_of_hosts_deny_that_refuses_an_address_is_cited() {
    let log = "Apr 17 10:00:00 web01 sshd[11]: refused connect from 198.51.100.7 (198.51.100.7)\n";
    let of = |allow: &str, deny: &str, os: &str| {
        report_on(&host(&[
            ("var/log/secure", log),
            ("etc/hosts.allow", allow),
            ("etc/hosts.deny", deny),
            ("etc/os-release", os),
        ]))
    };
    let centos = "ID=\"centos\"\nVERSION_ID=\"7\"\n";
    let refused = of("sshd: 192.0.2.0/255.255.255.0\n", "# all others\nALL: \\\n  ALL\n", centos);
    assert_eq!(verdict(&refused), "service-config.tcp-wrappers");
    assert_eq!(facts(&refused), ["confirms wrappers-refuse-address"]);
    let told = &refused["verdict"]["host_facts"][0]["evidence"][0];
    assert!(told["path"].as_str().is_some_and(|path| path.ends_with("etc/hosts.deny")), "{refused}");
    assert_eq!(told["line"], 2, "{refused}");
    // Host names may mean the address; a newer system's sshd does not ask.
    for (allow, deny, os) in
        [("sshd: .example.com\n", "ALL: ALL\n", centos), ("", "ALL: ALL\n", "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n")]
    {
        let report = of(allow, deny, os);
        assert_eq!(facts(&report), [""; 0], "{report}");
    }
}
