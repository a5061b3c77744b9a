"""The checker of accessibility axe-core: from the file $AUSCULT_AXE, or from PyPI."""
import os
import subprocess
import sys
import tempfile

PACKAGE = "axe-core-python==0.1.0"


def source():
    """The text of axe.min.js, and why there is none."""
    if path := os.environ.get("AUSCULT_AXE"):
        return open(path, encoding="utf-8").read(), None
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir",
                   "--disable-pip-version-check", "--root-user-action=ignore", "--target", folder, PACKAGE]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            return None, "PyPI does not answer"
        if done.returncode != 0:
            return None, f"pip cannot get {PACKAGE}: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}"
        return open(f"{folder}/axe_core_python/axe.min.js", encoding="utf-8").read(), None


def problems(browser, text):
    """What is seriously wrong with the page that the browser shows."""
    browser.run(text)
    found = browser.wait_run("const done = arguments[0]; axe.run().then(done)")
    if not found["passes"]:
        return ["axe has checked nothing"]
    return [f"{it['impact']}: {it['id']}: {it['help']}: {it['nodes'][0]['html'][:200]}" for it in found["violations"]
            if it["impact"] in ("serious", "critical")]
