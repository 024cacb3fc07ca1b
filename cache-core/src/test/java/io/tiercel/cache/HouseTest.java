package io.tiercel.cache;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** Who may know whom. When a rule fails, move the class rather than the rule. */
@AnalyzeClasses(packages = "io.tiercel.cache", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
    private static final String ENGINE = "io.tiercel.cache";
    private static final String SPI = "io.tiercel.cache.tier";
    private static final String CODEC = "io.tiercel.cache.codec";
    private static final String FLEET = "io.tiercel.cache.fleet";
    private static final String METRICS = "io.tiercel.cache.metrics";
    private static final String REDIS = "io.tiercel.cache.tier.redis";
    private static final String MEMCACHED = "io.tiercel.cache.tier.memcached";
    private static final String SCALING = "io.tiercel.cache.fleet.scaling";

    // ---- down only: metrics, engine, then tier and codec

    @ArchTest
    static final ArchRule the_engine_knows_the_SPI_and_codecs_but_no_store_and_no_metrics =
            knowsOfOurs(ENGINE, ENGINE, SPI, CODEC);

    @ArchTest
    static final ArchRule metrics_know_the_public_API_only = knowsOfOurs(METRICS, METRICS, ENGINE);

    @ArchTest
    static final ArchRule the_SPI_knows_nobody = knowsOfOurs(SPI, SPI);

    @ArchTest
    static final ArchRule the_fleet_knows_the_engine_and_the_SPI = knowsOfOurs(FLEET, FLEET, ENGINE, SPI);

    @ArchTest
    static final ArchRule codecs_know_nobody = knowsOfOurs(CODEC, CODEC);

    @ArchTest
    static final ArchRule the_Redis_tier_knows_the_SPI_only = knowsOfOurs(REDIS, REDIS, SPI);

    @ArchTest
    static final ArchRule the_Memcached_tier_knows_the_SPI_only = knowsOfOurs(MEMCACHED, MEMCACHED, SPI);

    @ArchTest
    static final ArchRule scaling_knows_nobody = knowsOfOurs(SCALING, SCALING);

    @ArchTest
    static final ArchRule packages_form_no_cycle =
            slices().matching("io.tiercel.(**)").should().beFreeOfCycles();

    // ---- one place for each library

    @ArchTest
    static final ArchRule only_the_Redis_tier_knows_Lettuce_and_Netty =
            knownOnlyTo(REDIS, "io.lettuce..", "io.netty..");

    @ArchTest
    static final ArchRule only_the_Memcached_tier_knows_spymemcached = knownOnlyTo(MEMCACHED, "net.spy..");

    @ArchTest
    static final ArchRule only_metrics_know_Micrometer = knownOnlyTo(METRICS, "io.micrometer..");

    @ArchTest
    static final ArchRule only_codecs_know_Jackson_and_LZ4 =
            knownOnlyTo(CODEC, "tools.jackson..", "com.fasterxml.jackson..", "net.jpountz..");

    @ArchTest
    static final ArchRule only_the_engine_knows_Caffeine = knownOnlyTo(ENGINE, "com.github.benmanes.caffeine..");

    // ---- what nobody does

    @ArchTest
    static final ArchRule nobody_reads_Java_serialization =
            noClasses().should().dependOnClassesThat().haveFullyQualifiedName("java.io.ObjectInputStream");

    /** Blocks are not visible in class files to ArchUnit; methods are. A carrier thread is pinned by both. */
    @ArchTest
    static final ArchRule no_method_is_synchronized = noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED);

    @ArchTest
    static final ArchRule nobody_uses_a_ThreadLocal =
            noClasses().should().dependOnClassesThat().areAssignableTo(ThreadLocal.class);

    @ArchTest
    static final ArchRule nobody_prints =
            noClasses().should().accessField(System.class, "out").orShould().accessField(System.class, "err");

    @ArchTest
    static final ArchRule nobody_waits_in_a_loop = noClasses().should().callMethod(Thread.class, "sleep", long.class);

    // ---- what others see

    @ArchTest
    static final ArchRule public_signatures_name_public_types_only = classes()
            .that(DescribedPredicate.describe("are visible", HouseTest::isVisible))
            .should(new ArchCondition<>("name only public types in public signatures") {
                @Override
                public void check(JavaClass owner, ConditionEvents events) {
                    Stream.concat(owner.getMethods().stream(), owner.getConstructors().stream())
                            .filter(HouseTest::isVisible)
                            .forEach(unit -> hiddenTypes(unit)
                                    .forEach(type -> events.add(SimpleConditionEvent.violated(
                                            unit, unit.getFullName() + " names " + type.getName()))));
                }
            });

    @ArchTest
    static void every_package_is_NullMarked(JavaClasses classes) {
        Set<String> unmarked = classes.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(p -> !p.tryGetPackageInfo()
                        .map(info -> info.isAnnotatedWith(NullMarked.class))
                        .orElse(false))
                .map(p -> p.getName())
                .collect(Collectors.toSet());
        if (!unmarked.isEmpty()) {
            throw new AssertionError("packages without @NullMarked in their package-info: " + unmarked);
        }
    }

    private static ArchRule knowsOfOurs(String who, String... whom) {
        DescribedPredicate<JavaClass> foreign = DescribedPredicate.not(resideInAPackage("io.tiercel.."));
        return classes()
                .that()
                .resideInAPackage(who)
                .should()
                .onlyDependOnClassesThat(foreign.or(JavaClass.Predicates.resideInAnyPackage(whom)));
    }

    private static ArchRule knownOnlyTo(String who, String... libraries) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(who)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(libraries);
    }

    private static boolean isVisible(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(HouseTest::isVisible).orElse(true);
    }

    private static boolean isVisible(JavaCodeUnit unit) {
        return unit.getModifiers().contains(JavaModifier.PUBLIC)
                || unit.getModifiers().contains(JavaModifier.PROTECTED);
    }

    private static Stream<JavaClass> hiddenTypes(JavaCodeUnit unit) {
        return Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream())
                .map(JavaType::getAllInvolvedRawTypes)
                .flatMap(Set::stream)
                .map(JavaClass::getBaseComponentType)
                .filter(type -> type.getPackageName().startsWith("io.tiercel") && !isVisible(type));
    }
}
