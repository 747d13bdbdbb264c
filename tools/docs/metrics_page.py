"""The reference page of the metrics, from the one file that declares them."""

from __future__ import annotations

from gateway.telemetry import metrics


def render() -> str:
    """The page."""
    rows: dict[str, tuple[str, list[str], str]] = {}
    for family in metrics.FAMILIES:
        rows[family.name] = (family.kind, [f"`{label}`" for label in family.labels], family.help)
    for metric in metrics.PROCESS_METRICS:
        _, labels, _ = rows.setdefault(metric.name, (metric.kind, [], metric.help))
        labels += [f'`{name}="{value}"`' for name, value in metric.labels]
    lines = [
        "# Metrics",
        "",
        "What `/metrics` of the admin API shows, in Prometheus' text format, summed over all workers; what a worker",
        "had counted stays when it dies. `route` is `namespace/route/rule`, with the rule's name or its position,",
        "and `backend` is `namespace/name`, with `:port` for a Service. Both are empty for a request that no route",
        "took, and `other` for what found no series of its own within `telemetry.metrics.maxSeries`. `code` is the",
        f"class of the status: {', '.join(f'`{code}`' for code in metrics.CODE_CLASSES)}. No label holds a path or a",
        "client's address.",
        "",
        "| metric | kind | labels | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name, (kind, labels, text) in sorted(rows.items()):
        lines.append(f"| `{name}` | {kind} | {', '.join(labels)} | {text} |")
    return "\n".join(lines) + "\n"
