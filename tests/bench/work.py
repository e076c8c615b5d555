"""What a client does for each row, as scripts for load.c."""

ENVELOPE = ("FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE "
            "BODYSTRUCTURE)")
FIELDS = ("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE "
          "MESSAGE-ID)])")

# The command of the first, second and third session.
TURNS = ("first", "second", "warm")
COLD = {
    "envelope": [ENVELOPE] * 3,
    "fields": [FIELDS] * 3,
    "from": ["SEARCH FROM Person77"] * 3,
    "subject": ["SEARCH SUBJECT quarterly"] * 3,
    "body": ["SEARCH BODY xylograph", "SEARCH BODY quetzal",
             "SEARCH BODY zwieback"],
    "text": ["SEARCH TEXT xylograph", "SEARCH TEXT quetzal",
             "SEARCH TEXT zwieback"],
    "sortdate": ["SORT (DATE) UTF-8 ALL"] * 3,
    "sortsubject": ["SORT (SUBJECT) UTF-8 ALL"] * 3,
    "thread": ["THREAD REFERENCES UTF-8 ALL"] * 3,
}

# {n} messages, {few} of them.
COMMANDS = {
    "flags": "time flags FETCH 1:* (UID FLAGS)",
    "unseen": "time unseen SEARCH UNSEEN",
    "small": "time small FETCH 1:* BODY.PEEK[]",
    "large": "time large FETCH 1:* BODY.PEEK[]",
    "store": "time store STORE 1:* +FLAGS.SILENT (\\Draft)",
    "copy": "time copy COPY 1:* {prefix}Copied",
    "move": "time move MOVE 1:* {prefix}Moved",
    "expunge": "do STORE 1:* +FLAGS.SILENT (\\Deleted)\ntime expunge EXPUNGE",
    "select.own": "do STORE 2 +FLAGS (\\Draft)\nuse 1\nopen\nlogin\n"
                  "time select.own SELECT INBOX\nclose\nuse 0\n"
                  "do STORE 2 -FLAGS (\\Draft)",
    "pop3.one": "each pop3.one 1 {few} one RETR %u",
    "pop3.all": "each pop3.all 1 {n} all RETR %u",
    "pop3.top": "each pop3.top 1 {n} all TOP %u 0",
}

# One by one, as a client does who waits for each answer.
PACED = ("NOOP", "STATUS Moved (MESSAGES)", "SEARCH FLAGGED", "FETCH %u FLAGS",
         "FETCH %u (ENVELOPE)", "FETCH %u BODY.PEEK[]",
         "STORE %u +FLAGS (\\Flagged)")


def selected(steps, box="INBOX"):
    return f"open\nlogin\ndo SELECT {box}\n{steps}\nclose\n"


def protocol(row):
    return "pop3" if row.startswith("pop3") else "imap"


def script(row, n=0, prefix="", box="INBOX"):
    name, _, turn = row.rpartition(".")
    if name in COLD:
        return selected(f"time {row} {COLD[name][TURNS.index(turn)]}")
    if name == "select" and row not in COMMANDS:
        return f"open\nlogin\ntime {row} SELECT INBOX\nclose\n"
    if name == "pop3.list":
        return (f"open\nbegin {row}\nlogin\ndo STAT\ndo UIDL\ndo LIST\nend\n"
                "close\n")
    if row == "pop3.dele":
        return ("open\nlogin\nbegin pop3.dele\neach _dele 1 1000 all DELE %u\n"
                "do QUIT\nend\n")
    steps = COMMANDS[row].format(n=n, few=min(n, 2000), prefix=prefix)
    if protocol(row) == "pop3":
        return f"open\nlogin\n{steps}\nclose\n"
    return selected(steps, box)


def known(row):
    """Is there a script for it?"""
    try:
        return bool(script(row))
    except KeyError:
        return False
