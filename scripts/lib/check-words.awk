# Prints every use of a word of `list`, one per line, in names and in prose, and fails if there is one. Skips the
# section "Glossary" of the file `glossary`.

BEGIN {
  count = split(list, words, "\n")
  for (i = 1; i <= count; i++) {
    word = words[i]
    stem = word
    sub(/e$/, "", stem)
    out[word] = out[word "s"] = out[word "es"] = out[stem "ed"] = out[stem "ing"] = word
  }
}
FNR == 1 { inside = 0 }
FILENAME == glossary && /^## / { inside = ($0 == "## Glossary") }
inside { next }
{
  text = $0
  gsub(/[^A-Za-z]+/, " ", text)
  # camelCase: each capital after a small letter begins a part.
  line = ""
  for (i = 1; i <= length(text); i++) {
    letter = substr(text, i, 1)
    if (letter ~ /[A-Z]/ && i > 1 && substr(text, i - 1, 1) ~ /[a-z]/) line = line " "
    line = line letter
  }
  parts = split(tolower(line), part, " ")
  for (i = 1; i <= parts; i++) {
    if (part[i] in out) {
      printf "%s:%d: \"%s\" is ruled out by the glossary of %s\n", FILENAME, FNR, part[i], glossary
      found = 1
    }
  }
}
END { exit found }
