#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""overcommit-web without a browser: who gets in, who does not, and that nothing is left of a session. The app is a stand-in."""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from web_session import COMMAND, WebSession, mode, need, until

need(programs=["Xvnc", "matchbox-window-manager"], modules=["websockify"], files=["/usr/share/novnc/core/rfb.js"])

# Has a child in a session of its own, as an app could.
APP = 'setsid sleep 1000 & touch "$HOME/ready"; exec sleep 1000'

# What another user's program does, with the arguments folder, display and port: says what it got hold of.
INTRUDER = r"""
import os, socket, sys
folder, display, port = sys.argv[1:]
got = []
hello = b"l\0\x0b\0\0\0\0\0\0\0\0\0"
def reach(what, kind, address, hello=b""):
    with socket.socket(kind) as s:
        try:
            s.settimeout(20)
            s.connect(address)
            s.sendall(hello)
            got.append(what + " " + repr(s.recv(200)))
        except OSError as error:
            pass
try:
    got.append(repr(os.listdir(folder)))
except OSError:
    pass
for name in ("screen", "X", "cookie"):
    try:
        open(os.path.join(folder, name)).close()
        got.append("opened " + name)
    except OSError:
        pass
    reach(name, socket.AF_UNIX, os.path.join(folder, name), hello if name == "X" else b"")
reach("display", socket.AF_UNIX, "/tmp/.X11-unix/X" + display, hello)
reach("abstract display", socket.AF_UNIX, "\0/tmp/.X11-unix/X" + display, hello)
for _ in range(100):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.connect(("127.0.0.1", int(port)))
    # it is gone at once, by a reset
reach("page", socket.AF_INET, ("127.0.0.1", int(port)), b"GET / HTTP/1.1\r\n\r\n")
print(got)
"""


def hello_to_x(address, cookie=b""):
    """The first byte that an X server answers to a client: 1 if it is let in, 0 if not."""
    name = b"MIT-MAGIC-COOKIE-1" if cookie else b""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        client.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(name), len(cookie)) + name + b"\0" * (-len(name) % 4) + cookie)
        return client.recv(1)[0]


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.session = WebSession("--size", "1280x720", app=APP).__enter__()
        cls.addClassCleanup(cls.session.__exit__)

    def test_the_printed_address_is_on_the_loopback_interface_and_has_a_password(self):
        self.assertRegex(self.session.url, r"^http://127\.0\.0\.1:\d+/#[A-Za-z0-9_-]{22}$")
        self.assertEqual(self.session.error_text(), "")

    def test_each_session_has_another_password(self):
        with WebSession(app=APP) as other:
            self.assertNotEqual(other.password, self.session.password)
            self.assertNotEqual(other.port, self.session.port)
            self.assertEqual(other.get("/password", **{"Overcommit-Password": self.session.password})[0], 403)

    def test_the_page_and_what_it_needs_of_noVNC_are_served(self):
        status, page, headers = self.session.get("/")
        self.assertEqual(status, 200)
        self.assertIn(b"<title>Overcommit</title>", page)
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        for path in ("/page.js", "/page.css", "/icon.svg", "/novnc/core/rfb.js"):
            self.assertEqual(self.session.get(path)[0], 200, path)

    def test_nothing_else_is_served(self):
        for path in ("/index.html", "/page", "/page_server.py", "/overcommit-web", "/novnc", "/novnc/", "/novnc/core", "/novnc/vnc.html",
                     "/novnc/utils/validate", "/../overcommit-web", "/novnc/../../../etc/passwd", "/novnc/core/%2e%2e/%2e%2e/vnc.html",
                     "//etc/passwd", "/etc/passwd", "http://x/etc/passwd", "/cookie", "/screen", "*"):
            self.assertEqual(self.session.get(path)[0], 404, path)
        self.assertEqual(self.session.get("/", method="POST")[0], 501)
        self.assertEqual(self.session.get("/", method="HEAD")[:2], (200, b""))

    def test_the_right_password_gets_the_screen(self):
        self.assertEqual(self.session.get("/password", **{"Overcommit-Password": self.session.password})[0], 204)
        with self.session.screen(self.session.password) as screen:
            self.assertEqual(screen.status, 101)
            self.assertEqual(screen.shake_hands(), (1280, 720))

    def test_a_wrong_password_is_refused_and_locks_nobody_out(self):
        for wrong in ("", "x", self.session.password[:-1], self.session.password + "x", self.session.password.swapcase(), "\u00e4"):
            self.assertEqual(self.session.get("/password", **{"Overcommit-Password": wrong.encode("latin-1")})[0], 403, wrong)
        for number in range(100):
            with self.session.screen(f"{number:022}") as screen:
                self.assertEqual(screen.status, 403)
        self.assertEqual(self.session.get("/password")[0], 403)
        self.test_the_right_password_gets_the_screen()

    def test_a_newer_window_takes_over(self):
        with self.session.screen(self.session.password) as first:
            first.shake_hands()
            with self.session.screen(self.session.password) as second:
                second.shake_hands()
                first.until_closed()

    def test_the_password_is_on_no_command_line_and_in_no_environment_or_file(self):
        secret = self.session.password.encode()
        for pid in self.session.descendants():
            for name in ("cmdline", "environ"):
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    self.assertNotIn(secret, file.read(), f"{name} of {pid}")
        for name in os.listdir(self.session.private()):
            path = os.path.join(self.session.private(), name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    self.assertNotIn(secret, file.read(), path)

    def test_the_folder_and_all_in_it_are_private(self):
        private = self.session.private()
        self.assertEqual(mode(private), 0o700)
        for name in os.listdir(private):
            self.assertEqual(mode(os.path.join(private, name)) & 0o077, 0, name)

    def test_the_x_server_lets_in_only_the_cookie(self):
        private = self.session.private()
        with open(os.path.join(private, "cookie"), "rb") as file:
            cookie = file.read()[-16:]
        address = os.path.join(private, "X")
        self.assertEqual(hello_to_x(address, cookie), 1)
        self.assertEqual(hello_to_x(address), 0)
        self.assertEqual(hello_to_x(address, bytes(16)), 0)

    def test_one_tcp_port_listens_on_the_loopback_interface_and_only_private_unix_sockets(self):
        inodes = set()
        for pid in self.session.descendants():
            for number in os.listdir(f"/proc/{pid}/fd"):
                found = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{number}"))
                if found:
                    inodes.add(found[1])
        listening = []
        for table in ("tcp", "tcp6"):
            with open(f"/proc/net/{table}", encoding="ascii") as file:
                rows = [line.split() for line in file][1:]
            listening += [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
        self.assertEqual(listening, [f"0100007F:{self.session.port:04X}"])
        with open("/proc/net/unix", encoding="ascii") as file:
            rows = [line.split() for line in file][1:]
        accepting = {row[7] for row in rows if row[6] in inodes and int(row[3], 16) & 0x10000}
        self.assertEqual(accepting, {os.path.join(self.session.private(), name) for name in ("X", "screen")})

    @unittest.skipIf(os.geteuid() != 0, "only root can act as another user")
    def test_another_user_reaches_nothing(self):
        display = self.session.display()
        got = intrude(self.session, display)
        self.assertEqual(len(got), 1, got)
        self.assertIn("403 Forbidden", got[0])
        self.assertIn("another user", got[0])
        self.assertEqual(self.session.get("/")[0], 200, "the right user still gets in")
        own = subprocess.run([sys.executable, "-c", INTRUDER, self.session.private(), display, str(self.session.port)],
                             capture_output=True, text=True, check=True).stdout
        self.assertIn("RFB 003.008", own, "the same program finds the sockets where it may")
        self.assertIn("200 OK", own)


def intrude(session, display):
    done = subprocess.run(["/usr/bin/python3", "-c", INTRUDER, session.private(), display, str(session.port)],
                          capture_output=True, text=True, check=True, user="nobody", group="nogroup", extra_groups=[], cwd="/")
    return eval(done.stdout)  # pylint: disable=eval-used


class EndTest(unittest.TestCase):
    def ends(self, session, code=None):
        """The session ended, and nothing is left."""
        if code is not None:
            self.assertEqual(session.ended(), code, session.error_text())
            self.assertEqual(session.left(), [])
        until(lambda: not session.left(), f"nothing is left: {session.left()}")

    def test_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number), WebSession(app=APP) as session:
                self.assertGreaterEqual(len(session.pids), 6)
                session.process.send_signal(number)
                self.ends(session, 0)

    def test_the_end_of_the_app_ends_it_with_its_exit_code(self):
        for code in (0, 3):
            with self.subTest(code), WebSession(app=f"trap 'exit {code}' USR1; touch \"$HOME/ready\"; sleep 1000 & wait") as session:
                os.kill(session.named("app")[0], signal.SIGUSR1)
                self.ends(session, code)

    def test_an_app_that_does_not_want_to_end_is_ended(self):
        with WebSession(app="trap '' TERM HUP INT; touch \"$HOME/ready\"; while true; do sleep 1000; done") as session:
            session.process.terminate()
            self.ends(session, 0)

    def test_an_app_that_crashes_ends_it_with_the_reason(self):
        with WebSession(app=APP) as session:
            os.kill(session.named("sleep")[0], signal.SIGSEGV)
            self.ends(session, 2)
            self.assertIn("its app was ended by SIGSEGV", session.error_text())

    def test_the_end_of_the_x_server_ends_it_with_the_reason(self):
        with WebSession(app=APP) as session:
            os.kill(session.named("Xvnc")[0], signal.SIGKILL)
            self.ends(session, 2)
            self.assertIn("its X server was ended by SIGKILL", session.error_text())

    def test_nothing_survives_a_killed_guard_or_keeper(self):
        for which in (0, 1):
            with self.subTest(which), WebSession(app=APP) as session:
                os.kill(session.named("overcommit-web")[which], signal.SIGKILL)
                self.ends(session)

    def test_who_is_connected_is_disconnected(self):
        with WebSession(app=APP) as session, session.screen(session.password) as screen:
            screen.shake_hands()
            session.process.terminate()
            screen.until_closed()
            self.ends(session, 0)


class RefusalTest(unittest.TestCase):
    def refused(self, *options, code=2, says, **more):
        """It ends at once, says why in a sentence, and leaves nothing."""
        session = WebSession(*options, app=APP, **more)
        try:
            self.assertEqual(session.ended(), code, session.error_text())
            self.assertEqual(session.printed, [])
            text = session.error_text()
            self.assertTrue(text.startswith("overcommit-web: "), text)
            self.assertNotIn("Traceback", text)
            for word in [says] if isinstance(says, str) else says:
                self.assertIn(word, text)
            if os.path.isdir(session.temporary):
                self.assertEqual(session.left(), [])
        finally:
            session.__exit__()

    def test_bad_options(self):
        self.refused("--port", "no", says=["--port", "no"])
        self.refused("--port", "0", says="1 to 65535")
        self.refused("--port", "65536", says="1 to 65535")
        self.refused("--size", "1280", says=["--size", "1280x720"])
        self.refused("--size", "10x10", says="640x480")
        self.refused("--nonsense", says=["--nonsense", "--help"])

    def test_an_address_that_is_not_of_this_machine(self):
        self.refused("--listen", "192.0.2.1", says=["192.0.2.1", "assign"])
        self.refused("--listen", "no such host", says="--listen takes an address of this machine")

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.refused("--port", port, says=[port, "in use", "--port"])

    def test_without_a_port_a_free_one_is_found(self):
        with WebSession(app=APP) as first, WebSession(app=APP) as second:
            self.assertNotEqual(first.port, second.port)

    def test_missing_packages_are_named(self):
        self.refused(code=77, says=["tigervnc-standalone-server", "matchbox-window-manager", "apt-get install"],
                     environment={"PATH": "/nowhere"})

    def test_no_app(self):
        self.refused(says=["OVERCOMMIT_APP", "/no/such/app"], environment={"OVERCOMMIT_APP": "/no/such/app"})

    def test_no_home(self):
        self.refused(says=["/no/such/home", "HOME"], environment={"HOME": "/no/such/home"})

    def test_no_folder_for_temporary_files(self):
        long = "/tmp/" + "x" * 90
        os.makedirs(long, exist_ok=True)
        self.addCleanup(os.rmdir, long)
        self.refused(says="TMPDIR", environment={"TMPDIR": long})

    def test_an_x_server_that_does_not_begin(self):
        session = WebSession(app=APP)
        session.__exit__()
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "Xvnc"), "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho no pixels today\nexit 1\n")
            os.chmod(os.path.join(folder, "Xvnc"), 0o755)
            self.refused(says=["the X server (Xvnc) did not begin", "no pixels today"],
                         environment={"PATH": folder + ":" + os.environ["PATH"]})

    @unittest.skipIf(os.geteuid() != 0, "only root can mount a small disk")
    def test_a_full_disk(self):
        self.in_a_small_world("mount -t tmpfs -o size=1m tmpfs /mnt", {"TMPDIR": "/mnt"}, ["/mnt", "1 MiB left", "Free some space"])
        self.in_a_small_world("mount -t tmpfs -o size=1m tmpfs /mnt", {"HOME": "/mnt"}, ["/mnt", "1 MiB left"])
        self.in_a_small_world("mount -t tmpfs -o ro tmpfs /mnt", {"HOME": "/mnt"}, ["/mnt", "HOME"])

    def in_a_small_world(self, change, environment, says):
        done = subprocess.run(["unshare", "--mount", "sh", "-c", f'{change} && exec "$0"', COMMAND], capture_output=True, text=True,
                              env={**os.environ, "OVERCOMMIT_APP": "/bin/true", "XDG_RUNTIME_DIR": "", **environment}, check=False)
        if "permission denied" in done.stderr or "unshare" in done.stderr:
            self.skipTest("no mounts here: " + done.stderr)
        self.assertEqual(done.returncode, 2, done.stderr)
        for word in says:
            self.assertIn(word, done.stderr)


class ManualTest(unittest.TestCase):
    def test_help_and_manual_page_name_the_same_options(self):
        shown = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
        with open(COMMAND + ".1", encoding="utf-8") as file:
            manual = file.read().replace("\\-", "-")
        options = set(re.findall(r"--[a-z]+", shown))
        self.assertGreater(len(options), 4)
        for option in options:
            self.assertIn(option, manual)
        for option in re.findall(r"^\.B[IR]? .*?(--[a-z]+)", manual, re.MULTILINE):
            self.assertIn(option, options)


class ListenTest(unittest.TestCase):
    def test_all_interfaces_are_a_warning(self):
        with WebSession("--listen", "0.0.0.0", app=APP) as session:
            session.host = "127.0.0.1"
            self.assertEqual(session.get("/")[0], 200)
            self.assertRegex(session.error_text(), "not encrypted")

    def test_version_6_of_the_internet_protocol(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError as error:
            self.skipTest(f"no ::1 here: {error}")
        with WebSession("--listen", "::1", app=APP) as session:
            self.assertTrue(session.url.startswith("http://[::1]:"), session.url)
            self.assertEqual(session.get("/")[0], 200)
            self.assertEqual(session.error_text(), "")

    @unittest.skipIf(os.geteuid() != 0, "only root can mount")
    def test_where_no_display_can_be_linked_the_cookie_keeps_others_out(self):
        # As in WSL, whose folder of displays is read-only.
        try:
            os.makedirs("/tmp/.X11-unix", exist_ok=True)
            subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/tmp/.X11-unix"], check=True,
                           capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no mounts here: {error}")
        prefix = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro tmpfs /tmp/.X11-unix && exec "$0" "$@"']
        import web_session
        plain, web_session.COMMAND = web_session.COMMAND, prefix[0]
        try:
            with WebSession(*prefix[1:], plain, app=APP) as session:
                display = session.display()
                with open(os.path.join(session.private(), "cookie"), "rb") as file:
                    cookie = file.read()[-16:]
                self.assertEqual(hello_to_x(f"\0/tmp/.X11-unix/X{display}", cookie), 1)
                got = intrude(session, display)
                self.assertEqual([text.split()[0] for text in got], ["abstract", "page"])
                self.assertIn("b'\\x00", got[0], "0: refused")
        finally:
            web_session.COMMAND = plain


if __name__ == "__main__":
    unittest.main(verbosity=2)
