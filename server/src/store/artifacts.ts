import type { ArtifactView } from '../domain/views/workspace.ts'
import type { Database } from './database.ts'
import type { RunRef } from './run-append.ts'
import { artifactPath } from '../domain/artifact.ts'
import { FenceLostError } from './errors.ts'

export type NewArtifact = Pick<ArtifactView, 'name' | 'step' | 'mediaType' | 'sha256' | 'sizeBytes' | 'isWhole'>

/** Notes that a held run has this artifact; one of the same name gives way. Rejects with FenceLostError. */
export async function addArtifact(db: Database, { runId, fence }: RunRef, { name, step, sha256, sizeBytes, mediaType, isWhole }: NewArtifact): Promise<void> {
  const [rows] = await db.batch([{
    sql: `INSERT INTO artifacts ("runId", "name", "organisationId", "step", "sha256", "sizeBytes", "mediaType", "isWhole", "worker", "createdAt")
      SELECT r."id", $3, r."organisationId", CAST($4 AS INTEGER), $5, CAST($6 AS BIGINT), $7, CAST($8 AS INTEGER) = 1, r."worker", ${db.sql.now}
      FROM runs AS r WHERE r."id" = $1 AND r."fence" = $2 AND r."status" = 'running'
      ON CONFLICT ("runId", "name") DO UPDATE SET "step" = excluded."step", "sha256" = excluded."sha256", "sizeBytes" = excluded."sizeBytes",
        "mediaType" = excluded."mediaType", "isWhole" = excluded."isWhole", "worker" = excluded."worker", "createdAt" = excluded."createdAt"
      RETURNING "name"`,
    params: [runId, fence, name, step, sha256, sizeBytes, mediaType, isWhole ? 1 : 0],
  }])
  if (rows!.length === 0)
    throw new FenceLostError(runId, fence)
}

/** Those of a run, in the order in which they were stored. */
export async function listArtifacts(db: Database, organisationId: string, runId: string): Promise<ArtifactView[]> {
  const rows = await db.ask(prisma => prisma.artifact.findMany({ where: { organisationId, runId }, orderBy: [{ createdAt: 'asc' }, { name: 'asc' }] }))
  return rows.map(toView)
}

/** `worker`: who has stored its bytes. */
export interface FoundArtifact { artifact: ArtifactView, worker: string }

/** By its exact name; null when the organisation's run has none of that name. */
export async function findArtifact(db: Database, organisationId: string, runId: string, name: string): Promise<FoundArtifact | null> {
  const row = await db.ask(prisma => prisma.artifact.findFirst({ where: { organisationId, runId, name } }))
  return row && { artifact: toView(row), worker: row.worker }
}

interface ArtifactRow extends Omit<ArtifactView, 'path' | 'createdAt' | 'sizeBytes'> { runId: string, sizeBytes: bigint, createdAt: Date }

function toView(row: ArtifactRow): ArtifactView {
  const { name, step, mediaType, sha256, isWhole } = row
  return { name, step, mediaType, sha256, sizeBytes: Number(row.sizeBytes), isWhole, createdAt: row.createdAt.toISOString(), path: artifactPath(row) }
}
