#!/usr/bin/python3
"""SEARCH, SORT and THREAD held against a slow and simple reference.

    reference.py [--seed N] [--queries N] [--sorts N] [--known FILE]
                 [--other HOST:PORT USER PASSWORD] NAMES COMMAND...

NAMES: one line for each message of INBOX, in the order of the UIDs: the file
and the flags in its name.  COMMAND is imapd, preauthenticated.  With --other
that server (Dovecot, on the same Maildir) answers in its place.

Random nested programs of every key, with words that are in the messages, are
asked by number and by UID; the reference goes through all messages one by one
(mail.py) and must find the same.  A message that is odd in a way that no RFC
gives a meaning counts for keys that look at its text on neither side.

What can go wrong: a difference, which ends with status 1 and is shown: the
program, the messages that only one side has, and their files.  --known names
messages whose differences are explained, "NAME word" in each line.
"""

import argparse
import datetime
import os
import random
import re
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import grammar  # noqa: E402
import mail  # noqa: E402
import threads  # noqa: E402

FLAG_KEYS = {"ANSWERED": "R", "DELETED": "T", "DRAFT": "D", "FLAGGED": "F",
             "SEEN": "S"}
FIELDS = ["FROM", "TO", "CC", "BCC", "SUBJECT"]


class Server:
    """A dialogue with imapd, or with another over TCP."""

    def __init__(self, command, other):
        self.tags = 0
        self.parser = grammar.Session(greeting=not other, advertised=False)
        self.waiting = []
        if other:
            host, port = other[0].rsplit(":", 1)
            self.sock = socket.create_connection((host, int(port)), 10)
        else:
            self.sock, far = socket.socketpair()
            self.child = subprocess.Popen(command, stdin=far, stdout=far)
            far.close()
        self.sock.settimeout(120)
        self.strict = not other
        self.next()
        if other:
            self.ask("LOGIN %s %s" % (other[1], other[2]))
        self.ask("SELECT INBOX")

    def next(self):
        while not self.waiting:
            octets = self.sock.recv(1 << 18)
            if not octets:
                raise Ended("the server ended the connection")
            if self.strict:
                self.waiting += self.parser.feed(octets)
            else:
                self.waiting += self.loose(octets)
        return self.waiting.pop(0)

    def loose(self, octets):
        """Only what is of interest of another server."""
        self.parser.buffer += octets
        while (line := self.parser.next()) is not None:
            if line.startswith((b"* SEARCH", b"* SORT", b"* THREAD")):
                yield grammar.Response(self.parser, line).response()
                continue
            word = line.split(b" ")
            yield (word[1].decode() if len(word) > 1 else "", word[0], None,
                   line)

    def ask(self, *pieces):
        """Text, and octets that go as literals; the untagged responses."""
        self.tags += 1
        tag = b"q%d" % self.tags
        out = [tag + b" "]
        for piece in pieces:
            if isinstance(piece, bytes):
                out.append(b"{%d+}\r\n" % len(piece) + piece)
            else:
                out.append(piece.encode("ascii"))
        self.sock.sendall(b"".join(out) + b"\r\n")
        got = []
        while True:
            value = self.next()
            if value[0] in ("OK", "NO", "BAD") and value[1] == tag:
                if value[0] != "OK":
                    raise Refused(repr(value))
                return got
            got.append(value)


class Refused(Exception):
    """NO or BAD."""


class Ended(Exception):
    """No more answers."""


class Queries:
    """Random programs: what to send, and a function of a message that says
    whether it is found: True, False, or None when nobody can tell."""

    def __init__(self, rng, messages, words):
        self.rng = rng
        self.messages = messages
        self.words = words
        self.today = datetime.date.today()

    def word(self, what):
        """Some letters of some message."""
        for _ in range(50):
            m = self.rng.choice(self.messages)
            if m.odd:
                continue
            if what == "body":
                texts = m.plain
            elif what == "text":
                texts = m.plain + [v for _, v in m.fields]
            else:
                texts = [v for n, v in m.fields if n == what.lower()]
            if not texts:
                continue
            words = re.findall(r"[^\W_]+(?: [^\W_]+)?",
                               self.rng.choice(texts)[:20000])
            if not words:
                continue
            word = self.rng.choice(words)
            n = self.rng.randrange(1, 9)
            at = self.rng.randrange(max(1, len(word) - n + 1))
            word = word[at:at + n].strip()
            if word:
                return self.rng.choice([word, word.lower(), word.upper()])
        return "the"

    def string(self, text):
        octets = text.encode("utf-8")
        if re.fullmatch(r"[A-Za-z0-9.@-]+", text) and text.upper() != "NIL":
            return [self.rng.choice([text, '"%s"' % text])]
        if text.isascii() and self.rng.random() < .5:
            return ['"%s"' % re.sub(r'(["\\])', r"\\\1", text)]
        return [octets]

    def leaf(self):
        one = self.rng.choice([self.flag, self.flag, self.field, self.field,
                               self.header, self.body, self.body, self.text,
                               self.size, self.internal, self.sent,
                               self.numbers, self.uids, self.keyword])()
        self.leaves.append(one)
        return one

    def flag(self):
        name = self.rng.choice(list(FLAG_KEYS))
        letter, no = FLAG_KEYS[name], self.rng.random() < .5
        return ["UN" + name if no else name], \
            lambda m: (letter in m.flags) != no

    def keyword(self):
        if not self.words:
            return self.flag()
        no = self.rng.random() < .5
        return ["UNKEYWORD $Forwarded" if no else "KEYWORD $forwarded"], \
            lambda m: ("P" in m.flags) != no

    def field(self, name=None, sent=None):
        name = name or self.rng.choice(FIELDS)
        word = self.word(name)
        key = mail.fold(word)

        def has(m):
            if m.odd or not self.words and not plain_addresses(m, name):
                return None
            return any(n == name.lower() and key in v for n, v in m.folded)
        return (sent or [name + " "]) + self.string(word), has

    def header(self):
        name = self.rng.choice(["Received", "Message-ID", "X-Mailer",
                                "Content-Type", "Reply-To", "List-Id",
                                "User-Agent", "References", "Sender"])
        if self.rng.random() < .2:
            return ["HEADER %s \"\"" % name], \
                lambda m: None if m.odd else any(
                    n == name.lower() for n, _ in m.folded)
        return self.field(name, ["HEADER " + name + " "])

    def body(self):
        word = self.word("body")
        key = mail.fold(word)
        return ["BODY "] + self.string(word), \
            lambda m: None if m.odd else any(key in t for t in m.body)

    def text(self):
        word = self.word("text")
        key = mail.fold(word)
        return ["TEXT "] + self.string(word), \
            lambda m: None if m.odd else any(key in t for t in m.all)

    def size(self):
        n = self.rng.choice(self.messages).size + self.rng.choice([-1, 0, 1])
        if self.rng.random() < .5:
            return ["LARGER %d" % n], lambda m: m.size > n
        return ["SMALLER %d" % n], lambda m: m.size < n

    def date(self, day):
        text = "%d-%s-%d" % (day.day, mail.MONTHS[day.month - 1].title(),
                             day.year)
        if self.rng.random() < .3:
            text = '"%s"' % text
        return self.rng.choice([text, text.lower()])

    def compare(self, prefix, day, of):
        name = self.rng.choice(["BEFORE", "ON", "SINCE"])
        test = {"BEFORE": lambda d: d < day, "ON": lambda d: d == day,
                "SINCE": lambda d: d >= day}[name]

        def has(m):
            one = of(m)
            return None if one is None else test(one)
        return [prefix + name + " " + self.date(day)], has

    def internal(self):
        def of(m):
            return datetime.datetime.fromtimestamp(
                m.internal, datetime.timezone.utc).date()
        return self.compare("", of(self.rng.choice(self.messages)), of)

    def sent(self):
        days = [m.day for m in self.rng.sample(self.messages, 20) if m.day]
        day = self.rng.choice(days) + datetime.timedelta(
            self.rng.randrange(-1, 2)) if days else self.today
        def of(m):
            # Dovecot has no dates that do not fit into 31 bits.
            if not self.words and m.day and not 1970 < m.day.year < 2038:
                return None
            return m.day
        return self.compare("SENT", day, of)

    def set(self):
        """Ranges either way round, also beyond the last."""
        last = len(self.messages)
        out, members = [], set()
        for _ in range(self.rng.randrange(1, 4)):
            a = self.rng.randrange(1, last + 1)
            b = min(last, a + self.rng.randrange(last // 2))
            kind = self.rng.randrange(4)
            if kind == 0:
                out.append("%d" % a)
                members.add(a)
            elif kind == 1:
                out.append("%d:*" % a)
                members.update(range(a, last + 1))
            else:
                out.append("%d:%d" % self.rng.choice([(a, b), (b, a)]))
                members.update(range(a, b + 1))
        return ",".join(out), members

    def numbers(self):
        text, members = self.set()
        return [text], lambda m: m.number in members

    def uids(self):
        text, members = self.set()
        return ["UID " + text], lambda m: m.number in members

    def key(self, depth):
        how = self.rng.random()
        if depth == 0 or how < .4:
            return self.leaf()
        if how < .6:
            text, one = self.key(depth - 1)
            return ["NOT "] + text, \
                lambda m: None if one(m) is None else not one(m)
        if how < .8:
            left, one = self.key(depth - 1)
            right, two = self.key(depth - 1)

            def either(m):
                a, b = one(m), two(m)
                return True if a or b else None if None in (a, b) else False
            return ["OR "] + left + [" "] + right, either
        text, test = self.all(depth - 1, self.rng.randrange(1, 4))
        return ["("] + text + [")"], test

    def all(self, depth, count):
        keys = [self.key(depth) for _ in range(count)]
        text = []
        for one, _ in keys:
            text += ([" "] if text else []) + one

        def every(m):
            got = [test(m) for _, test in keys]
            return False if False in got else None if None in got else True
        return text, every

    def query(self):
        self.leaves = []
        return self.all(3, self.rng.choice([1, 1, 1, 2, 2, 3]))


ONE = (r'(?:"[^"\\]*"|[\w!#$%&\'*+/=?^`{|}~-]+(?: [\w!#$%&\'*+/=?^`{|}~-]+)*)?'
       r' ?<[\w.!#$%&\'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*>'
       r'|[\w.!#$%&\'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*')
PLAIN = re.compile("(?:%s)(?:, ?(?:%s))*" % (ONE, ONE), re.A)


def plain_addresses(m, name):
    """Dovecot looks for words in address fields as it would write them
    itself, so the differences begin with the first odd address."""
    return name not in ("FROM", "TO", "CC", "BCC") or all(
        PLAIN.fullmatch(v) for v in m.raw.get(name.lower(), []))


def show(pieces):
    return "".join(p if isinstance(p, str) else "{%d}%s" % (
        len(p), p.decode("utf-8", "replace")) for p in pieces)


class Check:
    """All of it, and what is to be said at the end."""

    def __init__(self, opts):
        self.opts = opts
        self.rng = random.Random(opts.seed)
        self.known = {}
        if opts.known:
            with open(opts.known, encoding="utf-8") as f:
                for line in f:
                    if line.startswith("./"):
                        name, why = line.rsplit(" ", 1)
                        self.known[name] = why.strip()
        self.messages, self.names = [], []
        with open(opts.names, encoding="utf-8") as f:
            for line in f:
                name, path, flags = line.rstrip("\n").split("\t")
                with open(path, "rb") as g:
                    octets = g.read()
                self.names.append(name)
                m = mail.Message(len(self.names), octets, set(flags),
                                 os.stat(path).st_mtime)
                if name in self.known:
                    m.odd.add(self.known[name])
                self.messages.append(m)
        self.server = Server(opts.command, opts.other)
        self.failed = 0
        self.judged = self.found = self.rewritten = 0
        self.took = [0.0, 0.0]

    def differ(self, what, ours, theirs):
        self.failed += 1
        if self.failed > 30:
            return
        print("DIFFERENT: %s" % what)
        for side, numbers in (("only the server", ours),
                              ("only the reference", theirs)):
            for n in numbers[:5]:
                print("  %s: %d %s" % (side, n, self.names[n - 1]))

    def search(self):
        # To Dovecot a P in the file's name is no $Forwarded.
        queries = Queries(self.rng, self.messages, not self.opts.other)
        for _ in range(self.opts.queries):
            pieces, test = queries.query()
            uid = "UID " if self.rng.random() < .5 else ""
            ascii_ = all(p.isascii() for p in pieces)
            charset = "" if ascii_ and self.rng.random() < .7 \
                else "CHARSET UTF-8 "
            start = time.monotonic()
            try:
                got = self.server.ask(uid + "SEARCH " + charset, *pieces)
            except Refused as e:
                self.differ("%s: %s" % (show(pieces), e), [], [])
                continue
            except Ended:
                if not self.opts.other:
                    raise
                # Dovecot's own assertion failed while it rewrote it.
                self.rewritten += 1
                self.server = Server(None, self.opts.other)
                continue
            middle = time.monotonic()
            found = [v for v in got if v[0] == "SEARCH"]
            numbers = set(found[0][1]) if found else set()
            want = {m.number: test(m) for m in self.messages}
            self.took[0] += middle - start
            self.took[1] += time.monotonic() - middle
            ours = sorted(n for n in numbers if want.get(n) is False)
            theirs = sorted(n for n, yes in want.items()
                            if yes and n not in numbers)
            self.judged += sum(1 for yes in want.values() if yes is not None)
            self.found += sum(1 for yes in want.values() if yes)
            if (ours or theirs) and not (
                    self.opts.other and self.leaves_agree(queries.leaves)):
                self.differ(uid + "SEARCH " + show(pieces), ours, theirs)

    def leaves_agree(self, leaves):
        """Dovecot rewrites programs, not always rightly: when it answers
        every key alone as the reference does, that is the difference."""
        for pieces, test in leaves:
            got = self.server.ask("SEARCH CHARSET UTF-8 ", *pieces)
            numbers = set(next(v for v in got if v[0] == "SEARCH")[1])
            if any(test(m) not in (None, m.number in numbers)
                   for m in self.messages):
                return False
        self.rewritten += 1
        return True

    # --- SORT and THREAD, of messages that are not odd in any way

    def sane(self):
        return [m for m in self.messages
                if not m.odd and not m.date_odd and threads.sane(m)
                and (not self.opts.other or 1970 < m.day.year < 2038)]

    def ask_of(self, word, messages):
        numbers = [m.number for m in messages]
        return self.server.ask(word + " UTF-8 UID " + ranges(numbers))

    def sort(self):
        sane = self.sane()
        print("%d of %d messages are sane enough to sort" % (
            len(sane), len(self.messages)))
        for _ in range(self.opts.sorts):
            some = sorted(self.rng.sample(sane, min(
                len(sane), self.rng.choice([30, 300, len(sane)]))),
                key=lambda m: m.number)
            program = self.sort_program()
            word = "UID SORT (%s)" % " ".join(program)
            got = self.ask_of(word, some)
            numbers = next(v for v in got if v[0] == "SORT")[1]
            want = threads.sort(some, program)
            if numbers != want:
                self.differ_at(word, numbers, want)

    def sort_program(self):
        keys = self.rng.sample(threads.SORT_KEYS, self.rng.randrange(1, 4))
        if self.opts.other:
            # Among equal texts Dovecot loses what should decide then.
            text = self.rng.choice(["SUBJECT", "FROM", "TO", "CC"])
            keys = [k for k in keys if k in ("ARRIVAL", "DATE", "SIZE")]
            if not keys:
                return [text]
        return [("REVERSE " if self.rng.random() < .4 else "") + k
                for k in keys]

    def differ_at(self, word, got, want):
        at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b),
                  min(len(got), len(want)))
        self.differ("%s of %d, first at %d" % (word, len(want), at),
                    got[at:at + 2], want[at:at + 2])

    def thread(self):
        sane = self.sane()
        for i in range(self.opts.sorts):
            word = ["REFERENCES", "ORDEREDSUBJECT"][i % 2]
            if self.opts.other and word == "ORDEREDSUBJECT":
                continue
            some = sorted(self.rng.sample(sane, min(
                len(sane), self.rng.choice([30, 300, len(sane)]))),
                key=lambda m: m.number)
            got = self.ask_of("UID THREAD " + word, some)
            tree = next(v for v in got if v[0] == "THREAD")[1]
            want = threads.thread(word, some)
            if tree != want:
                at = next((i for i, (a, b) in enumerate(zip(tree, want))
                           if a != b), min(len(tree), len(want)))
                self.differ("%s of %d, thread %d: %s, want %s" % (
                    word, len(some), at, tree[at:at + 1],
                    want[at:at + 1]), [], [])


def ranges(numbers):
    out = []
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ",".join("%d:%d" % (a, b) if a != b else "%d" % a for a, b in out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--queries", type=int, default=500)
    p.add_argument("--sorts", type=int, default=40)
    p.add_argument("--known")
    p.add_argument("--other", nargs=3)
    p.add_argument("names")
    p.add_argument("command", nargs="*")
    check = Check(p.parse_args())
    check.search()
    print("%d programs: %d answers judged, %d of them yes; the server took "
          "%.1f s, the reference %.1f s" % (
              check.opts.queries, check.judged, check.found, *check.took))
    if check.opts.sorts:
        check.sort()
        check.thread()
    odd = sum(1 for m in check.messages if m.odd)
    if check.opts.other:
        print("%d programs rewritten wrongly by the other server"
              % check.rewritten)
    print("%d messages, %d odd; %d differences" % (
        len(check.messages), odd, check.failed))
    return check.failed > 0


if __name__ == "__main__":
    sys.exit(main())
