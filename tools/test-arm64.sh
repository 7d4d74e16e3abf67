#!/bin/sh
# Publishes the engine's tests for arm64 and runs classes of them under qemu-aarch64, on Debian's C library for it: the litmus shapes MP,
# LB and IRIW, which cannot fail on x86, atomic accesses, ROM; and the classes that are named besides, as PaeTests or SnapshotTests. Then
# the recordings, by the command.
#   tools/test-arm64.sh [CLASS…]
# Needs qemu-aarch64-static and apt-get. Some 60 s once it is built.
set -eu
cd "$(dirname "$0")/.."
export PAGING_SOAK=1    # tests at their whole length
fail() { echo "test-arm64: $1" >&2; exit 2; }
command -v qemu-aarch64-static > /dev/null || fail "there is no qemu-aarch64-static: apt-get install qemu-user-static"
folder=$PWD/artifacts/arm64
root=$folder/root
if [ ! -e "$root/lib/aarch64-linux-gnu/libc.so.6" ]; then    # of its own, so that the host's list of packages stays as it is
  mkdir -p "$root" "$folder/packages" "$folder/state/lists/partial" "$folder/cache/archives/partial"
  apt() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$folder/state" -o Dir::State::status=/dev/null \
      -o Dir::Cache="$folder/cache" "$@"
  }
  (cd "$folder/packages" && apt update && apt download libc6 libgcc-s1 libstdc++6 libssl3 zlib1g) \
    || fail "the C library of arm64 cannot be downloaded by apt-get"
  for package in "$folder"/packages/*.deb; do dpkg-deb -x "$package" "$root"; done
fi

# With folders of its own for what is built, so that the build of this host stays as it is.
publish() {
  dotnet publish "$1" -c Release -r linux-arm64 --self-contained -o "$2" -v quiet -p:InvariantGlobalization=true \
    --artifacts-path "$folder/build"
}
publish tests/Paging.Core.Tests "$folder/tests"
publish src/tools/Paging.Cli "$folder/cli"
arguments=
for class in LitmusTests AtomicTests RomTests "$@"; do arguments="$arguments -class Paging.Core.Tests.$class"; done
export DOTNET_EnableWriteXorExecute=0
# shellcheck disable=SC2086    # the words are class names
qemu-aarch64-static -L "$root" "$folder/tests/Paging.Core.Tests" -noLogo $arguments
status=0
qemu-aarch64-static -L "$root" "$folder/cli/paging" script tests/checking/Paging.Scenarios.Tests/scenarios > "$folder/recordings.txt" \
  || status=$?
tail -n 3 "$folder/recordings.txt"
exit "$status"
