// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/arm64_access.h"

#include "support/test.h"

using namespace overcommit;

// The words are those that the GNU assembler makes of the rows' names.
class Arm64AccessTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void loadsRead_data() {
    QTest::addColumn<quint32>("word");
    QTest::newRow("ldr x0, [x1]") << 0xf9400020u;
    QTest::newRow("ldrb w0, [x1, #4]") << 0x39401020u;
    QTest::newRow("ldrsw x0, [x1], #8") << 0xb8808420u;
    QTest::newRow("ldur h0, [x1, #-3]") << 0x7c5fd020u;
    QTest::newRow("ldr q0, [x1, x2]") << 0x3ce26820u;
    QTest::newRow("ldr x0, [x1, x2, lsl #3]") << 0xf8627820u;
    QTest::newRow("ldp x0, x1, [x2]") << 0xa9400440u;
    QTest::newRow("ldnp d0, d1, [x2]") << 0x6c400440u;
    QTest::newRow("ldpsw x0, x1, [x2, #8]!") << 0x69c10440u;
    QTest::newRow("ldr x0, label") << 0x58000000u;
    QTest::newRow("ldxr w0, [x1]") << 0x885f7c20u;
    QTest::newRow("ldaxp x0, x2, [x1]") << 0xc87f8820u;
    QTest::newRow("ldar x0, [x1]") << 0xc8dffc20u;
    QTest::newRow("ldapr w0, [x1]") << 0xb8bfc020u;
    QTest::newRow("ldapur x0, [x1, #8]") << 0xd9408020u;
    QTest::newRow("ldapursb w0, [x1]") << 0x19c00020u;
    QTest::newRow("ldraa x0, [x1]") << 0xf8200420u;
    QTest::newRow("ld1 {v0.16b}, [x1]") << 0x4c407020u;
    QTest::newRow("ld1r {v0.4s}, [x1], #4") << 0x4ddfc820u;
    QTest::newRow("ld4 {v0.4s-v3.4s}, [x1]") << 0x4c400820u;
    QTest::newRow("ld1b {z0.b}, p0/z, [x1]") << 0xa400a020u;
    QTest::newRow("ldr z0, [x1]") << 0x85804020u;
    QTest::newRow("ldtr x0, [x1]") << 0xf8400820u;
  }
  void loadsRead() {
    QFETCH(quint32, word);
    QCOMPARE(accessOfArm64(word), Access::Read);
  }

  void storesAtomicsAndWhateverIsNoLoadWrite_data() {
    QTest::addColumn<quint32>("word");
    QTest::newRow("str x0, [x1]") << 0xf9000020u;
    QTest::newRow("strb wzr, [x1, #4]") << 0x3900103fu;
    QTest::newRow("str w0, [x1, #8]!") << 0xb8008c20u;
    QTest::newRow("stur h0, [x1, #-3]") << 0x7c1fd020u;
    QTest::newRow("str q0, [x1, x2]") << 0x3ca26820u;
    QTest::newRow("str q0, [x1, #16]") << 0x3d800420u;
    QTest::newRow("str d0, [x1], #8") << 0xfc008420u;
    QTest::newRow("stp x0, x1, [x2]") << 0xa9000440u;
    QTest::newRow("stnp q0, q1, [x2]") << 0xac000440u;
    QTest::newRow("stxr w2, w0, [x1]") << 0x88027c20u;
    QTest::newRow("stlxp w3, x0, x2, [x1]") << 0xc8238820u;
    QTest::newRow("stlr x0, [x1]") << 0xc89ffc20u;
    QTest::newRow("stlur w0, [x1, #8]") << 0x99008020u;
    QTest::newRow("casal x0, x2, [x1]") << 0xc8e0fc22u;
    QTest::newRow("casp x0, x1, x2, x3, [x4]") << 0x48207c82u;
    QTest::newRow("cas w0, w2, [x1]") << 0x88a07c22u;
    QTest::newRow("ldadd x0, x2, [x1]") << 0xf8200022u;
    QTest::newRow("ldaddal w0, w2, [x1]") << 0xb8e00022u;
    QTest::newRow("swp x0, x2, [x1]") << 0xf8208022u;
    QTest::newRow("ldclra x0, x2, [x1]") << 0xf8a01022u;
    QTest::newRow("st1 {v0.16b}, [x1]") << 0x4c007020u;
    QTest::newRow("st1 {v0.s}[2], [x1], #4") << 0x4d9f8020u;
    QTest::newRow("st2 {v0.4s, v1.4s}, [x1]") << 0x4c008820u;
    QTest::newRow("st1b {z0.b}, p0, [x1]") << 0xe400e020u;
    QTest::newRow("str z0, [x1]") << 0xe5804020u;
    QTest::newRow("sttr x0, [x1]") << 0xf8000820u;
    QTest::newRow("dc zva, x1") << 0xd50b7421u;
    QTest::newRow("stg x1, [x1]") << 0xd9200821u;
    QTest::newRow("add x0, x1, x2") << 0x8b020020u;
    QTest::newRow("nop") << 0xd503201fu;
  }
  void storesAtomicsAndWhateverIsNoLoadWrite() {
    QFETCH(quint32, word);
    QCOMPARE(accessOfArm64(word), Access::Write);
  }
};

OVERCOMMIT_TEST(Arm64AccessTest)
#include "arm64_access_test.moc"
