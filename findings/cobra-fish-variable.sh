#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# cobra 1.10.2 (Go), its completion for fish 3.6.0 and bash 5.2.15 (Debian 12), seen
# on 2026-11-30.
#
# Guess: the completion scripts that cobra generates run the program in the same way in
# each shell, with the environment of the person who presses Tab.
#
# Seen: the script for fish adds a variable that nobody set: DEMO_ACTIVE_HELP=0 for a
# program called demo. The script for bash adds none. So a program that takes its
# settings from variables that begin with its own name, and refuses names that it does
# not know, completes nothing in fish. Nothing is on the screen, because the script
# throws its complaint away.
#
# Why it matters: Gatehouse refuses unknown GATEHOUSE_ variables, since a mistyped one
# would change what it does. It must know this one, which it reads nowhere.
set -euo pipefail
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
# Needs Debian 12's lists (apt-get update); nothing is installed.
apt-get -qq -o APT::Sandbox::User=root download fish=3.6.0-3.1+deb12u1 fish-common=3.6.0-3.1+deb12u1 \
  libpcre2-32-0=10.42-1
for package in *.deb; do dpkg -x "$package" .; done
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{Use: "demo", Run: func(*cobra.Command, []string) {}}
	root.AddCommand(&cobra.Command{Use: "show NAME", Run: func(*cobra.Command, []string) {},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			found := "none"
			for _, v := range os.Environ() {
				if strings.HasPrefix(v, "DEMO_") {
					found = strings.ReplaceAll(v, "=", "-is-")
				}
			}
			return []string{"variable-" + found}, cobra.ShellCompDirectiveNoFileComp
		}})
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
GO
export GOFLAGS=-mod=mod GOWORK=off
go mod init demo >init.log 2>&1
go get github.com/spf13/cobra@v1.10.2 >get.log 2>&1
mkdir bin home
go build -o bin/demo .
export PATH=$dir/bin:$PATH HOME=$dir/home
unset DEMO_ACTIVE_HELP COBRA_ACTIVE_HELP
demo completion fish >demo.fish
demo completion bash >demo.bash
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu) XDG_DATA_DIRS=$dir/usr/share \
  "$dir/usr/bin/fish" --no-config -c "source demo.fish; complete --do-complete 'demo show '" >fish.out
bash --norc -c '
  _get_comp_words_by_ref() { cur= prev=show words=(demo show "") cword=2; }
  _init_completion() { _get_comp_words_by_ref; }
  compopt() { :; }
  source demo.bash
  COMP_WORDS=(demo show "") COMP_CWORD=2 COMP_LINE="demo show " COMP_POINT=10 COMP_TYPE=9
  __start_demo
  printf "%s\n" "${COMPREPLY[@]}"' >bash.out
{ printf 'fish: '; cat fish.out; printf 'bash: '; cat bash.out; } | tee seen
diff seen - <<'WANT'
fish: variable-DEMO_ACTIVE_HELP-is-0
bash: variable-none
WANT
echo "as it was"
