// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever a line holds, it becomes requests or errors.
#include "serve/request.h"

#include "support/test.h"

using namespace overcommit;

class RequestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aRequestIsRead() {
    const ReceivedLine line = readLine(R"({"jsonrpc":"2.0","id":"a7","method":"walk","params":{"vm":"web1","gva":4096}})");
    QCOMPARE(line.requests.size(), std::size_t{1});
    QVERIFY(!line.batch);
    QVERIFY(!line.requests[0].error);
    const Request& request = line.requests[0].request;
    QCOMPARE(request.method, std::string("walk"));
    QVERIFY(request.id && *request.id == "a7");
    QVERIFY(request.params["gva"] == 4096);
  }

  void withoutAnIdItIsANotification() {
    const ReceivedLine line = readLine(R"({"jsonrpc":"2.0","method":"pause"})");
    QVERIFY(!line.requests[0].error);
    QVERIFY(!line.requests[0].request.id);
    QVERIFY(line.requests[0].request.params.is_object());
  }

  void aBatchIsReadInItsOrder() {
    const ReceivedLine line = readLine(R"([{"jsonrpc":"2.0","id":1,"method":"a"},7,{"jsonrpc":"2.0","id":2,"method":"b"}])");
    QVERIFY(line.batch);
    QCOMPARE(line.requests.size(), std::size_t{3});
    QVERIFY(!line.requests[0].error);
    QVERIFY(line.requests[1].error.has_value());
    QCOMPARE(line.requests[2].request.method, std::string("b"));
  }

  void whatIsWrongIsSaid_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("message");
    const auto row = [](const char* name, const QByteArray& line, RpcCode code, const QByteArray& message) {
      QTest::newRow(name) << line << static_cast<int>(code) << message;
    };
    row("nothing", "", RpcCode::NotJson, "this is not JSON");
    row("not JSON", R"({"jsonrpc": )", RpcCode::NotJson, "line 1, column 13");
    row("text", "open demo.toml", RpcCode::NotJson, "column 1");
    row("not UTF-8", "{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}", RpcCode::NotJson, "UTF-8");
    row("a number too large", R"({"jsonrpc":"2.0","id":1e999,"method":"a"})", RpcCode::NotJson, "overflow");
    row("no object", "17", RpcCode::NotARequest, "a request is an object");
    row("no version", R"({"id":1,"method":"a"})", RpcCode::NotARequest, "jsonrpc");
    row("another version", R"({"jsonrpc":"1.0","id":1,"method":"a"})", RpcCode::NotARequest, "jsonrpc");
    row("no method", R"({"jsonrpc":"2.0","id":1})", RpcCode::NotARequest, "method");
    row("method is no text", R"({"jsonrpc":"2.0","id":1,"method":[]})", RpcCode::NotARequest, "method");
    row("params in a list", R"({"jsonrpc":"2.0","id":1,"method":"a","params":[1]})", RpcCode::NotARequest, "by name");
    row("id is an object", R"({"jsonrpc":"2.0","id":{},"method":"a"})", RpcCode::NotARequest, "id");
    row("empty batch", "[]", RpcCode::NotARequest, "1 to 1000");
    row("nested too deep", QByteArray(1000, '[') + QByteArray(1000, ']'), RpcCode::NotJson, "deeper");
  }
  void whatIsWrongIsSaid() {
    QFETCH(const QByteArray, line);
    QFETCH(const int, code);
    QFETCH(const QByteArray, message);
    const ReceivedLine received = readLine(line.toStdString());
    QCOMPARE(received.requests.size(), std::size_t{1});
    QVERIFY(received.requests[0].error.has_value());
    const RpcError& error = *received.requests[0].error;
    QCOMPARE(static_cast<int>(error.code), code);
    QVERIFY2(QByteArray::fromStdString(error.text).contains(message), error.text.c_str());
  }

  // A line of legal length with as many keys as fit is read in the time that its length takes.
  void manyKeysTakeNoLongerThanTheirLength() {
    std::string line = R"({"jsonrpc":"2.0","id":1,"method":"a","params":{)";
    for (int i = 0; i < 200'000; ++i) line += fmt::format("{}\"k{}\":0", i == 0 ? "" : ",", i);
    line += "}}";
    const ReceivedLine received = readLine(line);
    QVERIFY(!received.requests[0].error);
    QCOMPARE(received.requests[0].request.params.size(), std::size_t{200'000});
  }

  void whatIsSentIsOneLineWhateverItHolds() {
    const std::string line = jsonLine(Json{{"text", "two\nlines, and \xff that is no text"}});
    QCOMPARE(line.find('\n'), std::string::npos);
    QVERIFY(parseJson(line).has_value());
  }

  void idsComeBackAsTheyWere() {
    for (const char* id : {"7", "-7", "18446744073709551615", "\"seven\"", "null"}) {
      const ReceivedLine line = readLine(fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"a"}})", id));
      QVERIFY(!line.requests[0].error);
      QCOMPARE(jsonLine(line.requests[0].id), std::string(id));
    }
  }
};

OVERCOMMIT_TEST(RequestTest)
#include "request_test.moc"
