"""What the campaigns of this room share: one user's Maildir, sessions of imapd
and pop3d on it through pipes, and the truth about it.

The truth is what a client has been told and may rely on for ever: which
messages, folders and UIDs there are (an OK, or an untagged response said so).
It lives in this process, out of reach of whatever is done to the servers, the
cache or the file system.  Between a command and its answer it knows less:
such a message may be in either place, or gone.

Truth.check() opens a new session and compares.  It fails (Wrong) when

  - a folder or message that must be there is not, or a message is not, octet
    for octet, what was sent
  - a UID names another message than the one it was told for
  - UIDVALIDITY changed, or UIDNEXT is not above each UID ever told
  - a message has a UID below a UIDNEXT that was told before it came
  - a message that must be gone is still there
"""

import hashlib
import os
import re
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import grammar  # noqa: E402

DEADLINE = float(os.environ.get("DEADLINE", "30"))


class Gone(Exception):
    """The server has ended."""


class Refused(Exception):
    """A NO, BAD or -ERR."""

    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


class Wrong(Exception):
    """A promise is broken."""


def message(name):
    """The octets of a message, on the wire, that its name stands for."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    lines = 1 + int(digest[:2], 16) * (20 if digest[2] == "0" else 1)
    head = ("From: ada@example.org\r\nSubject: %s\r\nX-Name: %s\r\n"
            "Message-ID: <%s@example.org>\r\n\r\n" % (name, name, name))
    body = "".join("%d %s\r\n" % (i, digest) for i in range(lines))
    return (head + body).encode()


class Place:
    """A home with a Maildir and a cache, and who owns it."""

    def __init__(self, home, bin_dir, user, cache=None):
        self.home, self.bin, self.user = home, bin_dir, user
        self.maildir = os.path.join(home, "Maildir")
        self.cache = cache or os.path.join(home, ".cache/stdmail")
        self.log = os.environ.get("BED_TMP", "/tmp") + "/durable.err"
        self.delivered = 0

    def own(self, path):
        import pwd
        if os.geteuid() == 0:
            p = pwd.getpwnam(self.user)
            os.chown(path, p.pw_uid, p.pw_gid)

    def make(self):
        for d in ("", "/cur", "/new", "/tmp"):
            os.makedirs(self.maildir + d, 0o700, exist_ok=True)
            self.own(self.maildir + d)

    def start(self, program, prefix=(), env=None, options=()):
        """The program as its user, on pipes."""
        import pwd
        env = dict({"HOME": self.home, "PATH": "/usr/bin:/bin",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")},
                   **(env or {}))
        who = {}
        if os.geteuid() == 0:
            p = pwd.getpwnam(self.user)
            who = {"user": p.pw_uid, "group": p.pw_gid, "extra_groups": []}
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                [*prefix, os.path.join(self.bin, program), "--preauth",
                 "--maildir=" + self.maildir, "--cache=" + self.cache,
                 *options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env=env, cwd="/", **who)

    def imap(self, **k):
        return self.greeted(Imap(self.start("imapd", **k)))

    def pop3(self, **k):
        return self.greeted(Pop3(self.start("pop3d", **k)))

    @staticmethod
    def greeted(session):
        try:
            session.greet()
        except Exception:
            session.end()
            raise
        return session

    def deliver(self, name, folder=""):
        """As a delivery agent does; it has promised durability as well."""
        self.delivered += 1
        d = self.maildir + ("/." + folder if folder else "")
        base = "%d.M%dP%d.outside" % (time.time(), self.delivered, os.getpid())
        tmp, new = d + "/tmp/" + base, d + "/new/" + base
        with open(tmp, "wb") as f:
            f.write(message(name).replace(b"\r\n", b"\n"))
            f.flush()
            os.fsync(f.fileno())
        self.own(tmp)
        os.rename(tmp, new)
        fd = os.open(d + "/new", os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


class Wire:
    """A session: lines and octets, each wait with a deadline.  What is
    answered when late() says so is no answer: after its end a file system may
    say yes to anything."""

    late = staticmethod(lambda: False)

    def __init__(self, child):
        self.child, self.came, self.pid = child, b"", child.pid
        self.rfd = child.stdout.fileno()
        os.set_blocking(self.rfd, False)

    def send(self, octets):
        try:
            self.child.stdin.write(octets)
            self.child.stdin.flush()
        except BrokenPipeError:
            raise Gone from None

    def more(self):
        if not select.select([self.rfd], [], [], DEADLINE)[0]:
            raise Wrong("no answer in %d s" % DEADLINE)
        octets = os.read(self.rfd, 1 << 16)
        if not octets:
            raise Gone
        self.came += octets

    def line(self):
        while b"\r\n" not in self.came:
            self.more()
        if self.late():
            raise Gone
        line, self.came = self.came.split(b"\r\n", 1)
        return line

    def octets(self, n):
        while len(self.came) < n:
            self.more()
        octets, self.came = self.came[:n], self.came[n:]
        return octets

    def end(self):
        """However it ended: reap it.  The exit status."""
        for f in (self.child.stdin, self.child.stdout):
            try:
                f.close()
            except OSError:
                pass
        try:
            return self.child.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise Wrong("the session does not end") from None

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.end()


class Imap(Wire):
    def __init__(self, child):
        super().__init__(child)
        self.tags = 0
        self.parser = grammar.Session()

    def greet(self):
        self.greeting = self.line()
        self.judge(self.greeting + b"\r\n")

    def judge(self, octets):
        try:
            for _ in self.parser.feed(octets):
                pass
        except grammar.Bad as e:
            raise Wrong("not IMAP: %s" % e) from None

    def response(self):
        """One response with the literals in it: (text, literals)."""
        text, literals = b"", []
        while True:
            line = self.line()
            text += line
            self.judge(line + b"\r\n")
            m = re.search(rb"\{(\d+)\}$", line)
            if not m:
                return text.decode("utf-8", "replace"), literals
            literals.append(self.octets(int(m[1])))
            self.judge(literals[-1])

    def command(self, *parts):
        """Text and, between texts, octets as literals.  The untagged
        responses and the text of the OK; Refused for all else."""
        self.tags += 1
        tag = "t%d" % self.tags
        untagged = []
        out = tag.encode() + b" "
        for part in parts:
            if isinstance(part, str):
                out += part.encode()
                continue
            self.send(out + b"{%d}\r\n" % len(part))
            out = part
            while True:
                r = self.response()
                if r[0].startswith("+"):
                    break
                if r[0].startswith(tag + " "):
                    self.refuse(r[0][len(tag) + 1:])
                untagged.append(r)
        self.send(out + b"\r\n")
        while True:
            r = self.response()
            if r[0].startswith(tag + " OK"):
                return untagged, r[0][len(tag) + 4:]
            if r[0].startswith(tag + " "):
                self.refuse("%s to %s" % (r[0][len(tag) + 1:], parts[0]))
            if r[0].startswith("* BYE"):
                self.bye = r[0]
            untagged.append(r)

    @staticmethod
    def refuse(text):
        m = re.match(r"(?:NO|BAD) (?:\[([A-Z]+))?", text)
        raise Refused(text, m[1] if m else None)


class Pop3(Wire):
    def greet(self):
        self.greeting = self.answer()

    def answer(self):
        line = self.line().decode()
        if not line.startswith("+OK"):
            m = re.match(r"-ERR \[([A-Z/-]+)\]", line)
            raise Refused(line, m[1] if m else None)
        return line

    def command(self, text):
        self.send(text.encode() + b"\r\n")
        return self.answer()

    def many(self, text):
        self.command(text)
        lines = []
        while True:
            line = self.line()
            if line == b".":
                return lines
            lines.append(line[1:] if line.startswith(b".") else line)


def numbers(text):
    """The numbers of an IMAP set, in its order."""
    out = []
    for part in text.split(","):
        lo, _, hi = part.partition(":")
        out += range(int(lo), int(hi or lo) + 1)
    return out


class Truth:
    def __init__(self):
        self.need = {}      # (name, copy) -> folders it is in one of
        self.absent = {}    # folder -> UIDs that may not be seen
        self.folders = {"INBOX"}
        self.gone = set()   # folders that may not be seen
        self.validity = {}  # folder -> UIDVALIDITY
        self.last = {}      # folder -> the greatest UIDVALIDITY ever
        self.next = {}      # folder -> UIDNEXT told
        self.uids = {}      # folder -> {uid: name}
        self.flags = {}     # (folder, name) -> flags that must be set
        self.copies = 0

    # What a client is told.

    def tell_uid(self, folder, uid, name, fresh=False):
        told = self.uids.setdefault(folder, {})
        if told.get(uid, name) != name:
            raise Wrong("%s: UID %d was told for %s, now it is %s" % (
                folder, uid, told[uid], name))
        if uid not in told and not fresh and uid < self.next.get(folder, 0):
            raise Wrong("%s: UIDNEXT %d was told, and then %s got %d" % (
                folder, self.next[folder], name, uid))
        told[uid] = name

    def tell_validity(self, folder, value):
        if self.validity.get(folder, value) != value:
            raise Wrong("%s: UIDVALIDITY was %d, now it is %d" % (
                folder, self.validity[folder], value))
        if value < self.last.get(folder, 0):
            raise Wrong("%s: UIDVALIDITY %d after %d" % (
                folder, value, self.last[folder]))
        self.validity[folder] = self.last[folder] = value

    def tell_next(self, folder, value):
        highest = max(self.uids.get(folder, {0: 0}), default=0)
        if value <= highest or value < self.next.get(folder, 0):
            raise Wrong("%s: UIDNEXT %d after %d and UID %d" % (
                folder, value, self.next.get(folder, 0), highest))

    def told_next(self, folder, value):
        self.tell_next(folder, value)
        self.next[folder] = value

    # What is done.

    def add(self, name, folder, flags=()):
        self.copies += 1
        self.need[name, self.copies] = frozenset([folder])
        self.flags[folder, name] = set(flags)

    def fade(self, names, folder):
        """These may go from the folder from now on."""
        for key in list(self.need):
            if key[0] in names and folder in self.need[key]:
                del self.need[key]
        for name in names:
            self.flags.pop((folder, name), None)

    def vanish(self, uids, folder):
        self.absent.setdefault(folder, set()).update(uids)

    def names_in(self, folder):
        return [k[0] for k, v in self.need.items() if v == {folder}]

    # Comparing.

    def see(self, s, folder, command="SELECT", timed=None):
        """Open the folder and learn all of it: {uid: (name, flags)}."""
        before = time.monotonic()
        out, _ = s.command('%s "%s"' % (command, folder))
        text = "\n".join(r[0] for r in out)
        exists = int(re.search(r"\* (\d+) EXISTS", text)[1])
        self.tell_validity(
            folder, int(re.search(r"UIDVALIDITY (\d+)", text)[1]))
        uidnext = int(re.search(r"UIDNEXT (\d+)", text)[1])
        self.tell_next(folder, uidnext)
        seen = {}
        if exists:
            out, _ = s.command("UID FETCH 1:* (UID FLAGS BODY.PEEK[])")
            for text, literals in out:
                if not re.match(r"\* \d+ FETCH .*BODY\[\]", text):
                    continue
                uid = int(re.search(r"UID (\d+)", text)[1])
                flags = re.search(r"FLAGS \(([^)]*)\)", text)[1].split()
                m = re.search(rb"X-Name: (\S+)\r\n", (literals or [b""])[0])
                if not m or literals[0] != message(m[1].decode()):
                    raise Wrong("%s: UID %d is damaged: %d octets, %r" % (
                        folder, uid, len((literals or [b""])[0]), m))
                if uid in seen:
                    raise Wrong("%s: UID %d twice" % (folder, uid))
                seen[uid] = m[1].decode(), set(flags)
        if len(seen) != exists:
            raise Wrong("%s: %d EXISTS, %d fetched" % (
                folder, exists, len(seen)))
        if uidnext <= max(seen, default=0):
            raise Wrong("%s: UIDNEXT %d, UID %d" % (
                folder, uidnext, max(seen)))
        for uid, (name, _) in seen.items():
            self.tell_uid(folder, uid, name)
        self.told_next(folder, uidnext)
        if timed is not None:
            timed.append(time.monotonic() - before)
        return seen

    def check(self, place, timed=None, flags=True):
        """A new session sees what was told.  {folder: {uid: name}}"""
        with place.imap() as s:
            out, _ = s.command('LIST "" *')
            listed = set()
            for text, _ in out:
                m = re.match(r'\* LIST \(([^)]*)\) \S+ "?([^"]*)"?$', text)
                if m and "\\NonExistent" not in m[1] and \
                        "\\Noselect" not in m[1]:
                    listed.add(m[2])
            if self.folders - listed:
                raise Wrong("lost folders: %s" % (self.folders - listed))
            if self.gone & listed:
                raise Wrong("folders back: %s" % (self.gone & listed))
            seen = {f: self.see(s, f, timed=timed) for f in sorted(listed)}
        # A folder of an unfinished CREATE or RENAME is there or not.
        for folder in listed - self.folders:
            self.folders.add(folder)
        self.compare(seen, flags)
        return {f: {u: n for u, (n, _) in m.items()}
                for f, m in seen.items()}

    def compare(self, seen, flags):
        there = {f: [n for n, _ in m.values()] for f, m in seen.items()}
        want = {}
        for (name, _), folders in self.need.items():
            want.setdefault((name, folders), 0)
            want[name, folders] += 1
        for (name, folders), n in want.items():
            got = sum(there.get(f, []).count(name) for f in folders)
            if got < n:
                raise Wrong("%s was confirmed %d times in %s and is there "
                            "%d times" % (name, n, "/".join(sorted(folders)),
                                          got))
        for folder, messages in seen.items():
            back = self.absent.get(folder, set()) & set(messages)
            if back:
                raise Wrong("UIDs %s are back in %s" % (back, folder))
        for folder, messages in seen.items():
            for name, have in messages.values():
                need = self.flags.get((folder, name), set())
                if flags and need - have:
                    raise Wrong("%s in %s has lost %s" % (
                        name, folder, need - have))
        # From here on what was seen is certain.
        for (name, copy), folders in list(self.need.items()):
            at = [f for f in folders if name in there.get(f, [])]
            if len(folders) > 1 and at:
                self.need[name, copy] = frozenset(at[:1])
        for folder, messages in seen.items():
            for name, _ in messages.values():
                if not any(k[0] == name and folder in v
                           for k, v in self.need.items()):
                    self.add(name, folder)


# Operations: each tells the truth what may happen before it begins, and what
# has happened when the answer has come.

def uid_code(text, word):
    m = re.search(r"\[%s (\d+) (\S+?)(?: (\S+))?\]" % word, text)
    if not m:
        raise Wrong("no %s in: %s" % (word, text))
    return m


def append(s, truth, folder, names, flags="\\Flagged $Work"):
    parts = ['APPEND "%s"' % folder]
    for name in names:
        parts[-1] += " (%s) " % flags
        parts += [message(name), ""]
    _, text = s.command(*parts)
    m = uid_code(text, "APPENDUID")
    truth.tell_validity(folder, int(m[1]))
    uids = numbers(m[2])
    if len(uids) != len(names):
        raise Wrong("%d messages, but: %s" % (len(names), text))
    for uid, name in zip(uids, names):
        truth.tell_uid(folder, uid, name)
        truth.add(name, folder, flags.split())
    return uids


def transfer(s, truth, what, source, uids, target):
    """COPY or MOVE of UIDs out of the selected folder."""
    told = truth.uids[source]
    names = [told[u] for u in uids]
    flags = {n: truth.flags.get((source, n), set()) for n in names}
    if what == "MOVE":
        for key, folders in list(truth.need.items()):
            if key[0] in names and source in folders:
                truth.need[key] = folders | {target}
    out, text = s.command('UID %s %s "%s"' % (
        what, ",".join(map(str, uids)), target))
    m = uid_code(" ".join([r[0] for r in out] + [text]), "COPYUID")
    truth.tell_validity(target, int(m[1]))
    src, dst = numbers(m[2]), numbers(m[3])
    if sorted(src) != sorted(uids) or len(dst) != len(src):
        raise Wrong("%s %s: %s" % (what, uids, m[0]))
    for u, v in zip(src, dst):
        truth.tell_uid(target, v, told[u])
        if what == "MOVE":
            for key, folders in list(truth.need.items()):
                if key[0] == told[u] and source in folders:
                    truth.need[key] = frozenset([target])
        else:
            truth.copies += 1
            truth.need[told[u], truth.copies] = frozenset([target])
        truth.flags[target, told[u]] = flags[told[u]]
    if what == "MOVE":
        truth.vanish(src, source)


def expunge(s, truth, folder, uids, durable=True):
    names = [truth.uids[folder][u] for u in uids]
    ids = ",".join(map(str, uids))
    s.command("UID STORE %s +FLAGS.SILENT (\\Deleted)" % ids)
    truth.fade(names, folder)
    s.command("UID EXPUNGE " + ids)
    if durable:
        truth.vanish(uids, folder)


def create(s, truth, folder, options=""):
    truth.gone.discard(folder)
    truth.validity.pop(folder, None)
    truth.uids.pop(folder, None)
    truth.next.pop(folder, None)
    truth.absent.pop(folder, None)
    s.command('CREATE "%s"%s' % (folder, options))
    truth.folders.add(folder)


def delete(s, truth, folder, durable=True):
    truth.folders.discard(folder)
    truth.fade(set(k[0] for k in truth.need), folder)
    s.command('DELETE "%s"' % folder)
    if durable:
        truth.gone.add(folder)
    for table in (truth.validity, truth.uids, truth.next, truth.absent):
        table.pop(folder, None)


def rename(s, truth, old, new):
    """UIDs and UIDVALIDITY go along."""
    truth.folders -= {old, new}
    truth.gone.discard(new)
    for key, folders in list(truth.need.items()):
        if old in folders:
            truth.need[key] = folders | {new}
    for table in (truth.validity, truth.uids, truth.next, truth.last):
        if old in table:
            value = table[old]
            table[new] = dict(value) if isinstance(value, dict) else value
    for (folder, name), value in list(truth.flags.items()):
        if folder == old:
            truth.flags[new, name] = value
    s.command('RENAME "%s" "%s"' % (old, new))
    truth.folders.add(new)
    truth.gone.add(old)
    for key, folders in list(truth.need.items()):
        if old in folders:
            truth.need[key] = frozenset([new])
    for table in (truth.validity, truth.uids, truth.next, truth.absent):
        table.pop(old, None)


def pop3_delete(place, truth, count, attach=None):
    """RETR and DELE the first messages of INBOX, then QUIT."""
    with place.pop3() as s:
        names = []
        for i in range(1, count + 1):
            text = b"\r\n".join(s.many("RETR %d" % i)) + b"\r\n"
            name = re.search(rb"X-Name: (\S+)", text)[1].decode()
            if text != message(name):
                raise Wrong("RETR %d is not %s" % (i, name))
            names.append(name)
            s.command("DELE %d" % i)
        if attach:
            attach(s)
        truth.fade(names, "INBOX")
        s.command("QUIT")
    return names


def main(run):
    """run() raises Wrong, or returns what it counted."""
    try:
        print(run())
    except Wrong as e:
        print("WRONG: %s" % e)
        sys.exit(1)
