// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "trace/byte_stream.h"
#include "trace/event.h"

namespace overcommit {

// Events of one block, column by column. Numbers are written as differences to what came before in the same block, so that the
// common runs (the next gfn, the next frame, the same cost) become equal bytes, and equal things stand side by side for LZ4:
//
//   heads   one byte an event: kind | kHeadVmDiffers | kHeadTimeDiffers
//   vms     of events whose VM differs from that of the event before       times   likewise, host time
//   for each kind:  vmTime, gfn, mfn, cause, value 1 … 4, text             only the fields that the kind carries
//
// A block can be read without any other: all references start anew.

inline constexpr std::uint8_t kHeadKindMask = 0x3f, kHeadVmDiffers = 0x40, kHeadTimeDiffers = 0x80;
static_assert(kEventKinds <= kHeadKindMask);

// No block holds more, so that a hostile count is refused before memory is taken.
inline constexpr std::uint32_t kMaxBlockEvents = 1u << 20;

enum class EventColumn : std::uint8_t { VmTime, GuestFrame, MachineFrame, Cause, Value1, Value2, Value3, Value4, Text };
inline constexpr std::size_t kEventColumns = 9;
// Columns of a whole block, numbered before those of the kinds: column c of kind k has number k * 16 + c.
inline constexpr std::uint32_t kHeadsColumn = 0, kVmsColumn = 1, kTimesColumn = 2, kColumnsPerKind = 16;

// What numbers are differences to. Encoder and decoder keep equal ones.
class EventReferences {
 public:
  struct OfKind {
    std::uint64_t gfn = 0;
    std::array<std::uint64_t, kEventValues> values{};
  };
  struct OfVm {
    std::uint64_t vmTime = 0;
    std::array<OfKind, kEventKinds> kinds{};
  };

  explicit EventReferences(VirtualTime firstTime) { restart(firstTime); }
  void restart(VirtualTime firstTime);
  OfVm& of(VmId which) {
    const std::size_t index = static_cast<std::uint16_t>(which.value() + 1);  // kNoVm comes first
    if (index >= vms_.size()) [[unlikely]]
      extend(index);
    return vms_[index];
  }

  VmId vm;
  std::uint64_t hostTime = 0;
  std::uint64_t mfn = 0;

 private:
  void extend(std::size_t index);
  std::uint64_t firstTime_ = 0;
  std::vector<OfVm> vms_;
};

class EventBlockEncoder {
 public:
  EventBlockEncoder();

  // Sequence numbers follow one another; host times do not decrease; a cause comes before its event. Text beyond kEventTextMax
  // is cut.
  void add(const Event& event);

  [[nodiscard]] std::uint32_t events() const { return events_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // of the columns so far, about
  [[nodiscard]] std::uint64_t firstSequence() const { return firstSequence_; }
  [[nodiscard]] VirtualTime firstTime() const { return firstTime_; }
  [[nodiscard]] VirtualTime lastTime() const { return VirtualTime(references_.hostTime); }

  // The block's payload; the encoder is empty afterwards.
  std::vector<std::byte> finish();

 private:
  using KindColumns = std::array<ByteWriter, kEventColumns>;

  EventReferences references_{VirtualTime()};
  ByteWriter heads_, vms_, times_;
  std::vector<KindColumns> kinds_;
  std::uint32_t events_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t firstSequence_ = 0;
  VirtualTime firstTime_;
};

class EventBlockDecoder {
 public:
  // `payload` must outlive the decoder.
  static Result<EventBlockDecoder> open(std::span<const std::byte> payload, std::uint32_t events, std::uint64_t firstSequence,
                                        VirtualTime firstTime);

  // The next event into `event`; false when there is none left.
  Result<bool> next(Event& event);
  [[nodiscard]] std::uint64_t nextSequence() const { return sequence_; }

 private:
  using KindColumns = std::array<ByteReader, kEventColumns>;

  explicit EventBlockDecoder(VirtualTime firstTime) : references_(firstTime), kinds_(kEventKinds) {}
  [[nodiscard]] ByteReader* column(std::uint64_t number);
  [[nodiscard]] bool allRead() const;

  EventReferences references_;
  ByteReader heads_, vms_, times_;
  std::vector<KindColumns> kinds_;
  std::uint32_t left_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace overcommit
