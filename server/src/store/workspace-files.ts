import type { WorkspaceFileView } from '../domain/views/workspace.ts'
import type { Database } from './database.ts'
import type { Row } from './driver.ts'
import type { RunRef } from './run-append.ts'
import { FenceLostError } from './errors.ts'

export type NewWorkspaceFile = WorkspaceFileView & { sha256: string | null, beforeSha256: string | null }

interface GoneFile { path: string, sha256: string | null, beforeSha256: string | null }

/** What was kept of a held run's workspace is to be replaced: returns what is gone. Rejects with FenceLostError. */
export async function clearWorkspaceFiles(db: Database, { runId, fence }: RunRef): Promise<GoneFile[]> {
  const [held, gone] = await db.batch([
    { sql: `UPDATE runs SET "fence" = "fence" WHERE "id" = $1 AND "fence" = $2 AND "status" = 'running' RETURNING "id"`, params: [runId, fence] },
    {
      sql: `DELETE FROM workspace_files WHERE "runId" = $1 AND EXISTS (SELECT 1 FROM runs AS r WHERE r."id" = $1 AND r."fence" = $2 AND r."status" = 'running') RETURNING "path", "sha256", "beforeSha256"`,
      params: [runId, fence],
    },
  ])
  if (held!.length === 0)
    throw new FenceLostError(runId, fence)
  return gone as unknown as GoneFile[] // the columns that are returned
}

/** Rejects with FenceLostError. */
export async function addWorkspaceFiles(db: Database, { runId, fence }: RunRef, files: NewWorkspaceFile[]): Promise<void> {
  const params = (file: NewWorkspaceFile) => [
    runId, fence, file.path, file.kind, file.change, file.mode, file.sizeBytes,
    file.sha256, file.beforeSha256, file.target, file.note,
  ]
  const stored = await db.batch(files.map(file => ({
    sql: `INSERT INTO workspace_files ("runId", "path", "organisationId", "kind", "change", "mode", "sizeBytes", "sha256", "beforeSha256", "target", "note", "worker", "createdAt")
      SELECT r."id", $3, r."organisationId", $4, $5, CAST($6 AS INTEGER), CAST($7 AS BIGINT), $8, $9, $10, $11, r."worker", ${db.sql.now}
      FROM runs AS r WHERE r."id" = $1 AND r."fence" = $2 AND r."status" = 'running' ON CONFLICT ("runId", "path") DO NOTHING RETURNING "path"`,
    params: params(file),
  })))
  if (stored.every(rows => rows.length === 0))
    throw new FenceLostError(runId, fence)
}

export interface FoundFile extends WorkspaceFileView { sha256: string | null, beforeSha256: string | null }

interface FilesPage { after: string | null, limit: number }

/** A page of what was kept, by path. */
export async function listWorkspaceFiles(db: Database, organisationId: string, runId: string, { after, limit }: FilesPage): Promise<FoundFile[]> {
  const rows = await db.read({
    sql: `SELECT ${COLUMNS} FROM workspace_files WHERE "organisationId" = $1 AND "runId" = $2 AND "path" > $3 ORDER BY "path" LIMIT $4`,
    params: [organisationId, runId, after ?? '', limit],
  })
  return rows.map(toFile)
}

export async function findWorkspaceFile(db: Database, organisationId: string, runId: string, path: string): Promise<FoundFile | null> {
  const [row] = await db.read({
    sql: `SELECT ${COLUMNS} FROM workspace_files WHERE "organisationId" = $1 AND "runId" = $2 AND "path" = $3`,
    params: [organisationId, runId, path],
  })
  return row ? toFile(row) : null
}

const COLUMNS = '"path", "kind", "change", "mode", "sizeBytes", "sha256", "beforeSha256", "target", "note"'

function toFile(row: Row): FoundFile {
  return { ...row, sizeBytes: Number(row.sizeBytes) } as unknown as FoundFile // the columns named above
}
