"""The random numbers of Auscult's seeds: with the same seed both sides start with the same weights and take tokens in
the same order, so that the luck of a seed with a few dozen tokens does not look like a difference."""

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
# Auscult mixes this into a seed for the order of tokens.
ORDER = 0x6A09E667F3BCC908


class Draws:
    """SplitMix64 (Steele, Lea, Flood 2014)."""

    def __init__(self, seed):
        self.state = seed % 2 ** 64

    def unit(self, count):
        """Numbers in [0, 1)."""
        with np.errstate(over="ignore"):
            z = np.uint64(self.state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
        self.state = (self.state + count * GOLDEN) % 2 ** 64
        return (z >> np.uint64(11)).astype(np.float64) * 2.0 ** -53

    def uniform(self, shape, bound):
        return ((2 * self.unit(int(np.prod(shape))) - 1) * bound).astype(np.float32).reshape(shape)

    def permutation(self, count):
        """A permutation of 0 ... count - 1 (Fisher and Yates)."""
        order = np.arange(count)
        for last, unit in zip(range(count - 1, 0, -1), self.unit(max(0, count - 1))):
            other = min(last, int(unit * (last + 1)))
            order[last], order[other] = order[other], order[last]
        return order
