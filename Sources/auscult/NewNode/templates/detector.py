"""@NAME@: the distance of a token's level from the usual one.

A token is what the node before yields: features (one row with a value for each band) or a slice (several rows). Its
level is the mean of its values; the score is how far that is from the usual level. The graph has the threshold.

To make a detector of your own, change `score`. It is called once for each token and machine, in the order of the sound.
"""
import auscult_program

# Of the simulated fan in check.yaml, in dB.
USUAL = -22.0


def score(values, rows, columns, machine):
    """How anomalous a token is: higher is worse.

    values: rows * columns floats, row by row, valid during the call; `numpy.asarray(values).reshape(rows, columns)` is
    an array of them. machine: 0 for the first channel of the sound.
    """
    return abs(sum(values) / len(values) - USUAL)


if __name__ == "__main__":
    auscult_program.serve(score)
