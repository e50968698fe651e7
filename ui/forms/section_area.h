#pragma once

#include <QBoxLayout>
#include <QScrollArea>

#include <vector>

namespace dstn::ui {

/// The sections of the page in two columns or, where these would not fit side by side, beneath each other: so
/// that a small window scrolls in one direction only.
class SectionArea : public QScrollArea {
    Q_OBJECT

  public:
    enum Column { left, right };
    explicit SectionArea(QWidget* parent = nullptr);

    /// Sections stand in the order in which they are added, in their column as in a single one.
    void addSection(QWidget* section, Column column);
    bool inTwoColumns() const { return two_; }

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    void arrange();

    struct Placed {
        QWidget* section;
        Column column;
    };
    std::vector<Placed> sections_;
    QHBoxLayout* columns_;
    QVBoxLayout* layouts_[2];
    bool two_ = true;
};

} // namespace dstn::ui
