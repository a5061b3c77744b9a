"""Markdown to the body of a page, by cmark-gfm. Headings get the anchors that GitHub gives them."""

import html
import re
import subprocess
from html.parser import HTMLParser

EXTENSIONS = ("table", "strikethrough", "autolink", "tasklist")


class Document(HTMLParser):
    """Rewrites what cmark-gfm makes: anchors of headings, links, tables and code that scroll by themselves.

    `resolve(link, is_picture)` gives the file that a link leads to, and the link to write.
    """

    def __init__(self, resolve):
        super().__init__(convert_charrefs=False)
        self.resolve = resolve
        self.title = ""
        self.contents = []
        self.links = []
        self._out = []
        self._heading = None
        self._anchors = {}

    @property
    def body(self):
        return "".join(self._out)

    def handle_starttag(self, tag, attributes):
        text = self.get_starttag_text()
        if re.fullmatch("h[1-6]", tag):
            self._heading = (len(self._out), [])
        elif tag in ("a", "img"):
            text = self.rewritten(tag, dict(attributes))
        elif tag == "table":
            text = '<div class="wide" tabindex="0">' + text
        elif tag == "pre":
            text = '<pre tabindex="0">'
        self._out.append(text)

    handle_startendtag = handle_starttag

    def rewritten(self, tag, attributes):
        name = "href" if tag == "a" else "src"
        target, attributes[name] = self.resolve(attributes.get(name) or "", tag == "img")
        if target:
            self.links.append(target)
        return f"<{tag}" + "".join(f' {key}="{html.escape(value or "")}"' for key, value in attributes.items()) + ">"

    def handle_endtag(self, tag):
        if re.fullmatch("h[1-6]", tag) and self._heading:
            place, words = self._heading
            text = "".join(words)
            anchor = self.anchor(text)
            self._out[place] = f'<{tag} id="{html.escape(anchor)}">'
            self._heading = None
            if tag == "h1" and not self.title:
                self.title = text
            elif tag == "h2":
                self.contents.append((anchor, text))
        self._out.append(f"</{tag}>" + ("</div>" if tag == "table" else ""))

    def anchor(self, text):
        """Letters, digits, hyphens and underscores in lower case; a number follows where it was taken."""
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        count = self._anchors.get(slug, 0)
        self._anchors[slug] = count + 1
        return f"{slug}-{count}" if count else slug

    def take(self, text, plain):
        self._out.append(text)
        if self._heading:
            self._heading[1].append(plain)

    def handle_data(self, data):
        self.take(data, data)

    def handle_entityref(self, name):
        self.take(f"&{name};", html.unescape(f"&{name};"))

    def handle_charref(self, name):
        self.take(f"&#{name};", html.unescape(f"&#{name};"))


def convert(text, resolve):
    """Raw HTML in the text is left out, as its comments are."""
    command = ["cmark-gfm", "--to", "html", "--validate-utf8"]
    for extension in EXTENSIONS:
        command += ["--extension", extension]
    made = subprocess.run(command, input=text.encode(), check=True, capture_output=True).stdout.decode()
    document = Document(resolve)
    document.feed(made)
    document.close()
    return document
