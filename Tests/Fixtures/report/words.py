"""Checks that a report's page has words for everything, loads nothing from elsewhere, and that its links lead to files.

Usage: words.py PAGE. Prints what it has, or what is wrong; exit status 1 then.
"""
import html.parser
import os
import sys
import urllib.parse

PAGE = os.fsencode(sys.argv[1])
VOID = {"meta", "br", "img", "link", "input", "hr"}
problems = []


def check(holds, text):
    if not holds:
        problems.append(text)


class Element:
    def __init__(self, name, attributes, parent):
        self.name, self.attributes, self.parent = name, attributes, parent
        self.children, self.words = [], ""

    def all(self, *names):
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.all(*names)

    def text(self):
        return (self.words + "".join(child.text() for child in self.children)).strip()


class Tree(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.place = self.root = Element("", {}, None)

    def handle_starttag(self, name, attributes):
        names = [name for name, _ in attributes]
        check(len(names) == len(set(names)), f"<{name}> has an attribute twice")
        check(not any(name.startswith("on") for name in names), f"<{name}> runs something")
        child = Element(name, dict(attributes), self.place)
        self.place.children.append(child)
        if name not in VOID:
            self.place = child

    def handle_startendtag(self, name, attributes):
        self.place.children.append(Element(name, dict(attributes), self.place))

    def handle_endtag(self, name):
        check(self.place.name == name, f"</{name}> ends <{self.place.name}>")
        self.place = self.place.parent or self.place

    def handle_data(self, data):
        self.place.words += data


tree = Tree()
with open(PAGE, encoding="utf-8") as page:
    tree.feed(page.read())
root = tree.root
check(next(root.all("html")).attributes.get("lang") == "en", "the page has no language")
check(next(root.all("head")).children[0].attributes.get("charset") == "utf-8", "the page has no character set")
check([h1.text() != "" for h1 in root.all("h1")] == [True], "there is not one <h1>")
check(not list(root.all("script", "link", "iframe", "object", "embed", "base")), "the page loads or runs something")


def every(element):
    for child in element.children:
        yield child
        yield from every(child)


named = {}
for element in every(root):
    name = element.attributes.get("id")
    if name is not None:
        check(name not in named, f"the id {name} is there twice")
        named[name] = element

# Pictures.
pictures = [element for element in root.all("svg", "img")]
for picture in pictures:
    if picture.name == "img":
        check(picture.attributes.get("alt"), "an <img> has no alternative text")
        continue
    labels = [named.get(name) for name in picture.attributes.get("aria-labelledby", "").split()]
    check(picture.attributes.get("role") == "img", "an <svg> is not a picture for screen readers")
    check([label.name if label else None for label in labels] == ["title", "desc"], "an <svg> has no title and description")
    for label in labels:
        check(label and label.text() and "gnuplot" not in label.text().lower(), "an <svg> has empty words")
for figure in root.all("figure"):
    captions = [child.text() for child in figure.children if child.name == "figcaption"]
    check(len(captions) == 1 and len(captions[0]) > 40, f"a figure has no caption: {captions}")
    check(any(word in captions[0] for word in ["Across: ", "Pictures: "]), f"a caption names no axes: {captions}")
    check(list(figure.all("svg", "img")), "a figure has no picture")
check(len(pictures) == len(list(root.all("figure"))), "a picture is in no figure")

# Tables.
tables = list(root.all("table"))
for table in tables:
    check([caption.text() != "" for caption in table.all("caption")] == [True], "a table has no caption")
    heads = [th for head in table.all("thead") for th in head.all("th")]
    check(heads and all(th.attributes.get("scope") == "col" and th.text() for th in heads), "a column has no heading")
    for body in table.all("tbody"):
        for row in body.all("tr"):
            cells = [cell for cell in row.children if cell.name in ("td", "th")]
            check(cells[0].name == "th" and cells[0].attributes.get("scope") == "row", "a row has no heading")
            check(len(cells) == len(heads), f"a row has {len(cells)} cells of {len(heads)}")

# Links.
players = list(root.all("audio"))
for element in every(root):
    for name in ("src", "href", "xlink:href", "poster", "data"):
        link = element.attributes.get(name)
        if link is None:
            continue
        if name == "xlink:href":
            check(link.startswith("#") or link.startswith("data:image/png;base64,"), f"a picture loads {link[:60]}")
            continue
        parts = urllib.parse.urlsplit(link)
        plain = not parts.scheme and not parts.netloc and not parts.query and not parts.fragment
        check(plain and not link.startswith("/"), f"{link} is no relative link")
        file = os.path.join(os.path.dirname(PAGE), urllib.parse.unquote_to_bytes(parts.path))
        check(os.path.isfile(file), f"{link} leads nowhere")
for player in players:
    check("controls" in player.attributes and player.attributes.get("preload") == "none", "a player loads by itself")
    check(player.attributes.get("aria-label"), "a player has no name")

for problem in problems:
    print("wrong:", problem)
print(f"{len(pictures)} pictures, {len(tables)} tables, {len(players)} players")
sys.exit(1 if problems else 0)
