"""SORT and THREAD by the words of RFC 5256 (and 5957), step by step."""

import re

import mail

SORT_KEYS = ["ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO",
             "DISPLAYFROM", "DISPLAYTO"]
BLOB = r"\[[^\[\]]*\][ ]*"
REFWD = r"(?:re|fwd?)[ ]*(?:%s)?:" % BLOB
LEADER = re.compile(r"(?:(?:%s)*%s|[ ])" % (BLOB, REFWD), re.I)
TRAILER = re.compile(r"(?:\(fwd\)|[ ])\Z", re.I)


def base_subject(text):
    """2.1, and whether anything was cut that makes it a reply (3, step 5)."""
    reply = False
    text = re.sub(r"[\t\r\n ]+", " ", text)
    while True:
        while (m := TRAILER.search(text)):
            reply = reply or m[0] != " "
            text = text[:m.start()]
        while True:
            m = LEADER.match(text)
            if m and m.end():
                reply = reply or m[0] != " "
                text = text[m.end():]
                continue
            m = re.match(BLOB, text)
            if m and text[m.end():]:
                text = text[m.end():]
                continue
            break
        m = re.fullmatch(r"\[fwd:(.*)\]", text, re.I | re.S)
        if not m:
            return text, reply
        reply = True
        text = m[1]


def subject(m):
    values = [v for n, v in m.fields if n == "subject"]
    return base_subject(values[0]) if values else ("", False)


ADDRESS = re.compile(
    r'\s*(?:(?P<bare>[\w.!#$%&\'*+/=?^`{|}~-]+)@[\w.-]+'
    r'|(?P<name>"(?:[^"\\]|\\.)*"|[^"<>@,;:()]*?)\s*'
    r'<(?P<local>[\w.!#$%&\'*+/=?^`{|}~-]+)@[\w.-]+>)'
    r'\s*(?P<comment>\([^()]*\))?\s*(?:,|\Z)', re.A)


def first_address(m, field):
    """(display name, addr-mailbox, addr-host) of the first; None: none;
    raises Odd where it is no plain address."""
    values = m.raw.get(field)
    if not values:
        return None
    if len(values) > 1:
        raise mail.Odd(field + " twice")
    if not values[0]:
        return None
    a = ADDRESS.match(values[0])
    if not a or a["comment"]:
        raise mail.Odd("address")
    whole = a[0].strip().rstrip(",").strip()
    address = whole[whole.rfind("<") + 1:].rstrip(">").strip()
    local, host = address.rsplit("@", 1)
    name = a["name"] or ""
    if name.startswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    elif '"' in name:
        raise mail.Odd("name")
    if name != name.strip() or "  " in name:
        raise mail.Odd("blanks around a name")  # a person sees none
    return mail.decode_words(name), local, host


def sane(m):
    """No doubt about what SORT and THREAD compare."""
    try:
        for field in ("from", "to", "cc"):
            first_address(m, field)
        for name in ("subject", "message-id", "references", "in-reply-to"):
            if len(m.raw.get(name, [])) > 1:
                return False
        for name in ("message-id", "references", "in-reply-to"):
            for value in m.raw.get(name, []):
                if name != "in-reply-to" and not re.fullmatch(
                        r"\s*(?:<[^<>@\s\"\\()\[\]]+@[^<>@\s\"\\()\[\]]+>\s*)*",
                        value):
                    return False
                if name == "in-reply-to" and re.search(r'["\\()\[\]]', value):
                    return False
    except mail.Odd:
        return False
    return True


def sort_key(m, word):
    if word == "ARRIVAL":
        return int(m.internal)
    if word == "DATE":
        return m.moment
    if word == "SIZE":
        return m.size
    if word == "SUBJECT":
        return mail.fold(subject(m)[0]).encode("utf-8")
    address = first_address(m, word.replace("DISPLAY", "").lower())
    if not address:
        return b""
    name, local, host = address
    if word.startswith("DISPLAY"):
        return mail.fold(name or local + "@" + host).encode("utf-8")
    return mail.fold(local).encode("utf-8")


def sort(messages, program):
    """Stable, so the last key first; the number decides at the end."""
    out = sorted(messages, key=lambda m: m.number)
    for word in reversed(program):
        reverse = word.startswith("REVERSE ")
        key = word.replace("REVERSE ", "")
        if reverse:
            # Equal ones stay in the order of the other keys.
            out.reverse()
        out.sort(key=lambda m, key=key: sort_key(m, key), reverse=reverse)
        if reverse:
            out = stable(out, lambda m, key=key: sort_key(m, key))
    return [m.number for m in out]


def stable(out, key):
    """Undo the reversal among equals (sort(reverse=True) keeps their order,
    which was turned round before)."""
    groups, at = [], None
    for m in out:
        k = key(m)
        if groups and k == at:
            groups[-1].append(m)
        else:
            groups.append([m])
            at = k
    return [m for group in groups for m in reversed(group)]


class Node:
    """A message, or a dummy for one that is not there."""

    def __init__(self, message=None):
        self.message = message
        self.parent = None
        self.children = []

    def above(self, other):
        while other is not None:
            if other is self:
                return True
            other = other.parent
        return False

    def join(self, child):
        self.children.append(child)
        child.parent = self

    def part(self, child):
        self.children.remove(child)
        child.parent = None

    def order(self):
        """A dummy has the place of its first child."""
        node = self
        while node.message is None:
            node = node.children[0]
        return node.message.moment, node.message.number


IDS = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")


def references(m):
    for name in ("references", "in-reply-to"):
        for value in m.raw.get(name, []):
            ids = IDS.findall(value)
            if ids:
                return ids if name == "references" else ids[:1]
    return []


def build(messages):
    """Step (1): all nodes, those of messages in their order."""
    table, nodes = {}, []
    for m in messages:
        ids = IDS.findall((m.raw.get("message-id") or [""])[0])
        own = ids[0] if ids else None
        node = table.get(own) if own else None
        if node is None or node.message is not None:
            # No id, or that of another: one of its own.
            node = Node(m)
            if own is None or own in table:
                own = object()
            table[own] = node
        else:
            node.message = m
        nodes.append(node)
        last = None
        for one in references(m):
            ref = table.setdefault(one, Node())
            if last is not None and ref.parent is None and \
                    not ref.above(last):
                last.join(ref)
            last = ref
        if node.parent is not None:
            node.parent.part(node)
        if last is not None and not node.above(last):
            last.join(node)
    return [n for n in table.values() if n.parent is None]


def prune(roots):
    """Step (3)."""
    def below(node):
        kept = []
        for child in node.children:
            below(child)
            if child.message is None:
                kept += child.children
            else:
                kept.append(child)
        node.children = kept
        for child in kept:
            child.parent = node
    out = []
    for node in roots:
        below(node)
        if node.message is not None:
            out.append(node)
        elif len(node.children) == 1:
            out.append(node.children[0])
            node.children[0].parent = None
        elif node.children:
            out.append(node)
    return out


def thread_subject(node):
    m = node.message or node.children[0].message
    text, reply = subject(m)
    return mail.fold(text), reply


def gather(roots):
    """Steps (4) and (5)."""
    for node in roots:
        deep_sort(node)
    roots.sort(key=Node.order)
    table = {}
    for node in roots:
        text, reply = thread_subject(node)
        if not text:
            continue
        there = table.get(text)
        if there is None or (there.message is not None
                             and (node.message is None
                                  or thread_subject(there)[1] and not reply)):
            table[text] = node
    out = []
    for node in roots:
        text, reply = thread_subject(node)
        there = table.get(text) if text else None
        if there is None or there is node:
            out.append(node)
        elif node.message is None and there.message is None:
            for child in list(node.children):
                there.join(child)
        elif there.message is None:
            there.join(node)
        elif reply and not thread_subject(there)[1]:
            there.join(node)
        else:
            dummy = Node()
            at = next((i for i, n in enumerate(out) if n is there), None)
            dummy.join(there)
            dummy.join(node)
            table[text] = dummy
            if at is None:
                out.append(dummy)
                roots_later.setdefault(id(there), True)
            else:
                out[at] = dummy
    return out


roots_later = {}


def deep_sort(node):
    for child in node.children:
        deep_sort(child)
    node.children.sort(key=Node.order)


def members(node):
    """As the parser of responses gives them: numbers, then branches."""
    out = [] if node.message is None else [node.message.number]
    while len(node.children) == 1:
        node = node.children[0]
        out.append(node.message.number)
    if node.children:
        out.append([members(c) for c in node.children])
    return out


def by_references(messages):
    roots_later.clear()
    roots = gather(prune(build(messages)))
    roots = [n for n in roots if not (id(n) in roots_later and n.parent)]
    for node in roots:
        deep_sort(node)
    roots.sort(key=Node.order)
    return [members(node) for node in roots]


def by_subject(messages):
    """ORDEREDSUBJECT: the first, and all others below it, side by side."""
    groups = {}
    for m in sorted(messages, key=lambda m: (m.moment, m.number)):
        groups.setdefault(mail.fold(subject(m)[0]), []).append(m.number)
    out = []
    for numbers in groups.values():
        if len(numbers) < 3:
            out.append(numbers)
        else:
            out.append([numbers[0], [[n] for n in numbers[1:]]])
    return out


def thread(word, messages):
    return by_references(messages) if word == "REFERENCES" \
        else by_subject(messages)
