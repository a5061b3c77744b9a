# Prints the records of the demo's watch, one per line, and checks them: status 0 if the alarm was raised within
# `patience` seconds after the fault, and not before. Two seconds of sound after the alarm it runs `stop`, which ends
# the watch.

BEGIN { onset = -1; raised = 0; scores = 0; verdict = 1 }

# Time of the fault on the watch's clock; the demo writes it while the watch learns.
onset < 0 && (getline line < onset_file) > 0 { onset = line / 48000; close(onset_file) }

{ end = number("end") / number("rate") }

text("kind") == "score" {
  scores++
  count_slice()
  if (onset >= 0 && !announced && end >= onset) {
    announced = 1
    printf "%6.1f s  ---- the bearing begins to fail ----\n", onset
  }
  show_score()
}

text("kind") == "alarm" {
  printf "%6.1f s  ==== ALARM %s: %s, score %.1f, threshold %.1f ====\n", end, text("state"), text("machine"), \
    number("score"), number("threshold")
}

text("kind") == "gap" { lost = 1 }
text("kind") == "gap" { printf "%6.1f s  %d frames lost (%s)\n", end, number("end") - number("begin"), text("cause") }

text("kind") == "alarm" && text("state") == "raised" && !raised {
  raised = end
  # A tolerance, because the clocks were compared from outside.
  if (onset < 0) print "the two clocks could not be compared"
  else if (end < onset - 0.2) print "too early: the bearing was still healthy"
  else if (scores < 20) print "too few scores before the alarm"
  else if (missed) print "slices were missed, or judged twice"
  else if (!judged[2]) print "the new detector did not take over"
  else verdict = 0
}

!stopped && raised && (verdict || end > raised + 2) { end_watch() }
!stopped && !raised && onset >= 0 && end > onset + patience { print "no alarm came"; end_watch() }

{ fflush() }

END {
  if (!raised && !scores) print "there were no scores"
  if (!verdict) printf "\n%d slices, each judged once: %d by the first detector, %d by the second.\n", scores, judged[1], judged[2]
  if (!verdict) printf "The alarm came %.1f s after the bearing began to fail.\n", raised - onset
  fflush()
  exit verdict
}

function end_watch() {
  stopped = 1
  fflush()
  system(stop " >/dev/null 2>&1 &")
}

# Slices begin and end at equal distances, so a missing or repeated one is visible. Slices restart after a gap; the
# first and the last slice next to a gap are shorter, at their begin or at their end.
function count_slice(    begin, end, generation) {
  begin = number("begin")
  end = number("end")
  generation = number("generation")
  if (scores > 1 && !lost) {
    if (!hop && begin - last_begin == end - last_end) hop = begin - last_begin
    if (hop && begin - last_begin != hop && end - last_end != hop) {
      missed++
      printf "%6.1f s  a slice lies %d frames after the one before, not %d\n", end / number("rate"), \
        begin - last_begin, hop
    }
  }
  last_begin = begin
  last_end = end
  lost = 0
  if (last_generation && generation != last_generation) {
    printf "%6.1f s  ---- from here on the new detector judges (generation %d); %s ----\n", end / number("rate"), \
      generation, missed ? "slices were missed" : "no slice was missed"
  }
  last_generation = generation
  judged[generation]++
}

function show_score(    value, limit, bar, width) {
  value = number("score")
  limit = number("threshold")
  for (width = int(20 * value / limit + 0.5); width > 0 && length(bar) < 50; width--) bar = bar "#"
  printf "%6.1f s  %-9s  score %5.1f of %.1f  %-20s%s\n", end, (value > limit) ? "ANOMALOUS" : "normal", value, limit, \
    bar, (value > limit) ? "  " hertz() : ""
}

# The frequencies of the bands that cause a score.
function hertz(    rest, words) {
  rest = $0
  while (match(rest, /"hz":[0-9.]+/)) {
    words = words (words == "" ? "" : ", ") sprintf("%d", substr(rest, RSTART + 5, RLENGTH - 5))
    rest = substr(rest, RSTART + RLENGTH)
  }
  return words == "" ? "" : "at " words " Hz"
}

# Values of this line's JSON object, by their names.
function number(name) { return match($0, "\"" name "\":-?[0-9.eE+-]+") ? value_of(name) + 0 : 0 }
function text(name) { return match($0, "\"" name "\":\"[^\"]*\"") ? unquoted(value_of(name)) : "" }
function value_of(name) { return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) }
function unquoted(value) { return substr(value, 2, length(value) - 2) }
