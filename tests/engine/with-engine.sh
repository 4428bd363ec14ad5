#!/usr/bin/env bash
# Runs a command with a Docker-compatible engine that has the image eclipse-mosquitto:2, for Testcontainers:
#   tests/engine/with-engine.sh dotnet test
# A Docker engine that answers is used as it is. Else podman serves Docker's API, with all its state in a folder of this
# run that goes with it; only the image is kept, in ${XDG_CACHE_HOME:-/var/tmp}/vfagent-tests.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
source "$here/packages.sh"

docker_answers() {
  [[ -n ${DOCKER_HOST:-} ]] && return
  [[ -S /var/run/docker.sock && -w /var/run/docker.sock ]] || return
  ! command -v docker >/dev/null || timeout 10 docker version >/dev/null 2>&1
}

if docker_answers; then
  exec "$@"
fi

[[ $(id -u) == 0 ]] || fail "No Docker engine answers, and podman in its place needs root: start Docker, or run this as root."
podman_packages=(podman runc iptables ca-certificates)
# podman 5 dropped CNI networks for netavark.
if [[ $(candidate podman) =~ ^([0-9]+:)?[5-9] ]]; then
  network=netavark podman_packages+=(netavark aardvark-dns nftables)
else
  network=cni podman_packages+=(containernetworking-plugins)
fi
need_packages "${podman_packages[@]}"

image=docker.io/library/eclipse-mosquitto:2
cache=${XDG_CACHE_HOME:-/var/tmp}/vfagent-tests
mkdir -p "$cache"
[[ -O $cache ]] || fail "$cache belongs to somebody else."
chmod 700 "$cache"
find "$cache" -maxdepth 1 -name 'run.*' -mmin +720 -exec rm -rf {} + # of a run that was killed
run=$(mktemp -d "$cache/run.XXXXXX")
socket=unix://$run/podman.sock

# Outside a systemd session there is no cgroup manager but cgroupfs; crun refuses hybrid cgroups; the default ulimits ask
# for more than root without CAP_SYS_RESOURCE may have; the host's own podman, networks and CNI folders stay untouched.
cat >"$run/containers.conf" <<EOF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "$run/tmp"
[network]
network_backend = "$network"
network_config_dir = "$run/networks"
EOF
cat >"$run/storage.conf" <<EOF
[storage]
driver = "overlay"
graphroot = "$run/storage"
runroot = "$run/runroot"
EOF
export CONTAINERS_CONF=$run/containers.conf CONTAINERS_STORAGE_CONF=$run/storage.conf

# In namespaces of its own, so that ending this one process ends every container, monitor and mount with it, and
# pdeathsig, so that it ends even when this script is killed.
setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
  podman system service --time=0 "$socket" >"$run/podman.log" 2>&1 &
service=$!
engine() { podman --remote --url "$socket" "$@"; }
cleanup() {
  engine rm --all --force --time 0 >/dev/null 2>&1 || true # takes its firewall rules along
  kill -KILL "$service" 2>/dev/null || true
  wait "$service" 2>/dev/null || true
  rm -rf "$run"
}
trap cleanup EXIT

for _ in {1..100}; do
  engine version >/dev/null 2>&1 && break
  kill -0 "$service" 2>/dev/null || break
  sleep 0.1
done
engine version >/dev/null 2>&1 || fail "podman does not serve: $(cat "$run/podman.log")"

if [[ -s $cache/mosquitto.tar ]]; then
  engine load --quiet --input "$cache/mosquitto.tar" >/dev/null
else
  echo "Preparing the broker's image (once) …" >&2
  timeout 120 podman --remote --url "$socket" pull --quiet "$image" >/dev/null 2>&1 || {
    "$here/mosquitto-rootfs.sh" "$run/rootfs"
    tar -C "$run/rootfs" -cf "$run/rootfs.tar" .
    engine import --change 'ENTRYPOINT ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]' "$run/rootfs.tar" "$image" >/dev/null
  }
  engine save --quiet --output "$run/mosquitto.tar" "$image" >/dev/null
  mv "$run/mosquitto.tar" "$cache/mosquitto.tar"
fi

# Ryuk, which removes what a killed test run left, is not needed: the whole engine goes at the end.
DOCKER_HOST=$socket TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1 "$@"
