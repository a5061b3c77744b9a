"""Uses the page of `auscult serve` as a person would, in a real browser.

Usage: page.py URL LOCKED_URL TOKEN_FILE RUN RECORDS [PICTURES]. At LOCKED_URL, reading needs the token. RECORDS is the
file of the run's sink.jsonl. Pictures of the page go to the folder PICTURES. Prints what is wrong; exit status 1 then.
The run is that of PageTests.swift.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
import axe  # noqa: E402
from browser import DELETE, ENTER, ESCAPE, LEFT, UP, Browser  # noqa: E402

URL, LOCKED_URL, TOKEN_FILE, RUN, RECORDS = sys.argv[1:6]
PICTURES = sys.argv[6] if len(sys.argv) > 6 else None
VIEWS = {
    "overview": "#/", "machine": f"#/run/{RUN}/machine/fan", "graph": f"#/run/{RUN}/graph/judge",
    "editor": f"#/run/{RUN}/edit", "history": f"#/history/{RUN}/fan",
}
problems = []


def check(holds, text):
    if not holds:
        problems.append(text)
        print("wrong:", text, flush=True)


def records():
    with open(RECORDS, encoding="utf-8") as file:
        return [json.loads(line) for line in file.read().splitlines(keepends=True) if line.endswith("\n")]


class Watch(threading.Thread):
    """Notes when the record of a raised alarm is in the file."""

    def __init__(self):
        super().__init__(daemon=True)
        self.time = None
        self.start()

    def run(self):
        with open(RECORDS, encoding="utf-8") as file:
            file.seek(0, os.SEEK_END)
            while not self.time:
                line = file.readline()
                if '"kind":"alarm"' in line and '"state":"raised"' in line:
                    self.time = time.time()
                elif not line:
                    time.sleep(0.005)


def show(browser, view):
    browser.run("location.hash = arguments[0]", VIEWS[view])
    browser.find(f"main[data-view={view}] h1")


def overview_loads(browser):
    browser.open(URL)
    browser.until("no tile that is normal",
                  lambda: browser.run("return document.querySelector('article')?.dataset.state") == "normal")
    check("score" in browser.text("article") and "threshold" in browser.text("article"), "the tile has no score")
    check(browser.find("article svg.shape"), "the state has no shape")


def spectrogram_moves(browser):
    show(browser, "machine")
    browser.find(".spectrogram canvas")
    pixels = "return document.querySelector('.spectrogram canvas').toDataURL()"
    for _ in range(3):
        before = browser.run(pixels)
        browser.until("the spectrogram stands still", lambda: browser.run(pixels) != before, 10)
    browser.run("document.querySelector('.spectrogram canvas').focus()")
    canvas = browser.find(".spectrogram canvas")
    browser.type(canvas, UP + LEFT)
    told = browser.text(".readout")
    check(" Hz, " in told and " dB, " in told, f"the cursor tells '{told}'")
    check(browser.find(".plot path.score"), "no plot of scores")


def fault_is_shown(browser):
    """The simulated fault begins by a click; the alarm is on the page within a second of its record."""
    show(browser, "machine")
    browser.run("""
      const banner = document.getElementById("alarm");
      new MutationObserver(() => { window.alarmTime ??= banner.textContent ? Date.now() / 1000 : undefined })
        .observe(banner, { childList: true, characterData: true, subtree: true })""")
    watch = Watch()
    set_gain(browser, "0 dB", token=open(TOKEN_FILE).read().strip())
    shown = browser.until("the alarm is not shown", lambda: browser.run("return window.alarmTime"), 30)
    browser.until("the alarm has no record", lambda: watch.time)
    late = shown - watch.time
    check(late < 1, f"the alarm came {late:.2f} s after its record")
    print(f"the alarm was on the page {late * 1000:.0f} ms after its record")
    show(browser, "overview")
    browser.find("article[data-state=alarm]")


def every_node_opens(browser):
    """Also one whose parameters are named like parts of a form, such as `append`."""
    show(browser, "graph")
    for node, parameter in [("log", "append"), ("stft", "length"), ("past", "path"), ("clips", "longest")]:
        browser.click(browser.find(f"a.node[data-key={node}]"))
        browser.find(f".panel form[data-node={node}] input[data-name={parameter}]")


def set_gain(browser, value, token=None):
    show(browser, "graph")
    browser.click(browser.find("a.node[data-key=fault]"))
    entry = browser.find("input[data-name=gain]")
    browser.clear(entry)
    browser.type(entry, value)
    browser.click(browser.button("Change"))
    if token:
        browser.type(browser.find("#token"), token + ENTER)
    browser.click(browser.button("Do it"))
    browser.until("the plan stays open", lambda: browser.run("return !document.querySelector('dialog')"))


def clip_plays(browser):
    set_gain(browser, "-100 dB")
    show(browser, "machine")
    player = browser.find("audio", 30)
    browser.run("arguments[0].play().catch(() => {})", player)
    played = "return arguments[0].error?.message ?? arguments[0].currentTime"
    browser.until("the clip does not play", lambda: browser.run(played, player))
    time_played = browser.run(played, player)
    check(isinstance(time_played, (int, float)) and time_played > 0, f"the clip: {time_played}")
    browser.click(browser.button("Show its spectrogram"))
    browser.find(".clip .spectrogram canvas")
    browser.run("arguments[0].pause()", player)


def swap_loses_nothing(browser):
    show(browser, "graph")
    browser.run("location.hash = arguments[0]", VIEWS["graph"])
    entry = browser.find("input[data-name=learn]")
    browser.clear(entry)
    browser.type(entry, "1.5s")
    browser.click(browser.button("Change"))
    agree = browser.button("Do it")
    check("re-warmed" in browser.text("dialog .plan"), "the plan does not say what happens to the node")
    browser.click(agree)
    generations = lambda: [it["generation"] for it in records() if it["kind"] == "score"][-5:]
    begun = generations()[-1]
    browser.until("the new detector does not judge", lambda: generations()[0] > begun, 30)
    check(missed() == [], f"scores are missing or doubled: {missed()}")


def missed():
    """Scores lie at equal distances: each that does not, unless sound was lost there."""
    found = []
    hop = last = None
    for record in records():
        if record["kind"] == "gap":
            last = None
        if record["kind"] != "score":
            continue
        if last is not None:
            step = record["begin"] - last
            hop = hop or step
            if abs(step - hop) > 1:
                found.append((last, record["begin"]))
        last = record["begin"]
    return found


def editor_helps(browser):
    """A typo shows its caret, and a click on the suggestion mends it."""
    show(browser, "editor")
    browser.until("no text", lambda: browser.run("return document.querySelector('#text').value.includes('bands: 32')"))
    text = browser.find("#text")
    browser.run("""
      const text = arguments[0], place = text.value.indexOf("bands: 32") + 4;
      text.focus();
      text.setSelectionRange(place, place)""", text)
    browser.type(text, DELETE)
    browser.find(".diagnostics .source")
    check("    ^^^^" in browser.text(".diagnostics .source"), "the typo has no caret")
    check(browser.text(".marks mark") == "band", "the typo is not marked in the text")
    check(browser.find(".numbers .faulty"), "the line of the typo is not marked")
    if PICTURES:
        picture(browser, "page-editor")
    browser.click(browser.button("Replace 'band' with 'bands'"))
    browser.until("the text is not mended", lambda: browser.text("#found") == "No errors.")
    check(browser.run("return arguments[0].value.includes('bands: 32')", text), "the suggestion is not in the text")
    browser.run("""
      const text = arguments[0], place = text.value.indexOf("bands: 32") + 9;
      text.setSelectionRange(place, place)""", text)
    browser.type(text, ", fm")
    browser.find("#choices [role=option]")
    check("fmin" in browser.text("#choices"), f"completion offers '{browser.text('#choices')}'")
    browser.type(text, ESCAPE)


def editor_applies(browser):
    """The edited text takes effect after its plan was shown."""
    show(browser, "overview")
    show(browser, "editor")
    browser.until("no text", lambda: browser.run("return document.querySelector('#text').value.includes('off: 0.5 s')"))
    browser.run("""
      const text = document.querySelector("#text");
      text.value = text.value.replace("off: 0.5 s", "off: 0.6 s");
      text.dispatchEvent(new Event("input"))""")
    browser.click(browser.button("Apply"))
    agree = browser.button("Do it")
    check("off: 0.5 s -> 0.6 s" in browser.text("dialog .plan"), f"the plan says '{browser.text('dialog .plan')}'")
    browser.click(agree)
    browser.until("the plan stays open", lambda: browser.run("return !document.querySelector('dialog')"))
    show(browser, "graph")
    browser.click(browser.find("a.node[data-key=alarm]"))
    browser.until("the new value is not shown", lambda: browser.run(
        "return document.querySelector('input[data-name=off]')?.value.startsWith('0.6')"))


def shadow_is_compared(browser):
    show(browser, "graph")
    browser.click(browser.find("a.node[data-key=judge]"))
    entry = browser.find("input[data-name=learn]")
    browser.clear(entry)
    browser.type(entry, "1s")
    browser.click(browser.button("Try in the shadow"))
    browser.click(browser.button("Do it"))
    browser.until("no agreement", lambda: "% of" in browser.text("#changes ~ [role=region]").replace(", of", " of"), 30)
    browser.click(browser.button("Discard"))
    browser.click(browser.button("Do it"))
    browser.until("the candidate stays", lambda: "shadowing" not in browser.text("#changes + p"))


def normal_sound_is_tried(browser):
    """This detector has no model: accept says so, and the page does not offer to go on."""
    show(browser, "machine")
    browser.click(browser.button("This is normal", 30))
    browser.click(browser.button("Try"))
    browser.until("the trial has no end", lambda: "failed" in browser.text("dialog [role=status]"), 30)
    check("error" in browser.text("dialog .lines"), f"accept says '{browser.text('dialog .lines')}'")
    check(browser.find("//dialog//button[. = 'Accept' and @disabled]"), "a failed trial can be accepted")
    browser.click(browser.button("Close"))


def locked_server_asks(browser):
    browser.open(LOCKED_URL)
    entry = browser.find("#token")
    check(not browser.run("return document.querySelector('article')"), "a locked server gives away machines")
    browser.type(entry, "0" * 64 + ENTER)
    browser.find("dialog .problem")
    browser.type(browser.find("#token"), open(TOKEN_FILE).read().strip() + ENTER)
    browser.find("article")
    show(browser, "machine")
    browser.find(".spectrogram canvas")
    browser.button("Download")
    browser.click(browser.button("Load the sound"))
    browser.find("audio[src^=blob]")


def history_is_shown(browser):
    show(browser, "history")
    browser.find(".plot path.score")
    browser.find("//td[contains(., 'alarm')]")


def views_are_accessible(browser):
    text, reason = axe.source()
    if not text:
        print(f"skipped: axe is missing: {reason}")
    for scheme, width in [("light", 1100), ("dark", 320)]:
        browser.colours(scheme)
        browser.size(width, 900)
        for view in VIEWS:
            show(browser, view)
            wanted = {"overview": "article", "machine": ".plot path.score", "graph": "input[data-name=learn]",
                      "editor": "#text", "history": ".plot path.score"}[view]
            browser.find(wanted)
            wide = browser.run("return document.documentElement.scrollWidth")
            check(wide <= width, f"{view} needs {wide} pixels of {width}")
            for problem in axe.problems(browser, text) if text else []:
                check(False, f"{view}, {scheme}: {problem}")


def picture(browser, name):
    path = f"{PICTURES}/{name}.png"
    with open(path, "wb") as file:
        file.write(browser.picture())
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--ext", ".png", "--speed", "1", "--quality", "0-80", path], check=True)


def take_pictures(browser):
    """During an alarm, with enough sound in the picture."""
    browser.size(1280, 760)
    set_gain(browser, "0 dB")
    for name, view, scheme, size, seconds in [
        ("page", "machine", "light", (960, 1440), 21), ("page-phone", "machine", "dark", (320, 720), 12),
        ("page-dark", "graph", "dark", (1280, 760), 3),
    ]:
        browser.colours(scheme)
        browser.size(*size)
        show(browser, view)
        time.sleep(seconds)
        picture(browser, name)


def main():
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder)
        try:
            browser.size(1100, 1000)
            steps = [overview_loads, spectrogram_moves, fault_is_shown, every_node_opens, clip_plays, swap_loses_nothing, editor_helps,
                     editor_applies, shadow_is_compared, normal_sound_is_tried, history_is_shown, views_are_accessible]
            steps += ([take_pictures] if PICTURES else []) + [locked_server_asks]
            for step in steps:
                begun = time.monotonic()
                try:
                    step(browser)
                except Exception as problem:
                    traceback.print_exc(file=sys.stdout)
                    check(False, f"{step.__name__}: {problem}")
                print(f"{step.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
            for fault in browser.faults():
                check(False, f"the page's scripts: {fault}")
        finally:
            browser.end()
    if problems:
        sys.exit(1)
    print("all checks passed")


main()
