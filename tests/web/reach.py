#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reach.py ADDRESS [SECONDS]: looks at a session from outside, such as one in a container, by the address that it printed.

The page is there, a wrong password is refused, the right one shows the start page, and a click starts the demo."""

import http.client
import os
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from web_session import Screen

DEMO = (300, 242)  # on the start page, from 1280x720 to 1600x900: its first entry


def until(look, what, late):
    """What `look` returns once it is true."""
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > late:
            sys.exit(f"waited too long until {what}")
        time.sleep(0.2)


def main():
    address = urllib.parse.urlsplit(sys.argv[1])
    late = time.monotonic() + float(sys.argv[2] if len(sys.argv) > 2 else 60)
    host, port, password = address.hostname, address.port, address.fragment

    def page():
        connection = http.client.HTTPConnection(host, port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read()
        except OSError:
            return b""
        finally:
            connection.close()

    assert b"<title>Overcommit</title>" in until(page, "the page is there", late)
    with Screen(host, port, password[::-1]) as refused:
        assert refused.status == 403, refused.status
    with Screen(host, port, password) as screen:
        assert screen.status == 101, screen.status
        width, height = screen.shake_hands()

        def picture():
            pixels = screen.picture(width, height)
            return pixels if len({pixels[at:at + 4] for at in range(0, len(pixels), 4)}) > 50 else None

        start = until(picture, "the start page is seen", late)
        screen.click(*DEMO)

        def share_of_change(before):
            after = screen.picture(width, height)
            return sum(before[at:at + 4] != after[at:at + 4] for at in range(0, len(after), 4)) / (width * height)

        until(lambda: share_of_change(start) > 0.2, "the machine room is seen after a click", late)
        room = screen.picture(width, height)
        until(lambda: share_of_change(room) > 0.002, "the picture moves", late)
    print(f"the session at {host}:{port} shows the app, {width}x{height}, and a click starts the demo")


if __name__ == "__main__":
    main()
