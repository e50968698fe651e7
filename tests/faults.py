#!/usr/bin/env python3
"""Faults while a run is executed: nothing of it may be lost, and nothing may come of it that an uninterrupted run
would not have computed.

    faults.py DSTN [--faults 300] [--seed 1] [--each 10] [--keep]

A run is begun, and `each` faults are done to it, of kinds and at times that follow from the seed: kill -9, two
resumptions at once, a process that is stopped and wakes after another has taken the run over, the archive moved away,
a full disk, an archive that is locked by another program, an interruption meanwhile. After each the run is resumed;
at last it is left to complete. Then it must be complete, with every step's training loss and every epoch's figures
equal, bit for bit, to those of a run that nothing was done to. Then the next run, until all faults are done.
"""
import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

EPOCHS = 60
EXPERIMENT = ["quickstart", "--set", "budget.epochs=%d" % EPOCHS, "--set", "threads=1", "--seed", "5"]
PATIENCE = 120.0


class Failure(Exception):
    pass


class Loop:
    def __init__(self, options):
        self.dstn = os.path.abspath(options.dstn)
        self.random = random.Random(options.seed)
        self.folder = tempfile.mkdtemp(prefix="dstn-faults-")
        self.environment = dict(os.environ, XDG_STATE_HOME=self.folder + "/state",
                                XDG_CACHE_HOME=self.folder + "/cache", XDG_DATA_HOME=self.folder + "/data",
                                OMP_WAIT_POLICY="passive")
        self.counts = {}
        self.living = []
        self.told = set()
        self.place = None
        self.mounted = False
        self.number = 0

    # One process after the other

    def start(self, arguments, limit=None):
        self.number += 1
        base = "%s/%05d" % (self.folder, self.number)

        def small_files():
            import resource
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        command = [self.dstn, "run"] + arguments + ["--archive", self.archive, "--json", "--checkpoint-every", "1"]
        process = subprocess.Popen(command, env=self.environment, stdout=open(base + ".out", "w"),
                                   stderr=open(base + ".err", "w"), preexec_fn=small_files if limit else None)
        process.base = base
        self.living.append(process)
        return process

    def begin_or_resume(self, limit=None):
        return self.start(EXPERIMENT if self.state() is None else ["--resume", "last"], limit)

    def lines(self, process):
        with open(process.base + ".out") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def errors(self, process):
        with open(process.base + ".err") as file:
            return file.read()

    def wait(self, process):
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure("a process does not end: " + self.errors(process))
        if process in self.living:
            self.living.remove(process)
        return code

    def wait_until_started(self, process):
        until = time.time() + PATIENCE
        while process.poll() is None and time.time() < until:
            if self.lines(process):
                return True
            time.sleep(0.02)
        return bool(self.lines(process))

    def end(self, process, code, *expected):
        if code == -signal.SIGTERM and any(line["event"] == "finished" for line in self.lines(process)):
            code = 0  # the signal found it on its way out, with everything written
        if code not in expected:
            raise Failure("exit code %s instead of %s: %s" % (code, expected, self.errors(process)))
        # What it has shown must be in the archive from now on, unless it was killed.
        self.told |= {(line["epoch"], line["validation_loss"]) for line in self.lines(process)
                      if line["event"] == "epoch"}

    def terminate(self, process):
        process.send_signal(signal.SIGTERM)
        return self.wait(process)

    # The archive

    def query(self, sql, *parameters):
        database = sqlite3.connect("file:%s?mode=ro" % self.archive, uri=True, timeout=30)
        try:
            return database.execute(sql, parameters).fetchall()
        finally:
            database.close()

    def state(self):
        if not os.path.exists(self.archive):
            return None
        rows = self.query("SELECT state FROM runs") if self.query(
            "SELECT 1 FROM sqlite_master WHERE name = 'runs'") else []
        return rows[0][0] if rows else None

    def epochs(self):
        return self.query("SELECT epoch, step, train_loss, train_accuracy, validation_loss, validation_accuracy, "
                          "test_loss, test_accuracy, gradients FROM epochs ORDER BY epoch")

    def values(self):
        return self.query("SELECT epoch, position, name, value, scale FROM epoch_values ORDER BY epoch, position")

    def losses(self):
        return self.query("SELECT step, value FROM samples WHERE series_id = (SELECT id FROM series_names WHERE "
                          "name = 'train/loss') ORDER BY step")

    def figures(self):
        return self.epochs(), self.values(), self.losses()

    def put_archive(self, name):
        self.place = os.path.join(self.folder, name)
        os.makedirs(self.place)
        # Room that can be used up; without the right to mount, the size of files is limited instead.
        self.mounted = os.geteuid() == 0 and subprocess.call(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", self.place], stderr=subprocess.DEVNULL) == 0
        self.archive = os.path.join(self.place, "runs.sqlite")

    def remove_archive(self):
        if self.mounted:
            subprocess.call(["umount", self.place])
        shutil.rmtree(self.place, ignore_errors=True)

    # Faults: each leaves no process of its own behind

    def pause(self, longest=0.8):
        time.sleep(self.random.uniform(0.0, longest))

    def kill(self):
        process = self.begin_or_resume()
        if self.random.random() < 0.8:
            self.wait_until_started(process)
        self.pause()
        process.kill()
        self.wait(process)

    def two_at_once(self):
        self.run_for_a_while()
        if self.state() != "interrupted":
            return
        first, second = (self.start(["--resume", "last"]) for _ in range(2))
        until = time.time() + PATIENCE
        while first.poll() is None and second.poll() is None and time.time() < until:
            time.sleep(0.02)
        lost, other = (first, second) if first.poll() is not None else (second, first)
        code = self.wait(lost)
        if code == 0:  # it was the winner, and has completed
            self.end(lost, code, 0)
            code = self.wait(other)
            self.end(other, code, 2, 5, 0)
            return
        self.end(lost, code, 2, 5)
        if self.random.random() < 0.5:
            self.pause()
            other.kill()
            self.wait(other)
        else:
            self.end(other, self.terminate(other), 130, 0)

    def stopped_and_woken(self):
        sleeper = self.begin_or_resume()
        if not self.wait_until_started(sleeper):
            return self.end(sleeper, self.wait(sleeper), 0)
        self.pause()
        sleeper.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        try:
            if self.state() != "running":
                return
            database = sqlite3.connect(self.archive, timeout=5)
            try:  # as after some minutes
                database.execute("UPDATE runs SET heartbeat = heartbeat - 1000")
                database.commit()
            except sqlite3.OperationalError:
                return  # it was stopped within a transaction: nobody can take the run over
            finally:
                database.close()
            if not self.query("SELECT 1 FROM checkpoints"):
                return
            other = self.start(["--resume", "last"])
            if not self.wait_until_started(other):
                return self.end(other, self.wait(other), 0)
            self.pause()
            sleeper.send_signal(signal.SIGCONT)
            code = self.wait(sleeper)
            if code != 5 or "Another process has taken over run" not in self.errors(sleeper):
                raise Failure("whoever lost the run ended with %s: %s" % (code, self.errors(sleeper)))
            self.pause()
            if self.random.random() < 0.5:
                other.kill()
                self.wait(other)
            else:
                self.end(other, self.terminate(other), 130, 0)
        finally:
            if sleeper in self.living:
                sleeper.send_signal(signal.SIGCONT)
                sleeper.kill()
                self.wait(sleeper)

    def moved_away(self):
        process = self.begin_or_resume()
        self.wait_until_started(process)
        self.pause()
        away = self.place + "/away"
        os.makedirs(away)
        for ending in ("", "-wal", "-shm"):
            if os.path.exists(self.archive + ending):
                os.rename(self.archive + ending, away + "/runs.sqlite" + ending)
        self.pause()
        ends = self.random.random() < 0.6
        code = self.terminate(process) if ends else None
        for name in os.listdir(away):
            os.rename(os.path.join(away, name), os.path.join(self.place, name))
        os.rmdir(away)
        if not ends:
            self.pause(3.0)
            code = self.terminate(process)
        self.end(process, code, 130, 0, 5)

    def disk_full(self):
        limit = None if self.mounted else os.path.getsize(self.archive) if os.path.exists(self.archive) else 65536
        process = self.begin_or_resume(limit)
        self.wait_until_started(process)
        self.pause()
        filler = self.place + "/filler"
        if self.mounted:
            try:
                with open(filler, "wb", buffering=0) as file:
                    while True:
                        file.write(b"x" * 65536)
            except OSError:
                pass
        self.pause(1.5)
        code = self.terminate(process)
        if os.path.exists(filler):
            os.remove(filler)
        self.end(process, code, 130, 0, 5)

    def locked(self):
        process = self.begin_or_resume()
        self.wait_until_started(process)
        self.pause()
        holder = sqlite3.connect(self.archive, timeout=30, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        self.pause(2.0)
        if self.random.random() < 0.3:  # longer than is waited for at the end
            code = self.terminate(process)
            holder.execute("ROLLBACK")
        else:
            process.send_signal(signal.SIGTERM)
            self.pause(2.0)
            holder.execute("ROLLBACK")
            code = self.wait(process)
        holder.close()
        self.end(process, code, 130, 0, 5)

    def run_for_a_while(self):
        process = self.begin_or_resume()
        self.wait_until_started(process)
        self.pause()
        self.end(process, self.terminate(process), 130, 0)

    # The whole

    def complete(self):
        while self.state() != "completed":
            process = self.begin_or_resume()
            self.end(process, self.wait(process), 0)

    def compare(self, reference):
        for what, expected, found in zip(("epochs", "values", "losses of steps"), reference, self.figures()):
            if expected != found:
                wrong = [pair for pair in zip(expected, found) if pair[0] != pair[1]][:3]
                raise Failure("%d %s instead of %d; %s" % (len(found), what, len(expected), wrong))
        shown = {(epoch[0], epoch[4]) for epoch in self.epochs()}
        if not self.told <= shown:
            raise Failure("shown and not in the archive: %s" % sorted(self.told - shown)[:3])

    def told_is_kept(self):
        subprocess.run([self.dstn, "list", "--archive", self.archive], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        missing = self.told - {(epoch[0], epoch[4]) for epoch in self.epochs()}
        if missing:
            raise Failure("shown and not in the archive: %s" % sorted(missing)[:3])

    def loop(self, faults, each):
        kinds = [self.kill, self.two_at_once, self.stopped_and_woken, self.moved_away, self.disk_full, self.locked]
        self.put_archive("reference")
        self.complete()
        reference = self.figures()
        self.remove_archive()
        done = 0
        while done < faults:
            self.put_archive("run%d" % done)
            self.told = set()
            for _ in range(min(each, faults - done)):
                kind = self.random.choice(kinds)
                done += 1
                self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1
                if self.state() == "completed":
                    self.compare(reference)
                    self.remove_archive()
                    self.put_archive("run%d" % done)
                    self.told = set()
                before = len(self.epochs()) if self.state() else 0
                try:
                    kind()
                    self.told_is_kept()
                    if self.state() and len(self.epochs()) < before:
                        raise Failure("of %d epochs %d are left" % (before, len(self.epochs())))
                except Failure as failure:
                    raise Failure("fault %d, %s: %s" % (done, kind.__name__, failure))
            self.complete()
            self.compare(reference)
            self.remove_archive()
            print("%d of %d faults: nothing lost" % (done, faults), flush=True)
        return self.counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dstn", metavar="DSTN")
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=10, help="faults that one run suffers")
    parser.add_argument("--keep", action="store_true", help="keep the files of a failure")
    options = parser.parse_args()
    loop = Loop(options)
    try:
        counts = loop.loop(options.faults, options.each)
    except Failure as failure:
        print("FAILED: %s\n%s" % (failure, loop.folder), file=sys.stderr)
        return 1
    finally:
        for process in loop.living:
            process.kill()
            process.send_signal(signal.SIGCONT)
        if not options.keep or sys.exc_info()[0] is None:
            if loop.mounted:
                subprocess.call(["umount", loop.place], stderr=subprocess.DEVNULL)
            if not options.keep:
                shutil.rmtree(loop.folder, ignore_errors=True)
    print("done: " + ", ".join("%s %d" % each for each in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
