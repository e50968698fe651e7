#pragma once

#include <QString>
#include <QTableView>

namespace dstn::ui {

/// A table as high as its rows, up to a number of them: the page scrolls, not the table. Return and F2 edit,
/// Tab goes to the next cell and leaves the table after the last one.
class TableView : public QTableView {
    Q_OBJECT

  public:
    explicit TableView(int mostRows, QWidget* parent = nullptr);
    void setModel(QAbstractItemModel* model) override;
    /// Makes a column as wide as a text needs in a cell, and as its heading needs.
    void fitColumn(int column, const QString& widest);

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

  private:
    void fitHeight();
    int mostRows_;
};

} // namespace dstn::ui
