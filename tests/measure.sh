#!/usr/bin/env bash
# Measures what the native agent costs: start, memory, work, rest. Takes about two minutes and prints; nothing passes or fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/engine/packages.sh

need_linker
dotnet publish src/VfAgent -c Release -o artifacts/vfagent --nologo -v quiet
dotnet build tests/VfAgent.Benchmarks -c Release --nologo -v quiet
TEST_VFAGENT_BINARY=$PWD/artifacts/vfagent/vfagent exec tests/engine/with-engine.sh dotnet run -c Release --no-build --project tests/VfAgent.Benchmarks
