#!/usr/bin/env bash
# Plants the bugs that no seam reaches in a copy of the code, and hunts for all: patched.sh --seeds 1000
# patched.sh --check only says whether every patch still fits the code.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(git -C "$here" rev-parse --show-toplevel)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

(cd "$root" && git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create --file=-) | tar --extract --directory="$copy"
unfit=0
for patch in "$here"/Patches/*.patch; do
    # With no line to spare: a hunk that has moved is found, one whose surroundings have changed is not.
    if ! patch --quiet --forward --fuzz=0 --no-backup-if-mismatch --strip=1 --directory="$copy" <"$patch"; then
        echo "${patch##*/} does not fit the code any more" >&2
        unfit=1
    fi
done
[[ $unfit == 0 ]] || exit 1
[[ ${1-} != --check ]] || exit 0

cd "$copy"
dotnet run -c Release --project tests/VfAgent.Simulation.Tests -- --mutations "$@"
