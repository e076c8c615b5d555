"""The rows of the table: what is measured, in what unit, and what we set out
to reach.

A target is a multiple of what the machine allows, measured in the same run, or
a figure.  Figures were set for mailboxes of 100,000 messages; `scaled` ones
shrink with the mailbox.
"""

from dataclasses import dataclass, field

COLUMNS = {"stdmail": "stdmail", "dovecot": "dovecot", "courier": "courier",
           "limit": "limit"}


@dataclass
class Row:
    id: str
    title: str
    unit: str = "ms"          # ms, cpu (ms a session), MB/s, /s, KB, calls
    limit: tuple = ()         # ids of limits, added up
    factor: float = 0         # target: so many times the limit
    target: float = None      # or this
    small: float = None       # and this for 10,000 messages and less
    scaled: bool = False
    extra: str = None         # a limit that is added to the target once
    columns: dict = field(default_factory=dict)

    def column(self, name):
        return {**COLUMNS, **self.columns}[name]

    def more_is_better(self):
        return self.unit in ("MB/s", "/s")

    def reach(self, limit, extra, n):
        """The target, or None."""
        if self.factor:
            if limit is None or (self.extra and extra is None):
                return None
            return self.factor * limit + (extra if self.extra else 0)
        if self.small is not None and n <= 10000:
            return self.small
        if self.target is None:
            return None
        return self.target * (n / 100000 if self.scaled else 1) + (
            limit if self.extra == "limit" and limit else 0)


def cold(name, title, limit, factor, warm, second=None):
    """A command that needs the messages the first time."""
    return [
        Row(name + ".first", title + ", first", limit=(limit,), factor=factor),
        Row(name + ".second", title + ", second", target=second, scaled=True),
        Row(name + ".warm", title + ", warm", target=warm, scaled=True),
    ]


SELECTS = [
    Row("select.first", "SELECT, never opened before", limit=("readdir",),
        factor=1.5),
    Row("select.warm", "SELECT, warm, settled", target=0.33),
    Row("select.pipe", "the same, on a pipe, with start and end", target=None,
        columns={"stdmail": "pipe"}),
    Row("select.delivered", "SELECT, just after a delivery by another program",
        limit=("readdir",), factor=1.2, extra="fsync"),
    Row("select.flagged", "SELECT, just after another program set a flag",
        limit=("readdir",), factor=1.2, extra="fsync"),
    Row("select.own", "SELECT, just after another session of ours set a flag",
        target=2),
    Row("select.calls", "SELECT, warm: system calls", unit="calls"),
    Row("status.calls", "STATUS, warm: system calls", unit="calls"),
    Row("flags.calls", "FETCH 1:* (UID FLAGS): system calls", unit="calls"),
    Row("envelope.calls", "FETCH 1:* (... ENVELOPE BODYSTRUCTURE), warm: "
        "system calls", unit="calls"),
]

READS = [
    Row("flags", "FETCH 1:* (UID FLAGS)", target=8, scaled=True,
        limit=("output.flags",)),
    *cold("envelope", "FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE "
          "BODYSTRUCTURE)", "read", 2, 60, second=60),
    *cold("fields", "UID FETCH 1:* of six header fields", "read", 2, 40),
    Row("unseen", "SEARCH UNSEEN", target=1, scaled=True),
    *cold("from", "SEARCH FROM", "read", 2, 12),
    *cold("subject", "SEARCH SUBJECT", "read", 2, 12),
    Row("body.first", "SEARCH BODY word, first", limit=("memmem",),
        factor=2.5),
    Row("body.second", "SEARCH BODY another word, again", limit=("memmem",),
        factor=0.25),
    Row("body.warm", "SEARCH BODY another word, third time",
        limit=("memmem",), factor=0.25),
    Row("text.first", "SEARCH TEXT word, first", limit=("memmem",),
        factor=2.5),
    Row("text.warm", "SEARCH TEXT another word, third time",
        limit=("memmem",), factor=0.25),
    *cold("sortdate", "SORT (DATE)", "read", 2, 8),
    *cold("sortsubject", "SORT (SUBJECT)", "read", 2, 10),
    *cold("thread", "THREAD REFERENCES", "read", 2.5, 50),
]

WRITES = [
    Row("store", "STORE 1:* +FLAGS.SILENT", limit=("rename",), factor=1.15),
    Row("copy", "COPY 1:*", limit=("link",), factor=1.5),
    Row("move", "MOVE 1:*", limit=("move",), factor=1.5),
    Row("expunge", "EXPUNGE of all", limit=("unlink",), factor=1.4),
]

BODIES = [
    Row("small", "FETCH 1:* BODY.PEEK[], usual messages", unit="MB/s",
        limit=("socket",), factor=0.8),
    Row("large", "FETCH 1:* BODY.PEEK[], messages of mean 25 KB", unit="MB/s",
        limit=("socket.large",), factor=0.85),
]

POP3 = [
    Row("pop3.list.first", "POP3 login, STAT, UIDL, LIST, first",
        limit=("readdir", "read"), factor=2),
    Row("pop3.list.second", "POP3 login, STAT, UIDL, LIST, second"),
    Row("pop3.list.warm", "POP3 login, STAT, UIDL, LIST, warm", target=40,
        scaled=True),
    Row("pop3.one", "POP3 RETR, one by one", unit="MB/s", target=250),
    Row("pop3.all", "POP3 RETR of all, pipelined", unit="MB/s",
        limit=("socket",), factor=0.8),
    Row("pop3.top", "POP3 TOP n 0 of all, pipelined", target=300,
        scaled=True),
    Row("pop3.dele", "POP3 DELE of 1,000, pipelined, and QUIT", target=20),
]

LOOP = {"stdmail": "loop", "dovecot": "tuned", "limit": "floorloop"}
EXEC = {"limit": "floor"}

SESSIONS = [
    Row("session.cpu", "login and logout, exec each: CPU ms a session",
        unit="cpu", target=4, columns=EXEC),
    Row("session.rate", "login and logout, exec each, 8 at a time",
        unit="/s", target=550, columns=EXEC),
    Row("session.loop.cpu", "login and logout, accept loop: CPU ms a session",
        unit="cpu", target=2, columns=LOOP),
    Row("session.loop.rate", "login and logout, accept loop, 8 at a time",
        unit="/s", target=1000, columns=LOOP),
    Row("check.p50", "mail check with yescrypt, p50", target=5,
        extra="limit", columns=EXEC),
    Row("hold", "memory of an idle selected session", unit="KB",
        target=500, small=400, columns=EXEC),
    Row("hold.loop", "the same, accept loop", unit="KB", target=500,
        small=400, columns=LOOP),
    Row("nobody", "memory with nobody connected", unit="KB", target=0,
        columns=EXEC),
]

SMALL = [
    Row("idle.p50", "IDLE: delivery until EXISTS, p50", target=2,
        columns=EXEC),
    Row("idle.p99", "IDLE: delivery until EXISTS, p99", target=10,
        columns=EXEC),
    Row("append", "APPEND of 10 KB, one by one", unit="/s",
        limit=("append",), factor=0.85),
    Row("multi", "MULTIAPPEND of 10 KB", unit="/s", limit=("multi",),
        factor=0.85),
]

GROUPS = {"select": SELECTS, "read": READS, "write": WRITES, "body": BODIES,
          "pop3": POP3, "session": SESSIONS, "small": SMALL}
ROWS = [row for group in GROUPS.values() for row in group]

# What the plot shows, over the size of the mailbox.
PLOT = ("select.first", "select.warm", "flags", "envelope.first",
        "envelope.warm", "body.first", "body.warm", "hold")
