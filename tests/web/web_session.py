# SPDX-License-Identifier: GPL-2.0-or-later
"""A running overcommit-web, for the tests: its address, its processes, its files, and what is left of it."""

import base64
import glob
import http.client
import importlib.util
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
COMMAND = os.path.join(ROOT, "gui", "web", "overcommit-web")
DEADLINE = 30  # seconds: far more than anything here takes
SKIPPED = 77


def need(programs=(), modules=(), files=()):
    """Ends the test program as skipped where something is missing that ./dev test --full installs."""
    missing = [name for name in programs if not shutil.which(name)]
    missing += [name for name in modules if not importlib.util.find_spec(name)]
    missing += [name for name in files if not os.path.exists(name)]
    if missing:
        print(f"skipped: these are missing: {' '.join(missing)}; './dev test --full' installs them")
        sys.exit(SKIPPED)


def until(condition, what):
    late = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > late:
            raise AssertionError(f"waited {DEADLINE} s until {what}")
        time.sleep(0.02)


def parents():
    """Parent by process, of all that run; zombies only wait for somebody to look at them."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if state != b"Z":
                found[int(name)] = int(parent)
    return found


def displays(folder):
    """The links to X displays whose sockets are below the folder."""
    links = glob.glob("/tmp/.X11-unix/X*")
    return [link for link in links if os.path.islink(link) and os.readlink(link).startswith(folder + "/")]


class Screen:
    """A WebSocket to the screen of a session: what a browser's noVNC would open."""

    def __init__(self, host, port, password):
        self._socket = socket.create_connection((host, port), timeout=DEADLINE)
        self._file = self._socket.makefile("rb")
        self._rest = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(f"GET /screen HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                             f"Sec-WebSocket-Protocol: binary, password.{password}\r\n\r\n".encode())
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass

    def send(self, data):
        mask = os.urandom(4)
        self._socket.sendall(bytes([0x82, 0x80 | len(data)]) + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def receive(self, count):
        """That many bytes; fewer once the other end has closed it."""
        while len(self._rest) < count:
            head = self._file.read(2)
            if len(head) < 2 or head[0] & 0xF == 8:
                break
            size = head[1] & 0x7F
            if size > 125:
                size = int.from_bytes(self._file.read(2 if size == 126 else 8), "big")
            self._rest += self._file.read(size)
        data, self._rest = self._rest[:count], self._rest[count:]
        return data

    def until_closed(self):
        """Returns once the other end has closed it; it fails by time-out if that does not happen."""
        while self.receive(1):
            pass

    def shake_hands(self):
        """Has the screen shown here and nowhere else; returns its size."""
        assert self.receive(12) == b"RFB 003.008\n"
        self.send(b"RFB 003.008\n")
        assert self.receive(2) == b"\x01\x01"  # one kind of security: none
        self.send(b"\x01")
        assert self.receive(4) == bytes(4)
        self.send(b"\x00")  # not shared
        start = self.receive(24)
        self.receive(int.from_bytes(start[20:], "big"))  # its name
        return struct.unpack(">HH", start[:4])

    def picture(self, width, height):
        """All pixels, row by row, 4 bytes each."""
        self.send(struct.pack(">BxHi", 2, 1, 0))  # plain pixels are all that is understood here
        self.send(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
        pixels = bytearray(width * height * 4)
        kind, count = struct.unpack(">BxH", self.receive(4))
        assert kind == 0, kind
        for _ in range(count):
            left, top, columns, rows, encoding = struct.unpack(">HHHHi", self.receive(12))
            assert encoding == 0, encoding
            for row in range(top, top + rows):
                at = (row * width + left) * 4
                pixels[at:at + columns * 4] = self.receive(columns * 4)
        return bytes(pixels)

    def click(self, x, y):
        for buttons in (0, 1, 0):
            self.send(struct.pack(">BBHH", 5, buttons, x, y))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()


class WebSession:
    """Used in a `with`: begins one, and ends it by SIGTERM. Everything that it writes is below a folder of its own."""

    def __init__(self, *options, app=None, environment=None, **more):
        # /tmp itself: the paths of sockets must be short.
        self.folder = tempfile.mkdtemp(prefix="web-test.", dir="/tmp")
        os.chmod(self.folder, 0o755)  # so that what keeps others out is what overcommit-web does
        self.home = os.path.join(self.folder, "home")
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.home)
        os.mkdir(self.temporary)
        os.chmod(self.temporary, 0o1777)
        surroundings = {**os.environ, "HOME": self.home, "TMPDIR": self.temporary, **(environment or {})}
        for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "OVERCOMMIT_APP"):
            if name not in (environment or {}):
                surroundings.pop(name, None)
        if app:
            script = os.path.join(self.folder, "app")
            with open(script, "w", encoding="utf-8") as file:
                file.write("#!/bin/bash\n" + app + "\n")
            os.chmod(script, 0o755)
            surroundings.setdefault("OVERCOMMIT_APP", script)
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([COMMAND, *options], env=surroundings, text=True, stdout=subprocess.PIPE, stderr=self.errors, **more)
        self.printed = []
        self.url = ""
        for line in self.process.stdout:
            self.printed.append(line)
            if line.strip().startswith("http://"):
                self.url = line.strip()
                break
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port, self.password = parts.hostname, parts.port, parts.fragment
        self.pids = self.descendants()
        if self.url and app and "ready" in app:
            until(lambda: os.path.exists(os.path.join(self.home, "ready")), "the app began")
            self.pids |= self.descendants()

    def descendants(self):
        every, found = parents(), {self.process.pid}
        while more := {pid for pid, parent in every.items() if parent in found} - found:
            found |= more
        return found

    def named(self, name):
        """The processes whose program has this name."""
        found = []
        for pid in self.descendants():
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if any(os.path.basename(part) == name.encode() for part in file.read().split(b"\0")[:3]):
                    found.append(pid)
        return sorted(found)

    def display(self):
        """The number of the X display."""
        with open(f"/proc/{self.named('Xvnc')[0]}/cmdline", encoding="utf-8") as file:
            return file.read().split("\0")[1][1:]

    def private(self):
        folders = [os.path.join(self.temporary, name) for name in os.listdir(self.temporary) if name.startswith("overcommit-web.")]
        assert len(folders) == 1, folders
        return folders[0]

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read()

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def screen(self, password):
        return Screen(self.host, self.port, password)

    def ended(self):
        """The exit code, once it ended."""
        code = self.process.wait(DEADLINE)
        self.printed += self.process.stdout.readlines()
        return code

    def left(self):
        """What is still there of the session after its end."""
        running = parents()
        left = [f"process {pid}" for pid in sorted(self.pids) if pid in running]
        left += displays(self.folder)
        left += [os.path.join(self.temporary, name) for name in os.listdir(self.temporary)]
        try:
            # Another session may have the port by now, but not the password.
            if self.port and self.get("/password", **{"Overcommit-Password": self.password})[0] == 204:
                left.append(f"port {self.port}")
        except OSError:
            pass
        return left

    def __enter__(self):
        assert self.url, self.error_text()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.ended()
        finally:
            self.process.stdout.close()
            self.errors.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)
