"""The servers that are measured, each with its own ports and user.

    stdmail     systemd-socket-activate, exec for each connection
    loop        the same programs in their accept loop
    pipe        imapd on a socket pair, without a login
    dovecot     Debian's Dovecot; its defaults but for TLS and the limits of
                connections from one address
    tuned       the same, login processes that serve many connections
    courier     Debian's Courier, unpacked and not installed (its packages and
                Dovecot's exclude each other), laid over /usr in a mount
                namespace of its own
    floor       floor.c: PAM and nothing else, exec for each connection
    floorloop   the same in an accept loop

What can go wrong: a server that does not start must not end the run: it is
left out, with its log.
"""

import os
import shutil
import signal
import socket
import subprocess
import time

from place import PASSWORD, run

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


def descendants(root):
    parent = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as f:
                parent[int(pid)] = int(f.read().rpartition(")")[2].split()[1])
        except OSError:
            pass
    found = [root]
    for pid in found:
        found += [p for p, above in parent.items() if above == pid]
    return found


class Server:
    """One way to start a server.  root is the process above all of it."""

    title = ""
    protocols = ("imap", "pop3")
    program = None

    def __init__(self, place, name, user, port):
        self.place = place
        self.name = name
        self.user = user
        self.ports = {"imap": port, "pop3": port + 1}
        self.dir = place.path(name)
        self.processes = []
        os.mkdir(self.dir, 0o755)

    def commands(self):
        """The programs to start: (protocol or None, argv)."""
        raise NotImplementedError

    def start(self):
        self.roots = {}
        with open(os.path.join(self.dir, "out"), "ab") as log:
            for protocol, argv in self.commands():
                p = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                    start_new_session=True)
                self.processes.append(p)
                for served in [protocol] if protocol else self.protocols:
                    self.roots[served] = p.pid
        for protocol in self.protocols:
            for _ in range(200):
                if listens(self.ports[protocol]):
                    break
                time.sleep(0.05)
            else:
                self.stop()
                return False
        return True

    def stop(self):
        for p in self.processes:
            below = descendants(p.pid)
            p.terminate()
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
            for pid in below[1:]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.processes = []

    def resident(self):
        """PSS in KiB and number of processes with nobody connected, without
        what only stands for PID 1."""
        kb = count = 0
        for root in set(self.roots.values()):
            for pid in descendants(root):
                if pid in self.stand_ins():
                    continue
                try:
                    with open(f"/proc/{pid}/smaps_rollup",
                              encoding="ascii") as f:
                        kb += sum(int(l.split()[1]) for l in f
                                  if l.startswith("Pss:"))
                except ProcessLookupError:
                    continue
                count += 1
        return kb, count

    def stand_ins(self):
        return ()


class Activated(Server):
    accept = True

    def argv(self, protocol):
        name = "imapd" if protocol == "imap" else "pop3d"
        return [self.place.tool(name)]

    def commands(self):
        how = ["--accept", "--inetd"] if self.accept else []
        for protocol in self.protocols:
            yield protocol, [
                "systemd-socket-activate", *how, "-l",
                "127.0.0.1:%d" % self.ports[protocol], *self.argv(protocol)]

    def stand_ins(self):
        return set(self.roots.values())


class Stdmail(Activated):
    title = "stdmail"


class Loop(Activated):
    title = "stdmail, accept loop"
    accept = False


class Pipe(Server):
    title = "stdmail, pipe"

    def start(self):
        self.roots = {}
        self.program = [self.place.tool("imapd"), "--user=" + self.user]
        return True


class Floor(Activated):
    title = "PAM alone"
    protocols = ("imap",)

    def argv(self, protocol):
        return [self.place.tool("floor"), "imap"]


class FloorLoop(Floor):
    title = "PAM alone, accept loop"
    accept = False


class Dovecot(Server):
    title = "Dovecot"
    tuned = ""

    def commands(self):
        conf = os.path.join(self.dir, "dovecot.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(DOVECOT.format(dir=self.dir, tuned=self.tuned,
                                   **self.ports))
        yield None, ["dovecot", "-F", "-c", conf]


class Tuned(Dovecot):
    title = "Dovecot, tuned"
    tuned = TUNED


class Courier(Server):
    title = "Courier"

    def commands(self):
        unpacked = os.path.join(self.place.root, "build/courier")
        shutil.copytree(os.path.join(unpacked, "etc/courier"),
                        os.path.join(self.dir, "etc/courier"),
                        dirs_exist_ok=True)
        script = os.path.join(self.dir, "start")
        with open(script, "w", encoding="ascii") as f:
            f.write(COURIER.format(unpacked=unpacked, dir=self.dir,
                                   **self.ports))
        yield None, ["unshare", "-m", "--propagation", "private",
                     "sh", script]


# Name, class, whose Maildir, first port.
KINDS = (
    ("stdmail", Stdmail, "stdm", 2100),
    ("loop", Loop, "stdm", 2110),
    ("pipe", Pipe, "stdm", 2120),
    ("dovecot", Dovecot, "dove", 2130),
    ("tuned", Tuned, "dove", 2140),
    ("courier", Courier, "cour", 2150),
    ("floor", Floor, "floo", 2160),
    ("floorloop", FloorLoop, "floo", 2170),
)


def warm_up(place, server):
    """Three sessions, so that helpers run and files are in memory."""
    script = "sessions warm 3 1\n"
    argv = [place.tool("load"), "-p", str(server.ports["imap"]),
            "-u", server.user, "-w", PASSWORD]
    return run(*argv, input=script, text=True, stdout=subprocess.DEVNULL)
