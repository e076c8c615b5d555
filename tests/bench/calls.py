"""System calls of one operation, of all processes of its session.

What can go wrong: a count of a whole session says little, and the first of a
kind does more than the next.  So strace counts two sessions, with the operation
once and TIMES more, and what is told is a TIMESth of the difference.
"""

import os
import shutil

from servers import Watched
from work import selected

HEAD = ("one", "calls", "which")
TIMES = 20
PORT = 2180
SHOWN = 6

LOGIN = "open\nlogin\nclose\n"
SELECT = "open\nlogin\ndo SELECT INBOX\nclose\n"


def paced(command):
    return lambda times: selected(f"pace _ {times} {command}")


# What it is called, an exec for each connection, the script of so many.
OPERATIONS = (
    ("connect, LOGIN, LOGOUT", False, lambda times: LOGIN * times),
    ("the same, exec for each", True, lambda times: LOGIN * times),
    ("SELECT, warm, in a new session", False,
     lambda times: SELECT * times + LOGIN * (TIMES + 1 - times)),
    ("SELECT, again", False, paced("SELECT INBOX")),
    ("STATUS", False, paced("STATUS INBOX (MESSAGES UNSEEN)")),
    ("NOOP", False, paced("NOOP")),
    ("FETCH, flags", False, paced("FETCH %u FLAGS")),
    ("FETCH, envelope", False, paced("FETCH %u ENVELOPE")),
    ("FETCH, whole message", False, paced("FETCH %u BODY.PEEK[]")),
    ("SEARCH UNSEEN", False, paced("SEARCH UNSEEN")),
    ("STORE", False, paced("STORE %u +FLAGS (\\Draft)")),
    ("COPY", False, paced("COPY %u Copied")),
    ("APPEND of 10 KB", False,
     lambda times: selected(f"append _ Copied {times} 10240 one")),
    ("IDLE, a delivery told", False,
     lambda times: selected(f"idle _ {times}")),
)


def count(b, server, file, script):
    """Calls by name while the server serves this script, from start to end."""
    if not server.start():
        raise OSError(f"no server below strace: see {server.dir}")
    try:
        b.load(server, script)
    finally:
        server.stop()
    with open(file, encoding="ascii") as f:
        table = [line.split() for line in f]
    # % time, seconds, usecs/call, calls, [errors,] name
    return {row[-1]: int(row[3]) for row in table
            if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


def measure(b, n, _turn):
    if not shutil.which("strace"):
        b.say("strace is not installed: no system calls")
        return
    b.mail_for([b.up("stdmail")], n)
    b.load(b.up("stdmail"), selected(
        f"do FETCH 1:{TIMES + 1} (ENVELOPE BODY.PEEK[])"))
    file = b.place.path("strace")
    servers = {accept: Watched(
        b.place, "calls%d" % accept, "stdm", PORT,
        ["strace", "-f", "-c", "-o", file], accept, "imap")
        for accept in (False, True)}
    for name, accept, script in OPERATIONS:
        few, more = (count(b, servers[accept], file, script(times))
                     for times in (1, 1 + TIMES))
        each = {call: (more.get(call, 0) - few.get(call, 0)) / TIMES
                for call in {**few, **more}}
        b.calls.append((name, {c: x for c, x in each.items() if x >= 0.1}))
    b.place.changed("stdm")


def show(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def lines(bench):
    for name, each in bench.calls:
        ordered = sorted(each.items(), key=lambda x: -x[1])
        which = ", ".join(f"{call} {show(x)}" for call, x in ordered[:SHOWN])
        if len(ordered) > SHOWN:
            which += ", ..."
        yield name, show(sum(each.values())), which


def text(bench):
    return "\n".join("%-32s %6s  %s" % line for line in lines(bench))
