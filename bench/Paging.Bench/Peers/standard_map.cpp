// What a C++ programmer would take for a tree of areas: std::map, by the page after an area's last one. It has no gaps to search,
// no neighbours to join and no last hit. The loops are here, so that calls from C# are no part of what is timed.
//   g++ -O2 -march=native -shared -fPIC
#include <cstdint>
#include <map>

namespace {
struct Area {
    std::uint32_t first;
    std::uint32_t rights;
};

using Areas = std::map<std::uint32_t, Area>;
}

extern "C" {
Areas *areas_new() { return new Areas; }

void areas_delete(Areas *areas) { delete areas; }

std::uint32_t areas_count(const Areas *areas) { return static_cast<std::uint32_t>(areas->size()); }

void areas_add(Areas *areas, std::uint32_t first, std::uint32_t page_count, std::uint32_t rights) {
    areas->emplace(first + page_count, Area{first, rights});
}

// The sum of the first pages of the areas that each of the pages lies in, or that follow it: there has to be one.
std::uint32_t areas_find(const Areas *areas, const std::uint32_t *pages, std::uint32_t count) {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < count; i++) sum += areas->upper_bound(pages[i])->second.first;
    return sum;
}

// Puts an area right below the lowest one and takes it away, again and again.
void areas_map_unmap(Areas *areas, std::uint32_t page_count, std::uint32_t rights, std::uint32_t pairs) {
    for (std::uint32_t i = 0; i < pairs; i++) {
        const std::uint32_t end = areas->begin()->second.first;
        areas->emplace(end, Area{end - page_count, rights});
        areas->erase(areas->upper_bound(end - page_count));
    }
}
}
