# shellcheck shell=sh
# `scripts/demo --page`: the watch of the demo with clips and a database, and the page beside it. Sourced by
# scripts/demo, which has started the JACK server and the simulator.

# Shows the page until Ctrl-C.
show_page() {
  write_page_graph >"$work/page.yaml"
  # shellcheck disable=SC2154  # of scripts/demo
  start "$watch" "$products/auscult" run "$work/page.yaml" --name "$watch" --set "mic.connect=$simulator:speaker" \
    --set mic.machines=fan --set "log.path=$work/watch.jsonl" --set judge.learn=8s
  watch_id=$started_id
  start serve "$products/auscult" serve --listen 127.0.0.1:0 --token-file "$work/token"
  wait_for 30 figure "$watch" position || give_up 'the watch does not run'
  wait_for 30 grep -q 'http:' "$work/serve.log" || give_up 'the page is not served'
  url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$work/serve.log")
  # Ctrl-C is the way to end it.
  trap 'exit 0' INT TERM
  say ''
  say "Open the page:  $url#/run/$watch/machine/fan"
  say "Its token, for changes:  $(cat "$work/token")"
  say ''
  # shellcheck disable=SC2154
  say "The watch learns for 8 s. At $fault_at s the bearing of the simulated fan begins to fail. Ctrl-C ends all."
  wait_for 60 grep -q '"state":"raised"' "$work/watch.jsonl" || give_up 'no alarm came'
  say 'ALARM: the page shows it. Its clip comes a few seconds later, below the scores; press its player.'
  wait_for 60 has_clip || give_up 'the alarm has no clip'
  say 'The clip is there.'
  wait "$watch_id" || give_up 'the watch has ended'
}

has_clip() { ls "$work"/clips/*.flac; }

# A short clip: the fault stays, and a clip is written when it is whole.
write_page_graph() {
  cat <<GRAPH
graph: watch
description: Watches a simulated fan, with clips of its alarms and a database
include: ["$root/graphs/watch.yaml"]
nodes:
  clip: { type: sink.clip, path: "$work/clips", before: 4 s, after: 2 s, longest: 10 s }
  past: { type: sink.sqlite, path: "$work/past.sqlite" }
links:
  - mic -> clip.audio
  - alarm -> clip.event
  - judge -> past
  - alarm -> past
GRAPH
}
