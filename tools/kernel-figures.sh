#!/usr/bin/env bash
# Draws the figures of docs/TOUR.md, "Drawn from a real kernel", from the memory of a machine in QEMU.
#   tools/kernel-figures.sh KERNEL FILE.svg PAGING...
#     KERNEL  6.1-686 or 6.1-686-pae (tools/conform-kernel.sh)
#     PAGING  the command
# The kernel runs docs/tour/06-fork.scn; then its memory is saved, and the parent and the child are found in it: by the page directories
# that map 20000000.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 3 ] || { echo "usage: kernel-figures.sh KERNEL FILE.svg PAGING..." >&2; exit 2; }
kernel=$1 picture=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/tools/walk-kernel.sh" -s "$here/docs/tour/06-fork.scn" "$kernel" "$work"
image=$work/memory.elf
processes=()
while read -r cr3 _ reasons; do
  [[ $reasons == *"maps itself"* ]] || continue
  ! "$@" walk "$image" --cr3 "$cr3" --translate 20000000 | grep -q '^20000000 is at' || processes+=("$cr3")
done < <("$@" walk "$image" --find)
[ "${#processes[@]}" = 2 ] || { echo "kernel-figures.sh: ${#processes[@]} page directories map 20000000, not 2" >&2; exit 1; }
"$@" walk "$image" --cr3 "${processes[0]}" --beside "${processes[1]}" --pages 20000000-20004000 --translate 20002000 --translate c4000000 \
  --draw "$picture"
