// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace overcommit {

// A 64-bit number of one kind. Kinds do not mix: passing a guest frame number where a machine frame number is meant does not
// compile. `Tag` is only a name. Numbers that are counted (pages, bytes, time) add and subtract; names (frame numbers) do not.
template <typename Tag>
class Name {
 public:
  constexpr Name() = default;
  constexpr explicit Name(std::uint64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  // The name `n` further on, for runs of consecutive frames.
  [[nodiscard]] constexpr Name next(std::uint64_t n = 1) const { return Name(value_ + n); }
  friend constexpr auto operator<=>(Name, Name) = default;

 private:
  std::uint64_t value_ = 0;
};

template <typename Tag>
class Amount {
 public:
  constexpr Amount() = default;
  constexpr explicit Amount(std::uint64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  constexpr Amount& operator+=(Amount other) { return value_ += other.value_, *this; }
  constexpr Amount& operator-=(Amount other) { return value_ -= other.value_, *this; }
  friend constexpr Amount operator+(Amount a, Amount b) { return Amount(a.value_ + b.value_); }
  friend constexpr Amount operator-(Amount a, Amount b) { return Amount(a.value_ - b.value_); }
  friend constexpr Amount operator*(Amount a, std::uint64_t n) { return Amount(a.value_ * n); }
  friend constexpr Amount operator/(Amount a, std::uint64_t n) { return Amount(a.value_ / n); }
  friend constexpr auto operator<=>(Amount, Amount) = default;

 private:
  std::uint64_t value_ = 0;
};

using Mfn = Name<struct MfnTag>;  // machine frame number (ESX: MPN)
using Gfn = Name<struct GfnTag>;  // guest-physical frame number (ESX: PPN)
using Gva = Name<struct GvaTag>;  // guest-virtual address
using Gpa = Name<struct GpaTag>;  // guest-physical address
using Bytes = Amount<struct BytesTag>;
using Pages = Amount<struct PagesTag>;              // of 4 KiB
using VirtualTime = Amount<struct VirtualTimeTag>;  // nanoseconds: an instant since the start of the run, or a duration

inline constexpr std::uint64_t kPageSize = 4096;
inline constexpr unsigned kPageShift = 12;

// Pages of 4 KiB in a large page of 2 MiB, which lies at a multiple of as many frames in the guest's memory and in the machine's.
inline constexpr std::uint64_t kLargePagePages = 512;
constexpr Gfn largePageOf(Gfn gfn) { return Gfn(gfn.value() / kLargePagePages * kLargePagePages); }

constexpr Bytes bytesOf(Pages pages) { return Bytes(pages.value() * kPageSize); }
// Whole pages that hold `bytes`, rounded up.
constexpr Pages pagesOf(Bytes bytes) { return Pages((bytes.value() + kPageSize - 1) / kPageSize); }
constexpr Gfn gfnOf(Gpa gpa) { return Gfn(gpa.value() >> kPageShift); }
constexpr Gpa gpaOf(Gfn gfn) { return Gpa(gfn.value() << kPageShift); }

constexpr VirtualTime nanoseconds(std::uint64_t n) { return VirtualTime(n); }
constexpr VirtualTime microseconds(std::uint64_t n) { return VirtualTime(n * 1'000); }
constexpr VirtualTime milliseconds(std::uint64_t n) { return VirtualTime(n * 1'000'000); }
constexpr VirtualTime seconds(std::uint64_t n) { return VirtualTime(n * 1'000'000'000); }

// A VM's number: its place in the scenario, from 0. `kNoVm` stands for the host itself.
class VmId {
 public:
  constexpr VmId() = default;
  constexpr explicit VmId(std::uint16_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint16_t value() const { return value_; }
  friend constexpr auto operator<=>(VmId, VmId) = default;

 private:
  std::uint16_t value_ = std::numeric_limits<std::uint16_t>::max();
};
inline constexpr VmId kNoVm{};
inline constexpr std::size_t kMaxVms = 4096;

}  // namespace overcommit
