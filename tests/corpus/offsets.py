#!/usr/bin/env python3
"""offsets.py PROGRAM DIRECTORY

Compare the parts that PROGRAM --tree finds with what MimeKit found in the same
messages: NAME.expected.unix-offsets.json and dos-offsets.json beside NAME.eml,
for the file with LF and with CRLF.  Prints TAP, one test for each file.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

# Where we differ, and why.  Each name stands for both forms of line ends.
TYPE = "an unusable Content-Type is text/plain (RFC 2045 5.2)"
CHILD = "message/external-body and other messages are leaves in IMAP"
BLANK = "the empty line before a boundary ends the header"
DIFFERENT = {
    "jwz/1": TYPE,
    "jwz/29": TYPE,
    "jwz/134": TYPE,
    "jwz/135": TYPE,
    "jwz/36": CHILD,
    "jwz/37": CHILD,
    "jwz/45": CHILD,
    "jwz/144": CHILD,
    "jwz/5": BLANK,
}


def expected_parts(part, depth):
    yield (depth, part["mimeType"].lower(), part["beginOffset"],
           part["headersEndOffset"], part["endOffset"], part["lines"])
    for child in part.get("children", []):
        yield from expected_parts(child, depth + 1)
    if part.get("message"):
        yield from expected_parts(part["message"]["body"], depth + 1)


def found_parts(program, octets):
    with tempfile.NamedTemporaryFile() as message:
        message.write(octets)
        message.flush()
        out = subprocess.run([program, "--tree", message.name], check=True,
                             capture_output=True).stdout
    for line in out.decode("latin-1").splitlines()[1:]:
        depth, mime_type, *numbers = line.split(" ")
        yield (int(depth), mime_type.lower(), *map(int, numbers))


def message_of(expectation):
    return pathlib.Path(re.sub(r"\.expected\..*", ".eml", str(expectation)))


def compare(program, expectation):
    message = message_of(expectation)
    octets = message.read_bytes()
    octets = octets.replace(b"\r\n", b"\n")
    if ".dos-" in expectation.name:
        octets = octets.replace(b"\n", b"\r\n")
    body = json.loads(expectation.read_text())["body"]
    found = list(found_parts(program, octets))
    expected = list(expected_parts(body, 0))
    reason = next((text for end, text in DIFFERENT.items()
                   if str(message).endswith(f"/{end}.eml")), None)
    return found, expected, reason


def main():
    program, directory = sys.argv[1:]
    failed = count = 0
    for path in sorted(pathlib.Path(directory).rglob("*-offsets.json")):
        if not message_of(path).exists():
            continue
        found, expected, reason = compare(program, path)
        count += 1
        good = (found != expected) if reason else (found == expected)
        failed += not good
        where = path.relative_to(directory)
        print(f"{'ok' if good else 'not ok'} {count} - {where}"
              f"{': differs, ' + reason if reason else ''}")
        if not good:
            pair = next(((f, e) for f, e in zip(found, expected) if f != e),
                        (len(found), len(expected)))
            print(f"# found {pair[0]}, expected {pair[1]}")
    print(f"1..{count}")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
