"""The server's system: accounts, shells, disks, limits, attacks."""
import time

from situations import situation
from situations.client import raw_client
from world import ALICE_FROM, SCANNER

SESSION = dict(stage="session", users=["alice"], sources=[ALICE_FROM])
AUTH = dict(stage="auth", users=["alice"], sources=[ALICE_FROM])


@situation("environment/account-locked/without-pam")
def locked(lab):
    lab.server.sh("passwd -q -l alice")
    lab.authorize(lab.client_key())
    lab.start_sshd("UsePAM no", "PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**AUTH, cite="User alice not allowed because account is locked")
    lab.save_client(causes=["keys.public-key-rejected"], stage="auth", users=["alice"], cite="Permission denied (publickey)")


@situation("environment/shell-invalid/does-not-exist")
def shell_missing(lab):
    lab.server.sh("usermod -s /usr/local/bin/zsh alice")
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(**AUTH, cite="User alice not allowed because shell /usr/local/bin/zsh does not exist")
    lab.save_client(causes=["client.wrong-password"], stage="auth", users=["alice"], cite="Permission denied (publickey,password).")


@situation("environment/shell-invalid/not-executable")
def shell_not_executable(lab):
    lab.server.write("/opt/menu", "#!/bin/sh\n", mode=0o644)
    lab.server.sh("usermod -s /opt/menu alice")
    lab.authorize(lab.client_key())
    lab.start_sshd(level="VERBOSE")
    lab.ssh("ssh -o BatchMode=yes web01.example.com")
    lab.save_server(**AUTH, cite="User alice not allowed because shell /opt/menu is not executable")


@situation("environment/shell-invalid/nologin")
def shell_nologin(lab):
    lab.server.sh("usermod -s /usr/sbin/nologin alice")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com")
    lab.save_client(stage="session", users=[], cite="This account is currently not available.")


@situation("environment/home-directory/missing")
def home_missing(lab):
    lab.server.sh("mv /home/alice /home/alice.old")
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "correct horse", "exit")
    lab.save_client(stage="session", users=["alice"], cite="Could not chdir to home directory /home/alice: No such file or directory")


@situation("environment/session-ended-at-login/profile-exits")
def profile_exits(lab):
    lab.authorize(lab.client_key())
    lab.server.prepend("/home/alice/.bashrc", "exit 1\n")
    lab.server.write("/home/alice/.bash_profile", ". ~/.bashrc\n", owner="alice")
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="session", users=["alice"], cite="Exit status 1")


@situation("environment/brute-force/many-names")
def brute_force(lab):
    lab.start_sshd()
    lab.guesses("root", "admin", "oracle", "postgres", "test", "ubuntu", "root", "git", "root", "ftpuser", "hadoop", "minecraft")
    lab.save_server(sources=[SCANNER], stage="auth", cite=["Invalid user admin from 203.0.113.77"])


@situation("environment/brute-force/root-only")
def brute_force_root(lab):
    lab.start_sshd("PermitRootLogin yes", level="VERBOSE")
    lab.guesses(*["root"] * 8, source="203.0.113.5")
    lab.guesses(*["root"] * 8, source="203.0.113.91")
    lab.save_server(users=["root"], sources=["203.0.113.5", "203.0.113.91"], stage="auth", cite=["Failed password for root from 203.0.113.91"])


@situation("environment/source-banned/fail2ban")
def fail2ban(lab):
    lab.server.write("/etc/fail2ban/jail.d/defaults-debian.conf", "[sshd]\nenabled = true\nbackend = polling\nmaxretry = 3\nlogpath = /var/log/auth.log\n"
                     "banaction = nftables-multiport\nignoreself = false\n")
    lab.start_sshd()
    lab.server.sh("mkdir -p /run/fail2ban && fail2ban-client -q start")
    for _ in range(3):
        lab.guess("alice", "wrong", source=ALICE_FROM)
    time.sleep(3)
    lab.ssh("ssh -v web01.example.com")
    lab.log_file = "/var/log/fail2ban.log"
    lab.save_server(sources=[ALICE_FROM], cite="[sshd] Ban 198.51.100.7", recorded="fail2ban 1.0.2, Debian 12")
    lab.save_client(causes=["network.connection-refused"], stage="tcp", cite="Connection refused")


@situation("environment/disk-full/new-home")
def disk_full_new_home(lab):
    """pam_mkhomedir should make the home directory at the first login."""
    lab.server.append("/etc/pam.d/common-session", "session required pam_mkhomedir.so\n")
    lab.server.sh("rm -rf /home/alice && mount -t tmpfs -o size=8k,nr_inodes=3,mode=0755 tmpfs /home")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "correct horse", "exit")
    lab.save_server(**SESSION, cite="No space left on device")


@situation("environment/tampered/preload")
def tampered(lab):
    lab.authorize(lab.client_key())
    lab.server.write("/etc/ld.so.preload", "/usr/local/lib/libprocesshider.so\n")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com uptime -p >/dev/null")
    lab.save_client(cite="from /etc/ld.so.preload cannot be preloaded")
    terminal = lab.server.terminal()
    terminal.run("/usr/sbin/sshd -t")
    lab.save_terminal(terminal, cite="object '/usr/local/lib/libprocesshider.so' from /etc/ld.so.preload cannot be preloaded")


@situation("environment/privsep-user-missing/sshd-t")
def privsep_user(lab):
    lab.server.sh("sed -i '/^sshd:/d' /etc/passwd")
    terminal = lab.server.terminal()
    terminal.run("/usr/sbin/sshd -t")
    lab.save_terminal(terminal, cite="Privilege separation user sshd does not exist")


@situation("environment/library-mismatch/library-missing")
def library(lab):
    lab.server.sh("rm /usr/lib/x86_64-linux-gnu/libwrap.so.0*")
    lab.save_start_failure(cite="error while loading shared libraries: libwrap.so.0: cannot open shared object file")


@situation("environment/pty-failed/devpts-not-mounted")
def devpts(lab):
    lab.authorize(lab.client_key())
    lab.server.sh("umount -l /dev/pts && rm /dev/ptmx")
    lab.start_sshd()
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh -v web01.example.com", "PTY allocation request failed")
    terminal.finish("exit\n")
    lab.save_server(**SESSION, cite="openpty: No such file or directory")
    lab.save_client(stage="session", users=["alice"], cite="PTY allocation request failed on channel 0")


@situation("environment/resource-exhausted/process-limit")
def process_limit(lab):
    lab.server.append("/etc/security/limits.conf", "alice hard nproc 1\n")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com 'ls | cat; true'")
    lab.save_server(stage="session", cite="Resource temporarily unavailable")


@situation("environment/resource-exhausted/open-files")
def open_files(lab):
    lab.start_sshd(program="ulimit -n 9; /usr/sbin/sshd")
    raw_client(lab, '''
others = [socket.create_connection(("192.0.2.10", 22), source_address=("203.0.113.5", 0)) for _ in range(6)]
time.sleep(2)
''')
    lab.save_server(cite="Too many open files")


@situation("environment/sshd-crashed/child-killed")
def crashed(lab):
    """9.2 says nothing of it; from 9.8 on the parent tells."""
    lab.use_openssh("10.5")
    lab.start_sshd(level="VERBOSE")
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh -v web01.example.com", "password: ")
    lab.server.sh("kill -SEGV $(pgrep -f 'sshd-auth: alice [[]net')")
    terminal.finish("correct horse\n")
    lab.save_server(sources=[ALICE_FROM], cite="unpriv child crash")


@situation("environment/logind-failed/near-miss-bus-missing")
def logind(lab):
    """pam_systemd without D-Bus: the session is made without logind."""
    lab.server.append("/etc/pam.d/common-session", "session optional pam_systemd.so\n")
    lab.server.sh("mkdir -p /run/systemd/system /run/systemd/seats")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com true")
    lab.save_server(causes=[])


@situation("environment/filesystem-error/read-only-home")
def read_only(lab):
    """pam_mkhomedir should make the home directory, and /home was remounted read-only."""
    lab.server.append("/etc/pam.d/common-session", "session required pam_mkhomedir.so\n")
    lab.server.sh("rm -rf /home/alice && mount -o remount,ro /home")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "correct horse", "exit")
    lab.save_server(**SESSION, cite="Read-only file system")


@situation("environment/brute-force/near-miss-two-failures-in-a-day")
def two_failures(lab):
    """A person mistypes twice and then gets in."""
    lab.start_sshd()
    lab.ssh("ssh web01.example.com true", "corect horse", "correct hors", "correct horse")
    lab.save_server(causes=[])


@situation("environment/session-ended-at-login/near-miss-command-exits-non-zero")
def exit_status(lab):
    """A remote command with a non-zero exit status is no failed login."""
    lab.authorize(lab.client_key())
    lab.start_sshd(level="VERBOSE")
    lab.ssh("ssh -v web01.example.com 'grep -q nothing /etc/hostname'")
    lab.save_server(causes=[])
    lab.save_client(causes=[])
