#!/bin/sh
# Holds the answers of `auscult serve` against its description, by schemathesis.
#
# Usage: fuzz.sh --set-up FOLDER       installs it from PyPI into FOLDER; exit status 1: that is not possible
#        fuzz.sh FOLDER URL TOKEN_FILE CASES SEED
#
# It leaves out what changes runs, because other runs of this user may be there, and streams, which do not end.
set -eu
version=4.32.5
if [ "$1" = --set-up ]; then
  [ "$(cat "$2/version" 2>/dev/null)" = "$version" ] && exit 0
  rm -rf "$2"
  python3 -m venv "$2"
  "$2/bin/pip" install --quiet --disable-pip-version-check --retries 0 --timeout 5 "schemathesis==$version"
  echo "$version" >"$2/version"
  exit 0
fi
cd "$1"
exec bin/schemathesis run "$2api/v1/openapi.json" --header "Authorization: Bearer $(cat "$3")" --max-examples "$4" \
  --seed "$5" --generation-database none --request-timeout 30 --phases coverage,fuzzing \
  --exclude-path-regex '/events|/stream|/history|/accept|/\{action\}' --no-color
