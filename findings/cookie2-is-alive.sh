#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# HTTP::Cookies 6.10 (Debian 12, libhttp-cookies-perl 6.10-1; the cookie jar of
# LWP), seen on 2026-11-29.
#
# Guess: nobody sends the header Cookie2 any more. RFC 6265 made it historic in
# 2011, and browsers do not send it.
#
# Seen: with one ordinary cookie in its jar, such as the one by which a load
# balancer keeps a client on one machine, it sends  Cookie2: $Version="1"  with
# every request, unless it was made with hide_cookie2.
#
# Why it matters: old programs of the Commvault wire put their session into
# Cookie2, so a server reads it there. It must not take this one for a session
# that is wrong, and refuse a request whose Authtoken is right.
set -euo pipefail
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
cd "$dir"
# Needs Debian 12's lists (apt-get update); nothing is installed.
apt-get -qq -o APT::Sandbox::User=root download libhttp-cookies-perl=6.10-1 libhttp-message-perl=6.44-1 libhttp-date-perl=6.05-2 liburi-perl=5.17-1 \
  liblwp-mediatypes-perl=6.04-2 libencode-locale-perl=1.05-3 libtimedate-perl=2.3300-2 libio-html-perl=1.004-3 libclone-perl=0.46-1
for package in *.deb; do dpkg -x "$package" .; done
PERL5LIB=$(printf '%s:' "$dir"/usr/share/perl5 "$dir"/usr/lib/*/perl5/5.*)
export PERL5LIB
cat >seen.pl <<'PERL'
use strict;
use warnings;
use HTTP::Cookies;
use HTTP::Request;
use HTTP::Response;
my $url = "http://gateway.example.test/commandcenter/api/Organization";
for my $jar (HTTP::Cookies->new, HTTP::Cookies->new(hide_cookie2 => 1)) {
    my $answer = HTTP::Response->new(200, "OK", ["Set-Cookie" => "route=node1; Path=/; HttpOnly"]);
    $answer->request(HTTP::Request->new(GET => $url));
    $jar->extract_cookies($answer);
    my $request = HTTP::Request->new(GET => $url, [Authtoken => "QSDK 1"]);
    $jar->add_cookie_header($request);
    print join(" | ", map { "$_: " . ($request->header($_) // "-") } qw(Cookie Cookie2)), "\n";
}
PERL
perl seen.pl | tee seen
diff seen - <<'WANT'
Cookie: route=node1 | Cookie2: $Version="1"
Cookie: route=node1 | Cookie2: -
WANT
echo "as it was"
