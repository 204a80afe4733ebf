# SPDX-License-Identifier: BSL-1.0
#
# Reads what Google Benchmark has written (JSON, one key a line) and prints the medians as a table.

function value(    text) {
    text = $0
    sub(/^[^:]*: */, "", text)
    sub(/,$/, "", text)
    gsub(/"/, "", text)
    return text
}

function rate(x) {
    if (x == "") return "-"
    x += 0
    if (x >= 1e6) return sprintf("%.3g M", x / 1e6)
    return sprintf("%.3g k", x / 1e3)
}

# Below one in 1,000 it is what a loop asks for once, not what an operation does.
function count(x) {
    if (x == "") return "-"
    x += 0
    return x < 0.001 ? "0" : sprintf("%.3g", x)
}

# Repetitions come in random order, the table in this one; what is not in it comes last.
BEGIN {
    order = "post_burst post_chain spawn_join yield await_ready_child await_chain timers timers_half_cancelled"
    workloads = split(order " timers_rearming tickers explore", workload, " ")
    for (i = 1; i <= workloads; i++) known[workload[i]] = 1
}

/"compiler":/ && compiler == "" { compiler = value() }
/"boost":/ { boost = value() }
/"run_name":/ { name = value(); sub(/\/(iterations:|real_time|repeats:).*/, "", name) }
/"aggregate_name":/ { aggregate = value() }
/"error_occurred": true/ { failed = 1 }
aggregate == "median" && /"(items_per_second|allocations|late_[a-z]*_us)":/ {
    key = $1
    gsub(/[":]/, "", key)
    split(name, part, "/")
    if (!(part[1] in known)) {
        known[part[1]] = 1
        workload[++workloads] = part[1]
    }
    results++
    result[name, key] = value()
}

END {
    if (!results || failed) {
        print "no results"
        exit 1
    }
    gsub("_", ".", boost)
    printf "\noperations a second (M million, k thousand); compiler: %s, Boost %s\n\n", compiler, boost
    head = "%-22s %10s %16s %12s %14s   %s\n"
    printf head, "", "heddle", "heddle on Asio", "Boost.Asio", "heddle / Asio", "allocations each: heddle, Asio"
    for (i = 1; i <= workloads; i++) {
        w = workload[i]
        a = result[w "/heddle", "items_per_second"]
        b = result[w "/asio", "items_per_second"]
        c = result[w "/heddle_on_asio", "items_per_second"]
        if (a == "" && b == "" && c == "") continue
        printf head, w, rate(a), rate(c), rate(b), (a != "" && b != "") ? sprintf("%.2f", a / b) : "-", \
            count(result[w "/heddle", "allocations"]) ", " count(result[w "/asio", "allocations"])
    }
    if (("lateness/asio", "late_max_us") in result || ("lateness/heddle_on_asio", "late_max_us") in result) {
        printf "\n100 sleeps of up to 100 ms in real time: microseconds late (least, median, most)\n\n"
        for (i = 1; i <= 2; i++) {
            side = i == 1 ? "heddle_on_asio" : "asio"
            if (!(("lateness/" side, "late_max_us") in result)) continue
            printf "%-22s %9.1f %9.1f %9.1f\n", i == 1 ? "heddle on Asio" : "Boost.Asio", \
                result["lateness/" side, "late_min_us"], result["lateness/" side, "late_median_us"], \
                result["lateness/" side, "late_max_us"]
        }
    }
    printf "\n"
}
