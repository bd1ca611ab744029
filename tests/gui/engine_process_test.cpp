// SPDX-License-Identifier: GPL-2.0-or-later
// Talking to an engine: a real one, and ones that answer late, wrongly, or not at all.
#include "gui/link/engine_process.h"

#include <QJsonArray>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <csignal>

#include "gui/support/fake_engine.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

constexpr int kLongWait = 60'000;

struct Answers {
  std::vector<EngineAnswer> got;
  EngineProcess::Answered slot() {
    return [this](const EngineAnswer& answer) { got.push_back(answer); };
  }
};

}  // namespace

class EngineProcessTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theRealEngineSaysWhatItIs() {
    EngineProcess engine(QStringLiteral(OVERCOMMIT_BINARY_DIR "/overcommit"));
    Answers answers;
    engine.start();
    engine.call(QStringLiteral("initialize"), {{QStringLiteral("protocol"), 1}}, answers.slot());
    engine.call(QStringLiteral("nonsense"), {}, answers.slot());
    QVERIFY(answers.got.empty());
    QTRY_COMPARE_WITH_TIMEOUT(answers.got.size(), std::size_t{2}, kLongWait);
    QVERIFY(answers.got[0]);
    QCOMPARE((*answers.got[0])[QStringLiteral("engine")].toString(), QStringLiteral("overcommit"));
    QVERIFY(!answers.got[1]);
    QCOMPARE(answers.got[1].error().code, -32601);
    QVERIFY(answers.got[1].error().text.contains(QStringLiteral("nonsense")));
  }

  void anAnswerGoesToWhoeverAsked() {
    // The second question is answered first, and something that is no answer comes between.
    EngineProcess engine(
        fake(QStringLiteral("case $id in 1) ;; 2) printf '%s\\n' '{\"id\":2,\"result\":{\"n\":2}}' 'what?' '[]' "
                            "'{\"id\":77,\"result\":{}}' '{\"id\":1,\"result\":{\"n\":1}}' ;; esac")));
    int first = 0, second = 0;
    engine.start();
    engine.call(QStringLiteral("a"), {}, [&](const EngineAnswer& answer) { first = (*answer)[QStringLiteral("n")].toInt(); });
    engine.call(QStringLiteral("b"), {}, [&](const EngineAnswer& answer) { second = (*answer)[QStringLiteral("n")].toInt(); });
    QTRY_COMPARE_WITH_TIMEOUT(first, 1, kLongWait);
    QCOMPARE(second, 2);
  }

  void whatItSaysByItselfIsTold() {
    EngineProcess engine(fake(QStringLiteral("printf '%s\\n' '{\"method\":\"progress\",\"params\":{\"time\":12}}'")));
    QSignalSpy notified(&engine, &EngineProcess::notified);
    engine.start();
    engine.tell(QStringLiteral("advance"));
    QTRY_COMPARE_WITH_TIMEOUT(notified.size(), 1, kLongWait);
    QCOMPARE(notified[0][0].toString(), QStringLiteral("progress"));
    QCOMPARE(notified[0][1].toJsonObject()[QStringLiteral("time")].toInt(), 12);
  }

  void whoeverAskedIsAnsweredIfItIsKilled() {
    EngineProcess engine(fake(QStringLiteral(":")));
    QSignalSpy ended(&engine, &EngineProcess::ended);
    Answers answers;
    engine.start();
    engine.call(QStringLiteral("a"), {}, answers.slot());
    QTRY_VERIFY_WITH_TIMEOUT(engine.processId() > 0, kLongWait);
    ::kill(static_cast<pid_t>(engine.processId()), SIGKILL);
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kLongWait);
    QVERIFY(ended[0][0].toString().contains(QStringLiteral("killed")));
    QCOMPARE(answers.got.size(), std::size_t{1});
    QCOMPARE(answers.got[0].error().code, EngineError::kNoAnswer);
    // And whoever asks later too, but not at once.
    engine.call(QStringLiteral("b"), {}, answers.slot());
    QCOMPARE(answers.got.size(), std::size_t{1});
    QTRY_COMPARE_WITH_TIMEOUT(answers.got.size(), std::size_t{2}, kLongWait);
  }

  void itsLastWordsAreSaid() {
    EngineProcess engine(fake(QStringLiteral("echo first >&2; echo 'no memory left' >&2; exit 3")));
    QSignalSpy ended(&engine, &EngineProcess::ended);
    engine.start();
    engine.tell(QStringLiteral("a"));
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kLongWait);
    QVERIFY(ended[0][0].toString().contains(QStringLiteral("code 3")));
    QVERIFY(ended[0][0].toString().contains(QStringLiteral("no memory left")));
  }

  void oneThatIsNotThereIsSaidSo() {
    EngineProcess engine(folder_.filePath(QStringLiteral("no-engine")));
    QSignalSpy ended(&engine, &EngineProcess::ended);
    Answers answers;
    engine.start();
    engine.call(QStringLiteral("open"), {}, answers.slot());
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kLongWait);
    QVERIFY(ended[0][0].toString().contains(QStringLiteral("no-engine")));
    QTRY_COMPARE_WITH_TIMEOUT(answers.got.size(), std::size_t{1}, kLongWait);
  }

  void aLineMayComeInPieces() {
    EngineProcess engine(fake(QStringLiteral("printf '{\"id\":1,\"res'; printf 'ult\":{\"n\":5}}\\n'")));
    int n = 0;
    engine.start();
    engine.call(QStringLiteral("a"), {}, [&](const EngineAnswer& answer) { n = (*answer)[QStringLiteral("n")].toInt(); });
    QTRY_COMPARE_WITH_TIMEOUT(n, 5, kLongWait);
  }

 private:
  QString fake(const QString& body) { return fakeEngine(folder_.filePath(QStringLiteral("fake-%1").arg(++fakes_)), body); }
  QTemporaryDir folder_;
  int fakes_ = 0;
};

OVERCOMMIT_TEST(EngineProcessTest)
#include "engine_process_test.moc"
