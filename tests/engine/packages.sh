# shellcheck shell=bash
# Sourced: Debian packages, installed when missing and allowed.

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# The version that apt would install.
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }'; }

need_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local install=(apt-get install -y -q --no-install-recommends "${missing[@]}")
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
  apt "${install[@]}" || { apt apt-get update -q && apt "${install[@]}"; } || fail "$(tail -n 20 "$log")" "Could not install ${missing[*]}."
  rm -f "$log"
}

# Native AOT links with either; its compiler and all static libraries come by NuGet.
need_linker() { command -v clang >/dev/null || command -v gcc >/dev/null || need_packages gcc libc6-dev; }
