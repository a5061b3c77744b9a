"""Checks docs/grafana.json against the metrics of a running `auscult serve`.

Usage: dashboard.py URL DASHBOARD. Prints what is wrong; exit status 1 then. Asks promtool, too, where it is installed.
"""
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request

URL, DASHBOARD = sys.argv[1:3]
problems = []


def check(holds, text):
    if not holds:
        problems.append(text)
        print("wrong:", text)


def metrics():
    with urllib.request.urlopen(URL + "metrics", timeout=20) as answer:
        return answer.read().decode()


dashboard = json.load(open(DASHBOARD))
panels = dashboard["panels"]
wanted, labels = set(), {}
for panel in panels:
    title = panel.get("title")
    check(title and panel.get("description"), f"a panel has no title or description: {title}")
    check(panel["fieldConfig"]["defaults"].get("unit"), f"'{title}' has no unit")
    check(panel.get("targets"), f"'{title}' asks for nothing")
    for target in panel["targets"]:
        wanted.update(re.findall(r"auscult_\w+", target["expr"]))
        for name, inside in re.findall(r"(auscult_\w+)\{([^}]*)\}", target["expr"]):
            labels.setdefault(name, set()).update(re.findall(r"(\w+)=~?\"", inside))
        for name in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            for metric in re.findall(r"auscult_\w+", target["expr"])[:1]:
                labels.setdefault(metric, set()).add(name)
for variable in dashboard["templating"]["list"]:
    for name, label in re.findall(r"label_values\((auscult_\w+)[^,]*, (\w+)\)", variable["query"]):
        wanted.add(name)
        labels.setdefault(name, set()).add(label)
check(len({panel["title"] for panel in panels}) == len(panels), "two panels have one title")
places = [panel["gridPos"] for panel in panels]
for index, one in enumerate(places):
    for other in places[:index]:
        apart = one["x"] >= other["x"] + other["w"] or other["x"] >= one["x"] + one["w"] or one["y"] >= other["y"] + other["h"] or other["y"] >= one["y"] + one["h"]
        check(apart, f"two panels lie on each other at {one}")

# The first scores and figures take a moment.
end = time.monotonic() + 60
while True:
    text = metrics()
    samples = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, inside = re.match(r"(\w+)\{(.*)\} ", line).groups()
            samples.setdefault(name, set()).update(re.findall(r"(\w+)=\"", inside))
    missing = sorted(wanted - set(samples))
    if not missing or time.monotonic() > end:
        break
    time.sleep(0.2)
check(not missing, f"no such metrics: {', '.join(missing)}")
for name, names in labels.items():
    check(name not in samples or names <= samples[name], f"{name} has no label {names - samples.get(name, set())}")

# Prometheus's conventions.
types = dict(re.findall(r"# TYPE (\w+) (\w+)", text))
for name, kind in types.items():
    check(name.endswith("_total") == (kind == "counter"), f"{name} is a {kind}")
    check(not re.search(r"_(ms|ns|milliseconds|percent)(_|$)", name), f"{name} is in no base unit")
if shutil.which("promtool"):
    outcome = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    check(outcome.returncode == 0, "promtool: " + outcome.stdout + outcome.stderr)

print(f"{len(panels)} panels, {len(wanted)} metrics" if not problems else f"{len(problems)} checks failed")
sys.exit(1 if problems else 0)
