package io.tiercel.embedded;

/**
 * A running server that a test may hurt. Every method may be called from any thread; all but {@link #isAlive} and
 * {@link #pid} throw {@link UnsupportedOperationException} for a server that the environment named, as it is not ours.
 */
public sealed interface FaultableServer permits RedisNode, RedisServer, Memcached {

    /** Ends the process at once (SIGKILL) and returns when it is gone. Does nothing when it is not running. */
    void kill();

    /**
     * Freezes the process (SIGSTOP): connections stay open and are still accepted by the kernel, nothing is answered.
     *
     * @throws IllegalStateException when it is not running
     */
    void pause();

    /**
     * Lets a paused process go on (SIGCONT).
     *
     * @throws IllegalStateException when it is not running
     */
    void resume();

    /**
     * Starts the server again on the same port with the same configuration, and returns when it answers. One that still
     * runs is killed first. A cluster node keeps its identity; the cluster may need some seconds more to take it back.
     *
     * @throws ServerStartException when it does not come up
     */
    void restart();

    /** Whether the process runs; a paused one does. For a server that the environment named: whether it accepts connections. */
    boolean isAlive();

    /**
     * The process id, inside the container for {@link ServerSource.Kind#CONTAINER}.
     *
     * @throws UnsupportedOperationException for a server that the environment named
     */
    long pid();
}
