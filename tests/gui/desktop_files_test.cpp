// SPDX-License-Identifier: GPL-2.0-or-later
// What a desktop is told of the app.
#include <QFile>
#include <QRegularExpression>
#include <QXmlStreamReader>

#include "gui/app/options.h"
#include "support/test.h"

using namespace overcommit::gui;

namespace {

QString desktopFile(const QString& name) {
  QFile file(QStringLiteral(OVERCOMMIT_SOURCE_DIR "/gui/desktop/") + name);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

// The texts of all elements of this name.
QStringList elements(const QString& xml, const QString& name) {
  QStringList found;
  for (QXmlStreamReader reader(xml); !reader.atEnd();) {
    if (reader.readNext() == QXmlStreamReader::StartElement && reader.name() == name) found.append(reader.readElementText());
  }
  return found;
}

}  // namespace

class DesktopFilesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theManualPageHasEveryOption() {
    const auto parsed = parseOptions({QStringLiteral("overcommit-gui"), QStringLiteral("--help")});
    QVERIFY(parsed.has_value() && std::holds_alternative<AppTextWanted>(*parsed));
    const QString help = std::get<AppTextWanted>(*parsed).text;
    const QString page = desktopFile(QStringLiteral("overcommit-gui.1.in")).replace(QStringLiteral("\\-"), QStringLiteral("-"));
    int options = 0;
    for (auto option = QRegularExpression(QStringLiteral("--[a-z]+")).globalMatch(help); option.hasNext(); ++options) {
      const QString name = option.next().captured();
      QVERIFY2(page.contains(QRegularExpression(QStringLiteral("^\\.B[A-Z]* .*") + name + QStringLiteral("\\b"),
                                                QRegularExpression::MultilineOption)),
               qPrintable(name));
    }
    QVERIFY(options >= 11);
    QVERIFY(page.contains(QStringLiteral(".TH OVERCOMMIT-GUI 1")) && page.contains(QStringLiteral("@PROJECT_VERSION@")));
  }

  void allNameTheSameApp() {
    const QString id = QStringLiteral("org.overcommit.Overcommit");
    const QString entry = desktopFile(id + QStringLiteral(".desktop")), types = desktopFile(id + QStringLiteral(".xml"));
    const QString info = desktopFile(id + QStringLiteral(".metainfo.xml.in"));
    QCOMPARE(elements(info, QStringLiteral("id")), QStringList{id});
    QCOMPARE(elements(info, QStringLiteral("launchable")), QStringList{id + QStringLiteral(".desktop")});
    QCOMPARE(elements(info, QStringLiteral("binary")), QStringList{QStringLiteral("overcommit-gui")});
    QCOMPARE(elements(info, QStringLiteral("mediatype")), QStringList{QStringLiteral("application/x-octrace")});
    QVERIFY(entry.contains(QStringLiteral("Exec=overcommit-gui ")) && entry.contains(QStringLiteral("Icon=") + id));
    QVERIFY(entry.contains(QStringLiteral("MimeType=application/x-octrace;")));
    QVERIFY(types.contains(QStringLiteral("<mime-type type=\"application/x-octrace\">")));
    QVERIFY(!desktopFile(id + QStringLiteral(".svg")).isEmpty());
  }
};

OVERCOMMIT_TEST(DesktopFilesTest)
#include "desktop_files_test.moc"
