#!/usr/bin/python3
"""Hold one dialogue with a mail server, as a transcript on stdin tells it.

A test is a promise about what a client sees, so the transcript is written
from the client's side, one line for one act:

    C: text        send text and CRLF
    C~ text        send text as it is; \\r \\n \\t \\0 \\\\ \\xHH are octets
    C< file        send the octets of a file
    S: pattern     the next line must match
    S* pattern     any lines may come first, then one that matches
    S+ pattern     neighbouring S+ lines match the next lines in any order
    S~ text        these octets come next, escapes as in C~
    S< file        the octets of a file come next
    CLOSE          end our half of the connection
    EOF            the server ends its half, and nothing comes before that
    DROP           go away at once: over TCP a reset
    TLS            shake hands; everything after goes through TLS
    DEFLATE        everything after is compressed, both ways
    RUN command    a shell command with the helpers of bed.bash; must succeed
    EXIT n         the server must end with this status (else 0; pipes only)
    # ...          a comment

In a pattern `...` matches any run of characters and `${name}` binds one word
the first time and must be the same word later; in what is sent it stands for
that word.  A digit after any but RUN and EXIT names another connection:
`C2: a NOOP`, opened (and logged in) when it is first named; with --beside,
9 is a connection to another server.

Under TLS the server's certificate must be --ca's, for "localhost", and its end
must be told by close_notify.

After the last line the connection is closed from our side.  What the server
said beyond the transcript is an error, unless the last act was a C line.

What can go wrong: a server that hangs, floods, dies or writes half a line.
Each wait has a deadline, reading goes on while writing, and every failure
shows what was expected, what came, and the dialogue until then.
"""

import argparse
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
import zlib

sys.dont_write_bytecode = True
import grammar  # noqa: E402  (beside this file)

ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
ACT = re.compile(r"(?:([CS])(\d?)([:~<*+])(?: (.*))?"
                 r"|(CLOSE|EOF|DROP|TLS|DEFLATE)(\d?)"
                 r"|(RUN|EXIT) (.*))$", re.S)
WORD = r'[^\s()\[\]{}",:]+'


class Failed(Exception):
    """The server did not do what the transcript says."""


def unescape(text):
    """The octets that text with backslash escapes stands for."""
    def one(m):
        if m[1] is not None:
            return chr(int(m[1], 16))
        if m[2] not in ESCAPES:
            raise Failed("no such escape: \\" + m[2])
        return ESCAPES[m[2]]
    return re.sub(r"\\(?:x([0-9a-fA-F]{2})|(.))", one, text, flags=re.S)


def show(octets):
    """Octets as one readable line."""
    return "".join(c if " " <= c <= "~" or c > "\xa0" else "\\x%02x" % ord(c)
                   for c in octets.decode("latin-1"))


class Names:
    """The ${name}s of the transcript and what they are bound to."""

    def __init__(self, pairs):
        self.bound = dict(os.fsencode(p).decode("latin-1").split("=", 1)
                          for p in pairs)

    def fill(self, text):
        def one(m):
            if m[1] not in self.bound:
                raise Failed("${%s} is not bound yet" % m[1])
            return self.bound[m[1]]
        return re.sub(r"\$\{(\w+)\}", one, text)

    def match(self, pattern, line):
        """Does the line match?  If so, bind the names that are new."""
        new = []
        out = ""
        for piece in re.split(r"(\.\.\.|\$\{\w+\})", pattern):
            if piece == "...":
                out += ".*"
            elif not piece.startswith("${"):
                out += re.escape(piece)
            elif piece[2:-1] in self.bound:
                out += re.escape(self.bound[piece[2:-1]])
            elif piece[2:-1] in new:
                out += "(?P=%s)" % piece[2:-1]
            else:
                new.append(piece[2:-1])
                out += "(?P<%s>%s)" % (piece[2:-1], WORD)
        m = re.fullmatch(out, line, re.S)
        if m:
            self.bound.update(m.groupdict())
        return m is not None


class Tls:
    """What TLS makes of the octets of one connection."""

    def __init__(self, ca):
        if not ca:
            raise Failed("TLS without --ca")
        self.wire_in, self.wire_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=ca)
        # Python takes an end without close_notify for one with it.
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 1 << 7)
        self.ssl = context.wrap_bio(self.wire_in, self.wire_out,
                                    server_hostname="localhost")
        self.ready = self.told_end = False

    def out(self):
        """What is to be written to the wire."""
        return self.wire_out.read()

    def encode(self, octets):
        self.ssl.write(octets)
        return self.out()

    def end(self):
        try:
            self.ssl.unwrap()
        except ssl.SSLError:
            pass  # the answer to our close_notify is awaited by reading
        return self.out()

    def decode(self, octets):
        """What the wire said, in the clear: b"" its end, None nothing yet."""
        if octets:
            self.wire_in.write(octets)
        elif octets is not None:
            self.wire_in.write_eof()
        clear = b""
        try:
            if not self.ready:
                self.ssl.do_handshake()
                self.ready = True
            while True:
                piece = self.ssl.read(65536)
                if not piece:
                    self.told_end = True
                    return clear
                clear += piece
        except ssl.SSLWantReadError:
            return clear
        except ssl.SSLZeroReturnError:
            self.told_end = True
            return clear
        except ssl.SSLError as e:
            if "EOF" in (e.reason or ""):
                return clear
            raise Failed("TLS: %s" % e) from None


class Wire:
    """One connection: what is to go out, what has come in."""

    def __init__(self, opts, name):
        self.name = name
        self.opts = opts
        self.child = None
        self.sock = None
        self.tls = None
        self.squeeze = self.expand = None
        self.out = b""
        self.came = bytearray()
        self.ended = False
        self.closing = False
        self.dialogue = []
        self.raw = None
        if opts.raw:
            self.raw = open("%s/%d-%s" % (opts.raw, os.getpid(), name), "wb")
        # Ours is held to the grammar of IMAP; 9 is somebody else's.
        self.imap = None
        if opts.raw and name != "9":
            self.imap = grammar.Session()
        connect = opts.beside if name == "9" else opts.connect
        if connect:
            host, port = connect.rsplit(":", 1)
            self.sock = socket.create_connection(
                (host.strip("[]"), int(port)), 5)
        elif opts.via == "unix":
            self.sock, far = socket.socketpair()
            self.spawn(far, far)
            far.close()
        else:
            their_in, our_out = os.pipe()
            our_in, their_out = os.pipe()
            self.spawn(their_in, their_out)
            os.close(their_in)
            os.close(their_out)
            self.rfd, self.wfd = our_in, our_out
        if self.sock:
            self.rfd = self.wfd = self.sock.fileno()
        os.set_blocking(self.rfd, False)
        os.set_blocking(self.wfd, False)

    def spawn(self, fd_in, fd_out):
        self.errors = open(self.opts.errors, "ab")
        self.child = subprocess.Popen(self.opts.command, stdin=fd_in,
                                      stdout=fd_out, stderr=self.errors,
                                      start_new_session=True)

    def note(self, mark, octets):
        self.dialogue.append("  %s%s %s" % (mark, self.name, show(octets)))

    def send(self, octets):
        if self.wfd is None:
            raise Failed("our half was closed before")
        if self.squeeze:
            octets = (self.squeeze.compress(octets)
                      + self.squeeze.flush(zlib.Z_SYNC_FLUSH))
        self.out += self.tls.encode(octets) if self.tls else octets
        self.pump(0)

    def start_tls(self, what):
        if self.came:
            raise Failed("%s: the server says more: %s" % (
                what, show(self.came)))
        self.tls = Tls(self.opts.ca)
        self.take(None)
        self.wait(lambda: self.tls.ready, what)
        self.dialogue.append("  C%s and S%s: TLS" % (self.name, self.name))

    def start_deflate(self, what):
        """What has come already may be compressed."""
        self.squeeze = zlib.compressobj(wbits=-15)
        self.expand = zlib.decompressobj(wbits=-15)
        self.came = bytearray(self.inflate(bytes(self.came), what))
        self.dialogue.append("  C%s and S%s: DEFLATE" % (
            self.name, self.name))

    def inflate(self, octets, what="DEFLATE"):
        try:
            return self.expand.decompress(octets)
        except zlib.error as e:
            raise Failed("%s: %s" % (what, e)) from None

    def take(self, octets):
        """Octets of the wire, b"" its end; None begins the handshake."""
        ended = octets == b""
        if self.tls:
            octets = self.tls.decode(octets)
            self.out += self.tls.out()
            if ended and not self.tls.told_end:
                raise Failed("the server ended TLS without close_notify")
            ended = self.tls.told_end
        if self.expand:
            octets = self.inflate(octets)
        if self.raw:
            self.raw.write(octets)
        self.came += octets
        self.ended = ended
        self.judge(octets)

    def judge(self, octets):
        """Every response of imapd follows the grammar."""
        if not self.imap:
            return
        if not self.imap.count and octets[:1] not in b"*":
            self.imap = None  # POP3
            return
        try:
            for _ in self.imap.feed(octets):
                pass
        except grammar.Bad as e:
            self.imap = None
            raise Failed("not IMAP: %s" % e) from None

    def write_some(self):
        try:
            n = os.write(self.wfd, self.out[:65536])
            self.out = self.out[n:]
        except BlockingIOError:
            return
        except OSError:
            self.out = b""  # it is gone; reading will say so
            self.closing = True
        if not self.out and self.closing:
            self.shut()

    def read_some(self):
        try:
            octets = os.read(self.rfd, 65536)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        self.take(octets)

    def pump(self, seconds):
        """Move octets both ways, waiting at most so long for the first."""
        r = [] if self.ended else [self.rfd]
        w = [self.wfd] if self.out and self.wfd is not None else []
        if not r and not w:
            return
        r, w, _ = select.select(r, w, [], seconds)
        if w:
            self.write_some()
        if r:
            self.read_some()

    def wait(self, done, what):
        """Pump until done() or the deadline; say what was waited for."""
        end = time.monotonic() + self.opts.deadline
        while not done():
            left = end - time.monotonic()
            if left <= 0:
                raise Failed("%s: nothing for %g s; unread: %s" % (
                    what, self.opts.deadline, show(self.came) or "nothing"))
            if self.ended:
                raise Failed("%s: the server ended the connection; unread: %s"
                             % (what, show(self.came) or "nothing"))
            self.pump(left)

    def line(self, what):
        self.wait(lambda: b"\n" in self.came, what)
        at = self.came.index(b"\n")
        line = bytes(self.came[:at])
        del self.came[:at + 1]
        if not line.endswith(b"\r"):
            raise Failed("%s: a line without CR: %s" % (what, show(line)))
        self.note("S:", line[:-1])
        return line[:-1].decode("latin-1")

    def exactly(self, octets, what):
        self.wait(lambda: len(self.came) >= len(octets), what)
        got = bytes(self.came[:len(octets)])
        del self.came[:len(octets)]
        self.note("S~", got)
        if got != octets:
            at = next(i for i, (a, b) in enumerate(zip(got, octets)) if a != b)
            raise Failed("%s: octet %d differs\n  expected ...%s\n  came     "
                         "...%s" % (what, at, show(octets[at:at + 60]),
                                    show(got[at:at + 60])))

    def shut(self):
        self.out = b""
        if self.tls and self.wfd is not None:
            try:
                os.write(self.wfd, self.tls.end())
            except OSError:
                pass
        if self.sock:
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        elif self.wfd is not None:
            os.close(self.wfd)
        self.wfd = None

    def close_half(self):
        if self.wfd is None:
            return
        self.closing = True
        if not self.out:
            self.shut()

    def eof(self, what):
        self.wait(lambda: self.ended or self.came, what)
        if self.came:
            raise Failed("%s: the server says: %s" % (what, show(self.came)))
        self.dialogue.append("  S%s ends" % self.name)

    def drop(self):
        """Both halves at once; over TCP as a reset."""
        if not self.child:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 b"\1\0\0\0\0\0\0\0")
        self.shut()
        if self.sock:
            self.sock.close()
        else:
            os.close(self.rfd)
        self.ended = True
        self.came = bytearray()

    def finish(self, quiet, status):
        """Close, and see that the server goes as it should."""
        self.close_half()
        end = time.monotonic() + self.opts.deadline
        while not self.ended and time.monotonic() < end:
            self.pump(end - time.monotonic())
        if not self.ended:
            raise Failed("the server does not end after we closed")
        if self.came and quiet:
            raise Failed("more than the transcript has: " + show(self.came))
        if self.child:
            try:
                got = self.child.wait(self.opts.deadline)
            except subprocess.TimeoutExpired:
                raise Failed("the server process does not end") from None
            if got != status:
                raise Failed("the server ended with status %d, not %d"
                             % (got, status))

    def kill(self):
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()


class Talk:
    """The run of one transcript over its connections."""

    def __init__(self, opts):
        self.opts = opts
        self.names = Names(opts.define)
        self.wires = {}
        self.anyorder = []
        self.status = 0
        self.spoke_last = set()

    def wire(self, name):
        if name not in self.wires:
            self.wires[name] = Wire(self.opts, name)
            prelude = (self.opts.beside_prelude if name == "9"
                       else self.opts.prelude)
            self.run(prelude.split("\n"), "login ", name)
        return self.wires[name]

    def sends(self, wire, kind, arg):
        text = self.names.fill(arg)
        if kind == "<":
            with open(text, "rb") as f:
                octets = f.read()
        elif kind == "~":
            octets = unescape(text).encode("latin-1")
        else:
            octets = text.encode("latin-1") + b"\r\n"
        wire.note("C" + kind, octets.removesuffix(b"\r\n"))
        wire.send(octets)

    def expects(self, wire, kind, arg, what):
        if kind == "<":
            with open(self.names.fill(arg), "rb") as f:
                return wire.exactly(f.read(), what)
        if kind == "~":
            text = unescape(self.names.fill(arg))
            return wire.exactly(text.encode("latin-1"), what)
        while True:
            line = wire.line(what)
            if self.names.match(arg, line):
                return None
            if kind != "*":
                raise Failed("%s\n  came: %s" % (
                    what, show(line.encode("latin-1"))))

    def settle(self):
        """Match the gathered S+ lines against as many lines."""
        wanted, self.anyorder = self.anyorder, []
        while wanted:
            wire, what = wanted[0][0], wanted[0][2]
            line = wire.line(what)
            hit = next((w for w in wanted if w[0] is wire
                        and self.names.match(w[1], line)), None)
            if not hit:
                raise Failed("%s, or a neighbour\n  came: %s" % (
                    what, show(line.encode("latin-1"))))
            wanted.remove(hit)

    def shell(self, command):
        bed = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "bed.bash")
        done = subprocess.run(["bash", "-ec", '. "$1"; eval "$2"', "run", bed,
                               self.names.fill(command)], check=False,
                              stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode:
            raise Failed("RUN %s: status %d" % (command, done.returncode))

    def act(self, text, where, name):
        m = ACT.fullmatch(text)
        if not m:
            raise Failed("%s: not a line of a transcript: %s" % (where, text))
        what = "%sexpected: %s" % (where, text)
        if m[3] != "+" and self.anyorder:
            self.settle()
        if m[7] == "RUN":
            return self.shell(m[8])
        if m[7] == "EXIT":
            self.status = int(m[8])
            return None
        key = m[2] or m[6] or name
        wire = self.wire(key)
        self.spoke_last.discard(key)
        if m[1] == "C":
            self.spoke_last.add(key)
            return self.sends(wire, m[3], m[4] or "")
        if m[3] == "+":
            return self.anyorder.append((wire, m[4] or "", what))
        if m[1] == "S":
            return self.expects(wire, m[3], m[4] or "", what)
        return {"CLOSE": wire.close_half, "DROP": wire.drop,
                "EOF": lambda: wire.eof(what),
                "TLS": lambda: wire.start_tls(what),
                "DEFLATE": lambda: wire.start_deflate(what)}[m[5]]()

    def run(self, lines, where, name=""):
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n").lstrip("\t ")
            if line and not line.startswith("#"):
                self.act(line, "%sline %d, " % (where, number), name)
        self.settle()

    def whole(self, lines):
        self.run(lines, "")
        if not self.wires:
            self.wire("")
        for name, wire in self.wires.items():
            wire.finish(name not in self.spoke_last, self.status)

    def tell(self, failure):
        print("FAILED: %s" % failure)
        for name, wire in sorted(self.wires.items()):
            print("dialogue%s:" % (" " + name if name else ""))
            print("\n".join(wire.dialogue[-200:]))
        if os.path.exists(self.opts.errors):
            with open(self.opts.errors, encoding="latin-1") as f:
                text = f.read()
            if text:
                print("fd 2 of the server:\n" + text[-8000:])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-D", dest="define", action="append", default=[],
                   metavar="NAME=WORD")
    p.add_argument("--prelude", default="", help="transcript of the login")
    p.add_argument("--raw", help="directory for what the server sent")
    p.add_argument("--ca", help="who may have signed for the server")
    p.add_argument("--errors", default="/dev/null",
                   help="file for the server's fd 2")
    p.add_argument("--show", action="store_true",
                   help="print the dialogue if all went well, too")
    p.add_argument("--deadline", type=float, default=10)
    p.add_argument("--via", choices=["pipe", "unix"], default="pipe")
    p.add_argument("--connect", metavar="HOST:PORT")
    p.add_argument("--beside", metavar="HOST:PORT",
                   help="where connection 9 goes")
    p.add_argument("--beside-prelude", default="")
    p.add_argument("command", nargs="*")
    opts = p.parse_args()
    lines = sys.stdin.buffer.read().decode("latin-1").split("\n")
    talk = Talk(opts)
    try:
        talk.whole(lines)
    except (Failed, OSError, subprocess.TimeoutExpired) as failure:
        talk.tell(failure)
        return 1
    finally:
        for wire in talk.wires.values():
            wire.kill()
    if opts.show:
        for _, wire in sorted(talk.wires.items()):
            print("\n".join(wire.dialogue))
    return 0


if __name__ == "__main__":
    sys.exit(main())
