// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/subject_text.h"

#include <QCoreApplication>
#include <array>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

QString tell(const char* text) { return QCoreApplication::translate("Subject", text); }

template <std::size_t n, typename Name>
QString sums(const std::array<std::uint64_t, n>& counts, Name name) {
  QStringList parts;
  for (std::size_t i = 0; i < n; ++i) {
    if (counts[i] != 0) parts << QStringLiteral("%1 %2").arg(name(i), grouped(counts[i]));
  }
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

QString hexText(std::uint64_t number) { return QStringLiteral("0x%1").arg(number, 0, 16); }

QString nameOfPlace(PagePlace place) {
  switch (place) {
    case PagePlace::Untouched: return tell("untouched");
    case PagePlace::Private: return tell("private");
    case PagePlace::Shared: return tell("shared");
    case PagePlace::Ballooned: return tell("ballooned");
    case PagePlace::Zipped: return tell("compressed");
    case PagePlace::Swapped: return tell("swapped");
  }
  return {};
}

QString nameOfUse(FrameUse use) {
  switch (use) {
    case FrameUse::Free: return tell("free");
    case FrameUse::Private: return tell("private");
    case FrameUse::Shared: return tell("shared");
    case FrameUse::ZipStore: return tell("zip store");
    case FrameUse::Overhead: return tell("overhead");
  }
  return {};
}

QString nameOfGuestUse(GuestUse use) {
  switch (use) {
    case GuestUse::Free: return tell("free");
    case GuestUse::Kernel: return tell("kernel");
    case GuestUse::Table: return tell("page table");
    case GuestUse::Cache: return tell("page cache");
    case GuestUse::User: return tell("program memory");
    case GuestUse::Balloon: return tell("balloon");
    case GuestUse::Unknown: return tell("not told");
  }
  return {};
}

QString nameOfState(FreeState state) {
  switch (state) {
    case FreeState::High: return tell("high");
    case FreeState::Clear: return tell("clear");
    case FreeState::Soft: return tell("soft");
    case FreeState::Hard: return tell("hard");
    case FreeState::Low: return tell("low");
  }
  return {};
}

QString whereIs(const WorldModel& world, const WorldPage& page) {
  switch (page.place) {
    case PagePlace::Untouched: return tell("untouched: no frame is behind it");
    case PagePlace::Private:
      return (page.large ? tell("private, in frame %1, part of a large page") : tell("private, in frame %1"))
          .arg(hexText(page.mfn.value()));
    case PagePlace::Shared:
      return tell("shared, in frame %1, which %2 pages use").arg(hexText(page.mfn.value()), grouped(world.frame(page.mfn).references));
    case PagePlace::Ballooned: return tell("in the balloon: the guest has given it up");
    case PagePlace::Zipped:
      if (page.compressedBytes == 0) return tell("compressed to nothing: every word of it is the same");
      return tell("compressed to %1 bytes, in zip store frame %2 at %3")
          .arg(page.compressedBytes)
          .arg(hexText(page.mfn.value()))
          .arg(page.storeOffset);
    case PagePlace::Swapped: return tell("in slot %1 of the VM's swap file").arg(page.slot);
  }
  return {};
}

QString pageText(const WorldModel& world, VmId vm, Gfn gfn, Seat seat) {
  const WorldPage page = world.page(vm, gfn);
  QString text = tell("%1, page %2").arg(qstring(world.name(vm)), hexText(gfn.value()));
  if (seesMachine(seat)) text += QLatin1Char('\n') + whereIs(world, page);
  if (seat != Seat::Hypervisor) text += QLatin1Char('\n') + tell("the guest's use: %1").arg(nameOfGuestUse(page.guestUse));
  return text;
}

QString rowText(const WorldModel& world, VmId vm, std::uint64_t first, std::uint64_t pages, Seat seat) {
  std::array<std::uint64_t, kPagePlaces> places{};
  std::array<std::uint64_t, kGuestUses> uses{};
  const std::uint64_t end = std::min(first + pages, world.memory(vm).value());
  for (std::uint64_t gfn = first; gfn < end; ++gfn) {
    const PageCell page = world.pageCell(vm, gfn);
    ++places[static_cast<std::size_t>(page.place())];
    ++uses[static_cast<std::size_t>(page.use())];
  }
  return tell("%1, pages %2 to %3").arg(qstring(world.name(vm)), hexText(first), hexText(end - 1)) + QLatin1Char('\n') +
         (seesMachine(seat) ? sums(places, [](std::size_t i) { return nameOfPlace(static_cast<PagePlace>(i)); })
                            : sums(uses, [](std::size_t i) { return nameOfGuestUse(static_cast<GuestUse>(i)); }));
}

QString vmText(const WorldModel& world, VmId vm, Seat seat) {
  const WorldVm& figures = world.vm(vm);
  const QString first = tell("%1, %2 pages").arg(qstring(world.name(vm)), grouped(world.memory(vm).value())) + QLatin1Char('\n');
  if (!seesMachine(seat))
    return first + sums(figures.guestPages, [](std::size_t i) { return nameOfGuestUse(static_cast<GuestUse>(i)); }) + QLatin1Char('\n') +
           tell("%1 operations").arg(grouped(figures.operations));
  return first + sums(figures.pages, [](std::size_t i) { return nameOfPlace(static_cast<PagePlace>(i)); }) + QLatin1Char('\n') +
         tell("target %1 pages · %2 operations").arg(grouped(figures.targetPages), grouped(figures.operations));
}

QString frameText(const WorldModel& world, Mfn mfn) {
  const WorldFrame frame = world.frame(mfn);
  QString text = tell("machine frame %1: %2").arg(hexText(mfn.value()), nameOfUse(frame.use));
  const QString owner = frame.vm == kNoVm ? tell("the host") : frame.vm.value() < world.vms() ? qstring(world.name(frame.vm)) : QString();
  switch (frame.use) {
    case FrameUse::Free: break;
    case FrameUse::Private: text += QLatin1Char('\n') + tell("page %1 of %2").arg(hexText(frame.gfn.value()), owner); break;
    case FrameUse::Shared:
      text += QLatin1Char('\n') +
              (frame.zeros ? tell("%1 pages share it; it holds zeros only") : tell("%1 pages share it")).arg(grouped(frame.references));
      break;
    case FrameUse::ZipStore: text += QLatin1Char('\n') + tell("%1 compressed pages of %2").arg(grouped(frame.references), owner); break;
    case FrameUse::Overhead: text += QLatin1Char('\n') + tell("%1, of %2").arg(qstring(nameOf(frame.overhead)), owner); break;
  }
  return text;
}

QString frameRowText(const WorldModel& world, std::uint64_t first, std::uint64_t frames) {
  std::array<std::uint64_t, kFrameUses> counts{};
  const std::uint64_t end = std::min(first + frames, world.hostMemory().value());
  for (std::uint64_t mfn = first; mfn < end; ++mfn) ++counts[static_cast<std::size_t>(world.frame(Mfn(mfn)).use)];
  return tell("machine frames %1 to %2").arg(hexText(first), hexText(end - 1)) + QLatin1Char('\n') +
         sums(counts, [](std::size_t i) { return nameOfUse(static_cast<FrameUse>(i)); });
}

}  // namespace overcommit::gui
