"""Mermaid's arrows as a drawing by Graphviz, so that no page needs a script. Other drawings stay text."""

import html
import re
import subprocess

STYLE = """
  bgcolor=transparent; nodesep=0.1; ranksep=0.35
  node [shape=box, fontname="sans-serif", fontsize=12, height=0.3, width=0.3, margin="0.06,0.03"]
  edge [fontname="sans-serif", fontsize=11, arrowsize=0.6]
"""
BLOCK = re.compile(r'<pre tabindex="0"><code class="language-mermaid">graph TD\n(.*?)</code></pre>', re.DOTALL)
NODE = r'(\w+)(?:\["([^"]+)"\])?'
ARROW = re.compile(rf"\s*{NODE} (?:-->|-\. (\w+) \.->) {NODE}\s*")


def drawn(body):
    return BLOCK.sub(lambda block: draw(html.unescape(block[1])) or block[0], body)


def draw(text):
    lines = []
    for line in text.splitlines():
        arrow = ARROW.fullmatch(line)
        if not arrow:
            return None
        start, start_label, label, end, end_label = arrow.groups()
        lines += [f'"{name}" [label="{shown}"]' for name, shown in ((start, start_label), (end, end_label)) if shown]
        lines.append(f'"{start}" -> "{end}"' + (f' [style=dashed, label=" {label}"]' if label else ""))
    graph = "digraph {" + STYLE + "\n".join(lines) + "\n}"
    made = subprocess.run(["dot", "-Tsvg"], input=graph, check=True, capture_output=True, text=True).stdout
    svg = made[made.index("<svg"):].replace('"black"', '"currentColor"').replace("<text ", '<text fill="currentColor" ')
    # Titles of the parts would show their internal names.
    svg = re.sub(r"<title>.*?</title>\n?", "", svg, flags=re.DOTALL)
    return f'<div class="wide drawing" tabindex="0" role="img" aria-label="A drawing of arrows">{svg}</div>'
