"""Other clients and servers than OpenSSH's: Paramiko, AsyncSSH, PuTTY's plink, TinySSH."""
from situations import situation
from world import ALICE_FROM

PARAMIKO = """
import logging, paramiko, traceback
logging.basicConfig(level=logging.DEBUG)
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
try:
    client.connect({host!r}, port={port}, username="alice", look_for_keys=False, allow_agent=False,
                   timeout=4, banner_timeout=4, auth_timeout=9, {credentials})
    print(client.exec_command("id -un")[1].read().decode())
except Exception:
    traceback.print_exc()
client.close()
"""
ASYNCSSH = """
import asyncio, asyncssh, logging, traceback
logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
asyncssh.set_debug_level(2)
async def main():
    async with asyncssh.connect({host!r}, port={port}, username="alice", known_hosts=None, agent_path=None,
                                login_timeout=9, {credentials}) as client:
        print((await client.run("id -un")).stdout)
try:
    asyncio.run(main())
except Exception:
    traceback.print_exc()
"""
WRONG_PASSWORD = {PARAMIKO: 'password="corect horse"', ASYNCSSH: 'password="corect horse", client_keys=None'}
KEY = {PARAMIKO: 'key_filename="/home/alice/.ssh/id_ed25519"', ASYNCSSH: 'client_keys=["/home/alice/.ssh/id_ed25519"]'}
# Servers that accept and then do not go on: nothing at all, an identification and nothing else, a reset at once.
SERVER = """
import socket, struct
listener = socket.create_server(("", {port}))
kept = []
while True:
    client = listener.accept()[0]
    kept.append(client)
    if {kind!r} == "stalled":
        client.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\\r\\n")
    if {kind!r} == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        kept.pop().close()
"""
INETD = """
import socket, subprocess
listener = socket.create_server(("", 22))
while True:
    client, address = listener.accept()
    environment = {"PATH": "/usr/sbin:/usr/bin", "TCPREMOTEIP": address[0], "TCPREMOTEPORT": str(address[1])}
    subprocess.Popen(["tinysshd", "-v", "-v", "/etc/tinyssh/keys"], stdin=client, stdout=client, stderr=open("/var/log/tinysshd.log", "a"), env=environment)
    client.close()
"""


def run(lab, library, credentials, host="web01.example.com", port=22):
    script = library.format(host=host, port=port, credentials=credentials[library])
    return lab.client.sh(f"/usr/bin/python3 -W ignore - <<'END'\n{script}\nEND", check=False)


def save(lab, name, library, text, **verdict):
    which = "Paramiko 2.12.0, Debian 12" if library is PARAMIKO else "AsyncSSH 2.10.1, Debian 12"
    kind = "paramiko" if library is PARAMIKO else "asyncssh"
    lab.save_client(name=f"dialects/{kind}-{name}.log", text=text, recorded=which, **verdict)


@situation("dialects/libraries-refused")
def refused(lab):
    lab.client_key()
    lab.start_sshd()
    for library in (PARAMIKO, ASYNCSSH):
        save(lab, "wrong-password", library, run(lab, library, WRONG_PASSWORD), causes=["client.wrong-password"], stage="auth")
        save(lab, "key-refused", library, run(lab, library, KEY), causes=["keys.public-key-rejected"], stage="auth")
    lab.authorize((lab.keys / "alice_ed25519.pub").read_text())
    for library in (PARAMIKO, ASYNCSSH):
        save(lab, "near-miss-logs-in", library, run(lab, library, KEY), causes=[])


@situation("dialects/libraries-passwords-off")
def passwords_off(lab):
    lab.start_sshd("PasswordAuthentication no")
    for library in (PARAMIKO, ASYNCSSH):
        save(lab, "passwords-off", library, run(lab, library, WRONG_PASSWORD), causes=["service-config.auth-method-disabled"], stage="auth")


@situation("dialects/libraries-two-methods")
def two_methods(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd("AuthenticationMethods publickey,password")
    for library in (PARAMIKO, ASYNCSSH):
        save(lab, "second-method-missing", library, run(lab, library, KEY), causes=["service-config.authentication-methods"], stage="auth")


@situation("dialects/libraries-silent-servers")
def silent_servers(lab):
    kinds = {"silent": ("network.banner-timeout", "banner"), "stalled": ("network.kex-stalled", "kex"),
             "reset": ("network.closed-before-banner", "banner")}
    lab.client_key()
    for port, (kind, (cause, stage)) in enumerate(kinds.items(), 2201):
        lab.server.python(SERVER.format(port=port, kind=kind))
        lab.wait_listening(port)
        for library in (PARAMIKO, ASYNCSSH):
            save(lab, f"server-{kind}", library, run(lab, library, KEY, port=port), causes=[cause], stage=stage)
        text = lab.client.sh(f"timeout 4 plink -v -batch -P {port} alice@web01.example.com true", check=False)
        lab.save_client(name=f"dialects/plink-server-{kind}.log", text=text, recorded="PuTTY plink 0.78, Debian 12", causes=[cause], stage=stage)


@situation("dialects/tinyssh")
def tinyssh(lab):
    lab.client_key()
    lab.authorize((lab.keys / "bob_ed25519.pub").read_text())
    lab.server.sh("mkdir -p /etc/tinyssh && tinysshd-makekey /etc/tinyssh/keys")
    lab.server.python(INETD)
    lab.wait_listening()
    lab.log_file = "/var/log/tinysshd.log"
    quiet = "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    lab.ssh(f"ssh -v {quiet} web01.example.com")
    recorded = "TinySSH 20230101, Debian 12"
    lab.save_server(name="dialects/tinyssh-key-unknown.log", recorded=recorded, causes=["keys.public-key-rejected"], stage="auth", sources=[ALICE_FROM])
    lab.save_client(name="dialects/tinyssh-key-unknown.client.log", recorded=recorded + ", client's terminal", causes=["keys.public-key-rejected"], stage="auth")
    lab.forget_log()
    lab.client_terminal.forget()
    lab.ssh(f"ssh -v {quiet} -o Ciphers=aes256-ctr web01.example.com")
    lab.save_server(name="dialects/tinyssh-no-common-cipher.log", recorded=recorded, causes=["service-config.algorithm-mismatch"], sources=[ALICE_FROM])
    lab.save_client(name="dialects/tinyssh-no-common-cipher.client.log", recorded=recorded + ", client's terminal", causes=["service-config.algorithm-mismatch"])
