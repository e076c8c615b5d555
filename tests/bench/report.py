"""Results as every single figure (TSV), and as a table of text or Markdown.

A row has two verdicts: of the clock, and of the server's processor time, both
against the same target.
"""

import os
import platform
import statistics
import time

import calls
import plot
from rows import ROWS

HEAD = ("", "stdmail", "Dovecot", "Courier", "limit", "target", "by the clock",
        "CPU us", "CPU Dovecot", "CPU limit", "by CPU")
WIDTHS = (50, 8, 8, 8, 8, 8, -14, 8, 11, 9, -14)


def value(unit, r, clock):
    """A result in the unit of its row, taken from r.wall or r.cpu."""
    us = getattr(r, clock)
    if unit == "cpu":
        return r.cpu / 1000 / r.count
    if unit == "MB/s":
        return r.octets / us if us else None
    if unit == "/s":
        return r.count / (us / 1e6) if us else None
    if unit == "KB":
        return r.wall
    return us / 1000


def median(bench, row, n, server, unit, clock="wall"):
    found = [value(unit, r, clock) for r in bench.results
             if r.row == row and r.n == n and r.server == server]
    found = [x for x in found if x is not None]
    return statistics.median(found) if found else None


def limit_of(bench, row, n, clock):
    """What the machine allows: limits added up, or the floor's figure."""
    column = row.column("limit")
    if column != "limit":
        return median(bench, row.id, n, column, row.unit, clock)
    parts = [median(bench, name, n, "limit", row.unit, clock)
             for name in row.limit]
    return sum(parts) if parts and None not in parts else None


def show(x):
    if x is None:
        return "-"
    if abs(x) >= 100:
        return f"{x:,.0f}"
    return "%.2f" % x if 0 < abs(x) < 10 else "%.1f" % x


def miss(row, us, target):
    """How many times over the target; 1 and less is reached."""
    if us is None or target is None:
        return None
    if row.more_is_better():
        us, target = target, us
    return us / target if target else float(us > 0) * 99


def verdict(times):
    if times is None:
        return ""
    return "reached" if times <= 1 else "missed x" + show(times)


def judge(bench, row, n, clock):
    """(ours, limit, target, how many times over it)."""
    us = median(bench, row.id, n, row.column("stdmail"), row.unit, clock)
    limit = limit_of(bench, row, n, clock)
    extra = median(bench, "fsync", n, "limit", "ms", clock)
    target = row.reach(limit, extra, n)
    return us, limit, target, miss(row, us, target)


def line_of(bench, row, n):
    us, limit, target, times = judge(bench, row, n, "wall")
    others = [median(bench, row.id, n, row.column(c), row.unit)
              for c in ("dovecot", "courier")]
    cells = [show(us), *map(show, others), show(limit), show(target),
             verdict(times)]
    if row.cpu and row.unit in ("ms", "MB/s"):
        cpu, limit, _, times = judge(bench, row, n, "cpu")
        peer = median(bench, row.id, n, row.column("dovecot"), row.unit,
                      "cpu")
        cells += [show(cpu), show(peer), show(limit), verdict(times)]
    else:
        cells += [""] * 4
    unit = "ms" if row.unit == "cpu" else row.unit
    return (f"{row.title}, {unit}", *cells)


def lines(bench, rows):
    for row in rows:
        line = line_of(bench, row, bench.messages)
        if line[1] != "-" or line[2] != "-":
            yield line


def worst(bench):
    """Rows by how far they miss their target of processor time."""
    found = [(judge(bench, row, bench.messages, "cpu")[3], row.id)
             for group in ROWS.values() for row in group
             if row.cpu and row.unit in ("ms", "MB/s")]
    return [name for times, name in sorted(
        (f for f in found if f[0] is not None), reverse=True)]


def heading(bench):
    shares = [r.others for r in bench.results]
    fsync = median(bench, "fsync", bench.messages, "limit", "ms")
    with open("/proc/meminfo", encoding="ascii") as f:
        memory = int(f.readline().split()[1]) / (1 << 20)
    return ("%s: %s messages, medians of %d; %d processors, %.0f GB of memory, "
            "Linux %s, %s, an fsync takes %s ms; other work had %.0f %% of the "
            "processors." % (
                time.strftime("%d %B %Y, %H:%M UTC", time.gmtime()),
                f"{bench.messages:,}", bench.repeat, os.cpu_count(), memory,
                platform.release().split("-")[0], filesystem(bench.out),
                show(fsync),
                statistics.mean(shares) if shares else 0))


def filesystem(path):
    best = ("", "")
    with open("/proc/mounts", encoding="utf-8") as f:
        for line in f:
            _, point, kind, *_ = line.split()
            inside = point == "/" or (path + "/").startswith(point + "/")
            if inside and len(point) >= len(best[0]):
                best = (point, kind)
    return best[1]


def text_line(cells):
    return " ".join(
        cell.rjust(width) if width > 0 and i else cell.ljust(abs(width))
        for i, (cell, width) in enumerate(zip(cells, WIDTHS))).rstrip()


def show_group(bench, name):
    table = list(lines(bench, ROWS.get(name, ())))
    if table:
        print(text_line((name, *HEAD[1:])))
        print("\n".join(map(text_line, table)))
    elif name == "calls":
        print(calls.text(bench))
    print(flush=True)


def all_lines(bench):
    for group in ROWS.values():
        yield from lines(bench, group)


def markdown(head, table):
    out = ["| " + " | ".join(head) + " |",
           "| --- |" + " ---: |" * (len(head) - 1)]
    out += ["| " + " | ".join(cells) + " |" for cells in table]
    return "\n".join(out) + "\n"


def begin(bench):
    """A whole run: nothing of an older one may stand beside its table."""
    for name in ("table.md", "calls.md", "growth.svg"):
        if os.path.exists(os.path.join(bench.out, name)):
            os.unlink(os.path.join(bench.out, name))


def save(bench):
    def write(name, content):
        with open(os.path.join(bench.out, name), "w", encoding="utf-8") as f:
            f.write(content)

    write("results.tsv", "row\tmessages\tserver\tus\tcpu_us\toctets\tcount"
          "\tothers\n" + "".join(
              "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%.1f\n" % (
                  r.row, r.n, r.server, r.wall, r.cpu, r.octets, r.count,
                  r.others) for r in bench.results))
    table = list(all_lines(bench))
    write("table.txt", "\n".join([heading(bench), text_line(HEAD),
                                  *map(text_line, table)]) + "\n")
    if not bench.env.get("ONLY"):
        write("table.md", heading(bench) + "\n\n" + markdown(HEAD, table))
    write("worst", "\n".join(worst(bench)) + "\n")
    if bench.calls:
        write("calls.md", markdown(calls.HEAD, calls.lines(bench)))
    plot.draw(bench)
