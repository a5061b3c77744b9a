"""Uses `auscult top` as a person does: in a shell on a terminal of 80 columns, by keys.

Usage: keys.py AUSCULT RUN. The run has the machine fan and the nodes louder, judge and alarm. Ends the run. Prints what
is wrong; exit status 1 then.
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

AUSCULT, RUN = sys.argv[1:3]
LIMIT = 60
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Shell:
    def __init__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "TERM": "xterm", "PS1": "ready> ", "ENV": ""}
            environment.pop("NO_COLOR", None)
            os.execve("/bin/sh", ["sh", "-i", "-m"], environment)
        self.size(24, 80)
        self.text = ""

    def size(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.columns = columns

    def type(self, text):
        os.write(self.terminal, text.encode())

    def until(self, what, condition):
        """Reads until the condition holds of what came since the last call of `forget`."""
        end = time.monotonic() + LIMIT
        while not condition():
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                sys.exit(f"wrong: it never came: {what}\n{self.frame() or self.text[-2000:]}")
            try:
                self.text += os.read(self.terminal, 65536).decode("utf-8", "replace")
            except OSError:
                sys.exit(f"wrong: the shell has ended before {what}\n{self.frame() or self.text[-2000:]}")

    def forget(self):
        self.text = ""

    def frame(self):
        """The lines of the last whole frame."""
        frames = self.text.split("\x1b[H")
        whole = [frame for frame in frames[1:] if "\x1b[J" in frame]
        return [ESCAPES.sub("", line) for line in whole[-1].split("\x1b[J")[0].split("\r\n")] if whole else []

    def sees(self, text):
        self.until(text, lambda: any(text in line for line in self.frame()))
        lines = self.frame()
        too_long = [line for line in lines if len(line) >= self.columns]
        if too_long:
            sys.exit(f"wrong: lines of more than {self.columns} columns: {too_long}")
        return lines

    def presses(self, key, text):
        """A key, and what a new frame then shows."""
        self.forget()
        self.type(key)
        return self.sees(text)

    def ends(self, key, text):
        """A key, whose result is shown until another one."""
        lines = self.presses(key, "any key: go on")
        if not any(text in line for line in lines):
            sys.exit(f"wrong: no '{text}': {lines}")
        self.presses(" ", "chosen:")

    def chooses(self, arrow, wanted):
        """Presses an arrow until a node is chosen."""
        node = self.node()
        while node != wanted:
            before = node
            self.type(arrow)
            self.until("another node", lambda: self.node() not in ("", before))
            node = self.node()

    def node(self):
        return next((line.split("node ")[1] for line in self.frame() if line.startswith("chosen:")), "")

    def begins(self, command="auscult top"):
        self.forget()
        self.type(command.replace("auscult", AUSCULT, 1) + "\n")
        self.sees(f"chosen: {RUN}, machine fan, node judge")

    def has_prompt(self, why):
        """The shell has its terminal back, as it was."""
        self.until(f"the prompt after {why}", lambda: "\x1b[?1049l" in self.text and self.text.rstrip().endswith("ready>"))
        screen = self.text.split("\x1b[?1049l")[-2]
        if "\x1b[?25h" not in screen:
            sys.exit(f"wrong: the cursor stays hidden after {why}")
        self.forget()
        self.type("echo code=$?; stty -a\n")
        self.until("the settings", lambda: re.search(r"code=\d[\s\S]*-?\becho\b[\s\S]*ready>", self.text))
        for setting in ["icanon", "echo", "iexten", "isig"]:
            if not re.search(rf"[^-]\b{setting}\b", self.text) or f"-{setting} " in self.text:
                sys.exit(f"wrong: {setting} is off after {why}\n{self.text}")
        return int(re.search(r"code=(\d+)", self.text).group(1))

    def child(self):
        """The program that the shell runs."""
        children = open(f"/proc/{self.pid}/task/{self.pid}/children").read().split()
        return int(children[-1])


def expect(value, wanted, text):
    if value != wanted:
        sys.exit(f"wrong: {text} is {value!r}, not {wanted!r}")


def generation():
    outcome = subprocess.run([AUSCULT, "status", RUN, "--json"], capture_output=True, text=True, timeout=LIMIT)
    return json.loads(outcome.stdout)["generation"]


# What it shows.
shell = Shell()
shell.until("the prompt", lambda: shell.text.endswith("ready> "))
shell.begins()
lines = shell.sees(" alarm ")
expect(lines[0], "1 run, 1 machine, 1 alarm", "the first line")
expect(len(lines), 24, "the number of lines")
if not any(line.startswith("> fan ") and "[over the threshold]" in line for line in lines):
    sys.exit(f"wrong: the machine's line: {lines}")
if "\x1b[31malarm" not in shell.text:
    sys.exit("wrong: an alarm is not red")
shell.ends("?", "Only y does it.")

# A swap: its plan first, and nothing without y.
first = generation()
shell.presses("w", "swap judge")
shell.presses("learn=9s", "learn=9s_")
shell.presses("\x7f\x7f0.7s", "learn=0.7s_")
lines = shell.presses("\r", "Do it?")
if not any(re.match(r"judge +detector.level +re-warmed", line) for line in lines):
    sys.exit(f"wrong: the plan: {lines}")
shell.presses("n", "chosen:")
expect(generation(), first, "the generation after a plan")
shell.presses("w", "swap judge")
shell.presses("learn=0.7s\r", "Do it?")
shell.ends("y", "exchange at frame position")
expect(generation(), first + 1, "the generation after the swap")
shell.presses("b", "Do it?")
shell.ends("y", "frame position")

# A parameter of another node, which the arrows choose.
shell.chooses("\x1b[C", "louder")
shell.presses("s", "set louder")
shell.ends("nonsense\r", "is not of the form key=value")
shell.presses("s", "set louder")
shell.ends("gain=loud\r", "nothing was changed")
shell.presses("s", "set louder")
shell.ends("gain=\"it's\"\r", "set louder gain=it's")
shell.presses("s", "set louder")
lines = shell.presses("gain=0.5\r", "Do it?")
if not any(re.match(r"louder +gain +retuned", line) for line in lines):
    sys.exit(f"wrong: the plan: {lines}")
shell.ends("y", "exchange at frame position")
shell.presses("s", "set louder")
shell.presses("\x1b", "chosen:")

# A candidate, which ends.
shell.chooses("\x1b[D", "judge")
shell.presses("h", "candidate for judge")
shell.presses("learn=0.6s\r", "Do it?")
shell.presses("y", "the candidate runs in the shadow of judge")
shell.presses(" ", "a candidate runs in the shadow")
shell.presses("d", "Do it?")
shell.ends("y", "the candidate has ended")
shell.ends("p", "nothing was changed")

# Other sizes.
for rows, columns in [(30, 120), (8, 50), (24, 80)]:
    shell.forget()
    shell.size(rows, columns)
    shell.until("a frame of the new size", lambda: len(shell.frame()) == rows)
    shell.sees("chosen:" if rows > 8 else "> fan")

# In a small terminal, what is asked comes before the table.
shell.forget()
shell.size(4, 40)
shell.until("a frame of the new size", lambda: len(shell.frame()) == 4)
shell.presses("w", "swap judge")
shell.presses("learn=0.7s", "learn=0.7s_")
lines = shell.presses("\r", "Do it?")
if not any("more lines: make it larger" in line for line in lines):
    sys.exit(f"wrong: a plan that is cut does not say so: {lines}")
shell.presses("n", "> fan")
shell.forget()
shell.size(24, 80)
shell.sees("chosen:")

# Keys that are typed while a plan is made do not agree to it.
first = generation()
shell.forget()
shell.type("bsy")
shell.sees("y_")
shell.presses("yy", "yyy_")
shell.presses("\x1b", "Do it?")
shell.presses("n", "chosen:")
expect(generation(), first, "the generation after a plan that was typed over")

# Every way out.
shell.forget()
shell.type("\x1a")
shell.has_prompt("Ctrl-Z")
shell.forget()
shell.type("fg\n")
shell.sees("chosen:")
shell.forget()
shell.type("q")
expect(shell.has_prompt("q"), 0, "the exit status after q")
for name, way, code in [
    ("Ctrl-C", lambda: shell.type("\x03"), 130),
    ("SIGTERM", lambda: os.kill(shell.child(), signal.SIGTERM), 143),
    ("SIGHUP", lambda: os.kill(shell.child(), signal.SIGHUP), 129),
]:
    shell.begins()
    shell.forget()
    way()
    expect(shell.has_prompt(name), code, f"the exit status after {name}")

# Without colours, and without a terminal.
shell.begins("NO_COLOR=1 auscult top")
if re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", shell.text):
    sys.exit("wrong: there are colours in spite of NO_COLOR")
shell.forget()
shell.type("q")
shell.has_prompt("q")
outcome = subprocess.run([AUSCULT, "top"], capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
expect(outcome.returncode, 0, "the exit status without a terminal")
if "\x1b" in outcome.stdout or not outcome.stdout.startswith("1 run, ") or max(map(len, outcome.stdout.split("\n"))) > 80:
    sys.exit(f"wrong: without a terminal: {outcome.stdout!r}")

# A run that does not answer.
pid = int(open(f"{os.environ['XDG_RUNTIME_DIR']}/auscult/{RUN}.lock").readline())
os.kill(pid, signal.SIGSTOP)
try:
    for name in [[], [RUN]]:
        outcome = subprocess.run([AUSCULT, "top", "--once", *name], capture_output=True, text=True, timeout=LIMIT)
        expect(outcome.returncode, 0, "the exit status")
        if not any(line.startswith(RUN[:20]) and "does not answer" in line for line in outcome.stdout.split("\n")):
            sys.exit(f"wrong: a run that does not answer: {outcome.stdout!r}")
finally:
    os.kill(pid, signal.SIGCONT)

# The run that was asked for ends.
shell.begins(f"auscult top {RUN}")
shell.forget()
subprocess.run([AUSCULT, "stop", RUN], check=True, timeout=LIMIT, capture_output=True)
expect(shell.has_prompt("the end of the run"), 1, "the exit status after the run's end")
shell.type("exit\n")
os.waitpid(shell.pid, 0)
print("all keys work")
