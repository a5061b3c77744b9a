# For scripts/check-marks. Reads Swift sources token by token, without comments and strings, and reports every `override
# func process` or `override func reset` whose attributes lack a realtime mark. Exit status 1 if there is one.

BEGIN { failures = 0; overrides = 0 }

FNR == 1 { begin_file() }

{ read_line($0) }

END {
  if (failures) exit 1
  if (!overrides) { print "check-marks: found no override of process or reset to check"; exit 1 }
  printf "check-marks: %d overrides of process and reset, all marked\n", overrides
}

function begin_file() {
  comment = 0     # depth of block comments
  depth = 0       # open strings, each inside an interpolation of the one before
  parentheses = 0 # open since the innermost interpolation began
  begin_declaration()
}

# The tokens before a `func`: attributes and modifiers of one declaration.
function begin_declaration() {
  has_override = has_no_locks = has_no_allocation = 0
  after_at = after_func = 0
  nesting = 0     # parentheses of an attribute's or modifier's argument
}

function read_line(text,    i, n, c) {
  # A plain string ends with its line, so that a misread quote affects only one line.
  while (depth > 0 && !is_long[depth]) {
    if (in_interpolation[depth]) parentheses = outer_parentheses[depth]
    depth--
  }
  n = length(text)
  i = 1
  while (i <= n) {
    c = substr(text, i, 1)
    if (comment > 0) i = skip_comment(text, i)
    else if (depth > 0 && !in_interpolation[depth]) i = skip_string(text, i)
    else if (c == "/" && substr(text, i + 1, 1) == "/") return
    else if (c == "/" && substr(text, i + 1, 1) == "*") { comment = 1; i += 2 }
    else if (match(substr(text, i), /^#*"/)) i = begin_string(text, i, RLENGTH)
    else if (match(substr(text, i), /^[A-Za-z_][A-Za-z0-9_]*/)) {
      word(substr(text, i, RLENGTH))
      i += RLENGTH
    } else {
      symbol(c)
      i++
    }
  }
}

function skip_comment(text, i,    two) {
  two = substr(text, i, 2)
  if (two == "/*") { comment++; return i + 2 }
  if (two == "*/") { comment--; return i + 2 }
  return i + 1
}

# At #*": `length` characters up to and including the first quote.
function begin_string(text, i, length_) {
  depth++
  hashes[depth] = substr(text, i, length_ - 1)
  in_interpolation[depth] = 0
  is_long[depth] = substr(text, i + length_ - 1, 3) == "\"\"\""
  quote[depth] = (is_long[depth] ? "\"\"\"" : "\"") hashes[depth]
  return i + length_ + (is_long[depth] ? 2 : 0)
}

function skip_string(text, i,    escape) {
  escape = "\\" hashes[depth]
  if (substr(text, i, length(escape)) == escape) {
    i += length(escape)
    if (substr(text, i, 1) == "(") {
      in_interpolation[depth] = 1
      outer_parentheses[depth] = parentheses
      parentheses = 1
    }
    return i + 1
  }
  if (substr(text, i, length(quote[depth])) == quote[depth]) return i + length(quote[depth--])
  return i + 1
}

function symbol(c) {
  if (depth > 0) {
    if (c == "(") parentheses++
    if (c == ")" && --parentheses == 0) {
      in_interpolation[depth] = 0
      parentheses = outer_parentheses[depth]
    }
    return
  }
  if (c == " " || c == "\t" || c == "`") return
  if (c == "(") { nesting++; return }
  if (c == ")" && nesting > 0) { nesting--; return }
  if (nesting > 0) return
  if (c == "@") { after_at = 1; return }
  begin_declaration()
}

function word(text) {
  if (depth > 0 || nesting > 0) return
  if (after_at) {
    after_at = 0
    if (text == "_noLocks") has_no_locks = 1
    if (text == "_noAllocation") has_no_allocation = 1
  } else if (after_func) {
    check(text)
    begin_declaration()
  } else if (text == "func") after_func = 1
  else if (text == "override") has_override = 1
  else if (text !~ /^(public|open|final|internal|package|private|fileprivate|nonisolated|isolated|static|class|mutating|nonmutating|borrowing|consuming|dynamic|optional|required|convenience|async)$/)
    begin_declaration()
}

function check(name,    lacking) {
  if (!has_override || (name != "process" && name != "reset")) return
  overrides++
  if (!has_no_locks) lacking = "@_noLocks"
  if (!has_no_allocation) lacking = lacking (lacking == "" ? "" : " and ") "@_noAllocation"
  if (lacking == "") return
  failures++
  printf "%s:%d: error: this override of '%s' lacks %s: marks are not inherited\n", FILENAME, FNR, name, lacking
}
