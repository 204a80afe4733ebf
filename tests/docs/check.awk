# SPDX-License-Identifier: BSL-1.0
#
# Reads Markdown files and looks at their fenced blocks. A comment on the line before a block says where
# it comes from:
#
#     <!-- from: FILE -->                        these lines stand in FILE, one after the other
#     <!-- output of: PROGRAM ARGUMENT... -->    PROGRAM prints these lines, one after the other
#     <!-- output of (status N): ... -->         ... and ends with status N
#     <!-- file FILE of: PROGRAM ... -->         PROGRAM writes a file with these lines
#     <!-- drawing -->                           nothing to check
#
# A line "// ..." (or "# ...", "...") in a block stands for any number of lines, and "..." within a line of
# output for any text. A block may be indented less than its source. Blocks of sh need no comment; a path of
# this repository that they begin with must be there. Links to files must lead somewhere.
#
#     mode=sources                     checks the above but for the output
#     mode=commands program=P          lists what P must be run with: status, tab, file or -, tab, command
#     mode=output command=C file=F got=G    checks the blocks with this command (and file F, or -) against G
#
# Run from the root of the tree. Written for mawk and gawk.

function breach(line, what) {
    printf "%s:%d: %s\n", FILENAME, line, what
    breaches++
}

function exists(path,    line, status) {
    status = (getline line < path)
    close(path)
    if (status >= 0) return 1
    return system("test -e '" path "'") == 0
}

function load(path,    line, n, status) {
    n = 0
    while ((status = (getline line < path)) > 0) source[++n] = line
    close(path)
    return status < 0 ? -1 : n
}

function trimmed(text) {
    sub(/^[ \t]+/, "", text)
    sub(/[ \t]+$/, "", text)
    return text
}

function indent_of(text) {
    match(text, /^ */)
    return RLENGTH
}

# Does a line of a source say what a line of a block says? Output may have "..." in it.
function same_line(wanted, found, by_dots,    at, piece, rest, first) {
    if (!by_dots || !index(wanted, "...")) return wanted == found
    first = 1
    while ((at = index(wanted, "..."))) {
        piece = substr(wanted, 1, at - 1)
        wanted = substr(wanted, at + 3)
        if (first) {
            if (substr(found, 1, length(piece)) != piece) return 0
            found = substr(found, length(piece) + 1)
            first = 0
        } else {
            rest = index(found, piece)
            if (!rest) return 0
            found = substr(found, rest + length(piece))
        }
    }
    return length(found) >= length(wanted) && substr(found, length(found) - length(wanted) + 1) == wanted
}

# Whether the block from its line b on stands in the source from line s on, each line `pad` further in.
# Remembers how far it got.
function matches(b, s, pad, by_dots,    each, wanted, found) {
    for (; b <= block_length; b++) {
        if (trimmed(block[b]) ~ /^((\/\/|#) )?\.\.\.$/) {
            if (b == block_length) return 1
            for (each = s; each <= source_length; each++) if (matches(b + 1, each, pad, by_dots)) return 1
            return 0
        }
        if (s > source_length) return 0
        wanted = block[b]
        found = source[s]
        if (found != "" && pad > 0) {
            if (indent_of(found) < pad) return 0
            found = substr(found, pad + 1)
        }
        if (!same_line(wanted, found, by_dots)) return 0
        if (b > furthest) {
            furthest = b
            furthest_source = s
        }
        s++
    }
    return 1
}

# Complains unless the block stands in source[].
function look_for(path, by_dots,    s, pad, start) {
    if (block_length == 0) {
        breach(fence_line, "an empty block")
        return
    }
    furthest = furthest_source = 0
    for (s = 1; s <= source_length; s++) {
        pad = indent_of(source[s]) - indent_of(block[1])
        if (by_dots || pad < 0) pad = 0
        if (matches(1, s, pad, by_dots)) return
    }
    if (!furthest) breach(fence_line + 1, "not in " path)
    else breach(fence_line + furthest + 1, "not in " path ", which goes on with: " \
                (furthest_source < source_length ? source[furthest_source + 1] : "its end"))
}

function end_of_block(    what, status, written) {
    what = note
    if (what ~ /^from: /) {
        if (mode != "sources") return
        sub(/^from: /, "", what)
        if (language == "text" || language == "") breach(fence_line, "a block of " what " needs its language")
        source_length = load(what)
        if (source_length < 0) breach(note_line, "there is no " what)
        else look_for(what, 0)
        used[what] = 1
    } else if (what ~ /^(output|file [^ ]+) of( \(status [0-9]+\))?: /) {
        status = written = 0
        if (match(what, /\(status [0-9]+\)/)) status = substr(what, RSTART + 8, RLENGTH - 9)
        written = "-"
        if (what ~ /^file /) {
            written = substr(what, 6)
            sub(/ of.*/, "", written)
        }
        sub(/^[^:]*: /, "", what)
        if (mode == "sources") {
            if (language != "text") breach(fence_line, "output is ```text")
            if (!index(" " programs " ", " " first_word(what) " "))
                breach(note_line, "no test runs " first_word(what) ", only: " programs)
        } else if (mode == "commands") {
            if (first_word(what) == program) print status "\t" written "\t" what
        } else if (what == command && written == file) {
            source_length = load(got)
            look_for("the output of " what, 1)
            looked_at++
        }
    } else if (mode == "sources" && what != "drawing" && language != "sh") {
        breach(fence_line, "this block has no source: the line before it must say <!-- from: FILE --> or the like")
    }
}

function first_word(text) {
    sub(/ .*/, "", text)
    return text
}

function check_links(text,    target) {
    while (match(text, /\]\([^)]*\)/)) {
        target = substr(text, RSTART + 2, RLENGTH - 3)
        text = substr(text, RSTART + RLENGTH)
        sub(/#.*/, "", target)
        if (target == "" || target ~ /^[a-z]+:/) continue
        if (!exists(folder target)) breach(FNR, "this link leads nowhere: " target)
    }
}

function start_file() {
    if (in_block) {
        printf "%s:%d: this block does not end\n", previous, fence_line
        breaches++
    }
    in_block = 0
    note = ""
    previous = FILENAME
    folder = FILENAME
    if (!sub(/[^\/]*$/, "", folder)) folder = ""
}

FNR == 1 { start_file() }

in_block && /^```[ \t]*$/ {
    in_block = 0
    end_of_block()
    note = ""
    next
}

in_block {
    block[++block_length] = $0
    if (mode == "sources" && language == "sh" && $1 ~ /^[a-z][a-z.]*\/[a-z]/ && $1 !~ /^build\// && !exists($1))
        breach(FNR, "there is no " $1)
    next
}

/^```/ {
    in_block = 1
    fence_line = FNR
    block_length = 0
    language = trimmed(substr($0, 4))
    blocks++
    next
}

/^<!-- .* -->$/ {
    note = substr($0, 6, length($0) - 9)
    note_line = FNR
    next
}

{
    note = ""
    if (mode == "sources") check_links($0)
}

END {
    if (in_block) {
        printf "%s:%d: this block does not end\n", FILENAME, fence_line
        breaches++
    }
    if (mode == "sources") {
        count = split(snippets, names, " ")
        for (i = 1; i <= count; i++) if (!(names[i] in used)) {
            printf "%s:1: no block shows this snippet\n", names[i]
            breaches++
        }
        if (!breaches) printf "%d blocks, each with a source that agrees\n", blocks
    } else if (mode == "output" && !looked_at) {
        print "no block with the output of " command
        breaches++
    }
    exit breaches > 0
}
