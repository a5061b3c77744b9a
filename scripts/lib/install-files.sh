# shellcheck shell=sh
# What scripts/install puts where. Sourced by it; uses its $prefix, $destdir, $debug, $list and $products, and $work.
# shellcheck disable=SC2154

# put MODE FILE TARGET: copies a file to a path that begins with the prefix.
put() {
  mkdir -p "$destdir$(dirname -- "$3")" ||
    fail "cannot make $destdir$(dirname -- "$3")" 'Run this as root, or give another --prefix.'
  # A new file under the same name: a program that runs keeps the old one.
  cp -- "$2" "$destdir$3.new"
  chmod "$1" "$destdir$3.new"
  mv -f -- "$destdir$3.new" "$destdir$3"
  printf '%s\n' "$3" >>"$work/installed.txt"
}

# put_tree FOLDER TARGET: all files below a folder.
put_tree() {
  find "$1" -type f | LC_ALL=C sort >"$work/tree"
  while IFS= read -r file; do put 644 "$file" "$2/${file#"$1"/}"; done <"$work/tree"
}

# fill TEMPLATE: writes it with the names of this installation.
fill() {
  sed -e "s|@PREFIX@|$prefix|g" -e "s|/usr/local/bin/|$prefix/bin/|g" -e "s|@VERSION@|$(auscult_version)|g" "$1"
}

build_id() { readelf -n "$1" 2>/dev/null | sed -n 's/.*Build ID: *//p' | head -n 1; }

# put_binary MODE FILE TARGET LIBRARIES: a program or plugin without debug symbols, that looks for the libraries of Swift
# in a folder relative to itself. Symbols go to $debug, where debuggers find them by the build id.
put_binary() {
  cp -- "$2" "$work/binary"
  id=$(build_id "$2")
  if [ -n "$debug" ] && [ -n "$id" ]; then
    symbols=$debug/usr/lib/debug/.build-id/$(printf '%.2s' "$id")
    mkdir -p "$symbols"
    objcopy --only-keep-debug --compress-debug-sections "$2" "$symbols/${id#??}.debug"
  fi
  # First, while it still finds the libraries of Swift where the build has found them.
  case $3 in *.so) "$products/auscult" declare "$work/binary" >/dev/null ;; esac
  strip --strip-unneeded "$work/binary"
  patchelf --set-rpath "$4" "$work/binary"
  put "$1" "$work/binary" "$3"
}

install_programs() {
  # shellcheck disable=SC2016  # $ORIGIN is for the loader
  for program in auscult auscult-serve; do
    put_binary 755 "$products/$program" "$prefix/bin/$program" '$ORIGIN/../lib/auscult/swift'
  done
  # shellcheck disable=SC2016
  put_binary 755 "$products/auscult-node" "$prefix/lib/auscult/auscult-node" '$ORIGIN/swift'
  for name in $(plugin_names); do
    # shellcheck disable=SC2016
    put_binary 644 "$products/libauscult-$name.so" "$prefix/lib/auscult/libauscult-$name.so" '$ORIGIN/swift'
  done
}

# The build's folder may have others, of earlier builds.
plugin_names() { find plugins -mindepth 1 -maxdepth 1 -type d | sed 's|.*/||' | LC_ALL=C sort; }

# The libraries of Swift that the programs and plugins need, and those that these need.
install_swift_libraries() {
  from=$(patchelf --print-rpath "$products/auscult" | tr ':' '\n' | grep '/swift/linux$' | head -n 1)
  [ -f "$from/libswiftCore.so" ] || fail 'the libraries of Swift are not where the build has found them' \
    'Build again: was Swift updated or moved?'
  for file in "$products"/auscult "$products"/auscult-serve "$products"/auscult-node "$products"/libauscult-*.so; do
    needed "$file"
  done | LC_ALL=C sort -u >"$work/wanted"
  : >"$work/libraries"
  while [ -s "$work/wanted" ]; do
    while read -r name; do
      [ ! -f "$from/$name" ] || printf '%s\n' "$name"
    done <"$work/wanted" >"$work/new"
    cat "$work/new" >>"$work/libraries"
    while read -r name; do needed "$from/$name"; done <"$work/new" |
      LC_ALL=C sort -u | grep -vxF -f "$work/libraries" >"$work/wanted" || true
  done
  while read -r name; do
    cp -- "$from/$name" "$work/library"
    strip --strip-unneeded "$work/library"
    put 644 "$work/library" "$prefix/lib/auscult/swift/$name"
  done <"$work/libraries"
}

# The names of the libraries that a file is linked with.
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'; }

# For plugins outside this tree: the header for C and C++, and NodeKit as a Swift package.
install_development() {
  put_tree Sources/CNodeABI/include/auscult "$prefix/include/auscult"
  fill packaging/pkgconfig/auscult.pc.in >"$work/auscult.pc"
  put 644 "$work/auscult.pc" "$prefix/lib/pkgconfig/auscult.pc"
  kit=$prefix/share/auscult/NodeKit
  put 644 packaging/NodeKit/Package.swift "$kit/Package.swift"
  for module in CNodeABI NodeABI CRealtime CKernels NodeKit; do put_tree "Sources/$module" "$kit/Sources/$module"; done
  put 644 plugins/exports.map "$kit/exports.map"
}

install_data() {
  for file in graphs/*.yaml; do put 644 "$file" "$prefix/share/auscult/$file"; done
  put_tree graphs/parts "$prefix/share/auscult/graphs/parts"
  put 755 scripts/demo "$prefix/share/auscult/scripts/demo"
  put 644 scripts/common "$prefix/share/auscult/scripts/common"
  for file in scripts/lib/demo*; do put 644 "$file" "$prefix/share/auscult/$file"; done
  documents=$prefix/share/doc/auscult
  put 644 LICENSE "$documents/copyright"
  gzip -9n <CHANGELOG.md >"$work/changelog.gz"
  put 644 "$work/changelog.gz" "$documents/changelog.gz"
  put 644 README.md "$documents/README.md"
  put_tree docs "$documents/docs"
  put 644 packaging/README.md "$documents/packaging/README.md"
  put_tree packaging/nginx "$documents/examples/nginx"
  put 644 docs/grafana.json "$documents/examples/grafana.json"
}

# A page for auscult and one for each command.
install_manuals() {
  mkdir "$work/man"
  "$products/generate-manual" "$products/auscult" --multi-page --section 1 --output-directory "$work/man" >/dev/null
  for page in "$work"/man/*.1; do
    name=$(basename -- "$page" | tr . -)
    name=${name%-1}.1
    case $name in auscult-probe-plugin.1 | auscult-help.1) continue ;; esac
    gzip -9n <"$page" >"$work/page.gz"
    put 644 "$work/page.gz" "$prefix/share/man/man1/$name.gz"
  done
}

install_completions() {
  zsh=$prefix/share/zsh/site-functions
  [ "$prefix" != /usr ] || zsh=/usr/share/zsh/vendor-completions
  put_completion bash "$prefix/share/bash-completion/completions/auscult"
  put_completion zsh "$zsh/_auscult"
  put_completion fish "$prefix/share/fish/vendor_completions.d/auscult.fish"
}

put_completion() {
  "$products/auscult" --generate-completion-script "$1" >"$work/completion"
  put 644 "$work/completion" "$2"
}

install_services() {
  for unit in packaging/systemd/*.service; do
    fill "$unit" >"$work/unit"
    put 644 "$work/unit" "$prefix/lib/systemd/system/$(basename -- "$unit")"
  done
  put 644 packaging/systemd/auscult.sysusers "$prefix/lib/sysusers.d/auscult.conf"
}

# Removes the files of the list, and then folders that are empty.
remove_installed() {
  while IFS= read -r file; do
    case $file in
      */../*) fail "the list $destdir$list is damaged: it has the path $file" ;;
      "$prefix"/*) rm -f -- "$destdir$file" ;;
    esac
  done <"$destdir$list"
  # The list is not in itself.
  sed 's|/[^/]*$||' "$destdir$list" | LC_ALL=C sort -ur >"$work/folders"
  rm -f -- "$destdir$list"
  while IFS= read -r folder; do
    while [ "$folder" != "$prefix" ] && [ "$folder" != / ] && rmdir -- "$destdir$folder" 2>/dev/null; do
      folder=$(dirname -- "$folder")
    done
  done <"$work/folders"
}
