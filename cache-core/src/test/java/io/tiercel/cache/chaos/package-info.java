/** Faults on demand for the tests of whoever uses the cache: tiers and loaders that fail, hang, are late or lie. */
@org.jspecify.annotations.NullMarked
package io.tiercel.cache.chaos;
