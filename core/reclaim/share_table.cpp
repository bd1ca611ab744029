// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/share_table.h"

#include <cstring>
#include <type_traits>

namespace overcommit {
namespace {

using Kind = ShareEntry::Kind;

// A head: number + 1 of the first entry of its bucket, 0 = none.
using Head = std::uint32_t;
constexpr std::uint64_t kBytesPerFrame = sizeof(ShareEntry) + sizeof(Head);
static_assert(kPageSize % sizeof(ShareEntry) == 0 && kPageSize % sizeof(Head) == 0, "neither straddles frames");
static_assert(std::is_trivially_copyable_v<ShareEntry>);
// A bucket is found with the upper 32 bits of a hash, all of which a hint has.
static_assert(MachineMemory::kMostFrames.value() < std::uint64_t{1} << 32);

bool isChained(Kind kind) { return kind == Kind::Hint || kind == Kind::Shared; }

}  // namespace

Pages ShareTable::framesFor(Pages machineFrames) { return pagesOf(Bytes(machineFrames.value() * kBytesPerFrame)); }

ShareTable::ShareTable(MachineMemory& machine, std::vector<Mfn> frames)
    : machine_(machine), frames_(std::move(frames)), entries_(machine.frames().value()) {
  invariant(Pages(frames_.size()) == framesFor(machine.frames()), "the share table gets exactly the frames that it needs");
  bases_.reserve(frames_.size());
  for (const Mfn mfn : frames_) bases_.push_back(machine_.bytes(mfn).data());
}

std::byte* ShareTable::at(std::uint64_t offset) const { return bases_[offset / kPageSize] + offset % kPageSize; }

ShareEntry ShareTable::entry(Mfn mfn) const {
  invariant(mfn.value() < entries_, "there is an entry for each machine frame");
  ShareEntry entry;
  std::memcpy(&entry, at(mfn.value() * sizeof entry), sizeof entry);
  return entry;
}

void ShareTable::put(Mfn mfn, ShareEntry entry) { std::memcpy(at(mfn.value() * sizeof entry), &entry, sizeof entry); }

std::uint64_t ShareTable::bucketOf(std::uint64_t hash) const { return ((hash >> 32) * entries_) >> 32; }

std::optional<Mfn> ShareTable::head(std::uint64_t bucket) const {
  Head head = 0;
  std::memcpy(&head, at(entries_ * sizeof(ShareEntry) + bucket * sizeof head), sizeof head);
  return head == 0 ? std::nullopt : std::optional(Mfn(head - 1));
}

void ShareTable::setHead(std::uint64_t bucket, std::optional<Mfn> mfn) {
  const Head head = mfn ? static_cast<Head>(mfn->value() + 1) : 0;
  std::memcpy(at(entries_ * sizeof(ShareEntry) + bucket * sizeof head), &head, sizeof head);
}

std::optional<Mfn> ShareTable::find(std::uint64_t hash) const {
  std::optional<Mfn> hint;
  ShareEntry candidate;
  for (auto mfn = head(bucketOf(hash)); mfn; mfn = candidate.next()) {
    candidate = entry(*mfn);
    if (!candidate.matches(hash)) continue;
    if (candidate.kind() == Kind::Shared) return mfn;
    if (!hint) hint = mfn;
  }
  return hint;
}

void ShareTable::link(Mfn mfn, ShareEntry entry) {
  const std::uint64_t bucket = bucketOf(entry.hash());
  put(mfn, entry.withNext(head(bucket)));
  setHead(bucket, mfn);
}

void ShareTable::unlink(Mfn mfn, ShareEntry entry) {
  const std::uint64_t bucket = bucketOf(entry.hash());
  const auto first = head(bucket);
  if (first == mfn) return setHead(bucket, entry.next());
  std::optional<Mfn> before = first;
  while (before) {
    const ShareEntry link = this->entry(*before);
    if (link.next() == mfn) return put(*before, link.withNext(entry.next()));
    before = link.next();
  }
  invariantBroken("every hint and shared frame is in the chain of its hash", __FILE__, __LINE__);
}

void ShareTable::remove(Mfn mfn) {
  const ShareEntry old = entry(mfn);
  if (old.kind() == Kind::Empty) return;
  if (isChained(old.kind())) unlink(mfn, old);
  if (old.kind() == Kind::Shared) --shared_;
  if (old.kind() == Kind::Hint) {
    --hints_;
    --hintsOf_[old.vm().value()];
  }
  if (old.kind() == Kind::Remembered) {
    --remembered_;
    --rememberedOf_[old.vm().value()];
  }
  put(mfn, ShareEntry());
}

void ShareTable::insertHint(Mfn mfn, std::uint64_t hash, VmId vm, Gfn gfn) {
  remove(mfn);
  link(mfn, ShareEntry::hint(hash, vm, gfn));
  if (vm.value() >= hintsOf_.size()) hintsOf_.resize(vm.value() + std::size_t{1});
  ++hints_;
  ++hintsOf_[vm.value()];
}

void ShareTable::setIneligible(Mfn mfn, std::uint64_t hash, VmId vm, Gfn gfn) {
  remove(mfn);
  put(mfn, ShareEntry::ineligible(hash, vm, gfn));
}

void ShareTable::remember(Mfn mfn, std::uint64_t hash, VmId vm, Gfn gfn) {
  remove(mfn);
  put(mfn, ShareEntry::remembered(hash, vm, gfn));
  if (vm.value() >= rememberedOf_.size()) rememberedOf_.resize(vm.value() + std::size_t{1});
  ++remembered_;
  ++rememberedOf_[vm.value()];
}

void ShareTable::hintToShared(Mfn mfn, std::uint64_t hash, ShareEntry::Holds holds) {
  const ShareEntry hint = entry(mfn);
  invariant(hint.kind() == Kind::Hint && hint.matches(hash), "a hint becomes a shared frame of the same hash");
  put(mfn, ShareEntry::shared(hash, mfn, holds).withNext(hint.next()));
  --hints_;
  --hintsOf_[hint.vm().value()];
  ++shared_;
}

void ShareTable::removeAllOf(VmId vm) {
  for (Mfn mfn; mfn.value() < entries_; mfn = mfn.next()) {
    const ShareEntry candidate = entry(mfn);
    if (candidate.kind() != Kind::Empty && candidate.kind() != Kind::Shared && candidate.vm() == vm) remove(mfn);
  }
}

std::uint64_t ShareTable::hintsOf(VmId vm) const { return vm.value() < hintsOf_.size() ? hintsOf_[vm.value()] : 0; }

std::uint64_t ShareTable::rememberedOf(VmId vm) const { return vm.value() < rememberedOf_.size() ? rememberedOf_[vm.value()] : 0; }

std::optional<std::string> ShareTable::audit() const {
  for (const Mfn mfn : frames_) {
    if (machine_.frame(mfn).use != FrameUse::Overhead) return fmt::format("frame {} of the share table is not overhead", mfn.value());
  }
  std::vector<bool> seen(entries_);
  std::uint64_t chained = 0;
  for (std::uint64_t bucket = 0; bucket < entries_; ++bucket) {
    ShareEntry at;
    for (auto mfn = head(bucket); mfn; mfn = at.next()) {
      if (mfn->value() >= entries_) return fmt::format("the chain of bucket {} leaves the table", bucket);
      if (seen[mfn->value()]) return fmt::format("entry {} of the share table is in two chains, or twice in one", mfn->value());
      seen[mfn->value()] = true;
      at = entry(*mfn);
      if (!isChained(at.kind())) return fmt::format("entry {} of the share table is in a chain, against its kind", mfn->value());
      if (bucketOf(at.hash()) != bucket) return fmt::format("entry {} of the share table is in the chain of another hash", mfn->value());
      ++chained;
    }
  }
  std::uint64_t hints = 0, remembered = 0, shared = 0;
  std::vector<std::uint64_t> hintsOf(hintsOf_.size()), rememberedOf(rememberedOf_.size());
  for (Mfn mfn; mfn.value() < entries_; mfn = mfn.next()) {
    const ShareEntry at = entry(mfn);
    if (at.kind() == Kind::Hint) {
      ++hints;
      if (at.vm().value() >= hintsOf.size()) return fmt::format("entry {} of the share table names no VM", mfn.value());
      ++hintsOf[at.vm().value()];
    }
    if (at.kind() == Kind::Remembered) {
      ++remembered;
      if (at.vm().value() >= rememberedOf.size()) return fmt::format("entry {} of the share table names no VM", mfn.value());
      ++rememberedOf[at.vm().value()];
    }
    if (at.kind() != Kind::Shared) continue;
    ++shared;
    if (at.mfn() != mfn) return fmt::format("entry {} of the share table names another machine frame", mfn.value());
    if (machine_.frame(mfn).use != FrameUse::Shared)
      return fmt::format("the share table has machine frame {} as shared, which it is not", mfn.value());
  }
  if (hints + shared != chained) return "a hint or shared frame of the share table is in no chain";
  if (hints != hints_ || shared != shared_ || hintsOf != hintsOf_ || remembered != remembered_ || rememberedOf != rememberedOf_)
    return "the counts of the share table are not those of its entries";
  return std::nullopt;
}

}  // namespace overcommit
