"""growth.svg: how cost grows with the mailbox, ours beside Dovecot and the
limit; milliseconds on the left, memory on the right."""

import os
import subprocess

import report
from rows import ROWS

TIMES = {
    "select.first": "SELECT, first",
    "select.warm": "SELECT, warm",
    "flags": "FETCH FLAGS, warm",
    "envelope.first": "FETCH ENVELOPE, first",
    "envelope.warm": "FETCH ENVELOPE, warm",
    "body.first": "SEARCH BODY, first",
    "body.warm": "SEARCH BODY, warm",
}
MEMORY = {"hold": "KB of an idle session"}
# Server, its name, how its lines are dashed and what marks the points.
WHO = (("stdmail", "", 1, 7), ("dovecot", "Dovecot: ", 2, 6),
       ("limit", "limit: ", 3, 2))
LIMITS = ("select.first", "envelope.first", "body.first")

HEAD = """set terminal svg size 1100,560 font 'sans,12' background 'white'
set output '{out}'
set multiplot layout 1,2
set logscale xy
set format x '%.0s%c'
set format y '%g'
set xlabel 'messages in the mailbox'
set grid
set key below maxrows 8 samplen 3
"""


def points(bench, row, server, sizes):
    for n in sizes:
        if server == "limit":
            y = (report.limit_of(bench, row, n, "wall")
                 if row.id in LIMITS else None)
        else:
            y = report.median(bench, row.id, n, server, row.unit)
        if y:
            yield n, y


def curves(bench, names, sizes, data):
    """gnuplot's words for each line; its points are added to data."""
    rows = {row.id: row for group in ROWS.values() for row in group}
    for colour, (name, title) in enumerate(names.items(), 1):
        for server, who, dash, mark in WHO:
            found = list(points(bench, rows[name], server, sizes))
            if len(found) < 2:
                continue
            yield (f"'{bench.out}/growth.dat' index {len(data)} with "
                   f"linespoints lc {colour} dt {dash} pt {mark} ps 0.5 "
                   f"title '{who}{title}'")
            data.append("\n".join("%d %g" % p for p in found))


def draw(bench):
    sizes = sorted({r.n for r in bench.results})
    data = []
    left = list(curves(bench, TIMES, sizes, data))
    right = list(curves(bench, MEMORY, sizes, data))
    if not left or not right:
        return
    with open(os.path.join(bench.out, "growth.dat"), "w",
              encoding="ascii") as f:
        f.write("\n\n\n".join(data) + "\n")
    script = HEAD.format(out=os.path.join(bench.out, "growth.svg"))
    for label, lines in (("milliseconds", left),
                         ("KB, shared pages divided", right)):
        script += f"set ylabel '{label}'\nplot " + ", \\\n".join(lines) + "\n"
    try:
        subprocess.run(["gnuplot"], text=True, check=False, input=script)
    except FileNotFoundError:
        print("no plot: gnuplot is not installed")
