// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/world_keyframe.h"

#include "trace/byte_stream.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kTextMax = kEventTextMax;

constexpr WorldFigure figureAt(std::size_t i) { return static_cast<WorldFigure>(i); }

// A run of pages of one kind: place | (guest use + 1) << 3, as in a cell's low bits.
constexpr std::uint64_t kKindBits = 0x7f;

}  // namespace

// Has the world's insides open to write and to build them.
class WorldKeyframe {
 public:
  static std::vector<std::byte> encode(const WorldModel& world);
  static Result<WorldModel> decode(std::span<const std::byte> bytes, const TraceHeader& header);

 private:
  static void encodePages(const WorldModel::Vm& vm, ByteWriter& out);
  static bool decodePages(WorldModel& world, VmId id, ByteReader& in);
  static bool placePage(WorldModel& world, VmId id, std::uint64_t gfn, PageCell cell);
  static bool decodeLarge(WorldModel& world, VmId id, ByteReader& in);
};

std::vector<std::byte> encodeKeyframe(const WorldModel& world) { return WorldKeyframe::encode(world); }
Result<WorldModel> decodeKeyframe(std::span<const std::byte> bytes, const TraceHeader& header) {
  return WorldKeyframe::decode(bytes, header);
}

std::vector<std::byte> WorldKeyframe::encode(const WorldModel& world) {
  ByteWriter out;
  out.varint(world.sequence_);
  for (std::size_t i = kVmFigures; i < kWorldFigures; ++i) out.varint(world.figure(kNoVm, figureAt(i)));
  out.varint(kEventKinds);
  for (const std::uint64_t events : world.host_.events) out.varint(events);
  out.varint(world.host_.requested.size());
  VirtualTime from;
  for (const RequestedPages& change : world.host_.requested) {
    out.varint((change.from - from).value());
    out.varint(change.pages);
    from = change.from;
  }

  // Overhead and the compression cache.
  std::vector<std::pair<std::uint64_t, FrameCell>> frames;
  std::vector<std::uint64_t> zeroFrames;
  world.frames_.forEach([&](std::uint64_t mfn, std::uint64_t raw) {
    const FrameCell cell(raw);
    if (cell.use() == FrameUse::Shared && cell.zeros()) zeroFrames.push_back(mfn);
    if (cell.use() == FrameUse::Overhead || cell.use() == FrameUse::ZipStore) frames.emplace_back(mfn, cell);
  });
  out.varint(frames.size());
  std::uint64_t last = 0;
  for (const auto& [mfn, cell] : frames) {
    out.varint(mfn - last);
    last = mfn;
    out.varint(static_cast<std::uint16_t>(cell.vm().value() + 1));
    out.varint(cell.use() == FrameUse::Overhead ? cell.number() : 0);
  }
  out.varint(zeroFrames.size());
  last = 0;
  for (const std::uint64_t mfn : zeroFrames) {
    out.varint(mfn - last);
    last = mfn;
  }

  for (std::size_t v = 0; v < world.vms_.size(); ++v) {
    const WorldModel::Vm& vm = world.vms_[v];
    for (std::size_t i = 0; i < kVmFigures; ++i) out.varint(world.figure(VmId(static_cast<std::uint16_t>(v)), figureAt(i)));
    for (const std::uint64_t events : vm.figures.events) out.varint(events);
    out.text(std::string_view(vm.figures.crashText).substr(0, kTextMax));
    out.text(std::string_view(vm.figures.consoleLine).substr(0, kTextMax));
    encodePages(vm, out);
    out.varint(vm.figures.largePages / kLargePagePages);
    std::uint64_t next = 0;
    vm.large.forEach([&](std::uint64_t region, std::uint64_t) {
      out.varint(region - next);
      next = region + 1;
    });
  }
  return out.take();
}

// Runs of pages of the same kind, and for each page that has one its frame or slot, as a difference to the one before.
void WorldKeyframe::encodePages(const WorldModel::Vm& vm, ByteWriter& out) {
  ByteWriter runs, numbers, zips;
  std::uint64_t runKind = 0, runLength = 0, next = 0, number = 0;
  const auto endRun = [&] {
    if (runLength == 0) return;
    runs.varint(runKind);
    runs.varint(runLength);
    runLength = 0;
  };
  const auto add = [&](std::uint64_t kind, std::uint64_t length) {
    if (kind != runKind) endRun();
    runKind = kind;
    runLength += length;
  };
  vm.pages.forEach([&](std::uint64_t gfn, std::uint64_t raw) {
    if (gfn > next) add(0, gfn - next);
    next = gfn + 1;
    const PageCell cell(raw);
    add(raw & kKindBits, 1);
    if (cell.place() == PagePlace::Untouched || cell.place() == PagePlace::Ballooned) return;
    numbers.delta(cell.number(), number + 1);
    number = cell.number();
    if (cell.place() != PagePlace::Zipped) return;
    zips.varint(cell.offset());
    zips.varint(cell.bytes());
  });
  if (vm.memory > next) add(0, vm.memory - next);
  endRun();
  for (const ByteWriter* column : {&runs, &numbers, &zips}) {
    out.varint(column->size());
    out.append(column->bytes());
  }
}

Result<WorldModel> WorldKeyframe::decode(std::span<const std::byte> bytes, const TraceHeader& header) {
  WorldModel world(header);
  ByteReader in(bytes);
  world.sequence_ = in.varint();
  std::array<std::uint64_t, kWorldFigures> figures{};
  for (std::size_t i = kVmFigures; i < kWorldFigures; ++i) figures[i] = in.varint();
  if (figures[static_cast<std::size_t>(WorldFigure::FreeState)] > static_cast<std::uint64_t>(FreeState::Low) ||
      figures[static_cast<std::size_t>(WorldFigure::ReclaimReason)] > static_cast<std::uint64_t>(ReclaimReason::Target)) {
    return failure("the keyframe has impossible figures of the host");
  }
  for (std::size_t i = kVmFigures; i < kWorldFigures; ++i) world.setFigure(kNoVm, figureAt(i), figures[i]);
  const std::uint64_t kinds = in.varintUpTo(kEventKinds);  // an older version knew fewer
  for (std::size_t i = 0; i < kinds; ++i) world.host_.events[i] = in.varint();
  VirtualTime from;
  for (std::uint64_t changes = in.varintUpTo(in.left()); changes > 0 && !in.failed(); --changes) {
    from += VirtualTime(in.varintUpTo((world.hostTime_ - from).value()));
    world.host_.requested.push_back({from, in.varint()});
  }

  const std::uint64_t frames = in.varintUpTo(world.hostMemory_.value());
  std::uint64_t mfn = 0;
  for (std::uint64_t i = 0; i < frames && !in.failed(); ++i) {
    mfn += in.varint();
    const std::uint64_t vm = in.varintUpTo(world.vms_.size());
    const std::uint64_t use = in.varintUpTo(static_cast<std::uint64_t>(OverheadUse::Other));
    if (in.failed()) break;
    if (mfn >= world.hostMemory_.value() || world.frames_.get(mfn) != 0) return failure("the keyframe has an impossible frame {:#x}", mfn);
    const VmId owner(static_cast<std::uint16_t>(vm - 1));
    world.setFrame(mfn, use == 0 ? FrameCell(FrameUse::ZipStore, owner, 0) : FrameCell(FrameUse::Overhead, owner, use));
  }
  std::vector<std::uint64_t> zeroFrames;
  mfn = 0;
  for (std::uint64_t i = in.varintUpTo(world.hostMemory_.value()); i > 0 && !in.failed(); --i) {
    mfn += in.varintUpTo(world.hostMemory_.value());
    zeroFrames.push_back(mfn);
  }
  for (std::size_t v = 0; v < world.vms_.size() && !in.failed(); ++v) {
    const VmId id(static_cast<std::uint16_t>(v));
    WorldModel::Vm& vm = world.vms_[v];
    for (std::size_t i = 0; i < kVmFigures; ++i) world.setFigure(id, figureAt(i), in.varint());
    for (std::size_t i = 0; i < kinds; ++i) vm.figures.events[i] = in.varint();
    vm.figures.crashText = in.text(kTextMax);
    vm.figures.consoleLine = in.text(kTextMax);
    if (!decodePages(world, id, in)) return failure("the keyframe has impossible pages of {}", vm.name);
    if (!decodeLarge(world, id, in)) return failure("the keyframe has an impossible large page of {}", vm.name);
  }
  if (in.failed() || !in.atEnd()) return failure("the keyframe is malformed");
  for (const std::uint64_t zeros : zeroFrames) {
    if (zeros >= world.hostMemory_.value() || FrameCell(world.frames_.get(zeros)).use() != FrameUse::Shared)
      return failure("the keyframe has zeros in frame {:#x}, which is not shared", zeros);
    world.setFrame(zeros, FrameCell(world.frames_.get(zeros)).withZeros());
  }
  return world;
}

bool WorldKeyframe::decodePages(WorldModel& world, VmId id, ByteReader& in) {
  const auto column = [&in] { return ByteReader(in.bytes(static_cast<std::size_t>(in.varintUpTo(in.left())))); };
  ByteReader runs = column(), numbers = column(), zips = column();
  const std::uint64_t memory = world.vms_[id.value()].memory;
  std::uint64_t gfn = 0, number = 0;
  while (!runs.atEnd()) {
    const std::uint64_t kind = runs.varintUpTo(kKindBits);
    const std::uint64_t end = gfn + runs.varintUpTo(memory - gfn);
    const PageCell plain(kind);
    if (runs.failed() || kind >> 3 > static_cast<std::uint64_t>(GuestUse::Unknown)) return false;
    if ((kind & 7) >= kPagePlaces) return false;
    if (kind == 0) gfn = end;
    for (; gfn < end; ++gfn) {
      PageCell cell = plain;
      if (plain.place() != PagePlace::Untouched && plain.place() != PagePlace::Ballooned) {
        number = numbers.delta(number + 1);
        if (numbers.failed() || number > 0xffff'ffffu) return false;
        std::uint64_t offset = 0, bytes = 0;
        if (plain.place() == PagePlace::Zipped) {
          offset = zips.varintUpTo(kPageSize - 1);
          bytes = zips.varintUpTo(kPageSize - 1);
          if (zips.failed()) return false;
        }
        cell = plain.at(plain.place(), number, offset, bytes);
        if (plain.place() == PagePlace::Zipped && cell.misplaced()) return false;
      }
      if (!placePage(world, id, gfn, cell)) return false;
    }
  }
  return gfn == memory && numbers.atEnd() && zips.atEnd();
}

bool WorldKeyframe::decodeLarge(WorldModel& world, VmId id, ByteReader& in) {
  const WorldModel::Vm& vm = world.vms_[id.value()];
  std::uint64_t next = 0;
  for (std::uint64_t left = in.varintUpTo(vm.large.size()); left > 0; --left) {
    const std::uint64_t skipped = in.varint();
    if (in.failed() || skipped >= vm.large.size() - next) return false;
    const std::uint64_t first = (next + skipped) * kLargePagePages, mfn = PageCell(vm.pages.get(first)).number();
    next += skipped + 1;
    if (mfn % kLargePagePages != 0) return false;
    for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
      const PageCell cell(vm.pages.get(first + i));
      if (cell.place() != PagePlace::Private || cell.number() != mfn + i) return false;
    }
    world.setLarge(id, first, 1);
  }
  return !in.failed();
}

// Puts a page where the keyframe says, and its frame with it.
bool WorldKeyframe::placePage(WorldModel& world, VmId id, std::uint64_t gfn, PageCell cell) {
  const std::uint64_t number = cell.number();
  if (cell.place() == PagePlace::Swapped) {
    if (number >= world.vms_[id.value()].memory || world.vms_[id.value()].slots.get(number) != 0) return false;
  } else if (cell.place() == PagePlace::Private || cell.place() == PagePlace::Shared || cell.inStore()) {
    if (number >= world.hostMemory_.value()) return false;
    const FrameCell frame(world.frames_.get(number));
    if (cell.place() == PagePlace::Private) {
      if (frame.use() != FrameUse::Free) return false;
      world.setFrame(number, FrameCell(FrameUse::Private, id, gfn));
    } else if (cell.place() == PagePlace::Shared) {
      if (frame.use() != FrameUse::Free && frame.use() != FrameUse::Shared) return false;
      world.setFrame(number, FrameCell(FrameUse::Shared, kNoVm, frame.number() + 1));
    } else {
      if (frame.use() != FrameUse::ZipStore || frame.vm() != id) return false;
      world.setFrame(number, FrameCell(FrameUse::ZipStore, id, frame.number() + 1));
    }
  }
  world.setPage(id, gfn, cell);
  return true;
}

}  // namespace overcommit
