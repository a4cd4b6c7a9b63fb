"""User keys, host keys and certificates."""
from situations import situation
from world import ALICE_FROM

ALICE = dict(stage="auth", users=["alice"], sources=[ALICE_FROM])
REJECTED = dict(causes=["keys.public-key-rejected"], stage="auth", users=["alice"], cite="Permission denied (publickey)")


@situation("keys/public-key-rejected/not-authorized")
def not_authorized(lab):
    lab.client_key()
    lab.authorize((lab.keys / "bob_ed25519.pub").read_text())
    lab.start_sshd("PasswordAuthentication no", level="VERBOSE")
    lab.ssh("ssh -vvv web01.example.com")
    lab.save_server(**ALICE, cite="Failed publickey for alice from 198.51.100.7")
    lab.save_client(**REJECTED)


@situation("keys/public-key-rejected/behind-a-jump-host")
def refused_behind_jump(lab):
    """alice gets in at the jump host; the account behind it does not know her key."""
    lab.authorize(lab.client_key())
    lab.authorize((lab.keys / "bob_ed25519.pub").read_text(), user="bob")
    lab.start_sshd("PasswordAuthentication no")
    lab.server.append("/etc/hosts", "127.0.0.1 db01.example.com\n")
    lab.know_host(names="web01.example.com,db01.example.com")
    lab.ssh("ssh -v -J web01.example.com bob@db01.example.com; sleep 1")
    lab.save_client(**(REJECTED | {"users": ["bob"]}))


@situation("keys/public-key-rejected/not-authorized-info-level")
def not_authorized_info(lab):
    """At LogLevel INFO a refused key leaves only the end of the connection."""
    lab.client_key()
    lab.authorize((lab.keys / "bob_ed25519.pub").read_text())
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v -i ~/.ssh/id_ed25519 -o IdentitiesOnly=yes deploy@web01")
    lab.save_server(causes=["client.aborted"], stage="auth", users=["deploy"], sources=[ALICE_FROM],
                    cite="Connection closed by authenticating user deploy")
    lab.save_client(**REJECTED | dict(users=["deploy"]))


@situation("keys/authorized-keys-missing/no-file")
def authorized_keys_missing(lab):
    lab.client_key()
    lab.start_sshd("PasswordAuthentication no", level="DEBUG")
    lab.ssh("ssh web01.example.com")
    lab.save_server(**ALICE, cite="Could not open user 'alice' authorized keys '/home/alice/.ssh/authorized_keys': No such file or directory")


@situation("keys/authorized-keys-malformed/bad-option")
def malformed_option(lab):
    lab.authorize(lab.client_key(), options='fron="198.51.100.0/24"')
    lab.start_sshd("PasswordAuthentication no", level="DEBUG")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="bad key options")
    lab.save_client(**REJECTED)


@situation("keys/authorized-keys-malformed/broken-line")
def malformed_line(lab):
    """The key was pasted with a line break in its middle."""
    public = lab.client_key()
    lab.authorize(public[:40] + "\n" + public[40:])
    lab.start_sshd("PasswordAuthentication no", level="DEBUG2")
    lab.ssh("ssh web01.example.com")
    lab.save_server(**ALICE)


@situation("keys/authorized-keys-restricted/from-address")
def from_address(lab):
    lab.authorize(lab.client_key(), options='from="203.0.113.0/24"')
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -vvv web01.example.com")
    lab.save_server(**ALICE, cite="correct key but not from a permitted host")
    lab.save_client(**REJECTED)


@situation("keys/authorized-keys-restricted/expiry-time")
def expiry_time(lab):
    lab.authorize(lab.client_key(), options='expiry-time="20180417"')
    lab.start_sshd("PasswordAuthentication no", level="DEBUG")
    lab.ssh("ssh web01.example.com")
    lab.save_server(**ALICE, cite="entry expired")


@situation("keys/authorized-keys-restricted/no-pty")
def no_pty(lab):
    lab.authorize(lab.client_key(), options="no-pty")
    lab.start_sshd(level="VERBOSE")
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh -v web01.example.com", "PTY allocation request failed")
    terminal.finish("exit\n")
    lab.save_client(stage="session", users=["alice"], cite="PTY allocation request failed on channel 0")


@situation("keys/signature-algorithm-disabled/ssh-rsa-only-client")
def ssh_rsa(lab):
    """A client that can only sign with SHA-1, as those before OpenSSH 7.2 do."""
    lab.authorize(lab.client_key("rsa"))
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v -o PubkeyAcceptedAlgorithms=ssh-rsa -o HostKeyAlgorithms=ssh-ed25519 web01.example.com")
    lab.save_server(**ALICE, cite="signature algorithm ssh-rsa not in PubkeyAcceptedAlgorithms")
    lab.save_client(**REJECTED)


@situation("keys/signature-algorithm-disabled/old-server")
def old_server(lab):
    """A server from before SHA-2 signatures, and a client that no longer makes others."""
    lab.authorize(lab.client_key("rsa"))
    lab.use_openssh("6.6", client=False)
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="auth", users=["alice"], cite="no mutual signature")


@situation("keys/host-key-type-mismatch/old-server")
def old_server_host_key(lab):
    """A server as CentOS 6 has it signs its host keys with SHA-1 only."""
    lab.use_openssh("5.3", client=False)
    lab.start_sshd()
    lab.ssh("ssh -vv web01.example.com")
    lab.save_client(stage="kex", cite="no matching host key type found. Their offer: ssh-rsa")


@situation("keys/host-key-type-mismatch/old-client")
def old_client(lab):
    """A client as CentOS 6 has it."""
    lab.use_openssh("5.3", server=False)
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(stage="kex", sources=[ALICE_FROM], cite="no matching host key type found. Their offer: ssh-rsa,ssh-dss")
    lab.save_client(stage="kex", cite="no hostkey alg")


@situation("keys/signature-algorithm-disabled/dsa-key")
def dsa_key(lab):
    lab.client.sh("ssh-keygen -q -t dsa -N '' -C alice@laptop -f /home/alice/.ssh/id_dsa && chown alice:alice /home/alice/.ssh/*")
    lab.authorize(lab.client.path("/home/alice/.ssh/id_dsa.pub").read_text())
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="auth", users=["alice"], cite="Skipping ssh-dss key /home/alice/.ssh/id_dsa")


def new_host_key(lab):
    lab.server.write("/etc/ssh/ssh_host_ed25519_key", (lab.keys / "other_ed25519").read_text(), mode=0o600)
    lab.server.write("/etc/ssh/ssh_host_ed25519_key.pub", (lab.keys / "other_ed25519.pub").read_text())


@situation("keys/host-key-changed/reinstalled-server")
def host_key_changed(lab):
    new_host_key(lab)
    lab.start_sshd(level="VERBOSE")
    lab.ssh("ssh web01.example.com", "correct horse", "exit")
    lab.save_server(causes=["client.aborted"], sources=[ALICE_FROM])
    lab.save_client(stage="host-key", cite=["REMOTE HOST IDENTIFICATION HAS CHANGED!", "Offending ED25519 key in /home/alice/.ssh/known_hosts:1"])


@situation("keys/host-key-changed/debug")
def host_key_changed_debug(lab):
    new_host_key(lab)
    lab.start_sshd()
    lab.ssh("ssh -vvv -o StrictHostKeyChecking=yes web01.example.com")
    lab.save_client(stage="host-key", cite="REMOTE HOST IDENTIFICATION HAS CHANGED!")


@situation("keys/host-key-unknown/strict-checking")
def host_key_unknown(lab):
    lab.client.sh("rm /home/alice/.ssh/known_hosts")
    lab.start_sshd()
    lab.ssh("ssh -v -o StrictHostKeyChecking=yes web01.example.com")
    lab.save_client(stage="host-key", cite="No ED25519 host key is known for web01.example.com and you have requested strict checking.")


@situation("keys/host-key-unknown/batch-mode")
def host_key_unknown_batch(lab):
    lab.client.sh("rm /home/alice/.ssh/known_hosts")
    lab.start_sshd()
    lab.ssh("ssh -o BatchMode=yes deploy@web01.example.com uptime")
    lab.save_client(stage="host-key", cite="Host key verification failed.")


@situation("keys/host-key-unknown/near-miss-first-contact-accepted")
def first_contact(lab):
    lab.client.sh("rm /home/alice/.ssh/known_hosts")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com true", "yes")
    lab.save_client(name="keys/host-key-unknown/near-miss-first-contact-accepted.log", causes=[])


@situation("keys/host-key-changed/near-miss-address-warning")
def address_warning(lab):
    """The key of the name is right, another was known for the address: a warning, and the login succeeds."""
    lab.client.path("/home/alice/.ssh/known_hosts").unlink()
    lab.know_host(names="web01.example.com")
    other = " ".join((lab.keys / "other_ed25519.pub").read_text().split()[:2])
    lab.client.append("/home/alice/.ssh/known_hosts", f"192.0.2.10 {other}\n")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -o CheckHostIP=yes web01.example.com true", "yes")
    lab.save_client(name="keys/host-key-changed/near-miss-address-warning.log", causes=[])


@situation("keys/host-key-revoked/revoked-in-known-hosts")
def host_key_revoked(lab):
    public = " ".join((lab.keys / "host_ed25519.pub").read_text().split()[:2])
    lab.client.write("/home/alice/.ssh/known_hosts", f"@revoked * {public}\n", owner="alice")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com")
    lab.save_client(stage="host-key", cite="REVOKED HOST KEY DETECTED!")


@situation("keys/host-key-type-mismatch/rsa-only-client")
def host_key_type(lab):
    lab.start_sshd("HostKey /etc/ssh/ssh_host_ed25519_key")
    lab.ssh("ssh -vvv -o HostKeyAlgorithms=ssh-rsa web01.example.com")
    lab.save_server(stage="kex", sources=[ALICE_FROM], cite="no matching host key type found. Their offer: ssh-rsa")
    lab.save_client(stage="kex", cite="no matching host key type found. Their offer: ssh-ed25519")


@situation("keys/host-key-missing/none-left")
def host_keys_missing(lab):
    lab.server.sh("rm /etc/ssh/ssh_host_*")
    lab.save_start_failure(cite="no hostkeys available -- exiting.")


@situation("keys/host-key-missing/none-left-sshd-t")
def host_keys_missing_test(lab):
    lab.server.sh("rm /etc/ssh/ssh_host_*")
    terminal = lab.server.terminal()
    terminal.run("sshd -t")
    lab.save(lab.name + ".log", terminal.taken(), "OpenSSH 9.2p1, Debian 12, sshd -t", cite="no hostkeys available -- exiting.")


@situation("keys/host-key-missing/near-miss-one-type-absent")
def one_host_key_absent(lab):
    """A HostKey line for a file that does not exist; the others do, and logins succeed."""
    lab.authorize(lab.client_key())
    lab.server.sh("rm /etc/ssh/ssh_host_ecdsa_key")
    lab.start_sshd("HostKey /etc/ssh/ssh_host_ed25519_key", "HostKey /etc/ssh/ssh_host_ecdsa_key", keep_start=True)
    lab.ssh("ssh web01.example.com true")
    lab.save_server(causes=[])


@situation("keys/host-key-corrupt/line-lost")
def host_key_corrupt(lab):
    for kind in ("ed25519", "ecdsa", "rsa"):
        key = f"/etc/ssh/ssh_host_{kind}_key"
        lab.configure(f"HostKey {key}")
        lines = lab.server.path(key).read_text().splitlines(keepends=True)
        lab.server.path(key).write_text("".join(lines[:2] + lines[3:]))
    lab.save_start_failure(cite='Unable to load host key "')


@situation("keys/host-key-missing/empty-files-sshd-t")
def host_key_empty(lab):
    for kind in ("ed25519", "ecdsa", "rsa"):
        lab.server.path(f"/etc/ssh/ssh_host_{kind}_key").write_text("")
    terminal = lab.server.terminal()
    terminal.run("/usr/sbin/sshd -t")
    lab.save(lab.name + ".log", terminal.taken(), "OpenSSH 9.2p1, Debian 12, sshd -t",
             cite="no hostkeys available -- exiting.")


@situation("keys/key-too-small/rsa-1024")
def rsa_too_small(lab):
    lab.client.sh("ssh-keygen -q -t rsa -b 1024 -N '' -C alice@laptop -f /home/alice/.ssh/id_rsa && chown alice:alice /home/alice/.ssh/*")
    lab.authorize(lab.client.path("/home/alice/.ssh/id_rsa.pub").read_text())
    lab.start_sshd("PasswordAuthentication no", "RequiredRSASize 2048", level="DEBUG")
    lab.ssh("ssh -v -o RequiredRSASize=1024 web01.example.com")
    lab.save_server(**ALICE, cite="refusing RSA key: Invalid key length")
    lab.save_client(**REJECTED)


@situation("keys/key-too-small/rsa-1024-refused-by-client")
def rsa_too_small_client(lab):
    lab.client.sh("ssh-keygen -q -t rsa -b 1024 -N '' -C alice@laptop -f /home/alice/.ssh/id_rsa && chown alice:alice /home/alice/.ssh/*")
    lab.authorize(lab.client.path("/home/alice/.ssh/id_rsa.pub").read_text())
    lab.start_sshd("PasswordAuthentication no")
    lab.client.write("/etc/ssh/ssh_config", "Host *\n    RequiredRSASize 2048\n")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="auth", users=["alice"], cite="load_identity_file: Skipping key")


def certificate(lab, options):
    """Signs alice's key with the CA that the server trusts."""
    lab.client_key()
    lab.client.write("/root/ca", (lab.keys / "ca").read_text(), mode=0o600)
    lab.client.sh(f"ssh-keygen -q -s /root/ca -I alice@example.com {options} /home/alice/.ssh/id_ed25519.pub && chown alice:alice /home/alice/.ssh/*")
    lab.server.write("/etc/ssh/user_ca.pub", (lab.keys / "ca.pub").read_text())
    return ("TrustedUserCAKeys /etc/ssh/user_ca.pub", "PasswordAuthentication no")


@situation("keys/certificate-invalid/expired")
def certificate_expired(lab):
    options = certificate(lab, "-n alice -V 20180401:20180417")
    lab.start_sshd(*options)
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="Certificate invalid: expired")
    lab.save_client(**{**REJECTED, "causes": ["keys.certificate-invalid"]})


@situation("keys/certificate-invalid/other-principal")
def certificate_principal(lab):
    options = certificate(lab, "-n deploy -V +52w")
    lab.start_sshd(*options, level="VERBOSE")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="Certificate invalid: name is not a listed principal")
    lab.save_client(**{**REJECTED, "causes": ["keys.certificate-invalid"]})


@situation("keys/certificate-invalid/unknown-ca")
def certificate_ca(lab):
    options = certificate(lab, "-n alice -V +52w")
    lab.server.write("/etc/ssh/user_ca.pub", (lab.keys / "bob_ed25519.pub").read_text())
    lab.authorize((lab.keys / "bob_ecdsa.pub").read_text())
    lab.start_sshd(*options, level="DEBUG2")
    lab.ssh("ssh web01.example.com")
    lab.save_server(**ALICE, cite="is not listed in /etc/ssh/user_ca.pub")


@situation("keys/key-revoked/in-revoked-keys")
def key_revoked(lab):
    public = lab.client_key()
    lab.authorize(public)
    lab.server.write("/etc/ssh/revoked_keys", public)
    lab.start_sshd("PasswordAuthentication no", "RevokedKeys /etc/ssh/revoked_keys")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="revoked by file /etc/ssh/revoked_keys")
    lab.save_client(**REJECTED)


@situation("file-permissions/revoked-keys/missing-file")
def revoked_keys_missing(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("PasswordAuthentication no", "RevokedKeys /etc/ssh/revoked_keys")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="revoked keys file /etc/ssh/revoked_keys: No such file or directory")
    lab.save_client(**REJECTED)


@situation("keys/hostbased-refused/host-not-trusted")
def hostbased(lab):
    lab.client.write("/etc/ssh/ssh_host_ed25519_key", (lab.keys / "bob_ed25519").read_text(), mode=0o600)
    lab.client.write("/etc/ssh/ssh_host_ed25519_key.pub", (lab.keys / "bob_ed25519.pub").read_text())
    lab.client.write("/etc/ssh/ssh_config", "Host *\n    HostbasedAuthentication yes\n    EnableSSHKeysign yes\n    PreferredAuthentications hostbased\n")
    lab.server.append("/etc/hosts", "198.51.100.7 laptop\n")
    lab.client.append("/etc/hosts", "198.51.100.7 laptop\n")
    lab.start_sshd("HostbasedAuthentication yes", "PasswordAuthentication no", level="VERBOSE")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="Failed hostbased for alice")
    lab.save_client(stage="auth", users=["alice"], cite="Permission denied (publickey,hostbased)")


@situation("keys/gssapi-failed/no-ticket")
def gssapi(lab):
    lab.client.write("/etc/krb5.conf", "[libdefaults]\n    default_realm = EXAMPLE.COM\n    dns_lookup_kdc = false\n")
    lab.start_sshd("GSSAPIAuthentication yes", "PasswordAuthentication no", "PubkeyAuthentication no", level="DEBUG")
    lab.ssh("ssh -v -o GSSAPIAuthentication=yes web01.example.com")
    lab.save_client(stage="auth", users=["alice"], cite="No Kerberos credentials available")
