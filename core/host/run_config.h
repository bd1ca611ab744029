// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/costs.h"
#include "base/ids.h"
#include "base/saboteur.h"

namespace overcommit {

// Everything that determines a run, as plain values with all defaults filled in: what a scenario file comes down to.

enum class Backend : std::uint8_t { Auto, Unicorn, Kvm, Script };
enum class DiskQueues : std::uint8_t { Shared, Separate };  // one queue for guest disks and swap files, or one each

// More than all VMs together can need.
inline constexpr Pages kUnlimitedSwapSpace(std::uint64_t{1} << 40);

struct DiskConfig {
  DiskQueues queues = DiskQueues::Shared;
  // Time one 4 KiB request occupies the device, on top of nothing: requests queue behind each other.
  std::optional<VirtualTime> serviceTime;  // overrides the cost table's disk and swap times
  std::uint64_t bandwidth = 0;             // bytes per virtual second; 0 = not limited
  std::optional<Pages> swapSpace;          // for swap files, all together; nothing: as the profile has it
};

struct HostConfig {
  Pages memory;
  Bytes represents;             // the size of the host this one stands for; frame scale k = represents / memory
  std::uint64_t timeScale = 1;  // divides every published period and pass time
  std::string profile = "esx5";
  std::uint64_t cpuMegahertz = 16'000;           // of all its processors together: what ShareScanGHz multiplies
  Pages console;                                 // service console: overhead outside the thresholds' base
  std::map<std::string, std::uint64_t> options;  // by ESX name, e.g. "CtlMaxPercent"
  std::optional<VirtualTime> quantum;            // nothing: chosen with the host's size
};

struct RunLimits {  // 0 = none; reaching one ends the run with exit code 4
  VirtualTime time;
  std::uint64_t nestedFaults = 0;
  std::uint64_t operations = 0;
  std::uint64_t watchdogBlocks = 50'000'000;  // basic blocks a guest may run without an exit before it counts as hung
};

// What a VM's image disk holds: a synthetic image by id, or the bytes of a file.
struct ImageConfig {
  std::string id;    // synthetic: equal ids, equal bytes
  std::string path;  // or a file; already made absolute
  Bytes size;        // of a synthetic image
};

struct NamedArgument {
  std::string name;
  std::uint64_t value = 0;  // bytes, nanoseconds, a count or permille
};

struct VmConfig {
  std::string name;
  Pages memory;  // a multiple of 2 MiB
  Pages reservation;
  std::optional<Pages> limit;
  std::uint64_t shares = 0;  // the number behind low, normal, high
  bool sharing = true;
  std::optional<std::string> salt;
  bool balloon = true;
  std::optional<Pages> balloonMax;
  VirtualTime toolsStart;  // after power-on: when the balloon driver starts

  // What it runs: exactly one of these is set, except that a kernel may be given a program.
  std::string program;     // of the reference guest, or of the kernel
  std::string kernelPath;  // an ELF file
  std::string scriptPath;  // a script file: no CPU
  std::string generator;   // a script generator: no CPU
  std::vector<NamedArgument> arguments;

  std::uint64_t operations = 0;  // power off after so many; 0 = never
  ImageConfig image;
  Pages guestSwap;
  std::optional<VirtualTime> start;  // nothing: only by a power_on action
};

// What [[at]] does. `vm`: index into RunConfig::vms; nothing: the host.
struct SetAction {
  std::string setting;                 // "limit", "reservation", "shares", "sharing", "balloon", "balloon_max", or a host option's name
  std::optional<std::uint64_t> value;  // pages, a number, 0/1; nothing: "none"
};
struct PowerOnAction {};
struct PowerOffAction {};
struct SignalAction {};
enum class DeviceFault : std::uint8_t { SwapDiskFull, SwapReadError, SwapShortWrite, SwapCorruptSlot, GuestDiskError };
struct FaultAction {
  DeviceFault fault;
  std::uint64_t count = 1;  // how many of the next operations fail; 0 = all from now on
};
// What becomes of the run if the host refuses an action.
enum class IfRefused : std::uint8_t { RunEnds, RunGoesOn };
struct TimedAction {
  VirtualTime time;
  std::optional<std::size_t> vm;
  std::variant<SetAction, PowerOnAction, PowerOffAction, SignalAction, FaultAction> what;
  IfRefused ifRefused = IfRefused::RunEnds;
};
struct TimedMark {
  VirtualTime time;
  std::string text;
};

struct RunConfig {
  std::string title;
  std::uint64_t seed = 1;
  VirtualTime duration;
  Backend backend = Backend::Auto;
  HostConfig host;
  Costs costs = defaultCosts();
  DiskConfig disk;
  RunLimits limits;
  std::vector<VmConfig> vms;
  std::vector<TimedAction> actions;  // by time
  std::vector<TimedMark> marks;      // by time
  Saboteur sabotage = Saboteur::None;
  bool audit = false;
  bool watchdog = true;
};

}  // namespace overcommit
