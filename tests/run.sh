#!/usr/bin/env bash
# Runs all tests, the end-to-end ones against the native binary and a real broker, and installs what that needs.
#   tests/run.sh                                                  everything
#   tests/run.sh --project tests/VfAgent.Core.Tests               one project (options of dotnet test)
#   TEST_MACHINE=trixie tests/run.sh --project tests/VfAgent.Hardware.Tests    all of it on Debian 13, not on 12
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/engine/packages.sh

rm -f artifacts/pace-*.txt
command -v dotnet >/dev/null || fail "Please install the .NET SDK that global.json names."
need_linker
need_packages iproute2

# Machines with emulated NICs serve the tests that need a real kernel. Where there can be none, they are left out aloud. They are made meanwhile, which is
# mostly waiting for packages.
without=() machines=
if reason=$(tests/VfAgent.Hardware.Tests/machine/why-not.sh); then
  for release in ${TEST_MACHINE:-bookworm trixie}; do tests/VfAgent.Hardware.Tests/machine/build.sh "$release"; done >/dev/null &
  machines=$!
else
  echo "Leaving out the tests on emulated NICs: $reason" >&2
  without+=('VfAgent.Hardware.Tests*')
fi

# Trimming and AOT warnings (IL2xxx, IL3xxx) are errors like all others.
publish() { dotnet publish "$1" -c Release -o "$2" -warnaserror --nologo -v quiet; }
publish src/VfAgent artifacts/vfagent
export TEST_VFAGENT_BINARY=$PWD/artifacts/vfagent/vfagent
if [[ -n $machines ]]; then
  need_packages binutils
  rm -f artifacts/vfagent_*.deb
  src/VfAgent/Debian/package.sh "$TEST_VFAGENT_BINARY" artifacts
  publish tests/VfAgent.Conformance artifacts/conformance
  wait "$machines"
fi

# The summaries at the end count all projects; report files would have to be put together, and one that is missing would not be missed.
export DOTNET_CLI_UI_LANGUAGE=en
logs=$(mktemp -d)
simulation='' status=0
trap 'rm -rf "$logs"; [[ -z $simulation ]] || kill "$simulation" 2>/dev/null || true' EXIT
test=(dotnet test -c Release --no-build --no-progress --no-ansi --fail-skips on --max-parallel-test-modules 1)
dotnet build -c Release -warnaserror --nologo -v quiet
if (($# == 0)); then
  # Its worlds have no clock but their own, so they get by with what the others leave of the processors.
  nice -n 19 "${test[@]}" --project tests/VfAgent.Simulation.Tests >"$logs/simulation" 2>&1 &
  simulation=$!
  without+=('VfAgent.Simulation.Tests*')
fi

# Debian 13's podman has no CNI networks.
[[ ${TEST_MACHINE-bookworm} == bookworm ]] || set -- --filter-not-trait Podman=CNI "$@"
((${#without[@]} == 0)) || set -- --filter-not-namespace "${without[@]}" --ignore-exit-code 8 "$@"
tests/engine/with-engine.sh "${test[@]}" "$@" 2>&1 | tee "$logs/others" || status=$?
if [[ -n $simulation ]]; then
  wait "$simulation" || status=$?
  cat "$logs/simulation"
fi

cat artifacts/pace-*.txt 2>/dev/null || true
# Whatever was found and did not succeed has failed: skipped, not run, or cut off.
count() { awk -v name="$1:" '$1 == name { n += $2 } END { print n + 0 }' "$logs"/*; }
total=$(count total) passed=$(count succeeded)
((passed > 0 && passed == total)) || status=$((status ? status : 1))
((status == 0 || passed < total)) || echo "The test run ended with exit code $status." >&2
echo "$passed passed, $((total - passed)) failed"
exit "$status"
