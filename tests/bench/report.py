"""Results as every single figure (TSV), as a table, and as a plot."""

import os
import platform
import statistics
import subprocess
import time

from rows import GROUPS, PLOT, ROWS

HEAD = ("", "stdmail", "Dovecot", "Courier", "limit", "Dovecot/us", "us/limit",
        "target", "", "CPU us", "CPU Dovecot", "load")


def value(unit, r):
    if unit == "cpu":
        return r.cpu / 1000 / r.count
    if unit == "cpu of all":
        return r.cpu / 1000
    if unit == "MB/s":
        return r.octets / r.wall
    if unit == "/s":
        return r.count / (r.wall / 1e6)
    if unit in ("KB", "calls"):
        return r.wall
    return r.wall / 1000


def median(bench, row, n, server, unit):
    found = [value(unit, r) for r in bench.results
             if r.row == row and r.n == n and r.server == server and r.wall]
    if unit == "KB":
        found = [value(unit, r) for r in bench.results
                 if r.row == row and r.n == n and r.server == server]
    return statistics.median(found) if found else None


def limit_of(bench, row, n):
    """What the machine allows: limits added up, or the floor's figure."""
    column = row.column("limit")
    if column != "limit":
        return median(bench, row.id, n, column, row.unit)
    parts = [median(bench, name, n, "limit", row.unit) for name in row.limit]
    return sum(parts) if parts and None not in parts else None


def show(x):
    if x is None:
        return "-"
    if x and abs(x) < 10:
        return "%.2f" % x
    return "%s" % f"{x:,.0f}" if abs(x) >= 100 else "%.1f" % x


def line_of(bench, row, n):
    us, dovecot, courier = (
        median(bench, row.id, n, row.column(c), row.unit)
        for c in ("stdmail", "dovecot", "courier"))
    limit = limit_of(bench, row, n)
    extra = median(bench, "fsync", n, "limit", "ms")
    target = row.reach(limit, extra, n)
    loads = [r.load for r in bench.results if r.row == row.id and r.n == n]
    ratio = None
    if us and dovecot:
        ratio = us / dovecot if row.more_is_better() else dovecot / us
    verdict = ""
    if us is not None and target is not None:
        ok = us >= target if row.more_is_better() else us <= target
        verdict = "reached" if ok else "MISSED x%s" % show(
            (target / us if row.more_is_better() else us / target)
            if us and target else 0)
    cpu = [median(bench, row.id, n, row.column(c),
                  "cpu of all") if row.unit in ("ms", "MB/s") else None
           for c in ("stdmail", "dovecot")]
    unit = {"ms": "ms", "cpu": "ms", "calls": ""}.get(row.unit, row.unit)
    return (row.title + (", " + unit if unit else ""), show(us), show(dovecot),
            show(courier), show(limit), show(ratio),
            show(us / limit if us and limit else None), show(target), verdict,
            *(show(c or None) for c in cpu),
            "%.1f" % statistics.median(loads) if loads else "-")


def lines(bench):
    n = bench.messages
    for group in GROUPS.values():
        found = [line_of(bench, row, n) for row in group]
        yield from (l for l in found if set(l[1:4]) != {"-"})


def heading(bench):
    return "%s, %s messages, medians of %d, Linux %s, %d processors" % (
        time.strftime("%Y-%m-%d %H:%M"), f"{bench.messages:,}", bench.repeat,
        platform.release(), os.cpu_count())


def text(bench):
    table = [HEAD, *lines(bench)]
    widths = [max(len(l[i]) for l in table) for i in range(len(HEAD))]
    out = [heading(bench)]
    for l in table:
        cells = [l[0].ljust(widths[0])]
        cells += [c.rjust(w) for c, w in zip(l[1:8], widths[1:8])]
        cells += [l[8].ljust(widths[8])]
        cells += [c.rjust(w) for c, w in zip(l[9:], widths[9:])]
        out.append("  ".join(cells))
    return "\n".join(out)


def markdown(bench):
    out = [heading(bench), "", "| " + " | ".join(HEAD) + " |",
           "| --- |" + " ---: |" * (len(HEAD) - 1)]
    out += ["| " + " | ".join(l) + " |" for l in lines(bench)]
    return "\n".join(out) + "\n"


def save(bench):
    def write(name, content):
        with open(os.path.join(bench.out, name), "w", encoding="utf-8") as f:
            f.write(content)

    write("results.tsv", "row\tmessages\tserver\tus\tcpu_us\toctets\tcount"
          "\tload\n" + "".join(
              "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%.2f\n" % (
                  r.row, r.n, r.server, r.wall, r.cpu, r.octets, r.count,
                  r.load) for r in bench.results))
    write("table.txt", text(bench) + "\n")
    write("table.md", markdown(bench))
    plot(bench)


def plot(bench):
    """cost.svg: milliseconds (KB) over messages, ours solid, Dovecot dashed."""
    sizes = sorted({r.n for r in bench.results})
    curves = []
    data = []
    for i, name in enumerate(PLOT):
        row = next(r for r in ROWS if r.id == name)
        for server, style in (("stdmail", "1"), ("dovecot", "2")):
            points = [(n, median(bench, name, n, server, row.unit))
                      for n in sizes]
            points = [p for p in points if p[1]]
            if len(points) < 2:
                continue
            block = len(data)
            data.append("\n".join("%d %g" % p for p in points))
            title = row.title.split("(")[0].strip(" ,")
            if name.startswith("envelope"):
                title = "FETCH ENVELOPE, " + name.split(".")[1]
            title = ("stdmail: " if server == "stdmail" else "Dovecot: "
                     ) + title + (" (KB)" if row.unit == "KB" else "")
            curves.append(
                f"'{os.path.join(bench.out, 'cost.dat')}' index {block} with "
                f"linespoints lc {i + 1} dt {style} pt {i + 4} "
                f"title '{title}'")
    if not curves:
        return
    with open(os.path.join(bench.out, "cost.dat"), "w",
              encoding="ascii") as f:
        f.write("\n\n\n".join(data) + "\n")
    subprocess.run(
        ["gnuplot"], text=True, check=False, stderr=subprocess.DEVNULL,
        input="set terminal svg size 1000,560 font 'sans,12' background "
        f"'white'\nset output '{os.path.join(bench.out, 'cost.svg')}'\n"
        "set logscale xy\nset format x '%.0s%c'\nset format y '%g'\n"
        "set xlabel 'messages in the mailbox'\nset ylabel 'milliseconds'\n"
        "set grid\nset key outside right\nplot " + ", \\\n".join(curves) +
        "\n")
