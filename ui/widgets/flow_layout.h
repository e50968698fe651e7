#pragma once

#include <QLayout>
#include <QList>

namespace dstn::ui {

/// Items from left to right, going on in the next line where the width ends. Those of a line share its
/// middle.
class FlowLayout : public QLayout {
  public:
    explicit FlowLayout(int spacing, QWidget* parent = nullptr);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;
    int count() const override;
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override;
    bool hasHeightForWidth() const override;
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

  private:
    /// Places the items in `rect` unless `test`; returns the height they take.
    int arrange(const QRect& rect, bool test) const;

    QList<QLayoutItem*> items_;
};

} // namespace dstn::ui
