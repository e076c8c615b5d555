"""The Maildir as the test knows it: what other programs do to it, and what
is in it when nobody is at work.

Every message carries its name in a field X-Stress and is otherwise made from
that name, so that any octet a server sends of it can be checked.
"""

import os
import random
import re

FLAGS = {"S": "\\seen", "R": "\\answered", "F": "\\flagged",
         "T": "\\deleted", "D": "\\draft", "P": "$forwarded"}


def make(name):
    """The message of this name, as it goes over the wire."""
    rng = random.Random(name)
    lines = ["From: s%s@example.org" % name, "Subject: message " + name,
             "X-Stress: " + name, "Date: Mon, 1 Jan 2024 00:00:00 +0000", ""]
    lines += ["%s %s" % (name, "x" * rng.randrange(70))
              for _ in range(rng.randrange(1, 30))]
    return "\r\n".join(lines).encode() + b"\r\n"


def named_in(octets):
    """The name that a header carries, or None."""
    m = re.search(rb"^X-Stress: (\S+)\r?$", octets, re.M | re.I)
    return m[1].decode() if m else None


class Disk:
    """One folder of the Maildir."""

    def __init__(self, path, owner):
        self.path = path
        self.owner = owner
        self.names = {}
        self.count = 0

    def own(self, path):
        if self.owner:
            os.chown(path, *self.owner)

    def files(self):
        """(directory, file name) of every message."""
        return [(d, f) for d in ("cur", "new")
                for f in os.listdir(os.path.join(self.path, d))
                if not f.startswith(".")]

    def deliver(self, name):
        """As an MTA does; LF or CRLF as the name has it."""
        octets = make(name)
        if int(re.sub(r"\D", "", name) or 0) % 3:
            octets = octets.replace(b"\r\n", b"\n")
        self.count += 1
        file = "%d.M%dP1.stress" % (1700000000 + self.count,
                                           self.count)
        tmp = os.path.join(self.path, "tmp", file)
        with open(tmp, "wb") as f:
            f.write(octets)
        self.own(tmp)
        os.rename(tmp, os.path.join(self.path, "new", file))

    def name_of(self, place):
        """The X-Stress of a file, or None when it has gone."""
        base = place[1].split(":")[0]
        if base not in self.names:
            try:
                with open(os.path.join(self.path, *place), "rb") as f:
                    self.names[base] = named_in(f.read(4096))
            except FileNotFoundError:
                return None
        return self.names[base]

    def delete(self, rng, before):
        """Some file; before(name) is told first.  The name, or None."""
        files = sorted(self.files())
        if not files:
            return
        place = rng.choice(files)
        name = self.name_of(place)
        if not name:
            return
        before(name)
        try:
            os.unlink(os.path.join(self.path, *place))
        except FileNotFoundError:
            pass

    def rename(self, rng):
        """Other flags for some file, but never T, which allows EXPUNGE."""
        files = sorted(self.files())
        if not files:
            return
        d, f = rng.choice(files)
        base, _, info = f.partition(":2,")
        if "T" in info:
            return
        keep = {c for c in info if c.islower()}
        flags = "".join(sorted(set(rng.sample("SRFD", rng.randrange(5)))
                               | keep))
        try:
            os.rename(os.path.join(self.path, d, f),
                      os.path.join(self.path, "cur", base + ":2," + flags))
        except FileNotFoundError:
            pass

    def keywords(self):
        try:
            with open(os.path.join(self.path, "dovecot-keywords"),
                      encoding="ascii") as f:
                return {chr(97 + int(line.split()[0])): line.split()[1].lower()
                        for line in f}
        except FileNotFoundError:
            return {}

    def ledger(self):
        """base name -> UID, and the UIDVALIDITY."""
        uids, validity = {}, 0
        with open(os.path.join(self.path, "dovecot-uidlist"),
                  encoding="latin-1") as f:
            header = f.readline()
            validity = int(re.search(r" V(\d+)", header)[1])
            for line in f:
                m = re.match(r"(\d+)(?: [A-Za-z]\S*)* :([^:\n]+)", line)
                uids[m[2]] = int(m[1])
        return uids, validity

    def truth(self):
        """UID -> (name, flags) of every message; nobody may be at work."""
        words = {**FLAGS, **self.keywords()}
        uids, _ = self.ledger()
        out = {}
        for place in self.files():
            base, _, info = place[1].partition(":2,")
            uid = uids.get(base)
            if uid is None:
                raise AssertionError("no UID for " + place[1])
            if uid in out:
                raise AssertionError("two files with UID %d" % uid)
            out[uid] = (self.name_of(place), frozenset(
                words.get(c, "?" + c) for c in info))
        return out
