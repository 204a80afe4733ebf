# SPDX-License-Identifier: BSL-1.0
#
# The rules, one function a rule. Comments and strings are taken out before the code is looked at, so that
# prose may speak of what code may not use. Written for mawk and gawk: no intervals, no \b, no arrays of arrays.

function breach(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    breaches++
}

# Does word (an extended regular expression) stand in text as a whole word?
function has_word(text, word) {
    return match(" " text " ", "[^A-Za-z0-9_](" word ")[^A-Za-z0-9_]")
}

# The part of the library that a path belongs to. Longer paths first: parts lie within parts.
function part_of(path) {
    if (path ~ /^sim\/boost_test\//) return "boost_test"
    if (path ~ /^sim\//) return "sim"
    if (path ~ /^core\//) return "core"
    if (path ~ /^asio_backend\/sim\//) return "asio_sim" # joins the two; may know both
    if (path ~ /^asio_backend\//) return "asio_backend"
    return ""
}

function may_include_part(from, to) {
    if (from == to || to == "core") return 1
    if (from == "boost_test") return to == "sim"
    if (from == "asio_sim") return to == "sim" || to == "asio_backend"
    return 0
}

# <heddle/...>: of the part whose header it is; one that is nowhere is told by its name.
function part_of_heddle_header(name) {
    if (name in header_part) return header_part[name]
    if (name ~ /^heddle\/boost_test/) return "boost_test"
    if (name ~ /^heddle\/sim/) return "sim"
    if (name ~ /^heddle\/asio/) return "asio_backend"
    return "core"
}

function check_include(name, quoted,    to, is_source) {
    is_source = FILENAME ~ /\/src\//
    if (name ~ /^heddle\//) {
        to = part_of_heddle_header(name)
        if (!may_include_part(part, to)) breach(part " includes <" name ">, which belongs to " to)
    } else if (name ~ /^boost\/asio/) {
        if (part != "asio_backend" && part != "asio_sim") breach(part " includes Asio: " name)
    } else if (name ~ /^boost\/test\//) {
        if (part != "boost_test") breach(part " includes Boost.Test: " name)
    } else if (name ~ /^boost\//) {
        if (part == "core") breach("core includes Boost: " name)
        if (part == "sim" && !is_source) breach("a public header of sim includes Boost: " name)
    } else if (name in standard_header) {
        return
    } else if (name ~ /^(unistd\.h|malloc\.h|fcntl\.h|poll\.h|signal\.h|pthread\.h|dlfcn\.h|execinfo\.h|sys\/.*|arpa\/.*|netinet\/.*)$/) {
        # The system: not in core at all, and in sim not where users see it.
        if (part == "core" || (part == "sim" && !is_source)) breach(part " includes a header of the system: " name)
    } else if (name ~ /^CLI\// && part == "sim" && is_source) {
        return
    } else if (quoted && is_source && name !~ /\.\./) {
        return # a header of its own, beside it in src/
    } else {
        breach(part " includes " name ", which is none of those it may")
    }
}

# Everything that could go another way in a simulation is a choice on the tape, so core and sim have no other
# source of chance, of order, or of time; and the standard library's own differ between its makers.
function check_determinism(code) {
    if (has_word(code, "unordered_(multi)?(map|set)")) breach("an unordered container: its order differs between libraries")
    if (code ~ /(^|[^A-Za-z0-9_])s?rand[ \t]*\(/) breach("rand: chance comes from the tape")
    if (has_word(code, "random_device|getrandom|arc4random")) breach("a random device: chance comes from the tape")
    if (has_word(code, "mt19937(_64)?|minstd_rand0?|ranlux[0-9a-z_]*|knuth_b|default_random_engine|mersenne_twister_engine"))
        breach("a random engine of the standard library: chance comes from the tape")
    if (has_word(code, "[a-z_]+_distribution")) breach("a distribution of the standard library: they differ between libraries")
    if (has_word(code, "(random_)?shuffle|sample") && code ~ /std[ \t]*::[ \t]*(ranges[ \t]*::[ \t]*)?(random_shuffle|shuffle|sample)/)
        breach("std::shuffle or std::sample: they differ between libraries")
    if (has_word(code, "system_clock|high_resolution_clock|utc_clock|clock_gettime|gettimeofday"))
        breach("a clock of the system: time is the loop's")
    # Time limits, the watchdog and progress go by the real clock, from one place; no run does.
    if (FILENAME != "sim/src/wall_clock.cpp" && has_word(code, "steady_clock")) breach("a clock of the system: time is the loop's")
    if (has_word(code, "volatile")) breach("volatile")
}

# Takes comments and strings out of a line; where a block comment or a raw string goes on, remembers that.
function strip(line,    out, at, rest, open, end) {
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (!at) return out
            line = substr(line, at + 2)
            in_comment = 0
            out = out " "
            continue
        }
        if (raw_end != "") {
            at = index(line, raw_end)
            if (!at) return out
            line = substr(line, at + length(raw_end))
            raw_end = ""
            out = out "\"\""
            continue
        }
        if (!match(line, /\/\/|\/\*|"|'/)) return out line
        open = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        rest = substr(line, RSTART + RLENGTH)
        if (open == "//") return out
        if (open == "/*") {
            in_comment = 1
            line = rest
            continue
        }
        if (open == "'" && out ~ /[0-9a-fA-F]$/ && rest ~ /^[0-9a-fA-F]/) { # 10'000
            line = rest
            continue
        }
        if (open == "\"" && out ~ /R$/) {
            at = index(rest, "(")
            raw_end = ")" substr(rest, 1, at - 1) "\""
            line = substr(rest, at + 1)
            continue
        }
        # To the closing quote, over what is escaped.
        end = 1
        while (end <= length(rest) && substr(rest, end, 1) != open) end += substr(rest, end, 1) == "\\" ? 2 : 1
        out = out open open
        line = substr(rest, end + 1)
    }
    return out
}

BEGIN {
    count = split("algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono " \
        "cinttypes climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal " \
        "cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution expected " \
        "filesystem format forward_list fstream functional future initializer_list iomanip ios iosfwd iostream istream " \
        "iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue " \
        "random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack " \
        "stdexcept stop_token streambuf string string_view strstream syncstream system_error thread tuple type_traits " \
        "typeindex typeinfo unordered_map unordered_set utility valarray variant vector version " \
        "cxxabi.h sanitizer/asan_interface.h sanitizer/common_interface_defs.h sanitizer/lsan_interface.h", names, " ")
    # The last four come with the compiler, as the library does.
    for (i = 1; i <= count; i++) standard_header[names[i]] = 1

    count = split(ENVIRON["headers"], paths, "\n")
    for (i = 1; i <= count; i++) {
        name = paths[i]
        sub(/^.*\/include\//, "", name)
        header_part[name] = part_of(paths[i])
    }
    licence = "SPDX-License-Identifier: BSL-1.0"
}

function end_of_file(    rest) {
    if (previous != "" && !licensed) {
        printf "%s:1: no line \"%s %s\" among the first three\n", previous, previous ~ cpp_name ? "//" : "#", licence
        breaches++
    }
}

FNR == 1 {
    end_of_file()
    cpp_name = "\\.(hpp|cpp|h|cc|ipp)$"
    previous = FILENAME
    licensed = 0
    is_cpp = FILENAME ~ cpp_name
    part = part_of(FILENAME)
    in_comment = 0
    raw_end = ""
    seen[FILENAME] = 1
    looked_at++
}

FNR <= 3 && $0 == (is_cpp ? "// " : "# ") licence { licensed = 1 }

!is_cpp || part == "" { next }

{
    # An include names its header between quotes, which strip() takes for a string. It only counts outside of a comment.
    if (!in_comment && raw_end == "" && match($0, /^[ \t]*#[ \t]*(include|import)[ \t]*[<"][^>"]*[>"]/)) {
        name = substr($0, RSTART, RLENGTH)
        quoted = name ~ /"/
        sub(/^[^<"]*[<"]/, "", name)
        sub(/[>"]$/, "", name)
        check_include(name, quoted)
        if ((part == "core" || part == "sim" || part == "boost_test") && name ~ /^(random|unordered_(map|set))$/)
            breach("<" name ">: nothing in it is of use where only the tape may choose")
        next
    }
    code = strip($0)
    if (part == "core" || part == "sim" || part == "boost_test") {
        check_determinism(code)
        if (has_word(code, "asio(_[a-z0-9_]+)?|BOOST_ASIO[A-Z0-9_]*")) breach(part " names Asio")
    }
    if ((part == "core" || part == "sim") && has_word(code, "unit_test|BOOST_(AUTO_|FIXTURE_|DATA_)?TEST[A-Z_]*"))
        breach(part " names Boost.Test")
    if (part == "core" && has_word(code, "boost")) breach("core names Boost")
    if (part == "asio_backend" && code ~ /heddle[ \t]*::[ \t]*sim[ \t]*::/) breach("asio_backend names heddle::sim")
}

END {
    end_of_file()
    for (i = 1; i < ARGC; i++) {
        if (!(ARGV[i] in seen)) {
            printf "%s:1: the file is empty\n", ARGV[i]
            breaches++
        }
    }
    if (breaches) printf "%d breach%s\n", breaches, breaches == 1 ? "" : "es"
    else printf "%d files, no breach\n", looked_at
    exit breaches > 0
}
