"""What is measured together: each function is one round of a group."""

import os
import time

from rows import SMALL_BOX
from work import COLD, PACED, TURNS, script, selected

SETTLED_S = 2.5  # a directory is older than its clock is coarse
HELD = 20        # idle sessions


def limits_of_reading(b, n):
    cur = b.cur("floo")
    b.touch("floo")
    for what in ("readdir", "read", "memmem", "socket"):
        b.limit(n, what, what, cur)
    limit_fsync(b, n)


def limit_fsync(b, n):
    """An append has two: file and directory."""
    b.limit(n, "fsync", "append", os.path.join(
        b.place.maildir("floo"), ".Copied"), 20, 100)
    for figure in ("wall", "cpu"):
        setattr(b.results[-1], figure,
                getattr(b.results[-1], figure) // 40)
    b.place.make_folder("floo", ".Copied")


# --- sessions ---------------------------------------------------------------

MODES = {"stdmail": "", "dovecot": "", "courier": "", "floor": "",
         "loop": ".loop", "tuned": ".loop", "floorloop": ".loop"}


def in_modes(b, n, turn):
    """Each server in each mode, one after the other."""
    for name, mode in MODES.items():
        s = b.up(name)
        if s and turn < s.rounds:
            b.mail_for([s], n)
            b.load(s, "sessions _warm 3 1\n")
            yield s, mode
            if mode:
                s.stop()


def session(b, n, turn):
    count = 160 if b.quick else 480
    for s, mode in in_modes(b, n, turn):
        time.sleep(0.5)
        kb, processes = s.resident()
        b.note(s, n, {"nobody" + mode: (kb, 0, 0, processes)})
        found = b.load(s, f"sessions one {count} 8\n")
        if "one" in found:
            b.note(s, n, {f"session{mode}.cpu": found["one"],
                          f"session{mode}.rate": found["one"]})
        if not mode:
            b.measure(s, n, "check check %d\n" % (10 if b.quick else 25),
                      yes=True)


def memory(b, n, turn):
    for row, size in (("hold.small", min(n, SMALL_BOX)), ("hold", n)):
        for s, mode in in_modes(b, size, turn):
            b.measure(s, n, f"hold {row}{mode} {HELD}\n")


# --- SELECT -----------------------------------------------------------------

def opening(b, n, servers):
    limits_of_reading(b, n)
    for s in servers:
        b.cold(s)
        b.row(s, n, "select.first")
    for row in ("_second", "select.warm"):
        time.sleep(SETTLED_S)
        for s in servers:
            b.measure(s, n, script("select.warm").replace(
                "select.warm", row) * 3)


def select(b, n, turn):
    servers = b.rivals(turn)
    b.mail_for(servers, n)
    opening(b, n, servers)
    for s in servers:
        b.measure(s, n, "deliver\n" + script("select.delivered"))
        b.place.changed(s.user)
    time.sleep(SETTLED_S)
    for s in servers:
        b.load(s, script("select.warm"))
        flag_by_hand(b, s)
        b.row(s, n, "select.flagged")
    time.sleep(SETTLED_S)
    for s in servers:
        b.load(s, script("select.warm"))
        b.row(s, n, "select.own")


def flag_by_hand(b, s):
    """\\Flagged on or off the first message."""
    cur = b.cur(s.user)
    name = min(os.listdir(cur))
    base, flags = name.split(":2,")
    flags = flags.replace("F", "") if "F" in flags else "F" + flags
    os.rename(os.path.join(cur, name), os.path.join(cur, base + ":2," + flags))


# --- reading ----------------------------------------------------------------

def read_cold(b, n, name, servers):
    for s in servers:
        b.cold(s)
        for turn in TURNS:
            if not b.row(s, n, f"{name}.{turn}"):
                break
            # It keeps no index of contents: all times are the first.
            if s.name == "courier":
                break


def read(b, n, turn):
    servers = b.rivals(turn)
    b.mail_for(servers, n)
    limits_of_reading(b, n)
    for name in COLD:
        read_cold(b, n, name, servers)
    for s in servers:
        found = b.row(s, n, "flags")
        b.row(s, n, "unseen")
        if s.name == "stdmail" and "flags" in found:
            b.limit(n, "output.flags", "output", found["flags"][2])


def pop3(b, n, turn):
    servers = b.rivals(turn)
    b.mail_for(servers, n)
    limits_of_reading(b, n)
    for s in servers:
        b.cold(s)
        b.measure(s, n, "".join(script("pop3.list." + t) for t in TURNS),
                  kind="pop3")
        for row in ("pop3.one", "pop3.all", "pop3.top"):
            b.row(s, n, row)
        b.place.changed(s.user)
    b.mail_for(servers, 1000)
    for s in servers:
        b.row(s, n, "pop3.dele")
        b.place.changed(s.user)


def body(b, n, turn):
    servers = b.rivals(turn)
    for row, size, kind in (("small", n, "usual"),
                            ("large", min(n, SMALL_BOX), "large")):
        b.mail_for(servers, size, kind)
        b.touch("floo")
        b.limit(n, "socket." + row, "socket", b.cur("floo"))
        b.limit(n, "sendfile." + row, "sendfile", b.cur("floo"))
        for s in servers:
            b.load(s, selected("do NOOP"))
            b.touch(s.user)
            b.row(s, n, row)


# --- writing ----------------------------------------------------------------

def write(b, n, turn):
    servers = b.rivals(turn)
    b.mail_for(servers, n)
    b.touch("floo")
    b.limit(n, "rename", "rename", b.cur("floo"))
    b.limit(n, "link", "link", b.cur("floo"), b.cur("floo", ".Copied"))
    b.place.make_folder("floo", ".Copied")
    b.limit(n, "move", "move", b.cur("floo"), b.cur("floo", ".Moved"))
    b.limit(n, "unlink", "unlink", b.cur("floo", ".Moved"))
    b.place.changed("floo")
    for s in servers:
        b.touch(s.user)
        b.load(s, selected("do NOOP"))
        b.row(s, n, "store")
        b.row(s, n, "copy")
        b.place.make_folder(s.user, ".Copied")
        moved = b.row(s, n, "move")
        prefix = "INBOX." if s.name == "courier" else ""
        b.row(s, n, "expunge",
              box=prefix + "Moved" if "move" in moved else "INBOX")
        b.place.changed(s.user)


def append(b, n, s, count):
    prefix = "INBOX." if s.name == "courier" else ""
    for row, how in (("append", "one"), ("multi", "multi")):
        b.place.make_folder(s.user, ".Copied")
        b.measure(s, n, "open\nlogin\nappend %s %sCopied %d 10240 %s\nclose\n"
                  % (row, prefix, count, how))


def small(b, n, turn):
    servers = b.rivals(turn) + [b.up("floor")]
    b.mail_for(servers, 1000)
    count = 200 if b.quick else 500
    box = os.path.join(b.place.maildir("floo"), ".Copied")
    for what in ("append", "multi"):
        b.limit(n, what, what, box, count, 10240)
        b.place.make_folder("floo", ".Copied")
    for s in servers:
        # The others wait half a second before they tell.
        fast = s.name in ("stdmail", "floor")
        b.measure(s, n, selected("idle idle %d" % (
            100 if fast and not b.quick else 20)))
        if s.name != "floor":
            pace(b, n, s)
            append(b, n, s, count)
        b.place.changed(s.user)


def pace(b, n, s):
    """The worst of the small commands: none may wait for a delayed ACK."""
    prefix = "INBOX." if s.name == "courier" else ""
    found = b.load(s, selected("\n".join(
        f"pace {i} 100 {command.replace('Moved', prefix + 'Moved')}"
        for i, command in enumerate(PACED))))
    for quantile in ("p50", "p99"):
        figures = [numbers for name, numbers in found.items()
                   if name.endswith(quantile)]
        if figures:
            b.note(s, n, {"pace." + quantile: max(figures)})


def growth(b, n, turn):
    """The rows of the plot; of others, Dovecot up to 100,000."""
    servers = [s for s in b.rivals(turn) if s.name == "stdmail" or
               (s.name == "dovecot" and n <= 100000)]
    b.mail_for(servers, n)
    opening(b, n, servers)
    for name in ("envelope", "body"):
        read_cold(b, n, name, servers)
    for s in servers:
        b.row(s, n, "flags")
        b.measure(s, n, f"hold hold {HELD}\n")


GROUPS = {"session": session, "memory": memory, "select": select,
          "read": read, "pop3": pop3, "body": body, "write": write,
          "small": small, "growth": growth}
