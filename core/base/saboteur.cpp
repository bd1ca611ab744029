// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/saboteur.h"

#include <algorithm>
#include <array>

namespace overcommit {
namespace {

constexpr std::array kSaboteurs{
    SaboteurInfo{Saboteur::MissingBreak, "missing-break",
                 "a write to a shared page goes to the frame that the others still share: the copy is made and recorded, but never shown",
                 "the other sharers read what they did not write; --audit finds a window that shows the wrong frame"},
    SaboteurInfo{Saboteur::HashOnlyMatch, "hash-only-match", "page sharing believes its hash, of 12 bits, and compares no bytes",
                 "guests read other pages than they wrote, and programs that check their data panic"},
    SaboteurInfo{Saboteur::UnpinnedBalloon, "unpinned-balloon",
                 "when the balloon driver gives a page up, the host takes the page behind it, which nobody pinned",
                 "the guest finds zeros where its data was; events inflate and pop tell of the wrong page"},
    SaboteurInfo{Saboteur::NoFitCheck, "no-fit-check",
                 "a page that does not compress to half a page is put into the compression cache all the same, and cut off",
                 "the VM is stopped when it touches such a page: it cannot be decompressed"},
    SaboteurInfo{Saboteur::StaleWindow, "stale-window",
                 "when a page leaves memory, the guest still sees its old frame, whoever has that now",
                 "guests overwrite each other's pages; --audit finds a window that shows a page that is not present"},
    SaboteurInfo{Saboteur::WrongThresholdDirection, "wrong-threshold-direction",
                 "thresholds of the free-memory state are compared the wrong way round",
                 "the state is low while much is free, and high while nothing is: event free-state, metric host.state"},
    SaboteurInfo{Saboteur::NoHysteresis, "no-hysteresis", "a free-memory state is left at the very threshold at which it was entered",
                 "the state changes many times as often: events free-state"},
    SaboteurInfo{Saboteur::IgnoredTax, "ignored-tax", "idle memory is not taxed, whatever Mem.IdleTax says",
                 "a VM that does nothing keeps what its shares give it: event target, metric vm.NAME.target"},
    SaboteurInfo{Saboteur::NewestEvicted, "newest-evicted", "a full compression cache throws out the page that it took in last",
                 "pages are swapped in soon after they were compressed; event swap-out names young pages"},
};

}  // namespace

std::span<const SaboteurInfo> saboteurTable() { return kSaboteurs; }

std::string_view nameOf(Saboteur saboteur) {
  const auto found = std::ranges::find(kSaboteurs, saboteur, &SaboteurInfo::saboteur);
  return found == kSaboteurs.end() ? std::string_view() : found->name;
}

std::optional<Saboteur> saboteurNamed(std::string_view name) {
  const auto found = std::ranges::find(kSaboteurs, name, &SaboteurInfo::name);
  return found == kSaboteurs.end() ? std::nullopt : std::optional(found->saboteur);
}

}  // namespace overcommit
