//! What people write around the lines they quote: sentences, labels in other scripts, editors' marks, both sides in one text.

use crate::support::{causes, report_on, texts, verdict};

/// A post, and what it must lead to, best first.
struct Post {
    situation: &'static str,
    text: &'static str,
    causes: &'static [&'static str],
}

const POSTS: &[Post] = &[
    Post {
        situation: "a sentence goes on behind the server's message",
        text: "the log says Failed password for bob from 192.0.2.7 port 22 ssh2 and then it closes",
        causes: &["client.wrong-password"],
    },
    Post {
        situation: "a sentence that begins with a command",
        text: "ssh bob@desktop I get a message \"ssh: desktop: Name or service not known\" even though it exists",
        causes: &["network.name-resolution"],
    },
    Post {
        situation: "a server's lines without headers are not all of one connection",
        text: "```\nInvalid user ubuntu from 203.0.113.9\nInvalid user pi from 203.0.113.9\n\
               Invalid user baikal from 203.0.113.9\nerror: beginning MaxStartups throttling\n```",
        causes: &["service-config.max-startups", "environment.brute-force"],
    },
    Post {
        situation: "the edge of a terminal cuts logged lines in two",
        text: "Nov 29 22:07:50 web01 sshd[7]: pam_unix(sshd:auth): authentication failure; logname= ui\n\
               d=0 euid=0 tty=ssh ruser= rhost=198.51.100.32  user=bob\n\
               Nov 29 22:07:52 web01 sshd[7]: Failed password for bob from 198.51.100.32 port 49332\n ssh2\n\
               Nov 29 22:07:57 web01 sshd[8]: Invalid user eve from 203.0.113.35 port 43193\n\
               Nov 29 22:07:57 web01 sshd[8]: pam_unix(sshd:auth): authentication failure; logname= ui\n\
               d=0 euid=0 tty=ssh ruser= rhost=203.0.113.35 \n\
               Nov 29 22:07:59 web01 sshd[8]: Failed password for invalid user eve from 203.0.113.35 p\nort 43193 ssh2\n",
        causes: &["client.wrong-password", "client.unknown-user"],
    },
    Post {
        situation: "only the beginning was asked for",
        text: "alice@pc:~$ ssh -v web01 2>&1 | head -3\nOpenSSH_9.6p1, OpenSSL 3.0.13 30 Jan 2024\n\
               debug1: Connecting to web01 [192.0.2.7] port 22.\ndebug1: Connection established.\nalice@pc:~$\n",
        causes: &[],
    },
    Post {
        situation: "far into a paragraph",
        text: concat!(
            "I have been using keys for some time on my server. Today I had to give another user access and since I only allow ",
            "keys I had to generate another pair for this person, after which I put the public half into his file, checked the ",
            "permissions of the directory and of the file, read the configuration of the service once more, restarted it twice, ",
            "made a pair of another type with another tool on another machine, and put that there, too, with the same permissions ",
            "as before and the same owner as before, which is what every page about it on the web tells you to do first. After all ",
            "that was set up I tried logging in with the new pair in the usual way from the usual place, with nothing changed on ",
            "the way between the two, and got the dreaded &quot;server refused our key&quot; so I did the usual checks up."
        ),
        causes: &["keys.public-key-rejected"],
    },
    Post {
        situation: "another script around it",
        text: "サーバーのログ：User bob from 192.0.2.7 not allowed because not listed in AllowUsersと出ます",
        causes: &["service-config.user-not-allowed"],
    },
    Post {
        situation: "retyped without capitals",
        text: "i see user bob from 192.0.2.7 not allowed because not listed in AllowUsers, nothing else",
        causes: &["service-config.user-not-allowed"],
    },
    Post {
        situation: "retyped in quotes",
        text: "my auth.log has \"authentication refused: bad ownership or modes for directory /home/bob\" in it",
        causes: &["file-permissions.home-or-ssh-directory"],
    },
    Post {
        situation: "a sentence over two lines",
        text: "When I look at the log I see Access denied for user bob by\nPAM account configuration [preauth] and nothing else",
        causes: &["pam.account-denied"],
    },
    Post {
        situation: "a line of a log that an answered mail wrapped",
        text: "> Mar  3 12:00:00 web01 sshd[1]: Authentication refused: bad ownership or modes for\n> directory /home/bob\n",
        causes: &["file-permissions.home-or-ssh-directory"],
    },
    Post {
        situation: "two failures in one sentence",
        text: "it says Failed password for bob from 192.0.2.7 port 4 ssh2 and User eve from 192.0.2.7 not allowed because not listed in AllowUsers here",
        causes: &["service-config.user-not-allowed"],
    },
    Post {
        situation: "a line of the server in bold",
        text: "My log:\n**Aug  3 12:27:02 home sshd[419]: fatal: Access denied for user bob by PAM account configuration [preauth]**",
        causes: &["pam.account-denied"],
    },
    Post {
        situation: "a tag and a message in backticks",
        text: "Has anyone seen this?\n`sshd[12]: User bob from 192.0.2.7 not allowed because not listed in AllowUsers`",
        causes: &["service-config.user-not-allowed"],
    },
    Post {
        situation: "wide marks of another keyboard",
        text: "OpenSSL version mismatch. Built against 30000070，you have 30100000",
        causes: &["environment.library-mismatch"],
    },
    Post {
        situation: "an editor's quotes",
        text: "@@@@@@@@@@@@@\nPermissions 0644 for ‘/home/bob/.ssh/id_rsa’ are too open.",
        causes: &["client.private-key-permissions"],
    },
    Post {
        situation: "a web page's quotes",
        text: "Permissions 0644 for &#39;/home/bob/.ssh/id_rsa&#39; are too open.",
        causes: &["client.private-key-permissions"],
    },
    Post {
        situation: "a client's transcript, and the server's line without a header",
        text: "$ ssh bob@web01\nbob@web01: Permission denied (publickey).\nand on the server:\nUser bob from 192.0.2.7 not allowed because not listed in AllowUsers",
        causes: &["service-config.user-not-allowed"],
    },
    Post {
        situation: "the reason behind a description that takes in everything",
        text: r#""msg": "Failed to connect to the host via ssh: debug1: /etc/ssh/ssh_config line 19: Applying options for *\r\nssh: connect to host 192.0.2.10 port 22: Connection timed out\r\n","#,
        causes: &["network.connect-timeout"],
    },
    Post {
        situation: "a user name behind words, and the server's reason in the same text",
        text: "I get `bob@192.0.2.10: Permission denied (publickey).`\nThe log:\nDec 12 07:50:02 web01 sshd[5180]: Authentication refused: bad ownership or modes for directory /home/bob\nDec 12 07:50:02 web01 sshd[5180]: Connection closed by authenticating user bob 192.0.2.7 port 55420 [preauth]",
        causes: &["file-permissions.home-or-ssh-directory"],
    },
    Post {
        situation: "a log of commits, and a push that failed below it",
        text: "$ git log -1\ncommit 0123456789abcdef0123456789abcdef01234567\nAuthor: Alice <alice@example.com>\n\n    Say what to do about \"Host key verification failed.\"\n\n$ git push\ngit@example.com: Permission denied (publickey).",
        causes: &["keys.public-key-rejected"],
    },
    Post {
        situation: "a commit's message",
        text: "commit 0123456789abcdef0123456789abcdef01234567\nAuthor: Alice <alice@example.com>\nDate:   Tue Apr 17 10:00:00 2018 +0900\n\n    ssh: handle it\n\n    ssh: connect to host web01 port 22: Connection refused\n",
        causes: &[],
    },
    Post {
        situation: "a diff",
        text: "@@ -1,2 +1,2 @@ ssh\n-ssh: connect to host web01 port 22: Connection refused\n+Permission denied (publickey).\n",
        causes: &[],
    },
    Post {
        situation: "source code",
        text: "throw new JSchException(\"Auth fail\");\nreturn \"Permission denied (publickey).\";\n",
        causes: &[],
    },
    Post {
        situation: "words of which none is a message",
        text: "Hello all, I have installed the server, permission was denied once, the user is not allowed to do much, but now all works.",
        causes: &[],
    },
    Post {
        situation: "a server's message within the name in another",
        text: "the collector wrote |Invalid user and then User root from 203.0.113.66 not allowed because not listed in AllowUsers",
        causes: &["client.unknown-user"],
    },
];

#[test]
fn posts_lead_to_what_they_tell() {
    let wrong = |post: &Post| {
        let report = report_on(post.text, &["--year", "2026"]);
        let found: Vec<String> = causes(&report).into_iter().map(str::to_owned).collect();
        (found != post.causes).then(|| format!("{}: {found:?} in place of {:?}", post.situation, post.causes))
    };
    let wrong: Vec<String> = POSTS.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_in_a_sentence_are_those_of_the_message() {
    let report = report_on("Can't log in, the message is bob@192.0.2.10: Permission denied (publickey).", &[]);
    assert_eq!((verdict(&report), texts(&report["verdict"]["users"])), ("keys.public-key-rejected", vec!["bob"]));
    let report = report_on("it says Failed password for eve from 192.0.2.7 port 4 ssh2 again", &[]);
    assert_eq!(texts(&report["verdict"]["users"]), ["eve"]);
    assert_eq!(texts(&report["verdict"]["sources"]), ["192.0.2.7"]);
}

/// Who speaks of a line that he has shown has not come to it again.
#[test]
fn a_line_that_a_sentence_repeats_is_no_other() {
    let transcript = "OpenSSH_5.9p1, OpenSSL 0.9.8r 8 Feb 2011\n\
        debug1: Next authentication method: publickey\n\
        debug1: Offering RSA public key: /home/bob/.ssh/id_rsa\n\
        debug1: Authentications that can continue: publickey,password\n\
        debug1: Trying private key: /home/bob/.ssh/id_dsa\n\
        debug3: no such identity: /home/bob/.ssh/id_dsa\n\
        debug1: Next authentication method: password\n";
    let sentence = "I wonder most about this one: debug3: no such identity: /home/bob/.ssh/id_dsa\n";
    for text in [transcript.to_owned(), format!("{transcript}\n{sentence}")] {
        assert_eq!(verdict(&report_on(text, &[])), "keys.public-key-rejected");
    }
}
