# SPDX-License-Identifier: GPL-2.0-or-later
"""Each ./dev command installs what its build asks for.

What a command installs and builds is taken from `dev` itself: its functions are run with need() and build() replaced by ones that only
write down their arguments. What a build asks for is in cmake/dependencies.cmake, and is tried: CMake configures in a view of this machine
in which only the packages of the command are installed.
"""
import concurrent.futures
import functools
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tested import ROOT, main

sys.path.insert(0, str(ROOT / "cmake"))
import dependency_table  # noqa: E402  (the project's own table, from the tree that is tested)
import package_view  # noqa: E402

DISPATCH = "case ${1:-help} in"

# Nothing can be executed: PATH is empty, so that only the shell's own commands work.
RECORDER = r"""
source "$1"
set +e +u
shopt -s execfail
for group in "${!packages[@]}"; do printf 'group %s %s\n' "$group" "$(echo ${packages[$group]})" >&3; done
need() { printf 'need %s\n' "$*" >&3; }
build() { printf 'build %s\n' "$1" >&3; }
say() { :; }
die() { :; }
functions=$(compgen -A function command_)
PATH=/nonexistent
for function in $functions; do
  printf 'command %s\n' "${function#command_}" >&3
  ("$function") </dev/null >/dev/null 2>&1
done
printf 'end\n' >&3
"""


class Recorded:
    """groups: {name: packages}; builds: {command: [(preset, groups that were installed before)]}"""

    def __init__(self, dev_text):
        if dev_text.count("\n" + DISPATCH) != 1:
            raise AssertionError(f'./dev no longer ends with "{DISPATCH}": this test has to learn how its commands are called now')
        self.groups, self.builds = {}, {}
        with tempfile.TemporaryDirectory() as folder:
            functions = Path(folder) / "dev"
            functions.write_text(dev_text[:dev_text.index("\n" + DISPATCH) + 1], encoding="utf-8")
            done = subprocess.run(["bash", "-c", 'exec 3>record; bash -c "$0" dev "$1"', RECORDER, str(functions)], cwd=folder,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
            record = (Path(folder) / "record").read_text(encoding="utf-8").splitlines()
        if record[-1:] != ["end"]:
            raise AssertionError(f"the functions of ./dev could not be run: {done.stderr}")
        needed = []
        for line in record:
            word, _, rest = line.partition(" ")
            if word == "group":
                name, *packages = rest.split()
                self.groups[name] = packages
            elif word == "command":
                needed, command = [], rest
            elif word == "need":
                needed = needed + rest.split()
            elif word == "build":
                self.builds.setdefault(command, []).append((rest, tuple(sorted(set(needed)))))

    def packages(self, groups):
        return sorted({package for group in groups for package in self.groups[group]})


@functools.cache
def recorded():
    return Recorded((ROOT / "dev").read_text(encoding="utf-8"))


def missing(record, root):
    """What commands do not install although their builds ask for it, as sentences."""
    return [f"./dev {command} installs {' '.join(groups)}, but its build ({preset}) needs {package} too"
            for command, builds in record.builds.items() for preset, groups in builds
            for package in dependency_table.packages_for(root, preset) if package not in record.packages(groups)]


def compiler_of(preset):
    presets = {entry["name"]: entry for entry in json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))["configurePresets"]}
    return presets[preset]["cacheVariables"].get("CMAKE_CXX_COMPILER", "")


def kinds_of_build():
    """[(preset, groups, commands)]: one for each thing that may differ. More packages never hurt, so only the fewest are tried."""
    asked = {name for _, _, conditions in dependency_table.dependencies(ROOT) for name in conditions}
    kinds = {}
    for command, builds in recorded().builds.items():
        for preset, groups in builds:
            on = tuple(name for name, value in sorted(dependency_table.options(ROOT, preset).items()) if value and name in asked)
            tried = kinds.setdefault((on, compiler_of(preset)), {})
            tried.setdefault(frozenset(recorded().packages(groups)), (preset, groups, []))[2].append(command)
    return [entry for tried in kinds.values() for packages, entry in tried.items() if not any(other < packages for other in tried)]


def configured(installed, preset, packages):
    """The finished CMake of this preset where only these packages are installed."""
    folder = Path(tempfile.mkdtemp(prefix="overcommit-view."))
    try:
        package_view.make_view(folder / "view", installed, packages)
        (folder / "build").mkdir()
        return package_view.configure(folder / "view", ROOT, folder / "build", preset)
    finally:
        shutil.rmtree(folder)


class Packages(unittest.TestCase):
    def test_the_commands_that_build_are_seen(self):
        self.assertLessEqual({"demo", "run", "gui", "build", "test", "lint", "bench", "fuzz"}, set(recorded().builds))
        self.assertLessEqual({"engine", "tests", "gui"}, set(recorded().groups))

    def test_every_command_installs_what_its_build_asks_for(self):
        self.assertEqual(missing(recorded(), ROOT), [])

    def test_the_demo_needs_no_qt(self):
        for preset, groups in recorded().builds["demo"]:
            self.assertEqual([name for name in recorded().packages(groups) if "qt6" in name], [])
            self.assertEqual([name for name in dependency_table.packages_for(ROOT, preset) if "qt6" in name], [])

    # The first command of a fresh clone once failed so: it installed engine and tests, and CMake asked for what the app needs.
    def test_a_command_that_installs_too_little_is_noticed(self):
        text = (ROOT / "dev").read_text(encoding="utf-8")
        lacking = Recorded(text.replace("\n" + DISPATCH, "\ncommand_lacking() {\n  need engine tests\n  build dev overcommit\n}\n" + DISPATCH))
        self.assertEqual(missing(lacking, ROOT), ["./dev lacking installs engine tests, but its build (dev) needs qt6-svg-dev too"])


@unittest.skipUnless(shutil.which("dpkg-query"), "not a Debian system: which files a package has is not known")
class Configured(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.installed = package_view.Installed()
        len(cls.installed.owners)  # read once, before threads ask for it

    def not_here(self, packages):
        try:
            self.installed.closure(packages)
        except LookupError as reason:
            return str(reason)
        return None

    def test_every_build_configures_where_only_its_packages_are_installed(self):
        tried = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            waiting = []
            for preset, groups, commands in kinds_of_build():
                told = f"{preset} with {' '.join(groups)} (./dev {', '.join(commands)})"
                if reason := self.not_here(recorded().packages(groups)):
                    print(f"not tried: {told}: {reason}")
                    continue
                waiting.append((told, pool.submit(configured, self.installed, preset, recorded().packages(groups))))
            for told, future in waiting:
                done = future.result()
                with self.subTest(told):
                    self.assertEqual(done.returncode, 0, f"{told}:\n{done.stdout}\n{done.stderr}")
                    print(f"configured: {told}")
                tried += 1
        if not tried:
            self.skipTest("no command has all of its packages on this machine")

    def test_a_package_that_is_missing_is_noticed(self):
        engine = recorded().packages(["engine"])
        if reason := self.not_here(engine):
            self.skipTest(reason)
        done = configured(self.installed, "app", engine)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Qt6", done.stderr)


if __name__ == "__main__":
    main()
