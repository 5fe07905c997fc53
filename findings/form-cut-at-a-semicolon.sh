#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# WWW::Form::UrlEncoded 0.26 (Debian 12, libwww-form-urlencoded-perl 0.26-2; it
# reads forms for Plack) and URI 5.17 (liburi-perl 5.17-1), seen on 2026-11-29.
#
# Guess: since HTML 5 and the WHATWG URL standard, a form is split at & alone, and
# a raw semicolon is a character like any other; a reader that is maintained
# takes "password=pear;plum" for the password "pear;plum".
#
# Seen: both cut there, without an error: the password is "pear", and there is a
# second, empty member called "plum". URI writes the semicolon as %3B itself, so
# what it writes it reads, and only the forms of others break.
#
# Why it matters: programs write such forms by hand for a log-in (curl -d, a text as
# the body). A mock or a middle layer in Perl in front of the server reads another
# password than the server does, so the right one is refused. Clients that encode the
# semicolon as %3B are understood by both.
set -euo pipefail
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
cd "$dir"
# Needs Debian 12's lists (apt-get update); nothing is installed.
apt-get -qq -o APT::Sandbox::User=root download libwww-form-urlencoded-perl=0.26-2 liburi-perl=5.17-1
for package in *.deb; do dpkg -x "$package" .; done
export PERL5LIB="$dir/usr/share/perl5"
cat >seen.pl <<'PERL'
use strict;
use warnings;
use WWW::Form::UrlEncoded qw(parse_urlencoded);
use URI;
my $form = "username=ann&password=pear;plum";
my $show = sub { join(" ", map { "[$_]" } @_) };
my $uri = URI->new("http://gateway.example.test/?$form");
print "form ", $show->(parse_urlencoded($form)), "\n";
print "query ", $show->($uri->query_form), "\n";
$uri->query_form(username => "ann", password => "pear;plum");
print "written ", $uri->query, "\n";
PERL
perl seen.pl | tee seen
diff seen - <<'WANT'
form [username] [ann] [password] [pear] [plum] []
query [username] [ann] [password] [pear] [plum] []
written username=ann&password=pear%3Bplum
WANT
echo "as it was"
