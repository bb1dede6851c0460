#!/bin/sh
# Prints the path of a nats-server of version 2.11 or newer. Looked for in $NATS_SERVER, PATH, .troupe/tools and
# ~/go/bin; else fetched to .troupe/tools: the release from GitHub, else built with Go as a module, else the package of
# the distribution (unpacked, not installed). Each step says on stderr what it does and why.
set -eu

version=2.15.2
oldest="2.11"
cure="Install nats-server $oldest or newer (https://github.com/nats-io/nats-server/releases), put it on PATH or set NATS_SERVER=/path/to/nats-server, and run the command again."

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
state=$root/.troupe
tools=$state/tools
own=$tools/nats-server

say() { printf 'troupe: %s\n' "$*" >&2; }

# Runs a command for at most $1 seconds, where the system can say so. In the foreground: in a process group of its own,
# as GNU's timeout has it otherwise, it would not hear Ctrl-C, and this script would wait for it.
within() {
  seconds=$1
  shift
  if timeout --foreground 1 sh -c : 2>/dev/null; then
    timeout --foreground "$seconds" "$@"
  elif command -v timeout >/dev/null 2>&1; then
    timeout "$seconds" "$@"
  else
    "$@"
  fi
}

# "2.15.2" of the binary $1.
version_of() { within 10 "$1" --version 2>/dev/null | sed -n 's/^nats-server: v\([0-9][0-9.]*\).*/\1/p'; }

new_enough() {
  found=$(version_of "$1") && [ -n "$found" ] || return 1
  major=${found%%.*}
  rest=${found#*.}
  minor=${rest%%.*}
  [ "$major" -gt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -ge 11 ]; }
}

# $1: the binary to keep. It is moved into place whole, so that an interrupted set-up leaves nothing half done.
keep() {
  if ! new_enough "$1"; then
    say "it is version ${found:-unknown}, which is older than $oldest"
    return 1
  fi
  chmod 755 "$1" && mv -f "$1" "$own" && echo "$own"
}

download() { # $1: URL, $2: file
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --connect-timeout 10 --max-time 180 --retry 1 -o "$2" "$1" >&2
  elif command -v wget >/dev/null 2>&1; then
    wget -q --connect-timeout=10 --read-timeout=60 --tries=2 -O "$2" "$1" >&2
  else
    say "there is neither curl nor wget"
    return 1
  fi
}

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

system=$(uname -s | tr '[:upper:]' '[:lower:]')
case $(uname -m) in
  x86_64 | amd64) machine=amd64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) machine=$(uname -m) ;;
esac

fetch_release() {
  name=nats-server-v$version-$system-$machine
  base=https://github.com/nats-io/nats-server/releases/download/v$version
  say "downloading $name from GitHub, because there is no nats-server on this machine (looked at NATS_SERVER, PATH and ~/go/bin)"
  download "$base/SHA256SUMS" "$work/SHA256SUMS" && download "$base/$name.tar.gz" "$work/$name.tar.gz" || return 1
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  *\*\{0,1\}$name\.tar\.gz\$/\1/p" "$work/SHA256SUMS")
  if [ -z "$wanted" ] || [ "$(sha256_of "$work/$name.tar.gz")" != "$wanted" ]; then
    say "the checksum of $name.tar.gz is not the one in SHA256SUMS"
    return 1
  fi
  tar -xzf "$work/$name.tar.gz" -C "$work" && keep "$work/$name/nats-server"
}

# Prints the Go of this machine: that of PATH, else where installers put one. TROUPE_GO_PLACES: elsewhere, a folder after the other.
system_go() {
  for go in "$(command -v go || true)" $(printf '%s/go ' ${TROUPE_GO_PLACES-/usr/local/go/bin /usr/lib/go/bin /opt/homebrew/bin}); do
    if [ -n "$go" ] && [ -x "$go" ]; then
      echo "$go"
      return
    fi
  done
  return 1
}

build_with_go() {
  if go=$(system_go); then
    say "building nats-server v$version with $go, because it could not be downloaded (about a minute)"
  else
    say "fetching Go from its module proxy to build nats-server v$version with, because it could not be downloaded and there is no Go on this machine (one to three minutes)"
    { read -r node <"$state/node"; } 2>/dev/null || node=node
    go=$("$node" "$root/hack/go-toolchain.mjs" "$work/go") || return 1
    # This Go goes when the work is done, and what it fetches goes with it.
    export GOPATH="$work/gopath" GOCACHE="$work/gocache" GOTOOLCHAIN=local GOFLAGS=-modcacherw
  fi
  mkdir -p "$work/bin"
  within 900 env GOBIN="$work/bin" GOOS= GOARCH= CGO_ENABLED=0 \
    "$go" install -trimpath -ldflags '-s -w' "github.com/nats-io/nats-server/v2@v$version" >&2 || return 1
  keep "$work/bin/nats-server"
}

unpack_package() {
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || {
    say "there is no apt-get to take the distribution's package with"
    return 1
  }
  say "taking the distribution's package nats-server, because it could be neither downloaded nor built"
  apt-cache show nats-server >/dev/null 2>&1 || {
    [ "$(id -u)" -eq 0 ] && within 120 apt-get -qq update >&2 || true
  }
  # As root, apt downloads as the user _apt, who must be able to write here.
  mkdir -p "$work/deb" && chmod 755 "$work" && chmod 777 "$work/deb"
  (cd "$work/deb" && within 180 apt-get -qq download nats-server >&2 && dpkg-deb -x nats-server_*.deb "$work/deb") || return 1
  for binary in "$work/deb/usr/sbin/nats-server" "$work/deb/usr/bin/nats-server"; do
    if [ -x "$binary" ]; then
      keep "$binary"
      return
    fi
  done
  return 1
}

if [ -n "${NATS_SERVER-}" ]; then
  given=$(command -v "$NATS_SERVER" || true)
  if [ -n "$given" ] && new_enough "$given"; then
    echo "$given"
    exit
  fi
  if [ -z "$given" ]; then wrong="which is no program"; else wrong="which is version ${found:-unknown}, older than $oldest"; fi
  say "NATS_SERVER is $NATS_SERVER, $wrong. Unset it (one will be found or fetched), or name a nats-server $oldest or newer."
  exit 1
fi
for candidate in "$(command -v nats-server || true)" "$own" "${GOPATH:-$HOME/go}/bin/nats-server"; do
  [ -n "$candidate" ] && [ -x "$candidate" ] || continue
  if new_enough "$candidate"; then
    echo "$candidate"
    exit
  fi
  say "passing over $candidate: version ${found:-unknown}, Troupe needs $oldest or newer"
done

mkdir -p "$tools"
rm -rf "$tools"/nats.new.*
work=$tools/nats.new.$$
mkdir "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
fetch_release || build_with_go || unpack_package || {
  say "no nats-server could be found, downloaded, built or unpacked (above). $cure"
  exit 1
}
