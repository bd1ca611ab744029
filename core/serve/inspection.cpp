// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/inspection.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/nearest.h"
#include "host/virtual_machine.h"
#include "host/walk_picture.h"
#include "host/walk_references.h"

namespace overcommit {
namespace {

// The zero page may have all pages of all VMs as sharers.
constexpr std::size_t kMostSharers = 1000;
constexpr std::uint64_t kMostNumber = ~std::uint64_t{0};

std::string hexNumber(std::uint64_t number) { return fmt::format("{:#x}", number); }

enum class WithContent : std::uint8_t { No, Yes };

void addContent(Json& json, std::span<const std::byte> bytes, WithContent content) {
  json["hash"] = fmt::format("{:016x}", hash64(bytes));
  json["zero"] = std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
  if (content == WithContent::Yes) json["content"] = hexOf(bytes);
}

Json flagsJson(const std::vector<std::string_view>& flags) {
  Json json = Json::array();
  for (const std::string_view flag : flags) json.push_back(flag);
  return json;
}

// Shared frames have no list of their sharers, as in ESX: every entry is looked at.
void addSharers(Json& json, const Host& host, Mfn mfn) {
  Json sharers = Json::array();
  std::uint64_t count = 0;
  for (const auto& vm : host.vms()) {
    const VmMemory* memory = vm->memory();
    for (Gfn gfn(0); memory != nullptr && gfn.value() < memory->guest.memory().value(); gfn = gfn.next()) {
      const NptEntry entry = memory->guest.entry(gfn);
      if (!entry.present() || entry.mfn() != mfn) continue;
      if (count++ < kMostSharers) sharers.push_back({{"vm", vm->config().name}, {"gfn", gfn.value()}});
    }
  }
  json["sharer_count"] = count;
  json["sharers"] = std::move(sharers);
}

Json zippedJson(const ZippedPage& page, const CompressionCache& cache) {
  Json json;
  json["same_filled"] = page.sameFilled();
  if (page.sameFilled()) return json;
  json["store_mfn"] = page.store.value();
  json["offset"] = page.offset;
  json["bytes"] = page.bytes;
  json["slot_bytes"] = cache.slotBytesOf(page).value();
  return json;
}

// Which of a VM's nested page tables a frame is.
void addTable(Json& json, const Host& host, Mfn mfn) {
  for (const auto& vm : host.vms()) {
    const VmMemory* memory = vm->memory();
    if (memory == nullptr) continue;
    const auto tables = memory->guest.table().tables();
    const auto found = std::ranges::find(tables, mfn);
    if (found == tables.end()) continue;
    const auto place = static_cast<std::uint64_t>(found - tables.begin());
    const auto up = [](std::uint64_t entries) { return (entries + kLargePagePages - 1) / kLargePagePages; };
    const std::uint64_t level1 = up(memory->guest.memory().value()), level2 = up(level1), level3 = up(level2);
    const int level = place == 0 ? 4 : place <= level3 ? 3 : place <= level3 + level2 ? 2 : 1;
    json["nested_page_table"] = {{"vm", vm->config().name}, {"level", level}};
    return;
  }
}

Json inspectFrame(const Host& host, Mfn mfn, WithContent content) {
  const Frame& frame = host.machine().frame(mfn);
  Json json;
  json["time"] = host.now().value();
  json["mfn"] = mfn.value();
  json["use"] = nameOf(frame.use);
  const auto owner = [&] { return frame.vm == kNoVm ? Json(nullptr) : Json(host.vms()[frame.vm.value()]->config().name); };
  switch (frame.use) {
    case FrameUse::Private:
      json["vm"] = owner();
      json["gfn"] = frame.gfn.value();
      break;
    case FrameUse::Shared:
      json["references"] = frame.references;
      addSharers(json, host, mfn);
      break;
    case FrameUse::ZipStore: {
      json["vm"] = owner();
      json["pages"] = Json::array();
      const VmMemory* memory = host.vms()[frame.vm.value()]->memory();
      if (memory == nullptr || !memory->zip) break;
      for (const ZippedPage& page : memory->zip->pagesIn(mfn)) {
        Json one = zippedJson(page, *memory->zip);
        one["gfn"] = page.gfn.value();
        json["pages"].push_back(std::move(one));
      }
      break;
    }
    case FrameUse::Overhead:
      json["vm"] = owner();
      addTable(json, host, mfn);
      break;
    case FrameUse::Free: return json;  // what it holds is nobody's
  }
  addContent(json, host.machine().bytes(mfn), content);
  return json;
}

Json inspectPage(const Host& host, const VirtualMachine& vm, Gfn gfn, WithContent content) {
  const VmMemory& memory = *vm.memory();
  const NptEntry entry = memory.guest.entry(gfn);
  Json json;
  json["time"] = host.now().value();
  json["vm"] = vm.config().name;
  json["gfn"] = gfn.value();
  json["place"] = nameOf(entry.place());
  json["large"] = entry.large();
  json["page_table"] = memory.isTable(gfn);
  json["nested_entry"] = {{"raw", hexNumber(entry.raw())}, {"present", entry.present()}, {"flags", flagsJson(nestedFlagsOf(entry))}};
  if (entry.present()) json["mfn"] = entry.mfn().value();
  if (entry.place() == PagePlace::Shared) addSharers(json, host, entry.mfn());
  if (entry.place() == PagePlace::Swapped) json["slot"] = entry.slot();
  if (entry.place() == PagePlace::Zipped && memory.zip) json["zipped"] = zippedJson(memory.zip->at(entry.slot()), *memory.zip);
  // An untouched page and one in the balloon hold nothing: a touch gives them a zeroed frame.
  if (entry.place() == PagePlace::Untouched || entry.place() == PagePlace::Ballooned) return json;
  std::array<std::byte, kPageSize> bytes{};
  if (host.pager().look(memory, gfn, bytes)) {
    addContent(json, bytes, content);
  } else {
    json["unreadable"] = true;
  }
  return json;
}

Answer<Json> inspectSlot(const Host& host, const VirtualMachine& vm, std::uint64_t slot, WithContent content) {
  const VmMemory& memory = *vm.memory();
  if (slot >= memory.swap.slots().value())
    return rpcFailure(RpcCode::WrongParams, "inspect: the swap file of {} has {} slots: there is no slot {}", vm.config().name,
                      memory.swap.slots().value(), slot);
  Json json;
  json["time"] = host.now().value();
  json["vm"] = vm.config().name;
  json["slot"] = slot;
  json["used"] = memory.swap.uses(slot);
  if (!memory.swap.uses(slot)) return json;
  for (Gfn gfn(0); gfn.value() < memory.guest.memory().value(); gfn = gfn.next()) {
    const NptEntry entry = memory.guest.entry(gfn);
    if (entry.place() == PagePlace::Swapped && entry.slot() == slot) json["gfn"] = gfn.value();
  }
  std::array<std::byte, kPageSize> bytes{};
  if (memory.swap.look(slot, bytes)) {
    addContent(json, bytes, content);
  } else {
    json["unreadable"] = true;
  }
  return json;
}

Answer<const VirtualMachine*> vmThatIsOn(const Host& host, std::string_view what, const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto& vm : host.vms()) {
    known.push_back(vm->config().name);
    if (vm->config().name != name) continue;
    if (vm->memory() == nullptr)
      return rpcFailure(RpcCode::Refused, "{}: {} is {}: it has no memory now{}{}", what, name, nameOf(vm->state()),
                        vm->crashReason().empty() ? "" : "; ", vm->crashReason());
    return vm.get();
  }
  return rpcFailure(RpcCode::WrongParams, "{}: there is no VM \"{}\"{}", what, name, didYouMean(name, known));
}

Json referenceJson(std::size_t number, const WalkReference& reference) {
  Json json;
  json["number"] = number;
  const bool nested = reference.table == WalkReference::Table::Nested;
  json["table"] = nested ? "nested" : "guest";
  json["level"] = reference.level;
  json["for"] = reference.guestLevel == 0 ? Json("page") : Json(reference.guestLevel);
  json["mfn"] = reference.mfn.value();
  json["offset"] = reference.offset;
  json["entry"] = hexNumber(reference.entry);
  if (nested) {
    json["present"] = reference.nested().present();
    json["flags"] = flagsJson(nestedFlagsOf(reference.nested()));
    if (reference.nested().present()) {
      json["to_mfn"] = reference.nested().mfn().value();
    } else {
      json["place"] = nameOf(reference.nested().place());
    }
  } else {
    json["present"] = (reference.entry & kPtePresent) != 0;
    json["flags"] = flagsJson(guestFlagsOf(reference.entry));
    if ((reference.entry & kPtePresent) != 0) json["to_gpa"] = hexNumber(reference.entry & kPteFrame);
  }
  return json;
}

}  // namespace

std::string hexOf(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[std::to_integer<std::size_t>(bytes[i] >> 4)];
    text[2 * i + 1] = kDigits[std::to_integer<std::size_t>(bytes[i] & std::byte{0xf})];
  }
  return text;
}

Answer<Json> inspect(Params& params, const Host& host) {
  const auto name = params.text("vm");
  const auto gfn = params.number("gfn", 0, kMostNumber);
  const auto mfn = params.number("mfn", 0, kMostNumber);
  const auto slot = params.number("slot", 0, kMostNumber);
  const WithContent content = params.boolean("content").value_or(true) ? WithContent::Yes : WithContent::No;
  if (!params.error() && (gfn ? 1 : 0) + (mfn ? 1 : 0) + (slot ? 1 : 0) != 1) params.wrong("it takes exactly one of gfn, slot and mfn");
  if (!params.error() && name.has_value() == mfn.has_value())
    params.wrong("{}", mfn ? "a machine frame is the host's: leave vm out" : "vm is missing: whose page or slot?");
  if (mfn && *mfn >= host.machine().frames().value())
    params.wrong("the host has {} frames: there is no frame {}", host.machine().frames().value(), *mfn);
  if (params.error()) return tl::unexpected(*params.error());
  if (mfn) return inspectFrame(host, Mfn(*mfn), content);
  const auto vm = vmThatIsOn(host, "inspect", *name);
  if (!vm) return tl::unexpected(vm.error());
  if (slot) return inspectSlot(host, **vm, *slot, content);
  if (*gfn >= (*vm)->memory()->guest.memory().value())
    return rpcFailure(RpcCode::WrongParams, "inspect: {} has {} pages: there is no page {}", *name, (*vm)->memory()->guest.memory().value(),
                      *gfn);
  return inspectPage(host, **vm, Gfn(*gfn), content);
}

Answer<Json> walk(Params& params, const Host& host) {
  params.require("vm");
  params.require("gva");
  const auto name = params.text("vm");
  const auto address = params.number("gva", 0, kMostNumber);
  if (params.error()) return tl::unexpected(*params.error());
  const auto vm = vmThatIsOn(host, "walk", *name);
  if (!vm) return tl::unexpected(vm.error());
  const auto registers = (*vm)->registers();
  if (!registers)
    return rpcFailure(RpcCode::Refused, "walk: {} is played by a {}: it has no CPU and no page tables", *name,
                      (*vm)->config().generator.empty() ? "script" : "generator");
  const Host::NestedWalk walked = host.walk((*vm)->id(), Gva(*address));
  const WalkReferences found = referencesOf(walked);
  Json json;
  json["time"] = host.now().value();
  json["vm"] = *name;
  json["gva"] = hexNumber(*address);
  json["cr3"] = hexNumber(registers->cr3);
  json["references"] = Json::array();
  for (std::size_t i = 0; i < found.references.size(); ++i) json["references"].push_back(referenceJson(i + 1, found.references[i]));
  json["end"] = nameOf(found.outcome);
  if (!found.why.empty()) json["why"] = found.why;
  if (found.lostAt) json["place"] = nameOf(found.lostAt->place());
  if (found.address) {
    json["gpa"] = hexNumber(found.address->value());
    json["gfn"] = gfnOf(*found.address).value();
    json["page_bytes"] = walked.guest.pageBytes;
    json["writable"] = walked.guest.writable;
  }
  json["text"] = walkPicture(walked, Gva(*address));
  if (found.frame) {
    json["mfn"] = found.frame->value();
    json["machine_address"] = hexNumber(found.frame->value() * kPageSize + *address % kPageSize);
  }
  return json;
}

}  // namespace overcommit
