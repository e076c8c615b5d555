"""The servers that are measured, each with its own ports and user.

    stdmail     systemd-socket-activate, exec for each connection
    loop        the same programs in their accept loop
    dovecot     Debian's Dovecot; its defaults but for TLS and the limits of
                connections from one address
    tuned       the same, login processes that serve many connections
    courier     Debian's Courier, unpacked and not installed (its packages and
                Dovecot's exclude each other), laid over /usr in a mount
                namespace of its own
    floor       floor.c: PAM and nothing else, exec for each connection
    floorloop   the same in an accept loop

Watched has ours started by strace or perf.

What can go wrong: a server that does not start must not end the run: it is
left out, with its log.
"""

import os
import shutil
import signal
import subprocess
import time

DOVECOT = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
ssl = no
disable_plaintext_auth = no
protocols = imap pop3
listen = 127.0.0.1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 1000
mail_privileged_group = mail
auth_mechanisms = plain login
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = pam
  args = %s
}}
userdb {{
  driver = passwd
}}
service imap-login {{
  {tuned}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  {tuned}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""
UNPACKED = "build/debian"
TUNED = "service_count = 0\n  process_min_avail = 2"

COURIER = """
set -e
D={unpacked}
W={dir}
mount -t overlay overlay -o lowerdir=$D/usr:/usr /usr
mount -t overlay overlay -o lowerdir=$W/etc:$D/etc:/etc /etc
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/courier/authdaemon
chown courier: /run/courier /run/courier/authdaemon
sed -i 's/^MAXPERIP=.*/MAXPERIP=1000/; s/^MAXDAEMONS=.*/MAXDAEMONS=1000/
	s/^ADDRESS=.*/ADDRESS=127.0.0.1/; s/^IMAP_ULIMITD=.*/IMAP_ULIMITD=/
	s/^IMAP_ENHANCEDIDLE=.*/IMAP_ENHANCEDIDLE=1/
	s/^PORT=143/PORT={imap}/; s/^PORT=110/PORT={pop3}/' \\
	$W/etc/courier/imapd $W/etc/courier/pop3d
set -a
. /etc/courier/authdaemonrc
. /etc/courier/imapd
. /etc/courier/pop3d
prefix=/usr exec_prefix=/usr sbindir=/usr/sbin bindir=/usr/bin
/usr/lib/courier/courier-authlib/authdaemond &
/usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=1000 -maxperip=1000 \\
	-nodnslookup -noidentlookup {imap} \\
	/usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir &
/usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=1000 -maxperip=1000 \\
	-nodnslookup -noidentlookup {pop3} \\
	/usr/lib/courier/courier/courierpop3login \\
	/usr/lib/courier/courier/courierpop3d Maildir &
wait
"""


def listens(port):
    want = "0100007F:%04X" % port
    with open("/proc/net/tcp", encoding="ascii") as f:
        return any(l.split()[1] == want and l.split()[3] == "0A"
                   for l in f.readlines()[1:])


class Server:
    """One way to start a server."""

    protocols = ("imap", "pop3")
    rounds = 3  # at most: what takes long is not repeated as often

    def __init__(self, place, name, user, port):
        self.place = place
        self.name = name
        self.user = user
        self.ports = {"imap": port, "pop3": port + 1}
        self.dir = place.path(name)
        self.group = place.make_group(name)
        self.processes = []
        os.mkdir(self.dir, 0o755)

    def commands(self):
        """The programs to start."""
        raise NotImplementedError

    def start(self):
        """Start it; false when it does not listen soon."""
        with open(os.path.join(self.dir, "out"), "ab") as log:
            for argv in self.commands():
                self.processes.append(subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                    start_new_session=True, preexec_fn=self.enter_group))
        for protocol in self.protocols:
            for _ in range(200):
                if listens(self.ports[protocol]):
                    break
                time.sleep(0.05)
            else:
                self.stop()
                return False
        return True

    def group_file(self, name):
        return os.path.join(self.group, "cgroup." + name)

    def enter_group(self):
        with open(self.group_file("procs"), "w", encoding="ascii") as f:
            f.write("0")

    def pids(self):
        with open(self.group_file("procs"), encoding="ascii") as f:
            return [int(line) for line in f]

    def stop(self):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                pass
        with open(self.group_file("kill"), "w", encoding="ascii") as f:
            f.write("1")
        for p in self.processes:
            p.wait()
        self.processes = []

    def resident(self):
        """PSS in KiB and number of processes with nobody connected."""
        kb = count = 0
        for pid in self.pids():
            try:
                if self.stands_in(pid):
                    continue
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                    kb += sum(int(l.split()[1]) for l in f
                              if l.startswith("Pss:"))
            except OSError:
                continue
            count += 1
        return kb, count

    def stands_in(self, pid):
        """Is this process only here because we have no systemd?"""
        with open(f"/proc/{pid}/comm", encoding="ascii") as f:
            return f.read().startswith("systemd-socket")


class Activated(Server):
    """Ours, an exec for each connection."""

    accept = True

    def argv(self, protocol):
        name = "imapd" if protocol == "imap" else "pop3d"
        return [self.place.tool(name)]

    def commands(self):
        how = ["--accept", "--inetd"] if self.accept else []
        for protocol in self.protocols:
            yield [
                "systemd-socket-activate", *how, "-l",
                "127.0.0.1:%d" % self.ports[protocol], *self.argv(protocol)]


class Loop(Activated):
    accept = False


class Watched(Activated):
    """Ours below another program, which sees every process of it."""

    def __init__(self, place, name, user, port, watcher, accept, protocol):
        super().__init__(place, name, user, port)
        self.watcher = watcher
        self.accept = accept
        self.protocols = (protocol,)

    def commands(self):
        for argv in super().commands():
            yield [*self.watcher, *argv]

    def stop(self):
        """End the server first: the watcher then has seen all of it."""
        watcher, = self.processes
        for pid in self.pids():
            if pid != watcher.pid:
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass
        try:
            watcher.wait(30)
        except subprocess.TimeoutExpired:
            pass
        super().stop()


class Floor(Activated):
    protocols = ("imap",)

    def argv(self, protocol):
        return [self.place.tool("floor"), "imap"]


class FloorLoop(Floor):
    accept = False


class Dovecot(Server):
    tuned = ""

    def commands(self):
        conf = os.path.join(self.dir, "dovecot.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(DOVECOT.format(dir=self.dir, tuned=self.tuned,
                                   **self.ports))
        yield ["dovecot", "-F", "-c", conf]


class Tuned(Dovecot):
    tuned = TUNED


class Courier(Server):
    rounds = 1

    def commands(self):
        unpacked = os.path.join(self.place.root, UNPACKED)
        shutil.copytree(os.path.join(unpacked, "etc/courier"),
                        os.path.join(self.dir, "etc/courier"),
                        dirs_exist_ok=True)
        script = os.path.join(self.dir, "start")
        with open(script, "w", encoding="ascii") as f:
            f.write(COURIER.format(unpacked=unpacked, dir=self.dir,
                                   **self.ports))
        yield ["unshare", "-m", "--propagation", "private",
                     "sh", script]


# Name, class, whose Maildir, first port.
KINDS = (
    ("stdmail", Activated, "stdm", 2100),
    ("loop", Loop, "stdm", 2110),
    ("dovecot", Dovecot, "dove", 2130),
    ("tuned", Tuned, "dove", 2140),
    ("courier", Courier, "cour", 2150),
    ("floor", Floor, "floo", 2160),
    ("floorloop", FloorLoop, "floo", 2170),
)
