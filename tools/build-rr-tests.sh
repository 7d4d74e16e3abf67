#!/bin/bash
# Builds the test programs of rr for i386, and writes the list that compare-suites.py reads.
#
#   tools/build-rr-tests.sh REPOSITORY ROOT > LIST          REPOSITORY: a git directory of rr-debugger/rr
#
# Only the programs: none is recorded, and those that wait for a debugger end by a time limit. Sources and programs go to ROOT/rr, which
# needs the libraries of Debian's libc6 for i386; what does not compile is named on stderr. Needs gcc-multilib, python3; ten minutes.
set -euo pipefail
repository=$(realpath "$1") root=$(realpath "$2")
here=$root/rr
rm -rf "$here"
mkdir -p "$here/bin"
git --git-dir "$repository" rev-parse --short HEAD > "$here/version"
git --git-dir "$repository" archive HEAD src include CMakeLists.txt | tar -x -C "$here"
cd "$here"
(cd src && python3 generate_syscalls.py ../SyscallEnumsForTestsX86.generated)

build() { # build TEST: as the makefile does, without debug information
  local name=${1##*/}
  if gcc -m32 -std=gnu11 -O0 -w -D_FILE_OFFSET_BITS=64 -pthread -Iinclude -Isrc -Isrc/preload -I. "src/test/$1.c" -o "bin/$name" \
      -lrt -ldl 2> "bin/$name.log"; then rm "bin/$name.log"
  else echo "$name: $(grep -m1 -E 'error|undefined' "bin/$name.log")" >&2; rm "bin/$name.log"; fi
}
export -f build
awk '/^set\((BASIC_TESTS|TESTS_WITH_PROGRAM)$/ { f = 1; next } /^\)/ { f = 0 } f && /^ +[a-z0-9_\/]/ { print $1 }' CMakeLists.txt |
  sort -u | xargs -P 2 -I TEST bash -c 'build TEST'
for program in bin/*; do echo "${program##*/} /rr/$program"; done
