"""river's half-space trees learn and judge a live graph.

    judge: { type: detector.process, command: [/usr/bin/python3, half_space_trees.py], threshold: 0.9 }
"""
import auscult
from river import anomaly, compose, preprocessing

trees = compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=0))
auscult.run(trees, prepare=lambda slice: slice.mean(axis=0))
