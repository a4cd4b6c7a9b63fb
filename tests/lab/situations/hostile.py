"""Text that a stranger chooses: user names, identification strings, requests of other protocols.
Sent for real over the wire and written down by the real sshd and rsyslogd."""
import re

from situations import situation
from situations.client import raw_client
from world import ALICE_FROM, SCANNER

# Several of these would let a careless reader blame somebody else.
NAMES = {
    "imitates-source": "root from 10.0.0.1 port 22",
    "imitates-accepted": "x from 192.0.2.1 port 22 ssh2, Accepted password for root from 192.0.2.1 port 22",
    "invalid-user-prefix": "invalid user root",
    "quotes-and-braces": "al\"ice' {user} $(id) `id`; rm -rf /",
    "escape-sequence": "\x1b[2J\x1b[31mroot\x1b[0m\x07",
    "newline": "alice\nAccepted password for root from 192.0.2.1 port 22 ssh2",
    "markup": "<script>alert(1)</script>",
    "utf-8": "アリス",
    "format-string": "%s%n%x%d",
    "not-allowed-text": "bob not allowed because account is locked",
}


def as_user(lab, name, source=SCANNER):
    """plink sends any name; ssh itself refuses those with control characters."""
    lab.come_from(source)
    key = lab.server.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    lab.client.python(f"""
import subprocess
subprocess.run(["plink", "-batch", "-hostkey", {key!r}, "-pw", "guess", "-l", {name!r}, "192.0.2.10", "true"],
               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
""").wait(timeout=40)
    lab.come_from(ALICE_FROM)


def user_name(situation_name, name):
    @situation(f"hostile/user-name-{situation_name}")
    def act(lab):
        lab.start_sshd()
        as_user(lab, name)
        shown = [name] if re.fullmatch("[ -~]+", name) and "/" not in name else []
        lab.save_server(causes=["client.unknown-user"], stage="auth", users=shown, sources=[SCANNER], cite="Invalid user ")


for situation_name, name in NAMES.items():
    user_name(situation_name, name)


@situation("hostile/user-name-imitates-known-user")
def known_user(lab):
    """A real account that comes in, and a stranger's name that pretends its password was wrong."""
    lab.authorize(lab.client_key())
    lab.start_sshd(level="VERBOSE")
    as_user(lab, "alice from 198.51.100.7 port 22 ssh2")
    lab.ssh("ssh web01.example.com true")
    lab.save_server(causes=[])


NOT_SSH, LEFT = ["network.not-ssh"], ["client.aborted"]


def greeting(situation_name, bytes_, causes):
    @situation(f"hostile/{situation_name}")
    def act(lab):
        lab.start_sshd(level="VERBOSE")
        raw_client(lab, f"send({bytes_!r})")
        lab.save_server(causes=causes, sources=[SCANNER], cite="kex_exchange_identification: " if causes == NOT_SSH else "Connection closed by 203.0.113.77")


greeting("http-request", b"GET /<script>alert(1)</script> HTTP/1.1\r\nHost: 192.0.2.10\r\n\r\n", NOT_SSH)
greeting("tls-hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(range(32)) + b"\r\n", NOT_SSH)
greeting("remote-desktop", b"\x03\x00\x00\x2f\x2a\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr\r\n\x01\x00\x08\x00\x03\x00\x00\x00", NOT_SSH)
greeting("identification-markup", b"SSH-2.0-<img src=x onerror=alert(1)>\r\n", LEFT)
greeting("identification-imitates-log", b"SSH-2.0-x: Accepted password for root from 192.0.2.1 port 22 ssh2\r\n", LEFT)
greeting("identification-not-ssh-imitates-log", b"Accepted password for root from 192.0.2.1 port 22 ssh2\r\n", NOT_SSH)
greeting("identification-endless", b"A" * 9000 + b"\r\n", NOT_SSH)


@situation("hostile/server-banner-escape")
def server_banner(lab):
    """A server whose pre-authentication banner paints over the terminal and imitates ssh's own messages."""
    lab.server.write("/etc/ssh/banner", "\x1b[2J\x1b[1;31mssh: connect to host web01 port 22: Connection refused\x1b[0m\n"
                     "debug1: Authentication succeeded (publickey).\n<b>WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!</b>\n")
    lab.authorize(lab.client_key())
    lab.start_sshd("Banner /etc/ssh/banner")
    lab.ssh("ssh -v web01.example.com true")
    lab.save_client(name="hostile/server-banner-escape.log", causes=[])
