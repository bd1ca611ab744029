# SPDX-License-Identifier: GPL-2.0-or-later
"""What ./dev cleanroom refuses and why, and which commands it takes from README. The room itself is tried by ./dev test --full."""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from tested import ROOT, main

SCRIPT = ROOT / "tests/cleanroom/cleanroom.sh"


def cleanroom(*arguments, **options):
    return subprocess.run(["bash", SCRIPT, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
                          **options)


class CleanRoom(unittest.TestCase):
    def refused(self, shown, code, reason):
        self.assertEqual((shown.returncode, shown.stdout), (code, ""), shown.stderr)
        self.assertIn(reason, shown.stderr)
        self.assertEqual(shown.stderr.count("\n"), 1, shown.stderr)

    @staticmethod
    def copied_to(folder, readme):
        copy = Path(folder, "tests/cleanroom/cleanroom.sh")
        copy.parent.mkdir(parents=True)
        shutil.copy(SCRIPT, copy)
        Path(folder, "README.md").write_text(readme, encoding="utf-8")
        return copy

    def test_takes_its_commands_from_readme(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        commands = cleanroom("--list").stdout.splitlines()
        self.assertEqual(len(commands), 2)
        for command in commands:
            self.assertRegex(readme, rf"(?m)^{command} +# ")
        self.assertEqual(cleanroom("--list", "--first").stdout.splitlines(), commands[:1])

    def test_a_readme_without_commands_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = self.copied_to(folder, "# Overcommit\n\n## Three commands\n\n```\n./dev demo\n```\n")
            shown = subprocess.run(["bash", copy, "--list"], capture_output=True, text=True, check=False)
        self.refused(shown, 2, 'README.md has no commands in its section "Two commands"')

    def test_wrong_arguments_are_refused(self):
        for arguments, reason in {
                ("--suite", "sid"): "--suite takes bookworm or trixie, not 'sid'",
                ("--arch", "riscv64"): "--arch takes amd64 or arm64, not 'riscv64'",
                ("--suite",): "--suite needs a value",
                ("--copy", "/no/such/file"): "there is no file '/no/such/file'",
                ("--frist",): "there is no option '--frist'",
                ("./dev", "demo"): "put it in quotes: './dev demo'",
        }.items():
            self.refused(cleanroom(*arguments), 2, reason)

    def test_without_root_there_is_none(self):
        if os.geteuid() != 0:
            self.refused(cleanroom("true"), 77, "run it as root")
            return
        # Another user may not be able to read this folder, so that user gets a copy.
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            copy = self.copied_to(folder, (ROOT / "README.md").read_text(encoding="utf-8"))
            shown = subprocess.run(["bash", copy, "true"], capture_output=True, text=True, check=False, cwd=folder,
                                   preexec_fn=lambda: (os.setgroups([]), os.setgid(65534), os.setuid(65534)))
        self.refused(shown, 77, "run it as root")

    @unittest.skipUnless(os.geteuid() == 0, "only root comes so far")
    def test_without_mmdebstrap_there_is_none(self):
        with tempfile.TemporaryDirectory() as folder:
            for tool in ("bash", "dirname", "readlink", "awk", "sed", "cat"):
                os.symlink(shutil.which(tool), Path(folder, tool))
            self.refused(cleanroom("true", env={"PATH": folder}), 77, "install it: apt-get install mmdebstrap")


if __name__ == "__main__":
    main()
