#!/usr/bin/env bash
# Builds netdevsim, which has what igb refuses (devlink with an embedded switch, all VF attributes) and which Debian's kernels leave out.
#   netdevsim.sh PACKAGES VERSION    makes netdevsim.ko in the folder of downloaded packages, for a kernel such as 6.1.0-56-amd64
set -euo pipefail
cd "$1"
version=$2
for package in linux-*.deb; do dpkg-deb -x "$package" .; done

source=$(basename usr/src/linux-source-*.tar.xz .tar.xz)
tar -xf "usr/src/$source.tar.xz" "$source/drivers/net/netdevsim"
# The headers of one kernel are made of those that all have in common, at the place where they would be installed.
headers=usr/src/linux-headers-$version
echo "include $PWD/usr/src/linux-headers-${version%-amd64}-common/Makefile" >"$headers/Makefile"
make -s -C "$headers" M="$PWD/$source/drivers/net/netdevsim" CONFIG_NETDEVSIM=m modules >make.log 2>&1 || { tail -n 20 make.log >&2; exit 1; }
strip -g -o netdevsim.ko "$source/drivers/net/netdevsim/netdevsim.ko"
