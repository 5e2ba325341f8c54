/* What is asked for. */
#include "trace/trace.h"

const struct trace_request *trace_request;
unsigned trace_generation;

bool trace_request_sound(const struct trace_request *request, size_t size) {
    if (size < sizeof(*request) ||
        request->rule_count != (size - sizeof(*request)) / sizeof(request->rules[0]))
        return false;
    for (uint32_t i = 0; i < request->rule_count; i++)
        if (request->rules[i].argument > 5 || request->rules[i].other > 5 ||
            (i > 0 && request->rules[i].number < request->rules[i - 1].number))
            return false;
    return true;
}

size_t trace_rules(uint64_t number, const struct trace_rule **first) {
    size_t low = 0, high = trace_request->rule_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (trace_request->rules[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    *first = &trace_request->rules[low];
    size_t end = low;
    while (end < trace_request->rule_count && trace_request->rules[end].number == number)
        end++;
    return end - low;
}
