"""The frame around a page: head, navigation, the pages before and after it."""

import html

from pages import relative

GENERATOR = '<meta name="generator" content="scripts/make-site">'

FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{generator}
<title>{title}</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<a class="skip" href="#content">To the text</a>
<header><a href="{home}">Auscult</a> <a class="to-pages" href="#pages">All pages</a></header>
<div class="columns">
<main id="content">
{body}
{turn}</main>
<nav id="pages" aria-label="Pages">
{navigation}
</nav>
</div>
</body>
</html>
"""


def site(pages):
    """The text of each page of the site, by path."""
    order = pages.reading_order()
    texts = {}
    for source, page in pages.all.items():
        texts[page.path] = FRAME.format(
            generator=GENERATOR, title=html.escape(heading(page)), style=relative(page.path, "style.css"),
            home=relative(page.path, "index.html"), body=page.body, turn=turn(pages, page, order),
            navigation=navigation(pages, page))
    return texts


def heading(page):
    return page.title if page.path == "index.html" else f"{page.title} - Auscult"


def link(page, target, text=None):
    here = ' aria-current="page"' if target is page else ""
    return f'<a href="{relative(page.path, target.path)}"{here}>{html.escape(text or target.title)}</a>'


def turn(pages, page, order):
    """Links to the pages before and after it."""
    if page.source not in order:
        return ""
    place = order.index(page.source)
    before = pages.all[order[place - 1]] if place else None
    after = pages.all[order[place + 1]] if place + 1 < len(order) else None
    lines = ['<nav class="turn" aria-label="Before and after">']
    lines += [f'<span>Before: {link(page, before)}</span>'] if before else []
    lines += [f'<span class="next">Next: {link(page, after)}</span>'] if after else []
    return "\n".join(lines + ["</nav>", ""])


def navigation(pages, page):
    lines = []
    for part, sources in pages.parts:
        lines += [f"<h2>{html.escape(part)}</h2>", "<ul>"]
        for source in sources:
            target, below = pages.all[source], pages.below[source]
            lines.append(f"<li>{link(page, target)}")
            if target is page:
                lines += contents(page)
            if below and page.source in [source, *below]:
                lines += ["<ul>", *(f"<li>{link(page, pages.all[one])}</li>" for one in below), "</ul>"]
            lines.append("</li>")
        lines.append("</ul>")
    return "\n".join(lines)


def contents(page):
    """The headings of a page that has several."""
    if len(page.contents) < 3 or page.source.endswith("nodes/README.md"):
        return []
    lines = [f'<li><a href="#{html.escape(anchor)}">{html.escape(text)}</a></li>' for anchor, text in page.contents]
    return ['<ul class="contents">', *lines, "</ul>"]
