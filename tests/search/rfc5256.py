#!/usr/bin/env python3
"""RFC 5256 as it is written, without a thought for speed: a reference.

rfc5256.py thread PROGRAM SEED ROUNDS: makes random mailboxes, threads each with
both algorithms here and by "PROGRAM -", and wants the same trees.
rfc5256.py subject PROGRAM SEED ROUNDS: the same with base subjects.
"""

import random
import re
import subprocess
import sys


class Node:
    def __init__(self, number=0, date=0, reply=False, subject=""):
        self.number, self.date = number, date
        self.reply, self.subject = reply, subject
        self.parent, self.children = None, []

    def dummy(self):
        return self.number == 0

    def detach(self):
        if self.parent:
            self.parent.children.remove(self)
            self.parent = None

    def adopt(self, child):
        child.detach()
        child.parent = self
        self.children.append(child)

    def descends_from(self, other):
        node = self
        while node:
            if node is other:
                return True
            node = node.parent
        return False

    def first(self):
        """The message that stands for it in step 4, 5 and 6."""
        if not self.dummy():
            return self
        return min((c.first() for c in self.children), key=order)


def order(node):
    node = node.first()
    return (node.date, node.sequence)


def make_nodes(box):
    nodes = []
    for sequence, (number, _, date, reply, subject, _) in enumerate(box):
        node = Node(number, date, reply, subject)
        node.sequence = sequence
        nodes.append(node)
    return nodes


def step1(box, nodes):
    by_id = {}
    for node, message in zip(nodes, box):
        if message[1]:
            by_id.setdefault(message[1], node)
    everyone = list(nodes)
    for node, message in zip(nodes, box):
        before = None
        for ref in message[5]:
            if ref not in by_id:
                by_id[ref] = Node()
                everyone.append(by_id[ref])
            now = by_id[ref]
            if before and not now.parent and not before.descends_from(now):
                before.adopt(now)
            before = now
        node.detach()
        if before and not before.descends_from(node):
            before.adopt(node)
    return everyone


def step3(node, at_top):
    """Prune below node, then say what node becomes: a list of nodes."""
    node.children = [
        n for c in list(node.children) for n in step3(c, False)
    ]
    for c in node.children:
        c.parent = node
    if not node.dummy():
        return [node]
    if not node.children:
        return []
    if at_top and len(node.children) > 1:
        return [node]
    for c in node.children:
        c.parent = None
    return node.children


def step5(root):
    table = {}
    for node in root.children:
        subject = node.first().subject
        if not subject:
            continue
        old = table.get(subject)
        if old is None:
            table[subject] = node
        elif not old.dummy() and (
            node.dummy() or (old.reply and not node.reply)
        ):
            table[subject] = node
    for node in list(root.children):
        if node.parent is not root:
            continue
        subject = node.first().subject
        if not subject or table[subject] is node:
            continue
        other = table[subject]
        if node.dummy() and other.dummy():
            for child in list(node.children):
                other.adopt(child)
            node.detach()
        elif other.dummy() or (node.reply and not other.reply):
            other.adopt(node)
        else:
            dummy = Node()
            root.adopt(dummy)
            dummy.adopt(node)
            dummy.adopt(other)
            table[subject] = dummy


def step6(node):
    for child in node.children:
        step6(child)
    node.children.sort(key=order)


def references(box):
    nodes = make_nodes(box)
    tops = [n for n in step1(box, nodes) if not n.parent]
    root = Node()
    for node in [n for top in tops for n in step3(top, True)]:
        root.adopt(node)
    root.children.sort(key=order)
    step5(root)
    step6(root)
    return "".join(show(n) for n in root.children)


def orderedsubject(box):
    threads = {}
    for node in sorted(make_nodes(box), key=order):
        threads.setdefault(node.subject, []).append(node)
    out = []
    for head, *rest in sorted(threads.values(), key=lambda t: order(t[0])):
        head.children = rest
        out.append(show(head))
    return "".join(out)


def members(node):
    text = "" if node.dummy() else str(node.number)
    if len(node.children) == 1:
        return (text + " " if text else "") + members(node.children[0])
    if node.children:
        text += " " if text else ""
    return text + "".join(show(c) for c in node.children)


def show(node):
    return "(" + members(node) + ")"


def deep_box(rng):
    """Long chains, met in some order, with a few that turn them round."""
    size = rng.randint(60, 95)
    box = []
    for i in range(size):
        refs = ["i%d" % (i - 1)] if i else []
        if rng.random() < 0.1:
            refs = ["i%d" % rng.randrange(size)] + refs
        elif rng.random() < 0.1:
            refs = ["i%d" % rng.randrange(size)]
        box.append((i + 1, "i%d" % i, i, False, "", refs))
    if rng.random() < 0.5:
        box.reverse()
    for _ in range(rng.randint(0, 30)):
        a, b = rng.randrange(size), rng.randrange(size)
        box[a], box[b] = box[b], box[a]
    return box


def random_box(rng):
    if rng.random() < 0.1:
        return deep_box(rng)
    size = rng.randint(0, 14)
    ids = ["i%d" % i for i in range(rng.randint(1, 18))]
    box = []
    for i in range(size):
        refs = rng.sample(ids, min(rng.choice([0, 0, 1, 1, 2, 3, 5]), len(ids)))
        box.append((
            i + 1,
            rng.choice(ids) if rng.random() < 0.9 else "",
            rng.randint(0, 8),
            rng.random() < 0.5,
            rng.choice(["", "a", "b", "c"]),
            refs,
        ))
    return box


def lines(box):
    for number, mid, date, reply, subject, refs in box:
        yield " ".join(
            ["msg", str(number), mid or "-", str(date), str(int(reply)),
             subject or "-"] + refs
        )
    yield "end"


BLOB = r"\[[^\[\]]*\] *"
TRAILER = re.compile(r"(\(fwd\)| )$", re.I)
LEADER = re.compile("(%s)*(re|fwd?) *(%s)?:| " % (BLOB, BLOB), re.I)


def base_subject(text):
    """RFC 5256 2.1, steps (1) to (7), and whether it is a reply."""
    text, reply = re.sub("[ \t]+", " ", text), False
    while True:
        while m := TRAILER.search(text):
            text, reply = text[:m.start()], reply or m.group() != " "
        while True:
            if m := LEADER.match(text):
                text, reply = text[m.end():], reply or m.group() != " "
            elif (m := re.match(BLOB, text)) and text[m.end():]:
                text = text[m.end():]
            else:
                break
        if not (text.lower().startswith("[fwd:") and text.endswith("]")):
            return "%d %s" % (reply, text)
        text, reply = text[5:-1], True


def random_subject(rng):
    words = ["re", "Fw", "fwd", "Re:", ":", "[", "]", "[a]", "[fwd:", "(fwd)",
             " ", "\t", "x", "(", ")"]
    return "".join(rng.choice(words) for _ in range(rng.randint(0, 12)))


def ask(program, text):
    done = subprocess.run([program, "-"], input=text, text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.split("\n")


def subjects(program, rng, rounds):
    texts = [random_subject(rng) for _ in range(rounds)]
    got = ask(program, "".join(t + "\n" for t in texts))
    for text, answer in zip(texts, got):
        if answer != base_subject(text):
            print(repr(text), "want", base_subject(text), "got", answer)
            return 1
    return 0


def threads(program, rng, rounds):
    boxes = [random_box(rng) for _ in range(rounds)]
    got = ask(program, "".join(l + "\n" for b in boxes for l in lines(b)))
    for i, box in enumerate(boxes):
        want = [orderedsubject(box), references(box)]
        if got[2 * i:2 * i + 2] != want:
            print("mailbox %d:" % i, *lines(box), sep="\n")
            print("want", *want, "got", *got[2 * i:2 * i + 2], sep="\n")
            return 1
    return 0


def main():
    what, program, seed, rounds = sys.argv[1:]
    compare = {"thread": threads, "subject": subjects}[what]
    return compare(program, random.Random(int(seed)), int(rounds))


if __name__ == "__main__":
    sys.exit(main())
