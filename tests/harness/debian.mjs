// What tests need of Debian's packages, installed where it is missing. Whoever asks meanwhile, from
// another process too, waits: apt-get does not. No package may start its daemon or enable it.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const LOCK = "/var/lock/postroom-packages";
const INSTALL = `
set -e
exec 9>${LOCK}
flock 9
missing=
for file in $FILES; do [ -e "$file" ] || missing=1; done
[ "$missing" ] || exit 0
echo "installing $PACKAGES with apt-get" >&2
policy=/usr/sbin/policy-rc.d # asked by packages before they start a daemon
if [ ! -e $policy ]; then
  trap "rm -f $policy" EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
apt-get -y update
apt-get -y install --no-install-recommends $PACKAGES
# Where systemd runs, they must not come up at the next boot either.
if command -v systemctl > /dev/null; then
  [ -z "$UNITS" ] || systemctl disable $UNITS || true
fi
`;

/** Installs packages unless all of the files are there. */
export function ensurePackages(packages, { files, units = [] }) {
  if (files.every((file) => existsSync(file))) {
    // They may have been unpacked just now, by somebody who has yet to set them up.
    if (existsSync(LOCK)) execFileSync("flock", ["--shared", LOCK, "true"]);
    return;
  }
  const lists = { PACKAGES: packages.join(" "), FILES: files.join(" "), UNITS: units.join(" ") };
  const env = { ...process.env, ...lists, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("bash", ["-c", INSTALL], { env, stdio: ["ignore", "ignore", "inherit"] });
}
