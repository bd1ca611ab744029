// SPDX-License-Identifier: GPL-2.0-or-later
// The reference pages carry tables made from the engine's own tables. Run with OVERCOMMIT_UPDATE_GOLDEN=1 to write them anew.
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "base/costs.h"
#include "base/units.h"
#include "host/metrics.h"
#include "policy/host_options.h"
#include "scenario/scenario_keys.h"
#include "support/test.h"
#include "trace/counters.h"

using namespace overcommit;

namespace {

const std::string kReferencePages = std::string(OVERCOMMIT_SOURCE_DIR) + "/docs/reference/";

std::string read(const std::string& page) {
  std::ifstream file(kReferencePages + page, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string code(std::string_view text) { return text.empty() ? std::string() : fmt::format("`{}`", text); }

// `|` would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string keyTable(std::string_view section) {
  std::string table = "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const ScenarioKey& key : scenarioKeys()) {
    if (key.section != section) continue;
    const bool isWord = key.fallback == "required" || key.fallback == "memory";
    table += fmt::format("| `{}` | {} | {} | {} |\n", key.key, cell(std::string(key.type)),
                         isWord ? std::string(key.fallback) : code(key.fallback), cell(std::string(key.meaning)));
  }
  return table;
}

std::string optionTable() {
  std::string table = "| option | default | range | meaning | in effect |\n|---|---|---|---|---|\n";
  for (const HostOption& option : hostOptions())
    table += fmt::format("| `{}` | {} | {} to {} | {} | {} |\n", option.name, option.fallback, option.least, option.most, option.meaning,
                         option.use == OptionUse::InEffect ? "yes" : "no");
  return table;
}

std::string costTableText() {
  std::string table = "| cost | default | of what | where the number comes from |\n|---|---|---|---|\n";
  for (const CostInfo& cost : costTable())
    table += fmt::format("| `{}` | {} | {} | {} |\n", cost.name, formatTime(cost.fallback), cost.meaning, cost.provenance);
  return table;
}

template <typename Metrics>
std::string metricTable(const Metrics& metrics) {
  std::string table = "| metric | unit | meaning |\n|---|---|---|\n";
  for (const auto& metric : metrics) table += fmt::format("| `{}` | {} | {} |\n", metric.name, nameOf(metric.unit), metric.meaning);
  return table;
}

std::string counterTable(std::span<const Counter> counters) {
  const bool grouped = counters.front().group != CounterGroup::Vcenter;
  std::string table = grouped ? "| group | field | unit | formula | metric | CSV column | source |\n|---|---|---|---|---|---|---|\n"
                              : "| counter | unit | formula | metric | source |\n|---|---|---|---|---|\n";
  for (const Counter& counter : counters) {
    if (grouped) table += fmt::format("| {} ", nameOf(counter.group));
    table +=
        fmt::format("| {} | {} | {} | {} |", counter.name, nameOf(counter.unit), cell(std::string(counter.formula)), code(counter.metric));
    if (grouped) table += fmt::format(" {} |", counter.column);
    table += fmt::format(" {} |\n", counter.source);
  }
  return table;
}

// The table that belongs behind a marker; nothing: no such marker.
std::optional<std::string> tableFor(std::string_view marker) {
  if (marker == "options") return optionTable();
  if (marker == "costs") return costTableText();
  if (marker == "metrics: host") return metricTable(hostMetrics());
  if (marker == "metrics: vm") return metricTable(vmMetrics());
  if (marker == "counters: host") return counterTable(hostCounters());
  if (marker == "counters: vm") return counterTable(vmCounters());
  if (marker == "counters: vcenter host") return counterTable(vcenterHostCounters());
  if (marker == "counters: vcenter vm") return counterTable(vcenterVmCounters());
  if (marker == "table:") return keyTable("");
  if (marker.starts_with("table: ")) return keyTable(marker.substr(7));
  return std::nullopt;
}

// The page with every table between `<!-- marker -->` and `<!-- end -->` as it should be.
std::string withTables(const std::string& page) {
  std::string made;
  std::istringstream stream(page);
  bool inTable = false;
  for (std::string line; std::getline(stream, line);) {
    const bool isComment = line.starts_with("<!-- ") && line.ends_with(" -->");
    const std::string marker = isComment ? line.substr(5, line.size() - 9) : std::string();
    if (marker == "end") inTable = false;
    if (!inTable) made += line + "\n";
    if (const auto table = isComment ? tableFor(marker) : std::nullopt) {
      made += *table;
      inTable = true;
    }
  }
  return made;
}

}  // namespace

class ReferenceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tablesOfThePagesAreThoseOfTheEngine_data() {
    QTest::addColumn<QString>("page");
    QTest::newRow("scenario") << "scenario.md";
    QTest::newRow("metrics") << "metrics.md";
    QTest::newRow("counters") << "counters.md";
  }
  void tablesOfThePagesAreThoseOfTheEngine() {
    QFETCH(QString, page);
    const std::string there = read(page.toStdString());
    QVERIFY(!there.empty());
    const std::string wanted = withTables(there);
    if (qEnvironmentVariable("OVERCOMMIT_UPDATE_GOLDEN") == QStringLiteral("1") && wanted != there)
      std::ofstream(kReferencePages + page.toStdString(), std::ios::binary) << wanted;
    QVERIFY2(read(page.toStdString()) == wanted, "run this test with OVERCOMMIT_UPDATE_GOLDEN=1 to bring the tables up to date");
  }

  void everySectionHasATableOnThePage() {
    const std::string page = read("scenario.md");
    std::set<std::string_view> sections;
    for (const ScenarioKey& key : scenarioKeys()) sections.insert(key.section);
    for (const std::string_view section : sections) {
      const std::string marker = section.empty() ? "<!-- table: -->" : fmt::format("<!-- table: {} -->", section);
      QVERIFY2(page.find(marker) != std::string::npos, marker.c_str());
    }
  }

  void everyKeyHasItsMeaningOnThePage() {
    const std::string page = read("scenario.md");
    for (const ScenarioKey& key : scenarioKeys())
      QVERIFY2(page.find(fmt::format("| `{}` |", key.key)) != std::string::npos, key.key.data());
  }
};

OVERCOMMIT_TEST(ReferenceTest)
#include "reference_test.moc"
