"""The rows as a table, and as a figure for GitHub's light and dark mode."""

import html


NOT_MEASURED = "not measured"


def number(value):
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def spread(figures):
    return f"{number(figures['median'])} [{number(figures['min'])} {number(figures['max'])}]"


def verdict(row):
    if row.get("same") is False:
        return f"another result (by {100 * row['difference']:.2g} %)"
    return {None: "", True: "yes", False: "no"}[row.get("within")]


def cells(row):
    if "failed" in row:
        return [row["name"], "", "", NOT_MEASURED, "", ""]
    work = f"{row['work']}, {row['unit']}"
    if "missing" in row:
        return [work, spread(row["ours"]), row["baseline"], NOT_MEASURED, number(row["goal"]), ""]
    if "ratio" not in row:
        goal = f"{number(row['goal'])} {row['unit']}" if row["goal"] else ""
        return [work, spread(row["ours"]), "", "", goal, verdict(row)]
    theirs = f"{row['baseline']}: {number(row['theirs']['median'])}"
    return [work, spread(row["ours"]), theirs, spread(row["ratio"]), number(row["goal"]), verdict(row)]


def reasons(rows):
    """Why rows were not measured, or are not to be trusted."""
    for row in rows:
        reason = row.get("failed") or row.get("missing")
        if reason:
            beside = f" beside {row['baseline']}" if "baseline" in row else ""
            yield f"Not measured: {row['name']}{beside}: {reason.strip().splitlines()[-1]}"


def table(rows):
    """Markdown, aligned."""
    lines = [["work, unit", "Auscult", "beside", "ratio", "at most", "within"]] + [cells(row) for row in rows]
    widths = [max(len(line[index]) for line in lines) for index in range(6)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def write_between(path, name, text):
    """Replaces what stands in a document between the comments `name: begin` and `name: end`."""
    content = path.read_text(encoding="utf-8")
    begin, end = (f"<!-- {name}: {edge} -->\n" for edge in ("begin", "end"))
    before, _, rest = content.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path}: has no '{begin.strip()}' with an end")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


STYLE = """
.back { fill: #ffffff }
text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.bar { fill: #2f6fd0 }
.over { fill: #c4622d }
.spread { stroke: #1f2328 }
.goal { stroke: #1a7f37; stroke-width: 2 }
.one { stroke: #8c959f; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
  .back { fill: #0d1117 }
  text { fill: #e6edf3 } .small { fill: #9198a1 } .bar { fill: #4c8df0 } .over { fill: #e0814c }
  .spread { stroke: #e6edf3 } .goal { stroke: #3fb950 } .one { stroke: #6e7681 }
}
"""
LEFT, WIDTH, ROW, TOP, END, MOST = 330, 360, 34, 30, 110, 2


def chart(rows, caption):
    """A bar for each ratio, a green line at its goal, a thin line from the least to the largest round."""
    shown = [row for row in rows if "ratio" in row]
    height = TOP + ROW * len(shown) + 44
    most = max([1.1] + [min(MOST, 1.05 * max(row["ratio"]["max"], row["goal"] or 0)) for row in shown])

    def place(value):
        return round(LEFT + WIDTH * min(value, most) / most, 1)

    def line(kind, x, begin, end):
        return f'<line class="{kind}" x1="{x}" x2="{x}" y1="{begin}" y2="{end}"/>'

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + END} {height}" '
             f'width="{LEFT + WIDTH + END}" height="{height}" role="img">',
             "<title>The cost of Auscult beside other programs; shorter is cheaper</title>", f"<style>{STYLE}</style>",
             # Its own background: a page's theme need not be that of the browser.
             '<rect class="back" width="100%" height="100%"/>',
             line("one", place(1), TOP - 8, height - 40),
             f'<text class="small" x="{place(1)}" y="{TOP - 14}" text-anchor="middle">as much</text>']
    for index, row in enumerate(shown):
        y, ratio = TOP + ROW * index, row["ratio"]
        kind = "over" if row["within"] is False else "bar"
        parts += [
            f'<text x="{LEFT - 10}" y="{y + 12}" text-anchor="end">{html.escape(row["label"])}</text>',
            f'<text class="small" x="{LEFT - 10}" y="{y + 25}" text-anchor="end">beside '
            f'{html.escape(row["baseline"])}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{y + 5}" width="{max(1, round(place(ratio["median"]) - LEFT, 1))}" '
            f'height="16" rx="1"/>',
            f'<line class="spread" x1="{place(ratio["min"])}" x2="{place(ratio["max"])}" y1="{y + 13}" y2="{y + 13}"/>']
        if row["goal"]:
            parts.append(line("goal", place(row["goal"]), y + 1, y + 25))
        beside = place(ratio["max"]) + 6
        if row["goal"] and beside - 6 <= place(row["goal"]) < beside + 40:
            beside = place(row["goal"]) + 6
        parts.append(f'<text x="{beside}" y="{y + 17}">{number(ratio["median"])}</text>')
    parts += [f'<text class="small" x="10" y="{height - 22}">CPU time of Auscult divided by that of the other; '
              f"shorter is cheaper. Green line: the goal. Bars end at {number(most)}.</text>",
              f'<text class="small" x="10" y="{height - 7}">{html.escape(caption)}</text>', "</svg>"]
    return "\n".join(parts) + "\n"
