package io.tiercel.embedded;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** What can be done to one server: everything to one that we started, only looking at one that the environment named. */
sealed interface Lifecycle {

    void kill();

    void pause();

    void resume();

    void restart();

    boolean isAlive();

    long pid();

    /** One that we started. The lock is there to be waited on: a restart during a kill would make two of one. */
    record Owned(String name, ServerProcess process, Readiness.Probe probe, ReentrantLock lock) implements Lifecycle {

        private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

        Owned(String name, ServerProcess process, Readiness.Probe probe) {
            this(name, process, probe, new ReentrantLock());
        }

        /** Starts the process and does not wait, so that several can come up at once. */
        void start() {
            process.start();
        }

        @Override
        public void kill() {
            lock.lock();
            try {
                process.kill();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void pause() {
            signal("STOP");
        }

        @Override
        public void resume() {
            signal("CONT");
        }

        @Override
        public void restart() {
            lock.lock();
            try {
                process.kill();
                process.start();
                Readiness.await(name, probe, START_TIMEOUT, List.of(this));
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean isAlive() {
            return process.isAlive();
        }

        @Override
        public long pid() {
            return process.pid();
        }

        private void signal(String signal) {
            lock.lock();
            try {
                if (!process.isAlive()) {
                    throw new IllegalStateException(name + " is not running");
                }
                process.signal(signal);
            } finally {
                lock.unlock();
            }
        }
    }

    /** One that the environment named. */
    record Foreign(Address address, ServerSource source) implements Lifecycle {

        @Override
        public void kill() {
            throw refusal("killed");
        }

        @Override
        public void pause() {
            throw refusal("paused");
        }

        @Override
        public void resume() {
            throw refusal("resumed");
        }

        @Override
        public void restart() {
            throw refusal("restarted");
        }

        @Override
        public boolean isAlive() {
            try (Socket socket = new Socket()) {
                socket.connect(address.toSocketAddress(), 1_000);
                return true;
            } catch (IOException e) {
                // That it refuses is the answer.
                return false;
            }
        }

        @Override
        public long pid() {
            throw new UnsupportedOperationException(address + " was named by " + source + ": its process is not known");
        }

        private UnsupportedOperationException refusal(String verb) {
            return new UnsupportedOperationException(
                    address + " cannot be " + verb + ": it was named by " + source + " and not started here");
        }
    }
}
