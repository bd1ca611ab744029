// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/inspector_text.h"

#include <QCoreApplication>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"
#include "trace/event_text.h"

namespace overcommit::gui {
namespace {

QString phrase(const char* text) { return QCoreApplication::translate("Inspector", text); }

QString heading(const QString& text) { return QStringLiteral("<h4>%1</h4>").arg(text.toHtmlEscaped()); }
QString paragraph(const QString& html) { return QStringLiteral("<p>%1</p>").arg(html); }

QString vmLink(const WorldModel& world, VmId vm) {
  return QStringLiteral("<a href=\"vm:%1\">%2</a>").arg(vm.value()).arg(qstring(world.name(vm)).toHtmlEscaped());
}
QString frameLink(Mfn mfn) { return QStringLiteral("<a href=\"frame:%1\">%2</a>").arg(mfn.value()).arg(hexText(mfn.value())); }
QString pageLink(VmId vm, Gfn gfn) {
  return QStringLiteral("<a href=\"page:%1:%2\">%3</a>").arg(vm.value()).arg(gfn.value()).arg(hexText(gfn.value()));
}

QString row(const QString& name, const QString& value) {
  return QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td align=\"right\">%2</td></tr>").arg(name.toHtmlEscaped(), value);
}

// What the values of an event say, for a line of history.
QString detailOf(const Event& event) {
  QStringList parts;
  const EventInfo& info = infoOf(event.kind);
  if (info.hasMfn && event.mfn.value() != 0) parts << phrase("frame %1").arg(frameLink(event.mfn));
  for (std::size_t i = 0; i < kEventValues; ++i) {
    if (!info.values[i].empty())
      parts << QStringLiteral("%1 %2").arg(qstring(info.values[i]), qstring(eventValueText(event, i)).toHtmlEscaped());
  }
  return parts.join(QStringLiteral(", "));
}

QString placeHtml(const WorldModel& world, const WorldPage& page) {
  switch (page.place) {
    case PagePlace::Private:
      return (page.large ? phrase("private, in frame %1, part of a large page") : phrase("private, in frame %1")).arg(frameLink(page.mfn));
    case PagePlace::Shared:
      return phrase("shared, in frame %1, which %2 pages use").arg(frameLink(page.mfn), grouped(world.frame(page.mfn).references));
    case PagePlace::Zipped:
      if (page.compressedBytes == 0) break;
      return phrase("compressed to %1 bytes, in zip store frame %2 at byte %3")
          .arg(page.compressedBytes)
          .arg(frameLink(page.mfn))
          .arg(page.storeOffset);
    case PagePlace::Untouched:
    case PagePlace::Ballooned:
    case PagePlace::Swapped: break;
  }
  return whereIs(world, page).toHtmlEscaped();
}

QString storyHtml(const PageStory& story) {
  QString html;
  for (const WhyChain& chain : story.why.chains) {
    html += heading(qstring(chain.title)) + QStringLiteral("<ol>");
    for (const WhyLink& link : chain.links)
      html += QStringLiteral("<li>%1<br>%2</li>").arg(eventLinkHtml(link.event), qstring(link.sentence).toHtmlEscaped());
    html += QStringLiteral("</ol>");
  }
  if (!story.why.leftAlone.empty()) {
    html += heading(phrase("Why not earlier or otherwise")) + QStringLiteral("<ul>");
    for (const WhyLink& link : story.why.leftAlone)
      html += QStringLiteral("<li>%1<br>%2</li>").arg(eventLinkHtml(link.event), qstring(link.sentence).toHtmlEscaped());
    html += QStringLiteral("</ul>");
  }
  html += heading(phrase("Its history, newest first"));
  if (story.events.empty()) return html + paragraph(phrase("Nothing has happened to it yet."));
  html += QStringLiteral("<ul>");
  for (const Event& event : story.events) html += QStringLiteral("<li>%1<br>%2</li>").arg(eventLinkHtml(event), detailOf(event));
  html += QStringLiteral("</ul>");
  if (story.more) html += paragraph(phrase("… and older ones: the event log has them all."));
  return html;
}

QString pageHtml(const WorldModel& world, const Subject& subject, Seat seat, const PageStory* story) {
  const VmId vm = *subject.vm;
  const Gfn gfn = *subject.gfn;
  const WorldPage page = world.page(vm, gfn);
  QString html = QStringLiteral("<h3>%1</h3>").arg(phrase("%1, page %2").arg(vmLink(world, vm), hexText(gfn.value())));
  if (seesMachine(seat)) html += paragraph(QStringLiteral("<b>%1</b>").arg(placeHtml(world, page)));
  if (seat != Seat::Hypervisor) html += paragraph(phrase("The guest uses it as: <b>%1</b>").arg(nameOfGuestUse(page.guestUse)));
  if (seat == Seat::Hypervisor) html += paragraph(phrase("What the guest uses it for the hypervisor cannot know."));
  if (!seesMachine(seat)) return html + paragraph(phrase("Where it is, a guest cannot see. Take another seat to know."));
  if (story == nullptr) return html + paragraph(phrase("Reading its past …"));
  return html + storyHtml(*story);
}

QString guestHtml(const WorldVm& vm, Seat seat) {
  QString html = heading(phrase("What its guest uses it for")) + QStringLiteral("<table cellspacing=\"2\">");
  for (std::size_t i = 0; i < kGuestUses; ++i) {
    const auto use = static_cast<GuestUse>(i);
    if (seat == Seat::Application && use != GuestUse::User) continue;
    if (vm.at(use) != 0) html += row(nameOfGuestUse(use), mebibytes(vm.at(use)));
  }
  html += QStringLiteral("</table>");
  if (!vm.consoleLine.empty())
    html += heading(phrase("Last line of its console")) + QStringLiteral("<pre>%1</pre>").arg(qstring(vm.consoleLine).toHtmlEscaped());
  return html;
}

QString vmHtml(const WorldModel& world, VmId id, Seat seat) {
  const WorldVm& vm = world.vm(id);
  QString html = QStringLiteral("<h3>%1</h3>").arg(qstring(world.name(id)).toHtmlEscaped());
  if (vm.crashed) html += paragraph(phrase("<b>Crashed:</b> %1").arg(qstring(vm.crashText).toHtmlEscaped()));
  if (!vm.poweredOn && !vm.crashed) html += paragraph(phrase("It is off."));
  if (vm.blocked && seesMachine(seat)) html += paragraph(phrase("<b>Blocked:</b> it is not run until memory recovers."));
  html += QStringLiteral("<table cellspacing=\"2\">");
  html += row(phrase("memory"), mebibytes(world.memory(id).value()));
  if (!seesMachine(seat))
    return html + row(phrase("operations done"), grouped(vm.operations)) + QStringLiteral("</table>") + guestHtml(vm, seat);
  for (std::size_t i = 0; i < kPagePlaces; ++i) {
    const auto place = static_cast<PagePlace>(i);
    if (vm.at(place) != 0) html += row(nameOfPlace(place), mebibytes(vm.at(place)));
  }
  html += row(phrase("target"), mebibytes(vm.targetPages));
  html += row(phrase("working set, as estimated"), mebibytes(vm.activePages));
  html += row(phrase("balloon is to be"), mebibytes(vm.wantedBalloonPages));
  html += row(phrase("to be shared, compressed or swapped"), mebibytes(vm.swapTargetPages));
  html += row(phrase("reservation"), mebibytes(vm.reservationPages));
  html += row(phrase("limit"), vm.limitPages == kNoLimit ? phrase("none") : mebibytes(vm.limitPages));
  html += row(phrase("shares"), grouped(vm.shares));
  html += row(phrase("balloon driver"), vm.balloonDriver ? phrase("runs") : phrase("does not run"));
  html += row(phrase("overhead"), mebibytes(vm.overheadFrames));
  html += row(phrase("operations done"), grouped(vm.operations));
  html += QStringLiteral("</table>");
  // What a guest does with its memory the hypervisor cannot know.
  return seat == Seat::Hypervisor ? html : html + guestHtml(vm, seat);
}

QString frameHtml(const WorldModel& world, Mfn mfn) {
  constexpr std::size_t kMostSharers = 64;
  const WorldFrame frame = world.frame(mfn);
  QString html = QStringLiteral("<h3>%1</h3>").arg(phrase("Machine frame %1").arg(hexText(mfn.value())));
  html += paragraph(QStringLiteral("<b>%1</b>").arg(nameOfUse(frame.use)));
  if (frame.use == FrameUse::Private)
    html += paragraph(phrase("page %1 of %2").arg(pageLink(frame.vm, frame.gfn), vmLink(world, frame.vm)));
  if (frame.use == FrameUse::Overhead)
    html += paragraph(
        QStringLiteral("%1, %2").arg(qstring(nameOf(frame.overhead)), frame.vm == kNoVm ? phrase("of the host") : vmLink(world, frame.vm)));
  if (frame.use != FrameUse::Shared && frame.use != FrameUse::ZipStore) return html;
  if (frame.zeros) html += paragraph(phrase("It holds zeros only."));
  html +=
      heading(frame.use == FrameUse::Shared ? phrase("Pages that share it") : phrase("Compressed pages in it")) + QStringLiteral("<ul>");
  std::size_t shown = 0;
  for (std::size_t v = 0; v < world.vms(); ++v) {
    const VmId vm(static_cast<std::uint16_t>(v));
    world.forEachPage(vm, [&](std::uint64_t gfn, PageCell page) {
      const bool here =
          page.number() == mfn.value() && (frame.use == FrameUse::Shared ? page.place() == PagePlace::Shared : page.inStore());
      if (!here || shown == kMostSharers) return;
      ++shown;
      QString line = QStringLiteral("<li>%1 %2").arg(vmLink(world, vm), pageLink(vm, Gfn(gfn)));
      if (frame.use == FrameUse::ZipStore) line += phrase(": %1 bytes at byte %2").arg(page.bytes()).arg(page.offset());
      html += line + QStringLiteral("</li>");
    });
  }
  html += QStringLiteral("</ul>");
  if (frame.references > shown) html += paragraph(phrase("… and %1 more").arg(frame.references - shown));
  return html;
}

}  // namespace

QString eventLinkHtml(const Event& event) {
  return QStringLiteral("<a href=\"event:%1\">%2, %3</a>")
      .arg(event.sequence)
      .arg(qstring(infoOf(event.kind).name), clockText(event.hostTime, TimeDetail::Micro));
}

QString inspectorHtml(const WorldModel& world, const TraceHeader&, const Subject& subject, Seat seat, const PageStory* story) {
  if (subject.vm && subject.gfn) return pageHtml(world, subject, seat, story);
  if (subject.vm) return vmHtml(world, *subject.vm, seat);
  if (subject.mfn && !seesMachine(seat)) return paragraph(phrase("A guest cannot see machine frames. Take another seat to know."));
  if (subject.mfn) return frameHtml(world, *subject.mfn);
  return paragraph(
      phrase("Click a cell, a VM or a frame, or move there with the arrow keys: here stands what it is, what happened to it, and why."));
}

std::optional<InspectorLink> inspectorLink(const QString& link) {
  const QStringList parts = link.split(QLatin1Char(':'));
  bool first = false, second = false;
  const qulonglong a = parts.value(1).toULongLong(&first), b = parts.value(2).toULongLong(&second);
  if (!first) return std::nullopt;
  InspectorLink meant;
  if (parts[0] == QStringLiteral("event") && parts.size() == 2) {
    meant.event = a;
  } else if (parts[0] == QStringLiteral("frame") && parts.size() == 2) {
    meant.subject.mfn = Mfn(a);
  } else if (parts[0] == QStringLiteral("vm") && parts.size() == 2 && a < kMaxVms) {
    meant.subject.vm = VmId(static_cast<std::uint16_t>(a));
  } else if (parts[0] == QStringLiteral("page") && parts.size() == 3 && second && a < kMaxVms) {
    meant.subject.vm = VmId(static_cast<std::uint16_t>(a));
    meant.subject.gfn = Gfn(b);
  } else {
    return std::nullopt;
  }
  return meant;
}

}  // namespace overcommit::gui
