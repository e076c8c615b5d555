#!/usr/bin/python3
"""Many sessions at one mailbox, every answer checked.

    stress.py [--seed N] [--seconds N | --steps N] [--clients N]
              [--owner USER] --maildir DIR [--pop3 PROGRAM] COMMAND...

COMMAND is imapd, preauthenticated, on DIR.  Each client does random things
(client.py) while messages are delivered, renamed and deleted beside it, and
now and then a POP3 session (PROGRAM in the place of COMMAND's last word)
takes part.  Every few seconds all pause: then each client, by nothing but
what it has been told, must know exactly what is on the disk.

With --seconds all clients run at the same time; the seed repeats what each
chooses, the order is the machine's.  With --steps one acts at a time, and the
seed repeats everything.

What can go wrong: anything.  The first wrong answer ends the run and shows
that client's dialogue, and the seed.
"""

import argparse
import os
import pwd
import random
import select
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import client  # noqa: E402
from client import Wrong  # noqa: E402

PATIENCE = 30


class Stress:
    """The run: who is there, and when they meet."""

    def __init__(self, opts):
        self.opts = opts
        owner = None
        if opts.owner and os.geteuid() == 0:
            entry = pwd.getpwnam(opts.owner)
            owner = entry.pw_uid, entry.pw_gid
        self.world = client.World(opts.maildir, owner)
        self.world.errors = open(opts.errors, "ab")
        self.rng = random.Random(opts.seed)
        self.world.can_search = client.probe(opts.command)
        for _ in range(30):
            self.deliver()
        self.clients = [client.Client(self.world, opts.seed, n, opts.command)
                        for n in range(opts.clients)]
        self.pop3_at = 0

    # --- the others at the Maildir

    def deliver(self):
        name = self.world.new_name("d")
        self.world.born.add(name)
        self.world.inbox.deliver(name)
        self.world.counts["delivered"] += 1

    def outside(self):
        act = self.rng.choices(["deliver", "rename", "delete", "pop3"],
                               [8, 8, 1, 1])[0]
        if act == "deliver":
            self.deliver()
        elif act == "rename":
            self.world.inbox.rename(self.rng)
            self.world.counts["renamed"] += 1
        elif act == "delete":
            self.world.inbox.delete(self.rng, self.world.may_go.add)
            self.world.counts["deleted"] += 1
        elif self.opts.pop3 and (self.opts.steps or
                                time.monotonic() > self.pop3_at):
            # Now and then: it runs while the others wait for us.
            self.pop3_at = time.monotonic() + .5
            self.pop3()

    def pop3(self):
        """A whole session: every message is its own, DELE one of them."""
        command = self.opts.command[:]
        place = next(i for i, w in enumerate(command) if w.endswith("imapd"))
        command[place] = self.opts.pop3
        command.insert(place + 1, "--preauth")
        with subprocess.Popen(command, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE,
                              stderr=self.world.errors) as child:
            self.pop3_talk(child)
        if child.returncode:
            raise Wrong("pop3d ended with status %d" % child.returncode)
        self.world.counts["POP3"] += 1

    def pop3_talk(self, child):
        def ask(text, many=False):
            child.stdin.write(text.encode() + b"\r\n")
            child.stdin.flush()
            first = child.stdout.readline()
            lines = []
            while many and first.startswith(b"+OK"):
                line = child.stdout.readline()
                if line in (b".\r\n", b""):
                    break
                lines.append(line[1:] if line.startswith(b".") else line)
            return first, lines
        child.stdout.readline()
        uids = dict(line.split() for line in ask("UIDL", True)[1])
        numbers = sorted(uids, key=int)
        for n in self.rng.sample(numbers, min(3, len(numbers))):
            uid = int(uids[n][:8], 16)
            first, lines = ask("RETR " + n.decode(), True)
            if not first.startswith(b"+OK"):
                continue  # has gone meanwhile
            octets = b"".join(lines)
            name = client.disk.named_in(octets)
            if not name or octets != client.disk.make(name):
                raise Wrong("RETR: not a message of ours: %r" % octets[:300])
            self.world.named(uid, name)
            if self.rng.random() < .3:
                self.world.may_go_uids.add(uid)
                ask("DELE " + n.decode())
        ask("QUIT")
        child.stdin.close()

    # --- the wires

    def pump(self, seconds):
        """Read what comes and write what waits, from all clients."""
        socks = {c.sock: c for c in self.clients if not c.leaving}
        r, w, _ = select.select(list(socks), [s for s, c in socks.items()
                                              if c.out], [], seconds)
        for s in w:
            socks[s].flush()
        for s in r:
            self.current = socks[s]
            if not socks[s].read():
                raise Wrong("the server ended the connection")

    def revive(self, one):
        """After do_drop: the server must go, too, then a new connection."""
        one.reap()
        # A STORE or MOVE that was under way may have happened or not.
        one.connect()

    def wait(self, done, what):
        left = client.deadline(PATIENCE)
        while not done():
            self.pump(min(1, left()))
            if not left():
                busy = [c for c in self.clients if c.flight]
                self.current = busy[0] if busy else None
                raise Wrong("%s: not after %d s" % (what, PATIENCE))

    def run_seconds(self, seconds):
        """All at once, for so long."""
        end = client.deadline(seconds)
        due = {c: 0 for c in self.clients}
        outside = 0
        while end():
            now = time.monotonic()
            if now >= outside:
                outside = now + self.rng.random() * .05
                self.outside()
            for one in self.clients:
                self.current = one
                if one.leaving:
                    self.revive(one)
                if not one.greeted or now < due[one]:
                    continue
                if one.idling:
                    one.step()
                elif not one.flight:
                    one.step()
                    due[one] = now + (self.rng.random() * .3 if one.flight
                                      and one.flight[0].word == "IDLE"
                                      else 0)
            self.pump(.01)

    def run_steps(self, steps):
        """One at a time, in an order of the seed's."""
        self.wait(lambda: all(c.greeted for c in self.clients), "greeting")
        for _ in range(steps):
            if self.rng.random() < .3:
                self.outside()
            one = self.current = self.rng.choice(self.clients)
            if one.leaving:
                self.revive(one)
                self.wait(lambda one=one: one.greeted, "greeting")
            one.step()
            if not one.leaving:
                self.wait(lambda one=one: not one.flight or one.idling,
                          "answer")

    # --- all together

    def meet(self):
        """Everybody stops; what each knows must be what is."""
        for one in self.clients:
            self.current = one
            if one.leaving:
                self.revive(one)
        self.wait(lambda: all(c.greeted and (not c.flight or c.idling or
                                             c.flight[0].word == "IDLE")
                              for c in self.clients), "the end of commands")
        self.wait(lambda: all(c.idling or not c.flight
                              for c in self.clients), "idling")
        for one in self.clients:
            if not one.idling and not one.listens:
                if one.selected is None:
                    one.do_select("SELECT")
                else:
                    one.send("NOOP", client.Command("NOOP"))
        self.wait(lambda: all(c.idling or not c.flight
                              for c in self.clients), "NOOP")
        # Those in IDLE, or after NOTIFY, must hear of it without asking.
        files = len(self.world.inbox.files())
        self.wait(lambda: all(not (c.idling or c.listens) or
                              len(c.view) == files
                              for c in self.clients), "news unasked")
        for one in self.clients:
            if one.idling:
                one.end_idle()
        self.wait(lambda: not any(c.flight for c in self.clients), "DONE")
        for one in self.clients:
            one.send("NOOP", client.Command("NOOP"))
            one.fresh = [one.send(text % "ALL", client.Command("SEARCH", True))
                         for text in client.LIVE if one.contexts]
        self.wait(lambda: not any(c.flight for c in self.clients), "NOOP")
        self.judge()

    def judge(self):
        truth = self.world.inbox.truth()
        self.current = None
        for uid, (name, _) in truth.items():
            if uid in self.world.gone:
                raise Wrong("UID %d (%s) is there; client %s was told that it "
                            "has gone" % (uid, name, self.world.gone[uid][0]))
            self.world.named(uid, name)
        there = {name for name, _ in truth.values()}
        for name in self.world.born - there:
            uids = self.world.uids.get(name, set())
            if name not in self.world.may_go and not (
                    uids & self.world.may_go_uids):
                raise Wrong("message %s is lost" % name)
        for one in self.clients:
            self.current = one
            self.judge_one(one, sorted(truth), truth)
        self.judge_box()
        self.world.counts["meetings"] += 1

    def judge_one(self, one, uids, truth):
        one.must(len(one.view) == len(uids), "has %d messages, there are %d" % (
            len(one.view), len(uids)))
        for i, slot in enumerate(one.view):
            name, flags = truth[uids[i]]
            one.must(slot.uid in (None, uids[i]), "message %d is UID %s, not "
                     "%d" % (i + 1, slot.uid, uids[i]))
            one.must(slot.name in (None, name), "message %d is %s, not %s" % (
                i + 1, slot.name, name))
            one.must(slot.flags in (None, flags), "UID %d has %s, was told %s"
                     % (uids[i], sorted(flags), slot.flags))
            slot.uid, slot.name, slot.flags = uids[i], name, flags
        for live, now in zip(one.contexts.values(), one.fresh):
            found = list(now.result)
            one.must(live == found if now is one.fresh[1]
                     else sorted(live) == found,
                     "live result %s, a new one is %s" % (live, found))

    def judge_box(self):
        """Copied and moved messages: each where COPYUID says, none twice."""
        there = self.world.box.truth()
        for uid, name in self.world.box_names.items():
            if there.get(uid, (None,))[0] != (name or there[uid][0]):
                raise Wrong("UID %d of box is %s, COPYUID said %s" % (
                    uid, there.get(uid), name))
        for uid, (name, _) in there.items():
            if uid not in self.world.box_names:
                raise Wrong("UID %d of box: no COPYUID told of it" % uid)
            if name not in self.world.maybe_in_box:
                raise Wrong("UID %d of box: nobody copied %s" % (uid, name))

    def run(self):
        if self.opts.steps:
            for _ in range(0, self.opts.steps, 200):
                self.run_steps(200)
                self.meet()
        else:
            left = client.deadline(self.opts.seconds)
            while left():
                self.run_seconds(min(3, left()))
                self.meet()
        for one in self.clients:
            self.current = one
            one.leaving = True
            one.close()
            one.reap()

    def tell(self, failure):
        print("seed %d: %s" % (self.opts.seed, failure))
        if getattr(self, "current", None):
            print("\n".join(self.current.log))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--steps", type=int)
    p.add_argument("--clients", type=int, default=6)
    p.add_argument("--owner")
    p.add_argument("--maildir", required=True)
    p.add_argument("--pop3")
    p.add_argument("--errors", default="/dev/null",
                   help="file for what the servers say on fd 2")
    p.add_argument("command", nargs="+")
    opts = p.parse_args()
    stress = Stress(opts)
    try:
        stress.run()
    except (Wrong, OSError, AssertionError, subprocess.TimeoutExpired) as e:
        stress.tell("%s: %s" % (type(e).__name__, e))
        return 1
    finally:
        for one in stress.clients:
            one.kill()
    counts = sorted(stress.world.counts.items())
    print("seed %d, %d clients: %s" % (
        opts.seed, opts.clients,
        ", ".join("%s %d" % pair for pair in counts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
