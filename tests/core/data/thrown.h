#pragma once

#include "core/error.h"

#include <QString>

#include <optional>

/// The error that a call ends with, for tests of messages.
struct Thrown {
    dstn::ErrorKind kind;
    QString message;
};

template <typename Call>
std::optional<Thrown> thrownBy(Call&& call) {
    try {
        call();
    } catch (const dstn::Error& error) {
        return Thrown{error.kind(), QString::fromUtf8(error.what())};
    }
    return std::nullopt;
}

/// Checks that `call` throws Error{kind_} with a message that contains every one of the texts.
#define EXPECT_ERROR(kind_, call, ...)                                                                       \
    do {                                                                                                     \
        const auto thrown_ = thrownBy([&] { call; });                                                        \
        QVERIFY2(thrown_.has_value(), "no error was thrown");                                                \
        QCOMPARE(thrown_->kind, dstn::ErrorKind::kind_);                                                     \
        for (const char* part_ : {__VA_ARGS__})                                                              \
            QVERIFY2(thrown_->message.contains(QString::fromUtf8(part_)), qPrintable(thrown_->message));     \
    } while (false)
