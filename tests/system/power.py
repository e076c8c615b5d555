#!/usr/bin/python3
"""power.py SCRATCH BIN USER FS CYCLES: cut the power and count what is lost.

A loop-mounted file system is told to go down without flushing anything (what
xfstests call shutdown): all that was not yet on the "disk" is lost.  Then it
is mounted again, its journal is replayed, and a new session must see what was
told before the cut (durable.py).  The machine has "booted" meanwhile: a
private mount of /proc/sys/kernel/random/boot_id says so.  Run in a mount name
space of its own (unshare -m); needs root.

Two kinds of cycles:

  sharp  some commands one after the other, the last one of each kind in turn,
         and the cut as soon as its OK has been read: nobody's later fsync can
         make good for a missing one
  busy   two sessions, a delivery agent and POP3 at the same time, and the cut
         at any moment

The cache lies on the same file system, or outside: then it comes back newer
than the mail that it is about.
"""

import fcntl
import os
import random
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from durable import (Gone, Place, Refused, Truth, Wrong, append, create,
                     Wire, delete, expunge, main, pop3_delete, rename, transfer)

SHUTDOWN = 0x8004587d
NO_FLUSH = 2


class Disk:
    def __init__(self, scratch, fs):
        self.image = scratch + "/disk.img"
        self.at = scratch + "/disk"
        self.boot = scratch + "/boot_id"
        self.boots = 0
        os.makedirs(self.at, exist_ok=True)
        with open(self.image, "wb") as f:
            f.truncate(320 << 20)
        subprocess.run(["mkfs." + fs] + (["-q", "-F"] if fs == "ext4" else
                                         ["-q", "-f"]) + [self.image],
                       check=True)
        self.mount()

    def mount(self):
        self.boots += 1
        if self.boots > 1:
            subprocess.run(["umount", "/proc/sys/kernel/random/boot_id"],
                           check=True)
        with open(self.boot, "w") as f:
            f.write("00000000-0000-4000-8000-%012d\n" % self.boots)
        subprocess.run(["mount", "--bind", self.boot,
                        "/proc/sys/kernel/random/boot_id"], check=True)
        subprocess.run(["mount", "-o", "loop", self.image, self.at],
                       check=True)
        self.fd = os.open(self.at, os.O_RDONLY)

    def cut(self):
        fcntl.ioctl(self.fd, SHUTDOWN, struct.pack("I", NO_FLUSH))

    def again(self):
        os.close(self.fd)
        for _ in range(100):
            if subprocess.run(["umount", self.at],
                              stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.05)
        else:
            raise Wrong("cannot unmount")
        self.mount()


class Campaign:
    def __init__(self, scratch, bin_dir, user, fs):
        self.disk = Disk(scratch, fs)
        home = self.disk.at + "/home"
        os.makedirs(home)
        self.inside = Place(home, bin_dir, user)
        self.inside.own(home)
        self.inside.make()
        out = scratch + "/cache"
        os.makedirs(out, exist_ok=True)
        self.inside.own(out)
        self.outside = Place(home, bin_dir, user, cache=out)
        self.place = self.inside
        self.truth = Truth()
        self.named = 0
        self.confirmed = 0
        self.lock = threading.Lock()
        self.down = False
        Wire.late = staticmethod(lambda: self.down)

    def names(self, n):
        with self.lock:
            self.named += n
            self.confirmed += n
            return ["m%d" % (self.named - i) for i in range(n)]

    def prepare(self):
        """Something to work with in each cycle."""
        with self.place.imap() as s:
            for folder in ("Work", "Other"):
                if folder not in self.truth.folders:
                    create(s, self.truth, folder)
                seen = self.truth.see(s, folder)
                if len(seen) > 12:
                    expunge(s, self.truth, folder, sorted(seen)[:8], False)
                append(s, self.truth, folder, self.names(4))
        for _ in range(3):
            name = self.names(1)[0]
            self.place.deliver(name)
            self.truth.add(name, "INBOX")

    # The kinds of commands, each ending with its answer.

    def do_append(self, s):
        append(s, self.truth, "Work", self.names(1))

    def do_append_inbox(self, s):
        append(s, self.truth, "INBOX", self.names(1))

    def do_multiappend(self, s):
        append(s, self.truth, "Other", self.names(3))

    def do_keyword(self, s):
        append(s, self.truth, "Work", self.names(1),
               "\\Seen key%d" % (self.named % 20))

    def pick(self, s, folder):
        return random.sample(sorted(self.truth.see(s, folder)), 2)

    def do_copy(self, s):
        transfer(s, self.truth, "COPY", "Work", self.pick(s, "Work"), "Other")

    def do_move(self, s):
        transfer(s, self.truth, "MOVE", "Work", self.pick(s, "Work"), "Other")

    def do_create(self, s):
        self.named += 1
        folder = "New%d" % self.named
        create(s, self.truth, folder)
        append(s, self.truth, folder, self.names(1))

    def do_create_only(self, s):
        self.named += 1
        create(s, self.truth, "Made%d" % self.named)

    def do_rename(self, s):
        self.named += 1
        old, now = "Old%d" % self.named, "Now%d" % self.named
        create(s, self.truth, old)
        append(s, self.truth, old, self.names(1))
        rename(s, self.truth, old, now)

    def do_delete(self, s):
        extra = [f for f in self.truth.folders if f[-1].isdigit()]
        if extra:
            delete(s, self.truth, sorted(extra)[0])
        else:
            self.do_create(s)

    def do_deliveries(self, s):
        self.truth.see(s, "INBOX")

    def do_uidnext(self, s):
        out, _ = s.command("STATUS INBOX (UIDNEXT UIDVALIDITY MESSAGES)")
        words = out[0][0].replace(")", "").split()
        self.truth.tell_validity(
            "INBOX", int(words[words.index("UIDVALIDITY") + 1]))
        self.next_told = int(words[words.index("UIDNEXT") + 1])
        self.truth.tell_next("INBOX", self.next_told)

    def do_pop3(self, s):
        pop3_delete(self.place, self.truth, 2)

    def do_expunge(self, s):
        uids = self.pick(s, "Other")
        expunge(s, self.truth, "Other", uids, False)

    KINDS = (do_append, do_copy, do_move, do_deliveries, do_multiappend,
             do_create, do_rename, do_pop3, do_keyword, do_append_inbox,
             do_create_only, do_delete, do_expunge, do_uidnext)

    def sharp(self, kind):
        with self.place.imap() as s:
            for _ in range(random.randrange(3)):
                random.choice(self.KINDS)(self, s)
            kind(self, s)
            self.disk.cut()

    def busy(self):
        """Each in folders of its own, but all in one file system and cache;
        the last of what they did may be half done."""
        def appends():
            with self.place.imap() as s:
                while True:
                    append(s, self.truth, "Work", self.names(
                        random.choice((1, 1, 3))))

        def moves():
            with self.place.imap() as s:
                self.truth.see(s, "Other")
                while True:
                    uids = append(s, self.truth, "Other", self.names(2))
                    s.command("NOOP")
                    transfer(s, self.truth, random.choice(("COPY", "MOVE")),
                             "Other", uids, "Third")

        def inbox():
            while True:
                name = self.names(1)[0]
                self.place.deliver(name)
                if self.down:
                    return
                self.truth.add(name, "INBOX")
                if random.random() < 0.3:
                    pop3_delete(self.place, self.truth, 1)
                else:
                    with self.place.imap() as s:
                        self.truth.see(s, "INBOX")

        with self.place.imap() as s:
            if "Third" not in self.truth.folders:
                create(s, self.truth, "Third")
            else:
                seen = sorted(self.truth.see(s, "Third"))
                if len(seen) > 30:
                    expunge(s, self.truth, "Third", seen[:-5], False)
        wrong, started = [], []

        def guarded(f):
            try:
                f()
            except (Gone, Refused, OSError, AttributeError, TypeError) as e:
                if not self.down:
                    wrong.append("before the cut: %r" % e)
            except Wrong as e:
                if not self.down:
                    wrong.append(str(e))
        for f in (appends, moves, inbox):
            started.append(threading.Thread(target=guarded, args=(f,)))
            started[-1].start()
        time.sleep(0.05 + random.random() * 0.4)
        self.down = True
        self.disk.cut()
        for t in started:
            t.join()
        self.down = False
        if wrong:
            raise Wrong(wrong[0])

    def run(self, cycles):
        for cycle in range(cycles):
            self.place = self.outside if cycle % 3 == 2 else self.inside
            what = "preparing"
            self.prepare()
            if cycle % 3 == 1:
                what = "busy"
                self.busy()
            else:
                kind = self.KINDS[cycle * 2 // 3 % len(self.KINDS)]
                what = kind.__name__
                self.sharp(kind)
            self.disk.again()
            try:
                self.truth.check(self.place)
            except (Wrong, Gone, Refused) as e:
                raise Wrong("cycle %d, %s: %r" % (cycle, what, e)) from e
        return "%d cycles, %d messages confirmed, none lost" % (
            cycles, self.confirmed)


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("SEED=%d" % seed, flush=True)
    random.seed(seed)
    campaign = Campaign(*sys.argv[1:5])
    main(lambda: campaign.run(int(sys.argv[5])))
