#!/usr/bin/python3
"""order.py TRACE HOME: is a name on the disk before the client hears of it?

TRACE is strace -f -y of a session on pipes.  Each mkdir, rename and link below
HOME leaves its directory in need of an fsync; at the first answer that says
"OK" to the command with the tag "do", no directory may be in need of one.
Which names are in need is printed; the exit status tells.

Not counted: what need not outlive a crash (tmp/, *.tmp that are renamed
later, locks, the cache, folders on their way out), the place that a message
leaves, and renames from new/ to cur/ and within cur/, which only change flags.
"""

import os
import re
import sys

CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)")
PATHS = re.compile(r'(?:(?:\d+|AT_FDCWD)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
PASSING = re.compile(r"/tmp$|\.tmp$|\.lock$|stdmail\.|/\.\.stdmail-gone|"
                     r"/\.cache(/|$)")


def main(trace, home):
    need, told = {}, False
    for line in open(trace, errors="backslashreplace"):
        m = CALL.match(line)
        if not m or int(m[3]) < 0:
            continue
        call, arguments = m[1], m[2]
        if call in ("write", "sendto") and "do OK" in arguments:
            told = True
            break
        if call in ("fsync", "fdatasync"):
            need.pop(re.search(r"<([^>]*)>", arguments)[1], None)
            continue
        paths = [os.path.normpath(os.path.join(d or "/", p))
                 for d, p in PATHS.findall(arguments)]
        if call == "unlinkat" and paths:
            need.pop(paths[0], None)  # a directory that is no more
        if not call.startswith(("mkdir", "rename", "link")) or not paths:
            continue
        was, sub = os.path.split(os.path.dirname(paths[0]))
        if len(paths) == 2 and sub in ("cur", "new") and \
                os.path.dirname(paths[1]) == was + "/cur":
            continue
        if sub in ("tmp", "cur", "new"):
            paths = paths[-1:]
        for p in paths:
            if p.startswith(home + "/") and not PASSING.search(p):
                need.setdefault(os.path.dirname(p), []).append(call + " " + p)
    if not told:
        print("there was no OK")
    for names in need.values():
        print("\n".join(names))
    return 0 if told and not need else 1


sys.exit(main(*sys.argv[1:]))
