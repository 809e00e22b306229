#!/usr/bin/env bash
# A lock that pip-compile writes and pip installs, and that uv cannot read.
#
# The dependency specifiers' grammar has `===` among the operators of a marker (`version_cmp`).
# pip-compile 7.6.2 copies such a marker into the lock and pip 26.3 installs from it. uv 0.13.8
# refuses the file: "Expected a valid marker operator (such as `>=` or `not in`), found `===`".
# So a lock is for one of the two installers only, unless its writer puts `==` where both mean
# the same.
#
# Needs Python 3.11 with venv, and PyPI. Exits with 1 if a tool behaves in another way.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset "${!PIP_@}" "${!UV_@}"

python3 -m venv tools
tools/bin/python -m pip install --quiet --disable-pip-version-check \
    pip==26.3 pip-tools==7.6.2 uv==0.13.8

python=$(tools/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
printf 'idna==3.7 ; python_version === "%s"\n' "$python" >requirements.in

tools/bin/pip-compile --quiet --strip-extras --no-header requirements.in >/dev/null 2>&1
grep -q "^idna==3.7 ; python_version === \"$python\"" requirements.txt ||
    { printf 'CHANGED: pip-compile writes the marker in another way:\n'; cat requirements.txt; exit 1; }
printf 'pip-compile 7.6.2 writes: %s\n' "$(grep '^idna' requirements.txt)"

tools/bin/python -m pip install --quiet --disable-pip-version-check --dry-run \
    --requirement requirements.txt --report report.json ||
    { printf 'CHANGED: pip refuses the lock\n'; exit 1; }
grep -q '"version": "3.7"' report.json || { printf 'CHANGED: pip skips the line\n'; exit 1; }
printf 'pip 26.3 would install idna 3.7\n'

if tools/bin/uv pip install --dry-run --python tools/bin/python \
    --requirement requirements.txt >said 2>&1; then
    printf 'CHANGED: uv reads the lock\n'
    exit 1
fi
grep -q 'Expected a valid marker operator' said ||
    { printf 'CHANGED: uv refuses it for another reason:\n'; cat said; exit 1; }
printf 'uv 0.13.8 refuses it: %s\n' "$(grep 'Expected a valid marker operator' said)"
