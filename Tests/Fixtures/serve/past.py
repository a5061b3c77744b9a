"""Checks `auscult serve --history FILE` while nothing runs: the past and its clips, or why there is none.

Usage: past.py URL TOKEN_FILE RUN [PROBLEM]. PROBLEM: words of the error of a file that cannot be read.
"""
import json
import sys
import time

from client import RUN, ask, base, check, end, get

begun = time.monotonic()
if len(sys.argv) > 4:
    for path in ["/api/v1/history", "/api/v1/history/machines", base + "/clips"]:
        status, body, _ = ask("GET", path)
        check(status == 422 and sys.argv[4] in json.loads(body)["error"], f"{path}: {status} {body}")
    check(get("/api/v1/runs") == {"runs": []}, "the server answers no more")
    check(time.monotonic() - begun < 40, "it took too long")
else:
    check([row["run"] for row in get("/api/v1/history/machines")["runs"]] == [RUN], "the runs of the past")
    check(get("/api/v1/history?machine=fan")["scores"], "the scores of the past")
    clips = get(base + "/clips")["clips"]
    check(clips and clips[0]["machine"] == "fan", "the clips of the past")
    status, sound, _ = ask("GET", f"{base}/clips/{clips[0]['file']}")
    check(status == 200 and sound[:4] == b"fLaC", "the sound of the past")
    check(get("/api/v1/runs/nobody/clips")["clips"] == [], "clips of another run")
end()
