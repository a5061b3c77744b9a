"""Shows the scores of a running graph live, as bars. Usage: scores.py SOCKET [SECONDS]

SOCKET is the control socket of the run, such as $XDG_RUNTIME_DIR/auscult/NAME.sock.
"""
import json, socket, sys, time

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
answers = connection.makefile()

def call(method, **parameters):
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    connection.sendall(json.dumps(request).encode() + b"\n")
    answer = json.loads(answers.readline())
    return answer["result"] if "result" in answer else sys.exit(answer["error"]["message"])

subscription = call("subscribe", most=5)["subscription"]
end = time.monotonic() + float(sys.argv[2] if len(sys.argv) > 2 else 1e9)
while time.monotonic() < end:
    for item in call("fetch", subscription=subscription)["items"]:
        if item["kind"] == "score" and "threshold" in item:
            bar = "#" * min(40, int(20 * item["score"] / (abs(item["threshold"]) or 1)))
            print(f'{item["machine"]:12} {item["score"]:9.4g} {bar:<20}{" over" if item["anomalous"] else ""}', flush=True)
        elif item["kind"] != "format":
            print(item["kind"], item.get("machine", ""), item.get("state", ""), flush=True)
    time.sleep(0.1)
call("unsubscribe", subscription=subscription)
