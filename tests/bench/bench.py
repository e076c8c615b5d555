#!/usr/bin/python3
"""Measure our servers beside others, on mailboxes made for it; as root.

    make bench                  everything, with 100,000 messages: an hour
    make bench QUICK=1          10,000 messages: minutes
    make bench ONLY=read,pop3   some groups: select read write body pop3
                                session small plot
    PEERS=dovecot               whom to measure beside us (none: ours alone)
    MESSAGES= REPEAT= SIZES=    instead of 100,000, 3 and those of the plot

Figures are medians of REPEAT rounds, in which the servers take turns.  Left in
build/bench: results.tsv (every single figure), table.txt, table.md, cost.svg.

What can go wrong: other work on the machine.  The load average stands beside
each row, and ratios between servers are worth more than figures.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import report
from place import PASSWORD, Place, isolate, run
from servers import KINDS, warm_up

PATIENCE_S = 240
ENVELOPE = ("FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE "
            "BODYSTRUCTURE)")
FIELDS = ("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE "
          "MESSAGE-ID)])")

# name: the command of the first, second and third session.
COLD = {
    "envelope": [ENVELOPE] * 3,
    "fields": [FIELDS] * 3,
    "from": ["SEARCH FROM Person77"] * 3,
    "subject": ["SEARCH SUBJECT quarterly"] * 3,
    "body": ["SEARCH BODY xylograph", "SEARCH BODY quetzal",
             "SEARCH BODY zwieback"],
    "text": ["SEARCH TEXT xylograph", "SEARCH TEXT quetzal",
             "SEARCH TEXT zwieback"],
    "sortdate": ["SORT (DATE) UTF-8 ALL"] * 3,
    "sortsubject": ["SORT (SUBJECT) UTF-8 ALL"] * 3,
    "thread": ["THREAD REFERENCES UTF-8 ALL"] * 3,
}
TURNS = ("first", "second", "warm")
SELECT = "open\nlogin\ntime %s SELECT INBOX\nclose\n"
SETTLED_S = 2.5


class Result:
    """One figure: microseconds (KiB for memory, calls for system calls)."""

    def __init__(self, row, n, server, wall, cpu=0, octets=0, count=1):
        self.row = row
        self.n = n
        self.server = server
        self.wall = int(wall)
        self.cpu = int(cpu)
        self.octets = int(octets)
        self.count = int(count)
        self.load = os.getloadavg()[0]


class Bench:
    def __init__(self, root, build, env):
        self.env = env
        self.quick = bool(env.get("QUICK"))
        self.repeat = int(env.get("REPEAT") or 3)
        self.messages = int(env.get("MESSAGES") or
                            (10000 if self.quick else 100000))
        self.results = []
        self.out = os.path.join(root, build, "bench")
        os.makedirs(self.out, exist_ok=True)
        tools = [os.path.join(self.out, t)
                 for t in ("mail", "load", "limit", "floor")]
        programs = [os.path.join(root, build, "bin", p)
                    for p in ("imapd", "pop3d")]
        self.place = Place(root, programs, tools)
        self.servers = {}
        self.started = time.time()

    def say(self, text):
        print("%5d s, load %.1f: %s" % (
            time.time() - self.started, os.getloadavg()[0], text), flush=True)

    # --- servers ---

    def set_up(self):
        peers = self.env.get("PEERS", "dovecot,courier").split(",")
        self.place.add_system_user("courier", 61100)
        self.place.add_system_user("stdmail", 61101)
        for user in dict.fromkeys(kind[2] for kind in KINDS):
            self.place.add_user(user)
        self.place.mount_etc()
        if not shutil.which("dovecot", path="/usr/sbin:/usr/bin"):
            peers = [p for p in peers if p != "dovecot"]
        if not os.path.isdir(os.path.join(self.place.root, "build/courier")):
            peers = [p for p in peers if p != "courier"]
        self.peers = peers
        for name, kind, user, port in KINDS:
            if name in ("dovecot", "courier") and name not in peers:
                continue
            if name == "tuned" and "dovecot" not in peers:
                continue
            self.servers[name] = kind(self.place, name, user, port)

    def up(self, name):
        """The server, running; None when it cannot be started."""
        server = self.servers.get(name)
        if server is None:
            return None
        if any(p.poll() is not None for p in server.processes):
            server.stop()
        if not server.processes and not server.start():
            self.say(f"{name} does not start: see {server.dir}")
            self.servers[name] = None
            return None
        return server

    def main_servers(self):
        for name in ("stdmail", *self.peers):
            server = self.up(name)
            if server:
                yield server

    def stop_all(self):
        for server in self.servers.values():
            if server:
                server.stop()

    # --- measuring ---

    def load(self, server, script, protocol="imap", yes=False, program=None):
        """Run a script against a server; its results by name."""
        argv = [self.place.tool("load"),
                "-u", server.user + ("y" if yes else ""), "-w", PASSWORD,
                "-m", self.place.maildir(server.user)]
        if protocol == "pop3":
            argv.append("-3")
        program = program or server.program
        if program:
            argv += ["--", *program]
        else:
            argv += ["-p", str(server.ports[protocol]),
                     "-r", str(server.roots[protocol])]
        with open(os.path.join(server.dir, "load"), "ab") as log:
            p = subprocess.Popen(argv, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=log,
                                 text=True, start_new_session=True)
            try:
                said, _ = p.communicate(script, timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                said, _ = p.communicate()
        found = {}
        for line in said.splitlines():
            name, *numbers = line.split("\t")
            if len(numbers) == 4:
                found[name] = [int(x) for x in numbers]
        return found

    def note(self, server, n, found, only=None):
        for row, numbers in found.items():
            if not row.startswith("_") and (only is None or row in only):
                self.results.append(Result(row, n, server.name, *numbers))

    def measure(self, server, n, script, **how):
        found = self.load(server, script, **how)
        self.note(server, n, found)
        return found

    def cold(self, s):
        """No server knows the mailbox, but it lies in memory: what was not
        read for some seconds may have left it on a virtual machine."""
        self.place.forget(s.user)
        self.touch(s.user)

    def touch(self, user):
        run(self.place.tool("limit"), "_", "read",
            os.path.join(self.place.maildir(user), "cur"),
            stdout=subprocess.DEVNULL)

    def limit(self, n, name, *args):
        said = run(self.place.tool("limit"), name, *map(str, args),
                   capture_output=True, text=True).stdout.split()
        self.results.append(Result(name, n, "limit", *said[1:]))

    def selected(self, steps):
        return f"open\nlogin\ndo SELECT INBOX\n{steps}\nclose\n"

    def mail_for_all(self, n, kind="usual"):
        users = {s.user for s in self.main_servers()} | {"floo"}
        fresh = [self.place.make_mail(user, n, kind) for user in sorted(users)]
        if any(fresh):
            os.sync()
            time.sleep(2.2)
            self.say("messages, octets, median, mean: " + self.place.said)

    def rounds(self):
        for turn in range(self.repeat):
            yield turn, list(self.main_servers())

    # --- groups ---

    def limits_of_reading(self, n):
        cur = os.path.join(self.place.maildir("floo"), "cur")
        self.touch("floo")
        for what in ("readdir", "read", "memmem", "socket"):
            self.limit(n, what, what, cur)
        self.limit_fsync(n)

    def limit_fsync(self, n):
        """An append has two: file and directory."""
        box = os.path.join(self.place.maildir("floo"), ".Copied")
        before = len(self.results)
        self.limit(n, "fsync", "append", box, 20, 100)
        self.results[before].wall //= 40
        self.place.make_folder("floo", ".Copied")

    def select(self, n, full=True):
        self.mail_for_all(n)
        for turn, servers in self.rounds():
            self.limits_of_reading(n)
            for s in servers:
                self.cold(s)
                self.measure(s, n, SELECT % "select.first")
            # Settled: the directory is older than its clock is coarse.
            for row in ("_second", "select.warm"):
                time.sleep(SETTLED_S)
                for s in servers:
                    self.measure(s, n, SELECT % row * 3)
            if full:
                self.select_after_changes(servers, n)
            self.say(f"select, {n} messages, round {turn + 1}")
        if full:
            self.select_on_pipe(n)

    def select_after_changes(self, servers, n):
        for s in servers:
            self.measure(s, n, "deliver\n" + SELECT % "select.delivered")
        time.sleep(SETTLED_S)
        for s in servers:
            self.load(s, SELECT % "_settled")
            self.flag_by_hand(s)
            self.measure(s, n, SELECT % "select.flagged")
        time.sleep(SETTLED_S)
        for s in servers:
            self.load(s, SELECT % "_settled")
            self.measure(s, n, self.selected(
                "do STORE 2 +FLAGS (\\Draft)\nuse 1\n" +
                SELECT % "select.own" +
                "use 0\ndo STORE 2 -FLAGS (\\Draft)"))

    def flag_by_hand(self, s):
        """\\Flagged on or off the first message."""
        cur = os.path.join(self.place.maildir(s.user), "cur")
        name = min(os.listdir(cur))
        base, flags = name.split(":2,")
        flags = flags.replace("F", "") if "F" in flags else "F" + flags
        os.rename(os.path.join(cur, name),
                  os.path.join(cur, base + ":2," + flags))

    def select_on_pipe(self, n):
        s = self.up("pipe")
        script = ("begin %s\nopen\ndo SELECT INBOX\nend\nclose\nsleep 2300\n")
        self.load(s, script % "_first" + script % "_second" +
                  f"open\ndo SELECT INBOX\ndo {ENVELOPE}\nclose\n")
        for _ in range(self.repeat):
            self.measure(s, n, script % "select.pipe")
        self.count_calls(s, n)

    def count_calls(self, s, n):
        """System calls from the read of a command to that of the next."""
        trace = os.path.join(s.dir, "strace")
        commands = {"select.calls": "SELECT INBOX",
                    "flags.calls": "FETCH 1:* (UID FLAGS)",
                    "envelope.calls": ENVELOPE,
                    "status.calls": "STATUS INBOX (MESSAGES UNSEEN)"}
        if not shutil.which("strace"):
            return
        self.load(s, "open\n" + "".join(
            f"do {c}\n" for c in ["SELECT INBOX", *commands.values()]) +
            "close\n", program=["/usr/bin/strace", "-f", "-s", "200", "-o",
                                trace, *s.program])
        at = None
        calls = {}
        with open(trace, encoding="latin-1") as f:
            for line in f:
                for i, name in enumerate([*commands, None]):
                    if f'"t{i + 2} ' in line and ("read" in line or
                                                  "recv" in line):
                        at = name
                if at:
                    calls[at] = calls.get(at, 0) + 1
        for name, count in calls.items():
            self.results.append(Result(name, n, "stdmail", count))

    def read(self, n, names=tuple(COLD)):
        self.mail_for_all(n)
        for turn, servers in self.rounds():
            if turn or not self.have("read", n):
                self.limits_of_reading(n)
            for name in names:
                for s in servers:
                    self.read_cold(s, n, name)
            for s in servers:
                found = self.measure(s, n, self.selected(
                    "time flags FETCH 1:* (UID FLAGS)\n"
                    "time unseen SEARCH UNSEEN"))
                if s.name == "stdmail" and "flags" in found:
                    self.limit(n, "output.flags", "output",
                               found["flags"][2])
            self.say(f"read, {n} messages, round {turn + 1}")

    def have(self, row, n):
        return any(r.row == row and r.n == n for r in self.results)

    def read_cold(self, s, n, name):
        self.cold(s)
        for turn, command in zip(TURNS, COLD[name]):
            found = self.measure(s, n, self.selected(
                f"time {name}.{turn} {command}"))
            if not found:
                break

    def write(self, n):
        self.mail_for_all(n)
        for turn, servers in self.rounds():
            home = self.place.maildir("floo")
            cur, copied, moved = (os.path.join(home, d) for d in (
                "cur", ".Copied/cur", ".Moved/cur"))
            self.place.keep("floo")
            self.touch("floo")
            self.limit(n, "rename", "rename", cur)
            self.limit(n, "link", "link", cur, copied)
            self.place.make_folder("floo", ".Copied")
            self.limit(n, "move", "move", cur, moved)
            self.limit(n, "unlink", "unlink", moved)
            self.place.changed("floo")
            for s in servers:
                self.place.keep(s.user)
                self.touch(s.user)
                self.write_one(s, n)
            self.say(f"write, {n} messages, round {turn + 1}")
            if turn + 1 < self.repeat:
                self.mail_for_all(n)

    def write_one(self, s, n):
        prefix = "INBOX." if s.name == "courier" else ""
        self.place.changed(s.user)
        self.measure(s, n, self.selected(
            "time store STORE 1:* +FLAGS.SILENT (\\Draft)"))
        self.measure(s, n, self.selected(f"time copy COPY 1:* {prefix}Copied"))
        self.place.make_folder(s.user, ".Copied")
        moved = self.measure(s, n, self.selected(
            f"time move MOVE 1:* {prefix}Moved"))
        box = prefix + "Moved" if "move" in moved else "INBOX"
        self.measure(s, n, f"open\nlogin\ndo SELECT {box}\n"
                     "do STORE 1:* +FLAGS.SILENT (\\Deleted)\n"
                     "time expunge EXPUNGE\nclose\n")

    def body(self, n):
        self.mail_for_all(n)
        self.bodies(n, n, "small", "socket")
        large = 2000 if self.quick else 10000
        self.mail_for_all(large, "large")
        self.bodies(n, large, "large", "socket.large")

    def bodies(self, n, count, row, limit):
        cur = os.path.join(self.place.maildir("floo"), "cur")
        script = self.selected("time %s FETCH 1:* BODY.PEEK[]")
        for s in self.main_servers():
            self.load(s, script % "_first")
        for turn, servers in self.rounds():
            self.touch("floo")
            self.limit(n, limit, "socket", cur)
            self.limit(n, "sendfile." + row, "sendfile", cur)
            for s in servers:
                self.touch(s.user)
                self.measure(s, n, script % row)
        self.say(f"{row}: {count} messages whole")

    def pop3(self, n):
        self.mail_for_all(n)
        whole = "open\nbegin %s\nlogin\ndo STAT\ndo UIDL\ndo LIST\nend\nclose\n"
        for turn, servers in self.rounds():
            self.limits_of_reading(n)
            for s in servers:
                self.cold(s)
                self.measure(s, n, "".join(whole % ("pop3.list." + t)
                                           for t in TURNS), protocol="pop3")
                # Courier loses 8 ms and more on each of them.
                for row, last, how in (("pop3.one", 2000, "one RETR %u"),
                                       ("pop3.all", n, "all RETR %u"),
                                       ("pop3.top", n, "all TOP %u 0")):
                    self.measure(s, n, "open\nlogin\neach %s 1 %d %s\nclose\n"
                                 % (row, min(n, last), how), protocol="pop3")
            self.say(f"pop3, {n} messages, round {turn + 1}")
        for turn, servers in self.rounds():
            self.mail_for_all(1000)
            for s in servers:
                self.place.keep(s.user)
                self.measure(s, n, "open\nlogin\nbegin pop3.dele\n"
                             "each _dele 1 1000 all DELE %u\ndo QUIT\nend\n",
                             protocol="pop3")
                self.place.changed(s.user)

    def session(self, n, names=("stdmail", "loop", "dovecot", "tuned",
                                "courier", "floor", "floorloop"), all=True):
        self.mail_for_all(n)
        count = 160 if self.quick else 480
        for turn in range(self.repeat):
            for name in names:
                s = self.up(name)
                if s is None:
                    continue
                warm_up(self.place, s)
                if turn == 0:
                    self.resident(s, n)
                loop = ".loop" if name in ("loop", "tuned",
                                           "floorloop") else ""
                if all:
                    found = self.load(s, f"sessions one {count} 8\n")
                    if "one" in found:
                        self.note(s, n, {f"session{loop}.cpu": found["one"],
                                         f"session{loop}.rate": found["one"]})
                    self.measure(s, n, "check check %d\n" % (
                        10 if self.quick else 25), yes=True)
                self.measure(s, n, f"hold hold{loop} 20\n")
                if name in ("loop", "tuned", "floorloop"):
                    s.stop()
            self.say(f"sessions, {n} messages, round {turn + 1}")

    def resident(self, s, n):
        time.sleep(0.5)
        kb, count = s.resident()
        self.results.append(Result("nobody", n, s.name, kb, 0, 0, count))

    def small(self, n):
        self.mail_for_all(1000)
        notices = 10 if self.quick else 100
        appends = 200 if self.quick else 500
        for turn, servers in self.rounds():
            box = os.path.join(self.place.maildir("floo"), ".Copied")
            for what in ("append", "multi"):
                self.limit(n, what, what, box, appends, 10240)
                self.place.make_folder("floo", ".Copied")
            for s in servers + [self.up("floor")]:
                self.measure(s, n, self.selected(f"idle idle {notices}"))
                if s.name == "floor":
                    continue
                prefix = "INBOX." if s.name == "courier" else ""
                for what in ("one", "multi"):
                    self.place.make_folder(s.user, ".Copied")
                    row = "append" if what == "one" else what
                    self.measure(s, n, "open\nlogin\nappend %s %sCopied %d "
                                 "10240 %s\nclose\n" % (
                                     row, prefix, appends, what))
                self.place.changed(s.user)
            self.place.changed("floo")
            self.say(f"IDLE and APPEND, round {turn + 1}")
            if turn + 1 < self.repeat:
                self.mail_for_all(1000)

    def plot(self, n):
        sizes = self.env.get("SIZES") or (
            "1000" if self.quick else "1000,10000,1000000")
        peers, self.peers = self.peers, [
            p for p in self.peers if p == "dovecot"]
        repeat = self.repeat
        for size in map(int, sizes.split(",")):
            self.repeat = 1 if size > 100000 else repeat
            self.select(size, full=False)
            self.read(size, names=("envelope", "body"))
            self.session(size, names=("stdmail", "dovecot"), all=False)
        self.peers, self.repeat = peers, repeat

    def all(self):
        only = self.env.get("ONLY")
        for name in ("session", "select", "read", "pop3", "body", "write",
                     "small", "plot"):
            if not only or name in only.split(","):
                getattr(self, name)(self.messages)
                report.save(self)


def main():
    isolate([os.path.abspath(__file__)])
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
    os.chdir(root)
    bench = Bench(root, os.environ.get("B", "build"), os.environ)
    try:
        bench.set_up()
        bench.all()
    finally:
        bench.stop_all()
        if os.environ.get("KEEP"):
            print("kept:", bench.place.dir)
        else:
            bench.place.close()
    report.save(bench)
    print(report.text(bench))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("make bench needs root: it makes users and namespaces")
    main()
