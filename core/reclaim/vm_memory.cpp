// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/vm_memory.h"

namespace overcommit {

Event eventOf(const VmMemory& vm, EventKind kind, Gfn gfn) {
  Event event;
  event.kind = kind;
  event.vm = vm.id;
  event.vmTime = vm.clock.now();
  event.gfn = gfn;
  return event;
}

Event refusalOf(const VmMemory& vm, Gfn gfn, RefusalReason reason, std::uint64_t cause) {
  Event refusal = eventOf(vm, EventKind::Refusal, gfn);
  refusal.cause = cause;
  refusal.values[0] = static_cast<std::uint64_t>(reason);
  return refusal;
}

}  // namespace overcommit
