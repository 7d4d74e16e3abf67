#!/usr/bin/env bash
# Fetches the Rust that bindings/rust declares as the oldest that builds it, and installs nothing: Debian 12's packages are unpacked from
# the mirror that this machine is set up with. Needs gcc.
#   tools/get-rust.sh [DIR]    DIR: artifacts/rust of this repository if not given. Prints cargo's path.
set -euo pipefail
dir=${1:-$(dirname "$0")/../artifacts/rust}
dir=$(mkdir -p "$dir" && cd "$dir" && pwd)
[ -x "$dir/cargo" ] && { echo "$dir/cargo"; exit 0; }

version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../bindings/rust/paging/Cargo.toml")
command -v apt-get > /dev/null && command -v dpkg > /dev/null || { echo "get-rust.sh: needs apt-get and dpkg" >&2; exit 1; }
case $(apt-cache show rustc 2> /dev/null | sed -n 's/^Version: //p' | head -n 1) in
  "$version".*) ;;
  *) echo "get-rust.sh: the distribution's Rust is not $version; Debian 12's is 1.63" >&2; exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get -o APT::Sandbox::User=root download -qq rustc cargo "libstd-rust-$version" libstd-rust-dev libllvm14 libgit2-1.5 \
    libssh2-1 libmbedtls14 libmbedcrypto7 libmbedx509-1 libhttp-parser2.9 >&2)
for package in "$work"/*.deb; do dpkg -x "$package" "$dir"; done
for name in rustc cargo; do
  printf '#!/bin/sh\nexport LD_LIBRARY_PATH="%s"\n%sexec "%s/usr/bin/%s" "$@"\n' "$dir/usr/lib/x86_64-linux-gnu" \
    "$([ "$name" = rustc ] || echo "export RUSTC=\"$dir/rustc\"; ")" "$dir" "$name" > "$dir/$name.new"
  chmod +x "$dir/$name.new"
  mv "$dir/$name.new" "$dir/$name"    # cargo last: it says that all is there
done
echo "$dir/cargo"
