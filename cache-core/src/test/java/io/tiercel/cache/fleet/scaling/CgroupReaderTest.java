package io.tiercel.cache.fleet.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupReaderTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MIB = 1 << 20;

    @TempDir
    Path root;

    // ---- version 2

    @Test
    void of_version_2_it_reads_shares_of_the_limits() throws IOException {
        unified("/");
        write("sys/fs/cgroup/cpu.max", "150000 100000\n");
        write("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\nuser_usec 800000\n");
        write("sys/fs/cgroup/memory.max", (512 * MIB) + "\n");
        write("sys/fs/cgroup/memory.current", (300 * MIB) + "\n");
        write("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file " + 44 * MIB + "\nactive_file 9\n");
        CgroupReader reader = new CgroupReader(root, 8);

        CgroupUse first = reader.read(0);
        write("sys/fs/cgroup/cpu.stat", "usage_usec 7000000\n");
        CgroupUse second = reader.read(10 * SECOND);

        assertThat(first.cpu()).isEmpty();
        assertThat(second.cpu().orElseThrow()).isCloseTo(0.4, within(1e-9)); // 6 s of 10 s x 1.5
        assertThat(second.memory()).isEqualTo(OptionalDouble.of(0.5)); // (300 - 44) / 512
        assertThat(second.memoryLimit()).isEqualTo(OptionalLong.of(512 * MIB));
    }

    @Test
    void without_limits_it_is_the_machine() throws IOException {
        unified("/");
        write("sys/fs/cgroup/cpu.max", "max 100000\n");
        write("sys/fs/cgroup/cpu.stat", "usage_usec 0\n");
        write("sys/fs/cgroup/memory.max", "max\n");
        write("sys/fs/cgroup/memory.current", (256 * MIB) + "\n");
        write("proc/meminfo", "MemTotal:        1048576 kB\nMemFree: 1 kB\n");
        CgroupReader reader = new CgroupReader(root, 4);
        reader.read(0);
        write("sys/fs/cgroup/cpu.stat", "usage_usec 2000000\n");

        CgroupUse use = reader.read(SECOND);

        assertThat(use.cpu()).isEqualTo(OptionalDouble.of(0.5)); // 2 s of 4
        assertThat(use.memory()).isEqualTo(OptionalDouble.of(0.25));
        assertThat(use.memoryLimit()).isEmpty();
    }

    @Test
    void a_group_above_may_allow_less() throws IOException {
        unified("/pods/one");
        write("sys/fs/cgroup/pods/one/cpu.max", "max 100000\n");
        write("sys/fs/cgroup/pods/cpu.max", "50000 100000\n");
        write("sys/fs/cgroup/pods/one/cpu.stat", "usage_usec 0\n");
        write("sys/fs/cgroup/pods/one/memory.max", "max\n");
        write("sys/fs/cgroup/pods/memory.max", (100 * MIB) + "\n");
        write("sys/fs/cgroup/pods/one/memory.current", (80 * MIB) + "\n");
        CgroupReader reader = new CgroupReader(root, 4);
        reader.read(0);
        write("sys/fs/cgroup/pods/one/cpu.stat", "usage_usec 250000\n");

        CgroupUse use = reader.read(SECOND);

        assertThat(use.cpu()).isEqualTo(OptionalDouble.of(0.5));
        assertThat(use.memory()).isEqualTo(OptionalDouble.of(0.8));
    }

    @Test
    void a_path_of_the_machine_that_the_container_does_not_see_is_the_mount() throws IOException {
        unified("/kubepods/besteffort/pod1");
        write("sys/fs/cgroup/memory.max", (100 * MIB) + "\n");
        write("sys/fs/cgroup/memory.current", (10 * MIB) + "\n");

        assertThat(new CgroupReader(root, 4).read(0).memory()).isEqualTo(OptionalDouble.of(0.1));
    }

    @Test
    void a_path_that_leads_out_of_the_mount_is_the_mount() throws IOException {
        unified("/../../../etc");
        Files.createDirectories(root.resolve("etc"));
        write("etc/memory.current", "1\n");
        write("sys/fs/cgroup/memory.max", (100 * MIB) + "\n");
        write("sys/fs/cgroup/memory.current", (10 * MIB) + "\n");

        assertThat(new CgroupReader(root, 4).read(0).memory()).isEqualTo(OptionalDouble.of(0.1));
    }

    // ---- version 1

    @Test
    void of_version_1_it_reads_shares_of_the_limits() throws IOException {
        write("proc/self/cgroup", "12:memory:/docker/abc\n5:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n");
        write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "200000\n");
        write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
        write("sys/fs/cgroup/cpuacct/docker/abc/cpuacct.usage", "5000000000\n");
        write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", (200 * MIB) + "\n");
        write("sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", (190 * MIB) + "\n");
        write("sys/fs/cgroup/memory/docker/abc/memory.stat", "inactive_file 1\ntotal_inactive_file " + 10 * MIB + "\n");
        CgroupReader reader = new CgroupReader(root, 8);
        reader.read(0);
        write("sys/fs/cgroup/cpuacct/docker/abc/cpuacct.usage", "6000000000\n");

        CgroupUse use = reader.read(SECOND);

        assertThat(use.cpu()).isEqualTo(OptionalDouble.of(0.5)); // 1 s of 1 s x 2
        assertThat(use.memory()).isEqualTo(OptionalDouble.of(0.9));
        assertThat(use.memoryLimit()).isEqualTo(OptionalLong.of(200 * MIB));
    }

    @Test
    void of_version_1_in_a_container_the_mounts_are_the_group_and_the_largest_number_is_no_limit() throws IOException {
        write("proc/self/cgroup", "12:memory:/docker/abc\n5:cpu,cpuacct:/docker/abc\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        write("sys/fs/cgroup/cpuacct/cpuacct.usage", "0\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", (256 * MIB) + "\n");
        write("proc/meminfo", "MemTotal: 1048576 kB\n");
        CgroupReader reader = new CgroupReader(root, 2);
        reader.read(0);
        write("sys/fs/cgroup/cpuacct/cpuacct.usage", "1000000000\n");

        CgroupUse use = reader.read(SECOND);

        assertThat(use.cpu()).isEqualTo(OptionalDouble.of(0.5));
        assertThat(use.memory()).isEqualTo(OptionalDouble.of(0.25));
        assertThat(use.memoryLimit()).isEmpty();
    }

    // ---- neither

    @Test
    void without_groups_nothing_is_known() {
        CgroupReader reader = new CgroupReader(root, 2);
        reader.read(0);

        assertThat(reader.read(SECOND))
                .isEqualTo(new CgroupUse(OptionalDouble.empty(), OptionalDouble.empty(), OptionalLong.empty()));
    }

    @Test
    void garbage_makes_unknown() throws IOException {
        unified("/");
        write("sys/fs/cgroup/cpu.stat", "usage_usec many\n");
        write("sys/fs/cgroup/memory.current", "\n");
        write("sys/fs/cgroup/memory.max", "-\n");

        CgroupUse use = new CgroupReader(root, 2).read(0);

        assertThat(use.memory()).isEmpty();
        assertThat(use.memoryLimit()).isEmpty();
    }

    @Test
    void a_group_that_began_anew_tells_no_share_once() throws IOException {
        unified("/");
        write("sys/fs/cgroup/cpu.stat", "usage_usec 9000000\n");
        CgroupReader reader = new CgroupReader(root, 2);
        reader.read(0);
        write("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\n");
        assertThat(reader.read(SECOND).cpu()).isEmpty();
        write("sys/fs/cgroup/cpu.stat", "usage_usec 2000000\n");

        assertThat(reader.read(2 * SECOND).cpu()).isEqualTo(OptionalDouble.of(0.5));
    }

    private void unified(String path) throws IOException {
        write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        write("proc/self/cgroup", "0::" + path + "\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
