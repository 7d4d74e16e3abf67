#!/usr/bin/env bash
# An adapter for `paging conform`: another version of Linux, in a machine of its own that QEMU imitates, without KVM.
#   tools/conform-kernel.sh -p KERNEL      prepares: fetches the kernel from the machine's own Debian mirror (70 MB, once) and builds the
#                                          machine's first program
#   paging conform --timeout 120 -- tools/conform-kernel.sh KERNEL
#     KERNEL  5.10-amd64, 6.1-amd64, 6.12-amd64, 5.10-686-pae, 6.1-686-pae, or a file: any bzImage with 8250 serial lines built in
#     -p      prepare only, so that a download does not count as the adapter's time
#     -d DIR  where kernels are kept [default: artifacts/kernels of this repository]
#     -l FILE the kernel's own messages [default: none]
# Installs nothing. Needs: apt-get and its debian-archive-keyring (to fetch), gcc -m32 with a static libc6-dev-i386, qemu-system-x86_64.
# The protocol goes over the machine's second serial line, the kernel's messages over the first. docs/CONFORMANCE.md: what came out.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$here/artifacts/kernels log=null prepares_only=
while getopts pd:l: option; do
  case $option in
    p) prepares_only=1 ;;
    d) dir=$OPTARG ;;
    l) log=file:$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
refuse() { echo "conform-kernel.sh: $*" >&2; exit 2; }
[ $# = 1 ] || refuse "which kernel? 5.10-amd64, 6.1-amd64, 6.12-amd64, 5.10-686-pae, 6.1-686-pae, or a file"

# One entry of an archive of cpio's form newc (Documentation/driver-api/early-userspace/buffer-format.rst).
write_entry() {    # NAME MODE LENGTH
  printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x' 1 "$2" 0 0 1 0 "$3" 0 0 0 0 $((${#1} + 1)) 0
  printf '%s\0' "$1"
  write_padding $((110 + ${#1} + 1))
}

write_padding() { head -c $(((4 - $1 % 4) % 4)) /dev/zero; }

# The whole file system of the machine is one static program, /init.
build_machine() {
  local sources=("$here"/tools/kernels/*.[ch]) program=$dir/adapter length newest
  newest=$(ls -t "${sources[@]}" "$0" | head -1)
  [ "$dir/initramfs" -nt "$newest" ] && return
  gcc -m32 -O1 -static -Wall -D_FILE_OFFSET_BITS=64 -o "$program" "$here"/tools/kernels/*.c ||
    refuse "gcc cannot build for i386: apt-get install gcc-multilib libc6-dev-i386"
  length=$(stat -c %s "$program")
  {
    write_entry init $((8#100755)) "$length"
    cat "$program"
    write_padding "$length"
    write_entry TRAILER!!! 0 0
  } > "$dir/initramfs.part"
  mv "$dir/initramfs.part" "$dir/initramfs"
}

command -v qemu-system-x86_64 > /dev/null || refuse "no qemu-system-x86_64: apt-get install qemu-system-x86"
mkdir -p "$dir"
kernel=$1
[ -f "$kernel" ] || kernel=$("$here/tools/kernels/fetch.sh" -d "$dir" "$kernel")
build_machine
[ -z "$prepares_only" ] || exit 0
# Without protection keys, as the recordings' processor: with them, memory with PROT_EXEC alone cannot be read (execute_only_pkey).
# maxcpus=2: a kernel that expects one processor only has no lock prefixes, and a locked instruction would be two accesses.
# A line that nobody reads yet loses what is sent, so the machine says first that it is up. Its end, or the end of our input, ends both.
exec {lines}<&0
coproc machine {
  exec qemu-system-x86_64 -accel tcg -cpu max,la57=off,pku=off -smp 1,maxcpus=2 -m 2G -display none -monitor none -no-reboot -nic none \
    -kernel "$kernel" -initrd "$dir/initramfs" \
    -append "console=ttyS0 loglevel=4 panic=-1 no_timer_check mitigations=off nokaslr transparent_hugepage=madvise" \
    -serial "$log" -chardev stdio,id=line,signal=off -serial chardev:line
}
qemu=$machine_PID
exec {to}>&"${machine[1]}" {from}<&"${machine[0]}"
trap 'kill "$qemu" 2> /dev/null' EXIT
read -r first <&"$from" && [ "$first" = up ] || refuse "the machine did not come up: '${first:-}'; -l FILE has what its kernel says"

# One line, then its answer: a serial line that is busy both ways at once has been seen to stop.
relay() {
  read -r answer <&"$from" || refuse "the machine has ended"
  printf '%s\n' "$answer"
}
while read -r line <&"$lines"; do
  printf '%s\n' "$line" >&"$to"
  relay
  case $line:$answer in
    paging-conform*) until [ "$answer" = ready ]; do relay; done ;;
    *:'{') until [ "$answer" = '}' ]; do relay; done ;;
  esac
done
