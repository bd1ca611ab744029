# SPDX-License-Identifier: GPL-2.0-or-later
"""What ./dev says about itself. Run with OVERCOMMIT_UPDATE_GOLDEN=1 to write tests/dev/help.txt anew."""
import difflib
import re
import subprocess
import unittest
from pathlib import Path

from tested import ROOT, UPDATE_GOLDEN, main

GOLDEN = Path(__file__).with_name("help.txt")


def dev(*arguments):
    return subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


class Help(unittest.TestCase):
    def test_is_the_golden_text(self):
        shown = dev("help")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        if UPDATE_GOLDEN:
            GOLDEN.write_text(shown.stdout, encoding="utf-8")
        golden = GOLDEN.read_text(encoding="utf-8")
        if shown.stdout != golden:
            change = "".join(difflib.unified_diff(golden.splitlines(True), shown.stdout.splitlines(True), "tests/dev/help.txt", "./dev help"))
            self.fail(f"\n{change}Is that meant? Then renew the text: OVERCOMMIT_UPDATE_GOLDEN=1 ./dev test -R dev.help_test")

    def test_is_what_no_command_and_the_options_show(self):
        for arguments in ([], ["--help"], ["-h"]):
            self.assertEqual(dev(*arguments).stdout, dev("help").stdout)

    def test_names_every_command_that_there_is(self):
        functions = set(re.findall(r"^command_(\w+)\(\)", (ROOT / "dev").read_text(encoding="utf-8"), re.MULTILINE))
        listed = set(re.findall(r"^  ([a-z][a-z0-9-]*)\b", dev("help").stdout, re.MULTILINE))
        self.assertGreater(len(functions), 10)
        self.assertEqual(listed, functions)

    def test_fits_a_terminal_of_130_columns(self):
        for line in dev("help").stdout.splitlines():
            self.assertLessEqual(len(line), 130, line)

    def test_an_unknown_command_is_refused(self):
        refused = dev("tset")
        self.assertEqual((refused.returncode, refused.stdout), (2, ""))
        self.assertIn('there is no command "tset"', refused.stderr)


if __name__ == "__main__":
    main()
