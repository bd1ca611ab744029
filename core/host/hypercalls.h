// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "host/vm_on.h"

namespace overcommit {

// The answers to a guest's hypercalls (guests/abi/overcommit_abi.h). Each call checks its arguments: a guest is untrusted, and one
// that asks for nonsense is stopped with a reason.
class VirtualMachine::Hypercalls {
 public:
  Hypercalls(VirtualMachine& vm, On& on) : vm_(vm), on_(on) {}

  // Does what the guest asked for. The VM may be waiting, crashed or off afterwards.
  void serve(const VmExit& exit);
  void serveBalloon(const VmExit& exit);

 private:
  void ready(std::uint64_t version, std::uint64_t statsAddress);
  void operations(std::uint64_t count, std::uint64_t work);
  void wait(std::uint64_t duration);
  void print(std::uint64_t address, std::uint64_t length);
  void panic(std::uint64_t address, std::uint64_t length);
  void flush(std::uint64_t address);
  void disk(std::uint64_t operation, std::uint64_t block, std::uint64_t address);
  void truth(std::uint64_t address, std::uint64_t count);
  // Advances the clock by work that the guest declared; false (and a crash) if that is absurd.
  bool work(std::uint64_t duration);
  // Bytes of guest memory; nothing if they are not the guest's or the VM died on the way.
  std::optional<std::string> bytesAt(std::uint64_t address, std::uint64_t length);

  VirtualMachine& vm_;
  On& on_;
};

}  // namespace overcommit
