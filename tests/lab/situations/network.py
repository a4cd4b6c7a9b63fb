"""Faults between client and server: names, routes, firewalls, middleboxes."""
import time

from situations import situation
from situations.client import raw_client
from world import ALICE_FROM, SCANNER

# Stands on port 22 in front of a sshd on port 2200; `turn` says what becomes of what the server sends.
PROXY = """
import socket, threading
listener = socket.create_server(("192.0.2.10", 22))
def carry(source, sink, turn):
    passed = 0
    while data := source.recv(65536):
        data = turn(data, passed)
        passed += len(data)
        if data: sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)
%s
while True:
    near, _ = listener.accept()
    far = socket.create_connection(("127.0.0.1", 2200))
    threading.Thread(target=carry, args=(near, far, lambda data, passed: data), daemon=True).start()
    threading.Thread(target=carry, args=(far, near, turn), daemon=True).start()
"""
# A listener on port 22 that is no sshd.
LISTENER = """
import socket, struct, time
listener = socket.create_server(("192.0.2.10", 22))
while True:
    s, _ = listener.accept()
    %s
"""


def behind_proxy(lab, turn, **options):
    lab.start_sshd("Port 2200", **options, listening=2200)
    lab.server.python(PROXY % turn)
    lab.wait_listening()


def listen(lab, act):
    lab.server.python(LISTENER % act)
    lab.wait_listening()


@situation("network/name-resolution/unknown-name")
def unknown_name(lab):
    lab.client.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    lab.ssh("ssh -v wbe01.example.com")
    lab.save_client(stage="name-resolution", cite="Could not resolve hostname wbe01.example.com: Name or service not known")


@situation("network/name-resolution/dns-server-silent")
def dns_silent(lab):
    lab.client.write("/etc/resolv.conf", "nameserver 192.0.2.53\noptions timeout:1 attempts:1\n")
    lab.ssh("ssh -vvv db01.example.com")
    lab.save_client(stage="name-resolution", cite="Could not resolve hostname db01.example.com: Temporary failure in name resolution")


@situation("network/connect-timeout/firewall-drop")
def firewall_drop(lab):
    lab.start_sshd()
    lab.server.sh("nft add table inet f; nft add chain inet f in '{ type filter hook input priority 0; }'; nft add rule inet f in tcp dport 22 drop")
    lab.ssh("ssh -vvv web01.example.com")
    lab.save_client(stage="tcp", cite="ssh: connect to host web01.example.com port 22: Connection timed out")


@situation("network/connect-timeout/firewall-drop-own-limit")
def firewall_drop_limit(lab):
    lab.start_sshd()
    lab.server.sh("nft add table inet f; nft add chain inet f in '{ type filter hook input priority 0; }'; nft add rule inet f in tcp dport 22 drop")
    lab.ssh("ssh -o ConnectTimeout=2 deploy@192.0.2.10 uptime")
    lab.save_client(stage="tcp", cite="ssh: connect to host 192.0.2.10 port 22: Connection timed out")


@situation("network/connect-timeout/ping-answers-port-does-not")
def ping_and_telnet(lab):
    lab.start_sshd()
    lab.server.sh("nft add table inet f; nft add chain inet f in '{ type filter hook input priority 0; }'; nft add rule inet f in tcp dport 22 drop")
    lab.ssh("ping -c 3 192.0.2.10")
    lab.ssh("telnet 192.0.2.10 22")
    lab.save_client(name=lab.name + ".log", recorded="ping of iputils 20221126, telnet, Debian 12, client's terminal", stage="tcp",
                    cite="telnet: Unable to connect to remote host: Connection timed out")


@situation("network/connection-refused/nothing-listens")
def refused(lab):
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="tcp", cite="ssh: connect to host web01.example.com port 22: Connection refused")


@situation("network/connection-refused/ipv6-then-ipv4")
def refused_both(lab):
    lab.client.append("/etc/hosts", "2001:db8:10::10 web01.example.com\n")
    lab.ssh("ssh -vvv -p 2222 web01.example.com")
    lab.save_client(stage="tcp", cite="ssh: connect to host web01.example.com port 2222: Connection refused")


@situation("network/connection-refused/near-miss-ipv6-refused-ipv4-works")
def refused_ipv6(lab):
    lab.client.append("/etc/hosts", "2001:db8:10::10 web01.example.com\n")
    lab.authorize(lab.client_key())
    lab.start_sshd("ListenAddress 0.0.0.0")
    lab.ssh("ssh -v web01.example.com true")
    lab.save_client(name=lab.name + ".log", causes=[])


@situation("network/connection-refused/telnet")
def refused_telnet(lab):
    lab.ssh("telnet 192.0.2.10 22")
    lab.ssh("nc -vz 192.0.2.10 22")
    lab.save_client(name=lab.name + ".log", recorded="telnet and netcat-openbsd 1.219, Debian 12, client's terminal", stage="tcp",
                    cite="telnet: Unable to connect to remote host: Connection refused")


@situation("network/no-route/host-down")
def no_route(lab):
    lab.ssh("ssh -v 192.0.2.99")
    lab.save_client(stage="tcp", cite="ssh: connect to host 192.0.2.99 port 22: No route to host")


@situation("network/no-route/network-unreachable")
def unreachable(lab):
    lab.ssh("ssh -6 -v 2001:db8:99::1")
    lab.save_client(stage="tcp", cite="ssh: connect to host 2001:db8:99::1 port 22: Network is unreachable")


@situation("network/local-block/route-prohibited")
def local_block(lab):
    lab.start_sshd()
    lab.client.sh("ip route add prohibit 192.0.2.10/32")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="tcp", cite="Permission denied")


@situation("network/closed-before-banner/closed")
def closed(lab):
    # What the client said must be read, or the kernel resets in place of closing.
    listen(lab, "s.shutdown(socket.SHUT_WR); s.recv(1000); s.close()")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="banner", cite="kex_exchange_identification: Connection closed by remote host")


@situation("network/closed-before-banner/reset")
def reset(lab):
    listen(lab, "s.recv(100); s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()")
    lab.ssh("ssh -vvv web01.example.com")
    lab.save_client(stage="banner", cite="kex_exchange_identification: read: Connection reset by peer")


@situation("network/closed-before-banner/scanner-leaves")
def scanner_leaves(lab):
    """A port check: it connects and closes. Common noise in a server's log."""
    lab.start_sshd()
    raw_client(lab, "s.close()")
    raw_client(lab, "s.close()", source="203.0.113.5")
    lab.save_server(stage="banner", sources=[SCANNER, "203.0.113.5"], cite="Connection closed by remote host")


@situation("network/banner-timeout/silent-listener")
def silent(lab):
    lab.server.spawn("nc -lk 192.0.2.10 22")
    lab.wait_listening()
    lab.ssh("ssh -v -o ConnectTimeout=3 web01.example.com")
    lab.save_client(stage="banner", cite="Connection timed out during banner exchange")


@situation("network/not-ssh/web-server-answers")
def web_server(lab):
    listen(lab, r"s.recv(1000); s.sendall(b'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html><head><title>400</title></head></html>\r\n'); s.close()")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="banner", cite="HTTP/1.1 400 Bad Request")


@situation("network/not-ssh/binary-banner")
def binary_banner(lab):
    listen(lab, r"s.sendall(b'\x15\x03\x01\x00\x02\x02\x0a\x00\x00\n'); time.sleep(1); s.close()")
    lab.ssh("ssh -v web01.example.com")
    lab.save_client(stage="banner", cite="banner line contains invalid characters")


@situation("network/not-ssh/http-request-to-sshd")
def http_to_sshd(lab):
    lab.start_sshd()
    raw_client(lab, r'send(b"GET / HTTP/1.1\r\nHost: 192.0.2.10\r\n\r\n")')
    lab.save_server(stage="banner", sources=[SCANNER], cite="client sent invalid protocol identifier")


@situation("network/not-ssh/banner-test-http")
def banner_test(lab):
    listen(lab, r"s.recv(1000); s.sendall(b'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'); s.close()")
    lab.ssh("echo | nc -v 192.0.2.10 22")
    lab.save_client(name=lab.name + ".log", recorded="netcat-openbsd 1.219, Debian 12, client's terminal", stage="banner",
                    cite="HTTP/1.1 400 Bad Request")


@situation("network/kex-stalled/large-packets-dropped")
def kex_stalled(lab):
    """A path that loses large packets: the identification strings pass, the key exchange does not."""
    lab.start_sshd("LoginGraceTime 6", level="VERBOSE")
    lab.server.sh("ethtool -K eth0 tso off gso off 2>/dev/null || true")
    lab.server.sh("nft add table inet f; nft add chain inet f out '{ type filter hook output priority 0; }'; nft add rule inet f out tcp sport 22 meta length gt 400 drop")
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh -vvv web01.example.com", "SSH2_MSG_KEXINIT sent")
    time.sleep(3)
    terminal.finish("\x03")
    time.sleep(4)
    lab.save_client(stage="kex", cite="SSH2_MSG_KEXINIT sent")


@situation("network/kex-stalled/reply-never-comes")
def kex_reply(lab):
    behind_proxy(lab, """
def turn(data, passed):
    return data if passed < 1200 and len(data) < 1200 else b''
""")
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh -v web01.example.com", "expecting SSH2_MSG_KEX")
    time.sleep(2)
    terminal.finish("\x03")
    lab.save_client(stage="kex", cite="expecting SSH2_MSG_KEX")


@situation("network/packet-corrupt/damaged-on-the-way")
def corrupt(lab):
    behind_proxy(lab, """
def turn(data, passed):
    return data if passed < 3200 else data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
""")
    lab.ssh("ssh -v -o Ciphers=aes128-ctr -o MACs=hmac-sha2-256 web01.example.com 'uptime -p; sleep 1; uptime -p'", "correct horse")
    lab.save_client(stage="session", cite="Corrupted MAC on input")


@situation("network/connection-lost/server-not-responding")
def server_silent(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh -o ServerAliveInterval=1 -o ServerAliveCountMax=2 web01.example.com", "alice@web01:~$ ")
    lab.server.sh("ip link set eth0 down")
    terminal.read_until_prompt(20)
    lab.save_client(stage="session", cite="Timeout, server web01.example.com not responding.")


@situation("network/connection-lost/broken-pipe")
def broken_pipe(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    terminal = lab.client_terminal = lab.client.terminal("alice")
    terminal.begin("ssh web01.example.com", "alice@web01:~$ ")
    lab.server.sh("nft add table inet f; nft add chain inet f in '{ type filter hook input priority 0; }'; nft add rule inet f in tcp dport 22 reject with tcp reset")
    terminal.finish("uptime\n")
    lab.save_client(stage="session", cite="client_loop: send disconnect: Broken pipe")


# A name server that maps the client to a name, and the name to another address.
NAME_SERVER = """
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 53))
while True:
    query, peer = s.recvfrom(512)
    end = query.index(b"\\0", 12) + 5
    kind = struct.unpack(">H", query[end - 4:end - 2])[0]
    data = {12: b"\\6laptop\\7example\\3com\\0", 1: bytes([198, 51, 100, 200])}.get(kind, b"")
    answer = b"\\xc0\\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data if data else b""
    s.sendto(query[:2] + b"\\x81\\x80\\0\\1" + (b"\\0\\1" if data else b"\\0\\0") + bytes(4) + query[12:end] + answer, peer)
"""


@situation("network/reverse-dns/near-miss-does-not-map-back")
def reverse_dns(lab):
    """A warning about the client's names; the login succeeds."""
    lab.server.python(NAME_SERVER)
    lab.server.write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    lab.start_sshd("UseDNS yes")
    lab.ssh("ssh web01.example.com true", "correct horse")
    assert "does not map back" in lab.server_log(), lab.server_log()
    lab.save_server(causes=[])


@situation("network/ip-options-refused/record-route")
def ip_options(lab):
    lab.start_sshd()
    lab.client.python('''
import socket, time
s = socket.socket()
s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([7, 11, 4]) + bytes(8) + bytes(1))
s.connect(("192.0.2.10", 22))
time.sleep(1)
''').wait(timeout=20)
    lab.save_server(stage="banner", sources=[ALICE_FROM], cite="with IP opts")


@situation("network/packet-corrupt/bad-packet-length")
def bad_packet_length(lab):
    lab.start_sshd(level="VERBOSE")
    raw_client(lab, 'send(b"SSH-2.0-libssh_0.5.2\\r\\n"); send(b"\\xff" * 64)')
    lab.save_server(sources=[SCANNER], cite="Bad packet length 4294967295.")
