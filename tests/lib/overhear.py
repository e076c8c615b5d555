#!/usr/bin/python3
"""Stand between a client and imapd, and hold all that is said to the grammar.

    overhear.py HOST:PORT REPORT

listens on a port of 127.0.0.1, writes "port N" into REPORT, and passes octets
both ways, unchanged.  Each response must be one that grammar.py allows, and
each tagged one must answer a command that the client sent and that was not
answered yet, in the order in which they came.  A line for each connection
goes to REPORT when it has ended: "N responses to N commands", or "error ...".

What can go wrong: compression begins in the middle of a block (both
directions are inflated for our own ears alone), and a client's octets are a
command, a literal, the line that ends IDLE or an answer to AUTHENTICATE: which
of them, only what the server said meanwhile tells.
"""

import asyncio
import re
import sys
import zlib

sys.dont_write_bytecode = True
import grammar  # noqa: E402  (beside this file)

LITERAL = re.compile(rb"~?\{(\d+)(\+?)\}\Z")


class Client:
    """The commands of one client, in order."""

    def __init__(self):
        self.buffer = b""
        self.skip = 0           # octets of a literal to come
        self.waiting = None     # (tag, octets): the server may refuse it
        self.inside = False     # the next line goes on with a command
        self.line = b""
        self.free = 0           # lines to come that are no commands
        self.commands = []      # (tag, words) not answered yet
        self.count = 0

    def feed(self, octets):
        self.buffer += octets
        while self.buffer and self.waiting is None:
            if self.skip:
                n = min(self.skip, len(self.buffer))
                self.buffer = self.buffer[n:]
                self.skip -= n
                continue
            line, end, rest = self.buffer.partition(b"\n")
            if not end:
                return
            self.buffer = rest
            self.take(line.rstrip(b"\r"))

    def take(self, line):
        if self.free:
            self.free -= 1
            return
        self.line += line
        literal = LITERAL.search(line)
        if literal and literal[2]:
            self.skip = int(literal[1])
        elif literal:
            self.waiting = (self.line.split(b" ")[0], int(literal[1]))
        if not self.inside and (self.line.strip() or literal):
            self.begin(self.line.upper().split())
        self.inside = bool(literal)
        if not literal:
            self.line = b""

    def begin(self, words):
        self.count += 1
        self.commands.append((self.line.split(b" ")[0], words))
        if words[1:2] == [b"IDLE"]:
            self.free = 1
        if words[1:2] == [b"AUTHENTICATE"] and len(words) == 3:
            self.free = 1

    def answered(self, tag):
        """The words of the command that this tag answers."""
        if not self.commands or self.commands[0][0] != tag:
            raise grammar.Bad("tag of the oldest command", tag, 0)
        words = self.commands.pop(0)[1]
        if words[1:2] in ([b"IDLE"], [b"AUTHENTICATE"]):
            self.free = 0
        if self.waiting and self.waiting[0] == tag:
            self.waiting, self.inside, self.line = None, False, b""
        self.feed(b"")
        return words

    def go_on(self):
        """The server said "+"."""
        if self.waiting:
            self.skip, self.waiting = self.waiting[1], None
            self.feed(b"")


class Ear:
    """One connection."""

    def __init__(self, report):
        self.report = report
        self.client = Client()
        self.server = grammar.Session()
        self.expand = {}
        self.broken = False

    def hear(self, side, octets):
        if self.broken:
            return
        try:
            if side in self.expand:
                octets = self.expand[side].decompress(octets)
            if side == "client":
                self.client.feed(octets)
            else:
                self.judge(octets)
        except (grammar.Bad, zlib.error) as e:
            self.broken = True
            self.report("error after %d responses: %s" % (self.server.count, e))

    def judge(self, octets):
        for value in self.server.feed(octets):
            if value[0] == "+":
                self.client.go_on()
            if value[0] not in ("OK", "NO", "BAD") or not value[1]:
                continue
            words = self.client.answered(value[1])
            if value[0] == "OK" and words[1:2] == [b"COMPRESS"]:
                for side in "client", "server":
                    self.expand[side] = zlib.decompressobj(-15)
                self.server.buffer = self.expand["server"].decompress(
                    self.server.buffer)

    def end(self):
        if not self.broken:
            self.report("%d responses to %d commands" % (
                self.server.count, self.client.count))


async def copy(ear, side, reader, writer):
    try:
        while octets := await reader.read(65536):
            ear.hear(side, octets)
            writer.write(octets)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def serve(there, path):
    host, port = there.rsplit(":", 1)
    with open(path, "w", buffering=1, encoding="utf-8") as f:

        def report(line):
            f.write(line + "\n")

        # asyncio forgets tasks that nobody else holds.
        tasks = set()

        async def connected(reader, writer):
            tasks.add(asyncio.current_task())
            ear = Ear(report)
            far_in, far_out = await asyncio.open_connection(host, int(port))
            await asyncio.gather(copy(ear, "client", reader, far_out),
                                 copy(ear, "server", far_in, writer))
            far_out.close()
            writer.close()
            ear.end()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        report("port %d" % server.sockets[0].getsockname()[1])
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
