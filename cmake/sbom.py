# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the SPDX 2.3 document (JSON) of a release: every source file with its licence and copyright, the Debian packages, and the
libraries that their programs link to or are compiled with. `./dev release` calls it.

Files, licences and copyrights of the sources are what `reuse spdx` finds. Shared libraries are read from the programs themselves
(NEEDED entries), header-only ones from cmake/dependencies.cmake; versions and licences of both are those of the Debian packages that are
installed here. The same inputs give the same bytes.
"""
import argparse
import datetime
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from debian.copyright import Copyright, NotMachineReadableError

import dependency_table

# Debian's short names of licences -> SPDX's.
SPDX_NAMES = {
    "Apache-2.0": "Apache-2.0", "BSD-2-clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause", "Boost-1.0": "BSL-1.0", "BSL-1.0": "BSL-1.0",
    "CC0-1.0": "CC0-1.0", "Expat": "MIT", "MIT": "MIT", "FTL": "FTL", "GFDL-NIV-1.3": "GFDL-1.3-no-invariants-only", "ISC": "ISC",
    "GPL-2": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-3": "GPL-3.0-only", "GPL-3+": "GPL-3.0-or-later", "HPND": "HPND",
    "LGPL-2": "LGPL-2.0-only", "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later",
    "LGPL-3": "LGPL-3.0-only", "LGPL-3+": "LGPL-3.0-or-later", "MPL-2.0": "MPL-2.0", "W3C": "W3C", "Zlib": "Zlib", "zlib": "Zlib",
    "GPL-3 with Qt-1.0 exception": "GPL-3.0-only WITH Qt-GPL-exception-1.0", "libpng": "Libpng", "NCSA": "NCSA", "U-OF-I-BSD-LIKE": "NCSA",
}
SPDX_NAMES = {name.lower(): spdx for name, spdx in SPDX_NAMES.items()}


def out(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def identifier(*parts):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", "-".join(parts).replace("+", "p"))


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def source_files(folder):
    """What `reuse spdx` says of each file, as SPDX has it. Dies if a file has two licences: its first lines and .reuse/dep5 differ."""
    files, wrong = [], []
    for block in out("reuse", "--root", str(folder), "spdx").split("\n\n"):
        if not block.startswith("FileName: "):
            continue
        name = re.search(r"^FileName: (.*)$", block, re.MULTILINE)[1]
        licences = sorted(set(re.findall(r"^LicenseInfoInFile: (.*)$", block, re.MULTILINE)))
        copyrights = re.findall(r"<text>(.*?)</text>", block, re.DOTALL)
        if len(licences) != 1 or not copyrights:
            wrong.append(f"{name}: licences {licences}, copyright {copyrights}")
            continue
        data = (Path(folder) / name).read_bytes()
        files.append({
            "SPDXID": identifier("File", hashlib.sha1(name.encode()).hexdigest()[:16]), "fileName": name,
            "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                          {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
            "licenseConcluded": licences[0], "licenseInfoInFiles": licences, "copyrightText": copyrights[0].strip(),
        })
    if wrong or not files:
        sys.exit("sbom: each file must have one licence and a copyright; .reuse/dep5 and the files' first lines say otherwise:\n    " +
                 "\n    ".join(wrong or ["there are no files"]))
    return sorted(files, key=lambda entry: entry["fileName"])


class Library:
    """An installed Debian package, with what its copyright file says."""

    def __init__(self, package):
        self.name = package
        fields = "${Version}\t${source:Package}\t${Architecture}\t${Homepage}"
        try:
            self.version, self.source, self.architecture, self.homepage = out("dpkg-query", "-W", "-f", fields, package).split("\t")
        except subprocess.CalledProcessError:
            sys.exit(f"sbom: the package {package} is not installed, so its version and licence are unknown; install it: ./dev setup")
        self.texts = {}  # LicenseRef -> (name, text)

    def expression(self, text):
        """Debian's "GPL-2+ or Expat, and Zlib" as SPDX: "or" binds weaker than "and", a comma weakest of all."""
        parts = []
        for part in re.split(r",\s*and\s+", text.strip()):
            ways = [" AND ".join(self.name_of(one) for one in re.split(r"\s+and\s+", way)) for way in re.split(r"\s+or\s+", part)]
            parts.append(" OR ".join(f"({way})" if " AND " in way and len(ways) > 1 else way for way in ways))
        return " AND ".join(f"({part})" if " OR " in part and len(parts) > 1 else part for part in parts)

    def name_of(self, name):
        name = name.strip()
        if name.lower() in SPDX_NAMES:
            return SPDX_NAMES[name.lower()]
        reference = "LicenseRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", f"Debian-{self.source}-{name}").strip("-")
        self.texts.setdefault(reference, name)
        return reference

    def licence(self):
        """(SPDX expression, {LicenseRef: (name, text)}); NOASSERTION where Debian's copyright file is free text."""
        path = Path(f"/usr/share/doc/{self.name}/copyright")
        try:
            with path.open(encoding="utf-8") as file:
                parsed = Copyright(file, strict=False)
        except (NotMachineReadableError, FileNotFoundError, ValueError):
            return "NOASSERTION", {}
        found = []
        for paragraph in parsed.all_files_paragraphs():
            if paragraph.license and not all(pattern.startswith("debian/") for pattern in paragraph.files):
                expression = self.expression(paragraph.license.synopsis)
                found += [expression] if expression not in found else []
        if not found:
            return "NOASSERTION", {}
        bodies = {}
        for paragraph in [*parsed.all_license_paragraphs(), *parsed.all_files_paragraphs()]:
            if paragraph.license and paragraph.license.text:
                bodies.setdefault(paragraph.license.synopsis.strip().lower(), paragraph.license.text)
        texts = {reference: (name, bodies.get(name.lower(), f"See {path} in Debian's package {self.name}."))
                 for reference, name in self.texts.items()}
        return " AND ".join(f"({one})" if " OR " in one and len(found) > 1 else one for one in sorted(found)), texts


def needed(folder):
    """The shared libraries that the programs below a folder ask for, by name."""
    names = set()
    for path in Path(folder).rglob("*"):
        if path.is_file() and not path.is_symlink() and path.open("rb").read(20)[:4] == b"\x7fELF":
            names.update(re.findall(r"\(NEEDED\).*\[(.*)\]", out("readelf", "-d", str(path))))
    return names


def package_of_library(soname):
    """The installed package of this architecture that has the library."""
    native = out("dpkg", "--print-architecture").strip()
    for line in sorted(out("dpkg-query", "-S", f"*/{soname}").splitlines()):
        owners, _, path = line.partition(": ")
        # /usr/lib/x86_64-linux-gnu, not /usr/lib32 or a program's own folder.
        if not re.fullmatch(r"(/usr)?/lib/[^/]+-linux-gnu[^/]*/" + re.escape(soname), path):
            continue
        for owner in owners.split(", "):
            name, _, architecture = owner.partition(":")
            if architecture in ("", native):
                return name
    sys.exit(f"sbom: no installed package has {soname}, which a program links to")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("source", "archive", "version", "output"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--date", required=True, type=int, help="of the commit, in seconds since 1970")
    parser.add_argument("packages", nargs="+", metavar="PACKAGE.deb")
    given = parser.parse_args()

    files = source_files(given.source)
    digests = sorted(entry["checksums"][0]["checksumValue"] for entry in files)
    licences = sorted({licence for entry in files for licence in entry["licenseInfoInFiles"]})
    source = {
        "SPDXID": "SPDXRef-Source", "name": "overcommit", "versionInfo": given.version, "packageFileName": Path(given.archive).name,
        "supplier": "Organization: The Overcommit authors", "downloadLocation": "NOASSERTION", "primaryPackagePurpose": "SOURCE",
        "checksums": [{"algorithm": "SHA256", "checksumValue": sha256(given.archive)}], "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": hashlib.sha1("".join(digests).encode()).hexdigest()},
        "licenseDeclared": " AND ".join(licences), "licenseConcluded": " AND ".join(licences), "licenseInfoFromFiles": licences,
        "copyrightText": "The Overcommit authors",
        "hasFiles": [entry["SPDXID"] for entry in files],
    }
    packages, relationships, texts, libraries = [source], [], {}, {}

    def relate(one, how, other):
        relationships.append({"spdxElementId": one, "relationshipType": how, "relatedSpdxElement": other})

    def library(name):
        """The SPDX identifier of a Debian package, which is described once."""
        if name not in libraries:
            found = Library(name)
            licence, its_texts = found.licence()
            texts.update(its_texts)
            packages.append({
                "SPDXID": identifier("Library", name), "name": name, "versionInfo": found.version, "supplier": "Organization: Debian",
                "originator": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "primaryPackagePurpose": "LIBRARY",
                "licenseDeclared": licence, "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION",
                "licenseComments": f"From /usr/share/doc/{name}/copyright: all files of Debian's source package {found.source}.",
                **({"homepage": found.homepage.strip()} if found.homepage.strip() else {}),
                "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                  "referenceLocator": f"pkg:deb/debian/{name}@{found.version.replace('+', '%2B').replace(':', '%3A')}?arch={found.architecture}"}],
            })
            libraries[name] = found
        return identifier("Library", name)

    relate("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Source")
    linked = set()
    for path in sorted(given.packages):
        name, version, architecture = out("dpkg-deb", "-W", "--showformat=${Package}\t${Version}\t${Architecture}", path).split("\t")
        spdx = identifier("Package", name)
        described = {
            "SPDXID": spdx, "name": name, "versionInfo": version, "packageFileName": Path(path).name,
            "supplier": "Organization: The Overcommit authors", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "checksums": [{"algorithm": "SHA256", "checksumValue": sha256(path)}], "primaryPackagePurpose": "INSTALL",
            "licenseDeclared": " AND ".join(licences), "licenseConcluded": "NOASSERTION", "copyrightText": "The Overcommit authors",
            "comment": f"Debian package for {architecture}",
        }
        packages.append(described)
        relate("SPDXRef-DOCUMENT", "DESCRIBES", spdx)
        relate(spdx, "GENERATED_FROM", "SPDXRef-Source")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["dpkg-deb", "-x", path, folder], check=True)
            sonames = needed(folder)
        for package in sorted({package_of_library(soname) for soname in sonames}):
            relate(spdx, "DYNAMIC_LINK", library(package))
            linked.add(libraries[package].source)
            if libraries[package].source.startswith("unicorn"):
                described["licenseConcluded"] = "GPL-2.0-only"
                described["comment"] += ". Unicorn Engine has files under GPL-2.0-only, so the program that links to it is under that licence"
    # What the build asks for and no program links to is compiled in: headers alone. Tools are neither.
    for _, names, conditions in dependency_table.dependencies(given.source):
        for name in names if set(conditions) <= {"OVERCOMMIT_GUI"} else []:
            if name.endswith("-dev") and Library(name).source not in linked:
                relate(library(name), "BUILD_DEPENDENCY_OF", "SPDXRef-Source")

    date = datetime.datetime.fromtimestamp(given.date, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"overcommit-{given.version}",
        "documentNamespace": "", "creationInfo": {"created": date, "creators": ["Organization: The Overcommit authors",
                                                                               "Tool: overcommit-cmake/sbom.py"]},
        "packages": packages, "files": files, "relationships": relationships,
        "hasExtractedLicensingInfos": [{"licenseId": reference, "name": name, "extractedText": text}
                                       for reference, (name, text) in sorted(texts.items())],
    }
    content = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["documentNamespace"] = f"https://spdx.org/spdxdocs/overcommit-{given.version}-{content}"
    Path(given.output).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
