#!/usr/bin/python3
"""damage.py HOME BIN USER ROUNDS: the cache is damaged in every way.

Before sessions and in the middle of them its file is deleted, cut, filled with
noise, or an older copy is put in its place or over it; the state file is lost
or nonsense.  A session may end of it, or refuse the command that met it.  None
may tell what is not so, none may
change the Maildir for it, and at the latest the second session after it must
work again, on a cache that is kept and used.
"""

import hashlib
import os
import random
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from durable import (Gone, Place, Refused, Truth, Wrong, append, create,
                     expunge, main, transfer)


def overwrite(path, where, octets):
    fd = os.open(path, os.O_WRONLY)
    os.pwrite(fd, octets, where)
    os.close(fd)


class Campaign:
    def __init__(self, home, bin_dir, user):
        os.makedirs(home, exist_ok=True)
        self.place = Place(home, bin_dir, user)
        self.place.own(home)
        self.place.make()
        self.truth = Truth()
        self.named = 0
        self.ended = self.refused = 0
        self.old = home + "/old-index"
        with self.place.imap() as s:
            create(s, self.truth, "Work")
            append(s, self.truth, "INBOX", self.names(30))
            append(s, self.truth, "Work", self.names(30))
        self.truth.check(self.place)
        shutil.copy(self.index(), self.old)

    def names(self, n):
        self.named += n
        return ["d%d" % (self.named - i) for i in range(n)]

    def index(self):
        found = [f for f in os.listdir(self.place.cache)
                 if re.match(r"index\d+$", f)]
        return os.path.join(self.place.cache, found[0]) if found else None

    def mail(self):
        """All of the Maildir that is mail or numbers it."""
        out = {}
        for top, _, files in os.walk(self.place.maildir):
            for f in files:
                path = os.path.join(top, f)
                if f == "dovecot-uidlist":
                    out[path] = self.ledger(path)
                elif os.path.basename(top) in ("cur", "new") or \
                        f == "dovecot-keywords":
                    with open(path, "rb") as g:
                        out[path] = hashlib.sha256(g.read()).digest()
        return out

    @staticmethod
    def ledger(path):
        """V, and which file has which UID; lines of files that are gone may
        go at any time."""
        there = {f.split(":")[0] for sub in ("cur", "new") for f in
                 os.listdir(os.path.join(os.path.dirname(path), sub))}
        with open(path) as f:
            lines = f.read().splitlines()
        return [lines[0].split()[1]] + [
            line for line in lines[1:] if line.split(" :")[1] in there]

    # The kinds of damage; each is given the index file's path.

    def deleted(self, path):
        os.unlink(path)

    def lock_deleted(self, path):
        os.unlink(path + "-lock")

    def empty(self, path):
        os.truncate(path, 0)

    def cut(self, path):
        os.truncate(path, os.path.getsize(path) // 8192 * 4096)

    def cut_odd(self, path):
        os.truncate(path, os.path.getsize(path) * 2 // 3 | 1)

    def old_copy(self, path):
        shutil.copy(self.old, path + ".new")
        self.place.own(path + ".new")
        os.rename(path + ".new", path)

    def old_over(self, path):
        with open(self.old, "rb") as f:
            overwrite(path, 0, f.read())

    def old_pages(self, path):
        """Some pages of the past, as after a power cut that went unnoticed."""
        with open(self.old, "rb") as f:
            octets = f.read()
        for page in range(2, len(octets) // 4096):
            if random.random() < 0.5:
                overwrite(path, page * 4096,
                          octets[page * 4096:(page + 1) * 4096])

    def noise(self, path):
        size = os.path.getsize(path)
        for _ in range(20):
            overwrite(path, random.randrange(size), random.randbytes(200))

    def noise_all(self, path):
        overwrite(path, 0, random.randbytes(os.path.getsize(path)))

    def noise_behind(self, path):
        overwrite(path, 8192, random.randbytes(os.path.getsize(path) - 8192))

    def one_octet(self, path):
        size = os.path.getsize(path)
        for _ in range(200):
            overwrite(path, random.randrange(8192, size), random.randbytes(1))

    def zero(self, path):
        overwrite(path, 8192, bytes(os.path.getsize(path) - 8192))

    def state_lost(self, path):
        os.unlink(os.path.join(self.place.cache, "state"))

    def state_noise(self, path):
        overwrite(os.path.join(self.place.cache, "state"), 0,
                  random.randbytes(50))

    KINDS = (deleted, lock_deleted, empty, cut, cut_odd, old_copy, old_over,
             old_pages, noise, noise_all, noise_behind, one_octet, zero,
             state_lost, state_noise)

    def read_all(self, s):
        """What a client looks at, from one end of the cache to the other."""
        for folder in ("INBOX", "Work"):
            self.truth.see(s, folder)
            s.command("UID FETCH 1:* (FLAGS RFC822.SIZE INTERNALDATE ENVELOPE "
                      "BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            s.command("UID SEARCH OR UNSEEN TEXT example")
            s.command("STATUS %s (MESSAGES UNSEEN UIDNEXT)" % folder)

    def whole(self, before):
        now = self.mail()
        if now != before:
            raise Wrong("the Maildir was changed by reading: %s" % [
                p for p in sorted(set(now) | set(before))
                if now.get(p) != before.get(p)])

    def session(self):
        """One that only reads.  False: it was ended by the damage."""
        try:
            with self.place.imap() as s:
                self.read_all(s)
        except (Gone, Refused) as e:
            self.count(e)
            return False
        return True

    def count(self, e):
        if not isinstance(e, Refused):
            self.ended += 1
        elif "SERVERBUG" in str(e):
            self.refused += 1
        else:
            raise e

    def recovered(self, before):
        """At the latest the second session works, and so does what changes."""
        if not self.session() and not self.session():
            raise Wrong("the second session ended as well")
        self.whole(before)
        self.truth.check(self.place)
        shutil.copy(self.index(), self.old)
        with self.place.pop3() as s:
            s.many("UIDL")
        with self.place.imap() as s:
            append(s, self.truth, "Work", self.names(1))
            seen = sorted(self.truth.see(s, "INBOX"))
            transfer(s, self.truth, "COPY", "INBOX", seen[-1:], "Work")
            append(s, self.truth, "INBOX", self.names(1))
            expunge(s, self.truth, "INBOX", seen[:1])
        self.truth.check(self.place)
        self.used()

    def used(self):
        """The cache works again: nobody goes on without it."""
        path = self.index()
        with open(self.place.log, "rb") as f:
            f.seek(0, 2)
            self.session()
            self.session()
            said = f.read()
        if path is None or b"without it" in said or b"cache:" in said:
            raise Wrong("the cache stays unused: %r" % said)

    def before(self, kind):
        mail = self.mail()
        kind(self, self.index())
        self.recovered(mail)

    def between(self, kind):
        """A session stands while it happens."""
        try:
            with self.place.imap() as s:
                self.read_all(s)
                mail = self.mail()
                kind(self, self.index())
                try:
                    self.read_all(s)
                finally:
                    self.whole(mail)
                append(s, self.truth, "Work", self.names(1))
                s.command("UID STORE 1:* +FLAGS.SILENT (\\Answered)")
                s.command("NOOP")
                self.read_all(s)
        except (Gone, Refused) as e:
            self.count(e)
        self.recovered(self.mail())

    def run(self, rounds):
        for n in range(rounds):
            for kind in self.KINDS:
                for how in (self.before, self.between):
                    where = "round %d, %s, %s" % (
                        n, kind.__name__, how.__name__)
                    began = time.monotonic()
                    try:
                        how(kind)
                    except Exception as e:
                        raise Wrong("%s: %r" % (where, e)) from e
                    if os.environ.get("VERBOSE"):
                        print(where, "%.1f s" % (time.monotonic() - began),
                              flush=True)
        return ("%d kinds of damage twice, %d rounds: %d sessions ended, "
                "%d commands refused" % (len(self.KINDS), rounds, self.ended,
                                         self.refused))


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("SEED=%d" % seed, flush=True)
    random.seed(seed)
    main(lambda: Campaign(*sys.argv[1:4]).run(int(sys.argv[4])))
