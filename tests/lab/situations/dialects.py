"""One event through many writers: the same refused user, in each format of header."""
from situations import situation
from world import ALICE_FROM

EVENT = dict(causes=["service-config.user-not-allowed"], stage="auth", users=["alice"], sources=[ALICE_FROM],
             cite="User alice from 198.51.100.7 not allowed because not listed in AllowUsers")


def refused(lab):
    lab.ssh("ssh web01.example.com", "correct horse", "correct horse", "correct horse")


def rsyslog(format):
    @situation(f"dialects/rsyslog-{format}")
    def act(lab):
        lab.server.sh("ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime")
        lab.syslog(format)
        lab.start_sshd("AllowUsers deploy")
        refused(lab)
        lab.save_server(**EVENT)


for format in ("traditional", "iso", "rfc5424"):
    rsyslog(format)


@situation("dialects/journal")
def journal(lab):
    """journalctl in all the formats people paste or collect."""
    lab.boot("AllowUsers deploy")
    lab.server.sh("journalctl --rotate --vacuum-time=1s")
    refused(lab)
    for format in ("short", "short-iso", "short-precise", "short-full", "short-unix", "short-monotonic", "with-unit",
                   "json", "cat"):
        lab.save(f"dialects/journalctl-{format}.log", lab.journal(f"-t sshd -o {format}"),
                 f"{lab.ssh_version}, journalctl -o {format}", **EVENT)


@situation("dialects/sshd-E")
def sshd_own_file(lab):
    lab.log_file, lab.log_format = "/var/log/sshd.log", "sshd -E"
    lab.start_sshd("AllowUsers deploy", arguments="-E /var/log/sshd.log")
    refused(lab)
    lab.save_server(**EVENT)


@situation("dialects/sshd-E-verbose")
def sshd_own_file_debug(lab):
    lab.log_file, lab.log_format = "/var/log/sshd.log", "sshd -E, LogLevel DEBUG"
    lab.start_sshd("AllowUsers deploy", arguments="-E /var/log/sshd.log", level="DEBUG")
    refused(lab)
    lab.save_server(**EVENT)


@situation("dialects/sshd-d-terminal")
def sshd_foreground(lab):
    """sshd -d in a terminal: one connection, no daemon, no header at all."""
    lab.configure("AllowUsers deploy")
    terminal = lab.server.terminal()
    terminal.begin("/usr/sbin/sshd -d", "Server listening on :: port 22.")
    refused(lab)
    terminal.read_until_prompt(10)
    lab.save_terminal(terminal, **EVENT)


@situation("dialects/busybox-syslogd")
def busybox(lab):
    lab.log_file, lab.log_format = "/var/log/messages", "BusyBox 1.35 syslogd"
    lab.server.sh("busybox syslogd -O /var/log/messages")
    lab.start_sshd("AllowUsers deploy")
    refused(lab)
    lab.save_server(**EVENT)


@situation("dialects/client-carriage-returns")
def carriage_returns(lab):
    """Standard error of ssh -v in a file: lines end with a carriage return."""
    lab.start_sshd("AllowUsers deploy", "PasswordAuthentication no")
    lab.client_key()
    lab.ssh("ssh -vv web01.example.com 2> debug.txt")
    lab.save("dialects/client-carriage-returns.log", lab.client.path("/home/alice/debug.txt").read_bytes().decode("latin-1"),
             f"{lab.ssh_version}, ssh -vv 2> file", causes=["keys.public-key-rejected"], stage="auth", users=["alice"],
             cite="alice@web01.example.com: Permission denied (publickey).")


@situation("dialects/client-log-file")
def client_log_file(lab):
    """ssh -E file: the client's own log."""
    lab.ssh("ssh -v -E debug.txt web01.example.com")
    lab.save("dialects/client-log-file.log", lab.client.path("/home/alice/debug.txt").read_bytes().decode("latin-1"),
             f"{lab.ssh_version}, ssh -v -E file", causes=["network.connection-refused"], stage="tcp",
             cite="ssh: connect to host web01.example.com port 22: Connection refused")


@situation("dialects/client-script-recording")
def script_recording(lab):
    """A terminal recorded by script(1)."""
    lab.start_sshd("PasswordAuthentication no")
    lab.client_key()
    lab.ssh("script -q -c 'ssh -v web01.example.com' typescript")
    lab.save("dialects/client-script-recording.log", lab.client.path("/home/alice/typescript").read_bytes().decode("latin-1"),
             f"{lab.ssh_version}, script(1)", causes=["keys.public-key-rejected"], stage="auth", users=["alice"],
             cite="alice@web01.example.com: Permission denied (publickey).")


@situation("dialects/putty-plink")
def plink(lab):
    lab.start_sshd("PubkeyAuthentication no", "AllowUsers deploy")
    host_key = lab.server.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    lab.ssh(f"plink -v -batch -pw wrong -hostkey {host_key} alice@192.0.2.10 true")
    lab.save_client(name="dialects/putty-plink.log", recorded="PuTTY plink 0.78, Debian 12", causes=["client.wrong-password"], stage="auth", users=[])


@situation("dialects/dropbear-client")
def dbclient(lab):
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("dbclient -y alice@192.0.2.10 true")
    lab.save_client(name="dialects/dropbear-client.log", recorded="dbclient of Dropbear 2022.83, Debian 12", causes=["service-config.auth-method-disabled"], stage="auth", users=[])


@situation("dialects/dropbear-server")
def dropbear(lab):
    lab.syslog()
    lab.server.sh("mkdir -p /etc/dropbear && dropbear -R -p 22")
    lab.wait_listening()
    lab.forget_log()
    lab.client.sh("rm /home/alice/.ssh/known_hosts")
    lab.ssh("ssh -o StrictHostKeyChecking=no web01.example.com true", "wrong", "wrong", "wrong")
    lab.ssh("ssh -o StrictHostKeyChecking=no mallory@web01.example.com true", "wrong", "wrong", "wrong")
    lab.save_server(recorded="Dropbear 2022.83, Debian 12, rsyslog traditional format",
                    causes=["client.wrong-password"], stage="auth", users=["alice"], sources=[ALICE_FROM], cite="alice")


def version(number):
    @situation(f"dialects/openssh-{number}")
    def act(lab):
        """The same event by another version: other program names, other wording."""
        lab.use_openssh(number)
        lab.start_sshd("AllowUsers deploy", level="VERBOSE")
        lab.ssh("ssh -vv web01.example.com", "correct horse", "correct horse", "correct horse")
        lab.save_server(**EVENT)
        lab.save_client(causes=["client.wrong-password"], stage="auth", users=["alice"],
                        cite="Permission denied (publickey,password).")


for number in ("5.3", "6.6", "7.4", "8.7", "10.5"):
    version(number)
