# What the scripts at the root need, in one place: the Debian 12 packages, and
# how they are installed. Sourced by quickstart, run-tests and .ci/run.

# What the binary is built from.
BUILD_PACKAGES=(
  g++ cmake ninja-build ccache lld pkg-config
  libboost1.81-dev libabsl-dev libsimdjson-dev rapidjson-dev libre2-dev
  libyaml-cpp-dev libcli11-dev libspdlog-dev prometheus-cpp-dev libxxhash-dev
  zlib1g-dev libzstd-dev libssl-dev librdkafka-dev librocksdb-dev
  libhowardhinnant-date-dev tzdata)

# What the tests, fuzzers, benchmarks and checks need beside it.
TEST_PACKAGES=(
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14
  python3 jq zstd gzip procps openssl strace
  default-jre-headless maven)

# What ./run-tests --with-apiserver needs beside that, and beside Go.
APISERVER_PACKAGES=(curl ca-certificates)

say() { printf '\n==> %s\n' "$*"; }

die() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    die "packages have to be installed: run this as root, or install sudo"
  fi
}

# Installs those of its arguments that are missing; without one missing it
# needs neither root nor a network.
install_packages() {
  local missing=() package
  command -v apt-get >/dev/null 2>&1 ||
    die "apt-get is not here: this script is for Debian 12; docs/development.md has the packages"
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
      grep -q 'install ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all ${#} are installed"
    return
  fi
  say "packages: installing ${#missing[@]}: ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  as_root "${apt[@]}" update </dev/null ||
    die "apt-get update failed: is there a network?"
  as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" \
    </dev/null || die "apt-get install failed; its last lines say why"
}

# How many compilers at a time: one a core, and 1.5 GB for each.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1572864)}' /proc/meminfo)
  [ "$memory" -lt 1 ] && memory=1
  [ "$cores" -gt "$memory" ] && cores=$memory
  echo "$cores"
}
