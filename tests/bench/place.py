"""Where the bench runs: processes, a network, mounts and users of its own.

Nothing of the machine is changed.  The namespaces end with us, and the kernel
ends every process in them, also after Ctrl-C or a kill.  passwd, shadow, group
and pam.d are copies with our users added, laid over the real /etc (not single
files mounted over it: such a mount vanishes when anybody's useradd renames the
real file); ports are those of a network namespace.  PAM, shadow and the hashes
are real all the same.  What lies on disk is in build/bench, which is /mnt for
us, where any user may come.

Each server has a user and a Maildir of its own, with the same messages: links
to a mailbox that is made once.  So every server finds them in memory alike,
and the end of a message frees no blocks, which this or that disk does when it
likes.  All of these users have one uid, as all of these files have one owner.
Each has a second name, with a costlier hash of the same password.
"""

import crypt
import hashlib
import os
import shutil
import subprocess
import time

PASSWORD = "Open-Sesame7"
UID = 61200
INDEXES = ("dovecot", "courier", "stdmail-", "subscriptions", "maildirsize",
           ".cache")
MAKER = ("mail.c", "letter.c", "encode.c")
AWAY = "/mnt"


def isolate(argv):
    """Start again in namespaces of our own, unless we are in them."""
    if os.environ.get("STDMAIL_BENCH_APART"):
        return
    os.environ["STDMAIL_BENCH_APART"] = "1"
    os.execvp("unshare", ["unshare", "-n", "-m", "-p", "-C", "-f",
                          "--kill-child", "--mount-proc",
                          "python3", "-B", *argv])


def run(*argv, **how):
    return subprocess.run(argv, check=True, **how)


class Place:
    def __init__(self, root, out, programs, tools):
        self.root = root
        self.out = out
        run("mount", "--bind", out, AWAY)
        self.dir = os.path.join(AWAY, "run")
        self.groups = []
        self.close()
        for name in ("bin", "home", "etc", "cgroup"):
            os.makedirs(self.path(name), 0o755)
        run("mount", "-t", "cgroup2", "cgroup2", self.path("cgroup"))
        for name in programs + tools:
            shutil.copy(name, self.path("bin"))
        self.users = {}
        self.made = {}
        run("ip", "link", "set", "lo", "up")
        self._copy_etc()

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def tool(self, name):
        return self.path("bin", name)

    def make_group(self, name):
        """A cgroup, no other bench's; one that a killed run has left is as
        good."""
        mine = hashlib.sha256(self.out.encode()).hexdigest()[:8]
        path = self.path("cgroup", f"stdmail-bench-{mine}-{name}")
        os.makedirs(path, exist_ok=True)
        self.groups.append(path)
        return path

    def end_group(self, path):
        with open(os.path.join(path, "cgroup.kill"), "w",
                  encoding="ascii") as f:
            f.write("1")
        for _ in range(100):
            try:
                return os.rmdir(path)
            except OSError:
                time.sleep(0.05)
        raise OSError(f"processes in {path} do not end")

    def close(self):
        for path in self.groups:
            self.end_group(path)
        self.groups = []
        subprocess.run(["umount", self.path("cgroup")], check=False,
                       stderr=subprocess.DEVNULL)
        run("rm", "-rf", self.dir)

    # --- users ---

    def _copy_etc(self):
        for name in ("passwd", "shadow", "group"):
            shutil.copy2("/etc/" + name, self.path("etc"))
        pam = self.path("etc", "pam.d")
        shutil.copytree("/etc/pam.d", pam)
        for name in ("imap", "pop3"):
            shutil.copy(os.path.join(self.root, "units", name + ".pam"),
                        os.path.join(pam, name))

    def _append(self, name, line):
        with open(self.path("etc", name), "a", encoding="ascii") as f:
            f.write(line + "\n")

    def add_system_user(self, name, uid):
        self._append("passwd", f"{name}:x:{uid}:{uid}::/:/usr/sbin/nologin")
        self._append("group", f"{name}:x:{uid}:")

    def add_user(self, name):
        """NAME, whose hash costs nothing, and NAMEy: yescrypt."""
        home = self.path("home", name)
        os.mkdir(home, 0o700)
        os.chown(home, UID, UID)
        for login, salt in ((name, "$6$rounds=1000$saltsaltsalt$"),
                            (name + "y", "$y$j9T$saltsaltsalt$")):
            self._append("passwd", f"{login}:x:{UID}:{UID}::{home}:/bin/sh")
            self._append("shadow", "%s:%s:19000:0:99999:7:::" % (
                login, crypt.crypt(PASSWORD, salt)))
        if not self.users:
            self._append("group", f"{name}:x:{UID}:")
        self.users[name] = home

    def mount_etc(self):
        run("mount", "-t", "overlay", "overlay", "-o",
            "lowerdir=%s:/etc" % self.path("etc"), "/etc")

    # --- mailboxes ---

    def maildir(self, user):
        return os.path.join(self.users[user], "Maildir")

    def original(self, count, kind):
        """The mailbox that all are linked to, made at its first use; what it
        holds is in a file beside it."""
        digest = hashlib.sha256()
        for name in MAKER:
            with open(os.path.join(self.root, "tests/bench", name),
                      "rb") as f:
                digest.update(f.read())
        here = os.path.join(AWAY, "mailboxes", digest.hexdigest()[:12])
        path = os.path.join(here, f"{kind}-{count}")
        if not os.path.isdir(here):
            run("rm", "-rf", os.path.dirname(here))
            os.makedirs(here)
            os.chown(here, UID, UID)
        if not os.path.isdir(path):
            run("rm", "-rf", path + ".new")
            with open(path + ".said", "w", encoding="ascii") as f:
                run(self.tool("mail"), path + ".new", str(count), kind,
                    stdout=f)
            os.rename(path + ".new", path)
        return path

    def make_mail(self, user, count, kind):
        """A Maildir with COUNT messages; False when it is there already."""
        if self.made.get(user) == (count, kind):
            return False
        original = self.original(count, kind)
        self.forget(user)
        self.made[user] = (count, kind)
        run("rm", "-rf", self.maildir(user))
        run("cp", "-al", original, self.maildir(user))
        for folder in (".Copied", ".Moved"):
            self.make_folder(user, folder)
        return True

    def changed(self, user):
        """Its mailbox is no longer what was made."""
        self.made.pop(user, None)

    def make_folder(self, user, name):
        path = os.path.join(self.maildir(user), name)
        run("rm", "-rf", path)
        for sub in ("", "cur", "new", "tmp"):
            os.mkdir(os.path.join(path, sub), 0o700)
            os.chown(os.path.join(path, sub), UID, UID)

    def forget(self, user):
        """Remove all that servers know of the mailbox."""
        run("rm", "-rf", os.path.join(self.users[user], ".cache"))
        path = self.maildir(user)
        if not os.path.isdir(path):
            return
        folders = [path] + [e.path for e in os.scandir(path)
                            if e.name[0] == "." and e.is_dir()]
        for folder in folders:
            known = [e.path for e in os.scandir(folder)
                     if e.name.startswith(INDEXES)]
            run("rm", "-rf", *known)
