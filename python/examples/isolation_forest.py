"""scikit-learn's isolation forest, fitted at the start on arrays of normal sound, judges a live graph.

    judge: { type: detector.process, command: [/usr/bin/python3, isolation_forest.py, normal.npy] }
"""
import sys

import auscult
import numpy as np
from sklearn.ensemble import IsolationForest


def mean(slices):
    return slices.mean(axis=-2)


normal = np.load(sys.argv[1], allow_pickle=False)
forest = IsolationForest(random_state=0).fit(mean(normal))
auscult.run(forest, prepare=mean)
