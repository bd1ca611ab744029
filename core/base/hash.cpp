// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"

#include <fmt/format.h>
#include <xxhash.h>
#if OVERCOMMIT_XXH_DISPATCH
#include <xxh_x86dispatch.h>  // the same hashes, by the widest vectors that this processor has
#endif

#include "base/error.h"

namespace overcommit {
namespace {
XXH3_state_t* typed(void* state) { return static_cast<XXH3_state_t*>(state); }
}  // namespace

std::uint64_t hash64(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Digest hash128(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string Digest::text() const { return fmt::format("{:016x}{:016x}", high, low); }

DigestStream::DigestStream() : state_(XXH3_createState()) {
  invariant(state_ != nullptr, "memory for a hash state");
  XXH3_128bits_reset(typed(state_.get()));
}

void DigestStream::add(std::span<const std::byte> bytes) { XXH3_128bits_update(typed(state_.get()), bytes.data(), bytes.size()); }

Digest DigestStream::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(typed(state_.get()));
  return {hash.high64, hash.low64};
}

void DigestStream::Free::operator()(void* state) const { XXH3_freeState(typed(state)); }

}  // namespace overcommit
