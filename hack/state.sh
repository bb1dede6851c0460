# What is set up already. Sourced, with $root (the checkout) and $state (its .troupe) set; each check is a comparison of
# times of files, so that a warm start costs next to nothing. hack/setup.sh writes what is read here.
# shellcheck shell=sh disable=SC2034,SC2154

rooms="model protocol sdk coordinator runtime-image local cli"

# Sets $node to the Node binary that everything runs on.
node_ready() {
  node=
  { read -r node <"$state/node"; } 2>/dev/null && [ -x "$node" ]
}

# node_modules are those of package-lock.json.
modules_ready() {
  [ -e "$state/modules" ] && [ -e "$root/node_modules/.package-lock.json" ] &&
    ! [ "$root/package-lock.json" -nt "$state/modules" ]
}

# No source is newer than the bundles. Folders count too: a file that was removed changes only its folder.
bundle_ready() {
  [ -e "$state/bundle" ] && [ -e "$state/build/cli.js" ] && ! [ "$state/modules" -nt "$state/bundle" ] &&
    [ -z "$(cd "$root" && find $source_roots -newer "$state/bundle" ! -name '*.test.ts' -print -quit)" ]
}
source_roots="hack/bundle.mjs"
for room in $rooms; do source_roots="$source_roots $room/package.json $room/src"; done

# Sets $NATS_SERVER to a nats-server that is known to be new enough: the user's if that is what was checked.
nats_ready() {
  nats_server=
  { read -r nats_server <"$state/nats-server"; } 2>/dev/null && [ -x "$nats_server" ] || return 1
  [ "${NATS_SERVER:-$nats_server}" = "$nats_server" ] || return 1
  NATS_SERVER=$nats_server
}
