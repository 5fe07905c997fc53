#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ansible-core 2.14.18 (Debian 12), its module command, seen on 2026-11-30.
#
# Guess: the arguments in the list argv of ansible.builtin.command reach the program as
# they are. There is no shell, and a list is what one writes to avoid quoting.
#
# Seen: the module replaces the names of variables of the environment. A till called
# "till $HOME" is enrolled as "till /root". A backslash before it does not help, and stays;
# a $ before a word that is no variable stays as well. By their documents, releases from
# 2.16 can switch this off, with expand_argument_vars.
#
# Why it matters: a playbook that enrols machines under names that people chose enrols some
# under other names, and says nothing. The text of gatehouse code installer for Ansible
# passes such values on the program's standard input or in its environment, not in argv.
set -euo pipefail
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
cd "$dir"
# Needs Debian 12's lists (apt-get update); nothing is installed.
apt-get -qq -o APT::Sandbox::User=root download ansible-core=2.14.18-0+deb12u2 python3-jinja2 python3-markupsafe \
  python3-yaml libyaml-0-2 python3-packaging python3-resolvelib python3-cryptography python3-cffi-backend
for package in *.deb; do dpkg -x "$package" .; done
cat >play.yml <<'YAML'
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.command:
        argv: [printf, '%s|', 'till $HOME', 'till $NO_SUCH_WORD', 'till \$HOME']
      register: seen
    - ansible.builtin.copy:
        content: "{{ seen.stdout }}\n"
        dest: "{{ playbook_dir }}/seen"
YAML
mkdir home
export PYTHONPATH=$dir/usr/lib/python3/dist-packages HOME=$dir/home ANSIBLE_LOCAL_TEMP=$dir/tmp \
  ANSIBLE_REMOTE_TMP=$dir/tmp ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3 ANSIBLE_NOCOLOR=1
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu) /usr/bin/python3 usr/bin/ansible-playbook -i localhost, play.yml >play.log 2>&1 ||
  { cat play.log; exit 1; }
sed "s|$dir/home|(home)|g" seen | tee told
diff told - <<'WANT'
till (home)|till $NO_SUCH_WORD|till \(home)|
WANT
echo "as it was"
