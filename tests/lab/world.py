"""The world of one situation: a server `web01` and a client `laptop`, each with its own file system,
network and host name, joined by a virtual cable.

In: one situation function. Out: the samples it saved, as {path: (bytes as latin-1, toml)}.
Everything a sample shows is printed by the real programs; this file only drives them.
"""
import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from side import Side

SERVER_ADDRESS, SERVER_ADDRESS_6 = "192.0.2.10", "2001:db8:10::10"
ALICE_FROM, BOB_FROM, SCANNER = "198.51.100.7", "198.51.100.8", "203.0.113.77"
CLIENT_6 = "2001:db8:20::7"
PASSWORDS = {"alice": "correct horse", "bob": "battery staple", "deploy": "hunter2 hunter2", "root": "toor toor"}
KEYS = {"ed25519": ["-t", "ed25519"], "rsa": ["-t", "rsa", "-b", "3072", "-m", "PEM"], "ecdsa": ["-t", "ecdsa"]}
# Versions before 6.5 know no other private keys than these.
OLD_KEYS = {"rsa": KEYS["rsa"]}
# What must never show in a sample: traces of the machine that records.
FOREIGN = re.compile(re.escape(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))) + r"|/tmp/sshtriage-lab|/proc/\d+/root|" + re.escape(os.uname().release))

PAM_COMMON = {
    "common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
    "common-account": "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n",
    "common-session": "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\nsession required pam_unix.so\n",
    "common-session-noninteractive": "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\nsession required pam_unix.so\n",
    "common-password": "password [success=1 default=ignore] pam_unix.so obscure yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n",
}
SSHD_CONFIG = """Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
"""
class Skip(Exception):
    """The machine lacks what a situation needs."""


class Lab:
    """What a situation gets: the two sides, verbs to inject a fault, and verbs to save what was printed."""

    def __init__(self, name, keys, openssh, version):
        self.name, self.keys, self.openssh, self.version, self.saved = name, keys, openssh, None, {}
        self.kinds = kinds(version)
        self.server, self.client = Side("web01"), Side("laptop")
        # What the recording machine has beyond a fresh Debian, whose own numbers are below 100 and fixed.
        accounts = [line.split(":")[:3] for file in ("passwd", "group") for line in open(f"/etc/{file}")]
        self.foreign_accounts = {name for name, _, number in accounts if 100 <= int(number) < 65534 and name != "sshd"}
        self.join()
        self.prepare_server()
        self.client.write("/etc/ssh/ssh_config", "Host *\n    HashKnownHosts yes\n")
        self.know_host()
        self.ssh_version = "OpenSSH 9.2p1, Debian 12"
        if version:
            self.use_openssh(version)
        self.client_terminal = None
        self.log_file, self.log_format = "/var/log/auth.log", "rsyslog traditional format"

    # -- preparation

    def join(self):
        run("ip link add cable0 type veth peer name cable1")
        run(f"ip link set cable0 netns {self.server.pid}")
        run(f"ip link set cable1 netns {self.client.pid}")
        self.server.sh(f"""ip link set cable0 name eth0
            ip addr add {SERVER_ADDRESS}/24 dev eth0
            ip addr add {SERVER_ADDRESS_6}/64 dev eth0 nodad
            ip link set eth0 up
            ip route add 198.51.100.0/24 dev eth0; ip route add 203.0.113.0/24 dev eth0
            ip -6 route add 2001:db8:20::/64 dev eth0""")
        self.client.sh(f"""ip link set cable1 name eth0
            for a in {ALICE_FROM} {BOB_FROM} {SCANNER} 203.0.113.5 203.0.113.91; do ip addr add $a/24 dev eth0; done
            ip addr add {CLIENT_6}/64 dev eth0 nodad
            ip link set eth0 up
            ip -6 route add 2001:db8:10::/64 dev eth0""")
        self.come_from(ALICE_FROM)

    def prepare_server(self):
        server = self.server
        for file, text in PAM_COMMON.items():
            server.write(f"/etc/pam.d/{file}", text)
        server.write("/etc/ssh/sshd_config", SSHD_CONFIG)
        server.path("/run/sshd").mkdir()
        for kind in self.kinds:
            for suffix, mode in (("", 0o600), (".pub", 0o644)):
                source = self.keys / f"host_{kind}{suffix}"
                server.write(f"/etc/ssh/ssh_host_{kind}_key{suffix}", source.read_text(), mode=mode)
        hashes = run("openssl passwd -6 -stdin", input="\n".join(PASSWORDS.values())).split()
        shadow = server.path("/etc/shadow").read_text()
        for user, hashed in zip(PASSWORDS, hashes):
            shadow = re.sub(rf"^{user}:[^:]*:", lambda _: f"{user}:{hashed}:", shadow, flags=re.M)
        server.path("/etc/shadow").write_text(shadow)

    def know_host(self, key="ed25519", names="web01.example.com,web01,192.0.2.10,2001:db8:10::10"):
        key = key if key in self.kinds else "rsa"
        public = (self.keys / f"host_{key}.pub").read_text().split()[:2]
        self.client.write("/home/alice/.ssh/known_hosts", f"{names} {' '.join(public)}\n", owner="alice", mode=0o600)

    def client_key(self, kind="ed25519", name=None, mode=0o600, comment=False, of="alice"):
        """Puts alice's key on the client, authorized nowhere; returns the public half."""
        kind = kind if self.kinds is KEYS else "rsa"
        source = self.keys / f"{of}_{kind}"
        path = f"/home/alice/.ssh/{name or 'id_' + kind.split('_')[0]}"
        public = source.with_suffix(".pub").read_text()
        self.client.write(path, source.read_text(), owner="alice", mode=mode)
        self.client.write(path + ".pub", public, owner="alice")
        return public

    def authorize(self, public, user="alice", options=""):
        text = (options + " " if options else "") + public
        home = "/root" if user == "root" else f"/home/{user}"
        self.server.write(f"{home}/.ssh/authorized_keys", text, owner=user, mode=0o600)

    def require_pam(self, phase_file, line):
        """Puts a line before the others of a PAM file of the server."""
        self.server.prepend(f"/etc/pam.d/{phase_file}", line + "\n")

    def come_from(self, address):
        self.client.sh(f"ip route replace 192.0.2.0/24 dev eth0 src {address}")

    def use_openssh(self, version, *, server=True, client=True):
        """The sides have this version in place of the system's; it lies under DIR/opt/openssh-VERSION of --openssh DIR."""
        if self.version not in (None, version):
            raise Skip(f"is of OpenSSH {version}")
        tree = self.openssh and self.openssh / f"opt/openssh-{version}"
        if not tree or not tree.exists():
            raise Skip(f"needs OpenSSH {version} (--openssh)")
        self.kinds = kinds(version)
        self.ssh_version = f"OpenSSH {version} built from source, Debian 12"
        if not (server and client):
            self.ssh_version += f" on the {'server' if server else 'client'}, OpenSSH 9.2p1, Debian 12"
        for machine in [self.server] * server + [self.client] * client:
            shutil.copytree(tree, machine.path(f"/opt/openssh-{version}"))
            for program in [*tree.glob("bin/*"), *tree.glob("sbin/*")]:
                shutil.copy(program, machine.path(f"/usr/{program.parent.name}/{program.name}"))
        if not server:
            return
        self.version = version
        if before(version, "8.2"):
            config = self.server.path("/etc/ssh/sshd_config")
            config.write_text(re.sub("^Include.*\n", "", config.read_text(), flags=re.M))
        self.configure()
        self.know_host()

    # -- running

    def syslog(self, format="traditional"):
        """Starts a real rsyslogd on the server, writing /var/log/auth.log."""
        template, self.log_format = {
            "traditional": ("RSYSLOG_TraditionalFileFormat", "rsyslog traditional format"),
            "iso": ("RSYSLOG_FileFormat", "rsyslog ISO 8601 format"),
            "rfc5424": ("RSYSLOG_SyslogProtocol23Format", "rsyslog RFC 5424 format"),
        }[format]
        self.server.write("/etc/rsyslog-lab.conf", f"""module(load="imuxsock")
module(load="builtin:omfile" Template="{template}")
auth,authpriv.* action(type="omfile" file="{self.log_file}")
kern,daemon.* action(type="omfile" file="/var/log/daemon.log")
""")
        self.server.write(self.log_file, "")
        self.server.sh("rsyslogd -f /etc/rsyslog-lab.conf -i /run/rsyslogd.pid")
        wait_for(lambda: self.server.path("/dev/log").exists(), "the syslog socket")

    def configure(self, *options):
        """Puts lines before the distribution's own: the first value counts."""
        config = self.server.path("/etc/ssh/sshd_config")
        own = config.read_text()
        if any(line.startswith("Subsystem") for line in options):
            own = re.sub("^Subsystem.*\n", "", own, flags=re.M)
        text = "".join(line + "\n" for line in options) + own
        if before(self.version, "8.7"):
            text = text.replace("KbdInteractiveAuthentication", "ChallengeResponseAuthentication")
        config.write_text(text)

    def boot(self, *options):
        """Boots systemd on the server, with journald, logind, rsyslogd as Debian configures it, and ssh.service."""
        self.configure(*options)
        self.log_format = "rsyslog ISO 8601 format"
        self.server.append("/etc/pam.d/common-session", "session optional pam_systemd.so\n")
        self.server.boot()
        wait_for(lambda: self.server.path("/run/systemd/private").exists(), "systemd")
        self.server.sh("systemctl is-system-running --wait", check=False)

    def start_sshd(self, *options, program=None, arguments="", level="INFO", keep_start=False, fails=False, listening=22):
        """Starts sshd with these sshd_config lines before the distribution's own; returns what it printed.
        Before it a syslog daemon, unless the situation started another."""
        if not self.server.path("/dev/log").exists() and "-E" not in arguments:
            self.syslog()
        if level != "INFO":
            options = (f"LogLevel {level}", *options)
        self.configure(*options)
        printed = self.server.sh(f"{program or '/usr/sbin/sshd'} {arguments}", check=not fails)
        if not fails:
            self.wait_listening(listening)
        if not keep_start:
            self.forget_log()
        return printed

    def journal(self, options="-u ssh"):
        """What journalctl prints."""
        time.sleep(0.7)
        return self.server.sh(f"journalctl --no-pager {options}")

    def save_start_failure(self, cite, **verdict):
        """Boots the server with its fault; keeps the journal of the service's one attempt."""
        self.server.write("/etc/systemd/system/ssh.service.d/once.conf", "[Service]\nRestart=no\n")
        self.boot()
        self.save(self.name + ".log", self.journal(), f"{self.ssh_version}, journalctl short format", cite=cite, **verdict)

    def wait_listening(self, port=22):
        wait_for(lambda: f":{port} " in self.server.sh("ss -Hltn"), f"a listener on port {port}")

    def forget_log(self):
        self.settle()
        if self.server.path(self.log_file).exists():
            os.truncate(self.server.path(self.log_file), 0)

    def settle(self):
        """Waits until the server has nothing more to say."""
        last, since = None, time.monotonic()
        deadline = since + 20
        while time.monotonic() < deadline:
            file = self.server.path(self.log_file)
            size = file.stat().st_size if file.exists() else 0
            if size != last:
                last, since = size, time.monotonic()
            elif time.monotonic() - since > 0.5:
                return
            time.sleep(0.05)

    def ssh(self, command, *answers, wait=40):
        """Types an ssh command into alice's terminal on the client; the answers go to its questions in turn."""
        if self.client_terminal is None:
            self.client_terminal = self.client.terminal("alice")
        return self.client_terminal.run(command, *answers, wait=wait)

    def guess(self, user, password, source=SCANNER, options=""):
        """One password guess by a program, not by a person."""
        self.client.sh(f"sshpass -p '{password}' ssh -F none -b {source} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
                       f"-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 {options} '{user}'@{SERVER_ADDRESS} true",
                       check=False)

    def guesses(self, *users, source=SCANNER):
        """A program guesses passwords, three connections at a time."""
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda user: self.guess(user, "123456", source), users))

    def server_log(self):
        self.settle()
        return self.server.path(self.log_file).read_bytes().decode("latin-1")

    # -- saving

    def save_server(self, *, text=None, name=None, recorded=None, **verdict):
        self.save(name or self.name + ".log", text or self.server_log(),
                  recorded or f"{self.ssh_version}, {self.log_format}", **verdict)

    def save_terminal(self, terminal, *, name=None, recorded=None, **verdict):
        self.save(name or self.name + ".log", terminal.taken(), recorded or f"{self.ssh_version}, server's terminal", **verdict)

    def save_client(self, *, text=None, name=None, recorded=None, **verdict):
        text = text or self.client_terminal.taken()
        self.save(name or self.name + ".client.log", text,
                  recorded or f"{self.ssh_version}, client's terminal", **verdict)

    def save_bundle(self, *more, client=False, facts=(), cite=None, causes=(), **verdict):
        """Keeps the server's files as sosreport lays them out; with `client` its user's transcript in place of the log.
        `cite` holds a fragment for each file that must be cited."""
        server = self.server
        for file in ("/etc/passwd", "/etc/group", "/etc/shadow"):
            lines = server.path(file).read_text().splitlines(keepends=True)
            server.path(file).write_text("".join(line for line in lines if line.split(":")[0] not in self.foreign_accounts))
        files = ["/etc/ssh/sshd_config", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hostname", "/etc/os-release", *more]
        files += server.sh("ls /etc/ssh/sshd_config.d/* /etc/pam.d/sshd /etc/pam.d/common-* 2>/dev/null", check=False).split()
        commands = {
            "networking/ss_-lnt": "ss -lnt",
            "networking/ip_-o_addr": "ip -o addr",
            "dpkg/dpkg_-l": "dpkg -l 'openssh*'",
            "ssh/ls_-lanR_.home": "ls -lanR /home",
        }
        bundle = {file[1:]: server.sh(f"cat {file}") for file in files}
        bundle |= {f"sos_commands/{name}": server.sh(command) for name, command in commands.items()}
        if client:
            bundle["client.log"] = self.client_terminal.taken()
        else:
            bundle["var/log/auth.log"] = self.server_log()
        cited = []
        for name, fragment in (cite or {}).items():
            numbers = [n for n, line in enumerate(bundle[name].split("\n"), 1) if fragment in line]
            assert numbers, f"{name} does not show {fragment!r}:\n{bundle[name]}"
            cited.append(f"{name}:{numbers[0]}")
        for name, text in bundle.items():
            foreign = FOREIGN.search(text)
            assert not foreign, f"{name} shows this machine: {foreign.group()!r}"
            self.saved[f"{self.name}/{name}"] = (text, None)
        toml = [f"recorded = {quoted(self.ssh_version + ', files as sosreport lays them out')}", f"causes = {listed(causes)}"]
        toml += [f"{key} = {quoted(value) if isinstance(value, str) else listed(value)}" for key, value in verdict.items()]
        toml += [f"facts = {listed(facts)}", f"cited = {listed(cited)}"]
        self.saved[f"{self.name}.toml"] = ("\n".join(toml) + "\n", None)

    def save(self, path, text, recorded, causes=None, stage=None, users=(), sources=(), cite=()):
        """Keeps one sample. `cite` holds fragments that must show in it; their first lines are the cited ones."""
        if isinstance(cite, str):
            cite = [cite]
        if causes is None:
            causes = [".".join(self.name.split("/")[:2])]
        assert text.strip(), f"{path} would be empty"
        foreign = FOREIGN.search(text)
        assert not foreign, f"{path} shows this machine: {foreign.group()!r}"
        lines = text.split("\n")
        cited = set()
        for fragment in cite:
            numbers = [n for n, line in enumerate(lines, 1) if fragment in line]
            assert numbers, f"{path} does not show {fragment!r}:\n{text}"
            cited.add(numbers[0])
        for shown in (*users, *sources):
            assert shown in text, f"{path} does not show {shown!r}:\n{text}"
        toml = [f"recorded = {quoted(recorded)}", f"causes = {listed(causes)}"]
        if causes:
            toml += [f"stage = {quoted(stage)}"] if stage else []
            toml += [f"users = {listed(users)}"] if users else []
            toml += [f"sources = {listed(sources)}"] if sources else []
        toml += [f"cited = {sorted(cited)}"] if cited else []
        self.saved[path] = (text, "\n".join(toml) + "\n")


def run(command, input=None):
    return subprocess.run(command.split(), input=input, check=True, capture_output=True, text=True).stdout


def wait_for(ready, what, seconds=10):
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(items):
    return "[" + ", ".join(quoted(item) for item in items) + "]"


def before(version, other):
    """Whether this version of OpenSSH is older than the other; none is the system's."""
    return version is not None and [int(n) for n in version.split(".")] < [int(n) for n in other.split(".")]


def kinds(version):
    """The kinds of keys that a version reads, with what ssh-keygen is told."""
    return OLD_KEYS if before(version, "6.5") else KEYS


def make_keys(folder, version):
    """One set of keys for a whole recording, so that fingerprints agree between samples. For an old version all are of
    the kind that it reads, whatever their names."""
    known = kinds(version)
    any_kind = known.get("ed25519", OLD_KEYS["rsa"])
    folder.mkdir(parents=True)
    for owner, comment in (("host", "root@web01"), ("other", "root@web01"), ("alice", "alice@laptop"), ("bob", "bob@desk")):
        for kind, options in KEYS.items():
            run_keygen(folder / f"{owner}_{kind}", comment, known.get(kind, any_kind))
    run_keygen(folder / "alice_secret", "alice@laptop", any_kind, passphrase="open sesame")
    run_keygen(folder / "ca", "ca@example.com", any_kind)
    for number in range(1, 9):
        run_keygen(folder / f"alice_many{number}", f"alice@project{number}", any_kind)
    return folder


def run_keygen(path, comment, options, passphrase=""):
    subprocess.run(["ssh-keygen", "-q", "-N", passphrase, "-C", comment, "-f", str(path), *options],
                   check=True, stdin=subprocess.DEVNULL)


def run_situation(name, act, keys, openssh, version):
    lab = Lab(name, keys, openssh, version)
    act(lab)
    assert lab.saved, "the situation saved nothing"
    return lab.saved
