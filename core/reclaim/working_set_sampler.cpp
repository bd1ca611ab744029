// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/working_set_sampler.h"

#include "reclaim/vm_memory.h"

namespace overcommit {

bool WorkingSetSampler::advance(VmMemory& vm, VirtualTime executed, VirtualTime period) {
  const bool ended = !samples_.empty() && executed >= periodBegin_ + period;
  if (ended) {
    latch(vm);
    lastPeriod_ = counts();
    averages_ = afterPeriod(averages_, lastPeriod_);
  }
  if (ended || samples_.empty()) {
    begin(vm);
    periodBegin_ = executed;
  }
  return ended;
}

void WorkingSetSampler::begin(VmMemory& vm) {
  samples_.assign(kPagesSampled, {});
  const std::uint64_t pages = vm.guest.memory().value();
  for (Sample& sample : samples_) {
    do {
      sample.gfn = Gfn(draws_.below(pages));
    } while (vm.isTable(sample.gfn));
    if (vm.guest.entry(sample.gfn).present()) vm.guest.sample(sample.gfn);
  }
}

void WorkingSetSampler::latch(VmMemory& vm) {
  for (Sample& sample : samples_) {
    if (sample.touched) continue;
    const NptEntry entry = vm.guest.entry(sample.gfn);
    sample.touched = entry.present() && entry.accessed();
    if (sample.touched) vm.times.see(sample.gfn, vm.clock.now());
  }
}

SampleCounts WorkingSetSampler::counts() const {
  SampleCounts counts;
  for (const Sample& sample : samples_) {
    ++counts.sampled;
    counts.touched += sample.touched ? 1 : 0;
  }
  return counts;
}

}  // namespace overcommit
