"""A headless Chromium, driven over WebDriver by chromedriver. Needs nothing but Python."""
import base64
import http.client
import json
import re
import subprocess
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
OPTIONS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--no-first-run", "--disable-background-networking", "--autoplay-policy=no-user-gesture-required",
]
ENTER, ESCAPE, DELETE, UP, LEFT = "\ue007", "\ue00c", "\ue017", "\ue013", "\ue012"


class Failure(Exception):
    pass


class Browser:
    def __init__(self, folder):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            self.port = self._port()
            options = {"args": OPTIONS + [f"--user-data-dir={folder}"]}
            answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
            self.session = f"/session/{answer['sessionId']}"
        except BaseException:
            self.driver.kill()
            raise

    def _port(self):
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                return int(found[1])
        raise Failure("chromedriver did not start")

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise Failure(f"{value['error']}: {value['message'][:300]}")
        return value

    def do(self, path, body=None, method="POST"):
        return self._ask(method, self.session + path, {} if body is None and method == "POST" else body)

    def end(self):
        try:
            self.do("", method="DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait()

    def open(self, url):
        self.do("/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a script's `return`."""
        return self.do("/execute/sync", {"script": script, "args": list(arguments)})

    def wait_run(self, script, *arguments):
        """The value that a script gives to its last argument, a function."""
        return self.do("/execute/async", {"script": script, "args": list(arguments)})

    def find(self, selector, seconds=20):
        """The first element of a CSS selector, or of an XPath, once there is one."""
        using = "xpath" if selector.startswith("/") else "css selector"
        found = self.until(f"no {selector}", lambda: self.do("/elements", {"using": using, "value": selector}), seconds)
        return found[0]

    def button(self, text, seconds=20):
        return self.find(f"//button[starts-with(normalize-space(.), \"{text}\") and not(@disabled)]", seconds)

    def click(self, element):
        self.do(f"/element/{element[ELEMENT]}/click")

    def type(self, element, text):
        self.do(f"/element/{element[ELEMENT]}/value", {"text": text})

    def clear(self, element):
        self.do(f"/element/{element[ELEMENT]}/clear")

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def until(self, text, condition, seconds=20):
        """The value of the condition, once it is true."""
        end = time.monotonic() + seconds
        while True:
            if value := condition():
                return value
            if time.monotonic() > end:
                raise Failure(f"{text} within {seconds} s; the page says: {self.page_text()}")
            time.sleep(0.05)

    def page_text(self):
        return self.run("return document.body.innerText")[:1500]

    def chrome(self, command, **parameters):
        return self.do("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height):
        self.chrome("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def colours(self, scheme):
        self.chrome("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self):
        return base64.b64decode(self.do("/screenshot", method="GET"))

    def faults(self):
        """What the page's scripts threw, and what the content policy refused."""
        return [it["message"] for it in self.do("/se/log", {"type": "browser"})
                if it["level"] == "SEVERE" and "Failed to load resource" not in it["message"]]
