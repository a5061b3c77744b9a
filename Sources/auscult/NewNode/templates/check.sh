#!/bin/sh
# Runs check.yaml over four seconds of a simulated fan, and compares the scores with check.expected: a line for each
# score with the frame positions of its begin and end, the score, and whether it is anomalous. After a change that is
# meant to give other scores, copy check.scores to check.expected. $AUSCULT names another program.
set -eu
cd "$(dirname -- "$0")"
auscult=@AUSCULT@
"${AUSCULT:-$auscult}" run check.yaml --offline --duration 4s --plugin-path . --quiet
sed -n 's/.*"kind":"score".*"begin":\([0-9]*\),"end":\([0-9]*\),.*"score":\([-+.e0-9]*\),.*"anomalous":\([a-z]*\).*/\1 \2 \3 \4/p' \
  check.jsonl | LC_ALL=C awk '{ printf "%d %d %.1f %s\n", $1, $2, $3, $4 }' >check.scores
if ! diff -u check.expected check.scores; then
  echo 'check: the scores differ from check.expected' >&2
  exit 1
fi
echo 'check: the scores are as expected'
