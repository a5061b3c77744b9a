"""Checks the answers of `auscult serve` against docs/openapi.json, and who may do what.

Usage: api.py URL TOKEN_FILE RUN. Prints what is wrong; exit status 1 then.
"""
import json
import os
import socket
import stat
import sys

from client import PLACE, RUN, TOKEN, TOKEN_FILE, ask, base, check, described, end, get, until

# Reading. The run is found, its alarm and scores come.
until("the run", lambda: any(run["name"] == RUN for run in get("/api/v1/runs")["runs"]))
until("a score", lambda: get(base + "/scores")["scores"])
until("the alarm", lambda: get(base + "/alarms")["alarms"])
# Other runs of this user may be there.
until("the state", lambda: ["alarm"] == [item["state"] for item in get("/api/v1/machines")["machines"] if item["run"] == RUN])
for path in ["/api/v1/runs", "/api/v1/machines"]:
    described(path, get(path))
for part in ["", "/machines", "/scores", "/events", "/alarms"]:
    described("/api/v1/runs/{run}" + part, get(base + part))
check(get(base + "/alarms")["alarms"][0]["state"] == "raised", "the first alarm is not 'raised'")
check(len(get(base + "/scores?limit=1")["scores"]) == 1, "limit=1")
check(get(base + "/scores?machine=other")["scores"] == [], "scores of another machine")
for path, status in [("/api/v1/runs/nobody", 404), (base + "/nothing", 404), ("/nothing", 404), (base + "/scores?limit=x", 400), ("/%zz", 400)]:
    check(ask("GET", path)[0] == status, f"GET {path} is not {status}")

# The page and its headers.
status, page, headers = ask("GET", "/")
check(status == 200 and b"/page/main.js" in page, "the page")
policy = headers["Content-Security-Policy"]
check("default-src 'none'" in policy and "unsafe" not in policy, "the content policy: " + policy)
for name in ["X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cache-Control"]:
    check(headers[name], name + " is missing")
check("Access-Control-Allow-Origin" not in headers, "other origins are allowed")
for path in ["/page/main.js", "/page/style.css", "/icon.svg"]:
    check(ask("GET", path)[0] == 200, path)
check(ask("HEAD", "/")[1] == b"", "HEAD has a body")

# Metrics.
status, body, headers = ask("GET", "/metrics")
metrics = body.decode()
check(headers["Content-Type"].startswith("text/plain; version=0.0.4"), "the type of /metrics")
for line in [f'auscult_up{{run="{RUN}"}} 1.0', f'auscult_alarm_raised{{run="{RUN}",machine="fan",node="alarm"}} 1.0']:
    check(line in metrics.splitlines(), line + " is not in /metrics")
for line in metrics.splitlines():
    check(line.startswith("# ") or line.startswith("auscult_") and float(line.rsplit(" ", 1)[1]) is not None, line)

# Events.
with socket.create_connection((PLACE.hostname, PLACE.port), timeout=20) as stream:
    stream.sendall(f"GET /events?run={RUN} HTTP/1.1\r\nHost: {PLACE.netloc}\r\n\r\n".encode())
    received = b""
    while b"event: record\ndata: {" not in received and len(received) < 1 << 20:
        received += stream.recv(4096)
    check(b"text/event-stream" in received, "the type of /events")

# Who may do what.
check(stat.S_IMODE(os.stat(TOKEN_FILE).st_mode) == 0o600, "the token file's mode")
change = json.dumps({"node": "judge", "values": ["learn=0.7s"]})
bearer = "Bearer " + TOKEN
generation = get(base)["generation"]
for text, headers, expected in [
    ("no token", {}, 401),
    ("a wrong token", {"Authorization": "Bearer " + "0" * len(TOKEN)}, 401),
    ("a token too short", {"Authorization": "Bearer " + TOKEN[:-1]}, 401),
    ("no scheme", {"Authorization": TOKEN}, 401),
    ("a foreign origin", {"Authorization": bearer, "Origin": "http://evil.example"}, 403),
    ("the origin null", {"Authorization": bearer, "Origin": "null"}, 403),
    ("another port's origin", {"Authorization": bearer, "Origin": "http://127.0.0.1:1"}, 403),
    ("a foreign host", {"Authorization": bearer, "Host": "evil.example"}, 421),
    ("a foreign site", {"Authorization": bearer, "Sec_Fetch_Site": "cross-site"}, 403),
]:
    status, body, _ = ask("POST", base + "/swap", change, **headers)
    check(status == expected and "error" in json.loads(body), f"POST with {text}: {status}, not {expected}")
check(ask("GET", "/", Host="evil.example:80")[0] == 421, "a foreign host reads")
check(ask("GET", "/", Host="localhost")[0] == 200, "the host needs a port")
for wrong in ("localhost:80@evil.example", "localhost:evil.example", "[::1].evil.example", "[::1]:80:80"):
    check(ask("GET", "/", Host=wrong)[0] == 421, f"the host {wrong} is accepted")
check(ask("GET", "/api/v1/runs", Origin=f"http://{PLACE.netloc}")[0] == 200, "the own origin is refused")
check(ask("OPTIONS", "/")[0] == 405 and ask("DELETE", base)[0] == 405, "other methods")
check(get(base)["generation"] == generation, "a refused request changed the run")
for body, expected in [("{", 400), ("[]", 400), ('{"nodes":"judge"}', 422), ("x" * 70000, 413)]:
    check(ask("POST", base + "/swap", body, Authorization=bearer)[0] == expected, f"POST {body[:20]} is not {expected}")
for method, path, allowed in [("POST", base + "/status", "GET, HEAD"), ("GET", base + "/swap", "POST"), ("OPTIONS", "/", "GET, HEAD")]:
    status, _, headers = ask(method, path, Authorization=bearer)
    check(status == 405 and headers["Allow"] == allowed, f"{method} {path} is not refused: {status}, {headers['Allow']}")

# A change with the token.
status, body, _ = ask("POST", base + "/swap", change, Authorization=bearer, Origin=f"http://{PLACE.netloc}")
check(status == 202, f"POST swap: {status} {body}")
number = json.loads(body)["change"]
until("the swap", lambda: get(f"{base}/changes/{number}")["state"] == "done")
check(ask("GET", f"{base}/changes/99")[0] == 404, "an unknown change")
until("the new generation", lambda: get(base)["generation"] > generation)

end()
