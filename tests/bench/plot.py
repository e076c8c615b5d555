"""growth.svg: how cost grows with the mailbox; a panel for each of some rows,
with ours, Dovecot and what the machine allows."""

import os
import subprocess

import report
from rows import ROWS

PANELS = {
    "select.first": "SELECT, first",
    "select.warm": "SELECT, warm",
    "flags": "FETCH FLAGS",
    "hold": "idle session, KB",
    "envelope.first": "FETCH ENVELOPE, first",
    "envelope.warm": "FETCH ENVELOPE, warm",
    "body.first": "SEARCH BODY, first",
    "body.warm": "SEARCH BODY, warm",
}
# Server, its name, colour, dash, what marks its points.
WHO = (("stdmail", "stdmail", "#0060b0", 1, 7),
       ("dovecot", "Dovecot", "#c04000", 2, 6),
       ("limit", "limit", "#707070", 3, 2))

HEAD = """set terminal svg size 1200,600 font 'sans,12' background 'white'
set output '{out}'
set multiplot layout 2,4
set logscale xy
set xrange [{low}:{high}]
set format x '%.0s%c'
set format y '%g'
set grid
set key bottom right samplen 2
"""


def points(bench, row, server, sizes):
    for n in sizes:
        if server == "limit":
            # That of the warm rows is no lower bound.
            first = row.factor and row.id.endswith(".first")
            y = report.limit_of(bench, row, n, "wall") if first else None
        else:
            y = report.median(bench, row.id, n, server, row.unit)
        if y:
            yield n, y


def panel(bench, row, title, sizes, data):
    """gnuplot's words for one; its points are added to data."""
    lines = []
    for server, known, colour, dash, mark in WHO:
        found = list(points(bench, row, server, sizes))
        if len(found) > 1:
            lines.append(
                f"'{bench.out}/growth.dat' index {len(data)} with linespoints "
                f"lw 2 lc rgb '{colour}' dt {dash} pt {mark} ps 0.6 "
                f"title '{known}'")
            data.append("\n".join("%d %g" % p for p in found))
    unit = "" if row.unit == "KB" else ", ms"
    return (f"set title '{title}{unit}'\nplot " + ", \\\n".join(lines) + "\n"
            "unset key\n" if lines else "")


def draw(bench):
    sizes = sorted({r.n for r in bench.results if r.row == "select.first"})
    if len(sizes) < 2:
        return
    rows = {row.id: row for group in ROWS.values() for row in group}
    data = []
    script = HEAD.format(out=os.path.join(bench.out, "growth.svg"),
                         low=sizes[0] / 1.3, high=sizes[-1] * 1.3)
    for name, title in PANELS.items():
        script += panel(bench, rows[name], title, sizes, data)
    with open(os.path.join(bench.out, "growth.dat"), "w",
              encoding="ascii") as f:
        f.write("\n\n\n".join(data) + "\n")
    try:
        subprocess.run(["gnuplot"], text=True, check=False, input=script)
    except FileNotFoundError:
        print("no plot: gnuplot is not installed")
