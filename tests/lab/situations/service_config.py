"""sshd_config: options that do not parse, limits, refusals by configuration, algorithms, subsystems."""
import time

from situations import situation
from situations.client import raw_client
from world import ALICE_FROM, BOB_FROM

ALICE = dict(stage="auth", users=["alice"], sources=[ALICE_FROM])
PASSWORD_REJECTED = dict(causes=["client.wrong-password"], stage="auth", users=["alice"],
                         cite="alice@web01.example.com: Permission denied (publickey,password).")


def three_tries(lab, command="ssh -v web01.example.com"):
    lab.ssh(command, "correct horse", "correct horse", "correct horse")


@situation("service-config/invalid-option/misspelt-option")
def misspelt(lab):
    lab.configure("PermitRootLogins no")
    lab.save_start_failure(cite=["Bad configuration option: PermitRootLogins", "terminating, 1 bad configuration options"])


@situation("service-config/invalid-option/bad-argument-sshd-t")
def bad_argument(lab):
    lab.configure("PasswordAuthentication ja", "MaxAuthTries many")
    terminal = lab.server.terminal()
    terminal.run("sshd -t")
    lab.save_terminal(terminal, cite="unsupported option")


@situation("service-config/invalid-option/systemctl-restart")
def invalid_restart(lab):
    lab.boot()
    lab.server.prepend("/etc/ssh/sshd_config", "UsePam yes\nAllowUser alice\n")
    terminal = lab.server.terminal()
    terminal.run("systemctl restart ssh")
    terminal.run("journalctl --no-pager -n 12 -u ssh")
    terminal.run("sshd -t")
    lab.save_terminal(terminal, cite="Bad configuration option: AllowUser")


@situation("service-config/bind-failed/address-in-use")
def bind_failed(lab):
    lab.server.write("/etc/systemd/system/squatter.service", "[Unit]\nBefore=ssh.service\n[Service]\nExecStart=/usr/bin/nc -lk 22\n"
                     "ExecStartPost=/bin/sleep 0.3\n[Install]\nWantedBy=multi-user.target\n")
    lab.server.sh("ln -s /etc/systemd/system/squatter.service /etc/systemd/system/multi-user.target.wants/")
    lab.save_start_failure(cite=["Bind to port 22 on 0.0.0.0 failed: Address already in use."])


@situation("service-config/bind-failed/address-not-ours")
def bind_address(lab):
    lab.start_sshd("ListenAddress 192.0.2.11", keep_start=True, fails=True)
    lab.save_server(cite=["Bind to port 22 on 192.0.2.11 failed: Cannot assign requested address.", "Cannot bind any address."])


@situation("service-config/not-running/systemctl-status-stopped")
def stopped(lab):
    lab.boot()
    terminal = lab.server.terminal()
    terminal.run("systemctl stop ssh")
    terminal.forget()
    terminal.run("systemctl --no-pager status ssh")
    terminal.run("ss -ltn")
    lab.save_terminal(terminal, cite="Active: inactive (dead)")


@situation("service-config/not-running/init-script")
def init_script(lab):
    """Without systemd the init script of the package answers."""
    terminal = lab.server.terminal()
    terminal.run("service ssh status")
    terminal.run("ssh 127.0.0.1")
    lab.save_terminal(terminal, cite="sshd is not running")


@situation("service-config/not-running/terminated")
def terminated(lab):
    lab.start_sshd()
    lab.server.sh("kill $(cat /run/sshd.pid)")
    lab.save_server(cite="Received signal 15; terminating.")


@situation("service-config/not-running/near-miss-restart")
def restarted(lab):
    """A restart: the same message, and a new start at once."""
    lab.boot()
    lab.server.sh("systemctl restart ssh")
    lab.save(lab.name + ".log", lab.journal(), f"{lab.ssh_version}, journalctl short format", causes=[])


@situation("service-config/not-running/near-miss-running")
def running(lab):
    lab.boot()
    terminal = lab.server.terminal()
    terminal.run("systemctl --no-pager status ssh")
    terminal.run("ss -ltnp")
    lab.save_terminal(terminal, causes=[])


@situation("service-config/not-listening/loopback-only")
def loopback_only(lab):
    lab.start_sshd("ListenAddress 127.0.0.1")
    terminal = lab.server.terminal()
    terminal.run("ss -ltn")
    terminal.run("ss -ltnp 'sport = :22'")
    lab.save_terminal(terminal, cite="127.0.0.1:22")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(causes=["network.connection-refused"], stage="tcp", cite="Connection refused")


@situation("service-config/not-listening/other-port")
def other_port(lab):
    lab.start_sshd("Port 22022", listening=22022)
    terminal = lab.server.terminal()
    terminal.run("service ssh status")
    terminal.run("ss -ltnp")
    lab.save_terminal(terminal, cite="0.0.0.0:22022")


@situation("service-config/user-not-allowed/allow-users")
def allow_users(lab):
    lab.start_sshd("AllowUsers deploy bob")
    three_tries(lab)
    lab.save_server(**ALICE, cite="User alice from 198.51.100.7 not allowed because not listed in AllowUsers")
    lab.save_client(**PASSWORD_REJECTED)


@situation("service-config/user-not-allowed/deny-users")
def deny_users(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("DenyUsers alice", "PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="User alice from 198.51.100.7 not allowed because listed in DenyUsers")
    lab.save_client(causes=["keys.public-key-rejected"], stage="auth", users=["alice"], cite="Permission denied (publickey)")


@situation("service-config/user-not-allowed/allow-groups")
def allow_groups(lab):
    lab.start_sshd("AllowGroups ssh-users", level="VERBOSE")
    three_tries(lab, "ssh web01.example.com")
    lab.save_server(**ALICE, cite="User alice from 198.51.100.7 not allowed because none of user's groups are listed in AllowGroups")


@situation("service-config/user-not-allowed/deny-groups")
def deny_groups(lab):
    lab.server.append("/etc/group", "contractors:x:1100:bob\n")
    lab.start_sshd("DenyGroups contractors")
    lab.ssh("ssh bob@web01.example.com", "battery staple", "battery staple", "battery staple")
    lab.save_server(stage="auth", users=["bob"], sources=[ALICE_FROM], cite="not allowed because a group is listed in DenyGroups")


@situation("service-config/root-login-refused/password")
def root_refused(lab):
    lab.start_sshd("PermitRootLogin no")
    lab.ssh("ssh -v root@web01.example.com", "toor toor", "toor toor", "toor toor")
    lab.save_server(causes=["service-config.root-login-refused"] if "ROOT LOGIN REFUSED" in lab.server_log() else ["client.wrong-password"],
                    stage="auth", users=["root"], sources=[ALICE_FROM])
    lab.save_client(causes=["client.wrong-password"], stage="auth", users=["root"], cite="Permission denied (publickey,password).")


@situation("service-config/root-login-refused/key")
def root_refused_key(lab):
    lab.authorize(lab.client_key(), user="root")
    lab.start_sshd("PermitRootLogin no", level="VERBOSE")
    lab.ssh("ssh -v -o PreferredAuthentications=publickey root@web01.example.com")
    lab.save_server(stage="auth", users=["root"], sources=[ALICE_FROM], cite="ROOT LOGIN REFUSED FROM 198.51.100.7")


@situation("service-config/root-login-refused/forced-commands-only")
def root_forced(lab):
    lab.authorize(lab.client_key(), user="root")
    lab.start_sshd("PermitRootLogin forced-commands-only")
    lab.ssh("ssh -o PreferredAuthentications=publickey root@web01.example.com uptime")
    lab.save_server(stage="auth", sources=[ALICE_FROM], cite="ROOT LOGIN REFUSED FROM 198.51.100.7")


@situation("service-config/auth-method-disabled/password-off-no-key")
def password_off(lab):
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(causes=["client.aborted"], **ALICE, cite="Connection closed by authenticating user alice 198.51.100.7")
    lab.save_client(stage="auth", users=["alice"], cite="alice@web01.example.com: Permission denied (publickey).")


@situation("service-config/auth-method-disabled/public-key-off")
def public_key_off(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("PubkeyAuthentication no")
    lab.ssh("ssh -v -o BatchMode=yes web01.example.com")
    lab.save_client(stage="auth", users=["alice"], cite="alice@web01.example.com: Permission denied (password).")


@situation("service-config/auth-method-disabled/preferred-method-missing")
def preferred_missing(lab):
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v -o PubkeyAuthentication=no web01.example.com")
    lab.save_client(stage="auth", users=["alice"], cite="alice@web01.example.com: Permission denied (publickey).")


@situation("service-config/max-auth-tries/two")
def max_auth_tries(lab):
    lab.start_sshd("MaxAuthTries 2")
    lab.ssh("ssh -v web01.example.com", "wrong", "wrong", "wrong")
    lab.save_server(causes=["client.wrong-password"], **ALICE, cite="Failed password for alice from 198.51.100.7")
    lab.save_client(causes=["client.wrong-password"], stage="auth", users=["alice"], cite="Permission denied, please try again.")


@situation("service-config/max-startups/full")
def max_startups(lab):
    lab.start_sshd("MaxStartups 3")
    holder = lab.client.python('''
import socket, time
held = [socket.create_connection(("192.0.2.10", 22), source_address=("203.0.113.5", 0)) for _ in range(3)]
time.sleep(8)
''')
    time.sleep(1)
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(stage="banner", sources=[ALICE_FROM], cite="past MaxStartups")
    lab.save_client(stage="banner", cite="Exceeded MaxStartups")
    holder.wait()


@situation("service-config/max-sessions/second-channel")
def max_sessions(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("MaxSessions 1")
    lab.ssh("ssh -fMN -o ControlPath=~/.ssh/master web01.example.com")
    first = lab.client.terminal("alice")
    first.begin("ssh -o ControlPath=~/.ssh/master web01.example.com", "alice@web01:~$ ")
    lab.forget_log()
    lab.client_terminal.forget()
    lab.ssh("ssh -v -o ControlPath=~/.ssh/master web01.example.com", "exit")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM], cite="no more sessions")
    lab.save_client(stage="session", cite="Session open refused by peer", causes=["service-config.max-sessions"])


@situation("service-config/login-grace-time/nobody-typed")
def grace_time(lab):
    """Debian's 9.2 ends such a connection without a word; later versions write it down."""
    lab.use_openssh("10.5")
    lab.start_sshd("LoginGraceTime 3")
    lab.client_terminal = lab.client.terminal("alice")
    lab.client_terminal.begin("ssh -v web01.example.com", "password: ")
    time.sleep(9)
    lab.client_terminal.finish("correct horse\n")
    lab.save_server(stage="auth", sources=[ALICE_FROM], cite="Timeout before authentication for connection from 198.51.100.7")


@situation("service-config/algorithm-mismatch/kex")
def kex_mismatch(lab):
    lab.start_sshd("KexAlgorithms curve25519-sha256")
    lab.ssh("ssh -vvv -o KexAlgorithms=diffie-hellman-group1-sha1,diffie-hellman-group14-sha1 web01.example.com")
    lab.save_server(stage="kex", sources=[ALICE_FROM], cite="no matching key exchange method found. Their offer: diffie-hellman-group1-sha1,diffie-hellman-group14-sha1")
    lab.save_client(stage="kex", cite="no matching key exchange method found. Their offer: curve25519-sha256")


@situation("service-config/algorithm-mismatch/cipher")
def cipher_mismatch(lab):
    lab.start_sshd("Ciphers aes256-gcm@openssh.com")
    lab.ssh("ssh -c aes128-cbc,3des-cbc web01.example.com")
    lab.save_server(stage="kex", sources=[ALICE_FROM], cite="no matching cipher found. Their offer: aes128-cbc,3des-cbc")
    lab.save_client(stage="kex", cite="no matching cipher found. Their offer: aes256-gcm@openssh.com")


@situation("service-config/algorithm-mismatch/mac")
def mac_mismatch(lab):
    lab.start_sshd("MACs hmac-sha2-512-etm@openssh.com", "Ciphers aes256-ctr")
    lab.ssh("ssh -v -m hmac-md5 web01.example.com")
    lab.save_server(stage="kex", sources=[ALICE_FROM], cite="no matching MAC found. Their offer: hmac-md5")
    lab.save_client(stage="kex", cite="no matching MAC found. Their offer: hmac-sha2-512-etm@openssh.com")


@situation("service-config/protocol-mismatch/protocol-1-client")
def protocol_one(lab):
    lab.start_sshd()
    raw_client(lab, r'send(b"SSH-1.5-1.2.27\r\n")', source=BOB_FROM)
    lab.save_server(stage="banner", sources=[BOB_FROM], cite="Protocol major versions differ")


@situation("service-config/protocol-mismatch/protocol-1-server")
def protocol_one_server(lab):
    lab.server.python(r'''
import socket, time
listener = socket.create_server(("192.0.2.10", 22))
while True:
    s, _ = listener.accept(); s.sendall(b"SSH-1.5-Cisco-1.25\n"); time.sleep(1); s.close()
''')
    lab.wait_listening()
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="banner", cite="Protocol major versions differ: 2 vs. 1")


@situation("service-config/tcp-wrappers/hosts-deny")
def tcp_wrappers(lab):
    lab.server.write("/etc/hosts.deny", "sshd: 198.51.100.\n")
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(stage="banner", sources=[ALICE_FROM], cite="refused connect from 198.51.100.7 (198.51.100.7)")
    lab.save_client(causes=["network.closed-before-banner"], stage="banner", cite="kex_exchange_identification")


@situation("service-config/subsystem-failed/sftp-server-missing")
def subsystem_missing(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("Subsystem sftp /usr/libexec/openssh/sftp-server")
    lab.ssh("sftp -v web01.example.com")
    lab.save_client(stage="session", cite="Exit status 127")


@situation("service-config/subsystem-failed/not-configured")
def subsystem_unset(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("Subsystem other /bin/true")
    lab.ssh("sftp web01.example.com")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM], cite="subsystem request for sftp by user alice failed, subsystem not found")
    lab.save_client(stage="session", cite="subsystem request failed on channel 0")


@situation("service-config/restricted-command/internal-sftp")
def sftp_only(lab):
    lab.start_sshd("Subsystem sftp internal-sftp", "Match User alice", "  ForceCommand internal-sftp", "Match all", level="VERBOSE")
    lab.ssh("ssh -v web01.example.com", "correct horse")
    lab.save_client(stage="session", cite="This service allows sftp connections only.")


@situation("service-config/forwarding-refused/local")
def local_forward(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("AllowTcpForwarding no")
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh -L 8080:127.0.0.1:80 web01.example.com", "alice@web01:~$ ")
    lab.client.sh("timeout 2 nc -z 127.0.0.1 8080", check=False)
    time.sleep(0.5)
    terminal.finish("exit\n")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM])
    lab.save_client(stage="session", cite="administratively prohibited: open failed")


@situation("service-config/forwarding-refused/remote-port-taken")
def remote_forward(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.server.python("import socket, time; s = socket.create_server(('', 8080), family=socket.AF_INET6, dualstack_ipv6=True); time.sleep(60)")
    lab.wait_listening(8080)
    lab.ssh("ssh -v -R 8080:127.0.0.1:80 -o ExitOnForwardFailure=yes web01.example.com uptime")
    lab.save_client(stage="session", cite="remote port forwarding failed for listen port 8080")


@situation("service-config/authorized-keys-command/unsafe-owner")
def keys_command_unsafe(lab):
    lab.client_key()
    lab.server.write("/usr/local/bin/keys-from-directory", "#!/bin/sh\n", owner="deploy", mode=0o755)
    lab.start_sshd("AuthorizedKeysCommand /usr/local/bin/keys-from-directory %u", "AuthorizedKeysCommandUser nobody", "PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="Unsafe AuthorizedKeysCommand")
    lab.save_client(causes=["keys.public-key-rejected"], stage="auth", users=["alice"], cite="Permission denied (publickey)")


@situation("service-config/authorized-keys-command/exits-non-zero")
def keys_command_fails(lab):
    lab.client_key()
    lab.server.write("/usr/local/bin/keys-from-directory", "#!/bin/sh\necho 'directory not reachable' >&2\nexit 3\n", mode=0o755)
    lab.start_sshd("AuthorizedKeysCommand /usr/local/bin/keys-from-directory %u", "AuthorizedKeysCommandUser nobody", "PasswordAuthentication no")
    lab.ssh("ssh web01.example.com")
    lab.save_server(**ALICE, cite="AuthorizedKeysCommand /usr/local/bin/keys-from-directory alice failed, status 3")


@situation("service-config/binary-missing/unit-start")
def binary_missing(lab):
    lab.boot()
    lab.server.sh("mv /usr/sbin/sshd /usr/sbin/sshd.dpkg-tmp")
    terminal = lab.server.terminal()
    terminal.run("systemctl restart ssh")
    terminal.run("systemctl --no-pager status ssh")
    lab.save_terminal(terminal, cite="status=203/EXEC")


@situation("service-config/binary-missing/near-miss-replaced-while-running")
def binary_replaced(lab):
    """9.2 complains that it cannot start itself anew, and serves the connection all the same."""
    lab.start_sshd()
    lab.server.sh("rm /usr/sbin/sshd")
    lab.ssh("ssh -v web01.example.com", "correct horse", "exit")
    lab.save_server(causes=[])


@situation("service-config/socket-activation/trigger-limit")
def socket_limit(lab):
    """sshd started by its socket once for each connection, the way RHEL packages it."""
    lab.server.sh("rm /etc/systemd/system/multi-user.target.wants/ssh.service; mkdir -p /etc/systemd/system/sockets.target.wants; "
                  "ln -s ../sshd.socket /etc/systemd/system/sockets.target.wants/; rm -f /etc/systemd/system/sshd.service")
    lab.server.write("/etc/systemd/system/sshd.socket", "[Unit]\nDescription=OpenSSH Server Socket\n"
                     "[Socket]\nListenStream=22\nAccept=yes\nTriggerLimitIntervalSec=10s\nTriggerLimitBurst=3\n")
    lab.server.write("/etc/systemd/system/sshd@.service", "[Unit]\nDescription=OpenSSH per-connection server daemon\n"
                     "[Service]\nRuntimeDirectory=sshd\nExecStart=-/usr/sbin/sshd -i\nStandardInput=socket\n")
    lab.boot()
    raw_client(lab, '''
for _ in range(6):
    try: socket.create_connection(("192.0.2.10", 22)).close()
    except OSError: pass
    time.sleep(0.1)
''')
    lab.save(lab.name + ".log", lab.journal("-u sshd.socket"), f"{lab.ssh_version}, journalctl short format", cite="sshd.socket: Trigger limit hit, refusing further activation.")


@situation("service-config/authentication-methods/password-after-key-fails")
def authentication_methods(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("AuthenticationMethods publickey,password", level="VERBOSE")
    lab.ssh("ssh -v -o BatchMode=yes web01.example.com")
    lab.save_server(**ALICE, cite="Partial publickey for alice")
    lab.save_client(stage="auth", users=["alice"], cite='Authenticated using "publickey" with partial success.')


@situation("service-config/idle-timeout/unused-connection")
def unused_connection(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("UnusedConnectionTimeout 2")
    lab.ssh("ssh -v -N web01.example.com")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM], cite="terminating inactive connection from user alice")
    lab.save_client(causes=["network.connection-lost"], stage="session", users=["alice"])


@situation("service-config/user-not-allowed/near-miss-allowed")
def allowed(lab):
    """AllowUsers lists the user: the effective configuration and the login."""
    lab.authorize(lab.client_key())
    lab.start_sshd("AllowUsers alice deploy", level="VERBOSE")
    lab.ssh("ssh web01.example.com true")
    lab.save_server(causes=[])


@situation("service-config/source-penalty/guesses")
def source_penalty(lab):
    lab.use_openssh("10.5")
    lab.start_sshd("PerSourcePenalties authfail:10s min:1s")
    for _ in range(3):
        lab.guess("alice", "wrong", source=ALICE_FROM)
    lab.ssh("ssh -v web01.example.com", "correct horse", "exit")
    lab.save_server(causes=["service-config.source-penalty", "client.wrong-password"], sources=[ALICE_FROM], cite="drop connection #0")
    lab.save_client(stage="banner", cite="Not allowed at this time")


@situation("service-config/refuse-connection/match-address")
def refuse_connection(lab):
    lab.use_openssh("10.5")
    lab.start_sshd("Match Address 198.51.100.0/24", "  RefuseConnection yes", "Match all")
    lab.ssh("ssh -v web01.example.com", "correct horse", "exit")
    lab.save_server(sources=[ALICE_FROM], cite="administratively prohibited connection for alice")


@situation("service-config/binary-missing/sshd-session-replaced")
def sshd_session_missing(lab):
    """An upgrade has removed the part that serves a connection."""
    lab.use_openssh("10.5")
    lab.start_sshd()
    lab.server.sh("rm /opt/openssh-10.5/libexec/sshd-session")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(cite="sshd-session")
    lab.save_client(causes=["network.closed-before-banner"], stage="banner")


@situation("service-config/idle-timeout/client-alive-limit")
def client_silent(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("ClientAliveInterval 1", "ClientAliveCountMax 2")
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh web01.example.com", "alice@web01:~$ ")
    lab.client.sh("nft add table inet f; nft add chain inet f in '{ type filter hook input priority 0; }'; nft add rule inet f in tcp sport 22 drop")
    time.sleep(8)
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM], cite="Timeout, client not responding from user alice 198.51.100.7")
