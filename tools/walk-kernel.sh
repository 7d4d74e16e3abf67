#!/usr/bin/env bash
# Saves the memory of a machine in QEMU with QEMU's own words about its page tables, for `paging walk`, and compares the two.
#   tools/walk-kernel.sh [-s SCENARIO] [-m SIZE] KERNEL DIR [PAGING...]
#     -s      runs the calls of a scenario (docs/DIALECT.md) on the kernel first; its processes are there when memory is saved
#     -m      the machine's memory, as QEMU writes it [default: 256M]
#     KERNEL  6.1-686 or 6.1-686-pae, as tools/conform-kernel.sh has them (its -p fetches them first)
#     DIR     gets memory.raw (pmemsave), memory.elf (dump-guest-memory), registers.txt, tlb.txt and mem.txt
#     PAGING  the command, to compare its lines; without it nothing is compared
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
scenario=/dev/null memory=256M
refuse() { echo "walk-kernel.sh: $*" >&2; exit 2; }
while getopts s:m: option; do
  case $option in
    s) scenario=$OPTARG ;;
    m) memory=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || refuse "usage: walk-kernel.sh [-s SCENARIO] [-m SIZE] KERNEL DIR [PAGING...]"
[ -r "$scenario" ] || refuse "$scenario cannot be read"
kernel=$1 out=$2
shift 2
"$here/tools/conform-kernel.sh" -p "$kernel"
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out"/memory.*
# The machine's first program says "up" on the second serial line when the kernel has started it.
mkfifo "$out/line.in" "$out/line.out" 2> /dev/null || true
qemu-system-x86_64 -accel tcg -cpu max -m "$memory" -display none -no-reboot -nic none -monitor "unix:$out/monitor,server=on,wait=off" \
  -kernel "$here/artifacts/kernels/$kernel" -initrd "$here/artifacts/kernels/initramfs" \
  -append "console=ttyS0 loglevel=4 panic=-1 no_timer_check nokaslr" -serial null -serial "pipe:$out/line" &
qemu=$!
trap 'kill "$qemu" 2> /dev/null || true; rm -f "$out/line.in" "$out/line.out" "$out/monitor"' EXIT
exec {to}<> "$out/line.in" {from}<> "$out/line.out"
read -r -t 300 first <&"$from" && [ "$first" = up ] || refuse "the machine did not come up"
# A call is what stands before " = "; reports, which only look, are left out. One line, then its answer: a serial line that is busy both
# ways at once has been seen to stop.
while read -r line; do
  case $line in '' | '#'*) continue ;; esac
  printf '%s\n' "${line%% = *}" >&"$to"
  read -r -t 60 answer <&"$from" || refuse "the machine does not answer to ${line%% = *}"
  [ "$answer" = "${line#* = }" ] || echo "walk-kernel.sh: ${line%% = *} gave $answer here" >&2
done < <(sed '/ = {$/,/^}/d' "$scenario")
talk() {    # one command, its answer without the prompts
  python3 - "$out/monitor" "$1" <<'P'
import socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
def until_prompt():
    data = b""
    while not data.endswith(b"(qemu) "):
        part = line.recv(1 << 16)
        if not part: break
        data += part
    return data
until_prompt()
line.sendall(sys.argv[2].encode() + b"\n")
text = until_prompt().decode().replace("\r", "")
print("\n".join(text.split("\n")[1:-1]))
P
}
talk stop > /dev/null
talk "info registers" > "$out/registers.txt"
talk "info tlb" > "$out/tlb.txt"
talk "info mem" > "$out/mem.txt"
# Its last byte: that above 4 GiB, if there is one.
last=$(talk "info mtree" | sed -n 's/^ *[0-9a-f]*-\([0-9a-f]*\) .*alias ram-\(below\|above\)-4g .*/0x\1/p' | sort | tail -n 1)
for ((at = 0; at < last; at += 1 << 30)); do    # a GiB at a time: the monitor's sizes have 31 bits
  talk "pmemsave $at $((last + 1 - at < 1 << 30 ? last + 1 - at : 1 << 30)) \"$out/memory.part\"" > /dev/null
  cat "$out/memory.part" >> "$out/memory.raw"
done
rm -f "$out/memory.part"
talk "dump-guest-memory $out/memory.elf" > /dev/null
[ $# -gt 0 ] || exit 0
cr3=$(sed -n 's/.*CR3=\([0-9a-f]*\).*/\1/p' "$out/registers.txt")
for image in memory.raw memory.elf; do
  "$@" walk "$out/$image" --cr3 "$cr3" --tlb | diff -q - "$out/tlb.txt"
  "$@" walk "$out/$image" --cr3 "$cr3" --mem | diff -q - "$out/mem.txt"
done
echo "$kernel: $(wc -l < "$out/tlb.txt") lines of info tlb, $(wc -l < "$out/mem.txt") of info mem: 0 differ"
