#!/usr/bin/env bash
# Wheels of one release that require different things, on platforms that no marker tells apart.
#
# xgboost 2.1.4 has wheels for x86-64 Linux with glibc 2.17 and with glibc 2.28. Only those for
# 2.28 require nvidia-nccl-cu12. Both satisfy `sys_platform == "linux"` and `platform_machine ==
# "x86_64"`, so no lock can say which machine needs the library. uv 0.13.8 locks what the wheel of
# its one target requires: a lock made for glibc 2.17 lacks a package that every newer machine
# needs, since an installer there takes the other wheel. uv's universal lock has it for all, the
# machines with glibc 2.17 included. Metadata of "the release" does not exist; there is that of
# each file.
#
# Needs Python 3.11 with venv, and PyPI. Exits with 1 if that changes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset "${!PIP_@}" "${!UV_@}"

python3 -m venv tools
tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
echo 'xgboost==2.1.4' >requirements.in

compile() {
    tools/bin/uv pip compile --quiet --no-header --no-annotate --python-version 3.11 \
        --python tools/bin/python --exclude-newer 2026-10-01T00:00:00Z "$@" requirements.in
}

for level in 2014 _2_28; do
    compile --python-platform "x86_64-manylinux$level" >"for$level.txt"
    printf 'for manylinux%s: %s\n' "$level" "$(grep -c nccl "for$level.txt" || true) of nvidia-nccl-cu12"
done
! grep -q nvidia-nccl for2014.txt ||
    { printf 'CHANGED: the wheel for glibc 2.17 requires the library\n'; exit 1; }
grep -q '^nvidia-nccl-cu12==' for_2_28.txt ||
    { printf 'CHANGED: the wheel for glibc 2.28 requires it no more\n'; exit 1; }

compile --universal >universal.txt
line=$(grep '^nvidia-nccl-cu12' universal.txt) ||
    { printf 'CHANGED: the universal lock has no such line\n'; exit 1; }
printf 'universal: %s\n' "$line"
case $line in
*glibc* | *libc*) printf 'CHANGED: a marker tells the levels of glibc apart\n'; exit 1 ;;
esac
