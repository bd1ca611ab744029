// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/profile.h"

#include <algorithm>
#include <array>

namespace overcommit {
namespace {

// The table of options has the defaults of ESXi 6.5 and later (ADV). What was otherwise before, with the reason behind it:
constexpr std::array kEsx2Defaults{
    // RVI and EPT came later
    OptionDefault{"AllocGuestLargePage", 0},
    // half the VM's memory (A25 p353)
    OptionDefault{"CtlMaxPercent", 50},
    // the same rate for all idle memory (W02 5.2, DOC-TAX)
    OptionDefault{"IdleTaxType", 0},
    // compression came with 4.1 (DOC-ZIP)
    OptionDefault{"MemZipEnable", 0},
    // 1 from 6.5u1 on (ADV)
    OptionDefault{"SampleActivePctMin", 0},
    // W02 5.3, A25 p355
    OptionDefault{"SamplePeriod", 30},
    // until the patches of 2014 and 2015 (KB2091682)
    OptionDefault{"ShareForceSalting", 0},
    // no such limit yet: the most that can be set
    OptionDefault{"ShareRateMax", 32768},
};
constexpr std::array kEsx3Defaults{
    OptionDefault{"AllocGuestLargePage", 0}, OptionDefault{"MemZipEnable", 0},     OptionDefault{"SampleActivePctMin", 0},
    OptionDefault{"ShareForceSalting", 0},   OptionDefault{"ShareRateMax", 32768},
};
constexpr std::array kEsx4Defaults{
    OptionDefault{"SampleActivePctMin", 0},
    OptionDefault{"ShareForceSalting", 0},
    OptionDefault{"ShareRateMax", 32768},
};
constexpr std::array kEsx5Defaults{
    OptionDefault{"SampleActivePctMin", 0},
    OptionDefault{"ShareForceSalting", 0},
};
// EPP15 says 400 %, confirmed by a test in RS; CF and VROPS say 300 %.
constexpr std::array kEsx6Defaults{OptionDefault{"MinFreeHighPct", 400}};

constexpr FreeStateRules kSixPercent{.scale = MinFreeScale::SixPercent};
constexpr FreeStateRules kSlidingRules{.scale = MinFreeScale::Sliding};
constexpr FreeStateRules kFiveStates{
    .scale = MinFreeScale::Sliding, .clear = ClearState::Present, .balloonInHard = BalloonInHard::Stops, .highPercent = 400};

constexpr std::array<Profile, 5> kProfiles{{
    {Vintage::Esx2, "esx2", kSixPercent, ScanPace::PagesPerSecond, ZipSlots::None, LargePages::Unsupported, SwapFiles::OneForTheHost,
     kEsx2Defaults},
    {Vintage::Esx3, "esx3", kSixPercent, ScanPace::WholeVmInTime, ZipSlots::None, LargePages::Unsupported, SwapFiles::OneForEachVm,
     kEsx3Defaults},
    {Vintage::Esx4, "esx4", kSixPercent, ScanPace::WholeVmInTime, ZipSlots::Half, LargePages::Supported, SwapFiles::OneForEachVm,
     kEsx4Defaults},
    {Vintage::Esx5, "esx5", kSlidingRules, ScanPace::WholeVmInTime, ZipSlots::HalfAndQuarter, LargePages::Supported,
     SwapFiles::OneForEachVm, kEsx5Defaults},
    {Vintage::Esx6, "esx6", kFiveStates, ScanPace::WholeVmInTime, ZipSlots::HalfAndQuarter, LargePages::Supported, SwapFiles::OneForEachVm,
     kEsx6Defaults},
}};

}  // namespace

std::span<const Profile> profiles() { return kProfiles; }

const Profile* findProfile(std::string_view name) {
  const auto found = std::ranges::find(kProfiles, name, &Profile::name);
  return found == kProfiles.end() ? nullptr : &*found;
}

const Profile& profileOf(Vintage vintage) { return kProfiles[static_cast<std::size_t>(vintage)]; }

std::uint64_t hostOptionValue(const std::map<std::string, std::uint64_t>& set, std::string_view name, const Profile& profile) {
  const auto ofVintage = std::ranges::find(profile.defaults, name, &OptionDefault::name);
  if (ofVintage == profile.defaults.end() || set.contains(std::string(name))) return hostOptionValue(set, name);
  return ofVintage->value;
}

FreeStateRules freeStateRules(const std::map<std::string, std::uint64_t>& set, const Profile& profile) {
  FreeStateRules rules = profile.freeState;
  rules.highPercent = hostOptionValue(set, "MinFreeHighPct", profile);
  return rules;
}

}  // namespace overcommit
