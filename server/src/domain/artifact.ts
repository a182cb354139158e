/** What is kept of a run beside its log. */

/** How much of what a run's commands wrote is kept as it came, an attempt. */
export const KEPT_OUTPUT_BYTES = 64 * 1024 * 1024

/** Shown and downloaded by that name, so it is one plain word for a file. */
export const ARTIFACT_NAME = /^[\w-][\w.-]{0,99}$/

/** Bytes of which nothing else is known are `application/octet-stream`. Nothing that a browser would execute is ever among them. */
export const ARTIFACT_MEDIA_TYPES = ['text/plain', 'application/octet-stream'] as const
export type ArtifactMediaType = (typeof ARTIFACT_MEDIA_TYPES)[number]

/** Everything that the commands of a step wrote, both streams in the order in which they came. */
export function outputArtifactName(step: number): string {
  return `step-${step}.log`
}

/** Where a signed-in browser or a program with the credential finds it. */
export function artifactPath({ runId, name }: { runId: string, name: string }): string {
  return `/artifacts/${runId}/${encodeURIComponent(name)}`
}
