// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "base/ids.h"

namespace overcommit {

// The idle memory tax (W02 section 5.2): an idle page is charged k = 1 / (1 - tau) times as much as an active one, so that a VM pays
//
//     rho = shares / charge     charge = active + k * idle = P * (f + k * (1 - f))
//
// per unit of its charge. Flat: the same k for every idle page (Mem.IdleTaxType 0). Progressive: like an income tax, in brackets;
// idle pages up to as many as there are active ones are taxed at a third of tau, the next twice as many at two thirds, all others
// at tau. So the effective rate grows with idle : active, as DOC-TAX says, and never exceeds tau; the real curve is not published.
enum class IdleTaxCurve : std::uint8_t { Flat, Progressive };

struct IdleTax {
  std::uint32_t percent = 0;  // tau, 0 to 99
  IdleTaxCurve curve = IdleTaxCurve::Flat;
  friend bool operator==(const IdleTax&, const IdleTax&) = default;
};

// More pages than any VM has, and few enough that all charges fit 64 bits.
inline constexpr Pages kMostTaxedPages{std::uint64_t{1} << 36};

// What `active` pages in use make every page cost, as whole numbers: all charges under one tax have the same unit, chargeUnit(tax)
// for an active page. The charge rises strictly with every page and is linear in up to four pieces:
//
//   charge |            /  tau
//          |         ,-'       2/3 tau
//          |     _,-'   1/3 tau
//          |__,-'
//          +--+---+-----+----- pages
//             A  2A    4A
class ChargeCurve {
 public:
  ChargeCurve(Pages active, IdleTax tax);

  // Of `pages` <= kMostTaxedPages.
  [[nodiscard]] std::uint64_t chargeOf(Pages pages) const;
  // The most pages that cost at most `charge`, but never more than kMostTaxedPages.
  [[nodiscard]] Pages pagesFor(std::uint64_t charge) const;

 private:
  struct Piece {
    std::uint64_t start;   // pages before it
    std::uint64_t before;  // what they cost
    std::uint64_t each;    // what a page costs within it
  };
  std::array<Piece, 4> pieces_;
  std::size_t count_;
};

std::uint64_t chargeUnit(IdleTax tax);

}  // namespace overcommit
