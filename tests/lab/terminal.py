"""A person at a terminal: an interactive shell on a pseudo-terminal, typed into and read from.

In: commands and the answers to their questions. Out: the text as the screen shows it, prompt lines included.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

QUESTION = re.compile(rb"(?:: ?|\? |\)\? |[$#] )$")
QUIET_SECONDS = 0.25
COLUMNS = 130


class Terminal:
    def __init__(self, side, user, uid):
        home = "/root" if user == "root" else f"/home/{user}"
        self.prompt = f"{user}@{side.hostname}:~{'#' if user == 'root' else '$'} "
        self.shown = bytearray()
        self.start = 0
        command = side.enter(
            "setpriv", f"--reuid={uid}", f"--regid={uid}", "--init-groups" if uid else "--clear-groups",
            "env", "-i", f"HOME={home}", f"USER={user}", f"LOGNAME={user}", "TERM=dumb", f"PS1={self.prompt}",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "bash", "--norc", "--noprofile", "--noediting", "-i", home=home)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        self.read_until_prompt(10)

    def run(self, command, *answers, wait=40):
        """Types a command, then one answer for each question, until the shell's prompt is back; returns the text."""
        begin = len(self.shown) - len(self.prompt)
        os.write(self.fd, command.encode() + b"\n")
        time.sleep(0.05)
        answers = list(answers)
        self.read_until_prompt(wait, answers)
        return self.text(begin, len(self.shown) - len(self.prompt))

    def begin(self, command, until, wait=20):
        """Types a command that stays running; returns once `until` shows."""
        os.write(self.fd, command.encode() + b"\n")
        deadline = time.monotonic() + wait
        while until.encode() not in self.shown[self.start:]:
            assert time.monotonic() < deadline, f"never saw {until!r}: {self.text(self.start, len(self.shown))}"
            self.read(0.1)

    def finish(self, typed="", wait=40):
        """Types something into the running command and waits for the shell's prompt."""
        os.write(self.fd, typed.encode())
        self.read_until_prompt(wait)

    def read_until_prompt(self, wait, answers=()):
        answers = list(answers)
        deadline = time.monotonic() + wait
        seen = None
        while True:
            grew = self.read(QUIET_SECONDS)
            if grew:
                continue
            tail = bytes(self.shown[self.shown.rfind(b"\n") + 1:])
            if tail.endswith(self.prompt.encode()):
                return
            if tail and QUESTION.search(tail) and answers and len(self.shown) != seen:
                os.write(self.fd, answers.pop(0).encode() + b"\n")
                seen = len(self.shown)
            if time.monotonic() > deadline:
                raise RuntimeError(f"no prompt after {wait} seconds; the terminal shows:\n{self.text(self.start, len(self.shown))}")

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            raise RuntimeError(f"the terminal closed:\n{self.text(0, len(self.shown))}") from None
        self.shown += got
        return True

    def forget(self):
        self.start = max(0, len(self.shown) - len(self.prompt))

    def taken(self):
        """Everything since the start or the last `forget`, without the prompt that waits at the end."""
        end = len(self.shown)
        if self.shown.endswith(self.prompt.encode()):
            end -= len(self.prompt)
        return self.text(self.start, end)

    def text(self, begin, end):
        """As a screen shows it: carriage returns at a line's ends are invisible."""
        lines = re.sub(rb"\r+\n", b"\n", bytes(self.shown[begin:end]))
        return re.sub(rb"(?m)^\r", b"", lines).decode("latin-1")
