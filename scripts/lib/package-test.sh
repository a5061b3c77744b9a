# shellcheck shell=sh
# `scripts/package --test`: tries the package on a bare Debian 12. Sourced by it; uses its $package, $work and $into.
# shellcheck disable=SC2154

# A bare system from debootstrap; it is kept for the next test, because its making takes a minute.
bare_system() {
  bare=$into/bookworm
  [ ! -f "$bare/complete" ] || return 0
  has debootstrap || fail 'debootstrap is not installed' 'On Debian and Ubuntu: apt-get install debootstrap'
  say 'making a bare Debian 12 ...'
  rm -rf "$bare"
  debootstrap --variant=minbase bookworm "$bare" ${AUSCULT_DEBIAN_MIRROR:+"$AUSCULT_DEBIAN_MIRROR"} \
    >"$work/debootstrap.log" 2>&1 || give_up 'debootstrap failed'
  : >"$bare/complete"
}

# inside COMMAND: runs it in a copy of the bare system, with /proc and /dev/shm of its own. Every process that it leaves
# ends with it.
inside() {
  # shellcheck disable=SC2016  # for the inner shell
  unshare --mount --pid --ipc --fork --kill-child --propagation private sh -euc '
    mount -t proc proc "$0/proc"
    mount -t tmpfs tmpfs "$0/dev/shm"
    exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
      DEBIAN_FRONTEND=noninteractive sh -euc "$1"' "$work/system" "$1"
}

# The files of the system, without what apt and dpkg keep for themselves.
files_of_system() {
  (cd "$work/system" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./var/cache -o \
    -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./var/log -o -path ./root \) -prune -o -print) | LC_ALL=C sort
}

test_package() {
  [ "$(id -u)" -eq 0 ] || fail 'scripts/package --test needs root, for a file system of its own'
  bare_system
  cp -a "$bare" "$work/system"
  cp "$package" "$work/system/tmp/auscult.deb"
  cp /etc/resolv.conf "$work/system/etc/resolv.conf"
  # Services would start here, beside those of this computer.
  printf '#!/bin/sh\nexit 101\n' >"$work/system/usr/sbin/policy-rc.d"
  chmod 755 "$work/system/usr/sbin/policy-rc.d"

  say 'what auscult needs comes from the mirror first, so that what is left of auscult alone can be told'
  inside 'apt-get -qq update
    apt-get -qq install -y --no-install-recommends jackd2 $(dpkg-deb -f /tmp/auscult.deb Depends |
      sed "s/([^)]*)//g; s/|[^,]*//g; s/,/ /g")' >"$work/apt.log" 2>&1 || give_up 'apt-get failed'
  files_of_system >"$work/before"
  inside 'apt-get -qq install -y --no-install-recommends /tmp/auscult.deb' >"$work/install.log" 2>&1 ||
    give_up 'apt-get could not install the package'

  say 'a user without Swift:'
  inside 'if command -v swift; then exit 1; fi
    useradd --create-home tester
    runuser -u tester -- auscult --version
    runuser -u tester -- auscult check /usr/share/auscult/graphs/watch.yaml
    cd /home/tester
    runuser -u tester -- auscult doctor || true
    runuser -u tester -- /usr/share/auscult/scripts/demo
    runuser -u tester -- auscult run /usr/share/auscult/graphs/simulator.yaml --offline --duration 1s --audio-folder .
    test -s speaker.wav
    userdel --remove tester 2>/dev/null' || fail 'the installed program does not do what it should'

  say 'a graph and a model of the site stay when the package is purged:'
  inside 'echo "nodes: {}" >/etc/auscult/fan.yaml
    echo model >/var/lib/auscult/model.safetensors
    apt-get -qq purge -y auscult' >"$work/purge.log" 2>&1 || give_up 'apt-get could not purge the package'
  files_of_system >"$work/after"
  LC_ALL=C comm -13 "$work/before" "$work/after" | tee "$work/left"
  ! grep -v -e '^\./etc/' -e '^\./var/lib/auscult' "$work/left" || fail 'the package leaves these files when it is purged'
  for kept in etc/auscult/fan.yaml var/lib/auscult/model.safetensors; do
    [ -f "$work/system/$kept" ] || fail "the package took /$kept along, which it had not brought"
  done
  say 'scripts/package --test: passed'
}
