#!/usr/bin/env bash
# Boots the tests' machine: two cores, emulated 82576 NICs (igb) behind an emulated IOMMU, no hardware virtualisation.
#   run.sh [RELEASE]                   a shell in it, with src/VfAgent as vfagent if it was published; its disk is thrown away
#   run.sh RELEASE FOLDER NICS PORT    for the tests: runs until its standard input ends; the disk, the share, the console's log and the
#                                      socket on which jobs are sent and their ends told are in FOLDER; the broker is at 127.0.0.1:PORT
# shellcheck disable=SC2054 # QEMU's options have commas
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=$("$here/build.sh" "${1:-bookworm}")
shift || true

if (($# == 0)); then
  folder=$(mktemp -d) nics=2
  trap 'rm -rf "$folder"' EXIT
  mkdir "$folder/share"
  touch "$folder/share/shell"
  network=user,id=net,restrict=on
  console=(-serial stdio)
else
  folder=$1 nics=$2
  network=user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$3-10.0.2.15:1883
  console=(-serial "file:$folder/console.log" -device virtio-serial-pci
    -chardev "socket,id=jobs,path=$folder/jobs,server=on,wait=on" -device virtserialport,chardev=jobs,name=jobs)
fi
cp "$here/read-pf" "$folder/share/"
binary=$here/../../../artifacts/vfagent/vfagent
[[ ! -x ${TEST_VFAGENT_BINARY:-$binary} ]] || cp "${TEST_VFAGENT_BINARY:-$binary}" "$folder/share/vfagent"
cp "$(dirname "$binary")"/../vfagent_*.deb "$folder/share/vfagent.deb" 2>/dev/null || true
[[ -s $folder/disk ]] || qemu-img create -q -f qcow2 -F raw -b "$image/root.img" "$folder/disk"

nic=()
for ((slot = 1; slot <= nics; slot++)); do
  # Each behind a root port of its own, so that they are 0000:01:00.0, 0000:02:00.0, …; all on one wire.
  nic+=(-netdev "hubport,id=wire$slot,hubid=0"
    -device "pcie-root-port,id=port$slot,bus=pcie.0,addr=$(printf '0x%x' $((slot + 15))).0,chassis=$slot,slot=$slot"
    -device "igb,bus=port$slot,netdev=wire$slot,mac=52:54:00:00:00:0$slot,romfile=")
done

# The kernel has no clock but an emulated one, nobody to be protected from, and speaks when something is wrong.
kernel="console=ttyS0 loglevel=4 panic=-1 oops=panic rdinit=/init intel_iommu=on iommu=pt mitigations=off no_timer_check tsc=reliable audit=0 apparmor=0 random.trust_cpu=on cryptomgr.notests"
qemu=(qemu-system-x86_64
  -machine q35,usb=off,vmport=off,smbus=off -accel tcg,thread=multi,tb-size=512 -cpu max,la57=off -smp 2 -m 2048
  -nodefaults -no-user-config -display none -monitor none -no-reboot
  -device intel-iommu,intremap=on,caching-mode=on
  -kernel "$image/vmlinux" -initrd "$image/initrd" -append "$kernel"
  -drive "if=none,id=disk,file=$folder/disk,format=qcow2,cache=unsafe" -device virtio-blk-pci,drive=disk
  -fsdev "local,id=share,path=$folder/share,security_model=none,multidevs=remap" -device virtio-9p-pci,fsdev=share,mount_tag=share
  -object rng-random,id=random,filename=/dev/urandom -device virtio-rng-pci,rng=random
  -netdev "$network" -device virtio-net-pci,netdev=net,romfile=
  "${nic[@]}" "${console[@]}")

if (($# == 0)); then
  "${qemu[@]}"
  exit
fi

# Whoever started this may be killed: then standard input ends, and the machine with it.
setpriv --pdeathsig KILL "${qemu[@]}" </dev/null 2>"$folder/qemu.log" &
machine=$!
(cat >/dev/null && kill -KILL "$machine") 2>/dev/null <&0 &
wait "$machine" || { cat "$folder/qemu.log" >&2; exit 1; }
