#!/bin/sh
# Sets up a checkout: `sh hack/setup.sh [node] [modules] [bundle] [nats]`, all of them when none is named.
# Every step looks first whether it is done, does its work beside the place where it will be found, and leaves its mark
# last: it may be interrupted at any moment and begun again. A lock keeps two from working at once.
set -eu

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
state=$root/.troupe
. "$root/hack/state.sh"

say() { printf 'troupe: %s\n' "$*" >&2; }

take_lock() {
  mkdir -p "$state/tools"
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$state/lock"
    flock -n 9 || { say "waiting for another set-up of $root to end"; flock 9; }
    return
  fi
  # No flock (macOS): a folder, and in it who holds it.
  waited=0
  until mkdir "$state/lock.d" 2>/dev/null; do
    owner=$(cat "$state/lock.d/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      rm -rf "$state/lock.d"
    elif [ -z "$owner" ] && [ $waited -ge 10 ]; then
      rm -rf "$state/lock.d"
    else
      [ $waited -gt 0 ] || say "waiting for another set-up of $root to end"
      waited=$((waited + 1))
      sleep 1
    fi
  done
  echo $$ >"$state/lock.d/pid"
  trap 'rm -rf "$state/lock.d"' EXIT
  trap 'exit 130' INT TERM HUP
}

# $1: where; $2: what to write. A reader sees all of it or nothing.
write_mark() { printf '%s\n' "$2" >"$1.new" && mv -f "$1.new" "$1"; }

set_up_node() {
  node_ready && return
  found=$(sh "$root/hack/node.sh")
  write_mark "$state/node" "$found"
}

set_up_modules() {
  modules_ready && return
  sum=$(cksum <"$root/package-lock.json")
  if [ -e "$root/node_modules/.package-lock.json" ] && [ "$(cat "$state/modules" 2>/dev/null)" = "$sum" ]; then
    touch "$state/modules"
    return
  fi
  # `ci` takes exactly the lock file, but empties node_modules first, under the feet of whoever is running.
  if [ -e "$root/node_modules/.package-lock.json" ]; then verb=install; else verb=ci; fi
  if [ -e "$state/modules" ]; then why="package-lock.json has changed"; else why="this checkout has not got them yet"; fi
  say "installing the npm packages of package-lock.json (npm $verb), because $why"
  (cd "$root" && npm "$verb" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null 9>&-) || {
    say "npm $verb failed (above). Check that the npm registry can be reached (npm ping), then run the command again."
    exit 1
  }
  sum=$(cksum <"$root/package-lock.json")
  write_mark "$state/modules" "$sum"
}

set_up_bundle() {
  bundle_ready && return
  if [ -e "$state/bundle" ]; then
    say "bundling the programs again, because their sources have changed"
  else
    say "bundling the programs with esbuild, so that they start quickly"
  fi
  # The mark is as old as the beginning: a source that is saved while esbuild runs is newer than it.
  : >"$state/bundle.new"
  (cd "$root" && "$node" hack/bundle.mjs "$state/build" >&2 9>&-) || {
    say "the sources do not bundle (above). Correct them and run the command again."
    exit 1
  }
  mv -f "$state/bundle.new" "$state/bundle"
}

set_up_nats() {
  nats_ready && return
  found=$(sh "$root/hack/nats-server.sh" 9>&-)
  write_mark "$state/nats-server" "$found"
}

[ $# -gt 0 ] || set -- node modules bundle nats
take_lock
for part in "$@"; do
  case $part in
    node | modules | bundle | nats) ;;
    *) say "there is no part of the set-up named '$part'; there are node, modules, bundle and nats"; exit 2 ;;
  esac
  set_up_node
  # npm is a Node program: let it run on the Node that was chosen.
  case :$PATH: in *":${node%/*}:"*) ;; *) PATH=${node%/*}:$PATH ;; esac
  [ "$part" = node ] || "set_up_$part"
done
