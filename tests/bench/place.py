"""Where the bench runs: a network and a view of /etc of its own, its users,
their mailboxes.

Nothing of the machine is changed: passwd, shadow, group and pam.d are copies
with our users added, laid over the real /etc in a mount namespace that ends with
us (not single files mounted over it: such a mount vanishes when anybody's
useradd renames the real file); ports are those of a network namespace.  PAM,
shadow and the hashes are real all the same.

Each server has a user and a Maildir of its own, with the same messages.  The
same user has a second name, with a costlier hash of the same password.
"""

import crypt
import os
import shutil
import subprocess
import tempfile

PASSWORD = "Open-Sesame7"
FIRST_UID = 61200
INDEXES = ("dovecot", "courier", "subscriptions", "maildirsize", ".cache")


def isolate(argv):
    """Start again in namespaces of our own, unless we are in them."""
    if os.environ.get("STDMAIL_BENCH_APART"):
        return
    os.environ["STDMAIL_BENCH_APART"] = "1"
    os.execvp("unshare", ["unshare", "-n", "-m", "--propagation", "private",
                          "python3", "-B", *argv])


def run(*argv, **how):
    return subprocess.run(argv, check=True, **how)


class Place:
    def __init__(self, root, programs, tools):
        self.root = root
        self.dir = tempfile.mkdtemp(prefix="stdmail-bench.", dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.bin = self.path("bin")
        os.mkdir(self.bin)
        os.mkdir(self.path("home"))
        for name in programs + tools:
            shutil.copy(name, self.bin)
        self.users = {}
        self.made = {}
        run("ip", "link", "set", "lo", "up")
        self._copy_etc()

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def tool(self, name):
        return os.path.join(self.bin, name)

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- users ---

    def _copy_etc(self):
        os.mkdir(self.path("etc"))
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
        uid = FIRST_UID + len(self.users)
        home = self.path("home", name)
        os.mkdir(home, 0o700)
        os.chown(home, uid, uid)
        for login, salt in ((name, "$6$rounds=1000$saltsaltsalt$"),
                            (name + "y", "$y$j9T$saltsaltsalt$")):
            self._append("passwd", f"{login}:x:{uid}:{uid}::{home}:/bin/sh")
            self._append("shadow", "%s:%s:19000:0:99999:7:::" % (
                login, crypt.crypt(PASSWORD, salt)))
        self._append("group", f"{name}:x:{uid}:")
        self.users[name] = home

    def mount_etc(self):
        run("mount", "-t", "overlay", "overlay", "-o",
            "lowerdir=%s:/etc" % self.path("etc"), "/etc")

    # --- mailboxes ---

    def maildir(self, user):
        return os.path.join(self.users[user], "Maildir")

    def make_mail(self, user, count, kind):
        """A Maildir with COUNT messages; False when it is there already."""
        if self.made.get(user) == (count, kind):
            return False
        self.forget(user)
        self.made[user] = (count, kind)
        path = self.maildir(user)
        shutil.rmtree(path, ignore_errors=True)
        said = run(self.tool("mail"), path, str(count), kind,
                   capture_output=True, text=True).stdout
        self.octets = int(said.split()[1])
        self.said = said.strip()
        for folder in (".Copied", ".Moved"):
            self.make_folder(user, folder)
        return True

    def keep(self, user):
        """A second link to every message outside of the Maildir: to remove
        one is then a change of directories alone, without the freeing of
        blocks that this disk does when it likes."""
        kept = os.path.join(self.users[user], "kept")
        shutil.rmtree(kept, ignore_errors=True)
        run("cp", "-al", os.path.join(self.maildir(user), "cur"), kept)

    def changed(self, user):
        """Its mailbox is no longer what was made."""
        self.made.pop(user, None)

    def make_folder(self, user, name):
        path = os.path.join(self.maildir(user), name)
        shutil.rmtree(path, ignore_errors=True)
        owner = os.stat(self.maildir(user))
        for sub in ("", "cur", "new", "tmp"):
            os.mkdir(os.path.join(path, sub), 0o700)
            os.chown(os.path.join(path, sub), owner.st_uid, owner.st_gid)

    def forget(self, user):
        """Remove all that servers know of the mailbox."""
        shutil.rmtree(os.path.join(self.users[user], ".cache"),
                      ignore_errors=True)
        path = self.maildir(user)
        if not os.path.isdir(path):
            return
        folders = [path] + [e.path for e in os.scandir(path)
                            if e.name[0] == "." and e.is_dir()]
        for folder in folders:
            for e in list(os.scandir(folder)):
                if not e.name.startswith(INDEXES):
                    continue
                if e.is_dir():
                    shutil.rmtree(e.path)
                else:
                    os.unlink(e.path)
