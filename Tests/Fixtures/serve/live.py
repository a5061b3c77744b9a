"""Checks what `auscult serve` gives a page of a run: its graph, streams, clips, history, checks, jobs and edits.

Usage: live.py URL TOKEN_FILE RUN FOLDER. The run's graph is FOLDER/live.yaml, its clips are in FOLDER/clips.
"""
import json
import os
import signal
import sys
import time

from client import RUN, TOKEN, ask, base, check, described, end, events, get, post, until

FOLDER = sys.argv[4]
RUNS = "/api/v1/runs/{run}"
until("the run", lambda: ask("GET", base + "/graph")[0] == 200)

# The graph, which the state completes by the names of nodes.
graph = get(base + "/graph")
described(RUNS + "/graph", graph)
text = open(FOLDER + "/live.yaml").read()
nodes = {node["name"]: node for node in graph["nodes"]}
off = next(item for item in nodes["alarm"]["parameters"] if item["name"] == "off")
check(graph["text"] == text and graph["file"] == FOLDER + "/live.yaml", "the graph's text or file")
check(off["value"] == "2 s" and off["unit"] == "s" and "help" in off, f"alarm.off: {off}")
kinds = {(edge["from"]["node"], edge["to"]["node"]): edge["kind"] for edge in graph["edges"]}
check(kinds["fan", "stft"] == "audio" and kinds["stft", "mel"] == "spectrum" and kinds["judge", "alarm"] == "score", kinds)
status = {node["name"]: node for node in get(base)["nodes"]}
check(set(status) == set(nodes), "status and graph have other nodes")
check(status["stft"]["thread"] == "realtime" and status["slices"]["path_latency_frames"] > status["stft"]["latency_frames"] > 0, "latency")

# A stream, and a second one that shares the subscription.
enough = lambda found: sum(name == "item" for name, _ in found) >= 3
found = events(base + "/stream?node=mel&most=20", enough)
items = [data for name, data in found if name == "item"]
check(("state", {"state": "open", "reason": None}) in found, "the state of the stream")
check(any(name == "format" and len(data["hertz"]) == 32 for name, data in found), "the format of the stream")
check(len(items) >= 3 and all(len(item["values"]) == 32 for item in items), "the items of the stream")
name, data = events(base + "/stream?node=nobody", lambda found: len(found) == 1)[0]
check(name == "state" and data["state"] == "ended" and "no node 'nobody'" in data["reason"], f"a wrong node: {data}")
for query, expected in [("", 400), ("?node=", 400), ("?node=mel&most=0", 400), ("?node=mel&most=nan", 400)]:
    check(ask("GET", base + "/stream" + query)[0] == expected, "stream" + query)
check(ask("GET", "/api/v1/runs/nobody/stream?node=mel")[0] == 404, "the stream of no run")

# Clips.
until("a clip", lambda: get(base + "/clips")["clips"])
clips = get(base + "/clips")
described(RUNS + "/clips", clips)
clip = clips["clips"][0]
path = f"{base}/clips/{clip['file'].replace('%', '%25')}"
sound = open(f"{FOLDER}/clips/{clip['file']}", "rb").read()
check(clip["machine"] == "fan" and clip["event"]["kind"] == "alarm" and 0.9 < clip["seconds"] < 1.1, clip)
status, body, headers = ask("GET", path)
check(status == 200 and body == sound and headers["Content-Type"] == "audio/flac", f"the clip: {status}")
size = len(sound)
for asked, status, part in [
    ("bytes=0-0", 206, sound[:1]), ("bytes=100-199", 206, sound[100:200]), (f"bytes={size - 5}-", 206, sound[-5:]),
    ("bytes=-7", 206, sound[-7:]), (f"bytes=-{size + 9}", 206, sound), (f"bytes=5-{10 ** 30}", 206, sound[5:]),
    (f"bytes={size}-", 416, None), (f"bytes={10 ** 30}-", 416, None), ("bytes=-0", 416, None), ("bytes=9-1", 200, sound),
    ("bytes=0-1,5-6", 200, sound), ("lines=1-2", 200, sound), ("bytes=-", 200, sound), ("bytes=a-b", 200, sound),
    ("bytes=" + "9" * 5000 + "-", 200, sound),
]:
    answer = ask("GET", path, Range=asked)
    check(answer[0] == status and part in (None, answer[1]), f"Range {asked[:40]}: {answer[0]}, {len(answer[1])} bytes")
check(ask("GET", path, Range="bytes=2-3")[2]["Content-Range"] == f"bytes 2-3/{size}", "Content-Range")
check(ask("GET", path, Range="bytes=2-3", If_Range='"x"')[0] == 200, "If-Range")
answer = ask("HEAD", path)
check(answer[0] == 200 and answer[1] == b"" and int(answer[2]["Content-Length"]) == size, "HEAD of the clip")
check(get(base + "/clips?machine=other")["clips"] == [] and ask("GET", base + "/clips?limit=1001")[0] == 400, "limits")

# Nothing but clips is served, and nothing is waited for, whatever lies in the folder.
note = json.load(open(f"{FOLDER}/clips/{clip['file'][:-5]}.json"))
def forged(stem, sound=None):
    open(f"{FOLDER}/clips/{stem}.json", "w").write(json.dumps({**note, "clip": sound or stem + ".flac"}))
os.symlink(FOLDER + "/live.yaml", FOLDER + "/clips/link.flac")
os.mkfifo(FOLDER + "/clips/pipe.flac")
os.mkfifo(FOLDER + "/clips/pipe2.json")
os.symlink(f"{clip['file'][:-5]}.json", FOLDER + "/clips/linked.json")
os.mkdir(FOLDER + "/clips/folder.flac")
open(FOLDER + "/clips/large.json", "w").write("[" * (2 << 20))
open(FOLDER + "/clips/broken.json", "w").write('{"kind":"clip",')
for stem in ["link", "pipe", "folder", "missing"]:
    forged(stem)
forged("other", "../live.yaml")
forged("twin", clip["file"])
listed = {clip["file"] for clip in get(base + "/clips?limit=1000")["clips"]}
strange = {"link.flac", "pipe.flac", "folder.flac", "missing.flac", "../live.yaml"}
check(clip["file"] in listed and not listed & strange, f"the list has {listed & strange}")
for name in ["link.flac", "pipe.flac", "folder.flac", "missing.flac", "pipe2.json", clip["file"][:-5] + ".json", "..", ".",
             "..%2flive.yaml", "%2e%2e%2flive.yaml", "x%00.flac", "live.yaml", "%ff.flac", "a" * 300, "//", "*"]:
    status = ask("GET", f"{base}/clips/{name}")[0]
    check(status in (404, 400) or name in ("//", ".") and status in (200, 404), f"clips/{name[:40]}: {status}")

# The past.
until("scores of the past", lambda: get(f"/api/v1/history?run={RUN}&kind=scores")["scores"])
past = get(f"/api/v1/history?run={RUN}&buckets=3&since=1h")
described("/api/v1/history", past)
check(len(past["scores"]) <= 3 and past["scores"][0]["machine"] == "fan" and isinstance(past["gaps"], list), f"the past: {past['scores']}")
check(any(event["kind"] == "alarm" for event in past["events"]), "the past has no alarm")
machines = get(f"/api/v1/history/machines?run={RUN}")
described("/api/v1/history/machines", machines)
check([row["machine"] for row in machines["machines"]] == ["fan"] and machines["runs"][0]["run"] == "live", machines)
for query, expected in [("since=--import=x", 400), ("since=%2d%2dhelp", 400), ("machine=%00", 400), ("buckets=2001", 400), ("kind=all", 400), ("run=nobody", 404), ("machine=nobody", 422), ("since=rubbish", 422)]:
    status, body, _ = ask("GET", "/api/v1/history?" + query)
    check(status == expected and "error" in json.loads(body), f"history?{query}: {status} {body[:200]}")

# Schema, classes, and what `check` says of a text.
described("/api/v1/classes", get("/api/v1/classes"))
check("properties" in get("/api/v1/schema"), "the schema")
status, said = post("/api/v1/check", {"text": text.replace("type: gain", "type: gian").replace("type: stft", "type: stfd"), "file": FOLDER + "/live.yaml"})
described("/api/v1/check", said, "post")
diagnostic = said["files"][0]["diagnostics"][0]
line = text.splitlines()[diagnostic["line"] - 1]
place = line[diagnostic["column"] - 1 :][: diagnostic["length"]]
check(status == 200 and place == "stft" and diagnostic["suggestion"] == "stft", f"check: {diagnostic}")
check(post("/api/v1/check", {"text": text, "file": FOLDER + "/live.yaml"})[1]["files"][0]["nodes"], "check of the graph itself")
bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{n}: &{n} [*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p}]\n" for p, n in zip("abcdefgh", "bcdefghi"))
for evil in ["[" * 60000, bomb, "graph: x\ninclude: [/dev/zero]\n", "nodes: {" + "a: {type: gain}, " * 3000 + "}", "\0" * 1000, "&a [*a]", "graph: x\ninclude: [graph.yaml]\n"]:
    status, said = post("/api/v1/check", {"text": evil})
    check(status == 200 and said["files"][0]["diagnostics"], f"check of {evil[:20]!r}: {status} {str(said)[:200]}")
for body, expected in [({}, 400), ({"text": 1}, 400), ({"text": "x", "file": "--help"}, 400), ({"text": "x", "run": {}}, 400), ({"text": "x", "file": "a\0b"}, 400), ({"text": "x" * 70000}, 413)]:
    check(post("/api/v1/check", body)[0] == expected, f"check of {str(body)[:40]} is not {expected}")
check(ask("POST", "/api/v1/check", "{}")[0] == 401 and ask("GET", "/api/v1/check")[0] == 405, "check without a token")

# An edited text, with its plan first, then saved.
def changed(body):
    status, answer = post(base + "/apply", body)
    check(status == 202, f"apply: {status} {answer}")
    until("the change", lambda: get(f"{base}/changes/{answer['change']}")["state"] in ("done", "failed"))
    return get(f"{base}/changes/{answer['change']}")

edited = text.replace("off: 2 s", "off: 3 s")
planned = changed({"text": edited, "dry_run": True})
check({node["node"]: node["action"] for node in planned["plan"]["nodes"]}["alarm"] != "kept", "the plan")
check(get(base + "/graph")["text"] == text, "a dry run changes the graph")
check(changed({"text": text.replace("type: stft", "type: stfd")})["diagnostics"][0]["suggestion"] == "stft", "a wrong text")
check(changed({"text": edited, "save": True})["state"] == "done", "apply")
until("the edited text", lambda: get(base + "/graph")["text"] == edited)
check(open(FOLDER + "/live.yaml").read() == edited, "the text was not saved")
open(FOLDER + "/live.yaml", "a").write("# by another editor\n")
check(post(base + "/apply", {"text": text, "save": True})[0] == 409, "another editor's text is overwritten")
check(open(FOLDER + "/live.yaml").read().endswith("by another editor\n"), "another editor's text")
check(post(base + "/apply", {"save": True})[0] == 422 and post(base + "/swap", {"node": "mel", "text": ""})[0] == 422, "save")

# A job, which fails because this detector has no model; then one that is cancelled.
status, job = post(base + "/accept", {"clips": [clip["file"]], "dry_run": True})
described(RUNS + "/accept", job, "post", "202")
check(status == 202, f"accept: {status} {job}")
until("the job's end", lambda: get(f"/api/v1/jobs/{job['job']}")["state"] != "running")
done = get(f"/api/v1/jobs/{job['job']}")
described("/api/v1/jobs/{job}", done)
check(done["state"] == "failed" and done["exit"] == 1 and any("error" in line for line in done["lines"]), f"the job: {done}")
check(post(f"/api/v1/jobs/{job['job']}/cancel", {})[0] == 202, "cancel")
for body, expected in [({}, 400), ({"clips": []}, 400), ({"clips": ["x.flac"]}, 404), ({"clips": ["../live.yaml"]}, 404), ({"clips": [clip["file"]], "tape": "x"}, 400), ({"machine": "fan", "since": "1h"}, 400), ({"clips": [clip["file"]], "since": "1h"}, 400), ({"clips": [clip["file"]], "for": -1}, 400)]:
    check(post(base + "/accept", body)[0] == expected, f"accept {body} is not {expected}")
for path, expected in [("jobs/99", 404), ("jobs/x", 404), ("jobs/-1", 404)]:
    check(ask("GET", "/api/v1/" + path)[0] == expected, path)
check(ask("POST", "/api/v1/jobs/99/cancel", Authorization="Bearer " + TOKEN)[0] == 404, "cancel of no job")

# A machine's name with a space, and a zone, as different programs write them.
for query, words in [
    ("machine=no+such", "'no such'"), ("machine=no%20such", "'no such'"), ("machine=no%2Bsuch", "'no+such'"),
    ("since=2026-11-21T09:30:00+01:00&machine=x", "'x'"), ("since=2026-11-21T09:30:00%2B01:00&machine=x", "'x'"),
]:
    answer = ask("GET", f"/api/v1/history?run={RUN}&{query}")
    check(words in answer[1].decode(), f"history with {query}: {answer[:2]}")

# A run that is there and does not answer is told of until it does.
summary = lambda: next((run for run in get("/api/v1/runs")["runs"] if run["name"] == RUN), {})
is_up = lambda value: f'auscult_up{{run="{RUN}"}} {value}' in ask("GET", "/metrics")[1].decode()
check(summary().get("answers") is True, "the run answers")
pid = summary()["pid"]
os.kill(pid, signal.SIGSTOP)
try:
    until("the silence of the run", lambda: is_up("0.0"))
    check(summary().get("answers") is False, f"a silent run: {summary()}")
    states = [machine["state"] for machine in get(base + "/machines")["machines"]]
    check(states and set(states) <= {"overdue", "alarm"}, f"machines of a silent run: {states}")
finally:
    os.kill(pid, signal.SIGCONT)
until("the run's next answer", lambda: summary().get("answers") and is_up("1.0"))

end()
