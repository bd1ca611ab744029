// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <vector>

#include "base/random.h"
#include "trace/trace_writer.h"

namespace overcommit::bench {

// A trace of a large host: VMs touch their memory until the frames run out, and then swap pages out and in at random. `perMillisecond`
// events share a quantum of a virtual millisecond.
struct LargeTrace {
  std::uint16_t vms = 64;
  std::uint64_t pagesPerVm = 8192;
  std::uint64_t frames = 262'144;
  std::uint64_t events = 1'000'000;
  std::uint64_t perMillisecond = 100;
};

inline TraceHeader headerOf(const LargeTrace& wanted) {
  TraceHeader header;
  header.title = "A large host";
  header.hostMemory = Pages(wanted.frames);
  header.duration = milliseconds(wanted.events / wanted.perMillisecond + 1);
  for (std::uint16_t i = 0; i < wanted.vms; ++i)
    header.vms.push_back({"vm" + std::to_string(i + 1), Pages(wanted.pagesPerVm), Pages(0), "made up"});
  return header;
}

inline Result<void> writeLargeTrace(const std::filesystem::path& path, const LargeTrace& wanted) {
  const TraceHeader header = headerOf(wanted);
  auto writer = TraceWriter::create(path, header);
  if (!writer) return tl::unexpected(writer.error());
  Random random(1, "large trace");
  Event event;
  const auto put = [&](EventKind kind, VmId vm, Gfn gfn, Mfn mfn, std::array<std::uint64_t, kEventValues> values) {
    ++event.sequence;
    event.hostTime = milliseconds(event.sequence / wanted.perMillisecond);
    event.vmTime = event.hostTime;
    event.kind = kind;
    event.vm = vm;
    event.gfn = gfn;
    event.mfn = mfn;
    event.values = values;
    (*writer)->onEvent(event);
  };
  for (std::uint16_t i = 0; i < wanted.vms; ++i) put(EventKind::PowerOn, VmId(i), Gfn(), Mfn(), {wanted.pagesPerVm});
  struct Page {
    VmId vm;
    Gfn gfn;
  };
  std::vector<Page> holder(wanted.frames);  // of each frame
  std::vector<Page> swapped;
  std::uint64_t used = 0, touched = 0;
  const std::uint64_t all = wanted.pagesPerVm * wanted.vms;
  while (event.sequence < wanted.events) {
    if (used < wanted.frames && touched < all) {
      const Page page{VmId(static_cast<std::uint16_t>(touched % wanted.vms)), Gfn(touched / wanted.vms)};
      ++touched;
      put(EventKind::FirstTouch, page.vm, page.gfn, Mfn(used), {});
      holder[used++] = page;
      continue;
    }
    // One page out, and into its frame one that was out before, or an untouched one. A page's slot has its own number.
    const std::uint64_t mfn = random.below(used);
    const Page out = holder[mfn];
    put(EventKind::SwapOut, out.vm, out.gfn, Mfn(mfn), {out.gfn.value()});
    swapped.push_back(out);
    if (touched < all) {
      holder[mfn] = Page{VmId(static_cast<std::uint16_t>(touched % wanted.vms)), Gfn(touched / wanted.vms)};
      put(EventKind::FirstTouch, holder[mfn].vm, holder[mfn].gfn, Mfn(mfn), {});
      ++touched;
      continue;
    }
    const std::size_t back = static_cast<std::size_t>(random.below(swapped.size()));
    const Page in = swapped[back];
    put(EventKind::SwapIn, in.vm, in.gfn, Mfn(mfn), {in.gfn.value()});
    holder[mfn] = in;
    swapped[back] = swapped.back();
    swapped.pop_back();
  }
  (*writer)->finish(Digest{1, 1});
  if ((*writer)->error()) return tl::unexpected(*(*writer)->error());
  return {};
}

}  // namespace overcommit::bench
