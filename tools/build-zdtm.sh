#!/bin/bash
# Builds CRIU's test programs (zdtm) for i386, and writes the list that compare-suites.py reads.
#
#   tools/build-zdtm.sh REPOSITORY ROOT > LIST          REPOSITORY: a git directory of checkpoint-restore/criu
#
# Each program brings itself into some state, waits for SIGTERM, and then checks that the state is still the same. With
# `compare-suites.py --saved 3` a guest is saved and resumed in between. The programs are linked statically: ROOT needs no more than a
# shell, sleep, cat and grep. What does not compile is named on stderr. Needs gcc-multilib, and four minutes on two cores.
set -euo pipefail
repository=$(realpath "$1") root=$(realpath "$2")
here=$root/zdtm
rm -rf "$here"
mkdir -p "$here/bin"
git --git-dir "$repository" rev-parse --short HEAD > "$here/version"
git --git-dir "$repository" archive HEAD test/zdtm include/common | tar -x -C "$here"
tests=$here/test/zdtm
# SUBARCH selects the tests, COMPAT_TEST the compiler's options. Groups need a container of CRIU's own runner.
build() { make -k -s -j2 -C "$tests/$1" COMPAT_TEST=y SUBARCH=i686 CC=gcc USERCFLAGS="-m32 -w -Wno-error" LDFLAGS="-m32 -static" "${@:2}"; }
build lib >&2
build static all > "$here/build.log" 2>&1 || grep -oE '^make.*: \[[^]]*: [^]]+\] Error' "$here/build.log" >&2 || true
find "$tests/static" -maxdepth 1 -type f -perm -1 -exec cp {} "$here/bin" \;

cat > "$here/run" <<'RUN'
#!/bin/sh
# run PROGRAM ARGUMENT...: starts a test, and has it check its state after a second, or when the file $UNTIL has appeared.
program=$1 name=${1##*/}; shift
"$program" --pidfile=$name.pid --outfile=$name.out "$@" || { cat $name.out; exit 10; }
if [ -n "$UNTIL" ]; then while [ ! -e "$UNTIL" ]; do :; done; else sleep 1; fi
kill -TERM $(cat $name.pid) || exit 11
tries=0
while [ $tries -lt 30 ]; do
  grep -q PASS $name.out 2> /dev/null && exit 0
  grep -q FAIL $name.out 2> /dev/null && { cat $name.out; exit 1; }
  sleep 0.5; tries=$((tries + 1))
done
cat $name.out
exit 12
RUN
chmod +x "$here/run"

# The arguments that the makefile gives each kind of test, and those of single ones.
list() { # list VARIABLE ARGUMENTS
  local name arguments
  for name in $(build static -pn 2> /dev/null | sed -n "s/^$1 :\{0,1\}= //p"); do
    case $name in
      cmdlinenv00) arguments="--arg1=arg1 --arg2=arg2 --arg3=arg3" ;;
      shm-unaligned) arguments=--shmem_size=5000 ;;
      shm-hugetlb) arguments=--shmem_size=4194304 ;;
      env00) arguments=--envname=ENV_00_TEST ;;
      umask00) arguments=--mask=0345 ;;
      fifo-rowo-pair) arguments="--name_master=master --name_slave=slave" ;;
      *) arguments=$2 ;;
    esac
    [ ! -x "$here/bin/$name" ] || echo "$name /zdtm/run /zdtm/bin/$name $arguments"
  done
}
list TST_NOFILE ""
list TST_FILE --filename=file
list TST_DIR --dirname=folder
list TST_DIR_FILE "--dirname=folder --filename=file"
