#!/usr/bin/env bash
# Makes .venv with what uv.lock names: `setup.sh run` what Wraca needs to run, `setup.sh dev` the tools for work on it as well.
# Indexes, proxies and certificates come from the environment (PIP_*, UV_*) and from the configuration of pip and uv.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?"run or dev"}

say() { printf '%s\n' "$@" >&2; }
give_up() { say "" "$@"; exit 1; }
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    give_up "Wraca needs Python 3.11 or newer; here is $(python3 --version 2>/dev/null || echo 'no python3')." \
        "Install one (Debian 12, Ubuntu 24.04 and newer have it: apt-get install python3 python3-venv)," \
        "or name it: make ... PYTHON=/path/to/python3.12"
}

make_venv() {
    local python
    python=$(find_python)
    say "Making .venv with $("$python" --version) ..."
    rm -rf .venv
    if ! "$python" -c 'import venv, ensurepip; ensurepip.version()' 2>/dev/null; then
        # Debian and Ubuntu keep this part of Python in a package of its own.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            say "Installing python3-venv ..."
            apt-get update -q >&2
            DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3-venv >&2
        fi
        "$python" -c 'import venv, ensurepip; ensurepip.version()' 2>/dev/null || give_up "$python cannot make virtual environments. Do, as root:" \
            "  apt-get install python3-venv     (or python3.NN-venv for a Python that is not the system's own)"
    fi
    "$python" -m venv .venv
}

find_uv() {
    if [ -x .venv/bin/uv ]; then
        echo .venv/bin/uv
    elif uv --version >/dev/null 2>&1; then
        command -v uv
    else
        say "Installing uv ..."
        .venv/bin/python -m pip install --quiet --disable-pip-version-check uv >&2
        echo .venv/bin/uv
    fi
}

# An index that is set for pip only is meant for uv as well.
lend_index_to_uv() {
    local index
    [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || return 0
    index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX=$index
}

# The lock names the files of PyPI. Where only a mirror can be reached, pip fetches the same versions, checked by the same hashes.
install_through_pip() {
    local wanted
    say "uv could not fetch the locked files; trying pip with its own configuration ..."
    wanted=$(mktemp)
    "$uv" export --quiet --frozen --no-emit-project "${groups[@]}" --output-file "$wanted" >/dev/null
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$wanted"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
    rm -f "$wanted"
}

if ! [ -x .venv/bin/python ] || ! new_enough .venv/bin/python; then
    make_venv
fi
uv=$(find_uv)
lend_index_to_uv
groups=()
[ "$what" = dev ] || groups=(--no-dev)
say "Installing what uv.lock names ($what) ..."
# --inexact: the tools for development stay when only what runs is asked for.
VIRTUAL_ENV='' UV_PROJECT_ENVIRONMENT=.venv "$uv" sync --quiet --frozen --inexact --no-python-downloads --python .venv/bin/python "${groups[@]}" \
    || install_through_pip \
    || give_up "The packages could not be installed: see above. A package index must be reachable (PIP_INDEX_URL or UV_DEFAULT_INDEX name another)."

[ "$what" = run ] || touch .venv/.ready-dev
touch .venv/.ready-run
