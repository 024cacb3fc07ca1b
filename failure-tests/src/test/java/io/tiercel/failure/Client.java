package io.tiercel.failure;

/** One instance of a service, as its users see it: a value, or an exception. */
interface Client extends AutoCloseable {
    /**
     * @param deadline when nobody waits any more, in {@code System.nanoTime()}; who can gives up then
     */
    String get(String key, long deadline) throws Exception;

    @Override
    void close();
}
