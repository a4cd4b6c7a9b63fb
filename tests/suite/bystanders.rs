//! Lines of other programs, units and attempts beside those of the login in question: what they prove, and what they do not.

use crate::support::{Folder, causes, report_on, sshtriage, verdict};

const CASES: &[(&str, &str, &[&str])] = &[
    (
        "a restart, and the service goes on",
        "Apr 17 10:00:00 web01 sshd[7]: Received signal 15; terminating.\n\
         Apr 17 10:00:00 web01 sshd[8]: Server listening on 0.0.0.0 port 22.\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "a stop, and then nothing",
        "Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:05:00 web01 sshd[7]: Received signal 15; terminating.\n",
        &["service-config.not-running"],
    ),
    (
        "who tests the port also gets in",
        "Apr 17 10:00:00 web01 sshd[7]: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:00 web01 sshd[7]: Connection closed by 192.0.2.7 port 51020\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "somebody tries root and leaves, others get in",
        "Apr 17 10:00:00 web01 sshd[7]: Connection closed by authenticating user root 203.0.113.9 port 51020 [preauth]\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "root's password faster than a hand types it, where RHEL's PAM adds that root's uid is too low",
        "Jan 06 14:44:17 web01 sshd[7]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root\n\
         Jan 06 14:44:19 web01 sshd[7]: Failed password for root from 203.0.113.9 port 42436 ssh2\n\
         Jan 06 14:44:20 web01 sshd[7]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"\n\
         Jan 06 14:44:21 web01 sshd[7]: Failed password for root from 203.0.113.9 port 42436 ssh2\n\
         Jan 06 14:44:22 web01 sshd[7]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"\n\
         Jan 06 14:44:23 web01 sshd[7]: Failed password for root from 203.0.113.9 port 42436 ssh2\n\
         Jan 06 14:44:24 web01 sshd[7]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"\n\
         Jan 06 14:44:25 web01 sshd[7]: Failed password for root from 203.0.113.9 port 42436 ssh2\n\
         Jan 06 14:44:26 web01 sshd[7]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"\n\
         Jan 06 14:44:27 web01 sshd[7]: Failed password for root from 203.0.113.9 port 42436 ssh2\n\
         Jan 06 14:44:28 web01 sshd[7]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"\n\
         Jan 06 14:44:29 web01 sshd[7]: Failed password for root from 203.0.113.9 port 42436 ssh2\n\
         Jan 06 14:44:30 web01 sshd[7]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"\n\
         Jan 06 14:44:31 web01 sshd[7]: error: maximum authentication attempts exceeded for root from 203.0.113.9 port 42436 ssh2 [preauth]\n",
        &["environment.brute-force"],
    ),
    (
        "root, whom the configuration does not allow, again and again from the Internet; who belongs there comes in",
        "Apr 17 10:00:13 web01 sshd[6]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 20:04:03 web01 sshd[7]: User root from 203.0.113.9 not allowed because listed in DenyUsers\n\
         Apr 17 20:04:05 web01 sshd[7]: Failed password for invalid user root from 203.0.113.9 port 46623 ssh2\n\
         Apr 17 20:04:05 web01 sshd[8]: User root from 203.0.113.9 not allowed because listed in DenyUsers\n\
         Apr 17 20:04:07 web01 sshd[8]: Failed password for invalid user root from 203.0.113.9 port 46624 ssh2\n\
         Apr 17 20:04:08 web01 sshd[9]: User root from 203.0.113.9 not allowed because listed in DenyUsers\n\
         Apr 17 20:04:10 web01 sshd[9]: Failed password for invalid user root from 203.0.113.9 port 46625 ssh2\n",
        &[],
    ),
    (
        "root, whom the configuration does not allow, once",
        "Apr 17 10:00:13 web01 sshd[6]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 20:04:03 web01 sshd[7]: User root from 203.0.113.9 not allowed because listed in DenyUsers\n\
         Apr 17 20:04:05 web01 sshd[7]: Failed password for invalid user root from 203.0.113.9 port 46623 ssh2\n",
        &["service-config.user-not-allowed"],
    ),
    (
        "a system account that strangers try among others",
        "Oct 15 22:23:05 web01 sshd[3]: Invalid user party from 203.0.113.9\n\
         Oct 15 22:23:09 web01 sshd[4]: Invalid user amanda from 203.0.113.9\n\
         Oct 15 22:23:13 web01 sshd[5]: Invalid user rpm from 203.0.113.9\n\
         Oct 15 22:23:18 web01 sshd[6]: Invalid user operator from 203.0.113.9\n\
         Oct 15 22:23:26 web01 sshd[7]: User sshd not allowed because account is locked\n",
        &["environment.brute-force"],
    ),
    (
        "a system account that somebody of one's own network is to use, while strangers guess",
        "Oct 15 22:23:05 web01 sshd[3]: Invalid user party from 203.0.113.9\n\
         Oct 15 22:23:09 web01 sshd[4]: Invalid user amanda from 203.0.113.9\n\
         Oct 15 22:23:13 web01 sshd[5]: Invalid user rpm from 203.0.113.9\n\
         Oct 15 22:23:18 web01 sshd[6]: Invalid user operator from 203.0.113.9\n\
         Oct 15 22:40:26 web01 sshd[7]: User uucp from 10.0.0.7 not allowed because not listed in AllowUsers\n",
        &["service-config.user-not-allowed", "environment.brute-force"],
    ),
    (
        "names that nobody has, each once, of several addresses",
        "Oct 31 05:01:17 web01 sshd[7]: Failed password for invalid user masud from 203.0.113.9 port 42884 ssh2\n\
         Oct 31 05:19:45 web01 sshd[8]: Failed password for invalid user julien from 198.51.100.7 port 21124 ssh2\n\
         Oct 31 05:22:54 web01 sshd[9]: Failed password for invalid user kjv from 198.51.100.8 port 46066 ssh2\n",
        &["environment.brute-force"],
    ),
    (
        "two names unlike each other, of one address of the Internet",
        "May 16 12:53:19 web01 sshd[7]: Failed password for invalid user lala from 203.0.113.9 port 41787 ssh2\n\
         May 16 12:53:25 web01 sshd[8]: Invalid user master from 203.0.113.9 port 41799\n",
        &["environment.brute-force"],
    ),
    (
        "a name with its domain, and then without",
        "May 16 12:53:19 web01 sshd[7]: Failed password for invalid user CORP\\\\hilde from 203.0.113.9 port 41787 ssh2\n\
         May 16 12:53:45 web01 sshd[8]: Failed password for invalid user hilde from 203.0.113.9 port 41799 ssh2\n",
        &["client.unknown-user"],
    ),
    (
        "the same where the ends of the addresses are not shown",
        "May 16 12:53:25 web01 sshd[8]: Invalid user admin from 203.0.x.x port 50614\n\
         May 16 12:53:26 web01 sshd[9]: Invalid user ftpuser from 198.51.x.x port 49044\n",
        &["environment.brute-force"],
    ),
    (
        "a password that was wrong once, of somebody who came in before and after",
        "Apr 17 10:00:13 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 11:00:13 web01 sshd[8]: Failed password for alice from 192.0.2.7 port 51024 ssh2\n\
         Apr 17 11:00:15 web01 sshd[8]: Connection closed by 192.0.2.7 port 51024 [preauth]\n\
         Apr 17 12:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51026 ssh2\n",
        &[],
    ),
    (
        "a password that has been wrong since",
        "Apr 17 10:00:13 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 11:00:13 web01 sshd[8]: Failed password for alice from 192.0.2.7 port 51024 ssh2\n\
         Apr 17 11:00:15 web01 sshd[8]: Connection closed by 192.0.2.7 port 51024 [preauth]\n",
        &["client.wrong-password"],
    ),
    (
        "a monitor on the server itself",
        "Dec 29 23:37:07 web01 sshd[7]: Did not receive identification string from 127.0.0.1\n\
         Dec 29 23:37:12 web01 sshd[8]: Did not receive identification string from ::1 port 46125\n",
        &[],
    ),
    (
        "a process of its own asks PAM",
        "Nov 25 06:03:30 web01 sshd[8]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.9  user=alice\n\
         Nov 25 06:03:31 web01 sshd[7]: error: PAM: Authentication failure for alice from 192.0.2.9\n\
         Nov 25 06:03:31 web01 sshd[7]: Connection closed by authenticating user alice 192.0.2.9 port 47820 [preauth]\n",
        &["client.wrong-password"],
    ),
    (
        "a connection that ends because of what was typed in it",
        "alice@web01:~$ sudo reboot now\n\
         client_loop: send disconnect: Connection reset\n\
         $ ssh alice@192.0.2.10\n\
         alice@192.0.2.10's password:\n\
         Last login: Wed Oct  1 17:58:12 2025 from 192.0.2.9\n",
        &[],
    ),
    (
        "a connection that ends while something else runs in it",
        "alice@web01:~$ tail -f log\n\
         client_loop: send disconnect: Connection reset\n",
        &["network.connection-lost"],
    ),
    (
        "the state of a service that ended, with the log from before",
        "# systemctl status ssh.service\n\
         ● ssh.service - OpenBSD Secure Shell server\n\
         \x20  Loaded: loaded (/lib/systemd/system/ssh.service; enabled; vendor preset: enabled)\n\
         \x20  Active: inactive (dead) since Tue 2020-12-08 11:17:56 CET; 40s ago\n\
         Dec 08 11:16:35 web01 sshd[9]: Connection from 192.0.2.9 port 18318 on 192.0.2.10 port 22\n\
         Dec 08 11:16:35 web01 sshd[9]: Accepted password for alice from 192.0.2.9 port 18318 ssh2\n",
        &["service-config.not-running"],
    ),
    (
        "two of them may be two people",
        "Oct 31 05:01:17 web01 sshd[7]: Failed password for invalid user masud from 203.0.113.9 port 42884 ssh2\n\
         Oct 31 05:19:45 web01 sshd[8]: Failed password for invalid user julien from 198.51.100.7 port 21124 ssh2\n",
        &["client.unknown-user"],
    ),
    (
        "a stranger's only try of a name that nobody has, where those who belong there come in",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user opt from 203.0.113.9 port 51020\n\
         Apr 17 10:00:02 web01 sshd[7]: Failed password for invalid user opt from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "somebody of the same network who insists on a name is no stranger",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user alcie from 10.0.0.9 port 51020\n\
         Apr 17 10:00:02 web01 sshd[7]: Failed password for invalid user alcie from 10.0.0.9 port 51020 ssh2\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for bob from 10.0.0.7 port 51022 ssh2\n",
        &["client.unknown-user"],
    ),
    (
        "root and system accounts in turn, which AllowUsers refuses, where those who belong there come in",
        "Apr 17 10:00:00 web01 sshd[7]: User root from 203.0.113.9 not allowed because not listed in AllowUsers\n\
         Apr 17 10:00:02 web01 sshd[8]: User daemon from 203.0.113.9 not allowed because not listed in AllowUsers\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "a module of the session phase is missing, which ends what the password had let in",
        "Apr 17 10:00:00 web01 sshd[7]: PAM unable to dlopen(pam_oddjob_mkhomedir.so): /lib/security/pam_oddjob_mkhomedir.so: cannot open shared object file: No such file or directory\n\
         Apr 17 10:00:00 web01 sshd[7]: PAM adding faulty module: pam_oddjob_mkhomedir.so\n\
         Apr 17 10:00:01 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:00:01 web01 sshd[7]: error: PAM: pam_open_session(): Module is unknown\n\
         Apr 17 10:00:01 web01 sshd[9]: Received disconnect from 192.0.2.7 port 51022:11: disconnected by user\n",
        &["pam.module-missing"],
    ),
    (
        "what a logged message announces stands on the next line",
        "Apr 26 14:50:37 web01 sshd[7]: Protocol major versions differ for 192.0.2.254:\n    SSH-2.0-OpenSSH_5.3 vs. SSH-1.5-Cisco-1.25\n",
        &["service-config.protocol-mismatch"],
    ),
    (
        "an address that its owner put words for",
        "Feb 3 00:24:31 web01 sshd[8]: User root from {ip redacted} not allowed because none of user's groups are listed in AllowGroups\n",
        &["service-config.user-not-allowed"],
    ),
    (
        "root's password, once, from the Internet, where those who belong there come in",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "a name mistyped, and right at the next try",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user fransk from 10.15.0.8 port 51020\n\
         Apr 17 10:00:02 web01 sshd[7]: Connection closed by invalid user fransk 10.15.0.8 port 51020 [preauth]\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted publickey for franka from 10.15.0.8 port 51022 ssh2: RSA SHA256:x\n",
        &[],
    ),
    (
        "a name that another one's of the same office is not like",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user tanaka from 10.15.0.8 port 51020\n\
         Apr 17 10:00:02 web01 sshd[7]: Connection closed by invalid user tanaka 10.15.0.8 port 51020 [preauth]\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted publickey for franka from 10.15.0.8 port 51022 ssh2: RSA SHA256:x\n",
        &["client.unknown-user"],
    ),
    (
        "an account that came in and is turned away by nologin, which says so in a process of its own",
        "Feb 11 18:03:55 web01 sshd[1969]: Accepted password for lena from 192.168.0.9 port 61022 ssh2\n\
         Feb 11 18:03:56 web01 sshd[1971]: User lena not allowed because /etc/nologin exists\n",
        &["pam.nologin"],
    ),
    (
        "one name again and again from one's own network is somebody's mistake",
        "Jan 22 08:00:05 web01 sshd[10]: Failed password for root from 10.20.4.17 port 51890 ssh2\n\
         Jan 22 08:00:11 web01 sshd[10]: Failed password for root from 10.20.4.17 port 51890 ssh2\n\
         Jan 22 08:00:17 web01 sshd[10]: Failed password for root from 10.20.4.17 port 51890 ssh2\n\
         Jan 22 08:01:05 web01 sshd[11]: Failed password for root from 10.20.4.17 port 51891 ssh2\n\
         Jan 22 08:01:11 web01 sshd[11]: Failed password for root from 10.20.4.17 port 51891 ssh2\n\
         Jan 22 08:01:17 web01 sshd[11]: Failed password for root from 10.20.4.17 port 51891 ssh2\n\
         Jan 22 08:02:05 web01 sshd[12]: Failed password for root from 10.20.4.17 port 51892 ssh2\n\
         Jan 22 08:02:11 web01 sshd[12]: Failed password for root from 10.20.4.17 port 51892 ssh2\n\
         Jan 22 08:02:17 web01 sshd[12]: Failed password for root from 10.20.4.17 port 51892 ssh2\n\
         Jan 22 08:03:05 web01 sshd[13]: Failed password for root from 10.20.4.17 port 51893 ssh2\n\
         Jan 22 08:03:11 web01 sshd[13]: Failed password for root from 10.20.4.17 port 51893 ssh2\n\
         Jan 22 08:03:17 web01 sshd[13]: Failed password for root from 10.20.4.17 port 51893 ssh2\n\
         Jan 22 08:09:13 web01 sshd[9]: Accepted password for root from 10.20.4.11 port 51022 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "an old device that knows no other kind of host key, before the usual guesses",
        "Aug 30 00:10:02 web01 sshd[4]: Accepted publickey for alice from 198.51.100.8 port 35927 ssh2: RSA SHA256:x\n\
         Aug 30 00:12:02 web01 sshd[5]: Unable to negotiate with 10.6.1.30 port 58596: no matching host key type found. Their offer: ssh-dss [preauth]\n\
         Aug 30 00:13:22 web01 sshd[6]: Invalid user admin from 203.0.113.100 port 46120\n\
         Aug 30 00:13:25 web01 sshd[6]: Failed password for invalid user admin from 203.0.113.100 port 46120 ssh2\n",
        &["keys.host-key-type-mismatch", "environment.brute-force"],
    ),
    (
        "those who come in to another server say nothing of this one",
        "Apr 17 10:00:00 db02 sshd[7]: Invalid user opt from 203.0.113.9 port 51020\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &["client.unknown-user"],
    ),
    (
        "an audit log's lines before those of sshd, and a mark of the editor behind",
        "type=USER_ACCT msg=audit(1784007804.194:11217): acct=\"bob\" exe=\"/usr/sbin/sshd\" res=failed'\n\
         2026-07-14T05:43:24.196571+00:00 vm1 sshd[16017]: fatal: Access denied for user bob by PAM account configuration [preauth]\n\
         2026-07-14T05:43:24.196176+00:00 vm1 sshd[16017]: pam_sss(sshd:account): Access denied for user bob: 6 (Permission denied)\n```\n",
        &["pam.directory-service"],
    ),
    (
        "a forum's marks around every line",
        "[FONT=Menlo]debug1: Next authentication method: publickey[/FONT]\n\
         [FONT=Menlo]debug1: Offering RSA public key: /Users/me/.ssh/id_rsa[/FONT]\n\
         [FONT=Menlo]debug1: Authentications that can continue: publickey[/FONT]\n\
         [FONT=Menlo]debug3: no such identity: /Users/me/.ssh/id_dsa: No such file or directory[/FONT]\n\
         [FONT=Menlo]debug1: No more authentication methods to try.[/FONT]\n[FONT=Menlo]Permission denied (publickey).[/FONT]\n",
        &["keys.public-key-rejected"],
    ),
    (
        "a mail archive's marks around every line",
        "<span class=\"quotelev2\">&gt;&gt; /usr/bin/ssh: error while loading shared libraries: libutil.so.1: cannot open shared object file: Error 23\n\
         </span><br>\n",
        &["environment.resource-exhausted"],
    ),
    (
        "what sshd_config says of the folder, and what the client saw",
        "Error: Network error: Software caused connection abort\nError: Could not connect to server\n\nMatch Group sftponly\n\
         \x20   ChrootDirectory /var/www\n    ForceCommand internal-sftp\n",
        &["file-permissions.chroot-directory"],
    ),
    (
        "a warning about a key, and the login goes on",
        "Warning: Identity file /home/me/aws.pem not accessible: No such file or directory.\n\
         Last login: Wed Dec 14 04:48:35 2022\n",
        &[],
    ),
    (
        "a warning about a key, and the name is wrong",
        "Warning: Identity file /home/me/aws.pem not accessible: No such file or directory.\n\
         ssh: Could not resolve hostname web02: Name or service not known\n",
        &["network.name-resolution"],
    ),
    (
        "somebody marked the line that matters",
        "debug1: Offering public key: /home/me/.ssh/id_rsa RSA SHA256:0123456789012345678901234567890123456789AAA\n\
         debug1: send_pubkey_test: no mutual signature algorithm   <---------- here\n\
         debug1: No more authentication methods to try.\nme@web01: Permission denied (publickey).\n",
        &["keys.signature-algorithm-disabled"],
    ),
    (
        "a greeting of the machine in between, and the next one refuses",
        "Last login: Tue Apr 17 10:00:00 2018 from 203.0.113.9\n$ ssh web02\n\
         kex_exchange_identification: read: Connection reset by peer\n",
        &["network.closed-before-banner"],
    ),
    (
        "an address whose name is wrong, and somebody else's password",
        "Apr 17 10:00:00 web01 sshd[5]: reverse mapping checking getaddrinfo for x.example.net [203.0.113.9] failed - POSSIBLE BREAK-IN ATTEMPT!\n\
         Apr 17 10:00:13 web01 sshd[9]: Failed password for alice from 192.0.2.7 port 51022 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "git fetched, and may not push",
        "$ git clone git@web01:site.git\nremote: Counting objects: 100% (28/28), done.\nReceiving objects: 100% (28/28), done.\n\
         $ git push\ngit@web01: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
        &["keys.public-key-rejected"],
    ),
    ("another server's version", "$ mysql -h db01\nServer version: 5.7.30-log MySQL Community Server\n", &[]),
    (
        "no windows, which nobody missed",
        "Cloning into 'site'...\nX11 forwarding request failed on channel 0\nremote: Counting objects: 100% (28/28), done.\n",
        &[],
    ),
    (
        "a probe beside a login that ended early",
        "Apr 17 10:00:00 web01 sshd[7]: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:00 web01 sshd[7]: Connection closed by 192.0.2.9 port 51020\n\
         Apr 17 10:00:13 web01 sshd[9]: Connection closed by authenticating user alice 192.0.2.7 port 51022 [preauth]\n",
        &["client.aborted", "network.closed-before-banner"],
    ),
    (
        "a terminal where a Git host gives none",
        "PTY allocation request failed on channel 0\n\
         Hi alice! You've successfully authenticated, but GitHub does not provide shell access.\n",
        &[],
    ),
    (
        "the helper of pam_unix serves every program",
        "Apr 17 10:00:00 web01 unix_chkpwd[1691]: check pass; user unknown\n\
         Apr 17 10:00:00 web01 unix_chkpwd[1691]: password check failed for user (me)\n\
         Apr 17 10:00:05 web01 cron[7]: (me) CMD (true)\n",
        &[],
    ),
    (
        "a unit of another name runs",
        "$ systemctl status sshd\nUnit sshd.service could not be found.\n$ systemctl status ssh\n\
         ● ssh.service - OpenBSD Secure Shell server\n     Active: active (running) since Wed 2024-10-02 17:46:57 UTC; 2 months ago\n",
        &[],
    ),
    (
        "no unit at all",
        "$ systemctl status sshd\nUnit sshd.service could not be found.\n",
        &["service-config.binary-missing"],
    ),
    (
        "the unit that failed installs the keys",
        "● coreos-metadata-sshkeys@core.service - CoreOS Metadata Agent (SSH Keys)\n\
         \x20  Active: failed (Result: exit-code) since Sat 2016-05-28 16:11:00 UTC; 6h ago\n\
         May 28 16:11:00 core1 coreos-metadata[799]: failed to fetch metadata: couldn't parse \"\" as IP address\n\
         May 28 16:11:00 core1 systemd[1]: Failed to start CoreOS Metadata Agent (SSH Keys).\n",
        &["environment.cloud-agent-failed"],
    ),
    (
        "another server calls PAM in sshd's name",
        "$ tsh ssh web01\nerror: ssh: could not start shell\n\
         Jan 10 10:20:45 web01 teleport[21659]: pam_loginuid(sshd:session): Error writing /proc/self/loginuid: Operation not permitted\n\
         Jan 10 10:20:45 web01 teleport[21659]: pam_loginuid(sshd:session): set_loginuid failed\n",
        &["pam.session-failed"],
    ),
    (
        "a crash in place of the login that was granted",
        "Apr 17 10:00:00 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:00:00 web01 sshd[7]: fatal: privsep_preauth: preauth child terminated by signal 31\n",
        &["environment.sshd-crashed"],
    ),
    (
        "one user and then another at another server",
        "$ ssh root@web01\nroot@web01: Permission denied (publickey).\nthen:\n$ ssh deploy@web02\n\
         ssh: Could not resolve hostname web02: Name or service not known\n",
        &["network.name-resolution", "keys.public-key-rejected"],
    ),
    (
        "the same user again, now with more output",
        "$ ssh bob@web01\nbob@web01: Permission denied (publickey).\n$ ssh bob@web01 -v\n\
         debug1: Authentications that can continue: publickey\n\
         debug1: Offering public key: /home/bob/.ssh/id_ed25519 ED25519 SHA256:0123456789012345678901234567890123456789AAA\n\
         debug1: Authentications that can continue: publickey\ndebug1: No more authentication methods to try.\n",
        &["keys.public-key-rejected"],
    ),
    (
        "a ban on the server is what the client meets",
        "2024-03-01 10:00:00,123 fail2ban.actions [812]: NOTICE [sshd] Ban 203.0.113.9\non the laptop:\n\
         ssh: connect to host 192.0.2.10 port 22: Connection refused\n",
        &["environment.source-banned"],
    ),
    (
        "ufw allows the web only",
        "# ufw status\nStatus: active\n\nTo                         Action      From\n--                         ------      ----\n\
         443/tcp                    ALLOW       Anywhere\n\nssh: connect to host 192.0.2.10 port 22: Connection timed out\n",
        &["network.host-firewall"],
    ),
    (
        "ufw allows SSH from the server itself only",
        "Status: active\n\nTo                         Action      From\n--                         ------      ----\n\
         22/tcp                     ALLOW       127.0.0.1\n443/tcp                    ALLOW       Anywhere\n",
        &["network.host-firewall"],
    ),
    (
        "ufw allows SSH",
        "Status: active\n\nTo                         Action      From\n--                         ------      ----\n\
         22/tcp                     ALLOW       Anywhere\n443/tcp                    ALLOW       Anywhere\n",
        &[],
    ),
    (
        "the agent that installs the keys has crashed",
        "Apr 17 10:00:00 vm1 google_guest_agent[612]: panic: runtime error: invalid memory address or nil pointer dereference\n\
         Apr 17 10:00:00 vm1 systemd[1]: google-guest-agent.service: Failed with result 'exit-code'.\n",
        &["environment.cloud-agent-failed"],
    ),
    (
        "root sees the notice that the system boots, and is let in",
        "[root@laptop ~]# ssh root@192.0.2.10\n\
         \"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later.\"\n\
         [root@web01 ~]#\n[root@web01 ~]#\n",
        &[],
    ),
    (
        "root of another machine sees it, and is not",
        "[root@laptop ~]# ssh alice@192.0.2.10\n\
         \"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later.\"\n\
         Connection closed by 192.0.2.10 port 22\n[root@laptop ~]#\n",
        &["pam.nologin"],
    ),
    (
        "a transfer by two connections with a mistyped password",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 10:00:00 web01 sshd[8]: Failed password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:00:04 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 10:00:05 web01 sshd[8]: Failed password for alice from 192.0.2.7 port 51022 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "alice sees it, and is not",
        "$ ssh alice@192.0.2.10\n\
         \"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later.\"\n\
         Connection closed by 192.0.2.10 port 22\n",
        &["pam.nologin"],
    ),
    (
        "a session that is over at once",
        "debug1: Authentication succeeded (password).\ndebug1: channel 0: new [client-session]\n\
         debug1: Entering interactive session.\nConnection to 192.0.2.10 closed.\n\
         Transferred: sent 2676, received 2564 bytes, in 0.3 seconds\ndebug1: Exit status 1\n",
        &["environment.session-ended-at-login"],
    ),
    (
        "a session that somebody left",
        "debug1: Authentication succeeded (password).\ndebug1: Entering interactive session.\n\
         alice@web01:~$ exit\nlogout\nConnection to 192.0.2.10 closed.\n\
         Transferred: sent 2676, received 2564 bytes, in 0.3 seconds\ndebug1: Exit status 0\n",
        &[],
    ),
    (
        "a Git host ends every session at once",
        "debug1: Remote: Pty allocation disabled.\ndebug1: Authentication succeeded (publickey).\n\
         debug1: Entering interactive session.\nPTY allocation request failed on channel 0\n\
         Hi alice! You've successfully authenticated, but GitHub does not provide shell access.\n\
         Connection to github.com closed.\nTransferred: sent 2592, received 2904 bytes, in 0.1 seconds\n\
         debug1: Exit status 1\n",
        &[],
    ),
    (
        "a proxy's program prints something else",
        "debug1: Executing proxy command: exec tunnel --to web01\n\
         kex_exchange_identification: banner line contains invalid characters\n\
         banner exchange: Connection to UNKNOWN port 65535: invalid format\n",
        &["client.proxy-failed"],
    ),
    (
        "a tunnel that the server forbids",
        "alice@laptop:~$ ssh -L 8080:127.0.0.1:80 web01\nchannel 0: open failed: administratively prohibited: open failed\n",
        &["service-config.forwarding-refused"],
    ),
    (
        "a program that PAM runs refuses, and no module says that the password is wrong",
        "Apr 17 10:00:00 web01 sshd[7]: pam_exec(sshd:auth): /usr/local/bin/login.sh failed: exit code 1\n\
         Apr 17 10:00:02 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51022 ssh2\n",
        &["pam.authentication-failed"],
    ),
    (
        "a message in somebody's words, without its full stop and with a name in place of the address",
        "`Authentication tried for alice with correct key but not from a permitted host (host=192.0.2.7, ip=192.0.2.7, required=127.0.0.1)`.\n\
         sshd[12]: refused connect from [my local IP address]\n",
        &["keys.authorized-keys-restricted", "service-config.tcp-wrappers"],
    ),
    (
        "an early line of a program in the kernel's log",
        "Apr 17 10:00:00 web01 kernel: [773580.832329] sshd[12]: Invalid user test from 192.0.2.7\n",
        &["client.unknown-user"],
    ),
    (
        "a unit that the console of a boot names",
        "[  OK  ] Started Network Manager.\n         Starting OpenBSD Secure Shell server...\n\
         [FAILED] Failed to start OpenBSD Secure Shell server.\nSee 'systemctl status ssh.service' for details.\n",
        &["service-config.not-running"],
    ),
    (
        "two connections at the same time guess for root",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:00:00 web01 sshd[8]: Failed password for root from 203.0.113.9 port 51022 ssh2\n\
         Apr 17 10:00:02 web01 sshd[7]: Failed password for root from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:00:02 web01 sshd[8]: Failed password for root from 203.0.113.9 port 51022 ssh2\n\
         Apr 17 10:00:04 web01 sshd[7]: Failed password for root from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:00:05 web01 sshd[8]: Failed password for root from 203.0.113.9 port 51022 ssh2\n",
        &["environment.brute-force"],
    ),
    (
        "one connection after the other, by somebody who mistypes",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 10:00:04 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 10:00:09 web01 sshd[8]: Failed password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:00:14 web01 sshd[8]: Failed password for alice from 192.0.2.7 port 51022 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "an audit log that counts seconds beside a log without years and zones",
        "Oct 10 01:22:37 web01 sshd[7]: error: Bind to port 2222 on 0.0.0.0 failed: Permission denied.\n\
         Oct 10 01:22:37 web01 sshd[7]: fatal: Cannot bind any address.\n\
         type=AVC msg=audit(1633800157.050:404): avc:  denied  { name_bind } for  pid=7 comm=\"sshd\" src=2222 \
         scontext=system_u:system_r:sshd_t:s0 tcontext=system_u:object_r:unreserved_port_t:s0 tclass=tcp_socket permissive=0\n",
        &["environment.selinux-denied"],
    ),
    (
        "a restart, and nobody has come yet",
        "Apr 17 10:00:00 web01 sshd[7]: Received signal 15; terminating.\n\
         Apr 17 10:00:20 web01 sshd[8]: Server listening on 0.0.0.0 port 22.\n",
        &[],
    ),
    (
        "two strangers, three guesses",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:09:00 web01 sshd[8]: Failed password for invalid user oracle from 198.51.100.4 port 40122 ssh2\n\
         Apr 17 10:09:04 web01 sshd[8]: Failed password for invalid user oracle from 198.51.100.4 port 40122 ssh2\n\
         Apr 17 10:30:00 web01 sshd[9]: Did not receive identification string from 203.0.113.66\n",
        &["environment.brute-force"],
    ),
    (
        "two strangers, and one of the house who mistypes",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:09:00 web01 sshd[8]: Failed password for invalid user oracle from 198.51.100.4 port 40122 ssh2\n\
         Apr 17 10:12:00 web01 sshd[9]: Failed password for alice from 192.0.2.7 port 40200 ssh2\n",
        &["client.wrong-password", "environment.brute-force"],
    ),
    (
        "two colleagues who try root from the office",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 10.0.0.9 port 51020 ssh2\n\
         Apr 17 10:09:00 web01 sshd[8]: Failed password for invalid user admin from 10.0.0.4 port 40122 ssh2\n",
        &["client.unknown-user", "client.wrong-password"],
    ),
    (
        "root's password, typed wrong twice from two places",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:09:00 web01 sshd[8]: Failed password for root from 198.51.100.4 port 40122 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "the client asks why its key is refused, and a password lets it in later",
        "debug1: Authentications that can continue: publickey,password\n\
         debug1: Next authentication method: publickey\n\
         debug1: Offering public key: /home/alice/.ssh/id_rsa RSA SHA256:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg\n\
         debug1: Authentications that can continue: publickey,password\n\
         debug1: Next authentication method: password\n\
         \n\
         Apr 17 10:00:00 web01 sshd[7]: Authentication refused: bad ownership or modes for directory /home/alice/.ssh\n\
         Apr 17 10:00:05 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51020 ssh2\n",
        &["file-permissions.home-or-ssh-directory"],
    ),
    (
        "the password lets in whom the key did not",
        "Apr 17 10:00:00 web01 sshd[7]: Authentication refused: bad ownership or modes for directory /home/alice/.ssh\n\
         Apr 17 10:00:05 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51020 ssh2\n",
        &[],
    ),
    (
        "no windows, and the session goes on",
        "debug1: Authentication succeeded (password).\n\
         debug1: Entering interactive session.\n\
         debug1: Remote: No xauth program; cannot forward X11.\n\
         X11 forwarding request failed on channel 0\n\
         Last login: Tue Apr 17 09:00:00 2018 from 192.0.2.7\n",
        &[],
    ),
    (
        "no windows, and that is all",
        "debug1: Remote: No xauth program; cannot forward X11.\n\
         X11 forwarding request failed on channel 0\n",
        &["service-config.forwarding-refused"],
    ),
    (
        "a proxy closes before anything of the target came",
        "debug1: Executing proxy command: exec corkscrew 10.0.0.8 8080 web01.example.com 22\n\
         ssh_exchange_identification: Connection closed by remote host\n",
        &["client.proxy-failed"],
    ),
    (
        "the proxy answers",
        "debug1: Executing proxy command: exec corkscrew 10.0.0.8 8080 web01.example.com 22\n\
         Proxy could not open connnection to web01.example.com: Forbidden\n\
         ssh_exchange_identification: Connection closed by remote host\n",
        &["client.proxy-failed"],
    ),
    (
        "a frame of Terraform around a sentence in two lines",
        "│ timeout - last error: SSH authentication failed (deploy@192.0.2.7:22): ssh: handshake failed: ssh: unable to\n\
         │ authenticate, attempted methods [none publickey], no supported methods remain\n",
        &["keys.public-key-rejected"],
    ),
    (
        "a label and a reason in lines of their own",
        "timeout - last error: SSH authentication failed (root@192.0.2.7:22):\n\
         ssh: handshake failed: read tcp 10.0.0.2:41400->192.0.2.7:22: read:\n\
         connection reset by peer\n",
        &["network.closed-before-banner"],
    ),
    (
        "an ordinary user reads what only root may",
        "[alice@web01 ~]$ cat /etc/ssh/sshd_config\ncat: /etc/ssh/sshd_config: Permission denied\n",
        &[],
    ),
    (
        "sshd reads what only root may",
        "[alice@web01 ~]$ /usr/sbin/sshd -t\n/etc/ssh/sshd_config: Permission denied\n",
        &["file-permissions.config-file"],
    ),
    (
        "a key of PuTTY's",
        "debug1: Trying private key: /home/alice/work.ppk\n\
         Enter passphrase for key '/home/alice/work.ppk': \n\
         debug2: bad passphrase given, try again...\n\
         Permission denied (publickey).\n",
        &["client.private-key-unreadable"],
    ),
    (
        "Bitbucket says who logged in",
        "logged in as alice.\n\nYou can use git or hg to connect to Bitbucket. Shell access is disabled.\n",
        &[],
    ),
    (
        "the service is back in the same second, on the loopback address",
        "Apr 17 10:00:00 web01 sshd[7]: Received signal 15; terminating.\n\
         Apr 17 10:00:00 web01 sshd[8]: Server listening on 127.0.0.1 port 22.\n",
        &[],
    ),
    (
        "two servers stop, one comes back",
        "Apr 17 10:00:00 web01 sshd[7]: Received signal 15; terminating.\n\
         Apr 17 10:00:00 web02 sshd[7]: Received signal 15; terminating.\n\
         Apr 17 10:00:20 web01 sshd[8]: Server listening on 0.0.0.0 port 22.\n",
        &["service-config.not-running"],
    ),
    (
        "a name of every dictionary that is somebody's here",
        "Apr 17 09:00:00 nas1 sshd[5]: Accepted password for admin from 192.0.2.7 port 51000 ssh2\n\
         Apr 17 10:00:00 nas1 sshd[7]: Failed password for admin from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:09:00 nas1 sshd[8]: Failed password for root from 198.51.100.4 port 40122 ssh2\n",
        &["client.wrong-password", "environment.brute-force"],
    ),
    (
        "one person from two places",
        "Apr 17 10:00:00 nas1 sshd[7]: Failed password for pi from 203.0.113.9 port 51020 ssh2\n\
         Apr 17 10:00:20 nas1 sshd[8]: Failed password for pi from 2001:db8::5 port 40122 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "addresses of the house, written as IPv6",
        "Apr 17 10:00:00 ap1 dropbear[7]: Bad password attempt for 'root' from ::ffff:10.0.0.9:51020\n\
         Apr 17 10:00:09 ap1 dropbear[8]: Bad password attempt for 'admin' from ::ffff:10.0.0.4:51021\n",
        &["client.wrong-password"],
    ),
    (
        "somebody's label before a log that has its own story",
        "Once I saw Host key verification failed:\n\
         Apr 17 10:00:00 web01 sshd[7]: Authentication refused: bad ownership or modes for directory /home/alice/.ssh\n\
         Apr 17 10:00:01 web01 sshd[7]: Accepted password for alice from 192.0.2.1 port 4000 ssh2\n",
        &["keys.host-key-unknown"],
    ),
    (
        "a key of PuTTY's beside one that is refused",
        "debug1: Offering public key: /home/alice/.ssh/id_rsa RSA SHA256:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg\n\
         debug1: Authentications that can continue: publickey\n\
         debug1: Trying private key: /home/alice/old.ppk\n\
         Permission denied (publickey).\n",
        &["keys.public-key-rejected"],
    ),
    (
        "the password is mistyped, then right, and the key was refused before",
        "alice@web01's password: \n\
         Permission denied, please try again.\n\
         \n\
         Apr 17 10:00:00 web01 sshd[7]: Authentication refused: bad ownership or modes for directory /home/alice/.ssh\n\
         Apr 17 10:00:05 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51020 ssh2\n",
        &[],
    ),
    (
        "two that came in by password in the end, and a client that does not say who it is",
        "debug1: Offering public key: /c/id_rsa RSA SHA256:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg\n\
         debug1: Authentications that can continue: publickey,password\n\
         debug1: Next authentication method: password\n\
         \n\
         Apr 17 10:00:00 web01 sshd[7]: Authentication refused: bad ownership or modes for directory /home/alice/.ssh\n\
         Apr 17 10:00:05 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 11:00:00 web01 sshd[8]: userauth_pubkey: key type ssh-dss not in PubkeyAcceptedKeyTypes [preauth]\n\
         Apr 17 11:00:05 web01 sshd[8]: Accepted password for bob from 192.0.2.8 port 51020 ssh2\n",
        &["keys.public-key-rejected"],
    ),
    (
        "su runs into a limit",
        "pam_limits(su:session): Could not set limit for 'nofile': Operation not permitted\n",
        &[],
    ),
    (
        "curl has no agent and closes",
        "* Using SSH private key file '/home/alice/.ssh/feed'\n\
         * SSH public key authentication failed: Unable to extract public key from private key file: \
         Wrong passphrase or invalid/unrecognized private key file format\n\
         * Failure connecting to agent\n\
         * Authentication failure\n\
         * Closing connection 0\n",
        &["client.private-key-unreadable"],
    ),
    (
        "PuTTY may not try the second factor",
        "Offer of public key accepted\nSent public key signature\nFurther authentication required\n\
         Disconnected: No supported authentication methods available (server sent: keyboard-interactive)\n",
        &["service-config.authentication-methods"],
    ),
    (
        "somebody shows what sshd holds of root beside root's failure",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 192.0.2.7 port 51020 ssh2\n\
         [root@web01 ~]# sshd -T | grep -i permitroot\n\
         permitrootlogin without-password\n",
        &["service-config.root-login-refused"],
    ),
    (
        "somebody shows whom sshd admits beside another's failure",
        "paul@192.0.2.77's password:\n\
         Permission denied, please try again.\n\
         paul@192.0.2.77: Permission denied (publickey,password).\n\
         # grep -i users /etc/ssh/sshd_config\n\
         AllowUsers admin\n",
        &["service-config.user-not-allowed"],
    ),
    (
        "the options shown admit who failed",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51020 ssh2\n\
         $ sudo sshd -T | grep -i allow\n\
         permitrootlogin no\n\
         allowusers alice\n",
        &["client.wrong-password"],
    ),
    (
        "a client's own options say nothing of the server",
        "alice@web01's password:\n\
         Permission denied, please try again.\n\
         $ cat ~/.ssh/config\n\
         PasswordAuthentication no\n",
        &["client.wrong-password"],
    ),
    (
        "a stranger's guess beside somebody who is refused",
        "Apr 17 10:00:00 web01 sshd[6]: Invalid user test from 203.0.113.9 port 40122\n\
         Apr 17 10:00:02 web01 sshd[6]: Failed password for invalid user test from 203.0.113.9 port 40122 ssh2\n\
         Apr 17 10:05:00 web01 sshd[7]: User hoffmann from 192.0.2.7 not allowed because none of user's groups are listed in AllowGroups\n\
         Apr 17 10:05:09 web01 sshd[7]: Failed password for invalid user hoffmann from 192.0.2.7 port 51020 ssh2\n",
        &["service-config.user-not-allowed", "client.unknown-user"],
    ),
    (
        "a load balancer looks whether the port is open, and people come in",
        "Apr 17 10:00:00 web01 sshd[6]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:02 web01 sshd[7]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:05 web01 sshd[8]: Accepted publickey for alice from 192.0.2.7 port 51020 ssh2: ED25519 SHA256:AbC\n",
        &[],
    ),
    (
        "somebody's words about options beside a failure",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51020 ssh2\n\
         AllowUsers ops\n\
         I looked into sshd_config:\n\
         AllowUsers is not set on this server\n",
        &["client.wrong-password"],
    ),
    (
        "options of one host, a failure on another",
        "[root@web01 ~]# sshd -T | grep -i allowusers\n\
         allowusers bob carol\n\
         [root@web01 ~]# ssh dave@db01\n\
         dave@db01's password: \n\
         Permission denied, please try again.\n\
         dave@db01: Permission denied (publickey,password).\n",
        &["client.wrong-password"],
    ),
    (
        "a block of options that may be of others",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 192.0.2.7 port 51020 ssh2\n\
         # tail -2 /etc/ssh/sshd_config\n\
         Match RDomain 3\n\
         \x20   PermitRootLogin no\n",
        &["client.wrong-password"],
    ),
    (
        "connections that end early, on a host where nobody comes in",
        "Apr 17 10:00:00 web01 sshd[6]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:05 web02 sshd[8]: Accepted publickey for alice from 192.0.2.7 port 51020 ssh2: ED25519 SHA256:AbC\n",
        &["network.closed-before-banner"],
    ),
    (
        "people came in, and then nobody any more",
        "Apr 17 08:00:05 web01 sshd[5]: Accepted publickey for alice from 192.0.2.7 port 51020 ssh2: ED25519 SHA256:AbC\n\
         Apr 17 10:00:00 web01 sshd[6]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:09 web01 sshd[7]: error: kex_exchange_identification: Connection closed by remote host\n",
        &["network.closed-before-banner"],
    ),
    (
        "one stranger tries a name that nobody has, and who has business there gets in",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user oracle from 203.0.113.9 port 51020\n\
         Apr 17 10:00:01 web01 sshd[7]: Connection closed by invalid user oracle 203.0.113.9 port 51020 [preauth]\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted publickey for alice from 198.51.100.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "strangers try a few names, and who has business there gets in",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user oracle from 203.0.113.9 port 51020\n\
         Apr 17 10:03:00 web01 sshd[8]: Invalid user git from 203.0.113.10 port 51021\n\
         Apr 17 10:09:13 web01 sshd[9]: Accepted publickey for alice from 198.51.100.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "nobody gets in",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user oracle from 203.0.113.9 port 51020\n\
         Apr 17 10:03:00 web01 sshd[8]: Invalid user git from 203.0.113.10 port 51021\n",
        &["environment.brute-force"],
    ),
    (
        "somebody tests the port, and a session shows that logins work",
        "Apr 17 10:00:00 web01 sshd[7]: Did not receive identification string from 192.0.2.9 port 51020\n\
         Apr 17 10:00:05 web01 sshd[8]: banner exchange: Connection from 192.0.2.9 port 51021: invalid format\n\
         Apr 17 10:00:13 web01 sshd[9]: pam_unix(sshd:session): session opened for user alice by (uid=0)\n",
        &[],
    ),
    (
        "TCP Wrappers name who was refused, whoever else got in",
        "Apr 17 10:00:00 web01 sshd[7]: refused connect from 192.0.2.9 (192.0.2.9)\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted publickey for alice from 198.51.100.7 port 51022 ssh2\n",
        &["service-config.tcp-wrappers"],
    ),
    (
        "a good run is pasted behind a bad one, without its beginning",
        "debug1: Offering public key: /home/alice/.ssh/old RSA SHA256:0123456789012345678901234567890123456789AAA\n\
         debug1: Authentications that can continue: publickey\n\
         alice@192.0.2.10: Permission denied (publickey).\n\nand with the other key:\n\n\
         debug1: Authentication succeeded (publickey).\n",
        &["keys.public-key-rejected"],
    ),
    (
        "a text is broken where the frame ends",
        "\u{2502} timeout - last error: SSH authentication failed\n\
         \u{2502} (alice@192.0.2.10:22): ssh: handshake failed: ssh: unable to\n\
         \u{2502} authenticate, attempted methods [none publickey], no supported methods\n\u{2502} remain\n",
        &["keys.public-key-rejected"],
    ),
    (
        "a web page leaves one of two blanks",
        "Apr 17 10:00:00 web01 kernel: type=1400 audit(1523959200.510:4): avc: denied { name_bind } for pid=7 comm=\"sshd\" src=2222 scontext=system_u:system_r:sshd_t:s0 tcontext=system_u:object_r:unreserved_port_t:s0 tclass=tcp_socket\n",
        &["environment.selinux-denied"],
    ),
    (
        "another service is down",
        "\u{25cf} mysqld.service - MySQL Server\n   Active: failed (Result: exit-code) since Tue 2018-04-17 10:02:11 JST; 5s ago\n",
        &[],
    ),
    (
        "others ask for one name once each, and somebody came in",
        "Apr 17 10:00:00 web01 sshd[1]: Invalid user postgres from 203.0.113.5 port 41000\n\
         Apr 17 10:01:00 web01 sshd[2]: Invalid user pi from 203.0.113.6 port 41000\n\
         Apr 17 10:02:00 web01 sshd[3]: Invalid user jenkins from 203.0.113.7 port 41000\n\
         Apr 17 10:03:00 web01 sshd[4]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "among them somebody insists",
        "Apr 17 10:00:00 web01 sshd[1]: Invalid user postgres from 203.0.113.5 port 41000\n\
         Apr 17 10:01:00 web01 sshd[2]: Invalid user pi from 203.0.113.6 port 41000\n\
         Apr 17 10:02:00 web01 sshd[3]: Invalid user takeshi from 203.0.113.7 port 41000\n\
         Apr 17 10:02:30 web01 sshd[5]: Invalid user takeshi from 203.0.113.7 port 41002\n\
         Apr 17 10:03:00 web01 sshd[4]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &["client.unknown-user", "environment.brute-force"],
    ),
    (
        "a guesser is banned",
        "Apr 17 10:00:00 web01 sshd[1]: Invalid user postgres from 203.0.113.5 port 41000\n\
         Apr 17 10:01:00 web01 sshd[2]: Invalid user pi from 203.0.113.6 port 41000\n\
         Apr 17 10:02:00 web01 fail2ban.actions[880]: NOTICE [sshd] Ban 203.0.113.6\n\
         Apr 17 10:03:00 web01 sshd[4]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "PAM is asked by a process of its own, and the second password is right",
        "Apr 17 10:00:01 web01 sshd[2373]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.7  user=alice\n\
         Apr 17 10:00:03 web01 sshd[2371]: error: PAM: Authentication failure for alice from 198.51.100.7\n\
         Apr 17 10:00:08 web01 sshd[2371]: Accepted keyboard-interactive/pam for alice from 198.51.100.7 port 36228 ssh2\n",
        &[],
    ),
    (
        "an old server tells at every connection which keys it lacks",
        "Apr 17 10:00:00 web01 sshd[7]: error: Could not load host key: /etc/ssh/ssh_host_key\n\
         Apr 17 10:00:00 web01 sshd[7]: error: Could not load host key: /etc/ssh/ssh_host_rsa_key\n\
         Apr 17 10:00:00 web01 sshd[7]: Disabling protocol version 1. Could not load host key\n\
         Apr 17 10:00:01 web01 sshd[7]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "a ping that works stands behind a key exchange that hangs",
        "debug1: Connecting to web01 [192.0.2.10] port 22.\ndebug1: SSH2_MSG_KEXINIT sent\ndebug1: SSH2_MSG_KEXINIT received\n\
         debug1: expecting SSH2_MSG_KEX_ECDH_REPLY\n^C\nalice@laptop:~$ ping -c 1 web01\n\
         PING web01 (192.0.2.10) 56(84) bytes of data.\n64 bytes from 192.0.2.10: icmp_seq=1 ttl=64 time=1.29 ms\n\
         --- web01 ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\n",
        &["network.kex-stalled"],
    ),
    (
        "the listener tells whose time was over",
        "Apr 17 10:00:00 web01 sshd[1]: Server listening on 0.0.0.0 port 22.\n\
         Apr 17 10:00:02 web01 sshd-session[7]: Failed password for alice from 198.51.100.7 port 57920 ssh2\n\
         Apr 17 10:02:02 web01 sshd[1]: Timeout before authentication for connection from 198.51.100.7 to 192.0.2.10, pid = 7\n",
        &["client.wrong-password"],
    ),
    (
        "a shared connection is full, and the client opens one of its own",
        "OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17 1 Jul 2025\n\
         mux_client_request_session: session request failed: Session open refused by peer\n\
         debug1: Connecting to web01 [192.0.2.10] port 22.\nAuthenticated to web01 ([192.0.2.10]:22) using \"publickey\".\n\
         ControlSocket /home/alice/.ssh/cm already exists, disabling multiplexing\n\
         debug1: Exit status 0\n",
        &[],
    ),
    (
        "a prompt, a version and a comment stand behind a key exchange that hangs",
        "debug1: SSH2_MSG_KEXINIT sent\ndebug1: expecting SSH2_MSG_KEX_ECDH_REPLY\n^C\n\
         root@web01:~# cat /etc/pam.d/sshd\n# PAM configuration\nroot@web01:~# ssh -V\nOpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17 1 Jul 2025\n",
        &["network.kex-stalled"],
    ),
    (
        "scanners end the key exchange, and somebody came in",
        "Apr 17 10:00:00 web01 sshd[1]: Connection closed by 203.0.113.5 port 41000 [preauth]\n\
         Apr 17 10:01:00 web01 sshd[2]: Connection closed by 203.0.113.6 port 41000 [preauth]\n\
         Apr 17 10:02:00 web01 sshd[3]: Did not receive identification string from 203.0.113.8 port 41000\n\
         Apr 17 10:02:30 web01 sshd[5]: error: kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"\n\
         Apr 17 10:02:30 web01 sshd[5]: banner exchange: Connection from 203.0.113.9 port 41002: invalid format\n\
         Apr 17 10:02:40 web01 sshd[6]: Unable to negotiate with 203.0.113.7 port 41000: no matching host key type found. Their offer: ssh-dss [preauth]\n\
         Apr 17 10:03:00 web01 sshd[4]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "somebody asks for the host keys, and comes in",
        "Apr 17 10:00:00 web01 sshd[1]: Unable to negotiate with 192.0.2.7 port 41000: no matching host key type found. Their offer: sk-ssh-ed25519@openssh.com [preauth]\n\
         Apr 17 10:00:03 web01 sshd[4]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "an old client alone insists",
        "Apr 17 10:00:00 web01 sshd[1]: Unable to negotiate with 203.0.113.7 port 41000: no matching host key type found. Their offer: ssh-rsa,ssh-dss [preauth]\n\
         Apr 17 10:00:30 web01 sshd[2]: Unable to negotiate with 203.0.113.7 port 41002: no matching host key type found. Their offer: ssh-rsa,ssh-dss [preauth]\n\
         Apr 17 10:03:00 web01 sshd[4]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &["keys.host-key-type-mismatch"],
    ),
    (
        "the server tells why it ignored the key, and the password let somebody in",
        "debug1: Authentication succeeded (password).\nAuthenticated to web01 ([192.0.2.10]:22).\n\
         debug1: Remote: Ignored authorized keys: bad ownership or modes for directory /home/alice\nLast login: Tue Apr 17 09:58:11 2018 from 192.0.2.7\n",
        &["file-permissions.home-or-ssh-directory"],
    ),
    (
        "a monitor looks at the port by the clock",
        "Apr 17 10:00:17 web01 sshd[1]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:17 web01 sshd[1]: Connection closed by 192.0.2.50 port 41001\n\
         Apr 17 10:01:17 web01 sshd[2]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:01:17 web01 sshd[2]: Connection closed by 192.0.2.50 port 41002\n\
         Apr 17 10:02:18 web01 sshd[3]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:02:18 web01 sshd[3]: Connection closed by 192.0.2.50 port 41003\n",
        &[],
    ),
    (
        "somebody tries again, and not by the clock",
        "Apr 17 10:00:17 web01 sshd[1]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:17 web01 sshd[1]: Connection closed by 192.0.2.50 port 41001\n\
         Apr 17 10:01:17 web01 sshd[2]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:01:17 web01 sshd[2]: Connection closed by 192.0.2.50 port 41002\n\
         Apr 17 10:03:05 web01 sshd[3]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:03:05 web01 sshd[3]: Connection closed by 192.0.2.50 port 41003\n",
        &["network.closed-before-banner"],
    ),
    (
        "the server looks at its own port",
        "Apr 17 10:00:17 web01 sshd[1]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:17 web01 sshd[1]: Connection closed by 127.0.0.1 port 41001\n",
        &[],
    ),
    (
        "a monitor that asks for a web page is told of",
        "Apr 17 10:00:00 web01 sshd[1]: error: kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"\n\
         Apr 17 10:00:00 web01 sshd[1]: banner exchange: Connection from 127.0.0.1 port 41001: invalid format\n",
        &["network.not-ssh"],
    ),
    (
        "somebody asks for a web page where people come in",
        "Apr 17 10:00:00 web01 sshd[1]: error: kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"\n\
         Apr 17 10:03:00 web01 sshd[4]: Accepted publickey for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "dropbear does not say whom a stranger tries",
        "Apr 17 10:00:01 web01 dropbear[1]: Login attempt for nonexistent user\n\
         Apr 17 10:00:02 web01 dropbear[1]: Exit before auth from <203.0.113.9:41001>: Max auth tries reached - user 'is invalid'\n\
         Apr 17 10:00:03 web01 dropbear[3]: Login attempt for nonexistent user\n\
         Apr 17 10:00:04 web01 dropbear[3]: Exit before auth from <203.0.113.9:41003>: Max auth tries reached - user 'is invalid'\n\
         Apr 17 10:00:05 web01 dropbear[5]: Login attempt for nonexistent user\n\
         Apr 17 10:00:06 web01 dropbear[5]: Exit before auth from <203.0.113.9:41005>: Max auth tries reached - user 'is invalid'\n",
        &["environment.brute-force"],
    ),
    (
        "one of the host keys is missing, and the server listens",
        "Apr 17 10:00:00 web01 sshd[1]: error: Could not load host key: /etc/ssh/ssh_host_rsa_key\n\
         Apr 17 10:00:00 web01 sshd[1]: Server listening on 0.0.0.0 port 22.\n",
        &[],
    ),
    (
        "root is refused for its number amid guessing",
        "Apr 17 10:00:10 web01 sshd[1]: Invalid user sys from 203.0.113.9 port 41001\n\
         Apr 17 10:00:12 web01 sshd[1]: Failed password for invalid user sys from 203.0.113.9 port 41001 ssh2\n\
         Apr 17 10:00:20 web01 sshd[2]: Invalid user bigdata from 203.0.113.9 port 41002\n\
         Apr 17 10:00:22 web01 sshd[2]: Failed password for invalid user bigdata from 203.0.113.9 port 41002 ssh2\n\
         Apr 17 10:00:30 web01 sshd[3]: Invalid user ds from 203.0.113.9 port 41003\n\
         Apr 17 10:00:32 web01 sshd[3]: Failed password for invalid user ds from 203.0.113.9 port 41003 ssh2\n\
         Apr 17 10:00:50 web01 sshd[5]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"\n\
         Apr 17 10:00:52 web01 sshd[5]: Failed password for root from 203.0.113.9 port 41005 ssh2\n",
        &["environment.brute-force"],
    ),
    (
        "somebody mistypes three times and is in on the next connection",
        "Apr 17 10:00:00 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:00:00 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:00:00 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:00:40 web01 sshd[2]: Accepted password for alice from 192.0.2.7 port 41002 ssh2\n",
        &[],
    ),
    (
        "somebody mistypes once and comes in later from elsewhere",
        "Apr 17 10:00:00 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:20:00 web01 sshd[2]: Accepted password for alice from 198.51.100.7 port 41002 ssh2\n",
        &[],
    ),
    (
        "who looks the password up comes in a quarter of an hour later",
        "Apr 17 10:00:10 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:01:10 web01 sshd[2]: Failed password for alice from 192.0.2.7 port 41002 ssh2\n\
         Apr 17 10:16:00 web01 sshd[3]: Accepted password for alice from 192.0.2.7 port 41003 ssh2\n",
        &[],
    ),
    (
        "a state was shown, and then somebody came in",
        "[root@web01 ~]# ss -tlnp | grep sshd\n\
         LISTEN 0      128          0.0.0.0:2222      0.0.0.0:*    users:((\"sshd\",pid=1290,fd=5))\n\
         Apr 17 10:16:00 web01 sshd[3]: Accepted password for alice from 192.0.2.7 port 41003 ssh2\n",
        &[],
    ),
    (
        "a unit that only seems to be down: its socket starts it, and a client is in",
        "[root@web01 ~]# systemctl status ssh\n\
         ○ ssh.service - OpenBSD Secure Shell server\n     Active: inactive (dead)\nTriggeredBy: ● ssh.socket\n\
         alice@client:~$ ssh bob@web01\nbob@web01's password:\nWelcome to Ubuntu 24.04 LTS (GNU/Linux 6.8.0 x86_64)\n\
         bob@web01:~$ \n",
        &[],
    ),
    (
        "a directory that a module cannot reach kept nobody out of a session that began",
        "Apr 17 10:00:00 web01 sshd[3]: Accepted publickey for alice from 192.0.2.7 port 41003 ssh2: ED25519 SHA256:x\n\
         Apr 17 10:00:00 web01 sshd[3]: pam_ldap(sshd:session): error opening connection to nslcd: No such file or directory\n\
         Apr 17 10:00:00 web01 sshd[3]: User child is on pid 4\n\
         Apr 17 10:00:09 web01 sshd[4]: Received disconnect from 192.0.2.7 port 41003:11: disconnected by user\n",
        &[],
    ),
    (
        "what took more tries may have been guessed",
        "Apr 17 10:00:10 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:00:20 web01 sshd[2]: Failed password for alice from 192.0.2.7 port 41002 ssh2\n\
         Apr 17 10:00:30 web01 sshd[3]: Failed password for alice from 192.0.2.7 port 41003 ssh2\n\
         Apr 17 10:00:40 web01 sshd[4]: Failed password for alice from 192.0.2.7 port 41004 ssh2\n\
         Apr 17 10:00:55 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 41009 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "the password had expired, and was changed",
        "Apr 17 10:00:00 web01 sshd[1]: pam_unix(sshd:account): expired password for user alice (password aged)\n\
         Apr 17 10:00:00 web01 sshd[1]: Accepted password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:01:00 web01 sshd[2]: Accepted password for alice from 192.0.2.7 port 41002 ssh2\n",
        &[],
    ),
    (
        "the password had expired, and nobody came in since",
        "Apr 17 10:00:00 web01 sshd[2]: Accepted password for alice from 192.0.2.7 port 41002 ssh2\n\
         Apr 17 10:01:00 web01 sshd[1]: pam_unix(sshd:account): expired password for user alice (password aged)\n",
        &["pam.password-expired"],
    ),
    (
        "a session fell silent, and its user came back",
        "Apr 17 10:00:00 web01 sshd[1]: Accepted password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:20:00 web01 sshd[1]: Timeout, client not responding from user alice 192.0.2.7 port 41001\n\
         Apr 17 10:40:00 web01 sshd[2]: Accepted password for alice from 192.0.2.7 port 41002 ssh2\n",
        &[],
    ),
    (
        "a session fell silent",
        "Apr 17 10:00:00 web01 sshd[1]: Accepted password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:20:00 web01 sshd[1]: Timeout, client not responding from user alice 192.0.2.7 port 41001\n",
        &["service-config.idle-timeout"],
    ),
    (
        "who tries a name of the dictionary knows no new algorithms",
        "Apr 17 10:00:00 web01 sshd[1]: Invalid user nagios1 from 203.0.113.5 port 41001\n\
         Apr 17 10:01:00 web01 sshd[2]: Unable to negotiate with 203.0.113.5 port 41002: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1 [preauth]\n\
         Apr 17 10:30:00 web01 sshd[90]: Accepted password for bob from 192.0.2.8 port 41090 ssh2\n",
        &[],
    ),
    (
        "a scan of one's own network asks for everything",
        "Apr 17 10:00:00 web01 sshd[1]: Unable to negotiate with 192.168.0.9 port 41001: no matching host key type found. Their offer: ssh-dss [preauth]\n\
         Apr 17 10:00:00 web01 sshd[2]: Unable to negotiate with 192.168.0.9 port 41002: no matching host key type found. Their offer: ssh-rsa [preauth]\n\
         Apr 17 10:00:01 web01 sshd[3]: Connection closed by 192.168.0.9 port 41003 [preauth]\n\
         Apr 17 10:00:01 web01 sshd[4]: error: Protocol major versions differ: 2 vs. 1\n\
         Apr 17 10:00:01 web01 sshd[4]: banner exchange: Connection from 192.168.0.9 port 41004: could not read protocol version\n\
         Apr 17 10:30:00 web01 sshd[90]: Accepted password for bob from 192.0.2.8 port 41090 ssh2\n",
        &[],
    ),
    (
        "dropbear does not say whom a stranger tried, once",
        "Apr 17 10:00:00 web01 dropbear[1]: Login attempt for nonexistent user\n\
         Apr 17 10:00:01 web01 dropbear[1]: Exit before auth from <203.0.113.9:41001>: Exited normally\n\
         Apr 17 10:03:00 web01 dropbear[4]: Password auth succeeded for 'alice' from 192.0.2.7:41004\n",
        &[],
    ),
    (
        "guessers try a locked account",
        "Apr 17 10:00:10 web01 sshd[1]: Invalid user sys from 203.0.113.9 port 41001\n\
         Apr 17 10:00:12 web01 sshd[1]: Failed password for invalid user sys from 203.0.113.9 port 41001 ssh2\n\
         Apr 17 10:00:20 web01 sshd[2]: Invalid user bigdata from 203.0.113.9 port 41002\n\
         Apr 17 10:00:22 web01 sshd[2]: Failed password for invalid user bigdata from 203.0.113.9 port 41002 ssh2\n\
         Apr 17 10:00:30 web01 sshd[3]: Invalid user ds from 203.0.113.9 port 41003\n\
         Apr 17 10:00:32 web01 sshd[3]: Failed password for invalid user ds from 203.0.113.9 port 41003 ssh2\n\
         Apr 17 10:00:40 web01 sshd[4]: Invalid user kai from 203.0.113.9 port 41004\n\
         Apr 17 10:00:42 web01 sshd[4]: Failed password for invalid user kai from 203.0.113.9 port 41004 ssh2\n\
         Apr 17 10:00:50 web01 sshd[5]: User postgres not allowed because account is locked\n\
         Apr 17 10:00:52 web01 sshd[5]: Failed password for invalid user postgres from 203.0.113.9 port 41005 ssh2\n\
         Apr 17 10:30:00 web01 sshd[90]: Accepted password for bob from 192.0.2.8 port 41090 ssh2\n",
        &[],
    ),
    (
        "a module is missing for who fails and for who comes in",
        "Apr 17 10:00:00 web01 sshd[1]: PAM unable to dlopen(pam_ck_connector.so): /lib/security/pam_ck_connector.so: cannot open shared object file: No such file or directory\n\
         Apr 17 10:00:00 web01 sshd[1]: PAM adding faulty module: pam_ck_connector.so\n\
         Apr 17 10:00:02 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:20:00 web01 sshd[2]: PAM unable to dlopen(pam_ck_connector.so): /lib/security/pam_ck_connector.so: cannot open shared object file: No such file or directory\n\
         Apr 17 10:20:00 web01 sshd[2]: PAM adding faulty module: pam_ck_connector.so\n\
         Apr 17 10:20:00 web01 sshd[2]: Accepted password for alice from 192.0.2.7 port 41002 ssh2\n",
        &[],
    ),
    (
        "a module is missing for who fails",
        "Apr 17 10:00:00 web01 sshd[1]: PAM unable to dlopen(pam_tally.so): /lib/security/pam_tally.so: cannot open shared object file: No such file or directory\n\
         Apr 17 10:00:00 web01 sshd[1]: PAM adding faulty module: pam_tally.so\n\
         Apr 17 10:00:02 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:20:00 web01 sshd[2]: Accepted password for alice from 192.0.2.7 port 41002 ssh2\n\
         Apr 17 10:21:00 web01 sshd[3]: Failed password for alice from 192.0.2.7 port 41003 ssh2\n",
        &["pam.module-missing", "client.wrong-password"],
    ),
    (
        "a module that is optional everywhere is missing for who fails",
        "Apr 17 10:00:00 web01 sshd[1]: PAM unable to dlopen(pam_ck_connector.so): /lib/security/pam_ck_connector.so: cannot open shared object file: No such file or directory\n\
         Apr 17 10:00:00 web01 sshd[1]: PAM adding faulty module: pam_ck_connector.so\n\
         Apr 17 10:00:02 web01 sshd[1]: Failed password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 10:20:00 web01 sshd[2]: Accepted password for alice from 192.0.2.7 port 41002 ssh2\n\
         Apr 17 10:21:00 web01 sshd[3]: Failed password for alice from 192.0.2.7 port 41003 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "SELinux denied the process something that it did without, in a session of hours",
        "Mar  3 10:15:19 web1 audit[2101]: AVC avc:  denied  { net_admin } for  pid=2101 comm=\"sshd\" capability=12 scontext=system_u:system_r:sshd_t:s0-s0:c0.c1023 tcontext=system_u:system_r:sshd_t:s0-s0:c0.c1023 tclass=capability permissive=0\n\
         Mar  3 10:15:20 web1 sshd[2101]: Accepted publickey for alice from 192.0.2.7 port 50122 ssh2: ED25519 SHA256:Qk3vZx0bR8yT5nWmJc7LdE2aUuHhPp1sXo9GiFqYtVw\n\
         Mar  3 10:15:20 web1 sshd[2101]: pam_unix(sshd:session): session opened for user alice by (uid=0)\n\
         Mar  3 14:25:20 web1 sshd[2105]: Received disconnect from 192.0.2.7 port 50122:11: disconnected by user\n\
         Mar  3 14:25:20 web1 sshd[2101]: pam_unix(sshd:session): session closed for user alice\n",
        &[],
    ),
    (
        "support tells what may be seen, and the log what was",
        "If you see \"Permission denied (publickey)\", the key was not registered correctly.\n\
         May  1 10:00:00 web1 sshd[1234]: Failed password for alice from 203.0.113.9 port 51022 ssh2\n\
         May  1 10:00:01 web1 sshd[1234]: Connection closed by authenticating user alice 203.0.113.9 port 51022 [preauth]\n",
        &["client.wrong-password"],
    ),
    (
        "a trouble of last week is over, and the log looked for another",
        "Last week I had \"ssh: connect to host web1.example.com port 22: Connection refused\", that was solved by restarting sshd.\n\
         root@web1:~# grep \"Invalid user\" /var/log/auth.log\n",
        &[],
    ),
    (
        "a stranger's name holds a tag and what looks like another line",
        "Here is the log:\n\
         May  1 10:00:00 web1 sshd[1234]: Invalid user x<br>May  1 10:00:01 web1 sshd[9]: Authentication refused: bad ownership or modes for directory /home/alice from 203.0.113.9 port 51022\n\
         May  1 10:00:02 web1 sshd[1235]: Wondering about x<br>May  1 10:00:03 web1 sshd[9]: User root from 203.0.113.9 not allowed because not listed in AllowUsers\n",
        &["client.unknown-user"],
    ),
    (
        "a header field of a request holds what a client would say",
        "the log of ssh:\n\
         May  1 10:00:02 web1 app[35]: User-Agent: ssh: connect to host h1 port 22: Connection refused\n\
         May  1 10:00:02 web1 app[35]: GET / reason=\"Host key verification failed.\"\n",
        &[],
    ),
    (
        "the port of a database is closed",
        "alice@pc:~$ nc -vz 192.0.2.10 3306\n\
         nc: connect to 192.0.2.10 port 3306 (tcp) failed: Connection refused\n\
         alice@pc:~$ telnet 192.0.2.10 80\n\
         Trying 192.0.2.10...\n\
         telnet: Unable to connect to remote host: Connection refused\n",
        &[],
    ),
    (
        "the port of sshd is closed",
        "alice@pc:~$ nc -vz 192.0.2.10 3306\n\
         nc: connect to 192.0.2.10 port 3306 (tcp) failed: Connection refused\n\
         alice@pc:~$ nc -vz 192.0.2.10 22\n\
         nc: connect to 192.0.2.10 port 22 (tcp) failed: Connection refused\n",
        &["network.connection-refused"],
    ),
    (
        "another service failed, and sshd runs",
        "× nginx.service - A high performance web server\n\
              Active: failed (Result: exit-code) since Mon 2026-11-30 03:22:03 CET; 1s ago\n\
            Main PID: 18318 (code=exited, status=1/FAILURE)\n\
         ● ssh.service - OpenBSD Secure Shell server\n\
              Active: active (running) since Mon 2026-11-30 03:22:03 CET; 2s ago\n\
            Main PID: 18326 (sshd)\n",
        &[],
    ),
    (
        "sshd failed, and another service runs",
        "● nginx.service - A high performance web server\n\
              Active: active (running) since Mon 2026-11-30 03:22:03 CET; 1s ago\n\
         × ssh.service - OpenBSD Secure Shell server\n\
              Active: failed (Result: exit-code) since Mon 2026-11-30 03:22:03 CET; 2s ago\n",
        &["service-config.not-running"],
    ),
    (
        "what is forwarded to containers is dropped, and the client gets no answer",
        "alice@pc:~$ ssh web01\n\
         ssh: connect to host web01 port 22: Connection timed out\n\
         Chain INPUT (policy ACCEPT)\n\
         Chain DOCKER-ISOLATION-STAGE-2 (1 references)\n\
         target     prot opt source               destination\n\
         DROP       all  --  anywhere             anywhere\n",
        &["network.connect-timeout"],
    ),
    (
        "what no rule accepts is prohibited, and the client finds no route",
        "alice@pc:~$ ssh web01\n\
         ssh: connect to host web01 port 22: No route to host\n\
         Chain INPUT (policy ACCEPT)\n\
         ACCEPT     tcp  --  anywhere             anywhere            state NEW tcp dpt:http\n\
         REJECT     all  --  anywhere             anywhere            reject-with icmp-host-prohibited\n",
        &["network.host-firewall"],
    ),
    (
        "a directory's service is stopped",
        "● sssd.service - System Security Services Daemon\n\
              Active: inactive (dead)\n\
         ● ssh.service - OpenBSD Secure Shell server\n\
              Active: active (running) since Mon 2026-11-30 03:22:03 CET; 2s ago\n",
        &["pam.directory-service"],
    ),
    (
        "a name that dictionaries hold, once, and then one's own",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user oracle from 203.0.113.7 port 51020\n\
         Apr 17 10:00:01 web01 sshd[7]: Connection closed by invalid user oracle 203.0.113.7 port 51020 [preauth]\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 203.0.113.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "a name of somebody's own, that the server does not have",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user kontor7 from 192.0.2.7 port 51020\n\
         Apr 17 10:00:01 web01 sshd[7]: Connection closed by invalid user kontor7 192.0.2.7 port 51020 [preauth]\n\
         Apr 17 10:00:13 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &["client.unknown-user"],
    ),
    (
        "root twice, and then one's own name: root is not let in",
        "Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 10:00:05 web01 sshd[8]: Failed password for root from 192.0.2.7 port 51021 ssh2\n\
         Apr 17 10:00:33 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "who mistypes no more often than not",
        "Apr 17 10:00:00 web01 sshd[10]: Failed password for uwe from 192.0.2.7 port 51010 ssh2\n\
         Apr 17 10:00:20 web01 sshd[11]: Accepted password for uwe from 192.0.2.7 port 51011 ssh2\n\
         Apr 17 10:10:00 web01 sshd[12]: Failed password for uwe from 192.0.2.7 port 51012 ssh2\n\
         Apr 17 10:10:20 web01 sshd[13]: Accepted password for uwe from 192.0.2.7 port 51013 ssh2\n\
         Apr 17 10:20:00 web01 sshd[14]: Failed password for uwe from 192.0.2.7 port 51014 ssh2\n\
         Apr 17 10:20:20 web01 sshd[15]: Accepted password for uwe from 192.0.2.7 port 51015 ssh2\n\
         Apr 17 10:30:00 web01 sshd[16]: Failed password for uwe from 192.0.2.7 port 51016 ssh2\n\
         Apr 17 10:30:20 web01 sshd[17]: Accepted password for uwe from 192.0.2.7 port 51017 ssh2\n",
        &[],
    ),
    (
        "who fails four times and comes in once",
        "Apr 17 10:00:00 web01 sshd[10]: Failed password for uwe from 192.0.2.7 port 51010 ssh2\n\
         Apr 17 10:10:00 web01 sshd[12]: Failed password for uwe from 192.0.2.7 port 51012 ssh2\n\
         Apr 17 10:20:00 web01 sshd[14]: Failed password for uwe from 192.0.2.7 port 51014 ssh2\n\
         Apr 17 10:30:00 web01 sshd[16]: Failed password for uwe from 192.0.2.7 port 51016 ssh2\n\
         Apr 17 10:30:20 web01 sshd[17]: Accepted password for uwe from 192.0.2.7 port 51017 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "the second of two steps is mistyped, and then it is not",
        "Apr 17 10:00:00 web01 sshd[10]: Partial publickey for uwe from 192.0.2.7 port 51010 ssh2: ED25519 SHA256:aaaa\n\
         Apr 17 10:00:02 web01 sshd[10]: Failed password for uwe from 192.0.2.7 port 51010 ssh2\n\
         Apr 17 10:00:03 web01 sshd[10]: Connection closed by authenticating user uwe 192.0.2.7 port 51010 [preauth]\n\
         Apr 17 10:04:00 web01 sshd[11]: Partial publickey for uwe from 192.0.2.7 port 51011 ssh2: ED25519 SHA256:aaaa\n\
         Apr 17 10:04:02 web01 sshd[11]: Accepted password for uwe from 192.0.2.7 port 51011 ssh2\n",
        &[],
    ),
    (
        "a stranger, whom dropbear does not name, comes more often than he tries a name; others come in",
        "Aug  2 21:20:00 ap dropbear[7]: Child connection from 192.0.2.184:33131\n\
         Aug  2 21:20:00 ap dropbear[7]: Password auth succeeded for 'nico' from 192.0.2.184:33131\n\
         Aug  2 21:25:09 ap dropbear[8]: Child connection from 198.51.100.83:38303\n\
         Aug  2 21:25:09 ap dropbear[8]: Exit before auth from <198.51.100.83:38303>: Exited normally\n\
         Aug  2 21:29:09 ap dropbear[9]: Child connection from 198.51.100.83:38304\n\
         Aug  2 21:29:09 ap dropbear[9]: Exit before auth from <198.51.100.83:38304>: Exited normally\n\
         Aug  2 21:36:15 ap dropbear[10]: Child connection from 198.51.100.83:34109\n\
         Aug  2 21:36:15 ap dropbear[10]: Login attempt for nonexistent user\n\
         Aug  2 21:36:16 ap dropbear[10]: Exit before auth from <198.51.100.83:34109>: Exited normally\n",
        &[],
    ),
    (
        "the agent refuses a key, and the server lets the client in all the same",
        "alice@pc:~$ ssh web01 uname\n\
         sign_and_send_pubkey: signing failed for RSA \"alice@pc\" from agent: agent refused operation\n\
         Linux\n\
         alice@pc:~$ ssh -v web01 true 2>&1 | tail -4\n\
         sign_and_send_pubkey: signing failed for RSA \"alice@pc\" from agent: agent refused operation\n\
         Authenticated to web01 ([192.0.2.10]:22) using \"publickey\".\n\
         debug1: Entering interactive session.\n\
         debug1: Exit status 0\n",
        &[],
    ),
    (
        "what a nologin file says, and the client is closed",
        "alice@pc:~$ ssh web01\n\
         alice@web01's password: \n\
         web01 is being upgraded until noon\n\n\
         Connection closed by 192.0.2.10 port 22\n",
        &["pam.nologin"],
    ),
    (
        "somebody tells of maintenance, and the client is closed",
        "Since the maintenance nobody gets in:\n\
         alice@pc:~$ ssh web01\n\
         alice@web01's password: \n\
         Connection closed by 192.0.2.10 port 22\n",
        &["pam.account-denied"],
    ),
    (
        "a stranger tries the names of two who come in from elsewhere",
        "Apr 17 10:00:00 web01 sshd[10]: Accepted publickey for dagny from 192.0.2.7 port 51010 ssh2: ED25519 SHA256:aaaa\n\
         Apr 17 10:00:20 web01 sshd[11]: Accepted publickey for villads from 192.0.2.8 port 51011 ssh2: ED25519 SHA256:bbbb\n\
         Apr 17 10:10:00 web01 sshd[12]: Failed password for dagny from 203.0.113.9 port 51012 ssh2\n\
         Apr 17 10:11:00 web01 sshd[13]: Failed password for dagny from 203.0.113.9 port 51013 ssh2\n\
         Apr 17 10:12:00 web01 sshd[14]: Failed password for villads from 203.0.113.9 port 51014 ssh2\n\
         Apr 17 10:13:00 web01 sshd[15]: Failed password for villads from 203.0.113.9 port 51015 ssh2\n",
        &[],
    ),
    (
        "one who comes in from elsewhere fails at home",
        "Apr 17 10:00:00 web01 sshd[10]: Accepted publickey for dagny from 192.0.2.7 port 51010 ssh2: ED25519 SHA256:aaaa\n\
         Apr 17 10:10:00 web01 sshd[12]: Failed password for dagny from 203.0.113.9 port 51012 ssh2\n\
         Apr 17 10:11:00 web01 sshd[13]: Failed password for dagny from 203.0.113.9 port 51013 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "a survey of the port ends in damaged packets, too; who belongs there comes in",
        "Apr 17 10:00:00 web01 sshd[10]: Accepted publickey for dagny from 192.0.2.7 port 51010 ssh2: ED25519 SHA256:aaaa\n\
         Apr 17 10:01:00 web01 sshd[11]: error: kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"\n\
         Apr 17 10:01:00 web01 sshd[11]: banner exchange: Connection from 203.0.113.9 port 51011: invalid format\n\
         Apr 17 10:02:00 web01 sshd[12]: error: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:02:00 web01 sshd[12]: Connection closed by 203.0.113.9 port 51012\n\
         Apr 17 10:03:00 web01 sshd[13]: Unable to negotiate with 203.0.113.9 port 51013: no matching host key type found. Their offer: ssh-dss [preauth]\n\
         Apr 17 10:04:00 web01 sshd[14]: ssh_dispatch_run_fatal: Connection from 203.0.113.9 port 51014: message authentication code incorrect [preauth]\n",
        &[],
    ),
    (
        "systemd holds the port that sshd was to leave",
        "root@web01:~# ss -lntp | grep ssh\n\
         LISTEN 0 4096 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1195,fd=3),(\"systemd\",pid=1,fd=86))\n\
         root@web01:~# sshd -T | grep -i -E 'port |config'\n\
         port 14374\n",
        &["service-config.not-listening"],
    ),
    (
        "systemd holds the port for sshd",
        "root@web01:~# ss -lntp | grep ssh\n\
         LISTEN 0 4096 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1195,fd=3),(\"systemd\",pid=1,fd=86))\n\
         root@web01:~# sshd -T | grep -i -E 'port |config'\n\
         port 22\n",
        &[],
    ),
    (
        "a configuration that does not parse, and is mended",
        "Apr 17 10:00:00 web01 sshd[7]: /etc/ssh/sshd_config: line 9: Bad configuration option: Prot\n\
         Apr 17 10:00:00 web01 sshd[7]: /etc/ssh/sshd_config: terminating, 1 bad configuration options\n\
         Apr 17 10:00:00 web01 systemd[1]: Failed to start OpenBSD Secure Shell server.\n\
         Apr 17 10:00:30 web01 sshd[8]: Server listening on 0.0.0.0 port 22.\n\
         Apr 17 10:01:00 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "a configuration that does not parse, and nothing after it",
        "Apr 17 09:00:00 web01 sshd[6]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:00:00 web01 sshd[7]: /etc/ssh/sshd_config: line 9: Bad configuration option: Prot\n\
         Apr 17 10:00:00 web01 sshd[7]: /etc/ssh/sshd_config: terminating, 1 bad configuration options\n",
        &["service-config.invalid-option"],
    ),
    (
        "the session's own program fails, and the session goes on",
        "Apr 17 10:00:00 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:00:00 web01 sshd[9]: pam_unix(sshd:session): session opened for user alice by (uid=0)\n\
         Apr 17 10:00:00 web01 sshd[10]: pam_exec(sshd:session): execve(/usr/local/bin/notify,...) failed: No such file or directory\n\
         Apr 17 10:00:00 web01 sshd[9]: pam_exec(sshd:session): /usr/local/bin/notify failed: exit code 2\n\
         Apr 17 10:00:09 web01 sshd[11]: Received disconnect from 192.0.2.7 port 51022:11: disconnected by user\n\
         Apr 17 10:00:09 web01 sshd[11]: Disconnected from user alice 192.0.2.7 port 51022\n\
         Apr 17 10:00:09 web01 sshd[9]: pam_unix(sshd:session): session closed for user alice\n",
        &[],
    ),
    (
        "the session's own program fails, and so does the session",
        "Apr 17 10:00:00 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
         Apr 17 10:00:00 web01 sshd[9]: pam_exec(sshd:session): /usr/local/bin/notify failed: exit code 2\n\
         Apr 17 10:00:00 web01 sshd[9]: error: PAM: pam_open_session(): System error\n\
         Apr 17 10:00:00 web01 sshd[11]: Received disconnect from 192.0.2.7 port 51022:11: disconnected by user\n",
        &["pam.session-failed"],
    ),
    (
        "PuTTY asks about the host key, the password is mistyped, and the second is right",
        "The host key is not cached for this server:\n\
         Store key in cache? (y/n, Return cancels connection, i for more info) y\n\
         Using username \"alice\".\n\
         alice@web01's password: \n\
         Access denied\n\
         alice@web01's password: \n\
         Remote working directory is /home/alice\n",
        &[],
    ),
    (
        "a program that asks for nothing",
        "init failed: command \"restic init -o sftp.args=-oBatchMode=yes\" failed: exit status 1\n\
         subprocess ssh: alice@web01: Permission denied (publickey,password).\n",
        &["keys.public-key-rejected"],
    ),
    (
        "a library of no package crashes sshd",
        "[15304.060670] sshd[5657]: segfault at 0 ip 00007f45b9a38126 sp 00007ffe04442690 error 6 in libhook-2.so[1126,7f45b9a38000+1000]\n\
         dpkg-query: no path found matching pattern /usr/lib/x86_64-linux-gnu/libhook-2.so\n",
        &["environment.tampered"],
    ),
    (
        "sshd -d without process ids: one address fails, another comes in",
        "debug1: userauth-request for user alice service ssh-connection method password [preauth]\n\
         Failed password for alice from 192.0.2.7 port 1066 ssh2\n\
         debug1: userauth-request for user alice service ssh-connection method password [preauth]\n\
         Accepted password for alice from 192.0.2.8 port 51624 ssh2\n",
        &["client.wrong-password"],
    ),
    (
        "a name that is completed is not found, and the name itself is",
        "alice@pc:~$ ssh -v web01 true\n\
         ssh: Could not resolve hostname web01.corp.example.: Temporary failure in name resolution\n\
         debug1: hostname canonicalisation enabled, will re-parse configuration\n\
         debug1: re-parsing configuration\n\
         debug1: Reading configuration data /home/alice/.ssh/config\n\
         debug1: Connecting to web01 [192.0.2.10] port 22.\n\
         debug1: Connection established.\n\
         Authenticated to web01 ([192.0.2.10]:22) using \"publickey\".\n\
         debug1: Entering interactive session.\n\
         debug1: Exit status 0\n",
        &[],
    ),
    (
        "a stranger tries a name of somebody who comes in, and one that nobody has again and again",
        "Apr 17 10:00:00 web01 sshd[10]: Accepted publickey for ansible from 192.0.2.7 port 51010 ssh2: ED25519 SHA256:aaaa\n\
         Apr 17 10:10:00 web01 sshd[12]: Invalid user deploy7 from 203.0.113.9 port 51012\n\
         Apr 17 10:10:00 web01 sshd[12]: Connection closed by invalid user deploy7 203.0.113.9 port 51012 [preauth]\n\
         Apr 17 10:17:00 web01 sshd[13]: Connection closed by authenticating user ansible 203.0.113.9 port 51013 [preauth]\n\
         Apr 17 10:27:00 web01 sshd[14]: Invalid user deploy7 from 203.0.113.9 port 51014\n\
         Apr 17 10:27:00 web01 sshd[14]: Connection closed by invalid user deploy7 203.0.113.9 port 51014 [preauth]\n\
         Apr 17 10:37:00 web01 sshd[15]: Invalid user deploy7 from 203.0.113.9 port 51015\n\
         Apr 17 10:37:00 web01 sshd[15]: Connection closed by invalid user deploy7 203.0.113.9 port 51015 [preauth]\n",
        &[],
    ),
    (
        "a stranger, whom dropbear does not name, also comes with old algorithms",
        "Aug  2 21:20:00 ap dropbear[7]: Child connection from 192.0.2.184:33131\n\
         Aug  2 21:20:00 ap dropbear[7]: Password auth succeeded for 'nico' from 192.0.2.184:33131\n\
         Aug  2 21:25:09 ap dropbear[8]: Child connection from 198.51.100.83:38303\n\
         Aug  2 21:25:09 ap dropbear[8]: Login attempt for nonexistent user\n\
         Aug  2 21:25:09 ap dropbear[8]: Exit before auth from <198.51.100.83:38303>: Exited normally\n\
         Aug  2 21:39:45 ap dropbear[9]: Child connection from 198.51.100.83:58985\n\
         Aug  2 21:39:45 ap dropbear[9]: Exit before auth from <198.51.100.83:58985>: No matching algo kex\n",
        &[],
    ),
    (
        "the password lets in whom the key did not, and somebody else does not come in at all",
        "Apr 17 10:00:00 web01 sshd[7]: Authentication refused: bad ownership or modes for directory /home/bob/.ssh\n\
         Apr 17 10:00:05 web01 sshd[7]: Accepted password for bob from 192.0.2.7 port 50000 ssh2\n\
         Apr 17 10:01:00 web01 sshd[9]: User carol from 192.0.2.8 not allowed because not listed in AllowUsers\n",
        &["service-config.user-not-allowed"],
    ),
    (
        "a frame of another program's trace shows a session",
        "ssh: connect to host web01 port 22: Connection refused\n\
         and our other job:\n\
         \x20   at SFTP._parse (/srv/app/node_modules/ssh2/lib/SFTP/SFTPv3.js:986:23)\n",
        &["network.connection-refused"],
    ),
    (
        "a program's own log, in words that many use",
        "our ssh tool\n2024-01-01 12:00:00 backup01 worker: host key mismatch, giving up\n",
        &["keys.host-key-changed"],
    ),
    (
        "a daemon's log in such words, of another service",
        "is it ssh?\nFeb  2 10:28:05 web1 dovecot: auth-worker: incorrect password for bob\n",
        &[],
    ),
    (
        "a stranger tries one name of the dictionary after the other, of which one is not allowed",
        "Apr 17 10:00:00 web01 sshd[7]: Invalid user webmaster from 203.0.113.9 port 1\n\
         Apr 17 10:00:02 web01 sshd[7]: Failed password for invalid user webmaster from 203.0.113.9 port 1 ssh2\n\
         Apr 17 10:00:08 web01 sshd[8]: User root from 203.0.113.9 not allowed because none of user's groups are listed in AllowGroups\n\
         Apr 17 10:00:10 web01 sshd[8]: Failed password for invalid user root from 203.0.113.9 port 2 ssh2\n\
         Apr 17 10:00:12 web01 sshd[9]: Invalid user ftp from 203.0.113.9 port 3\n\
         Apr 17 10:00:14 web01 sshd[9]: Failed password for invalid user ftp from 203.0.113.9 port 3 ssh2\n",
        &["environment.brute-force"],
    ),
    (
        "the agent refuses a key, and the command's output follows",
        "alice@pc:~$ ssh web01 uname\n\
         sign_and_send_pubkey: signing failed for RSA \"alice@pc\" from agent: agent refused operation\n\
         Linux\n\
         alice@pc:~$ ssh db02 uname\n\
         ssh: connect to host db02 port 22: No route to host\n",
        &["network.no-route"],
    ),
    (
        "the agent refuses a key, and the password is not known",
        "alice@pc:~$ ssh web01 uname\n\
         sign_and_send_pubkey: signing failed for RSA \"alice@pc\" from agent: agent refused operation\n\
         alice@web01's password: \n\
         alice@pc:~$ ssh -v web01 uname 2>&1 | tail -2\n\
         debug1: Next authentication method: password\n\
         alice@web01's password: \n",
        &["client.agent-failure"],
    ),
    (
        "the agent refuses the key, and so does the server",
        "alice@pc:~$ ssh web01 uname\n\
         sign_and_send_pubkey: signing failed for RSA \"alice@pc\" from agent: agent refused operation\n\
         alice@web01: Permission denied (publickey).\n\
         alice@pc:~$ ssh -o IdentityAgent=none -v web01 true 2>&1 | tail -3\n\
         Authenticated to web01 ([192.0.2.10]:22) using \"publickey\".\n\
         debug1: Entering interactive session.\n\
         debug1: Exit status 0\n",
        &["client.agent-failure"],
    ),
    (
        "code and its comments name failures",
        "ssh client\n        'Permission denied, please try again.');\n    assert(code == 1);\n\
         \x20   // ssh: connect to host web1 port 22: No route to host\n",
        &[],
    ),
    (
        "a list of what may go wrong, with what it means",
        "SSH errors and what they mean:\nConnection refused | sshd does not run\nConnection timed out | a firewall\n\
         No route to host | the network\nPermission denied (publickey) | the key\n\
         Host key verification failed | another server\n",
        &[],
    ),
    (
        "an explanation that begins with the message",
        "On my machine:\nConnection refused usually means that sshd does not run. ssh is fine here.\n",
        &[],
    ),
    (
        "three tries told one after the other are no list",
        "First it said Connection refused.\nWith the port open: Connection timed out\nToday: Permission denied (publickey).\n",
        &["keys.public-key-rejected"],
    ),
    (
        "what stands behind a list of what may go wrong is somebody's",
        "SSH errors and what they mean:\nConnection refused | sshd does not run\nConnection timed out | a firewall\n\
         No route to host | the network\nPermission denied (publickey) | the key\nMine:\n\
         sshd[7]: Authentication refused: bad ownership or modes for directory /home/alice\n",
        &["file-permissions.home-or-ssh-directory"],
    ),
    (
        "a colleague behind the same address is in all day",
        "Apr 17 09:00:00 web01 sshd[3]: Accepted password for alice from 192.0.2.7 port 41001 ssh2\n\
         Apr 17 12:00:00 web01 sshd[4]: Invalid user svc-report from 192.0.2.7 port 41002\n\
         Apr 17 17:00:00 web01 sshd[5]: Accepted password for alice from 192.0.2.7 port 41003 ssh2\n",
        &["client.unknown-user"],
    ),
    (
        "how Node.js prints an error is no code",
        "Error: Command failed: ssh web1\n  code: 255,\n  stderr: 'Host key verification failed.',\n",
        &["keys.host-key-unknown"],
    ),
    (
        "what failed on several servers is told with their names",
        "ssh: connect to host web1 port 22: Connection refused\nssh: connect to host web2 port 22: Connection refused\n\
         ssh: connect to host web3 port 22: No route to host\nbob@web4: Permission denied (publickey).\n",
        &["network.connection-refused"],
    ),
    (
        "a program tries one name after the other, and is in with the second",
        "Apr 17 10:00:00 web01 sshd[3]: Invalid user local from 192.0.2.7 port 41001\n\
         Apr 17 10:00:01 web01 sshd[4]: Accepted keyboard-interactive/pam for alice from 192.0.2.7 port 41002 ssh2\n",
        &[],
    ),
    (
        "the port was the wrong one",
        "alice@client:~$ ssh web01\nssh: connect to host web01 port 22: Connection refused\n\
         alice@client:~$ ssh -p 2207 web01\nLast login: Tue Apr 17 09:00:00 2018 from 192.0.2.7\nalice@web01:~$ \n",
        &[],
    ),
    (
        "a stranger's guess is not why a client's key was refused",
        "debug1: Offering RSA public key: /home/alice/.ssh/id_rsa\ndebug1: Authentications that can continue: publickey\n\
         debug1: No more authentication methods to try.\nPermission denied (publickey).\n\n\
         Apr  9 21:13:58 web01 sshd[87]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.45\n\
         Apr  9 21:14:00 web01 sshd[87]: Failed password for invalid user postgres from 203.0.113.45 port 29570 ssh2\n",
        &["keys.public-key-rejected", "client.unknown-user"],
    ),
    (
        "a penalty is no reason for what its address met before",
        "Apr 17 10:00:00 web01 sshd-session[7]: Connection from 203.0.113.9 port 51020 on 192.0.2.1 port 22\n\
         Apr 17 10:00:02 web01 sshd-session[7]: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:02 web01 sshd-session[7]: Connection closed by 203.0.113.9 port 51020\n\
         Apr 17 10:00:05 web01 sshd[2]: srclimit_penalise: 203.0.113.9/32: activating ipv4 penalty of 17 seconds for penalty: connections without attempting authentication\n",
        &["network.closed-before-banner"],
    ),
    (
        "nor is another address's",
        "Apr 17 10:00:00 web01 sshd[2]: srclimit_penalise: ipv4: new 198.51.100.77/32 active penalty of 40 seconds for penalty: failed authentication\n\
         Apr 17 10:00:02 web01 sshd-session[7]: kex_exchange_identification: Connection closed by remote host\n\
         Apr 17 10:00:02 web01 sshd-session[7]: Connection closed by 203.0.113.9 port 51020\n",
        &["network.closed-before-banner"],
    ),
    (
        "what a client saw may stand before the server's log",
        "$ ssh web01\nkex_exchange_identification: read: Connection reset by peer\nConnection reset by 192.0.2.10 port 22\n\nserver log:\n\
         Apr 17 10:00:00 web01 sshd[1]: srclimit_penalise: ipv4: new 192.0.2.7/32 active penalty of 40 seconds for penalty: failed authentication\n",
        &["service-config.source-penalty"],
    ),
    (
        "log lines in one are read to the last",
        "Apr 17 10:00:00 web01 sshd[812]: Connection closed by 192.0.2.7 port 22 [preauth]\\nApr 17 10:00:01 web01 sshd[813]: User alice \
         from 192.0.2.7 not allowed because not listed in AllowUsers\\nApr 17 10:00:02 web01 sshd[814]: User alice from 192.0.2.7 not allowed \
         because not listed in AllowUsers\\n\n",
        &["service-config.user-not-allowed"],
    ),
    (
        "unless they are a stranger's name",
        "Apr 17 10:00:00 web01 sshd[812]: Invalid user x\\nApr 17 10:00:01 web01 sshd[812]: fatal: no hostkeys available -- exiting.\\n from 192.0.2.7 port 22\n",
        &["client.unknown-user"],
    ),
    (
        "who is locked in a paste is the one that passwd names",
        "[root@web01 ~]# passwd -l alice\nLocking password for user alice.\npasswd: Success\n\
         Apr 17 10:00:00 web01 sshd[7]: Failed password for root from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 10:00:09 web01 sshd[8]: Failed password for alice from 192.0.2.8 port 51021 ssh2\n",
        &["environment.account-locked", "client.wrong-password"],
    ),
    (
        "something closes at once, and it is no session",
        "Our VPN closes immediately when the laptop sleeps.\n\n\
         Apr 17 10:00:00 web01 sshd[7]: Accepted publickey for alice from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 12:00:00 web01 sshd[7]: pam_unix(sshd:session): session closed for user alice\n",
        &[],
    ),
    (
        "what ends in a quotation mark is whole with it",
        "debug3: userauth_finish: failure partial=0 next methods=\"publickey,password,keyboard-interactive\"\n\
         Accepted password for alice from 192.0.2.7 port 51022 ssh2\n",
        &[],
    ),
    (
        "in, and out at once, as somebody says",
        "I am immediately logged out again:\n\n\
         Apr 17 10:00:00 web01 sshd[7]: Accepted publickey for alice from 192.0.2.7 port 51020 ssh2\n\
         Apr 17 10:00:00 web01 sshd[7]: pam_unix(sshd:session): session opened for user alice by (uid=0)\n\
         Apr 17 10:00:00 web01 sshd[7]: pam_unix(sshd:session): session closed for user alice\n",
        &["environment.session-ended-at-login"],
    ),
    (
        "nobody answered the question",
        "The authenticity of host 'web01 (192.0.2.1)' can't be established.\n\
         ED25519 key fingerprint is SHA256:Vq7MyXB2Jc4xWm0kPz8sQv1LrTn6YbEoUh9dGfAi3Kt.\n\
         Are you sure you want to continue connecting (yes/no/[fingerprint])? \n",
        &["keys.host-key-unknown"],
    ),
];

#[test]
fn what_stands_beside_proves_no_more_than_it_says() {
    let wrong = CASES.iter().filter_map(|(situation, text, expected)| {
        let report = report_on(*text, &["--year", "2026"]);
        let found: Vec<String> = causes(&report).into_iter().map(str::to_owned).collect();
        (found != *expected).then(|| format!("{situation}: {found:?} in place of {expected:?}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Somebody's monitor or a tool that opens and closes; guesses name somebody.
#[test]
fn connections_that_say_nothing_are_no_guesses() {
    let line = |n: u32| {
        format!(
            "Apr 17 10:00:{:02} web01 sshd[{}]: Did not receive identification string from 192.0.2.7\n",
            n % 60,
            100 + n
        )
    };
    let log: String = (0..30).map(line).collect();
    assert_eq!(causes(&report_on(log, &["--year", "2026"])), ["network.closed-before-banner"]);
}

/// One address guesses, and others try a name each: strangers, too. Somebody of the house who fails among them is no stranger.
#[test]
fn beside_one_who_guesses_a_few_others_who_try_a_name_each_are_strangers() {
    let failed = |second: u32, user: &str, source: &str| {
        format!(
            "Apr 17 10:{:02}:{:02} web01 sshd[{}]: Failed password for invalid user {user} from {source} port {} ssh2\n",
            second / 60,
            second % 60,
            100 + second,
            40000 + second
        )
    };
    let guesses: String = (0..12).map(|n| failed(2 * n, &format!("name{n}"), "203.0.113.9")).collect();
    let others: String =
        (0..6).map(|n| failed(60 + 90 * n, &format!("other{n}"), &format!("198.51.100.{n}"))).collect();
    let log = guesses + &others;
    assert_eq!(causes(&report_on(&log, &["--year", "2025"])), ["environment.brute-force"]);
    let denied =
        "Apr 17 10:20:00 web01 sshd[9]: User alice from 192.0.2.7 not allowed because not listed in AllowUsers\n";
    let report = report_on(&(log + denied), &["--year", "2025"]);
    assert_eq!(causes(&report), ["service-config.user-not-allowed", "environment.brute-force"]);
}

/// Nothing names the event, and there is no other: somebody gave what each side shows of one failure.
#[test]
fn one_failure_of_each_side_is_one_event() {
    let folder = Folder::new();
    let server = "pam_unix(sshd:account): account alice has expired (account expired)\n\
        fatal: Access denied for user alice by PAM account configuration [preauth]\n";
    let paths = [folder.write("server.txt", server), folder.write("client.txt", "ssh: handshake failed: EOF\n")];
    let run = paths.iter().fold(sshtriage(["--format", "json"]), |run, path| run.arg(path)).run();
    assert_eq!(causes(&run.json()), ["pam.account-expired"]);
}

/// What a listing shows kept nobody out who is in below it.
#[test]
fn a_state_that_somebody_is_in_in_spite_of_is_no_verdict() {
    let listed = "# ls -ld .ssh\ndrwxrwxr-x 2 root root 4096 Apr 17 09:00 .ssh\n";
    let session = "alice@pc:~$ ssh root@web01\nWelcome to Ubuntu 16.04.7 LTS (GNU/Linux 6.5.0-41-generic x86_64)\n";
    let refused = "alice@pc:~$ ssh root@web01\nroot@web01: Permission denied (publickey).\n";
    assert_eq!(causes(&report_on(format!("{listed}{session}"), &[])), Vec::<&str>::new());
    assert_eq!(verdict(&report_on(format!("{listed}{refused}"), &[])), "file-permissions.home-or-ssh-directory");
    let own_address_only = "$ ss -tlnp\nLISTEN 0 128 127.0.0.1:22 0.0.0.0:* users:((\"sshd\",pid=812,fd=3))\n";
    let from_itself = "$ ssh alice@localhost\nLast login: Thu Jan  1 10:00:00 2026 from 127.0.0.1\n";
    let report = report_on(format!("{own_address_only}{from_itself}"), &[]);
    assert_eq!(verdict(&report), "service-config.not-listening");
}
