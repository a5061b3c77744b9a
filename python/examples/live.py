"""Prints the scores of a live run. Usage: live.py RUN [COUNT]"""
import itertools
import sys

import auscult

with auscult.Run(sys.argv[1]) as run:
    scores = (item for item in run.subscribe(most=5) if item["kind"] == "score")
    for score in itertools.islice(scores, int(sys.argv[2]) if len(sys.argv) > 2 else None):
        print(score["machine"], score["begin"], score["score"], "over" if score.get("anomalous") else "", flush=True)
