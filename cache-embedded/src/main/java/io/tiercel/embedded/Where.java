package io.tiercel.embedded;

import java.nio.file.Path;
import java.util.List;

/** The outcome of the choice: servers that exist already, or a place to start new ones. */
sealed interface Where {

    ServerSource source();

    /** Servers that the environment named. */
    record Given(Addresses addresses, ServerSource source) implements Where {}

    /** A place where servers can be started. */
    sealed interface Startable extends Where {

        /** Opens the place, with those ports reachable. */
        Host open(List<Integer> ports);
    }

    /** A program of this machine. */
    record Local(Path program, ServerSource source) implements Startable {
        @Override
        public Host open(List<Integer> ports) {
            return new LocalHost(program);
        }
    }

    /** An image and the program in it. */
    record InContainer(String image, String program, ServerSource source) implements Startable {
        @Override
        public Host open(List<Integer> ports) {
            return new ContainerHost(image, program, ports);
        }
    }
}
