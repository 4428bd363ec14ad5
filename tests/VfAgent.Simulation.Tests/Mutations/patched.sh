#!/bin/sh
# Plants the bugs that no seam reaches in a copy of the code, and hunts for all: patched.sh --seeds 1000
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(git -C "$here" rev-parse --show-toplevel)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
(cd "$root" && git ls-files -z | tar --null --files-from=- --create --file=-) | tar --extract --directory="$copy"
for patch in "$here"/Patches/*.patch; do
    patch --quiet --strip=1 --directory="$copy" <"$patch"
done
cd "$copy"
dotnet run -c Release --project tests/VfAgent.Simulation.Tests -- --mutations "$@"
