#!/usr/bin/env bash
# A Debian package: the tarball's files in Debian's places, the systemd unit, a user of its own. Needs the .NET SDK and dpkg-deb to make, nothing to run.
#   packaging/build-deb.sh [amd64|arm64]      →  artifacts/swarm_VERSION_ARCHITECTURE.deb
set -euo pipefail
cd "$(dirname "$0")/.."

architecture=${1:-$(dpkg --print-architecture)}
case $architecture in
  amd64) rid=linux-x64 ;;
  arm64) rid=linux-arm64 ;;
  *) echo "build-deb.sh: there is no package for $architecture; amd64 and arm64 are known" >&2; exit 2 ;;
esac
tarball=$(packaging/build-tarball.sh "$rid" | tail -1)
files=${tarball%.tar.gz}
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
install -d "$root"/{DEBIAN,etc/swarm,usr/bin,usr/lib/swarm,usr/lib/systemd/system,usr/lib/sysusers.d,usr/lib/tmpfiles.d,usr/share/doc/swarm}
cp -a "$files"/lib/. "$root/usr/lib/swarm/"
ln -s ../lib/swarm/swarm "$root/usr/bin/swarm"
ln -s ../lib/swarm/pbm "$root/usr/bin/pbm"
# What the unit needs to be true whoever runs the program: state and content have places of their own.
sed -E 's:#(data-folder = "/var/lib/swarm"|content-roots = \["/srv/swarm"\]):\1:' hocon/node.conf > "$root/etc/swarm/swarm.conf"
if [ "$(grep -cE '^ +(data-folder|content-roots) = ' "$root/etc/swarm/swarm.conf")" != 2 ]; then
  echo "build-deb.sh: hocon/node.conf has no lines for the data folder and the content root any more" >&2
  exit 1
fi
chmod 644 "$root/etc/swarm/swarm.conf"
install -m 644 hocon/reference.conf hocon/cluster.conf README.md CHANGELOG.md "$root/usr/share/doc/swarm/"
install -m 644 LICENSE "$root/usr/share/doc/swarm/copyright"
install -m 644 packaging/systemd/swarm.service packaging/systemd/swarm@.service "$root/usr/lib/systemd/system/"
install -m 644 packaging/systemd/swarm.sysusers "$root/usr/lib/sysusers.d/swarm.conf"
install -m 644 packaging/systemd/swarm.tmpfiles "$root/usr/lib/tmpfiles.d/swarm.conf"
find "$root/usr/lib/swarm" -type f ! -name swarm ! -name pbm ! -name createdump -exec chmod 644 {} +

sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$(du -sk "$root" | cut -f1)/" packaging/debian/control.in > "$root/DEBIAN/control"
echo /etc/swarm/swarm.conf > "$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "packaging/debian/$script" "$root/DEBIAN/$script"; done
package=artifacts/swarm_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$root" "$package" > /dev/null
echo "$package"
