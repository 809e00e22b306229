#!/usr/bin/env python3
"""Makes tables and plots of what the benchmark rig has measured.

    python3 tests/tools/plot_benchmarks.py RESULTS.jsonl --svg docs/benchmarks
    python3 tests/tools/plot_benchmarks.py RESULTS.jsonl --page docs/benchmarks.md

RESULTS has a JSON object on each line: what `bench.py --json` appends for a set, a mode and
a tool. Where there are several for the same, the last one counts. The first tool is the
one the others are divided by.

With --svg, a bar chart of each mode goes into a folder. With --page, charts go into the
folder beside the page that is called as it is, and the tables into the page, between the
lines `<!-- figures -->` and `<!-- end of figures -->`; else tables are printed. Rows in which
the tools disagree, or something was not served, are told on standard error, and end with
exit code 1.
"""

import argparse
import json
import sys
from html import escape
from pathlib import Path

MODES = {
    "cold": "no cache, no lock file",
    "relock-cold": "a lock file and no cache, the usual run in CI",
    "warm": "fresh cache, no lock file",
    "warm-revalidate": "a stale cache, every page answered with 304",
    "relock": "fresh cache and a lock file to keep",
    "noop": "the same again, and nothing has changed",
    "relock-edit": "the same, and one requirement more",
    "upgrade": "an old lock file and `--upgrade`",
}
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
# Bars by tool, in light and in dark; other tools take the last pair.
COLOURS = {
    "pinfold": ("#1a7f5a", "#3fb68b"),
    "uv": ("#8a8fa8", "#8a8fa8"),
    "pip-compile": ("#b7791f", "#d69e2e"),
    "": ("#a05195", "#c77dbb"),
}


class Figures:
    """The rows of one mode."""

    def __init__(self, mode, rows):
        self.mode = mode
        self.rows = {(row["set"], row["tool"]): row for row in rows}
        self.sets = list(dict.fromkeys(row["set"] for row in rows))
        self.tools = list(dict.fromkeys(row["tool"] for row in rows))

    def row(self, name, tool):
        return self.rows.get((name, tool))

    def conditions(self):
        """Returns under what the rows were measured."""
        rows = self.rows.values()
        found = {(row["rtt"], row["mbit"], row["proto"]) for row in rows}
        if len(found) != 1:
            sys.exit(f"error: {self.mode} was measured under several conditions: {sorted(found)}")
        ((rtt, mbit, _),) = found
        runs = sorted({row["runs"] for row in rows})
        words = [f"round trip {rtt:g} ms", f"median of {'–'.join(map(str, runs))} runs"]
        return ", ".join(words[:1] + ([f"{mbit:g} Mbit/s"] if mbit else []) + words[1:])


def read(path):
    """Returns the modes in the order in which they are shown."""
    rows = {}
    for line in path.read_text().splitlines():
        if line.strip():
            row = json.loads(line)
            rows[row["mode"], row["set"], row["tool"]] = row
    modes = dict.fromkeys([*MODES, *(mode for mode, _, _ in rows)])
    by_mode = {mode: [row for row in rows.values() if row["mode"] == mode] for mode in modes}
    return [Figures(mode, rows) for mode, rows in by_mode.items() if rows]


def doubts(figures):
    """Yields what speaks against using a row."""
    for (name, tool), row in figures.rows.items():
        for what in ("differs", "misses"):
            if row[what]:
                shown = ", ".join(row[what][:3])
                yield f"{figures.mode}, {name}, {tool}: {what} in {len(row[what])}: {shown}"
        first = figures.row(name, figures.tools[0])
        if first and row["rc"] != first["rc"]:
            yield f"{figures.mode}, {name}, {tool}: exit codes {row['rc']}, {first['rc']} of {first['tool']}"


def short(name):
    return name.removesuffix(".in")


def milliseconds(seconds):
    value = seconds * 1000
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def ratio(value):
    return f"{value:.2f}" if value < 9.995 else f"{value:.0f}"


# ------------------------------------------------------------------ tables


def table(figures):
    """Returns the table of a mode, in Markdown."""
    first, *others = figures.tools
    ratios = ["ratio"] if len(others) == 1 else [f"ratio of {tool}" for tool in others]
    columns = [f"{tool}: ms / CPU ms / MiB / requests" for tool in figures.tools]
    lines = [f"| {' | '.join(['set', 'pins', *columns, *ratios])} |"]
    lines.append("|---" * (2 + len(columns) + len(ratios)) + "|")
    for name in figures.sets:
        rows = [figures.row(name, tool) for tool in figures.tools]
        pins = next((row["pins"] for row in rows if row), 0)
        cells = [short(name), str(pins or "–")]
        for row in rows:
            cells.append(
                f"{milliseconds(row['wall'])} / {milliseconds(row['cpu'])}"
                f" / {row['rss']:.0f} / {row['requests']}"
                if row
                else "–"
            )
        cells += [ratio(row["ratio"]) if row else "–" for row in rows[1:]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def page(modes, charts):
    """Returns all tables, each below its chart if there are charts."""
    parts = []
    for figures in modes:
        parts.append(f"### {figures.mode}")
        if charts:
            about = f"{figures.mode}: time for each set, {', '.join(figures.tools)}"
            parts.append(f"![{about}]({charts}/{figures.mode}.svg)")
        parts.append(table(figures))
    return "\n\n".join(parts) + "\n"


# ------------------------------------------------------------------ charts

WIDTH, LEFT, RIGHT, TOP = 760, 164, 128, 84
BAR, GAP, BETWEEN = 13, 2, 12

STYLE = """
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .small { fill: #59636e }
  .ground { fill: #ffffff }
  .line { stroke: #d1d9e0 }
"""
DARK = """
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .ground { fill: #0d1117 }
    .line { stroke: #3d444d }
"""


def chart(figures):
    """Returns a chart of a mode as SVG: text as text, no scripts, nothing from elsewhere."""
    style, dark = STYLE, DARK
    classes = {tool: f"tool-{index}" for index, tool in enumerate(figures.tools)}
    for tool, name in classes.items():
        light, other = COLOURS.get(tool, COLOURS[""])
        style += f"  .{name} {{ fill: {light} }}\n"
        dark += f"    .{name} {{ fill: {other} }}\n"
    style += f"  @media (prefers-color-scheme: dark) {{{dark}  }}\n"

    end, step = scale(figures)
    across = (WIDTH - LEFT - RIGHT) / end
    body, y = [], TOP
    for name in figures.sets:
        tools = [tool for tool in figures.tools if figures.row(name, tool)]
        height = len(tools) * (BAR + GAP) - GAP
        middle = y + height / 2 + 4
        body.append(text(LEFT - 10, middle, short(name), anchor="end"))
        for tool in tools:
            body.append(bar(figures.row(name, tool), classes[tool], y, end, across))
            y += BAR + GAP
        y += BETWEEN - GAP
    bottom = y - BETWEEN + 6

    axis = []
    for tick in range(int(end / step + 1e-9) + 1):
        x = LEFT + tick * step * across
        axis.append(f'<line class="line" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>')
        axis.append(text(x, bottom + 16, f"{tick * step * 1000:g}", "small", "middle"))
    axis.append(text(WIDTH - RIGHT + 14, bottom + 16, "ms", "small"))

    title = f"{figures.mode}: {MODES.get(figures.mode, '')}".rstrip(": ").replace("`", "")
    legend, x = [], LEFT
    for tool, name in classes.items():
        legend.append(f'<rect class="{name}" x="{x}" y="56" width="12" height="12" rx="2"/>')
        legend.append(text(x + 18, 66, tool))
        x += 40 + 7 * len(tool)
    height = bottom + 30
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(title)}">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description(figures))}</desc>",
            f"<style>{style}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',
            text(16, 26, title, "title"),
            text(16, 45, subtitle(figures), "small"),
            *legend,
            *axis,
            *body,
            "</svg>\n",
        ]
    )


def subtitle(figures):
    words = f"Milliseconds, less is better; {figures.conditions()}"
    if len(figures.tools) > 1:
        words += f"; in brackets the ratio to {figures.tools[0]}"
    return words


def description(figures):
    """Returns the chart's figures in words, for those who do not see it."""
    words = []
    for name in figures.sets:
        rows = [figures.row(name, tool) for tool in figures.tools]
        told = (f"{row['tool']} {milliseconds(row['wall'])} ms" for row in rows if row)
        words.append(f"{short(name)}: {', '.join(told)}")
    return "; ".join(words)


def scale(figures):
    """Returns where the axis ends, and the distance of its lines, in seconds.

    A tool that takes many times as long as the first two is not given room: its bars
    are cut, so that the others can be told apart.
    """
    near = [row["wall"] for row in figures.rows.values() if row["tool"] in figures.tools[:2]]
    longest = max(row["wall"] for row in figures.rows.values())
    wanted = longest if longest <= 3 * max(near) else max(near)
    step = 0.001
    for factor in [2, 2.5, 2] * 4:
        if wanted <= 6 * step:
            break
        step *= factor
    return max(wanted, step), step


def bar(row, name, y, end, across):
    length = min(row["wall"], end) * across
    label = f"{milliseconds(row['wall'])} ms"
    if row["ratio"] != 1.0:
        label += f" ({ratio(row['ratio'])})"
    x = LEFT + length
    shape = f'<rect class="{name}" x="{LEFT}" y="{y}" width="{max(length, 1):.1f}" height="{BAR}" rx="2"/>'
    if row["wall"] > end:
        # Cut: the end is shown broken off.
        points = " ".join(
            f"{x + dx},{y + BAR * part}" for dx, part in [(-14, 0), (-8, 0), (-14, 1), (-20, 1)]
        )
        shape += f'<polygon class="ground" points="{points}"/>'
    return shape + text(x + 6, y + BAR - 2.5, label)


def text(x, y, words, name="", anchor=""):
    attributes = f' class="{name}"' if name else ""
    attributes += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(words)}</text>'


# ------------------------------------------------------------------ what is asked for


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, help="what `bench.py --json` wrote")
    parser.add_argument("--svg", type=Path, metavar="FOLDER", help="where charts go")
    parser.add_argument("--page", type=Path, help="the page that tables go into")
    parser.add_argument("--mode", action="append", help="only this mode (repeatable)")
    options = parser.parse_args()
    modes = read(options.results)
    if options.mode:
        modes = [figures for figures in modes if figures.mode in options.mode]
    if not modes:
        sys.exit(f"error: there is nothing to show in {options.results}")

    before = after = ""
    if options.page:
        old = options.page.read_text()
        if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(END) < old.index(BEGIN):
            sys.exit(f"error: {options.page} has no place for tables: {BEGIN} and {END}, a line each")
        before, after = old[: old.index(BEGIN) + len(BEGIN)], old[old.index(END) :]
    folder = options.svg or (options.page and options.page.with_suffix(""))
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for figures in modes:
            (folder / f"{figures.mode}.svg").write_text(chart(figures))
    tables = page(modes, folder.name if folder else None)
    if options.page:
        options.page.write_text(f"{before}\n\n{tables}\n{after}")
    else:
        print(tables, end="")

    wrong = [line for figures in modes for line in doubts(figures)]
    for line in wrong:
        print(f"warning: {line}", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
