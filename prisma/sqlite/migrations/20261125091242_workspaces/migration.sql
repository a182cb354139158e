-- CreateTable
CREATE TABLE "blob_chunks" (
    "sha256" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "bytes" BLOB NOT NULL,

    PRIMARY KEY ("sha256", "part")
);

-- CreateTable
CREATE TABLE "blobs" (
    "sha256" TEXT NOT NULL PRIMARY KEY,
    "sizeBytes" BIGINT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "runId" TEXT NOT NULL PRIMARY KEY,
    "organisationId" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "worker" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    CONSTRAINT "checkpoints_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "checkpoints_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_workspace_files" (
    "runId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "change" TEXT NOT NULL,
    "mode" INTEGER NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "sha256" TEXT,
    "beforeSha256" TEXT,
    "target" TEXT,
    "note" TEXT,
    "worker" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("runId", "path"),
    CONSTRAINT "workspace_files_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "workspace_files_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
-- Nobody has said of the rows that are there what they are of: plain files with the usual rights.
INSERT INTO "new_workspace_files" ("kind", "mode", "change", "createdAt", "organisationId", "path", "runId", "sha256", "sizeBytes", "worker") SELECT 'file', 420, "change", "createdAt", "organisationId", "path", "runId", "sha256", "sizeBytes", "worker" FROM "workspace_files";
DROP TABLE "workspace_files";
ALTER TABLE "new_workspace_files" RENAME TO "workspace_files";
CREATE INDEX "workspace_files_sha256_idx" ON "workspace_files"("sha256");
CREATE INDEX "workspace_files_beforeSha256_idx" ON "workspace_files"("beforeSha256");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE INDEX "blobs_createdAt_idx" ON "blobs"("createdAt");

-- CreateIndex
CREATE INDEX "checkpoints_sha256_idx" ON "checkpoints"("sha256");
