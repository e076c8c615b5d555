"""The rows of the table: what is measured, in what unit, and what we set out
to reach.

A target is a multiple of what the machine allows, measured in the same run, or
a figure.  Figures were set for mailboxes of 100,000 messages; `scaled` ones
shrink with the mailbox.
"""

from dataclasses import dataclass, field

SMALL_BOX = 10000


@dataclass
class Row:
    id: str
    title: str
    unit: str = "ms"          # ms, cpu (ms a session), MB/s, /s, KB
    limit: tuple = ()         # ids of limits, added up
    factor: float = 0         # target: so many times the limit
    target: float = None      # or this
    scaled: bool = False
    extra: str = None         # "fsync" or "limit": added to the target once
    columns: dict = field(default_factory=dict)  # servers, where others
    cpu: bool = True          # has a target for processor time, too

    def column(self, name):
        return self.columns.get(name, name)

    def more_is_better(self):
        return self.unit in ("MB/s", "/s")

    def reach(self, limit, extra, n):
        """The target, or None."""
        if self.factor:
            if limit is None or (self.extra and extra is None):
                return None
            return self.factor * limit + (extra if self.extra else 0)
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
    Row("select.delivered", "SELECT after a delivery", limit=("readdir",),
        factor=1.2, extra="fsync"),
    Row("select.flagged", "SELECT after another program's flag",
        limit=("readdir",), factor=1.2, extra="fsync"),
    Row("select.own", "SELECT after our own session's flag", target=2),
]

READS = [
    Row("flags", "FETCH 1:* (UID FLAGS)", target=8, scaled=True,
        limit=("output.flags",)),
    *cold("envelope", "FETCH 1:* ENVELOPE BODYSTRUCTURE ...", "read", 2, 60,
          second=60),
    *cold("fields", "UID FETCH 1:* of six header fields", "read", 2, 40),
    Row("unseen", "SEARCH UNSEEN", target=1, scaled=True),
    *cold("from", "SEARCH FROM", "read", 2, 12),
    *cold("subject", "SEARCH SUBJECT", "read", 2, 12),
    Row("body.first", "SEARCH BODY word, first", limit=("memmem",),
        factor=2.5),
    Row("body.second", "SEARCH BODY another, second", limit=("memmem",),
        factor=0.25),
    Row("body.warm", "SEARCH BODY another, third", limit=("memmem",),
        factor=0.25),
    Row("text.first", "SEARCH TEXT word, first", limit=("memmem",),
        factor=2.5),
    Row("text.second", "SEARCH TEXT another, second", limit=("memmem",),
        factor=0.25),
    Row("text.warm", "SEARCH TEXT another, third", limit=("memmem",),
        factor=0.25),
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
    Row("small", "FETCH 1:* BODY.PEEK[], median 2 KB", unit="MB/s",
        limit=("socket.small",), factor=0.8),
    Row("large", "FETCH 1:* BODY.PEEK[], mean 25 KB", unit="MB/s",
        limit=("socket.large",), factor=0.85),
]

POP3 = [
    Row("pop3.list.first", "POP3 STAT, UIDL, LIST, first",
        limit=("readdir", "read"), factor=2),
    Row("pop3.list.second", "POP3 STAT, UIDL, LIST, second"),
    Row("pop3.list.warm", "POP3 STAT, UIDL, LIST, warm", target=40,
        scaled=True),
    Row("pop3.one", "POP3 RETR, one by one", unit="MB/s", target=250),
    Row("pop3.all", "POP3 RETR of all, pipelined", unit="MB/s",
        limit=("socket",), factor=0.8),
    Row("pop3.top", "POP3 TOP n 0 of all, pipelined", target=300,
        scaled=True),
    Row("pop3.dele", "POP3 DELE of 1,000 and QUIT", target=20),
]

LOOP = {"stdmail": "loop", "dovecot": "tuned", "courier": "none",
        "limit": "floorloop"}
EXEC = {"limit": "floor"}

SESSIONS = [
    Row("session.cpu", "login and logout, exec each, CPU", unit="cpu",
        target=4, columns=EXEC),
    Row("session.rate", "login and logout, exec each, 8 at a time",
        unit="/s", target=550, columns=EXEC, cpu=False),
    Row("session.loop.cpu", "login and logout, accept loop, CPU", unit="cpu",
        target=2, columns=LOOP),
    Row("session.loop.rate", "login and logout, accept loop, 8 at a time",
        unit="/s", target=1000, columns=LOOP, cpu=False),
    Row("check.p50", "mail check with yescrypt, p50", target=5,
        extra="limit", columns=EXEC),
    Row("nobody", "memory with nobody connected", unit="KB", target=0,
        columns=EXEC),
    Row("nobody.loop", "the same, accept loop after its first client",
        unit="KB", columns=LOOP),
]

MEMORY = [
    Row("hold.small", "idle session, 10,000 messages", unit="KB", target=400,
        columns=EXEC),
    Row("hold.small.loop", "the same, accept loop", unit="KB", target=400,
        columns=LOOP),
    Row("hold", "idle session, all messages", unit="KB", target=500,
        columns=EXEC),
    Row("hold.loop", "the same, accept loop", unit="KB", target=500,
        columns=LOOP),
]

SMALL = [
    Row("idle.p50", "IDLE: delivery until EXISTS, p50", target=2,
        columns=EXEC, cpu=False),
    Row("idle.p99", "IDLE: delivery until EXISTS, p99", target=10,
        columns=EXEC, cpu=False),
    Row("pace.p50", "slowest of seven small commands, p50", cpu=False),
    Row("pace.p99", "slowest of seven small commands, p99 (a stall is 40)",
        target=20, cpu=False),
    Row("append", "APPEND of 10 KB, one by one", unit="/s",
        limit=("append",), factor=0.85, cpu=False),
    Row("multi", "MULTIAPPEND of 10 KB", unit="/s", limit=("multi",),
        factor=0.85, cpu=False),
]

ROWS = {"session": SESSIONS, "memory": MEMORY, "select": SELECTS,
        "read": READS, "pop3": POP3, "body": BODIES, "write": WRITES,
        "small": SMALL}
