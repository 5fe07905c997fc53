#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The go command 1.26.8, with git 2.39.5 (Debian 12), seen on 2026-12-01.
#
# Guess: "go build -buildvcs=true" writes the commit into the program, or ends with an
# error if it cannot. "go help build" says of true: "to error out if version control
# information is available but cannot be included".
#
# Seen: in a worktree that "git worktree add" made, it does neither. The program has no
# commit, its version is (devel), and the command succeeds. In a worktree .git is a file
# and not a folder, and the go command looks for a folder only.
#
# Why it matters: the same commit gives different programs in a clone and in a worktree, so
# a release is not reproducible, and a bill of materials has no commit. packaging/build
# checks the source out into a repository of its own for that reason.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='' GOTOOLCHAIN=go1.26.8 GOWORK=off
git init -q clone
cd clone
printf 'module demo\n\ngo 1.26\n' >go.mod
printf 'package main\n\nfunc main() {}\n' >main.go
git add -A
git -c user.name=demo -c user.email=demo@example.test commit -q -m first
git worktree add -q -b other ../worktree
cd ..
for place in clone worktree; do
  (cd $place && go build -buildvcs=true -o "../$place.program" .)
  printf '%s: %s of the commit\n' $place "$(go version -m $place.program | grep -c 'vcs\.' || true) lines"
done | tee seen
diff seen - <<'WANT'
clone: 3 lines of the commit
worktree: 0 lines of the commit
WANT
echo "as it was"
