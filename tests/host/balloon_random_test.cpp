// SPDX-License-Identifier: GPL-2.0-or-later
// The balloon protocol from the side of a guest that does anything at all.
#include <fstream>

#include "support/balloon_player.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

class BalloonRandomTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void madDriversHarmNobody() {
    BalloonPlayer::Reached sum;
    const std::uint64_t seeds = full() ? 2000 : 100;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      BalloonPlayer player;
      Random random(seed, "mad driver");
      const auto byte = [&random] { return static_cast<std::uint8_t>(random.below(256)); };
      player.step(1, 0, 0);
      for (int i = 0; i < 400; ++i) {
        const std::uint8_t what = byte(), first = byte();
        player.step(what, first, byte());
        if (what % 20 > 13 && random.below(3) == 0) player.step(1, 0, 0);  // or most of it would be answered by reset
      }
      player.finish();
      for (std::uint64_t BalloonPlayer::Reached::*member :
           {&BalloonPlayer::Reached::locks, &BalloonPlayer::Reached::unlocks, &BalloonPlayer::Reached::batches,
            &BalloonPlayer::Reached::pops, &BalloonPlayer::Reached::resets, &BalloonPlayer::Reached::refusals})
        sum.*member += player.reached().*member;
    }
    // The test must reach what it tests.
    QVERIFY2(sum.locks > seeds * 2 && sum.unlocks > seeds / 4 && sum.batches > seeds * 2 && sum.pops > seeds && sum.resets > seeds * 10 &&
                 sum.refusals > seeds * 5,
             qPrintable(QString("%1 locks, %2 unlocks, %3 batches, %4 pops, %5 resets, %6 refusals")
                            .arg(sum.locks)
                            .arg(sum.unlocks)
                            .arg(sum.batches)
                            .arg(sum.pops)
                            .arg(sum.resets)
                            .arg(sum.refusals)));
  }

  // What the fuzzer starts from is played here too, so that the seeds cannot rot.
  void fuzzersSeedsHarmNobody() {
    const std::filesystem::path seeds = std::filesystem::path(OVERCOMMIT_SOURCE_DIR) / "tests" / "fuzz" / "corpus" / "balloon";
    int played = 0;
    for (const auto& seed : std::filesystem::directory_iterator(seeds)) {
      std::ifstream file(seed.path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      BalloonPlayer player;
      player.play({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
      ++played;
    }
    QVERIFY(played >= 3);
  }
};

OVERCOMMIT_TEST(BalloonRandomTest)
#include "balloon_random_test.moc"
