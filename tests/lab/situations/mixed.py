"""What support really gets: noise around one fault, several outputs in one paste."""

from situations import situation
from world import ALICE_FROM


@situation("mixed/guesses-around-a-refused-key")
def guesses_around(lab):
    """Password guessers all the time; alice's key is refused because her home is writable by all."""
    lab.authorize(lab.client_key())
    lab.server.path("/home/alice").chmod(0o777)
    lab.start_sshd()
    lab.guesses("root", "admin", "oracle", "root", "test", "guest")
    lab.ssh("ssh -o PreferredAuthentications=publickey web01.example.com")
    lab.guesses("root", "root", "user", "mysql", "ftp", "root", source="203.0.113.5")
    lab.ssh("ssh -o PreferredAuthentications=publickey web01.example.com")
    lab.guesses("postgres", "root", "pi")
    lab.save_server(causes=["file-permissions.home-or-ssh-directory", "environment.brute-force"], stage="auth", users=["alice"], sources=[ALICE_FROM],
                    cite="bad ownership or modes for directory /home/alice")


@situation("mixed/guesses-around-an-expired-account")
def guesses_expired(lab):
    lab.server.sh("chage -E 2018-04-17 bob")
    lab.syslog("iso")
    lab.start_sshd(level="VERBOSE")
    lab.guesses("admin", "ubuntu", "pi", "root", "test", "support")
    lab.ssh("ssh bob@web01.example.com", "battery staple")
    lab.guesses("root", "ftp", "git", "root", "backup", "nagios", source="203.0.113.91")
    lab.save_server(causes=["pam.account-expired", "environment.brute-force"], stage="auth", users=["bob"], sources=[ALICE_FROM],
                    cite="account bob has expired (account expired)")


@situation("mixed/two-users-two-faults")
def two_users(lab):
    lab.authorize(lab.client_key())
    lab.server.path("/home/alice/.ssh/authorized_keys").chmod(0o666)
    lab.start_sshd("DenyUsers bob")
    lab.ssh("ssh -o BatchMode=yes web01.example.com")
    lab.ssh("ssh -o PubkeyAuthentication=no bob@web01.example.com", "battery staple", "battery staple", "battery staple")
    lab.ssh("ssh -o BatchMode=yes web01.example.com")
    lab.save_server(causes=["file-permissions.authorized-keys", "service-config.user-not-allowed"], stage="auth", users=["alice"], sources=[ALICE_FROM],
                    cite="bad ownership or modes for file /home/alice/.ssh/authorized_keys")


@situation("mixed/client-then-server-of-one-login")
def both_sides(lab):
    """Both halves in one paste: the transcript, then what the server wrote meanwhile."""
    lab.start_sshd("AllowUsers deploy")
    lab.ssh("ssh -v web01.example.com", "correct horse", "correct horse", "correct horse")
    server = lab.server.terminal()
    server.run("tail -n 12 /var/log/auth.log")
    lab.save(lab.name + ".log", lab.client_terminal.taken() + "\n" + server.taken(), f"{lab.ssh_version}, client's and server's terminals",
             causes=["service-config.user-not-allowed"], stage="auth", users=["alice"], sources=[ALICE_FROM],
             cite="not allowed because not listed in AllowUsers")


def stopped_service(lab):
    """The steps of a support case: the client times out or is refused, the server's status, its sockets."""
    lab.boot()
    lab.server.sh("systemctl stop ssh")
    lab.ssh("ssh -vvv web01.example.com")
    server = lab.server.terminal()
    server.run("systemctl --no-pager status ssh")
    server.run("ss -ltn")
    return lab.client_terminal.taken(), server.taken()


@situation("mixed/transcript-and-status")
def transcript_and_status(lab):
    client, server = stopped_service(lab)
    lab.save(lab.name + ".log", client + server, f"{lab.ssh_version}, client's and server's terminals",
             causes=["service-config.not-running"], cite="Active: inactive (dead)")


@situation("mixed/numbered-list")
def numbered_list(lab):
    """The same as it looks when copied from a web page that numbers the lines."""
    client, server = stopped_service(lab)
    text = ""
    for title, part in (("On the client", client), ("On the server", server)):
        text += f"{title}:\n" + "".join(f"    {n}. {line}\n" for n, line in enumerate(part.rstrip("\n").split("\n"), 1))
    lab.save(lab.name + ".log", text, f"{lab.ssh_version}, terminals, printed as numbered lists",
             causes=["service-config.not-running"], cite="Active: inactive (dead)")


@situation("mixed/numbered-timeout")
def numbered_timeout(lab):
    """A transcript of a dropped connection as a numbered list, then a ping that answers."""
    lab.start_sshd()
    lab.server.sh("nft add table inet f; nft add chain inet f in '{ type filter hook input priority 0; }'; nft add rule inet f in tcp dport 22 drop")
    lab.ssh("ssh -vvv 192.0.2.10")
    lab.ssh("ping -c 2 192.0.2.10")
    shown = lab.client_terminal.taken().rstrip("\n").split("\n")
    lab.save(lab.name + ".log", "".join(f"    {n}. {line}\n" for n, line in enumerate(shown, 1)), f"{lab.ssh_version}, terminal, printed as a numbered list",
             causes=["network.connect-timeout"], stage="tcp", cite="ssh: connect to host 192.0.2.10 port 22: Connection timed out")


@situation("mixed/quoted-mail")
def quoted_mail(lab):
    """A transcript quoted in a mail."""
    lab.authorize(lab.client_key(mode=0o644))
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh web01.example.com")
    shown = lab.client_terminal.taken().rstrip("\n").split("\n")
    lab.save(lab.name + ".log", "".join(f"> {line}\n" for line in shown), f"{lab.ssh_version}, terminal, quoted as in a mail",
             causes=["client.private-key-permissions"], stage="auth", users=["alice"], cite="UNPROTECTED PRIVATE KEY FILE!")


@situation("mixed/failure-then-repaired")
def repaired(lab):
    """A wrong mode, repaired during the recording: the last login succeeds."""
    lab.authorize(lab.client_key())
    lab.server.path("/home/alice/.ssh").chmod(0o777)
    lab.start_sshd()
    lab.ssh("ssh -o BatchMode=yes web01.example.com true")
    lab.server.path("/home/alice/.ssh").chmod(0o700)
    lab.ssh("ssh -o BatchMode=yes web01.example.com true")
    lab.save_server(causes=["file-permissions.home-or-ssh-directory"], stage="auth", users=["alice"], sources=[ALICE_FROM],
                    cite="bad ownership or modes for directory /home/alice/.ssh")
