"""Nothing failed: logins that succeed and the routine noise of a healthy server."""
from situations import situation


def client(lab):
    lab.save_client(causes=[])


def both(lab):
    lab.save_server(causes=[])
    lab.save_client(causes=[])


@situation("clean/password")
def password(lab):
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "correct horse", "exit")
    both(lab)


@situation("clean/key")
def key(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd(level="VERBOSE")
    lab.ssh("ssh -vvv web01.example.com", "exit")
    both(lab)


@situation("clean/key-debug-level")
def key_debug(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd(level="DEBUG3")
    lab.ssh("ssh web01.example.com true")
    lab.save_server(causes=[])


@situation("clean/agent")
def agent(lab):
    lab.authorize(lab.client_key("many3", name="project3"))
    lab.client_key("many1", name="project1")
    lab.start_sshd(level="VERBOSE")
    lab.ssh("eval $(ssh-agent) && ssh-add -q ~/.ssh/project?")
    lab.client_terminal.forget()
    lab.ssh("ssh -vvv web01.example.com uptime -p >/dev/null")
    both(lab)


@situation("clean/sftp")
def sftp(lab):
    lab.authorize(lab.client_key())
    lab.server.write("/home/alice/notes.txt", "notes\n", owner="alice")
    lab.start_sshd("Subsystem sftp internal-sftp -l INFO")
    lab.ssh("echo 'get notes.txt' | sftp -b - web01.example.com")
    both(lab)


@situation("clean/scp")
def scp(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("scp -v /etc/hostname web01.example.com:name.txt")
    client(lab)


@situation("clean/jump-host")
def jump(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.server.append("/etc/hosts", "127.0.0.1 db01.example.com\n")
    lab.know_host(names="web01.example.com,db01.example.com")
    lab.ssh("ssh -v -J web01.example.com db01.example.com true; sleep 1")
    both(lab)


@situation("clean/certificate")
def certificate(lab):
    from situations.keys import certificate as signed
    options = signed(lab, "-n alice -V +52w")
    lab.start_sshd(*options, level="VERBOSE")
    lab.ssh("ssh -v web01.example.com true")
    both(lab)


@situation("clean/keyboard-interactive")
def keyboard_interactive(lab):
    lab.start_sshd("KbdInteractiveAuthentication yes", "PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com true", "correct horse")
    both(lab)


@situation("clean/ipv6")
def ipv6(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd(level="VERBOSE")
    lab.ssh("ssh -v 2001:db8:10::10 true")
    both(lab)


@situation("clean/control-master")
def control_master(lab):
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -fMN -o ControlPath=~/.ssh/master web01.example.com")
    lab.ssh("ssh -v -o ControlPath=~/.ssh/master web01.example.com true")
    lab.ssh("ssh -o ControlPath=~/.ssh/master -O exit web01.example.com")
    client(lab)


@situation("clean/server-day")
def day(lab):
    """A start, several people, a reload: the journal and the file of a healthy server."""
    lab.authorize(lab.client_key())
    lab.authorize((lab.keys / "alice_ed25519.pub").read_text(), user="deploy")
    lab.boot()
    lab.ssh("ssh web01.example.com", "exit")
    lab.ssh("ssh deploy@web01.example.com true")
    lab.server.sh("systemctl reload ssh")
    lab.ssh("ssh -o PubkeyAuthentication=no bob@web01.example.com true", "battery staple")
    lab.server.sh("su - deploy -c true; passwd -q -u alice; useradd carol; userdel carol")
    lab.save_server(causes=[])
    lab.save("clean/server-day-journal.log", lab.journal("-u ssh -u systemd-logind"), f"{lab.ssh_version}, journalctl short format", causes=[])


@situation("clean/status-outputs")
def status(lab):
    lab.boot()
    terminal = lab.server.terminal()
    for command in ("systemctl --no-pager status ssh", "ss -ltn", "sshd -t", "echo | nc -w 1 127.0.0.1 22"):
        terminal.run(command)
    lab.save_terminal(terminal, causes=[])


@situation("clean/ping-and-port")
def ping(lab):
    lab.start_sshd()
    lab.ssh("ping -c 3 192.0.2.10")
    lab.ssh("nc -vz 192.0.2.10 22")
    lab.save_client(name="clean/ping-and-port.log", recorded="ping of iputils 20221126, netcat-openbsd 1.219, Debian 12", causes=[])


def version(number):
    @situation(f"clean/openssh-{number}")
    def act(lab):
        lab.use_openssh(number)
        lab.authorize(lab.client_key())
        lab.start_sshd(level="VERBOSE")
        lab.ssh("ssh -vv web01.example.com", "exit")
        both(lab)


for number in ("5.3", "6.6", "7.4", "8.7", "10.5"):
    version(number)
