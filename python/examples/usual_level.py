"""A detector that learns live: how far the loudest band is from what it was in the first minute."""
import auscult
import numpy as np


class UsualLevel(auscult.Detector):
    threshold = 4.0

    def begin(self, stream):
        self.learns = int(60 * stream.tokens_per_second)
        self.heard = []

    def score(self, slice):
        loudest = float(slice.max())
        if len(self.heard) < self.learns:
            self.heard.append(loudest)
            return 0.0
        return abs(loudest - np.mean(self.heard)) / (np.std(self.heard) + 1e-6)


auscult.run(UsualLevel())
