#!/usr/bin/python3
"""Put what the last bench found between the two marks in README.md, and its
plot beside this file.  In $B/bench, which is build/bench."""

import os
import shutil
import sys

MARKS = ("<!-- what make bench-readme wrote -->\n", "<!-- end of it -->\n")
HERE = os.path.dirname(os.path.abspath(__file__))
PLOT = "tests/bench/growth.svg"


def main():
    root = os.path.join(HERE, "../..")
    out = os.path.join(root, os.environ.get("B", "build"), "bench")
    parts = []
    for name, title in (("table.md", None),
                        ("calls.md", "System calls of one operation, of all "
                         "its processes together:\n")):
        try:
            with open(os.path.join(out, name), encoding="utf-8") as f:
                parts += ([title] if title else []) + [f.read()]
        except FileNotFoundError:
            sys.exit(f"no {name}: make bench writes it")
    plot = os.path.join(out, "growth.svg")
    if os.path.exists(plot):
        shutil.copy(plot, os.path.join(root, PLOT))
        parts.insert(1, f"![Cost over the size of the mailbox]({PLOT})\n")
    readme = os.path.join(root, "README.md")
    with open(readme, encoding="utf-8") as f:
        before, rest = f.read().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    with open(readme, "w", encoding="utf-8") as f:
        f.write(before + MARKS[0] + "\n" + "\n".join(parts) + "\n" + MARKS[1] +
                after)


if __name__ == "__main__":
    main()
