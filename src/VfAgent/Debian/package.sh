#!/usr/bin/env bash
# Makes a Debian package of the published executable, with its unit and the links by which podman and CNI runtimes find it as a plugin.
#   package.sh EXECUTABLE FOLDER    writes FOLDER/vfagent_VERSION_ARCHITECTURE.deb
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../../..
executable=$1 folder=$2

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
install -D -m 755 "$executable" "$tree/usr/bin/vfagent"
for plugins in netavark cni; do
  mkdir -p "$tree/usr/lib/$plugins"
  ln -s ../../bin/vfagent "$tree/usr/lib/$plugins/vfagent"
done
install -D -m 644 "$root/LICENSE" "$tree/usr/share/doc/vfagent/copyright"
mkdir -p "$tree/usr/lib/systemd/system"
sed '1d; s:/usr/local/bin/:/usr/bin/:' "$root/docs/vfagent.service" >"$tree/usr/lib/systemd/system/vfagent.service"

install -D -m 755 -t "$tree/DEBIAN" "$here/postinst" "$here/prerm" "$here/postrm"
value() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$root/Directory.Build.props"; }
libc=$(readelf --version-info --wide "$executable" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
cat >"$tree/DEBIAN/control" <<EOF
Package: vfagent
Version: $(value VersionPrefix)
Architecture: $(dpkg --print-architecture)
Maintainer: $(value Copyright)
Section: net
Priority: optional
Installed-Size: $(du -sk "$tree/usr" | cut -f 1)
Depends: libc6 (>= ${libc#GLIBC_}), libssl3t64 | libssl3
Recommends: ca-certificates
Description: SR-IOV virtual functions and container networks from MQTT
 An agent that makes the SR-IOV NICs of a host what retained messages say:
 virtual functions, their drivers and settings, and the CNI or podman networks
 and CDI devices through which containers get them. It is also the netavark and
 CNI plugin that hands them out.
EOF
dpkg-deb --build --root-owner-group "$tree" "$folder" >/dev/null
