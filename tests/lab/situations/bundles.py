"""Bundles: a server's log with the host's own files beside it, laid out as sosreport does; the configuration tells what the
log does not say."""
from situations import situation
from world import ALICE_FROM

THREE_TRIES = ("correct horse",) * 3
ALICE = dict(users=["alice"], sources=[ALICE_FROM])


def quiet(lab, *options, **others):
    """A server that does not say why it refuses: many are told to log errors only."""
    lab.start_sshd(*options, level="ERROR", **others)


@situation("bundles/allow-users-in-an-included-file")
def allow_users(lab):
    """The password is right. PAM notes a failure because sshd hands it another one for users that it refuses."""
    lab.server.write("/etc/ssh/sshd_config.d/50-access.conf", "# Who may log in.\nMaxAuthTries 4\nAllowUsers deploy bob@192.0.2.*\n")
    quiet(lab)
    lab.ssh("ssh web01.example.com", *THREE_TRIES)
    lab.save_bundle(causes=["service-config.user-not-allowed"], stage="auth", **ALICE,
                    facts=["config-excludes-user"], cite={"etc/ssh/sshd_config.d/50-access.conf": "AllowUsers"})


@situation("bundles/match-block-allows-a-group")
def match_group(lab):
    """AllowGroups in a Match block takes the place of the list outside of it."""
    lab.server.append("/etc/group", "operators:x:1100:bob,deploy\nstaff-web:x:1101:alice\n")
    quiet(lab, "AllowGroups staff-web operators")
    lab.server.append("/etc/ssh/sshd_config", "Match Address 192.0.2.0/24,198.51.100.0/24\n    AllowGroups operators\n")
    lab.server.sh("kill -HUP $(cat /run/sshd.pid)")
    lab.wait_listening()
    lab.forget_log()
    lab.ssh("ssh web01.example.com", *THREE_TRIES)
    lab.save_bundle(causes=["service-config.user-not-allowed"], stage="auth", **ALICE,
                    facts=["config-excludes-user"], cite={"etc/ssh/sshd_config": "    AllowGroups operators"})


@situation("bundles/allow-users-said-by-the-log")
def allow_users_said(lab):
    lab.start_sshd("AllowUsers deploy bob")
    lab.ssh("ssh web01.example.com", *THREE_TRIES)
    lab.save_bundle(causes=["service-config.user-not-allowed"], stage="auth", **ALICE,
                    facts=["config-excludes-user"], cite={"etc/ssh/sshd_config": "AllowUsers"})


@situation("bundles/root-password-prohibited")
def root_password(lab):
    lab.start_sshd("PermitRootLogin prohibit-password")
    lab.ssh("ssh root@web01.example.com", "toor toor", "toor toor", "toor toor")
    lab.save_bundle(causes=["service-config.root-login-refused"], stage="auth", users=["root"], sources=[ALICE_FROM],
                    facts=["root-password-refused"], cite={"etc/ssh/sshd_config": "PermitRootLogin"})


@situation("bundles/password-locked")
def locked(lab):
    lab.server.sh("passwd -l alice")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", *THREE_TRIES)
    lab.save_bundle("/etc/shadow", causes=["environment.account-locked"], stage="auth", **ALICE,
                    facts=["account-locked"], cite={"etc/shadow": "alice:!"})


@situation("bundles/client-beside-a-writable-ssh-directory")
def writable(lab):
    """All that speaks of the login is the client's transcript; the listing of the home directory tells why."""
    lab.authorize(lab.client_key())
    lab.server.path("/home/alice/.ssh").chmod(0o777)
    quiet(lab, "PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_bundle(client=True, causes=["file-permissions.home-or-ssh-directory"], stage="auth",
                    facts=["mode-too-open:ssh-directory"],
                    cite={"sos_commands/ssh/ls_-lanR_.home": "drwxrwxrwx"})


@situation("bundles/near-miss-admitted-user-wrong-password")
def admitted(lab):
    """The lists admit the user; the password is wrong after all."""
    quiet(lab, "AllowUsers alice@198.51.100.0/24 deploy", "DenyGroups guests")
    lab.ssh("ssh web01.example.com", "wrong", "wrong", "wrong")
    lab.save_bundle(causes=["pam.authentication-failed"], stage="auth", **ALICE, facts=[])


@situation("bundles/near-miss-nothing-failed")
def healthy(lab):
    """What would keep others out is there, and nobody was kept out."""
    lab.authorize(lab.client_key())
    lab.server.sh("passwd -l bob")
    lab.start_sshd("AllowUsers alice deploy", "PermitRootLogin no", "MaxStartups 3:50:10")
    lab.ssh("ssh web01.example.com true")
    lab.save_bundle("/etc/shadow", causes=[], facts=[])
