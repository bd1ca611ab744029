// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/units.h"

namespace overcommit {
namespace {

constexpr std::byte kJunk{0xdf};
// Runs of so many frames go back to the operating system as soon as frames are looked through; of shorter ones so many at a time.
constexpr std::uint64_t kLongRun = 16, kShortRunsAtATime = 32;

// So many freed frames are kept before long runs are looked for: an eighth of the machine, 2 MiB at least.
std::uint64_t mostKept(Pages frames) { return std::max<std::uint64_t>(frames.value() / 8, 512); }

constexpr Frame kFreeFrame{};

std::size_t indexOf(FrameUse use) { return static_cast<std::size_t>(use); }

bool isFilledWith(std::span<const std::byte, kPageSize> page, std::byte value) {
  return page[0] == value && std::memcmp(page.data(), page.data() + 1, kPageSize - 1) == 0;
}

}  // namespace

Result<std::unique_ptr<MachineMemory>> MachineMemory::create(Pages frames, FreedFrames freed) {
  if (frames == Pages(0)) return failure("machine memory cannot be empty: give the host at least one page (4 KiB) of memory");
  if (frames > kMostFrames) {
    return failure("machine memory cannot be larger than {}: give the host less memory", formatBytes(bytesOf(kMostFrames)));
  }
  const std::string size = formatBytes(bytesOf(frames));

  // Growing a file past this limit would not fail but end the process by a signal.
  rlimit fileSize{};
  if (getrlimit(RLIMIT_FSIZE, &fileSize) == 0 && fileSize.rlim_cur != RLIM_INFINITY && fileSize.rlim_cur < bytesOf(frames).value()) {
    return failure(
        "cannot create machine memory of {}: this process may not make files larger than {}; raise that limit "
        "(ulimit -f unlimited) or give the host less memory",
        size, formatBytes(Bytes(fileSize.rlim_cur)));
  }
  const int fd = memfd_create("overcommit-machine", MFD_CLOEXEC);
  if (fd < 0) return failure("cannot create machine memory of {}: {}; close some files or programs", size, systemErrorText(errno));
  if (ftruncate(fd, static_cast<off_t>(bytesOf(frames).value())) != 0) {
    const int error = errno;
    close(fd);
    return failure("cannot create machine memory of {}: {}; give the host less memory", size, systemErrorText(error));
  }
  void* base = mmap(nullptr, bytesOf(frames).value(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (base == MAP_FAILED) {
    const int error = errno;
    close(fd);
    return failure(
        "cannot map machine memory of {}: {}; give the host less memory, or raise the limit of address space "
        "(ulimit -v unlimited)",
        size, systemErrorText(error));
  }
  return std::unique_ptr<MachineMemory>(new MachineMemory(fd, static_cast<std::byte*>(base), frames, freed));
}

MachineMemory::MachineMemory(int fd, std::byte* base, Pages frames, FreedFrames freed)
    : fd_(fd),
      base_(base),
      frameCount_(frames),
      freed_(freed),
      freeList_(frames),
      chunks_((frames.value() + kChunkFrames - 1) / kChunkFrames),
      zero_((frames.value() + 63) / 64, ~std::uint64_t{0}),
      holes_(zero_),
      idle_(zero_.size()),
      nextGiveBack_(mostKept(frames)) {
  counts_[indexOf(FrameUse::Free)] = frames;
}

MachineMemory::~MachineMemory() {
  munmap(base_, bytesOf(frameCount_).value());
  close(fd_);
}

Pages MachineMemory::count(FrameUse use) const { return counts_[indexOf(use)]; }

const Frame& MachineMemory::frame(Mfn mfn) const {
  invariant(mfn.value() < frameCount_.value(), "a machine frame number is below the size of the machine");
  const auto& chunk = chunks_[mfn.value() / kChunkFrames];
  return chunk ? (*chunk)[mfn.value() % kChunkFrames] : kFreeFrame;
}

Frame& MachineMemory::edit(Mfn mfn) {
  invariant(mfn.value() < frameCount_.value(), "a machine frame number is below the size of the machine");
  auto& chunk = chunks_[mfn.value() / kChunkFrames];
  if (!chunk) chunk = std::make_unique<Chunk>();
  return (*chunk)[mfn.value() % kChunkFrames];
}

std::span<std::byte, kPageSize> MachineMemory::bytes(Mfn mfn) {
  invariant(mfn.value() < frameCount_.value(), "a machine frame number is below the size of the machine");
  return std::span<std::byte, kPageSize>(at(mfn), kPageSize);
}

std::span<const std::byte, kPageSize> MachineMemory::bytes(Mfn mfn) const {
  invariant(mfn.value() < frameCount_.value(), "a machine frame number is below the size of the machine");
  return std::span<const std::byte, kPageSize>(at(mfn), kPageSize);
}

std::optional<Mfn> MachineMemory::takePrivate(VmId vm, Gfn gfn) {
  invariant(vm != kNoVm, "a private frame belongs to a VM");
  const auto mfn = freeList_.takeFor(vm, gfn);
  if (!mfn) return std::nullopt;
  return hand(*mfn, FrameUse::Private, vm, gfn);
}

std::optional<Mfn> MachineMemory::takeLarge(VmId vm, Gfn first) {
  static_assert(FreeList::kBlockFrames * FreeList::kGroupBlocks == kLargePagePages);
  invariant(vm != kNoVm, "a private frame belongs to a VM");
  invariant(first == largePageOf(first), "a large page lies at a multiple of 2 MiB in the guest");
  const auto mfn = freeList_.takeGroupFor(vm, first);
  if (!mfn) return std::nullopt;
  for (std::uint64_t i = 0; i < kLargePagePages; ++i) hand(mfn->next(i), FrameUse::Private, vm, first.next(i));
  return mfn;
}

std::optional<Mfn> MachineMemory::takeOverhead(VmId vm) {
  const auto mfn = freeList_.takeAnywhere();
  if (!mfn) return std::nullopt;
  return hand(*mfn, FrameUse::Overhead, vm, Gfn());
}

std::optional<Mfn> MachineMemory::takeZipStore(VmId vm) {
  const auto mfn = freeList_.takeAnywhere();
  if (!mfn) return std::nullopt;
  return hand(*mfn, FrameUse::ZipStore, vm, Gfn());
}

void MachineMemory::makeShared(Mfn mfn) {
  Frame& frame = edit(mfn);
  invariant(frame.use == FrameUse::Private, "only a private frame becomes shared");
  changeUse(frame, FrameUse::Shared);
  frame.vm = kNoVm;
  frame.gfn = Gfn();
  frame.references = 1;
}

void MachineMemory::addReference(Mfn mfn) {
  Frame& frame = edit(mfn);
  invariant(frame.use == FrameUse::Shared, "only a shared frame is referenced again");
  ++frame.references;
}

std::uint32_t MachineMemory::dropReference(Mfn mfn) {
  Frame& frame = edit(mfn);
  invariant(frame.use == FrameUse::Shared && frame.references > 0, "only a shared frame loses a reference");
  const std::uint32_t left = --frame.references;
  if (left == 0) free(mfn);
  return left;
}

void MachineMemory::makePrivate(Mfn mfn, VmId vm, Gfn gfn) {
  Frame& frame = edit(mfn);
  invariant(frame.use == FrameUse::Shared && frame.references == 1, "a shared frame becomes private at its last reference");
  invariant(vm != kNoVm, "a private frame belongs to a VM");
  changeUse(frame, FrameUse::Private);
  frame.references = 0;
  frame.vm = vm;
  frame.gfn = gfn;
}

void MachineMemory::release(Mfn mfn) {
  const FrameUse use = frame(mfn).use;
  invariant(use == FrameUse::Private || use == FrameUse::Overhead || use == FrameUse::ZipStore,
            "a frame is released once, and only when it is private, overhead or zip store");
  free(mfn);
}

Mfn MachineMemory::hand(Mfn mfn, FrameUse use, VmId vm, Gfn gfn) {
  clean(mfn);
  Frame& frame = edit(mfn);
  invariant(frame.use == FrameUse::Free, "a frame that is handed out was free");
  changeUse(frame, use);
  frame.vm = vm;
  frame.gfn = gfn;
  return mfn;
}

void MachineMemory::changeUse(Frame& frame, FrameUse use) {
  counts_[indexOf(frame.use)] -= Pages(1);
  counts_[indexOf(use)] += Pages(1);
  frame.use = use;
}

void MachineMemory::free(Mfn mfn) {
  Frame& frame = edit(mfn);
  changeUse(frame, FrameUse::Free);
  frame = kFreeFrame;
  freeList_.put(mfn);
  ++kept_;
  if (freed_ == FreedFrames::FillWithJunk) {
    std::memset(at(mfn), std::to_integer<int>(kJunk), kPageSize);
  } else if (kept_ >= nextGiveBack_) {
    giveBack([this](std::uint64_t word) { return kept(word); }, 0);
    // What is left lies in short runs: not looked through again until much more has been freed.
    nextGiveBack_ = std::max(mostKept(frameCount_), kept_ + mostKept(frameCount_) / 8);
  }
}

// Makes the frame, which is about to leave the free list, all zero.
void MachineMemory::clean(Mfn mfn) {
  const std::uint64_t word = mfn.value() / 64, bit = std::uint64_t{1} << (mfn.value() % 64);
  if ((holes_[word] & bit) != 0) fillHole(mfn);
  if (freed_ == FreedFrames::FillWithJunk) {
    invariant(isFilledWith(bytes(mfn), knownZero(mfn) ? std::byte{0} : kJunk), "nobody writes to a free frame");
  }
  if (!knownZero(mfn)) std::memset(at(mfn), 0, kPageSize);
  zero_[word] &= ~bit;
  idle_[word] &= ~bit;
  --kept_;
}

void MachineMemory::touch(Mfn mfn) const { static_cast<void>(*static_cast<const volatile std::byte*>(bytes(mfn).data())); }

// Has the operating system put memory behind the holes around the frame at once, of 16 aligned frames those in a row with it: where the
// frames before it were used, those after it will be. A frame that comes alone gets its memory when it is touched.
void MachineMemory::fillHole(Mfn mfn) {
  const std::uint64_t word = mfn.value() / 64;
  const auto bit = static_cast<unsigned>(mfn.value() % 64);
  const auto group = static_cast<unsigned>(bit / kLongRun * kLongRun);
  const auto isHole = [&](unsigned frame) { return (holes_[word] >> frame & 1) != 0 && word * 64 + frame < frameCount_.value(); };
  unsigned end = bit + 1;
  const bool inOrder = bit > 0 ? !isHole(bit - 1) : word == 0 || (holes_[word - 1] >> 63) == 0;
  if (inOrder) {
    while (end < group + kLongRun && isHole(end)) ++end;
    // Where it fails (an old kernel) each page comes by its own fault.
    static_cast<void>(madvise(at(mfn), (end - bit) * kPageSize, MADV_POPULATE_WRITE));
  }
  for (unsigned frame = bit; frame < end; ++frame) holes_[word] &= ~(std::uint64_t{1} << frame);
  kept_ += end - bit;
}

void MachineMemory::giveBackIdle() {
  if (freed_ == FreedFrames::FillWithJunk || kept_ == 0) return;
  giveBack([this](std::uint64_t word) { return kept(word) & idle_[word]; }, kShortRunsAtATime);
  for (std::uint64_t word = 0; word < idle_.size(); ++word) idle_[word] = kept(word);
}

void MachineMemory::giveBackAll() {
  if (freed_ == FreedFrames::FillWithJunk) return;
  giveBack([this](std::uint64_t word) { return kept(word); }, kept_);
  invariant(kept_ == 0, "every freed frame that was kept was given back");
}

// `frames`: which of 64 frames may go, a bit each. All long runs of them go, and so many short ones.
template <typename Frames>
void MachineMemory::giveBack(Frames frames, std::uint64_t shortRuns) {
  std::uint64_t first = 0, end = 0;  // the run found so far
  const auto finish = [&] {
    if (end - first >= kLongRun) {
      punch(first, end);
    } else if (first != end && shortRuns > 0) {
      punch(first, end);
      --shortRuns;
    }
  };
  for (std::uint64_t word = 0; word < zero_.size(); ++word) {
    for (std::uint64_t left = frames(word); left != 0;) {
      const auto from = static_cast<unsigned>(std::countr_zero(left));
      const auto length = static_cast<unsigned>(std::countr_one(left >> from));
      left = from + length == 64 ? 0 : left >> (from + length) << (from + length);
      if (word * 64 + from != end) {
        finish();
        first = word * 64 + from;
      }
      end = word * 64 + from + length;
    }
  }
  finish();
}

void MachineMemory::punch(std::uint64_t first, std::uint64_t end) {
  const int result = fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first * kPageSize),
                               static_cast<off_t>((end - first) * kPageSize));
  if (result != 0) std::memset(at(Mfn(first)), 0, (end - first) * kPageSize);  // always possible
  for (std::uint64_t mfn = first; mfn < end; ++mfn) {
    zero_[mfn / 64] |= std::uint64_t{1} << (mfn % 64);
    holes_[mfn / 64] |= std::uint64_t{1} << (mfn % 64);
    idle_[mfn / 64] &= ~(std::uint64_t{1} << (mfn % 64));
  }
  kept_ -= end - first;
}

Bytes MachineMemory::resident() const {
  struct stat status {};
  if (fstat(fd_, &status) != 0) return Bytes(0);
  return Bytes(static_cast<std::uint64_t>(status.st_blocks) * 512);
}

std::optional<std::string> MachineMemory::audit() const {
  std::array<Pages, kFrameUses> found{};
  for (std::uint64_t chunk = 0; chunk < chunks_.size(); ++chunk) {
    const std::uint64_t first = chunk * kChunkFrames, there = std::min(kChunkFrames, frameCount_.value() - first);
    if (!chunks_[chunk]) {
      found[indexOf(FrameUse::Free)] += Pages(there);
      continue;
    }
    for (std::uint64_t i = 0; i < there; ++i) {
      const Frame& frame = (*chunks_[chunk])[i];
      found[indexOf(frame.use)] += Pages(1);
      if ((frame.use == FrameUse::Free) != freeList_.contains(Mfn(first + i))) {
        return fmt::format("frame {} is {} the free list, against its use", first + i, frame.use == FrameUse::Free ? "not on" : "on");
      }
      if ((frame.use == FrameUse::Shared) != (frame.references > 0)) {
        return fmt::format("frame {} has {} references, against its use", first + i, frame.references);
      }
    }
  }
  if (found != counts_) return "the counts of frames by use are not those of the frames";
  std::uint64_t kept = 0;
  for (std::uint64_t word = 0; word < zero_.size(); ++word) {
    kept += static_cast<std::uint64_t>(std::popcount(this->kept(word)));
    if ((holes_[word] & ~zero_[word]) != 0)
      return fmt::format("of frames {} to {} one is a hole but not known to be zero", word * 64, word * 64 + 63);
    if ((idle_[word] & ~this->kept(word)) != 0)
      return fmt::format("of frames {} to {} one is idle that is not kept", word * 64, word * 64 + 63);
  }
  if (kept != kept_) return fmt::format("{} free frames hold memory, not {}", kept, kept_);
  if (freeList_.count() != free()) return fmt::format("the free list has {} frames, not {}", freeList_.count().value(), free().value());
  return std::nullopt;
}

}  // namespace overcommit
