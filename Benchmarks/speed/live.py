"""The rows of live graphs, on a private JACK server without a sound card."""

import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from comparison import Comparison
from workshop import FRONT_END, ROOT, Failed, Missing

PATIENCE = 60


class Server:
    """A JACK server, and the programs that use it. All end with it."""

    def __init__(self, shop):
        self.shop, self.name = shop, f"auscult-speed-{os.getpid()}"
        self.environment = dict(shop.environment, JACK_DEFAULT_SERVER=self.name, XDG_RUNTIME_DIR=str(shop.folder))
        self.running = []

    def __enter__(self):
        for tool in ("jackd", "jack_lsp"):
            if not shutil.which(tool):
                raise Missing(f"{tool} is not installed")
        self.start("jackd", "-n", self.name, "-R", "-d", "dummy", "-r", "48000", "-p", "256")
        try:
            self.wait(lambda: self.ends_well("jack_lsp"), "the JACK server does not answer")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *unused):
        self.end()

    def start(self, *command):
        log = self.shop.folder / f"{pathlib.Path(command[0]).name}.log"
        with open(log, "ab") as file:
            process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                       cwd=self.shop.folder, env=self.environment)
        self.running.append(process)
        return process

    def ends_well(self, *command):
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, cwd=self.shop.folder, env=self.environment, timeout=30,
                              check=False)
        return done.returncode == 0

    @staticmethod
    def wait(condition, words):
        last = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > last:
                raise Failed(words)
            time.sleep(0.05)

    def end(self, *processes):
        """Ends programs, the last one first; without arguments, all."""
        for process in reversed(processes or tuple(self.running)):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            self.running.remove(process)

    def start_machine(self):
        machine = self.start(self.shop.auscult, "run", ROOT / "graphs/simulator.yaml", "--name", "speed-machine")
        self.wait(lambda: self.position("speed-machine") > 0, "the simulator does not run")
        return machine

    def position(self, name):
        done = subprocess.run([str(self.shop.auscult), "status", name, "--json"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env=self.environment, timeout=30, check=False)
        try:
            return json.loads(done.stdout)["position"]
        except (ValueError, KeyError):
            return 0

    def resident(self, process):
        """Bytes in memory of a running program."""
        if process.poll() is not None:
            raise Failed(f"{process.args[0]} ended too early: {self.shop.folder}")
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        return 1024 * int(status.split("VmRSS:")[1].split()[0])


def watching(server, graph, name, *more):
    """Starts a watch, and waits until it has heard a second of sound."""
    watch = server.start(server.shop.auscult, "run", graph, "--name", name, "--quiet", *more)
    server.wait(lambda: watch.poll() is not None or server.position(name) > 48000, f"{name} does not run")
    return watch


def first_cycle(shop):
    """A record's time less its position is the time of position 0."""
    log = shop.folder / "start.jsonl"

    def measure():
        log.unlink(missing_ok=True)
        with Server(shop) as server:
            machine = server.start_machine()
            shop.spend(shop.auscult, "check", ROOT / "graphs/watch.yaml")  # reads the program into memory
            begin = time.time()
            watch = server.start(
                shop.auscult, "run", ROOT / "graphs/watch.yaml", "--name", "speed-watch", "--duration", "4s", "--set",
                "judge.learn=0.1s", "--set", "mic.connect=speed-machine:speaker", "--set", f"log.path={log}")
            server.wait(lambda: watch.poll() is not None, "the watch does not end")
            server.end(machine)
        with open(log, encoding="utf-8") as file:
            record = next((record for record in map(json.loads, file) if record["kind"] == "score"), None)
        if not record:
            raise Failed("the watch yields no score: the computer is too busy")
        seen = datetime.datetime.fromisoformat(record["time"]).timestamp()
        return seen - record["end"] / record["rate"] - begin

    return Comparison(
        "first cycle", "from the command to the first cycle, watch.yaml", "ms", 1e3, measure, goal=50, cores=2)


def watch_memory(shop):
    client = shop.folder / "empty-client"

    def measure():
        with Server(shop) as server:
            if not client.exists():
                flags = subprocess.run(["pkg-config", "--cflags", "--libs", "jack"], capture_output=True, text=True,
                                       check=True).stdout.split()
                shop.spend("cc", "-O2", "-o", client, ROOT / "Benchmarks/empty-client.c", *flags)
            server.start_machine()
            empty = server.start(client, "speed-empty", "speed-machine:speaker")
            watch = watching(server, ROOT / "graphs/watch.yaml", "speed-watch", "--set",
                             "mic.connect=speed-machine:speaker", "--set", f"log.path={shop.folder / 'watch.jsonl'}")
            return server.resident(watch) - server.resident(empty)

    return Comparison("watch memory", "resident memory of watch.yaml beyond an empty JACK client's", "MiB", 1 / 2**20,
                      measure, goal=30, cores=2)


def sink_memory(shop):
    """A watch of 64 machines with sink.jsonl beside one with sink.null."""
    names = ", ".join(f"m{index:02d}" for index in range(64))
    ports = ", ".join(64 * ['"speed-machine:speaker"'])
    nodes = (f"  mic: {{ type: source, channels: 64, machines: [{names}], connect: [{ports}] }}\n" + FRONT_END
             + "  frames: { type: slicer, length: 0.1 s }\n  judge: { type: detector.bands, learn: 0.5 s }\n")
    path = "mic -> stft -> mel -> level -> frames -> judge -> log"
    graphs = (shop.graph("with-log", nodes + "  log: { type: sink.jsonl, path: many.jsonl }\n", path),
              shop.graph("without-log", nodes + "  log: { type: sink.null }\n", path))

    def measure():
        with Server(shop) as server:
            server.start_machine()
            found = []
            for graph in graphs:
                watch = watching(server, graph, "speed-many")
                server.wait(lambda: watch.poll() is not None or server.position("speed-many") > 4 * 48000,
                            "the watch does not run")
                found.append(server.resident(watch))
                server.end(watch)
            return found[0] - found[1]

    return Comparison(
        "sink.jsonl live", "resident memory of sink.jsonl at 64 machines, beside sink.null", "MiB", 1 / 2**20, measure,
        goal=4, cores=2)


ALL = {"first cycle": first_cycle, "watch memory": watch_memory, "sink.jsonl live": sink_memory}
