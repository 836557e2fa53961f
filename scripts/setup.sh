# shellcheck shell=bash
# Sourced by scripts/larder and scripts/test: brings this machine what Larder is built from and
# runs with. Everything it says goes to standard error. `root` is the folder of the clone.
: "${root:?}"

say() { printf 'larder: %s\n' "$*" >&2; }

# refuse MESSAGE HINT: ends with the exit code of a missing tool, as docs and `larder` have it.
refuse() {
  printf 'error: %s\n' "$1" >&2
  printf 'hint: %s\n' "$2" >&2
  exit 3
}

# The Debian packages of which something is missing, one a line. What matters is the tool, library
# or module, not who installed it.
missing_packages() {
  need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || printf '%s\n' "$package"
  }
  need bubblewrap command -v bwrap
  need git command -v git
  need pkg-config command -v pkg-config
  need libgit2-dev pkg-config --exists libgit2
  need libcurl4-openssl-dev pkg-config --exists libcurl
  need libzstd-dev pkg-config --exists libzstd
  need nettle-dev pkg-config --exists nettle
  need libsqlite3-dev pkg-config --exists sqlite3
  need libcmark-gfm-dev pkg-config --exists libcmark-gfm
  need libcmark-gfm-extensions-dev \
    test -e "$(pkg-config --variable=includedir libcmark-gfm 2>/dev/null)/cmark-gfm-core-extensions.h"
  need python3 test -x /usr/bin/python3
  need python3-pip /usr/bin/python3 -m pip --version
  need python3-venv /usr/bin/python3 -c 'import ensurepip, venv'
  need zstd command -v zstd
  need openssh-client command -v ssh-keygen
  if [[ ${for_tests-} ]]; then
    need qemu-user command -v qemu-x86_64
    need faketime test -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1
    need git-lfs command -v git-lfs
    need chromium command -v chromium
    need chromium-driver command -v chromedriver
    need python3-nbformat /usr/bin/python3 -c "import nbformat"
  fi
  need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
}

# Installs the packages that are missing where that needs no password; otherwise says which.
install_packages() {
  local missing=() as_root=()
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    refuse "Larder needs tools and libraries that this system lacks (by their Debian names): ${missing[*]}" \
      "install them with this system's package manager, then run the command again"
  fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      refuse "Larder needs Debian packages that are not installed: ${missing[*]}" \
        "have them installed, then run the command again: sudo apt-get install ${missing[*]}"
    fi
    as_root=(sudo -n)
  fi
  say "installing Debian packages: ${missing[*]}"
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}" </dev/null >&2; then
    say "the package lists may be old: renewing them"
    if ! "${as_root[@]}" apt-get update -qq </dev/null >&2 ||
      ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "${missing[@]}" </dev/null >&2; then
      refuse "cannot install Debian packages: ${missing[*]}" \
        "see what apt-get says above; then: apt-get install ${missing[*]}"
    fi
  fi
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) ||
    refuse "packages are installed, but something of them is still missing: ${missing[*]}" \
      "see which \`pkg-config\` and \`python3\` come first on the PATH"
}

# Checks that there is a Swift compiler.
require_swift() {
  command -v swift >/dev/null ||
    refuse "cannot build Larder: there is no \`swift\` on the PATH" \
      "install Swift $(<"$root/.swift-version") (https://www.swift.org/install/linux/) and put its usr/bin on the PATH"
}
