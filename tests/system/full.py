#!/usr/bin/python3
"""full.py PART HOME BIN USER STRIDE [OPERATION...]: when the disk says no.

  inject    each system call of each operation fails once with ENOSPC, EDQUOT
            or EIO (strace)
  space     a tmpfs without a free block, and one without a free inode
  readonly  a file system mounted read-only
  cache     a directory for the cache that is read-only, full, or no directory
  clock     the clock is set back, by a year, between two sessions

Promised: one clear NO or -ERR with the right code, or success; the session
goes on in step; what was refused has left nothing; nothing confirmed is lost;
and with room again everything works.  space, readonly and cache mount: run
them in a mount name space of their own.
"""

import os
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import durable
import kill
from durable import (Gone, Place, Refused, Truth, Wrong, append, create,
                     delete, expunge, main, message, rename, transfer)

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "renameat",
         "renameat2", "linkat", "unlinkat", "mkdirat", "ftruncate",
         "utimensat", "getdents64", "newfstatat", "fstat", "pread64", "read")
# A failure of these may be the client's connection's, or a message's in the
# middle of what was announced: then the connection ends, too.
ENDS = ("write", "read", "pread64")
CODES = {"ENOSPC": {"OVERQUOTA"}, "EDQUOT": {"OVERQUOTA"},
         "EIO": {"SERVERBUG", "UNAVAILABLE"}}
ALL_OR_NONE = ("append", "multiappend", "keyword", "copy")


class Inject(kill.Campaign):
    def once(self, operation, call, what):
        """One session: how did it end?  None: nothing was injected."""
        self.strace = None
        out = self.place.home + "/strace.out"
        before = self.truth.check(self.place, flags=False)
        refused = None

        def arm(s):
            self.strace = kill.Strace(s.pid, call, what, out)

        program = self.place.imap
        s = program()
        try:
            try:
                getattr(self, "op_" + operation)(s, arm)
            except Refused as e:
                refused = e
                if self.strace is None:
                    raise Wrong("before it was armed: %s" % e) from e
            if operation != "quit":
                s.command("NOOP")
        except Gone:
            if call not in ENDS:
                raise Wrong("the session ended") from None
        finally:
            if self.strace:
                self.strace.end()
            s.end()
        with open(out) as f:
            injected = "INJECTED" in f.read()
        # Nobody died: it would hold others up for minutes.
        locks = list(self.locked())
        if locks:
            raise Wrong("a lock is left in %s" % locks)
        if refused and operation in ALL_OR_NONE:
            self.unchanged(before, refused)
        return injected, refused

    def unchanged(self, before, refused):
        after = self.truth.check(self.place, flags=False)
        for folder in ("Work", "Other"):
            # What the operation's preparation put there is known by UID.
            more = set(after[folder].values()) - set(before[folder].values())
            extra = [n for n in more if not any(
                k[0] == n for k in self.certain)]
            if extra:
                raise Wrong("refused (%s) and there all the same: %s" % (
                    refused, extra))

    @property
    def certain(self):
        return self.confirmed

    def check_code(self, error, refused, operation):
        if refused is None:
            return
        if operation == "quit":
            good = refused.code in ("SYS/TEMP", "SYS/PERM")
        else:
            # Opening a message for reading fails for no want of space.
            good = refused.code in CODES[error] or "be read" in str(refused)
        if not good:
            raise Wrong("refused as %s" % refused)

    def run(self, stride, operations):
        errors = refusals = 0
        for operation in operations or self.OPERATIONS:
            here = errors
            for call in CALLS:
                when = random.randint(1, stride)
                while True:
                    error = random.choice(list(CODES))
                    if call in ("getdents64", "newfstatat", "fstat", "read",
                                "pread64"):
                        error = "EIO"
                    where = "%s, %s number %d fails with %s" % (
                        operation, call, when, error)
                    try:
                        self.confirmed = ConfirmedView(self.truth)
                        injected, refused = self.once(
                            operation, call,
                            # A number that the session's filter of system
                            # calls does not take for an attack.
                            "error=%s:syscall=getpid:when=%d" % (
                                error, when))
                        self.check_code(error, refused, operation)
                        if injected:
                            self.after(operation)
                    except (Wrong, Refused, Gone) as e:
                        raise Wrong("%s: %r" % (where, e)) from e
                    if not injected:
                        break
                    errors += 1
                    refusals += refused is not None
                    when += stride
            print("%s: %d errors" % (operation, errors - here), flush=True)
        return "%d errors, %d refusals; nothing lost, nothing half done" % (
            errors, refusals)


class ConfirmedView:
    """The keys of what the truth knew to be there, however it learnt it:
    check() adds what it finds, so this looks at what was told by answers."""

    def __init__(self, truth):
        self.told = set()
        self.truth = truth
        inner = truth.__class__.add

        def add(name, folder, flags=(), told=self.told):
            if sys._getframe(1).f_code.co_name != "compare":
                told.add((name, 0))
            return inner(truth, name, folder, flags)
        truth.add = add

    def __iter__(self):
        return iter(self.told)


def mount(kind, at, options):
    os.makedirs(at, exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, "none", at],
                   check=True)


def fill(path, inodes):
    """Use up what is left.  A list of what to remove again."""
    made = []
    if inodes:
        os.makedirs(path, exist_ok=True)
        try:
            while True:
                made.append("%s/%d" % (path, len(made)))
                with open(made[-1], "w"):
                    pass
        except OSError:
            made.pop()
        return made
    with open(path, "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass
    return [path]


class Full:
    def __init__(self, home, bin_dir, user):
        self.top, self.bin, self.user = home, bin_dir, user
        self.named = 0

    def names(self, n):
        self.named += n
        return ["f%d" % (self.named - i) for i in range(n)]

    def stock(self, place):
        truth = Truth()
        with place.imap() as s:
            for folder in ("Work", "Other"):
                create(s, truth, folder)
                append(s, truth, folder, self.names(5))
            append(s, truth, "INBOX", self.names(5))
        truth.check(place)
        return truth

    def everything(self, place, truth, allowed):
        """Each operation once; how many were refused, with these codes."""
        refused = []

        def attempt(operation, *args):
            try:
                operation(s, truth, *args)
            except Refused as e:
                if e.code not in allowed:
                    raise Wrong("%s: %s" % (operation.__name__, e)) from e
                refused.append(operation.__name__)
            s.command("NOOP")
        with place.imap() as s:
            seen = sorted(truth.see(s, "Work", "EXAMINE"))
        with place.imap() as s:
            truth.see(s, "Work")
            attempt(append, "Work", self.names(1))
            attempt(append, "INBOX", self.names(3))
            self.named += 1
            new = "New%d" % self.named
            attempt(create, new)
            if new in truth.folders:
                attempt(rename, new, "Now" + new)
            attempt(self.store, seen[:2])
            attempt(self.subscribe)
            attempt(lambda s, t: transfer(s, t, "COPY", "Work", seen[:2],
                                          "Other"))
            attempt(lambda s, t: transfer(s, t, "MOVE", "Work", seen[2:3],
                                          "Other"))
            attempt(expunge, "Work", seen[:1])
        truth.check(place)
        with place.pop3() as s:
            s.many("UIDL")
            s.many("RETR 1")
            s.command("QUIT")
        return refused

    @staticmethod
    def store(s, truth, uids):
        s.command("UID STORE %s +FLAGS.SILENT (\\Answered)" %
                  ",".join(map(str, uids)))

    @staticmethod
    def subscribe(s, truth):
        s.command("SUBSCRIBE Work")

    def place(self, home, **k):
        os.makedirs(home, exist_ok=True)
        place = Place(home, self.bin, self.user, **k)
        place.own(home)
        place.make()
        return place

    def space(self):
        out = []
        for inodes in (False, True):
            for outside in (False, True):
                at = "%s/small-%d-%d" % (self.top, inodes, outside)
                mount("tmpfs", at, "size=8m,nr_inodes=400")
                cache = None
                if outside:
                    cache = at + "-cache"
                    os.makedirs(cache)
                    Place(at, self.bin, self.user).own(cache)
                place = self.place(at + "/home", cache=cache)
                truth = self.stock(place)
                made = fill(at + "/filler", inodes)
                refused = self.everything(place, truth, {"OVERQUOTA"})
                if "append" not in refused:
                    raise Wrong("full, and APPEND went through")
                for path in made:
                    os.unlink(path)
                refused = self.everything(place, truth, ())
                truth.check(place)
                out.append("%s, cache %s" % (
                    "inodes" if inodes else "blocks",
                    "outside" if outside else "inside"))
        return "full: " + "; ".join(out)

    def readonly(self):
        at = self.top + "/ro"
        mount("tmpfs", at, "size=16m")
        place = self.place(at + "/home")
        truth = self.stock(place)
        place.deliver("late1")
        subprocess.run(["mount", "-o", "remount,ro", at], check=True)
        with place.imap() as s:
            text = " ".join(r[0] for r in s.command("SELECT Work")[0])
            _, ok = s.command("SELECT Work")
            if "READ-ONLY" not in ok + text:
                raise Wrong("SELECT of a read-only mailbox: " + ok)
            seen = truth.see(s, "Work")
            for line in (['APPEND Work ', message("x")], ["CREATE New"],
                         ["UID STORE 1:* +FLAGS (\\Seen)"],
                         ["UID COPY 1 Other"], ["RENAME Work New"],
                         ["DELETE Other"], ["SUBSCRIBE Other"]):
                try:
                    s.command(*line)
                    raise Wrong("%s on a read-only file system" % line[0])
                except Refused as e:
                    if e.code not in ("NOPERM", "READ", "CANNOT"):
                        raise Wrong("%s: %s" % (line[0], e)) from e
            if truth.see(s, "Work") != seen:
                raise Wrong("it changed")
        with place.pop3() as s:
            s.many("RETR 1")
            s.command("DELE 1")
            try:
                s.command("QUIT")
                raise Wrong("QUIT removed mail of a read-only file system")
            except Refused as e:
                if e.code != "SYS/PERM":
                    raise Wrong(str(e)) from e
        subprocess.run(["mount", "-o", "remount,rw", at], check=True)
        self.everything(place, truth, ())
        return "read-only: nothing written, everything read"

    def cache(self):
        done = []
        for how in ("read-only", "full", "a file", "nobody's"):
            home = "%s/home-%s" % (self.top, how.replace(" ", "-"))
            cache = home + "-cache"
            if how == "a file":
                with open(cache, "w"):
                    pass
            elif how == "full":
                mount("tmpfs", cache, "size=64k,nr_inodes=20,mode=777")
                fill(cache + "/filler", False)
            elif how == "read-only":
                mount("tmpfs", cache, "size=64k,ro,mode=777")
            else:
                os.makedirs(cache, 0o700)
            place = self.place(home, cache=cache)
            truth = self.stock(place)
            self.everything(place, truth, ())
            self.everything(place, truth, ())
            done.append(how)
        return "a cache that cannot be: " + ", ".join(done)

    def modseq(self, s, folder):
        out, _ = s.command("STATUS %s (HIGHESTMODSEQ UIDNEXT UIDVALIDITY)" %
                           folder)
        return int(re.search(r"HIGHESTMODSEQ (\d+)", out[0][0])[1])

    def clock(self):
        shim = self.top + "/clock.so"
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                              "clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", shim,
                        source], check=True)
        place = self.place(self.top + "/home-clock")
        truth = Truth()
        year = 365 * 86400
        last = 0
        for offset in (0, -year, -10 * year, 0, 3600, -3600):
            env = {"LD_PRELOAD": shim, "CLOCK_OFFSET": str(offset)}
            for lost in (False, True):
                if lost:
                    shutil.rmtree(place.cache)
                with place.imap(env=env) as s:
                    if "Work" not in truth.folders:
                        create(s, truth, "Work")
                    append(s, truth, "Work", self.names(2))
                    seen = sorted(truth.see(s, "Work"))
                    now = self.modseq(s, "Work")
                    if now <= last:
                        raise Wrong("HIGHESTMODSEQ %d after %d" % (now, last))
                    self.store(s, truth, seen[-1:])
                    last = self.modseq(s, "Work")
                    if last <= now:
                        raise Wrong("HIGHESTMODSEQ stays at %d" % last)
                    if "Again" in truth.folders:
                        delete(s, truth, "Again")
                    create(s, truth, "Again")
                    before = truth.last.get("Again", 0)
                    append(s, truth, "Again", self.names(1))
                    if truth.last["Again"] <= before:
                        raise Wrong("UIDVALIDITY %d came back" % before)
        truth.check(place)
        return "clock: nothing went back"


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("SEED=%d" % seed, flush=True)
    random.seed(seed)
    part = sys.argv[1]
    durable.DEADLINE = 60
    if part == "inject":
        main(lambda: Inject(*sys.argv[2:5]).run(
            int(sys.argv[5]), sys.argv[6:]))
    else:
        main(getattr(Full(*sys.argv[2:5]), part))
