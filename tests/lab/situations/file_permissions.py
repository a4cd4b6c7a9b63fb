"""StrictModes, the privilege separation directory, host keys, sshd_config, chroot."""
from situations import situation
from world import ALICE_FROM

REJECTED = dict(causes=["keys.public-key-rejected"], stage="auth", users=["alice"], cite="Permission denied (publickey)")
ALICE = dict(stage="auth", users=["alice"], sources=[ALICE_FROM])


@situation("file-permissions/home-or-ssh-directory/home-world-writable")
def home_world_writable(lab):
    lab.authorize(lab.client_key())
    lab.server.path("/home/alice").chmod(0o777)
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="bad ownership or modes for directory /home/alice")
    lab.save_client(**REJECTED)


@situation("file-permissions/home-or-ssh-directory/home-owned-by-another")
def home_owner(lab):
    lab.authorize(lab.client_key())
    lab.server.sh("chown bob:bob /home/alice")
    lab.start_sshd("PasswordAuthentication no", level="VERBOSE")
    lab.ssh("ssh -vvv alice@192.0.2.10")
    lab.save_server(**ALICE, cite="bad ownership or modes for directory /home/alice")
    lab.save_client(**REJECTED)


@situation("file-permissions/home-or-ssh-directory/debug-level")
def ssh_directory_debug(lab):
    lab.authorize(lab.client_key())
    lab.server.path("/home/alice/.ssh").chmod(0o777)
    lab.start_sshd("PasswordAuthentication no", level="DEBUG")
    lab.ssh("ssh web01.example.com")
    lab.save_server(**ALICE, cite="bad ownership or modes for directory /home/alice/.ssh")


@situation("file-permissions/authorized-keys/world-writable")
def authorized_keys_writable(lab):
    lab.authorize(lab.client_key())
    lab.server.path("/home/alice/.ssh/authorized_keys").chmod(0o666)
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="bad ownership or modes for file /home/alice/.ssh/authorized_keys")
    lab.save_client(**REJECTED)


@situation("file-permissions/authorized-keys/owned-by-root-unreadable")
def authorized_keys_unreadable(lab):
    lab.authorize(lab.client_key())
    lab.server.sh("chown root:root /home/alice/.ssh/authorized_keys")
    lab.start_sshd("PasswordAuthentication no", level="VERBOSE")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="Could not open user 'alice' authorized keys '/home/alice/.ssh/authorized_keys': Permission denied")
    lab.save_client(**REJECTED)


@situation("file-permissions/authorized-keys/near-miss-second-file-missing")
def near_miss_second_file(lab):
    """authorized_keys2 never exists; the login by authorized_keys succeeds."""
    lab.authorize(lab.client_key())
    lab.start_sshd("AuthorizedKeysFile .ssh/authorized_keys2 .ssh/authorized_keys", level="DEBUG")
    lab.ssh("ssh web01.example.com true")
    lab.save_server(causes=[])


@situation("file-permissions/privsep-directory/missing")
def privsep_missing(lab):
    lab.server.sh("rmdir /run/sshd")
    terminal = lab.server.terminal()
    terminal.run("sshd -t")
    terminal.run("/usr/sbin/sshd")
    lab.save("file-permissions/privsep-directory/missing.log", terminal.taken(), "OpenSSH 9.2p1, Debian 12, server's terminal",
             cite="Missing privilege separation directory: /run/sshd")


@situation("file-permissions/privsep-directory/world-writable")
def privsep_writable(lab):
    """The unit makes /run/sshd anew; a file of its owner's keeps the mode open."""
    lab.server.write("/etc/systemd/system/ssh.service.d/mode.conf", "[Service]\nRuntimeDirectoryMode=0777\n")
    lab.save_start_failure(cite="/run/sshd must be owned by root and not group or world-writable.")


@situation("file-permissions/host-key/all-too-open")
def host_keys_too_open(lab):
    lab.server.sh("chmod 0666 /etc/ssh/ssh_host_*_key")
    lab.save_start_failure(cite="Permissions 0666 for")


@situation("file-permissions/host-key/all-too-open-sshd-t")
def host_keys_too_open_test(lab):
    lab.server.sh("chmod 0644 /etc/ssh/ssh_host_*_key")
    terminal = lab.server.terminal()
    terminal.run("/usr/sbin/sshd -t")
    lab.save(lab.name + ".log", terminal.taken(), "OpenSSH 9.2p1, Debian 12, sshd -t",
             cite="Permissions 0644 for '/etc/ssh/ssh_host_rsa_key' are too open.")


@situation("file-permissions/host-key/one-too-open")
def one_host_key_too_open(lab):
    """sshd starts with the two others; a client that knows the third sees a key it does not know."""
    lab.server.sh("chmod 0644 /etc/ssh/ssh_host_ed25519_key")
    lab.start_sshd(keep_start=True)
    lab.ssh("ssh -v -o StrictHostKeyChecking=yes web01.example.com true")
    lab.save_server(cite="Permissions 0644 for '/etc/ssh/ssh_host_ed25519_key' are too open.")


@situation("file-permissions/config-file/missing")
def config_missing(lab):
    lab.server.sh("mv /etc/ssh/sshd_config /etc/ssh/sshd_config.old")
    terminal = lab.server.terminal()
    terminal.run("/usr/sbin/sshd")
    terminal.run("/usr/sbin/sshd -t")
    lab.save(lab.name + ".log", terminal.taken(), "OpenSSH 9.2p1, Debian 12, server's terminal",
             cite="/etc/ssh/sshd_config: No such file or directory")


@situation("file-permissions/config-file/not-root")
def config_unreadable(lab):
    lab.server.sh("chmod 0600 /etc/ssh/sshd_config")
    terminal = lab.server.terminal("deploy")
    terminal.run("/usr/sbin/sshd -t")
    lab.save(lab.name + ".log", terminal.taken(), "OpenSSH 9.2p1, Debian 12, sshd -t",
             cite="/etc/ssh/sshd_config: Permission denied")


@situation("file-permissions/chroot-directory/owned-by-user")
def chroot_owner(lab):
    lab.server.sh("mkdir -p /srv/sftp/alice && chown alice:alice /srv/sftp/alice")
    lab.start_sshd("Subsystem sftp internal-sftp", "Match User alice", "  ChrootDirectory /srv/sftp/%u",
                   "  ForceCommand internal-sftp", "Match all")
    lab.ssh("sftp -v web01.example.com", "correct horse")
    lab.save_server(stage="session", cite='bad ownership or modes for chroot directory "/srv/sftp/alice"')
    lab.save_client(causes=["environment.session-ended-at-login"], stage="session", users=["alice"])


@situation("file-permissions/chroot-directory/component-writable")
def chroot_component(lab):
    lab.server.sh("mkdir -p /srv/sftp/alice && chmod 0775 /srv/sftp")
    lab.start_sshd("Subsystem sftp internal-sftp", "Match User alice", "  ChrootDirectory /srv/sftp/%u",
                   "  ForceCommand internal-sftp", "Match all", level="VERBOSE")
    lab.ssh("sftp web01.example.com", "correct horse")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM],
                    cite='bad ownership or modes for chroot directory component "/srv/sftp/"')
