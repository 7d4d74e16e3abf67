#!/bin/sh
# Publishes the engine's tests and the command for win-x64 and runs them under Wine: classes of tests, and the recordings of Linux.
#   tools/test-wine.sh [CLASS…]
# Needs wine64. Some 30 s once they are built.
set -eu
cd "$(dirname "$0")/.."
export PAGING_SOAK=1    # tests at their whole length
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
[ -x "$wine" ] || { echo "test-wine: there is no wine64: apt-get install wine64" >&2; exit 2; }
folder=$PWD/artifacts/win
for project in tests/Paging.Core.Tests src/tools/Paging.Cli; do
  dotnet publish "$project" -c Release -r win-x64 --self-contained -o "$folder/$(basename "$project")" -v quiet \
    -p:InvariantGlobalization=true --artifacts-path "$folder/build"
done
# Wine does not follow pages that are mapped twice, once to write and once to execute.
export WINEPREFIX="$folder/prefix" WINEDEBUG=-all DOTNET_EnableWriteXorExecute=0
arguments=
for class in BoundsTests SnapshotTests ProcessImageTests LitmusTests "$@"; do arguments="$arguments -class Paging.Core.Tests.$class"; done
# shellcheck disable=SC2086    # the words are class names
"$wine" "$folder/Paging.Core.Tests/Paging.Core.Tests.exe" -noLogo $arguments
status=0
"$wine" "$folder/Paging.Cli/paging.exe" script tests/checking/Paging.Scenarios.Tests/scenarios > "$folder/recordings.txt" || status=$?
tail -n 3 "$folder/recordings.txt"
exit "$status"
