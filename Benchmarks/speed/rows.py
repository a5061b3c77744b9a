"""The rows of files: what is measured, and against what."""

import json
import statistics

from comparison import Baseline, Comparison, ratios, summary
from workshop import FRONT_END, LOOP, ROOT, Failed, Missing, column, cores, scores

DENSE = "detector.autoencoder, layers: 128 128 128 128 8 128 128 128 128, output: linear"
BRIEFLY = "epochs: 1, patience: 0, validation: 0 %, scale: standard"
MIC, OUT = "  mic: { type: source }\n", "  out: { type: sink.null }\n"
DOWN = "  down: { type: resample, rate: 16 kHz }\n"
HOP, RATE, MACHINES = 512, 16000, 32


def extra(shop, graph, period, rate, long, without=None):
    """CPU seconds that `long` seconds of sound take beyond the start: a long run less a short one. `without`: a graph
    whose cost is not wanted."""
    sounds = shop.sound(rate, long + LOOP), shop.sound(rate, LOOP)
    costs = [shop.run(each, period, sounds[0]) - shop.run(each, period, sounds[1])
             for each in (graph, without) if each]
    return costs[0] - sum(costs[1:])


def mel(shop):
    long, period = 300 if shop.quick else 600, 256
    whole = shop.sound(RATE, long)
    graph = shop.graph("mel", MIC + FRONT_END + OUT, "mic -> stft -> mel -> level -> out")

    def level():
        array = "  out: { type: sink.npy, path: levels.npy, append: false }\n"
        shop.run(shop.graph("levels", MIC + FRONT_END + array, "mic -> stft -> mel -> level -> out"), period, whole)
        values = column(shop.folder / "levels.npy", 40, 128)
        return sum(values) / len(values)

    def theirs(figures):
        return figures["cpu_s"], figures["level"]

    return Comparison(
        "mel levels", f"mel levels at 16 kHz, periods of {period}", "µs a frame", 1e6 * HOP / RATE / long,
        lambda: extra(shop, graph, period, RATE, long), [
            Baseline("bare C", 1.15, lambda: theirs(shop.bare("mel", whole, period))),
            Baseline("kaldi-native-fbank", 1 / 8, lambda: theirs(shop.peer("kaldi-mel", whole, "--period", period))),
            Baseline("librosa, one call", 1 / 5, lambda: theirs(shop.peer("librosa-mel", whole))),
        ], result=level)


def judged(shop, name, judge, rows, *, rate=48000, machines=1, ends=None):
    """A graph from sound to a detector's scores for each analysis frame, trained. `ends`: another end than nothing."""
    names = ", ".join(f"m{index:02d}" for index in range(machines))
    nodes = (f"  mic: {{ type: source, channels: {machines}, machines: [{names}] }}\n"
             + (DOWN if rate > RATE else "") + FRONT_END
             + f"  frames: {{ type: slicer, length: {rows}, hop: 1 }}\n"
             + f"  judge: {{ type: {judge}, {BRIEFLY}, model: {name}.safetensors }}\n")
    path = f"mic -> {'down -> ' if rate > RATE else ''}stft -> mel -> level -> frames -> judge -> out"
    graph = shop.graph(name, nodes + OUT, path)
    shop.model(graph, shop.sound(rate, LOOP, machines))
    return graph if ends is None else shop.graph(f"{name}-{ends[0]}", nodes + ends[1], path, *ends[2:])


def logged(name):
    """An end that writes the scores, and the tokens before them."""
    return ("log", f"  out: {{ type: sink.jsonl, path: {name}.jsonl, append: false }}\n"
            f"  tokens: {{ type: sink.npy, path: {name}.npy, append: false }}\n", "frames -> tokens")


def mean_score(shop, name, judge, rows, sound, rate=48000):
    shop.run(judged(shop, name, judge, rows, rate=rate, ends=logged(name)), 1024, sound)
    return statistics.fmean(scores(shop.folder / f"{name}.jsonl"))


def chain(shop):
    long, period = 60 if shop.quick else 120, 64
    whole = shop.sound(48000, long)
    model = shop.folder / "chain.safetensors"
    graph = judged(shop, "chain", DENSE, 5)

    def bare():
        figures = shop.bare("chain", whole, period, shop.exported(model, ".f32", "--raw"))
        return figures["cpu_s"], figures["score"]

    def python():
        network = shop.exported(model, ".onnx", "--rows", 5)
        figures = shop.peer("chain", whole, "--period", period, "--model", model, "--onnx", network)
        return figures["cpu_s"], figures["score"]

    return Comparison(
        "sound to score", f"48 kHz to an autoencoder's score for each frame, periods of {period}", "µs a frame",
        1e6 * HOP / RATE / long, lambda: extra(shop, graph, period, 48000, long),
        [Baseline("bare C", 1.1, bare), Baseline("numpy with ONNX Runtime", 1 / 8, python)],
        result=lambda: mean_score(shop, "chain", DENSE, 5, whole))


def resample(shop, period):
    long = 60 if shop.quick else 120
    whole = shop.sound(48000, long)
    graph = shop.graph("down", MIC + DOWN + OUT, "mic -> down -> out")
    nothing = shop.graph("nothing", MIC + OUT, "mic -> out")

    def libsoxr():
        return shop.bare("resample", whole, period)["cpu_s"], None

    return Comparison(
        f"resampling, periods of {period}", f"48 to 16 kHz, periods of {period}, the node alone", "ns a period",
        1e9 * period / 48000 / long, lambda: extra(shop, graph, period, 48000, long, nothing),
        [Baseline("libsoxr", 1.0, libsoxr)])


def many(shop):
    long, short, period = 6 if shop.quick else 22, 2, 64
    together, alone = judged(shop, "many", DENSE, 5, machines=MACHINES), judged(shop, "one", DENSE, 5)

    def each(seconds):
        return [shop.sound(48000, seconds, 1, index) for index in range(MACHINES)]

    def ours():
        return (shop.run(together, period, shop.sound(48000, long, MACHINES))
                - shop.run(together, period, shop.sound(48000, short, MACHINES)))

    def theirs():
        return shop.run(alone, period, *each(long)) - shop.run(alone, period, *each(short)), None

    return Comparison(
        f"{MACHINES} machines", f"{MACHINES} machines in one graph, with {MACHINES} models", "ms a second of sound",
        1e3 / (long - short), ours, [Baseline(f"{MACHINES} graphs, one after the other", 0.45, theirs)])


def gains(shop, count):
    names = [f"g{index}" for index in range(count)]
    nodes = "".join(f"  {name}: {{ type: gain, gain: 0 dB }}\n" for name in names)
    return shop.graph(f"gains{count}", MIC + nodes + OUT, " -> ".join(["mic", *names, "out"]))


def nodes(shop):
    long, period = 60 if shop.quick else 120, 64
    graphs = gains(shop, 101), gains(shop, 1)
    return Comparison(
        "node and cycle", f"a node and cycle of {period} frames, its 64 multiplications included, by `run`", "ns",
        1e9 * period / 48000 / long / 100, lambda: extra(shop, graphs[0], period, 48000, long, graphs[1]), goal=26)


def bench(shop, graph, period, figure):
    seconds = 10 if shop.quick else 60
    report = json.loads(shop.spend(
        shop.auscult, "bench", graph, "--period", period, "--seconds", seconds, "--json")[2])
    if figure not in report:
        raise Missing(f"`auscult bench` gives no {figure}")
    return report[figure]


def nodes_by_bench(shop):
    graph = gains(shop, 101)
    return Comparison(
        "node and cycle by bench", "a node and cycle of 64 frames beyond the node's own time, by `bench`", "ns", 1,
        lambda: bench(shop, graph, 64, "overhead_ns_per_node_and_cycle"), goal=20)


def agreement(shop):
    """What `bench` says that a run costs, against `run` itself."""
    long, period = 60 if shop.quick else 120, 64
    graph = gains(shop, 101)

    def ours():
        return bench(shop, graph, period, "run_ns_per_cycle") * 1e-9 * 48000 * long / period

    return Comparison(
        "bench against run", "101 gains in periods of 64, the cost of a run by `bench`", "ns a cycle",
        1e9 * period / 48000 / long, ours,
        [Baseline("`run`", 1.3, lambda: (extra(shop, graph, period, 48000, long), None))])


def worst_cycle(shop):
    """Every change makes all nodes from `stft` on anew; the old and the new ones then run side by side."""
    seconds = 60 if shop.quick else 600

    def measure():
        report = json.loads(shop.spend(
            shop.auscult, "bench", ROOT / "graphs/watch.yaml", "--set", "judge.learn=0.5s", "--swap",
            "stft.window=hamming", "--period", 64, "--seconds", seconds, "--json")[2])
        if report["given_up"]:
            raise Failed(f"{report['given_up']} changes were given up")
        return report["all"]["p9999_of_period"]

    return Comparison(
        "worst cycle", f"99.99 % of the cycles of watch.yaml, 64 frames, {seconds} s of sound, changed all the time",
        "% of the period", 100, measure, goal=25)


def front_end_by_bench(shop, period):
    return Comparison(
        f"bench {period}", f"Benchmarks/chain.yaml, periods of {period}, by `bench`", "times real time", 1,
        lambda: bench(shop, ROOT / "Benchmarks/chain.yaml", period, "realtime_factor"))


def inference(shop, name, judge, rows, title, long):
    """A network alone: what a graph with it takes beyond the same graph without it. `long`: seconds of sound."""
    long = long // 2 if shop.quick else long
    whole = shop.sound(RATE, long)
    model = shop.folder / f"{name}.safetensors"
    graph = judged(shop, name, judge, rows, rate=RATE)
    frames = f"  frames: {{ type: slicer, length: {rows}, hop: 1 }}\n"
    path = "mic -> stft -> mel -> level -> frames -> out"
    without = shop.graph(f"{name}-without", MIC + FRONT_END + frames + OUT, path)

    def score():
        return mean_score(shop, name, judge, rows, whole, RATE)

    def onnx(batch):
        if not (shop.folder / f"{name}.npy").exists():
            score()
        network = shop.exported(model, ".onnx", "--rows", rows)
        figures = shop.peer("onnx", f"{name}.npy", "--model", model, "--onnx", network, "--batch", batch)
        # The cost of as many tokens as ours has in `long` seconds.
        return figures["cpu_s"] / figures["tokens"] * long * RATE / HOP, figures["score"]

    return Comparison(
        title, f"{title}, {rows} x 128 values", "µs a token", 1e6 * HOP / RATE / long,
        lambda: extra(shop, graph, 1024, RATE, long, without),
        [Baseline("ONNX Runtime, a token a call", 1.0, lambda: onnx(1)),
         Baseline("ONNX Runtime, 16 tokens a call", None, lambda: onnx(16))], result=score)


def kmeans_graph(shop, name, clusters, ends=OUT, *links):
    judge = f"  judge: {{ type: detector.kmeans, clusters: {clusters}, model: {name}.safetensors }}\n"
    return shop.graph(name, MIC + FRONT_END + judge + ends, "mic -> stft -> mel -> level -> judge -> out", *links)


def hour(shop):
    graph = kmeans_graph(shop, "hour", 8)
    shop.model(graph, shop.machine(60))
    whole = shop.sound(RATE, 3600)
    return Comparison(
        "hour", "an hour of 16 kHz sound through mel and k-means, reading and start included", "s", 1,
        lambda: shop.run(graph, 1024, whole), goal=0.4)


class KMeansTraining:
    """What eight clusters take beyond one: reading and the front end are not in it."""

    def __init__(self, shop):
        self.shop = shop
        self.sound = shop.machine(120 if shop.quick else 600)
        self.graphs = [kmeans_graph(shop, f"kmeans-training-{clusters}", clusters) for clusters in (8, 1)]

    def train(self, graph):
        output = graph.with_suffix(".safetensors")
        return self.shop.spend(
            self.shop.auscult, "train", graph, "--normal", self.shop.normal(self.sound), "--output", output,
            "--held-out", "0", "--threshold", "0", "--quiet")[:2]

    def spend(self, count):
        with cores(count):
            many, one = self.train(self.graphs[0]), self.train(self.graphs[1])
        return many[0] - one[0], many[1] - one[1]

    def model(self):
        model = self.graphs[0].with_suffix(".safetensors")
        if not model.exists():
            self.train(self.graphs[0])
        return model

    def judge(self):
        """Writes the tokens, and gives the sum of squared distances to the nearest centre."""
        self.model().rename(self.shop.folder / "kmeans-judged.safetensors")
        ends = ("  out: { type: sink.jsonl, path: kmeans.jsonl, append: false }\n"
                "  tokens: { type: sink.npy, path: kmeans.npy, append: false }\n")
        graph = kmeans_graph(self.shop, "kmeans-judged", 8, ends, "level -> tokens")
        self.shop.run(graph, 1024, self.sound)
        return sum(score * score for score in scores(self.shop.folder / "kmeans.jsonl"))

    def scikit_learn(self):
        if not (self.shop.folder / "kmeans.npy").exists():
            self.judge()
        figures = self.shop.peer("kmeans", "kmeans.npy", "--model", self.shop.folder / "kmeans-judged.safetensors")
        return figures["cpu_s"], figures["inertia"]


def kmeans_training(shop):
    work = KMeansTraining(shop)
    # Other random starts end in other minima.
    return Comparison(
        "k-means training", "k-means training, 8 clusters, 10 starts, one thread", "s", 1, lambda: work.spend(1)[0],
        [Baseline("scikit-learn", 1.0, work.scikit_learn)], result=work.judge, tolerance=0.02)


def kmeans_threads(shop):
    work = KMeansTraining(shop)
    return Comparison(
        "k-means, two threads, elapsed", "k-means training, 8 clusters, 10 starts, two threads, elapsed time", "s", 1,
        lambda: work.spend(2)[1], [Baseline("one thread", 0.55, lambda: (work.spend(1)[1], None))], cores=2)


def training(shop, rounds):
    """Rows of training steps: Benchmarks/training/measure.py alternates by itself."""
    script = ROOT / "Benchmarks/training/measure.py"
    if not any(shop.python().parents[1].glob("lib*/python*/site-packages/torch")):
        raise Missing("PyTorch is not installed: Benchmarks/baselines/set-up FOLDER --pytorch")
    with cores(1):
        report = json.loads(shop.spend(shop.python(), script, "--products", shop.auscult.parent, "--turns", rounds,
                                       "--cases", "A" if shop.quick else "A,D,E", "--json")[2])
    shop.versions["torch"] = report["version"]
    found = []
    for case in report["cases"]:
        ours, theirs = ([1e3 * turn[index] for turn in case["turns"]] for index in (0, 1))
        found.append({"name": "training steps", "label": f"training step, system {case['name']}",
                      "work": f"a training step, network of system {case['name']}", "unit": "ms",
                      "ours": summary(ours)} | ratios("PyTorch", case["most"], ours, theirs))
    return found


def records_memory(shop):
    """Memory of sink.jsonl, as `auscult check` gives it."""
    names = ", ".join(f"m{index:02d}" for index in range(64))
    nodes = (f"  mic: {{ type: source, channels: 64, machines: [{names}] }}\n" + FRONT_END
             + "  frames: { type: slicer, length: 0.5 s, hop: 0.2 s }\n  judge: { type: detector.bands }\n"
             "  log: { type: sink.jsonl, path: memory.jsonl }\n")
    graph = shop.graph("memory", nodes, "mic -> stft -> mel -> level -> frames -> judge -> log")

    def memory():
        report = json.loads(shop.spend(shop.auscult, "check", graph, "--json")[2])
        for node in report["files"][0]["nodes"]:
            if node["name"] == "log":
                return node["memory"]
        raise Missing("`auscult check` gives no memory of sink.jsonl")

    return Comparison("sink.jsonl", "memory of sink.jsonl at 64 machines, by `check`", "MiB", 1 / 2**20, memory, goal=4)


CONV = "detector.convae, channels: 8 16, output: linear"
WIDE = "detector.convae, channels: 32 64 128, output: linear"
LSTM = "detector.lstmae, hidden: 64, code: 32"

ALL = {
    "mel": mel,
    "chain": chain,
    "resample 64": lambda shop: resample(shop, 64),
    "resample 256": lambda shop: resample(shop, 256),
    "machines": many,
    "node": nodes,
    "node by bench": nodes_by_bench,
    "bench against run": agreement,
    "worst cycle": worst_cycle,
    "dense": lambda shop: inference(shop, "dense", DENSE, 5, "dense autoencoder 128 x 4, 8, 128 x 4", 600),
    "convolutions": lambda shop: inference(shop, "convolutions", CONV, 51, "convolutional autoencoder 8, 16", 60),
    "wide convolutions": lambda shop: inference(
        shop, "wide-convolutions", WIDE, 128, "convolutional autoencoder 32, 64, 128", 20),
    "lstm": lambda shop: inference(shop, "lstm", LSTM, 51, "LSTM autoencoder 64, 32", 60),
    "hour": hour,
    "k-means training": kmeans_training,
    "k-means threads": kmeans_threads,
    "sink.jsonl": records_memory,
    "bench 64": lambda shop: front_end_by_bench(shop, 64),
    "bench 256": lambda shop: front_end_by_bench(shop, 256),
    "bench 1024": lambda shop: front_end_by_bench(shop, 1024),
}
