#!/bin/sh
# embed.sh OUT TABLE FILES...: writes OUT, a C file with the files' bytes as a table (embedded.h).
set -eu
out=$1
table=$2
shift 2

bytes() {
    od -An -v -tu1 "$1" | sed -e 's/[[:blank:]][[:blank:]]*/,/g' -e 's/^,//' -e 's/$/,/'
    echo 0
}

{
    echo '#include "embedded.h"'
    n=0
    for file in "$@"; do
        echo "static const unsigned char file_$n[] = {"
        bytes "$file"
        echo '};'
        n=$((n + 1))
    done
    echo "const struct embedded_file ${table}[] = {"
    n=0
    for file in "$@"; do
        echo "    {\"$(basename "$file")\", (const char *)file_$n, sizeof file_$n - 1},"
        n=$((n + 1))
    done
    echo '    {0, 0, 0},'
    echo '};'
} >"$out.tmp"
mv "$out.tmp" "$out"
