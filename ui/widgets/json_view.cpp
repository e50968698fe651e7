#include "ui/widgets/json_view.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QShortcut>
#include <QSyntaxHighlighter>
#include <QVBoxLayout>

#include <nlohmann/json.hpp>

namespace dstn::ui {

namespace {

/// Keys, texts and numbers, in colours that follow the palette's lightness.
class JsonHighlighter : public QSyntaxHighlighter {
  public:
    JsonHighlighter(QTextDocument* document, const QWidget* widget)
        : QSyntaxHighlighter(document), widget_(widget) {}

  protected:
    void highlightBlock(const QString& line) override {
        const bool dark = widget_->palette().color(QPalette::Base).lightness() < 128;
        const QColor key = dark ? QColor(0x7c, 0xc4, 0xf0) : QColor(0x00, 0x5a, 0x96);
        const QColor text = dark ? QColor(0xe6, 0xb0, 0x70) : QColor(0x95, 0x4a, 0x00);
        const QColor number = dark ? QColor(0x6f, 0xd6, 0xb2) : QColor(0x00, 0x70, 0x52);
        static const QRegularExpression token(
            QStringLiteral(R"(("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null))"));
        for (auto it = token.globalMatch(line); it.hasNext();) {
            const QRegularExpressionMatch match = it.next();
            if (match.capturedLength(3) > 0)
                setFormat(static_cast<int>(match.capturedStart(3)), static_cast<int>(match.capturedLength(3)),
                          number);
            else
                setFormat(static_cast<int>(match.capturedStart(1)), static_cast<int>(match.capturedLength(1)),
                          match.capturedLength(2) > 0 ? key : text);
        }
    }

  private:
    const QWidget* widget_;
};

} // namespace

JsonView::JsonView(QWidget* parent)
    : QWidget(parent),
      text_(new QPlainTextEdit(this)),
      needle_(new QLineEdit(this)),
      hits_(new QLabel(this)) {
    text_->setReadOnly(true);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text_->setLineWrapMode(QPlainTextEdit::NoWrap);
    text_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    text_->setAccessibleName(tr("Configuration"));
    new JsonHighlighter(text_->document(), text_);
    needle_->setPlaceholderText(tr("Search the configuration"));
    needle_->setClearButtonEnabled(true);
    needle_->setObjectName(QStringLiteral("configurationSearch"));
    auto* bar = new QHBoxLayout;
    bar->addWidget(needle_, 1);
    bar->addWidget(hits_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 6, 0, 0);
    column->addLayout(bar);
    column->addWidget(text_, 1);
    connect(needle_, &QLineEdit::textChanged, this, [this] { search(false, false); });
    connect(needle_, &QLineEdit::returnPressed, this, [this] { search(true, false); });
    auto* back = new QShortcut(QKeySequence(Qt::SHIFT | Qt::Key_Return), needle_);
    back->setContext(Qt::WidgetShortcut);
    connect(back, &QShortcut::activated, this, [this] { search(true, true); });
}

void JsonView::setJson(const QString& json) {
    // Setting the same text again would throw away selection and scroll position.
    if (json == json_) return;
    json_ = json;
    const auto parsed = nlohmann::ordered_json::parse(json.toStdString(), nullptr, false);
    text_->setPlainText(parsed.is_discarded() ? json : QString::fromStdString(parsed.dump(2)));
    search(false, false);
}

void JsonView::search(bool step, bool backward) {
    const QString needle = needle_->text();
    QList<QTextEdit::ExtraSelection> marks;
    if (!needle.isEmpty()) {
        QTextCharFormat format;
        format.setBackground(palette().color(QPalette::Highlight).lighter(130));
        format.setForeground(palette().color(QPalette::HighlightedText));
        for (QTextCursor at = text_->document()->find(needle); !at.isNull();
             at = text_->document()->find(needle, at))
            marks.push_back({at, format});
        const QTextDocument::FindFlags flags =
            backward ? QTextDocument::FindBackward : QTextDocument::FindFlags();
        QTextCursor from = text_->textCursor();
        if (!step) from.setPosition(from.selectionStart());
        QTextCursor hit = text_->document()->find(needle, from, flags);
        if (hit.isNull()) {
            from.movePosition(backward ? QTextCursor::End : QTextCursor::Start);
            hit = text_->document()->find(needle, from, flags);
        }
        if (!hit.isNull()) text_->setTextCursor(hit);
    }
    text_->setExtraSelections(marks);
    hits_->setText(needle.isEmpty()  ? QString()
                   : marks.isEmpty() ? tr("not found")
                                     : tr("%n found", nullptr, static_cast<int>(marks.size())));
}

} // namespace dstn::ui
