#!/bin/sh
# Makes libauscult-@NAME@.so in this folder. The file appears under its name when it is whole, so that a run with
# --watch-plugins swaps it in while it hears. $AUSCULT_INCLUDE names another folder with auscult/node.h.
set -eu
cd "$(dirname -- "$0")"
include=@INCLUDE@
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden -I "${AUSCULT_INCLUDE:-$include}" \
  -Wl,--build-id=sha1 -o .new.so detector.c -lm
mv .new.so libauscult-@NAME@.so
