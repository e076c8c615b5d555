#!/usr/bin/python3
"""same.py [-h HEADER,...] DIR MESSAGE...: DIR holds just these messages.

Clients store LF where the wire had CRLF and end the last line if it has no
end, so that is evened out on both sides, and some add header lines of their
own (-h), which are left out; every other octet must agree.  The order does
not matter; one too few or too many does.
"""

import collections
import os
import re
import sys

OWN = None
if sys.argv[1] == "-h":
    OWN = re.compile(b"^(?:%s):.*\n" % sys.argv[2].encode().replace(
        b",", b"|"), re.M)
    del sys.argv[1:3]


def even(octets):
    lines = octets.replace(b"\r\n", b"\n")
    if OWN:
        head, empty, body = lines.partition(b"\n\n")
        lines = OWN.sub(b"", head + b"\n")[:-1] + empty + body
    return lines if lines.endswith(b"\n") else lines + b"\n"


def read(path):
    with open(path, "rb") as f:
        return even(f.read())


stored = [os.path.join(where, name)
          for where, _, names in os.walk(sys.argv[1]) for name in names
          if not name.startswith(".")]
wanted = {path: read(path) for path in sys.argv[2:]}
extra = collections.Counter(read(path) for path in stored)
missing = []
for path, octets in wanted.items():
    if extra[octets] > 0:
        extra[octets] -= 1
    else:
        missing.append(path)
extra = list(extra.elements())
for path in missing:
    print("not there, or not as it was:", path)
for octets in extra:
    print("of nobody's sending:\n", octets[:300])
sys.exit(1 if missing or extra else 0)
