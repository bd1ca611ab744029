#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""overcommit-web in a real browser, with the real app: the start page is seen, a click starts the demo, the picture moves."""

import base64
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from web_session import ROOT, WebSession, need, until

need(programs=["Xvnc", "matchbox-window-manager", "chromium", "chromedriver"], modules=["websockify", "selenium"],
     files=["/usr/share/novnc/core/rfb.js"])

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

APP = os.environ.get("OVERCOMMIT_APP") or os.path.join(ROOT, "build", "dev", "overcommit-gui")
WIDTH, HEIGHT = 1280, 720
DEMO = (300, 242)  # on the start page: its first entry

# The part of two pictures that differs, in permille of the pixels; a pixel differs by more than what compression does to it.
DIFFERENCE = """
const [first, second, done] = arguments;
const pixels = async (text) => {
  const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d').drawImage(picture, 0, 0);
  return [picture.width, picture.height, canvas.getContext('2d').getImageData(0, 0, picture.width, picture.height).data];
};
(async () => {
  const [width, height, a] = await pixels(first);
  const [otherWidth, otherHeight, b] = await pixels(second);
  if (width !== otherWidth || height !== otherHeight) return 1000;
  let different = 0;
  for (let at = 0; at < a.length; at += 4) {
    if (Math.max(Math.abs(a[at] - b[at]), Math.abs(a[at + 1] - b[at + 1]), Math.abs(a[at + 2] - b[at + 2])) > 48) ++different;
  }
  return different * 1000 / (width * height);
})().then(done, (error) => done(String(error)));
"""


def browser(profile):
    options = webdriver.ChromeOptions()
    for name in ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
                 "disable-component-update", "disable-sync", "disable-dev-shm-usage", "user-data-dir=" + profile):
        options.add_argument("--" + name)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = "/usr/bin/chromium"
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_script_timeout(30)
    return driver


def resize(driver, width, height):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})


class BrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.browser = browser(os.path.join(folder.name, "profile"))
        cls.addClassCleanup(cls.browser.quit)
        # Only to compare pictures: the page of a session may not fetch what it is not meant to.
        cls.bench = cls.browser.current_window_handle
        cls.start = os.path.join(folder.name, "start.png")
        subprocess.run([APP, "--screenshot", cls.start, "--panel", "start", "--size", f"{WIDTH}x{HEIGHT}"], check=True,
                       env={**os.environ, "HOME": folder.name, "XDG_RUNTIME_DIR": folder.name, "QT_QPA_PLATFORM": "offscreen"})
        with open(cls.start, "rb") as file:
            cls.start = base64.b64encode(file.read()).decode()

    def setUp(self):
        self.new_tab()  # each with a memory of its own

    def tearDown(self):
        kept = os.environ.get("OVERCOMMIT_WEB_PICTURES")
        if kept:
            self.browser.save_screenshot(os.path.join(kept, self.id().split(".")[-1] + ".png"))
        for tab in self.browser.window_handles:
            if tab != self.bench:
                self.browser.switch_to.window(tab)
                self.browser.close()
        self.browser.switch_to.window(self.bench)

    def new_tab(self):
        self.browser.switch_to.new_window("tab")
        resize(self.browser, WIDTH, HEIGHT)

    def picture(self):
        return self.browser.get_screenshot_as_base64()

    def difference(self, first, second):
        shown = self.browser.current_window_handle
        self.browser.switch_to.window(self.bench)
        got = self.browser.execute_async_script(DIFFERENCE, first, second)
        self.browser.switch_to.window(shown)
        self.assertIsInstance(got, (int, float), got)
        return got

    def says(self, text):
        until(lambda: text in self.browser.find_element("tag name", "body").text, f"the page says '{text}'")

    def connected(self):
        until(lambda: self.browser.execute_script("return !document.querySelector('dialog').open && document.querySelector('canvas') !== null"),
              "the page shows a screen")

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.browser.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1})

    def test_the_start_page_is_seen_and_a_click_starts_the_demo(self):
        with WebSession(environment={"OVERCOMMIT_APP": APP}) as session:
            self.browser.get_log("browser")  # what earlier tests caused
            self.browser.get(session.url)
            self.connected()
            self.assertEqual(self.browser.title, "Overcommit")
            self.assertNotIn(session.password, self.browser.current_url, "a projector must not show it")
            # Text is drawn a little differently, and the pointer is seen.
            until(lambda: self.difference(self.start, self.picture()) < 20, "the start page is seen")
            begin = self.picture()
            self.click(*DEMO)
            until(lambda: session.named("serve"), "the engine runs")
            until(lambda: self.difference(begin, self.picture()) > 200, "the machine room is seen")
            earlier = self.picture()
            until(lambda: self.difference(earlier, self.picture()) > 2, "the picture moves")
            session.pids |= session.descendants()
            complaints = "\n".join(entry["message"] for entry in self.browser.get_log("browser"))
            for word in ("page.js", "Uncaught", "Content Security Policy", "Failed to load"):
                self.assertNotIn(word, complaints)
            # A reload shows it again.
            self.browser.refresh()
            self.connected()
            # A larger window gets a larger picture.
            resize(self.browser, 1600, 900)
            size = "const canvas = document.querySelector('canvas'); return [canvas.width, canvas.height]"
            until(lambda: self.browser.execute_script(size) == [1600, 900], "the screen has the size of the window")
            # The end.
            session.process.terminate()
            self.says("The session has ended")
            self.assertEqual(session.ended(), 0, session.error_text())
            self.assertEqual(session.left(), [])

    def test_a_wrong_password_is_refused_and_the_right_one_helps(self):
        with WebSession(app="exec sleep 1000") as session:
            self.browser.get(session.url[:-1] + ("x" if session.url[-1] != "x" else "y"))
            self.says("The password is wrong")
            self.assertEqual(self.browser.find_elements("tag name", "canvas"), [])
            self.browser.find_element("id", "password").send_keys("nonsense")
            self.browser.find_element("id", "again").click()
            self.says("The password is wrong")
            self.browser.find_element("id", "password").clear()
            self.browser.find_element("id", "password").send_keys(session.password)
            self.browser.find_element("id", "again").click()
            self.connected()

    def test_without_a_password_it_is_asked_for(self):
        with WebSession(app="exec sleep 1000") as session:
            self.browser.get(session.url.partition("#")[0])
            self.says("The password is missing")
            self.assertEqual(self.browser.find_elements("tag name", "canvas"), [])

    def test_a_second_window_takes_over_and_the_first_can_take_it_back(self):
        with WebSession(app="exec sleep 1000") as session:
            self.browser.get(session.url)
            self.connected()
            first = self.browser.current_window_handle
            self.new_tab()
            self.browser.get(session.url)
            self.connected()
            self.browser.switch_to.window(first)
            self.says("Another window shows this session")
            self.browser.find_element("id", "again").click()
            self.connected()


if __name__ == "__main__":
    unittest.main(verbosity=2)
