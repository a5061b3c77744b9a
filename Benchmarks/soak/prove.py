#!/usr/bin/env python3
"""Proves from the records of a watch that no second is unaccounted for and that no line was lost or broken.

    prove.py --control FILE... --log FILE... [--machines one,two] [--deaf 3]

From a machine's first score on (before, its detector learns, as `status` shows), every stretch of its sound must be
scored (a score covers it), marked as lost (a gap record covers it) or marked as not heard (a deaf record, or a score
with the flag `silent`). The rest must be too short to fill a slice after a restart: a slice, a hop, and 0.1 s for
resampling and windows. The log must hold every line of the control, except those that its own gap records
(cause `sink`) report as lost, and no line twice.

Exit status: 0 if all of this holds, else 1, with a list of faults.
"""
import argparse
import collections
import json
import statistics
import sys


def read(paths):
    """All records of some files, in order, and the faults of their lines."""
    records, faults = [], []
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        if content and not content.endswith(b"\n"):
            faults.append(f"{path}: the last line is not ended")
        for number, line in enumerate(content.splitlines(), start=1):
            try:
                record = json.loads(line)
                record["kind"], record["begin"], record["end"]
                records.append(record)
            except (ValueError, KeyError, TypeError):
                faults.append(f"{path}:{number}: not a record: {line[:80]!r}")
    return records, faults


def key(record):
    """The identity of a record; `time` may differ by a step of the clock between two sinks."""
    return json.dumps({name: value for name, value in record.items() if name != "time"}, sort_keys=True)


def spans_of(records, machine):
    """(begin, end) of everything that accounts for a machine's sound."""
    spans, deaf_since = [], None
    for record in records:
        if record["kind"] == "gap" and record.get("cause") != "sink":
            spans.append((record["begin"], record["end"]))
        if record.get("machine") != machine:
            continue
        if record["kind"] == "score":
            spans.append((record["begin"], record["end"]))
        if record["kind"] == "deaf":
            if record["state"] == "begun":
                deaf_since = record["begin"]
            elif deaf_since is not None:
                spans.append((deaf_since, record["end"]))
                deaf_since = None
    if deaf_since is not None:
        spans.append((deaf_since, max((record["end"] for record in records), default=0)))
    return sorted(spans)


def uncovered(spans):
    """The stretches between the first span's begin and the last span's end without any span."""
    holes, reached = [], None
    for begin, end in spans:
        if reached is not None and begin > reached:
            holes.append((reached, begin))
        reached = end if reached is None else max(reached, end)
    return holes


def check_coverage(records, machine, rate):
    scores = [(r["begin"], r["end"]) for r in records if r["kind"] == "score" and r.get("machine") == machine]
    if not scores:
        return [f"{machine}: it was never judged"]
    spans = [span for span in spans_of(records, machine) if span[1] > scores[0][0]]
    extent = statistics.median(end - begin for begin, end in scores)
    hop = statistics.median(right[0] - left[0] for left, right in zip(scores, scores[1:]))
    most = extent + hop + 0.1 * rate
    return [
        f"{machine}: frames {begin} to {end} ({(end - begin) / rate:.2f} s) are neither judged nor marked"
        for begin, end in uncovered(spans)
        if end - begin > most
    ]


def check_deafness(records, machine, rate, deaf_seconds):
    """A run of silent scores longer than `deaf` must lie in a stretch that is marked as deaf."""
    deaf = []
    for record in records:
        if record["kind"] == "deaf" and record.get("machine") == machine:
            if record["state"] == "begun":
                deaf.append([record["begin"], float("inf")])
            elif deaf:
                deaf[-1][1] = record["end"]
    faults, since, until = [], None, None
    scores = [r for r in records if r["kind"] == "score" and r.get("machine") == machine]
    for record in scores + [None]:
        is_silent = record is not None and "silent" in record["flags"]
        if is_silent and since is not None and record["begin"] > until:
            since = None
        if is_silent:
            since = record["begin"] if since is None else since
            until = record["end"]
            continue
        if since is not None and until - since > (deaf_seconds + 1) * rate:
            if not any(begin < until and end > since for begin, end in deaf):
                faults.append(f"{machine}: frames {since} to {until} are silent, and no record says `deaf`")
        since = None
    return faults


def check_log(control, log):
    """Compares the log with the control, line by line."""
    lost = [(r["begin"], r["end"]) for r in log if r["kind"] == "gap" and r.get("cause") == "sink"]
    have = collections.Counter(key(record) for record in log)
    faults = [f"doubled in the log: {text[:160]}" for text, count in have.items() if count > 1]
    missing = 0
    for record in control:
        if have[key(record)] or record["kind"] == "clock":
            continue
        missing += 1
        if not any(begin <= record["end"] and record["begin"] <= end for begin, end in lost):
            faults.append(f"lost from the log without a mark: {key(record)[:160]}")
    return faults, missing


def check_order(records):
    faults, end, generation = [], None, 0
    for record in records:
        if record["kind"] != "score":
            continue
        if end is not None and record["end"] < end:
            faults.append(f"out of order: a score that ends at {record['end']} after one that ends at {end}")
        if record["generation"] < generation:
            faults.append(f"the generation went back from {generation} to {record['generation']} at {record['end']}")
        end, generation = record["end"], record["generation"]
    return faults


def prove(control_paths, log_paths, machines, deaf_seconds):
    """All faults, and a line with a summary of the proof."""
    control, faults = read(control_paths)
    log, broken = read(log_paths)
    faults += broken
    if not control:
        return faults + ["the control holds no record"], ""
    rate = control[0]["rate"]
    for machine in machines:
        faults += check_coverage(control, machine, rate)
        faults += check_deafness(control, machine, rate, deaf_seconds)
    faults += check_order(control)
    lines, missing = check_log(control, log)
    faults += lines
    kinds = collections.Counter(
        record["kind"] + ("/" + record["cause"] if record["kind"] in ("gap", "deaf") and "cause" in record else "")
        for record in control
    )
    seconds = (max(r["end"] for r in control) - min(r["begin"] for r in control)) / rate
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return faults, f"{seconds:.0f} s of sound, {len(control)} records ({counted}); {missing} marked as lost in the log"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--control", nargs="+", required=True)
    parser.add_argument("--log", nargs="+", required=True)
    parser.add_argument("--machines", default="one,two")
    parser.add_argument("--deaf", type=float, default=3)
    options = parser.parse_args()
    faults, words = prove(options.control, options.log, options.machines.split(","), options.deaf)
    for fault in faults[:40]:
        print(fault)
    if len(faults) > 40:
        print(f"... and {len(faults) - 40} more")
    print(words)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
