# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads which Debian packages the build asks for.

cmake/dependencies.cmake names them in a comment behind each find_package() and pkg_check_modules(). What stands between if(OPTION) and
endif() is needed only if that option is on. A line that asks for a library and names no package is an error.
"""
import json
import re
from pathlib import Path

ASKS = re.compile(r"^\s*(find_package|pkg_check_modules)\s*\(\s*([\w-]+)")
PACKAGES = re.compile(r"\)\s*#\s*([a-z0-9][a-z0-9+.-]*(?:\s*,\s*[a-z0-9][a-z0-9+.-]*)*)\s*$")
OPTION = re.compile(r'^\s*option\s*\(\s*(OVERCOMMIT_\w+)\s+"[^"]*"\s+(ON|OFF)\s*\)')


class TableError(Exception):
    pass


def dependencies(root):
    """[(name in CMake, Debian packages, options that must be on)], in the order of the file."""
    path = Path(root) / "cmake/dependencies.cmake"
    found, conditions = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code = line.split("#")[0].strip()
        if match := re.match(r"if\s*\((.*)\)$", code):
            conditions.append(match[1].strip())
        elif re.match(r"else(if)?\b", code):
            conditions[-1] = "NOT " + conditions[-1]
        elif re.match(r"endif\b", code):
            conditions.pop()
        elif asks := ASKS.match(line):
            packages = PACKAGES.search(line)
            if not packages:
                raise TableError(f"{path}:{number}: {asks[1]}({asks[2]}) does not name its Debian package in a comment behind it")
            for condition in conditions:
                if not re.fullmatch(r"OVERCOMMIT_\w+", condition):
                    raise TableError(f'{path}:{number}: "{condition}" is not a plain option: this table cannot tell when {asks[2]} is needed')
            found.append((asks[2], [name.strip() for name in packages[1].split(",")], list(conditions)))
    if not found:
        raise TableError(f"{path} asks for no library at all")
    return found


def options(root, preset):
    """The project's options, by name, as a configure preset sets them."""
    root = Path(root)
    values = {}
    for line in (root / "CMakeLists.txt").read_text(encoding="utf-8").splitlines():
        if match := OPTION.match(line):
            values[match[1]] = match[2] == "ON"
    presets = {entry["name"]: entry for entry in json.loads((root / "CMakePresets.json").read_text(encoding="utf-8"))["configurePresets"]}
    if preset not in presets:
        raise TableError(f'CMakePresets.json has no preset "{preset}"')

    def apply(name):
        above = presets[name].get("inherits", [])
        for parent in reversed([above] if isinstance(above, str) else above):  # of several, the first one counts
            apply(parent)
        for key, value in presets[name].get("cacheVariables", {}).items():
            if key in values:
                values[key] = str(value).upper() in ("ON", "TRUE", "1", "YES")

    apply(preset)
    return values


def packages_for(root, preset):
    """The Debian packages that a preset asks for."""
    on = options(root, preset)
    wanted = []
    for _, packages, conditions in dependencies(root):
        if all(on.get(condition, False) for condition in conditions):
            wanted += [name for name in packages if name not in wanted]
    return wanted
