#!/bin/sh
# Prints the path of a Lua interpreter: one of PATH, else the distribution's package, unpacked into .troupe/. Only a test needs it.
set -eu
root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
for name in lua5.1 lua5.4 lua5.3 lua luajit; do
  command -v "$name" && exit 0
done
kept=$root/.troupe/tools/lua
if [ ! -x "$kept/usr/bin/lua5.4" ]; then
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || exit 1
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # As root, apt downloads as the user _apt, who must be able to write here.
  chmod 777 "$work"
  (cd "$work" && timeout 60 apt-get -qq download lua5.4 >&2 && dpkg-deb -x lua5.4_*.deb "$work/lua") || exit 1
  "$work/lua/usr/bin/lua5.4" -v >&2 || exit 1
  mkdir -p "${kept%/*}"
  rm -rf "$kept"
  mv "$work/lua" "$kept"
fi
echo "$kept/usr/bin/lua5.4"
