// SPDX-License-Identifier: MIT
#pragma once

#include "detail/serve.h"

// Nested paging: where does a guest-virtual address lead? Not a decision of the hypervisor but what its hardware does; a lab asks about
// addresses of a running guest, and counts what is read.
//
//   #include <overcommit/walk.h>
//   using namespace overcommit::policy;
//   class Mine : public Walker {
//     WalkAnswer walk(const WalkQuestion& question, Memory& memory) override { ... }
//   };
//   OVERCOMMIT_WALK(Mine)

namespace overcommit::policy {

// Every read counts as one memory reference.
class Memory {
 public:
  explicit Memory(detail::Engine& engine) : engine_(engine) {}
  // 8 bytes at a multiple of 8. What cannot be read is 0, an entry that is not present.
  std::uint64_t machine(std::uint64_t address) { return engine_.read(Space::Machine, address).value; }
  // The same by guest-physical address, as if the nested walk were done already: for a walk of the guest's own tables alone.
  std::uint64_t guest(std::uint64_t address) { return engine_.read(Space::GuestPhysical, address).value; }

 private:
  detail::Engine& engine_;
};

class Walker {
 public:
  virtual ~Walker() = default;
  virtual WalkAnswer walk(const WalkQuestion& question, Memory& memory) = 0;
};

// Bits of an entry of the guest's tables (x86-64), and of the hypervisor's (Intel EPT).
inline constexpr std::uint64_t kGuestPresent = 1u << 0, kGuestWritable = 1u << 1, kGuestAccessed = 1u << 5, kGuestDirty = 1u << 6,
                               kGuestLarge = 1u << 7;
inline constexpr std::uint64_t kNestedRead = 1u << 0, kNestedWrite = 1u << 1, kNestedExecute = 1u << 2, kNestedLarge = 1u << 7,
                               kNestedAccessed = 1u << 8, kNestedDirty = 1u << 9;
// Bits 12 to 51: the address of the next table or of the page.
inline constexpr std::uint64_t kEntryAddress = 0x000ffffffffff000u;

inline int serve(Walker& walker) {
  static detail::Engine engine(detail::hello(PolicyKind::Walk));
  static WalkAnswer answers[kMostQuestions];
  Memory memory(engine);
  while (engine.next()) {
    const auto questions = engine.questions<WalkQuestion>();
    for (std::size_t i = 0; i < questions.size(); ++i) answers[i] = walker.walk(questions[i], memory);
    engine.answer(answers, questions.size());
  }
  return 0;
}

}  // namespace overcommit::policy

#define OVERCOMMIT_WALK(Class)                   \
  int main() {                                   \
    ::overcommit::policy::detail::move_memory(); \
    Class walker;                                \
    return ::overcommit::policy::serve(walker);  \
  }
