#!/usr/bin/env bash
# A self-contained tarball: swarm and pbm with their runtime, configuration, systemd unit. Needs the .NET SDK to make, nothing to run.
#   packaging/build-tarball.sh [linux-x64|linux-arm64]      →  artifacts/swarm-VERSION-RID.tar.gz
set -euo pipefail
cd "$(dirname "$0")/.."

rid=${1:-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')}
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
name=swarm-$version-$rid
out=artifacts/$name
rm -rf "$out" && mkdir -p "$out"

# Both programs into one folder, so that they share one runtime.
for project in Swarm.Host Swarm.Pbm; do
  dotnet publish "src/$project" -c Release -r "$rid" --self-contained true -p:DebugType=none -o "$out/lib" --nologo -v quiet
done
rm -f "$out"/lib/*.pdb "$out"/lib/*.xml

mkdir -p "$out/bin" "$out/etc" "$out/systemd"
ln -s ../lib/swarm "$out/bin/swarm"
ln -s ../lib/pbm "$out/bin/pbm"
cp hocon/*.conf "$out/etc/"
cp packaging/systemd/* "$out/systemd/"
cp README.md CHANGELOG.md LICENSE "$out/"
tar -C artifacts --sort=name --owner=0 --group=0 --numeric-owner -czf "artifacts/$name.tar.gz" "$name"
echo "artifacts/$name.tar.gz"
