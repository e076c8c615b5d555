#!/usr/bin/python3
"""Hold our ENVELOPE, BODYSTRUCTURE and RFC822.SIZE against Dovecot's.

    compare.py NAMES KNOWN HOST:PORT USER PASSWORD COMMAND...

NAMES: one line for each message, in the order of the UIDs: its file, from
where we are.  COMMAND is our server, preauthenticated; HOST:PORT is Dovecot
with the same Maildir.

Every response of ours has to follow the grammar to the letter: that of all
responses (tests/lib/grammar.py), and what follows here of these three.
What then differs from Dovecot has to be explained in KNOWN (differences.txt):
either by its kind, which a rule below recognises, or message by message.
Anything else is printed and fails:

    NAME <tab> PLACE <tab> OURS <tab> THEIRS

What can go wrong: a response that is not what the grammar says, a server that
ends early (an exception), a kind that KNOWN does not explain.
"""

import collections
import os
import re
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import grammar  # noqa: E402


class Bad(Exception):
    """Not what the grammar allows."""


class Nil:
    """NIL is not the string "NIL"."""

    def __repr__(self):
        return "NIL"


NIL = Nil()


class Atom(bytes):
    """A word without quotes: a number, or a name."""


def parse(text, at):
    """One value: (value, offset behind it)."""
    c = text[at:at + 1]
    if c == b"(":
        return parse_list(text, at + 1)
    if c == b'"':
        return parse_quoted(text, at + 1)
    if c == b"{":
        end = text.index(b"}\r\n", at)
        n = int(text[at + 1:end])
        value = text[end + 3:end + 3 + n]
        if len(value) != n or b"\0" in value:
            raise Bad("literal")
        return value, end + 3 + n
    end = at
    while end < len(text) and text[end] not in b' ()"\r\n{%*\\':
        end += 1
    word = text[at:end]
    if not word or any(b <= 32 or b >= 127 for b in word):
        raise Bad("atom at %d: %r" % (at, text[at:at + 40]))
    return (NIL if word.upper() == b"NIL" else Atom(word)), end


def parse_quoted(text, at):
    out = bytearray()
    while text[at] != 0x22:
        c = text[at]
        if c == 0x5c:
            at += 1
            c = text[at]
            if c not in b'"\\':
                raise Bad("escape")
        elif c in (0, 10, 13) or c >= 0x80:
            raise Bad("octet %d in a quoted string" % c)
        out.append(c)
        at += 1
    return bytes(out), at + 1


def parse_list(text, at):
    """Members are parted by one blank; only address lists and the parts of a
    multipart stand without one."""
    out = []
    while text[at:at + 1] != b")":
        if out:
            if text[at:at + 1] == b" ":
                at += 1
            elif not (text[at:at + 1] == b"(" and isinstance(out[-1], list)):
                raise Bad("no blank at %d" % at)
        value, at = parse(text, at)
        out.append(value)
    return out, at + 1


def is_string(v):
    return isinstance(v, bytes) and not isinstance(v, Atom)


def want(good, what, v):
    if not good:
        raise Bad("%s: %r" % (what, v))


def nstring(v, what):
    want(v is NIL or is_string(v), what, v)


def number(v, what):
    want(isinstance(v, Atom) and v.isdigit() and int(v) < 1 << 32, what, v)


ENVELOPE = ("date", "subject", "from", "sender", "reply-to", "to", "cc",
            "bcc", "in-reply-to", "message-id")


def check_envelope(e):
    want(isinstance(e, list) and len(e) == 10, "envelope", e)
    for name, v in zip(ENVELOPE, e):
        if name in ("date", "subject", "in-reply-to", "message-id"):
            nstring(v, name)
            continue
        want(v is NIL or (isinstance(v, list) and v), name, v)
        for a in [] if v is NIL else v:
            want(isinstance(a, list) and len(a) == 4, name, a)
            for part in a:
                nstring(part, name)


def check_params(v, what):
    want(v is NIL or (isinstance(v, list) and v and len(v) % 2 == 0 and
                      all(is_string(p) for p in v)), what, v)


def check_extension(v):
    """Behind md5 or the parameters: disposition, language, location."""
    want(len(v) == 3, "extension", v)
    d = v[0]
    want(d is NIL or (isinstance(d, list) and len(d) == 2 and
                      is_string(d[0])), "disposition", d)
    if d is not NIL:
        check_params(d[1], "disposition")
    want(v[1] is NIL or is_string(v[1]) or
         (v[1] and all(is_string(x) for x in v[1])), "language", v[1])
    nstring(v[2], "location")


def check_body(b, extended):
    want(isinstance(b, list) and b, "body", b)
    if isinstance(b[0], list):
        n = 0
        while n < len(b) and isinstance(b[n], list):
            check_body(b[n], extended)
            n += 1
        want(len(b) == n + 1 + 4 * extended and is_string(b[n]),
             "multipart", b[n:])
        if extended:
            check_params(b[n + 1], "parameters")
            check_extension(b[n + 2:])
        return
    want(len(b) >= 7 and is_string(b[0]) and is_string(b[1]) and
         is_string(b[5]), "part", b)
    check_params(b[2], "parameters")
    nstring(b[3], "id")
    nstring(b[4], "description")
    number(b[6], "octets")
    n = 7
    kind = (b[0].lower(), b[1].lower())
    if kind == (b"message", b"rfc822"):
        check_envelope(b[7])
        check_body(b[8], extended)
        number(b[9], "lines")
        n = 10
    elif kind[0] == b"text":
        number(b[7], "lines")
        n = 8
    want(len(b) == n + 4 * extended, "length of a part", b)
    if extended:
        nstring(b[n], "md5")
        check_extension(b[n + 1:])


class Server:
    """One IMAP connection, read response by response."""

    def __init__(self, rfile, wfile, parser=None):
        self.r, self.w, self.parser = rfile, wfile, parser

    def response(self):
        """One response, its literals included."""
        out = self.read_response()
        if self.parser:
            for _ in self.parser.feed(out):
                pass
        return out

    def read_response(self):
        out = b""
        while True:
            line = self.r.readline()
            if not line.endswith(b"\r\n"):
                raise Bad("line %r" % line)
            out += line
            if not line.endswith(b"}\r\n"):
                return out
            open_at = line.rfind(b"{")
            if not line[open_at + 1:-3].isdigit():
                return out
            out += self.r.read(int(line[open_at + 1:-3]))

    def command(self, text):
        self.w.write(b"t " + text + b"\r\n")
        self.w.flush()
        while True:
            r = self.response()
            if r.startswith(b"t "):
                if not r.startswith(b"t OK"):
                    raise Bad("%r: %r" % (text, r))
                return
            yield r

    def fetch(self, items):
        """UID -> {item: value} for all messages."""
        out = {}
        for r in self.command(b"UID FETCH 1:* " + items):
            head = r.split(b" ", 3)
            if head[2] != b"FETCH":
                continue
            at = len(b" ".join(head[:3])) + 1
            values, end = parse(r, at)
            if r[end:] != b"\r\n":
                raise Bad("behind a response: %r" % r[end:end + 40])
            pairs = dict(zip(values[::2], values[1::2]))
            out[int(pairs[b"UID"])] = pairs
        return out


def ours(command):
    p = subprocess.Popen(command, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
    s = Server(p.stdout, p.stdin, grammar.Session())
    if not s.response().startswith(b"* PREAUTH"):
        raise Bad("greeting")
    return s


def theirs(place, user, password):
    host, port = place.rsplit(":", 1)
    sock = socket.create_connection((host, int(port)))
    s = Server(sock.makefile("rb"), sock.makefile("wb"))
    s.response()
    list(s.command(("LOGIN %s %s" % (user, password)).encode()))
    return s


PART = ("type", "subtype", "parameters", "id", "description", "encoding",
        "octets")
TAIL = ("md5", "disposition", "language", "location")


def named(b):
    """A body as (place, value) pairs, for comparing."""
    if isinstance(b[0], list):
        n = 0
        while isinstance(b[n], list):
            for place, v in named(b[n]):
                yield "%d.%s" % (n + 1, place), v
            n += 1
        names = ("subtype", "parameters") + TAIL[1:]
        yield "parts", n
        yield from zip(names, b[n:])
        return
    yield from zip(PART, b)
    rest = b[7:]
    if isinstance(rest[0], list) and isinstance(rest[1], list):
        for name, v in zip(ENVELOPE, rest[0]):
            yield "envelope." + name, v
        for place, v in named(rest[1]):
            yield "message." + place, v
        rest = rest[2:]
    if len(rest) == 5:
        yield "lines", rest[0]
        rest = rest[1:]
    yield from zip(TAIL, rest)


def places(pairs):
    yield "size", pairs[b"RFC822.SIZE"]
    for name, v in zip(ENVELOPE, pairs[b"ENVELOPE"]):
        yield "envelope." + name, v
    for place, v in named(pairs[b"BODYSTRUCTURE"]):
        yield "body." + place, v


# --- kinds of differences ---------------------------------------------------

def lower(v):
    if isinstance(v, bytes):
        return v.lower()
    return [lower(x) for x in v] if isinstance(v, list) else v


def squeezed(v):
    if isinstance(v, bytes):
        return re.sub(rb"[ \t]+", b" ", v).strip()
    return [squeezed(x) for x in v] if isinstance(v, list) else v


PLACEHOLDERS = (b"MISSING_MAILBOX", b"MISSING_DOMAIN", b"SYNTAX_ERROR")


def is_letter_case(d):
    return lower(d.ours) == lower(d.theirs)


def is_last_line(d):
    return (d.leaf == "lines" and d.ours is not None and
            d.theirs is not None and int(d.ours) == int(d.theirs) + 1)


def is_blanks(d):
    return squeezed(d.ours) == squeezed(d.theirs)


def is_bad_address(d):
    return (isinstance(d.theirs, list) and
            any(isinstance(a, list) and any(p in PLACEHOLDERS for p in a)
                for a in d.theirs))


def is_field_twice(d):
    if not d.place.startswith("envelope."):
        return False
    with open(d.name, "rb") as f:
        head = re.split(rb"\r?\n\r?\n", f.read(1 << 16), maxsplit=1)[0]
    field = {"sender": "from", "reply-to": "from"}.get(d.leaf, d.leaf)
    return len(re.findall(rb"(?mi)^" + field.encode() + rb"[ \t]*:",
                          head)) > 1


def is_no_type(d):
    return d.leaf in ("type", "subtype", "parameters", "lines") and d.no_type


def is_boundary_line_end(d):
    return (d.leaf == "octets" and d.ours is not None and
            d.theirs is not None and int(d.ours) + 2 == int(d.theirs))


def is_empty_field(d):
    return d.ours is NIL and d.theirs == b""


def is_continuation(d):
    return (isinstance(d.ours, list) and
            re.search(rb"\*0", b" ".join(flat(d.ours))) is not None)


def flat(v):
    for x in v:
        if isinstance(x, list):
            yield from flat(x)
        elif isinstance(x, bytes):
            yield x


KINDS = {
    "letter-case": is_letter_case,
    "last-line": is_last_line,
    "blanks": is_blanks,
    "field-twice": is_field_twice,
    "bad-address": is_bad_address,
    "no-type": is_no_type,
    "boundary-line-end": is_boundary_line_end,
    "empty-field": is_empty_field,
    "continuation": is_continuation,
}


class Difference:
    """One place of one message that is not the same."""

    def __init__(self, name, place, ours, theirs, other):
        self.name, self.place = name, place
        self.ours, self.theirs = ours, theirs
        self.leaf = place.rsplit(".", 1)[-1]
        # Dovecot writes empty strings for a Content-Type it cannot read.
        part = place[:-len(self.leaf)]
        self.no_type = b"" in (other.get(part + "type"),
                               other.get(part + "subtype"))

    def __str__(self):
        return "%s\t%s\t%r\t%r" % (self.name, self.place, self.ours,
                                   self.theirs)


class Known:
    """differences.txt: kinds that are explained, messages that are."""

    def __init__(self, path):
        self.kinds, self.messages = set(), {}
        with open(path, encoding="utf-8") as f:
            for line in f:
                words = line.split()
                if not words or line[0] in "# \t":
                    continue
                if len(words) == 1 and line.rstrip().endswith(":"):
                    self.kinds.add(line.rstrip()[:-1])
                else:
                    self.messages[words[0]] = words[1]
        self.used = set()

    def explain(self, d):
        """The kind of a difference, or None."""
        if d.name in self.messages:
            self.used.add(d.name)
            kind = self.messages[d.name]
            return kind if kind in self.kinds else None
        for kind, is_kind in KINDS.items():
            if kind in self.kinds and is_kind(d):
                return kind
        return None


def differences(name, ours_, theirs_):
    x, y = dict(places(ours_)), dict(places(theirs_))
    for place in list(x) + [p for p in y if p not in x]:
        if x.get(place) != y.get(place):
            yield Difference(name, place, x.get(place), y.get(place), y)


def check(pairs):
    number(pairs[b"RFC822.SIZE"], "size")
    check_envelope(pairs[b"ENVELOPE"])
    check_body(pairs[b"BODY"], False)
    check_body(pairs[b"BODYSTRUCTURE"], True)


def main():
    names = open(sys.argv[1], encoding="latin-1").read().split("\n")
    known = Known(sys.argv[2])
    items = b"(RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
    left = ours(sys.argv[6:])
    right = theirs(*sys.argv[3:6])
    for s in left, right:
        list(s.command(b"EXAMINE INBOX"))
    a = left.fetch(items)
    for uid, pairs in left.fetch(b"BODY").items():
        a[uid].update(pairs)
    b = right.fetch(items)
    if sorted(a) != sorted(b):
        raise Bad("not the same UIDs")
    count = collections.Counter()
    failed = 0
    for uid in sorted(a):
        name = names[uid - 1]
        try:
            check(a[uid])
        except Bad as e:
            print("not the grammar: ", name, e)
            failed += 1
            continue
        for d in differences(name, a[uid], b[uid]):
            kind = known.explain(d)
            count[kind or "unexplained"] += 1
            if kind is None:
                failed += 1
                print(d)
    for name in sorted(set(known.messages) - known.used):
        print("explained, but the same:", name)
        failed += 1
    print("%d messages compared;" % len(a),
          ", ".join("%s %d" % k for k in sorted(count.items())))
    sys.exit(failed > 0)


main()
