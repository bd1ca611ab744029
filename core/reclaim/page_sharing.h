// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/costs.h"
#include "base/random.h"
#include "reclaim/pager.h"
#include "reclaim/scan_rate.h"
#include "reclaim/share_table.h"
#include "trace/event_log.h"
#include "trace/saving_split.h"

namespace overcommit {

// XXH3-64 in the product; tests force collisions with a weak one.
using PageHash = std::uint64_t (*)(std::span<const std::byte, kPageSize> page);
std::uint64_t hashOfPage(std::span<const std::byte, kPageSize> page);

// Mem.ShareForceSalting (VMware KB 2097593): which VMs may share with each other. Pages are shared only if salt and content match.
enum class Salting : std::uint8_t {
  Off = 0,    // no salt: all VMs
  Given = 1,  // VMs with the same sched.mem.pshare.salt; a VM without one has the salt 0
  PerVm = 2,  // the same, but a VM without one has a salt of its own: it shares within itself only
};

// What the administrator says of one VM.
enum class VmSharing : std::uint8_t { Off, On };
struct VmShareSettings {
  VmSharing sharing = VmSharing::On;  // sched.mem.pshare.enable
  std::optional<std::string> salt;    // sched.mem.pshare.salt
};

struct ShareSettings {
  ScanRateSetting rate = WholeScanRate{};
  HostScale scale;
  Salting salting = Salting::PerVm;  // for VMs that are powered on from now on, as in ESX
  PageHash hash = &hashOfPage;       // never changed while there are VMs
};

// Why sharing is tried: a page that was drawn in the background; one that is about to be taken away (it leaves no hint); or one of a
// large page that was broken. In the last two cases pages that a VM faulted last are left writable, so that an instruction which is
// restarted makes progress.
enum class ShareOccasion : std::uint8_t { Scan, BeforeSwap, Broken };

// Which pages of a large page that was broken are tried at once: those of which a scan knows that others are equal, or all of them.
enum class BrokenPages : std::uint8_t { Known, All };

enum class ShareAttempt : std::uint8_t {
  Shared,
  NotEligible,  // not private, a page table of the guest, or its VM takes no part
  Alone,        // no other page with this hash is known; on a scan there is a hint of this one now
  HintChanged,  // as Alone: there was a hint, but the hinted page holds something else now
  FalseMatch,   // same hash, other bytes: ineligible for as long as it keeps this hash
  InLargePage,  // another page has this hash, but one of the two is in a large page; it is remembered
  Left,         // the policy does not want them to be compared; it is asked again at the next attempt
};

struct ShareCounters {
  std::uint64_t scanned = 0;                                                   // pages drawn by scans
  std::uint64_t hits = 0;                                                      // of those, pages that were shared
  std::uint64_t attempts = 0, shared = 0, falseMatches = 0, changedHints = 0;  // of scans and before swaps
};

// What sharing saves one VM at this moment. Looks at all pages of the VM.
struct VmSavings {
  Pages shared;                   // SHRD
  Pages zero;                     // ZERO: of those, in a frame that holds a zero page
  std::uint64_t savedMillionths;  // SHRDSVD: the sum over its shared pages of 1 - 1 / sharers, in millionths of a page, rounded once
};

// The pages of a VM that share frames.
struct SharedPages {
  PagesBySharers bySharers;
  Pages zero;  // of those, in a frame that holds a zero page
};

// The host's PSHARE line.
struct HostSavings {
  Pages shared;  // guest pages
  Pages common;  // machine frames behind them
  Pages zero;    // guest pages in frames that hold a zero page
  [[nodiscard]] Pages saving() const { return shared - common; }
};

// Content-based page sharing (W02 section 4, VMware KB 1021095): finds private pages with equal bytes and has them share a frame.
//
//   a page's hash, salted --- nothing has it -----------> leave a hint; the page stays writable
//                         |-- a shared frame has it ----> all bytes equal?  map that frame, free this one
//                         '-- a hint has it ------------> has the hinted page this hash still?
//                               |-- changed ------------> this page's hint replaces it
//                               '-- same ---------------> all bytes equal?  both share the hinted page's frame
//   the policy is asked before bytes are compared
//   bytes not equal: a false match; the page is ineligible until its hash changes
//   one of the two in a large page: not shared, but remembered; tried again as soon as the large page is broken
//
// A zero page that is about to be taken away while none is shared yet becomes the frame that all others like it will share: nothing is
// won by the first, a frame by each that follows.
//
// Always true: a page is write-protected only if another one with equal bytes was found, or a zero page was to be taken away; guest page tables and pages that are not
// private take no part; the table holds exactly the shared frames.
//
// Works on machine frames alone: it maps nothing in a window and may run between quanta or inside a nested fault. Its work is host CPU
// time, accumulated here and charged to no VM's clock.
class PageSharing {
 public:
  // `table`: of this machine, empty.
  PageSharing(MachineMemory& machine, EventLog& log, const Costs& costs, Pager& pager, ShareTable table, ShareSettings settings);

  // A VM was powered on (and is known to the pager). `draws`: a generator of its own, from which its pages are drawn.
  void add(VmMemory& vm, const VmShareSettings& settings, Random draws);
  // It goes away; call this before Pager::remove().
  void remove(const VmMemory& vm);

  // From now on. A salt that is changed while its VM runs acts at the next power-on; a VM that no longer takes part keeps the pages
  // that it shares, until it writes to them.
  void setRate(const ScanRateSetting& rate);
  void setSalting(Salting salting) { settings_.salting = salting; }
  void setSharing(const VmMemory& vm, VmSharing sharing);
  [[nodiscard]] const ShareSettings& settings() const { return settings_; }

  // Between quanta: scans what is due since the last call, VM by VM, random pages with replacement: after a time t, a share of
  // 1 - e^(-t/T) of a VM's pages was drawn, T being the time of a pass. If the VMs together want more than the host's cap, all
  // become slower by the same factor. Records one Scan event for each VM of which pages are drawn, before them: it is the cause of
  // what is shared and refused.
  void scan(VirtualTime now);
  // The same for one VM and so many draws, whatever the rate. Returns how many pages were shared.
  Pages scanPages(VmMemory& vm, Pages pages);

  // Tries these pages in this order. Returns how many were shared.
  Pages scanDrawn(VmMemory& vm, std::span<const Gfn> drawn, std::uint64_t cause);
  ShareAttempt tryShare(VmMemory& vm, Gfn gfn, ShareOccasion occasion, std::uint64_t cause);

  // A large page was broken: called by the pager. Its pages are tried by the next shareBroken() or scan().
  void largePageBroken(const VmMemory& vm, Gfn first, std::uint64_t event) { broken_.push_back({vm.id, first, event}); }
  void setBrokenPages(BrokenPages pages) { brokenPages_ = pages; }
  // Returns how many pages were shared.
  Pages shareBroken();
  // Pages of the large page at `first` of which it is known that others are equal.
  [[nodiscard]] Pages rememberedIn(const VmMemory& vm, Gfn first) const;

  // The machine frame is about to lose its last reference, or to become private. Called by the pager just before; harmless for frames
  // that are not in the table.
  void sharedFrameGone(Mfn mfn);

  [[nodiscard]] const ShareTable& table() const { return table_; }
  [[nodiscard]] const ShareCounters& counters() const { return counters_; }
  [[nodiscard]] ShareCounters countersOf(VmId vm) const;
  [[nodiscard]] std::uint64_t hintsOf(VmId vm) const { return table_.hintsOf(vm) + table_.rememberedOf(vm); }  // COWH
  // Looks at all pages of the VM, as savingsOf() does.
  [[nodiscard]] SharedPages sharedPagesOf(const VmMemory& vm) const;
  [[nodiscard]] VmSavings savingsOf(const VmMemory& vm) const;
  [[nodiscard]] HostSavings savings() const;
  [[nodiscard]] VirtualTime hostCpuTime() const { return hostCpuTime_; }

  // The first contradiction between table, machine frames, contents and VMs, in words. Hashes every shared frame.
  [[nodiscard]] std::optional<std::string> audit() const;

 private:
  struct Vm {
    VmMemory* memory = nullptr;  // nullptr: not on
    Random draws{0, ""};
    VmSharing sharing = VmSharing::On;
    std::uint64_t salt = 0;
    ScanRate rate;
    CarriedShare accrues;
    std::uint64_t due = 0;  // pages to be drawn at the next scan
    ShareCounters counters;
  };
  struct Page {
    Vm& vm;
    Gfn gfn;
    Mfn mfn;
    std::uint64_t hash;
  };
  struct Broken {
    VmId vm;
    Gfn first;
    std::uint64_t event;
  };

  [[nodiscard]] Vm* find(VmId vm);
  [[nodiscard]] std::uint64_t saltOf(const VmShareSettings& settings);
  [[nodiscard]] std::uint64_t hashNow(const Vm& vm, Mfn mfn);
  // The page of a hint that was hit: no longer what was hinted, or equal to the page that hit it, or different with the same hash.
  enum class Hinted : std::uint8_t { Changed, Equal, Different };
  Hinted lookAtHinted(const Vm& vm, Mfn hinted, const Page& page);
  [[nodiscard]] bool takesPart(const Vm& vm, Gfn gfn) const;
  [[nodiscard]] ShareAttempt shareWithFrame(const Page& page, Mfn shared, std::uint64_t cause);
  [[nodiscard]] ShareAttempt shareWithHint(const Page& page, Mfn hinted, ShareOccasion occasion, std::uint64_t cause);
  [[nodiscard]] ShareAttempt foundZeroFrame(const Page& page, std::uint64_t cause);
  [[nodiscard]] ShareAttempt falseMatch(const Page& page, std::uint64_t cause);
  void leaveHint(const Page& page, ShareOccasion occasion);
  [[nodiscard]] const Vm* hintedVm(Mfn hinted) const;  // nullptr: the hint's page has gone
  [[nodiscard]] MatchQuestion questionAbout(const Page& page, Mfn known) const;
  [[nodiscard]] bool matchWanted(const Page& page, Mfn known, std::uint64_t cause);
  void askAhead(Vm& vm, std::uint64_t draws);
  void show(std::uint32_t question, Mfn page, Mfn known);
  [[nodiscard]] bool believesHashes() const;  // a saboteur's
  void refuse(const Page& page, RefusalReason reason, std::uint64_t cause);
  [[nodiscard]] bool isZero(Mfn mfn) const;
  std::uint64_t draw(Vm& vm, std::uint64_t pages);
  void fetch(const VmMemory& memory, Gfn gfn) const;
  std::uint64_t recordScan(const Vm& vm, std::uint64_t pages, std::uint64_t cause);
  void count(Vm& vm, std::uint64_t pages, std::uint64_t hits);
  void advanceTo(VirtualTime now);
  void setRates();

  MachineMemory& machine_;
  EventLog& log_;
  const Costs& costs_;
  Pager& pager_;
  ShareTable table_;
  ShareSettings settings_;
  std::vector<Vm> vms_;  // by VM number
  std::map<std::string, std::uint64_t> salts_;
  std::uint64_t saltsGiven_ = 0;

  // The scanner's time runs as virtual time, or slower when the host's cap holds it back.
  VirtualTime now_;
  CarriedShare slowed_;
  std::uint64_t wanted_ = 0, cap_ = 0;  // pages a second of all VMs and of the host, in millionths

  // What a policy said about the matches that the next draws were to find. An answer depends on its question alone.
  std::vector<MatchQuestion> askedAhead_;
  std::vector<MatchAnswer> answeredAhead_;

  ShareCounters counters_;
  VirtualTime hostCpuTime_;
  std::vector<Broken> broken_;  // large pages, since their pages were tried last
  BrokenPages brokenPages_ = BrokenPages::Known;
  std::vector<Mfn> zeroFrames_;  // shared frames that hold a zero page: one for each salt at most
};

}  // namespace overcommit
