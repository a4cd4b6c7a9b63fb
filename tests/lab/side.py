"""One machine of the lab: a file system in copy-on-write layers, processes, network and host name of its own.

Nothing written here reaches the recording machine: all layers are in memory and vanish with the namespaces.
"""
import os
import subprocess
from pathlib import Path

from terminal import Terminal

UIDS = {"alice": 1001, "bob": 1002, "deploy": 1003}
HOSTS = """127.0.0.1 localhost
192.0.2.10 web01.example.com web01
192.0.2.20 bastion.example.com bastion
"""
NAMESPACES = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup",
              "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]

# Layers over the system's folders, empty ones where it keeps data of its own. /proc/sys and /sys are
# read-only because systemd would otherwise write settings that belong to the whole machine.
PREPARE = """
echo 2310 > /proc/sys/kernel/ns_last_pid
echo 2 > /proc/sys/net/ipv4/tcp_syn_retries
mount -o bind,ro /proc/sys /proc/sys
mount -t sysfs -o ro sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup || true
mount -t tmpfs -o mode=0755 tmpfs /mnt
echo 01234567-89ab-4cde-8f01-23456789abcd > /mnt/boot_id
mount -o bind /mnt/boot_id /proc/sys/kernel/random/boot_id
for d in etc usr var; do
    mkdir -p /mnt/$d /mnt/$d.work
    mount -t overlay overlay -o lowerdir=/$d,upperdir=/mnt/$d,workdir=/mnt/$d.work /$d
done
for d in home root run srv opt tmp var/log var/tmp; do mount -t tmpfs -o mode=0755 tmpfs /$d; done
chmod 1777 /tmp /var/tmp; chmod 0700 /root
mkdir -p /run/lock
mount -t tmpfs -o mode=0755 tmpfs /dev
mkdir /dev/pts /dev/shm
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 0666 /dev/${node%:*} c 1 ${node#*:}; done
mknod -m 0666 /dev/tty c 5 0
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx; ln -s /proc/self/fd /dev/fd
mount -o remount,bind,ro /
cd /etc
rm -rf update-motd.d motd resolv.conf ld.so.preload ssh/ssh_host_* ssh/sshd_config.d/* localtime rc?.d/S*
rm -rf systemd/system/*.wants/* && ln -s /lib/systemd/system/ssh.service systemd/system/multi-user.target.wants/
ln -s /lib/systemd/system/rsyslog.service systemd/system/multi-user.target.wants/
: > resolv.conf
touch /var/log/lastlog /var/log/wtmp /var/log/btmp /run/utmp
chgrp utmp /var/log/lastlog /var/log/wtmp /var/log/btmp /run/utmp; chmod 0660 /var/log/btmp
ip link set lo up
echo ready
read word
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd </dev/null >/dev/null 2>&1
"""


class Side:
    """One machine: runs commands in its namespaces, reads and writes its files."""

    def __init__(self, hostname):
        self.hostname = hostname
        self.holder = subprocess.Popen(
            NAMESPACES + ["sh", "-ec", f"hostname {hostname}\n{PREPARE}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: join_cgroup(hostname))
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError(f"the side {hostname} could not be prepared")
        self.pid = int(Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split()[0])
        self.write("/etc/hostname", hostname + "\n")
        self.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.write("/etc/hosts", HOSTS)
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
        for name, uid in UIDS.items():
            self.append("/etc/passwd", f"{name}:x:{uid}:{uid}:{name.capitalize()}:/home/{name}:/bin/bash\n")
            self.append("/etc/group", f"{name}:x:{uid}:\n")
            self.append("/etc/shadow", f"{name}:!:20000:0:99999:7:::\n")
            self.write(f"/home/{name}/.bashrc", f"PS1='{name}@{hostname}:\\w\\$ '\n", owner=name)
            self.path(f"/home/{name}").chmod(0o755)

    def path(self, inside):
        return Path(f"/proc/{self.pid}/root{inside}")

    def write(self, inside, text, owner="root", mode=0o644):
        target = self.path(inside)
        if not target.parent.exists():
            target.parent.mkdir(parents=True)
            self.give(target.parent, owner)
            if target.parent.name == ".ssh":
                target.parent.chmod(0o700)
        target.write_text(text)
        self.give(target, owner)
        target.chmod(mode)

    def append(self, inside, text):
        with self.path(inside).open("a") as file:
            file.write(text)

    def prepend(self, inside, text):
        self.path(inside).write_text(text + self.path(inside).read_text())

    def replace(self, inside, old, new):
        text = self.path(inside).read_text()
        assert old in text, f"{old!r} is not in {inside}"
        self.path(inside).write_text(text.replace(old, new))

    def give(self, target, owner):
        uid = UIDS.get(owner, 0)
        os.chown(target, uid, uid)

    def enter(self, *command, home="/"):
        return ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--net", "--uts", "--ipc", f"--wdns={home}", *command]

    def sh(self, script, check=True, **env):
        """Runs a shell script as root; returns its output, standard error included."""
        done = subprocess.run(self.enter("sh", "-c", script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=60,
                              env=plain_environment() | env)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.hostname}: {script!r} exited {done.returncode}: {done.stdout}")
        return done.stdout

    def spawn(self, script):
        """Starts a shell script as root and leaves it running."""
        return subprocess.Popen(self.enter("sh", "-c", script), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env=plain_environment())

    def python(self, script):
        """Starts a Python script as root and leaves it running: raw clients, proxies, silent servers."""
        return subprocess.Popen(self.enter("/usr/bin/python3", "-c", script), stdin=subprocess.DEVNULL,
                                env=plain_environment())

    def terminal(self, user="root"):
        return Terminal(self, user, UIDS.get(user, 0))

    def boot(self):
        """Turns the waiting first process into a real systemd; returns at once."""
        self.holder.stdin.write("boot\n")
        self.holder.stdin.flush()


def join_cgroup(hostname):
    """A control group of its own, so that a systemd inside manages that and not the machine's."""
    parent = os.environ.get("LAB_CGROUP")
    if parent:
        folder = Path(parent, hostname)
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.procs").write_text("0")


def plain_environment():
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
