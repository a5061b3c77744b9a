"""Recordings, seeds and figures that all systems share."""

import csv
import pathlib
import sys

import numpy as np
from sklearn.metrics import roc_auc_score

SEEDS = (1, 2, 3)
ANOMALY = ("anomaly/bldc", "anomaly/fan_other", "anomaly/rain_22050")
CLASSIFY = ("classify/fsdd", "classify/esc10")
RESULTS = pathlib.Path(__file__).parent / "results"


def recordings(data, task, split):
    """Paths and labels of a task's recordings, in the manifest's order."""
    with open(pathlib.Path(data) / "manifest.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["task"] == task and row["split"] == split]
    return [(str(pathlib.Path(data) / row["file"]), row["label"]) for row in rows]


def tokens(files, front_end):
    """Tokens of all recordings one after the other, and which recording each comes from."""
    parts = [front_end(path) for path, _ in files]
    owner = np.concatenate([np.full(len(part), index) for index, part in enumerate(parts)])
    return np.concatenate(parts), owner


def areas(files, scores, owner):
    """Areas under the ROC curve over slices, and over recordings by the mean of their scores."""
    labels = np.array([label != "normal" for _, label in files])
    means = np.array([scores[owner == index].mean() for index in range(len(files))])
    return roc_auc_score(labels[owner], scores), roc_auc_score(labels, means)


def accuracies(files, probability, names, owner):
    """Accuracy over slices, and over recordings by majority vote (of equals the first by name), as `evaluate` counts."""
    truth = np.array([names.index(label) for _, label in files])
    found = probability.argmax(1)
    votes = np.stack([np.bincount(found[owner == index], minlength=len(names)) for index in range(len(files))])
    return (found == truth[owner]).mean(), (votes.argmax(1) == truth).mean()


def split(owner, share, seed):
    """Which tokens are for early stopping: those of a share of the recordings; of the tokens where there is one."""
    random = np.random.default_rng(seed)
    groups = np.unique(owner)
    if len(groups) == 1:
        count = max(1, round(share * len(owner)))
        chosen = np.zeros(len(owner), bool)
        chosen[random.permutation(len(owner))[:count]] = True
        return chosen
    count = max(1, round(share * len(groups)))
    return np.isin(owner, random.permutation(groups)[:count])


class Table:
    """results/<system>.csv: a row for each task, variant and seed."""

    def __init__(self, name):
        self.name = name
        self.rows = []

    def add(self, task, variant, seed, by_slice, by_file):
        self.rows.append([self.name, variant, task, seed, f"{by_slice:.4f}", f"{by_file:.4f}"])
        print(*self.rows[-1], flush=True)

    def write(self):
        RESULTS.mkdir(exist_ok=True)
        with open(RESULTS / f"{self.name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["system", "variant", "task", "seed", "slices", "files"])
            writer.writerows(self.rows)


def data_folder():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DATA")
    return sys.argv[1]
