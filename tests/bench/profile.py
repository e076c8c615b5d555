#!/usr/bin/python3
"""Which functions a row spends its time in, by perf; as root.

    make bench-profile ROW=envelope.first       the rows' names: results.tsv
    make bench-profile ROW=session.cpu MESSAGES=10000

Without ROW, the three that missed their target of processor time most when the
bench ran last.  The programs are built with frame pointers.  Printed and left
in build/bench/profile-ROW.txt: the ten functions with most time of their own,
and the ten with most time below them.

What can go wrong: time that is not the row's.  A command that changes nothing
is repeated in its session until the login does not count.
"""

import os
import shutil
import sys

import bench
from place import run
from servers import Watched
from work import known, protocol, script

TIMES = 50
PORT = 2190
SHOWN = 10
WRITES = ("store", "copy", "move", "expunge", "pop3.dele")
SESSION = "open\nlogin\nclose\n"


def is_cold(row):
    return row.endswith(".first")


def steps(row, n):
    """What has to have happened before, and what is profiled."""
    if row.startswith("session"):
        return SESSION, SESSION * 4 * TIMES
    text = script(row, n)
    if is_cold(row):
        return "", text
    if row in WRITES:
        pop3 = protocol(row) == "pop3"
        return script("pop3.list.warm" if pop3 else "flags"), text
    if row.startswith("select") or row.startswith("pop3.list"):
        return text * 2, text * TIMES
    return text, "\n".join(
        "\n".join([line] * TIMES) if line.startswith("time ") else line
        for line in text.split("\n"))


def report(data, *how):
    said = run("perf", "report", "--stdio", "-i", data, "-g", "none",
               "--percent-limit", "0.5", *how, capture_output=True,
               text=True).stdout
    found = [line for line in said.splitlines()
             if line.strip() and not line.startswith("#")]
    if "--children" in how:
        # Not main() and all the others that have everything below them.
        most = max(float(line.split("%")[0]) for line in found)
        found = [line for line in found
                 if float(line.split("%")[0]) < 0.8 * most]
    return "\n".join(found[:SHOWN])


def profile(b, row):
    n = 1000 if row == "pop3.dele" else b.messages
    kind = "large" if row == "large" else "usual"
    b.mail_for([b.up("stdmail")], min(n, 10000) if row == "large" else n, kind)
    before, text = steps(row, n)
    if is_cold(row):
        b.cold(b.up("stdmail"))
    else:
        b.load(b.up("stdmail"), before, kind=protocol(row))
    data = b.place.path("perf.data")
    s = Watched(b.place, "perf-" + row, "stdm", PORT,
                ["perf", "record", "-q", "-F", "2000", "-g", "-o", data],
                False, protocol(row))
    if not s.start():
        sys.exit(f"no server below perf: see {s.dir}")
    b.load(s, text, kind=protocol(row))
    s.stop()
    b.place.changed("stdm")
    said = (f"{row}, {n:,} messages: time of their own\n" +
            report(data, "--no-children", "-F", "overhead,dso,sym") +
            "\n\nwith what they call\n" +
            report(data, "--children", "-F", "overhead_children,dso,sym") +
            "\n")
    with open(os.path.join(b.out, f"profile-{row}.txt"), "w",
              encoding="utf-8") as f:
        f.write(said)
    print(said, flush=True)


def main(b):
    if not shutil.which("perf"):
        sys.exit("perf is not installed: make bench-deps")
    rows = (os.environ.get("ROW") or "").split(",")
    if rows == [""]:
        try:
            with open(os.path.join(b.out, "worst"), encoding="ascii") as f:
                rows = [row for row in f.read().split() if known(row)][:3]
        except FileNotFoundError:
            sys.exit("no ROW, and no bench was run: see profile.py")
    for row in rows:
        profile(b, row)


if __name__ == "__main__":
    bench.main(main)
