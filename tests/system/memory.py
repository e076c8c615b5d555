#!/usr/bin/python3
"""A large mailbox in a memory cgroup: memory.py IMAPD HOME USER MESSAGES MIB

Makes the Maildir, holds imapd to MIB MiB and asks what a client asks first.
Status 77: there is no memory cgroup to be had here.
"""

import os
import pwd
import random
import subprocess
import sys
import time

PATIENCE_S = 600
V1 = "/sys/fs/cgroup/memory"


def no_cgroup(why):
    print(why)
    sys.exit(77)


class Group:
    """A cgroup of either version, with a limit and without swap."""

    def __init__(self, octets):
        v1 = os.path.isdir(V1)
        self.path = os.path.join(V1 if v1 else "/sys/fs/cgroup",
                                 f"stdmail-memory-{os.getpid()}")
        limits = (["memory.limit_in_bytes"] if v1 else
                  ["memory.swap.max", "memory.max"])
        try:
            os.mkdir(self.path)
        except OSError as error:
            no_cgroup(f"no memory cgroup can be made: {error}")
        try:
            for name in limits:
                self.write(name, 0 if "swap" in name else octets)
        except OSError as error:
            self.remove()
            no_cgroup(f"a cgroup's memory cannot be limited: {error}")

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w",
                  encoding="ascii") as file:
            file.write(str(value))

    def enter(self):
        self.write("cgroup.procs", 0)

    def remove(self):
        for _ in range(100):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.05)


class Session:
    """imapd in the group, as the user."""

    def __init__(self, imapd, home, owner, group):
        def become():
            group.enter()
            os.setgroups([])
            os.setgid(owner.pw_gid)
            os.setuid(owner.pw_uid)

        # pylint: disable-next=subprocess-popen-preexec-fn
        self.process = subprocess.Popen(
            [imapd, "--preauth", "--maildir=" + os.path.join(home, "Maildir"),
             "--cache=" + os.path.join(home, "cache")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={"HOME": home}, preexec_fn=become)
        self.process.stdout.readline()

    def ask(self, command):
        """The untagged answers; the end of the test when it is not OK."""
        began = time.monotonic()
        self.process.stdin.write(f"t {command}\r\n".encode())
        self.process.stdin.flush()
        answers = []
        for line in self.process.stdout:
            if line.startswith(b"t "):
                print(f"{command}: {time.monotonic() - began:.2f} s",
                      flush=True)
                assert line.startswith(b"t OK"), line
                return answers
            answers.append(line)
        raise AssertionError(f"{command}: imapd has ended")

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_S) == 0


def fill(maildir, owner, n):
    """n messages whose order of arrival is not that of their names; every
    third one unseen."""
    for sub in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(maildir, sub), exist_ok=True)
        os.chown(os.path.join(maildir, sub), owner.pw_uid, owner.pw_gid)
    order = list(range(n))
    random.Random(n).shuffle(order)
    for i in order:
        deliver(maildir, owner, "cur", i, "" if i % 3 == 0 else "S")


def deliver(maildir, owner, sub, i, flags):
    name = f"{1500000000 + i * 60}.M{i * 7 % 1000000}P{i % 30000}.host"
    if sub == "cur":
        name += ":2," + flags
    path = os.path.join(maildir, sub, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"Subject: {i}\n\nhello\n")
    os.chown(path, owner.pw_uid, owner.pw_gid)


def exists(answers):
    return [int(a.split()[1]) for a in answers if a.endswith(b" EXISTS\r\n")]


def look(start, n):
    """What a client asks first, of n messages."""
    session = start()
    assert exists(session.ask("SELECT INBOX")) == [n]
    flags = session.ask("FETCH 1:* FLAGS")
    assert len(flags) == n, len(flags)
    # In order of arrival: so the numbers were given.
    bad = [i for i in range(n) if (b"Seen" in flags[i]) != (i % 3 != 0)]
    assert not bad, bad[:10]
    unseen = session.ask("SEARCH UNSEEN")[0].split()[2:]
    assert len(unseen) == (n + 2) // 3, len(unseen)
    session.end()


def main():
    imapd, home, user, n, mib = sys.argv[1:]
    n = int(n)
    owner = pwd.getpwnam(user)
    maildir = os.path.join(home, "Maildir")
    group = Group(int(mib) << 20)
    try:
        fill(maildir, owner, n)

        def start():
            return Session(imapd, home, owner, group)

        look(start, n)          # cold
        look(start, n)          # warm
        deliver(maildir, owner, "new", n, "")
        session = start()       # and a look at all of it
        assert exists(session.ask("SELECT INBOX")) == [n + 1]
        session.end()
        # The cache is gone, the ledger is there.
        subprocess.run(["rm", "-rf", os.path.join(home, "cache")], check=True)
        session = start()
        assert exists(session.ask("SELECT INBOX")) == [n + 1]
        assert b" %d)" % (n + 1) in session.ask(f"FETCH {n + 1} UID")[0]
        session.end()
    finally:
        group.remove()


main()
