#!/usr/bin/python3
"""outside.py --maildir DIR --owner USER --changes N [--seed S] -- IDLER -- POLLER

Change a Maildir from outside N times, as delivery agents and other programs do
(deliveries to new/ and cur/, flags, moves from new/ to cur/, deletions), while
two sessions look: one in IDLE, one that asks with NOOP.  Each is a client that
believes what it is told and nothing else:

- what is told of a message was true of it at some time since it was told last;
- what is told as gone was deleted;
- no UID stands for two messages, no message has two UIDs;
- whenever the changes pause, both clients come to see exactly what is there.

The changes come without a pause in bursts; the subject of a message is its
name, so a client knows which file it is told of.
"""

import argparse
import os
import pwd
import random
import re
import select
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import grammar  # noqa: E402  (beside this file)

BURST = 100
PATIENCE = 30
LETTERS = {"F": "\\Flagged", "R": "\\Answered", "S": "\\Seen",
           "D": "\\Draft"}


class Wrong(Exception):
    """What cannot be."""


class Outside(threading.Thread):
    """The other programs.  What the directory has is known here alone."""

    def __init__(self, root, owner, seed):
        super().__init__(daemon=True)
        self.root = root
        self.owner = owner
        self.rng = random.Random(seed)
        self.flags = {}         # of what is there: base -> letters
        self.history = {}       # base -> all it ever had
        self.deleted = set()
        self.serial = 0
        self.made = 0
        self.go = threading.Semaphore(0)
        self.done = threading.Event()
        self.error = None

    def path(self, sub, name):
        return os.path.join(self.root, sub, name)

    def deliver(self, sub, letters):
        self.serial += 1
        base = "%d.M%dP1.outside" % (1700000000 + self.serial, self.serial)
        tmp = self.path("tmp", base)
        with open(tmp, "w", encoding="ascii") as f:
            f.write("Subject: %s\n\nHello\n" % base)
        os.chown(tmp, *self.owner)
        self.history[base] = {letters}
        self.flags[base] = letters
        os.rename(tmp, self.path(sub, base if sub == "new"
                                 else base + ":2," + letters))

    def find(self, base):
        """Where it is: the servers move it out of new/ meanwhile."""
        letters = self.flags[base]
        for _ in range(100):
            for sub, name in (("cur", base + ":2," + letters),
                              ("new", base)):
                if os.path.exists(self.path(sub, name)):
                    return self.path(sub, name)
        raise Wrong("the file of %s has gone" % base)

    def move(self, base, letters):
        self.history[base].add(letters)
        while True:
            try:
                os.rename(self.find(base),
                          self.path("cur", base + ":2," + letters))
                break
            except FileNotFoundError:
                pass
        self.flags[base] = letters

    def delete(self, base):
        self.deleted.add(base)
        while True:
            try:
                os.unlink(self.find(base))
                break
            except FileNotFoundError:
                pass
        del self.flags[base]

    def change(self):
        kind = self.rng.random()
        few = len(self.flags) < 100
        if few or kind < 0.2:
            if self.rng.random() < 0.6:
                self.deliver("new", "")
            else:
                self.deliver("cur", self.some_letters())
            return
        base = self.rng.choice(list(self.flags))
        if kind < 0.4:
            self.delete(base)
        else:
            self.move(base, self.some_letters())

    def some_letters(self):
        return "".join(x for x in sorted(LETTERS) if self.rng.random() < 0.4)

    def run(self):
        try:
            while True:
                self.go.acquire()
                for _ in range(BURST):
                    self.change()
                    self.made += 1
                self.done.set()
        except Exception as e:  # told by the main thread
            self.error = e
            self.done.set()

    def burst(self):
        self.done.clear()
        self.go.release()


class Client:
    """What one session was told."""

    names = {}                  # UID -> base, for both
    uids = {}                   # base -> UID
    idle = False

    def __init__(self, name, command, outside, idles):
        self.name = name
        self.outside = outside
        self.idles = idles
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.fd = self.server.stdout.fileno()
        self.parser = grammar.Session()
        self.view = []          # [UID or None, letters or None]
        self.tag = 0
        self.busy = None        # the tag that is waited for
        self.told = 0
        self.send("SELECT INBOX")

    def send(self, command):
        self.tag += 1
        self.busy = "%s%d" % (self.name, self.tag)
        self.write(("%s %s\r\n" % (self.busy, command)).encode())

    def write(self, line):
        self.server.stdin.write(line)
        self.server.stdin.flush()

    def read(self):
        some = os.read(self.fd, 65536)
        if not some:
            raise Wrong("%s: the session has ended" % self.name)
        self.parser.buffer += some
        while True:
            octets = self.parser.next()
            if octets is None:
                return
            self.parser.parse(octets)
            self.line(octets.decode())

    def line(self, line):
        m = re.match(r"\* (\d+) (EXISTS|EXPUNGE|FETCH)", line)
        if m:
            self.told += 1
            getattr(self, m[2].lower())(int(m[1]), line)
        elif line.startswith("+ "):
            self.busy = None    # it idles
        elif self.busy and line.startswith(self.busy + " "):
            if not line.startswith(self.busy + " OK"):
                raise Wrong("%s: %s" % (self.name, line))
            self.busy = None

    def exists(self, n, line):
        if n < len(self.view):
            raise Wrong("%s: EXISTS goes back to %d" % (self.name, n))
        self.view += [[None, None] for _ in range(n - len(self.view))]

    def expunge(self, n, line):
        uid = self.view.pop(n - 1)[0]
        if uid is not None and uid in self.names and \
                self.names[uid] not in self.outside.deleted:
            raise Wrong("%s: UID %d is told as gone, but is there" % (
                self.name, uid))

    def fetch(self, n, line):
        slot = self.view[n - 1]
        uid = int(re.search(r"UID (\d+)", line)[1])
        words = re.search(r"FLAGS \(([^)]*)\)", line)[1].split()
        letters = "".join(x for x in sorted(LETTERS) if LETTERS[x] in words)
        subject = re.search(r"Subject: (\S+)", line)
        if slot[0] not in (None, uid):
            raise Wrong("%s: number %d was UID %d and is %d" % (
                self.name, n, slot[0], uid))
        slot[0] = uid
        slot[1] = letters
        if subject is not None:
            base = subject[1]
            if self.names.setdefault(uid, base) != base or \
                    self.uids.setdefault(base, uid) != uid:
                raise Wrong("%s: UID %d is %s, and was something else" % (
                    self.name, uid, base))
        if uid in self.names and \
                letters not in self.outside.history[self.names[uid]]:
            raise Wrong("%s: UID %d never had the flags %s" % (
                self.name, uid, letters))

    def next(self):
        """What the client does when it waits for nothing."""
        new = [i for i, slot in enumerate(self.view, 1)
               if slot[0] not in self.names]
        if self.busy is None and self.idle and new:
            self.idle = False
            self.busy = "%s%d" % (self.name, self.tag)
            self.write(b"DONE\r\n")
        elif self.busy is None and not self.idle:
            if new:
                before = self.view[new[0] - 2][0] if new[0] > 1 else 0
                self.send("UID FETCH %d:* (FLAGS BODY.PEEK[HEADER.FIELDS "
                          "(SUBJECT)])" % (before + 1))
            elif self.idles:
                self.idle = True
                self.send("IDLE")
            else:
                self.send("NOOP")

    def sees(self):
        """base -> letters, or None while it does not know all."""
        if any(slot[0] not in self.names for slot in self.view):
            return None
        return {self.names[uid]: letters for uid, letters in self.view}


def difference(client, flags):
    seen = client.sees()
    if seen is None:
        return "%s does not know all yet" % client.name
    return "%s: missing %s, too many %s, other flags %s" % (
        client.name, sorted(set(flags) - set(seen))[:5],
        sorted(set(seen) - set(flags))[:5],
        [(b, seen[b], flags[b]) for b in flags
         if b in seen and seen[b] != flags[b]][:5])


def watch(clients, outside, changes):
    pauses = 0
    while outside.made < changes:
        outside.burst()
        end = time.monotonic() + PATIENCE
        while True:
            quiet = outside.done.is_set()
            if outside.error:
                raise outside.error
            if quiet and all(c.sees() == outside.flags for c in clients):
                break
            if time.monotonic() > end:
                raise Wrong("\n".join(difference(c, outside.flags)
                                      for c in clients))
            for c in clients:
                c.next()
            ready, _, _ = select.select([c.fd for c in clients], [], [], 1)
            for c in clients:
                if c.fd in ready:
                    c.read()
        pauses += 1
    return pauses


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--maildir", required=True)
    p.add_argument("--owner", required=True)
    p.add_argument("--changes", type=int, default=2000)
    p.add_argument("--seed", default="1")
    p.add_argument("command", nargs=argparse.REMAINDER)
    a = p.parse_args()
    if a.command[0] == "--":
        del a.command[0]
    at = a.command.index("--")
    return a, a.command[:at], a.command[at + 1:]


def main():
    a, idler, poller = arguments()
    user = pwd.getpwnam(a.owner)
    outside = Outside(a.maildir, (user.pw_uid, user.pw_gid), a.seed)
    outside.start()
    clients = [Client("i", idler, outside, True),
               Client("p", poller, outside, False)]
    try:
        pauses = watch(clients, outside, a.changes)
    except Wrong as e:
        sys.exit("seed %s, after %d changes: %s" % (a.seed, outside.made, e))
    finally:
        for c in clients:
            c.server.kill()
            c.server.wait()
    print("%d changes, %d pauses, told: %s" % (
        outside.made, pauses, ", ".join(str(c.told) for c in clients)))


if __name__ == "__main__":
    main()
