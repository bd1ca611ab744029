// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/session.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "base/nearest.h"
#include "policy/host_options.h"
#include "scenario/json_report.h"
#include "scenario/scenario_keys.h"
#include "serve/figures_json.h"
#include "serve/inspection.h"
#include "serve/method_table.h"
#include "trace/event_text.h"

namespace overcommit {
namespace {

template <typename Table, typename Name>
Json namesIn(const Table& table, Name name) {
  Json names = Json::array();
  for (const auto& entry : table) names.push_back(std::string_view(entry.*name));
  return names;
}

Answer<Json> initialize(Params& params) {
  const auto protocol = params.number("protocol", 0, ~std::uint64_t{0});
  (void)params.text("client");
  if (params.error()) return tl::unexpected(*params.error());
  if (protocol && *protocol != kProtocolVersion)
    return rpcFailure(RpcCode::WrongParams, "initialize: this engine speaks version {} of the protocol, not {}", kProtocolVersion,
                      *protocol);
  Json json;
  json["protocol"] = kProtocolVersion;
  json["engine"] = "overcommit";
  json["version"] = OVERCOMMIT_VERSION;
  json["methods"] = namesIn(methodTable(), &MethodInfo::name);
  json["notifications"] = namesIn(notificationTable(), &NotificationInfo::name);
  json["stops"] = namesIn(stopTable(), &ParamInfo::name);
  json["vm_settings"] = Json::array();
  for (const std::string_view key : keysOf("set")) json["vm_settings"].push_back(key);
  json["host_options"] = Json::array();
  for (const HostOption& option : hostOptions())
    json["host_options"].push_back({{"name", option.name},
                                    {"default", option.fallback},
                                    {"least", option.least},
                                    {"most", option.most},
                                    {"in_effect", option.use == OptionUse::InEffect},
                                    {"meaning", option.meaning}});
  json["event_kinds"] = namesIn(eventTable(), &EventInfo::name);
  json["longest_line"] = kLongestLine;
  return json;
}

// What can be asked for when an invariant broke: it only looks.
constexpr std::array<std::string_view, 7> kLooking{"initialize", "status", "inspect", "walk", "vms", "metrics", "quit"};
constexpr std::array<std::string_view, 4> kWithoutRun{"initialize", "open", "status", "quit"};

template <typename Names>
bool among(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

enum class FileThere : std::uint8_t { IsKept, IsReplaced };

Answer<void> writeFile(const std::string& path, const std::string& text, FileThere there) {
  std::error_code ignored;
  if (there == FileThere::IsKept && std::filesystem::exists(path, ignored))
    return rpcFailure(RpcCode::Failed, "save: there is a {} already; give replace to write over it, or another name", path);
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return rpcFailure(RpcCode::Failed, "save: cannot create {}: {}", path, systemErrorText(errno));
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = written ? 0 : errno;
  if (std::fclose(file) != 0 || !written)
    return rpcFailure(RpcCode::Failed, "save: cannot write {}: {}", path, systemErrorText(error != 0 ? error : errno));
  return {};
}

}  // namespace

Session::Session(SurroundingsFor surroundings, Send send) : surroundings_(std::move(surroundings)), send_(std::move(send)) {}
Session::~Session() = default;

Json Session::instant() const {
  Json json;
  json["time"] = run_->run().now().value();
  json["sequence"] = run_->log().recorded();
  return json;
}

Json Session::status() const {
  Json json;
  if (!run_) {
    json["state"] = broken_ ? "broken" : "closed";
    return json;
  }
  const ScenarioRun& run = run_->run();
  json["state"] = broken_ ? "broken" : advance_ ? "running" : run.ending() ? "over" : "idle";
  json["title"] = run.scenario().config.title;
  json["scenario"] = run.scenario().fileName;
  json.update(instant());
  json["digest"] = run_->log().digest().text();
  json["quantum"] = run_->host().quantum().value();
  json["duration"] = run.scenario().config.duration.value();
  json["seed"] = run.scenario().config.seed;
  json["engine"] = run_->host().engine();
  json["audit"] = run.scenario().config.audit;
  json["changes"] = run.changes().size();
  json["ending"] = run.ending() ? Json(nameOf(*run.ending())) : Json(nullptr);
  json["trace"] = run_->tracePath().empty() ? Json(nullptr) : Json(run_->tracePath());
  return json;
}

// --- requests

void Session::receive(std::string_view line) {
  const ReceivedLine received = readLine(line);
  Json answers = Json::array();
  for (const ReceivedRequest& request : received.requests) {
    if (received.batch && request.request.method == "wait") {
      answers.push_back(errorFor(request.id, {RpcCode::NotARequest, "wait cannot be part of a batch", nullptr}));
      continue;
    }
    auto answer = handle(request);
    if (answer) answers.push_back(std::move(*answer));
  }
  if (answers.empty()) return;
  sendLine(received.batch ? answers : answers.front());
}

void Session::receiveTooLong() {
  sendLine(
      errorFor(nullptr, {RpcCode::NotJson, fmt::format("the line is longer than {} MiB: it was left out", kLongestLine >> 20), nullptr}));
}

std::optional<Json> Session::handle(const ReceivedRequest& received) {
  if (received.error) return errorFor(received.id, *received.error);
  const Request& request = received.request;
  serving_ = request.id;
  Answer<Json> answer = dispatch(request);
  serving_.reset();
  if (answer && waiting_ && request.method == "wait") return std::nullopt;  // later
  if (!request.id) return std::nullopt;
  return answer ? resultFor(*request.id, std::move(*answer)) : errorFor(*request.id, answer.error());
}

Answer<Json> Session::dispatch(const Request& request) {
  const std::string_view method = request.method;
  if (findMethod(method) == nullptr) {
    std::vector<std::string_view> names;
    for (const MethodInfo& info : methodTable()) names.push_back(info.name);
    const std::string hint = didYouMean(method, names);
    return rpcFailure(RpcCode::NoSuchMethod, "there is no method \"{}\"{}", method.substr(0, 64),
                      hint.empty() ? fmt::format(": there are {}", fmt::join(names, ", ")) : hint);
  }
  if (broken_ && !among(kLooking, method))
    return rpcFailure(RpcCode::Broken, "{}: an invariant of the engine broke; it can be looked at, and nothing else", method);
  if (!run_ && !among(kWithoutRun, method)) return rpcFailure(RpcCode::NoRun, "{}: no scenario is open; open one first", method);
  const auto known = paramsOf(method);
  Params params(request.params, method, known);
  if (params.error() && method != "set") return tl::unexpected(*params.error());

  if (method == "initialize") return initialize(params);
  if (method == "open") return open(params);
  if (method == "advance") return advance(params, request.params);
  if (method == "pause") return pause();
  if (method == "wait") {
    if (!advance_) return lastStop_.is_null() ? instant() : lastStop_;
    waiting_ = true;
    waitId_ = request.id;
    return Json::object();
  }
  if (method == "status") return status();
  if (method == "set") return set(request.params);
  if (method == "save") return save(params);
  if (method == "inspect") return inspect(params, run_->host());
  if (method == "walk") return walk(params, run_->host());
  if (method == "vms") return vmsJson(run_->host());
  if (method == "metrics") return metricsJson(params, run_->host());
  if (method == "subscribe") return subscribe(params);
  if (method == "unsubscribe") return unsubscribe(params);
  if (method == "close") return close();
  invariant(method == "quit", "every method of the table is served");
  quitting_ = true;
  return Json::object();
}

Answer<Json> Session::open(Params& params) {
  if (run_) return rpcFailure(RpcCode::RunIsOpen, "open: {} is open already; close it first", run_->run().scenario().fileName);
  const auto at = params.time("at");
  auto opened = ServedRun::open(params, surroundings_);
  if (!opened) return tl::unexpected(opened.error());
  run_ = std::move(*opened);
  lastStop_ = nullptr;
  traceFailed_ = false;
  if (run_->trace() != nullptr) run_->trace()->flush();
  Json json = status();
  json["vms"] = Json::array();
  for (const TraceVm& vm : run_->header().vms)
    json["vms"].push_back({{"name", vm.name}, {"memory_pages", vm.memory.value()}, {"runs", vm.program}});
  json["host_pages"] = run_->header().hostMemory.value();
  json["inputs"] = Json::array();
  for (const TraceInput& input : run_->header().inputs)
    json["inputs"].push_back({{"name", input.name}, {"kind", input.kind}, {"xxh3", fmt::format("{:016x}", input.hash)}});
  if (at) {
    StopConditions conditions;
    conditions.time = *at;
    json["run"] = begin(conditions);
    json["state"] = "running";
  }
  return json;
}

std::uint64_t Session::begin(const StopConditions& conditions) {
  if (advance_) stop("superseded", std::nullopt);
  run_->watch().arm(conditions, run_->log().recorded());
  advance_ = ++advances_;
  return *advance_;
}

Answer<Json> Session::advance(Params& params, const ReceivedJson& object) {
  StopConditions conditions;
  if (params.object("until") != nullptr) {
    auto read = readStopConditions(object["until"], run_->header());
    if (!read) return tl::unexpected(read.error());
    conditions = *read;
  }
  if (params.error()) return tl::unexpected(*params.error());
  return Json{{"run", begin(conditions)}};
}

Answer<Json> Session::pause() {
  if (advance_) stop("paused", std::nullopt);
  return instant();
}

Answer<Json> Session::set(const ReceivedJson& object) {
  auto changed = run_->change(object);
  if (run_->trace() != nullptr) run_->trace()->flush();
  sendWatched();
  if (!changed) {
    changed.error().text = fmt::format("set: {}", changed.error().text);
    return tl::unexpected(changed.error());
  }
  Json json = instant();
  json["changes"] = *changed;
  return json;
}

Answer<Json> Session::save(Params& params) {
  const auto path = params.text("scenario");
  const FileThere there = params.boolean("replace").value_or(false) ? FileThere::IsReplaced : FileThere::IsKept;
  if (path && path->empty()) params.wrong("scenario: the file's name is empty");
  if (params.error()) return tl::unexpected(*params.error());
  std::error_code ignored;
  const auto directory = path ? std::filesystem::absolute(*path, ignored).parent_path() : std::filesystem::path();
  const auto text = run_->saved(directory);
  if (!text) return rpcFailure(RpcCode::Failed, "save: {}", text.error().text);
  if (!path) return Json{{"text", *text}};
  if (const auto written = writeFile(*path, *text, there); !written) return tl::unexpected(written.error());
  return Json{{"scenario", *path}};
}

Answer<Json> Session::subscribe(Params& params) {
  const auto number = run_->subscriptions().add(params, run_->host());
  if (!number) return tl::unexpected(number.error());
  return Json{{"subscription", *number}};
}

Answer<Json> Session::unsubscribe(Params& params) {
  params.require("subscription");
  const auto number = params.number("subscription", 0, ~std::uint64_t{0});
  if (number && !run_->subscriptions().remove(*number)) params.wrong("there is no subscription {}", *number);
  if (params.error()) return tl::unexpected(*params.error());
  return Json::object();
}

Answer<Json> Session::close() {
  if (advance_) stop("paused", std::nullopt);
  const RunSnapshot snapshot = run_->finish();
  sendWatched();
  Json json;
  json["digest"] = snapshot.digest.text();
  json["ending"] = nameOf(snapshot.ending);
  json["exit_code"] = snapshot.exitCode();
  json["result"] = ownJson(jsonReport(snapshot));
  run_.reset();
  return json;
}

// --- running

void Session::runQuantum() {
  if (!advancing()) return;
  const auto already = run_->watch().met(run_->run().now());
  if (already && !already->event) return stop(already->reason, std::nullopt);  // a time that is there already
  const bool goesOn = run_->runQuantum();
  if (const auto met = run_->watch().met(run_->run().now())) return stop(met->reason, met->event);
  if (!goesOn) stop(run_->run().ending() == RunEnding::ActionRefused ? "refused" : "ended", std::nullopt);
}

void Session::stop(std::string_view reason, const std::optional<Event>& event) {
  if (run_->trace() != nullptr) run_->trace()->flush();
  sendWatched();
  Json json;
  json["run"] = *advance_;
  json["reason"] = reason;
  json.update(instant());
  json["digest"] = run_->log().digest().text();
  if (event) json["event"] = ownJson(eventLine(EventFormat::JsonLines, *event, run_->header()));
  if (run_->run().ending()) json["ending"] = nameOf(*run_->run().ending());
  if (!run_->message().empty()) json["message"] = run_->message();
  advance_.reset();
  run_->watch().disarm();
  lastStop_ = json;
  sendLine(notification("stopped", std::move(json)));
  if (std::exchange(waiting_, false) && waitId_) sendLine(resultFor(*waitId_, lastStop_));
  waitId_.reset();
}

void Session::sendWatched() {
  for (const Event& crash : run_->takeCrashes())
    sendLine(notification("crashed", {{"vm", vmName(run_->header(), crash.vm)},
                                      {"reason", crash.text},
                                      {"time", crash.hostTime.value()},
                                      {"sequence", crash.sequence}}));
  for (const Json& told : run_->subscriptions().take()) sendLine(told);
  if (run_->trace() == nullptr || traceFailed_ || !run_->trace()->writer().error()) return;
  traceFailed_ = true;
  sendLine(notification("trace_failed", {{"message", run_->trace()->writer().error()->text}}));
}

void Session::report() {
  if (!run_ || !advancing()) return;
  if (run_->trace() != nullptr) run_->trace()->flush();
  sendWatched();
  Json json;
  json["run"] = *advance_;
  json.update(instant());
  json["trace_bytes"] = run_->trace() == nullptr ? 0 : run_->trace()->writer().bytesWritten();
  sendLine(notification("progress", std::move(json)));
}

void Session::end() {
  if (!run_) return;
  if (advance_) stop("paused", std::nullopt);
  (void)run_->finish();
  run_.reset();
}

void Session::breakDown(std::string_view what, std::string_view file, int line) {
  broken_ = true;
  if (run_ && run_->trace() != nullptr) run_->trace()->flush();
  Json json;
  json["message"] = what;
  json["file"] = file;
  json["line"] = line;
  if (run_) json.update(instant());
  sendLine(notification("broken", std::move(json)));
  const RpcError error{RpcCode::Broken, fmt::format("an invariant of the engine broke: {}", what), nullptr};
  if (serving_) sendLine(errorFor(*serving_, error));
  serving_.reset();
  if (std::exchange(waiting_, false) && waitId_) sendLine(errorFor(*waitId_, error));
  waitId_.reset();
}

}  // namespace overcommit
