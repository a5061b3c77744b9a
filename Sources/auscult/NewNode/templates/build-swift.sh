#!/bin/sh
# Makes libauscult-@NAME@.so in this folder. The file appears under its name when it is whole, so that a run with
# --watch-plugins swaps it in while it hears. The first build takes a minute. $AUSCULT_NODEKIT names another folder of NodeKit.
set -eu
cd "$(dirname -- "$0")"
swift build -c release --product auscult-@NAME@
cp .build/release/libauscult-@NAME@.so .new.so
mv .new.so libauscult-@NAME@.so
