#!/usr/bin/python3
"""state.py imap|pop3 PORT USER PASSWORD: all that a client can have remembered.

What is printed is the same before and after a change of servers, or clients
download mail again.  IMAP: for every mailbox UIDVALIDITY, UIDNEXT, and of each
message UID, flags, date, size and a hash of its octets; the subscriptions.
Names are those that the client sees, with --inner without prefix and
separator (Dovecot's "." is our "/").  POP3: order, UIDL, size and hash.

--make: before that, leave things there: keywords, flags, a copied message,
an expunged one, mailboxes and subscriptions.
"""

import argparse
import hashlib
import imaplib
import poplib
import re

imaplib._MAXLINE = poplib._MAXLINE = 1 << 20
LIST = re.compile(rb'\(([^)]*)\) "?(.)"? (.*)')


def hashed(octets):
    return hashlib.sha256(octets).hexdigest()[:16]


class Imap:
    def __init__(self, port, user, password):
        self.imap = imaplib.IMAP4("127.0.0.1", port, timeout=15)
        self.imap.login(user, password)
        self.names = self.listed(self.ok(self.imap.list()))
        self.subscribed = self.listed(self.ok(self.imap.lsub()))
        self.prefix, self.separator = re.match(
            rb'\(\("(.*?)" "(.)"', self.ok(self.imap.namespace())[0]).groups()

    @staticmethod
    def ok(answer):
        assert answer[0] == "OK", answer
        return [a for a in answer[1] if a is not None]

    @staticmethod
    def listed(lines):
        found = set()
        for line in lines:
            flags, _, name = LIST.match(line).groups()
            if not re.search(rb"noselect|nonexistent", flags, re.I):
                found.add(name.strip(b'"').replace(b"\\\\", b"\\"))
        return found

    def shown(self, name, inner):
        if inner and name != b"INBOX":
            name = name.removeprefix(self.prefix)
            name = name.replace(self.separator, b"/")
        return name.decode()

    def make(self):
        imap = self.imap

        def box(name):
            return (self.prefix + name.encode().replace(
                b"/", self.separator)).decode()

        for name in ("Sent", "Archive/2023", "R&AOk-sum&AOk-"):
            self.ok(imap.create(box(name)))
            self.ok(imap.subscribe(box(name)))
        self.ok(imap.subscribe("INBOX"))
        self.ok(imap.create(box("Gone")))
        self.ok(imap.subscribe(box("Gone")))
        self.ok(imap.delete(box("Gone")))
        self.ok(imap.select("INBOX"))
        self.ok(imap.store("1", "+FLAGS", r"(\Seen \Answered)"))
        self.ok(imap.store("2", "+FLAGS", r"(\Flagged $label1 NonJunk)"))
        self.ok(imap.store("3", "+FLAGS", "(Work)"))
        for name in ("Sent", "Archive/2023"):
            self.ok(imap.copy("1:3", box(name)))
        self.ok(imap.store("2", "-FLAGS", "(NonJunk)"))
        self.ok(imap.store("1", "+FLAGS", r"(\Deleted)"))
        self.ok(imap.expunge())
        self.ok(imap.select(box("Sent")))
        self.ok(imap.store("2", "+FLAGS", r"(\Deleted \Draft)"))

    def message(self, head, octets):
        uid, when, size = (re.search(p, head)[1].decode() for p in (
            rb"UID (\d+)", rb'INTERNALDATE "([^"]*)"',
            rb"RFC822.SIZE (\d+)"))
        flags = re.search(rb"FLAGS \(([^)]*)\)", head)[1].split()
        flags = sorted({f.lower().decode() for f in flags} - {r"\recent"})
        assert int(size) == len(octets), (head, len(octets))
        return "  %s %s %s %s %s" % (uid, when, size, hashed(octets),
                                     " ".join(flags))

    def mailbox(self, name, inner):
        quoted = '"%s"' % name.decode()
        counts = self.ok(self.imap.status(
            quoted, "(UIDVALIDITY UIDNEXT MESSAGES)"))[0]
        validity, following, n = (
            int(re.search(key + rb" (\d+)", counts)[1])
            for key in (b"UIDVALIDITY", b"UIDNEXT", b"MESSAGES"))
        yield "%s %d %d" % (self.shown(name, inner), validity, following)
        self.ok(self.imap.select(quoted, readonly=True))
        data = self.ok(self.imap.uid(
            "FETCH", "1:*",
            "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")) if n else []
        # The flags may stand behind the literal.
        for i, part in enumerate(data):
            if isinstance(part, tuple):
                rest = data[i + 1] if i + 1 < len(data) else b""
                yield self.message(part[0] + rest, part[1])

    def state(self, inner):
        for name in sorted(self.names,
                           key=lambda n: self.shown(n, inner)):
            yield from self.mailbox(name, inner)
        yield "subscribed: " + " ".join(sorted(
            self.shown(n, inner) for n in self.subscribed))


class Pop3:
    def __init__(self, port, user, password):
        self.pop = poplib.POP3("127.0.0.1", port, timeout=15)
        self.pop.user(user)
        self.pop.pass_(password)

    def state(self, _):
        for n, line in enumerate(self.pop.uidl()[1], 1):
            octets = b"".join(l + b"\r\n" for l in self.pop.retr(n)[1])
            yield "%s %d %s" % (line.decode(), len(octets), hashed(octets))
        self.pop.quit()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--inner", action="store_true")
    parser.add_argument("protocol", choices=("imap", "pop3"))
    parser.add_argument("port", type=int)
    parser.add_argument("user")
    parser.add_argument("password")
    args = parser.parse_args()
    server = (Imap if args.protocol == "imap" else Pop3)
    session = server(args.port, args.user, args.password)
    if args.make:
        session.make()
        session = server(args.port, args.user, args.password)
    for line in session.state(args.inner):
        print(line)


main()
