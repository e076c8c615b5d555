#!/usr/bin/python3
"""Two users at one shared mailbox at the same time.

    sharedstorm.py PORT common|private SEED STEPS PASSWORD USER USER

Each adds, changes, copies, moves and removes at random.  In the end both must
have the same messages with the same flags, \\Seen only where it is common;
what is private must be what the user did, in a new session as well.

What can go wrong: one user's rename of a file under the other's hands, a file
that only one of them may change, \\Seen that wanders.
"""

import imaplib
import random
import re
import sys
import threading

BOX, OLD = "Shared/team", "Shared/team/Old"
FLAGS = ["\\Seen", "\\Seen", "\\Flagged", "\\Answered", "work"]


class User:
    def __init__(self, port, name, password, seed):
        self.port, self.name, self.password = port, name, password
        self.rng = random.Random("%s/%s" % (seed, name))
        self.seen = {}
        self.failure = None
        self.connect()

    def connect(self):
        self.imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        self.imap.login(self.name, self.password)
        self.ok(self.imap.select(BOX))

    @staticmethod
    def ok(answer):
        """OK, or the other user was quicker."""
        if answer[0] != "OK" and b"EXPUNGEISSUED" not in answer[1][0]:
            raise AssertionError(answer)
        return [a for a in answer[1] if a is not None]

    def flags(self):
        found = {}
        # imaplib keeps what it was told unasked, of what has gone since, too,
        # and gives it out with the next answer.
        self.imap.response("FETCH")
        for line in self.ok(self.imap.uid("FETCH", "1:*", "(FLAGS)")):
            uid = re.search(rb"UID (\d+)", line)
            flags = re.search(rb"FLAGS \(([^)]*)\)", line)
            if uid and flags:
                found[int(uid[1])] = set(flags[1].split()) - {b"\\Recent"}
        return found

    def act(self):
        uids = sorted(self.flags())
        what = self.rng.choice(["append"] * 2 + ["store"] * 6 + [
            "read", "copy", "move", "expunge", "noop"])
        if what == "append" or not uids:
            return self.append()
        uid = self.rng.choice(uids)
        if what == "store":
            self.store(uid)
        elif what == "read":
            # Nothing comes back of what has gone.
            if any(isinstance(part, tuple) for part in self.ok(
                    self.imap.uid("FETCH", "%d" % uid, "(BODY[])"))):
                self.seen[uid] = True
        elif what in ("copy", "move"):
            self.ok(self.imap.uid(what.upper(), "%d" % uid, OLD))
        elif what == "expunge":
            self.ok(self.imap.uid("STORE", "%d" % uid, "+FLAGS",
                                  "(\\Deleted)"))
            self.ok(self.imap.expunge())
        else:
            self.ok(self.imap.noop())
        return None

    def append(self):
        flags = self.rng.choice(["", "\\Seen", "work"])
        text = self.ok(self.imap.append(BOX, flags, None, b"a: b\r\n\r\nc\r\n"))
        uid = int(re.search(rb"APPENDUID \d+ (\d+)", text[0])[1])
        self.seen[uid] = flags == "\\Seen"

    def store(self, uid):
        flag = self.rng.choice(FLAGS)
        sign = self.rng.choice("+-")
        self.ok(self.imap.uid("STORE", "%d" % uid,
                              sign + "FLAGS.SILENT", "(%s)" % flag))
        if flag == "\\Seen":
            self.seen[uid] = sign == "+"

    def run(self, steps):
        try:
            for _ in range(steps):
                self.act()
        except Exception as e:  # told by main, in its thread
            self.failure = e

    def end(self):
        self.imap.logout()


def judge(users, private):
    views = []
    for user in users:
        user.imap.noop()
        view = user.flags()
        if private:
            for uid, flags in view.items():
                has = b"\\Seen" in flags
                assert has == user.seen.get(uid, False), (
                    user.name, uid, flags, user.seen.get(uid))
                flags.discard(b"\\Seen")
        views.append(view)
    assert views[0] == views[1], [
        (uid, [v.get(uid) for v in views])
        for uid in set(views[0]) | set(views[1])
        if views[0].get(uid) != views[1].get(uid)]
    return len(views[0])


def main():
    port, kind, seed, steps, password, *names = sys.argv[1:]
    users = [User(int(port), name, password, seed) for name in names]
    threads = [threading.Thread(target=u.run, args=(int(steps),))
               for u in users]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for user in users:
        if user.failure:
            raise user.failure
    judge(users, kind == "private")
    for user in users:
        user.end()
        user.connect()
    print("%d messages are left" % judge(users, kind == "private"))
    for user in users:
        user.end()


if __name__ == "__main__":
    main()
