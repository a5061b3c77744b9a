"""Pages: Markdown converted, with links between them, and the files that they link to."""

import html
import posixpath
import urllib.parse

import drawing
import markdown

PICTURES = (".png", ".svg", ".jpg")


class Page:
    """A page of the site. `path` is its place in the site, `body` its HTML."""

    def __init__(self, source, path, title, body, contents=(), links=()):
        self.source = source
        self.path = path
        self.title = title
        self.body = body
        # Anchor and text of each heading of the second level.
        self.contents = contents
        # The files that it links to, in order.
        self.links = links


class Pages:
    def __init__(self, repository):
        self.repository = repository
        self.problems = []
        self.copied = set()
        self.parts = []
        self.below = {}
        self.all = {}
        for heading, sources in repository.order:
            self.parts.append((heading, sources))
            for source in sources:
                self.below[source] = self.pages_below(source)
        self.markdown = {source for _, sources in self.parts for source in sources}
        self.markdown |= {source for sources in self.below.values() for source in sources}
        for source in sorted(self.markdown):
            self.add(source)
        self.below = {source: self.in_order(source, below) for source, below in self.below.items()}

    def pages_below(self, source):
        """The pages whose index a README.md of a folder of docs is."""
        folder = posixpath.dirname(source)
        if posixpath.basename(source) != "README.md" or not folder.startswith("docs/"):
            return []
        beside = [file for file in self.repository.files if posixpath.dirname(file) == folder]
        return [file for file in beside if file.endswith(".md") and file != source]

    def in_order(self, source, below):
        """As their index links to them."""
        place = {target: index for index, target in reversed(list(enumerate(self.all[source].links)))}
        for page in below:
            if page not in place:
                self.problems.append(f"{source}: no link leads to {page}")
        return sorted(below, key=lambda page: place.get(page, len(place)))

    def add(self, source):
        text = self.repository.text(source)
        document = markdown.convert(text, lambda link, is_picture: self.resolve(source, text, link, is_picture))
        self.all[source] = Page(
            source, self.path(source), document.title or source, drawing.drawn(document.body), document.contents,
            document.links)

    def path(self, file):
        """Where the site has a file of the repository."""
        if file in self.markdown:
            stem = file.removesuffix(".md")
            return (stem.removesuffix("README") + "index" if posixpath.basename(stem) == "README" else stem) + ".html"
        if file.endswith(PICTURES):
            return file
        return f"files/{file}/index.html" if file in self.repository.folders else f"files/{file}.html"

    def resolve(self, source, text, link, is_picture):
        """A link of a page: the file that it leads to (none where it leads elsewhere), and the link of the site."""
        if not link or link.startswith(("http://", "https://", "mailto:")):
            return None, link
        name, _, anchor = link.partition("#")
        if not name:
            return source, link
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), urllib.parse.unquote(name)))
        if target in self.repository.folders and target + "/README.md" in self.markdown:
            target += "/README.md"
        if target not in self.repository.files and target not in self.repository.folders:
            self.problems.append(f"{place(source, text, link)}: the link '{link}' leads to no file of the repository")
            return None, "#content"
        self.take(target)
        return target, relative(self.path(source), self.path(target)) + ("#" + anchor if anchor else "")

    def take(self, target):
        """Makes a page of a file or folder that is none yet."""
        if target in self.markdown or target in self.all:
            return
        if target.endswith(PICTURES):
            self.copied.add(target)
        elif target in self.repository.folders:
            self.all[target] = Page(target, self.path(target), target, "")
            self.all[target].body = self.listing(target)
        else:
            body = f"<h1>{html.escape(target)}</h1>\n<pre tabindex=\"0\"><code>"
            body += html.escape(self.repository.text(target), quote=False) + "</code></pre>\n"
            self.all[target] = Page(target, self.path(target), target, body)

    def listing(self, folder):
        files = [file for file in self.repository.files if file.startswith(folder + "/")]
        lines = [f"<h1>{html.escape(folder)}</h1>", "<ul>"]
        for file in files:
            self.take(file)
            link = urllib.parse.quote(relative(self.path(folder), self.path(file)))
            lines.append(f"<li><a href=\"{link}\">{html.escape(file[len(folder) + 1:])}</a></li>")
        return "\n".join(lines + ["</ul>", ""])

    def sources(self):
        """The source of each page of the site, by its path there."""
        return {page.path: source for source, page in self.all.items()}

    def reading_order(self):
        return [page for _, sources in self.parts for source in sources for page in [source, *self.below[source]]]


def relative(here, there):
    return posixpath.relpath(there, posixpath.dirname(here) or ".")


def place(source, text, link):
    """FILE:LINE of a link."""
    for number, line in enumerate(text.splitlines(), 1):
        if f"({link}" in line:
            return f"{source}:{number}"
    return source
