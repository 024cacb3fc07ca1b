package io.tiercel.embedded;

import java.time.Duration;

/** A process inside a {@link ContainerHost}, started and signalled by small scripts that the container runs. */
final class ContainerProcess implements ServerProcess {

    private final ContainerHost host;
    private final String home;
    private final String command;
    private volatile long pid;

    ContainerProcess(ContainerHost host, String home, String command) {
        this.host = host;
        this.home = home;
        this.command = command;
    }

    @Override
    public void start() {
        // All three streams are turned away, or the engine would wait for the server before it reports the script done.
        String script = "cd " + home + " && { " + command + " </dev/null >>server.log 2>&1 & echo $!; }";
        pid = Long.parseLong(host.run(script).strip());
    }

    @Override
    public boolean isAlive() {
        if (pid == 0 || host.isClosed()) {
            return false;
        }
        // The third field of stat is the state; Z is a process that ended and is not reaped yet.
        String script = "case $(cut -d' ' -f3 /proc/" + pid + "/stat 2>/dev/null) in ''|Z) exit 1;; esac";
        return host.exec(script).getExitCode() == 0;
    }

    @Override
    public long pid() {
        if (pid == 0) {
            throw new IllegalStateException("not started");
        }
        return pid;
    }

    @Override
    public void signal(String name) {
        host.run("kill -" + name + " " + pid());
    }

    @Override
    public boolean awaitExit(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (isAlive()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String logTail() {
        return host.exec("tail -n 20 " + home + "/server.log").getStdout();
    }

    @Override
    public String logPlace() {
        return home + "/server.log until container " + host.id() + " is removed";
    }
}
