// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/idle_tax.h"

#include <algorithm>

#include "base/error.h"

namespace overcommit {
namespace {

// The price of an active page and, bracket by bracket, of an idle one, in units that make all of them whole.
struct Prices {
  std::uint64_t active;
  std::array<std::uint64_t, 3> idle;
};

Prices pricesOf(IdleTax tax) {
  const std::uint64_t t = tax.percent;
  invariant(t < 100, "the idle tax is less than everything");
  if (tax.curve == IdleTaxCurve::Flat) return {100 - t, {100, 100, 100}};  // 1 : 1 / (1 - t)
  // At the rate b * t / 3 an idle page costs 300 / (300 - b * t); times all three denominators.
  const std::uint64_t a = 300 - t, b = 300 - 2 * t, c = 300 - 3 * t;
  return {a * b * c, {300 * b * c, 300 * a * c, 300 * a * b}};
}

}  // namespace

ChargeCurve::ChargeCurve(Pages active, IdleTax tax) : pieces_{}, count_(0) {
  const Prices prices = pricesOf(tax);
  const auto append = [this](std::uint64_t start, std::uint64_t each) {
    std::uint64_t before = 0;
    if (count_ > 0) {
      const Piece& last = pieces_[count_ - 1];
      before = last.before + (start - last.start) * last.each;
    }
    pieces_[count_++] = {start, before, each};
  };
  const std::uint64_t used = std::min(active, kMostTaxedPages).value();
  append(0, prices.active);
  if (tax.curve == IdleTaxCurve::Flat) {
    append(used, prices.idle[0]);
    return;
  }
  append(used, prices.idle[0]);
  append(std::min(2 * used, kMostTaxedPages.value()), prices.idle[1]);
  append(std::min(4 * used, kMostTaxedPages.value()), prices.idle[2]);
}

std::uint64_t ChargeCurve::chargeOf(Pages pages) const {
  invariant(pages <= kMostTaxedPages, "no VM has more memory than can be taxed");
  std::size_t i = count_ - 1;
  while (pages.value() < pieces_[i].start) --i;
  return pieces_[i].before + (pages.value() - pieces_[i].start) * pieces_[i].each;
}

Pages ChargeCurve::pagesFor(std::uint64_t charge) const {
  std::size_t i = count_ - 1;
  while (charge < pieces_[i].before) --i;
  return std::min(Pages(pieces_[i].start + (charge - pieces_[i].before) / pieces_[i].each), kMostTaxedPages);
}

std::uint64_t chargeUnit(IdleTax tax) { return pricesOf(tax).active; }

}  // namespace overcommit
