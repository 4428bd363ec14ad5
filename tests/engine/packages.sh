# shellcheck shell=bash
# Sourced: Debian packages, installed when missing and allowed.

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Where this machine's apt gets a Debian release from; empty when it knows of none.
# shellcheck disable=SC2016 # apt's own format, not ours to expand
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $1" | head -n 1; }

# The version that apt would install.
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }'; }

# What apt-get is told besides.
apt_options=()

need_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local install=(apt-get "${apt_options[@]}" install -y -q --no-install-recommends "${missing[@]}")
  command -v apt-get >/dev/null || fail "Please install: ${missing[*]} (names as in Debian)."
  if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || fail "Please run: sudo ${install[*]}"
    sudo=(sudo -n)
  else
    sudo=()
  fi

  echo "Installing ${missing[*]} …" >&2
  local log
  log=$(mktemp)
  apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "$@" </dev/null >>"$log" 2>&1; }
  # The package lists may be old or not there yet.
  apt "${install[@]}" || { apt apt-get "${apt_options[@]}" update -q && apt "${install[@]}"; } || fail "$(tail -n 20 "$log")" "Could not install ${missing[*]}."
  rm -f "$log"
}

# Native AOT links with either; its compiler and all static libraries come by NuGet.
need_linker() { command -v clang >/dev/null || command -v gcc >/dev/null || need_packages gcc libc6-dev; }

has_igb() { command -v qemu-system-x86_64 >/dev/null && qemu-system-x86_64 -device help 2>/dev/null | grep '"igb"' >/dev/null; }

# QEMU with an SR-IOV NIC to emulate (igb, since 8.0). Debian 12 has that in its backports only, which this machine need not have among its
# sources and does not get there: they are read for this one installation.
need_qemu() {
  command -v qemu-img >/dev/null && has_igb && return
  local packages=(qemu-system-x86 qemu-utils seabios) sources
  if [[ $(candidate qemu-system-x86) =~ ^([0-9]+:)?[1-7]\. ]]; then
    sources=$(mktemp -d)
    cp -r /etc/apt/sources.list.d/. "$sources"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror bookworm) bookworm-backports main" >"$sources/backports.list"
    mkdir -p "$sources/lists/partial"
    local apt_options=(-o Dir::Etc::sourceparts="$sources" -o Dir::State::lists="$sources/lists" -t bookworm-backports)
    need_packages "${packages[@]}"
    rm -rf "$sources"
  else
    need_packages "${packages[@]}"
  fi
  has_igb || fail "This machine's QEMU emulates no igb; it takes QEMU 8 or newer."
}
