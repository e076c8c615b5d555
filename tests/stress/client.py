"""One IMAP client that believes nothing: it keeps the mailbox as the answers
tell it and checks every answer against what it knows.

A message number is a place in self.view; each Slot there holds what this
client was told.  What is true of UIDs for all clients and for ever (which
message, whether it may have gone) is in the World they share.
"""

import collections
import os
import random
import re
import signal
import socket
import subprocess
import time

import disk
import grammar
import more

FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft"]
WORDS = ["$Forwarded", "work", "$Label1", "later"]
# Results that stay alive: in the order of the mailbox, and sorted.
LIVE = ["UID SEARCH RETURN (%s) UNSEEN UNDELETED",
        "UID SORT RETURN (%s) (REVERSE SIZE) UTF-8 KEYWORD work"]
BY_NUMBER = ("FETCH", "STORE", "SEARCH", "SORT", "THREAD")


class Wrong(Exception):
    """An answer that cannot be."""


class World:
    """What all clients together know."""

    def __init__(self, root, owner):
        self.inbox = disk.Disk(root, owner)
        self.box = disk.Disk(os.path.join(root, ".box"), owner)
        self.names = {}         # UID in INBOX -> name
        self.box_names = {}     # UID in box -> name
        self.uids = {}          # name -> UIDs it has in INBOX
        self.born = set()       # names that must be in INBOX
        self.may_go = set()     # names that may leave it
        self.may_go_uids = set()
        self.gone = {}          # UID -> who was told that it has gone, and when
        self.in_box = collections.Counter()
        self.maybe_in_box = set()
        self.validity = {}
        self.counts = collections.Counter()
        self.serial = 0

    def new_name(self, who):
        self.serial += 1
        return "%s.%d" % (who, self.serial)

    def named(self, uid, name):
        if self.names.setdefault(uid, name) != name:
            raise Wrong("UID %d is %s, and was %s" % (
                uid, name, self.names[uid]))
        self.uids.setdefault(name, set()).add(uid)

    def may(self, uid):
        return uid in self.may_go_uids or self.names.get(uid) in self.may_go

    def leaves(self, uid, who):
        """Somebody is told that the message is no longer there."""
        if uid in self.names and not self.may(uid):
            raise Wrong("UID %d (%s) has gone, and nobody deleted it" % (
                uid, self.names[uid]))
        self.gone.setdefault(uid, (who, time.monotonic()))


class Slot:
    __slots__ = ("uid", "flags", "name", "modseq", "since")

    def __init__(self, since):
        self.uid = self.flags = self.name = None
        self.modseq = 0
        self.since = since  # the server looked at the mailbox after that


class Command:
    """One that was sent; done(status, code) checks its end."""

    def __init__(self, word, uid=False, done=None, more=()):
        self.word = word
        self.uid = uid
        self.done = done
        self.more = list(more)  # what follows each "+"
        self.tag = b""
        self.told = []          # (number then, slot, with flags?), from FETCH
        self.result = []
        self.lost = set()       # UIDs expunged while it ran
        self.sent = time.monotonic()

    def expunge_allowed(self):
        return self.uid or self.word not in BY_NUMBER


class Client(more.More):
    """A connection, its model, and what it may do next."""

    def __init__(self, world, seed, number, command):
        self.world = world
        self.number = number
        self.rng = random.Random("%s/%s" % (seed, number))
        self.command = command
        self.log = collections.deque(maxlen=150)
        self.child = self.sock = None
        self.saved = None       # what to resynchronize with (RFC 7162 3.2.5)
        self.connect()

    # --- the wire

    def connect(self):
        self.sock, far = socket.socketpair()
        self.child = subprocess.Popen(self.command, stdin=far, stdout=far,
                                      stderr=self.world.errors,
                                      start_new_session=True)
        far.close()
        self.sock.setblocking(False)
        self.parser = grammar.Session()
        self.flight = collections.deque()
        self.out = b""
        self.squeeze = self.expand = None
        self.prepared = set()
        self.tags = 0
        self.greeted = self.idling = self.leaving = False
        self.modified = set()
        self.forget()
        self.qresync = False
        self.resync = None
        self.notify = None      # "selected" or "selected-delayed"
        self.quiet = time.monotonic()   # what comes unasked is newer

    def forget(self):
        """No mailbox is selected."""
        self.contexts = {}      # tag -> UIDs, kept up to date (RFC 5267)
        self.modseq = None
        self.selected = None
        self.readonly = False
        self.view = []

    def say(self, mark, octets):
        self.log.append("%s%s %r" % (mark, self.number, octets[:600]))

    def raw(self, octets):
        self.say("C", octets)
        self.out += self.packed(octets)
        self.flush()

    def flush(self):
        while self.out:
            try:
                n = self.sock.send(self.out)
            except BlockingIOError:
                return
            except OSError:
                self.out = b""
                return
            self.out = self.out[n:]

    def send(self, text, command):
        self.tags += 1
        command.tag = b"%d" % self.tags
        self.flight.append(command)
        octets = text if isinstance(text, bytes) else text.encode()
        self.raw(command.tag + b" " + octets + b"\r\n")
        self.world.counts[("UID " if command.uid else "") + command.word] += 1
        return command

    def read(self):
        """Take what has come; False at the end of the connection."""
        try:
            octets = self.sock.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError:
            octets = b""
        if not octets:
            return False
        try:
            for value in self.parser.feed(self.unpacked(octets)):
                self.say("S", repr(value).encode())
                self.take(value)
        except grammar.Bad as e:
            raise Wrong("not IMAP: %s" % e) from None
        return True

    def close(self):
        self.sock.close()

    def reap(self):
        status = self.child.wait(20)
        if status:
            raise Wrong("the server ended with status %d" % status)

    def kill(self):
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    @property
    def capabilities(self):
        return self.parser.capabilities or set()

    def idle(self):
        return not self.flight

    # --- what comes

    def take(self, value):
        kind = value[0]
        if not self.greeted:
            self.must(kind == "PREAUTH", "no greeting")
            self.greeted = True
            return
        if kind == "+":
            self.must(self.flight and self.flight[0].more, "a stray +")
            what = self.flight[0].more.pop(0)
            if what is None:
                self.idling = True
            else:
                self.raw(what)
        elif kind in ("OK", "NO", "BAD") and value[1]:
            self.tagged(value)
        elif kind == "BYE":
            self.must(self.leaving, "BYE")
        else:
            self.must(self.flight or self.notify,
                      "no command runs: %r" % (value,))
            getattr(self, "on_" + kind.lower(), self.other)(*value[1:])

    def must(self, true, what):
        if not true:
            raise Wrong("client %s: %s" % (self.number, what))

    def other(self, *_):
        pass

    @property
    def running(self):
        """The command whose answers come, or none: NOTIFY's news."""
        if self.flight:
            return self.flight[0]
        command = Command("nothing", self.notify == "selected")
        command.sent = self.quiet
        return command

    @property
    def listens(self):
        """Hears of everything without a command."""
        return self.notify == "selected" and self.selected \
            and not self.flight

    def by_uid(self):
        """Whose numbers may move at any time asks by UID alone."""
        return self.notify == "selected" or self.rng.random() < .5

    def on_ok(self, _tag, code, _text):
        if code and code[0] == "CLOSED" and self.notify:
            self.opened()
        if code and code[0] == "HIGHESTMODSEQ" and self.selected:
            self.modseq = code[1]
        if code and code[0] == "UIDVALIDITY" and self.selected:
            was = self.world.validity.setdefault(self.selected, code[1])
            self.must(was == code[1], "UIDVALIDITY changed")
        elif code and code[0] == "COPYUID":
            self.copied(code)
        elif code and code[0] == "APPENDUID":
            self.replaced(code)

    @staticmethod
    def command_of(word, uid=False):
        return Command(word, uid)

    def tagged(self, value):
        kind, tag, code, text = value
        self.must(self.flight and self.flight[0].tag == tag,
                  "no such tag runs: %r" % tag)
        command = self.flight.popleft()
        self.quiet = command.sent
        self.must(kind != "BAD", "BAD: %r" % text)
        if code and code[0] == "COPYUID":
            self.copied(code)
        if command.done:
            command.done(kind, code)

    def on_exists(self, n):
        self.must(n >= len(self.view), "EXISTS %d after %d" % (
            n, len(self.view)))
        since = self.running.sent
        self.view += [Slot(since) for _ in range(n - len(self.view))]

    def on_expunge(self, n):
        self.must(self.running.expunge_allowed(),
                  "EXPUNGE in answer to %s" % self.running.word)
        self.must(n <= len(self.view), "EXPUNGE %d of %d" % (
            n, len(self.view)))
        self.drop(n - 1)

    def drop(self, i):
        slot = self.view.pop(i)
        if slot.uid:
            if self.selected == "INBOX":
                self.world.leaves(slot.uid, self.number)
            for command in self.flight:
                command.lost.add(slot.uid)

    def on_vanished(self, earlier, ranges):
        self.must(self.qresync, "VANISHED")
        self.must(earlier or self.running.expunge_allowed(),
                  "VANISHED in answer to %s" % self.running.word)
        for low, high in ranges:
            if earlier and self.resync is not None:
                for uid in [u for u in self.resync if low <= u <= high]:
                    self.world.leaves(uid, self.number)
                    del self.resync[uid]
            if not earlier:
                self.must(high - low < 100000, "VANISHED so many")
                for uid in range(low, high + 1):
                    self.vanish(uid)
                continue
            for i in range(len(self.view) - 1, -1, -1):
                if self.view[i].uid and low <= self.view[i].uid <= high:
                    self.drop(i)

    def vanish(self, uid):
        """One message less: its own slot, or one not known yet between
        those of its neighbours."""
        at = unknown = None
        for i, slot in enumerate(self.view):
            if slot.uid == uid:
                at = i
            elif slot.uid is None:
                unknown = i
            elif slot.uid > uid:
                break
            else:
                unknown = None
        at = unknown if at is None else at
        self.must(at is not None, "VANISHED %d was not there" % uid)
        self.drop(at)

    def learn_uid(self, n, uid):
        slot = self.view[n - 1]
        self.must(slot.uid in (None, uid), "message %d has UID %d, was %s" % (
            n, uid, slot.uid))
        if slot.uid:
            return
        for other in self.view[n - 2::-1] if n > 1 else ():
            if other.uid:
                self.must(other.uid < uid, "UIDs do not grow")
                break
        for other in self.view[n:]:
            if other.uid:
                self.must(other.uid > uid, "UIDs do not grow")
                break
        if self.selected == "INBOX":
            who, when = self.world.gone.get(uid, (None, slot.since))
            self.must(when >= slot.since, "UID %d came back; client "
                      "%s was told that it has gone" % (uid, who))
        slot.uid = uid

    def learn_name(self, slot, name):
        self.must(name, "a message without X-Stress")
        self.must(slot.name in (None, name), "another message: %s, was %s" % (
            name, slot.name))
        slot.name = name

    def on_fetch(self, n, items):
        self.must(n <= len(self.view), "FETCH %d of %d" % (n, len(self.view)))
        if "UID" in items:
            self.learn_uid(n, items["UID"])
        slot = self.view[n - 1]
        self.must(not self.running.uid or "UID" in items
                  or self.running.word not in ("FETCH", "STORE"),
                  "no UID in answer to a UID command")
        for key, value in items.items():
            if value is not None and key.startswith("BODY[HEADER"):
                self.learn_name(slot, disk.named_in(value))
            elif key == "BODY[]":
                self.must(value is not None, "BODY[] NIL")
                self.learn_name(slot, disk.named_in(value))
                self.must(value == disk.make(slot.name),
                          "the octets of %s are others" % slot.name)
        if slot.name and slot.uid and self.selected == "INBOX":
            self.world.named(slot.uid, slot.name)
        if "RFC822.SIZE" in items and slot.name:
            self.must(items["RFC822.SIZE"] == len(disk.make(slot.name)),
                      "the size of %s" % slot.name)
        if "MODSEQ" in items:
            self.must(items["MODSEQ"] >= slot.modseq, "MODSEQ goes back")
            slot.modseq = items["MODSEQ"]
        if "FLAGS" in items:
            slot.flags = frozenset(f.decode().lower() for f in items["FLAGS"]
                                   ) - {"\\recent"}
        self.running.told.append((n, slot, "FLAGS" in items))

    def on_search(self, numbers, _modseq=None):
        self.flight[0].result = numbers

    on_sort = on_search

    def on_esearch(self, about, uid, data):
        tag = about.get("TAG")
        if tag in self.contexts:
            self.must(uid, "updates by UID")
            return self.updated(self.contexts[tag], data)
        self.must(about.get("TAG") == self.flight[0].tag, "ESEARCH's tag")
        self.must(uid == self.flight[0].uid, "ESEARCH's UID")
        self.flight[0].result = data.get("ALL", [])
        if self.flight[0].word == "live":
            self.contexts[tag] = self.flight[0].result
        return None

    def updated(self, live, data):
        """In the order in which they come; 0 is no position."""
        for at, uids in data.get("REMOVEFROM", []):
            if at:
                self.must(live[at - 1:at - 1 + len(uids)] == uids,
                          "REMOVEFROM (%d %s) of %s" % (at, uids, live))
                del live[at - 1:at - 1 + len(uids)]
            for uid in uids if not at else ():
                self.must(uid in live, "REMOVEFROM %d" % uid)
                live.remove(uid)
        for at, uids in data.get("ADDTO", []):
            self.must(not set(uids) & set(live), "ADDTO %s again" % uids)
            self.must(at <= len(live) + 1, "ADDTO beyond the end")
            if at:
                live[at - 1:at - 1] = uids
            else:
                live += uids
        self.world.counts["updates of results"] += 1

    def copied(self, code):
        """COPYUID: what is in the other mailbox now."""
        command = self.flight[0] if self.flight else self.ended
        validity, source, into = code[1]
        where = command.target
        was = self.world.validity.setdefault(where, validity)
        self.must(was == validity, "COPYUID's UIDVALIDITY")
        for uid, new in zip(source, into):
            name = self.world.names.get(uid)
            if where == "box":
                self.must(new not in self.world.box_names,
                          "COPYUID gives UID %d a second time" % new)
                self.world.box_names[new] = name
                self.world.in_box[name] += 1
            else:
                if name:
                    self.world.named(new, name)
                if self.world.may(uid):
                    self.world.may_go_uids.add(new)  # \\Deleted is copied

    # --- what to do next

    def known(self):
        return [i + 1 for i, slot in enumerate(self.view) if slot.uid]

    def some(self, uid):
        """A set of messages, and the numbers or UIDs in it."""
        rng = self.rng
        if uid:
            all_ = [slot.uid for slot in self.view if slot.uid]
        else:
            all_ = list(range(1, len(self.view) + 1))
        if not all_:
            return None, []
        how = rng.randrange(4)
        if how == 0:
            low = rng.randrange(len(all_))
            high = min(len(all_), low + rng.randrange(1, 12)) - 1
            chosen = all_[low:high + 1]
            return "%d:%d" % (all_[high], all_[low]), chosen
        if how == 1:
            return "%d" % all_[-1], [all_[-1]]
        chosen = sorted(rng.sample(all_, min(len(all_),
                                             rng.randrange(1, 5))))
        return ",".join("%d" % n for n in chosen), chosen

    def some_known(self, uid):
        """Of messages whose UID and name this client knows."""
        slots = [(i + 1, s) for i, s in enumerate(self.view)
                 if s.uid in self.world.names]
        if not slots:
            return None, []
        chosen = self.rng.sample(slots, min(len(slots),
                                            self.rng.randrange(1, 4)))
        text = ",".join("%d" % (s.uid if uid else n) for n, s in chosen)
        return text, [s for _, s in chosen]

    def step(self):
        """Do the next thing; the choice is the seed's and the model's."""
        if self.idling:
            return self.end_idle()
        if self.prepare():
            return None
        if self.selected is None:
            return self.do_select()
        acts = [(14, self.do_fetch), (10, self.do_store), (4, self.do_noop),
                (2, self.do_expunge), (3, self.do_idle), (1, self.do_delete),
                (3, self.do_copy), (1, self.do_move), (5, self.do_append),
                (4, self.do_search), (1, self.do_select), (1, self.do_leave),
                (1, self.do_status), (1, self.do_drop), (1, self.do_burst)]
        acts += self.more_acts()
        if len(self.view) > 150:
            acts += [(8, self.do_delete), (8, self.do_expunge)]
        weights, which = zip(*acts)
        return self.rng.choices(which, weights)[0]()

    def do_select(self, word=None):
        """Every other client is one with QRESYNC, and comes back with what
        it knew when it left."""
        if self.number % 2 and not self.qresync and \
                "QRESYNC" in self.capabilities:
            self.qresync = True
            self.send("ENABLE CONDSTORE QRESYNC", Command("ENABLE"))
        wants = {2: "selected-delayed", 4: "selected"}.get(self.number % 5)
        if wants and not self.notify and "NOTIFY" in self.capabilities:
            self.notify = wants
            self.send("NOTIFY SET (%s (MessageNew (UID FLAGS BODY.PEEK["
                      "HEADER.FIELDS (X-STRESS)]) MessageExpunge FlagChange))"
                      " (mailboxes box (MessageNew MessageExpunge))" % wants,
                      Command("NOTIFY"))
        if word is None:
            word = self.rng.choice(["SELECT"] * 5 + ["EXAMINE"])
        self.save()
        self.opening = word
        if not (self.notify and self.selected):
            self.opened()
        self.resync, text = None, ""
        if self.qresync and self.saved and self.rng.random() < .7:
            modseq, slots = self.saved
            self.resync = dict(slots)
            text = " (QRESYNC (%d %d))" % (self.world.validity["INBOX"],
                                           modseq)

        def done(kind, _code):
            self.must(kind == "OK", word)
            if self.resync is not None:
                self.resynced()
            elif self.view:
                self.do_fetch(all_=True)
            if self.number % 3 == 0 and "CONTEXT=SORT" in self.capabilities:
                for text in LIVE:
                    self.send(text % "UPDATE ALL", Command("live", True))
        self.send(word + " INBOX" + text, Command(word, done=done))

    def opened(self):
        """From here on the answers are of the new mailbox: who is told at any
        time hears of the old one until it is CLOSED."""
        self.forget()
        self.selected = "INBOX"
        self.readonly = self.opening == "EXAMINE"

    def save(self):
        """What is known of the selected mailbox, if that is all of it."""
        if self.selected and self.modseq and all(
                s.uid and s.flags is not None for s in self.view):
            self.saved = self.modseq, {s.uid: (s.flags, s.name)
                                       for s in self.view}

    def resynced(self):
        """What was known, less what VANISHED, and what FETCH told: that is
        the mailbox now."""
        told = {s.uid for s in self.view if s.uid}
        uids = sorted(told | set(self.resync))
        self.must(len(uids) <= len(self.view), "QRESYNC: %d messages, there "
                  "are %d" % (len(uids), len(self.view)))
        if len(uids) < len(self.view):
            return self.blurred(uids)
        for uid, slot in zip(uids, self.view):
            self.must(slot.uid in (None, uid), "QRESYNC: UID %s, not %d" % (
                slot.uid, uid))
            slot.uid = uid
            flags, name = self.resync.get(uid, (None, None))
            slot.name = slot.name or name
            if slot.flags is None:
                slot.flags = flags
        self.resync = None
        self.world.counts["resynchronized"] += 1
        return None

    def blurred(self, uids):
        """Some have a number and were not told: only those may be that went
        while SELECT ran, and no answer shows them any more."""
        self.resync = None
        command = Command("FETCH", True)

        def done(_kind, _code):
            for _, slot, _ in command.told:
                self.must(slot.uid in uids or slot.since >= command.sent,
                          "QRESYNC did not tell of UID %s" % slot.uid)
        command.done = done
        return self.send("UID FETCH 1:* (FLAGS)", command)

    def do_fetch(self, all_=False):
        rng = self.rng
        uid = all_ or self.by_uid()
        if all_:
            text, chosen = "1:*", []
            items = "(FLAGS BODY.PEEK[HEADER.FIELDS (X-STRESS)])"
        else:
            text, chosen = self.some(uid)
            items = rng.choice([
                "(UID FLAGS)", "(UID)", "FLAGS", "(UID BODY[])", "BODY.PEEK[]",
                "(UID BODY.PEEK[HEADER.FIELDS (X-STRESS)])", "BODY[HEADER]",
                "(RFC822.SIZE ENVELOPE)", "(BODYSTRUCTURE INTERNALDATE)",
                "(UID RFC822.SIZE BODY.PEEK[])", "ALL"])
        if self.qresync and "UID" not in items:
            # VANISHED means nothing to a client that knows no UIDs.
            items = "(UID %s)" % items.strip("()").replace("ALL", "FLAGS")
        if text is None:
            return self.do_noop()
        command = Command("FETCH", uid)

        def done(kind, code):
            self.checked(command, kind, code, chosen)
        command.done = done
        prefix = "UID " if uid else ""
        return self.send("%sFETCH %s %s" % (prefix, text, items), command)

    def checked(self, command, kind, code, chosen):
        """Who was asked for has answered, or has gone for good."""
        told = {slot.uid if command.uid else n for n, slot, _ in command.told}
        missing = set(chosen) - told
        if kind == "NO":
            self.must(code and code[0] in ("EXPUNGEISSUED", "NONEXISTENT")
                      and (missing or command.uid),
                      "NO to %s" % command.word)
        for n in missing:
            uid = n if command.uid else self.view[n - 1].uid
            if uid and self.selected == "INBOX":
                self.world.leaves(uid, "%s (no answer)" % self.number)

    def do_store(self):
        if self.readonly:
            return self.do_fetch()
        rng = self.rng
        uid = self.by_uid()
        text, chosen = self.some(uid)
        if text is None:
            return self.do_noop()
        sign = rng.choice(["+", "-", "+", "-", ""])
        flags = rng.sample(FLAGS + WORDS, rng.randrange(1, 3))
        return self.store(uid, text, chosen, sign, flags,
                          self.silent(.4))

    def silent(self, often):
        """Not who is told at any time: what came first is unknown."""
        return not self.notify and self.rng.random() < often

    def do_delete(self):
        if self.readonly:
            return self.do_noop()
        uid = self.by_uid()
        text, slots = self.some_known(uid)
        if text is None:
            return self.do_noop()
        self.world.may_go_uids |= {slot.uid for slot in slots}
        chosen = [s.uid if uid else self.view.index(s) + 1 for s in slots]
        return self.store(uid, text, chosen, "+", ["\\Deleted"],
                          self.silent(.5))

    def store(self, uid, text, chosen, sign, flags, silent):
        command = Command("STORE", uid)
        words = frozenset(f.lower() for f in flags)
        slots = [s for i, s in enumerate(self.view)
                 if (s.uid if uid else i + 1) in set(chosen)]

        def done(kind, code):
            if not silent:
                return self.checked(command, kind, code, chosen)
            self.must(kind == "OK" or code and code[0] == "EXPUNGEISSUED",
                      "NO to a silent STORE")
            for slot in slots:
                if slot.flags is None or any(
                        slot is s and flags for _, s, flags in command.told):
                    continue
                if kind == "NO":
                    slot.flags = None  # whose, is not told
                elif sign == "+":
                    slot.flags |= words
                elif sign == "-":
                    slot.flags -= words
                else:
                    slot.flags = words
            return None
        command.done = done
        return self.send("%sSTORE %s %sFLAGS%s (%s)" % (
            "UID " if uid else "", text, sign, ".SILENT" if silent else "",
            " ".join(flags)), command)

    def do_noop(self):
        self.send("NOOP" if self.rng.random() < .8 else "CHECK",
                  Command("NOOP"))

    def do_expunge(self):
        if self.readonly:
            return self.do_noop()
        if "UIDPLUS" in self.capabilities and self.rng.random() < .5:
            text, _ = self.some(True)
            if text:
                return self.send("UID EXPUNGE " + text,
                                 Command("EXPUNGE", True))
        return self.send("EXPUNGE", Command("EXPUNGE"))

    def do_idle(self):
        if "IDLE" not in self.capabilities:
            return self.do_noop()
        if self.notify:
            self.world.counts["listened"] += 1
            return None
        return self.send("IDLE", Command("IDLE", more=[None]))

    def end_idle(self):
        self.idling = False
        self.raw(b"DONE\r\n")

    def do_copy(self):
        text, slots = self.some_known(uid := self.by_uid())
        if text is None:
            return self.do_noop()
        command = Command("COPY", uid)
        command.target = self.rng.choice(["box", "box", "INBOX"])
        return self.transfer(command, text, slots)

    def do_move(self):
        if self.readonly or "MOVE" not in self.capabilities:
            return self.do_copy()
        text, slots = self.some_known(uid := self.by_uid())
        if text is None:
            return self.do_noop()
        self.world.may_go_uids |= {slot.uid for slot in slots}
        command = Command("MOVE", uid)
        command.target = "box"
        return self.transfer(command, text, slots)

    def transfer(self, command, text, slots):
        names = {self.world.names[s.uid] for s in slots}
        self.world.maybe_in_box |= names

        def done(kind, code):
            self.must(kind == "OK" or code, "%s: NO" % command.word)
        command.done = done
        self.ended = command
        return self.send("%s%s %s %s" % ("UID " if command.uid else "",
                                         command.word, text, command.target),
                         command)

    def do_append(self):
        name = self.world.new_name("a%s" % self.number)
        octets = disk.make(name)
        flags = self.rng.choice(["", "(\\Seen) ", "(\\Draft work) ", "() "])
        command = Command("APPEND")

        def done(kind, code):
            self.must(kind == "OK", "APPEND: NO")
            self.world.born.add(name)
            if code and code[0] == "APPENDUID":
                self.must(len(code[1][1]) == 1, "APPENDUID")
                self.world.named(code[1][1][0], name)
        command.done = done
        text = ("APPEND INBOX %s{%d" % (flags, len(octets))).encode()
        if self.rng.random() < .5:
            return self.send(text + b"+}\r\n" + octets, command)
        command.more = [octets + b"\r\n"]
        return self.send(text + b"}", command)

    def do_search(self):
        if not self.world.can_search:
            return self.do_fetch()
        uid = self.by_uid()
        key = self.rng.choice(["ALL", "1:*", "SEEN", "NOT DELETED", "NAME",
                               "KEYWORD work", "UID 1:*", "UNDELETED LARGER 1",
                               "ALL SUBJECT message"])
        name = None
        if key == "NAME":
            slots = [s for s in self.view if s.name]
            if not slots:
                return self.do_noop()
            name = self.rng.choice(slots).name
            key = "HEADER X-Stress " + name
        command = Command("SEARCH", uid)
        # By number, messages that nobody may see any more still count.
        before = len(self.view)

        def done(kind, code):
            self.must(kind == "OK" or code, "SEARCH: NO")
            found = command.result
            self.must(list(found) == sorted(found), "SEARCH in order")
            for n in found:
                self.found(command, n, name, before)
        command.done = done
        form = ""
        if "ESEARCH" in self.capabilities and self.rng.random() < .3:
            form = "RETURN (ALL) "
        return self.send("%sSEARCH %s%s" % ("UID " if uid else "", form, key),
                         command)

    def found(self, command, n, name, before):
        if command.uid:
            self.must(n in command.lost
                      or any(s.uid in (n, None) for s in self.view),
                      "UID SEARCH finds %d, which is not there" % n)
            was = self.world.names.get(n)
        else:
            self.must(n <= max(before, len(self.view)),
                      "SEARCH finds %d of %d" % (n, before))
            was = self.view[n - 1].name
        # One name begins another: a.1 is found in a.12.
        self.must(not name or not was or name in was,
                  "SEARCH for %s finds %s" % (name, was))

    def do_status(self):
        self.send("STATUS box (MESSAGES UIDNEXT UIDVALIDITY)",
                  Command("STATUS"))

    def do_leave(self):
        """CLOSE expunges and tells nothing; UNSELECT does neither."""
        word = self.rng.choice(["CLOSE", "UNSELECT"])

        def done(kind, _code):
            self.must(kind == "OK", word)
            self.save()
            self.forget()
        self.send(word, Command(word, done=done))

    def do_drop(self):
        """Go away in the middle of something."""
        if self.rng.random() < .5:
            self.do_fetch()
        elif self.view:
            self.send("UID STORE 1:* -FLAGS.SILENT (\\Answered)"
                      if not self.readonly else "NOOP", Command("STORE"))
        self.save()
        self.leaving = True
        self.close()

    def do_burst(self):
        """Several by number at once, which may not move the numbers, then
        one by UID."""
        if self.notify == "selected":
            return self.do_fetch(all_=True)
        for _ in range(self.rng.randrange(2, 6)):
            text, chosen = self.some(False)
            if text is None:
                return self.do_noop()
            command = Command("FETCH")

            def done(kind, code, command=command, chosen=chosen):
                self.checked(command, kind, code, chosen)
            command.done = done
            self.send("FETCH %s (UID FLAGS)" % text, command)
        return self.send("UID FETCH 1:* (UID)", Command("FETCH", True))


def deadline(seconds):
    """A function that says what is left of them."""
    end = time.monotonic() + seconds
    return lambda: max(0, end - time.monotonic())


def probe(command):
    """What the server can do: does it know SEARCH?"""
    done = subprocess.run(command, input=b"a EXAMINE INBOX\r\nb SEARCH ALL\r\n"
                          b"c LOGOUT\r\n", stdout=subprocess.PIPE, check=True,
                          timeout=20)
    return re.search(rb"^b OK", done.stdout, re.M) is not None
