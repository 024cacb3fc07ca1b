/** The HTTP ports: probes, metrics, the runbook's endpoints, the live page. */
@NullMarked
package io.tiercel.sidecar.http;

import org.jspecify.annotations.NullMarked;
