// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/event_codec.h"

#include <algorithm>

namespace overcommit {
namespace {

constexpr std::size_t at(EventColumn column) { return static_cast<std::size_t>(column); }
constexpr std::uint32_t columnNumber(std::size_t kind, std::size_t column) {
  return static_cast<std::uint32_t>((kind + 1) * kColumnsPerKind + column);
}

// Which columns a kind has, in one word that is quick to test.
class KindFields {
 public:
  constexpr KindFields() = default;
  explicit KindFields(const EventInfo& info) : vm_(info.hasVm) {
    set(EventColumn::GuestFrame, info.hasGfn);
    set(EventColumn::MachineFrame, info.hasMfn);
    set(EventColumn::Text, info.hasText);
    while (values_ < kEventValues && !info.values[values_].empty()) ++values_;
    invariant(std::all_of(info.values.begin() + static_cast<std::ptrdiff_t>(values_), info.values.end(),
                          [](std::string_view name) { return name.empty(); }),
              "an event kind's values have no gaps");
  }
  [[nodiscard]] bool vm() const { return vm_; }
  [[nodiscard]] bool has(EventColumn column) const { return (bits_ >> at(column) & 1) != 0; }
  [[nodiscard]] std::size_t values() const { return values_; }

 private:
  void set(EventColumn column, bool has) { bits_ |= static_cast<std::uint32_t>(has) << at(column); }
  std::uint32_t bits_ = 0;
  std::size_t values_ = 0;
  bool vm_ = false;
};

const std::array<KindFields, kEventKinds> kFields = [] {
  std::array<KindFields, kEventKinds> fields;
  for (const EventInfo& info : eventTable()) fields[indexOf(info.kind)] = KindFields(info);
  return fields;
}();

}  // namespace

void EventReferences::restart(VirtualTime firstTime) {
  vm = kNoVm;
  hostTime = firstTime_ = firstTime.value();
  mfn = 0;
  vms_.clear();
}

void EventReferences::extend(std::size_t index) {
  const std::size_t before = vms_.size();
  vms_.resize(index + 1);
  for (std::size_t i = before; i <= index; ++i) vms_[i].vmTime = firstTime_;
}

EventBlockEncoder::EventBlockEncoder() : kinds_(kEventKinds) {}

void EventBlockEncoder::add(const Event& event) {
  if (events_ == 0) {
    firstSequence_ = event.sequence;
    firstTime_ = event.hostTime;
    references_.restart(event.hostTime);
  }
  invariant(event.sequence == firstSequence_ + events_, "events are traced without gaps, in order");
  invariant(event.hostTime.value() >= references_.hostTime, "the host's time never goes back");
  invariant(event.cause < event.sequence, "a cause comes before its event");
  invariant(event.vm == kNoVm || event.vm.value() < kMaxVms, "a VM's number is within bounds");

  const std::size_t kind = indexOf(event.kind);
  const KindFields fields = kFields[kind];
  KindColumns& columns = kinds_[kind];
  auto head = static_cast<std::uint8_t>(event.kind);
  if (fields.vm() && event.vm != references_.vm) {
    head |= kHeadVmDiffers;
    references_.vm = event.vm;
    vms_.varint(static_cast<std::uint16_t>(event.vm.value() + 1));
  }
  if (event.hostTime.value() != references_.hostTime) {
    head |= kHeadTimeDiffers;
    times_.varint(event.hostTime.value() - references_.hostTime);
    references_.hostTime = event.hostTime.value();
  }
  heads_.u8(head);

  EventReferences::OfVm& ofVm = references_.of(fields.vm() ? event.vm : kNoVm);
  EventReferences::OfKind& ofKind = ofVm.kinds[kind];
  columns[at(EventColumn::VmTime)].delta(event.vmTime.value(), fields.vm() ? ofVm.vmTime : references_.hostTime);
  ofVm.vmTime = event.vmTime.value();
  if (fields.has(EventColumn::GuestFrame)) {
    columns[at(EventColumn::GuestFrame)].delta(event.gfn.value(), ofKind.gfn);
    ofKind.gfn = event.gfn.value();
  }
  if (fields.has(EventColumn::MachineFrame)) {
    columns[at(EventColumn::MachineFrame)].delta(event.mfn.value(), references_.mfn);
    references_.mfn = event.mfn.value();
  }
  columns[at(EventColumn::Cause)].varint(event.cause == 0 ? 0 : event.sequence - event.cause);
  for (std::size_t i = 0; i < fields.values(); ++i) {
    columns[at(EventColumn::Value1) + i].delta(event.values[i], ofKind.values[i]);
    ofKind.values[i] = event.values[i];
  }
  bytes_ += 4 + 2 * fields.values();
  if (fields.has(EventColumn::Text)) {
    const std::string_view text = std::string_view(event.text).substr(0, kEventTextMax);
    columns[at(EventColumn::Text)].text(text);
    bytes_ += text.size();
  }
  ++events_;
}

std::vector<std::byte> EventBlockEncoder::finish() {
  ByteWriter table;
  ByteWriter columns;
  std::uint32_t count = 0;
  const auto put = [&](std::uint32_t number, ByteWriter& column) {
    if (column.size() == 0) return;
    ++count;
    table.varint(number);
    table.varint(column.size());
    columns.append(column.bytes());
    column.clear();
  };
  put(kHeadsColumn, heads_);
  put(kVmsColumn, vms_);
  put(kTimesColumn, times_);
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    for (std::size_t column = 0; column < kEventColumns; ++column) put(columnNumber(kind, column), kinds_[kind][column]);
  }
  ByteWriter payload;
  payload.varint(count);
  payload.append(table.bytes());
  payload.append(columns.bytes());
  events_ = 0;
  bytes_ = 0;
  return payload.take();
}

ByteReader* EventBlockDecoder::column(std::uint64_t number) {
  if (number == kHeadsColumn) return &heads_;
  if (number == kVmsColumn) return &vms_;
  if (number == kTimesColumn) return &times_;
  const std::uint64_t kind = number / kColumnsPerKind;
  const std::uint64_t field = number % kColumnsPerKind;
  if (kind < 1 || kind > kEventKinds || field >= kEventColumns) return nullptr;
  return &kinds_[static_cast<std::size_t>(kind - 1)][static_cast<std::size_t>(field)];
}

Result<EventBlockDecoder> EventBlockDecoder::open(std::span<const std::byte> payload, std::uint32_t events, std::uint64_t firstSequence,
                                                  VirtualTime firstTime) {
  EventBlockDecoder decoder(firstTime);
  decoder.left_ = events;
  decoder.sequence_ = firstSequence;

  ByteReader in(payload);
  constexpr std::uint64_t kMaxColumns = std::uint64_t{kEventKinds + 1} * kColumnsPerKind;
  const std::uint64_t count = in.varintUpTo(kMaxColumns);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> table;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint64_t number = in.varint();
    table.emplace_back(number, in.varint());
  }
  for (const auto& [number, size] : table) {
    ByteReader* column = decoder.column(number);
    if (column == nullptr) return failure("the block has a column {}, which this version does not know", number);
    if (column->left() != 0) return failure("the block has column {} twice", number);
    if (size > in.left()) return failure("column {} of the block is cut off", number);
    *column = ByteReader(in.bytes(static_cast<std::size_t>(size)));
  }
  if (in.failed() || !in.atEnd()) return failure("the block's table of columns is malformed");
  if (decoder.heads_.left() != events) return failure("the block announces {} events and has {}", events, decoder.heads_.left());
  return decoder;
}

Result<bool> EventBlockDecoder::next(Event& event) {
  if (left_ == 0) {
    if (!allRead()) return failure("the block has data behind its last event, #{}", sequence_ - 1);
    return false;
  }
  const std::uint8_t head = heads_.u8();
  const std::uint8_t number = head & kHeadKindMask;
  if (number < 1 || number > kEventKinds) return failure("event #{} has kind {}, which this version does not know", sequence_, number);
  event.kind = static_cast<EventKind>(number);
  const std::size_t kind = indexOf(event.kind);
  const KindFields fields = kFields[kind];
  KindColumns& columns = kinds_[kind];
  bool bad = false;
  const auto read = [&](EventColumn column) -> ByteReader& { return columns[at(column)]; };

  event.vm = kNoVm;
  if ((head & kHeadVmDiffers) != 0) {
    references_.vm = VmId(static_cast<std::uint16_t>(vms_.varintUpTo(kMaxVms) - 1));
    bad |= vms_.failed() || !fields.vm();
  }
  if (fields.vm()) event.vm = references_.vm;
  if ((head & kHeadTimeDiffers) != 0) {
    const std::uint64_t time = references_.hostTime + times_.varint();
    bad |= times_.failed() || time < references_.hostTime;
    references_.hostTime = time;
  }
  event.hostTime = VirtualTime(references_.hostTime);

  EventReferences::OfVm& ofVm = references_.of(event.vm);
  EventReferences::OfKind& ofKind = ofVm.kinds[kind];
  event.vmTime = VirtualTime(read(EventColumn::VmTime).delta(fields.vm() ? ofVm.vmTime : references_.hostTime));
  bad |= read(EventColumn::VmTime).failed();
  ofVm.vmTime = event.vmTime.value();
  event.gfn = Gfn();
  if (fields.has(EventColumn::GuestFrame)) {
    event.gfn = Gfn(read(EventColumn::GuestFrame).delta(ofKind.gfn));
    bad |= read(EventColumn::GuestFrame).failed();
    ofKind.gfn = event.gfn.value();
  }
  event.mfn = Mfn();
  if (fields.has(EventColumn::MachineFrame)) {
    event.mfn = Mfn(read(EventColumn::MachineFrame).delta(references_.mfn));
    bad |= read(EventColumn::MachineFrame).failed();
    references_.mfn = event.mfn.value();
  }
  const std::uint64_t back = read(EventColumn::Cause).varint();
  bad |= read(EventColumn::Cause).failed() || back >= sequence_;
  event.cause = back == 0 ? 0 : sequence_ - back;
  event.values = {};
  for (std::size_t i = 0; i < fields.values(); ++i) {
    ByteReader& values = columns[at(EventColumn::Value1) + i];
    event.values[i] = values.delta(ofKind.values[i]);
    bad |= values.failed();
    ofKind.values[i] = event.values[i];
  }
  event.text.clear();
  if (fields.has(EventColumn::Text)) {
    event.text = read(EventColumn::Text).text(kEventTextMax);
    bad |= read(EventColumn::Text).failed();
  }
  event.sequence = sequence_;
  if (bad) return failure("event #{} ({}) is malformed", sequence_, infoOf(event.kind).name);
  ++sequence_;
  --left_;
  return true;
}

bool EventBlockDecoder::allRead() const {
  const auto empty = [](const ByteReader& column) { return column.atEnd(); };
  return vms_.atEnd() && times_.atEnd() &&
         std::all_of(kinds_.begin(), kinds_.end(), [&](const KindColumns& kind) { return std::all_of(kind.begin(), kind.end(), empty); });
}

}  // namespace overcommit
