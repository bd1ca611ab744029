// SPDX-License-Identifier: GPL-2.0-or-later
// The engine records while the window looks: a whole run, the same one again, an engine that is killed, and one that is not there.
#include "gui/session/recording.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <csignal>

#include "gui/session/run.h"
#include "gui/session/scenario_list.h"
#include "support/test.h"
#include "trace/trace_reader.h"

using namespace overcommit;
using namespace overcommit::gui;

namespace {

// A moment's work: VMs that play scripts, without a CPU.
QString shortScenario() { return QStringLiteral(OVERCOMMIT_SOURCE_DIR "/labs/scenarios/scripts-only.toml"); }

QString textOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

}  // namespace

class RecordingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aScenarioIsRecordedAndCanBeOpenedMeanwhile() {
    Recording recording(engine(), folder_.path());
    QSignalSpy ready(&recording, &Recording::ready), ended(&recording, &Recording::ended);
    recording.start(textOf(shortScenario()), QStringLiteral("short"), shortScenario());
    QTRY_COMPARE_WITH_TIMEOUT(ready.size(), 1, 30'000);
    auto run = Run::open(ready[0][0].toString().toStdString());
    VERIFY_OK(run);
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 60'000);
    QCOMPARE(ended[0][0].toString(), QString());
    (*run)->playback().lookForMore();
    QVERIFY(!(*run)->playback().growing());
    QVERIFY((*run)->playback().reader().digest().has_value());
  }

  void theSameScenarioIsNotRecordedTwice() {
    Recording recording(engine(), folder_.path());
    QSignalSpy ready(&recording, &Recording::ready);
    recording.start(textOf(shortScenario()), QStringLiteral("short"), shortScenario());
    QVERIFY(!recording.running());
    QTRY_COMPARE(ready.size(), 1);
  }

  void anEngineThatIsKilledIsSaidSoAndWhatThereIsCanBeSeen() {
    Recording recording(engine(), folder_.path());
    QSignalSpy ready(&recording, &Recording::ready), ended(&recording, &Recording::ended), failed(&recording, &Recording::failed);
    QString longer = textOf(QStringLiteral(OVERCOMMIT_SOURCE_DIR "/labs/scenarios/a-limit-bites.toml"));
    longer.replace(QStringLiteral("duration = "), QStringLiteral("duration = \"1h\" # "));
    recording.start(longer, QStringLiteral("killed"));
    QTRY_COMPARE_WITH_TIMEOUT(ready.size(), 1, 30'000);
    ::kill(static_cast<pid_t>(recording.processId()), SIGKILL);
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 30'000);
    QVERIFY(ended[0][0].toString().contains(QStringLiteral("killed")));
    const auto reader = TraceReader::open(ready[0][0].toString().toStdString());
    VERIFY_OK(reader);
    QVERIFY(reader->lastSequence() > 0);
  }

  void aScenarioThatIsWrongIsRefusedInTheEnginesOwnWords() {
    Recording recording(engine(), folder_.path());
    QSignalSpy failed(&recording, &Recording::failed);
    recording.start(QStringLiteral("title = 7\n"), QStringLiteral("wrong"));
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, 30'000);
    QVERIFY2(failed[0][0].toString().contains(QStringLiteral("duration")), qPrintable(failed[0][0].toString()));
  }

  void anEngineThatIsNotThereIsSaidSo() {
    Recording recording(folder_.filePath(QStringLiteral("no-engine")), folder_.path());
    QSignalSpy failed(&recording, &Recording::failed);
    recording.start(textOf(shortScenario()), QStringLiteral("none"));
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY(failed[0][0].toString().contains(QStringLiteral("no-engine")));
  }

  void everyShippedScenarioIsListedWithItsTitle() {
    const auto entries = scenariosIn(QStringLiteral(OVERCOMMIT_SOURCE_DIR "/labs/scenarios"));
    QVERIFY(entries.size() > 20);
    for (const ScenarioEntry& entry : entries) {
      QVERIFY2(!entry.title.isEmpty() && !entry.title.endsWith(QStringLiteral(".toml")), qPrintable(entry.path));
      QVERIFY(!entry.topic.isEmpty());
    }
    QCOMPARE(entries.front().title, QStringLiteral("Four web servers on a host for two"));
    // A topic's scenarios stand together.
    QStringList topics;
    for (const ScenarioEntry& entry : entries) {
      if (topics.isEmpty() || topics.last() != entry.topic) topics << entry.topic;
    }
    QStringList once = topics;
    once.removeDuplicates();
    QCOMPARE(topics, once);
  }

  void aVintageIsWrittenIntoTheHost() {
    const QString changed = withProfile(QStringLiteral("[host]\nmemory = \"1 MiB\"\n"), QStringLiteral("esx3"));
    QCOMPARE(changed, QStringLiteral("[host]\nprofile = \"esx3\"\nmemory = \"1 MiB\"\n"));
    QCOMPARE(withProfile(changed, QStringLiteral("esx6")), changed);
  }

 private:
  static QString engine() { return QStringLiteral(OVERCOMMIT_BINARY_DIR "/overcommit"); }
  QTemporaryDir folder_;
};

OVERCOMMIT_TEST(RecordingTest)
#include "recording_test.moc"
