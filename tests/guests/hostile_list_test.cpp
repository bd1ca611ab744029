// SPDX-License-Identifier: GPL-2.0-or-later
// Every hostile guest is built, and it is written down how it must end.
#include <QDir>
#include <QFile>
#include <QMap>

#include "support/test.h"

namespace {

const QString kGuests = QStringLiteral(OVERCOMMIT_SOURCE_DIR "/guests");

QMap<QString, QString> expectedEnds() {
  QMap<QString, QString> ends;
  QFile file(kGuests + QStringLiteral("/hostile/expected.txt"));
  if (!file.open(QIODevice::ReadOnly)) return ends;
  for (const QByteArray& line : file.readAll().split('\n')) {
    const QList<QByteArray> words = line.split(' ');
    if (line.startsWith('#') || words.size() != 2) continue;
    ends.insert(QString::fromUtf8(words[0]), QString::fromUtf8(words[1]));
  }
  return ends;
}

}  // namespace

class HostileListTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyGuestIsBuiltAndExpectedToEndSomehow();
};

void HostileListTest::everyGuestIsBuiltAndExpectedToEndSomehow() {
  QStringList sources;
  for (const QString& file : QDir(kGuests + QStringLiteral("/hostile")).entryList({QStringLiteral("*.S")})) sources << file.chopped(2);
  QStringList binaries;
  for (const QString& file : QDir(kGuests + QStringLiteral("/prebuilt/hostile")).entryList({QStringLiteral("*.elf")})) {
    binaries << file.chopped(4);
  }
  QVERIFY(sources.size() > 10);
  QCOMPARE(binaries, sources);
  const QMap<QString, QString> ends = expectedEnds();
  QCOMPARE(QStringList(ends.keys()), sources);
  const QStringList known{QStringLiteral("stopped"), QStringLiteral("finishes"), QStringLiteral("watchdog"), QStringLiteral("halts"),
                          QStringLiteral("either")};
  for (const QString& end : ends) QVERIFY2(known.contains(end), qPrintable(end));
}

OVERCOMMIT_TEST(HostileListTest)
#include "hostile_list_test.moc"
