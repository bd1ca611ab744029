// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/dynamic_aliases.h"

namespace overcommit {
namespace {

std::uint32_t plusOne(std::uint64_t number) { return static_cast<std::uint32_t>(number + 1); }

std::optional<std::uint64_t> minusOne(std::uint32_t number) {
  if (number == 0) return std::nullopt;
  return std::uint64_t{number} - 1;
}

}  // namespace

void DynamicAliases::link(std::uint64_t page, Gfn gfn) {
  if (gfnOf(page) == gfn) return;
  unlink(page);
  std::uint32_t& first = first_.at(gfn.value());
  links_.at(page) = Link{plusOne(gfn.value()), first, 0};
  if (first != 0) links_.at(first - 1).previous = plusOne(page);
  first = plusOne(page);
}

void DynamicAliases::unlink(std::uint64_t page) {
  const Link link = links_.get(page);
  if (link.gfn == 0) return;
  if (link.previous != 0) {
    links_.at(link.previous - 1).next = link.next;
  } else {
    first_.at(link.gfn - 1) = link.next;
  }
  if (link.next != 0) links_.at(link.next - 1).previous = link.previous;
  links_.at(page) = Link{};
}

void DynamicAliases::clear() {
  first_.clear();
  links_.clear();
}

std::optional<Gfn> DynamicAliases::gfnOf(std::uint64_t page) const {
  const auto gfn = minusOne(links_.get(page).gfn);
  if (!gfn) return std::nullopt;
  return Gfn(*gfn);
}

std::optional<std::uint64_t> DynamicAliases::first(Gfn gfn) const { return minusOne(first_.get(gfn.value())); }

std::optional<std::uint64_t> DynamicAliases::next(std::uint64_t page) const { return minusOne(links_.get(page).next); }

}  // namespace overcommit
