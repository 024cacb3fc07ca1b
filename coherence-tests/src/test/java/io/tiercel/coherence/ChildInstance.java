package io.tiercel.coherence;

import java.io.IOException;
import java.nio.file.Path;

/** An {@link Instance} in a JVM of its own. */
final class ChildInstance implements Member {
    private final Jvm jvm;
    private final int number;

    ChildInstance(Settings settings, Path errors) throws IOException {
        number = settings.instance();
        jvm = new Jvm(Instance.class, settings.words(), errors, "-Xmx512m", "-XX:TieredStopAtLevel=1");
        expect("ready", jvm.answer());
        requireSameClock();
    }

    /** Its clock must be ours, or no two events could be put in order: so it is on Linux, where both ask the kernel's. */
    private void requireSameClock() throws IOException {
        long before = System.nanoTime();
        long theirs = Long.parseLong(jvm.ask("clock"));
        long after = System.nanoTime();
        if (theirs - before < 0 || after - theirs < 0) {
            throw new IllegalStateException("System.nanoTime() differs between JVMs on this machine: between " + before
                    + " and " + after + " another one read " + theirs);
        }
    }

    @Override
    public void start() throws IOException {
        expect("done", jvm.ask("start"));
    }

    @Override
    public void rest() throws IOException {
        expect("done", jvm.ask("rest"));
    }

    @Override
    public void look() throws IOException {
        expect("done", jvm.ask("look"));
    }

    @Override
    public void get() throws IOException {
        expect("done", jvm.ask("get"));
    }

    @Override
    public Tally tally() throws IOException {
        return Tally.parse(jvm.ask("tally"));
    }

    /** Of the instance, from 0. */
    int number() {
        return number;
    }

    /** SIGSTOP. */
    void pause() throws Exception {
        jvm.signal("STOP");
    }

    /** SIGCONT. */
    void resume() throws Exception {
        jvm.signal("CONT");
    }

    @Override
    public void close() throws IOException {
        jvm.close();
    }

    private static void expect(String wanted, String found) {
        if (!wanted.equals(found)) {
            throw new IllegalStateException("expected " + wanted + ", found " + found);
        }
    }
}
