#!/usr/bin/env python3
"""Times `pinfold docker` against a real registry that is a round trip away.

    cargo build --release
    python3 tests/tools/bench_docker.py target/release/pinfold

200 Dockerfiles name 60 images of Debian's `docker-registry`, which stands behind a delay
line: each byte, and each new connection, takes 25 ms in either direction. Measured in
turn, several times over: pinfold without and with its cache, `skopeo inspect` of each
image, one after the other and eight at a time, and any other command given by --peer
(`NAME=COMMAND`, run in a copy of the folder; `{registry}` is the address, `{images}` a
file with the 60 names). Prints minimum, median and maximum, and what the registry was
asked in one run.

Wants docker-registry; without skopeo pinfold is measured alone. The delay line paces
what passes it and limits nothing else: no bandwidth, no lost packets.
"""

import argparse
import asyncio
import collections
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


# ------------------------------------------------------------------ the delay line


class DelayLine:
    """Passes connections on to a server, each byte half a round trip late.

    A new connection waits a round trip more, as TCP's handshake would. Plain HTTP
    requests without bodies are counted on the way.
    """

    def __init__(self, behind, seconds):
        self.behind, self.half = behind, seconds / 2
        self.requests = collections.Counter()
        self.connections = 0
        self.ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()
        self.ready.wait()

    async def serve(self):
        server = await asyncio.start_server(self.connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    async def connect(self, reader, writer):
        self.connections += 1
        handshake_ends = asyncio.get_running_loop().time() + 2 * self.half
        try:
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            writer.close()
            return
        for stream in (writer, back_writer):
            stream.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(
            self.carry(reader, back_writer, handshake_ends, self.count),
            self.carry(back_reader, writer, 0, lambda data: None),
        )

    def count(self, data):
        # Of a request that comes in two pieces the first line is in the first one.
        for method, path in re.findall(rb"(?:^|\r\n\r\n)([A-Z]+) (\S+) HTTP/1", data):
            found = re.match(rb"/v2/.+/(manifests|blobs|tags)/", path)
            kind = found[1].decode() if found else path.decode()
            self.requests[f"{method.decode()} {kind}"] += 1

    async def carry(self, reader, writer, not_before, see):
        """Carries one direction: what comes in now goes out half a round trip later."""
        loop = asyncio.get_running_loop()
        line = asyncio.Queue()

        async def deliver():
            while True:
                due, data = await line.get()
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                try:
                    if not data:
                        writer.write_eof()
                        return
                    writer.write(data)
                    await writer.drain()
                except (OSError, RuntimeError):
                    return

        delivery = asyncio.create_task(deliver())
        while True:
            try:
                data = await reader.read(1 << 16)
            except OSError:
                data = b""
            see(data)
            line.put_nowait((max(loop.time(), not_before) + self.half, data))
            if not data:
                break
        await delivery
        if not_before == 0:
            writer.close()

    def reset(self):
        self.requests.clear()
        self.connections = 0


# ------------------------------------------------------------------ the registry


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_registry(folder):
    for _ in range(5):
        port = free_port()
        config = {
            "version": "0.1",
            "log": {"accesslog": {"disabled": True}, "level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "cache": {"blobdescriptor": "inmemory"}},
            "http": {"addr": f"127.0.0.1:{port}"},
        }
        (folder / "registry.yml").write_text(json.dumps(config))  # JSON is YAML
        process = subprocess.Popen(
            ["docker-registry", "serve", folder / "registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 30
        while time.monotonic() < end and process.poll() is None:
            try:
                ask(port, "GET", "/v2/", b"", None)
                return process, port
            except OSError:
                time.sleep(0.01)
        process.kill()
    sys.exit("docker-registry does not start")


def ask(port, method, path, body, media_type):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body, {"Content-Type": media_type} if media_type else {})
    answer = connection.getresponse()
    answer.read()
    if answer.status >= 400:
        sys.exit(f"{method} {path}: {answer.status}")
    return answer


def push(port, repository, tag):
    """Puts an image for two platforms, without layers, under a tag."""

    def digest(data):
        return "sha256:" + hashlib.sha256(data).hexdigest()

    entries = []
    for architecture in ["amd64", "arm64"]:
        config = json.dumps({"architecture": architecture, "os": "linux", "config": {"Env": [f"NAME={repository}:{tag}"]},
                             "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        location = ask(port, "POST", f"/v2/{repository}/blobs/uploads/", b"", None).headers["Location"]
        path = "/" + location.split("://")[-1].partition("/")[2]
        ask(port, "PUT", f"{path}&digest={digest(config)}", config, "application/octet-stream")
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
                               "config": {"mediaType": CONFIG, "digest": digest(config), "size": len(config)}}).encode()
        ask(port, "PUT", f"/v2/{repository}/manifests/{digest(manifest)}", manifest, MANIFEST)
        entries.append({"mediaType": MANIFEST, "digest": digest(manifest), "size": len(manifest),
                        "platform": {"os": "linux", "architecture": architecture}})
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    ask(port, "PUT", f"/v2/{repository}/manifests/{tag}", index, INDEX)
    return digest(index)


# ------------------------------------------------------------------ the files


def write_files(folder, names):
    """Writes Dockerfiles of three images each, so that all names are in them."""
    for number in range(200):
        build, run, tool = (names[(number * step + step) % len(names)] for step in (1, 7, 11))
        path = folder / f"team{number % 20}" / f"service{number}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text(
            f"FROM {build} AS build\nWORKDIR /src\nCOPY . .\nRUN make \\\n    && make install\n\n"
            f"FROM {run}\nCOPY --from=build /out /out\nCOPY --from={tool} /bin/tool /bin/tool\nCMD [\"/out/run\"]\n"
        )


def check_pinned(folder, digests):
    """Fails unless each name has its digest in each file."""
    for path in folder.rglob("Dockerfile"):
        text = path.read_text()
        for name in re.findall(r"(?:FROM |--from=)(\S+:\S+)", text):
            reference, _, digest = name.partition("@")
            if digests.get(reference) != digest:
                sys.exit(f"{path}: {name}")


# ------------------------------------------------------------------ the runs


class Bench:
    def __init__(self, line, folder, names):
        self.line, self.folder, self.names = line, folder, names
        self.times = collections.defaultdict(list)
        self.asked = {}

    def measure(self, name, command, cwd, environment):
        self.line.reset()
        start = time.monotonic()
        result = subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.times[name].append(time.monotonic() - start)
        if result.returncode:
            sys.exit(f"{name}: exit code {result.returncode}\n{result.stderr.decode()}")
        self.asked[name] = (dict(self.line.requests), self.line.connections)

    def fresh_files(self):
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder / "files", copy)
        return copy

    def print(self, rtt):
        print(f"\n{'':34}{'min':>9}{'median':>9}{'max':>9}   round trips   asked in one run")
        for name, times in self.times.items():
            requests, connections = self.asked[name]
            asked = ", ".join(f"{count} {what}" for what, count in sorted(requests.items())) or "nothing"
            shown = "".join(f"{value * 1000:7.0f} ms"[-9:] for value in (min(times), statistics.median(times), max(times)))
            trips = statistics.median(times) / rtt if rtt else 0
            print(f"{name:34}{shown}{trips:12.1f}   {asked}; {connections} connections")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pinfold", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rtt", type=float, default=50, help="round trip in milliseconds")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    program = str(arguments.pinfold.resolve())
    if not shutil.which("docker-registry"):
        sys.exit("there is no docker-registry")
    rtt = arguments.rtt / 1000
    with tempfile.TemporaryDirectory(prefix="pinfold-bench-") as folder:
        folder = Path(folder)
        process, port = start_registry(folder)
        try:
            line = DelayLine(port, rtt)
            registry = f"127.0.0.1:{line.port}"
            digests = {}
            for number in range(arguments.images):
                repository, tag = f"team{number % 7}/image{number}", f"1.{number}-slim"
                digests[f"{registry}/{repository}:{tag}"] = push(port, repository, tag)
            names = sorted(digests)
            write_files(folder / "files", names)
            (folder / "images").write_text("".join(f"{name}\n" for name in names))
            home = folder / "home"
            home.mkdir()
            environment = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
            bench = Bench(line, folder, names)
            base = [program, "docker", "--insecure-registry", registry]
            skopeo = shutil.which("skopeo")
            inspect = "skopeo inspect --tls-verify=false {} docker://"
            cache = folder / "cache"
            for run in range(arguments.runs):
                copy = bench.fresh_files()
                bench.measure("pinfold docker, no cache", [*base, "--no-cache"], copy, environment)
                check_pinned(copy, digests)
                bench.measure("pinfold docker, all is pinned", [*base, "--no-cache"], copy, environment)
                bench.measure("pinfold docker --check -U, no cache", [*base, "--no-cache", "--check", "--upgrade"], copy, environment)
                shutil.rmtree(cache, ignore_errors=True)
                copy = bench.fresh_files()
                bench.measure("pinfold docker, cache is empty", [*base, "--cache-dir", str(cache)], copy, environment)
                copy = bench.fresh_files()
                bench.measure("pinfold docker, cache is full", [*base, "--cache-dir", str(cache)], copy, environment)
                check_pinned(copy, digests)
                if run == 0:
                    bench.measure("pinfold docker verify", [*base[:2], "verify", *base[2:], "--no-cache"], copy, environment)
                images = folder / "images"
                for how, options in [("--raw", "--raw"), ("digest", "--format={{.Digest}} --no-tags")] if skopeo else []:
                    one = inspect.format(options)
                    # One after the other takes so long that once is enough.
                    if run == 0:
                        loop = f"while read -r image; do {one}$image || exit 1; done < {images}"
                        bench.measure(f"skopeo inspect {how}, one by one", ["sh", "-c", loop], copy, environment)
                    many = f"xargs -P8 -I@ {one}@ < {images}"
                    bench.measure(f"skopeo inspect {how}, 8 at a time", ["sh", "-c", many], copy, environment)
                for peer in arguments.peer:
                    name, _, command = peer.partition("=")
                    command = command.replace("{registry}", registry).replace("{images}", str(images))
                    # Whatever it keeps from run to run is not in the folder it is given.
                    with tempfile.TemporaryDirectory(dir=folder) as own:
                        alone = {**environment, "HOME": own, "TMPDIR": own}
                        bench.measure(name, ["sh", "-c", command], bench.fresh_files(), alone)
            print(f"200 Dockerfiles, {len(names)} images, {arguments.rtt:g} ms round trip, {arguments.runs} runs")
            bench.print(rtt)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
