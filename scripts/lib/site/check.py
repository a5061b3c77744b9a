"""Reads the finished site and follows every link and picture in it."""

import pathlib
import posixpath
import urllib.parse
from html.parser import HTMLParser


class Finished(HTMLParser):
    """Anchors and links of a page."""

    def __init__(self, text):
        super().__init__()
        self.anchors = []
        self.links = []
        self.loaded = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values and tag not in ("g", "svg"):
            self.anchors.append(values["id"])
        if tag == "a":
            self.links.append(values.get("href") or "")
        elif "src" in values or tag == "link":
            self.loaded.append(values.get("src") or values.get("href") or "")


def problems(folder, sources):
    """What is wrong, in words; `sources` names the source of each page."""
    pages = {
        file.relative_to(folder).as_posix(): Finished(file.read_text(encoding="utf-8"))
        for file in folder.rglob("*.html")
    }
    found = []
    for path, page in sorted(pages.items()):
        name = sources.get(path, path)
        for anchor in sorted({anchor for anchor in page.anchors if page.anchors.count(anchor) > 1}):
            found.append(f"{name}: the anchor '{anchor}' occurs twice")
        for address in page.links + page.loaded:
            problem = broken(folder, path, address, pages, sources)
            if problem:
                found.append(f"{name}: {problem}")
        found += [f"{name}: loads '{address}' from elsewhere" for address in page.loaded if "://" in address]
    return list(dict.fromkeys(found))


def broken(folder, path, address, pages, sources):
    if urllib.parse.urlsplit(address).scheme:
        return None
    file, _, anchor = address.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), urllib.parse.unquote(file))) if file else path
    if target.startswith("../") or not pathlib.Path(folder, target).is_file():
        return f"the link '{address}' leads to no file of the site"
    if anchor and target in pages and urllib.parse.unquote(anchor) not in pages[target].anchors:
        return f"{sources.get(target, target)} has no heading '#{anchor}'"
    return None
