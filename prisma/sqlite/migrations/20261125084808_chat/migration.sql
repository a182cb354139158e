-- AlterTable
ALTER TABLE "runs" ADD COLUMN "kind" TEXT NOT NULL DEFAULT 'task';

-- CreateIndex
CREATE INDEX "runs_organisationId_kind_createdAt_id_idx" ON "runs"("organisationId", "kind", "createdAt" DESC, "id" DESC);
