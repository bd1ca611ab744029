// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/admission.h"

#include <algorithm>

namespace overcommit {

AdmissionResult admit(const AdmissionRequest& vm, const AdmissionHost& host) {
  const Pages reservation = std::min(vm.reservation, vm.configured);
  const Pages memory = reservation + vm.overhead;
  const Pages unpromised = host.machine - std::min(host.promised, host.machine);
  if (memory > unpromised) return {Admission::NotEnoughMemory, memory, unpromised};
  const Pages swap = vm.configured - reservation;
  if (swap > host.swapSpace) return {Admission::NotEnoughSwapSpace, swap, host.swapSpace};
  return {Admission::Granted, memory, unpromised};
}

}  // namespace overcommit
