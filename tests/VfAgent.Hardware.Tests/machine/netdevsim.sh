#!/usr/bin/env bash
# Builds netdevsim, which has what igb refuses (devlink with an embedded switch, all VF attributes) and which Debian's kernels leave out.
#   netdevsim.sh PACKAGES VERSION ROOT    makes netdevsim.ko in the folder of downloaded packages, for a kernel such as 6.1.0-56-amd64 of the
#                                         release that is installed in ROOT
set -euo pipefail
cd "$1"
version=$2 root=$3
for package in linux-*.deb; do dpkg-deb -x "$package" .; done

source=$(basename usr/src/linux-source-*.tar.xz .tar.xz)
tar -xf "usr/src/$source.tar.xz" "$source/drivers/net/netdevsim"
# The headers of one kernel are made of those that all have in common, at the place where they would be installed.
headers=usr/src/linux-headers-$version
echo "include $PWD/usr/src/linux-headers-${version%-amd64}-common/Makefile" >"$headers/Makefile"
# The kernel's own tools run with the C library that they were built for; where they have this form it is a newer one.
for tool in "$PWD"/usr/lib/linux-kbuild-*/{tools/objtool/objtool.real-x86,scripts/mod/modpost.real-lsb-64}; do
  [[ -e $tool ]] || continue
  mv "$tool" "$tool.elf"
  printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
    "$root/lib64/ld-linux-x86-64.so.2" "$root/lib/x86_64-linux-gnu" "$tool.elf" >"$tool"
  chmod +x "$tool"
done
# By the compiler of this machine, which may be older than the kernel's and then has no such option, and without what only debuggers read.
make -s -C "$headers" M="$PWD/$source/drivers/net/netdevsim" CONFIG_NETDEVSIM=m \
  CC=gcc CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= CONFIG_DEBUG_INFO_BTF_MODULES= modules >make.log 2>&1 || { tail -n 20 make.log >&2; exit 1; }
strip -g -o netdevsim.ko "$source/drivers/net/netdevsim/netdevsim.ko"
