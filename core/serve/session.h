// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "serve/served_run.h"

namespace overcommit {

// The protocol of `overcommit serve` (docs/reference/serve.md) without its input and output: takes lines, sends lines, and runs a quantum when
// it is asked to.
//
//   receive() answers at once, between quanta. After `advance` it is advancing(): whoever owns it calls runQuantum() again and again, and
//   between the calls receive() for what has come meanwhile. After `wait` it is waiting(): the next line is to be received when it no longer is.
//
// Nothing that is received ends it but `quit`.
class Session final {
 public:
  using Send = std::function<void(const std::string& line)>;
  Session(SurroundingsFor surroundings, Send send);
  ~Session();

  void receive(std::string_view line);
  // A line longer than kLongestLine was left out.
  void receiveTooLong();

  [[nodiscard]] bool advancing() const { return advance_.has_value() && !broken_; }
  [[nodiscard]] bool waiting() const { return waiting_; }
  [[nodiscard]] bool quitting() const { return quitting_; }
  void runQuantum();
  // Now and then while it is advancing: closes the trace's open block, and sends what there is to be told.
  void report();
  // Ends the run, if there is one, and completes its trace.
  void end();

  // An invariant of the engine broke, in a call that will never return: from now on there are only answers to questions.
  void breakDown(std::string_view what, std::string_view file, int line);

 private:
  Answer<Json> dispatch(const Request& request);
  std::optional<Json> handle(const ReceivedRequest& received);
  Answer<Json> open(Params& params);
  Answer<Json> advance(Params& params, const ReceivedJson& object);
  Answer<Json> pause();
  Answer<Json> set(const ReceivedJson& object);
  Answer<Json> save(Params& params);
  Answer<Json> close();
  Answer<Json> subscribe(Params& params);
  Answer<Json> unsubscribe(Params& params);

  std::uint64_t begin(const StopConditions& conditions);
  void stop(std::string_view reason, const std::optional<Event>& event);
  void sendWatched();
  void sendLine(const Json& json) { send_(jsonLine(json)); }
  [[nodiscard]] Json instant() const;
  [[nodiscard]] Json status() const;

  SurroundingsFor surroundings_;
  Send send_;
  std::unique_ptr<ServedRun> run_;
  std::optional<std::uint64_t> advance_;  // the number of the one that is going on
  std::uint64_t advances_ = 0;
  Json lastStop_;                // what `stopped` told last
  bool waiting_ = false;         // a `wait` was not answered yet
  std::optional<Json> waitId_;   // its id; nothing: it wants no answer
  std::optional<Json> serving_;  // the id of the request that is being served
  bool quitting_ = false;
  bool broken_ = false;
  bool traceFailed_ = false;
};

}  // namespace overcommit
