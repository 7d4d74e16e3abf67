#!/bin/sh
# Packs the command as one native file, which needs no .NET and starts in 10 ms, with its manual page and completions, as
# artifacts/paging-VERSION-linux-x64.tar.gz. Needs gcc.
#   tools/pack-paging.sh && tar -xf artifacts/paging-*.tar.gz -C /usr/local --strip-components=1
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
name=paging-$version-linux-x64
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

dotnet publish src/tools/Paging.Cli -c Release -r linux-x64 -p:PublishAot=true -o "$folder/published" -v quiet
share=$folder/$name/share
mkdir -p "$folder/$name/bin" "$share/doc/paging" "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
  "$share/fish/vendor_completions.d" artifacts
cp "$folder/published/paging" "$folder/$name/bin/"
cp LICENSE "$folder/published/THIRD-PARTY-NOTICES.txt" "$share/doc/paging/"
paging=$folder/$name/bin/paging
"$paging" man > "$share/man/man1/paging.1"
"$paging" completion bash > "$share/bash-completion/completions/paging"
"$paging" completion zsh > "$share/zsh/site-functions/_paging"
"$paging" completion fish > "$share/fish/vendor_completions.d/paging.fish"
tar -czf "artifacts/$name.tar.gz" --owner=0 --group=0 -C "$folder" "$name"
echo "artifacts/$name.tar.gz"
