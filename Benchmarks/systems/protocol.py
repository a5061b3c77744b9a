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
    """Tokens of all recordings one after the other, and the recording of each."""
    parts = [front_end(path) for path, _ in files]
    owner = np.concatenate([np.full(len(part), index) for index, part in enumerate(parts)])
    return np.concatenate(parts), owner


def areas(files, scores, owner):
    """Areas under the ROC curve over slices, and over recordings by the mean of their scores."""
    labels = np.array([label != "normal" for _, label in files])
    means = np.array([scores[owner == index].mean() for index in range(len(files))])
    return roc_auc_score(labels[owner], scores), roc_auc_score(labels, means)


def accuracies(files, probability, names, owner):
    """Accuracy over slices, and over recordings by majority vote; among equals the first by name, as in `evaluate`."""
    truth = np.array([names.index(label) for _, label in files])
    found = probability.argmax(1)
    votes = np.stack([np.bincount(found[owner == index], minlength=len(names)) for index in range(len(files))])
    return (found == truth[owner]).mean(), (votes.argmax(1) == truth).mean()


def anomaly_task(data, task, front_end):
    """Normal tokens for training; recordings, tokens and owners for testing."""
    normal, _ = tokens(recordings(data, task, "train"), front_end)
    files = recordings(data, task, "test")
    return (normal, files, *tokens(files, front_end))


def class_task(data, task, front_end):
    """Tokens for training and their classes, the classes' names; recordings, tokens and owners for testing."""
    train = recordings(data, task, "train")
    x, owner = tokens(train, front_end)
    names = sorted({label for _, label in train})
    classes = np.array([names.index(train[index][1]) for index in owner])
    files = recordings(data, task, "test")
    return (x, classes, names, files, *tokens(files, front_end))


def standardized(train, test):
    """`scale: standard`: every value minus its mean, divided by its deviation; constant values by 1."""
    mean, deviation = train.astype(np.float64).mean(0), train.astype(np.float64).std(0)
    deviation[deviation == 0] = 1
    return [((x - mean) / deviation).astype(np.float32) for x in (train, test)]


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
