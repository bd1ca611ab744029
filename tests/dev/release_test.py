# SPDX-License-Identifier: GPL-2.0-or-later
"""./dev release: what it refuses, and what it makes. In a small clone of its own, with a ./dev that has one tiny package."""
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from tested import ROOT, main

# As ./dev package does: makes packages, and prints where they are.
DEV = """#!/usr/bin/env bash
command_package() { :; }
mkdir -p build/tree/DEBIAN build/tree/usr/bin
cp "$(readlink -f /bin/sh)" build/tree/usr/bin/tiny
cat >build/tree/DEBIAN/control <<CONTROL
Package: overcommit
Version: 1.2.3-1
Architecture: amd64
Maintainer: The Overcommit authors <none@example.org>
Description: tiny
CONTROL
dpkg-deb --root-owner-group -b build/tree build/overcommit_1.2.3-1_amd64.deb >&2
ls build/*.deb
"""
GPL = "SPDX-License-" "Identifier: GPL-2.0-or-later"  # in two pieces, so that it is not taken for this file's own
TOOLS = ("git", "reuse", "dpkg-deb", "readelf")


@unittest.skipUnless(shutil.which("git"), "git is not installed")
class Release(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="overcommit-release."))
        self.addCleanup(shutil.rmtree, self.folder)
        self.clone = self.folder / "a clone"
        self.clone.mkdir()
        self.environment = {**os.environ, "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
                            "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}
        for name in ("AUTHOR", "COMMITTER"):
            self.environment |= {f"GIT_{name}_NAME": "somebody", f"GIT_{name}_EMAIL": "somebody@example.org"}
        for name in [name for name in self.environment if name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")]:
            del self.environment[name]  # set where a hook of git runs the tests
        self.write("CMakeLists.txt", f"# {GPL}\nproject(overcommit VERSION 1.2.3 LANGUAGES C CXX)\n")
        self.write("CHANGELOG.md", "# Changes\n\n## [1.2.3] - 2026-01-02\n\n- New: everything.\n\n## [1.2.2] - 2026-01-01\n")
        self.write(".gitignore", "/build/\n__pycache__/\n")
        self.write("dev", DEV)
        (self.clone / "dev").chmod(0o755)
        for path in [".reuse/dep5", "LICENSES/GPL-2.0-or-later.txt", "LICENSES/MIT.txt", "cmake/release.sh", "cmake/sbom.py",
                     "cmake/dependency_table.py", "include/overcommit/walk.h"]:
            (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, self.clone / path)
        # A package of headers that every compiler brings along.
        self.write("cmake/dependencies.cmake", f"# {GPL}\nfind_package(Kernel REQUIRED)  # linux-libc-dev\n")
        self.git("init", "-q", "-b", "main")
        self.commit()

    def write(self, path, text):
        (self.clone / path).write_text(text, encoding="utf-8")

    def git(self, *arguments):
        return subprocess.run(["git", "-c", "commit.gpgsign=false", *arguments], cwd=self.clone, env=self.environment, check=True,
                              capture_output=True, text=True).stdout.strip()

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "A state.")

    def release(self, *arguments, **environment):
        return subprocess.run(["bash", str(self.clone / "cmake/release.sh"), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              env={**self.environment, **environment}, capture_output=True, text=True, check=False)

    def assert_refused(self, *parts, **options):
        done = self.release(**options)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("dev release: "), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertFalse((self.clone / "build/release").exists())

    def require_tools(self, tools=TOOLS):
        for tool in tools:
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        if subprocess.run(["/usr/bin/python3", "-c", "import debian.copyright"], capture_output=True, check=False).returncode:
            self.skipTest("python3-debian is not installed")


class Refused(Release):
    def setUp(self):
        self.require_tools()
        super().setUp()

    def test_a_changed_file(self):
        self.write("CMakeLists.txt", (self.clone / "CMakeLists.txt").read_text(encoding="utf-8") + "# changed\n")
        self.assert_refused(" M CMakeLists.txt", "git stash")

    def test_a_staged_file(self):
        self.write("new.txt", "new\n")
        self.git("add", "new.txt")
        self.assert_refused("A  new.txt")

    def test_an_untracked_file_even_if_git_is_told_to_be_silent_about_them(self):
        self.git("config", "status.showUntrackedFiles", "no")
        self.write("forgotten.txt", "forgotten\n")
        self.assert_refused("?? forgotten.txt", "commit")

    def test_a_version_that_the_changelog_does_not_name(self):
        self.write("CHANGELOG.md", "# Changes\n\n## [1.2.2] - 2026-01-01\n")
        self.commit()
        self.assert_refused("'## [1.2.2] - 2026-01-01'", "version 1.2.3", "## [1.2.3] - ")

    def test_a_version_that_is_not_the_newest_of_the_changelog(self):
        self.write("CHANGELOG.md", "# Changes\n\n## [1.3.0] - 2026-01-03\n\n## [1.2.3] - 2026-01-02\n")
        self.commit()
        self.assert_refused("'## [1.3.0] - 2026-01-03'")

    def test_changes_that_are_in_no_version(self):
        self.write("CHANGELOG.md", "# Changes\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n")
        self.commit()
        self.assert_refused("in no version")

    def test_a_heading_without_a_date(self):
        self.write("CHANGELOG.md", "# Changes\n\n## [1.2.3] - soon\n")
        self.commit()
        self.assert_refused("has no date")

    def test_no_changelog_at_all(self):
        (self.clone / "CHANGELOG.md").unlink()
        self.commit()
        self.assert_refused("CHANGELOG.md is missing")

    def test_a_version_whose_tag_is_on_another_commit(self):
        self.git("tag", "-a", "v1.2.3", "-m", "1.2.3")
        tagged = self.git("rev-parse", "HEAD")
        self.write("later.md", "later\n")
        self.commit()
        self.assert_refused("the tag v1.2.3 is on commit " + tagged[:12], "Raise the version")

    def test_a_tree_without_packages(self):
        self.write("dev", "#!/bin/sh\n")
        self.commit()
        self.assert_refused("no './dev package'")

    def test_a_folder_that_is_no_clone(self):
        shutil.rmtree(self.clone / ".git")
        self.assert_refused("is not a git clone that you can use")

    def test_an_argument(self):
        done = self.release("1.2.4")
        self.assertEqual(done.returncode, 1)
        self.assertIn("takes no argument", done.stderr)

    def test_a_missing_tool(self):
        for tool, package in (("reuse", "reuse"), ("dpkg-deb", "dpkg")):
            programs = self.folder / f"without {tool}"
            programs.mkdir()
            for needed in ("bash", "readlink", "dirname", "git", "reuse", "gzip", "sha256sum", "dpkg-deb", "readelf"):
                if needed != tool:
                    (programs / needed).symlink_to(shutil.which(needed))
            self.assert_refused(f"{tool} is missing", f"apt-get install -y --no-install-recommends {package}", PATH=str(programs))


class Made(Release):
    def setUp(self):
        self.require_tools()
        super().setUp()

    def test_a_release_has_everything_and_the_same_bytes_twice(self):
        done = self.release()
        self.assertEqual(done.returncode, 0, done.stderr)
        made = self.clone / "build/release/1.2.3"
        self.assertEqual(sorted(path.name for path in made.iterdir()),
                         ["SHA256SUMS", "overcommit-1.2.3.spdx.json", "overcommit-1.2.3.tar.gz", "overcommit_1.2.3-1_amd64.deb"])
        for line in (made / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
            digest, name = line.split("  ")
            self.assertEqual(hashlib.sha256((made / name).read_bytes()).hexdigest(), digest)
        self.assertIn("git tag -a v1.2.3", done.stderr)

        # Another clone, another time of day, other settings of git, and tagged by now.
        self.git("tag", "v1.2.3")
        other = self.folder / "other"
        self.git("clone", "-q", str(self.clone), str(other))
        first = {path.name: path.read_bytes() for path in made.iterdir() if path.suffix != ".deb"}
        self.clone = other
        self.git("config", "core.autocrlf", "true")
        self.git("config", "tar.umask", "077")
        done = self.release()
        self.assertEqual(done.returncode, 0, done.stderr)
        again = (other / "build/release/1.2.3" / "overcommit-1.2.3.tar.gz").read_bytes()
        self.assertEqual(again, first["overcommit-1.2.3.tar.gz"])
        # And once more in the same place.
        self.assertEqual(self.release().returncode, 0)
        self.assertEqual(sorted(path.name for path in (other / "build/release").iterdir()), ["1.2.3"])

        document = json.loads(first["overcommit-1.2.3.spdx.json"])
        self.assertEqual(document["spdxVersion"], "SPDX-2.3")
        licences = {entry["fileName"]: entry["licenseConcluded"] for entry in document["files"]}
        self.assertEqual(licences["./CMakeLists.txt"], "GPL-2.0-or-later")
        self.assertEqual(licences["./include/overcommit/walk.h"], "MIT")
        packages = {entry["name"]: entry for entry in document["packages"]}
        self.assertIn("libc6", packages)
        linked = [(entry["spdxElementId"], entry["relatedSpdxElement"]) for entry in document["relationships"]
                  if entry["relationshipType"] == "DYNAMIC_LINK"]
        self.assertIn(("SPDXRef-Package-overcommit", "SPDXRef-Library-libc6"), linked)
        self.assertIn("linux-libc-dev", packages)
        known = {entry["SPDXID"] for entry in document["packages"] + document["files"]} | {"SPDXRef-DOCUMENT"}
        for entry in document["relationships"]:
            self.assertLessEqual({entry["spdxElementId"], entry["relatedSpdxElement"]}, known)

    def test_packages_that_cannot_be_made_leave_nothing_behind(self):
        self.write("dev", "#!/bin/sh\ncommand_package() { :; }\necho broken >&2\nexit 3\n")
        (self.clone / "dev").chmod(0o755)
        self.commit()
        done = self.release()
        self.assertEqual(done.returncode, 1)
        self.assertIn("the packages could not be made", done.stderr)
        self.assertEqual(list((self.clone / "build/release").iterdir()), [])

    def test_a_file_with_two_licences_is_refused(self):
        self.write("include/overcommit/other.h", f"// {GPL}\n")
        self.commit()
        done = self.release()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("include/overcommit/other.h: licences ['GPL-2.0-or-later', 'MIT']", done.stderr)


if __name__ == "__main__":
    main()
