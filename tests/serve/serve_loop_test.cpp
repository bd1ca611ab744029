// SPDX-License-Identifier: GPL-2.0-or-later
// Serving over file descriptors: whole lines, long lines, an end on either side, and an engine that finds an invariant broken. The server
// is a process of its own.
#include "serve/serve_loop.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>

#include "serve/test_client.h"
#include "support/test.h"
#include "trace/trace_reader.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// The first candidate, until it was asked so often: then it finds an invariant broken, in the middle of a nested fault.
class BreakingPolicy final : public VictimPolicy {
 public:
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return 1; }
  void choose(std::span<const VictimQuestion>, std::span<const VictimCandidate>, std::span<std::uint32_t> answers) override {
    std::ranges::fill(answers, 0u);
    invariant(++asked_ < 50, "a policy of a test is never asked fifty times");
  }

 private:
  int asked_ = 0;
};

struct Served {
  int code = -1;  // -1: it did not end by itself
  std::vector<Json> lines;
  [[nodiscard]] Json answer(int id) const {
    for (const Json& line : lines) {
      if (line.contains("id") && line["id"] == id) return line;
    }
    return {};
  }
  [[nodiscard]] Json notification(std::string_view name) const {
    for (const Json& line : lines) {
      if (line.contains("method") && line["method"] == name) return line["params"];
    }
    return {};
  }
};

std::string requestLine(int id, std::string_view method, const Json& params = Json::object()) {
  return jsonLine(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}) + "\n";
}

enum class Client { Reads, IsGone };

// Serves `input` from a pipe to its end in a child process, and reads what it sends. Exit code: 10 + ServeEnd.
Served serveInChild(const std::string& input, const Policies& policies = {}, Client client = Client::Reads) {
  QTemporaryDir folder;
  std::array<int, 2> in{}, out{};
  if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) qFatal("no pipes");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(in[1]);
    ::close(out[0]);
    std::signal(SIGPIPE, SIG_IGN);
    const int null = ::open("/dev/null", 1);
    ::dup2(null, 2);
    const ServeEnd end = serve({in[0], out[1], -1, nullptr}, [&](const RunConfig&) -> Result<HostSurroundings> {
      HostSurroundings all = surroundings(folder);
      all.policies = policies;
      return all;
    });
    ::_exit(10 + static_cast<int>(end));
  }
  ::close(in[0]);
  ::close(out[1]);
  if (client == Client::IsGone) ::close(out[0]);
  // A child of its own writes, so that neither side waits for the other.
  const pid_t writer = ::fork();
  if (writer == 0) {
    std::signal(SIGPIPE, SIG_IGN);
    for (std::size_t done = 0; done < input.size();) {
      const ssize_t written = ::write(in[1], input.data() + done, input.size() - done);
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    if (client == Client::IsGone) ::pause();  // its input stays open
    ::_exit(0);
  }
  ::close(in[1]);
  Served served;
  std::string text;
  std::array<char, 65536> part{};
  while (client == Client::Reads) {
    const ssize_t got = ::read(out[0], part.data(), part.size());
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  if (client == Client::Reads) ::close(out[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  served.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    served.lines.push_back(Json::parse(text.substr(at, end - at), nullptr, false));
    at = end + 1;
  }
  return served;
}

int codeOf(ServeEnd end) { return 10 + static_cast<int>(end); }

}  // namespace

class ServeLoopTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aFileOfRequestsIsServedInItsOrder() {
    const Served served =
        serveInChild(requestLine(1, "open", {{"text", scriptScenario()}}) + "\n" + requestLine(2, "advance") + requestLine(3, "wait") +
                     requestLine(4, "status") + requestLine(5, "close") + requestLine(6, "quit"));
    QCOMPARE(served.code, codeOf(ServeEnd::Quit));
    QVERIFY(served.answer(3)["result"]["ending"] == "duration");
    QVERIFY(served.answer(4)["result"]["state"] == "over");
    QCOMPARE(served.answer(5)["result"]["digest"].get<std::string>(), digestOf(scriptScenario()));
    QVERIFY(served.answer(6).contains("result"));
  }

  void theEndOfTheInputEndsTheRun() {
    QTemporaryDir folder;
    const std::string trace = folder.filePath("ended.octrace").toStdString();
    const Served served =
        serveInChild(requestLine(1, "open", {{"text", scriptScenario()}, {"trace", trace}, {"duration", "100 h"}}) +
                     requestLine(2, "advance", {{"until", {{"quanta", 50}}}}) + requestLine(3, "wait") + requestLine(4, "advance"));
    QCOMPARE(served.code, codeOf(ServeEnd::InputClosed));
    QVERIFY(served.answer(4).contains("result"));
    auto reader = TraceReader::open(std::filesystem::path(trace));
    VERIFY_OK(reader);
    QVERIFY(reader->end() == TraceEnd::Complete);
  }

  void aClientThatIsGoneEndsTheRun() {
    QTemporaryDir folder;
    const std::string trace = folder.filePath("gone.octrace").toStdString();
    const Served served = serveInChild(
        requestLine(1, "open", {{"text", scriptScenario()}, {"trace", trace}, {"duration", "100 h"}}) + requestLine(2, "advance"), {},
        Client::IsGone);
    QCOMPARE(served.code, codeOf(ServeEnd::OutputClosed));
  }

  void nonsenseIsAnsweredAndTheNextLineServed() {
    std::string nonsense;
    for (const char* line : {"nonsense", "{", "[]", "[[[[", "{\"jsonrpc\":\"2.0\"}", "\"\\ud800\"", "\xff\xfe", "0", "null", "\t \r"})
      nonsense += std::string(line) + "\n";
    const Served served = serveInChild(nonsense + requestLine(7, "status"));
    QCOMPARE(served.code, codeOf(ServeEnd::InputClosed));
    QVERIFY(served.answer(7)["result"]["state"] == "closed");
    QCOMPARE(served.lines.size(), std::size_t{10});  // a blank line is none
    for (std::size_t i = 0; i < 9; ++i) QVERIFY(served.lines[i].contains("error") && served.lines[i]["id"].is_null());
  }

  void aLineThatIsTooLongIsLeftOut() {
    const std::string tooLong = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + std::string(kLongestLine, 'x') + "\"}\n";
    const Served served = serveInChild(tooLong + requestLine(2, "status") + tooLong + tooLong + requestLine(3, "quit"));
    QCOMPARE(served.code, codeOf(ServeEnd::Quit));
    QCOMPARE(served.lines.size(), std::size_t{5});
    QVERIFY(served.answer(2).contains("result"));
    QVERIFY(served.lines[0]["error"]["message"].get<std::string>().find("8 MiB") != std::string::npos);
  }

  void aLastLineWithoutItsEndIsServed() {
    std::string line = requestLine(1, "status");
    line.pop_back();
    const Served served = serveInChild(line);
    QVERIFY(served.answer(1)["result"]["state"] == "closed");
  }

  void aBrokenInvariantIsToldAndCanBeLookedAt() {
    BreakingPolicy breaking;
    Policies policies;
    policies.victim = &breaking;
    QTemporaryDir folder;
    const std::string trace = folder.filePath("broken.octrace").toStdString();
    const Served served = serveInChild(
        requestLine(1, "open", {{"text", busyScenario()}, {"trace", trace}}) + requestLine(2, "advance") + requestLine(3, "wait") +
            requestLine(4, "status") + requestLine(5, "inspect", {{"vm", "web1"}, {"gfn", 300}}) + requestLine(6, "advance") +
            requestLine(7, "set", {{"vm", "web1"}, {"set", {{"limit", "2 MiB"}}}}) + requestLine(8, "close") + requestLine(9, "quit"),
        policies);
    QCOMPARE(served.code, kExitInvariantBroken);
    const Json broken = served.notification("broken");
    QVERIFY(broken["message"] == "a policy of a test is never asked fifty times");
    QVERIFY(broken["line"].get<int>() > 0 && broken["time"].is_number());
    QVERIFY(served.answer(3)["error"]["code"] == static_cast<int>(RpcCode::Broken));
    QVERIFY(served.answer(4)["result"]["state"] == "broken");
    QVERIFY(served.answer(5)["result"].contains("place"));
    for (const int id : {6, 7, 8}) QVERIFY(served.answer(id)["error"]["code"] == static_cast<int>(RpcCode::Broken));
    // Everything up to the break is in the trace.
    auto reader = TraceReader::open(std::filesystem::path(trace));
    VERIFY_OK(reader);
    QVERIFY(reader->end() == TraceEnd::Unfinished);
    QCOMPARE(reader->lastSequence(), broken["sequence"].get<std::uint64_t>());
  }
};

OVERCOMMIT_TEST(ServeLoopTest)
#include "serve_loop_test.moc"
