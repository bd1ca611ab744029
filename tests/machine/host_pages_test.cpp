// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/host_pages.h"

#include "support/test.h"

using namespace overcommit;

class HostPagesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void pagesOfTheGuestsSizeWillDo() { QVERIFY(checkHostPages(Bytes(4096)).has_value()); }

  void otherPagesAreRefusedWithWhatToDo() {
    for (const auto& [bytes, size] : {std::pair{16384u, "16 KiB"}, std::pair{65536u, "64 KiB"}}) {
      const auto checked = checkHostPages(Bytes(bytes));
      QVERIFY(!checked);
      const QString text = QString::fromStdString(checked.error().text);
      QVERIFY2(text.contains(QStringLiteral("has pages of ") + size) && text.contains("; start the machine with a kernel"),
               qPrintable(text));
    }
  }

  void thisMachineHasPages() { QVERIFY(hostPageSize() >= Bytes(4096)); }
};

OVERCOMMIT_TEST(HostPagesTest)
#include "host_pages_test.moc"
