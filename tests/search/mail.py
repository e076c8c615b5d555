"""A message as a search sees it, read slowly and simply.

Written from the RFCs (5322, 2045-2047, 2231) with nothing of ours and little
of Python's: its codecs and base64, but not its email package, which has
opinions.  It judges only what the RFCs define: a message in which something
has no meaning (octets that are none of its charset, base64 with other signs
in it, a header line without a name) is "odd", with the reason, and not held
against anybody.
"""

import base64
import calendar
import datetime
import re
import unicodedata

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
ZONES = {"UT": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
         "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
ENCODED = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?\s]*)\?=")
# What these are called in mail, and by Python.
NAMES = {"iso-8859-8-i": "iso-8859-8", "x-sjis": "cp932", "sjis": "cp932",
         "shift_jis": "cp932", "shift-jis": "cp932", "ks_c_5601-1987": "cp949",
         "euc-kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030",
         "big5": "cp950", "iso-8859-1": "cp1252", "latin1": "cp1252"}


def fold(text):
    """i;unicode-casemap (RFC 5051): simple titlecase, then decomposed."""
    out = []
    for c in text:
        title = c.title()
        out.append(unicodedata.normalize("NFKD", title if len(title) == 1
                                         else c))
    return "".join(out)


class Odd(Exception):
    """No RFC says what this means."""


def decode_charset(octets, name):
    name = (name or "us-ascii").lower().strip()
    if name in ("us-ascii", "ascii", "utf-8", "utf8"):
        try:
            # Raw UTF-8 where ASCII was promised is what RFC 6532 allows.
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            raise Odd("octets that are no " + name) from None
    try:
        # Windows's letters stand in C1, which Latin 1 leaves to controls.
        strict = name in ("iso-8859-1", "latin1")
        if strict and re.search(rb"[\x80-\x9f]", octets):
            raise Odd("C1 controls")
        text = octets.decode(NAMES.get(name, name))
    except LookupError:
        raise Odd("charset " + name) from None
    except (UnicodeDecodeError, ValueError):
        raise Odd("octets that are no " + name) from None
    if re.search("[\ue000-\uf8ff]", text):
        raise Odd("private characters")
    return text


def decode_base64(octets):
    text = re.sub(rb"[\r\n \t]", b"", octets)
    if not re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", text) or len(text) % 4:
        raise Odd("base64")
    return base64.b64decode(text)


def decode_quoted(octets):
    out = bytearray()
    for line in octets.split(b"\n"):
        line = line.rstrip(b"\r")
        text = line.rstrip(b" \t")
        soft = text.endswith(b"=")
        text = text[:-1] if soft else text
        if re.search(rb"=(?![0-9A-Fa-f]{2})", text):
            raise Odd("quoted-printable")
        out += re.sub(rb"=([0-9A-Fa-f]{2})",
                      lambda m: bytes([int(m[1], 16)]), text)
        if not soft:
            out += b"\n"
    return bytes(out[:-1] if out.endswith(b"\n") and not
                 octets.endswith(b"\n") else out)


def decode_word(m):
    octets = m[3].encode("latin-1")
    if m[2] in "Bb":
        if not re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", octets):
            raise Odd("encoded word")
        if len(octets) % 4:
            raise Odd("encoded word")
        octets = base64.b64decode(octets)
    else:
        octets = octets.replace(b"_", b" ")
        if re.search(rb"=(?![0-9A-Fa-f]{2})", octets):
            raise Odd("encoded word")
        octets = re.sub(rb"=([0-9A-Fa-f]{2})",
                        lambda n: bytes([int(n[1], 16)]), octets)
    return octets, m[1].lower()


def decode_words(text):
    """RFC 2047: blanks between two encoded words vanish; neighbours of one
    charset are joined before they are decoded (many cut characters)."""
    out, at, run, charset = "", 0, b"", None
    for m in ENCODED.finditer(text):
        between = text[at:m.start()]
        octets, name = decode_word(m)
        near = charset is not None and not between.strip()
        if near and name == charset:
            run += octets
        else:
            if charset is not None:
                out += decode_charset(run, charset)
            out += "" if near else between
            run, charset = octets, name
        at = m.end()
    if charset is not None:
        out += decode_charset(run, charset)
    rest = text[at:]
    if re.search(r"=\?\S+\?[BbQq]\?", rest):
        raise Odd("encoded word")
    return out + rest


def without_comments(text):
    """(...) out, but not within quotes."""
    out, depth, quoted, skip = "", 0, False, False
    for c in text:
        if skip:
            skip = False
        elif c == "\\" and (quoted or depth):
            skip = True
        elif c == '"' and not depth:
            quoted = not quoted
        elif c == "(" and not quoted:
            depth += 1
        elif c == ")" and depth and not quoted:
            depth -= 1
            continue
        if not depth:
            out += c
    if depth or quoted:
        raise Odd("quotes or comments without an end")
    return out


PARAM = re.compile(r'\s*([!#$%&\'*+.^_`{|}~0-9A-Za-z-]+)\s*=\s*'
                   r'(?:"((?:[^"\\]|\\.)*)"|([^\s;"()<>@,:\\]*))\s*')


def parameters(text):
    """What stands before the first ";", and the parameters."""
    text = without_comments(text)
    first, _, rest = text.partition(";")
    out, at = {}, 0
    while rest[at:].strip():
        m = PARAM.match(rest, at)
        if not m or rest[m.end():m.end() + 1] not in ("", ";"):
            raise Odd("parameters")
        value = m[3] if m[2] is None else re.sub(r"\\(.)", r"\1", m[2])
        if m[1].lower() in out:
            raise Odd("a parameter twice")
        out[m[1].lower()] = value
        at = m.end() + 1
    return first.strip().lower(), out


def extended(params):
    """The values that are spelled as in RFC 2231."""
    names = {}
    for key, value in params.items():
        m = re.fullmatch(r"([^*]+)(?:\*(\d+))?(\*?)", key)
        if not m:
            raise Odd("parameter " + key)
        if "*" in key:
            names.setdefault(m[1], {})[int(m[2] or 0)] = (value, m[3])
    out = {}
    for name, pieces in names.items():
        octets, charset = b"", "us-ascii"
        for i in range(len(pieces)):
            if i not in pieces:
                raise Odd("pieces of a parameter")
            value, star = pieces[i]
            if star and i == 0:
                parts = value.split("'", 2)
                if len(parts) != 3:
                    raise Odd("parameter value")
                charset, value = parts[0] or "us-ascii", parts[2]
            one = value.encode("latin-1")
            if star:
                one = re.sub(rb"%([0-9A-Fa-f]{2})",
                             lambda m: bytes([int(m[1], 16)]), one)
            octets += one
        out[name] = decode_charset(octets, charset)
    return out


class Part:
    """A header, and what it says of the body."""

    def __init__(self, octets, odd, depth=0, default="text/plain"):
        self.odd = odd
        self.fields = []
        self.texts = []     # of this part and those in it, decoded
        self.headers = []   # the same: name, value as decoded
        if depth > 20:
            odd.add("depth")
            return
        self.split(octets)
        for name, raw in self.fields:
            self.headers.append((name, self.value(name, raw)))
        self.content(depth, default)

    def safe(self, what, *args):
        try:
            return what(*args)
        except Odd as e:
            self.odd.add(str(e))
            return None

    def split(self, octets):
        lines = octets.split(b"\n")
        i = 0
        for i, line in enumerate(lines):
            line = line.rstrip(b"\r")
            if not line:
                break
            if line[:1] in b" \t" and self.fields:
                self.fields[-1][1] += b"\n" + line
                continue
            m = re.match(rb"([!-9;-~]+)[ \t]*:", line)
            if not m:
                self.odd.add("a header line that is none")
                continue
            if b"\r" in line or b"\0" in line:
                self.odd.add("CR or NUL in a header")
            self.fields.append([m[1].decode().lower(), line[m.end():]])
        else:
            i += 1
        self.body = b"\n".join(lines[i + 1:])

    def unfolded(self, raw):
        text = self.safe(decode_charset, raw, "utf-8")
        if text is None:
            text = raw.decode("latin-1")
        return re.sub(r"\r?\n", "", text)

    def value(self, name, raw):
        text = self.unfolded(raw).strip(" \t")
        out = self.safe(decode_words, text)
        if name in ("content-type", "content-disposition"):
            more = self.safe(lambda: extended(parameters(text)[1]))
            for value in (more or {}).values():
                out = (out or "") + " " + value
        return out or ""

    def raw(self, name):
        found = [self.unfolded(raw) for n, raw in self.fields if n == name]
        if len(found) > 1:
            self.odd.add("%s twice" % name)
        return found[0].strip() if found else None

    def content(self, depth, default):
        kind = self.raw("content-type")
        got = self.safe(parameters, kind) if kind else None
        media, params = got or (default, {})
        if not re.fullmatch(r"[!#$&^_.+a-z0-9-]+/[!#$&^_.+a-z0-9-]+", media):
            self.odd.add("media type")
            return
        encoding = (self.raw("content-transfer-encoding") or "7bit").lower()
        encoding = without_comments(encoding).strip() if "(" not in encoding \
            or ")" in encoding else encoding
        body = self.body
        if encoding == "base64":
            body = self.safe(decode_base64, body) if not media.startswith(
                ("multipart/", "message/")) else body
        elif encoding == "quoted-printable":
            body = self.safe(decode_quoted, body) if not media.startswith(
                ("multipart/", "message/")) else body
        elif encoding not in ("7bit", "8bit", "binary"):
            self.odd.add("encoding " + encoding)
        if media.startswith(("multipart/", "message/")) and encoding in (
                "base64", "quoted-printable"):
            self.odd.add("an encoded " + media)
        if body is None:
            return
        if media.startswith("multipart/"):
            self.multipart(media, params.get("boundary"), depth)
        elif media in ("message/rfc822", "message/global"):
            inner = Part(body, self.odd, depth + 1)
            self.texts += inner.texts
            self.headers += inner.headers
        elif media.startswith(("text/", "message/")):
            text = self.safe(decode_charset, body, params.get("charset"))
            if b"\0" in body and "utf-16" not in (params.get("charset")
                                                  or "").lower():
                self.odd.add("NUL")
            if text is not None:
                self.texts.append(text.replace("\r\n", "\n"))

    def multipart(self, media, boundary, depth):
        if not boundary:
            self.odd.add("no boundary")
            return
        line = b"--" + boundary.encode("utf-8")
        parts, here, ended = [], None, False
        for one in self.body.split(b"\n"):
            text = one.rstrip(b"\r \t")
            if text == line and not ended:
                here = []
                parts.append(here)
            elif text == line + b"--" and here is not None and not ended:
                ended = True
            elif here is not None and not ended:
                if one.startswith(line):
                    self.odd.add("a line that begins with the boundary")
                here.append(one)
        if not ended or not parts:
            self.odd.add("no last boundary")
        default = "message/rfc822" if media == "multipart/digest" \
            else "text/plain"
        for one in parts:
            octets = b"\n".join(one)
            if octets.endswith(b"\r"):
                octets = octets[:-1]
            inner = Part(octets, self.odd, depth + 1, default)
            self.texts += inner.texts
            self.headers += inner.headers


DATE = re.compile(
    r"(?:[A-Za-z]{3}\s*,\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{2,4})\s+"
    r"(\d{1,2})\s*:\s*(\d{2})(?:\s*:\s*(\d{2}))?\s*([-+]\d{4}|[A-Za-z]{1,3})?")


def sent(text):
    """(the sender's day, the moment in UTC) or None."""
    m = DATE.fullmatch(re.sub(r"\s+", " ", without_comments(text)).strip())
    if not m or m[2].lower() not in MONTHS:
        raise Odd("date")
    year = int(m[3])
    if len(m[3]) < 4:
        year += 2000 if len(m[3]) == 2 and year < 50 else 1900
    month, day = MONTHS.index(m[2].lower()) + 1, int(m[1])
    zone = m[7] or ""
    if not (0 < day <= calendar.monthrange(year, month)[1] and year > 1900
            and int(m[4]) < 24 and int(m[5]) < 60 and int(m[6] or 0) <= 60):
        raise Odd("date")
    if zone[:1] in "+-" and zone:
        minutes = int(zone[1:3]) * 60 + int(zone[3:])
        if int(zone[3:]) > 59 or minutes > 24 * 60:
            raise Odd("zone")
        minutes *= -1 if zone[0] == "-" else 1
    elif zone.upper() in ZONES:
        minutes = ZONES[zone.upper()] * 60
    else:
        raise Odd("zone")
    moment = calendar.timegm((year, month, day, int(m[4]), int(m[5]),
                              int(m[6] or 0))) - minutes * 60
    return datetime.date(year, month, day), moment


class Message:
    """One message of the mailbox: number is its place and its UID."""

    def __init__(self, number, octets, flags, internal):
        self.number = number
        self.flags = flags
        self.internal = internal
        self.size = len(re.sub(rb"(?<!\r)\n", b"\r\n", octets))
        self.odd = set()
        if octets[:5] == b"From ":
            self.odd.add("an mbox line")
        top = Part(octets, self.odd)
        self.fields = [(n, v) for n, v in top.headers[:len(top.fields)]]
        self.raw = {}
        for name, raw in top.fields:
            self.raw.setdefault(name, []).append(top.unfolded(raw).strip())
        self.folded = [(n, fold(v)) for n, v in self.fields]
        self.body = [fold(t) for t in top.texts]
        self.all = self.body + [fold(n + ": " + v) for n, v in top.headers]
        self.plain = top.texts
        self.day = self.moment = None
        self.date_odd = None
        dates = self.raw.get("date", [])
        if len(dates) != 1:
            self.date_odd = "no date, or several"
        else:
            try:
                self.day, self.moment = sent(dates[0])
            except Odd as e:
                self.date_odd = str(e)
