#!/usr/bin/python3
"""Clients that come back: each round several sessions and programs change a
mailbox at the same time; then clients that were away catch up with SELECT
(QRESYNC ...) from what they remember, and must know everything.

What can go wrong: a change whose modseq is not above one that a client was
told already is never heard of.  So the sessions' commands run at the same
time, and what the clients remember comes from moments in the middle of it.

    resync.py SEED ROUNDS MAILDIR COMMAND...
"""

import os
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import grammar  # noqa: E402  (beside this file, where it runs)

FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Deleted", "work", "later"]


class Session:
    """One connection."""

    def __init__(self, command):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        self.n = 0
        self.parser = grammar.Session()
        self.line()

    def line(self):
        octets = self.child.stdout.readline()
        for _ in self.parser.feed(octets):
            pass
        line = octets.decode("latin-1")
        assert line.endswith("\r\n"), "the server ended: %r" % line
        return line[:-2]

    def send(self, text):
        self.n += 1
        self.child.stdin.write(("%d %s\r\n" % (self.n, text)).encode())
        self.child.stdin.flush()

    def wait(self):
        """The untagged responses up to the answer, which is the last."""
        lines = []
        while not lines or not lines[-1].startswith("%d " % self.n):
            lines.append(self.line())
        return lines

    def ask(self, text):
        self.send(text)
        lines = self.wait()
        assert lines[-1].split()[1] == "OK", lines[-1]
        return lines

    def end(self):
        self.ask("LOGOUT")
        self.child.stdin.close()
        self.child.stdout.close()
        assert self.child.wait() == 0


def expand(text):
    """A sequence set as UIDs."""
    out = set()
    for part in text.split(","):
        low, _, high = part.partition(":")
        assert int(low) > 0, text
        out.update(range(int(low), int(high or low) + 1))
    return out


def read_fetch(line):
    uid = re.search(r"UID (\d+)", line)
    flags = re.search(r"FLAGS \(([^)]*)\)", line)
    if not uid or not flags:
        return None
    return int(uid[1]), frozenset(flags[1].split()) - {"\\Recent"}


class Away:
    """What a client remembers of the mailbox."""

    def __init__(self):
        self.validity = self.modseq = 0
        self.mail = {}

    def learn(self, lines):
        for line in lines:
            if line.startswith("* VANISHED"):
                for uid in expand(line.split()[-1]):
                    self.mail.pop(uid, None)
            elif " FETCH (" in line:
                got = read_fetch(line)
                if got:
                    self.mail[got[0]] = got[1]
            m = re.search(r"\[HIGHESTMODSEQ (\d+)", line)
            if m:
                self.modseq = int(m[1])
            m = re.search(r"\[UIDVALIDITY (\d+)", line)
            if m:
                self.validity = int(m[1])

    def catch_up(self, command, rng):
        session = Session(command)
        session.ask("ENABLE QRESYNC")
        if not self.validity:
            self.learn(session.ask("SELECT INBOX"))
            self.learn(session.ask("UID FETCH 1:* (FLAGS)"))
        else:
            pairs = ""
            if self.mail and rng.random() < 0.5:
                uids = sorted(self.mail)
                at = sorted(rng.sample(range(len(uids)),
                                       min(3, len(uids))))
                pairs = " 1:%d (%s %s)" % (
                    uids[-1], ",".join(str(i + 1) for i in at),
                    ",".join(str(uids[i]) for i in at))
            self.learn(session.ask("SELECT INBOX (QRESYNC (%d %d%s))" % (
                self.validity, self.modseq, pairs)))
            if pairs:
                self.learn(session.ask(
                    "UID FETCH %d:* (FLAGS)" % (max(self.mail or [0]) + 1)))
        return session


def outside(rng, maildir, serial):
    """What another program does to the files."""
    cur = os.path.join(maildir, "cur")
    names = os.listdir(cur)
    what = rng.random()
    if what < 0.5 or not names:
        name = "%d.M%dP9.bed" % (1700000000 + serial, serial)
        with open(os.path.join(maildir, "tmp", name), "w") as f:
            f.write("Subject: %d\n\nText\n" % serial)
        os.rename(os.path.join(maildir, "tmp", name),
                  os.path.join(maildir, "new", name))
        return
    name = rng.choice(names)
    try:
        if what < 0.65:
            os.unlink(os.path.join(cur, name))
        else:
            base = name.split(":")[0]
            flags = "".join(sorted(rng.sample("FRST", rng.randrange(4))))
            os.rename(os.path.join(cur, name),
                      os.path.join(cur, base + ":2," + flags))
    except FileNotFoundError:
        pass


def command_of(rng, last):
    what = rng.random()
    uids = "%d:%d" % (max(1, last - rng.randrange(40)), last)
    if what < 0.6:
        return "UID STORE %s %sFLAGS%s (%s)" % (
            uids, rng.choice("+-"), rng.choice(["", ".SILENT"]),
            rng.choice(FLAGS))
    if what < 0.7:
        return "EXPUNGE"
    if what < 0.8:
        return "UID COPY %s INBOX" % uids
    return "NOOP"


def main():
    seed, rounds, maildir = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    command = sys.argv[4:]
    rng = random.Random(seed)
    workers = []
    for _ in range(3):
        workers.append(Session(command))
        workers[-1].ask("SELECT INBOX")
    away = [Away() for _ in range(3)]
    told = 0
    for serial in range(rounds):
        last = max(max(a.mail or [1]) for a in away)
        for w in workers:
            w.send(command_of(rng, last))
        for i in range(rng.randrange(3)):
            outside(rng, maildir, serial * 10 + i)
        # In the middle of it.
        busy = rng.choice(away)
        busy.catch_up(command, rng).end()
        for w in workers:
            w.wait()
        # All is quiet: everybody must know the same.
        client = rng.choice(away)
        session = client.catch_up(command, rng)
        truth = Away()
        truth.learn(session.ask("UID FETCH 1:* (FLAGS)"))
        session.end()
        told += len(truth.mail)
        assert client.mail == truth.mail, (
            "seed %d round %d: %r" % (seed, serial, {
                u: (client.mail.get(u), truth.mail.get(u))
                for u in set(client.mail) | set(truth.mail)
                if client.mail.get(u) != truth.mail.get(u)}))
        if len(truth.mail) > 150:
            workers[0].ask("UID STORE 1:%d +FLAGS.SILENT (\\Deleted)" % (
                sorted(truth.mail)[100]))
            workers[0].ask("EXPUNGE")
    for w in workers:
        w.end()
    print("seed %d: %d rounds, %d messages compared" % (seed, rounds, told))


main()
