#!/bin/sh
# Packs the libraries that projects of `dotnet new paging-fuzz` and `paging-bench` use, and the templates, into a folder: a local feed.
#   tools/pack-templates.sh artifacts/feed [--no-build] && dotnet new install artifacts/feed/Paging.Templates.*.nupkg
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: tools/pack-templates.sh FOLDER [--no-build]" >&2; exit 2; }
mkdir -p "$1"
feed=$(cd "$1" && pwd)
shift
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
version_of() { sed -n "s|.*Include=\"$1\" Version=\"\(.*\)\" />.*|\1|p" Directory.Packages.props; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

[ "${1-}" = --no-build ] || dotnet build src/checking/Paging.Testing -c Release -v quiet
projects=
for project in src/Paging.Native src/Paging.Contracts src/Paging.Core src/Paging.Reports \
  src/Paging.Policies src/checking/Paging.Scripting src/checking/Paging.HostKernel src/checking/Paging.ReferenceModel \
  src/checking/Paging.Testing; do
  projects="$projects;$PWD/$project/$(basename "$project").csproj"
done
cat > "$folder/pack.proj" << END
<Project>
  <Target Name="Pack">
    <MSBuild Projects="${projects#;}" Targets="Pack" BuildInParallel="true"
             Properties="Configuration=Release;NoBuild=true;IncludeSymbols=false;PackageOutputPath=$feed" />
  </Target>
</Project>
END
dotnet msbuild "$folder/pack.proj" -t:Pack -m -v:quiet -nologo    # one start for all
rm "$folder/pack.proj"
cp -r tools/Templates/. "$folder"
mv "$folder/Paging.Templates.csproj.txt" "$folder/Paging.Templates.csproj"
sed -i "s/PAGING_VERSION/$version/; s/CSCHECK_VERSION/$(version_of CsCheck)/; s/XUNIT_VERSION/$(version_of xunit.v3.mtp-v2)/
  s/BENCHMARK_VERSION/$(version_of BenchmarkDotNet)/" "$folder"/*.csproj "$folder"/paging-*/*.csproj.txt
dotnet pack "$folder/Paging.Templates.csproj" -c Release -o "$feed" -v quiet
echo "$feed/Paging.Templates.$version.nupkg"
