#!/usr/bin/python3
"""kill.py HOME BIN USER STRIDE [OPERATION...]: die at each system call.

For each operation and each kind of system call that it makes on the disk or
to the client: kill the server on entering the first such call, then, in
another session, the second, and so on until the operation runs to its end
unharmed.  STRIDE n tries every n-th only.  strace does the killing, attached
when the session stands before the operation.

After each death a new session must see what was told (durable.py), must be
able to change the mailbox within a second, and nothing may be left in the
Maildir but files in tmp/, names that a healthy Maildir has, and the one name
for each kind of file that the next writer of it uses again.
"""

import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from durable import (Gone, Place, Refused, Truth, Wrong, append, create,
                     delete, expunge, main, pop3_delete, rename, transfer)

CALLS = ("openat", "write", "writev", "sendto", "pwrite64", "fsync",
         "fdatasync", "renameat", "renameat2", "linkat", "unlinkat",
         "mkdirat", "mkdir", "ftruncate", "utimensat", "flock", "fchmodat",
         "close", "newfstatat", "munmap", "futex")
HEALTHY = re.compile(
    r"^\.\.stdmail-new\.|^(\.[^./][^/]*/)?(cur/[^/]+|new/[^/]+|tmp/[^/]+|dovecot-uidlist|"
    r"dovecot-keywords|dovecot-uidvalidity(\.[0-9a-f]{8})?|subscriptions|"
    r"maildirfolder|stdmail-mailbox|stdmail\.lock|stdmail-pop3\.lock|"
    r"(dovecot-uidlist|dovecot-keywords|subscriptions|stdmail-mailbox)\.tmp|"
    r"stdmail\.(dotlock|stale)\.[^/]+)$")
PATIENCE = 1.0


class Strace:
    """strace attached to a session, to do something at the N-th CALL."""

    def __init__(self, pid, call, what, out="/dev/null"):
        options = ["strace", "-f", "-qq", "-o", out,
                   "-e", "trace=" + call, "-e",
                   "inject=%s:%s" % (call, what)]
        self.child = subprocess.Popen(options + ["-p", str(pid)],
                                      stdin=subprocess.DEVNULL)
        status = "/proc/%d/status" % pid
        for _ in range(2000):
            with open(status) as f:
                if "TracerPid:\t0" not in f.read():
                    break
            time.sleep(0.002)
        else:
            raise Wrong("strace does not attach")
        time.sleep(0.005)

    def end(self):
        self.child.terminate()
        self.child.wait()


class Campaign:
    def __init__(self, home, bin_dir, user):
        os.makedirs(home, exist_ok=True)
        self.place = Place(home, bin_dir, user)
        self.place.own(home)
        self.place.make()
        self.truth = Truth()
        self.named = 0
        self.deaths = 0
        self.slowest = 0.0
        with self.place.imap() as s:
            for folder in ("Work", "Other"):
                create(s, self.truth, folder)

    def names(self, n):
        self.named += n
        return ["k%d" % (self.named - i) for i in range(n)]

    def stock(self, s, folder, n=4):
        """At least n messages in the folder, which is then selected."""
        seen = self.truth.see(s, folder)
        if len(seen) < n:
            append(s, self.truth, folder, self.names(n - len(seen)))
        if len(seen) > 40:
            expunge(s, self.truth, folder, sorted(seen)[:30])
        return sorted(self.truth.see(s, folder))

    # Each operation: what comes before, then arm(), then what is killed.

    def op_append(self, s, arm):
        self.stock(s, "Work")
        arm(s)
        append(s, self.truth, "Work", self.names(1))

    def op_multiappend(self, s, arm):
        self.stock(s, "Work")
        arm(s)
        append(s, self.truth, "Other", self.names(3))

    def op_keyword(self, s, arm):
        self.stock(s, "Work")
        self.named += 1
        word = "word%d" % (self.named % 40)
        arm(s)
        append(s, self.truth, "Work", self.names(1), "\\Seen " + word)

    def op_copy(self, s, arm):
        uids = self.stock(s, "Work")
        arm(s)
        transfer(s, self.truth, "COPY", "Work", uids[:3], "Other")

    def op_move(self, s, arm):
        uids = self.stock(s, "Work")
        arm(s)
        transfer(s, self.truth, "MOVE", "Work", uids[:3], "Other")

    def op_store(self, s, arm):
        uids = self.stock(s, "Work")[:3]
        arm(s)
        s.command("UID STORE %s +FLAGS.SILENT (\\Answered)" %
                  ",".join(map(str, uids)))
        for uid in uids:
            name = self.truth.uids["Work"][uid]
            self.truth.flags.setdefault(("Work", name), set()).add(
                "\\Answered")

    def op_expunge(self, s, arm):
        uids = self.stock(s, "Other")
        arm(s)
        expunge(s, self.truth, "Other", uids[:3])

    def op_create(self, s, arm):
        self.named += 1
        arm(s)
        create(s, self.truth, "New%d" % self.named)

    def op_rename(self, s, arm):
        self.named += 1
        old, new = "Old%d" % self.named, "Now%d" % self.named
        create(s, self.truth, old)
        append(s, self.truth, old, self.names(1))
        arm(s)
        rename(s, self.truth, old, new)

    def op_delete(self, s, arm):
        self.named += 1
        folder = "Gone%d" % self.named
        create(s, self.truth, folder)
        append(s, self.truth, folder, self.names(2))
        arm(s)
        delete(s, self.truth, folder)

    def op_recreate(self, s, arm):
        """The UIDs of the first one must not come back."""
        if "Again" in self.truth.folders:
            delete(s, self.truth, "Again")
        create(s, self.truth, "Again")
        append(s, self.truth, "Again", self.names(1))
        delete(s, self.truth, "Again")
        arm(s)
        create(s, self.truth, "Again")
        append(s, self.truth, "Again", self.names(1))

    def op_subscribe(self, s, arm):
        self.named += 1
        folder = "Sub%d" % self.named
        arm(s)
        s.command('SUBSCRIBE "%s"' % folder)
        self.subscribed = folder

    def op_select(self, s, arm):
        for _ in range(3):
            name = self.names(1)[0]
            self.place.deliver(name)
            self.truth.add(name, "INBOX")
        arm(s)
        self.truth.see(s, "INBOX")

    def op_status(self, s, arm):
        name = self.names(1)[0]
        self.place.deliver(name)
        self.truth.add(name, "INBOX")
        arm(s)
        out, _ = s.command("STATUS INBOX (UIDNEXT)")
        self.truth.tell_next(
            "INBOX", int(re.search(r"UIDNEXT (\d+)", out[0][0])[1]))

    def op_quit(self, s, arm):
        self.stock(s, "INBOX")
        names = pop3_delete(self.place, self.truth, 2, attach=arm)
        self.truth.vanish([u for u, n in self.truth.uids["INBOX"].items()
                           if n in names], "INBOX")

    OPERATIONS = ("append", "multiappend", "keyword", "copy", "move", "store",
                  "expunge", "create", "rename", "delete", "recreate",
                  "subscribe", "select", "status", "quit")

    def once(self, operation, call, what):
        """One session of it.  Did the injection happen (it ended early)?"""
        self.subscribed = None
        self.strace = None

        def arm(s):
            self.strace = Strace(s.pid, call, what)
        try:
            with self.place.imap() as s:
                getattr(self, "op_" + operation)(s, arm)
        except Gone:
            return True
        finally:
            if self.strace:
                self.strace.end()
        return False

    def leftovers(self):
        for top, dirs, files in os.walk(self.place.maildir):
            for name in files + [d + "/" for d in dirs if not
                                 os.listdir(os.path.join(top, d)) and
                                 d not in ("cur", "new", "tmp")]:
                path = os.path.relpath(os.path.join(top, name),
                                       self.place.maildir)
                if not HEALTHY.match(path):
                    yield path

    def locked(self):
        """Folders in which a lock was left."""
        top = self.place.maildir
        for place in [".", *os.listdir(top)]:
            if re.match(r"\.[^.]|\.$", place) and os.path.lexists(
                    "%s/%s/dovecot-uidlist.lock" % (top, place)):
                yield place[1:] or "INBOX"

    def after(self, operation):
        """A new session sees all, and may change everything at once."""
        seen = self.truth.check(self.place)
        with self.place.imap() as s:
            for folder in [f for f in seen if len(seen[f]) > 30]:
                self.truth.see(s, folder)
                expunge(s, self.truth, folder, sorted(seen[folder])[:25])
            # A lock that was left is broken by who needs it next.
            for folder in sorted({"Work", "Other", "INBOX", *self.locked()}):
                began = time.monotonic()
                append(s, self.truth, folder, self.names(1))
                took = time.monotonic() - began
                self.slowest = max(took, self.slowest)
                if took > PATIENCE:
                    raise Wrong("APPEND to %s took %.1f s" % (folder, took))
            began = time.monotonic()
            s.command('SUBSCRIBE "Other"')
            if time.monotonic() - began > PATIENCE:
                raise Wrong("SUBSCRIBE had to wait")
            if operation in ("create", "rename", "delete", "recreate"):
                self.named += 1
                folder = "Tidy%d" % self.named
                create(s, self.truth, folder)
                append(s, self.truth, folder, self.names(1))
                delete(s, self.truth, folder)
            if len(self.truth.folders) > 12:
                for folder in sorted(f for f in self.truth.folders
                                     if f[-1].isdigit())[:6]:
                    delete(s, self.truth, folder)
        with self.place.pop3() as s:
            s.command("STAT")
        left = sorted(self.leftovers())
        if left:
            raise Wrong("left behind: %s" % left)

    def run(self, stride, operations):
        for operation in operations or self.OPERATIONS:
            here = self.deaths
            for call in CALLS:
                when = random.randint(1, stride)
                while True:
                    where = "%s, %s number %d" % (operation, call, when)
                    try:
                        died = self.once(
                            operation, call, "signal=SIGKILL:when=%d" % when)
                        if died:
                            self.deaths += 1
                            self.after(operation)
                    except (Wrong, Refused, Gone) as e:
                        raise Wrong("%s: %r" % (where, e)) from e
                    if not died:
                        break
                    when += stride
            print("%s: %d deaths" % (operation, self.deaths - here),
                  flush=True)
        return "%d deaths, nothing lost; the slowest APPEND after one: %d ms" \
            % (self.deaths, self.slowest * 1000)


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("SEED=%d" % seed, flush=True)
    random.seed(seed)
    main(lambda: Campaign(*sys.argv[1:4]).run(
        int(sys.argv[4]), sys.argv[5:]))
