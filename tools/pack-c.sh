#!/bin/sh
# Packs the library for C as artifacts/libpaging-VERSION-linux-x64.tar.gz: libpaging.so and its symbols, the header, a pkg-config file,
# a CMake package, FindPaging.cmake for projects, and the licence; and the library as the package libpaging.linux-x64 for C#.
#   tools/pack-c.sh && tar -xf artifacts/libpaging-*.tar.gz -C /usr/local --strip-components=1
# --published: what was published last is packed, and no package is made.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
name=libpaging-$version-linux-x64
published=src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$folder/$name

[ "${1-}" = --published ] || dotnet publish src/interop/Paging.Interop -c Release -v quiet
mkdir -p "$root/lib/pkgconfig" "$root/lib/cmake/paging" "$root/include" "$root/share/doc/libpaging" "$root/share/paging/cmake" artifacts
cp "$published/libpaging.so" "$published/libpaging.so.dbg" "$root/lib/"
chmod 644 "$root/lib/libpaging.so" "$root/lib/libpaging.so.dbg"
cp bindings/c/paging.h bindings/c/paging.hpp bindings/c/paging_window.h "$root/include/"
cp bindings/c/cmake/paging-config.cmake "$root/lib/cmake/paging/"
cp bindings/c/cmake/FindPaging.cmake "$root/share/paging/cmake/"
cp bindings/c/valgrind.supp bindings/c/lsan.supp bindings/c/tsan.supp bindings/c/paging_sanitizers.c "$root/share/paging/"
cp LICENSE "$published/THIRD-PARTY-NOTICES.txt" "$root/share/doc/libpaging/"
cat > "$root/lib/pkgconfig/paging.pc" <<END
prefix=\${pcfiledir}/../..
libdir=\${prefix}/lib
includedir=\${prefix}/include
valgrind_suppressions=\${prefix}/share/paging/valgrind.supp
lsan_suppressions=\${prefix}/share/paging/lsan.supp
tsan_suppressions=\${prefix}/share/paging/tsan.supp
sanitizers=\${prefix}/share/paging/paging_sanitizers.c
Name: paging
Description: Linux' memory management for 32-bit x86 as a library
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -lpaging
END
cat > "$root/lib/cmake/paging/paging-config-version.cmake" <<END
set(PACKAGE_VERSION $version)
# Before 1.0 a minor version may break callers.
string(REGEX MATCH "^[0-9]+\\.[0-9]+" _paging_series \${PACKAGE_VERSION})
if(NOT PACKAGE_FIND_VERSION STREQUAL "" AND (PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION
    OR PACKAGE_FIND_VERSION VERSION_LESS _paging_series) OR NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
unset(_paging_series)
END
tar -czf "artifacts/$name.tar.gz" --owner=0 --group=0 -C "$folder" "$name"
echo "artifacts/$name.tar.gz"
[ "${1-}" = --published ] && exit
dotnet pack src/interop/Paging.Interop -c Release --no-build -p:IsPackable=true -o artifacts -v quiet
echo "artifacts/libpaging.linux-x64.$version.nupkg"
