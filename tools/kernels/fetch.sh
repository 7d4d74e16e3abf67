#!/usr/bin/env bash
# Fetches one of Debian's kernels, once, and prints its file. apt gets directories of its own, so that the host's lists stay as they are.
#   tools/kernels/fetch.sh [-d DIR] VERSION-KIND
#     -d            where kernels are kept [default: artifacts/kernels of this repository]
#     VERSION-KIND  5.10, 6.1, 6.12, 6.18 or 7.2, and amd64, cloud-amd64, 686 or 686-pae: 6.18-cloud-amd64 (70 MB)
# Needs apt-get and its debian-archive-keyring.
set -euo pipefail
dir=$(cd "$(dirname "$0")/../.." && pwd)/artifacts/kernels
refuse() { echo "fetch.sh: $*" >&2; exit 2; }
while getopts d: option; do
  case $option in
    d) dir=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || refuse "which kernel? 6.1-amd64, 6.18-cloud-amd64, 6.1-686-pae, …"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
[ -f "$dir/$1" ] && { echo "$dir/$1"; exit; }
version=${1%%-*} flavour=${1#*-}
case $version in
  5.10) suite=bullseye ;;
  6.1) suite=bookworm ;;
  6.12) suite=trixie ;;
  6.18) suite=trixie-backports ;;
  7.2) suite=forky ;;
  *) refuse "$1: Debian's kernels here are 5.10, 6.1, 6.12, 6.18 and 7.2" ;;
esac
case $flavour in
  amd64 | cloud-amd64) architecture=amd64 ;;
  686 | 686-pae) architecture=i386 ;;
  *) refuse "$1: the kinds are amd64, cloud-amd64, 686 and 686-pae" ;;
esac
# The mirror of the machine's own sources: it has the other suites as well.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -1)
[ -n "$mirror" ] || refuse "this machine's apt has no source of Debian (apt-get update?); give a kernel's file instead"
work=$dir/apt-$1
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
trap 'rm -rf "$work"' EXIT
echo "deb [arch=$architecture signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$work/sources.list"
options=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache=$work/cache" -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o APT::Sandbox::User=root)
apt-get "${options[@]}" -qq update >&2
# A suite may have gone on to a newer version than the one that is asked for.
find_package() {
  apt-cache "${options[@]}" pkgnames "linux-$1-$version." | grep -E "^linux-$1-[^-]*(-[0-9]+)?-$flavour\$" | sort -V | tail -1
}
package=$(find_package binary || true)    # since 7.2 linux-image only depends on it
[ -n "$package" ] || package=$(find_package image || true)
[ -n "$package" ] || refuse "$1: Debian $suite has no linux-image of it"
(cd "$work" && apt-get "${options[@]}" -qq download "$package" >&2)
dpkg --fsys-tarfile "$work"/linux-*.deb | tar -xO --wildcards --wildcards-match-slash '*/vmlinuz*' > "$dir/$1.part"
mv "$dir/$1.part" "$dir/$1"
echo "$dir/$1"
