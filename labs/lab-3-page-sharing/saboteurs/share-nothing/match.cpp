// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/match.h>
#include <cstring>
using namespace overcommit::policy;

class EveryByte : public MatchPolicy {
  bool wants_bytes() const override { return true; }
  MatchAnswer match(const MatchQuestion& question, const PageBytes& bytes) override {
    const bool equal = question.salt == question.known_salt && std::memcmp(bytes.page, bytes.known, kPageBytes) == 0;
    return equal ? MatchAnswer::CompareAndShare : MatchAnswer::Leave;
  }
};
OVERCOMMIT_MATCH(EveryByte)
