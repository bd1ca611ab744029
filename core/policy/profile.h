// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "policy/free_state.h"
#include "policy/host_options.h"

namespace overcommit {

// The vintages of the hypervisor. Esx2 is that of the 2002 paper, Esx4 stands for 4.1, Esx6 for 6.5 and later.
enum class Vintage : std::uint8_t { Esx2, Esx3, Esx4, Esx5, Esx6 };

// How fast a host scans for sharing: so many pages a second for each VM and in all (ShareScanVM, ShareScanTotal), or each VM once in
// ShareScanTime, at most ShareRateMax for each VM and ShareScanGHz for the host.
enum class ScanPace : std::uint8_t { PagesPerSecond, WholeVmInTime };

// Which slots a compression cache has. None: the vintage cannot compress, whatever MemZipEnable says.
enum class ZipSlots : std::uint8_t { None, Half, HalfAndQuarter };

enum class LargePages : std::uint8_t { Unsupported, Supported };
enum class SwapFiles : std::uint8_t { OneForTheHost, OneForEachVm };

struct OptionDefault {
  std::string_view name;
  std::uint64_t value;
};

// What a vintage is, as data. Everything that ESX lets an administrator set is an option and has its default in `defaults`; the
// other fields are what that vintage can do at all.
struct Profile {
  Vintage vintage;
  std::string_view name;  // as [host] profile names it
  FreeStateRules freeState;
  ScanPace scanPace;
  ZipSlots zipSlots;
  LargePages largePages;
  SwapFiles swapFiles;
  std::span<const OptionDefault> defaults;  // where they differ from the table of options
};

std::span<const Profile> profiles();                // oldest first
const Profile* findProfile(std::string_view name);  // null: no such profile
const Profile& profileOf(Vintage vintage);

// What the scenario set, else the vintage's default, else the option's. The option must exist.
std::uint64_t hostOptionValue(const std::map<std::string, std::uint64_t>& set, std::string_view name, const Profile& profile);

// The vintage's free states with the options that change them.
FreeStateRules freeStateRules(const std::map<std::string, std::uint64_t>& set, const Profile& profile);

}  // namespace overcommit
