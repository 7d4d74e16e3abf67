#!/bin/sh
# Packs the library for C: libpaging.so, its header, a pkg-config file and the licence, as artifacts/libpaging-VERSION-linux-x64.tar.gz;
# and the library as the package Paging.Native.linux-x64 for C#.
#   tools/pack-c.sh && tar -xf artifacts/libpaging-*.tar.gz -C /usr/local --strip-components=1
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
name=libpaging-$version-linux-x64
published=src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

dotnet publish src/interop/Paging.Interop -c Release -v quiet
mkdir -p "$folder/$name/lib/pkgconfig" "$folder/$name/include" "$folder/$name/share/doc/libpaging" artifacts
cp "$published/libpaging.so" "$folder/$name/lib/"
cp bindings/c/paging.h "$folder/$name/include/"
cp LICENSE "$folder/$name/share/doc/libpaging/"
cat > "$folder/$name/lib/pkgconfig/paging.pc" <<END
prefix=\${pcfiledir}/../..
Name: paging
Description: Linux' memory management for 32-bit x86 as a library
Version: $version
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib -lpaging
END
tar -czf "artifacts/$name.tar.gz" --owner=0 --group=0 -C "$folder" "$name"
dotnet pack src/interop/Paging.Interop -c Release --no-build -p:IsPackable=true -o artifacts -v quiet
echo "artifacts/$name.tar.gz"
echo "artifacts/Paging.Native.linux-x64.$version.nupkg"
