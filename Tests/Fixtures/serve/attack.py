"""Attacks `auscult serve` for some seconds, then checks that it answers, has not grown and has changed nothing.

Usage: attack.py URL RUN PID SECONDS SEED. The requests are random, by the seed.
"""
import http.client
import json
import random
import socket
import sys
import time
import urllib.parse

URL, RUN, PID, SECONDS, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
PLACE = urllib.parse.urlsplit(URL)
MOST = 60  # connections that are held open at once
chance = random.Random(SEED)


def memory():
    """Resident memory in MB."""
    for line in open(f"/proc/{PID}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024


def ask(path):
    connection = http.client.HTTPConnection(PLACE.hostname, PLACE.port, timeout=10)
    try:
        begun = time.monotonic()
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(), time.monotonic() - begun
    finally:
        connection.close()


def state():
    """The run's generation and its age in seconds, not older than the server's last look."""
    run = json.loads(ask(f"/api/v1/runs/{RUN}")[1])
    return run["generation"], run["seconds"]


def junk(most):
    return bytes(chance.randrange(256) for _ in range(chance.randrange(1, most)))


def head(method="GET", path="/", *lines):
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {PLACE.netloc}", *lines, "", ""]).encode()


def half_request():
    whole = head("POST", f"/api/v1/runs/{RUN}/stop", "Authorization: Bearer " + "0" * 64, "Content-Length: 10")
    return whole[: chance.randrange(1, len(whole))]


def endless_line():
    return b"GET /" + b"a" * chance.randrange(100_000, 400_000)


def endless_headers():
    return head()[:-2] + b"".join(b"X-%d: %s\r\n" % (n, b"b" * 100) for n in range(chance.randrange(50, 2000)))


def large_body():
    return head("POST", f"/api/v1/runs/{RUN}/swap", "Content-Length: 99999999") + b"c" * 300_000


def chunks():
    return head("POST", f"/api/v1/runs/{RUN}/swap", "Transfer-Encoding: chunked") + b"ffff\r\n" + b"d" * 65535 + b"\r\n"


def unread_answers():
    return head("GET", "/page/main.js") * 200


def unread_events():
    return head("GET", "/events")


def unread_streams():
    return head("GET", f"/api/v1/runs/{RUN}/stream?node=" + chance.choice(["mel", "fan", "stft", "nobody", "%00", "a" * 300]))


def unread_sound():
    path = chance.choice(["..%2f..%2fetc%2fpasswd", "%2e%2e/log.jsonl", "x.flac", "%00.flac", "a" * 5000])
    return head("GET", f"/api/v1/runs/{RUN}/clips/{path}", "Range: bytes=0-" + "9" * chance.randrange(1, 4000))


def wide_questions():
    return head("GET", chance.choice([
        "/api/v1/history?buckets=99999999999999999999", "/api/v1/history?since=--import%3Dx", "/api/v1/history?machine=%0a",
        f"/api/v1/runs/{RUN}/clips?limit=99999999999999999999", "/api/v1/jobs/99999999999999999999", "/api/v1/classes"])) * 20


def checks_without_token():
    body = b'{"text":"' + b"[" * chance.randrange(1, 60_000) + b'"}'
    return head("POST", "/api/v1/check", f"Content-Length: {len(body)}") + body


def wrong_token():
    return head("POST", f"/api/v1/runs/{RUN}/stop", "Authorization: Bearer " + "%064x" % chance.getrandbits(256))


def foreign_origin():
    return head("POST", f"/api/v1/runs/{RUN}/rollback", "Origin: http://evil.example", "Content-Length: 0")


def foreign_host():
    return b"GET /api/v1/runs HTTP/1.1\r\nHost: evil.example\r\n\r\n"


def smuggled():
    return head("POST", "/", "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + wrong_token()


def old_version():
    return b"GET / HTTP/1.0\r\n\r\nGET / HTTP/0.9\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


ATTACKS = [
    unread_streams, unread_sound, wide_questions, checks_without_token, half_request, endless_line, endless_headers, large_body, chunks, unread_answers, unread_events, wrong_token,
    foreign_origin, foreign_host, smuggled, old_version, lambda: junk(3000),
    lambda: bytes(byte ^ (chance.random() < 0.02) * 0x20 for byte in half_request()),
]

# The server first takes what any work takes.
for _ in range(50):
    ask("/api/v1/machines")
(generation, _), before = state(), memory()
open_sockets, sent, most_memory = [], 0, before
end = time.monotonic() + SECONDS
while time.monotonic() < end:
    peer = socket.socket()
    peer.setblocking(False)
    peer.connect_ex((PLACE.hostname, PLACE.port))
    open_sockets.append(peer)
    time.sleep(0.002)
    try:
        peer.send(chance.choice(ATTACKS)())
        sent += 1
    except OSError:
        pass
    # Some end soon, the others are held and never read.
    while len(open_sockets) > MOST or (open_sockets and chance.random() < 0.3):
        open_sockets.pop(chance.randrange(len(open_sockets))).close()
    if sent % 50 == 0:
        most_memory = max(most_memory, memory())

# An honest request, while the last attackers are still connected.
status, _, took = ask("/api/v1/runs")
growth = max(most_memory, memory()) - before
problems = []
if status != 200 or took > 1:
    problems.append(f"the honest request took {took:.2f} s: {status}")
for peer in open_sockets:
    peer.close()
# Until the server has looked at the run once more.
_, age = state()
while state()[1] < age + 0.5:
    time.sleep(0.1)
if state()[0] != generation:
    problems.append("the run was changed")
if growth > 30:
    problems.append(f"memory grew from {before:.1f} by {growth:.1f} MB")
if sent < 10 * SECONDS:
    problems.append(f"only {sent} attacks were sent")
print(f"{sent} attacks in {SECONDS:.0f} s, seed {SEED}: honest answer after {took * 1000:.0f} ms, grew by {growth:.1f} MB")
for problem in problems:
    print("wrong:", problem)
if not problems:
    print("the server stands")
sys.exit(1 if problems else 0)
