# The tools this repository is checked with, and where they live. Sourced by the other scripts.

cargo_deny_version=0.20.2
cargo_machete_version=0.9.2
# buf is pinned in tools/package.json, grpcurl and the Python packages in
# tests/clients/python/requirements.txt.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/.tools
export PATH="$tools/bin:$PATH"

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf '\nerror: %s\n' "$*" >&2
    exit 1
}
