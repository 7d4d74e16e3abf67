#!/usr/bin/env bash
# Records what the programs of the guests' tests do under a real Linux (tests/programs/native), for hosts that start no 32-bit program.
#   tools/native/record.sh [-a] [-k KERNEL] [RECORDING...]
#     -a         all of them [default: those that have no recording, or one of an older source]
#     -k         the kernel, as tools/native/machine.sh has it [default: that of the recording there is, or 6.18-cloud-amd64]
#     RECORDING  only these, in any case
# The tests say which programs they run, and with what (PAGING_COLLECT_NATIVE). Needs them built
# (dotnet build tests/programs/Paging.Guest.Tests -c Release) and what tools/native/machine.sh needs.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
rounds=3 all= kernel=
while getopts ak: option; do
  case $option in
    a) all=1 ;;
    k) kernel=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
refuse() { echo "record.sh: $*" >&2; exit 2; }
tests=$here/tests/programs/Paging.Guest.Tests/bin/Release/net10.0/Paging.Guest.Tests
[ -x "$tests" ] || refuse "build first: dotnet build tests/programs/Paging.Guest.Tests -c Release"
recordings=$here/tests/programs/native
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/asked" "$work/jobs" "$recordings"
PAGING_SOAK=1 PAGING_COLLECT_NATIVE=$work/asked "$tests" -noLogo -noColor -trait Compares=Native > "$work/log" ||
  { cat "$work/log" >&2; exit 1; }
for recording in "$recordings"/*; do    # what no test asks for any more
  [ -d "$work/asked/${recording##*/}" ] || rm -f "$recording"
done
for name in "$@"; do
  [ -d "$work/asked/$name" ] || refuse "no test asks for $name"
done

# The kernel of a recording, as machine.sh names it: "Linux 6.18.15+deb13-cloud-amd64" is 6.18-cloud-amd64.
kernel_of() { sed -nE '1s/^Linux ([0-9]+\.[0-9]+)\.[^-]*-(.*)/\1-\2/p' "$recordings/$1" 2> /dev/null || true; }
for job in "$work"/asked/*; do
  name=${job##*/}
  if [ $# -gt 0 ]; then
    [[ " $* " == *" $name "* ]] || continue
  elif [ -z "$all" ] && [ "$(sed -n 2p "$recordings/$name" 2> /dev/null)" = "$(cat "$job/origin")" ]; then
    continue
  fi
  on=${kernel:-$(kernel_of "$name")}
  on=${on:-6.18-cloud-amd64}
  jobs=$work/jobs/$(basename "$on")
  mkdir -p "$jobs"
  echo "$on" > "$jobs/.kernel"
  mv "$job" "$jobs"
done

recorded=0
for jobs in "$work"/jobs/*; do
  [ -d "$jobs" ] || continue
  "$here/tools/native/machine.sh" -r $rounds -k "$(cat "$jobs/.kernel")" "$jobs" "$work/out"
  for job in "$jobs"/*; do
    name=${job##*/} seen= count=0
    file=$recordings/$name
    { echo "Linux $(cat "$work/out/kernel")"; cat "$job/origin"; } > "$file"
    for round in $(seq $rounds); do
      out=$work/out/$name.$round
      outcome=$(cat "$out.status" "$out.output" "$out.errors" | sha256sum)
      [[ $seen != *$outcome* ]] || continue
      seen+=$outcome count=$((count + 1))
      echo "$(cat "$out.status") $(stat -c %s "$out.output") $(stat -c %s "$out.errors")" >> "$file"
      { cat "$out.output" "$out.errors"; echo; } >> "$file"
    done
    [ $count = 1 ] || echo "$name: $count different outcomes in $rounds rounds"
    recorded=$((recorded + 1))
  done
done
echo "recorded: $recorded"
