# SPDX-License-Identifier: GPL-2.0-or-later
"""A view of this machine in which only some Debian packages, what they depend on, and the essential ones are installed.

A folder of symbolic links to the files that matter to CMake. CMake is told to look nowhere else, the compiler takes headers and
libraries from there (--sysroot), pkg-config reads only the .pc files there, and PATH has only the programs there. So a package that is
missing from a list is noticed on a machine that has it.
"""
import functools
import os
import re
import subprocess
from pathlib import Path

# What is of no interest: documents, translations, other programs' data. usr/lib/modules and the like are never asked for.
KEPT = re.compile(r"/(usr/)?(bin|sbin|lib|lib32|lib64|libx32|libexec|include)(/|$)|/usr/share/(cmake|cmake-[^/]*|pkgconfig|qt6|pkg-config-.*)(/|$)")
LEFT_OUT = re.compile(r"/usr/lib/(python3|modules|locale|systemd|firmware|gcc/[^/]+/[^/]+/plugin)(/|$)|\.(pyc?|mo|gz|html)$")


def query(*arguments):
    return subprocess.run(["dpkg-query", *arguments], check=True, capture_output=True, text=True).stdout


class Installed:
    """The packages of this machine, by name without architecture."""

    def __init__(self):
        self.depends, self.essential, self.providers, self.with_architecture = {}, set(), {}, {}
        self.native = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
        form = "${db:Status-Abbrev}\t${Package}\t${binary:Package}\t${Architecture}\t${Essential}\t${Priority}\t${Pre-Depends}, ${Depends}\t${Provides}\n"
        for line in query("-W", "-f", form).splitlines():
            status, name, full, architecture, essential, priority, depends, provides = line.split("\t")
            if not status.startswith("ii") or architecture not in (self.native, "all"):
                continue
            self.with_architecture[name] = full
            self.depends[name] = depends
            if essential == "yes" or priority == "required":
                self.essential.add(name)
            for provided in provides.split(","):
                if provided.strip():
                    self.providers.setdefault(self.bare(provided), []).append(name)

    @staticmethod
    def bare(term):
        return re.sub(r"[\s(:\[].*", "", term.strip())

    def __contains__(self, name):
        return name in self.depends

    def closure(self, names):
        """These packages and everything that apt installs with them, without recommendations. Of alternatives the first one that is
        installed here counts, as it does for apt on a new machine."""
        seen, waiting = set(), [*names, *self.essential]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            if name not in self:
                raise LookupError(f"the package {name} is not installed on this machine")
            seen.add(name)
            for group in self.depends[name].split(","):
                for term in (self.bare(term) for term in group.split("|") if term.strip()):
                    taken = term if term in self else next(iter(self.providers.get(term, [])), None)
                    if taken:
                        waiting.append(taken)
                        break
        return seen

    @functools.cached_property
    def files(self):
        """{package: its files that may matter}, with /bin and /lib written as /usr/bin and /usr/lib."""
        found = {}
        for name, full in self.with_architecture.items():
            lists = [Path("/var/lib/dpkg/info") / f"{which}.list" for which in (full, f"{name}:{self.native}", name)]
            text = next((one.read_text(encoding="utf-8") for one in lists if one.exists()), "")
            found[name] = [path if path.startswith("/usr/") else "/usr" + path
                           for path in text.splitlines() if KEPT.match(path) and not LEFT_OUT.search(path)]
        return found

    @functools.cached_property
    def owners(self):
        """{folder: the packages that have a file somewhere below it}"""
        found = {}
        for name, paths in self.files.items():
            folders = set()
            for path in paths:
                folder = os.path.dirname(path)
                while folder not in folders and len(folder) > 1:
                    folders.add(folder)
                    folder = os.path.dirname(folder)
            for folder in folders:
                found.setdefault(folder, set()).add(name)
        return found


def make_view(folder, installed, names):
    """Links the files of the packages and of all that they need into `folder`: whole folders where all in them belongs there."""
    folder = Path(folder)
    for link in ("bin", "sbin", "lib", "lib64"):
        (folder / "usr" / link).mkdir(parents=True, exist_ok=True)
        (folder / link).symlink_to("usr/" + link)
    packages = installed.closure(names)
    done = {"/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64"}
    whole = set()  # folders that are linked

    def place(path):
        parent = os.path.dirname(path)
        if path in done or parent in whole:
            whole.update({path} if parent in whole else ())
            return
        done.add(path)
        place(parent)
        if parent in whole:
            whole.add(path)
            return
        here = folder / path[1:]
        if os.path.isdir(path) and not os.path.islink(path):
            if installed.owners.get(path, set()) <= packages:
                here.symlink_to(path)
                whole.add(path)
            else:
                here.mkdir()
        elif os.path.lexists(path):
            here.symlink_to(path)

    for name in sorted(packages):
        for path in installed.files[name]:
            place(path)
    # Names that update-alternatives gives, such as c++: those whose program is in the view.
    for name in os.listdir("/etc/alternatives"):
        named = Path("/usr/bin") / name
        if named.is_symlink() and os.path.lexists(folder / os.path.realpath(named)[1:]) and not os.path.lexists(folder / "usr/bin" / name):
            (folder / "usr/bin" / name).symlink_to(named)


def configure(view, source, build, preset, settings=()):
    """Runs CMake as `cmake --preset` does, but in the view. Returns the finished process."""
    view = Path(view)
    folders = [str(found) for found in view.glob("usr/lib/*/pkgconfig")] + [str(view / "usr/lib/pkgconfig"), str(view / "usr/share/pkgconfig")]
    environment = {
        "PATH": str(view / "usr/bin"), "HOME": str(build), "LC_ALL": "C.UTF-8", "PKG_CONFIG_LIBDIR": ":".join(folders),
        "CCACHE_DISABLE": "1",
    }
    arguments = [
        str(view / "usr/bin/cmake"), "--preset", preset, "-S", str(source), "-B", str(build),
        f"-DCMAKE_SYSROOT={view}", "-DCMAKE_FIND_USE_CMAKE_ENVIRONMENT_PATH=OFF", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF",
        "-DCMAKE_FIND_USE_SYSTEM_PACKAGE_REGISTRY=OFF",
        *(f"-DCMAKE_FIND_ROOT_PATH_MODE_{kind}=ONLY" for kind in ("PACKAGE", "LIBRARY", "INCLUDE")),
        *settings,
    ]
    return subprocess.run(arguments, env=environment, cwd=source, capture_output=True, text=True, check=False)
