#!/usr/bin/python3
"""A strict parser of what an IMAP server sends.

Written from the grammar of RFC 9051 section 9, with what RFC 3501 has beyond
it and the ABNF of the extensions.  A client reads generously; this one is to
find what a stricter one would stumble over, so whatever no rule allows is an
error that names the rule, and unknown names are errors too.

    grammar.py FILE...      check files of what servers sent

For other tests: Session().feed(octets) yields one value for each response, or
raises Bad.  A response becomes a tuple whose first member is its name:

    ("OK", tag, code, text)     also NO, BAD, BYE, PREAUTH; tag b"" for "*"
    ("+", text)
    ("EXISTS", 4) ("EXPUNGE", 2) ("FETCH", 3, {"UID": 7, "FLAGS": [...]})
    ("SEARCH", [1, 2], modseq or None) ...

What can go wrong: the grammar depends on what came before.  UTF-8 may stand
in quoted strings once the server has said ENABLED IMAP4rev2 or UTF8=ACCEPT,
and then RECENT and SEARCH may not come any more; message numbers end with
UIDONLY; what belongs to an extension may only come from a server that lists
it.  Session remembers those facts.
"""

import base64
import calendar
import re
import sys
import unicodedata

U32 = (1 << 32) - 1
U63 = (1 << 63) - 1
MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
ASTRING = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]+')
SET = re.compile(rb"\d+(?::\d+)?(?:,\d+(?::\d+)?)*")
LITERAL = re.compile(rb"~?\{(\d+)\}\r\n\Z")
STATUS_LINE = re.compile(rb"(?:\*|[^ ]+) (?:OK|NO|BAD|BYE|PREAUTH) |\+ ", re.I)

SYSTEM_FLAGS = {b"\\answered", b"\\flagged", b"\\deleted", b"\\seen",
                b"\\draft"}
SELECT_FLAGS = {b"\\nonexistent", b"\\noselect", b"\\marked", b"\\unmarked"}
OTHER_FLAGS = {b"\\noinferiors", b"\\haschildren", b"\\hasnochildren",
               b"\\subscribed", b"\\remote", b"\\noaccess",
               b"\\all", b"\\archive", b"\\drafts", b"\\flagged", b"\\junk",
               b"\\sent", b"\\trash", b"\\important"}

# What only a server with one of these names in its CAPABILITY may send.
NEEDS = {
    "ESEARCH": "ESEARCH IMAP4rev2",
    "SORT": "SORT SORT=DISPLAY", "THREAD": "THREAD=REFERENCES "
    "THREAD=ORDEREDSUBJECT", "NAMESPACE": "NAMESPACE IMAP4rev2",
    "ENABLED": "ENABLE IMAP4rev2", "ID": "ID",
    "VANISHED": "QRESYNC UIDONLY", "QUOTA": "QUOTA", "QUOTAROOT": "QUOTA",
    "METADATA": "METADATA METADATA-SERVER", "ACL": "ACL",
    "LISTRIGHTS": "ACL", "MYRIGHTS": "ACL LIST-MYRIGHTS",
    "UIDFETCH": "UIDONLY", "UIDBATCHES": "UIDBATCHES",
    "TOOFEW": "UIDBATCHES", "TOOMANY": "UIDBATCHES",
    "MODSEQ": "CONDSTORE QRESYNC", "EMAILID": "OBJECTID",
    "THREADID": "OBJECTID", "MAILBOXID": "OBJECTID", "PREVIEW": "PREVIEW",
    "SAVEDATE": "SAVEDATE", "BINARY": "BINARY IMAP4rev2",
    "BINARY.SIZE": "BINARY IMAP4rev2",
    "APPENDUID": "UIDPLUS IMAP4rev2", "COPYUID": "UIDPLUS IMAP4rev2",
    "UIDNOTSTICKY": "UIDPLUS IMAP4rev2",
    "HIGHESTMODSEQ": "CONDSTORE QRESYNC", "NOMODSEQ": "CONDSTORE QRESYNC",
    "MODIFIED": "CONDSTORE QRESYNC",
    "NOTSAVED": "SEARCHRES IMAP4rev2", "UNKNOWN-CTE": "BINARY IMAP4rev2",
    "COMPRESSIONACTIVE": "COMPRESS=DEFLATE", "INPROGRESS": "INPROGRESS",
    "NOTIFICATIONOVERFLOW": "NOTIFY", "BADEVENT": "NOTIFY",
    "MESSAGELIMIT": "MESSAGELIMIT", "UIDREQUIRED": "UIDONLY",
    "NOUPDATE": "CONTEXT=SEARCH CONTEXT=SORT", "APPENDLIMIT": "APPENDLIMIT",
    "PARTIAL": "PARTIAL CONTEXT=SEARCH CONTEXT=SORT",
    "ADDTO": "CONTEXT=SEARCH CONTEXT=SORT",
    "REMOVEFROM": "CONTEXT=SEARCH CONTEXT=SORT",
    "SIZE": "STATUS=SIZE IMAP4rev2", "CHILDINFO": "LIST-EXTENDED IMAP4rev2",
    "DELETED-STORAGE": "QUOTA=RES-STORAGE",
}

EVENTS = set(
    b"MESSAGENEW MESSAGEEXPUNGE FLAGCHANGE ANNOTATIONCHANGE MAILBOXNAME "
    b"SUBSCRIPTIONCHANGE MAILBOXMETADATACHANGE SERVERMETADATACHANGE".split())

CODES_ALONE = set(
    "ALERT PARSE READ-ONLY READ-WRITE TRYCREATE UIDNOTSTICKY UNAVAILABLE "
    "AUTHENTICATIONFAILED AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED "
    "CONTACTADMIN NOPERM INUSE EXPUNGEISSUED CORRUPTION SERVERBUG CLIENTBUG "
    "CANNOT LIMIT OVERQUOTA ALREADYEXISTS NONEXISTENT NOTSAVED HASCHILDREN "
    "CLOSED UNKNOWN-CTE NOMODSEQ COMPRESSIONACTIVE NOTIFICATIONOVERFLOW "
    "UIDREQUIRED TOOBIG USEATTR TOOFEW TOOMANY".split())


class Bad(Exception):
    """Not what the grammar allows: the rule, and the octets."""

    def __init__(self, rule, octets, at):
        super().__init__("%s: octet %d of %r" % (rule, at, octets[:2000]))
        self.rule = rule


class Session:
    """What one connection has said so far."""

    def __init__(self, greeting=True, advertised=True):
        self.buffer = b""
        self.scanned = 0
        self.first = greeting
        self.capabilities = None
        self.advertised = advertised
        self.enabled = set()
        self.count = 0

    @property
    def rev2(self):
        return "IMAP4REV2" in self.enabled

    @property
    def utf8(self):
        return self.rev2 or "UTF8=ACCEPT" in self.enabled

    def next(self):
        """The octets of one whole response, literals and all, or None."""
        while True:
            end = self.buffer.find(b"\r\n", self.scanned)
            if end < 0:
                return None
            end += 2
            m = LITERAL.search(self.buffer, self.scanned, end)
            if m and not STATUS_LINE.match(self.buffer):
                if len(self.buffer) < end + int(m[1]):
                    return None
                self.scanned = end + int(m[1])
                continue
            octets = self.buffer[:end]
            self.buffer = self.buffer[end:]
            self.scanned = 0
            return octets

    def feed(self, octets):
        self.buffer += octets
        while True:
            response = self.next()
            if response is None:
                return
            yield self.parse(response)

    def parse(self, octets):
        value = Response(self, octets).response()
        self.first = False
        self.count += 1
        self.learn(value)
        return value

    def learn(self, value):
        name, data = value[0], value
        if name in ("OK", "PREAUTH") and value[2] is not None:
            name, data = value[2][0], value[2]
        if name == "CAPABILITY":
            self.capabilities = {c.upper() for c in data[1]}
        if name == "ENABLED":
            self.enabled |= {c.upper() for c in data[1]}

    def needs(self, name):
        """Whether what the client was told allows this name."""
        if not self.advertised or self.capabilities is None \
                or name not in NEEDS:
            return True
        return any(c.upper() in self.capabilities
                   or any(have.startswith(c.upper() + "=")
                          for have in self.capabilities)
                   for c in NEEDS[name].split())

    def end(self):
        """The connection has ended: nothing may be half said."""
        if self.buffer:
            raise Bad("response ends with CRLF", self.buffer,
                      len(self.buffer))


def utf7_decode(octets):
    """Modified UTF-7 (RFC 3501 5.1.3), or None where it is none."""
    out = ""
    for plain, code in re.findall(rb"([^&]+)|&([^-]*)-", octets):
        if plain:
            out += plain.decode("ascii")
        elif not code:
            out += "&"
        else:
            try:
                out += base64.b64decode(
                    code.replace(b",", b"/") + b"=" * (-len(code) % 4),
                    validate=True).decode("utf-16-be")
            except ValueError:
                return None
    return out


def utf7_encode(text):
    """The only right form: printable ASCII never in base64."""
    out, run = b"", ""

    def flush(run):
        code = base64.b64encode(run.encode("utf-16-be")).rstrip(b"=")
        return b"&" + code.replace(b"/", b",") + b"-" if run else b""
    for c in text:
        if " " <= c <= "~":
            out += flush(run) + (b"&-" if c == "&" else c.encode())
            run = ""
        else:
            run += c
    return out + flush(run)


class Reader:
    """The small rules, each of which takes what it names."""

    def __init__(self, session, octets):
        self.s = session
        self.o = octets
        self.i = 0

    def bad(self, rule):
        return Bad(rule, self.o, self.i)

    def need(self, what, rule):
        if not what:
            raise self.bad(rule)

    def at(self, octets):
        return self.o.startswith(octets, self.i)

    def take(self, octets):
        """A word of the grammar, whatever its case."""
        n = len(octets)
        if self.o[self.i:self.i + n].upper() != octets.upper():
            return False
        self.i += n
        return True

    def must(self, octets, rule):
        self.need(self.take(octets), "%s: %r" % (rule, octets.decode()))

    def sp(self, rule):
        self.must(b" ", rule)

    def match(self, pattern, rule):
        m = pattern.match(self.o, self.i)
        self.need(m, rule)
        self.i = m.end()
        return m[0]

    def digits(self, most, rule):
        m = re.compile(rb"\d+").match(self.o, self.i)
        self.need(m and int(m[0]) <= most, rule)
        self.need(m[0] == b"0" or m[0][:1] != b"0", rule + " without zeros")
        self.i = m.end()
        return int(m[0])

    def number(self):
        return self.digits(U32, "number")

    def number64(self):
        return self.digits(U63, "number64")

    def nz(self):
        n = self.digits(U32, "nz-number")
        self.need(n, "nz-number")
        return n

    def nz64(self):
        n = self.digits(U63, "mod-sequence-value")
        self.need(n, "mod-sequence-value")
        return n

    def atom(self, rule="atom"):
        return self.match(ATOM, rule)

    def nil(self):
        m = re.compile(rb"NIL(?=[ )\r])", re.I).match(self.o, self.i)
        if m:
            self.i = m.end()
        return bool(m)

    def quoted(self):
        self.must(b'"', "quoted")
        out = bytearray()
        while not self.at(b'"'):
            self.need(self.i < len(self.o), "quoted ends")
            if self.take(b"\\"):
                self.need(self.at(b'"') or self.at(b"\\"), "quoted-specials")
            c = self.o[self.i]
            self.need(c not in (0, 10, 13), "QUOTED-CHAR")
            self.need(c < 0x80 or self.s.utf8, "QUOTED-CHAR of 8 bits")
            out.append(c)
            self.i += 1
        self.i += 1
        if self.s.utf8:
            self.is_utf8(bytes(out), "QUOTED-CHAR")
        return bytes(out)

    def is_utf8(self, octets, rule):
        try:
            octets.decode("utf-8")
        except UnicodeDecodeError:
            raise self.bad(rule + " is UTF-8") from None

    def literal(self, any_octet=False):
        m = re.compile(rb"\{(\d+)\}\r\n").match(self.o, self.i)
        self.need(m, "literal")
        self.need(str(int(m[1])).encode() == m[1], "literal: number64")
        start = m.end()
        end = start + int(m[1])
        self.need(end <= len(self.o), "literal has all its octets")
        self.i = end
        value = self.o[start:end]
        self.need(any_octet or b"\0" not in value, "CHAR8 is no NUL")
        return value

    def string(self, rule="string"):
        self.need(self.at(b'"') or self.at(b"{"), rule)
        return self.quoted() if self.at(b'"') else self.literal()

    def nstring(self, rule="nstring"):
        return None if self.nil() else self.string(rule)

    def nstring8(self):
        if self.take(b"~"):
            return self.literal(any_octet=True)
        return self.nstring("nstring / literal8")

    def astring(self, rule="astring"):
        if self.at(b'"') or self.at(b"{"):
            return self.string()
        return self.match(ASTRING, rule)

    def list(self, one, rule, least=1):
        """"(" one *(SP one) ")"."""
        self.must(b"(", rule)
        out = []
        while not self.take(b")"):
            if out:
                self.sp(rule)
            out.append(one())
        self.need(len(out) >= least, rule + ": at least one")
        return out

    def set(self, rule="sequence-set"):
        """No "*" in what a server sends; numbers in any order."""
        text = self.match(SET, rule)
        out = []
        for piece in text.split(b","):
            ends = [int(n) for n in piece.split(b":")]
            self.need(all(0 < n <= U32 for n in ends), rule + ": nz-number")
            self.need(all(not n.startswith(b"0") for n in piece.split(b":")),
                      rule + " without zeros")
            out.append((min(ends), max(ends), ends[0] > ends[-1]))
        return out

    def uid_set(self, rule="uid-set"):
        """Expanded, in the order sent; a range counts upwards either way
        (RFC 9051: "2:4" is the same as "4:2")."""
        out = []
        for low, high, _ in self.set(rule):
            self.need(high - low < 1 << 22, rule + " of a sane size")
            out += range(low, high + 1)
        self.need(len(out) == len(set(out)), rule + ": each UID once")
        return out

    def date_time(self):
        text = self.quoted()
        m = re.fullmatch(rb"([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) "
                         rb"[-+](\d\d)(\d\d)", text)
        self.need(m and m[2] in MONTHS, "date-time")
        day, month, year = int(m[1]), MONTHS.index(m[2]) + 1, int(m[3])
        self.need(year > 0 and 0 < day <= calendar.monthrange(year, month)[1],
                  "date-day-fixed")
        self.need(int(m[4]) < 24 and int(m[5]) < 60 and int(m[6]) <= 60
                  and int(m[8]) < 60, "time, zone")
        return text

    def event(self):
        name = self.atom("event-name")
        self.need(name.upper() in EVENTS, "event-name: one that there is")
        return name

    def objectid(self):
        self.must(b"(", "objectid")
        text = self.match(re.compile(rb"[A-Za-z0-9_-]{1,255}"), "objectid")
        self.must(b")", "objectid")
        return text

    def flag(self, rule, more=()):
        if self.take(b"\\"):
            if b"\\*" in more and self.take(b"*"):
                return b"\\*"
            name = b"\\" + self.atom(rule)
            self.need(name.lower() in SYSTEM_FLAGS or name.lower() in more,
                      rule + ": a system flag that there is")
            return name
        return self.atom(rule)

    def flags(self, rule, more=()):
        if not self.s.rev2:
            more = set(more) | {b"\\recent"}
        out = self.list(lambda: self.flag(rule, more), rule, 0)
        self.need(len({f.lower() for f in out}) == len(out),
                  rule + ": each once")
        return out

    def mailbox(self):
        name = self.astring("mailbox")
        if name.upper() == b"INBOX":
            return b"INBOX"
        self.need(name, "mailbox: a name")
        if self.s.utf8:
            self.is_utf8(name, "mailbox")
            text = name.decode()
            self.need(unicodedata.normalize("NFC", text) == text,
                      "mailbox: Net-Unicode")
        else:
            self.need(all(0x20 <= c < 0x7f for c in name),
                      "mailbox: 7 bits without controls")
            text = utf7_decode(name)
            self.need(text is not None and utf7_encode(text) == name,
                      "mailbox: modified UTF-7")
        return name


class Parts(Reader):
    """ENVELOPE and BODYSTRUCTURE."""

    def address(self):
        self.must(b"(", "address")
        out = []
        for rule in ("addr-name", "addr-adl", "addr-mailbox", "addr-host"):
            if out:
                self.sp("address")
            out.append(self.nstring(rule))
        self.must(b")", "address")
        return tuple(out)

    def addresses(self, rule):
        if self.nil():
            return None
        self.must(b"(", rule)
        out = [self.address()]
        while not self.take(b")"):
            out.append(self.address())
        return out

    def envelope(self):
        self.must(b"(", "envelope")
        out = []
        for rule in ("date", "subject", "from", "sender", "reply-to", "to",
                     "cc", "bcc", "in-reply-to", "message-id"):
            if out:
                self.sp("envelope")
            if rule in ("date", "subject", "in-reply-to", "message-id"):
                out.append(self.nstring("env-" + rule))
            else:
                out.append(self.addresses("env-" + rule))
        self.must(b")", "envelope")
        return out

    def param(self):
        if self.nil():
            return None

        def pair():
            name = self.string("body-fld-param")
            self.sp("body-fld-param")
            return name, self.string("body-fld-param")
        return self.list(pair, "body-fld-param")

    def dsp(self):
        if self.nil():
            return None
        self.must(b"(", "body-fld-dsp")
        kind = self.string("body-fld-dsp")
        self.sp("body-fld-dsp")
        out = kind, self.param()
        self.must(b")", "body-fld-dsp")
        return out

    def lang(self):
        if self.at(b"("):
            return self.list(lambda: self.string("body-fld-lang"),
                             "body-fld-lang")
        return self.nstring("body-fld-lang")

    def extension(self, first):
        """What only BODYSTRUCTURE has, each part only after the last."""
        rules = [first, self.dsp, self.lang,
                 lambda: self.nstring("body-fld-loc")]
        out = []
        for rule in rules:
            if self.at(b")"):
                break
            self.sp("body-ext")
            out.append(rule())
        self.need(self.at(b")"), "body-extension: none are defined")
        return out

    def body(self, structure, depth=0):
        self.need(depth < 200, "body: depth")
        self.must(b"(", "body")
        if self.at(b"("):
            out = self.multipart(structure, depth)
        else:
            out = self.onepart(structure, depth)
        if structure:
            out["ext"] = self.extension(
                self.param if "parts" in out
                else lambda: self.nstring("body-fld-md5"))
        self.must(b")", "body, not extensible" if not structure else "body")
        return out

    def multipart(self, structure, depth):
        parts = []
        while self.at(b"("):
            parts.append(self.body(structure, depth + 1))
        self.sp("body-type-mpart")
        return {"parts": parts, "subtype": self.string("media-subtype")}

    def onepart(self, structure, depth):
        quoted = self.at(b'"')
        kind = self.string("media-type")
        self.sp("media-basic")
        quoted = quoted and self.at(b'"')
        out = {"type": kind, "subtype": self.string("media-subtype")}
        self.need(kind.upper() != b"MULTIPART", "body-type-mpart")
        self.sp("body-fields")
        out["param"] = self.param()
        for name in ("id", "desc"):
            self.sp("body-fields")
            out[name] = self.nstring("body-fld-" + name)
        self.sp("body-fields")
        out["enc"] = self.string("body-fld-enc")
        self.sp("body-fields")
        out["octets"] = self.number()
        if kind.upper() == b"TEXT":
            self.need(quoted, "media-text: DQUOTE")
            self.sp("body-type-text")
            out["lines"] = self.number64()
        elif (kind.upper() == b"MESSAGE"
              and (out["subtype"].upper() == b"RFC822"
                   or (self.s.rev2
                       and out["subtype"].upper() == b"GLOBAL"))):
            self.need(quoted, "media-message: DQUOTE")
            self.sp("body-type-msg")
            out["envelope"] = self.envelope()
            self.sp("body-type-msg")
            out["body"] = self.body(structure, depth + 1)
            self.sp("body-type-msg")
            out["lines"] = self.number64()
        return out


class Fetch(Parts):
    """The items of a FETCH response."""

    def section_part(self):
        out = [str(self.nz())]
        while re.compile(rb"\.\d").match(self.o, self.i):
            self.i += 1
            out.append(str(self.nz()))
        return ".".join(out)

    def msgtext(self, mime):
        if mime and self.take(b"MIME"):
            return "MIME"
        if self.take(b"TEXT"):
            return "TEXT"
        self.must(b"HEADER", "section-msgtext")
        if not self.take(b".FIELDS"):
            return "HEADER"
        word = "HEADER.FIELDS"
        if self.take(b".NOT"):
            word += ".NOT"
        self.sp("section-msgtext")
        names = self.list(lambda: self.astring("header-fld-name"),
                          "header-list")
        return word + " " + " ".join(n.decode("latin-1") for n in names)

    def section(self):
        self.must(b"[", "section")
        out = ""
        if not self.at(b"]"):
            if re.compile(rb"\d").match(self.o, self.i):
                out = self.section_part()
                if self.take(b"."):
                    out += "." + self.msgtext(True)
            else:
                out = self.msgtext(False)
        self.must(b"]", "section")
        return out

    def binary_section(self):
        self.must(b"[", "section-binary")
        part = "" if self.at(b"]") else self.section_part()
        self.must(b"]", "section-binary")
        return part

    def origin(self):
        # The request has a number64 there: who asks above 32 bits is told
        # the same, though msg-att-static says "number".
        if not self.take(b"<"):
            return ""
        n = self.number64()
        self.must(b">", "section origin")
        return "<%d>" % n

    def body_item(self):
        if not self.at(b"["):
            self.sp("BODY")
            return "BODY", self.body(False)
        name = "BODY[%s]" % self.section()
        name += self.origin()
        self.sp("BODY section")
        return name, self.nstring()

    def binary_item(self):
        name = "BINARY[%s]" % self.binary_section() + self.origin()
        self.sp("BINARY section-binary")
        return name, self.nstring8()

    def binary_size(self):
        name = "BINARY.SIZE[%s]" % self.binary_section()
        self.sp("BINARY.SIZE")
        return name, self.number()

    def simple(self, name, rule):
        self.sp(name)
        return name, rule()

    def modseq(self):
        self.must(b"(", "fetch-mod-resp")
        n = self.nz64()
        self.must(b")", "fetch-mod-resp")
        return n

    def threadid(self):
        return None if self.nil() else self.objectid()

    def savedate(self):
        return None if self.nil() else self.date_time()

    def item(self):
        word = self.match(re.compile(rb"[A-Z0-9.]+", re.I),
                          "msg-att").upper().decode()
        items = {
            "FLAGS": lambda: self.simple(word, lambda: self.flags(
                "flag-fetch")),
            "MODSEQ": lambda: self.simple(word, self.modseq),
            "ENVELOPE": lambda: self.simple(word, self.envelope),
            "INTERNALDATE": lambda: self.simple(word, self.date_time),
            "RFC822.SIZE": lambda: self.simple(word, self.number64),
            "RFC822": lambda: self.simple(word, self.nstring),
            "RFC822.HEADER": lambda: self.simple(word, self.nstring),
            "RFC822.TEXT": lambda: self.simple(word, self.nstring),
            "BODY": self.body_item,
            "BODYSTRUCTURE": lambda: self.simple(
                word, lambda: self.body(True)),
            "BINARY": self.binary_item,
            "BINARY.SIZE": self.binary_size,
            "UID": lambda: self.simple(word, self.nz),
            "EMAILID": lambda: self.simple(word, self.objectid),
            "THREADID": lambda: self.simple(word, self.threadid),
            "PREVIEW": lambda: self.simple(word, self.nstring8),
            "SAVEDATE": lambda: self.simple(word, self.savedate),
        }
        self.need(word in items, "msg-att: no item has the name " + word)
        self.need(self.s.needs(word), "capability: %s is not among those "
                  "listed" % word)
        return items[word]()

    def msg_att(self):
        out = {}
        for name, value in self.list(self.item, "msg-att"):
            self.need(name not in out, "msg-att: %s twice" % name)
            out[name] = value
        return out


class Response(Fetch):
    """One whole response."""

    def response(self):
        if self.take(b"* "):
            out = self.untagged()
        elif self.at(b"+"):
            self.need(not self.s.first, "greeting")
            return self.more()
        else:
            self.need(not self.s.first, "greeting")
            tag = self.match(TAG, "tag")
            self.sp("response-tagged")
            out = self.state(tag, (b"OK", b"NO", b"BAD"))
        self.crlf()
        return out

    def crlf(self):
        self.need(self.o[self.i:] == b"\r\n", "CRLF")

    def more(self):
        self.must(b"+ ", "continue-req")
        text = self.o[self.i:-2]
        self.text(text, True)
        return "+", text

    def text(self, text, empty):
        self.need(text or empty, "text: at least one octet")
        self.need(not re.search(rb"[\0\r\n]", text), "TEXT-CHAR")
        self.need(self.s.utf8 or all(c < 0x80 for c in text),
                  "TEXT-CHAR of 8 bits before ENABLE")
        if self.s.utf8:
            self.is_utf8(text, "text")

    def state(self, tag, words):
        for word in words:
            if self.take(word + b" "):
                code = None
                if self.take(b"["):
                    code = self.code()
                    self.must(b"]", "resp-text-code")
                    self.sp("resp-text")
                    self.need(not tag or code[0] != "INPROGRESS",
                              "inprogress: not when it is done")
                text = self.o[self.i:-2]
                self.text(text, False)
                self.need(code or not text.startswith(b"["),
                          "resp-text-code")
                self.i = len(self.o) - 2
                return word.decode(), tag, code, text
        raise self.bad("resp-cond-state")

    def code(self):
        word = self.atom("resp-text-code").decode("latin-1").upper()
        self.need(self.s.needs(word), "capability: [%s] belongs to an "
                  "extension that is not listed" % word)
        if word in CODES_ALONE:
            return (word,)
        rule = {
            "BADCHARSET": self.code_charsets,
            "CAPABILITY": self.capability_names,
            "PERMANENTFLAGS": lambda: self.after(lambda: self.list(
                lambda: self.flag("flag-perm", (b"\\*",)), word, 0)),
            "UIDNEXT": lambda: self.after(self.nz),
            "UIDVALIDITY": lambda: self.after(self.nz),
            "UNSEEN": self.code_unseen,
            "HIGHESTMODSEQ": lambda: self.after(self.nz64),
            "MODIFIED": lambda: self.after(lambda: self.uid_set(word)),
            "APPENDUID": self.code_append,
            "COPYUID": self.code_copy,
            "MAILBOXID": lambda: self.after(self.objectid),
            "METADATA": self.code_metadata,
            "BADEVENT": lambda: self.after(lambda: self.list(
                self.event, "unsupported-events-code")),
            "NOUPDATE": lambda: self.after(self.quoted),
            "MESSAGELIMIT": self.code_limit,
            "INPROGRESS": self.code_progress,
        }.get(word)
        self.need(rule, "resp-text-code: there is none named " + word)
        return word, rule()

    def after(self, rule):
        self.sp("resp-text-code")
        return rule()

    def code_unseen(self):
        self.need("UIDONLY" not in self.s.enabled,
                  "no message numbers after ENABLE UIDONLY")
        return self.after(self.nz)

    def code_charsets(self):
        if not self.take(b" "):
            return []
        return self.list(lambda: self.quoted() if self.at(b'"')
                         else self.atom("charset"), "charset")

    def code_append(self):
        validity = self.after(self.nz)
        return validity, self.after(self.uid_set)

    def code_copy(self):
        validity = self.after(self.nz)
        source = self.after(self.uid_set)
        into = self.after(self.uid_set)
        self.need(len(source) == len(into), "COPYUID: sets of one size")
        return validity, source, into

    def code_metadata(self):
        self.sp("METADATA")
        for word in (b"TOOMANY", b"NOPRIVATE"):
            if self.take(word):
                return (word.decode(),)
        for word in (b"LONGENTRIES ", b"MAXSIZE "):
            if self.take(word):
                return word.decode().strip(), self.number()
        raise self.bad("METADATA code")

    def code_limit(self):
        limit = self.after(self.nz)
        return limit, self.after(self.nz) if self.at(b" ") else None

    def code_progress(self):
        if not self.take(b" "):
            return None
        self.must(b"(", "inprogress")
        tag = None if self.nil() else self.quoted()
        self.sp("inprogress")
        done = None if self.nil() else self.number()
        self.sp("inprogress")
        goal = None if self.nil() else self.nz()
        # RFC 9585 4, 5
        self.need(tag is None or b"]" not in tag,
                  "inprogress-tag: NIL rather than with a ]")
        self.need(done is not None or goal is None,
                  "inprogress-state: no goal without progress")
        self.need(goal is None or done < goal,
                  "inprogress: progress is below the goal")
        self.must(b")", "inprogress")
        return tag, done, goal

    def capability_names(self):
        out = []
        while self.take(b" "):
            out.append(self.match(ATOM, "capability").decode())
        self.need({"IMAP4REV1", "IMAP4REV2"} & {c.upper() for c in out},
                  "capability-data: IMAP4rev1 or IMAP4rev2")
        self.need(len(set(out)) == len(out), "capability-data: each once")
        return out

    def untagged(self):
        if self.s.first:
            return self.state(b"", (b"OK", b"PREAUTH", b"BYE"))
        if re.compile(rb"(OK|NO|BAD|BYE) ", re.I).match(self.o, self.i):
            return self.state(b"", (b"OK", b"NO", b"BAD", b"BYE"))
        if re.compile(rb"\d").match(self.o, self.i):
            return self.numbered()
        word = self.match(re.compile(rb"[A-Z]+", re.I),
                          "response-data").upper().decode()
        rule = getattr(self, "on_" + word.lower(), None)
        self.need(rule, "response-data: there is none named " + word)
        self.need(self.s.needs(word), "capability: %s is not among those "
                  "listed" % word)
        return (word,) + rule()

    def numbered(self):
        n = self.number()
        self.sp("message-data")
        if self.take(b"EXISTS"):
            return "EXISTS", n
        if self.take(b"RECENT"):
            self.need(not self.s.rev2, "no RECENT in IMAP4rev2")
            return "RECENT", n
        self.need(n > 0, "message-data: nz-number")
        if self.take(b"UIDFETCH "):
            self.need(self.s.needs("UIDFETCH"), "capability: UIDONLY")
            self.need("UIDONLY" in self.s.enabled,
                      "UIDFETCH: only after ENABLE UIDONLY")
            return "UIDFETCH", n, self.msg_att()
        self.need("UIDONLY" not in self.s.enabled,
                  "no message numbers after ENABLE UIDONLY")
        if self.take(b"EXPUNGE"):
            self.need("QRESYNC" not in self.s.enabled,
                      "VANISHED instead of EXPUNGE after ENABLE QRESYNC")
            return "EXPUNGE", n
        self.must(b"FETCH ", "message-data")
        return "FETCH", n, self.msg_att()

    def on_capability(self):
        return (self.capability_names(),)

    def on_enabled(self):
        out = []
        while self.take(b" "):
            out.append(self.atom("capability").decode())
        return (out,)

    def on_flags(self):
        self.sp("FLAGS")
        return (self.flags("flag-list"),)

    def on_list(self):
        self.sp("mailbox-list")
        flags = self.list(self.list_flag, "mbx-list-flags", 0)
        low = [f.lower() for f in flags]
        self.need(len(set(low)) == len(low), "mbx-list-oflag: each once")
        self.need(sum(f in SELECT_FLAGS for f in low) <= 1,
                  "mbx-list-sflag: only one")
        self.need(not {b"\\haschildren", b"\\hasnochildren"} <= set(low),
                  "child-mbox-flag: only one")
        self.sp("mailbox-list")
        separator = self.separator()
        self.sp("mailbox-list")
        # LIST "" "" asks for the separator alone (RFC 9051 6.3.9).
        if b"\\noselect" in low and self.take(b'""'):
            return flags, separator, b"", {}
        name = self.mailbox()
        extended = {}
        if self.take(b" "):
            for key, value in self.list(self.list_item, "mbox-list-extended",
                                        0):
                extended[key] = value
        return flags, separator, name, extended

    on_lsub = on_list

    def separator(self):
        if self.nil():
            return None
        c = self.quoted()
        self.need(len(c) == 1, "separator: one character")
        return c

    def list_flag(self):
        self.must(b"\\", "mbx-list-flags")
        name = b"\\" + self.atom("mbx-list-flags")
        self.need(name.lower() in SELECT_FLAGS | OTHER_FLAGS,
                  "mbx-list-oflag: one that there is")
        return name

    def list_item(self):
        key = self.astring("mbox-list-extended-item-tag").upper().decode()
        self.sp("mbox-list-extended-item")
        if key == "CHILDINFO":
            return key, self.list(self.quoted, "childinfo")
        if key == "OLDNAME":
            names = self.list(self.mailbox, "oldname")
            self.need(len(names) == 1, "oldname: one")
            return key, names
        raise self.bad("mbox-list-extended-item: there is none named " + key)

    def on_status(self):
        self.sp("STATUS")
        name = self.mailbox()
        self.sp("STATUS")
        out = {}
        for key, value in self.list(self.status_item, "status-att-list", 0):
            self.need(key not in out, "status-att: %s twice" % key)
            out[key] = value
        return name, out

    def status_item(self):
        word = self.atom("status-att").upper().decode()
        self.need(self.s.needs(word), "capability: STATUS " + word)
        rule = {
            "MESSAGES": self.number, "UIDNEXT": self.nz,
            "UIDVALIDITY": self.nz, "UNSEEN": self.number,
            "DELETED": self.number, "SIZE": self.number64,
            "HIGHESTMODSEQ": self.number64, "MAILBOXID": self.objectid,
            "APPENDLIMIT": lambda: None if self.nil() else self.number(),
            "DELETED-STORAGE": self.number64,
        }.get(word)
        if word == "RECENT" and not self.s.rev2:
            rule = self.number
        self.need(rule, "status-att: there is none named " + word)
        self.sp("status-att-val")
        return word, rule()

    def on_search(self):
        self.need(not self.s.rev2, "ESEARCH instead of SEARCH in IMAP4rev2")
        out, modseq = [], None
        while self.take(b" "):
            if self.take(b"(MODSEQ "):
                modseq = self.nz64()
                self.must(b")", "search-sort-mod-seq")
                break
            out.append(self.nz())
        self.need(len(set(out)) == len(out), "SEARCH: each number once")
        return out, modseq

    on_sort = on_search

    def thread(self):
        """Members of one "(...)": numbers, then at least two branches."""
        out = []
        while not self.take(b")"):
            if self.at(b"("):
                branches = []
                while self.take(b"("):
                    branches.append(self.thread())
                self.need(len(branches) > 1, "thread-nested: two or more")
                self.must(b")", "thread-list")
                return out + [branches]
            if out:
                self.sp("thread-members")
                if self.at(b"("):
                    continue
            out.append(self.nz())
        self.need(out, "thread-members")
        return out

    def on_thread(self):
        out = []
        if self.take(b" "):
            while self.take(b"("):
                out.append(self.thread())
            self.need(out, "thread-data: at least one list")
        return (out,)

    def on_esearch(self):
        about, out, uid = {}, {}, False
        if self.take(b" ("):
            while True:
                key, value = self.correlator()
                self.need(key not in about, "one-correlator: once")
                about[key] = value
                if self.take(b")"):
                    break
                self.sp("search-correlator")
            self.need("TAG" in about, "search-correlator: TAG")
        if re.compile(rb" UID[ \r]", re.I).match(self.o, self.i):
            self.i += 4
            uid = True
        while self.take(b" "):
            key, value = self.search_item()
            self.need(key in ("ADDTO", "REMOVEFROM") or key not in out,
                      "search-return-data: %s twice" % key)
            out.setdefault(key, value)
        return about, uid, out

    def correlator(self):
        word = self.atom("one-correlator").upper().decode()
        self.sp("one-correlator")
        rule = {"TAG": self.astring, "MAILBOX": self.mailbox,
                "UIDVALIDITY": self.nz}.get(word)
        self.need(rule, "one-correlator: there is none named " + word)
        return word, rule()

    def search_item(self):
        word = self.atom("search-return-data").upper().decode()
        self.need(self.s.needs(word), "capability: ESEARCH " + word)
        self.sp("search-return-data")
        rule = {"MIN": self.nz, "MAX": self.nz, "COUNT": self.number,
                "ALL": self.uid_set, "MODSEQ": self.nz64,
                "ADDTO": self.context, "REMOVEFROM": self.context,
                "PARTIAL": self.partial}.get(word)
        self.need(rule, "search-return-data: there is none named " + word)
        return word, rule()

    def context(self):
        self.must(b"(", "context-position")
        out = []
        while not self.take(b")"):
            if out:
                self.sp("context-position")
            position = self.number()
            self.sp("context-position")
            out.append((position, self.uid_set()))
        self.need(out, "context-position")
        return out

    def partial(self):
        self.must(b"(", "ret-data-partial")
        span = self.match(re.compile(rb"[1-9]\d*:[1-9]\d*|"
                                     rb"-[1-9]\d*:-[1-9]\d*"),
                          "partial-range")
        self.sp("ret-data-partial")
        out = [] if self.nil() else self.uid_set()
        self.must(b")", "ret-data-partial")
        return span.decode(), out

    def on_vanished(self):
        self.sp("expunged-resp")
        earlier = self.take(b"(EARLIER) ")
        return earlier, [(low, high) for low, high, _ in
                         self.set("known-uids")]

    def on_uidbatches(self):
        self.must(b" (TAG ", "uidbatches-response")
        tag = self.astring()
        self.must(b")", "uidbatches-response")
        out = []
        if self.take(b" "):
            text = self.match(SET, "uid-range")
            out = [tuple(int(n) for n in p.split(b":"))
                   for p in text.split(b",")]
            self.need(all(len(p) == 2 for p in out), "uid-range: two UIDs")
            # RFC 10022 3.1.2
            flat = [n for p in out for n in p]
            self.need(all(a >= b for a, b in out) and
                      all(a[1] > b[0] for a, b in zip(out, out[1:])) and
                      flat[-1] > 0, "uid-range: from the highest down")
        return tag, out

    def on_namespace(self):
        out = []
        for _ in range(3):
            self.sp("namespace-response")
            out.append(self.namespace())
        return tuple(out)

    def namespace(self):
        if self.nil():
            return None
        self.must(b"(", "namespace")
        out = []
        while not self.take(b")"):
            self.must(b"(", "namespace-descr")
            prefix = self.string("namespace-descr")
            self.sp("namespace-descr")
            out.append((prefix, self.separator()))
            while self.take(b" "):
                self.string("namespace-response-extension")
                self.sp("namespace-response-extension")
                self.list(self.string, "namespace-response-extension")
            self.must(b")", "namespace-descr")
        self.need(out, "namespace: at least one")
        return out

    def on_id(self):
        self.sp("id-response")
        if self.nil():
            return (None,)

        def pair():
            key = self.string("id-params-list")
            self.need(len(key) <= 30, "ID: a field of at most 30 octets")
            self.sp("id-params-list")
            value = self.nstring("id-params-list")
            self.need(value is None or len(value) <= 1024,
                      "ID: a value of at most 1024 octets")
            return key, value
        out = self.list(pair, "id-params-list", 0)
        self.need(len(out) <= 30, "ID: at most 30 pairs")
        return (dict(out),)

    def on_quota(self):
        self.sp("quota-response")
        root = self.astring()
        self.sp("quota-response")

        def resource():
            name = self.atom("resource-name")
            self.sp("quota-resource")
            used = self.number64()
            self.sp("quota-resource")
            return name, used, self.number64()
        return root, self.list(resource, "quota-list", 0)

    def on_quotaroot(self):
        self.sp("quotaroot-response")
        name = self.mailbox()
        roots = []
        while self.take(b" "):
            roots.append(self.astring())
        return name, roots

    def rights(self):
        text = self.astring("rights")
        self.need(re.fullmatch(rb"[a-z0-9]*", text), "rights")
        self.need(len(set(text)) == len(text), "rights: each once")
        return text

    def on_acl(self):
        self.sp("acl-data")
        name = self.mailbox()
        out = []
        while self.take(b" "):
            who = self.astring("identifier")
            self.sp("acl-data")
            out.append((who, self.rights()))
        return name, out

    def on_listrights(self):
        self.sp("listrights-data")
        name = self.mailbox()
        self.sp("listrights-data")
        who = self.astring("identifier")
        out = []
        while self.take(b" "):
            out.append(self.rights())
        self.need(out, "listrights-data: the required rights")
        return name, who, out

    def on_myrights(self):
        self.sp("myrights-data")
        name = self.mailbox()
        self.sp("myrights-data")
        return name, self.rights()

    def entry(self):
        name = self.astring("entry")
        self.need(re.fullmatch(rb"(/[\x21-\x24\x26-\x29\x2b-\x2e\x30-\x7e]+)+",
                               name), "entry: /shared/... or /private/...")
        self.need(name.lower().startswith((b"/shared/", b"/private/")),
                  "entry: /shared/... or /private/...")
        return name

    def on_metadata(self):
        self.sp("metadata-resp")
        name = b"" if self.take(b'""') else self.mailbox()
        self.sp("metadata-resp")
        if not self.at(b"("):
            out = [self.entry()]
            while self.take(b" "):
                out.append(self.entry())
            return name, out

        def value():
            entry = self.entry()
            self.sp("entry-value")
            return entry, self.nstring8()
        return name, dict(self.list(value, "entry-values"))


def main():
    total = 0
    for name in sys.argv[1:]:
        session = Session()
        with open(name, "rb") as f:
            octets = f.read()
        if not octets.startswith(b"* "):
            continue
        try:
            for _ in session.feed(octets):
                pass
        except Bad as e:
            print("%s: response %d: %s" % (name, session.count + 1, e))
            return 1
        total += session.count
    print("%d responses" % total)
    return 0


if __name__ == "__main__":
    sys.exit(main())
