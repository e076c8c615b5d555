#!/usr/bin/python3
"""STAT, LIST, UIDL, TOP and RETR of a whole maildrop, compared to the octet.

usage: corpus.py DIRECTORY PROGRAM...
DIRECTORY holds the message files, in the order of their names; PROGRAM is
pop3d, already logged in, on its standard input and output.
"""

import os
import re
import subprocess
import sys
import threading


def wire(octets):
    """What clients see of a file: CRLF line ends, a last one, no NUL."""
    octets = re.sub(rb"(?<!\r)\n", b"\r\n", octets).replace(b"\0", b"\x80")
    return octets if not octets or octets.endswith(b"\r\n") else \
        octets + b"\r\n"


class Client:
    def __init__(self, program):
        self.child = subprocess.Popen(program, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL)

    def pipeline(self, commands):
        """Send all while the answers are being read."""
        octets = "".join(c + "\r\n" for c in commands).encode()

        def send():
            self.child.stdin.write(octets)
            self.child.stdin.flush()
        threading.Thread(target=send, daemon=True).start()

    def line(self):
        line = self.child.stdout.readline()
        if not line.endswith(b"\r\n"):
            sys.exit("a line without CRLF: %r" % line[-80:])
        return line

    def ok(self):
        line = self.line()
        if not line.startswith(b"+OK"):
            sys.exit("refused: %r" % line)
        return line

    def many(self):
        """A multi-line answer, its dots taken off."""
        self.ok()
        lines = []
        while True:
            line = self.child.stdout.readline()
            if line == b".\r\n":
                return b"".join(lines)
            if not line:
                sys.exit("the answer has no end")
            lines.append(line[1:] if line.startswith(b".") else line)


def main():
    files = sorted(os.scandir(sys.argv[1]), key=lambda e: e.name)
    client = Client(sys.argv[2:])
    client.ok()
    client.pipeline(["STAT", "LIST", "UIDL"])
    count, octets = map(int, client.ok().split()[1:3])
    sizes = [int(x.split()[1]) for x in client.many().splitlines()]
    ids = [x.split()[1] for x in client.many().splitlines()]
    if count != len(files) or count != len(sizes) or octets != sum(sizes):
        sys.exit("STAT says %d %d, LIST %d %d, there are %d files" % (
            count, octets, len(sizes), sum(sizes), len(files)))
    if len(set(ids)) != count:
        sys.exit("UIDLs are not unique")
    client.pipeline("RETR %d" % (i + 1) for i in range(count))
    for size, file in zip(sizes, files):
        with open(file.path, "rb") as f:
            want = wire(f.read())
        got = client.many()
        if got != want:
            sys.exit("%s: RETR gives other octets" % file.name)
        if len(got) != size:
            sys.exit("%s: LIST says %d, RETR sends %d" % (
                file.name, size, len(got)))
    client.pipeline(["QUIT"])
    client.ok()
    print("%d messages, %d octets" % (count, octets))


main()
