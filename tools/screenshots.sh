#!/usr/bin/env bash
# Screenshots of every step of the tour, at 1280 and 390 pixels, light and dark, into a folder [artifacts/screenshots]; with --docs the
# sheets of docs/pictures as well. Needs Chromium, as the tests of pages do.
set -euo pipefail
cd "$(dirname "$0")/.."
docs=
[ "${1:-}" != --docs ] || { docs=1; shift; }
folder=${1:-artifacts/screenshots}
mkdir -p "$folder"
dotnet build tests/tools/Paging.Pictures.Tests -c Release -v q --nologo
PAGING_SCREENSHOTS=$(realpath "$folder") dotnet tests/tools/Paging.Pictures.Tests/bin/Release/net10.0/Paging.Pictures.Tests.dll \
  -class "*ScreenshotTests"
echo "$(find "$folder" -name '*.png' | wc -l) screenshots in $folder"
[ -z "$docs" ] || for screen in 1280-light 390-dark; do cp "$folder/sheet-$screen.jpg" "docs/pictures/tour-$screen.jpg"; done
