"""What newer clients do beside the rest: COMPRESS, IMAP4rev2, several messages
in one APPEND, REPLACE, and searches whose result is kept for the next command.

Which client is which: by its number, so that every pair is there among ten.
"""

import zlib

import disk


class More:
    """A part of Client (client.py)."""

    def prepare(self):
        """The next command that comes before any other, if there is one."""
        for word, text, done in (
                ("COMPRESS=DEFLATE", "COMPRESS DEFLATE", self.compressed),
                ("IMAP4REV2", "ENABLE IMAP4rev2", None)):
            if word in self.prepared:
                continue
            self.prepared.add(word)
            wanted = self.number % 3 == (1 if word[0] == "C" else 2)
            if wanted and word in self.capabilities:
                command = self.command_of(text.split()[0])
                command.done = done
                self.send(text, command)
                return True
        return False

    def compressed(self, kind, _code):
        self.must(kind == "OK", "COMPRESS: NO")
        self.squeeze = zlib.compressobj(wbits=-15)
        self.expand = zlib.decompressobj(-15)
        self.parser.buffer = self.expand.decompress(self.parser.buffer)

    def packed(self, octets):
        """As they go over the wire."""
        if self.squeeze is None:
            return octets
        return self.squeeze.compress(octets) + self.squeeze.flush(
            zlib.Z_SYNC_FLUSH)

    def unpacked(self, octets):
        if self.expand is None:
            return octets
        return self.expand.decompress(octets)

    def more_acts(self):
        acts = []
        if "MULTIAPPEND" in self.capabilities:
            acts.append((1, self.do_multiappend))
        if "REPLACE" in self.capabilities:
            acts.append((2, self.do_replace))
        if self.world.can_search and (
                self.capabilities & {"SEARCHRES", "IMAP4REV2"}):
            acts.append((2, self.do_saved))
        return acts

    def literal(self, name):
        octets = disk.make(name)
        return b"(work) {%d+}\r\n" % len(octets) + octets

    def do_multiappend(self):
        names = [self.world.new_name("m%s" % self.number)
                 for _ in range(self.rng.randrange(2, 5))]
        command = self.command_of("APPEND")

        def done(kind, code):
            self.must(kind == "OK", "MULTIAPPEND: NO")
            self.world.born |= set(names)
            uids = code[1][1]
            self.must(len(uids) == len(names), "APPENDUID of %d" % len(uids))
            for uid, name in zip(uids, names):
                self.world.named(uid, name)
            self.world.counts["messages of MULTIAPPEND"] += len(names)
        command.done = done
        self.send(b"APPEND INBOX " + b" ".join(
            self.literal(name) for name in names), command)

    def do_replace(self):
        uid = self.rng.random() < .5
        text, slots = self.some_known(uid)
        if text is None or self.readonly:
            return self.do_noop()
        old = slots[0].uid
        self.world.may_go_uids.add(old)
        command = self.command_of("REPLACE", uid)
        command.name = self.world.new_name("r%s" % self.number)

        def done(kind, code):
            self.must(kind == "OK" or code, "REPLACE: NO")
            if kind != "OK":
                return
            self.world.born.add(command.name)
            self.must(old in command.lost, "REPLACE leaves the old one")
        command.done = done
        return self.send(b"%sREPLACE %s INBOX " % (
            b"UID " if uid else b"", text.split(",")[0].encode())
            + self.literal(command.name), command)

    def replaced(self, code):
        """APPENDUID, before REPLACE has ended."""
        self.must(self.flight[0].word == "REPLACE", "a stray APPENDUID")
        self.world.named(code[1][1][0], self.flight[0].name)

    def do_saved(self):
        """What a search found is what "$" stands for, less what has gone."""
        search = self.command_of("SEARCH", True)
        fetch = self.command_of("FETCH", True)
        key = self.rng.choice(["ALL", "SEEN", "KEYWORD work", "UNDELETED"])

        def done(kind, code):
            self.must(kind == "OK" or code, "SEARCH: NO")
            if kind == "OK":
                self.send("UID FETCH $ (FLAGS)", fetch)

        def fetched(kind, code):
            told = {slot.uid for _, slot, _ in fetch.told}
            # Flags that others changed come as FETCH, too.
            others = told - set(search.result)
            self.must(not others or kind == "OK", "FETCH $")
            self.checked(fetch, kind, code, search.result)
            self.world.counts["FETCH $"] += 1
        search.done, fetch.done = done, fetched
        self.send("UID SEARCH RETURN (SAVE ALL) " + key, search)
