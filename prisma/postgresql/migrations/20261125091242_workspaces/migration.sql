-- AlterTable
ALTER TABLE "workspace_files" ADD COLUMN     "beforeSha256" TEXT,
ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'file',
ADD COLUMN     "mode" INTEGER NOT NULL DEFAULT 420,
ADD COLUMN     "note" TEXT,
ADD COLUMN     "target" TEXT;

-- Nobody has said of the rows that are there what they are of: plain files with the usual rights. New ones say it themselves.
ALTER TABLE "workspace_files" ALTER COLUMN "kind" DROP DEFAULT,
ALTER COLUMN "mode" DROP DEFAULT;

-- CreateTable
CREATE TABLE "blob_chunks" (
    "sha256" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "blob_chunks_pkey" PRIMARY KEY ("sha256","part")
);

-- CreateTable
CREATE TABLE "blobs" (
    "sha256" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "blobs_pkey" PRIMARY KEY ("sha256")
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "runId" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "worker" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("runId")
);

-- CreateIndex
CREATE INDEX "blobs_createdAt_idx" ON "blobs"("createdAt");

-- CreateIndex
CREATE INDEX "checkpoints_sha256_idx" ON "checkpoints"("sha256");

-- CreateIndex
CREATE INDEX "workspace_files_sha256_idx" ON "workspace_files"("sha256");

-- CreateIndex
CREATE INDEX "workspace_files_beforeSha256_idx" ON "workspace_files"("beforeSha256");

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
