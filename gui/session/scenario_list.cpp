// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/scenario_list.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <algorithm>
#include <array>

namespace overcommit::gui {
namespace {

struct Topic {
  const char* name;
  std::array<const char*, 8> files;  // without .toml
};
constexpr std::array kTopics{
    Topic{"Begin here", {"demo", "a-limit-bites", "two-passes", "scripts-only"}},
    Topic{"Techniques", {"balloon-latency", "double-paging", "large-pages", "incompressible", "leak", "idle", "phases", "toucher"}},
    Topic{"Whole hosts", {"fifteen-vms-reclaim-off", "fifteen-vms-reclaim-on", "sixty-four-vms", "boot-storm", "boot-zero"}},
    Topic{"Workloads", {"webserver", "database", "java-heap", "desktop", "compile"}},
};

struct Placed {
  std::size_t topic, place;
};
Placed placeOf(const QString& file) {
  for (std::size_t t = 0; t < kTopics.size(); ++t) {
    for (std::size_t i = 0; i < kTopics[t].files.size(); ++i) {
      if (kTopics[t].files[i] != nullptr && file == QLatin1String(kTopics[t].files[i])) return {t, i};
    }
  }
  return {kTopics.size(), 0};
}

QString nameOfTopic(std::size_t topic) {
  if (topic < kTopics.size()) return QCoreApplication::translate("ScenarioList", kTopics[topic].name);
  return QCoreApplication::translate("ScenarioList", "Published experiments");
}

ScenarioEntry entryOf(const QString& path, const QString& name) {
  ScenarioEntry entry;
  entry.path = path;
  entry.title = name;
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return entry;
  static const QRegularExpression kTitle(QStringLiteral("^title\\s*=\\s*\"(.*)\"\\s*$"));
  bool above = true;
  while (!file.atEnd()) {
    const QString line = QString::fromUtf8(file.readLine(4096)).trimmed();
    if (above && line.startsWith(QLatin1Char('#'))) {
      const QString words = line.mid(1).trimmed();
      if (!words.startsWith(QStringLiteral("SPDX"))) entry.about += (entry.about.isEmpty() ? QString() : QStringLiteral(" ")) + words;
    } else if (!line.isEmpty()) {
      above = false;
    }
    if (const auto match = kTitle.match(line); match.hasMatch()) {
      entry.title = match.captured(1);
      break;
    }
  }
  return entry;
}

}  // namespace

std::vector<ScenarioEntry> scenariosIn(const QString& folder) {
  std::vector<std::pair<Placed, ScenarioEntry>> found;
  if (folder.isEmpty()) return {};
  for (const QFileInfo& info : QDir(folder).entryInfoList({QStringLiteral("*.toml")}, QDir::Files, QDir::Name)) {
    const Placed placed = placeOf(info.completeBaseName());
    found.emplace_back(placed, entryOf(info.filePath(), info.completeBaseName()));
    found.back().second.topic = nameOfTopic(placed.topic);
  }
  std::ranges::stable_sort(found, [](const auto& a, const auto& b) {
    return std::pair(a.first.topic, a.first.place) < std::pair(b.first.topic, b.first.place);
  });
  std::vector<ScenarioEntry> entries;
  for (auto& [placed, entry] : found) entries.push_back(std::move(entry));
  return entries;
}

QString withProfile(const QString& scenario, const QString& profile) {
  static const QRegularExpression kProfile(QStringLiteral("^\\s*profile\\s*="), QRegularExpression::MultilineOption);
  static const QRegularExpression kHost(QStringLiteral("^\\[host\\][^\\n]*\\n"), QRegularExpression::MultilineOption);
  const auto host = kHost.match(scenario);
  if (kProfile.match(scenario).hasMatch() || !host.hasMatch()) return scenario;
  QString changed = scenario;
  return changed.insert(host.capturedEnd(), QStringLiteral("profile = \"%1\"\n").arg(profile));
}

}  // namespace overcommit::gui
