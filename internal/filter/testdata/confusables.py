# SPDX-License-Identifier: Apache-2.0
# Writes internal/filter/confusables.txt from ICU (Debian: python3-icu).
import sys

import icu

spoof = icu.SpoofChecker()
nfd = icu.Normalizer2.getNFDInstance()
if sys.argv[1:] == ["--version"]:
    print(icu.UNICODE_VERSION)
else:
    print("# Characters and what they look like: Unicode's confusables.txt (UTS #39), version", icu.UNICODE_VERSION)
    print("# as ICU has it, in another form, sorted. Made by testdata/confusables.py.")
    print("# Copyright 1991-2022 Unicode, Inc. See confusables.LICENSE.")
    for number in range(0x110000):
        char = chr(number)
        if 0xD800 <= number <= 0xDFFF or nfd.normalize(char) != char:
            continue
        prototype = spoof.getSkeleton(0, char)
        if prototype != char:
            print("%06X" % number, " ".join("%X" % ord(c) for c in prototype))
