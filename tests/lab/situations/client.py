"""Faults of the client: passwords, keys, agent, configuration, jump hosts."""
from situations import situation
from world import ALICE_FROM, SCANNER

ALICE = dict(stage="auth", users=["alice"], sources=[ALICE_FROM])
CLIENT = dict(stage="auth", users=["alice"])


@situation("client/wrong-password/three-times")
def wrong_password(lab):
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "corect horse", "Correct horse", "correct horse ")
    lab.save_server(**ALICE, cite="Failed password for alice from 198.51.100.7")
    lab.save_client(**CLIENT, cite="alice@web01.example.com: Permission denied (publickey,password).")


@situation("client/wrong-password/second-try-right")
def second_try(lab):
    """A typing error, then success: nothing to diagnose for this user."""
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "corect horse", "correct horse", "exit")
    lab.save_server(name="client/wrong-password/near-miss-second-try-right.log", causes=[])
    lab.save_client(name="client/wrong-password/near-miss-second-try-right.client.log", causes=[])


@situation("client/wrong-password/ipv6")
def wrong_password_ipv6(lab):
    lab.start_sshd(level="VERBOSE")
    lab.ssh("ssh -6 alice@2001:db8:10::10", "correct donkey", "correct donkey", "correct donkey")
    lab.save_server(stage="auth", users=["alice"], sources=["2001:db8:20::7"], cite="Failed password for alice from 2001:db8:20::7")


@situation("client/wrong-password/keyboard-interactive")
def keyboard_interactive(lab):
    lab.start_sshd("KbdInteractiveAuthentication yes", "PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com", "wrong one", "wrong two", "wrong three")
    lab.save_server(**ALICE, cite="error: PAM: Authentication failure for alice from 198.51.100.7")
    lab.save_client(**CLIENT, cite="alice@web01.example.com: Permission denied (publickey,keyboard-interactive).")


@situation("client/unknown-user/typing-error")
def unknown_user(lab):
    lab.start_sshd()
    lab.ssh("ssh -v alcie@web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(stage="auth", users=["alcie"], sources=[ALICE_FROM], cite="Invalid user alcie from 198.51.100.7")
    lab.save_client(causes=["client.wrong-password"], stage="auth", users=["alcie"],
                    cite="alcie@web01.example.com: Permission denied (publickey,password).")


@situation("client/unknown-user/key-only")
def unknown_user_key(lab):
    lab.client_key()
    lab.start_sshd("PasswordAuthentication no", level="VERBOSE")
    lab.ssh("ssh -v ec2-user@web01.example.com")
    lab.save_server(stage="auth", users=["ec2-user"], sources=[ALICE_FROM], cite="Invalid user ec2-user from 198.51.100.7")
    lab.save_client(causes=["keys.public-key-rejected"], stage="auth", users=["ec2-user"], cite="Permission denied (publickey)")


@situation("client/too-many-keys-offered/eight-keys")
def too_many_keys(lab):
    config = "Host web01.example.com\n"
    for number in range(1, 9):
        lab.client_key(f"many{number}", name=f"project{number}")
        config += f"    IdentityFile ~/.ssh/project{number}\n"
    lab.client.write("/home/alice/.ssh/config", config, owner="alice")
    lab.authorize((lab.keys / "alice_many8.pub").read_text())
    lab.start_sshd(level="VERBOSE")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(causes=["client.too-many-keys-offered"], **ALICE, cite="maximum authentication attempts exceeded for alice")
    lab.save_client(**CLIENT, cite="Too many authentication failures")


@situation("client/too-many-keys-offered/agent")
def too_many_agent_keys(lab):
    for number in range(1, 9):
        lab.client_key(f"many{number}", name=f"project{number}")
    lab.start_sshd()
    lab.ssh("eval $(ssh-agent) && ssh-add -q ~/.ssh/project?")
    lab.client_terminal.forget()
    lab.ssh("ssh -vvv deploy@web01.example.com")
    lab.save_server(causes=["service-config.max-auth-tries"], stage="auth", users=["deploy"], sources=[ALICE_FROM],
                    cite="maximum authentication attempts exceeded for deploy")
    lab.save_client(stage="auth", users=["deploy"], cite="Too many authentication failures")


@situation("client/private-key-permissions/mode-0644")
def key_mode(lab):
    lab.authorize(lab.client_key(mode=0o644))
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(**CLIENT, cite=["WARNING: UNPROTECTED PRIVATE KEY FILE!", "Permissions 0644 for '/home/alice/.ssh/id_ed25519' are too open."])


@situation("client/private-key-permissions/mode-0777-plain")
def key_mode_plain(lab):
    lab.authorize(lab.client_key(name="web01.pem", mode=0o777), user="deploy")
    lab.client.path("/home/alice/.ssh/web01.pem.pub").unlink()
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -i ~/.ssh/web01.pem deploy@web01.example.com")
    lab.save_client(stage="auth", users=["deploy"], cite='Load key "/home/alice/.ssh/web01.pem": bad permissions')


@situation("client/private-key-missing/wrong-path")
def key_missing(lab):
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -i ~/.ssh/web01.pem web01.example.com")
    lab.save_client(**CLIENT, cite="Identity file /home/alice/.ssh/web01.pem not accessible: No such file or directory.")


@situation("client/private-key-missing/wrong-path-debug")
def key_missing_debug(lab):
    lab.client.write("/home/alice/.ssh/config", "Host web01*\n    IdentityFile ~/.ssh/work_ed25519\n", owner="alice")
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -vvv web01.example.com")
    lab.save_client(**CLIENT, cite="no such identity: /home/alice/.ssh/work_ed25519: No such file or directory")


@situation("client/private-key-missing/near-miss-default-names")
def default_names(lab):
    """Default key files that do not exist are never a fault: the password works."""
    lab.start_sshd()
    lab.ssh("ssh -vvv web01.example.com true", "correct horse")
    lab.save_client(name="client/private-key-missing/near-miss-default-names.log", causes=[])


@situation("client/private-key-unreadable/garbled")
def key_garbled(lab):
    public = lab.client_key()
    lab.authorize(public)
    text = (lab.keys / "alice_ed25519").read_text()
    lab.client.write("/home/alice/.ssh/id_ed25519", text.replace("\n", "\r\n")[:150], owner="alice", mode=0o600)
    lab.client.path("/home/alice/.ssh/id_ed25519.pub").unlink()
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(**CLIENT, cite='Load key "/home/alice/.ssh/id_ed25519"')


@situation("client/private-key-unreadable/public-half-given")
def public_half(lab):
    public = lab.client_key("rsa")
    lab.authorize(public)
    lab.client.write("/home/alice/web01.pub", public, owner="alice", mode=0o600)
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -o IdentitiesOnly=yes -i ~/web01.pub web01.example.com")
    lab.save_client(**CLIENT, cite='Load key "/home/alice/web01.pub"')


@situation("client/private-key-unreadable/owned-by-root")
def key_of_root(lab):
    lab.authorize(lab.client_key())
    lab.client.sh("chown root:root /home/alice/.ssh/id_ed25519")
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(**CLIENT, cite='Load key "/home/alice/.ssh/id_ed25519": Permission denied')


@situation("client/private-key-passphrase/batch-mode")
def passphrase_batch(lab):
    lab.authorize(lab.client_key("secret", name="id_ed25519"))
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v -o BatchMode=yes web01.example.com")
    lab.save_client(**CLIENT, cite='Permission denied (publickey)')


@situation("client/private-key-passphrase/wrong")
def passphrase_wrong(lab):
    lab.authorize(lab.client_key("secret", name="id_ed25519"))
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -vv web01.example.com", "open sesam", "Open sesame", "sesame")
    lab.save_client(**CLIENT, cite="bad passphrase given, try again...")


@situation("client/agent-failure/refused-operation")
def agent_refused(lab):
    """A key added with -c needs a confirmation dialog, and there is no display."""
    lab.authorize(lab.client_key())
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("eval $(ssh-agent) && ssh-add -q -c ~/.ssh/id_ed25519 && mv ~/.ssh/id_ed25519 ~/backup")
    lab.client_terminal.forget()
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(**CLIENT, cite="agent refused operation")


@situation("client/agent-failure/near-miss-no-agent")
def no_agent(lab):
    """No agent runs; the key file is used."""
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -vvv web01.example.com true")
    lab.save_client(name="client/agent-failure/near-miss-no-agent.log", causes=[])


@situation("client/security-key/pkcs11-provider-missing")
def pkcs11(lab):
    lab.start_sshd("PasswordAuthentication no")
    lab.ssh("ssh -v -I /usr/lib/opensc-pkcs11.so web01.example.com")
    lab.save_client(**CLIENT, cite="/usr/lib/opensc-pkcs11.so")


@situation("client/config-error/bad-option")
def bad_option(lab):
    lab.client.write("/home/alice/.ssh/config", "Host *\n    PubkeyAuthentification yes\n    ServerAliveInterval 30\n", owner="alice")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(cite=["Bad configuration option: pubkeyauthentification", "terminating, 1 bad configuration options"])


@situation("client/config-error/writable-by-others")
def config_writable(lab):
    lab.client.write("/home/alice/.ssh/config", "Host *\n    ServerAliveInterval 30\n", owner="alice", mode=0o666)
    lab.ssh("ssh web01.example.com")
    lab.save_client(cite="Bad owner or permissions on /home/alice/.ssh/config")


@situation("client/config-error/bad-port")
def bad_port(lab):
    lab.ssh("ssh -p 22022222 web01.example.com")
    lab.save_client(cite="Bad port '22022222'")


@situation("client/proxy-failed/jump-host-down")
def jump_down(lab):
    lab.start_sshd()
    lab.ssh("ssh -v -J bastion.example.com web01.example.com")
    lab.save_client(causes=["client.proxy-failed", "network.no-route"], stage="tcp", cite="connect to host bastion.example.com port 22: No route to host")


@situation("client/proxy-failed/target-behind-jump-refuses")
def jump_refused(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.server.append("/etc/hosts", "192.0.2.10 db01.example.com\n")
    lab.ssh("ssh -v -J web01.example.com -p 2222 db01.example.com")
    lab.save_client(cite="stdio forwarding failed")


@situation("service-config/forwarding-refused/on-jump-host")
def jump_prohibited(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("AllowTcpForwarding no")
    lab.ssh("ssh -J web01.example.com db01.example.com")
    lab.save_server(causes=["service-config.forwarding-refused"], stage="session", users=["alice"], sources=[ALICE_FROM])
    lab.save_client(cite="administratively prohibited")


@situation("client/proxy-failed/proxy-command-missing")
def proxy_command(lab):
    lab.ssh("ssh -v -o ProxyCommand='corkscrew proxy.example.com 3128 %h %p' web01.example.com")
    lab.save_client(cite="corkscrew: not found")


@situation("client/control-socket/path-too-long")
def control_path(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -o ControlMaster=yes -o ControlPath=~/.ssh/connections-of-alice-to-servers/%r@%h:%p-%C-%L-and-more-so-that-it-is-long web01.example.com true")
    lab.save_client(cite="too long for Unix domain socket")


@situation("client/control-socket/near-miss-stale-socket")
def stale_socket(lab):
    """The master is gone, its socket file remained: ssh connects anew and succeeds."""
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.client.sh("python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind(\"/home/alice/.ssh/web01.sock\")' && chown alice /home/alice/.ssh/web01.sock")
    lab.ssh("ssh -v -o ControlPath=~/.ssh/web01.sock web01.example.com true")
    lab.save_client(name="client/control-socket/near-miss-stale-socket.log", causes=[])


@situation("client/aborted/interrupted-at-password-prompt")
def aborted(lab):
    lab.start_sshd()
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh web01.example.com", "password: ")
    terminal.finish("\x03")
    lab.save_server(**ALICE, cite="Connection closed by authenticating user alice 198.51.100.7")


RAW = """
import socket, sys, time
s = socket.create_connection(("192.0.2.10", 22), source_address=("%s", 0))
def send(data):
    s.sendall(data)
    time.sleep(0.3)
%s
time.sleep(0.5)
try:
    # Reads what came, so that the end is an end and not a reset.
    s.setblocking(False); s.recv(65536)
except OSError:
    pass
"""


def raw_client(lab, script, source=SCANNER):
    """A program that speaks to port 22 in its own way."""
    lab.client.python(RAW % (source, script)).wait(timeout=30)


@situation("client/protocol-violation/kexinit-garbage")
def kexinit_garbage(lab):
    lab.start_sshd(level="VERBOSE")
    raw_client(lab, 'send(b"SSH-2.0-Go\\r\\n"); send((28).to_bytes(4, "big") + bytes([10, 20]) + bytes(26))')
    lab.save_server(sources=[SCANNER], cite="ssh_dispatch_run_fatal")
