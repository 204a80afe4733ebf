// SPDX-License-Identifier: BSL-1.0
#include <heddle/frame_memory.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <boost/test/unit_test.hpp>

using heddle::frame_memory;
using heddle::frame_memory_options;
using heddle::detail::frame_pool;

// That a pool is freed with its last block, and neither before nor never, is for AddressSanitizer
// and its leak checker to see: every pool here, whatever its policy, comes from and goes to the
// heap.

namespace {

const frame_memory policies[] = {frame_memory::automatic, frame_memory::recycle, frame_memory::heap,
                                 frame_memory::poison, frame_memory::never_reuse};

// Small ones, two of a class, the largest that is recycled, and what is not recycled any more.
const std::size_t sizes[] = {0, 1, 40, 48, 48, 1024, 1025, 100'000};

std::vector<void*> one_of_each(frame_pool& pool) {
    std::vector<void*> blocks;
    for (const std::size_t size : sizes) {
        blocks.push_back(pool.allocate(size));
        std::memset(blocks.back(), 1, size);
    }
    return blocks;
}

void give_back(frame_pool& pool, std::vector<void*>& blocks) {
    while (!blocks.empty()) {
        pool.deallocate(blocks.back(), sizes[blocks.size() - 1]);
        blocks.pop_back();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frame_memory_suite)

BOOST_AUTO_TEST_CASE(blocks_that_are_out_are_counted) {
    for (const frame_memory policy : policies) {
        frame_pool* pool = frame_pool::create({.policy = policy});
        BOOST_TEST(pool->live_blocks() == 0U);
        for (int i = 0; i < 3; ++i) {
            auto first = one_of_each(*pool);
            BOOST_TEST(pool->live_blocks() == std::size(sizes));
            auto second = one_of_each(*pool);
            BOOST_TEST(pool->live_blocks() == 2 * std::size(sizes));
            give_back(*pool, first);
            BOOST_TEST(pool->live_blocks() == std::size(sizes));
            give_back(*pool, second);
            BOOST_TEST(pool->live_blocks() == 0U);
        }
        pool->orphan();
    }
}

BOOST_AUTO_TEST_CASE(a_pool_lives_until_its_last_block_comes_back) {
    for (const frame_memory policy : policies) {
        frame_pool* pool = frame_pool::create({.policy = policy});
        auto given_back = one_of_each(*pool);
        auto kept = one_of_each(*pool);
        give_back(*pool, given_back);
        pool->orphan();
        BOOST_TEST(pool->live_blocks() == std::size(sizes));
        // Whoever destroys what is left may need some for it.
        for (int i = 0; i < 3; ++i) {
            auto meanwhile = one_of_each(*pool);
            BOOST_TEST(pool->live_blocks() == 2 * std::size(sizes));
            give_back(*pool, meanwhile);
            BOOST_TEST(pool->live_blocks() == std::size(sizes));
        }
        give_back(*pool, kept);
    }
}

BOOST_AUTO_TEST_CASE(a_block_that_is_used_again_is_filled_as_well) {
    for (const frame_memory policy : policies) {
        frame_pool* pool = frame_pool::create({.policy = policy, .fill = 0xa5});
        for (int i = 0; i < 3; ++i) {
            auto* block = static_cast<unsigned char*>(pool->allocate(40));
            BOOST_TEST(std::all_of(block, block + 40, [](unsigned char c) { return c == 0xa5; }));
            std::memset(block, 1, 40);
            pool->deallocate(block, 40);
        }
        BOOST_TEST(pool->live_blocks() == 0U);
        pool->orphan();
    }
}

BOOST_AUTO_TEST_SUITE_END()
