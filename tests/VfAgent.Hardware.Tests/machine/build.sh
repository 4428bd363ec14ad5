#!/usr/bin/env bash
# Makes a machine of these tests out of Debian's packages, once: kernel, initrd and root disk.
#   build.sh [bookworm]   Debian 12, whose podman has CNI networks; prints the folder they are in
#   build.sh trixie       Debian 13, whose podman has netavark
# Needs root, on Debian 12 for x86-64. Packages come from where this machine's own apt gets them.
set -euo pipefail
release=${1:-bookworm}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
source "$here/../../engine/packages.sh"
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

need_packages mmdebstrap e2fsprogs cpio kmod xz-utils zstd gcc make libelf1
need_qemu

# Where few tests run, none needs the kernel's own simulated NIC, which takes a while to build.
netdevsim=$([[ $release != "${TEST_MACHINE:-bookworm}" ]] || echo netdevsim)

cache=${XDG_CACHE_HOME:-/var/tmp}/vfagent-tests
key=$({ cat "$here"/{build.sh,netdevsim.sh,init,guest-job,igb-pf.link}; echo "$netdevsim"; } | sha256sum | cut -c1-16)
image=$cache/machine-$release-$key
mkdir -p "$cache"
exec 9>"$cache/machine-$release.lock"
flock 9
if [[ -d $image ]]; then
  echo "$image"
  exit
fi

echo "Preparing the virtual machine of Debian's $release (once) …" >&2
rm -rf "$cache/machine-$release"-*/
work=$(mktemp -d "$cache/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

[[ -n $(mirror bookworm) ]] || apt-get update -q >/dev/null
[[ -n $(mirror bookworm) ]] || fail "This machine's apt has no Debian 12 (bookworm), which the virtual machine is made of."
# A mirror has all releases.
sources=()
for suite in '' -updates -security; do
  uri=$(mirror "bookworm$suite")
  [[ -z $uri ]] || sources+=("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release$suite main")
done

packages=(
  udev kmod iproute2 pciutils procps jq mount
  mosquitto mosquitto-clients
  podman crun conmon busybox-static ca-certificates
  libstdc++6 zlib1g # for .NET programs that bring their own runtime
)
case $release in
  bookworm) packages+=(containernetworking-plugins iptables libssl3) ;;
  trixie) packages+=(netavark nftables libssl3t64) ;;
  *) fail "There is no machine of $release: bookworm, trixie." ;;
esac
# The kernel is only downloaded: installing it would make an initramfs, which takes longer than all the rest. So is what a module for it is built of.
mkdir "$work/sources"
cat >"$work/kernel" <<EOF
#!/bin/sh -e
needed() { chroot "\$1" apt-cache depends "\$2" | sed -n "s/ *Depends: \(linux-\(\$3\)-[0-9].*\)/\1/p"; }
kernel=\$(needed "\$1" linux-image-amd64 image)
version=\${kernel#linux-image-}
[ -z "$netdevsim" ] || sources="linux-source-\$(echo "\$version" | cut -d. -f1,2) linux-headers-\$version
  \$(needed "\$1" "linux-headers-\$version" 'headers\|kbuild')"
chroot "\$1" sh -c "cd /tmp && apt-get -o APT::Sandbox::User=root download \$(echo \$kernel \$sources)"
mv "\$1"/tmp/linux-image-*.deb '$work/kernel.deb'
[ -z "$netdevsim" ] || mv "\$1"/tmp/linux-*.deb '$work/sources/'
EOF
# Nothing that a test machine reads.
cat >"$work/slim" <<'EOF'
#!/bin/sh -e
{ echo force-unsafe-io; printf 'path-exclude=/usr/share/%s/*\n' man locale doc; } >"$1/etc/dpkg/dpkg.cfg.d/slim"
EOF
chmod +x "$work/kernel" "$work/slim"
mmdebstrap --mode=root --variant=apt --include="$(IFS=,; echo "${packages[*]}")" --aptopt='APT::Install-Recommends "false"' \
  --extract-hook="$work/slim" --customize-hook="$work/kernel" "$release" "$root" "${sources[@]}" >"$work/log" 2>&1 ||
  fail "$(tail -n 20 "$work/log")" "Could not install the virtual machine's packages."

dpkg-deb -x "$work/kernel.deb" "$work/kernel-files"
[[ -d $work/kernel-files/lib ]] || mv "$work/kernel-files"/{usr/,}lib # merged since Debian 13
modules=$(echo "$work"/kernel-files/lib/modules/*)
version=${modules##*/}
rm -rf "$modules"/kernel/{sound,drivers/{gpu,media,infiniband,staging,iio,isdn,scsi,usb,ata,mmc,mtd,hid,input,comedi,platform,thunderbolt,target,hwmon,leds,bluetooth,md,firewire}}
rm -rf "$modules"/kernel/{drivers/net/{wireless,usb,can,wwan},net/{wireless,mac80211,bluetooth,can,sctp,tipc},fs/{xfs,btrfs,ocfs2,gfs2,nfs,nfsd,ceph,smb,jfs,f2fs,ntfs3}}
if [[ -n $netdevsim ]]; then
  "$here/netdevsim.sh" "$work/sources" "$version" "$root"
  mkdir "$modules/extra"
  mv "$work/sources/netdevsim.ko" "$modules/extra/"
fi
rm -rf "$work/sources"
# Unpacked for the same reason as the kernel below, and because busybox loads no others.
find "$modules" -name '*.ko.xz' -exec xz -d {} +
mkdir -p "$root/lib/modules"
mv "$modules" "$root/lib/modules/"
depmod -b "$root" "$version"

# Unpacked, for without hardware virtualisation the kernel's own unpacking takes seconds of every boot. The setup header of the boot protocol says
# where the packed image is: its sectors at 0x1f1, its offset and length at 0x248 and 0x24c (Documentation/arch/x86/boot.rst).
packed=$work/kernel-files/boot/vmlinuz-$version
number() { od -An -t "u$2" -j "$(($1))" -N "$2" "$packed" | tr -d ' '; }
start=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4)))
head -c "$(number 0x24c 4)" < <(tail -c +$((start + 1)) "$packed") >"$work/vmlinux.packed"
case $(od -An -t x1 -N 4 "$work/vmlinux.packed" | tr -d ' ') in
  fd377a58) unpack=(xz -dc --single-stream) ;;
  28b52ffd) unpack=(zstd -dcq) ;;
  *) unpack=(cat) ;;
esac
"${unpack[@]}" <"$work/vmlinux.packed" >"$work/vmlinux" 2>/dev/null || true # behind it is its length
[[ $(head -c 4 "$work/vmlinux") == $'\x7fELF' ]] || fail "The kernel image could not be unpacked."

install -m 755 "$here/init" "$root/sbin/machine-init"
install -m 755 "$here/guest-job" "$root/usr/local/bin/guest-job"
mkdir -p "$root/etc/systemd/network"
# The PFs are called as in vf-operator's example and as the simulated ones are: eth2, eth3, …
for slot in {1..8}; do
  sed "s/SLOT/$slot/; s/NUMBER/$((slot + 1))/" "$here/igb-pf.link" >"$root/etc/systemd/network/10-pf$slot.link"
done
rm -f "$root"/etc/cni/net.d/* "$root/etc/resolv.conf"
mkdir -p "$root/mnt/share"
cat >"$root/etc/containers/containers.conf" <<'EOF'
[containers]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
EOF
if [[ $release == bookworm ]]; then
  printf '[network]\nnetwork_backend = "cni"\ncni_plugin_dirs = ["/usr/lib/cni"]\n' >>"$root/etc/containers/containers.conf"
fi
printf 'listener 1883\nallow_anonymous true\npersistence false\n' >"$root/etc/mosquitto/mosquitto.conf"
echo machine >"$root/etc/hostname"
echo '127.0.0.1 localhost machine' >"$root/etc/hosts"

# What a container runs on.
busybox=$work/busybox
mkdir -p "$busybox"/{bin,dev,etc,proc,sys,tmp}
cp "$root/bin/busybox" "$busybox/bin/"
chroot "$busybox" /bin/busybox --install -s /bin
tar -C "$busybox" -cf "$root/usr/share/busybox.tar" .

# The initrd only finds the root disk.
initrd=$work/initrd-files
mkdir -p "$initrd"/{bin,dev,root,modules}
cp "$root/bin/busybox" "$initrd/bin/"
for module in virtio_pci virtio_blk ext4 crc32c_generic; do
  modprobe -d "$root" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
  cp "$file" "$initrd/modules/"
  echo "/modules/${file##*/}" >>"$initrd/order"
done
cat >"$initrd/init" <<'EOF'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
while read -r module; do /bin/busybox insmod "$module"; done </order
until [ -b /dev/vda ]; do /bin/busybox usleep 10000; done
/bin/busybox mount -t ext4 -o noatime /dev/vda /root
exec /bin/busybox switch_root /root /sbin/machine-init
EOF
chmod 755 "$initrd/init"
(cd "$initrd" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initrd"

mke2fs -q -F -t ext4 -O ^has_journal -E lazy_itable_init=1 -m 0 -d "$root" "$work/root.img" "$(($(du -sm "$root" | cut -f1) + 1024))M" >/dev/null 2>&1
mkdir "$work/done"
mv "$work/vmlinux" "$work/initrd" "$work/root.img" "$work/done/"
mv "$work/done" "$image"
echo "$image"
