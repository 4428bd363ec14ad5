#!/usr/bin/env bash
# Runs all tests, the end-to-end ones against the native binary and a real broker, and installs what that needs.
#   tests/run.sh                                                  everything
#   tests/run.sh --project tests/VfAgent.Core.Tests               one project (options of dotnet test)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/engine/packages.sh

command -v dotnet >/dev/null || fail "Please install the .NET SDK that global.json names."
need_linker
# Trimming and AOT warnings (IL2xxx, IL3xxx) are errors like all others.
dotnet publish src/VfAgent -c Release -o artifacts/vfagent -warnaserror --nologo -v quiet
export TEST_VFAGENT_BINARY=$PWD/artifacts/vfagent/vfagent

results=artifacts/test-results
rm -rf "$results"
status=0
tests/engine/with-engine.sh dotnet test -c Release --no-progress --fail-skips on \
  --results-directory "$results" --report-xunit-trx "$@" || status=$?

# Whatever was found and did not pass has failed: skipped, not run, or cut off.
read -r total passed < <(
  find "$results" -name '*.trx' -exec grep -hoE '<Counters [^>]*>' {} + 2>/dev/null |
    awk -F'"' '{ total += $2; passed += $6 } END { print total + 0, passed + 0 }'
)
((passed > 0 && passed == total)) || status=$((status ? status : 1))
((status == 0 || passed < total)) || echo "The test run ended with exit code $status." >&2
echo "$passed passed, $((total - passed)) failed"
exit "$status"
