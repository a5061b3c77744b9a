"""What a row is, and how its rounds are measured and summed up."""

import dataclasses
import statistics
from collections.abc import Callable

from workshop import Missing, cores

# Results that differ by more than this are not those of the same function.
TOLERANCE = 1e-3


@dataclasses.dataclass
class Baseline:
    """Something that the same work is done with. `measure` gives its cost, and its result if that is compared."""
    name: str
    goal: float | None
    measure: Callable[[], tuple[float, float | None]]


@dataclasses.dataclass
class Comparison:
    """A kind of work, with a short label and in full. `ours` gives what it costs, `result` what comes out of it, if
    that is compared.

    Costs are multiplied by `factor` to be in `unit`. Without baselines, `goal` is for the cost itself."""
    label: str
    work: str
    unit: str
    factor: float
    ours: Callable[[], float]
    baselines: list[Baseline] = dataclasses.field(default_factory=list)
    goal: float | None = None
    result: Callable[[], float] | None = None
    tolerance: float = TOLERANCE
    cores: int = 1


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def measured(name, comparison, rounds):
    """The rows of a comparison: one for each baseline, or one for the cost itself.

    Alternates between ours and the baselines, the order reversed in every other round. A row whose baseline is missing
    says so under `missing`."""
    with cores(comparison.cores):
        missing, costs, results = {}, {"": []}, {}
        for baseline in comparison.baselines:
            costs[baseline.name] = []
        for number in range(rounds):
            turns = [None, *comparison.baselines]
            for turn in turns if number % 2 == 0 else reversed(turns):
                if turn is None:
                    costs[""].append(comparison.ours() * comparison.factor)
                elif turn.name not in missing:
                    try:
                        cost, results[turn.name] = turn.measure()
                        costs[turn.name].append(cost * comparison.factor)
                    except Missing as problem:
                        missing[turn.name] = str(problem)
        result = comparison.result() if comparison.result else None
    row = {"name": name, "label": comparison.label, "work": comparison.work, "unit": comparison.unit,
           "ours": summary(costs[""])}
    if not comparison.baselines:
        return [row | {"goal": comparison.goal, "within": within(row["ours"]["median"], comparison.goal)}]
    return [row | compared(baseline, costs, missing, result, results, comparison.tolerance)
            for baseline in comparison.baselines]


def compared(baseline, costs, missing, result, results, tolerance):
    if baseline.name in missing:
        return {"baseline": baseline.name, "goal": baseline.goal, "missing": missing[baseline.name]}
    row = ratios(baseline.name, baseline.goal, costs[""], costs[baseline.name])
    other = results.get(baseline.name)
    if result is not None and other is not None:
        difference = abs(result - other) / max(abs(other), 1e-9)
        row |= {"difference": difference, "same": difference <= tolerance}
    return row


def ratios(baseline, goal, ours, theirs):
    """A row's part that compares: costs of the same rounds."""
    ratio = summary([mine / other for mine, other in zip(ours, theirs)])
    return {"baseline": baseline, "goal": goal, "theirs": summary(theirs), "ratio": ratio,
            "within": within(ratio["median"], goal)}


def within(value, goal):
    return None if goal is None else value <= goal
