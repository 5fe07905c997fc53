#!/bin/sh
# Enrols this machine as a client of Gatehouse. Run it as root; it may run again.
[[- range .About]]
# [[comment .]]
[[- end]]
#
# Before, put the code into the file below, as root, and from a file rather than from a command line:
#   install -m 600 FILE_WITH_THE_CODE CODE_FILE
# The script removes that file once the machine is enrolled. If a file called gatehouse is next to the
# script and the machine has no such program, it is installed.
[[- if .Mac]]
# For a tool of device management, deploy the three files as a package, and run this as its postinstall.
[[- end]]
# Exit codes: 0 enrolled, 7 try again later, 9 an administrator must approve the client; see gatehouse
# enroll --help.
set -u
umask 077
code_file=[[quote .CodeFile]]
set -- [[shell .Arguments]]

here=$(dirname "$0")
if ! command -v gatehouse >/dev/null 2>&1 && [ -f "$here/gatehouse" ]; then
  mkdir -p /usr/local/bin && install -m 755 "$here/gatehouse" /usr/local/bin/gatehouse || exit 1
fi

[[.Script -]]
