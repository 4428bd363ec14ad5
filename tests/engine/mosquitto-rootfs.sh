#!/usr/bin/env bash
# Lays a root folder like that of the image eclipse-mosquitto:2, out of Debian's packages, for where no registry is reached.
#   mosquitto-rootfs.sh FOLDER
set -euo pipefail
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/archives/partial" "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,tmp,proc,dev,sys,run}

# What the packages need only to install themselves counts as there; everything else is downloaded, whatever this machine has.
for package in adduser debconf init-system-helpers sysvinit-utils usrmerge; do
  printf 'Package: %s\nStatus: install ok installed\nArchitecture: all\nMaintainer: none\nVersion: 999\nDescription: none\n\n' "$package"
done >"$work/status"
# The image has the newest mosquitto 2; a backport comes closest.
printf 'Package: mosquitto mosquitto-clients libmosquitto1\nPin: release n=*-backports\nPin-Priority: 900\n' >"$work/preferences"
download() {
  apt-get install -y -q --no-install-recommends --download-only \
    -o Dir::State::status="$work/status" -o Dir::State::extended_states="$work/extended" -o Dir::Cache::archives="$work/archives" \
    -o Dir::Etc::preferences="$work/preferences" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root \
    mosquitto mosquitto-clients busybox-static >"$work/log" 2>&1
}
download || { apt-get update -q >/dev/null 2>&1 && download; } || { cat "$work/log" >&2; exit 1; }

for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
for package in "$work"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink
done
chroot "$root" /bin/busybox --install -s /bin
rm -rf "$root"/usr/share/{doc,man,locale,lintian,info}
ldconfig -r "$root"

echo 'root:x:0:0:root:/root:/bin/sh
mosquitto:x:1883:1883:mosquitto:/mosquitto:/bin/false' >"$root/etc/passwd"
echo 'root:x:0:
mosquitto:x:1883:' >"$root/etc/group"
chmod 1777 "$root/tmp"
mkdir -p "$root"/mosquitto/{config,data,log}
chown -R 1883:1883 "$root/mosquitto"
