#!/usr/bin/env bash
# Succeeds where the machine can be made and run; else says why not.
set -euo pipefail
no() {
  echo "$*"
  exit 1
}

[[ $(uname -sm) == 'Linux x86_64' ]] || no "they take x86-64 Linux."
command -v apt-get >/dev/null || no "they take Debian 12."
[[ $(id -u) == 0 ]] || no "they take root, to lay a root folder for the machine."
grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release || no "they take Debian 12, whose packages the machine is made of."
