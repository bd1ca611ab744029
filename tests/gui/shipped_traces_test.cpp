// SPDX-License-Identifier: GPL-2.0-or-later
// Every shipped scenario: its trace opens, plays both ways and can be scrubbed. And traces that end anywhere.
#include <QLabel>
#include <QProcess>
#include <QTemporaryDir>
#include <fstream>

#include "gui/support/recorded_trace.h"
#include "gui/support/shown_window.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

bool varies(const std::filesystem::path& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line == "[vary]") return true;
  }
  return false;
}

}  // namespace

class ShippedTracesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyShippedScenarioIsOpenedPlayedAndScrubbed_data() {
    QTest::addColumn<QString>("scenario");
    for (const auto& entry : std::filesystem::directory_iterator(OVERCOMMIT_SOURCE_DIR "/labs/scenarios")) {
      if (entry.path().extension() != ".toml" || varies(entry.path())) continue;
      QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().string());
    }
  }
  // A short piece of each: what comes later looks no different to the app.
  void everyShippedScenarioIsOpenedPlayedAndScrubbed() {
    QFETCH(QString, scenario);
    const QString trace = folder_.filePath(QStringLiteral("run.octrace"));
    QProcess process;
    process.start(QStringLiteral(OVERCOMMIT_BINARY_DIR "/overcommit"),
                  {QStringLiteral("run"), scenario, QStringLiteral("--quiet"), QStringLiteral("--duration"), QStringLiteral("20ms"),
                   QStringLiteral("--trace"), trace});
    QVERIFY(process.waitForFinished(120'000));
    // 1: an expectation does not hold so early.
    QVERIFY2(process.exitCode() == 0 || process.exitCode() == 1, process.readAllStandardError().constData());
    ShownWindow& shown = shownWindow();
    VERIFY_OK(shown.open(trace.toStdString()));
    Playback& playback = shown.playback();
    playback.seek(VirtualTime(0));
    const WorldModel start = playback.world();
    for (const Direction direction : {Direction::Forwards, Direction::Backwards}) {
      playback.play(direction);
      for (int i = 0; i < 4 && playback.playing(); ++i) {
        playback.tick(std::chrono::milliseconds(30));
        QCoreApplication::processEvents();
      }
      playback.stop();
    }
    playback.seek(playback.end());
    VERIFY_OK(playback.world().checkLaws());
    QVERIFY(shown.window.findChild<QLabel*>(QStringLiteral("banner"))->isHidden());
    playback.seek(playback.end() / 2);
    playback.seek(VirtualTime(0));
    QVERIFY(playback.world() == start);
    shown.window.grab();
  }

  void aTraceCutAtAnyBlockOpensAndSaysSo() {
    const RecordedTrace whole;
    auto reader = TraceReader::open(whole.path());
    VERIFY_OK(reader);
    QFile file(QString::fromStdString(whole.path().string()));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QVERIFY(reader->blocks().size() > 10);
    ShownWindow& shown = shownWindow();
    const auto* banner = shown.window.findChild<QLabel*>(QStringLiteral("banner"));
    const QString cut = folder_.filePath(QStringLiteral("cut.octrace"));
    for (const BlockEntry& block : reader->blocks()) {
      for (const qsizetype more : {0, 5}) {
        QFile piece(cut);
        QVERIFY(piece.open(QIODevice::WriteOnly));
        piece.write(bytes.left(static_cast<qsizetype>(block.offset) + more));
        piece.close();
        VERIFY_OK(shown.open(cut.toStdString()));
        QVERIFY(!banner->isHidden());
        QVERIFY(!banner->text().isEmpty());
        shown.playback().seek(shown.playback().end());
        QVERIFY(shown.playback().world() == whole.worldAfter(block.firstSequence == 0 ? 0 : shown.playback().sequence()));
        QVERIFY(shown.playback().sequence() <= block.firstSequence);
      }
    }
    // Before the first block there is no trace.
    for (const qsizetype length : {qsizetype{0}, qsizetype{7}, static_cast<qsizetype>(reader->blocks().front().offset) / 2}) {
      QFile piece(cut);
      QVERIFY(piece.open(QIODevice::WriteOnly));
      piece.write(bytes.left(length));
      piece.close();
      const auto opened = shown.open(cut.toStdString());
      QVERIFY(!opened);
      QVERIFY(QString::fromStdString(opened.error().text).contains(QStringLiteral("cut.octrace")));
    }
  }

 private:
  ShownWindow& shownWindow() {
    if (!shown_) shown_ = std::make_unique<ShownWindow>(QSize(1280, 720));
    return *shown_;
  }
  QTemporaryDir folder_;
  std::unique_ptr<ShownWindow> shown_;
};

OVERCOMMIT_TEST(ShippedTracesTest)
#include "shipped_traces_test.moc"
