#!/bin/sh
# Makes libauscult-@NAME@.so in this folder. The file appears under its name when it is whole, so that a run with
# --watch-plugins swaps it in while it hears.
set -eu
cd "$(dirname -- "$0")"
cargo build --release --offline --target-dir target
cp target/release/libauscult_@CRATE@.so .new.so
mv .new.so libauscult-@NAME@.so
