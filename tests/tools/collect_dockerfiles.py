#!/usr/bin/env python3
"""Collects real Dockerfiles, Containerfiles and compose files into a folder.

    python3 tests/tools/collect_dockerfiles.py FOLDER
    PINFOLD_CORPUS=FOLDER cargo test corpus

They come out of Debian's source packages, of sdists and of crates, each fetched by
its own client (apt-get, pip, cargo) from wherever that client is set up to fetch:
no address stands here. They belong to their authors, under many licences, so
they stay in that folder and out of the tree; `manifest.tsv` there says for each
which package, version and path it came from. Files with equal content are kept once.

Which source packages have such files is read from Debian's list of the contents of
source packages; those with most of them for the fewest bytes are taken, until there
are enough. Everything downloaded is thrown away again.
"""

import argparse
import collections
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

WANTED = re.compile(
    r"""(^|/)(
        ((docker|container)file([._-][^/]*)?)
      | ([^/]+\.(docker|container)file)
      | ((docker-)?compose([._-][^/]*)?\.ya?ml)
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
# Named like one, but something else: ignore files, programs, pages, patches.
UNWANTED = re.compile(
    r"\.(dockerignore|containerignore|py|go|rs|rb|js|jsx|ts|tsx|c|h|cpp|java|vim|el|lua|md|rst|txt|"
    r"html|svg|png|patch|diff|json|toml|pest|sh|golden|snap|gz|xz|asc|sum|dtd|cson|sublime-[a-z]+)$",
    re.IGNORECASE,
)
LARGEST = 1 << 20
# How many of one package: breadth is worth more than one project's habits.
MOST_OF_ONE = 60

SDISTS = ["docker", "dockerfile-parse", "jupyter-repo2docker", "locust"]
CRATES = ["dockerfile-parser", "zip"]


def is_wanted(path):
    return bool(WANTED.search(path)) and not UNWANTED.search(path)


class Corpus:
    """The folder, and where each file in it came from."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = []
        self.seen = set()

    def add(self, source, package, version, path, content):
        digest = hashlib.sha256(content).hexdigest()
        if digest in self.seen or not content.strip():
            return False
        self.seen.add(digest)
        target = self.folder / source / package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.rows.append((str(target.relative_to(self.folder)), source, package, version, path))
        return True

    def add_tar(self, source, package, version, archive, most=MOST_OF_ONE):
        """Adds the wanted files of a tar file, which is read and never unpacked."""
        added = 0
        with tarfile.open(archive) as tar:
            for member in tar:
                if added == most:
                    break
                if member.isfile() and member.size <= LARGEST and is_wanted(member.name):
                    # Whatever a member is called, it stays below the folder.
                    parts = [p for p in member.name.split("/") if p not in ("", ".", "..")]
                    content = tar.extractfile(member).read()
                    added += self.add(source, package, version, "/".join(parts), content)
        return added

    def write_manifest(self):
        lines = ["file\tsource\tpackage\tversion\tpath"]
        lines += ["\t".join(row) for row in sorted(self.rows)]
        (self.folder / "manifest.tsv").write_text("\n".join(lines) + "\n")


def output_of(command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout


class Apt:
    """The machine's apt with lists of its own, for source packages and their contents."""

    def __init__(self, root):
        self.root = root
        for folder in ["state/lists/partial", "cache/archives/partial", "parts"]:
            (root / folder).mkdir(parents=True)
        targets = output_of(
            ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
            text=True,
        )
        sources = sorted({f"deb-src {line}" for line in targets.splitlines()})
        (root / "sources.list").write_text("\n".join(sources) + "\n")
        (root / "apt.conf").write_text(
            f'Dir::State "{root}/state";\n'
            f'Dir::Cache "{root}/cache";\n'
            f'Dir::Etc::SourceList "{root}/sources.list";\n'
            f'Dir::Etc::SourceParts "{root}/parts";\n'
            "Acquire::IndexTargets::deb-src::Contents-source {\n"
            '  MetaKey "$(COMPONENT)/Contents-source"; KeepCompressed "true";\n'
            '  ShortDescription "Contents"; Description "$(RELEASE)/$(COMPONENT) contents of sources";\n'
            "};\n"
        )
        self.environment = {**os.environ, "APT_CONFIG": str(root / "apt.conf")}

    def run(self, *arguments, cwd=None):
        """Runs apt-get, and returns whether it could do all of it."""
        result = subprocess.run(
            ["apt-get", "-qq", *arguments], env=self.environment, cwd=cwd,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        return result.returncode == 0

    def counts(self):
        """Returns how many wanted files each source package has."""
        counts = collections.Counter()
        for listing in (self.root / "state/lists").glob("*Contents-source*"):
            reader = subprocess.Popen(
                ["/usr/lib/apt/apt-helper", "cat-file", listing], stdout=subprocess.PIPE, env=self.environment
            )
            for line in reader.stdout:
                if b"ocker" not in line and b"ompose" not in line and b"ontainerfile" not in line.lower():
                    continue
                path, _, packages = line.decode("utf-8", "replace").rstrip().rpartition("\t")
                if is_wanted(path.rstrip()):
                    counts.update(packages.strip().split(","))
            reader.wait()
        return counts

    def files(self, packages):
        """Returns the files of each source package, as (name, size)."""
        text = subprocess.run(
            ["apt-get", "-qq", "source", "--print-uris", "--only-source", *packages],
            check=True, env=self.environment, stdout=subprocess.PIPE, text=True,
        ).stdout
        files = collections.defaultdict(list)
        for line in text.splitlines():
            words = line.split()
            if len(words) < 3 or not words[0].startswith("'"):
                continue
            name, size = words[1], int(words[2])
            files[name.split("_")[0]].append((name, size))
        return files


def collect_from_debian(corpus, wanted, megabytes):
    with tempfile.TemporaryDirectory(prefix="pinfold-apt-") as root:
        root = Path(root)
        # The client may fetch as a user of its own, which must reach its folders.
        root.chmod(0o755)
        apt = Apt(root)
        if not apt.run("update"):
            print("apt-get could not fetch the lists of sources", file=sys.stderr)
            return
        counts = apt.counts()
        common = [name for name, _ in counts.most_common(250)]
        files = apt.files(common)
        sizes = {name: sum(size for _, size in files[name]) for name in common if files[name]}

        def worth(name):
            return min(counts[name], MOST_OF_ONE) / (sizes[name] + 200_000)

        budget, missing = megabytes << 20, 0
        for name in sorted(sizes, key=worth, reverse=True):
            if len(corpus.rows) >= wanted:
                break
            if sizes[name] > budget:
                continue
            with tempfile.TemporaryDirectory(dir=root) as downloads:
                Path(downloads).chmod(0o777)
                # A mirror may lack the one or other: what came is looked through.
                missing += not apt.run("source", "--download-only", "--only-source", name, cwd=downloads)
                left = MOST_OF_ONE
                for archive, size in files[name]:
                    path = Path(downloads) / archive
                    if ".tar." not in archive or archive.endswith(".asc") or not path.exists():
                        continue
                    budget -= size
                    version = archive.removeprefix(f"{name}_").split(".orig")[0].split(".debian.")[0]
                    try:
                        left -= corpus.add_tar("debian", name, version, path, left)
                    except (tarfile.TarError, OSError) as error:
                        print(f"{archive}: {error}", file=sys.stderr)
        print(f"Debian: {megabytes - (budget >> 20)} MB; {missing} packages were not there", file=sys.stderr)


def collect_from_sdists(corpus, projects):
    for project in projects:
        with tempfile.TemporaryDirectory(prefix="pinfold-sdist-") as folder:
            fetched = subprocess.run(
                [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, project],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )
            if fetched.returncode:
                reason = (fetched.stderr.strip() or "?").splitlines()[-1]
                print(f"{project}: pip could not: {reason}", file=sys.stderr)
                continue
            for archive in Path(folder).glob("*.tar.gz"):
                version = archive.name.removesuffix(".tar.gz").rpartition("-")[2]
                corpus.add_tar("sdist", project, version, archive)


def collect_from_crates(corpus, crates):
    """Adds what crates carry, and what those carry that cargo fetches for them."""
    with tempfile.TemporaryDirectory(prefix="pinfold-crates-") as folder:
        folder = Path(folder)
        (folder / "src").mkdir()
        (folder / "src/lib.rs").touch()
        wanted = "".join(f'{name} = "*"\n' for name in crates)
        (folder / "Cargo.toml").write_text(
            f'[package]\nname = "corpus"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n{wanted}'
        )
        command = ["cargo", "metadata", "-q", "--format-version", "1", "--manifest-path", folder / "Cargo.toml"]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if result.returncode:
            print(f"cargo could not: {result.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return
        for package in json.loads(result.stdout)["packages"]:
            root = Path(package["manifest_path"]).parent
            if root == folder:
                continue
            for path in root.rglob("*"):
                relative = path.relative_to(root).as_posix()
                if path.is_file() and is_wanted(relative) and path.stat().st_size <= LARGEST:
                    corpus.add("crate", package["name"], package["version"], relative, path.read_bytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=900, help="how many to take from Debian at most")
    parser.add_argument("--megabytes", type=int, default=250, help="how much to fetch from Debian at most")
    parser.add_argument("--sdists", nargs="*", default=SDISTS, metavar="PROJECT")
    parser.add_argument("--crates", nargs="*", default=CRATES, metavar="CRATE")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(arguments.folder)
    if arguments.files:
        collect_from_debian(corpus, arguments.files, arguments.megabytes)
    collect_from_sdists(corpus, arguments.sdists)
    if arguments.crates:
        collect_from_crates(corpus, arguments.crates)
    corpus.write_manifest()
    totals = collections.Counter(row[1] for row in corpus.rows)
    print(f"{len(corpus.rows)} files: " + ", ".join(f"{count} from {name}" for name, count in totals.most_common()))


if __name__ == "__main__":
    main()
