#!/usr/bin/python3
"""Measure our servers beside others, on mailboxes made for it; as root.

    make bench                  all rows, with 100,000 messages: half an hour
    make bench QUICK=1          10,000 messages: minutes
    make bench MILLION=1        and a mailbox of 1,000,000 for the plot
    make bench ONLY=read,pop3   some groups: session memory select read pop3
                                body write small growth calls
    PEERS=dovecot               whom to measure beside us (none: ours alone)
    MESSAGES= REPEAT= SIZES=    in place of 100,000, 3 and those of the plot
    BIN=build/other             whose programs, instead of $B
    KEEP=1                      leaves mailboxes and logs in build/bench/run

Figures are medians of REPEAT rounds in which the servers take turns; Dovecot
is left out of the third, Courier of the second and third.  A line for each
round, and on a terminal the step that runs; a group's rows when it is done.
Left in build/bench: results.tsv (every single figure), table.txt, table.md,
calls.md, growth.svg, which "make bench-readme" puts into README.md.

What can go wrong: other work on the machine.  What share of it others had
stands above the table and beside each group; processor time suffers less from
it than the clock, and ratios less than figures.  Both are compared with the
targets.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time

import calls
import groups
import report
from place import PASSWORD, Place, isolate, run
from servers import KINDS, UNPACKED
from work import protocol, script

PATIENCE_S = 240
TOOLS = ("mail", "load", "limit", "floor")
PROGRAMS = ("imapd", "pop3d")


def busy_s():
    """Processor seconds that the machine has worked, and that it had."""
    with open("/proc/stat", encoding="ascii") as f:
        ticks = [int(x) for x in f.readline().split()[1:9]]
    tick = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - ticks[3] - ticks[4]) / tick, sum(ticks) / tick


def ours_s():
    """And of these, all that is ours: we see no other processes."""
    ticks = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as f:
                fields = f.read().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


class Result:
    """One figure: microseconds (KiB for memory)."""

    def __init__(self, row, n, server, wall, cpu=0, octets=0, count=1):
        self.row = row
        self.n = n
        self.server = server
        self.wall = int(wall)
        self.cpu = int(cpu)
        self.octets = int(octets)
        self.count = int(count)
        self.others = 0.0


class Bench:
    def __init__(self, root, build, env):
        self.env = env
        self.root = root
        self.quick = bool(env.get("QUICK"))
        self.repeat = int(env.get("REPEAT") or 3)
        self.messages = int(env.get("MESSAGES") or
                            (10000 if self.quick else 100000))
        self.results = []
        self.calls = []
        self.out = os.path.join(root, build, "bench")
        self.place = Place(
            root, self.out,
            [os.path.join(env.get("BIN") or build, "bin", p)
             for p in PROGRAMS],
            [os.path.join(self.out, t) for t in TOOLS])
        self.servers = {}
        self.started = self.marked = time.time()
        self.mark = (busy_s(), ours_s())
        self.noted = 0
        self.done = self.planned = 0

    def others(self):
        """The share of the machine that others had since the last time."""
        (busy, all_), ours = busy_s(), ours_s()
        (busy0, all0), ours0 = self.mark
        self.mark = ((busy, all_), ours)
        spent = (busy - busy0) - max(0, ours - ours0)
        return max(0, 100 * spent / max(0.01, all_ - all0))

    def say(self, text):
        self.show("")
        seconds = time.time() - self.started
        print(f"[{self.done:2}/{self.planned}] {seconds:5.0f} s  {text}",
              flush=True)

    def show(self, text):
        """What runs now, in one line of a terminal."""
        if sys.stdout.isatty():
            print(f"\r\033[K{text[:76]}", end="\r", flush=True)

    def round_done(self, text):
        others = self.others()
        for r in self.results[self.noted:]:
            r.others = others
        self.noted = len(self.results)
        self.done += 1
        self.say(f"{text} (others: {others:.0f} %)")

    # --- servers ---

    def set_up(self):
        peers = self.env.get("PEERS", "dovecot,courier").split(",")
        self.place.add_system_user("courier", 61100)
        self.place.add_system_user("stdmail", 61101)
        for user in dict.fromkeys(kind[2] for kind in KINDS):
            self.place.add_user(user)
        self.place.mount_etc()
        there = {
            "dovecot": shutil.which("dovecot", path="/usr/sbin:/usr/bin"),
            "courier": os.path.isdir(os.path.join(
                self.root, UNPACKED, "usr/lib/courier"))}
        self.peers = [p for p in there if p in peers and there[p]]
        for name in there:
            if name in peers and not there[name]:
                self.say(f"{name} is left out: make bench-deps installs it")
        for name, kind, user, port in KINDS:
            peer = {"tuned": "dovecot"}.get(name, name)
            if peer not in there or peer in self.peers:
                self.servers[name] = kind(self.place, name, user, port)

    def up(self, name):
        """The server, running; None when it cannot be started."""
        server = self.servers.get(name)
        if server is None:
            return None
        if any(p.poll() is not None for p in server.processes):
            server.stop()
        if not server.processes and not server.start():
            with open(os.path.join(server.dir, "out"), "rb") as f:
                self.say(f"{name} does not start: " +
                         f.read()[-200:].decode(errors="replace"))
            self.servers[name] = None
            return None
        return server

    def rivals(self, turn):
        """Those that take part in this round, running."""
        found = [self.up(name) for name in ("stdmail", *self.peers)]
        return [s for s in found if s and turn < s.rounds]

    def stop_all(self):
        for server in self.servers.values():
            if server:
                server.stop()

    # --- measuring ---

    def load(self, server, steps, kind="imap", yes=False):
        """Run a script against a server; its results by name."""
        argv = [self.place.tool("load"),
                "-u", server.user + ("y" if yes else ""), "-w", PASSWORD,
                "-m", self.place.maildir(server.user),
                "-p", str(server.ports[kind]), "-g", server.group]
        if kind == "pop3":
            argv.append("-3")
        self.show(f"{server.name}: " + " / ".join(
            line for line in steps.split("\n") if " " in line))
        p = subprocess.Popen(argv, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, start_new_session=True)
        try:
            said, errors = p.communicate(steps, timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            said, errors = p.communicate()
        if p.returncode:
            self.say(f"{server.name}: " + (errors.strip() or "no end") +
                     " in: " + " / ".join(steps.split("\n"))[:120])
        found = {}
        for line in said.splitlines():
            name, *numbers = line.split("\t")
            if len(numbers) == 4:
                found[name] = [int(x) for x in numbers]
        return found

    def note(self, server, n, found):
        for row, numbers in found.items():
            if not row.startswith("_"):
                self.results.append(Result(row, n, server.name, *numbers))

    def measure(self, server, n, steps, **how):
        found = self.load(server, steps, **how)
        self.note(server, n, found)
        return found

    def row(self, server, n, row, **how):
        """Measure a row of work.py."""
        prefix = "INBOX." if server.name == "courier" else ""
        return self.measure(server, n, script(row, n, prefix, **how),
                            kind=protocol(row))

    def limit(self, n, name, *args):
        said = run(self.place.tool("limit"), name, *map(str, args),
                   capture_output=True, text=True).stdout.split()
        self.results.append(Result(name, n, "limit", *said[1:]))

    # --- mailboxes ---

    def cold(self, server):
        """The server does not know the mailbox, but it lies in memory: what
        was not read for some seconds may have left it on a virtual machine."""
        self.place.forget(server.user)
        self.touch(server.user)

    def touch(self, user):
        run(self.place.tool("limit"), "_", "read", self.cur(user),
            stdout=subprocess.DEVNULL)

    def cur(self, user, folder=""):
        return os.path.join(self.place.maildir(user), folder, "cur")

    def mail_for(self, servers, n, kind="usual"):
        users = sorted({s.user for s in servers} | {"floo"})
        fresh = [self.place.make_mail(user, n, kind) for user in users]
        if any(fresh):
            os.sync()
            time.sleep(groups.SETTLED_S)

    # --- all of it ---

    def plan(self):
        """(group, function, messages, rounds) in the order of the run."""
        only = self.env.get("ONLY")
        sizes = self.env.get("SIZES") or ("1000" if self.quick else
                                          "1000,10000")
        if self.env.get("MILLION"):
            sizes += ",1000000"
        for name, function in groups.GROUPS.items():
            if only and name not in only.split(","):
                continue
            if name == "growth":
                for size in map(int, sizes.split(",")):
                    yield (name, function, size,
                           1 if size > 100000 else self.repeat)
            else:
                yield name, function, self.messages, self.repeat
        if not only or "calls" in only.split(","):
            yield "calls", calls.measure, self.messages, 1

    def all(self):
        plan = list(self.plan())
        if not self.env.get("ONLY"):
            report.begin(self)
        self.planned = sum(rounds for *_, rounds in plan)
        self.others()
        for name, function, n, rounds in plan:
            for turn in range(rounds):
                function(self, n, turn)
                self.round_done(f"{name}, {n:,} messages, "
                                f"round {turn + 1} of {rounds}")
            report.show_group(self, name)
            report.save(self)


def main(main_of):
    """Run main_of(bench) in a place of its own."""
    if os.geteuid() != 0:
        sys.exit("the bench needs root: it makes users and namespaces")
    isolate(sys.argv)
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
    os.chdir(root)
    build = os.environ.get("B", "build")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with open(os.path.join(root, build, "bench", "lock"), "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit("the bench is running already")
        bench = Bench(root, build, os.environ)
        try:
            bench.set_up()
            main_of(bench)
        finally:
            bench.stop_all()
            if not os.environ.get("KEEP"):
                bench.place.close()


if __name__ == "__main__":
    main(Bench.all)
