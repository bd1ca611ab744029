// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/profile.h"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <sstream>

#include "support/test.h"

using namespace overcommit;

namespace {

using Options = std::map<std::string, std::uint64_t>;

std::uint64_t defaultOf(Vintage vintage, std::string_view option) { return hostOptionValue(Options{}, option, profileOf(vintage)); }

// A row of the table of vintages: an option's default in each of them, oldest first.
struct Row {
  const char* option;
  std::uint64_t esx2, esx3, esx4, esx5, esx6;
  const char* source;
};
constexpr Row kRows[] = {
    {"CtlMaxPercent", 50, 65, 65, 65, 65, "A25 p353; DOC-ADV 4.0, ADV"},
    {"IdleTax", 75, 75, 75, 75, 75, "W02 5.2, DOC-ADV, A25 p355, ADV"},
    {"IdleTaxType", 0, 1, 1, 1, 1, "W02 5.2, DOC-TAX; ADV"},
    {"SamplePeriod", 30, 60, 60, 60, 60, "W02 5.3, A25 p355; DOC-ADV"},
    {"BalancePeriod", 15, 15, 15, 15, 15, "A25 p355, DOC-ADV"},
    {"SampleActivePctMin", 0, 0, 0, 0, 1, "ADV: 1 from 6.5u1 on"},
    {"ShareForceSalting", 0, 0, 0, 0, 2, "KB2091682, KB2097593"},
    {"ShareScanVM", 50, 50, 50, 50, 50, "A25 p355; read by esx2 only"},
    {"ShareScanTotal", 200, 200, 200, 200, 200, "A25 p355; read by esx2 only"},
    {"ShareScanTime", 60, 60, 60, 60, 60, "DOC-ADV, ADV"},
    {"ShareScanGHz", 4, 4, 4, 4, 4, "DOC-ADV, ADV"},
    {"ShareRateMax", 32768, 32768, 32768, 1024, 1024, "ADV; before: no such limit"},
    {"MemZipEnable", 0, 0, 1, 1, 1, "DOC-ZIP, ADV"},
    {"MemZipMaxPct", 10, 10, 10, 10, 10, "ADV, DOC-ZIP2"},
    {"AllocGuestLargePage", 0, 0, 1, 1, 1, "ADV"},
    {"MemMinFreePct", 0, 0, 0, 0, 0, "ADV"},
    {"MinFreeHighPct", 100, 100, 100, 100, 400, "EPP11; EPP15"},
};

// The table of defaults that differ, as docs/reference/policies.md has it.
std::string differingDefaults() {
  std::string table = "<!-- vintages -->\n| option | esx2 | esx3 | esx4 | esx5 | esx6 |\n|---|---|---|---|---|---|\n";
  for (const HostOption& option : hostOptions()) {
    std::set<std::uint64_t> values;
    std::string row = fmt::format("| `{}` |", option.name);
    for (const Profile& profile : profiles()) {
      const std::uint64_t value = hostOptionValue(Options{}, option.name, profile);
      values.insert(value);
      row += fmt::format(" {} |", value);
    }
    if (values.size() > 1) table += row + "\n";
  }
  return table + "<!-- end -->\n";
}

}  // namespace

class ProfileTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void eachVintageHasItsDefaults() {
    for (const Row& row : kRows) {
      QCOMPARE(defaultOf(Vintage::Esx2, row.option), row.esx2);
      QCOMPARE(defaultOf(Vintage::Esx3, row.option), row.esx3);
      QCOMPARE(defaultOf(Vintage::Esx4, row.option), row.esx4);
      QCOMPARE(defaultOf(Vintage::Esx5, row.option), row.esx5);
      QCOMPARE(defaultOf(Vintage::Esx6, row.option), row.esx6);
    }
  }

  void whatIsSetWinsOverTheVintage() {
    for (const Profile& profile : profiles()) {
      for (const HostOption& option : hostOptions()) {
        for (const std::uint64_t value : {option.least, option.most})
          QCOMPARE(hostOptionValue(Options{{std::string(option.name), value}}, option.name, profile), value);
      }
    }
  }

  void optionWithoutAnOpinionOfTheVintageHasTheTablesDefault() {
    for (const Profile& profile : profiles()) {
      std::set<std::string_view> own;
      for (const OptionDefault& option : profile.defaults) own.insert(option.name);
      for (const HostOption& option : hostOptions()) {
        if (!own.contains(option.name)) QCOMPARE(hostOptionValue(Options{}, option.name, profile), option.fallback);
      }
    }
  }

  void defaultsOfVintagesAreOptionsWithinTheirRange() {
    for (const Profile& profile : profiles()) {
      std::set<std::string_view> seen;
      for (const OptionDefault& option : profile.defaults) {
        VERIFY_OK(checkHostOption(option.name, option.value));
        QVERIFY(seen.insert(option.name).second);
      }
    }
  }

  void profilesAreFoundByNameAndVintage() {
    const std::vector<std::string_view> names{"esx2", "esx3", "esx4", "esx5", "esx6"};
    QCOMPARE(profiles().size(), names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      QCOMPARE(findProfile(names[i]), &profiles()[i]);
      QCOMPARE(&profileOf(static_cast<Vintage>(i)), &profiles()[i]);
      QCOMPARE(static_cast<std::size_t>(profiles()[i].vintage), i);
    }
    QVERIFY(findProfile("esx7") == nullptr);
    QVERIFY(findProfile("") == nullptr);
  }

  // Section by section of the published table of vintages.
  void minFreeSlidesFromEsx5On() {  // EPP11, EPP13
    for (const Profile& profile : profiles()) {
      QVERIFY(profile.freeState.scale == (profile.vintage < Vintage::Esx5 ? MinFreeScale::SixPercent : MinFreeScale::Sliding));
    }
  }

  void clearStateCameWithEsx6AndBallooningStopsInHard() {  // EPP15
    for (const Profile& profile : profiles()) {
      const bool esx6 = profile.vintage == Vintage::Esx6;
      QCOMPARE(profile.freeState.clear == ClearState::Present, esx6);
      QCOMPARE(permitsIn(FreeState::Hard, Headroom::BelowHigh, profile.freeState).balloon, !esx6);
    }
  }

  void highOfEsx6IsFourTimesMinFreeUnlessSet() {
    QCOMPARE(freeStateRules({}, profileOf(Vintage::Esx6)).highPercent, 400u);
    QCOMPARE(freeStateRules({{"MinFreeHighPct", 300}}, profileOf(Vintage::Esx6)).highPercent, 300u);
    QCOMPARE(freeStateRules({}, profileOf(Vintage::Esx5)).highPercent, 100u);
    for (const Profile& profile : profiles()) QCOMPARE(freeStateRules({}, profile).highPercent, profile.freeState.highPercent);
  }

  void compressionCameWithEsx4AndQuarterSlotsWithEsx5() {  // LTB, VM20
    QVERIFY(profileOf(Vintage::Esx3).zipSlots == ZipSlots::None);
    QVERIFY(profileOf(Vintage::Esx4).zipSlots == ZipSlots::Half);
    QVERIFY(profileOf(Vintage::Esx5).zipSlots == ZipSlots::HalfAndQuarter);
    QVERIFY(profileOf(Vintage::Esx6).zipSlots == ZipSlots::HalfAndQuarter);
    for (const Profile& profile : profiles()) QCOMPARE(defaultOf(profile.vintage, "MemZipEnable") != 0, profile.zipSlots != ZipSlots::None);
  }

  void esx2ScansSoManyPagesASecondAndHasOneSwapFile() {  // A25 p355, p406
    for (const Profile& profile : profiles()) {
      QCOMPARE(profile.scanPace == ScanPace::PagesPerSecond, profile.vintage == Vintage::Esx2);
      QCOMPARE(profile.swapFiles == SwapFiles::OneForTheHost, profile.vintage == Vintage::Esx2);
    }
  }

  void theReferenceShowsTheDefaultsThatDiffer() {
    std::ifstream page(OVERCOMMIT_SOURCE_DIR "/docs/reference/policies.md", std::ios::binary);
    std::ostringstream text;
    text << page.rdbuf();
    const std::string table = differingDefaults();
    QVERIFY2(text.str().find(table) != std::string::npos, table.c_str());
  }

  void largePagesCameWithEsx4() {
    for (const Profile& profile : profiles()) {
      QCOMPARE(profile.largePages == LargePages::Supported, profile.vintage >= Vintage::Esx4);
      QCOMPARE(defaultOf(profile.vintage, "AllocGuestLargePage") != 0, profile.largePages == LargePages::Supported);
    }
  }
};

OVERCOMMIT_TEST(ProfileTest)
#include "profile_test.moc"
