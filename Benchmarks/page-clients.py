"""Clients that ask a server what open pages ask: see Benchmarks/pages.

Usage: page-clients.py URL RUN PAGES DEAF SECONDS. Exit status 1 when a page got no events or no spectrogram.
"""
import http.client
import json
import socket
import sys
import threading
import time
import urllib.parse

URL, RUN = sys.argv[1:3]
PAGES, DEAF, SECONDS = map(int, sys.argv[3:6])
PLACE = urllib.parse.urlsplit(URL)
END = time.monotonic() + SECONDS
STREAM = f"/api/v1/runs/{RUN}/stream?node=level&machine=machine&most=50"
counts = [{"records": 0, "items": 0, "answers": 0} for _ in range(PAGES)]
problems = []


def follow(path, name, count):
    connection = http.client.HTTPConnection(PLACE.hostname, PLACE.port, timeout=15)
    connection.request("GET", path)
    answer = connection.getresponse()
    if answer.status != 200:
        problems.append(f"{path}: {answer.status} {answer.read(300)}")
        return
    while time.monotonic() < END:
        line = answer.readline()
        if not line:
            problems.append(f"{path} ended")
            return
        if line.startswith(b"data:"):
            json.loads(line[5:])
            count[name] += 1


def poll(count):
    connection = http.client.HTTPConnection(PLACE.hostname, PLACE.port, timeout=15)
    while time.monotonic() < END:
        for path in ["/api/v1/machines", "/api/v1/runs", f"/api/v1/runs/{RUN}"]:
            connection.request("GET", path)
            answer = connection.getresponse()
            json.loads(answer.read())
            count["answers"] += answer.status == 200
        time.sleep(2)


def deaf():
    """Asks for everything, and reads nothing."""
    link = socket.create_connection((PLACE.hostname, PLACE.port))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.sendall(f"GET /events HTTP/1.1\r\nHost: {PLACE.netloc}\r\n\r\n".encode())
    time.sleep(max(0, END - time.monotonic()))
    link.close()


threads = [threading.Thread(target=deaf) for _ in range(DEAF)]
for one in counts:
    threads += [threading.Thread(target=follow, args=("/events", "records", one)),
                threading.Thread(target=follow, args=(STREAM, "items", one)),
                threading.Thread(target=poll, args=(one,))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for name in ["records", "items", "answers"]:
    least, most = min(it[name] for it in counts), max(it[name] for it in counts)
    print(f"{name} a page: {least} to {most}")
    if least == 0:
        problems.append(f"a page got no {name}")
for problem in sorted(set(problems)):
    print(f"wrong: {problem}")
sys.exit(1 if problems else 0)
