// Compiled into two objects, in which tests/symbols.sh must find each name twice.
namespace dstn {

int twice(int number) { return 2 * number; }

struct Twice {
    virtual int value() const;
};

int Twice::value() const { return 2; }

} // namespace dstn
