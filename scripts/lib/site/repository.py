"""The files of the repository, and which of them are pages."""

import os
import pathlib
import posixpath
import subprocess


class Repository:
    def __init__(self, root):
        self.root = root
        self.problems = []
        self.files = sorted(self.known() or self.found())
        self.folders = {folder for file in self.files for folder in parents(file)}
        self.order = self.read_order()

    def known(self):
        """The files that git knows, and new ones that it does not ignore; none where it does not answer."""
        if not (self.root / ".git").exists():
            return []
        command = ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True).stdout.decode().split("\0")
        return [name for name in names if name and (self.root / name).is_file()]

    def found(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (pathlib.PurePath(folder, name).relative_to(self.root).as_posix() for name in names)

    def read_order(self):
        """Headings of the navigation, each with its pages: first docs/order.txt, then the rest of docs."""
        parts = []
        for number, line in enumerate(self.text("docs/order.txt").splitlines(), 1):
            if line.startswith("  ") and parts:
                if line.strip() not in self.files:
                    self.problems.append(f"docs/order.txt:{number}: there is no file '{line.strip()}'")
                else:
                    parts[-1][1].append(line.strip())
            elif line.strip() and not line.startswith("#"):
                parts.append((line.strip(), []))
        named = {page for _, pages in parts for page in pages}
        rest = [file for file in self.files if file.startswith("docs/") and file.endswith(".md") and file not in named]
        # A folder with an index orders its pages itself: see Pages.
        rest = [file for file in rest if posixpath.dirname(file) + "/README.md" not in named]
        return parts + ([("More", rest)] if rest else [])

    def text(self, file):
        try:
            return (self.root / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            self.problems.append(f"{file}: a link leads to it, and it is no text")
            return ""


def parents(file):
    folder = posixpath.dirname(file)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
