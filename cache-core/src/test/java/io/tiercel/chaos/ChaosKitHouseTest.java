package io.tiercel.chaos;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The kit is published without the tests beside it. */
@AnalyzeClasses(packages = "io.tiercel.cache.chaos", importOptions = ImportOption.OnlyIncludeTests.class)
class ChaosKitHouseTest {
    @ArchTest
    static final ArchRule the_kit_needs_nothing_but_the_public_API = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.jspecify.annotations",
                    "io.tiercel.cache",
                    "io.tiercel.cache.tier",
                    "io.tiercel.cache.chaos");
}
