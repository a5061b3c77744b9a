"""What the checks of `auscult serve` share: asks it, and compares its answers with its description.

The arguments of each check begin with URL TOKEN_FILE RUN.
"""
import http.client
import json
import sys
import time
import urllib.parse

URL, TOKEN_FILE, RUN = sys.argv[1:4]
PLACE = urllib.parse.urlsplit(URL)
TOKEN = open(TOKEN_FILE).read().strip()
base = f"/api/v1/runs/{RUN}"
problems = []


def check(holds, text):
    if not holds:
        problems.append(text)
        print("wrong:", text)


def ask(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(PLACE.hostname, PLACE.port, timeout=60)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def post(path, value):
    status, body, _ = ask("POST", path, json.dumps(value), Authorization="Bearer " + TOKEN)
    return status, json.loads(body)


def until(text, condition):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    check(False, text + ": it never came")


def get(path):
    status, body, _ = ask("GET", path)
    check(status == 200, f"GET {path}: {status} {body[:200]}")
    return json.loads(body)


def events(path, enough, seconds=30):
    """The server-sent events of an address, as pairs of name and data, until `enough` says so of the list."""
    connection = http.client.HTTPConnection(PLACE.hostname, PLACE.port, timeout=seconds)
    connection.request("GET", path)
    answer = connection.getresponse()
    check(answer.status == 200 and answer.headers["Content-Type"] == "text/event-stream", f"{path}: {answer.status}")
    found, name = [], None
    while not enough(found):
        line = answer.readline()
        if not line:
            break
        if line.startswith(b"event: "):
            name = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            found.append((name, json.loads(line[6:])))
    connection.close()
    return found


def end():
    print("all checks passed" if not problems else f"{len(problems)} checks failed")
    sys.exit(1 if problems else 0)


# The description itself.
description = get("/api/v1/openapi.json")
try:
    from openapi_spec_validator import validate
except ImportError:
    validate = None
if validate:
    validate(description)
try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None


def described(path, value, method="get", status="200"):
    if not Draft202012Validator:
        return
    schema = description["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    for error in Draft202012Validator({**schema, "components": description["components"]}).iter_errors(value):
        check(False, f"{path}: {error.message[:300]}")
