// SPDX-License-Identifier: GPL-2.0-or-later
// The compression cache against LZ4 alone on the same pages: what slots, order and the search for same-filled pages cost. As in any run
// without --audit, what is stored has no checksum: its bytes lie in memory like all others.
#include <lz4.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "bench/paired.h"
#include "reclaim/compression_cache.h"

namespace {

using namespace overcommit;

constexpr std::uint64_t kPages = 256;  // few enough that the machine keeps the frames that are freed in between
constexpr int kRounds = 8;

using Page = std::array<std::byte, kPageSize>;

enum class Contents { Text, Records, Noise };

// Words of a small vocabulary, some more often than others: LZ4 makes about 1.7 KiB of a page.
void writeText(Page& page, Random& random) {
  static constexpr std::string_view kWords[] = {"page ",  "frame ", "memory ", "the ",    "of ",   "a ",      "balloon ", "host ",
                                                "guest ", "swap ",  "is ",     "shared ", "and ",  "target ", "in ",      "machine\n",
                                                "cache ", "free ",  "state ",  "low ",    "high ", "slot ",   "zip ",     "to "};
  for (std::size_t at = 0; at < kPageSize;) {
    for (const char c : kWords[random.below(1 + random.below(1 + random.below(std::size(kWords))))]) {
      if (at < kPageSize) page[at++] = static_cast<std::byte>(c);
    }
  }
}

// 64-byte records of which 8 bytes differ: LZ4 makes less than 1 KiB of a page.
void writeRecords(Page& page, Random& random) {
  for (std::size_t at = 0; at < kPageSize; ++at) page[at] = static_cast<std::byte>(at % 64 < 8 ? random.next() : at % 64);
}

void writeNoise(Page& page, Random& random) {
  for (std::byte& byte : page) byte = static_cast<std::byte>(random.next());
}

std::vector<Page> pagesOf(Contents contents) {
  Random random(1, "pages to zip");
  std::vector<Page> pages(kPages);
  for (Page& page : pages) {
    if (contents == Contents::Text) writeText(page, random);
    if (contents == Contents::Records) writeRecords(page, random);
    if (contents == Contents::Noise) writeNoise(page, random);
  }
  return pages;
}

// What a program would write that does nothing else: each page into a buffer of its own and back.
class BareLz4 {
 public:
  explicit BareLz4(const std::vector<Page>& pages) : pages_(pages), blocks_(pages.size()) {}

  double zip() {
    return bench::nanosecondsOf([&] {
      for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < pages_.size(); ++i) {
          blocks_[i].bytes = LZ4_compress_default(reinterpret_cast<const char*>(pages_[i].data()), blocks_[i].data.data(),
                                                  static_cast<int>(kPageSize), static_cast<int>(blocks_[i].data.size()));
        }
      }
    });
  }
  double unzip() {
    return bench::nanosecondsOf([&] {
      for (int round = 0; round < kRounds; ++round) {
        for (const Block& block : blocks_) {
          if (LZ4_decompress_safe(block.data.data(), reinterpret_cast<char*>(out_.data()), block.bytes, static_cast<int>(kPageSize)) < 0)
            std::abort();
        }
      }
    });
  }

 private:
  struct Block {
    std::array<char, kPageSize / 2> data{};
    int bytes = 0;
  };
  const std::vector<Page>& pages_;
  std::vector<Block> blocks_;
  Page out_{};
};

class Cache {
 public:
  explicit Cache(const std::vector<Page>& pages)
      : pages_(pages),
        machine_(*MachineMemory::create(Pages(kPages), FreedFrames::PunchOut)),
        cache_(*machine_, VmId(0), QuarterSlots::On) {}

  double zip() {
    double time = 0;
    for (int round = 0; round < kRounds; ++round) {
      time += zipOnce();
      unzipOnce();
    }
    return time;
  }
  double unzip() {
    double time = 0;
    for (int round = 0; round < kRounds; ++round) {
      zipOnce();
      time += unzipOnce();
    }
    return time;
  }

 private:
  double zipOnce() {
    return bench::nanosecondsOf([&] {
      for (std::size_t i = 0; i < pages_.size(); ++i) {
        if (const auto placed = cache_.place(Gfn(i), compressor_.compress(pages_[i]), Pages(kPages))) slots_.push_back(placed->page.slot);
      }
    });
  }
  double unzipOnce() {
    const double time = bench::nanosecondsOf([&] {
      for (const std::uint64_t slot : slots_) {
        if (!cache_.read(slot, out_)) std::abort();
        cache_.remove(slot);
      }
    });
    slots_.clear();
    return time;
  }

  const std::vector<Page>& pages_;
  std::unique_ptr<MachineMemory> machine_;
  PageCompressor compressor_;
  CompressionCache cache_;
  std::vector<std::uint64_t> slots_;
  Page out_{};
};

void zip(benchmark::State& state, Contents contents) {
  const std::vector<Page> pages = pagesOf(contents);
  Cache cache(pages);
  BareLz4 bare(pages);
  bench::ratio(
      state, bench::atMost(1.15), [&] { return cache.zip(); }, [&] { return bare.zip(); });
}

void unzip(benchmark::State& state, Contents contents) {
  const std::vector<Page> pages = pagesOf(contents);
  Cache cache(pages);
  BareLz4 bare(pages);
  bare.zip();
  bench::ratio(
      state, bench::atMost(1.15), [&] { return cache.unzip(); }, [&] { return bare.unzip(); });
}

BENCHMARK_CAPTURE(zip, text, Contents::Text)->Name("zip, text / bare LZ4")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(zip, records, Contents::Records)->Name("zip, records / bare LZ4")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(zip, noise, Contents::Noise)->Name("zip, refused noise / bare LZ4")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(unzip, text, Contents::Text)->Name("unzip, text / bare LZ4")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(unzip, records, Contents::Records)->Name("unzip, records / bare LZ4")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
