# SPDX-License-Identifier: GPL-2.0-or-later
"""What a browser gets of a session: the page, noVNC's scripts, and, for whoever has the password, the screen.

Everything else is refused: other paths, other users of this machine, a wrong password. The password is compared here, before a
single byte reaches the VNC server, so that guessing costs that server nothing and cannot lock anybody out.
"""

import hmac
import ipaddress
import os
import socket
import socketserver
import struct
import sys
import threading

from websockify.websocketproxy import LibProxyServer, ProxyRequestHandler

NOVNC = "/usr/share/novnc"
PASSWORD_HEADER = "Overcommit-Password"  # for /password, which says whether it is right
PASSWORD_PROTOCOL = "password."  # for /screen: a browser's WebSocket sends no headers of ours, but names of protocols
IDLE_SECONDS = 20  # for a connection that asks nothing
MOST_CONNECTIONS = 100  # a page load takes six at a time

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def files_to_serve(page, icon):
    """The files that may be read, by their path in the address. Listed once: no path of a request ever becomes one of the disk."""
    files = {"/" + name: os.path.join(page, name) for name in os.listdir(page)
             if os.path.splitext(name)[1] in TYPES}
    files["/"] = files.pop("/index.html")
    files["/icon.svg"] = icon
    for folder in ("core", "vendor"):
        for where, _, names in os.walk(os.path.join(NOVNC, folder)):
            for name in names:
                if name.endswith(".js"):
                    path = os.path.join(where, name)
                    files["/novnc/" + os.path.relpath(path, NOVNC)] = path
    return files


def _address(text):
    """'0100007F:1F90', as /proc/net/tcp writes addresses: words of 32 bits in the byte order of this machine."""
    words, port = text.split(":")
    raw = b"".join(struct.pack("=I", int(words[i:i + 8], 16)) for i in range(0, len(words), 8))
    return _plain(ipaddress.ip_address(raw)), int(port, 16)


def _plain(address):
    return getattr(address, "ipv4_mapped", None) or address


def user_at(client, server):
    """The user id at the other end of a connection within this machine; None if that end is not on this machine."""
    ends = [(_plain(ipaddress.ip_address(end[0].split("%")[0])), end[1]) for end in (client, server)]
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as lines:
                next(lines)
                for line in lines:
                    fields = line.split()
                    if [_address(fields[1]), _address(fields[2])] == ends:
                        return int(fields[7])
        except FileNotFoundError:  # a kernel without IPv6
            pass
    return None


class _Request(ProxyRequestHandler):
    timeout = IDLE_SECONDS
    server_version = "overcommit-web"
    sys_version = ""

    def parse_request(self):
        return not self.server.over and super().parse_request()

    def handle_upgrade(self):
        offered = [name.strip() for name in self.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        password = next((name[len(PASSWORD_PROTOCOL):] for name in offered if name.startswith(PASSWORD_PROTOCOL)), "")
        if self.path != "/screen":
            self._refuse(404, "There is no such page.")
        elif not self.server.is_password(password):
            self._refuse(403, "The password is wrong.")
        else:
            self.request.settimeout(None)
            super().handle_upgrade()

    def do_GET(self):
        self._reply(body=True)

    def do_HEAD(self):
        self._reply(body=False)

    def _reply(self, body):
        if self.path == "/password":
            if self.server.is_password(self.headers.get(PASSWORD_HEADER, "")):
                self._send(204, "text/plain", b"", False)
            else:
                self._refuse(403, "The password is wrong.")
            return
        path = self.server.files.get(self.path.partition("?")[0])
        try:
            with open(path or "", "rb") as file:
                self._send(200, TYPES[os.path.splitext(path)[1]], file.read(), body)
        except OSError:
            self._refuse(404, "There is no such page.")

    def _refuse(self, code, sentence):
        self.close_connection = True
        self._send(code, "text/plain; charset=utf-8", sentence.encode() + b"\n", self.command != "HEAD")

    def _send(self, code, kind, content, body):
        self.send_response(code)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class PageServer(LibProxyServer):
    """Listens from the constructor on, which raises OSError; serves once `start` was called."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # a page load brings many connections at a time, and so may other users

    def __init__(self, host, port, screen, password, files):
        """`screen` is the Unix socket of the VNC server, `files` comes from files_to_serve."""
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        self.address_family = kind
        self.files = files
        self.over = False
        self.unix_listen = None  # websockify 0.12 looks for it, but only its other server sets it
        self._password = password.encode()
        self._only_this_user = ipaddress.ip_address(address[0].split("%")[0]).is_loopback
        self._room = threading.Semaphore(MOST_CONNECTIONS)
        super().__init__(_Request, listen_host=address[0], listen_port=port, unix_target=screen)
        self.only_upgrade = False

    def server_bind(self):
        # HTTPServer's own would ask a name server for this machine's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def start(self):
        threading.Thread(target=self.serve_forever, args=[0.1], daemon=True).start()

    def stop(self):
        """Answers nobody any more, not even those who are connected."""
        self.over = True
        self.shutdown()
        self.server_close()

    def is_password(self, text):
        return hmac.compare_digest(text.encode("utf-8", "replace"), self._password)

    def verify_request(self, request, client_address):
        """Within this machine only the user of this session gets in, and root, who forwards ports in WSL and in containers."""
        # What fails here would end the whole server: other users must not be able to cause that.
        try:
            if not self._only_this_user or user_at(client_address, request.getsockname()) in (None, 0, os.geteuid()):
                return True
            sentence = b"This session belongs to another user of this machine.\n"
            request.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                            % (len(sentence), sentence))
        except OSError:  # it has gone already
            pass
        return False

    def process_request(self, request, client_address):
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be had
            self._room.release()
            raise

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # such as a browser that went away
            super().handle_error(request, client_address)
