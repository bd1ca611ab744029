// SPDX-License-Identifier: GPL-2.0-or-later
// `overcommit serve` as programs use it: over pipes, with signals, and through the Python client.
#include <signal.h>

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

QByteArray request(int id, const QString& method, const QJsonObject& params = {}) {
  const QJsonObject all{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
  return QJsonDocument(all).toJson(QJsonDocument::Compact) + '\n';
}

// Serves a file of requests.
Outcome serveFile(const ScenarioFolder& folder, const QByteArray& requests) {
  QProcess process;
  process.setStandardInputFile(folder.write("requests.jsonl", requests));
  process.start(kCommand, {"serve"});
  Outcome outcome;
  if (process.waitForFinished(120'000) && process.exitStatus() == QProcess::NormalExit) outcome.code = process.exitCode();
  outcome.out = process.readAllStandardOutput();
  outcome.err = process.readAllStandardError();
  return outcome;
}

QJsonObject answer(const QByteArray& out, int id) {
  for (const QByteArray& line : out.split('\n')) {
    QJsonObject object = QJsonDocument::fromJson(line).object();
    if (object.value("id").toInt(-1) == id) return object;
  }
  return {};
}

}  // namespace

class ServeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { scenario_ = folder_.write("two.toml", overcommittedScenario()); }

  void itsDigestIsThatOfRun() {
    const QByteArray run = overcommitCommand({"run", scenario_, "--json", "-"}).out;
    const QString wanted = QJsonDocument::fromJson(run).object().value("digest").toString();
    QCOMPARE(wanted.size(), 32);
    const QString trace = folder_.path("served.octrace");
    const Outcome outcome = serveFile(folder_, request(1, "open", {{"scenario", scenario_}, {"trace", trace}}) + request(2, "advance") +
                                                   request(3, "wait") + request(4, "close"));
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    QCOMPARE(answer(outcome.out, 4).value("result").toObject().value("digest").toString(), wanted);
    QCOMPARE(answer(outcome.out, 4).value("result").toObject().value("result"), QJsonValue(QJsonDocument::fromJson(run).object()));
    const Outcome info = overcommitCommand({"trace", "info", trace});
    QVERIFY2(info.out.contains(wanted.toUtf8()) && info.out.contains("complete"), info.out.constData());
  }

  void aSavedScenarioIsRunByTheCommand() {
    const QString saved = folder_.path("saved.toml");
    const QJsonObject limit{{"vm", "a"}, {"set", QJsonObject{{"limit", "4 MiB"}}}};
    const Outcome outcome = serveFile(folder_, request(1, "open", {{"scenario", scenario_}, {"at", "700ms"}}) + request(2, "wait") +
                                                   request(3, "set", limit) + request(4, "advance") + request(5, "wait") +
                                                   request(6, "save", {{"scenario", saved}}) + request(7, "close"));
    QCOMPARE(outcome.code, 0);
    const QString digest = answer(outcome.out, 7).value("result").toObject().value("digest").toString();
    const QJsonObject run = QJsonDocument::fromJson(overcommitCommand({"run", saved, "--json", "-"}).out).object();
    QCOMPARE(run.value("digest").toString(), digest);
  }

  void anInterruptCompletesTheTrace_data() {
    QTest::addColumn<int>("signal");
    QTest::addColumn<bool>("running");
    QTest::newRow("SIGINT while it runs") << SIGINT << true;
    QTest::newRow("SIGTERM while it runs") << SIGTERM << true;
    QTest::newRow("SIGTERM while it waits for requests") << SIGTERM << false;
  }
  void anInterruptCompletesTheTrace() {
    QFETCH(const int, signal);
    QFETCH(const bool, running);
    const QString trace = folder_.path("interrupted.octrace");
    QProcess process;
    process.start(kCommand, {"serve"});
    process.write(request(1, "open", {{"scenario", scenario_}, {"trace", trace}, {"duration", "100 h"}}));
    if (running) process.write(request(2, "advance"));
    const QByteArray awaited = running ? "\"id\":2" : "\"id\":1";
    QByteArray out;
    while (!out.contains(awaited) && process.waitForReadyRead(60'000)) out += process.readAllStandardOutput();
    QVERIFY(out.contains(awaited));
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitCode(), static_cast<int>(ExitCode::Interrupted));
    const Outcome info = overcommitCommand({"trace", "info", trace});
    QVERIFY2(info.out.contains("complete"), info.out.constData());
  }

  void thePythonClientAdvancesToTheHardState() {
    const QString script = kSource + "/labs/clients/advance_to_hard.py";
    const auto python = [&](const QString& file) {
      QProcess process;
      process.setProcessEnvironment(environmentWith({{"OVERCOMMIT", kCommand}, {"PYTHONDONTWRITEBYTECODE", "1"}}));
      process.start("python3", {script, file});
      Outcome outcome;
      if (process.waitForFinished(120'000)) outcome.code = process.exitCode();
      outcome.out = process.readAllStandardOutput();
      outcome.err = process.readAllStandardError();
      return outcome;
    };
    const Outcome hard = python(scenario_);
    QVERIFY2(hard.code == 0, (hard.out + hard.err).constData());
    QVERIFY2(hard.out.startsWith("free memory is hard at "), hard.out.constData());
    QCOMPARE(hard.out.count('\n'), 4);
    const Outcome missing = python(folder_.path("missing.toml"));
    QCOMPARE(missing.code, 2);
    QVERIFY2(missing.err.contains("missing.toml"), missing.err.constData());
  }

 private:
  ScenarioFolder folder_;
  QString scenario_;
};

OVERCOMMIT_TEST(ServeTest)
#include "serve_test.moc"
