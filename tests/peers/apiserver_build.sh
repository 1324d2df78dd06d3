#!/usr/bin/env bash
# Builds kube-apiserver, kubectl and etcd from their Go modules, once.
#
#   apiserver_build.sh       prints the folder of the three; JOBS=2 is faster
#
# A quarter of an hour with JOBS=1 and 5 GB of disk, the first time; then
# nothing. All of it, Go's caches too, lies under
# ${TOCSIN_PEERS:-~/.cache/tocsin-peers}/apiserver, which may be deleted.
#
# Needs a `go`, of any age (Debian: apt-get install golang-go): one that is
# older than what Kubernetes asks for fetches the toolchain that it needs from
# the module proxy, and checks it as it checks every module. TOCSIN_GO names one
# that is not found otherwise.
set -euo pipefail
kubernetes=1.37.2
staging=v0.37.2
etcd=v3.7.0
toolchain=1.26.8
root=${TOCSIN_PEERS:-$HOME/.cache/tocsin-peers}/apiserver
bin=$root/$kubernetes
mkdir -p "$bin" "$root/module"

# The processes are of this machine alone: nothing of the caller's settings.
unset GOROOT GOOS GOARCH GOEXPERIMENT GOWORK
export GOENV=off GOFLAGS= CGO_ENABLED=0
export GOMODCACHE=$root/mod GOCACHE=$root/cache GOTOOLCHAIN=local

die() {
  echo "apiserver_build.sh: $*" >&2
  exit 1
}

# VERSION of a go, as two numbers: 1 26.
version() { "$1" version | sed -n 's/.* go\([0-9]*\)\.\([0-9]*\).*/\1 \2/p'; }

# A go of Debian 12 (1.19) knows nothing of toolchains, but gets modules, and
# one of them is the toolchain. Modules carry no permissions.
toolchain_by_module() {
  local arch where
  arch=$("$1" env GOARCH)
  where=$GOMODCACHE/golang.org/toolchain@v0.0.1-go$toolchain.linux-$arch
  (
    cd "$(mktemp -d)"
    "$1" mod init toolchain
    "$1" mod download "golang.org/toolchain@v0.0.1-go$toolchain.linux-$arch"
  ) >"$root/toolchain.log" 2>&1 || die "$(tail -3 "$root/toolchain.log")"
  chmod -R u+w "$where/bin" "$where/pkg/tool"
  find "$where/bin" "$where/pkg/tool" -type f -exec chmod +x {} +
  echo "$where/bin/go"
}

find_go() {
  local go major minor
  for go in "${TOCSIN_GO:-go}" /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
    if ! command -v "$go" >/dev/null; then continue; fi
    read -r major minor < <(version "$go") || continue
    if [ "$major" -gt 1 ] || [ "$minor" -ge 26 ]; then
      echo "$go"
    elif [ "$minor" -ge 21 ]; then
      (cd / && GOTOOLCHAIN=go$toolchain "$go" env GOROOT) | sed 's|$|/bin/go|'
    else
      toolchain_by_module "$go"
    fi
    return
  done
  die "needs Go, of any version: apt-get install golang-go, or TOCSIN_GO=.../go"
}

# Kubernetes' own go.mod asks for its staging modules as v0.0.0, and replaces
# them by folders of its repository: here they are what was published of them.
write_module() {
  local original
  [ -e go.mod ] && return
  "$go" mod download -json "k8s.io/kubernetes@v$kubernetes" \
    >"$root/download.json" || die "$(cat "$root/download.json")"
  original=$(sed -n 's/.*"GoMod": "\(.*\)".*/\1/p' "$root/download.json")
  {
    printf 'module peers\n\ngo 1.26.0\n\ngodebug default=go1.26\n\n'
    printf 'require k8s.io/kubernetes v%s\n' "$kubernetes"
    printf 'require go.etcd.io/etcd/server/v3 %s\n\n' "$etcd"
    sed -nE 's#^[^/]*(k8s\.io/[^ ]+) v0\.0\.0( .*)?$#\1#p' "$original" |
      sort -u |
      while read -r module; do
        printf 'replace %s => %s %s\n' "$module" "$module" "$staging"
      done
  } >go.mod.new
  mv go.mod.new go.mod
}

# NAME PACKAGE
build() {
  [ -x "$bin/$1" ] && return
  local flags="-s -w" package start=$SECONDS
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$kubernetes -X $package.gitMajor=1"
    flags+=" -X $package.gitMinor=37 -X $package.gitTreeState=clean"
  done
  echo "building $1" >&2
  nice -n 19 "$go" build -mod=mod -buildvcs=false -p "${JOBS:-1}" -trimpath \
    -ldflags "$flags" -o "$bin/$1.new" "$2" >&2
  mv "$bin/$1.new" "$bin/$1"
  echo "built $1 in $((SECONDS - start)) s" >&2
}

exec 9>"$root/lock"
flock 9
if ! [ -x "$bin/kube-apiserver" ] || ! [ -x "$bin/kubectl" ] ||
  ! [ -x "$bin/etcd" ]; then
  go=$(find_go)
  cd "$root/module"
  write_module
  build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
  build kubectl k8s.io/kubernetes/cmd/kubectl
  build etcd go.etcd.io/etcd/server/v3
fi
echo "$bin"
